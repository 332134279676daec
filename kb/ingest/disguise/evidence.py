"""What a page shows of its disguise: which characters it annotates, and whether that proves a disguise at all.

A mirror's annotations are mechanical: every occurrence of a listed character has one. A person's are not: a gloss
stands where a rare character is met first.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from kb.base.lazy_re import lazy_re
from kb.ingest.disguise import gbk, readings
from kb.ingest.disguise.simplify import is_common, is_traditional, made_traditional

_HANZI = lazy_re("[\u4e00-\u9fff]")
_SPLIT = lazy_re(rf"(?<=[^\x00-\xff])[?\ufffd](?P<reading>[{readings.LETTERS}]{{1,7}}) ?\)")
_ACROSS = lazy_re(rf"(?P<before>[^\x00-\xff][@-~])\((?P<reading>[{readings.LETTERS}]{{1,7}}) ?\)")
_SHORT = 300  # characters: a title or a paragraph, where nothing can be expected to occur often


@dataclass(frozen=True, slots=True)
class Evidence:
    """The annotations of a page: how often each character has one, and how often it stands there at all."""

    annotated: Counter[tuple[str, str]]
    occurrences: Counter[str]

    def is_listed(self, char: str, reading: str) -> bool:
        """Return whether the page annotates this character by machine, rather than once for its reader."""
        count = self.annotated[char, reading]
        total = self.occurrences[char]
        if readings.fits(char, reading):
            mostly, again = 2 * count > total, count > 1 or is_common(char)
            return (mostly or again) if is_traditional(char) else (mostly and again)
        return count >= 3 and count >= 0.9 * total and is_traditional(char) and readings.is_syllable(reading)

    def listed(self) -> frozenset[str]:
        """Return all characters that the page annotates."""
        return frozenset(char for char, reading in self.annotated if self.is_listed(char, reading))

    def proves(self, text: str) -> bool:
        """Return whether a page is a disguised mirror's. Traditional characters alone are no proof."""
        hanzi = len(_HANZI.findall(text))
        always = [
            count
            for (char, reading), count in self.annotated.items()
            if is_traditional(char) and readings.fits(char, reading) and count >= 0.8 * self.occurrences[char]
        ]
        repeated = sum(count - 1 for count in always)
        mechanical = repeated >= 2 or len(always) >= (2 if hanzi <= _SHORT else 5) or _is_split(text)
        return mechanical and 2 * sum(always) <= hanzi and is_converted(text)


def gather(text: str) -> Evidence:
    """Count the annotations of a page, whole ones only."""
    annotated = Counter(
        (text[match.start() - 1], readings.normal(match["reading"]))
        for match in readings.ANNOTATION.finditer(text)
        if match.start() and match["open"] == "("
    )
    return Evidence(annotated, Counter(text))


def _is_split(text: str) -> bool:
    """Return whether an annotation stands where the bytes of two characters meet: no person writes that."""
    for match in _SPLIT.finditer(text):
        lead = gbk.last_byte(text[match.start() - 1])
        if any(is_traditional(gbk.decode(lead, trail)) for trail in readings.seconds(lead, match["reading"])):
            return True
    across = ((gbk.across(*match["before"]), match["reading"]) for match in _ACROSS.finditer(text))
    return any(is_traditional(char) and readings.normal(reading) in readings.of(char) for char, reading in across)


def is_converted(text: str) -> bool:
    """Return whether traditional characters outnumber simplified ones."""
    chars = Counter(_HANZI.findall(text))
    traditional = sum(count for char, count in chars.items() if is_traditional(char))
    simplified = sum(count for char, count in chars.items() if made_traditional(char) != char)
    return 2 * traditional >= simplified
