"""Snapshots: the bytes of a document as they were found, stored once by content, compressed, verified when read.

A snapshot is a gzip file (`zcat` reads it) whose comment field holds the sha256 of what follows the header: gzip's own
sum covers the content only, and no byte of the file may change unnoticed. Same bytes, same file name: `ab/<sha256>.gz`.
"""

from __future__ import annotations

import hashlib
import re
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from kb.base import inside, storage
from kb.base.errors import NotFoundError, UnreadableError

# RFC 1952: magic, deflate, FCOMMENT, no time, best compression, unknown system. Nothing here depends on the machine.
_HEADER = b"\x1f\x8b\x08\x10\0\0\0\0\x02\xff"
_SEAL = 64
_MOST = 2_000_000_000  # bytes of a stored snapshot: forty times what a file may have by default


class Snapshots:
    """The folder of snapshots."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def store(self, data: bytes) -> str:
        """Store bytes, if they are not there already, and answer their sha256. Raises StorageError."""
        digest = hashlib.sha256(data).hexdigest()
        path = self._path(digest)
        try:
            stored = inside.read(self.root, _named(digest), _MOST) if path.is_file() else b""
        except OSError:  # what cannot be read is written anew: where the machine refuses that, too, it says so
            stored = b""
        if not _holds(stored, digest):
            storage.make_folder(path.parent)
            storage.write_atomic(path, pack(data))
        return digest

    def read(self, digest: str) -> bytes:
        """Return the bytes with that sha256. Raises NotFoundError, UnreadableError when they are damaged, and StorageError."""
        path = self._path(digest)
        with storage.refusals(path, "读"):
            return self._read(path, digest)

    def _read(self, path: Path, digest: str) -> bytes:
        try:
            data = _unpack(inside.read(self.root, _named(digest), _MOST), digest)
        except (FileNotFoundError, NotADirectoryError) as error:
            raise NotFoundError(
                f"没有快照 {digest}：它可能已被删除，请从备份恢复 {path}，或把原件再收录一次（用哪条命令，kb check 会说）。"
            ) from error
        except UnreadableError as error:
            raise UnreadableError(f"快照 {path} {error}") from error
        if data is None:
            raise UnreadableError(
                f"快照 {path} 已损坏：请从备份恢复，或把原件再收录一次（用哪条命令，kb check 会说）。"
            )
        return data

    def holds(self, digest: str) -> bool:
        """Return whether there is a snapshot with that sha256, damaged or not. Raises NotFoundError and StorageError."""
        path = self._path(digest)
        with storage.refusals(path, "读"):
            return path.is_file()

    def names(self) -> Iterator[str]:
        """Yield the sha256 of every stored snapshot, damaged or not."""
        folders = (each for each in storage.entries(self.root) if len(each.name) == 2 and storage.is_folder(each))
        paths = (path for folder in folders for path in storage.entries(folder))
        return (path.stem for path in paths if path.suffix == ".gz" and path.name[0] != ".")

    def _path(self, digest: str) -> Path:
        if not re.fullmatch(r"[0-9a-f]{64}", digest):
            raise NotFoundError(f"“{digest[:80]}”不是快照的名字（64 位十六进制数）：请检查地址。")
        return self.root / _named(digest)


def _named(digest: str) -> PurePosixPath:
    return PurePosixPath(digest[:2], f"{digest}.gz")


def pack(data: bytes) -> bytes:
    """Compress to a sealed gzip file."""
    squeeze = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    body = squeeze.compress(data) + squeeze.flush() + struct.pack("<II", zlib.crc32(data), len(data) & 0xFFFFFFFF)
    return _HEADER + hashlib.sha256(body).hexdigest().encode() + b"\0" + body


def _unpack(packed: bytes, digest: str) -> bytes | None:
    """Return the bytes of a snapshot, None when any byte of the file is not what was written."""
    start = len(_HEADER) + _SEAL + 1
    head, body = packed[:start], packed[start:]
    if head != _HEADER + hashlib.sha256(body).hexdigest().encode() + b"\0":
        return None
    data = zlib.decompress(body[:-8], -zlib.MAX_WBITS)
    return data if hashlib.sha256(data).hexdigest() == digest else None


def _holds(packed: bytes, digest: str) -> bool:
    return _unpack(packed, digest) is not None
