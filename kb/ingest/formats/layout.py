"""Lines of a printed page → paragraphs: what a PDF, an OFD and a recognised scan have in common.

Such a page knows no paragraphs: lines broken at the right margin are joined again, blanks inside words taken out, page
numbers and running heads taken off. All of this is said in the notes.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from unicodedata import east_asian_width

from kb.base.lazy_re import lazy_re

NOTE = "\x1e"
"""How the line of a footnote begins: it stands after the paragraph in which its page ends."""
APART = "\x1f"
"""How a line at the head or foot of a page begins that stands apart from the text, and may be the page's number."""
_PAGE_NUMBER = lazy_re(
    r"[-—–－_·]+\s*\d{1,4}\s*[-—–－_·]+|第\s*\d+\s*页(?:\s*[,，/]?\s*共\s*\d+\s*页)?|Page\s+\d+(?:\s*(?:of|/)\s*\d+)?",
    re.IGNORECASE,
)
_BARE_NUMBER = lazy_re(r"[-—–－_·.\s]*(\d{1,4})(?:[-—–－_·.\s]*|\s*/\s*\d+)")
_PROOF = 3  # pages whose bare numbers go on with the pages' own: then they are the numbers of the pages
_WIDE = r"\u3000-\u9fff\uf900-\ufaff\ufe30-\ufe4f\uff00-\uffef“”‘’…—○〇"
_GAP = lazy_re(rf"(?<=[{_WIDE}])[ \xa0]+(?=[{_WIDE}])")
_SAME_PLACE = 0.2  # of the size
_AT_NOTES = 0.75  # a line above footnotes goes on overleaf though it is not quite full
_ENDS = "。！？；：!?;:…”’」』》）)"
_NUMBERED = lazy_re(
    r"第[〇零一二三四五六七八九十百千\d]+[编章节条]|[一二三四五六七八九十]+[、.．]|[（(][一二三四五六七八九十\d]+[)）]|\d+[.．、]|附\s*件|[①-⑳]"
)
_HEADING = lazy_re(r"[一二三四五六七八九十]+、|第[〇零一二三四五六七八九十百千\d]+[编章节条][ \u3000]")


def paragraphs(pages: Sequence[list[str]], kind: str) -> tuple[str, list[str]]:
    """Return the text of pages of `lines` and notes about what was done; `kind` names the file's format (PDF, OFD)."""
    blank = [str(number) for number, page in enumerate(pages, start=1) if not page]
    notes = [f"{kind} 第 {'、'.join(blank)} 页没有文字层，内容没有收录。"] if blank else []
    kept, taken = _without_furniture(pages)
    printed = [line for page in kept for line in page]
    joined = _paragraphs(printed)
    if taken:
        notes.append(f"页码和页眉页脚已去掉：{len(taken)} 行（{_named(taken)}）。")
    if len(joined) < len(printed):
        notes.append(f"{kind} 的 {len(printed)} 行按版面合并成了 {len(joined)} 段，个别分段可能与原件不同。")
    return "".join(f"{each}\n" for each in joined), notes


def lines(text: str) -> list[str]:
    """Split a page into lines; an indented line keeps one ideographic space, the mark of a new paragraph."""
    found = []
    for line in text.split("\n"):
        mark = line[:1] if line.startswith((NOTE, APART)) else ""
        plain = mark + _tightened(line.removeprefix(mark).strip())
        if plain.removeprefix(mark):
            found.append(f"　{plain}" if re.match(r"　|\s{2,}", line) else plain)
    return found


def _tightened(line: str) -> str:
    """Take the blanks out of a line when one of them stands inside a word: then none of them was printed."""
    gaps = list(_GAP.finditer(line))
    if not gaps:
        return line
    import rjieba  # loading its words takes a tenth of a second

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


