"""DOCX with the styles of an official document (GB/T 9704-2012 sizes), real headings and page numbers."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from typing import Any

from docx import Document as new_document
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_COLOR_INDEX
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor

from kb.export.blocks import DOUBTFUL, Block, blocks, clean
from kb.export.formats import Format
from kb.export.scope import Selection

_DEEPEST = 9  # heading levels that Word has
_BODY, _HEADING = ("Times New Roman", "仿宋"), ("Times New Roman", "黑体")
_SIZES = {1: 16, 2: 16, 3: 16}


def docx(selection: Selection) -> bytes:
    """Return the file. The same selection gives the same bytes on every day: it is dated to when the text was fetched."""
    made = new_document()
    _page(made)
    _styles(made)
    _properties(made, selection)
    title = made.add_paragraph(clean(selection.document.metadata.title), style="Title")
    title.alignment = WD_ALIGN_PARAGRAPH.CENTER
    for block in blocks(selection):
        if block.anchor == "title" and block.text.strip() == selection.document.metadata.title:
            continue
        _add(made, block)
    made.add_paragraph()
    source, *doubts = selection.ending
    for line in (f"{source}{selection.citation.url}", *doubts):
        _write(made.add_paragraph(style="Caption"), clean(line))
    _footer(made)
    data = io.BytesIO()
    made.save(data)
    return data.getvalue()


def _page(made: Any) -> None:
    """A4 with the margins of GB/T 9704-2012, 5.2."""
    page = made.sections[0]
    page.page_width, page.page_height = Cm(21), Cm(29.7)
    page.top_margin, page.bottom_margin = Cm(3.7), Cm(3.5)
    page.left_margin, page.right_margin = Cm(2.8), Cm(2.6)


def _styles(made: Any) -> None:
    _font(made.styles["Normal"], _BODY, 14)
    made.styles["Normal"].paragraph_format.line_spacing = 1.5
    made.styles["Normal"].paragraph_format.space_after = Pt(0)
    _font(made.styles["Title"], _HEADING, 20)
    _font(made.styles["Caption"], _BODY, 10)
    for level in range(1, _DEEPEST + 1):
        style = made.styles[f"Heading {level}"]
        _font(style, _HEADING, _SIZES.get(level, 14))
        style.paragraph_format.space_before, style.paragraph_format.space_after = Pt(6), Pt(3)


def _font(style: Any, names: tuple[str, str], size: int) -> None:
    """Set the Western and the Chinese font: Word picks by character."""
    style.font.name, style.font.size, style.font.italic = names[0], Pt(size), False
    style.font.color.rgb = RGBColor(0, 0, 0)
    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    fonts.set(qn("w:eastAsia"), names[1])
    for theme in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
        fonts.attrib.pop(qn(f"w:{theme}"), None)


def _properties(made: Any, selection: Selection) -> None:
    facts, moment = selection.document.metadata, selection.document.provenance.retrieved
    when = datetime.fromisoformat(moment).astimezone(UTC).replace(tzinfo=None) if moment else datetime(2000, 1, 1)
    properties = made.core_properties
    properties.title, properties.author = clean(selection.title)[:255], clean(facts.issuer)[:255]
    properties.subject, properties.comments = clean(facts.document_number)[:255], clean(selection.citation.url)[:255]
    properties.language, properties.created, properties.modified = "zh-CN", when, when


def _add(made: Any, block: Block) -> None:
    if block.kind == "table":
        _add_table(made, block)
    elif block.kind == "heading":
        _write(made.add_paragraph(style=f"Heading {min(block.level, _DEEPEST)}"), block.text.strip())
    else:
        paragraph = made.add_paragraph()
        paragraph.paragraph_format.first_line_indent = Pt(28)  # two characters
        _write(paragraph, block.text[: block.lead], bold=True)
        _write(paragraph, block.text[block.lead :])


def _add_table(made: Any, block: Block) -> None:
    columns = max((len(row) for row in block.rows), default=0)
    if not columns:
        return
    table = made.add_table(rows=0, cols=columns, style="Table Grid")
    for number, row in enumerate(block.rows):
        for cell, text in zip(table.add_row().cells, row, strict=False):
            _write(cell.paragraphs[0], text, bold=block.head and number == 0)


def _write(paragraph: Any, text: str, bold: bool = False) -> None:
    """Write a text; the sign of a character that could not be read is marked."""
    for piece in filter(None, DOUBTFUL.split(text)):
        run = paragraph.add_run(piece)
        run.bold = bold or None
        if DOUBTFUL.fullmatch(piece):
            run.font.highlight_color = WD_COLOR_INDEX.YELLOW


def _footer(made: Any) -> None:
    """The page's number, as a field that Word fills in."""
    paragraph = made.sections[0].footer.paragraphs[0]
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    run = paragraph.add_run()
    for kind, text in (("begin", ""), ("", " PAGE "), ("end", "")):
        element = OxmlElement("w:fldChar" if kind else "w:instrText")
        if kind:
            element.set(qn("w:fldCharType"), kind)
        else:
            element.text = text
        run._r.append(element)


WORD = Format(
    "docx",
    "Word",
    "Word",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    docx,
    order=1,
    saved=True,
)
