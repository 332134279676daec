"""DOCX with the styles of an official document (GB/T 9704-2012 sizes), real headings and page numbers."""

from __future__ import annotations

from typing import Any

from docx.enum.text import WD_COLOR_INDEX
from docx.shared import Pt

from kb.export.blocks import DOUBTFUL, Block, blocks, clean
from kb.export.formats import Format
from kb.export.scope import Selection
from kb.export.word_file import DEEPEST, MEDIA_TYPE, begin, finish


def docx(selection: Selection) -> bytes:
    """Return the file. The same selection gives the same bytes on every day: it is dated to when the text was fetched."""
    made = begin(clean(selection.document.metadata.title), selection.document.provenance.retrieved)
    _properties(made, selection)
    for block in blocks(selection):
        if block.anchor == "title" and block.text.strip() == selection.document.metadata.title:
            continue
        _add(made, block)
    made.add_paragraph()
    source, *doubts = selection.ending
    for line in (f"{source}{selection.citation.url}", *doubts):
        _write(made.add_paragraph(style="Caption"), clean(line))
    return finish(made)


def _properties(made: Any, selection: Selection) -> None:
    facts, properties = selection.document.metadata, made.core_properties
    properties.title, properties.author = clean(selection.title)[:255], clean(facts.issuer)[:255]
    properties.subject, properties.comments = clean(facts.document_number)[:255], clean(selection.citation.url)[:255]


def _add(made: Any, block: Block) -> None:
    if block.kind == "table":
        _add_table(made, block)
    elif block.kind == "heading":
        _write(made.add_paragraph(style=f"Heading {min(block.level, DEEPEST)}"), block.text.strip())
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


WORD = Format(
    "docx",
    "Word",
    "Word",
    MEDIA_TYPE,
    docx,
    order=1,
    saved=True,
    slow=True,
)
