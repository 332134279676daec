"""Files of the whole corpus, made once for each of its states and kept on disk, to be sent as they are."""

from __future__ import annotations

import hashlib
import os
import secrets
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from kb.base.errors import StorageError
from kb.base.storage import TEMPORARY, refusals, remove

_FOLDER = "made"
_LEFT_BEHIND = 600.0  # seconds


class MadeFiles:
    """The files in the index folder, or where that cannot be written in a folder of one's own among the temporary ones."""

    def __init__(self, index: Path) -> None:
        name = hashlib.sha256(os.fsencode(index.absolute())).hexdigest()[:16]
        self._folders = (index / _FOLDER, Path(tempfile.gettempdir()) / f"kb-{os.getuid()}-{name}")

    def find(self, name: str, state: str) -> Path | None:
        """The file of a name and a state, None where it has not been made yet."""
        paths = [folder / _named(name, state) for folder in self._folders if _is_own(folder)]
        return next((path for path in paths if path.is_file()), None)

    def get(self, name: str, state: str, make: Callable[[Path], object]) -> Path:
        """Find a file, or have it made, by what writes it at a path; then those of other states go. Raises StorageError."""
        if there := self.find(name, state):
            return there
        folder = self._folder()
        unfinished = folder / f"{TEMPORARY}{secrets.token_hex(8)}"
        with refusals(folder):
            try:
                make(unfinished)
                made = unfinished.replace(folder / _named(name, state))
            except BaseException:
                with suppress(OSError):
                    unfinished.unlink(missing_ok=True)
                raise
            for other in folder.iterdir():
                if other != made and (other.name.endswith(f"-{name}") or _is_left_behind(other)):
                    remove(other)
        return made

    def _folder(self) -> Path:
        """The first folder that can be written. Raises StorageError."""
        for folder in self._folders:
            with suppress(OSError):
                folder.mkdir(mode=0o700, exist_ok=True)
            if _is_own(folder) and os.access(folder, os.W_OK):
                return folder
        raise StorageError(f"{self._folders[0]} 和 {self._folders[1]} 都不能写：请检查磁盘和权限。")


def _named(name: str, state: str) -> str:
    return f"{hashlib.sha256(state.encode()).hexdigest()[:32]}-{name}"


def _is_left_behind(path: Path) -> bool:
    """Whether it is what a process that was ended had begun; another one may still be writing what is younger.

    What a clock that was ahead has dated is as old as it will ever be.
    """
    return path.name.startswith(TEMPORARY) and abs(time.time() - path.lstat().st_mtime) > _LEFT_BEHIND


def _is_own(folder: Path) -> bool:
    """Whether it is a folder and nobody else's: among temporary files others may have put one of that name."""
    try:
        found = folder.lstat()
    except OSError:
        return False
    return folder.is_dir() and not folder.is_symlink() and found.st_uid in (os.getuid(), 0)
