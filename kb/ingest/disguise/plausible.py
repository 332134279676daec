"""How likely one character is after another, in bits: tells Chinese text from bytes that were paired wrongly.

Learnt from jieba's dictionary and from the page itself; marks are folded to ASCII and characters to simplified.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import pairwise
from math import log2, sqrt
from operator import add

from kb.base.lazy_re import lazy_re
from kb.chinese.identity import TO_ASCII
from kb.ingest.disguise.simplify import is_simplified_only, simple

_DAMAGED = lazy_re(r"\([a-zà-ǜɑɡ]+ ?\)|([?\ufffd])[^\n]{0,30}")
_FLOOR = 2.0**-18
_USUAL, _LEAST = 0.3, 0.0005  # the share of such characters in simplified texts; on converted pages
_MOST_UNCONVERTED = 8.0  # bits
_UNLIKELY = 28.0  # bits: a text that has nothing to do with what stands before


@dataclass(frozen=True, slots=True)
class Counts:
    """How often characters and neighbours were seen."""

    single: Mapping[str, float]
    paired: Mapping[str, float]
    total: float

    def probability(self, before: str, char: str) -> float:
        """Mix what usually follows `before` with what is usual at all."""
        alone = self.single.get(char, 0) / self.total
        follows = self.paired.get(before + char, 0) / self.single.get(before, 1)
        return 0.7 * follows + 0.3 * alone


@cache
def _dictionary() -> Counts:
    """Count the words of jieba's dictionary; the root keeps the commonest from drowning the rest."""
    single: defaultdict[str, float] = defaultdict(float)
    paired: defaultdict[str, float] = defaultdict(float)
    for line in (files("jieba") / "dict.txt").read_text(encoding="utf-8").splitlines():
        word, count, _ = line.split(" ", 2)
        if len(count) == 1:  # words met less than ten times are half the work and hardly any of the weight
            continue
        weight = sqrt(int(count))
        for char in word:
            single[char] += weight
        for pair in map(add, word, word[1:]):
            paired[pair] += weight
    return Counts(single, paired, sum(single.values()))


@cache
def _folded(char: str) -> str:
    return simple(char.translate(TO_ASCII))


class Model:
    """Costs of characters for one page."""

    def __init__(self, page: str) -> None:
        """Learn from the page as found, but for its annotations and what may be damaged: the run after a question mark."""
        plain = _DAMAGED.sub(r"\1", page)
        text = "".join(map(_folded, plain))
        share = sum(map(is_simplified_only, plain)) / (len(plain) or 1)
        self._unconverted = max(0.0, min(_MOST_UNCONVERTED, log2(_USUAL / (share + _LEAST))))
        self._known: dict[str, float] = {}
        self._page = Counts(Counter(text), Counter(map(add, text, text[1:])), len(text) or 1)

    def bits(self, before: str, char: str) -> float:
        """Return the cost of `char` after `before`: 3 bits within a usual word, 18 for what is never seen."""
        known = self._known.get(before + char)
        if known is None:
            one, other = _folded(before), _folded(char)
            seen = _dictionary().probability(one, other) + self._page.probability(one, other)
            known = self._known[before + char] = -log2(seen / 2 + _FLOOR)
        return known

    def cost(self, before: str, text: str) -> float:
        """Return the cost of a whole text after a character."""
        return sum(self.bits(one, other) for one, other in pairwise(before + text))

    def unconverted(self, char: str) -> float:
        """Return in bits how little such a character is to be expected where a page was converted to traditional ones."""
        return self._unconverted if is_simplified_only(char) else 0.0

    def likeliest(self, before: str, choices: Iterable[tuple[str, str]], after: str) -> tuple[float, str]:
        """Return the least cost of a text between two characters, and that text; `choices` are a beginning and all its ends.

        What follows counts for choosing the text, not for its cost: whoever reads on adds it.
        """
        best, following, text = _UNLIKELY, 0.0, ""
        begun = ((self.cost(before, start) + sum(map(self.unconverted, start)), start, ends) for start, ends in choices)
        for bits, start, ends in sorted(begun):
            if bits >= best:
                break
            for end in ends:
                next_bits = self.bits(end, after) if after else 0.0
                cost = bits + self.bits(start[-1], end) + self.unconverted(end) + next_bits
                if cost < best:
                    best, following, text = cost, next_bits, start + end
        return best - following, text
