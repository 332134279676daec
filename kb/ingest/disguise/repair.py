"""Undo a mirror's disguise: annotations out, split characters realigned, then simplified. Identity on everything else.

How the disguise works: the text is converted to traditional characters and encoded in GBK; after every place where the two bytes
of a listed character stand, even across a character border, its pinyin is inserted in ASCII brackets.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from kb.base.lazy_re import lazy_re
from kb.base.model import Repair, RepairKind
from kb.chinese.identity import TO_ASCII
from kb.ingest.disguise import evidence, gbk, readings
from kb.ingest.disguise.plausible import Model
from kb.ingest.disguise.realign import LOST, SWALLOWED, UNKNOWN, Reader, Run
from kb.ingest.disguise.simplify import is_traditional, simplify

_SIGN = lazy_re(rf"{readings.ANNOTATION.pattern}|[?\ufffd](?=[^\s\x00-\x3a\x3c-\x40])")
_SUSPECT = lazy_re(r"[(?\ufffd]")
_SWALLOWED = lazy_re(r"[?\ufffd]")
_MARKS = "、。“”‘’《》〈〉〔〕【】—…，：；（）！？"
# Of 480 question marks put in place of other marks none saved 8 bits when read as half a mark; true halves save 20 and more.
_MARK_BITS = 4.0  # against a lost first byte at the outset
_PROOF_BITS = 12.0  # what its reading must save besides
_FULL_WIDTH = lazy_re("[\uff01-\uff5e]")
_ASCII_MARKS = lazy_re("[\u4e00-\u9fff][,:;!]")


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
    """Restore a text that was copied from a disguised mirror; answer any other text unchanged.

    What cannot be proved is a "doubtful" repair: left as found, or 〓 for each character that is lost.
    """
    if not _SIGN.search(text):
        return Repaired(text)
    found = evidence.gather(text)
    page = _Page(text, found)
    if found.proves(text):
        return _assembled(text, tuple(page.places()))
    marks = page.marks() if evidence.is_converted(text) else ()
    return _assembled(text, marks) if marks else Repaired(text)


class _Page:
    """A disguised page and what is known of it."""

    def __init__(self, text: str, found: evidence.Evidence) -> None:
        self.text = text
        self._evidence = found
        # Copies that turned full-width marks to ASCII did so everywhere: what is restored follows suit.
        self._is_folded = not _FULL_WIDTH.search(text) and len(_ASCII_MARKS.findall(text)) >= 3

    @cached_property
    def _reader(self) -> Reader:
        return Reader(self.text, self._listed, Model(self.text))

    @cached_property
    def _listed(self) -> frozenset[str]:
        return self._evidence.listed()

    def places(self) -> Iterator[_Place]:
        """Find every disturbed place, in order."""
        last, position = _Place(0, 0, "", "annotation"), 0
        while suspect := _SUSPECT.search(self.text, position):
            place = self._place(suspect.start(), self._before(suspect.start(), last))
            position = place.end if place else suspect.end()
            if place:
                yield place
                last = place

    def marks(self) -> tuple[_Place, ...]:
        """Find the places where the first byte of a punctuation mark was lost; none when none is proven."""
        places, position = [], 0
        while suspect := _SWALLOWED.search(self.text, position):
            place = self._mark(suspect.start(), self.text[max(suspect.start() - 1, 0) : suspect.start()])
            position = place.end if place else suspect.end()
            places += [place] if place else []
        return tuple(places) if any(_is_mark(place) for place in places) else ()

    def _before(self, start: int, last: _Place) -> str:
        """Return the two characters, restored, before a place."""
        if last.end < start - 1:
            return self.text[max(start - 2, 0) : start]
        return (self.text[max(last.start - 1, 0) : last.start] + last.restored + self.text[last.end : start])[-2:]

    def _place(self, start: int, before: str) -> _Place | None:
        if note := readings.ANNOTATION.match(self.text, start):
            return self._aligned(note, before) if note["open"] == "(" else self._split(note, before)
        if note := readings.UNFINISHED.match(self.text, start):
            return self._cut_off(note, before)
        return self._mark(start, before[-1:]) if self.text[start] in SWALLOWED else None

    def _aligned(self, note: re.Match[str], before: str) -> _Place | None:
        """An annotation that stands after the two bytes of its character: simply too much."""
        reading, char = readings.normal(note["reading"]), before[-1:]
        if not char:
            return None
        across = gbk.across(before[0], char) if char.isascii() else ""
        if across and readings.fits(across, reading):
            end = readings.past(self.text, note.end(), across)
        elif self._evidence.is_listed(char, reading):
            end = readings.past(self.text, note.end(), char)
        elif readings.is_syllable(reading):
            return _Place(note.start(), note.end(), note[0], "doubtful")
        else:
            return None
        start = note.start() - (self.text[note.start() - 1] == char)
        return _Place(start, end, self.text[start : note.start()], "annotation")

    def _split(self, note: re.Match[str], before: str) -> _Place | None:
        """An annotation between the two bytes of a character: compute the byte that its bracket swallowed."""
        lead = gbk.last_byte(before[-1:])
        leads = [(byte, self._strangeness(gbk.decode(lead, byte))) for byte in readings.seconds(lead, note["reading"])]
        if not leads and not readings.is_syllable(note["reading"]):
            return self._mark(note.start(), before[-1:])
        run = self._reader.realign(note.span(), before[-1:], leads or [(UNKNOWN, 0)])
        return self._realigned(note.start(), run, "lost-byte")

    def _strangeness(self, char: str) -> float:
        """Return in bits how little is to be expected that the page lists a character."""
        if char in self._listed:
            return 0
        return 8 if is_traditional(char) else 16

    def _mark(self, start: int, before: str) -> _Place | None:
        """A punctuation mark whose first byte became a question mark: proven by what the bytes after it say."""
        leads = [(0xA1, _MARK_BITS), (0xA3, _MARK_BITS)]
        run = self._reader.realign((start, start + 1), before, leads)
        if run.restored[0] in _MARKS + LOST and run.bits <= -_PROOF_BITS:
            return self._realigned(start, run, "mark")
        return _Place(start, start + 1, self.text[start], "doubtful") if run.bits < 0 else None

    def _realigned(self, start: int, run: Run, kind: RepairKind) -> _Place:
        restored = run.restored.translate(TO_ASCII) if self._is_folded else run.restored
        return _Place(start, run.end, restored, "doubtful" if LOST in restored else kind)

    def _cut_off(self, note: re.Match[str], before: str) -> _Place | None:
        """An annotation that the end of the text cuts off."""
        begun, char = readings.normal(note["reading"]), before[-1:]
        if note["open"] != "(":
            lead = gbk.last_byte(char)
            halves = (other for other in self._listed if gbk.encode(other)[0] == lead)
            lost = begun and any(known.startswith(begun) for other in halves for known in readings.of(other))
            return _Place(note.start(), note.end(), LOST, "doubtful") if lost else None
        is_listed = char in self._listed or (begun and not begun.isascii() and is_traditional(char))
        if is_listed and any(known.startswith(begun) for known in readings.of(char)):
            return _Place(note.start() - 1, note.end(), char, "annotation")
        return None


def _is_mark(place: _Place) -> bool:
    """Return whether a place is a slid run for sure: its mark came back, or enough of what follows it did."""
    return place.restored[0] in _MARKS or (place.restored[0] == LOST and len(place.restored.replace(LOST, "")) >= 3)


def _assembled(text: str, places: tuple[_Place, ...]) -> Repaired:
    """Put the restored places into the text and simplify it; characters stay one for one, so positions hold."""
    pieces, positions, end, length = [], [], 0, 0
    for place in places:
        pieces += [text[end : place.start], place.restored]
        positions.append(length + place.start - end)
        length += place.start - end + len(place.restored)
        end = place.end
    traditional = "".join([*pieces, text[end:]])
    simplified = simplify(traditional)
    repairs = tuple(
        Repair(place.kind, at, simplified[at : at + len(place.restored)], text[place.start : place.end])
        for at, place in zip(positions, places, strict=True)
    )
    changed = sum(old != new for old, new in zip(traditional, simplified, strict=True))
    return Repaired(simplified, repairs, changed, disguised=True)
