"""Machines that refuse: small disks that fill up, no more files that may be open."""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[Path]:
    """A file system of its own. Skips where mounting is not permitted."""
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder)]
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("不允许挂载小的 tmpfs：满盘只由 ENOSPC 注入来试")
    try:
        yield folder
    finally:
        # Lazily: an engine keeps the generation that it last read open, which holds the file system until it is let go.
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@contextmanager
def no_more_files() -> Iterator[None]:
    """Let this process open no file more."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    # Not 0: poll(2) of a server that runs in another thread would fail with EINVAL where it waits for more than that.
    resource.setrlimit(resource.RLIMIT_NOFILE, (2, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def fill(path: Path, left: int) -> None:
    """Fill the disk that a file is on, but for some bytes."""
    disk = os.statvfs(path.parent)
    os.posix_fallocate(descriptor := os.open(path, os.O_CREAT | os.O_WRONLY), 0, disk.f_bavail * disk.f_frsize - left)
    os.close(descriptor)
