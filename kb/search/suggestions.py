"""What to offer where nothing stands as typed: strings close to it that do occur, and words it may have been meant for."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from itertools import islice

from pypinyin import lazy_pinyin

from kb.model import Alternative
from kb.search.analysis import fold, words

_LONGEST = 12
_LONGEST_LATIN = 60

_OFFERED = 5
_TRIED = 40
_WINDOW = range(8, 1, -1)
_LATIN = re.compile(r"[a-zü' ]{3,}")
_MARKS = re.compile(r"[()《》〈〉\"'、，,。；;：:]")
_ARABIC = re.compile(r"[0-9]{1,4}")

Count = Callable[[str], int]


def correctable(string: str) -> bool:
    """Tell whether a folded string is short enough for a word or name that was mistyped."""
    return len(string) <= (_LONGEST_LATIN if _LATIN.fullmatch(string) else _LONGEST)


class Vocabulary:
    """Words of titles and headings, found by how they are read. Pinyin stands nowhere else, least of all in the index."""

    def __init__(self, vocabulary: Iterable[str]) -> None:
        self._read: defaultdict[str, list[str]] = defaultdict(list)
        for word in vocabulary:
            syllables = lazy_pinyin(word)
            self._read["".join(syllables)].append(word)
            if len(word) > 2:
                self._read["".join(syllable[0] for syllable in syllables)].append(word)

    def corrections(self, string: str, count: Count) -> list[Alternative]:
        """Answer what a folded string may have been meant for and how often each occurs: xzfy, xingzhengfuyi, 行政复意."""
        if not correctable(string):
            return []
        candidates = self._latin(string) if _LATIN.fullmatch(string) else self._homophones(string)
        return _occurring(candidates, count)

    def _latin(self, string: str) -> Iterable[str]:
        return self._read.get(re.sub("[' ]", "", string), ())

    def _homophones(self, string: str) -> Iterator[str]:
        """Yield the string with a part of it, the longest first, exchanged for a word that is read alike."""
        for width in _WINDOW:
            for start in range(len(string) - width + 1):
                part = string[start : start + width]
                for word in self._read.get("".join(lazy_pinyin(part)), ()) if part.isalpha() else ():
                    if word != part and len(word) == width:
                        yield string[:start] + word + string[start + width :]


def nearest(string: str, count: Count) -> list[Alternative]:
    """Answer the strings closest to a folded one that do occur: 的 and 之, marks and digits otherwise, less at an end."""
    found = _occurring(_variants(string), count)
    ends = [string[: _longest(string, count)], string[len(string) - _longest(string[::-1], lambda s: count(s[::-1])) :]]
    enough = max(2, 2 * len(string) // 3)
    return [*found, *_occurring((end for end in ends if len(end) >= enough), count)]


def _occurring(strings: Iterable[str], count: Count) -> list[Alternative]:
    """Answer those of some strings that occur, the most frequent first."""
    tried = islice(dict.fromkeys(strings), _TRIED)
    found = [Alternative(string, number) for string in tried if (number := count(string))]
    return sorted(found, key=lambda alternative: -alternative.total)[:_OFFERED]


def _variants(string: str) -> Iterator[str]:
    for place, character in enumerate(string):
        if character in "的之":
            yield string[:place] + ("之" if character == "的" else "的") + string[place + 1 :]
            yield string[:place] + string[place + 1 :]
    yield _MARKS.sub("", string)
    yield _ARABIC.sub(lambda figures: chinese(int(figures[0])), string)
    cut = words(string)
    for place in range(1, len(cut)):
        yield "".join(cut[:place]) + "的" + "".join(cut[place:])


def _longest(string: str, count: Count) -> int:
    """Answer how many characters of a string's start occur together: what holds for some holds for fewer."""
    return bisect_left(range(1, len(string)), True, key=lambda length: not count(string[:length]))


def chinese(number: int) -> str:
    """Write a number below 10,000 as articles are numbered: 一百零二, 十二."""
    text, figures = "", str(number)
    for place, figure in enumerate(figures):
        unit = ("", "十", "百", "千")[len(figures) - 1 - place]
        text += "零一二三四五六七八九"[int(figure)] + (unit if figure != "0" else "")
    text = re.sub("零+", "零", text).rstrip("零") or "零"
    return text.removeprefix("一") if text.startswith("一十") else text


def vocabulary(terms: Iterable[str], titles: Iterable[str]) -> Vocabulary:
    """Make a vocabulary of index terms, which hold pairs of characters that are no words, and of whole titles."""
    known = (term for term in terms if len(term) > 2 or (len(term) == 2 and words(term) == [term]))
    return Vocabulary(word for word in dict.fromkeys((*known, *map(fold, titles))) if word.isalpha() and word > "⺀")
