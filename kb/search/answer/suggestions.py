"""What to offer where nothing stands as typed: strings close to it that do occur, and words it may have been meant for."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import accumulate, islice

from kb.base.lazy_re import lazy_re
from kb.base.model import Alternative, Suggestion
from kb.chinese.identity import fold
from kb.chinese.issuers_and_laws import NATION
from kb.search.answer.columns import number_as_printed
from kb.search.query.analysis import informative, words
from kb.search.query.matching import occurrences

_LONGEST = 12
_LONGEST_LATIN = 60

_OFFERED = 5
_TRIED = 40
_LOOKED_AT = 500
_AT_ONCE = 8
_WINDOW = range(8, 1, -1)
_LATIN = lazy_re(r"[a-zü' ]{3,}")
_MARKS = lazy_re(r"[()《》〈〉\"'、，,。；;：:]")
_ARABIC = lazy_re(r"[0-9]{1,4}")

_READ_AS = "\t"

Counts = Callable[[Sequence[str]], Sequence[int]]
Terms = Callable[[Sequence[str]], Sequence[Iterable[str]]]
"""Answers of several strings at once: how often each occurs, or the readings that start with each."""


class Texts:
    """Texts to look a string up in: those that start with it come first, then shorter ones; 中华人民共和国 is no start."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._texts = list(texts)
        folded = [fold(text).removeprefix(NATION) for text in self._texts]
        self._joined = "\n".join(["", *folded, ""])
        self._starts = list(accumulate((len(text) + 1 for text in folded), initial=1))

    def containing(self, string: str, limit: int) -> list[int]:
        """Return the numbers of the texts, from 0, that contain a folded string."""
        found: dict[int, tuple[bool, int]] = {}
        for start, _ in islice(occurrences(self._joined, string.removeprefix(NATION) or string), _LOOKED_AT):
            number = bisect_right(self._starts, start) - 1
            found.setdefault(number, (start != self._starts[number], len(self._texts[number])))
        return sorted(found, key=lambda number: (found[number], number))[:limit]

    def __getitem__(self, number: int) -> str:
        return self._texts[number]


def different(found: Sequence[Suggestion]) -> list[Suggestion]:
    """Return some suggestions without those that read like an earlier one."""
    first = {suggestion.text: suggestion for suggestion in reversed(found)}
    return [suggestion for suggestion in found if first[suggestion.text] is suggestion]


def pinyin_words(string: str, terms: Terms, limit: int) -> list[str]:
    """Return words that are read as a folded string in Latin letters starts: xingz, xzf."""
    if not _LATIN.fullmatch(string):
        return []
    (read,) = terms([re.sub("[' ]", "", string)])
    found = islice(read, _LOOKED_AT)
    return sorted(dict.fromkeys(term.partition(_READ_AS)[2] for term in found), key=len)[:limit]


def correctable(string: str) -> bool:
    """Return whether a folded string is short enough for a word or name that was mistyped."""
    return len(string) <= (_LONGEST_LATIN if _LATIN.fullmatch(string) else _LONGEST)


@lru_cache(maxsize=20_000)
def readings(text: str) -> tuple[str, ...]:
    """Return how a heading or title and its words are read, as index terms: "xingzhengfuyi\t行政复议", "xzfy\t行政复议".

    Pinyin stands in this field alone, never in what sections are found by.
    """
    folded = fold(text)
    whole = [folded] if len(folded) <= _LONGEST else []
    return tuple(
        term for word in (*whole, *informative([folded])) if word.isalpha() and word > "⺀" for term in _readings(word)
    )


def load() -> None:
    """Load what the first text that is read aloud would wait for."""
    _syllables("一")


def _syllables(string: str) -> list[str]:
    from pypinyin import lazy_pinyin  # loads its tables, 0.1 s: only where something is read aloud

    syllables: list[str] = lazy_pinyin(string)
    return syllables


def _readings(word: str) -> Iterator[str]:
    syllables = _syllables(word)
    yield f"{''.join(syllables)}{_READ_AS}{word}"
    if len(word) > 2:
        yield f"{''.join(syllable[0] for syllable in syllables)}{_READ_AS}{word}"


