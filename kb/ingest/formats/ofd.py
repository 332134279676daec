"""OFD → text lines. Runs in the child process of `kb.ingest.formats.convert`.

OFD (GB/T 33190-2016) is a zip of XML: OFD.xml names documents, a document its pages and page templates, a page its text
objects with their places. The libraries on PyPI draw whole pages and bring a PDF toolchain; for text this is enough.
"""

from __future__ import annotations

import io
import math
import posixpath
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

from lxml import etree

from kb.base.errors import UnreadableError
from kb.ingest.formats import layout, package
from kb.ingest.formats.account import Remarks, alarming, characters, dumped
from kb.ingest.formats.convert import in_child
from kb.ingest.formats.layout import Drawn, Glyph
from kb.ingest.formats.registry import Format, Given
from kb.structure.extracted import Extracted

_KIND = "OFD 文件"
_GLYPHS, _UNNAMED = "只有字形的文字", "没有写明是哪些字，读不出，标作〓"
_PLACEHOLDER = "¤"  # 11.4.1: stands in a TextCode for a glyph that is no character
_NO_CHARACTER = {ord("\ufffd"): None, ord(_PLACEHOLDER): None}
_DEEPEST = 8  # composite units in composite units
_MOST_DELTAS = 100_000
_ANNOTATIONS = {"Stamp": "批注（印章）", "Watermark": "批注（水印）"}
_NO_TEXT = "这个 OFD 里没有文字（多半是扫描件）：请另找带文字的版本，或转成 PDF 后做文字识别。"


def _read(data: bytes, given: Given) -> Extracted:
    return in_child(__name__, data, given.settings, "application/ofd", f"lxml {version('lxml')}")


def convert(data: bytes, limit: int) -> Mapping[str, Any]:
    """Return text, title, levels, notes and account of an OFD file. Raises UnreadableError."""
    from kb.ingest.formats.leashed import page_order

    package.check(data, limit, _KIND)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            reader = _Reader(archive)
            pages = [layout.lines("\n".join(page_order.lines(glyphs))) for glyphs in reader.pages()]
    except (KeyError, ValueError, StopIteration, SyntaxError, RecursionError) as error:
        # KeyError: a part that is named but missing; SyntaxError: lxml's XMLSyntaxError is one.
        raise UnreadableError(package.broken(_KIND)) from error
    if not any(pages):
        raise UnreadableError(_NO_TEXT)
    text, notes = layout.paragraphs(pages, "OFD")
    account = reader.remarks.account(characters(text), max(characters(text), reader.whole))
    return {"text": text, "title": reader.title, "levels": {}, "notes": notes, "account": dumped(account)}


