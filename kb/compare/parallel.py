"""Documents of one pattern side by side: the same section across years and places, and the figures in it.

Sections are the same by their heading, or by what they are about: the words that few other sections have.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import chain
from math import log, sqrt
from typing import Literal

from kb.base import deadline
from kb.base.lazy_re import lazy_re
from kb.base.model import Document, Listing, Section
from kb.chinese.figures import Figure, figures, spanned
from kb.chinese.issuers_and_laws import NATION
from kb.chinese.places import UNITS

How = Literal["", "number", "heading", "words"]

_PLACE = lazy_re(rf"^(?:{NATION}|(?!城市|城乡)[\u4e00-\u9fff]{{2,8}}?(?:{UNITS}))+")
_CHANGING = lazy_re(r"[\d〇○一二三四五六七八九十]{4}年度?|\d+|[（(].*?[)）]|\s")
_SAYS_NOTHING = lazy_re(
    r"^第[^第条]{1,9}条(?:之[一二三四五六七八九十]+)? |(?:^|(?<= ))违反[^，：]{0,40}?规定的?，?|：罚款$"
)
# What all penalties say, whatever for: 违反本条例第八条规定，…的，由公安机关责令改正；拒不改正的，处五百元罚款.
_PENALTY_FORMULA = lazy_re(
    r"违反[^，。；\n]{0,30}?规定(?:，|的，|(?=[^，。；\n]*的，))"
    r"|(?:^|(?<=[，；。、：\n]))(?:由[^，。；：\n]{2,60}(?:责令|给予|警告|处|没收|予以|吊销|暂扣|依[法照]|按照)|(?:可以|并|应当|依法)*(?:责令|给予|处以?|没收|吊销|暂扣|予以)"
    r"|对(?:个人|单位|其?直接)[^，。；：\n]*处|(?:拒不|逾期(?:仍?[不未])?|情节)[^，。；：\n]{1,12}的，)[^，。；：\n]*"
)
_WHOM = lazy_re("，(?:对[^，：]*?)?(个人|单位)[^，：]*(?=：)")
_LIKE_TITLE = 0.6
_LIKE_WORDS = 0.3
_LIKE_NUMBERED = 0.2
_LIKE_TOPIC = 0.125
_SAME_TOPIC = 0.4
_COMMON = 0.4
"""The share of sections that may have a pair of characters which tells topics apart."""
_LIKE_HEADING = 0.6
_LIKE_LABEL = 0.5
_CANDIDATES = 8
_SHORTEST = 4


@dataclass(frozen=True, slots=True)
class Cell:
    """A document's section in a row, and `how` it was found to be the same; no section where there is none."""

    section: Section | None = None
    how: How = ""
    more: tuple[Section, ...] = ()

    @property
    def sections(self) -> tuple[Section, ...]:
        """All that stands in the cell: a document may say in several sections what the others say in one."""
        return (self.section, *self.more) if self.section else ()


@dataclass(frozen=True, slots=True)
class Row:
    """One section across the documents, in their order."""

    cells: tuple[Cell, ...]

    @property
    def held(self) -> int:
        """How many documents have it."""
        return sum(cell.section is not None for cell in self.cells)

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
    """A section as it is compared: `words`, its pairs of characters without what all penalties say, and their `weights`, those
    that few sections have weighing most. What `holds_others` is the heading of a chapter, which is the same as no article.
    """

    section: Section
    heading: frozenset[str]
    words: frozenset[str]
    holds_others: bool
    weights: dict[str, float] = field(default_factory=dict)
    taken: bool = field(default=False)


def align(documents: Sequence[Document]) -> list[Row]:
    """Align the sections of documents by what they are about; the rows of the first one lead, what only others have comes last.

    A document that says in several sections what another says in one has them all in one cell. Titles and signatures are
    left out: they name a document and are not compared.
    """
    read = [[_read(section) for section in document.walk() if _compared(section)] for document in documents]
    _weigh([each for sections in read for each in sections])
    rows: list[list[list[tuple[_Read, How]]]] = [[[(each, "number")], *([] for _ in documents[1:])] for each in read[0]]
    for column, sections in enumerate(read[1:], start=1):
        _place(rows, column, sections)
        rows += [
            [[(each, "")] if at == column else [] for at in range(len(documents))]
            for each in sections
            if not each.taken
        ]
    made = [Row(tuple(_cell(cell) for cell in row)) for row in rows]
    return sorted(made, key=lambda row: 0 if row.cells[0].section else 1 if row.held > 1 else 2)


