"""What a power cut leaves, worked out from the trace of a run that was killed: the worst that POSIX allows.

Data of which no fsync is known is damaged: its last half is zeros, of a file written in place the last half of what was
written. Names that no fsync of their folder has confirmed are
undone: a file or folder that was made is gone, one that was renamed or removed stands where it was.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

_QUOTED = re.compile(r'"([^"]*)"')
_DESCRIPTOR = re.compile(r"^\w+\(\d+<([^>]*)>")
_AT = re.compile(r"AT_FDCWD<([^>]*)>")
_FAILED = re.compile(r"= -1 |= \?")
_IN_PLACE = re.compile(r"^pwrite64\(.*, (\d+), (\d+)\)")
_MAKING = ("mkdir", "openat", "link")


@dataclass(frozen=True)
class Name:
    """A change of names that may not be on the disk: `call` is the place in the trace, `before` a rename's old name."""

    call: int
    what: str
    path: Path
    before: Path | None = None


Unsynced = dict[Path, list[tuple[int, int]]]
"""Of each file with unsynced data the parts (offset, length) that were written in place; none: all of it."""


def unconfirmed(lines: Iterable[str], root: Path) -> tuple[Unsynced, list[Name]]:
    """Answer the files below `root` with unsynced data, and the unsynced changes of names, oldest first."""
    data: Unsynced = {}
    names: list[Name] = []
    for number, line in enumerate(lines):
        syscall = line.partition("(")[0]
        descriptor = _DESCRIPTOR.match(line)
        if str(root) not in line or _FAILED.search(line):
            continue
        if descriptor and syscall in ("write", "pwrite64", "ftruncate"):
            parts = data.setdefault(Path(descriptor[1]), [])
            parts += [(int(offset), int(length)) for length, offset in _IN_PLACE.findall(line)]
        elif descriptor and syscall in ("fsync", "fdatasync"):
            synced = Path(descriptor[1])
            data.pop(synced, None)
            names = [name for name in names if synced not in (name.path.parent, name.path)]
        elif paths := _paths(line):
            name = _change(number, syscall, line, paths)
            names += [name] if name else []
            data = (
                {_moved(path, *paths): parts for path, parts in data.items()} if syscall.startswith("rename") else data
            )
    return data, names


def _paths(line: str) -> list[Path]:
    folders = _AT.findall(line)
    return [Path(folders[0] if folders else "/", name) for name in _QUOTED.findall(line)]


def _change(number: int, syscall: str, line: str, paths: list[Path]) -> Name | None:
    if syscall.startswith("rename"):
        return Name(number, "rename", paths[1], paths[0])
    if syscall.startswith(("unlink", "rmdir")):
        return Name(number, "remove", paths[0])
    if syscall.startswith(_MAKING) and (syscall != "openat" or "O_CREAT" in line):
        return Name(number, "make", paths[-1])
    return None


def _moved(path: Path, old: Path, new: Path) -> Path:
    return new / path.relative_to(old) if path.is_relative_to(old) else path


def damage(files: Unsynced) -> None:
    """Zero the last half of what was written."""
    for path, parts in files.items():
        if path.is_file():
            whole = bytearray(path.read_bytes())
            for offset, length in parts or [(0, len(whole))]:
                whole[offset + length // 2 : offset + length] = bytes(length - length // 2)
            path.write_bytes(whole)


def undo(name: Name, earlier: Path, root: Path) -> None:
    """Undo a change of names below `root`; `earlier` is a copy of `root` as it was just before that change."""
    path, was = name.path, earlier / name.path.relative_to(root)
    if name.before and path.exists():
        path.rename(name.before)
    elif name.what == "make" and not was.exists():  # O_CREAT also opens what is there
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    if name.what != "make":
        _bring_back(was, path)


def _bring_back(was: Path, path: Path) -> None:
    if was.is_dir():
        shutil.copytree(was, path)
    elif was.is_file():
        shutil.copyfile(was, path)
