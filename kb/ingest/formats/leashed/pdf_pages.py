"""PDF → text lines, by pypdf, or by pdfminer.six where that reads more. Runs in the child process of `kb.ingest.formats.convert`.

Pages without a text layer are scans: they go to OCR where that is switched on, else the notes name them.
"""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib.metadata import version
from typing import Any

from pdfminer.high_level import extract_pages
from pdfminer.layout import LTTextContainer
from pdfminer.psexceptions import PSException
from pypdf import PdfReader
from pypdf.errors import DependencyError, PyPdfError

from kb.base.errors import UnreadableError
from kb.base.lazy_re import lazy_re
from kb.chinese.identity import looks_like
from kb.ingest.formats import layout
from kb.ingest.formats.account import Remarks, alarming, characters, dumped
from kb.ingest.formats.leashed import page_order, pdf_positions
from kb.ingest.formats.leashed.pdf_positions import Page
from kb.structure.extracted import Recognised

# Text less legible than this is tried with the other library; below the second figure it is no text at all.
_POOR = 0.9
_GARBLED = 0.5
_NO_GLYPH = lazy_re(r"\(cid:\d+\)")
# Fonts name glyphs by radicals and ligatures that look like the characters.
_LOOKALIKE = lazy_re("[\u2e80-\u2fd5\ufb00-\ufb06]")
_GLYPH_NAMES = lazy_re(r"(?:/[A-Za-z]{1,3}\d{1,5})+(?![A-Za-z0-9/])")
_AS_GOOD = 0.02
_MOST_SECONDS = (
    25.0  # of processor time for the places of characters; without them pages are read in the order of drawing
)
_ENCRYPTED = "这个 PDF 加了密：请取得密码，另存为不加密的文件后再收录。"
_OCR = "请装上文字识别（运行 scripts/environment ocr，即可选组件 zhengce-wenku[ocr]），并在 kb.toml 里设 ingest.ocr = true。"
_NO_TEXT = f"这个 PDF 没有文字层（多半是扫描件）：{_OCR}"
_NO_SENSE = f"这个 PDF 的文字层是乱码（字体没有说明字形是哪些字）：{_OCR}"

Recognise = Callable[[bytes, Sequence[int]], Recognised]


def convert(data: bytes, limit: int, recognise: Recognise | None = None) -> Mapping[str, Any]:
    """Return text, levels, notes, account and the converters of a PDF file; `recognise` reads pages without a text layer.

    Raises UnreadableError.
    """
    remarks = Remarks()
    texts, converter = _texts(data, limit)
    lookalikes = sum(len(_LOOKALIKE.findall(text)) for text in texts)
    placed = pdf_positions.pages(data, _MOST_SECONDS)
    if placed and len(placed) == len(texts) and _is_better(placed, texts):
        texts = ["\n".join(_lines(page)) for page in placed]
        if not converter.startswith("pdfminer"):
            converter = f"{converter}, pdfminer.six {version('pdfminer.six')}"
        _tell(placed, remarks)
    elif glyph_names := sum(len(_GLYPH_NAMES.findall(text)) for text in texts):
        remarks.add("字形", "", "字体没有说明是哪些字，标作〓", count=glyph_names, doubt=True)
        texts = [_GLYPH_NAMES.sub(lambda names: "〓" * names[0].count("/"), text) for text in texts]
    _tell_annotations(data, remarks)
    garbled = legible([text.replace("〓", "\ufffd") for text in texts]) < _GARBLED
    pages = [] if garbled else [layout.lines(_as_read(text)) for text in texts]
    notes: list[str] = []
    if recognise and not all(pages or [[]]):
        pages = pages or [[] for _ in texts]
        read = recognise(data, [index for index, page in enumerate(pages) if not page])
        for index, text in read.pages.items():
            pages[index] = layout.lines(text)
        converter, notes = f"{converter} + {read.converter}", [*read.notes]
    if not any(pages):
        raise UnreadableError(_NO_SENSE if garbled else _NO_TEXT)
    if lookalikes and not garbled:
        notes.append(f"PDF 的字体用部首符号代替汉字（如 ⽂ 代 文）或连写字母，已换回：{lookalikes} 处。")
    if not garbled and (unread := 1 - legible(texts)) > 1 - _POOR:
        notes.append(f"PDF 的文字层约有 {unread:.0%} 的字符认不出来，请对照原件。")
    text, more = layout.paragraphs(pages, "PDF")
    unseen = sum(
        characters(each) for page in placed or () for reason, each in page.unseen.items() if "照收" not in reason
    )
    taken = characters(text)
    account = dumped(remarks.account(taken, max(taken, sum(map(characters, texts))) + unseen))
    return {"text": text, "title": "", "levels": {}, "notes": notes + more, "converter": converter, "account": account}


def _is_better(placed: Sequence[Page], texts: Sequence[str]) -> bool:
    """Return whether the characters with their places are as readable as the text of pypdf."""
    missing = sum(sum(page.nameless.values()) for page in placed)
    found = ["".join(glyph.text for part in (page, *page.turned) for glyph in part.glyphs) for page in placed]
    total = sum(map(characters, found))
    if not total:
        return False
    if missing:
        named = any(_GLYPH_NAMES.search(text) for text in texts)
        return named or missing < _GARBLED * total or legible(texts) < _POOR
    return legible(found) >= legible(texts) - _AS_GOOD