def _cell(found: Sequence[tuple[_Read, How]]) -> Cell:
    if not found:
        return Cell()
    (first, how), *more = found
    return Cell(first.section, how, tuple(each.section for each, _ in more))


def _place(rows: Sequence[list[list[tuple[_Read, How]]]], column: int, sections: Sequence[_Read]) -> None:
    """Put the sections of a document into rows: one into each, the surest first, then others that are of a row's topic, too."""
    scored = sorted(_scored(rows, sections), key=lambda each: -each[0])
    for _, how, row, place in scored:
        if not rows[row][column] and not sections[place].taken:
            sections[place].taken = True
            rows[row][column].append((sections[place], how))
    for score, how, row, place in scored:
        if not sections[place].taken and score >= _SAME_TOPIC:
            sections[place].taken = True
            rows[row][column].append((sections[place], how))


def _scored(
    rows: Sequence[list[list[tuple[_Read, How]]]], sections: Sequence[_Read]
) -> Iterator[tuple[float, How, int, int]]:
    """Yield (how sure, by what, row, place) of the sections that may belong into a row."""
    holding: dict[str, list[tuple[int, float]]] = defaultdict(list)
    for place, each in enumerate(sections):
        for pair, weight in each.weights.items():
            holding[pair].append((place, weight))
    numbered = {each.section.anchor: place for place, each in enumerate(sections)}
    headed = [place for place, each in enumerate(sections) if each.heading]
    for number, row in enumerate(deadline.checked(rows)):
        best: dict[int, tuple[float, How]] = {}
        for one in (cell[0][0] for cell in row if cell):
            alike: dict[int, float] = defaultdict(float)
            for pair, weight in one.weights.items():
                for place, there in holding.get(pair, ()):
                    alike[place] += weight * there
            likely = sorted(alike, key=alike.__getitem__, reverse=True)[:_CANDIDATES]
            same = [numbered[one.section.anchor]] if one.section.anchor in numbered else []
            for place in {*likely, *same, *(headed if one.heading else ())}:
                score = _score(one, sections[place], alike[place])
                best[place] = max(best.get(place, (0.0, "")), score)
        yield from ((score, how, number, place) for place, (score, how) in best.items() if how)


def _weigh(sections: Sequence[_Read]) -> None:
    """Weigh the pairs of characters by how few sections have them: what all say, of dogs, tells no topic apart."""
    having = Counter(chain.from_iterable(each.words for each in sections))
    most = max(len(sections) * _COMMON, 2 * _CANDIDATES)
    telling = {pair: log((1 + len(sections)) / number) for pair, number in having.items() if number <= most}
    for each in sections:
        weights = {pair: telling[pair] for pair in each.words if pair in telling}
        length = sqrt(sum(weight * weight for weight in weights.values())) or 1.0
        each.weights = {pair: weight / length for pair, weight in weights.items()}


def _compared(section: Section) -> bool:
    return section.anchor not in ("title", "signature")


def _read(section: Section) -> _Read:
    text = section.text.removeprefix(section.number)
    told = pairs(_PENALTY_FORMULA.sub("", text))
    formula_alone = len(told) < 2 and len(pairs(text)) > 2  # it says nothing by parts, and is like the same words only
    holds_others = bool(section.children) and len(section.text) <= len(section.label) + _SHORTEST
    return _Read(section, pairs(section.heading), frozenset([text]) if formula_alone else told, holds_others)


def _score(one: _Read, other: _Read, alike: float) -> tuple[float, How]:
    """How sure it is that two sections are of one topic, and by what; "" where they are not."""
    if one.holds_others != other.holds_others and not (one.heading and other.heading):
        return 0.0, ""
    same_number = one.section.anchor == other.section.anchor
    heading, words = likeness(one.heading, other.heading), likeness(one.words, other.words)
    total = heading + max(alike, words) + 0.05 * same_number
    if one.heading and other.heading:
        if heading >= _LIKE_HEADING:
            return total + 1, "heading"
        return (total, "words") if words >= _LIKE_WORDS else (0.0, "")
    if same_number and words >= _LIKE_NUMBERED and alike >= _LIKE_TOPIC:
        return total, "number"
    return (total, "words") if alike >= _LIKE_TOPIC or words >= _LIKE_WORDS else (0.0, "")


