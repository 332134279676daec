"""Decode again a run of characters that were read one byte off.

An annotation that was inserted between the two bytes of a character leaves the first byte alone, and everything after it
is paired wrongly until a second byte happens to be an ASCII letter. Put back together, the bytes decode as they should.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from kb.ingest import gbk, readings

LOST = "〓"  # GB 2312's own mark for a character that cannot be printed
UNKNOWN = -1
_FULL_WIDTH = 0xA3
_SWALLOWED = "?\ufffd"


@dataclass(frozen=True, slots=True)
class Run:
    """Bytes on their way to characters: `restored` so far, up to `end` in the text as found.

    `pending` is the first byte of the next character (UNKNOWN when only its presence is known, None at the run's end).
    """

    end: int
    pending: int | None
    restored: str = ""

    @property
    def certain(self) -> bool:
        """Tell whether every character of the run is known."""
        return LOST not in self.restored


def realign(text: str, start: int, pending: int) -> Run:
    """Decode the characters of `text` from `start` on, one byte off, until they stand right again."""
    run = Run(start, pending)
    while run.pending is not None:
        run = _step(text, run)
    return replace(run, end=readings.past(text, run.end, run.restored[-1:]))


def _step(text: str, run: Run) -> Run:
    if match := readings.ANNOTATION.match(text, run.end):
        if match["open"] != "(":
            return _annotated_half(run, match["reading"], match.end())
        if readings.normal(match["reading"]) in readings.of(text[run.end - 1]):
            return replace(run, end=match.end())
    char = text[run.end : run.end + 1]
    if char and char in _SWALLOWED:
        return Run(run.end + 1, None, run.restored + LOST * 2)
    code = _bytes_inside(char)
    if not code:
        return Run(run.end, None, run.restored + LOST)
    return _pair(run, code)


def _annotated_half(run: Run, reading: str, end: int) -> Run:
    trails = () if run.pending is None else readings.by_lead().get((run.pending, readings.normal(reading)), ())
    char = gbk.decode(run.pending, trails[0]) if len(trails) == 1 and run.pending is not None else LOST
    return Run(end, None, run.restored + char)


def _bytes_inside(char: str) -> bytes:
    """Answer a character's bytes within a run, where ASCII that cannot be a second byte stands for a full-width mark."""
    if char == " ":
        return b"\xa1\xa1"
    if "!" <= char < "@":
        return bytes([_FULL_WIDTH, ord(char) + 0x80])
    return gbk.encode(char) if char and char != "\n" else b""


def _pair(run: Run, code: bytes) -> Run:
    """Complete the pending character with the first byte; the second is pending or stands alone."""
    char = LOST if run.pending in (UNKNOWN, None) else gbk.decode(run.pending or 0, code[0]) or LOST
    rest, pending = "", None
    if len(code) == 2:
        if code[1] in gbk.LEADS:
            pending = code[1]
        else:
            rest = "€" if code[1] == gbk.EURO else chr(code[1])
    return Run(run.end + 1, pending, run.restored + char + rest)
