"""Documents of one pattern side by side, and their figures, as workbooks and as a Word file."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence

import xlsxwriter
from docx.enum.section import WD_ORIENT
from docx.shared import Pt

from kb.base.model import Document
from kb.compare.parallel import Cell, Counted, Row
from kb.export.blocks import clean
from kb.export.tables import LONGEST_CELL, as_workbook
from kb.export.word_file import begin, finish

NOT_MATCHED = "未自动对上"


def rows_xlsx(rows: Iterable[Row], documents: Sequence[Document]) -> bytes:
    """Return the aligned sections as a workbook: a row for each topic, a column for each document."""
    titles = [document.metadata.title for document in documents]
    table = [(row.first.label, *(_text(cell) for cell in row.cells)) for row in rows]
    return as_workbook(table, ("条款", *titles), (18, *(60 for _ in titles)), "条文对照")


def rows_docx(rows: Iterable[Row], documents: Sequence[Document], dated: str) -> bytes:
    """Return the same as a table in Word; the file is `dated` (ISO 8601)."""
    made = begin("同类文件条文对照表", dated)
    page = made.sections[0]
    page.orientation = WD_ORIENT.LANDSCAPE
    page.page_width, page.page_height = page.page_height, page.page_width
    table = made.add_table(rows=1, cols=len(documents), style="Table Grid")
    for cell, document in zip(table.rows[0].cells, documents, strict=True):
        cell.paragraphs[0].add_run(clean(document.metadata.title)).bold = True
    for row in rows:
        for cell, found in zip(table.add_row().cells, row.cells, strict=True):
            cell.paragraphs[0].add_run(clean(_text(found))).font.size = Pt(10)
    return finish(made)


def figures_xlsx(lines: Iterable[Counted], documents: Sequence[Document]) -> bytes:
    """Return the figures as a workbook: for each document what is printed, and the least and the most of it as numbers.

    A bound that leaves the number itself out is shown with > or <: 超过一只, 不足一万元.
    """
    made = io.BytesIO()
    book = xlsxwriter.Workbook(made, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    sheet, bold = book.add_worksheet("数字对照"), book.add_format({"bold": True})
    over, under = (book.add_format({"num_format": f'"{mark} "General'}) for mark in "><")
    heads = ["项目", "单位"]
    for document in documents:
        heads += [f"{document.metadata.title}：{part}" for part in ("原文", "最低", "最高", "条款")]
    for column, head in enumerate(heads):
        sheet.write_string(0, column, head[:LONGEST_CELL], bold)
    for number, line in enumerate(lines, start=1):
        sheet.write_string(number, 0, line.label)
        sheet.write_string(number, 1, line.unit)
        for place, cell in enumerate(line.cells):
            if cell:
                section, figure = cell
                at = 2 + 4 * place
                sheet.write_string(number, at, figure.text)
                for offset, (bound, left_out) in enumerate(
                    zip(figure.bounds, (figure.above and over, figure.below and under), strict=True), start=1
                ):
                    if bound is not None:
                        sheet.write_number(number, at + offset, float(bound), left_out or None)
                sheet.write_string(number, at + 3, section.number or section.label)
    sheet.set_column(0, 0, 40)
    sheet.set_column(2, len(heads) - 1, 16)
    sheet.freeze_panes(1, 2)
    book.close()
    return made.getvalue()


def _text(cell: Cell) -> str:
    return "\n".join(section.text.strip() for section in cell.sections) or NOT_MATCHED
