"""Files that survive a crash, a full disk and a second process: atomic writes, durable folders, locks.

Everything here either happens whole or raises StorageError with what was there before still there. POSIX only gives
that order when asked: data is fsynced before its name appears, and the folder that holds the name after it.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import secrets
import shutil
import sqlite3
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import xxhash

from kb.base.errors import REASONS, StorageError, refusal

TEMPORARY = ".tmp-"
"""How the names of unfinished files begin; a killed run can leave some, nothing ever reads them."""

OF_THE_DISK = "lost+found"
"""What a file system keeps at its root, for its owner only: nothing of ours."""

_LEFT_BEHIND = 5.0  # seconds
_CHUNK = 1 << 20

_FULL = 1 << 16  # bytes that are left; SQLite needs half of them to begin
_REASONS_OF_SQLITE = {
    sqlite3.SQLITE_FULL: errno.ENOSPC,
    sqlite3.SQLITE_READONLY: errno.EACCES,
    sqlite3.SQLITE_PERM: errno.EACCES,
    sqlite3.SQLITE_IOERR: errno.EIO,
}
_BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


@contextmanager
def refusals(path: Path, doing: str = "写") -> Iterator[None]:
    """Turn what the machine refuses (OSError) while `path` is written (读: read) into StorageError with one sentence."""
    try:
        yield
    except OSError as error:
        raise StorageError(f"{doing}不了 {path}：{refusal(error)}。") from error


def refused_by_sqlite(path: Path, error: sqlite3.OperationalError) -> StorageError:
    """Return an error that says in one sentence why the database `path` cannot be used.

    On a full disk SQLite tells that it is full, or that reading and writing fail, or that a file cannot be opened.
    """
    try:
        disk = os.statvfs(path.parent)
    except OSError as refused:
        return StorageError(f"读写不了 {path}：{refusal(refused)}。")
    code = error.sqlite_errorcode & 0xFF
    number = _REASONS_OF_SQLITE.get(code)
    if code in (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN) and disk.f_bavail * disk.f_frsize < _FULL:
        number = errno.ENOSPC
    other = "另一个程序正在用它，请稍后再试" if code in _BUSY else "请检查磁盘和权限"
    return StorageError(f"读写不了 {path}：{REASONS[number] if number else other}。")


def write_atomic(path: Path, data: bytes, mode: int = 0o666) -> None:
    """Write `data` to `path` (its folder exists) so that a reader, a crash or a power cut sees the old or the new file.

    `mode` is what the file may be used for by whom, before the process's umask.

    Raises StorageError; then the old file, or none, is still there.
    """
    # The temporary name does not contain the real one, which may already be as long as a name can be.
    temporary = path.parent / f"{TEMPORARY}{secrets.token_hex(8)}"
    with refusals(path):
        try:
            _write_synced(temporary, data, mode)
            temporary.replace(path)
        except BaseException:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)
            raise
        _sync(path.parent)


def make_folder(path: Path) -> None:
    """Create `path` and its missing parents, durably. Raises StorageError."""
    with refusals(path):
        if path.is_dir():
            return
        if path.parent != path:
            make_folder(path.parent)
        path.mkdir(exist_ok=True)
        _sync(path.parent)


def make_private(root: Path) -> None:
    """Let nobody but their owner use `root` and what is in it, where it is there. Links are left alone. Raises StorageError."""
    for folder, _, names in os.walk(root):
        for path in (folder, *(os.path.join(folder, name) for name in names)):  # noqa: PTH118 — a path for each of 100,000
            with refusals(Path(path)), suppress(FileNotFoundError):
                found = os.lstat(path)
                wanted = 0o700 if stat.S_ISDIR(found.st_mode) else 0o600
                if not stat.S_ISLNK(found.st_mode) and stat.S_IMODE(found.st_mode) != wanted:
                    os.chmod(path, wanted)  # noqa: PTH101


def sync(path: Path) -> None:
    """Bring a file's data, or a folder's names, safely to disk (fsync). Raises StorageError."""
    with refusals(path):
        _sync(path)


def remove_leftovers(root: Path, which: Callable[[Path], bool] = os.path.lexists, *, below: bool = True) -> None:
    """Delete what killed runs left unfinished in `root`, and `below` it: files, folders and links, or those of `which`.

    Call it only under the lock. What the machine does not let go stays: nobody reads it, and it keeps nobody from work.
    """
    with suppress(OSError):
        found = list(root.rglob(f"{TEMPORARY}*") if below else root.glob(f"{TEMPORARY}*"))
        for leftover in filter(which, found):
            remove(leftover)


def remove(path: Path) -> None:
    """Delete a file, a link or a folder with all that is in it, as far as the machine lets it go."""
    if is_folder(path):
        shutil.rmtree(path, ignore_errors=True)
    else:
        with suppress(OSError):
            path.unlink(missing_ok=True)


def entries(folder: Path) -> list[Path]:
    """Return what is in a folder, by name, but what is the file system's own; nothing where there is no folder.

    Raises StorageError where it cannot be read: `Path.glob` and `os.walk` would take it for empty.
    """
    with refusals(folder, "读"):
        try:
            return [folder / name for name in sorted(os.listdir(folder)) if name != OF_THE_DISK]  # noqa: PTH208 — names
        except (FileNotFoundError, NotADirectoryError):
            return []


def files(folder: Path) -> list[Path]:
    """Return the files in a folder, by name, links left out, as `entries` does: the folder says of each what it is."""
    with refusals(folder, "读"):
        try:
            with os.scandir(folder) as there:
                names = [each.name for each in there if each.is_file(follow_symlinks=False)]
        except (FileNotFoundError, NotADirectoryError):
            return []
    return [folder / name for name in sorted(names) if name != OF_THE_DISK]


def below(folder: Path) -> Iterator[Path]:
    """Yield all that is in a folder, and in those in it, but the folders themselves. Links are not followed.

    Raises StorageError where one cannot be read.
    """
    with refusals(folder, "读"):
        try:
            with os.scandir(folder) as there:
                found = sorted((each for each in there if each.name != OF_THE_DISK), key=lambda each: each.name)
        except (FileNotFoundError, NotADirectoryError):
            return
    for each in found:
        if each.is_dir(follow_symlinks=False):
            yield from below(Path(each.path))
        else:
            yield Path(each.path)


def is_there(path: Path) -> bool:
    """Return whether there is something at `path`. Raises StorageError where the machine does not let that be seen."""
    with refusals(path, "读"):
        return path.exists()


def is_folder(path: Path) -> bool:
    """Return whether `path` is a folder itself, not a link to one."""
    return path.is_dir() and not path.is_symlink()


def sha256_of(path: Path) -> str:
    """Return the sha256 (64 hex digits) of a file's bytes. Raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def xxh3_of(path: Path) -> str:
    """Return the 128-bit XXH3 of a file's bytes: it tells damage, not malice, five times as fast. Raises OSError."""
    digest = xxhash.xxh3_128()
    with path.open("rb", buffering=0) as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


