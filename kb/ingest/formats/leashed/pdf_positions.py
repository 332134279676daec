"""The characters of a PDF's pages with their places, by pdfminer.six: what is drawn twice, unseen or without a meaning.

A glyph whose font does not say which character it is becomes 〓. Characters that stand outside the page, are drawn
invisibly or in white on white, are kept apart. A page is read in the direction of most of its text; what is turned against
it is kept apart too.
"""

from __future__ import annotations

import io
import math
import re
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pdfminer.converter import PDFLayoutAnalyzer
from pdfminer.encodingdb import name2unicode
from pdfminer.layout import LTChar, LTContainer, LTCurve, LTImage, LTLine, LTPage, LTRect
from pdfminer.pdffont import PDFFont, PDFSimpleFont
from pdfminer.pdfinterp import PDFPageInterpreter, PDFResourceManager
from pdfminer.pdfpage import PDFPage
from pdfminer.pdftypes import PDFStream, resolve1
from pdfminer.psexceptions import PSException
from pdfminer.psparser import literal_name
from pdfminer.utils import MATRIX_IDENTITY, apply_matrix_pt, mult_matrix

from kb.base.lazy_re import lazy_re
from kb.ingest.formats.layout import Drawn, Glyph
from kb.ingest.formats.leashed.page_tables import Rule

_Box = tuple[float, float, float, float]

_MISSING = "〓"
_EVERYWHERE = (-math.inf, -math.inf, math.inf, math.inf)
_NO_GLYPH = lazy_re(r"\(cid:\d+\)")
_INVISIBLE = 3  # text rendering mode (ISO 32000-1, 9.3.6)
_SYMBOLIC = 4  # flag of a font's descriptor (9.8.2)
_TINY = 1.0  # points
_ASLANT = 10  # degrees off the upright or the level
_ASLANT_TEXT = "斜着印的文字（多半是水印）"
_THIN = 2.5  # points: a rectangle that is thinner is a line


@dataclass(slots=True)
class Page:
    """The glyphs of a page that are seen, and its rules; what is not seen, by reason; fonts without characters; how many
    glyphs were drawn twice.
    """

    glyphs: list[Glyph] = field(default_factory=list)
    rules: list[Rule] = field(default_factory=list)
    turned: list[Page] = field(default_factory=list)  # text in another direction, as pages of its own
    unseen: dict[str, str] = field(default_factory=dict)
    nameless: Counter[str] = field(default_factory=Counter)
    doubled: int = 0
    images: int = 0


def pages(data: bytes, seconds: float) -> list[Page] | None:
    """Read all pages; None where the library cannot, or would need more than `seconds` of processor time."""
    found = []
    started = time.process_time()
    resources = _Fonts()
    device = _Device(resources)
    try:
        interpreter = _Interpreter(resources, device)
        for page in PDFPage.get_pages(io.BytesIO(data)):
            interpreter.process_page(page)
            if device.page is not None:
                found.append(_sorted_out(device.page, device.invisible, device.clipped, _box(page)))
            if time.process_time() - started > seconds:
                return None
    # It meets broken files with many kinds of errors; what pypdf reads stands then.
    except (PSException, ValueError, TypeError, KeyError, IndexError, AttributeError, OSError, RecursionError):
        return None
    return found


class _Fonts(PDFResourceManager):
    """Makes fonts and remembers of each which of its codes nobody can name; the library would guess the standard ones."""

    def __init__(self) -> None:
        super().__init__()
        self.unnamed: dict[int, frozenset[int]] = {}

    def get_font(self, objid: object, spec: Mapping[str, Any]) -> PDFFont:
        font = super().get_font(objid, spec)
        if isinstance(font, PDFSimpleFont) and id(font) not in self.unnamed:
            self.unnamed[id(font)] = _unnamed(spec, font)
        return font


def _unnamed(spec: Mapping[str, Any], font: PDFSimpleFont) -> frozenset[int]:
    """Return the codes of a font that neither ToUnicode nor the names of its glyphs explain."""
    encoding = resolve1(spec.get("Encoding"))
    unknown: set[int] = set()
    descriptor = resolve1(spec.get("FontDescriptor")) or {}
    symbolic = int(resolve1(descriptor.get("Flags", 0)) or 0) & _SYMBOLIC
    subset = re.match(r"[A-Z]{6}\+", str(getattr(resolve1(spec.get("BaseFont")), "name", "")))
    if encoding is None and symbolic and subset and "FontFile" not in descriptor:
        unknown = set(range(256))
    if isinstance(encoding, dict):
        code = 0
        for each in resolve1(encoding.get("Differences")) or []:
            value = resolve1(each)
            if isinstance(value, int):
                code = value
                continue
            if not _is_named(str(getattr(value, "name", ""))):
                unknown.add(code)
            code += 1
    known = font.unicode_map
    return frozenset(code for code in unknown if known is None or not known.cid2unichr.get(code))


