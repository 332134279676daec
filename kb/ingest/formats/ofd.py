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
from importlib.metadata import version
from typing import Any

from lxml import etree

from kb.base.errors import UnreadableError
from kb.ingest.formats import layout, package
from kb.ingest.formats.convert import in_child
from kb.ingest.formats.layout import Fragment
from kb.ingest.formats.registry import Format, Given
from kb.structure.extracted import Extracted

_KIND = "OFD 文件"
_NO_TEXT = "这个 OFD 里没有文字（多半是扫描件）：请另找带文字的版本，或转成 PDF 后做文字识别。"


def _read(data: bytes, given: Given) -> Extracted:
    return in_child(__name__, data, given.settings, "application/ofd", f"lxml {version('lxml')}")


def convert(data: bytes, limit: int) -> Mapping[str, Any]:
    """Answer text, title, levels and notes of an OFD file. Raises UnreadableError."""
    package.check(data, limit, _KIND)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            reader = _Reader(archive)
            pages = [layout.lines(layout.page_text(fragments)) for fragments in reader.pages()]
    except (KeyError, ValueError, StopIteration, SyntaxError, RecursionError) as error:
        # KeyError: a part that is named but missing; SyntaxError: lxml's XMLSyntaxError is one.
        raise UnreadableError(package.broken(_KIND)) from error
    if not any(pages):
        raise UnreadableError(_NO_TEXT)
    text, notes = layout.paragraphs(pages, "OFD")
    return {"text": text, "title": reader.title, "levels": {}, "notes": notes}


class _Reader:
    """Walks from OFD.xml to the text objects of each page."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._names = {name.lstrip("/").lower(): name for name in archive.namelist()}
        self.title = ""

    def pages(self) -> Iterator[list[Fragment]]:
        """Yield the fragments of each page, its templates' first (7.7: a template is the page's background or front)."""
        if "encryptions.xml" in self._names:
            raise UnreadableError("这个 OFD 加了密：请取得密码，另存为不加密的文件后再收录。")
        root = self._parse("OFD.xml")
        self.title = (root.findtext("{*}DocBody/{*}DocInfo/{*}Title") or "").strip()
        for location in root.iterfind("{*}DocBody/{*}DocRoot"):
            path = _resolved("", location.text)
            document = self._parse(path)
            templates = {
                each.get("ID"): _resolved(path, each.get("BaseLoc")) for each in document.iter("{*}TemplatePage")
            }
            for page in document.iterfind("{*}Pages/{*}Page"):
                content = self._parse(_resolved(path, page.get("BaseLoc")))
                parts = [self._parse(templates[used.get("TemplateID")]) for used in content.iterfind("{*}Template")]
                yield [fragment for part in [*parts, content] for fragment in _fragments(part)]

    def _parse(self, path: str) -> Any:
        """Parse a part; entities and DTDs are refused whatever encoding hides them."""
        parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
        root: Any = etree.fromstring(self._archive.read(self._names[path.lower()]), parser)
        if root.getroottree().docinfo.doctype:
            raise UnreadableError("这个 OFD 带有 XML 实体定义（正常的没有），不予读取：请重新保存。")
        return root


def _resolved(base: str, location: str | None) -> str:
    """Resolve an ST_Loc (7.3): absolute from the archive's root, else relative to the folder of the part that names it."""
    if not location:
        raise ValueError("no location")
    return posixpath.normpath(posixpath.join("/", posixpath.dirname(base), location.strip())).lstrip("/")


def _fragments(page: Any) -> Iterator[Fragment]:
    """Yield the text of a page with its places in millimetres: Boundary + CTM · (X, Y), section 8.5 and 11.3."""
    for element in page.iter("{*}TextObject"):
        left, top = _numbers(element.get("Boundary"))[:2]
        a, b, c, d, e, f = _numbers(element.get("CTM")) or [1, 0, 0, 1, 0, 0]
        size = abs(float(element.get("Size", "0"))) * math.hypot(c, d) or 1.0
        x = y = 0.0
        for code in element.iterfind("{*}TextCode"):
            # A missing coordinate is that of the TextCode before.
            x, y = float(code.get("X", x)), float(code.get("Y", y))
            width = sum(_deltas(code.get("DeltaX"))) * math.hypot(a, b) + size
            text = code.text or ""
            yield Fragment(left + a * x + c * y + e, top + b * x + d * y + f, width, size, text)


def _numbers(given: str | None) -> list[float]:
    return [float(each) for each in (given or "").split()]


def _deltas(given: str | None) -> Iterator[float]:
    """Yield advances; `g COUNT VALUE` stands for COUNT times VALUE."""
    tokens = iter((given or "").split())
    for token in tokens:
        if token == "g":
            count, value = int(next(tokens, "0")), float(next(tokens, "0"))
            yield count * value
        else:
            yield float(token)


FORMAT = Format(
    "ofd",
    {"zh": "OFD", "en": "OFD"},
    (".ofd",),
    _read,
    ("application/ofd",),
    lambda data: package.has(data, "OFD.xml"),
)
