"""Documents of one pattern in columns, section by section, and their figures as a table with bars."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from flask import Blueprint, Response, render_template, request, url_for

from kb.base.errors import UsageError
from kb.base.model import Document, Listing, Section
from kb.chinese.figures import MARKS, Figure
from kb.compare.parallel import Counted, Row, alike, groups, sums
from kb.export.parallel_table import figures_xlsx, rows_docx, rows_xlsx
from kb.export.tables import XLSX, as_csv
from kb.export.word_file import MEDIA_TYPE
from kb.web.context.library import library
from kb.web.view.downloads import saved
from kb.web.view.lookup import Missing, find_document
from kb.web.view.paging import paging
from kb.web.view.weighed import aligned, figures_of

blueprint = Blueprint("parallels", __name__)

MOST = 6
"""Documents side by side at most."""

ROWS_PER_PAGE = 40
_OFFERED = 24
_GROUPS = 40
_VIEWS = ("text", "figures")


@dataclass(frozen=True, slots=True)
class Shown:
    """A figure on the page: as printed and in figures, the address of its sentence, and its bar: where it starts, how long it
    is, of 100.
    """

    text: str
    figures: str
    clause: str
    address: str
    start: int
    bar: int


@blueprint.get("/parallel")
def page() -> str:
    """The documents `d` beside one another: as `view=text` or `figures`, all or one `section` of the first.

    With one document, those like it are offered; with none, titles that many documents share.
    """
    documents = _documents()
    if not documents:
        return render_template("parallel_start.html", groups=groups(library().catalogue().listings, _GROUPS))
    if len(documents) == 1:
        offered = _offered(documents[0])
        return render_template("parallel_choose.html", lead=documents[0], offered=offered, most=MOST)
    view = request.args.get("view", "text")
    if view not in _VIEWS:
        raise UsageError(f"参数 view 可以是 {'、'.join(_VIEWS)}，现在是“{view[:20]}”。")
    rows = _rows(documents)
    ids = [document.id for document in documents]
    section = request.args.get("section") or None
    number, last, address = paging(len(rows), ROWS_PER_PAGE, ".page", d=ids, section=section, view=view)
    lines = _counted(rows, documents) if view == "figures" else []
    full = sum(row.held == len(documents) for row in rows)
    shown = rows[(number - 1) * ROWS_PER_PAGE : number * ROWS_PER_PAGE]
    return render_template(
        "parallel.html",
        documents=documents,
        ids=ids,
        view=view,
        section=section,
        rows=shown if view == "text" else (),
        total=len(rows),
        full=full,
        alone=sum(row.held == 1 for row in rows),
        lines=[(line, _cells(line, ids)) for line in lines],
        sums=sums(lines),
        page=number,
        last=last,
        page_address=address,
    )


@blueprint.get("/parallel/figures.csv")
def table() -> Response:
    """The figures of the documents `d` as a table: what is counted, its unit, and its number in each document."""
    documents = _several("figures.csv")
    columns = ("项目", "单位", *(document.metadata.title for document in documents))
    lines = [
        (line.label, line.unit, *(cell[1].text if cell else "" for cell in line.cells))
        for line in _counted(_rows(documents), documents)
    ]
    return saved(as_csv(lines, columns), "text/csv", "figures.csv")


@blueprint.get("/parallel/figures.xlsx")
def workbook() -> Response:
    """The same as a workbook, with the least and the most of each as numbers."""
    documents = _several("figures.xlsx")
    made = library().heavy.do(figures_xlsx, _counted(_rows(documents), documents), documents)
    return saved(made, XLSX, "同类文件对比-数字.xlsx")


@blueprint.get("/parallel/rows.xlsx")
def rows_in_workbook() -> Response:
    """The aligned sections of the documents `d` as a workbook, a row for each topic."""
    documents = _several("rows.xlsx")
    return saved(library().heavy.do(rows_xlsx, _rows(documents), documents), XLSX, "同类文件对比.xlsx")


@blueprint.get("/parallel/rows.docx")
def rows_in_word() -> Response:
    """The same as a table in Word."""
    documents = _several("rows.docx")
    dated = max(document.provenance.retrieved for document in documents)
    return saved(library().heavy.do(rows_docx, _rows(documents), documents, dated), MEDIA_TYPE, "同类文件对比.docx")


def _several(name: str) -> list[Document]:
    """The documents of the address, two at least. Raises UsageError."""
    documents = _documents()
    if len(documents) < 2:
        raise UsageError(f"至少要两份文件才能对比：请写成 /parallel/{name}?d=编号&d=编号。")
    return documents


def _documents() -> list[Document]:
    """The documents of the address, each once. Raises UsageError, Missing and UnreadableError."""
    ids = list(dict.fromkeys(filter(None, request.args.getlist("d"))))
    if len(ids) > MOST:
        raise UsageError(f"一次最多对比 {MOST} 份文件，现在是 {len(ids)} 份：请去掉几份。")
    return [find_document(id) for id in ids]


def _offered(lead: Document) -> list[Listing]:
    """Documents like the leading one; none where the index does not have it yet."""
    catalogue = library().catalogue()
    own = catalogue.by_id.get(lead.id)
    return alike(own, catalogue.listings, _OFFERED) if own else []


def _counted(rows: Sequence[Row], documents: Sequence[Document]) -> list[Counted]:
    """The figures in aligned sections of documents."""
    corpus, section = library().corpus, request.args.get("section", "")
    key = ("counted", section, *((document.id, corpus.state(document.id).digest) for document in documents))
    return library().remembered.get(key, lambda: figures_of(rows, documents))


def _rows(documents: Sequence[Document]) -> list[Row]:
    """The aligned sections: all, or those at and below the `section` of the first document. Raises Missing."""
    corpus = library().corpus
    key = ("aligned", *((document.id, corpus.state(document.id).digest) for document in documents))
    rows, wanted = library().remembered.get(key, lambda: aligned(documents)), request.args.get("section")
    if not wanted:
        return rows
    start = next(
        (section for section in documents[0].walk() if section.anchor == documents[0].present_anchor(wanted)), None
    )
    if start is None:
        link = ("全部章节", url_for(".page", d=[document.id for document in documents]))
        raise Missing(f"第一份文件里没有“{wanted[:80]}”这一节。", [link])
    inside = {section.anchor for section in start.walk()}
    return [row for row in rows if row.cells[0].section and row.cells[0].section.anchor in inside]


def _cells(line: Counted, ids: Sequence[str]) -> list[Shown | None]:
    top = max(cell[1].value for cell in line.cells if cell) or Decimal(1)
    return [_shown(id, *cell, top) if cell else None for id, cell in zip(ids, line.cells, strict=True)]


def _shown(id: str, section: Section, figure: Figure, top: Decimal) -> Shown:
    # A query is quoted with straight marks: those of the clause itself would end it.
    clause = next(piece for piece in figure.clause.split('"') if figure.text in piece)
    address = url_for("pages.document", id=id, q=f'"{clause.rstrip(MARKS)}"', _anchor=section.anchor)
    low, high = figure.bounds
    start = round(float((low or 0) / top * 100)) if low != high else 0
    return Shown(
        figure.text, figure.digits, figure.clause, address, min(start, 99),
        max(round(float((high if high is not None else top) / top * 100)) - start, 1),
    )  # fmt: skip