def _is_named(name: str) -> bool:
    try:
        return bool(name2unicode(name)) or name == ".notdef"
    except (KeyError, ValueError):
        return False


class _Device(PDFLayoutAnalyzer):
    """Keeps the page of the moment and which of its characters are drawn invisibly or clipped away."""

    def __init__(self, resources: _Fonts) -> None:
        super().__init__(resources, laparams=None)
        self.page: LTPage | None = None
        self._fonts = resources
        self.invisible: set[int] = set()
        self.clipped: set[int] = set()
        self.clip = _EVERYWHERE

    def begin_page(self, page: Any, ctm: Any) -> None:
        self.invisible, self.clipped, self.clip = set(), set(), _EVERYWHERE
        super().begin_page(page, ctm)

    def render_string(self, textstate: Any, seq: Any, ncs: Any, graphicstate: Any) -> None:
        before = len(self.cur_item._objs)
        super().render_string(textstate, seq, ncs, graphicstate)
        drawn = self.cur_item._objs[before:]
        if textstate.render == _INVISIBLE:
            self.invisible |= {id(each) for each in drawn}
        self.clipped |= {id(each) for each in drawn if not _overlap(each.bbox, self.clip)}

    def render_char(
        self, matrix: Any, font: Any, fontsize: Any, scaling: Any, rise: Any, cid: int, *more: Any
    ) -> float:
        advance = super().render_char(matrix, font, fontsize, scaling, rise, cid, *more)
        if cid in self._fonts.unnamed.get(id(font), ()):
            glyph: Any = self.cur_item._objs[-1]
            glyph._text = f"(cid:{cid})"
        return advance

    def receive_layout(self, ltpage: LTPage) -> None:
        self.page = ltpage


class _Interpreter(PDFPageInterpreter):
    """Follows the clipping path, which the library does not: the box around it, in the page's coordinates."""

    def __init__(self, resources: Any, device: Any) -> None:
        super().__init__(resources, device)
        self._seen_on: _Device = device

    def get_current_state(self) -> Any:
        """Save the clipping path with the graphics state (q)."""
        return (*super().get_current_state(), self._seen_on.clip)

    def set_current_state(self, state: Any) -> None:
        """Restore it (Q)."""
        *state, self._seen_on.clip = state
        super().set_current_state(tuple(state))

    def do_W(self) -> None:
        """Narrow the clipping path to the current path."""
        steps = [each[1:] for each in self.curpath]
        self._clip([(step[at], step[at + 1]) for step in steps for at in range(0, len(step) - 1, 2)], self.ctm)

    do_W_a = do_W  # the even-odd rule: the box is the same

    def do_Do(self, xobjid_arg: Any) -> None:
        """Draw an object; a form is clipped to its own box."""
        outside = self._seen_on.clip
        form = resolve1(self.xobjmap.get(literal_name(xobjid_arg)))
        box = resolve1(form.attrs.get("BBox")) if isinstance(form, PDFStream) else None
        if box and len(box) == 4:
            x0, y0, x1, y1 = (float(resolve1(each)) for each in box)
            matrix: Any = [float(resolve1(each)) for each in resolve1(form.attrs.get("Matrix")) or MATRIX_IDENTITY]
            if x0 != x1 and y0 != y1:
                self._clip([(x0, y0), (x0, y1), (x1, y0), (x1, y1)], mult_matrix(matrix, self.ctm))
        super().do_Do(xobjid_arg)
        self.device.set_ctm(self.ctm)  # a form leaves its own behind
        self._seen_on.clip = outside

    def _clip(self, points: list[tuple[float, float]], matrix: Any) -> None:
        if not points:
            return
        placed = [apply_matrix_pt(matrix, point) for point in points]
        x0, y0, x1, y1 = self._seen_on.clip
        across, up = [x for x, _ in placed], [y for _, y in placed]
        self._seen_on.clip = max(x0, min(across)), max(y0, min(up)), min(x1, max(across)), min(y1, max(up))


def _overlap(box: _Box, other: _Box) -> bool:
    return box[0] <= other[2] and other[0] <= box[2] and box[1] <= other[3] and other[1] <= box[3]


def _box(page: PDFPage) -> _Box | None:
    """Return the part of the page that is shown, in the page's coordinates; None where it is turned."""
    if page.rotate:
        return None
    x0, y0, x1, y1 = page.cropbox
    left, bottom = page.mediabox[:2]
    return x0 - left, y0 - bottom, x1 - left, y1 - bottom


