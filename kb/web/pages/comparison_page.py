"""Two versions of a document, or two documents, side by side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import count, groupby

from flask import Blueprint, Response, render_template, request

from kb.base.errors import BadIndexError, StorageError, UsageError
from kb.base.model import Document, Listing, Section
from kb.compare.parallel import alike
from kb.compare.sections import CHANGES, Comparison, Pair, compare
from kb.export.comparison_table import comparison_docx, comparison_xlsx, title_of_text
from kb.export.tables import XLSX
from kb.export.word_file import MEDIA_TYPE
from kb.structure.wholeness import breaks_off
from kb.web.context.library import library
from kb.web.view.downloads import saved
from kb.web.view.edition import Edition
from kb.web.view.interface_labels import marked_runs
from kb.web.view.lookup import find_both, find_edition
from kb.web.view.outline_panel import label_of
from kb.web.view.paging import paging
from kb.web.view.weighed import compared

blueprint = Blueprint("comparing", __name__)


ROWS_PER_PAGE = 60
_FOLDED_SHOWN = 30
_OFFERED = 12
_VIEWS = ("", "changes")


@dataclass(frozen=True, slots=True)
class Row:
    """A pair of sections that differ: each side as marked text, and `both` in one, for narrow screens. Or a stretch of
    pairs that did not change (`folded`). `number` is the change's among all, from 1; 0 of what did not change.
    """

    pair: Pair | None = None
    old: str = ""
    new: str = ""
    both: str = ""
    folded: tuple[Pair, ...] = ()
    number: int = 0

    @property
    def all_articles(self) -> bool:
        """Whether all that did not change are articles."""
        return all(pair.new is not None and pair.new.number.endswith("条") for pair in self.folded)


@blueprint.get("/d/<id>/compare")
def page(id: str) -> str:
    """Set the version `from` (usually the one before) against the version `to` (usually the present one) of a document;
    or, with `with`, that version of another document against it. With `show=changes` nothing but what changed.

    Where there is but one text, what it may be compared with is offered.
    """
    show = _show()
    if not any(request.args.get(name) for name in ("from", "to", "with")) and len(find_edition(id).history) < 2:
        return render_template("compare_choose.html", document=find_edition(id).document, offered=_alike(id))
    before, after = _asked(id)
    comparison = _compared(before, after)
    stretches = [row for row in _stretches(comparison) if row.pair or not show]
    asked = {name: request.args.get(name) or None for name in ("from", "to", "with", "show")}
    number, last, address = paging(len(stretches), ROWS_PER_PAGE, ".page", id=id, **asked)
    ways = {at: "" if at == number else address(at) for at in range(1, last + 1)}
    changed = [(row, place // ROWS_PER_PAGE + 1) for place, row in enumerate(stretches) if row.pair]
    return render_template(
        "compare.html",
        before=before,
        after=after,
        document=after.document,
        rows=[_marked(row) for row in stretches[(number - 1) * ROWS_PER_PAGE : number * ROWS_PER_PAGE]],
        unchanged=not changed,
        index=[(change, [each for each in changed if each[0].pair.change == change]) for change in CHANGES],  # type: ignore[union-attr]
        ways=[ways[at] for _, at in changed],
        counts=[(CHANGES[each], counted) for each in comparison.counts if (counted := comparison.counted(each))],
        printed=[pair for pair in comparison.pairs if pair.differs_in_print],
        changes=CHANGES,
        incomplete=[(each, told) for each in (before, after) if (told := breaks_off(each.document))],
        history=library().corpus.history(id),
        show=show,
        folded_shown=_FOLDED_SHOWN,
        page=number,
        last=last,
        page_address=address,
    )


def _alike(id: str) -> list[Listing]:
    """Documents of the same kind and a like title; none where there is no index."""
    try:
        catalogue = library().catalogue()
    except (BadIndexError, StorageError):
        return []
    own = catalogue.by_id.get(id)
    return alike(own, catalogue.listings, _OFFERED) if own else []


def _compared(before: Edition, after: Edition) -> Comparison:
    key = ("compared", before.document.id, before.digest, after.document.id, after.digest)
    return library().remembered.get(key, lambda: compared(before.document, after.document))


@blueprint.get("/d/<id>/compare.docx")
def table_in_word(id: str) -> Response:
    """The same as a table of old and new articles, in Word; with `show=changes` nothing but what changed."""
    only_changes, (before, after) = _show() == "changes", _asked(id)
    made = library().heavy.do(_in_word, before.document, after.document, _titles(before, after), only_changes)
    return saved(made, MEDIA_TYPE, f"新旧条文对照-{id[:60]}.docx")


@blueprint.get("/d/<id>/compare.xlsx")
def table_in_workbook(id: str) -> Response:
    """The same as a workbook."""
    only_changes, (before, after) = _show() == "changes", _asked(id)
    made = library().heavy.do(_in_workbook, before.document, after.document, _titles(before, after), only_changes)
    return saved(made, XLSX, f"新旧条文对照-{id[:60]}.xlsx")


def _in_word(before: Document, after: Document, titles: tuple[str, str], only_changes: bool) -> bytes:
    return comparison_docx(
        compare(before, after), titles, after.provenance.retrieved, _incomplete(before, after), only_changes
    )


def _in_workbook(before: Document, after: Document, titles: tuple[str, str], only_changes: bool) -> bytes:
    return comparison_xlsx(compare(before, after), titles, _incomplete(before, after), only_changes)


def _incomplete(before: Document, after: Document) -> tuple[str, str]:
    """Say of each of two texts where it seems to break off."""
    return breaks_off(before), breaks_off(after)


def _show() -> str:
    """Return which pairs are asked for: all, or `changes`. Raises UsageError."""
    show = request.args.get("show", "")
    if show not in _VIEWS:
        raise UsageError(f"参数 show 可以是 changes，现在是“{show[:20]}”。")
    return show


def _asked(id: str) -> tuple[Edition, Edition]:
    return find_both(id, *(request.args.get(name, "") for name in ("from", "to", "with")))


def _titles(before: Edition, after: Edition) -> tuple[str, str]:
    old, new = (title_of_text(each.document, each.date) for each in (before, after))
    return old, new


def _stretches(comparison: Comparison) -> Iterator[Row]:
    """Yield the changes, numbered, and between them the stretches of what did not change."""
    numbers = count(1)
    for same, run in groupby(comparison.pairs, key=lambda pair: pair.change == "same"):
        pairs = tuple(run)
        if same:
            yield Row(folded=pairs)
        else:
            yield from (Row(pair, number=next(numbers)) for pair in pairs)


def _marked(row: Row) -> Row:
    """Mark what differs: it is found for the rows that are shown."""
    if row.pair is None:
        return row
    old = marked_runs(run for run in row.pair.runs if run.kind != "inserted")
    new = marked_runs(run for run in row.pair.runs if run.kind != "deleted")
    return replace(row, old=old, new=new, both=marked_runs(row.pair.runs))


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