def _without_furniture(pages: Sequence[list[str]]) -> tuple[list[list[str]], list[tuple[int, str]]]:
    """Take page numbers and repeated running heads and feet off; return the pages, and each line that went with its page.

    They stand at the edge of most pages, the same but for the page's number. A running head stays the first time: it may
    be the title.
    """
    bodies = [[line for line in page if not _is_note(line)] for page in pages]
    edges = Counter(_shape(line) for page in bodies for line in {*page[:2], *page[-2:]})
    running = {shape for shape, count in edges.items() if count >= 3 and count > len(pages) / 2}
    counted = _counted(bodies)
    seen: set[str] = set()
    kept: list[list[str]] = []
    taken: list[tuple[int, str]] = []
    for number, (page, body) in enumerate(zip(pages, bodies, strict=True), start=1):
        gone = set()
        for at, line in enumerate(body):
            head, foot = at < 2, at >= max(2, len(body) - 2)
            repeated = _shape(line) in (running & seen if head else running)
            counts = any(each in counted for each in _places(body, at, number))
            if (head or foot) and (_PAGE_NUMBER.fullmatch(line.strip()) or _is_apart(line) or counts or repeated):
                gone.add(at)
                taken.append((number, line.strip()))
        rest = [line.removeprefix(APART) for at, line in enumerate(body) if at not in gone]
        kept.append(rest + [line for line in page if _is_note(line)])
        seen.update(map(_shape, body[:2]))
    return kept, taken


def is_number(line: str) -> bool:
    """Return whether a line may be the number of its page."""
    return bool(_PAGE_NUMBER.fullmatch(line.strip()) or _BARE_NUMBER.fullmatch(line.strip()))


def _is_note(line: str) -> bool:
    return line.startswith(NOTE) and not _PAGE_NUMBER.fullmatch(line.strip())


def _is_apart(line: str) -> bool:
    return line.startswith(APART) and bool(_BARE_NUMBER.fullmatch(line.strip()))


