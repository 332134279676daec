"""DOCX → text lines, by python-docx. Runs in the child process of `kb.ingest.formats.convert`.

Text as a reader sees it: tables as Markdown rows in their place, insertions in, automatic numbers printed, formulas on one
line, struck text marked, text boxes and embedded chunks where they stand, notes at their mark. What is deleted, hidden or
stands beside the text (comments, headers and footers, images) is named in the account.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from itertools import takewhile
from typing import Any

import docx
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.opc.part import Part, PartFactory
from docx.oxml import parse_xml
from docx.oxml.ns import qn
from docx.parts.image import ImagePart

from kb.base import tables
from kb.base.errors import UnreadableError
from kb.base.lazy_re import lazy_re
from kb.ingest.formats import package, scripts
from kb.ingest.formats.account import ARTICLE_NUMBER, Remarks, after, alarming, characters, dumped, loaded
from kb.ingest.formats.leashed.word_fields import Field, shown
from kb.ingest.formats.leashed.word_formula import linear
from kb.ingest.formats.leashed.word_numbers import Numbering
from kb.ingest.formats.leashed.word_symbols import is_symbolic, symbol

_OLE = b"\xd0\xcf\x11\xe0"
_MISSING = "〓"
_SKIPPED = {qn(f"w:{name}") for name in ("rt", "pPr", "rPr", "tbl", "sectPr", "tblPr", "tcPr", "trPr")}
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_BREAKS = {qn("w:br"): "\n", qn("w:cr"): "\n", qn("w:tab"): " ", qn("w:noBreakHyphen"): "-", qn("w:ptab"): " "}
_DELETED = {qn("w:del"): "修订中删除的文字", qn("w:moveFrom"): "修订中移走的文字"}
_NOTES = {qn("w:footnoteReference"): "footnotes", qn("w:endnoteReference"): "endnotes"}
_NUMBER = lazy_re(r"[\u4e00-\u9fff]{2,24}[〔\[［【﹝(（](?:19|20)\d\d[〕\]］】﹞)）]第?\s?\d{1,5}号")
_IMPRINT = lazy_re(r"(?:抄\s*送|主\s*送|分\s*送|印\s*发)\s*[:：].*|.{2,40}\d{4}年\d{1,2}月\d{1,2}日印发")
_PAGE_NUMBER = lazy_re(r"[-—–－\s·第共页/\d]*")
_SMALL = 400_000  # EMU, a bit more than a centimetre: an image of this height within a line stands for characters
_RAISED = 4  # half points: text that stands so much higher or lower, and is smaller
_FAR = 8  # half points: text of any size that stands so much higher is raised
_USUAL_SIZE = 21  # half points
_LONG = 60  # characters: a cell that stands alone in its row with so many is a paragraph


def convert(data: bytes, limit: int) -> Mapping[str, Any]:
    """Return text, title, levels, labels, notes and account of a Word file; its parts unpacked are at most `limit` bytes.

    Raises UnreadableError.
    """
    if data.startswith(_OLE):
        raise UnreadableError("是旧版 .doc 或加了密的 Word 文件：请去掉密码，另存为 .docx 后再收录。")
    package.check(data, limit, "Word 文件（.docx）")
    PartFactory.part_class_selector = staticmethod(_part_class)
    try:
        document = docx.Document(io.BytesIO(data))
        reader = _Reader(document, limit)
        reader.read(document.element.body)
        reader.read_margins()
    except (ValueError, KeyError, AttributeError, SyntaxError, zipfile.BadZipFile) as error:
        # SyntaxError: lxml's XMLSyntaxError is one.
        raise UnreadableError(package.broken("Word 文件（.docx）")) from error
    return reader.answer()


def _part_class(_content_type: str, kind: str) -> type[Part] | None:
    """Keep an embedded file as it is, also where it is a Word file, which python-docx would parse as the main part."""
    return {RELATIONSHIP_TYPE.IMAGE: ImagePart, RELATIONSHIP_TYPE.A_F_CHUNK: Part}.get(kind)


class _Reader:
    """Collects the lines of a document's body."""

    def __init__(self, document: Any, limit: int) -> None:
        self.lines: list[str] = []
        self.levels: dict[int, int] = {}
        self.bold_numbers: list[int] = []
        self.title = ""
        self.labels: dict[str, str] = {}
        self.remarks = Remarks()
        self.numbering = Numbering(document)
        self._part = document.part
        self._limit = limit
        self._styles = {style.style_id: style for style in document.styles}
        self._notes = {name: self._related(name) for name in set(_NOTES.values())}
        self._comments = self._related("comments")
        self._noted = 0
        self._pending: list[str] = []
        self._joins = False
        self._fields: list[Field] = []
        self._paragraph_style: Any = None
        self._whole = _count(document.element.body)

    def read(self, parent: Any) -> None:
        """Read paragraphs and tables in order, also those inside content controls and insertions."""
        for element in parent:
            if element.tag == qn("w:p"):
                self._paragraph(element)
            elif element.tag == qn("w:tbl"):
                self._table(element)
            elif element.tag == qn("w:altChunk"):
                self._chunk(element)
            elif element.tag == qn("w:subDoc"):
                self._tell_subdocument()
            elif element.tag in _DELETED:
                self._tell(_DELETED[element.tag], "没有收入", _all_text(element))
            elif element.tag not in _SKIPPED and element.tag != _FALLBACK:
                self.read(element)

    def read_margins(self) -> None:
        """Read headers and footers: a number and an imprint belong to the document, the rest is named."""
        seen: set[str] = set()
        for related in self._part.rels.values():
            kind = related.reltype.rsplit("/", 1)[-1]
            if kind not in ("header", "footer") or related.is_external:
                continue
            root = parse_xml(related.target_part.blob)
            self._whole += _count(root)
            for paragraph in root.iter(qn("w:p")):
                line = " ".join(self._lines_of(paragraph))
                if line and line not in seen and not _PAGE_NUMBER.fullmatch(line):
                    seen.add(line)
                    self._margin("页眉" if kind == "header" else "页脚", line)

    def answer(self) -> Mapping[str, Any]:
        text = "".join(f"{line}\n" for line in self.lines)
        account = self.remarks.account(min(characters(text), self._whole), self._whole)
        return {
            "text": text,
            "title": self.title,
            "levels": self._hints(),
            "bold_numbers": self.bold_numbers,
            "labels": self.labels,
            "notes": list(self.numbering.notes()),
            "account": dumped(account),
        }

    def _tell_subdocument(self) -> None:
        self._tell("子文档", "另存在别的文件里，没有收入", doubt=True)

    def _margin(self, place: str, line: str) -> None:
        number = _NUMBER.search(line)
        if number:
            self.labels.setdefault("文号", number[0])
            self.remarks.add(place, "", "里的文号记入题头", line)
        elif _IMPRINT.fullmatch(line):
            self.lines.append(line)
            self.remarks.add(place, "", "里的版记收在文末", line)
        else:
            self.remarks.add(place, "", "没有收入正文", line, doubt=alarming(line))

    def _related(self, kind: str) -> dict[str, Any]:
        """Return the notes or comments of the document by their ids."""
        found = [
            each for each in self._part.rels.values() if each.reltype.endswith(f"/{kind}") and not each.is_external
        ]
        roots = [parse_xml(each.target_part.blob) for each in found]
        return {note.get(qn("w:id"), ""): note for root in roots for note in root}

    def _tell(self, what: str, reason: str, sample: str = "", *, doubt: bool = False) -> None:
        self.remarks.add(what, after(self.lines[-1] if self.lines else ""), reason, sample, doubt=doubt)

    def _paragraph(self, element: Any) -> None:
        boxes = list(_boxes(element))
        first = [box for box in boxes if not _follows_text(box, element)]
        for box in first:
            self.read(box)
        lines = self._lines_of(element, self.numbering.label(element))
        level = self._level(element)
        joins, self._joins = self._joins, element.find(f"{qn('w:pPr')}/{qn('w:rPr')}/{qn('w:del')}") is not None
        if joins and lines and self.lines:
            self.lines[-1] += lines.pop(0)
        if lines and not joins and self._begins_with_bold_number(element, lines[0]):
            self.bold_numbers.append(len(self.lines))
        if lines and level is not None:
            self.levels[len(self.lines)] = level
            if level == 0 and not self.title:
                self.title = "".join(lines)
        self.lines += lines
        self.lines += self._pending
        self._pending.clear()
        for box in boxes[len(first) :]:
            self.read(box)

    def _begins_with_bold_number(self, paragraph: Any, line: str) -> bool:
        texts = (
            (run, "".join(each.text or "" for each in run.iterfind(qn("w:t")))) for run in paragraph.iter(qn("w:r"))
        )
        bold = takewhile(lambda each: not each[1].strip() or _is_on(self._properties(each[0]), "w:b"), texts)
        start = "".join(text for _, text in bold).strip()
        return line.startswith(start) and start != line and bool(ARTICLE_NUMBER.fullmatch(start))

    def _lines_of(self, paragraph: Any, number: str = "") -> list[str]:
        """Return the lines of a paragraph as a reader sees them."""
        self._paragraph_style = paragraph.find(f"{qn('w:pPr')}/{qn('w:pStyle')}")
        outside, self._fields = self._fields, []
        pieces = [(struck, text) for struck, text in self._runs(paragraph, struck=False) if text]
        pieces += [(False, self._unended(field)) for field in self._fields if not field.in_result]
        self._fields = outside
        whole = "".join(_struck(pieces))
        lines = [line.strip() for line in whole.split("\n")]
        lines = [line for line in lines if line]
        for text in (text for struck, text in pieces if struck and text.strip()):
            self._tell("删除线", "原件划去的文字，在文中标出", text)
        return [number + lines[0], *lines[1:]] if lines else []

    def _runs(self, element: Any, *, struck: bool) -> Iterator[tuple[bool, str]]:
        """Yield the texts of a paragraph, and whether they are struck out."""
        for child in element:
            tag = child.tag
            if tag == qn("w:t"):
                yield struck, self._in_fields(child.text or "")
            elif tag == qn("w:instrText"):
                self._in_fields(child.text or "", is_code=True)
            elif tag == qn("w:fldChar"):
                yield from ((struck, text) for text in self._field(child))
            elif tag == qn("w:fldSimple"):
                yield from self._simple_field(child, struck=struck)
            elif tag in _BREAKS:
                yield struck, _BREAKS[tag]
            elif tag == qn("w:r"):
                yield from self._run(child)
            elif tag in _DELETED:
                self._tell(_DELETED[tag], "没有收入", _all_text(child))
            elif tag in (qn("m:oMath"), qn("m:oMathPara")):
                formula = linear(child)
                self._tell("公式", "写成一行", formula)
                yield struck, self._in_fields(formula)
            elif tag == qn("w:sym"):
                yield struck, self._in_fields(self._symbol(child))
            elif tag in _NOTES:
                yield struck, self._note(child)
            elif tag == qn("w:commentReference"):
                self._comment(child)
            elif tag == qn("w:subDoc"):
                self._tell_subdocument()
            elif tag == qn("w:rt"):
                self._tell("注音", "是读法，不是正文，没有收入", _all_text(child))
            elif tag in (qn("w:drawing"), qn("w:pict"), qn("w:object")):
                self._see()
                yield struck, self._drawn(child, element)
            elif tag not in _SKIPPED and tag != _FALLBACK and tag != qn("w:txbxContent"):
                yield from self._runs(child, struck=struck)

    def _field(self, mark: Any) -> Iterator[str]:
        """Follow the marks of a field; yield what it shows when it ends without a result."""
        kind = mark.get(qn("w:fldCharType"))
        if kind == "begin":
            self._fields.append(Field(form=mark.find(qn("w:ffData"))))
        elif kind == "separate" and self._fields:
            self._fields[-1].in_result = True
        elif kind == "end" and self._fields:
            field = self._fields.pop()
            box = field.form.find(qn("w:checkBox")) if field.form is not None else None
            if box is not None:
                yield self._in_fields("☑" if _is_on(box, "w:checked", "w:default") else "☐")
            elif not field.shown:
                yield self._in_fields(self._without_result(field))

    def _simple_field(self, element: Any, *, struck: bool) -> Iterator[tuple[bool, str]]:
        self._fields.append(Field(element.get(qn("w:instr"), ""), in_result=True))
        yield from self._runs(element, struck=struck)
        field = self._fields.pop()
        if not field.shown:
            yield struck, self._in_fields(self._without_result(field))

    def _without_result(self, field: Field) -> str:
        """Return what a field shows that brings no result, and name it."""
        found = shown(field)
        if found.text:
            reason = found.doubt or "没有存下结果，照它的代码写成一行"
            self._tell("域", reason, field.code.strip(), doubt=bool(found.doubt))
        return found.text

    def _unended(self, field: Field) -> str:
        self._tell("域", "没有结尾，代码照收", field.code.strip(), doubt=True)
        return field.code.strip()

    def _in_fields(self, text: str, *, is_code: bool = False) -> str:
        """Return a text that is seen; "" where it belongs to the code of a field."""
        coding = next((field for field in reversed(self._fields) if not field.in_result), None)
        if coding is not None:
            coding.code += text
        elif text.strip() and not is_code:
            self._see()
        return "" if coding is not None or is_code else text

    def _see(self) -> None:
        for field in self._fields:
            field.shown = True

    def _run(self, run: Any) -> Iterator[tuple[bool, str]]:
        properties = self._properties(run)
        if _is_on(properties, "w:vanish", "w:specVanish"):
            if text := _all_text(run):
                self._tell("隐藏的文字", "Word 不显示，没有收入", text)
            for mark in run.iter(qn("w:fldChar")):
                if self._fields:
                    self._fields[-1].shown = True
                list(self._field(mark))
            return
        struck = _is_on(properties, "w:strike", "w:dstrike")
        pieces = list(self._runs(run, struck=struck))
        fonts = properties.get("w:rFonts") if properties else None
        font = fonts.get(qn("w:ascii"), "") if fonts is not None else ""
        if is_symbolic(font):
            pieces = [(each, "".join(self._symbolic(font, char) for char in text)) for each, text in pieces]
        align = properties.get("w:vertAlign") if properties else None
        how = align.get(qn("w:val")) if align is not None else ""
        form = {"superscript": scripts.raised, "subscript": scripts.lowered}.get(how or _shift(properties, run))
        yield from ((each, form(text) if form and text.strip() else text) for each, text in pieces)

    def _symbolic(self, font: str, char: str) -> str:
        if char.isspace() or not (ord(char) < 0x100 or 0xF000 <= ord(char) <= 0xF0FF):
            return char
        return self._known(font, ord(char))

    def _symbol(self, element: Any) -> str:
        return self._known(element.get(qn("w:font"), ""), int(element.get(qn("w:char"), "0"), 16))

    def _known(self, font: str, code: int) -> str:
        found = symbol(font, code)
        self._tell(
            "符号字体里的字",
            "照字体的字形写入" if found else "不知道是什么字，标作〓",
            f"{font} {code:04X}{' ' + found if found else ''}",
            doubt=not found,
        )
        return found or _MISSING

    def _properties(self, run: Any) -> dict[str, Any]:
        """Return the properties of a run that hide, strike, embolden or shift it: its own, else those of its styles."""
        own = run.find(qn("w:rPr"))
        named = own.find(qn("w:rStyle")) if own is not None else None
        layers = [own]
        for each in (named, self._paragraph_style):
            style = self._styles.get(each.get(qn("w:val"))) if each is not None else None
            while style is not None:
                layers.append(style.element.find(qn("w:rPr")))
                style = style.base_style
        found: dict[str, Any] = {}
        for name in (
            "w:vanish",
            "w:specVanish",
            "w:strike",
            "w:dstrike",
            "w:rFonts",
            "w:vertAlign",
            "w:b",
            "w:position",
            "w:sz",
        ):
            given = (layer.find(qn(name)) for layer in layers if layer is not None)
            if (first := next((each for each in given if each is not None), None)) is not None:
                found[name] = first
        return found

    def _note(self, reference: Any) -> str:
        """Mark the place of a footnote or endnote; its text follows the paragraph."""
        note = self._notes[_NOTES[reference.tag]].get(reference.get(qn("w:id"), ""))
        if note is None:
            self._tell("脚注", "指到的注不在文件里", doubt=True)
            return ""
        self._noted += 1
        self._whole += _count(note)
        kept = self._paragraph_style
        lines = [line for paragraph in note.iter(qn("w:p")) for line in self._lines_of(paragraph)]
        self._paragraph_style = kept
        self._pending += [f"〔注{self._noted}〕{line}" if not place else line for place, line in enumerate(lines)]
        return f"〔注{self._noted}〕"

    def _comment(self, reference: Any) -> None:
        comment = self._comments.get(reference.get(qn("w:id"), ""))
        text = _all_text(comment) if comment is not None else ""
        self._tell("批注", "不是正文，没有收入", text, doubt=alarming(text))

    def _drawn(self, drawing: Any, run: Any) -> str:
        """Name an image or object; one of the height of characters within a line is marked in the text."""
        if drawing.find(f".//{qn('w:txbxContent')}") is not None:
            return ""
        if drawing.tag == qn("w:object"):
            self._tell("嵌入的对象", "没有收入（公式、表格或另一份文件）", doubt=True)
            return "〔嵌入的对象〕" if _has_text(run) else ""
        words = [each.get("string", "") for each in drawing.iter() if each.tag.endswith("}textpath")]
        if written := "".join(words):
            self._tell("艺术字（水印）", "没有收入正文", written, doubt=alarming(written))
            return ""
        names = [each.get("descr") or each.get("name") or "" for each in drawing.iter() if each.tag.endswith("}docPr")]
        extent = next((each for each in drawing.iter() if each.tag.endswith("}extent")), None)
        small = extent is not None and int(extent.get("cy", "0")) < _SMALL and _has_text(run)
        self._tell("图片或图形", "读不出，在文中标作〔图片〕" if small else "没有收入", "".join(names[:1]), doubt=small)
        return "〔图片〕" if small else ""

    def _chunk(self, element: Any) -> None:
        """Read a file that is embedded in the text: a page, plain text or another Word file."""
        part = self._part.related_parts.get(element.get(qn("r:id"), ""))
        data, kind = (part.blob, part.content_type) if part is not None else (b"", "")
        lines: list[str] = []
        if "html" in kind:
            from bs4 import BeautifulSoup

            from kb.ingest.formats.lines import text_lines

            lines = text_lines([BeautifulSoup(data, "lxml")], remarks=self.remarks).lines
        elif kind == "text/plain":
            lines = [line.strip() for line in data.decode("utf-8", "replace").splitlines() if line.strip()]
        elif data.startswith(b"PK"):
            lines = self._inner(data)
        self._whole += sum(map(characters, lines))
        if lines:
            self._tell("嵌入的另一段文件", "收在它所在的地方", lines[0])
            self.lines += lines
        else:
            self._tell("嵌入的另一段文件", f"没有收入（{kind or '缺失'}）", doubt=True)

    def _inner(self, data: bytes) -> list[str]:
        """Read a Word file within this one; [] where it cannot be read."""
        try:
            inner = convert(data, self._limit)
        except UnreadableError:
            return []
        for each in loaded(inner["account"]).remarks:
            self.remarks.add(each.what, each.where, each.reason, each.sample, count=each.count, doubt=each.doubt)
        return list(inner["text"].splitlines())

    def _hints(self) -> dict[int, int]:
        """Return Markdown levels: 1 is the title, Word's first heading level comes below it.

        Where no paragraph has the style of a title, a single heading of the first level before all others is it.
        """
        first = [line for line, level in self.levels.items() if level == 1]
        lift = 0 if len(first) == 1 and first[0] == min(self.levels) else 1
        return {line: min(6, level + lift) if level else 1 for line, level in self.levels.items()}

    def _level(self, element: Any) -> int | None:
        """Return the outline level of a paragraph: 0 for the title, 1 to 9 for headings, None for text."""
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
        """Print a table of data as Markdown rows; one that only serves the layout, or a cell around paragraphs, as these."""
        own = [row for row in table.iter(qn("w:tr")) if _owner(row) is table]
        for row in filter(_is_deleted, own):
            self._tell(_DELETED[qn("w:del")], "没有收入", _all_text(row))
        rows = [list(_cells(row)) for row in own if not _is_deleted(row)]
        width = max((len(row) for row in rows), default=0)
        for row in rows:
            filled = [cell for cell in row if cell is not None and _has_text(cell)]
            if len(rows) < 2 or width < 2 or (len(filled) == 1 and _is_frame(filled[0])):
                for cell in filled:
                    self.read(cell)
                continue
            texts = [self._cell(cell) for cell in row] + [""] * (width - len(row))
            if any(texts):
                self.lines.append(tables.row(texts))
        self.lines += self._pending
        self._pending.clear()

    def _cell(self, cell: Any) -> str:
        if cell is None or _continues(cell):
            return ""
        shown = (
            each for each in cell.iter(qn("w:p")) if not any(above.tag == _FALLBACK for above in each.iterancestors())
        )
        paragraphs = (" ".join(self._lines_of(each, self.numbering.label(each))) for each in shown)
        return " ".join(text for text in paragraphs if text).replace("|", "\\|")


