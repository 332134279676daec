"""The terms folded text is indexed by and the words it is ranked by; `kb.chinese.identity` says what is folded."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cache
from itertools import chain
from operator import add

from kb.chinese.identity import fold

VERSION = 3
"""Grows whenever folded text or terms change: an index made by another version is rebuilt."""


def words(folded: str) -> list[str]:
    """Cut folded text into jieba's words, punctuation included."""
    return _cutter()(folded)


def informative(strings: Iterable[str]) -> list[str]:
    """Return the words of folded strings that are longer than a character and no punctuation, each once."""
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


def load() -> None:
    """Load what the first text that is folded and cut would wait for."""
    words(fold("一"))


@cache
def _cutter() -> Callable[[str], list[str]]:
    import rjieba  # loads its dictionary, 0.2 s: only where something is searched

    cut: Callable[[str], list[str]] = rjieba.cut
    return cut
