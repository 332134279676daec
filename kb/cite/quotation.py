"""A quotation's seal: short enough for an address, and it tells later whether the quoted words still stand.

A seal is `LENGTH-SUM` of the quoted words without white space: how many characters, and 16 hexadecimal digits. The
first four are the sum of their code points modulo 65,536, the other twelve the start of the sha256 of their UTF-8. With
the length and the sum a text of 100,000 characters is searched in a millisecond; the sha256 then decides.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from kb.base.errors import UnreadableError, UsageError
from kb.base.lazy_re import lazy_re
from kb.base.model import Document, Part, Section
from kb.compare.characters import Run, characters
from kb.compare.sections import counterpart, likeness
from kb.corpus.folder import Corpus

_SEAL = lazy_re(r"([1-9][0-9]{0,5})-([0-9a-f]{16})")
_LEAST_ALIKE = 0.3


@dataclass(frozen=True, slots=True)
class Seal:
    """What an address remembers of a quotation."""

    length: int
    digest: str

    def __str__(self) -> str:
        return f"{self.length}-{self.digest}"

    @classmethod
    def of(cls, text: str) -> Seal:
        """Seal a text. Raises UsageError where there is nothing but white space."""
        plain = "".join(text.split())
        if not plain:
            raise UsageError("引文是空的：请选取一些文字。")
        return cls(len(plain), _digest(plain))

    @classmethod
    def read(cls, value: str) -> Seal:
        """Read a seal off an address. Raises UsageError."""
        found = _SEAL.fullmatch(value)
        if not found:
            raise UsageError("地址里的 quote 不完整：它应当像 27-3fa9c1d2e4b50718，请重新复制整个地址。")
        return cls(int(found[1]), found[2])

    def find(self, text: str) -> tuple[int, int] | None:
        """Find where the sealed words stand in a text, as [start, end); None where they do not."""
        plain, places = _plain(text)
        if self.length > len(plain):
            return None
        points = np.frombuffer(plain.encode("utf-32-le", "surrogatepass"), np.uint32).astype(np.int64)
        sums = np.concatenate(([0], np.cumsum(points)))
        window = (sums[self.length :] - sums[: -self.length]) % 65_536
        for start in np.flatnonzero(window == int(self.digest[:4], 16)):
            if _digest(plain[start : start + self.length]) == self.digest:
                return places[start], places[start + self.length - 1] + 1
        return None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a quotation: `unchanged`, `changed` or `gone`; `unknown` where no version has those words.

    `quoted` are the words as they were, `runs` what differs now, `anchor` where they, or the words most like them,
    stand in the text that was looked at; `version` is the one they were found in, "" for that text itself.
    """

    state: Literal["unchanged", "changed", "gone", "unknown"]
    quoted: str = ""
    runs: tuple[Run, ...] = ()
    anchor: str = ""
    version: str = ""


def check(corpus: Corpus, document: Document, seal: Seal) -> Verdict:
    """Look for sealed words in a text of a document, then in its versions, the newest first.

    A version that cannot be read is passed over: `kb check` tells of it.
    """
    if span := seal.find(document.text):
        return Verdict("unchanged", document.text[slice(*span)], (), _at(document, span[0]).anchor)
    for version, other in _others(corpus, document.id):
        if span := seal.find(other.text):
            return _changed(document, other, span, version)
    return Verdict("unknown")


def _others(corpus: Corpus, id: str) -> Iterator[tuple[str, Document]]:
    for version in corpus.history(id):
        try:
            yield version.version, corpus.read(id, version.version)
        except UnreadableError:
            continue


def _changed(document: Document, other: Document, span: tuple[int, int], version: str) -> Verdict:
    """Set the words of another version against where they stand now."""
    quoted = other.text[slice(*span)]
    there = counterpart(other, document, _at(other, span[0]).anchor)
    if there is None:
        return Verdict("gone", quoted, version=version)
    runs = list(characters(quoted, _stretch(document, there, len(quoted))))
    while runs and runs[0].kind == "inserted":
        runs.pop(0)
    while runs and runs[-1].kind == "inserted":
        runs.pop()
    now = "".join(run.text for run in runs if run.kind != "deleted")
    if likeness(quoted, now) < _LEAST_ALIKE:
        return Verdict("gone", quoted, anchor=there.anchor, version=version)
    return Verdict("changed", quoted, tuple(runs), there.anchor, version)


def find_text(text: str, quotation: str, near: int = 0) -> tuple[int, int] | None:
    """Find words in a text whatever the white space, as [start, end): at or after `near`, else the first there are."""
    plain, places = _plain(text)
    wanted = "".join(quotation.split())
    at = plain.find(wanted, bisect_right(places, near - 1)) if wanted else -1
    at = plain.find(wanted) if at < 0 and wanted else at
    return None if at < 0 else (places[at], places[at + len(wanted) - 1] + 1)


def _plain(text: str) -> tuple[str, list[int]]:
    """A text without white space, and where each of its characters stands in the text."""
    places = [place for place, character in enumerate(text) if not character.isspace()]
    return "".join(map(text.__getitem__, places)), places


def _digest(plain: str) -> str:
    data = plain.encode("utf-8", "surrogatepass")
    return f"{sum(map(ord, plain)) % 65_536:04x}{hashlib.sha256(data).hexdigest()[:12]}"


def _starts(document: Document) -> Iterator[tuple[int, Section]]:
    """Yield where each section's text starts in the document's."""
    start = 0
    for section in document.walk():
        yield start, section
        start += len(section.text)


def _at(document: Document, position: int) -> Section | Part:
    """The innermost part, or else the section, in which a character of the text stands."""
    start, section = max((each for each in _starts(document) if each[0] <= position), key=lambda each: each[0])
    inside = [part for part in section.parts if part.start <= position - start < part.end]
    return min(inside, key=lambda part: part.end - part.start, default=section)


def _stretch(document: Document, place: Section | Part, length: int) -> str:
    """The text of a place, and what follows where a quotation of this length may go on after it."""
    for start, section in _starts(document):
        anchors = {section.anchor: 0, **{part.anchor: part.start for part in section.parts}}
        if place.anchor in anchors:
            first = start + anchors[place.anchor]
            return document.text[first : max(start + len(section.text), first + 2 * length)]
    return ""