def counted(rows: Iterable[Row], documents: Sequence[Document]) -> list[Counted]:
    """What is counted in aligned sections of documents: figures of one unit whose labels are alike stand in one line.

    A number with a doubtful character in it or beside it is not counted.
    """
    doubtful = [document.doubtful() for document in documents]
    return [line for row in rows for line in _lines(row, doubtful)]


def sums(lines: Sequence[Counted]) -> list[tuple[str, list[tuple[int, str]]]]:
    """Sum up the figures by unit: in each document how many there are, and the least and the most that they say."""
    found: dict[str, list[list[Figure]]] = {}
    for line in lines:
        columns = found.setdefault(line.unit, [[] for _ in line.cells])
        for column, cell in zip(columns, line.cells, strict=True):
            column += [cell[1]] if cell else []
    several = [(unit, columns) for unit, columns in found.items() if sum(map(len, columns)) > len(columns)]
    return [
        (unit, [(len(column), _extremes(column)) for column in columns])
        for unit, columns in sorted(several, key=lambda each: -sum(map(len, each[1])))
    ]


def _extremes(column: Sequence[Figure]) -> str:
    """Write the least and the most that figures say; > or < where every figure that says it leaves the number itself out."""
    lows = [(each.bounds[0], each.above) for each in column if each.bounds[0] is not None]
    highs = [(each.bounds[1], each.below) for each in column if each.bounds[1] is not None]
    every = [*lows, *highs]
    if not every:
        return ""
    low, high = min(number for number, _ in every), max(number for number, _ in every)
    return spanned(
        low if lows else None,
        high if highs else None,
        {above for number, above in lows if number == low} == {True},
        {below for number, below in highs if number == high} == {True},
    )


def _lines(row: Row, doubtful: Sequence[Mapping[str, Sequence[tuple[int, int]]]]) -> Iterator[Counted]:
    columns = [
        [
            (section, figure)
            for section in cell.sections
            for figure in figures(section.text, places.get(section.anchor, ()))
        ]
        for cell, places in zip(row.cells, doubtful, strict=True)
    ]
    for column, own in enumerate(columns):
        for section, figure in own:
            cells: list[tuple[Section, Figure] | None] = [None] * len(columns)
            cells[column] = (section, figure)
            for later in range(column + 1, len(columns)):
                match = _same(figure, columns[later])
                if match:
                    columns[later].remove(match)
                    cells[later] = match
            yield Counted(figure.label, figure.unit, tuple(cells))


def _same(figure: Figure, candidates: Sequence[tuple[Section, Figure]]) -> tuple[Section, Figure] | None:
    """The candidate that counts the same: the same unit and the most alike label; a fine on a body is none on a person."""
    own, whom = _telling(figure.label), _on(figure.label)
    scored = [
        (likeness(own, _telling(each[1].label)), each)
        for each in candidates
        if each[1].unit == figure.unit and _on(each[1].label) == whom
    ]
    likely = max(scored, key=lambda each: each[0], default=None)
    return likely[1] if likely and likely[0] >= _LIKE_LABEL else None


def _telling(label: str) -> frozenset[str]:
    """The pairs of characters of a label, without the number of its article and 违反…规定."""
    return pairs(_SAYS_NOTHING.sub("", label))


def _on(label: str) -> str:
    """Whom a penalty is on, 个人 or 单位, where its label tells them apart."""
    found = _WHOM.findall(label)
    return found[-1] if found else ""


def groups(listings: Iterable[Listing], limit: int) -> list[tuple[str, list[Listing]]]:
    """The patterns of title that most documents share, with those documents."""
    found: dict[tuple[str, str], list[Listing]] = defaultdict(list)
    for listing in listings:
        found[listing.kind, pattern(listing.title)].append(listing)
    shared = [(title, members) for (_, title), members in found.items() if len(members) > 1 and len(title) >= _SHORTEST]
    return sorted(shared, key=lambda each: -len(each[1]))[:limit]
