"""The formats of documents that can be read: each is one module beside this one that declares a `FORMAT`.

A new format is one new file. It is known by its bytes before its name; commands and documentation list it by what it declares.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache

import kb.ingest.formats as package
from kb.base.registry import declared
from kb.config.settings import Settings
from kb.structure.extracted import Extracted


@dataclass(frozen=True, slots=True)
class Given:
    """What a reader is told besides the bytes: the settings, the server's Content-Type and the CSS selector of the text."""

    settings: Settings
    content_type: str = ""
    body: str = ""


@dataclass(frozen=True, slots=True)
class Format:
    """A format of documents.

    `endings` are those of its files (".pdf"), `media_types` what servers call it, `labels` its name in "zh" and "en".
    `detect` tells its bytes; a format that has no bytes of its own (plain text) leaves it out and is known by name only.
    `read` answers text, structure and account of a file, or raises UnreadableError with the reason.
    """

    name: str
    labels: dict[str, str]
    endings: tuple[str, ...]
    read: Callable[[bytes, Given], Extracted]
    media_types: tuple[str, ...] = ()
    detect: Callable[[bytes], bool] = lambda _: False


@cache
def formats() -> tuple[Format, ...]:
    """Return every format, by name: the package is searched for modules that declare one."""
    return tuple(sorted(declared(package, Format), key=lambda each: each.name))


def endings() -> tuple[str, ...]:
    """Return the endings of all files that can be read, sorted."""
    return tuple(sorted(ending for each in formats() for ending in each.endings))


def choose(data: bytes, ending: str = "", content_type: str = "") -> Format | None:
    """Return the format of a file: by its bytes, by the server's media type, by the ending of its name; None for no format.

    Where several formats know the bytes, the name decides between them.
    """
    known = [each for each in formats() if each.detect(data)]
    media_type = content_type.partition(";")[0].strip().lower()
    named = [each for each in formats() if ending.lower() in each.endings]
    typed = [each for each in formats() if media_type in each.media_types]
    return _first([*(each for each in named if each in known), *known, *typed, *named])


def _first(candidates: Iterable[Format]) -> Format | None:
    return next(iter(candidates), None)
