"""The formats of a document or a section: a file of this folder is a format, and declares its `Format`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache

from kb.base.errors import NotFoundError
from kb.base.registry import declared
from kb.export.scope import Selection

EVIDENCE = "zip"
"""The ending of a whole document's evidence (see `kb.export.evidence_package`), which is no format of its text."""


@dataclass(frozen=True, slots=True)
class Format:
    """A format: the ending of its files and addresses, what Chinese and English readers call it, its media type, and
    what makes it. `order` is its place in lists. With `saved` a browser saves it, which else shows it. `in_api` is the
    ending under which the interface for programs has it, "" where it does not. With `slow` it takes seconds for a long text.
    """

    ending: str
    label: str
    english: str
    media_type: str
    make: Callable[[Selection], bytes]
    order: int
    saved: bool = False
    in_api: str = ""
    slow: bool = False


@dataclass(frozen=True, slots=True)
class Exported:
    """A file to take away."""

    name: str
    media_type: str
    data: bytes


@cache
def formats() -> Mapping[str, Format]:
    """Return the formats by ending, in the order of lists."""
    found = declared(sys.modules[__name__], Format)
    return {each.ending: each for each in sorted(found, key=lambda each: each.order)}


def labels() -> dict[str, str]:
    """Return what Chinese readers call each format, by ending; the evidence last."""
    return {**{ending: each.label for ending, each in formats().items()}, EVIDENCE: "存证包（含校验值）"}


def export(selection: Selection, format: str) -> Exported:
    """Make a file of a selection. Raises NotFoundError for an unknown format, StorageError where the machine lacks tools."""
    if format not in formats():
        raise NotFoundError(f"没有“{format[:20]}”这种格式：可用的有 {'、'.join(formats())}。")
    chosen = formats()[format]
    return Exported(f"{selection.name}.{format}", chosen.media_type, chosen.make(selection))