def corrections(string: str, terms: Terms, counts: Counts) -> list[Alternative]:
    """Return what a folded string may have been meant for and how often each occurs: xzfy, xingzhengfuyi, 行政复意.

    `terms` answers the readings in the index that start with some strings.
    """
    if not correctable(string):
        return []
    if _LATIN.fullmatch(string):
        (read,) = _read_as([re.sub("[' ]", "", string)], terms)
        return _occurring(read, counts)
    return _occurring(_homophones(string, terms), counts)


def _read_as(sounds: Sequence[str], terms: Terms) -> Iterator[list[str]]:
    """Yield the words that are read as each of some sounds."""
    for read in terms([sound + _READ_AS for sound in sounds]):
        yield [term.partition(_READ_AS)[2] for term in read]


def _homophones(string: str, terms: Terms) -> Iterator[str]:
    """Yield the string with a part of it, the longest first, exchanged for a word that is read alike."""
    spans = [(start, start + width) for width in _WINDOW for start in range(len(string) - width + 1)]
    spans = [(start, end) for start, end in spans if string[start:end].isalpha()]
    sounds = ["".join(_syllables(string[start:end])) for start, end in spans]
    for (start, end), read in zip(spans, _read_as(sounds, terms), strict=True):
        for word in read:
            if word != string[start:end] and len(word) == end - start:
                yield string[:start] + word + string[end:]


def nearest(string: str, counts: Counts) -> list[Alternative]:
    """Return the strings closest to a folded one that do occur: 的 and 之, marks, digits and numbers otherwise, less at an end."""
    found = _occurring(_variants(string), counts)
    enough = _enough(string)
    first = _longest(len(string), enough, lambda lengths: counts([string[:length] for length in lengths]))
    last = _longest(len(string), enough, lambda lengths: counts([string[-length:] for length in lengths]))
    ends = [string[:first], string[len(string) - last :]]
    return [*found, *_occurring((end for end in ends if len(end) >= enough), counts)]


def asked_first(string: str) -> Iterator[str]:
    """Yield the strings that `nearest` counts first, whatever it finds."""
    yield from islice(dict.fromkeys(_variants(string)), _TRIED)
    for length in _steps(_enough(string) - 1, len(string) - 1):
        yield from (string[:length], string[-length:])


def _enough(string: str) -> int:
    return max(2, 2 * len(string) // 3)


def _steps(low: int, high: int) -> range:
    step = max(1, (high - low) // _AT_ONCE)
    return range(low + step, high + 1, step)


def _occurring(strings: Iterable[str], counts: Counts) -> list[Alternative]:
    """Return those of some strings that occur, the most frequent first."""
    tried = list(islice(dict.fromkeys(strings), _TRIED))
    found = [Alternative(string, number) for string, number in zip(tried, counts(tried), strict=True) if number]
    return sorted(found, key=lambda alternative: -alternative.total)[:_OFFERED]


def _variants(string: str) -> Iterator[str]:
    for place, character in enumerate(string):
        if character in "的之":
            yield string[:place] + ("之" if character == "的" else "的") + string[place + 1 :]
            yield string[:place] + string[place + 1 :]
    yield number_as_printed(string)
    for mark in ("", "、", ","):
        yield _MARKS.sub(mark, string)
    yield _ARABIC.sub(lambda figures: chinese(int(figures[0])), string)
    cut = words(string)
    for place in range(1, len(cut)):
        for between in "的、,":
            yield "".join(cut[:place]) + between + "".join(cut[place:])


def _longest(whole: int, enough: int, totals: Callable[[Sequence[int]], Sequence[int]]) -> int:
    """Return the greatest length less than `whole` whose total is not 0, where what holds for one holds for less; less than `enough` where that does not.

    `totals` answers of several lengths at once.
    """
    low, high = enough - 1, whole - 1
    while low < high:
        lengths = _steps(low, high)
        low += lengths.step * sum(map(bool, totals(lengths)))
        high = min(high, low + lengths.step - 1)
    return low


def chinese(number: int) -> str:
    """Write a number below 10,000 as articles are numbered: 一百零二, 十二."""
    text, figures = "", str(number)
    for place, figure in enumerate(figures):
        unit = ("", "十", "百", "千")[len(figures) - 1 - place]
        text += "零一二三四五六七八九"[int(figure)] + (unit if figure != "0" else "")
    text = re.sub("零+", "零", text).rstrip("零") or "零"
    return text.removeprefix("一") if text.startswith("一十") else text
