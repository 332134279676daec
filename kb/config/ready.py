"""The ready-made sources that come with the program, and writing one into kb.toml, whose comments stay."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

from kb.base import storage
from kb.base.errors import NotFoundError, UsageError
from kb.config.settings import load

_FILE = "ready_sources.toml"


@dataclass(frozen=True, slots=True)
class Ready:
    """A ready-made source: its name, what it is for, and the lines of its [[source]] table."""

    name: str
    title: str
    url: str
    about: str
    lines: str


@cache
def ready_sources() -> tuple[Ready, ...]:
    """Return the ready-made sources, in the order of their file."""
    text = (files("kb.config") / _FILE).read_text(encoding="utf-8")
    tables = text.split("[[source]]\n")[1:]
    values = tomllib.loads(text)["source"]
    return tuple(
        Ready(each["name"], each["title"], each["url"], each["about"], f"[[source]]\n{_without_about(lines)}\n")
        for each, lines in zip(values, tables, strict=True)
    )


def _without_about(lines: str) -> str:
    return "\n".join(line for line in lines.strip().splitlines() if not line.startswith("about ="))


def enable(name: str, path: Path) -> None:
    """Write a ready-made source at the end of a kb.toml; the rest of the file stays as it is.

    Raises NotFoundError for a name that there is not, UsageError when the source is there already or the file is not
    what it should be, and StorageError.
    """
    found = next((each for each in ready_sources() if each.name == name), None)
    if found is None:
        raise NotFoundError(f"没有现成的来源“{name}”：有 {'、'.join(each.name for each in ready_sources())}。")
    is_there = storage.is_there(path)
    if is_there and any(source.name == name for source in load(path).sources):
        raise UsageError(f"{path} 里已经有来源 {name}：不必再启用。")
    before = ""
    if is_there:
        with storage.refusals(path):
            before = path.read_text(encoding="utf-8-sig")
    gap = "" if not before else "\n" if before.endswith("\n") else "\n\n"
    storage.write_atomic(path, f"{before}{gap}{found.lines}".encode())