def _struck(pieces: Iterable[tuple[bool, str]]) -> Iterator[str]:
    """Yield the texts, brackets around what is struck out."""
    inside = False
    for struck, text in pieces:
        if struck and not inside and text.strip():
            yield "〔删除线："
            inside = True
        elif inside and not struck:
            yield "〕"
            inside = False
        yield text
    if inside:
        yield "〕"


def _is_on(properties: Any, *names: str) -> bool:
    """Return whether one of the switches is on: present and not 0 or false."""
    get = properties.get if isinstance(properties, dict) else lambda name: properties.find(qn(name))
    given = [each for name in names if (each := get(name)) is not None]
    return bool(given) and given[0].get(qn("w:val"), "1") not in ("0", "false", "off")


def _boxes(paragraph: Any) -> Iterator[Any]:
    """Yield the text boxes anchored in a paragraph, once each: not the copy for older programs."""
    for box in paragraph.iter(qn("w:txbxContent")):
        ancestors = list(box.iterancestors())
        inside = ancestors[: ancestors.index(paragraph)]
        if not any(each.tag in (_FALLBACK, qn("w:txbxContent")) for each in inside):
            yield box


def _follows_text(box: Any, paragraph: Any) -> bool:
    """Return whether words of the paragraph itself stand before a text box."""
    above = set(box.iterancestors())
    for child in paragraph.iter():
        if child is box:
            return False
        if child.tag == qn("w:t") and (child.text or "").strip():
            inside = next((each for each in child.iterancestors() if each.tag == qn("w:txbxContent")), None)
            if inside is None or inside in above:
                return True
    return False


