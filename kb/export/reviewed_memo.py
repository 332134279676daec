"""A checked text as a Word file: every reference marked in place, with what was found as a comment, and a table before it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from docx.enum.text import WD_COLOR_INDEX
from docx.oxml.ns import qn
from docx.shared import Pt

from kb.base.errors import UsageError
from kb.export.blocks import clean
from kb.export.word_file import begin, finish

MOST_REFERENCES, MOST_LINES = 1_000, 20_000
_MARKS = {
    "problem": WD_COLOR_INDEX.YELLOW,
    "open": WD_COLOR_INDEX.GRAY_25,
    "later": WD_COLOR_INDEX.TURQUOISE,
    "right": None,
}
_AUTHOR, _INITIALS = "政策文库", "政"
_HEADS = ("序号", "引用", "核对结果", "说明")


class Reviewed(Protocol):
    """A reference that was checked: `kb.law.checking.Checked` is one."""

    @property
    def start(self) -> int:
        """Where it starts in the text."""

    @property
    def end(self) -> int:
        """Where it ends in the text."""

    @property
    def named(self) -> str:
        """What is cited."""

    @property
    def word(self) -> str:
        """What was found, in a word."""

    @property
    def weight(self) -> str:
        """How much it matters: a problem, an open question, something that came later, or right."""

    @property
    def sentences(self) -> Sequence[str]:
        """Why it was found so."""


def reviewed_memo(text: str, references: Sequence[Reviewed], headline: str, about: str, dated: str) -> bytes:
    """Return the file: what was found, problems first, then the text. `about` says of which days and library it speaks.

    Raises UsageError for more references or lines than a Word file is made of in seconds. `headline` counts what was found; `references` are in the order of the text and do not overlap; the file is `dated` (ISO 8601).
    """
    if len(references) > MOST_REFERENCES or text.count("\n") > MOST_LINES:
        raise UsageError(f"审阅稿最多 {MOST_REFERENCES:,} 处引用、{MOST_LINES:,} 行：请分成几次。")
    made = begin("引注核对意见", dated)
    made.add_paragraph(clean(about), style="Caption")
    made.add_paragraph(headline or "没有找到引用。")
    _add_table(made, references)
    made.add_paragraph("原文", style="Heading 1")
    for start, line in _lines(text):
        _add_line(made, start, line, references)
    return finish(made)


def _add_table(made: Any, references: Sequence[Reviewed]) -> None:
    """List the references by weight, each with its number in the text."""
    weights = list(_MARKS)
    numbered = sorted(enumerate(references, start=1), key=lambda each: (weights.index(each[1].weight), each[0]))
    table = made.add_table(rows=1, cols=len(_HEADS), style="Table Grid")
    for cell, head in zip(table.rows[0].cells, _HEADS, strict=True):
        cell.paragraphs[0].add_run(head).bold = True
    for number, each in numbered:
        said = (str(number), each.named, each.word, "\n".join(each.sentences))
        for cell, words in zip(table.add_row().cells, said, strict=True):
            cell.paragraphs[0].add_run(clean(words)).font.size = Pt(10)


def _lines(text: str) -> list[tuple[int, str]]:
    """Return the lines of a text, each with where it starts."""
    found, at = [], 0
    for line in text.splitlines(keepends=True):
        found.append((at, line.rstrip("\r\n")))
        at += len(line)
    return found


def _add_line(made: Any, start: int, line: str, references: Sequence[Reviewed]) -> None:
    """Add a paragraph; a reference in it is coloured by its weight and carries its comment."""
    paragraph, at, end = made.add_paragraph(), start, start + len(line)
    for number, each in enumerate(references, start=1):
        if start <= each.start < end:
            paragraph.add_run(clean(line[at - start : each.start - start]))
            run = paragraph.add_run(clean(line[each.start - start : each.end - start]))
            run.font.highlight_color = _MARKS[each.weight]
            comment = clean("\n".join((f"{number}. {each.word}", *each.sentences)))
            added = made.add_comment(run, comment, _AUTHOR, _INITIALS)
            added._comment_elm.attrib.pop(qn("w:date"), None)  # the same check makes the same bytes
            at = min(each.end, end)
    paragraph.add_run(clean(line[at - start :]))
