"""Documents of one pattern side by side: the same section across years and places, and the figures in it.

Sections are the same by their number, by their heading, or by the likeness of their words; the first document leads.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import chain
from typing import Literal

from kb.base import deadline
from kb.base.model import Document, Listing, Section
from kb.chinese.figures import Figure, figures
from kb.chinese.issuers_and_laws import NATION
from kb.chinese.places import UNITS

How = Literal["", "number", "heading", "words"]

_PLACE = re.compile(rf"^(?:{NATION}|(?!城市|城乡)[\u4e00-\u9fff]{{2,8}}?(?:{UNITS}))+")
_CHANGING = re.compile(r"[\d〇○一二三四五六七八九十]{4}年度?|\d+|[（(].*?[)）]|\s")
_LIKE_TITLE = 0.6
_LIKE_WORDS = 0.3
_LIKE_NUMBERED = 0.2
_LIKE_HEADING = 0.6
_LIKE_LABEL = 0.5
_CANDIDATES = 8
_SHORTEST = 4


@dataclass(frozen=True, slots=True)
class Cell:
    """A document's section in a row, and `how` it was found to be the same; no section where there is none."""

    section: Section | None = None
    how: How = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One section across the documents, in their order."""

    cells: tuple[Cell, ...]

    @property
    def first(self) -> Section:
        """The section that names the row: the leading document's, or the first that there is."""
        return next(cell.section for cell in self.cells if cell.section)


@dataclass(frozen=True, slots=True)
class Counted:
    """One thing that is counted, across the documents: a label, a unit, and (section, figure) where a document has it."""

    label: str
    unit: str
    cells: tuple[tuple[Section, Figure] | None, ...]


@lru_cache(maxsize=20_000)
def pattern(title: str) -> str:
    """What stays of a title when place, year and numbers are taken away: "濠江区2021年…报告" → "…报告"."""
    return _CHANGING.sub("", _PLACE.sub("", title)) or title


def alike(listing: Listing, listings: Iterable[Listing], limit: int) -> list[Listing]:
    """The documents of the same kind and pattern of title, most alike first, then newest first."""
    own = pairs(pattern(listing.title))
    scored = [
        (likeness(own, pairs(pattern(other.title))), other)
        for other in listings
        if other.id != listing.id and other.kind == listing.kind
    ]
    found = sorted((each for each in scored if each[0] >= _LIKE_TITLE), key=lambda each: -each[0])
    return [other for _, other in found[:limit]]


def pairs(text: str) -> frozenset[str]:
    """Every two neighbouring characters of a text, without white space, marks and digits."""
    plain = re.sub(r"[\W\d_]+", "", text)
    return frozenset(plain[at : at + 2] for at in range(max(len(plain) - 1, 1))) if plain else frozenset()


def likeness(one: frozenset[str], other: frozenset[str]) -> float:
    """From 0 (nothing in common) to 1 (the same): Dice's coefficient."""
    together = len(one) + len(other)
    return 2 * len(one & other) / together if together else 0.0


@dataclass(slots=True)
class _Read:
    """A section as it is compared."""

    section: Section
    heading: frozenset[str]
    words: frozenset[str]
    taken: bool = field(default=False)


def align(documents: Sequence[Document]) -> list[Row]:
    """Align the sections of documents to those of the first; what only others have comes last.

    Titles and signatures are left out: they name a document and are not compared.
    """
    read = [[_read(section) for section in document.walk() if _compared(section)] for document in documents]
    lead, others = read[0], read[1:]
    partners = [_partners(lead, other) for other in others]
    rows = [
        Row((Cell(each.section, "number"), *(chosen.get(place, Cell()) for chosen in partners)))
        for place, each in enumerate(lead)
    ]
    return rows + list(_left_over(others, len(documents)))


def _left_over(others: Sequence[Sequence[_Read]], width: int) -> Iterator[Row]:
    for column, sections in enumerate(others, start=1):
        for each in sections:
            if not each.taken:
                yield Row(tuple(Cell(each.section) if at == column else Cell() for at in range(width)))


def _compared(section: Section) -> bool:
    return section.anchor not in ("title", "signature")


def _read(section: Section) -> _Read:
    return _Read(section, pairs(section.heading), pairs(section.text))


