"""Who asks: the one gate before pages, interface, feeds and the door for assistants, whatever server stands in front.

It knows readers by a password (HTTP Basic), a token (Bearer, or in place of the password), the key in a feed's address, or the
word of a proxy that the settings name. What guessing costs is bounded: so many mistakes for a client and for a name, and
passwords are worked out one at a time, some a second; one that was right is remembered for some minutes.
"""

from __future__ import annotations

import base64
import hmac
import secrets
import time
import unicodedata
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import ip_address, ip_network
from pathlib import Path
from threading import Lock
from typing import Literal

from cachetools import TTLCache

from kb.base.errors import BusyError
from kb.base.lazy_re import lazy_re
from kb.config import readers
from kb.config.readers import Readers
from kb.config.settings import Settings

_REMEMBERED = 600.0
"""Seconds for which a password that was right is not worked out again."""
_WINDOW = 300.0
MISTAKES_OF_CLIENT, MISTAKES_OF_NAME = 10, 30
"""Wrong passwords or tokens within the window, after which a client, or a name, must wait."""
_WORKED_OUT = 10
"""Passwords that one process works out in a second at most: a third of a processor."""
_LONGEST = 2_000
_PROXY_NAME = lazy_re(r"[^\x00-\x1f\x7f,]{1,200}")

Way = Literal["password", "token", "feed", "proxy"]

CANNOT = "现在无法核对登录：请过一会儿再试，或告诉管理员。"
"""What somebody who is not signed in is told where it cannot be found out who they are: why is for the log."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request brings: `peer` is who sent it, `client` for whom, as a proxy that is believed tells."""

    peer: str
    client: str
    authorization: str = ""
    told: str = ""
    """The header in which a proxy names the reader."""
    feed_key: str = ""
    """Only of a feed's address."""


@dataclass(frozen=True, slots=True)
class Admitted:
    """A reader, and how the gate knew."""

    name: str
    way: Way


@dataclass(frozen=True, slots=True)
class Refused:
    """Nobody known. `status` is 401, or 429 with the seconds to wait; `reason` and the `name`, where it is a reader's, are
    for the log: what was typed as an unknown name may be a password.
    """

    status: int
    sentence: str
    reason: str
    name: str = ""
    wait: int = 0


SIGN_IN = "请登录：用您在这个文库的名称和密码（浏览器会问），程序用令牌（Authorization: Bearer …）。"
_THROUGH_PROXY = "请从您单位的登录入口访问；程序用令牌（Authorization: Bearer …）。"
_WRONG = "名称、密码或令牌不对：请检查后再试。"


class Gate:
    """Lets readers in, as the settings say. Safe from many threads."""

    def __init__(self, settings: Settings) -> None:
        self.way = settings.boundary.readers
        self._proxies = settings.reader_proxies
        self._file = _Watched(settings.readers_file) if settings.readers_file else None
        self._key = secrets.token_bytes(32)
        self._right: TTLCache[bytes, None] = TTLCache(2_000, _REMEMBERED)
        self._mistakes = Mistakes()
        self._working, self._worked = Lock(), deque[float](maxlen=_WORKED_OUT)
        self._lock = Lock()

    @property
    def is_open(self) -> bool:
        """Whether everybody is let in unasked."""
        return self.way == "none"

    def feed_key(self, name: str) -> str:
        """Return the key of a reader's feed addresses, "" for a reader who is in no file."""
        return self._readers().keys.get(name, "")

    def admit(self, asked: Asked) -> Admitted | Refused:
        """Return who asks. Raises BusyError where too many passwords are tried, and what reading the file raises."""
        if self.way == "proxy" and asked.told and among(asked.peer, self._proxies):
            name = asked.told.encode("latin-1", "replace").decode("utf-8", "replace").strip()
            if _PROXY_NAME.fullmatch(name):
                return Admitted(name, "proxy")
            return Refused(401, _THROUGH_PROXY, "proxy told no single name")
        if asked.feed_key:
            return self._by_secret(asked, asked.feed_key, "feed")
        kind, _, value = asked.authorization.partition(" ")
        if not value or len(value) > _LONGEST:
            return Refused(401, _THROUGH_PROXY if self.way == "proxy" else SIGN_IN, "")
        if kind.lower() == "bearer":
            return self._by_secret(asked, value.strip(), "token")
        if kind.lower() == "basic" and (pair := _basic(value)):
            return self._by_password(asked, *pair)
        return Refused(401, SIGN_IN, "unreadable authorization")

    def _readers(self) -> Readers:
        """The readers now. A file that is not there has none, where a proxy names them; else that is an error."""
        if not self._file or (self.way == "proxy" and not self._file.path.exists()):
            return Readers()
        return self._file.now()

    def _by_secret(self, asked: Asked, secret: str, way: Way, claimed: str = "") -> Admitted | Refused:
        """Look up 256 random bits by their digest: how long that takes tells nothing of them."""
        if wait := self._mistakes.wait(asked.client, ""):
            return _too_many(wait)
        known = self._readers()
        name = (known.feeds if way == "feed" else known.tokens).get(readers.digest(secret), "")
        if name and claimed in ("", name):
            return Admitted(name, way)
        self._mistakes.note(asked.client, "")
        return Refused(401, _WRONG, f"wrong {'feed key' if way == 'feed' else 'token'}")

    def _by_password(self, asked: Asked, name: str, password: str) -> Admitted | Refused:
        known = self._readers()
        if readers.digest(password) in known.tokens:
            return self._by_secret(asked, password, "token", claimed=name)
        seal = self._seal(name, password, known.passwords.get(name, ""))
        with self._lock:
            if seal in self._right:
                return Admitted(name, "password")
        if wait := self._mistakes.wait(asked.client, name):
            return _too_many(wait, name if name in known.passwords else "")
        if self._works_out(known, name, password):
            with self._lock:
                self._right[seal] = None
            return Admitted(name, "password")
        self._mistakes.note(asked.client, name)
        return Refused(401, _WRONG, "wrong name or password", name if name in known.passwords else "")

    def _works_out(self, known: Readers, name: str, password: str) -> bool:
        """Return whether it is the password, one at a time and so many a second. Raises BusyError."""
        with self._working:
            now = time.monotonic()
            if len(self._worked) == _WORKED_OUT and now - self._worked[0] < 1:
                raise BusyError("同时登录的人太多：请过一会儿再试。")
            self._worked.append(now)
            return known.verifies(name, password)

    def _seal(self, name: str, password: str, stored: str) -> bytes:
        """What is remembered of a right password: of no use to anybody else, and void when the password changes."""
        return hmac.digest(self._key, f"{name}\0{stored}\0{password}".encode("utf-8", "surrogatepass"), "sha256")