@contextmanager
def lock(path: Path) -> Iterator[None]:
    """Hold the lock file `path` (its folder exists): one process at a time. The kernel frees it when the holder dies.

    Raises StorageError at once when another process holds it, naming that process and since when. A holder that was
    killed while it started a program leaves the lock to that program for the moment until it runs: that is waited for.
    """
    with refusals(path):
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        with refusals(path):
            _take(descriptor, path)
            os.ftruncate(descriptor, 0)
            os.write(descriptor, f"{os.getpid()} {datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}\n".encode("ascii"))
        yield
    finally:
        os.close(descriptor)


def holder(path: Path) -> str:
    """Return the number of the process that holds the lock file `path`, "" when none does. Raises StorageError.

    To find out, the lock is taken for an instant where it is free.
    """
    with refusals(path, "读"):
        if not path.exists():
            return ""
        with path.open("rb") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return next(iter(_holder(path)), "?")
    return ""


def _take(descriptor: int, path: Path) -> None:
    give_up = time.monotonic() + _LEFT_BEHIND
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            if not _is_dead(path) or time.monotonic() > give_up:
                raise StorageError(_held(path)) from error
            time.sleep(0.02)
        else:
            return


def _holder(path: Path) -> list[str]:
    return path.read_text(encoding="ascii", errors="replace").split()


def _is_dead(path: Path) -> bool:
    """Return whether the process that took a lock is no more."""
    holder = _holder(path)
    if not holder or not holder[0].isdigit():
        return False
    try:
        os.kill(int(holder[0]), 0)
    except ProcessLookupError:
        return True
    except (PermissionError, OverflowError):
        return False
    return False


def _held(path: Path) -> str:
    holder = _holder(path)
    who = f"（进程号 {holder[0]}，自 {holder[1]} 起）" if len(holder) == 2 else ""
    return f"{path.parent} 正由另一个进程写入{who}：请等它结束后再试。"


def _write_synced(path: Path, data: bytes, mode: int) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with open(descriptor, "wb", buffering=0) as file:  # noqa: PTH123 — a descriptor, opened with O_EXCL
        written = 0
        while written < len(data):
            written += file.write(memoryview(data)[written:])
        os.fsync(descriptor)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
