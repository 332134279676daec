"""Document → the text of the reading page: blocks with everything marked in place.

Nothing here changes a character: the text of the blocks, in order, is the document's text.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import groupby, repeat

from markupsafe import Markup, escape

from kb.base import tables
from kb.base.lazy_re import lazy_re
from kb.base.model import Document, Listing, Section
from kb.chinese.identity import fold
from kb.law.typed import readings
from kb.search.answer.columns import TITLE_MARKS, names
from kb.search.answer.snippets import holding, match_spans
from kb.search.query.matching import Span
from kb.search.query.query import Query, parse

# What a character of the text can be, as bits, so that runs of equal characters become one element each.
# Matches and links take two bits in turn, or neighbours would run together; a number is marked in headings only, to hang there.
_LABEL, _DOUBTFUL, _MATCH, _POINT, _NEXT_MATCH, _NUMBER, _LINK, _NEXT_LINK = 1, 2, 4, 8, 16, 32, 64, 128
_ANY_MATCH = _MATCH | _NEXT_MATCH
_ANY_LINK = _LINK | _NEXT_LINK
_WITH = {1 << place: bytes(bits | 1 << place for bits in range(256)) for place in range(8)}  # bits → bits and one more
_RUNS = lazy_re(rb"(?s)(.)\1*")
_LINE = lazy_re(r"[^\n]+")
_UNDERSTOOD = 128
_LAW = lazy_re(r"(?:法|典|条例|规定|办法|细则|规则|解释|决定|宪法)$|法解释")
_INVISIBLE = " \u3000\u200b\u200c\u200d\u2060\ufeff"

_STEPS, _STRIP = 200, 1000

_DOUBTFUL_TITLE = "存疑：此处无法证明原文，照所见保留"
_ADDRESS = Markup('<span id="{}"></span>')
_GAP = Markup(
    '<span class="doubtful gap" title="存疑：此处原文有缺失，无法推算" role="img" aria-label="原文缺失"></span>'
)


@dataclass(frozen=True, slots=True)
class Block:
    """A heading, a paragraph or a table (then `rows`, the first one a head if `head`); `id` is a part's address."""

    kind: str
    html: Markup
    id: str = ""
    rows: tuple[tuple[Markup, ...], ...] = ()
    head: bool = False


@dataclass(frozen=True, slots=True)
class Link:
    """A span of a section's text that leads somewhere; `title` says where. `kind` is what it is: "cites" or "term"."""

    start: int
    end: int
    href: str
    title: str
    kind: str = "cites"


@dataclass(frozen=True, slots=True)
class Passage:
    """A section as it stands on the page; `level` is its depth in the tree, from 1, `start` its place in the document's text.

    `matched`, `doubtful` and `links` are spans of the section's own text. The first match is number `count` of the document's:
    the n-th, from 1, begins with an element `<mark id="kb-mN">`.
    """

    section: Section
    level: int
    start: int
    matched: Sequence[Span]
    count: int
    doubtful: Sequence[Span]
    links: Sequence[Link]

    @property
    def matches(self) -> tuple[int, ...]:
        """The places of its matches in the document's text."""
        return tuple(self.start + start for start, _ in self.matched)

    @property
    def blocks(self) -> tuple[Block, ...]:
        """The text, marked."""
        return tuple(_blocks(self.section, self.matched, self.doubtful, self.count, self.links))