class Mistakes:
    """Counts what went wrong, for each client and for each name, and forgets it after a while."""

    def __init__(self) -> None:
        self._counts: TTLCache[str, deque[float]] = TTLCache(20_000, _WINDOW)
        self._lock = Lock()

    def wait(self, client: str, name: str) -> int:
        """Return the seconds that a client must wait before it may try this name; 0 where it may now."""
        with self._lock:
            return max(self._left(_of_client(client)), self._left(f"name {name}") if name else 0)

    def note(self, client: str, name: str) -> None:
        """Count a mistake."""
        limits = {_of_client(client): MISTAKES_OF_CLIENT} | ({f"name {name}": MISTAKES_OF_NAME} if name else {})
        with self._lock:
            for key, limit in limits.items():
                moments = self._counts.get(key) or deque(maxlen=limit)
                moments.append(time.monotonic())
                self._counts[key] = moments

    def _left(self, key: str) -> int:
        moments = self._counts.get(key)
        if not moments or len(moments) < (moments.maxlen or 0):
            return 0
        return max(0, int(moments[0] + _WINDOW - time.monotonic()) + 1)


class _Watched:
    """The file of readers, read again when it was written: who was removed is out at the next request."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._of_moment = lru_cache(maxsize=1)(lambda _moment: readers.load(path))

    def now(self) -> Readers:
        """Return the readers. Raises StorageError and UnreadableError: then nobody is let in."""
        try:
            found = self.path.stat()
        except OSError:
            return readers.load(self.path)
        return self._of_moment((found.st_ino, found.st_mtime_ns, found.st_size))


def among(address: str, named: Sequence[str]) -> bool:
    """Return whether an IP address is one of those, or in one of the networks, that are named."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    found = getattr(found, "ipv4_mapped", None) or found
    return any(found in ip_network(each) for each in named)


def _too_many(wait: int, name: str = "") -> Refused:
    return Refused(429, f"试错的次数太多：请过 {-(-wait // 60)} 分钟再试。", "", name, wait)


def _of_client(client: str) -> str:
    """A client as it is counted: one holds many addresses of IPv6, in the same network."""
    try:
        address = ip_address(client.partition("%")[0])
    except ValueError:
        return f"client {client[:60]}"
    return f"client {address if address.version == 4 else ip_network((address, 64), strict=False)}"


def _basic(value: str) -> tuple[str, str] | None:
    """Read a name and a password as browsers send them (RFC 7617)."""
    try:
        name, colon, password = base64.b64decode(value, validate=True).decode("utf-8").partition(":")
    except ValueError:  # of base64, or of UTF-8
        return None
    return (unicodedata.normalize("NFC", name), unicodedata.normalize("NFC", password)) if colon else None
