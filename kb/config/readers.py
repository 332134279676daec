"""The file of readers who sign in: names with hashed passwords, hashed tokens, and what their secret feed addresses are made of.

Passwords are hashed with Argon2id, at the cost that OWASP gives for it. A token is 256 random bits, so that its SHA-256 tells nothing.
The key in a feed's address is made from the file's secret, the name and a count: who has the file can show it again, and
raising the count makes the old address useless.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import msgspec
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError

from kb.base import clock, storage
from kb.base.errors import NotFoundError, StorageError, UnreadableError, UsageError
from kb.base.lazy_re import lazy_re

SHORTEST, LONGEST = 12, 128
"""Characters of a password."""
_NAME = lazy_re(r"[\w.@+-]{1,64}")
_LEFTOVER = lazy_re(re.escape(storage.TEMPORARY) + "[0-9a-f]{16}")
_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
_NOBODY = "$argon2id$v=19$m=19456,t=2,p=1$axXGmV3jZlYKiXJUEYbsjw$h32IN7ZQysHifyVqGZUPSGldAmMbBIRfm1iC7UR0j4I"
"""The hash of a random password that was not kept: an unknown name costs what a known one does."""


class Reader(msgspec.Struct, forbid_unknown_fields=True):
    """A reader; `password` is "" for a program that has tokens only."""

    added: str
    password: str = ""
    tokens: list[str] = []
    feed: int = 0


class _File(msgspec.Struct, forbid_unknown_fields=True):
    secret: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]
    readers: dict[str, Reader]


@dataclass(frozen=True, slots=True)
class Readers:
    """All readers at a moment. `tokens` and `feeds` are names by the SHA-256 of what is presented."""

    passwords: dict[str, str] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    feeds: dict[str, str] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)
    """The key of each reader's feed addresses, by name."""

    def verifies(self, name: str, password: str) -> bool:
        """Return whether this is the password of that name. Slow on purpose, and as slow for a name that there is not.

        Raises StorageError where that cannot be told: the entry is damaged, or the machine did not work it out.
        """
        stored = self.passwords.get(name, "")
        try:
            return _HASHER.verify(stored or _NOBODY, password) and bool(stored)
        except VerifyMismatchError:
            return False
        except InvalidHashError as error:
            raise StorageError(f"读者 {name} 在名单里的密码已损坏：请用 kb user add {name} 重新设一个。") from error
        except VerificationError as error:
            raise StorageError("密码没有核对成：多半是内存不够，请稍后再试，或看看这台机器的内存。") from error


def load(path: Path) -> Readers:
    """Read the readers. Raises StorageError, and UnreadableError for what is no such file."""
    return _readers(_read(path))


def _readers(file: _File) -> Readers:
    keys = {name: _feed_key(file.secret, name, reader.feed) for name, reader in file.readers.items()}
    return Readers(
        {name: reader.password for name, reader in file.readers.items() if reader.password},
        {token: name for name, reader in file.readers.items() for token in reader.tokens},
        {digest(key): name for name, key in keys.items()},
        keys,
    )


def digest(secret: str) -> str:
    """Return what is kept of a token, or compared of a feed's key."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def listed(path: Path) -> dict[str, Reader]:
    """Return the readers by name as the file has them; none where there is no file yet. Raises what `load` raises."""
    return _read(path).readers if storage.is_there(path) else {}


def set_password(path: Path, name: str, password: str) -> bool:
    """Give a reader a password, adding the reader where there is none; return whether there was none.

    Raises UsageError for a name or password that will not do, and what `load` raises.
    """
    password = unicodedata.normalize("NFC", password)
    if not SHORTEST <= len(password) <= LONGEST:
        raise UsageError(f"密码要有 {SHORTEST} 到 {LONGEST} 个字，现在是 {len(password)} 个：请换一个。")
    with _changing(path) as file:
        is_new = name not in file.readers
        _of(file, name).password = _HASHER.hash(password)
    return is_new


def add_token(path: Path, name: str) -> str:
    """Give a reader one more token, adding the reader where there is none; return it: it can never be shown again."""
    token = secrets.token_urlsafe(32)
    with _changing(path) as file:
        _of(file, name).tokens.append(digest(token))
    return token


def renew_feed(path: Path, name: str) -> None:
    """Make a reader's secret feed addresses others. Raises NotFoundError and what `load` raises."""
    with _changing(path) as file:
        if name not in file.readers:
            raise _unknown(name)
        file.readers[name].feed += 1


def feed_key(path: Path, name: str) -> str:
    """Return the key of a reader's feed addresses. Raises NotFoundError and what `load` raises."""
    keys = load(path).keys if storage.is_there(path) else {}
    if name not in keys:
        raise _unknown(name)
    return keys[name]


def remove(path: Path, name: str) -> None:
    """Remove a reader with the password, tokens and feed addresses. Raises NotFoundError and what `load` raises."""
    with _changing(path) as file:
        if name not in file.readers:
            raise _unknown(name)
        del file.readers[name]


def _of(file: _File, name: str) -> Reader:
    """Return the reader of a name, a new one where there is none. Raises UsageError."""
    if not _NAME.fullmatch(name) or unicodedata.normalize("NFC", name) != name:
        raise UsageError("读者的名称要是 1 到 64 个字母、数字、汉字或 . _ @ + -，里面没有空格和冒号。")
    return file.readers.setdefault(name, Reader(clock.stamp()))


def _unknown(name: str) -> NotFoundError:
    return NotFoundError(f"没有名称为“{name[:80]}”的读者：用 kb user list 看有哪些。")


@contextmanager
def _changing(path: Path) -> Iterator[_File]:
    """Give the content of the file to change, and write it, readable by its owner only, where nothing was raised."""
    storage.make_folder(path.parent)
    with storage.lock(path.parent / f".{path.name}.lock"):
        storage.remove_leftovers(path.parent, _is_leftover, below=False)  # they hold what the file does
        file = _read(path) if storage.is_there(path) else _File(secrets.token_hex(32), {})
        yield file
        storage.write_atomic(path, msgspec.json.format(msgspec.json.encode(file)) + b"\n", mode=0o600)


def _is_leftover(path: Path) -> bool:
    return bool(_LEFTOVER.fullmatch(path.name)) and not storage.is_folder(path)


def _read(path: Path) -> _File:
    with storage.refusals(path, "读"):
        data = path.read_bytes()
    try:
        return msgspec.json.decode(data, type=_File)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UnreadableError(f"读者的名单 {path} 已损坏：请从备份恢复，或删除后用 kb user add 重新建立。") from error


def _feed_key(secret: str, name: str, count: int) -> str:
    made = hmac.digest(bytes.fromhex(secret), f"feed {count} {name}".encode(), "sha256")
    return made.hex()[:40]
