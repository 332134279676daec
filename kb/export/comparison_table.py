"""Old and new articles side by side (新旧条文对照表), as a Word file and as a workbook."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from docx.enum.section import WD_ORIENT
from docx.shared import Pt

from kb.base.model import Document
from kb.compare.characters import Run
from kb.compare.sections import CHANGES, Comparison, Pair
from kb.export.blocks import clean
from kb.export.tables import as_workbook
from kb.export.word_file import begin, finish

_WHOLE = ("", "")
_WIDTHS = (10, 14, 60, 14, 60)


def comparison_docx(
    comparison: Comparison,
    titles: tuple[str, str],
    dated: str,
    incomplete: tuple[str, str] = _WHOLE,
    only_changes: bool = False,
) -> bytes:
    """Return the table as a Word file: what was deleted is struck out on the left, what was inserted underlined on the right.

    `titles` name the old and the new text; the file is `dated` (ISO 8601), `incomplete` says of each where it seems to break off.
    With `only_changes` what did not change is left out, and the caption says so.
    """
    made = begin("新旧条文对照表", dated)
    page = made.sections[0]
    page.orientation = WD_ORIENT.LANDSCAPE
    page.page_width, page.page_height = page.page_height, page.page_width
    made.add_paragraph(_counted(comparison, only_changes), style="Caption")
    for title, sentence in zip(titles, incomplete, strict=True):
        if sentence:
            made.add_paragraph(clean(f"{title}：{sentence}"), style="Caption")
    table = made.add_table(rows=1, cols=3, style="Table Grid")
    for cell, head in zip(table.rows[0].cells, ("变化", *titles), strict=True):
        cell.paragraphs[0].add_run(clean(head)).bold = True
    for pair in _listed(comparison, only_changes):
        change, old, new = table.add_row().cells
        change.paragraphs[0].add_run(CHANGES[pair.change]).font.size = Pt(10)
        _write(old, (run for run in pair.runs if run.kind != "inserted"))
        _write(new, (run for run in pair.runs if run.kind != "deleted"))
    return finish(made)


def comparison_xlsx(
    comparison: Comparison,
    titles: tuple[str, str],
    incomplete: tuple[str, str] = _WHOLE,
    only_changes: bool = False,
) -> bytes:
    """Return the table as a workbook: a row for each pair, the numbers of both in columns of their own; a last row where a
    text seems to break off.
    """
    listed = _listed(comparison, only_changes)
    rows = [(CHANGES[pair.change], *_side(pair, "old"), *_side(pair, "new")) for pair in listed]
    if any(incomplete):
        rows.append(("", "", incomplete[0], "", incomplete[1]))
    old, new = titles
    sheet = "新旧条文对照（只列变化）" if only_changes else "新旧条文对照"
    return as_workbook(rows, ("变化", "旧条号", old, "新条号", new), _WIDTHS, sheet)


def _listed(comparison: Comparison, only_changes: bool) -> list[Pair]:
    return [pair for pair in comparison.pairs if not only_changes or pair.change != "same"]


def _side(pair: Pair, side: str) -> tuple[str, str]:
    section = pair.old if side == "old" else pair.new
    return (section.number or section.label, section.text.strip()) if section else ("", "")


def title_of_text(document: Document, day: str) -> str:
    """Return what one of two texts is called: its title and its day (ISO 8601, "" not known)."""
    return f"《{document.metadata.title}》（{day} 的文本）" if day else f"《{document.metadata.title}》"


def _counted(comparison: Comparison, only_changes: bool) -> str:
    told = {change: "、".join(f"{total} {unit}" for total, unit in comparison.counted(change)) for change in CHANGES}
    counts = "，".join(f"{CHANGES[change]} {counted}" for change, counted in told.items() if counted)
    return f"{counts}。" + "只列变化，未变的没有列出。" * (only_changes and comparison.counts["same"] > 0)


def _write(cell: Any, runs: Iterable[Run]) -> None:
    paragraph = cell.paragraphs[0]
    for run in runs:
        written = paragraph.add_run(clean(run.text.strip("\n") if run.text.isspace() else run.text))
        written.font.size = Pt(10)
        written.font.strike = run.kind == "deleted" or None
        written.font.underline = run.kind == "inserted" or None