def _sorted_out(page: LTPage, invisible: set[int], clipped: set[int], shown: _Box | None) -> Page:
    result = Page()
    flat = list(_flat(page))
    result.images = sum(isinstance(each, LTImage) for each in flat)
    chars = [each for each in flat if isinstance(each, LTChar)]
    seen = [each for each in chars if id(each) not in invisible | clipped]
    # A page that is a picture with unseen text over it is a scan that somebody has recognised: that is its text.
    scanned = not any(each.get_text().strip() for each in seen) and result.images
    behind = [each for each in flat if isinstance(each, LTCurve | LTImage)]
    quarters = Counter(_quarter(each) for each in seen if each.get_text().strip())
    main = next((quarter for quarter, _ in quarters.most_common(1) if quarter is not None), 0)
    slanted = quarters[None] > sum(quarters.values()) / 2  # a page that lies aslant as a whole
    groups: dict[int, list[Glyph]] = {main: result.glyphs}
    unseen: dict[str, list[str]] = {}
    drawn = Drawn()
    for char in chars:
        text = _NO_GLYPH.sub(_MISSING, char.get_text())
        reason = _unseen(char, shown or page.bbox, behind)
        if not reason and id(char) in invisible and not scanned:
            reason = "看不见的文字（透明）"
        if id(char) in clipped:
            reason = reason or "看不见的文字（在裁剪框之外）"
        quarter = main if slanted else _quarter(char)
        if quarter is None and text.strip():
            reason = reason or _ASLANT_TEXT
        if reason:
            unseen.setdefault(reason, []).append(text)
        elif text.strip() and drawn.before(text, char.x0, char.y0, char.size):
            result.doubled += 1
        else:
            if text == _MISSING:
                result.nameless[char.fontname] += 1
            turn = main if quarter is None or quarters[quarter] < 2 else quarter
            x0, x1, top, bottom = _turned(char, page, turn)
            size = bottom - top if turn % 2 else char.size
            groups.setdefault(turn, []).append(Glyph(x0, x1, top, bottom, size, text, char.fontname))
    result.rules = _rules(flat, page, main)
    for quarter, glyphs in groups.items():
        if quarter != main and any(glyph.text.strip() for glyph in glyphs):
            result.turned.append(Page(glyphs, _rules(flat, page, quarter)))
    if scanned and result.glyphs:
        unseen.setdefault("扫描页上看不见的文字层（识别所得，可能有错字），照收", []).append(
            "".join(g.text for g in result.glyphs[:40])
        )
    result.unseen = {reason: "".join(texts) for reason, texts in unseen.items() if "".join(texts).strip()}
    return result


def _flat(container: Any) -> Iterator[Any]:
    for each in container:
        if isinstance(each, LTContainer) and not isinstance(each, LTChar):
            yield each
            yield from _flat(each)
        else:
            yield each


def _quarter(char: LTChar) -> int | None:
    """Return by how many quarters of a circle a character is turned, against the clock; None where it stands aslant."""
    across, up = char.matrix[:2]
    degrees = math.degrees(math.atan2(up, across))
    quarters = round(degrees / 90)
    return None if abs(degrees - 90 * quarters) > _ASLANT else quarters % 4


def _turned(box: Any, page: LTPage, quarters: int) -> tuple[float, float, float, float]:
    """Return left, right, top and bottom of something drawn, the page turned so that this text is upright; y grows down."""
    width, height = page.width, page.height
    if quarters == 1:
        return box.y0, box.y1, box.x0, box.x1
    if quarters == 2:
        return width - box.x1, width - box.x0, box.y0, box.y1
    if quarters == 3:
        return height - box.y1, height - box.y0, width - box.x1, width - box.x0
    return box.x0, box.x1, height - box.y1, height - box.y0


def _rules(drawn: Iterable[Any], page: LTPage, quarters: int) -> list[Rule]:
    """Return the straight lines of drawn lines and rectangles, the page turned."""
    found: list[Rule] = []
    for each in drawn:
        if not isinstance(each, LTLine | LTRect):
            continue
        x0, x1, top, bottom = _turned(each, page, quarters)
        if min(x1 - x0, bottom - top) < _THIN:
            found.append(Rule(x0, x1, top, bottom))
        elif isinstance(each, LTRect) and each.stroke:
            found += [Rule(x0, x1, y, y) for y in (top, bottom)] + [Rule(x, x, top, bottom) for x in (x0, x1)]
    return found


def _unseen(char: LTChar, shown: _Box, behind: list[Any]) -> str:
    x, y = (char.x0 + char.x1) / 2, (char.y0 + char.y1) / 2
    if not (shown[0] <= x <= shown[2] and shown[1] <= y <= shown[3]):
        return "页面之外的文字"
    if char.size < _TINY:
        return "看不见的文字（不到 1 磅）"
    colour = char.graphicstate.ncolor
    if colour in (1, 1.0, (1,), (1, 1, 1), [1, 1, 1], (0, 0, 0, 0), [0, 0, 0, 0]) and not any(
        each.x0 <= x <= each.x1 and each.y0 <= y <= each.y1 for each in behind
    ):
        return "看不见的文字（白色）"
    return ""
