"""What counts as the same text, and the terms it is indexed by.

`fold` takes away the differences nobody means when typing: width, case, traditional characters, kinds of brackets and
quotes, line breaks and the blanks between Chinese characters. Documents and queries go through the same fold, so all
of these are found by one another. Folding maps characters one to one or drops them, never more, so every folded
character has its place in the original and highlights cover exactly what matched.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import chain
from operator import add

VERSION = 2
"""Grows whenever folded text or terms change: an index made by another version is rebuilt."""

_SAME = {
    "(": "〔[【〖{﹝﹙﹛",
    ")": "〕]】〗}﹞﹚﹜",
    '"': "“”„‟「」〝〞＂",
    "'": "‘’‚‛『』＇",
    "-": "‐‑‒–—―−－─",
    "·": "•‧・･∙⋅",
    "〇": "○◯",
    "~": "～〜∼",
    " ": "\t\x0b\x0c\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000",
    "\n": "\r\x85\u2028\u2029",
    "\u200b": "\xad\u200c\u200d\u200e\u200f\u2060\ufeff",
}
# Forms of one character (GB 18030 holds them for old encodings; PDF converters write them): half and full width,
# Kangxi radicals, compatibility ideographs. Circled numbers, fractions and superscripts mean something else: kept.
_FORMS = ((0x2E80, 0x2FDF), (0xF900, 0xFAFF), (0xFF01, 0xFFEE), (0x2F800, 0x2FA1F))
_IDEOGRAPHS = ((0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0x20000, 0x3134F))
_DROPPED = re.compile("[ \n\u200b]+")


@dataclass(frozen=True, slots=True)
class Folded:
    """Folded text and, for each of its characters, the offset of that character in the original."""

    text: str
    offsets: list[int]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Answer where the folded characters [start, end) stand in the original; start < end."""
        return self.offsets[start], self.offsets[end - 1] + 1


def fold(text: str) -> str:
    """Answer the text as it is compared: what `fold_with_offsets` answers, without the offsets."""
    same = text.translate(_table())
    return "".join(same[start:end] for start, end in _kept(same))


def fold_with_offsets(text: str) -> Folded:
    """Fold a text and remember where each character stood."""
    same = text.translate(_table())
    kept = list(_kept(same))
    offsets = [offset for start, end in kept for offset in range(start, end)]
    return Folded("".join(same[start:end] for start, end in kept), offsets)


def words(folded: str) -> list[str]:
    """Cut folded text into jieba's words, punctuation included."""
    return _cutter()(folded)


def informative(strings: Iterable[str]) -> list[str]:
    """Answer the words of folded strings that are longer than a character and no punctuation, each once."""
    found = (word for string in strings for word in words(string))
    return list(dict.fromkeys(word for word in found if len(word) > 1 and any(map(str.isalnum, word))))


def bigrams(folded: str) -> Iterator[str]:
    """Yield every two neighbouring characters."""
    return map(add, folded, folded[1:])


def terms(folded: str) -> Iterator[str]:
    """Yield the terms a text is indexed by: its characters, pairs of characters, and words longer than these.

    A word of two characters is found by its pair; so a term of one or two characters comes as often as that string
    stands in the text, whatever the words are.
    """
    return chain(folded, bigrams(folded), (word for word in words(folded) if len(word) > 2))


def _kept(same: str) -> Iterator[tuple[int, int]]:
    """Yield the stretches that are not dropped: line breaks go, blanks stay (as one) only between Latin words."""
    start = 0
    for run in _DROPPED.finditer(same):
        yield start, run.start()
        start = run.end()
        if _separates(same, run):
            blank = run.start() + run[0].index(" ")
            yield blank, blank + 1
    yield start, len(same)


def _separates(same: str, run: re.Match[str]) -> bool:
    """Tell whether a run of blanks stands between two Latin words or numbers on one line."""
    if "\n" in run[0] or " " not in run[0] or not run.start() or run.end() == len(same):
        return False
    before, after = same[run.start() - 1], same[run.end()]
    return before.isalnum() and after.isalnum() and before < "\u2e80" and after < "\u2e80"


@cache
def _cutter() -> Callable[[str], list[str]]:
    import rjieba  # loads its dictionary, 0.2 s: only where something is searched

    cut: Callable[[str], list[str]] = rjieba.cut
    return cut


@cache
def _table() -> dict[int, str]:
    """Map every character that is folded to the one it is folded to."""
    forms = {code: unicodedata.normalize("NFKC", chr(code)) for low, high in _FORMS for code in range(low, high + 1)}
    letters = {code: chr(code) for code in range(0x2E80)}
    variants = {variant: same for same, others in _SAME.items() for variant in others}
    simplified = _simplified()
    table = dict(simplified)
    for code, form in (letters | forms).items():
        same = variants.get(chr(code)) or variants.get(form, form)
        same = simplified.get(ord(same), same).lower() if len(same) == 1 else ""
        if len(same) == 1 and same != chr(code):
            table[code] = same
    table |= {ord(variant): same for variant, same in variants.items()}
    return table | dict.fromkeys(range(0xD800, 0xE000), "\ufffd")  # bytes that were no text, from a command line


def _simplified() -> dict[int, str]:
    """Convert every ideograph by itself: each on its own line, so that OpenCC's phrases do not apply."""
    import opencc

    characters = [chr(code) for low, high in _IDEOGRAPHS for code in range(low, high + 1)]
    converted = opencc.OpenCC("t2s").convert("\n".join(characters)).split("\n")
    return {ord(old): new for old, new in zip(characters, converted, strict=True) if old != new and len(new) == 1}