@dataclass(frozen=True, slots=True)
class Painted:
    """A section's text with what each character is: `bits` by character, `points` what stands before a character,
    `numbers` which match of the document begins there, `links` the link that covers a character."""

    text: str
    bits: bytearray
    points: Mapping[int, Markup]
    numbers: Mapping[int, int]
    links: Mapping[int, Link]


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark on the strip beside the text: the number of its first match, how many it stands for, and how far down."""

    match: int
    matches: int
    y: int


def folded(document: Document) -> list[str]:
    """Fold the text of every section, as queries are compared with it: a tenth of a second for the longest statutes."""
    return [fold(section.text) for section in document.walk()]


def passages(
    document: Document,
    query: str = "",
    links: Mapping[str, Sequence[Link]] | None = None,
    texts: Sequence[str] | None = None,
) -> Iterator[Passage]:
    """Yield the text as passages, in order, with what matches the query marked, and `links` by section.

    `texts` are what `folded` answers, where that is known already. Raises UsageError for a bad query.
    """
    starts = _starts(document)
    doubtful = document.doubtful()
    spans = _matches(document, query, texts or folded(document)) if query else repeat([])
    count = 1
    for number, ((ancestors, section), matched) in enumerate(zip(document.paths(), spans, strict=False)):
        found = (links or {}).get(section.anchor, ())
        yield Passage(
            section, len(ancestors) + 1, starts[number], matched, count, doubtful.get(section.anchor, ()), found
        )
        count += len(matched)


def passages_at(document: Document, anchor: str) -> Iterator[Passage]:
    """Yield a section and all below it, as they stand, with nothing marked; nothing where there is no such section."""
    doubtful = document.doubtful()
    for ancestors, section in document.paths():
        if anchor in (section.anchor, *(above.anchor for above in ancestors)):
            yield Passage(section, len(ancestors) + 1, 0, (), 1, doubtful.get(section.anchor, ()), ())


def strip(passages: Sequence[Passage]) -> list[Tick]:
    """Where the matches lie: ticks on a strip that is as long as the text, at most one for each of its 200 steps."""
    places = [place for passage in passages for place in passage.matches]
    length = sum(len(passage.section.text) for passage in passages)
    numbered = enumerate(places, start=1)
    ticks = []
    for step, group in groupby(numbered, key=lambda each: each[1] * _STEPS // length):
        numbers = [number for number, _ in group]
        ticks.append(Tick(numbers[0], len(numbers), step * _STRIP // _STEPS))
    return ticks


@lru_cache(maxsize=_UNDERSTOOD)
def strictly(query: str) -> Query:
    """Understand a query as its very strings: words like them match nothing. Raises UsageError."""
    return replace(parse(query), exact=True)


@lru_cache(maxsize=_UNDERSTOOD)
def loosely(query: str) -> Query:
    """Understand a query as `kb.search` does: a page marks its matches in many places. Raises UsageError."""
    return parse(query)


def names_place(query: str, document: Document) -> bool:
    """Whether a query names an article of this very document and asks for nothing else: 行政复议法12."""
    found, called = document.metadata, _laws_of_places(query)
    known = Listing(document.id, "", found.title, found.document_number, found.issuer, found.kind, found.date)
    return bool(called) and not called.isdisjoint(names(known))


@lru_cache(maxsize=_UNDERSTOOD)
def _laws_of_places(query: str) -> frozenset[str]:
    """The folded names of laws of which a query may name an article."""
    found = readings(fold(query).translate(TITLE_MARKS))
    return frozenset(each.name for each in found if each.anchor and _LAW.search(each.name))


def _matches(document: Document, query: str, folded: Sequence[str]) -> list[list[Span]]:
    """What to mark in each section: the query's strings; its words only where none of them stands in the document."""
    texts = [section.text for section in document.walk()]
    strict = strictly(query)
    candidates = zip(texts, holding(folded, strict), strict=True)
    found = [match_spans(text, strict) if holds else [] for text, holds in candidates]
    # The words of a place, 行政复议法 of 行政复议法12, are not what is asked for.
    return found if any(found) or _laws_of_places(query) else [match_spans(text, query) for text in texts]


def _starts(document: Document) -> list[int]:
    """Where each section's own text starts in the document's text."""
    starts, position = [], 0
    for section in document.walk():
        starts.append(position)
        position += len(section.text)
    return starts


def _blocks(
    section: Section, matches: Sequence[Span], doubtful: Iterable[Span], count: int, links: Sequence[Link]
) -> list[Block]:
    """The blocks of a section, whose first match is number `count` of the document."""
    text, label_end = section.text, _label_end(section)
    painted = _paint(section, label_end, matches, doubtful, count, links)
    blocks: list[Block] = []
    for is_table, group in groupby(_LINE.finditer(text), key=lambda line: line[0].startswith("|")):
        lines = [line.span() for line in group]
        if is_table:
            blocks.append(_table(painted, lines))
        else:
            visible = (line for line in lines if text[slice(*line)].strip(_INVISIBLE))
            blocks += [_paragraph(section, *line, label_end, painted) for line in visible]
    return blocks


def _paint(
    section: Section,
    label_end: int,
    matches: Sequence[Span],
    doubtful: Iterable[Span],
    count: int,
    links: Sequence[Link],
) -> Painted:
    """Return what every character of a section is."""
    number = [(0, len(section.number))] if _is_heading(section, label_end) else []
    spans = {
        _LABEL: [(0, label_end)],
        _NUMBER: number if section.text.startswith(section.number) else [],
        _DOUBTFUL: doubtful,
        _MATCH: matches[::2],
        _NEXT_MATCH: matches[1::2],
        _LINK: [(link.start, link.end) for link in links[::2]],
        _NEXT_LINK: [(link.start, link.end) for link in links[1::2]],
    }
    points = _points(section, doubtful)
    numbers = {start: count + place for place, (start, _) in enumerate(matches)}
    covered = {position: link for link in links for position in range(link.start, link.end)}
    return Painted(section.text, _mask(len(section.text), spans, points), points, numbers, covered)


