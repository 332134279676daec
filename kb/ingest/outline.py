"""Plain text → tree of sections (under construction: the signatures are settled, the rules come next)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from kb.model import Section


@dataclass(frozen=True, slots=True)
class Mark:
    """A line that starts a section: its depth in the tree (1 is a section of the top level) and its anchor."""

    level: int
    anchor: str


def parse(text: str, levels: Mapping[int, int] | None = None) -> tuple[Section, ...]:
    """Find the outline of a document's text; `levels` are Markdown heading levels by line index (from 0), a hint.

    The texts of the sections, in order, are `text` again to the character. Anchors are unique.
    """
    if not text:
        return ()
    return (Section("preamble", "", "", text),)


def marks(sections: Iterable[Section], level: int = 1) -> dict[int, Mark]:
    """Answer the mark of each section by the index (from 0) of its first line in the document's text."""
    line, found = 0, {}

    def visit(section: Section, depth: int) -> None:
        nonlocal line
        found[line] = Mark(depth, section.anchor)
        line += section.text.count("\n")
        for child in section.children:
            visit(child, depth + 1)

    for section in sections:
        visit(section, level)
    return found


def rebuild(text: str, marks: Mapping[int, Mark]) -> tuple[Section, ...]:
    """Build the tree whose sections start at the marked lines, and only there: the inverse of `marks`.

    Lines before the first mark become a section of their own; anchors that occur twice are made unique.
    """
    first = marks.get(0, Mark(1, "preamble"))
    return (Section(first.anchor, "", "", text),) if text else ()
