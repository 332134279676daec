"""What every Word file of ours has: the page and type of an official document (GB/T 9704-2012), and page numbers."""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, datetime
from typing import Any

from docx import Document as new_document
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
DEEPEST = 9
"""Heading levels that Word has."""

_BODY, _HEADING = ("Times New Roman", "仿宋"), ("Times New Roman", "黑体")
_SIZES = {1: 16, 2: 16, 3: 16}


def begin(title: str, dated: str) -> Any:
    """Return a new file with its title; it is `dated` (ISO 8601, "" not known) so that the same makes the same bytes."""
    made = new_document()
    _page(made)
    _styles(made)
    made.add_paragraph(title, style="Title").alignment = WD_ALIGN_PARAGRAPH.CENTER
    properties = made.core_properties
    properties.title, properties.language = title[:255], "zh-CN"
    moment = datetime.fromisoformat(dated or "2000-01-01")
    properties.created = properties.modified = moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment
    return made


def finish(made: Any) -> bytes:
    """Number the pages and return the bytes, which say nothing of when they were made."""
    _footer(made)
    saved, data = io.BytesIO(), io.BytesIO()
    made.save(saved)
    with zipfile.ZipFile(saved) as parts, zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for part in parts.infolist():
            archive.writestr(zipfile.ZipInfo(part.filename), parts.read(part), zipfile.ZIP_DEFLATED)  # of 1980
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
    for level in range(1, DEEPEST + 1):
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
