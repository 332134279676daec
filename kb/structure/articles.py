"""The parts of an article: 款 (paragraphs) and 项 (items), with what is numbered below items (目)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from kb.base.lazy_re import lazy_re
from kb.base.model import Part
from kb.chinese.numerals import Style, read

_ITEMS: tuple[Style, ...] = ("hanzi", "hanzi-bracket", "arabic", "arabic-bracket", "circled")
_INLINE = lazy_re(r"(?<=[：:；;。，,])(?=[（(][一二三四五六七八九十]{1,3}[）)])")
_FIGURES = "零一二三四五六七八九"


@dataclass(slots=True)
class _Item:
    anchor: str
    number: str
    start: int
    style: Style | None
    value: int


def parts(anchor: str, text: str) -> tuple[Part, ...]:
    """Find the 款, 项 and 目 of an article whose section has this anchor and text, in the order of the text.

    A 款's `number` is how it is cited (第二款), a 项's and 目's as printed; a 款 spans the 项 below it.
    """
    found: list[Part] = []
    open_items: list[_Item] = []
    paragraph = 0
    used: dict[str, int] = {}

    def close(depth: int, end: int) -> None:
        while len(open_items) > depth:
            item = open_items.pop()
            found.append(Part(item.anchor, item.number, item.start, end))

    for start, line in _pieces(text):
        number = read(line) if open_items else None
        if number and number.style in _ITEMS:
            depth = next((at for at, item in enumerate(open_items) if item.style == number.style), len(open_items))
            close(depth, start)
            prefix = f"{open_items[-1].anchor}-{'i' if depth == 1 else ''}{number.values[0]}"
            item = _Item(_unique(prefix, used), number.printed, start, number.style, number.values[0])
        else:
            close(0, start)
            paragraph += 1
            item = _Item(f"{anchor}-p{paragraph}", f"第{_hanzi(paragraph)}款", start, None, paragraph)
        open_items.append(item)
    close(0, len(text))
    return tuple(sorted(found, key=lambda part: (part.start, -part.end)))


def _pieces(text: str) -> Iterator[tuple[int, str]]:
    """Yield (offset, text) of every line, and of every （一） that follows a colon or semicolon inside one."""
    start = 0
    for line in text.split("\n"):
        if line.strip():
            cuts = [0, *(found.start() for found in _INLINE.finditer(line)), len(line)]
            cuts = cuts if _counts_up(line, cuts[1:-1]) else [0, len(line)]
            for left, right in pairwise(cuts):
                yield start + left, line[left:right]
        start += len(line) + 1


def _counts_up(line: str, cuts: list[int]) -> bool:
    """Return whether the numbers inside a line are a list of its own: （一）（二） …"""
    numbers = [read(line[cut : cut + 6]) for cut in cuts]
    values = [number.values[0] for number in numbers if number]
    return len(values) > 1 and values == [*range(values[0], values[0] + len(values))] and values[0] <= 2


def _unique(anchor: str, used: dict[str, int]) -> str:
    used[anchor] = used.get(anchor, 0) + 1
    return anchor if used[anchor] == 1 else f"{anchor}~{used[anchor]}"


def _hanzi(value: int) -> str:
    """Write 1 to 99 in Chinese numerals; more in figures."""
    if value > 99:
        return str(value)
    tens, ones = divmod(value, 10)
    return (_FIGURES[tens] if tens > 1 else "") + ("十" if tens else "") + (_FIGURES[ones] if ones else "")
