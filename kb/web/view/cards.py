"""What a search found, as the page of results lists it: a card for each document, its standing, and the sections found in it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import groupby

from flask import url_for

from kb.base.clock import today
from kb.base.errors import BadIndexError, KbError, StorageError
from kb.base.lazy_re import lazy_re
from kb.base.model import Ended, Hit, Listing, Results
from kb.chinese.numerals import hanzi
from kb.law.standing import HOLDING, Standings, Validity
from kb.search.contract.engine import SECTIONS_SHOWN
from kb.web.context.library import library
from kb.web.view import as_of, interface_labels, reading

LONG = 120
"""Characters of a query that is not repeated in the address of every hit."""

_OF_LATER = 2  # sections of a document after the first one, so that more documents are in sight
_ABROAD = 40  # characters of a long query that an address takes along, to mark where it stands
_SAID = lazy_re(r"^第一条是 |以下按词语(?:和意思)?相近的程度排列")
_REPLACES = lazy_re(r"取代|代替|替代")
_DOTS = {
    "现行有效": "holds",
    "未见终止": "open",
    "尚未生效": "later",
    "已修改": "changed",
    "依据已废止": "changed",
    "推定届满": "changed",
    "已废止": "ended",
    "已失效": "ended",
}


@dataclass(frozen=True, slots=True)
class Stood:
    """How a document stands: the word, the mark before it, the day from which it does, and up to which day that is known."""

    word: str
    dot: str
    since: str = ""
    as_of: str = ""
    replaced_by: str = ""

    @property
    def holds(self) -> bool:
        """Whether nothing says that it does not."""
        return self.word in HOLDING

    @property
    def over(self) -> str:
        """The day from which it no longer stands as it did, "" where it does."""
        return "" if self.holds or self.word == "尚未生效" else self.since


@dataclass(frozen=True, slots=True)
class Row:
    """A section that was found: `label` is its number or what part of the document it is, `path` the headings above it."""

    hit: Hit
    label: str
    path: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Card:
    """A document with the sections of it that are shown, how many were found up to these (`shown`), and how many more there are; `listing` tells its kind and days."""

    hit: Hit
    rows: tuple[Row, ...]
    listing: Listing | None
    stood: Stood | None
    shown: int = 0
    rest: int = 0

    @property
    def since(self) -> str:
        """The day from which the text is in force, as the law store tells it; "" where nothing does."""
        if self.stood and self.stood.dot in ("holds", "open"):
            return self.stood.since
        known = self.listing if self.stood and not self.hit.version else None
        return known.since if known and known.since != known.date else ""


@dataclass(frozen=True, slots=True)
class Answer:
    """The place that a query names: its document, the whole text of the section, and whether it had other texts.

    `passages` are empty where the document itself is named, or its text cannot be read at present.
    """

    card: Card
    row: Row
    passages: tuple[reading.Passage, ...]
    editions: int


@dataclass(frozen=True, slots=True)
class Listed:
    """The hits of a page, each once: the place that is named, the documents that have the query literally, and the related ones."""

    answer: Answer | None
    literal: tuple[Card, ...]
    related: tuple[Card, ...]


def listed(results: Results) -> Listed:
    """Return what a page of results shows."""
    direct = next((hit for hit in results.hits if hit.direct), None)
    stood, known = standings(results.hits), library().catalogue().by_id
    literal = [hit for hit in results.hits if hit.literal and hit is not direct]
    related = [hit for hit in results.hits if not hit.literal and hit is not direct]
    return Listed(
        _answer(direct, stood, known) if direct else None,
        tuple(_cards(literal, results, direct, stood, known)),
        tuple(_cards(related, results, direct, stood, known)),
    )


def _cards(
    hits: Iterable[Hit],
    results: Results,
    direct: Hit | None,
    stood: Mapping[str, Stood],
    known: Mapping[str, Listing],
) -> Iterator[Card]:
    for at, (key, some) in enumerate(groupby(hits, key=lambda hit: hit.key)):
        found = list(some)
        if results.group == "document":
            found = _best(found, SECTIONS_SHOWN if at == 0 else _OF_LATER)
        # The place that is named stands above, and counts as one of its document's.
        shown = len(found) + bool(direct and direct.key == key)
        rows = [hit for hit in found if hit.anchor != "title"] if results.group == "document" else found
        rest = max(results.sections.get(key, 0) - shown, 0)
        yield _card(rows or found, stood, known, shown, rest)


def _best(hits: Sequence[Hit], most: int) -> list[Hit]:
    """Return the first hits of a document, as many as have `most` beside its bare title, which the card says anyway."""
    rows = [at for at, hit in enumerate(hits) if hit.anchor != "title"][:most]
    return list(hits[: rows[-1] + 1]) if rows else list(hits)


def _card(
    hits: Sequence[Hit], stood: Mapping[str, Stood], known: Mapping[str, Listing], shown: int = 1, rest: int = 0
) -> Card:
    """Return the card of a document of which these sections are shown."""
    first = hits[0]
    return Card(first, tuple(map(row, hits)), known.get(first.document), stood.get(first.key), shown, rest)


def row(hit: Hit) -> Row:
    """Return how a section that was found is named: 第十二条 below its chapter, 题注, or its heading."""
    path = hit.heading_path
    if hit.anchor == "title":
        return Row(hit, "题名", ())
    if hit.anchor == "preamble":
        return Row(hit, "题注", ())
    if hit.anchor == "signature":
        return Row(hit, "落款", ())
    return Row(hit, path[-1] if path else hit.number, path[:-1]) if path or hit.number else Row(hit, "正文", ())


def query_of(hit: Hit, q: str) -> str | None:
    """Return what a link to a hit marks there: the query, of a long one the beginning of what matches, None where nothing does."""
    if len(q) <= LONG:
        return q or None
    if not (hit.literal and hit.highlights):
        return None
    start, end = max(hit.highlights, key=lambda span: span[1] - span[0])
    found = re.sub(r'["“”\n].*', "", hit.snippet[start : min(end, start + _ABROAD)], flags=re.DOTALL)
    return f'"{found}"' if len(found) > 1 else None


def address(hit: Hit, q: str = "") -> str:
    """Return the address of a hit in its document, with the query to be marked there."""
    marked = query_of(hit, q)
    if hit.version and not as_of.viewed():
        return url_for("pages.version", id=hit.document, version=hit.version, q=marked, _anchor=hit.anchor)
    return url_for("pages.document", id=hit.document, q=marked, _anchor=hit.anchor)


def standings(hits: Iterable[Hit]) -> dict[str, Stood]:
    """Return how the documents of some hits stand, by key; nothing of those of which nobody can tell."""
    on = as_of.viewed() or today()
    wanted = {hit.key: hit for hit in hits}
    try:
        told = _validities(wanted, on)
    except (BadIndexError, StorageError):
        return {}
    return {key: stood for key, hit in wanted.items() if (stood := _stood(hit, told.get(key)))}


def _validities(wanted: Mapping[str, Hit], on: str) -> dict[str, Validity]:
    shelf = library()
    state = shelf.state()
    with shelf.law_reading() as reader:
        standings = Standings(reader)

        def tell(hit: Hit) -> Validity | None:
            known = reader.document(hit.document)
            return standings.of(known, on, hit.version) if known else None

        found = {key: shelf.stood.get((state, on, key), lambda hit=hit: tell(hit)) for key, hit in wanted.items()}  # type: ignore[misc]
    return {key: validity for key, validity in found.items() if validity}


def _stood(hit: Hit, validity: Validity | None) -> Stood | None:
    """Return how a document stands: as the law store says with its days, else as its source does."""
    if validity and validity.status != "不明":
        return Stood(validity.status, _DOTS[validity.status], validity.since, validity.as_of, validity.replaced_by)
    if hit.validity:
        return Stood(hit.validity, _DOTS.get(hit.validity, "unknown"))
    return Stood("不明", "unknown") if validity and validity.evidence else None


def _answer(hit: Hit, stood: Mapping[str, Stood], known: Mapping[str, Listing]) -> Answer:
    shelf = library()
    passages: tuple[reading.Passage, ...] = ()
    editions = 0
    with suppress(KbError):  # the card still says what the index has of it
        editions = len(shelf.corpus.history(hit.document))
        if hit.heading_path and hit.anchor != "title":
            document = shelf.document(hit.document, hit.version)
            passages = tuple(reading.passages_at(document, hit.anchor))
    return Answer(_card([hit], stood, known), row(hit), passages, editions)


def notes(results: Results) -> list[str]:
    """Return what is to be said of a search beside what the page says by itself: where it led, that nothing is there literally."""
    said = {results.ended.told} if results.ended else set()
    if not results.total and results.hits:
        said |= {note for note in results.notes if _SAID.search(note)}
    return [note for note in results.notes if note not in said]


def replacement(ended: Ended) -> bool:
    """Return whether what repeals a law says that it takes its place; most only repeal it."""
    return bool(_REPLACES.search(ended.sentence))


def article(anchor: str) -> str:
    """Return an article's number as it is printed, "" for what is no article: 第一千二百六十条."""
    found = re.search(r"(?:^|-)art-(\d+)(?:-(\d+))?$", anchor)
    after = f"之{hanzi(int(found[2]))}" if found and found[2] else ""
    return f"第{hanzi(int(found[1]))}条{after}" if found else ""


HELPERS = {"hit_address": address, "replacement": replacement, "article": article, "days_of": interface_labels.days_of}
"""What templates call."""
