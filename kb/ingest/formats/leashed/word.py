"""DOCX → text lines, by python-docx. Runs in the child process of `kb.ingest.formats.convert`.

Text as a reader sees it: tables as Markdown rows in their place, insertions in, deletions out, automatic numbers printed.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator, Mapping
from typing import Any

import docx
from docx.oxml.ns import qn

from kb.base.errors import UnreadableError
from kb.ingest.formats import package
from kb.ingest.formats.leashed.word_numbers import Numbering

_OLE = b"\xd0\xcf\x11\xe0"
_HIDDEN = {qn(name) for name in ("w:del", "w:moveFrom", "w:txbxContent", "w:rt", "w:pPr", "w:rPr", "w:tbl")}
_BREAKS = {qn("w:br"): "\n", qn("w:cr"): "\n", qn("w:tab"): " ", qn("w:noBreakHyphen"): "-", qn("w:ptab"): " "}
_UNREAD = (
    ("w:footnoteReference", "脚注"),
    ("w:endnoteReference", "尾注"),
    ("w:txbxContent", "文本框"),
    ("w:drawing", "图片或图形"),
    ("w:object", "嵌入的对象"),
)


def convert(data: bytes, limit: int) -> Mapping[str, Any]:
    """Answer text, title, levels and notes of a Word file; its parts unpacked are at most `limit` bytes.

    Raises UnreadableError.
    """
    if data.startswith(_OLE):
        raise UnreadableError("是旧版 .doc 或加了密的 Word 文件：请去掉密码，另存为 .docx 后再收录。")
    package.check(data, limit, "Word 文件（.docx）")
    try:
        document = docx.Document(io.BytesIO(data))
        reader = _Reader(document)
        reader.read(document.element.body)
    except (ValueError, KeyError, AttributeError, SyntaxError, zipfile.BadZipFile) as error:
        # SyntaxError: lxml's XMLSyntaxError is one.
        raise UnreadableError(package.broken("Word 文件（.docx）")) from error
    return reader.answer()


class _Reader:
    """Collects the lines of a document's body."""

    def __init__(self, document: Any) -> None:
        self.lines: list[str] = []
        self.levels: dict[int, int] = {}
        self.title = ""
        self.numbering = Numbering(document)
        self._styles = {style.style_id: style for style in document.styles}
        self._unread = {label for tag, label in _UNREAD if document.element.body.find(f".//{qn(tag)}") is not None}

    def read(self, parent: Any) -> None:
        """Read paragraphs and tables in order, also those inside content controls and insertions."""
        for element in parent:
            if element.tag == qn("w:p"):
                self._paragraph(element)
            elif element.tag == qn("w:tbl"):
                self._table(element)
            elif element.tag not in _HIDDEN:
                self.read(element)

    def answer(self) -> Mapping[str, Any]:
        notes = list(self.numbering.notes())
        if self._unread:
            notes.append(f"原文件里的{'、'.join(sorted(self._unread))}没有收录。")
        text = "".join(f"{line}\n" for line in self.lines)
        return {"text": text, "title": self.title, "levels": self._hints(), "notes": notes}

    def _paragraph(self, element: Any) -> None:
        lines = _text(element, self.numbering.label(element))
        level = self._level(element)
        if lines and level is not None:
            self.levels[len(self.lines)] = level
            if level == 0 and not self.title:
                self.title = "".join(lines)
        self.lines += lines

    def _hints(self) -> dict[int, int]:
        """Answer Markdown levels: 1 is the title, Word's first heading level comes below it.

        Where no paragraph has the style of a title, a single heading of the first level before all others is it.
        """
        first = [line for line, level in self.levels.items() if level == 1]
        lift = 0 if len(first) == 1 and first[0] == min(self.levels) else 1
        return {line: min(6, level + lift) if level else 1 for line, level in self.levels.items()}

    def _level(self, element: Any) -> int | None:
        """Answer the outline level of a paragraph: 0 for the title, 1 to 9 for headings, None for text."""
        given = element.find(f"{qn('w:pPr')}/{qn('w:outlineLvl')}")
        style = self._styles.get(element.style)
        if given is None and style is not None and style.name == "Title":
            return 0
        while given is None and style is not None:
            given = style.element.find(f"{qn('w:pPr')}/{qn('w:outlineLvl')}")
            heading = re.fullmatch(r"[Hh]eading ([1-9])", style.name or "")
            if given is None and heading:
                return int(heading[1])
            style = style.base_style
        level = int(given.get(qn("w:val"), "9")) if given is not None else 9
        return level + 1 if level < 9 else None

    def _table(self, table: Any) -> None:
        """Print a table of data as Markdown rows; one that only serves the layout as its paragraphs."""
        rows = [list(_cells(row)) for row in table.iter(qn("w:tr")) if _owner(row) is table]
        width = max((len(row) for row in rows), default=0)
        if len(rows) < 2 or width < 2:
            for cell in table.iter(qn("w:tc")):
                if _owner(cell) is table:
                    self.read(cell)
            return
        for row in rows:
            texts = [self._cell(cell) for cell in row] + [""] * (width - len(row))
            if any(texts):
                self.lines.append(f"| {' | '.join(texts)} |")

    def _cell(self, cell: Any) -> str:
        if cell is None or _continues(cell):
            return ""
        paragraphs = (" ".join(_text(each, self.numbering.label(each))) for each in cell.iter(qn("w:p")))
        return " ".join(text for text in paragraphs if text).replace("|", "\\|")


def _owner(element: Any) -> Any:
    return next(element.iterancestors(qn("w:tbl")), None)


def _cells(row: Any) -> Iterator[Any]:
    """Yield the cells of a row; None for each further column that a cell spans."""
    for cell in row.iter(qn("w:tc")):
        if next(cell.iterancestors(qn("w:tr"))) is row:
            span = cell.find(f"{qn('w:tcPr')}/{qn('w:gridSpan')}")
            yield cell
            yield from [None] * (min(60, int(span.get(qn("w:val"), "1"))) - 1 if span is not None else 0)


def _continues(cell: Any) -> bool:
    """Tell a cell that continues the one above it."""
    merge = cell.find(f"{qn('w:tcPr')}/{qn('w:vMerge')}")
    return merge is not None and merge.get(qn("w:val"), "continue") == "continue"


def _text(paragraph: Any, number: str) -> list[str]:
    """Answer the lines of a paragraph as a reader sees them."""
    whole = "".join(_pieces(paragraph))
    lines = [line.strip() for line in whole.split("\n")]
    lines = [line for line in lines if line]
    return [number + lines[0], *lines[1:]] if lines else []


def _pieces(element: Any) -> Iterator[str]:
    for child in element:
        if child.tag == qn("w:t"):
            yield child.text or ""
        elif child.tag in _BREAKS:
            yield _BREAKS[child.tag]
        elif child.tag not in _HIDDEN:
            yield from _pieces(child)
