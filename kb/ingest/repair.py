"""Undo a mirror's disguise: annotations out, split characters realigned, then simplified. Identity on everything else.

How the disguise works: the text is converted to traditional characters and encoded in GBK; after every place where the two bytes
of a listed character stand, even across a character border, its pinyin is inserted in ASCII brackets.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from kb.ingest import gbk, readings
from kb.ingest.realign import UNKNOWN, realign
from kb.ingest.simplify import is_traditional, simplify
from kb.model import Repair, RepairKind


@dataclass(frozen=True, slots=True)
class Repaired:
    """A text without its disguise; `simplified` counts the characters that were converted."""

    text: str
    repairs: tuple[Repair, ...] = ()
    simplified: int = 0
    disguised: bool = False


@dataclass(frozen=True, slots=True)
class _Place:
    """`text[start:end]` as found stands for `restored`."""

    start: int
    end: int
    restored: str
    kind: RepairKind


def repair(text: str) -> Repaired:
    """Restore a text that was copied from a disguised mirror; answer any other text unchanged."""
    if not readings.ANNOTATION.search(text):
        return Repaired(text)
    listed = _listed(text)
    if not _is_disguised(listed):
        return Repaired(text)
    return _assemble(text, tuple(_places(text, listed)))


def _listed(text: str) -> Mapping[tuple[str, str], int]:
    """Count the characters that stand before an annotation with one of their readings."""
    return Counter(
        (text[match.start() - 1], readings.normal(match["reading"]))
        for match in readings.ANNOTATION.finditer(text)
        if match.start() and readings.normal(match["reading"]) in readings.of(text[match.start() - 1])
    )


def _is_disguised(listed: Mapping[tuple[str, str], int]) -> bool:
    return sum(count for (char, _), count in listed.items() if is_traditional(char)) >= 2


def _places(text: str, listed: Mapping[tuple[str, str], int]) -> Iterator[_Place]:
    """Find every disturbed place of a disguised text, in order."""
    position = 0
    while match := readings.ANNOTATION.search(text, position):
        place = _aligned(text, match) if match["open"] == "(" else _split(text, match, listed)
        position = max(match.end(), place.end if place else 0)
        if place:
            yield place


def _aligned(text: str, match: re.Match[str]) -> _Place | None:
    """An annotation whose last two bytes before it are those of its character: simply too much."""
    before, reading = text[: match.start()][-2:], readings.normal(match["reading"])
    if not before:
        return None
    across = gbk.decode((gbk.encode(before[0]) or b"\0")[-1], (gbk.encode(before[-1]) or b"\0")[0])
    for char in (before[-1], across):
        if char and reading in readings.of(char):
            return _Place(match.start() - 1, readings.past(text, match.end(), char), before[-1], "annotation")
    return None


def _split(text: str, match: re.Match[str], listed: Mapping[tuple[str, str], int]) -> _Place | None:
    """An annotation between the two bytes of a character: compute the byte that its bracket swallowed."""
    before, reading = gbk.encode(text[match.start() - 1 : match.start()]), readings.normal(match["reading"])
    seconds = readings.by_lead().get((before[-1], reading), ()) if before else ()
    known = [second for second in seconds if (gbk.decode(before[-1], second), reading) in listed] or seconds
    if not known:
        return None
    run = realign(text, match.end(), known[0] if len(known) == 1 else UNKNOWN)
    return _Place(match.start(), run.end, run.restored, "lost-byte" if run.certain else "doubtful")


def _assemble(text: str, places: tuple[_Place, ...]) -> Repaired:
    pieces, positions, end = [], [], 0
    length = 0
    for place in places:
        clean = text[end : place.start]
        pieces += [clean, place.restored]
        positions.append(length + len(clean))
        length += len(clean) + len(place.restored)
        end = place.end
    traditional = "".join([*pieces, text[end:]])
    simplified = simplify(traditional)
    repairs = tuple(
        Repair(place.kind, at, simplified[at : at + len(place.restored)], text[place.start : place.end])
        for at, place in zip(positions, places, strict=True)
    )
    changed = sum(old != new for old, new in zip(traditional, simplified, strict=True))
    return Repaired(simplified, repairs, changed, disguised=True)
