"""PDF → text lines, by pypdf. Runs in the child process of `kb.ingest.convert`.

A PDF knows no paragraphs: lines broken at the right margin are joined again, blanks inside words taken out, page numbers
and running heads taken off. All of this is said in the notes.
"""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from unicodedata import east_asian_width, normalize

import rjieba
from pypdf import PdfReader
from pypdf.errors import DependencyError, PyPdfError

from kb.errors import UnreadableError

_PAGE_NUMBER = re.compile(
    r"(?:[-—–－_·.\s]*\d{1,4}[-—–－_·.\s]*|第\s*\d+\s*页.*|\d+\s*/\s*\d+|Page\s+\d+.*)", re.IGNORECASE
)
_WIDE = r"\u3000-\u9fff\uf900-\ufaff\ufe30-\ufe4f\uff00-\uffef“”‘’…—○〇"
_GAP = re.compile(rf"(?<=[{_WIDE}])[ \xa0]+(?=[{_WIDE}])")
_ENDS = "。！？；：!?;:…”’」』》）)"
_NUMBERED = re.compile(
    r"第[〇零一二三四五六七八九十百千\d]+[编章节条]|[一二三四五六七八九十]+[、.．]|[（(][一二三四五六七八九十\d]+[)）]|\d+[.．、]|附\s*件|[①-⑳]"
)
_HEADING = re.compile(r"[一二三四五六七八九十]+、|第[〇零一二三四五六七八九十百千\d]+[编章节条][ \u3000]")
# Fonts name glyphs by radicals that look like the character. Those with a compatibility mapping (U+2F00–2FD5, Latin
# ligatures) follow Unicode's NFKC, the others EquivalentUnifiedIdeograph.txt of the Unicode Character Database.
_LOOKALIKE = re.compile("[\u2e80-\u2fd5\ufb00-\ufb06]")
_RADICALS = dict(
    zip(
        "⺁⺊⺝⺟⺠⺫⺮⺼⻁⻃⻄⻅⻆⻉⻋⻓⻔⻗⻘⻙⻚⻛⻜⻝⻢⻣⻤⻥⻦⻧⻨⻩⻬⻮⻰⻳",
        "厂卜月母民目竹肉虎西西见角贝车长门雨青韦页风飞食马骨鬼鱼鸟卤麦黄齐齿龙龟",
        strict=True,
    )
)
_ENCRYPTED = "这个 PDF 加了密：请取得密码，另存为不加密的文件后再收录。"
_NO_TEXT = "这个 PDF 没有文字层（多半是扫描件）：请先做文字识别（OCR）。"


def convert(data: bytes, limit: int) -> Mapping[str, Any]:
    """Answer text, title, levels and notes of a PDF file. Raises UnreadableError."""
    texts = list(_pages(data, limit))
    pages = [_lines(_LOOKALIKE.sub(_character, text)) for text in texts]
    if not any(pages):
        raise UnreadableError(_NO_TEXT)
    blank = [str(number) for number, lines in enumerate(pages, start=1) if not lines]
    notes = [f"PDF 第 {'、'.join(blank)} 页没有文字层，内容没有收录。"] if blank else []
    pages, taken = _without_furniture(pages)
    lines = [line for page in pages for line in page]
    paragraphs = _paragraphs(lines)
    if lookalikes := sum(len(_LOOKALIKE.findall(text)) for text in texts):
        notes.append(f"PDF 的字体用部首符号代替汉字（如 ⽂ 代 文）或连写字母，已换回：{lookalikes} 处。")
    if taken:
        notes.append(f"页码和页眉页脚已去掉：{taken} 行。")
    if len(paragraphs) < len(lines):
        notes.append(f"PDF 的 {len(lines)} 行按版面合并成了 {len(paragraphs)} 段，个别分段可能与原件不同。")
    return {"text": "".join(f"{each}\n" for each in paragraphs), "title": "", "levels": {}, "notes": notes}


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


def _character(match: re.Match[str]) -> str:
    return _RADICALS.get(match[0]) or normalize("NFKC", match[0])


def _lines(text: str) -> list[str]:
    """Split a page into lines; an indented line keeps one ideographic space, the mark of a new paragraph."""
    lines = []
    for line in text.split("\n"):
        plain = _tightened(line.strip())
        if plain:
            lines.append(f"　{plain}" if re.match(r"　|\s{2,}", line) else plain)
    return lines


def _tightened(line: str) -> str:
    """Take the blanks out of a line when one of them stands inside a word: then none of them was printed."""
    gaps = list(_GAP.finditer(line))
    if not gaps:
        return line
    joined = _GAP.sub("", line)
    borders, position = set(), 0
    for word in rjieba.cut(joined):
        position += len(word)
        borders.add(position)
    removed = 0
    for gap in gaps:
        if gap.start() - removed not in borders:
            return joined
        removed += gap.end() - gap.start()
    return line


def _without_furniture(pages: Sequence[list[str]]) -> tuple[list[list[str]], int]:
    """Take page numbers and repeated running heads and feet off; answer the pages and how many lines went.

    They stand at the edge of most pages, the same but for the page's number. A running head stays the first time: it may
    be the title.
    """
    edges = Counter(_shape(line) for page in pages for line in {*page[:2], *page[-2:]})
    running = {shape for shape, count in edges.items() if count >= 3 and count > len(pages) / 2}
    seen: set[str] = set()
    kept = []
    for page in pages:
        heads, feet = page[:2], page[2:][-2:]
        body = page[2 : len(page) - len(feet)]
        heads = [line for line in heads if not _is_furniture(line, running & seen)]
        kept.append([*heads, *body, *(line for line in feet if not _is_furniture(line, running))])
        seen.update(map(_shape, page[:2]))
    return kept, sum(map(len, pages)) - sum(map(len, kept))


def _is_furniture(line: str, running: set[str]) -> bool:
    return bool(_PAGE_NUMBER.fullmatch(line.strip())) or _shape(line) in running


def _shape(line: str) -> str:
    """Answer a line without the page's number in it: 3/8, 第 3 页."""
    return re.sub(r"\d+\s*/\s*\d+|第\s*\d+\s*页", "", line.strip())


def _paragraphs(lines: Sequence[str]) -> list[str]:
    """Join lines that were broken at the right margin.

    A line goes on in the next one when it reaches the margin and the next one neither is indented nor starts with a
    number: one that a sentence never holds (一、, 第一条 and a blank), or any after the end of a sentence.
    """
    margin = _margin(lines)
    paragraphs: list[str] = []
    before = ""
    for line in lines:
        text = line.strip()
        fresh = line.startswith("　") or _HEADING.match(text) or (before[-1:] in _ENDS and _NUMBERED.match(text))
        if before and _width(before) >= margin and not fresh:
            latin = before[-1].isascii() and before[-1].isalnum() and text[0].isascii() and text[0].isalnum()
            paragraphs[-1] += f" {text}" if latin and not before[-1].isdigit() else text
        else:
            paragraphs.append(text)
        before = line
    return paragraphs


def _margin(lines: Sequence[str]) -> float:
    """Answer the width from which a line counts as full: a good character less than the usual longest ones."""
    widths = sorted(_width(line) for line in lines)
    return max(36, 0.9 * widths[int(len(widths) * 0.9)]) if widths else 0


def _width(line: str) -> int:
    return sum(2 if east_asian_width(char) in "WFA" else 1 for char in line)