def _lines(page: Page) -> list[str]:
    """Return the lines of a page; those in another direction stand at its foot, above its number and notes."""
    found = page_order.lines(page.glyphs, page.rules)
    foot = len(found)
    while foot and (found[foot - 1].startswith(layout.NOTE) or layout.is_number(found[foot - 1])):
        foot -= 1
    turned = [line for part in page.turned for line in page_order.lines(part.glyphs, part.rules)]
    return found[:foot] + turned + found[foot:]


def _tell(placed: Sequence[Page], remarks: Remarks) -> None:
    """Name what a page draws that is not its text as it stands."""
    for number, page in enumerate(placed, start=1):
        where = f"第 {number} 页"
        for reason, text in page.unseen.items():
            taken = "照收" in reason
            remarks.add(reason, where, "" if taken else "没有收入", text, doubt=taken or alarming(text))
        for font, count in page.nameless.items():
            remarks.add("字形", where, f"字体 {font} 没有说明是哪些字（多半是数字），标作〓", count=count, doubt=True)
        for part in page.turned:
            text = "".join(glyph.text for glyph in part.glyphs)
            if not layout.is_number(text):
                remarks.add("转了方向的文字", where, "收在本页末尾，次序可能不对", text, doubt=True)
        if page.doubled:
            remarks.add("叠印的字（假粗体）", where, "只收一次", count=page.doubled)


def _tell_annotations(data: bytes, remarks: Remarks) -> None:
    """Name comments, stamps, form fields and files that the PDF carries beside its text."""
    try:
        reader = PdfReader(io.BytesIO(data))
        for number, page in enumerate(reader.pages, start=1):
            for each in page.get("/Annots", None) or ():
                _tell_annotation(each.get_object(), f"第 {number} 页", remarks)
        for name in reader.attachments:
            remarks.add("嵌入的文件", "", "没有收入", name, doubt=True)
    except (PyPdfError, ValueError, TypeError, KeyError, IndexError, AttributeError, OSError, RecursionError):
        remarks.add("批注", "", "读不出来，可能没有收全", doubt=True)


def _tell_annotation(annotation: Any, where: str, remarks: Remarks) -> None:
    kind = str(annotation.get("/Subtype", ""))
    text = str(annotation.get("/Contents", "") or "").strip()
    if kind == "/Widget":
        value = annotation.get("/V")
        if value is not None and str(value).strip() and str(value) != "/Off":
            remarks.add("表单里填的值", where, "没有收入正文", str(value), doubt=True)
    elif kind == "/FileAttachment":
        remarks.add("嵌入的文件", where, "没有收入", text, doubt=True)
    elif kind == "/StrikeOut":
        remarks.add("批注（删除线）", where, "划去了页上的文字，正文照收", text, doubt=True)
    elif kind not in ("/Link", "/Popup") and (text or kind == "/Stamp"):
        remarks.add("批注", where, "不是正文，没有收入", text or "图章", doubt=alarming(text))


def legible(texts: Sequence[str]) -> float:
    """Return the share of characters that a Chinese document is made of: those of GBK, ASCII among them; 1 without any.

    Fonts that do not say which characters their glyphs are come out as private, control or far-away characters.
    """
    chars = Counter(_as_read("".join(texts)))
    counted = {char: count for char, count in chars.items() if not char.isspace()}
    good = sum(count for char, count in counted.items() if char.isprintable() and char.encode("gbk", "ignore"))
    return good / sum(counted.values()) if counted else 1.0


def _texts(data: bytes, limit: int) -> tuple[list[str], str]:
    """Return the pages' texts and who read them: pypdf, or pdfminer.six where its text is the more legible."""
    first = list(_pages(data, limit))
    if legible(first) < _POOR or not "".join(first).strip():
        second = _pages_by_pdfminer(data, limit)
        if len(second) == len(first) and "".join(second).strip() and legible(second) >= legible(first):
            return second, f"pdfminer.six {version('pdfminer.six')}"
    return first, f"pypdf {version('pypdf')}"


def _pages_by_pdfminer(data: bytes, limit: int) -> list[str]:
    """Read by pdfminer.six, which knows the character collections of Chinese fonts; [] where it cannot."""
    texts = []
    try:
        for page in extract_pages(io.BytesIO(data)):
            texts.append("".join(each.get_text() for each in page if isinstance(each, LTTextContainer)))
            if sum(map(len, texts)) > limit:
                return []
    # It meets broken files with many kinds of errors too; what pypdf read stands then.
    except (PSException, ValueError, TypeError, KeyError, IndexError, AttributeError, OSError, RecursionError):
        return []
    return [_NO_GLYPH.sub("\ufffd", text) for text in texts]


def _pages(data: bytes, limit: int) -> Iterable[str]:
    try:
        reader = PdfReader(io.BytesIO(data))
        if reader.is_encrypted and not reader.decrypt(""):
            raise UnreadableError(_ENCRYPTED)
        size = 0
        for page in reader.pages:
            text = page.extract_text()
            size += len(text)
            if size > limit:
                raise UnreadableError(
                    "转换出来的文字太多，超过了上限：请拆分，或在 kb.toml 里调高 ingest.max_megabytes。"
                )
            yield text
    except DependencyError as error:
        raise UnreadableError(_ENCRYPTED) from error
    # pypdf meets broken files with many kinds of errors besides its own.
    except (PyPdfError, ValueError, TypeError, KeyError, IndexError, AttributeError, OSError, RecursionError) as error:
        raise UnreadableError("不是完好的 PDF 文件：请重新取得这个文件。") from error


def _as_read(text: str) -> str:
    """Return a text with the characters that its glyphs look like."""
    return _LOOKALIKE.sub(lambda found: looks_like(found[0]), text)
