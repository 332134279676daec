"""States of the index on disk: a generation is a folder, complete and verified before its name appears.

A new generation starts as hard links to the files of the current one, is written beside it, hashed, fsynced and then
renamed to `gen-<number>`. Readers take the newest whose manifest holds; the one before is kept, nothing else is. So a
killed process, a full disk or a power cut leaves the old state or the new one, and no flipped byte is answered from.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, fields
from pathlib import Path

from kb.base import clock, storage
from kb.base.errors import BadIndexError, StorageError
from kb.base.lazy_re import lazy_re

MANIFEST = "manifest.json"
FINGERPRINTS = "fingerprints.json"
_NAME = lazy_re(r"gen-(\d{6,})")

REBUILD = "请运行 kb index --rebuild 重建索引（语料库不受影响）"


Stamps = tuple[tuple[str, int, int, int], ...]
"""Files: name, inode, size, time."""


@dataclass(frozen=True, slots=True)
class Generation:
    """A complete state. `format` names what wrote it; `created` is an ISO 8601 time in UTC.

    `files` has the sha256 of each, `checksums` its XXH3: every byte is read before the state is answered from, so the
    first answer must not wait for a cryptographic hash. Of the first layouts there are none.
    """

    number: int
    folder: Path
    format: str
    created: str
    documents: int
    sections: int
    files: Mapping[str, str]
    checksums: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Its number and what tells it from another one that had that number."""
        digest = hashlib.sha256(json.dumps(dict(self.files), sort_keys=True).encode()).hexdigest()
        return f"{self.folder.name}-{digest[:16]}"

    def fingerprints(self) -> dict[str, str]:
        """Return the fingerprint of every document in it, by id. Raises FileNotFoundError once it was removed, StorageError."""
        try:
            fingerprints: dict[str, str] = json.loads((self.folder / FINGERPRINTS).read_bytes())
        except FileNotFoundError:
            raise
        except OSError as error:
            raise unreadable(self.folder, error) from error
        return fingerprints


_TOLD = {each.name for each in fields(Generation)} - {"number", "folder"}
"""What a manifest says; one of a later program may say more."""


