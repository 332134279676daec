"""Decode again a run of characters that were read one byte off.

An annotation that was inserted between the two bytes of a character, or a byte that became a question mark, leaves everything
after it paired wrongly until a second byte happens to be an ASCII letter. Put back together, the bytes decode as they
should, but a decoder may have dropped pairs in between. So every way to read the run is followed and the likeliest taken, and
where a nearly as likely one differs, nothing is claimed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

from kb.base.lazy_re import lazy_re
from kb.ingest.disguise import gbk, readings
from kb.ingest.disguise.plausible import Model
from kb.ingest.disguise.simplify import made_traditional, simple

LOST = "〓"  # GB 2312's own mark for a character that cannot be printed
UNKNOWN = -1
SWALLOWED = "?\ufffd"

_NOTE = lazy_re(rf"[(?\ufffd]?[{readings.LETTERS}]+ ?\)?")
_FULL_WIDTH = 0xA3  # first byte of ，；：（）
_MARKS = (0xA1, _FULL_WIDTH)
_WIDTH = 24  # readings followed at a time

# Costs in bits, set by disguising 720 statutes with lists of 100 characters: no character that was wrong went unmarked.
_LOST_BITS = 10.0  # a character of which only one byte is known
_DROPPED_BITS = 6.0  # besides, that a decoder dropped the pair between two characters of which nothing else is known
_DROPPED_PAIR_BITS = 1.0  # the same, where the likeliest two characters can be told and bear their own cost
_UNLISTED_BITS = 12.0  # a listed character without its annotation, which the disguise does not allow
_MARGIN = 7.0  # between the likeliest reading and another one for it to count as proven


@dataclass(frozen=True, slots=True)
class Run:
    """A way to read the bytes up to `end` in the text as found, at a cost in bits.

    `pieces` are what was read so far, each with where in the text as found it was complete. `pending` is the first byte
    of the next character (UNKNOWN when only its presence is known, None at the run's end). `last` is the character before
    that one, where it is lost the likeliest that it can have been.
    """

    end: int
    pending: int | None
    pieces: tuple[tuple[int, str], ...] = ()
    bits: float = 0.0
    last: str = ""

    @property
    def restored(self) -> str:
        """The characters of the run."""
        return "".join(piece for _, piece in self.pieces)

    def extended(self, end: int, pending: int | None, piece: str, bits: float, last: str = "") -> Run:
        """Return this run with one more piece."""
        return Run(end, pending, (*self.pieces, (end, piece)), self.bits + bits, last or piece[-1:])


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads runs of a disguised `text` that annotates the characters `listed`."""

    text: str
    listed: frozenset[str]
    model: Model

    def realign(self, span: tuple[int, int], before: str, leads: Iterable[tuple[int, float]]) -> Run:
        """Read one byte off after `span`, in which a first byte got lost, until the text stands right again.

        `before` is the character that stands before; `leads` are the bytes that may be first, each with its cost in bits.
        The answer's `bits` are what the run costs more than the text as found: far below 0 where the run is right.
        """
        origin, start = span
        runs = [Run(start, lead, bits=bits) for lead, bits in leads]
        done: list[Run] = []
        while runs:
            following = [later for run in runs for later in self._steps(start, run, before)]
            done += [run for run in following if run.pending is None]
            runs = sorted((run for run in following if run.pending is not None), key=lambda run: run.bits)[:_WIDTH]
        return _agreed(self._compared(origin, before, done))

    def _compared(self, origin: int, before: str, runs: list[Run]) -> list[Run]:
        """Let all runs answer for the same stretch of text, and a little more; the likeliest first."""
        runs = [replace(run, end=self._past(run)) for run in runs]
        furthest = max(run.end for run in runs) + 2
        as_found = self.model.cost(before, self.text[origin:furthest])
        rests = (self._cost_of_rest(before + run.restored, run.end, furthest) for run in runs)
        costs = (replace(run, bits=run.bits + rest - as_found) for run, rest in zip(runs, rests, strict=True))
        return sorted(costs, key=lambda run: run.bits)

    def _cost_of_rest(self, before: str, start: int, end: int) -> float:
        """Return what the text after a run costs; its annotations, or when it is damaged again, are not the run's fault."""
        rest = before[-1:] + _NOTE.sub("", self.text[start:end])
        return sum(min(self.model.bits(one, other), _LOST_BITS) for one, other in pairwise(rest))

    def _past(self, run: Run) -> int:
        """Return where the annotations of the last character, or of the last pair as found, are over."""
        end = readings.past(self.text, run.end, run.restored[-1])
        return readings.past(self.text, end, self.text[end - 1])

    def _steps(self, start: int, run: Run, before: str) -> Iterator[Run]:
        """Yield every way to read the next thing of the text as found."""
        before = run.last or before
        if match := readings.ANNOTATION.match(self.text, run.end):
            if match["open"][0] in SWALLOWED:
                yield from self._halved(run, match["reading"], match.end(), before)
                return
            if run.end > start and readings.fits(self.text[run.end - 1], match["reading"]):
                yield replace(run, end=match.end())
                return
        char = self.text[run.end : run.end + 1]
        if char and char in SWALLOWED:
            yield run.extended(run.end + 1, None, LOST * 2, 2 * _LOST_BITS)
        codes = tuple(_codes(char))
        for code, bits in codes:
            yield from self._paired(run, code, bits, before)
        if not codes:
            yield run.extended(run.end, None, LOST, _LOST_BITS)

    def _halved(self, run: Run, reading: str, end: int, before: str) -> Iterator[Run]:
        """Yield the characters that an annotation completes: their second byte and its bracket became one mark."""
        yield run.extended(end, None, LOST, _LOST_BITS + _MARGIN)
        for trail in readings.seconds(run.pending, reading) if run.pending is not None else ():
            char = gbk.decode(run.pending or 0, trail)
            # First byte and reading name the character: how rare it is after `before` says little against it.
            bits = min(self.model.bits(before, char), _LOST_BITS)
            yield run.extended(end, None, char, bits + self._strangeness(char))

    def _strangeness(self, char: str) -> float:
        """Return in bits how little is to be expected that the page annotates a character: what conversion makes is."""
        if char in self.listed:
            return 0.0
        plain = simple(char)
        if plain == char:
            return 2 * _MARGIN
        return 0.0 if made_traditional(plain) == char else _MARGIN

    def _paired(self, run: Run, code: bytes, bits: float, before: str) -> Iterator[Run]:
        """Complete the pending character with the first byte; the second is pending or stands alone."""
        end, rest, pending = run.end + 1, "", None
        if len(code) == 2:
            if code[1] in gbk.LEADS:
                pending = code[1]
            else:
                rest = "€" if code[1] == gbk.EURO else chr(code[1])
        for after in dict.fromkeys(("", rest or self._next(end, pending))):
            dropped, lost = self._dropped(run, code[0], before, after)
            yield run.extended(end, pending, LOST * len(lost) + rest, bits + dropped, rest or lost[-1])
        if run.pending == UNKNOWN:
            yield run.extended(end, pending, LOST + rest, bits + _LOST_BITS)
        elif char := gbk.decode(run.pending or 0, code[0]):
            # An annotation between the bytes of the pair as found would have broken it: this character has none.
            unlisted = _UNLISTED_BITS if run.pieces and len(code) == 2 and char in self.listed else 0
            bits += unlisted + self.model.unconverted(char) + self.model.cost(before, char + rest)
            yield run.extended(end, pending, char + rest, bits)

    def _next(self, end: int, pending: int | None) -> str:
        """Return the character that would come next if nothing else were wrong, "" when none can."""
        following = self.text[end : end + 1]
        if pending is None:
            return following
        return next((gbk.decode(pending, code[0]) for code, _ in _codes(following)), "")

    def _dropped(self, run: Run, last: int, before: str, after: str) -> tuple[float, str]:
        """Return the cost of the characters where pairs were dropped, and the likeliest that they can have been."""
        if run.pending in (None, UNKNOWN):
            return _LOST_BITS + _DROPPED_BITS, LOST * 2
        bits, text = self.model.likeliest(before, gbk.around_dropped(run.pending or 0, last), after)
        text = text or LOST * 2
        if run.pending in _MARKS and not run.pieces:  # a mark alone is the rule after a swallowed byte
            return max(bits, _LOST_BITS) + _DROPPED_BITS, text
        # After the first byte of ， nearly every character is dropped: what else begins with it is the rarer reading.
        most = _LOST_BITS if run.pending == _FULL_WIDTH else bits
        return min(bits, most) + _DROPPED_PAIR_BITS, text


def _agreed(runs: list[Run]) -> Run:
    """Keep of the likeliest run what all that are nearly as likely have in common; the rest is lost."""
    best = runs[0]
    rivals = [frozenset(run.pieces) for run in runs if run.bits - best.bits < _MARGIN]
    common = frozenset.intersection(*rivals)
    pieces = ((end, piece if (end, piece) in common else LOST * len(piece)) for end, piece in best.pieces)
    return replace(best, pieces=tuple(pieces))


def _codes(char: str) -> Iterator[tuple[bytes, float]]:
    """Yield a character's bytes; within a run, ASCII may be what copying made of a full-width mark."""
    code = gbk.encode(char) if char and char != "\n" else b""
    if code and (len(code) > 1 or code[0] >= 0x40):
        yield code, 0
    if char == " ":
        yield b"\xa1\xa1", 0
    elif "!" <= char <= "~":
        yield bytes([_FULL_WIDTH, ord(char) + 0x80]), 0 if char < "@" else 8
