"""The other documents that a file holds: what is forwarded, proclaimed, or printed after the first one in a gazette."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from kb.base.model import Section
from kb.structure import heads, outline, signatures


@dataclass(frozen=True, slots=True)
class Contained:
    """A document inside a file: its address there and what it says of itself, "" where it does not."""

    anchor: str
    title: str
    number: str
    issuer: str
    date: str


def contained(sections: Iterable[Section]) -> Iterator[Contained]:
    """Yield the documents after the first one of a file; annexes that are marked as such are none."""
    for section in sections:
        if outline.is_part(section.anchor) and not section.number:
            own = "".join(each.text for each in section.walk() if not _is_inside(each.anchor, section.anchor))
            head = heads.read(own)
            issuer, date = signatures.find(own)
            number = heads.number_in_figures(head.number)
            yield Contained(section.anchor, section.heading, number, issuer or head.issuer, date or head.adopted)


def _is_inside(anchor: str, part: str) -> bool:
    """Return whether a section belongs to an annex of this part."""
    return any(outline.is_part(anchor[:end]) for end in _steps(anchor) if end > len(part))


def _steps(anchor: str) -> Iterator[int]:
    yield from (at for at, character in enumerate(anchor) if character == "-")
    yield len(anchor)