def _counted(pages: Sequence[list[str]]) -> set[tuple[str, int, int]]:
    """Return the places at which bare numbers go on from page to page as the pages do: only there they number them."""
    found = Counter(
        place
        for number, page in enumerate(pages, start=1)
        for at in range(len(page))
        for place in _places(page, at, number)
    )
    least = min(_PROOF, max(2, (sum(map(bool, pages)) + 1) // 2))
    return {place for place, count in found.items() if count >= least}


def _places(page: list[str], at: int, number: int) -> Iterable[tuple[str, int, int]]:
    """Yield where a line of a bare number stands from the head and the foot, and its distance to the page's number."""
    value = _BARE_NUMBER.fullmatch(page[at].strip())
    if value and at < 2:
        yield "head", at, int(value[1]) - number
    if value and len(page) - at <= 2:
        yield "foot", len(page) - at, int(value[1]) - number


def _named(taken: Sequence[tuple[int, str]]) -> str:
    """Name lines and their pages; those that differ by a number that goes on with the pages are named once."""
    groups: dict[tuple[str, str, int | None], list[int]] = {}
    for page, line in taken:
        number = re.search(r"\d{1,4}", line) if _PAGE_NUMBER.fullmatch(line) or _BARE_NUMBER.fullmatch(line) else None
        parts = (line[: number.start()], line[number.end() :]) if number else (line, "")
        groups.setdefault((*parts, int(number[0]) - page if number else None), []).append(page)
    said = []
    for (before, behind, offset), numbers in groups.items():
        spans = "、".join(f"{a}—{b}" if a < b else f"{a}" for a, b in _spans(numbers))
        values = [numbers[0] + (offset or 0), numbers[-1] + (offset or 0)]
        shown = "" if offset is None else f"{values[0]}" if len(numbers) == 1 else f"{values[0]}…{values[1]}"
        said.append(f"第 {spans} 页“{before}{shown}{behind}”")
    return "；".join(said)


def _spans(numbers: Sequence[int]) -> list[tuple[int, int]]:
    spans: list[tuple[int, int]] = []
    for each in numbers:
        if spans and each - spans[-1][1] <= 1:
            spans[-1] = spans[-1][0], each
        else:
            spans.append((each, each))
    return spans


def _shape(line: str) -> str:
    """Return a line without the page's number in it: 3/8, 第 3 页."""
    return re.sub(r"\d+\s*/\s*\d+|第\s*\d+\s*页", "", line.strip())


def _paragraphs(lines: Sequence[str]) -> list[str]:
    """Join lines that were broken at the right margin.

    A line goes on in the next one when it reaches the margin and the next one neither is indented nor starts with a
    number: one that a sentence never holds (一、, 第一条 and a blank), or any after the end of a sentence. A number on a line
    of its own belongs into the sentence around it.
    """
    margin = _margin([line for line in lines if not line.startswith((NOTE, "| "))])
    paragraphs: list[str] = []
    notes: list[str] = []
    before = ""
    inside = False
    for at, line in enumerate(lines):
        if line.startswith(NOTE):
            notes.append(line.removeprefix(NOTE))
            continue
        text = line.strip()
        table = text.startswith("| ") or before.startswith("| ")
        fresh = line.startswith("　") or _HEADING.match(text) or (before[-1:] in _ENDS and _NUMBERED.match(text))
        width = margin * (_AT_NOTES if notes else 1)
        goes_on = inside or _breaks_off(before, text, lines[at + 1 :])
        inside = goes_on and not inside
        if before and (goes_on or _width(before) >= width) and not fresh and not table:
            latin = before[-1].isascii() and before[-1].isalnum() and text[0].isascii() and text[0].isalnum()
            paragraphs[-1] += f" {text}" if latin and not before[-1].isdigit() else text
        else:
            paragraphs += notes
            notes.clear()
            paragraphs.append(text)
        before = line
    return paragraphs + notes


def _breaks_off(before: str, text: str, after: Sequence[str]) -> bool:
    """Return whether a line is a number that the sentence around it needs: 每吨水价为 / 12 / 元，自公布之日起执行。"""
    behind = next((line for line in after if not line.startswith(NOTE)), "")
    return bool(
        re.fullmatch(r"\d+(?:\.\d+)?%?", text)
        and re.search(rf"[{_WIDE}]$", before)
        and before[-1] not in _ENDS
        and re.match(r"[\u4e00-\u9fff]", behind)
        and re.search("[，。；]", behind)
        and not _HEADING.match(behind)
    )


def _margin(lines: Sequence[str]) -> float:
    """Return the width from which a line counts as full: a good character less than the usual longest ones."""
    widths = sorted(_width(line) for line in lines)
    return max(36, 0.9 * widths[int(len(widths) * 0.9)]) if widths else 0


def _width(line: str) -> int:
    return sum(2 if east_asian_width(char) in "WFA" else 1 for char in line)


@dataclass(frozen=True, slots=True)
class Glyph:
    """A character on a page; y grows down, `size` is its height, all in one unit."""

    x0: float
    x1: float
    top: float
    bottom: float
    size: float
    text: str
    font: str = ""


class Drawn:
    """Remembers where glyphs were drawn: one a hair beside the same one is drawn twice to look bold."""

    def __init__(self) -> None:
        self._places: dict[tuple[str, int, int], list[tuple[float, float]]] = {}

    def before(self, text: str, x: float, y: float, size: float) -> bool:
        """Return whether the same glyph was drawn at this place before, and remember it."""
        size = max(size, 0.1)
        column, row = round(x / size), round(y / size)
        for across in (column - 1, column, column + 1):
            for down in (row - 1, row, row + 1):
                for left, top in self._places.get((text, across, down), ()):
                    if abs(left - x) < _SAME_PLACE * size and abs(top - y) < _SAME_PLACE * size:
                        return True
        self._places.setdefault((text, column, row), []).append((x, y))
        return False


@dataclass(frozen=True, slots=True)
class Fragment:
    """A run of text on a page: its left end, the middle of its height, its width and height, in one unit; y grows down."""

    x: float
    y: float
    width: float
    height: float
    text: str


def page_text(fragments: Iterable[Fragment]) -> str:
    """Read a page line by line, left to right; a line that starts right of the margin is marked as indented."""
    rows = _rows(sorted((each for each in fragments if each.text.strip()), key=lambda each: each.y))
    margin = min((row[0].x for row in rows), default=0.0)
    return "".join(f"{'　' if row[0].x > margin + row[0].height else ''}{_joined(row)}\n" for row in rows)


def _rows(fragments: Sequence[Fragment]) -> list[list[Fragment]]:
    """Put fragments whose middles are less than half a height apart on one line."""
    rows: list[list[Fragment]] = []
    for each in fragments:
        if rows and each.y - rows[-1][0].y < min(each.height, rows[-1][0].height) / 2:
            rows[-1].append(each)
        else:
            rows.append([each])
    return [sorted(row, key=lambda each: each.x) for row in rows]


def _joined(row: Sequence[Fragment]) -> str:
    """Join the fragments of a line; a gap as wide as a character is a blank."""
    text = row[0].text
    for before, each in pairwise(row):
        wide = each.x - (before.x + before.width) >= each.height
        text += f" {each.text}" if wide else each.text
    return text.strip(" ")
