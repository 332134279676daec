"""The disguise, made anew at byte level, so that undoing it can be tested on any text with any list of characters."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache

import opencc
from pypinyin import Style, pinyin

TO_ASCII = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}


@dataclass(frozen=True)
class Page:
    """A disguised text and the characters of the original (by index) of which bytes are gone for good."""

    text: str
    lost: tuple[int, ...]


def disguise(original: str, listed: Iterable[str], *, by_phrase: bool = True, closing: str = ")") -> Page:
    """Show `original` as a mirror does that annotates the (traditional) characters `listed`, in this order."""
    text = traditional(original, by_phrase=by_phrase)
    cells = [(byte, index) for index, char in enumerate(text) for byte in char.encode("gbk")]
    data, origins = bytes(byte for byte, _ in cells), [index for _, index in cells]
    for char in listed:
        data, origins = _annotate(data, origins, char.encode("gbk"), f"({reading(char)}{closing}".encode("gbk"))
    shown, gone = [], set()
    for piece, start, end in _decode(data):
        shown.append(piece)
        if not piece:
            gone.update(origins[start:end])
    return Page("".join(shown), tuple(sorted(gone - {-1})))


@cache
def reading(char: str) -> str:
    return str(pinyin(char, style=Style.TONE)[0][0])


@cache
def _converter() -> opencc.OpenCC:
    return opencc.OpenCC("s2t")


@cache
def _single(char: str) -> str:
    converted: str = _converter().convert(char)
    return _in_gbk(char, "著" if char == "着" else converted)


def _in_gbk(char: str, converted: str) -> str:
    try:
        converted.encode("gbk")
    except UnicodeEncodeError:
        return char
    return converted


def traditional(text: str, *, by_phrase: bool) -> str:
    """Convert by phrase, or character for character with 著 for every 着; what GBK lacks stays as it is."""
    if not by_phrase:
        return "".join(map(_single, text))
    return "".join(_in_gbk(old, new) for old, new in zip(text, _converter().convert(text), strict=True))


def _annotate(data: bytes, origins: list[int], pair: bytes, note: bytes) -> tuple[bytes, list[int]]:
    pieces, places, start = [], [], 0
    while (found := data.find(pair, start)) >= 0:
        end = found + len(pair)
        pieces += [data[start:end], note]
        places += [*origins[start:end], *[-1] * len(note)]
        start = end
    return b"".join([*pieces, data[start:]]), [*places, *origins[start:]]


def _decode(data: bytes) -> Iterator[tuple[str, int, int]]:
    """Yield what a mirror's decoder shows for each byte or pair, with where it stands."""
    start = 0
    while start < len(data):
        lead, trail = data[start], data[start + 1 : start + 2]
        size = 1 if lead <= 0x80 or lead == 0xFF or not trail else 2
        yield _shown(data[start : start + size]), start, start + size
        start += size


@cache
def _shown(code: bytes) -> str:
    if code == b"\x80":
        return "€"
    if len(code) == 1:
        return code.decode("ascii", "replace").replace("\ufffd", "?")
    if code[1] < 0x40:
        return "?"
    return code.decode("gbk", "ignore") if code[1] >= 0x80 else code.decode("gbk", "replace")[:1].replace("\ufffd", "")


def listed_in(texts: Iterable[str], count: int) -> list[str]:
    """Answer the `count` traditional characters that the texts use most and that differ from the simplified ones."""
    uses: dict[str, int] = {}
    for text in texts:
        for char in text:
            uses[char] = uses.get(char, 0) + 1
    changed = {_single(char): number for char, number in uses.items() if _single(char) not in (char, "著")}
    return sorted(changed, key=lambda char: -changed[char])[:count]


def slide(text: str, mark: int) -> str:
    """Show `text` with the first byte of the punctuation mark at index `mark` turned into a question mark."""
    data = text[mark:].encode("gbk")
    return text[:mark] + "".join(piece for piece, _, _ in _decode(b"?" + data[1:]))


def ascii_marks(text: str, marks: Mapping[int, int] = TO_ASCII) -> str:
    """Show full-width marks as ASCII, as many stored copies do."""
    return text.translate(marks)
