"""A section's text → headings, paragraphs and tables, as word processors and XML want them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

from kb.base import tables
from kb.base.lazy_re import lazy_re
from kb.base.model import Section
from kb.export.scope import Selection

DOUBTFUL = lazy_re("(〓+)")
"""Characters that could not be read."""
_UNSEEN = "\u200b\u200c\u200d\u2060\ufeff"
# What XML 1.0 cannot hold, in any spelling.
_NOT_XML = lazy_re("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Block:
    """A heading, a paragraph whose first `lead` characters are its number and heading, or a table (`rows`).

    `level` is the section's depth from 1; `anchor` stands at the first block of a section. `head`: the first row is one.
    """

    kind: Literal["heading", "paragraph", "table"]
    text: str
    level: int
    anchor: str = ""
    lead: int = 0
    rows: tuple[tuple[str, ...], ...] = ()
    head: bool = False


def blocks(selection: Selection) -> Iterator[Block]:
    """Yield the chosen text block by block; lines on which nothing can be seen are left out."""
    for level, section in selection.walk():
        yield from section_blocks(section, level)


def section_blocks(section: Section, level: int) -> Iterator[Block]:
    """Yield the blocks of one section's own text."""
    lead, anchor = lead_of(section), section.anchor
    lines = [line for line in clean(section.text).split("\n") if line.strip(f" 　{_UNSEEN}")]
    for is_table, group in groupby(lines, key=lambda line: line.startswith("|")):
        run = list(group)
        if is_table:
            yield _table(run, level, anchor)
            anchor = ""
            continue
        for line in run:
            first = anchor == section.anchor and line is lines[0]
            heading = first and lead and not line[lead:].strip(f" 　。：:{_UNSEEN}")
            is_heading = bool(heading and (section.heading or section.children))
            yield Block("heading" if is_heading else "paragraph", line, level, anchor, lead if first else 0)
            anchor = ""


def lead_of(section: Section) -> int:
    """How many characters at the start of a section's text are its number and heading."""
    first = section.text.partition("\n")[0]
    end = len(section.number) if section.number and first.startswith(section.number) else 0
    at = first.find(section.heading, end) if section.heading else -1
    return at + len(section.heading) if at >= 0 else end


def _table(lines: list[str], level: int, anchor: str) -> Block:
    shown = [line for line in lines if not tables.is_delimiter(line)]
    rows = tuple(map(tables.cells, shown))
    return Block("table", "\n".join(tables.as_markdown(shown)), level, anchor, rows=rows, head=tables.has_head(rows))


def clean(text: str) -> str:
    """Take out the control characters that neither XML nor a word processor can hold."""
    return _NOT_XML.sub("", text)