class Generations:
    """The generations in a folder, which need not exist yet."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def numbers(self) -> list[int]:
        """Return the numbers of all generations there are, newest first. Raises StorageError."""
        try:
            names = [path.name for path in self.root.iterdir()]
        except FileNotFoundError:
            return []
        except OSError as error:
            raise unreadable(self.root, error) from error
        return sorted((int(match[1]) for name in names if (match := _NAME.fullmatch(name))), reverse=True)

    def stamps(self) -> dict[int, Stamps]:
        """Return which files stand in each generation that can be looked at, how large, when written: who writes into one
        changes that.
        """
        found = {}
        for number in self.numbers():
            with suppress(OSError), os.scandir(self._folder(number)) as listed:
                told = ((each.name, each.stat()) for each in listed)
                found[number] = tuple(sorted((name, at.st_ino, at.st_size, at.st_mtime_ns) for name, at in told))
        return found

    def newest(self, formats: Collection[str] = ()) -> Generation | None:
        """Return the newest generation whose every byte is as written, None when there never was one; of some `formats`
        the newest one where there is any of these.

        Raises BadIndexError when there are some and none holds, StorageError when they cannot be read.
        """
        numbers, strange = self.numbers(), None
        for number in numbers:
            try:
                found = self._verified(number)
            except BadIndexError:
                continue
            if not formats or found.format in formats:
                return found
            strange = strange or found
        if self.numbers() != numbers:  # others went on while we looked
            return self.newest(formats)
        if numbers and not strange:
            raise BadIndexError(f"索引 {self.root} 已损坏：{REBUILD}。")
        return strange

    def problems(self) -> list[str]:
        """Verify the generations; return a sentence for each that is damaged."""
        found = []
        for number in self.numbers():
            try:
                self._verified(number, thoroughly=True)
            except BadIndexError as error:
                found.append(str(error))
        return found

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Hold the lock of the folder, which is made when it is missing. Raises StorageError."""
        storage.make_folder(self.root)
        with storage.lock(self.root / ".lock"):
            self._clear(self.numbers())
            yield

    @contextmanager
    def draft(self, base: Generation | None) -> Iterator[Path]:
        """Make a folder to write the next generation in, holding the files of `base`; gone at the end if unpublished."""
        with storage.refusals(self.root):
            folder = self.root / f"{storage.TEMPORARY}{secrets.token_hex(8)}"
            folder.mkdir()
            try:
                if base:
                    for name in set(base.files) - {FINGERPRINTS}:
                        _link(base.folder / name, folder / name)
                yield folder
            finally:
                shutil.rmtree(folder, ignore_errors=True)

    def publish(
        self,
        folder: Path,
        base: Generation | None,
        format: str,
        fingerprints: Mapping[str, str],
        sections: int,
        before: Generation | None,
    ) -> None:
        """Make the files in `folder`, written upon `base`, the next generation, durably; keep it and the one `before` only:
        another program may answer from that, though it be no base of this one.

        Call it under the lock. Raises StorageError.
        """
        number = max(self.numbers(), default=0) + 1
        storage.write_atomic(folder / FINGERPRINTS, json.dumps(fingerprints, ensure_ascii=False).encode())
        files: dict[str, str] = {}
        checksums: dict[str, str] = {}
        for path in sorted(folder.iterdir()):
            if base and _is_linked(path, base):  # its digests were compared when `base` was opened, and it is on disk
                files[path.name], checksums[path.name] = base.files[path.name], base.checksums[path.name]
            else:
                files[path.name], checksums[path.name] = storage.sha256_of(path), storage.xxh3_of(path)
                storage.sync(path)
        created = clock.stamp()
        numbers = {"documents": len(fingerprints), "sections": sections}
        content = {"format": format, "created": created, **numbers, "files": files, "checksums": checksums}
        storage.write_atomic(folder / MANIFEST, _sealed(json.dumps(content, indent=1).encode()))
        with storage.refusals(self.root):
            folder.rename(self._folder(number))
        storage.sync(self.root)
        self._clear([number, before.number if before else number])

    def _folder(self, number: int) -> Path:
        return self.root / f"gen-{number:06d}"

    def _verified(self, number: int, thoroughly: bool = False) -> Generation:
        """Read a generation's manifest and compare every file. Raises BadIndexError, StorageError."""
        folder = self._folder(number)
        damaged = BadIndexError(f"索引的第 {number} 代（{folder}）已损坏：{REBUILD}。")
        try:
            content = json.loads(_unsealed((folder / MANIFEST).read_bytes()))
            quickly = "checksums" in content and not thoroughly
            digest_of, digests = (storage.xxh3_of, "checksums") if quickly else (storage.sha256_of, "files")
            if any(digest_of(folder / name) != digest for name, digest in content[digests].items()):
                raise damaged
        except (FileNotFoundError, NotADirectoryError, ValueError, KeyError) as error:
            raise damaged from error
        except OSError as error:
            raise unreadable(folder, error) from error
        return Generation(number, folder, **{name: content[name] for name in content.keys() & _TOLD})

    def _clear(self, kept: list[int]) -> None:
        """Remove the drafts that killed runs left, and the generations that are not kept. Raises StorageError.

        Unfinished files beside them are those of the store of citations, which may be at work under its own lock.
        """
        with storage.refusals(self.root):
            for number in set(self.numbers()).difference(kept):
                if not storage.is_folder(self._folder(number)):  # nothing of ours
                    storage.remove(self._folder(number))
                    continue
                self._folder(number).rename(self.root / f"{storage.TEMPORARY}{secrets.token_hex(8)}")
        storage.remove_leftovers(self.root, storage.is_folder, below=False)


def unreadable(folder: Path, error: OSError) -> StorageError:
    """Say that an index cannot be read, which is not to say that it is damaged or absent."""
    return StorageError(f"读不了索引 {folder}（{error.strerror}）：请检查路径、权限、磁盘和可以打开的文件数。")


def _is_linked(path: Path, base: Generation) -> bool:
    """Return whether a file is still the very file of the state it was written upon."""
    return path.name in base.files and path.samefile(base.folder / path.name)


def _link(source: Path, target: Path) -> None:
    """Hard-link a file, or copy it where the file system cannot."""
    try:
        target.hardlink_to(source)
    except OSError:
        shutil.copyfile(source, target)


def _sealed(content: bytes) -> bytes:
    return hashlib.sha256(content).hexdigest().encode() + b"\n" + content


def _unsealed(data: bytes) -> bytes:
    """Return the content after its digest. Raises ValueError when they do not belong together."""
    digest, _, content = data.partition(b"\n")
    if digest != hashlib.sha256(content).hexdigest().encode():
        raise ValueError("manifest altered")
    return content