def _is_heading(section: Section, label_end: int) -> bool:
    """Whether the first line is a number and a heading, or the number of a part, and nothing else."""
    rest = section.text.partition("\n")[0][label_end:].strip(" 　。：:")
    return label_end > 0 and not rest and bool(section.heading or section.children)


def _label_end(section: Section) -> int:
    """Where the number and the heading, as printed at the start of the text, end."""
    first = section.text.partition("\n")[0]
    end = len(section.number) if section.number and first.startswith(section.number) else 0
    at = first.find(section.heading, end) if section.heading else -1
    return at + len(section.heading) if at >= 0 else end


def _points(section: Section, doubtful: Iterable[Span]) -> dict[int, Markup]:
    """What stands between characters: vanished ones, and addresses of parts that do not start a line.

    Those that do start one are the id of their paragraph.
    """
    text, points = section.text, {}
    for start, end in doubtful:
        if start == end and text:
            points[min(start, len(text) - 1)] = _GAP
    for part in section.parts:
        if 0 < part.start < len(text) and text[part.start - 1] != "\n":
            points[part.start] = points.get(part.start, Markup()) + _ADDRESS.format(part.anchor)
    return points


def _mask(length: int, spans: Mapping[int, Iterable[Span]], points: Iterable[int]) -> bytearray:
    """Return for each character the bits of the spans that cover it."""
    mask = bytearray(length)
    for bit, places in spans.items():
        for start, end in places:
            mask[start:end] = mask[start:end].translate(_WITH[bit])
    for position in points:
        mask[position] |= _POINT
    return mask


def _paragraph(section: Section, start: int, end: int, label_end: int, painted: Painted) -> Block:
    kind = "heading" if start == 0 and _is_heading(section, label_end) else "paragraph"
    # Where a 款 and its first 项 start on one line, the outer one keeps the paragraph, the inner one gets a point.
    ids = [part.anchor for part in section.parts if part.start == start]
    inner = Markup().join(_ADDRESS.format(anchor) for anchor in ids[1:])
    return Block(kind, inner + _inline(painted, start, end), ids[0] if ids else "")


def _table(painted: Painted, lines: Iterable[Span]) -> Block:
    text = painted.text
    rows: list[tuple[Markup, ...]] = []
    for start, end in lines:
        if tables.is_delimiter(text[start:end]):
            continue
        closed = text[:end] if text[start:end].endswith("|") else text[:end] + "|"
        cells = (cell.span(1) for cell in tables.CELL.finditer(closed, start))
        # A stroke inside a cell is written with a backslash before it.
        shown = (_inline(painted, *_trim(text, *cell)) for cell in cells)
        rows.append(tuple(Markup(cell.replace("\\|", "|")) for cell in shown))
    return Block("table", Markup(), rows=tuple(rows), head=tables.has_head(rows))


def _trim(text: str, start: int, end: int) -> Span:
    cell = text[start:end]
    return start + len(cell) - len(cell.lstrip()), end - (len(cell) - len(cell.rstrip()))


def _inline(painted: Painted, start: int, end: int) -> Markup:
    """Escape a stretch of the text and wrap each run of it in what it is."""
    pieces = []  # of HTML, plain strings: there are thousands on a page
    for run in _RUNS.finditer(painted.bits, start, end):
        first, bits = run.start(), painted.bits[run.start()]
        piece = _wrapped(str(escape(painted.text[first : run.end()])), bits, painted.numbers.get(first, 0))
        if bits & _ANY_LINK:
            link = painted.links[first]
            piece = f'<a class="{link.kind}" href="{escape(link.href)}" title="{escape(link.title)}">{piece}</a>'
        pieces.append(f"{painted.points[first]}{piece}" if bits & _POINT else piece)
    return Markup("".join(pieces))


def _wrapped(piece: str, bits: int, match: int) -> str:
    """Wrap a run in the elements of its bits; `match` is the number of the match that begins with it, or 0."""
    if bits & _ANY_MATCH:
        piece = f'<mark id="kb-m{match}">{piece}</mark>' if match else f"<mark>{piece}</mark>"
    if bits & _DOUBTFUL:
        piece = f'<span class="doubtful" title="{_DOUBTFUL_TITLE}">{piece}</span>'
    if bits & _NUMBER:
        piece = f'<span class="number">{piece}</span>'
    return f"<b>{piece}</b>" if bits & _LABEL else piece
