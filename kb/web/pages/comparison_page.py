"""Two versions of a document, or two documents, side by side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from flask import Blueprint, Response, render_template, request

from kb.base.model import Document, Section
from kb.compare.sections import CHANGES, Comparison, Pair, compare
from kb.export.comparison_table import comparison_docx, comparison_xlsx, title_of_text
from kb.export.tables import XLSX
from kb.export.word_file import MEDIA_TYPE
from kb.web.context.library import library
from kb.web.view.edition import Edition
from kb.web.view.interface_labels import marked_runs
from kb.web.view.lookup import find_both
from kb.web.view.outline_panel import label_of
from kb.web.view.weighed import compared

blueprint = Blueprint("comparing", __name__)


@dataclass(frozen=True, slots=True)
class Row:
    """A pair of sections that differ: each side as marked text, and `both` in one, for narrow screens. Or a stretch of
    pairs that did not change (`folded`).
    """

    pair: Pair | None = None
    old: str = ""
    new: str = ""
    both: str = ""
    folded: tuple[Pair, ...] = ()


@blueprint.get("/d/<id>/compare")
def page(id: str) -> str:
    """Set the version `from` (usually the one before) against the version `to` (usually the present one) of a document;
    or, with `with`, that version of another document against it.
    """
    before, after = _asked(id)
    comparison = compared(before.document, after.document)
    return render_template(
        "compare.html",
        before=before,
        after=after,
        document=after.document,
        rows=list(_rows(comparison)),
        counts=[(CHANGES[change], count) for change, count in comparison.counts.items() if count],
        changes=CHANGES,
        history=library().corpus.history(id),
    )


@blueprint.get("/d/<id>/compare.docx")
def table_in_word(id: str) -> Response:
    """The same as a table of old and new articles, in Word."""
    before, after = _asked(id)
    made = library().heavy.do(_in_word, before.document, after.document, _titles(before, after))
    return _saved(made, MEDIA_TYPE, "comparison.docx")


@blueprint.get("/d/<id>/compare.xlsx")
def table_in_workbook(id: str) -> Response:
    """The same as a workbook."""
    before, after = _asked(id)
    made = library().heavy.do(_in_workbook, before.document, after.document, _titles(before, after))
    return _saved(made, XLSX, "comparison.xlsx")


def _in_word(before: Document, after: Document, titles: tuple[str, str]) -> bytes:
    return comparison_docx(compare(before, after), titles, after.provenance.retrieved)


def _in_workbook(before: Document, after: Document, titles: tuple[str, str]) -> bytes:
    return comparison_xlsx(compare(before, after), titles)


def _asked(id: str) -> tuple[Edition, Edition]:
    return find_both(id, *(request.args.get(name, "") for name in ("from", "to", "with")))


def _titles(before: Edition, after: Edition) -> tuple[str, str]:
    old, new = (title_of_text(each.document, each.date) for each in (before, after))
    return old, new


def _saved(data: bytes, media_type: str, name: str) -> Response:
    answer = Response(data, mimetype=media_type)
    answer.headers.set("Content-Disposition", "attachment", filename=name)
    return answer


def _rows(comparison: Comparison) -> Iterator[Row]:
    for same, run in groupby(comparison.pairs, key=lambda pair: pair.change == "same"):
        pairs = tuple(run)
        if same:
            yield Row(folded=pairs)
            continue
        for pair in pairs:
            old = marked_runs(run for run in pair.runs if run.kind != "inserted")
            new = marked_runs(run for run in pair.runs if run.kind != "deleted")
            yield Row(pair, old, new, marked_runs(pair.runs))


def folded_label(pairs: Sequence[Pair]) -> str:
    """What a stretch of unchanged sections is called: "第三条至第十四条"."""
    sections = [pair.new for pair in pairs if pair.new]
    first, last = label_of(sections[0]), label_of(sections[-1])
    return first if len(sections) == 1 else f"{first}至{last}"


def section_label(section: Section | None) -> str:
    """What a section is called, "" for none."""
    return label_of(section) if section else ""


HELPERS = {"folded_label": folded_label, "section_label": section_label}
"""What the templates call."""
