"""Decode again a run of characters that were read one byte off.

An annotation that was inserted between the two bytes of a character, or a byte that became a question mark, leaves everything
after it paired wrongly until a second byte happens to be an ASCII letter. Put back together, the bytes decode as they
should, but a decoder may have dropped pairs in between. So every way to read the run is followed and the likeliest taken, and
where a nearly as likely one differs, nothing is claimed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from kb.ingest import gbk, readings
from kb.ingest.plausible import Model

LOST = "〓"  # GB 2312's own mark for a character that cannot be printed
UNKNOWN = -1
SWALLOWED = "?\ufffd"

_FULL_WIDTH = 0xA3
_LOST_BITS = 10.0  # the cost of a character of which only one byte is known
_DROPPED_BITS = 5.0  # besides: decoders drop about one wrong pair in ten
_MARGIN = 6.0  # bits between the likeliest reading and another one for it to count as proven
_WIDTH = 24  # readings followed at a time


@dataclass(frozen=True, slots=True)
class Run:
    """A way to read the bytes up to `end` in the text as found, at a cost in bits.

    `pieces` are what was read so far, each with where in the text as found it was complete. `pending` is the first byte
    of the next character (UNKNOWN when only its presence is known, None at the run's end).
    """

    end: int
    pending: int | None
    pieces: tuple[tuple[int, str], ...] = ()
    bits: float = 0.0

    @property
    def restored(self) -> str:
        """The characters of the run."""
        return "".join(piece for _, piece in self.pieces)

    def extended(self, end: int, pending: int | None, piece: str, bits: float) -> Run:
        """Answer this run with one more piece."""
        return Run(end, pending, (*self.pieces, (end, piece)), self.bits + bits)


def realign(text: str, span: tuple[int, int], before: str, leads: Iterable[tuple[int, float]], model: Model) -> Run:
    """Read `text` one byte off after `span`, in which the first byte got lost, until it stands right again.

    `before` is the character that stands before; `leads` are the bytes that may be first, each with its cost in bits.
    The answer's `bits` are what the run costs more than the text as found: far below 0 where the run is right.
    """
    origin, start = span
    runs = [Run(start, lead, bits=bits) for lead, bits in leads]
    done: list[Run] = []
    while runs:
        following = [later for run in runs for later in _steps(text, start, run, before, model)]
        done += [run for run in following if run.pending is None]
        runs = sorted((run for run in following if run.pending is not None), key=lambda run: run.bits)[:_WIDTH]
    return _agreed(_compared(text, origin, before, done, model))


def _compared(text: str, origin: int, before: str, runs: list[Run], model: Model) -> list[Run]:
    """Let all runs answer for the same stretch of text, and a little more; the likeliest first."""
    runs = [replace(run, end=_past(text, run)) for run in runs]
    furthest = max(run.end for run in runs) + 2
    as_found = model.cost(before, text[origin:furthest])
    after = (model.cost((before + run.restored)[-1:], text[run.end : furthest]) for run in runs)
    costs = [replace(run, bits=run.bits + cost - as_found) for run, cost in zip(runs, after, strict=True)]
    return sorted(costs, key=lambda run: run.bits)


def _past(text: str, run: Run) -> int:
    """Answer where the annotations of the last character, or of the last pair as found, are over."""
    end = readings.past(text, run.end, run.restored[-1])
    return readings.past(text, end, text[end - 1])


def _agreed(runs: list[Run]) -> Run:
    """Keep of the likeliest run what all that are nearly as likely have in common; the rest is lost."""
    best = runs[0]
    rivals = [frozenset(run.pieces) for run in runs if run.bits - best.bits < _MARGIN]
    common = frozenset.intersection(*rivals)
    pieces = ((end, piece if (end, piece) in common else LOST * len(piece)) for end, piece in best.pieces)
    return replace(best, pieces=tuple(pieces))


def _steps(text: str, start: int, run: Run, before: str, model: Model) -> Iterator[Run]:
    """Yield every way to read the next thing of the text as found."""
    if match := readings.ANNOTATION.match(text, run.end):
        if match["open"][0] in SWALLOWED:
            yield from _halved(run, match["reading"], match.end(), before, model)
            return
        if run.end > start and readings.fits(text[run.end - 1], match["reading"]):
            yield replace(run, end=match.end())
            return
    char = text[run.end : run.end + 1]
    if char and char in SWALLOWED:
        yield run.extended(run.end + 1, None, LOST * 2, 2 * _LOST_BITS)
    codes = tuple(_codes(char))
    for code, bits in codes:
        yield from _paired(run, code, bits, before, model)
    if not codes:
        yield run.extended(run.end, None, LOST, _LOST_BITS)


def _halved(run: Run, reading: str, end: int, before: str, model: Model) -> Iterator[Run]:
    """Yield the characters that an annotation completes: their second byte and its bracket became one mark."""
    yield run.extended(end, None, LOST, _LOST_BITS + _MARGIN)
    for trail in readings.seconds(run.pending, reading) if run.pending is not None else ():
        char = gbk.decode(run.pending or 0, trail)
        yield run.extended(end, None, char, model.bits((before + run.restored)[-1], char))


def _codes(char: str) -> Iterator[tuple[bytes, float]]:
    """Yield a character's bytes; within a run, ASCII may be what copying made of a full-width mark."""
    code = gbk.encode(char) if char and char != "\n" else b""
    if code and (len(code) > 1 or code[0] >= 0x40):
        yield code, 0
    if char == " ":
        yield b"\xa1\xa1", 0
    elif "!" <= char <= "~":
        yield bytes([_FULL_WIDTH, ord(char) + 0x80]), 0 if char < "@" else 8


def _paired(run: Run, code: bytes, bits: float, before: str, model: Model) -> Iterator[Run]:
    """Complete the pending character with the first byte; the second is pending or stands alone."""
    rest, pending = "", None
    if len(code) == 2:
        if code[1] in gbk.LEADS:
            pending = code[1]
        else:
            rest = "€" if code[1] == gbk.EURO else chr(code[1])
    yield run.extended(run.end + 1, pending, LOST * 2 + rest, bits + _LOST_BITS + _DROPPED_BITS)
    previous = (before + run.restored)[-1]
    if run.pending == UNKNOWN:
        yield run.extended(run.end + 1, pending, LOST + rest, bits + _LOST_BITS)
    elif char := gbk.decode(run.pending or 0, code[0]):
        yield run.extended(run.end + 1, pending, char + rest, bits + model.cost(previous, char + rest))
