"""Real wordings near a string that stands nowhere: where they are, how far off, and what differs.

Sections that share the rarest pairs of characters are candidates. Where most of the pairs lie on one diagonal, the string
is aligned with the text (Sellers 1980, in Myers's bit vectors 1999); few edits, for the length of the string, are near.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from rapidfuzz.distance import Levenshtein

from kb.base import deadline
from kb.base.lazy_re import lazy_re
from kb.base.model import Alternative, Difference
from kb.chinese.figures import NO_NUMBER
from kb.chinese.identity import fold_with_places
from kb.search.answer.section_record import Stored
from kb.search.query.analysis import bigrams
from kb.search.query.authority import authority
from kb.search.query.matching import occurrences

CANDIDATES = 60
"""Sections that a string is aligned with at most."""

_OF_SHORT = 5_000
"""Those that are looked at for a short string: what is left of its pairs stands in many."""

LONGEST = 600
"""Characters of a string that near wordings are looked for: of a longer one, its sentences."""

BROKEN = 2
"""Pairs of characters that an edit breaks at most."""

OFFERED = 5
_SHORT, _MIDDLE, _LEAST = 8, 12, 4
_SHARE = 4
_SENTENCE = lazy_re(r"[^。；！？;!?\n]+[。；！？;!?]?")
_LONG_SENTENCES = 3
_PLACES = 12
_FIGURES = lazy_re(rf"[0-9]+(?:\.[0-9]+)?|(?!{NO_NUMBER})[零〇一二三四五六七八九十百千万亿两]+")
_SENSE = lazy_re(r"不得|不可|禁止|应当|应该|必须|可以|有权|无权|或者|并且|以上|以下|以内|以外|[不未无非免除勿]")


class Texts(Protocol):
    """One state of an index, as far as near wordings ask it."""

    def sharing(self, string: str, edits: int, most: int) -> Iterable[tuple[str, Any]]:
        """Return folded texts of sections of present documents that share as many pairs of characters with a folded string
        as so many edits leave, with what `kept` knows each by, those that share most first.
        """

    def kept(self, section: Any) -> Stored:
        """Return what is shown of a section."""

    def count(self, string: str) -> int:
        """Return how many sections of present documents contain a folded string."""

    def counts(self, strings: Sequence[str]) -> Sequence[int]:
        """Return the `count` of each of some strings: a cluster is asked for all together."""


@dataclass(frozen=True, slots=True)
class Aligned:
    """Where in a folded text a string comes nearest: [start, end), and the number of edits."""

    start: int
    end: int
    distance: int


def allowed(length: int) -> int:
    """Return how many edits of a string of some length are still near: of a short one, one; of a longer one, a quarter."""
    if length < _LEAST:
        return 0
    if length <= _SHORT:
        return 1
    return 2 if length <= _MIDDLE else length // _SHARE


def near(string: str, texts: Texts, offered: int = OFFERED) -> list[Alternative]:
    """Return the wordings nearest to a folded string, nearest first; of one that is very long, those of its sentences."""
    if len(string) <= LONGEST and (found := _wordings(string, texts, offered)):
        return found
    sentences = sorted((each[0] for each in _SENTENCE.finditer(string)), key=len, reverse=True)[:_LONG_SENTENCES]
    if sentences == [string]:
        return []
    return [one for each in sentences if len(each) <= LONGEST for one in _wordings(each, texts, 1)]


def _wordings(string: str, texts: Texts, offered: int) -> list[Alternative]:
    most = allowed(len(string))
    if not most:
        return []
    aligned = list(_aligned(string, texts, most) if most > 1 else _slips(string, texts))
    aligned.sort(key=lambda each: each[0])
    best: dict[str, tuple[int, Stored, Aligned]] = {}
    ranked = sorted(
        ((distance, stored, wording, found) for distance, stored, wording, found in _with_stored(aligned, texts)),
        key=lambda each: (each[0], -authority(each[1].listing), each[1].document, each[3].start),
    )
    for distance, stored, wording, found in ranked:
        best.setdefault(wording, (distance, stored, found))
    shown = list(best)[:offered]
    return [
        _alternative(string, wording, *best[wording], total)
        for wording, total in zip(shown, texts.counts(shown), strict=True)
    ]


def _aligned(string: str, texts: Texts, most: int) -> Iterator[tuple[int, Any, str, Aligned]]:
    for folded, section in deadline.checked(texts.sharing(string, most, CANDIDATES)):
        if found := align(string, folded, most):
            yield found.distance, section, folded[found.start : found.end], found


def _slips(string: str, texts: Texts) -> Iterator[tuple[int, Any, str, Aligned]]:
    """Yield where a short string stands but for one slip: a character too many, too few or another, or two exchanged."""
    halves, slip = (string[: len(string) // 2], string[len(string) // 2 :]), _one_slip(string)
    for folded, section in deadline.checked(texts.sharing(string, 1, _OF_SHORT)):
        if any(map(folded.__contains__, halves)) and slip.search(folded) and (found := align(string, folded, 1)):
            yield found.distance, section, folded[found.start : found.end], found
    both_ways = [string[:at] + string[at + 1] + string[at] + string[at + 2 :] for at in range(len(string) - 1)]
    for exchanged, total in zip(both_ways, texts.counts(both_ways), strict=True):
        if exchanged != string and total:
            for folded, section in texts.sharing(exchanged, 0, CANDIDATES):
                if (start := folded.find(exchanged)) >= 0:
                    yield 1, section, exchanged, Aligned(start, start + len(string), 1)


def _one_slip(string: str) -> re.Pattern[str]:
    """Match a string with one edit: then one half of it stands as it is, beside the other with the edit."""
    first, second = string[: len(string) // 2], string[len(string) // 2 :]
    return re.compile(f"{re.escape(first)}(?:{_edited(second)})|(?:{_edited(first)}){re.escape(second)}")


def _edited(string: str) -> str:
    escaped = list(map(re.escape, string))
    changed = ["".join((*escaped[:at], ".?", *escaped[at + 1 :])) for at in range(len(string))]
    inserted = ["".join((*escaped[:at], ".", *escaped[at:])) for at in range(len(string) + 1)]
    return "|".join((*changed, *inserted))


def _with_stored(
    aligned: Sequence[tuple[int, Any, str, Aligned]], texts: Texts
) -> Iterator[tuple[int, Stored, str, Aligned]]:
    """Yield the nearest with what is shown of them: no more than can be offered of each distance."""
    for distance, section, wording, found in aligned[: 4 * OFFERED]:
        yield distance, texts.kept(section), wording, found


def _alternative(string: str, wording: str, distance: int, stored: Stored, found: Aligned, total: int) -> Alternative:
    folded = fold_with_places(stored.text)
    start, end = folded.span(found.start, found.end)
    return Alternative(
        text=stored.text[start:end],
        total=total,
        document=stored.document,
        title=stored.title,
        anchor=stored.anchor,
        number=stored.number,
        distance=distance,
        difference=difference(string, wording),
        differs=differs(string, wording),
    )


def align(string: str, text: str, most: int) -> Aligned | None:
    """Return where a string comes nearest in a text, None where that takes more than `most` edits."""
    window = _window(string, text, most)
    if window is None:
        return None
    first, last = window
    end, distance = _nearest_end(string, text[first:last])
    if distance > most:
        return None
    start = first + end - _nearest_end(string[::-1], text[first : first + end][::-1], longest=True)[0]
    length, distance = _nearest_end(string, text[start : first + end + most], longest=True)
    return Aligned(start, start + length, distance)


def _window(string: str, text: str, most: int) -> tuple[int, int] | None:
    """Return the stretch of a text in which the pairs of a string lie at about the places they have in it."""
    diagonals: Counter[int] = Counter()
    width = most + 1
    for at, pair in enumerate(bigrams(string)):
        for number, (place, _) in enumerate(occurrences(text, pair)):
            if number == _PLACES:
                break
            diagonals[(place - at) // width] += 1
    if not diagonals:
        return None
    best = max(diagonals, key=lambda band: (diagonals[band] + diagonals[band + 1], -band))
    start = best * width - most
    return max(0, start), max(0, min(len(text), start + len(string) + 2 * width + 2 * most))


def _nearest_end(pattern: str, text: str, longest: bool = False) -> tuple[int, int]:
    """Return where in a text the nearest to a pattern ends, and how many edits it takes.

    Of ends that are as near the first, or the `longest` that does not take a second occurrence for the first.
    """
    length = len(pattern)
    full, last = (1 << length) - 1, 1 << (length - 1)
    masks: dict[str, int] = {}
    for place, character in enumerate(pattern):
        masks[character] = masks.get(character, 0) | 1 << place
    plus, minus, score, best, end = full, 0, length, length, 0
    for place, character in enumerate(text, start=1):
        equal = masks.get(character, 0)
        down = equal | minus
        across = (((equal & plus) + plus) ^ plus) | equal
        more, less = minus | (full & ~(across | plus)), plus & across
        if more & last:
            score += 1
        elif less & last:
            score -= 1
        more, less = (more << 1) & full, (less << 1) & full
        plus, minus = less | (full & ~(down | more)), more & down
        if score < best or (longest and score == best and place <= length):
            best, end = score, place
    return end, best


def difference(string: str, wording: str) -> tuple[Difference, ...]:
    """Return what makes a wording of a string: what is in both, what only the string has, what only the wording has."""
    found: list[Difference] = []
    for step in Levenshtein.opcodes(string, wording):
        ours, theirs = string[step.src_start : step.src_end], wording[step.dest_start : step.dest_end]
        if step.tag == "equal":
            found.append(Difference("same", theirs))
        else:
            found += [Difference("deleted", ours)] if ours else []
            found += [Difference("inserted", theirs)] if theirs else []
    return tuple(found)


def differs(string: str, wording: str) -> tuple[str, ...]:
    """Say where a wording does not only read otherwise but says something else: numbers, 不, 应当, 可以 and their like."""
    told = []
    for what, pattern in (("数字", _FIGURES), ("含义", _SENSE)):
        ours, theirs = Counter(pattern.findall(string)), Counter(pattern.findall(wording))
        lost, come = list((ours - theirs).elements()), list((theirs - ours).elements())
        if lost or come:
            told.append(f"{what}不同：“{'、'.join(lost) or '（没有）'}”，库里是“{'、'.join(come) or '（没有）'}”")
    return tuple(told)
