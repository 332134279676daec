"""Folders for what is needed for a while, which nobody else may look into, and which do not stay when a run is killed."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

PREFIX = "kb-"
_HELD = ".held"
"""Locked as long as the process lives that made the folder: the kernel frees it, however that process ends."""
_YOUNG = 60.0
"""Seconds for which a folder that nobody holds may be one that is just being made."""


@contextmanager
def folder(what: str) -> Iterator[Path]:
    """Make a folder (0700) that is gone after the block; those that killed runs left are removed first. Raises OSError."""
    remove_left_behind()
    made = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{what}-"))
    descriptor = os.open(made / _HELD, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)
        os.close(descriptor)


def remove_left_behind() -> None:
    """Remove the folders whose makers are no more."""
    for left in Path(tempfile.gettempdir()).glob(f"{PREFIX}*/{_HELD}"):
        with suppress(OSError):  # somebody else's, or removed by another one just now
            if left.parent.lstat().st_uid == os.getuid() and time.time() - left.stat().st_mtime > _YOUNG:
                _remove_if_free(left)


def _remove_if_free(held: Path) -> None:
    descriptor = os.open(held, os.O_WRONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(held.parent, ignore_errors=True)
    finally:
        os.close(descriptor)
