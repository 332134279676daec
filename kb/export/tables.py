"""The one writer of tables, CSV and XLSX: hits of a search, lists of documents, figures. No cell can become a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from urllib.parse import quote

import xlsxwriter

from kb.base.model import Hit, Listing
from kb.structure.statute import is_legislation

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_DAYS = ("日期的含义", "公布日期", "施行日期")
COLUMNS = ("序号", "题名", "发文机关", "日期", "章节", "摘要", "字面命中", "地址", *_DAYS, "时效", "效力位阶", "文号")
LISTED = ("编号", "题名", "发文字号", "发文机关", "文种", "日期", "来源", "地址", *_DAYS)
_FORMULA = (*"=+-@\t\r\n", *"＝＋－＠")  # the wide ones are formulas to spreadsheets in Chinese and Japanese
LONGEST_CELL = 32_767
_WIDTHS = (6, 40, 24, 12, 40, 80, 8, 50, 12, 12, 12, 12, 16, 24)


def rows(hits: Iterable[Hit], base: str, first: int = 1) -> list[tuple[str, ...]]:
    """One row a hit, numbered from `first`; `base` goes before each address."""
    return [
        (
            str(number),
            hit.title,
            hit.issuer,
            hit.date,
            " › ".join(hit.heading_path),
            " ".join(hit.snippet.split()),
            "是" if hit.literal else "否，意思相近" if hit.by_meaning else "否，词语相近",
            f"{base}{hit.url}",
            *_days(hit),
            hit.validity,
            hit.rank,
            hit.document_number,
        )
        for number, hit in enumerate(hits, start=first)
    ]


def remark(sentence: str) -> tuple[str, ...]:
    """A last row that says something of the table itself, in the column of titles."""
    return ("", sentence, *([""] * (len(COLUMNS) - 2)))


def listed(listings: Iterable[Listing], base: str) -> list[tuple[str, ...]]:
    """One row a document, in the columns `LISTED`; `base` goes before each address."""
    return [
        (
            each.id,
            each.title,
            each.document_number,
            each.issuer,
            each.kind,
            each.date,
            each.source,
            f"{base}/d/{quote(each.id)}",
            *_days(each),
        )
        for each in listings
    ]


def _days(each: Hit | Listing) -> tuple[str, str, str]:
    """What was done on its date, and when it was published and is in force, "" where nothing tells.

    A text of which nothing else is told holds from its date, which then tells nothing.
    """
    publication = "公布" if is_legislation(each.kind) else "发布"
    act = each.act or (publication if each.date and each.date == each.published else "")
    return act, each.published, each.since if each.since != each.date else ""


def as_csv(table: Iterable[Sequence[str]], columns: Sequence[str] = COLUMNS) -> bytes:
    """CSV (RFC 4180) in UTF-8 with a byte order mark, without which Excel takes it for GBK."""
    made = io.StringIO()
    csv.writer(made).writerows([_plain(cell) for cell in row] for row in (columns, *table))
    return made.getvalue().encode("utf-8-sig")


def as_xlsx(table: Iterable[Sequence[str]]) -> bytes:
    """A workbook of hits."""
    return as_workbook(table, COLUMNS, _WIDTHS, "检索结果")


def as_workbook(table: Iterable[Sequence[str]], columns: Sequence[str], widths: Sequence[int], name: str) -> bytes:
    """A workbook of one sheet, `widths` in characters: a head that stays, a filter; every cell is text."""
    made = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = xlsxwriter.Workbook(made, options)
    sheet = book.add_worksheet(name)
    bold, wrapped = book.add_format({"bold": True}), book.add_format({"text_wrap": True, "valign": "top"})
    everything = [columns, *table]
    for number, row in enumerate(everything):
        for column, cell in enumerate(row):
            sheet.write_string(number, column, cell[:LONGEST_CELL], wrapped if number else bold)
    for column, width in enumerate(widths):
        sheet.set_column(column, column, width)
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, len(everything) - 1, len(columns) - 1)
    book.close()
    return made.getvalue()


def _plain(cell: str) -> str:
    """A cell that spreadsheets show as it is: an apostrophe before what they would compute (OWASP, CSV injection)."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
