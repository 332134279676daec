"""The one way to open a file whose name, or whose folder, comes from somebody else: it is in the root itself, or not opened.

Each folder on the way is opened in the one before, so that nothing can be put in its place meanwhile. No link is followed,
neither on the way nor at its end; what is no plain file (a pipe, a device, a socket) is not opened; what is too large is not read.
"""

from __future__ import annotations

import errno
import os
import stat
from contextlib import suppress
from io import BufferedReader
from pathlib import Path, PurePosixPath

from kb.base.errors import UnreadableError

LINK = "是链接，没有跟随：它可能指向不该公开的文件；确实要收录，请用它指向的文件本身。"
SPECIAL = "不是普通文件（可能是文件夹、管道或设备），没有打开：请检查路径。"
OUTSIDE = "不在它该在的文件夹里，没有打开：请检查路径。"
_CLOSED = os.O_CLOEXEC | os.O_NOFOLLOW
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | _CLOSED


class TooLargeError(UnreadableError):
    """The file has more bytes than may be read of it."""

    def __init__(self, size: int, most: int) -> None:
        super().__init__(f"太大（{size / 1e6:.0f} MB，上限 {most / 1e6:.0f} MB），没有读。")
        self.size = size


def read(root: Path, name: str | PurePosixPath, most: int) -> bytes:
    """Return the bytes of a file in `root`. Raises what `opened` raises, and TooLargeError."""
    with opened(root, name) as file:
        size = os.fstat(file.fileno()).st_size
        # A read of all that may be read would have memory set aside for it, which a process on a leash has not.
        data = file.read(size + 1) if size <= most else b""
        if size < len(data) <= most:  # it grows
            data += file.read(most + 1 - len(data))
    if size > most or len(data) > most:
        raise TooLargeError(max(size, len(data)), most)
    return data


def opened(root: Path, name: str | PurePosixPath) -> BufferedReader:
    """Open a file in `root` for reading; the root itself, which the operator names, may be a link.

    Raises UnreadableError for what is not to be opened, and OSError for what is not there or cannot be read.
    """
    parts = str(name).split("/")
    if any(part in ("", ".", "..") or "\0" in part for part in parts):
        raise UnreadableError(OUTSIDE)
    folder = os.open(root, _FOLDER)
    try:
        for part in parts[:-1]:
            inner = _open(part, _FOLDER | os.O_NOFOLLOW, folder)
            os.close(folder)
            folder = inner
        _refuse_special(parts[-1], folder)
        descriptor = _open(parts[-1], _FILE, folder)
    finally:
        os.close(folder)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise UnreadableError(SPECIAL)
    return open(descriptor, "rb")  # noqa: PTH123 — a descriptor


def _open(part: str, flags: int, folder: int) -> int:
    """Open what a folder has of this name. Raises UnreadableError for a link."""
    try:
        return os.open(part, flags, dir_fd=folder)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENOTDIR) and _is_link(part, folder):
            raise UnreadableError(LINK) from error
        raise


def _is_link(part: str, folder: int) -> bool:
    with suppress(OSError):
        return stat.S_ISLNK(os.stat(part, dir_fd=folder, follow_symlinks=False).st_mode)
    return False


def _refuse_special(part: str, folder: int) -> None:
    """Raise before opening what opening alone may change: a device, a pipe that somebody waits at."""
    mode = os.stat(part, dir_fd=folder, follow_symlinks=False).st_mode
    if not stat.S_ISREG(mode):
        raise UnreadableError(LINK if stat.S_ISLNK(mode) else SPECIAL)