class _Reader:
    """Walks from OFD.xml to the text objects of each page, and names what else the document holds."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._names = {name.lstrip("/").lower(): name for name in archive.namelist()}
        self._units: dict[str, Any] = {}
        self.title = ""
        self.remarks = Remarks()
        self.whole = 0

    def pages(self) -> Iterator[list[Glyph]]:
        """Yield the glyphs of each page, its templates' first (7.7: a template is the page's background or front)."""
        if "encryptions.xml" in self._names:
            raise UnreadableError("这个 OFD 加了密：请取得密码，另存为不加密的文件后再收录。")
        root = self._parse("OFD.xml")
        self.title = (root.findtext("{*}DocBody/{*}DocInfo/{*}Title") or "").strip()
        for body in root.iterfind("{*}DocBody"):
            if body.find("{*}Signatures") is not None:
                self.remarks.add("电子签章", "", "不是文字，没有收入")
            location = body.find("{*}DocRoot")
            if location is None:
                continue
            path = _resolved("", location.text)
            document = self._parse(path)
            self._read_resources(document, path)
            templates = {
                each.get("ID"): _resolved(path, each.get("BaseLoc")) for each in document.iter("{*}TemplatePage")
            }
            usual = document.findtext("{*}CommonData/{*}PageArea/{*}PhysicalBox")
            for number, page in enumerate(document.iterfind("{*}Pages/{*}Page"), start=1):
                at = _resolved(path, page.get("BaseLoc"))
                content = self._parse(at)
                self._read_resources(content, at)
                parts = [self._parse(templates[used.get("TemplateID")]) for used in content.iterfind("{*}Template")]
                box = _numbers(content.findtext("{*}Area/{*}PhysicalBox") or usual)
                where = f"第 {number} 页"
                found = [glyph for part in [*parts, content] for glyph in self._glyphs(part, where, _PLAIN, 0)]
                yield self._on_page(found, box, where)
            self._tell_beside(document, path)

    def _read_resources(self, owner: Any, path: str) -> None:
        """Remember the composite units (13) that a document or page may draw."""
        for location in owner.iter("{*}DocumentRes", "{*}PublicRes", "{*}PageRes"):
            at = _resolved(path, location.text)
            if at.lower() in self._names:
                units = self._parse(at).iter("{*}CompositeGraphicUnit")
                self._units |= {each.get("ID", ""): each for each in units}

    def _glyphs(self, part: Any, where: str, placed: _Matrix, depth: int) -> Iterator[Glyph]:
        """Yield the glyphs of a page or composite unit; `placed` puts its coordinates on the page."""
        for element in part.iter("{*}TextObject", "{*}CompositeObject"):
            if element.get("Visible") in ("false", "0") or element.get("Alpha") == "0":
                text = "".join(code.text or "" for code in element.iterfind("{*}TextCode"))
                self.whole += characters(text)
                self.remarks.add("看不见的文字", where, "没有收入", text)
            elif element.tag.endswith("}TextObject"):
                yield from self._text(element, where, placed)
            else:
                unit = self._units.get(element.get("ResourceID", ""))
                if unit is None or depth >= _DEEPEST:
                    self.remarks.add("复合图元", where, "读不到它的内容，没有收入", doubt=True)
                else:
                    yield from self._glyphs(unit, where, placed.within(element), depth + 1)

    def _text(self, element: Any, where: str, placed: _Matrix) -> Iterator[Glyph]:
        """Yield the glyphs of a text object: Boundary + CTM · (X, Y), section 8.5 and 11.3."""
        inner = placed.within(element)
        size = abs(float(element.get("Size", "0"))) * inner.height or 1.0
        drawn = sum(int(each.get("GlyphCount", "1")) for each in element.iterfind("{*}CGTransform"))
        codes = list(element.iterfind("{*}TextCode"))
        written = "".join(code.text or "" for code in codes)
        lost = drawn if drawn and not written.translate(_NO_CHARACTER).strip() else 0
        if lost:
            self.remarks.add(_GLYPHS, where, _UNNAMED, count=lost, doubt=True)
        x = y = 0.0
        for code in codes or [None]:
            # A missing coordinate is that of the TextCode before.
            x, y = (float(code.get("X", x)), float(code.get("Y", y))) if code is not None else (x, y)
            deltas = list(_deltas(code.get("DeltaX"))) if code is not None else []
            text = "〓" * lost if lost else code.text or "" if code is not None else ""
            if drawn and _PLACEHOLDER in text:
                self.remarks.add(_GLYPHS, where, _UNNAMED, count=text.count(_PLACEHOLDER), doubt=True)
                text = text.replace(_PLACEHOLDER, "〓")
            self.whole += characters(text)
            across = x
            for place, char in enumerate(text):
                left, middle = inner.point(across, y)
                step = deltas[place] if place < len(deltas) else float(element.get("Size", "0")) or 1.0
                right, _ = inner.point(across + (step if char.strip() else 0), y)
                right = min(right, left + size) if right > left else left + size
                yield Glyph(left, right, middle - size, middle, size, char)
                across += step

    def _on_page(self, glyphs: list[Glyph], box: list[float], where: str) -> list[Glyph]:
        """Leave out what is drawn twice or outside the page."""
        kept: list[Glyph] = []
        drawn = Drawn()
        outside: list[str] = []
        doubled = 0
        for glyph in glyphs:
            if len(box) == 4 and not (-1 <= glyph.x0 <= box[2] + 1 and -1 <= glyph.bottom <= box[3] + glyph.size):
                outside.append(glyph.text)
            elif glyph.text.strip() and drawn.before(glyph.text, glyph.x0, glyph.top, glyph.size):
                doubled += 1
            else:
                kept.append(glyph)
        if "".join(outside).strip():
            self.remarks.add("页面之外的文字", where, "没有收入", "".join(outside))
        if doubled:
            self.remarks.add("叠印的字（假粗体）", where, "只收一次", count=doubled)
        return kept

    def _tell_beside(self, document: Any, path: str) -> None:
        """Name annotations (stamps, watermarks, comments) and attached files."""
        for location in document.iterfind("{*}Annotations"):
            at = _resolved(path, location.text)
            for number, page in enumerate(self._parse(at).iterfind("{*}Page"), start=1):
                annotations = self._parse(_resolved(at, page.findtext("{*}FileLoc")))
                for each in annotations.iter("{*}Annot"):
                    pieces = (node.text or "" for node in each.iter("{*}TextCode", "{*}Remark", "{*}Parameter"))
                    text = " ".join(piece.strip() for piece in pieces if piece.strip())
                    kind = each.get("Type", "")
                    if text or kind != "Link":
                        what = _ANNOTATIONS.get(kind, "批注")
                        self.remarks.add(what, f"第 {number} 页", "不是正文，没有收入", text, doubt=alarming(text))
        for location in document.iterfind("{*}Attachments"):
            for each in self._parse(_resolved(path, location.text)).iterfind("{*}Attachment"):
                self.remarks.add("附件（嵌在 OFD 里）", "", "没有收入", each.get("Name", ""), doubt=True)

    def _parse(self, path: str) -> Any:
        """Parse a part; entities and DTDs are refused whatever encoding hides them."""
        parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
        root: Any = etree.fromstring(self._archive.read(self._names[path.lower()]), parser)
        if root.getroottree().docinfo.doctype:
            raise UnreadableError("这个 OFD 带有 XML 实体定义（正常的没有），不予读取：请重新保存。")
        return root


@dataclass(frozen=True, slots=True)
class _Matrix:
    """Places inner coordinates on the page: (a, b, c, d, e, f) as in 8.5."""

    a: float = 1.0
    b: float = 0.0
    c: float = 0.0
    d: float = 1.0
    e: float = 0.0
    f: float = 0.0

    @property
    def height(self) -> float:
        return math.hypot(self.c, self.d)

    def point(self, x: float, y: float) -> tuple[float, float]:
        return self.a * x + self.c * y + self.e, self.b * x + self.d * y + self.f

    def within(self, element: Any) -> _Matrix:
        """Return the matrix of an element's inside: its Boundary moves, its CTM turns and scales."""
        left, top = (_numbers(element.get("Boundary")) or [0.0, 0.0])[:2]
        a, b, c, d, e, f = _numbers(element.get("CTM")) or [1, 0, 0, 1, 0, 0]
        e, f = e + left, f + top
        return _Matrix(
            self.a * a + self.c * b,
            self.b * a + self.d * b,
            self.a * c + self.c * d,
            self.b * c + self.d * d,
            *self.point(e, f),
        )


def _resolved(base: str, location: str | None) -> str:
    """Resolve an ST_Loc (7.3): absolute from the archive's root, else relative to the folder of the part that names it."""
    if not location:
        raise ValueError("no location")
    return posixpath.normpath(posixpath.join("/", posixpath.dirname(base), location.strip())).lstrip("/")


def _numbers(given: str | None) -> list[float]:
    return [float(each) for each in (given or "").split()]


def _deltas(given: str | None) -> Iterator[float]:
    """Yield advances; `g COUNT VALUE` stands for COUNT times VALUE."""
    tokens = iter((given or "").split())
    for token in tokens:
        if token == "g":
            count, value = int(next(tokens, "0")), float(next(tokens, "0"))
            yield from [value] * min(count, _MOST_DELTAS)
        else:
            yield float(token)


_PLAIN = _Matrix()

FORMAT = Format(
    "ofd",
    {"zh": "OFD", "en": "OFD"},
    (".ofd",),
    _read,
    ("application/ofd",),
    lambda data: package.has(data, "OFD.xml"),
)