def _partners(lead: Sequence[_Read], other: Sequence[_Read]) -> dict[int, Cell]:
    """Pair the sections of two documents, the surest pairs first, each section once."""
    scored = [
        (score, how, place, candidate)
        for place, candidate in _candidates(lead, other)
        for score, how in [_score(lead[place], candidate)]
        if how
    ]
    chosen: dict[int, Cell] = {}
    for _, how, place, candidate in sorted(scored, key=lambda each: -each[0]):
        if place not in chosen and not candidate.taken:
            candidate.taken = True
            chosen[place] = Cell(candidate.section, how)
    return chosen


def _candidates(lead: Sequence[_Read], other: Sequence[_Read]) -> Iterator[tuple[int, _Read]]:
    """For each section of the one, those of the other worth a look: of the same number, or with the most pairs in common."""
    holding: dict[str, list[int]] = defaultdict(list)
    for place, each in enumerate(other):
        for pair in each.words:
            holding[pair].append(place)
    numbered = {each.section.anchor: place for place, each in enumerate(other)}
    common = max(len(other) // 4, 20)
    for place, one in enumerate(deadline.checked(lead)):
        rare = (holding[pair] for pair in one.words if len(holding.get(pair, ())) <= common)
        shared = Counter(chain.from_iterable(rare))
        found = {candidate for candidate, _ in shared.most_common(_CANDIDATES)}
        if one.section.anchor in numbered:
            found.add(numbered[one.section.anchor])
        yield from ((place, other[candidate]) for candidate in sorted(found))


def _score(one: _Read, other: _Read) -> tuple[float, How]:
    """How sure it is that two sections are the same, and by what; "" where they are not."""
    same_number = one.section.anchor == other.section.anchor
    heading, words = likeness(one.heading, other.heading), likeness(one.words, other.words)
    total = heading + words + 0.25 * same_number
    if one.heading and other.heading:
        if heading >= _LIKE_HEADING:
            return total + 1, "heading"
    elif same_number and words >= _LIKE_NUMBERED:
        return total, "number"
    return (total, "words") if words >= _LIKE_WORDS else (0.0, "")


def counted(rows: Iterable[Row], documents: Sequence[Document]) -> list[Counted]:
    """What is counted in aligned sections of documents: figures of one unit whose labels are alike stand in one line.

    A number with a doubtful character in it or beside it is not counted.
    """
    doubtful = [document.doubtful() for document in documents]
    return [line for row in rows for line in _lines(row, doubtful)]


def _lines(row: Row, doubtful: Sequence[Mapping[str, Sequence[tuple[int, int]]]]) -> Iterator[Counted]:
    columns = [
        list(figures(cell.section.text, places.get(cell.section.anchor, ()))) if cell.section else []
        for cell, places in zip(row.cells, doubtful, strict=True)
    ]
    for column, own in enumerate(columns):
        for figure in own:
            cells: list[tuple[Section, Figure] | None] = [None] * len(columns)
            cells[column] = _placed(row, column, figure)
            for later in range(column + 1, len(columns)):
                match = _same(figure, columns[later])
                if match:
                    columns[later].remove(match)
                    cells[later] = _placed(row, later, match)
            yield Counted(figure.label, figure.unit, tuple(cells))


def _placed(row: Row, column: int, figure: Figure) -> tuple[Section, Figure]:
    section = row.cells[column].section
    assert section is not None  # a figure was read from it
    return section, figure


def _same(figure: Figure, candidates: Sequence[Figure]) -> Figure | None:
    """The candidate that counts the same: the same unit and the most alike label."""
    own = pairs(figure.label)
    scored = [(likeness(own, pairs(other.label)), other) for other in candidates if other.unit == figure.unit]
    best = max(scored, key=lambda each: each[0], default=(0.0, figure))
    return best[1] if best[0] >= _LIKE_LABEL else None


def groups(listings: Iterable[Listing], limit: int) -> list[tuple[str, list[Listing]]]:
    """The patterns of title that most documents share, with those documents."""
    found: dict[tuple[str, str], list[Listing]] = defaultdict(list)
    for listing in listings:
        found[listing.kind, pattern(listing.title)].append(listing)
    shared = [(title, members) for (_, title), members in found.items() if len(members) > 1 and len(title) >= _SHORTEST]
    return sorted(shared, key=lambda each: -len(each[1]))[:limit]