def _shift(properties: Mapping[str, Any], run: Any) -> str:
    """Tell a run that stands higher or lower than those around it: superscript, subscript or ""."""
    position = properties.get("w:position")
    height = int(float(position.get(qn("w:val"), "0"))) if position is not None else 0
    if abs(height) < _RAISED:
        return ""
    others = [each for each in run.getparent().iterchildren(qn("w:r")) if each is not run]
    level = [
        each for each in others if each.find(f"{qn('w:rPr')}/{qn('w:position')}") is None and _all_text(each).strip()
    ]
    sizes = [
        float(size.get(qn("w:val"), "0")) for each in level for size in each.iterfind(f"{qn('w:rPr')}/{qn('w:sz')}")
    ]
    own = properties.get("w:sz")
    size = float(own.get(qn("w:val"), "0")) if own is not None else 0.0
    smaller = 0 < size <= 0.8 * (max(sizes) if sizes else _USUAL_SIZE)
    if not level or not (smaller or height >= _FAR):
        return ""
    return "superscript" if height > 0 else "subscript"


def _all_text(element: Any) -> str:
    return "".join(node.text or "" for node in element.iter(qn("w:t"), qn("w:delText"), qn("m:t")))


def _has_text(element: Any) -> bool:
    at = element
    while at.tag == qn("w:r") and at.getparent() is not None:
        at = at.getparent()
    return bool(_all_text(at).strip()) or at.find(f".//{qn('w:sym')}") is not None


def _count(root: Any) -> int:
    """Count the characters of a part, without the copies for older programs."""
    copies = sum(characters(_all_text(each)) for each in root.iter(_FALLBACK))
    return characters(_all_text(root)) - copies


def _is_frame(cell: Any) -> bool:
    """Tell a cell that stands around paragraphs from one with a value."""
    filled = [each for each in cell.iter(qn("w:p")) if _has_text(each)]
    return len(filled) > 1 or len(_all_text(cell)) > _LONG


def _is_deleted(row: Any) -> bool:
    """Tell a row that a revision deletes."""
    return row.find(f"{qn('w:trPr')}/{qn('w:del')}") is not None


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
