"""From documents to what the cluster is sent: for each a row and its sections, as lines of a bulk request."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from itertools import count
from typing import Any

import msgspec
import numpy as np

from kb.base.model import Document, Listing
from kb.chinese.identity import fold
from kb.search.answer.columns import VALUES, folded_value, names, standing
from kb.search.answer.section_record import Batch, Postings, Stored, analyse, unpack
from kb.search.cluster.mapping import PARTS, feature
from kb.search.query import ranking
from kb.search.query.authority import authority
from kb.search.query.weights import BARE, ENDED, REPLACED, place_of, preference

AVERAGE = {"title": 29.0, "path": 24.0, "text": 228.0}
"""Terms in the fields of a section on average, as measured over 172,817 sections of law.

The embedded engine takes the averages of its own state. Here a section's weights are written with it and would be
another's with every document that comes: so they are fixed, and a section scores the same however it came in.
"""

_LONGEST_TERM = 1_000
"""Characters of a term that is kept: Lucene refuses those of 32,766 bytes, and nobody searches for them."""

_LONGEST_KEYWORD = 8_000

_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class Row:
    """A document in the index: `edition` tells this state of it from others, `standing` how it stood by others' words."""

    key: str
    edition: str
    fingerprint: str
    standing: str
    sections: int
    listing: Listing | None

    @classmethod
    def read(cls, kept: Mapping[str, Any]) -> Row:
        """Read what `as_kept` wrote."""
        listing = Listing(**kept["listing"]) if kept["listing"] else None
        return cls(**{**kept, "listing": listing})

    def as_kept(self) -> dict[str, Any]:
        """Return it as JSON."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Prepared:
    """A document ready to be sent: `lines` are actions of a bulk request, each two lines."""

    row: Row
    lines: list[bytes]


@dataclass(frozen=True, slots=True)
class Preparer:
    """Prepares documents for the update of an epoch. `fingerprints` and `standings` are by key and by id."""

    epoch: int
    fingerprints: Mapping[str, str]
    standings: Mapping[str, str]

    def __call__(self, key: str, document: Document) -> Prepared:
        """Prepare a document or version; the same one is sent under the same ids however often it is tried."""
        fingerprint, told = self.fingerprints[key], self.standings.get(key, "")
        digest = hashlib.sha256(f"{key}\n{fingerprint}\n{told}".encode()).hexdigest()[:24]
        edition = f"{digest}-{self.epoch}"
        listing: Listing | None = None
        lines = []
        numbers = count()
        for batch in analyse(key, document):
            for stored, share, fields in _fields(batch):
                listing = listing or standing(stored.listing, told)
                number = next(numbers)
                kept = stored._replace(validity=listing.validity)
                body = {"key": key, "edition": edition, "born": self.epoch, "number_in_text": number, "stored": kept}
                body |= fields | _of_document(listing) | {"kept": _kept(listing) * share}
                lines.append(_action(f"{edition}-{number}", body))
        row = Row(key, edition, fingerprint, told, len(lines), listing)
        return Prepared(row, [*lines, _row_action(row, self.epoch)])


def _action(id: str, body: Mapping[str, Any]) -> bytes:
    return b'{"index":{"_id":"' + id.encode() + b'"}}\n' + _encode(body) + b"\n"


def _row_action(row: Row, epoch: int) -> bytes:
    body = {"key": row.key, "edition": row.edition, "listed": epoch, "row": row.as_kept()}
    if row.listing:
        title = fold(row.listing.title)
        body |= {
            "present": not row.listing.version,
            "date": row.listing.date,
            "names": sorted(names(row.listing)) if not row.listing.version else [],
        }
        body |= {"title": row.listing.title, "folded_title": title, "title_length": len(title)}
    return _action(row.edition, body)


def _of_document(listing: Listing) -> dict[str, Any]:
    """Return what a section is filtered, counted and ordered by of its document."""
    return {
        **{field: VALUES[field](listing)[:_LONGEST_KEYWORD] for field in PARTS},
        **{f"folded_{field}": folded_value(listing, field)[:_LONGEST_KEYWORD] for field in PARTS},
        "present": not listing.version,
        "date": listing.date,
        "year": listing.date[:4],
        "document": listing.id,
        "since": listing.since,
        "local": place_of(listing),
        "authority": authority(listing),
    }


def _kept(listing: Listing) -> float:
    """Return what the sections of a document keep of their score, as far as the document itself tells."""
    ended = listing.version or any(word in listing.validity for word in ENDED)
    return preference(listing) * (REPLACED if ended else 1.0)


def _fields(batch: Batch) -> Iterator[tuple[Stored, float, dict[str, Any]]]:
    """Yield what is kept of each section, its share of its score, and what it is found and ranked by."""
    weighted = _weights(batch.postings)
    lists = {field: _lists(batch.postings[field]) for field in ("place", "heading", "reading", "bare")}
    for number, folded in enumerate(batch.folded):
        stored = unpack(batch.stored[number])
        found: dict[str, Any] = {
            "folded": folded.decode(),
            "path": "\n".join(map(fold, stored.path)),
            "place": lists["place"][number],
            "reading": lists["reading"][number],
            "terms": weighted[number],
        }
        for heading in lists["heading"][number]:
            found |= {"heading": heading, "folded_heading": fold(heading), "heading_length": len(heading)}
        yield stored, BARE if lists["bare"][number] else 1.0, found


def _lists(postings: Postings) -> list[list[str]]:
    ends = np.cumsum(postings.sizes)
    numbers = np.split(postings.numbers, ends[:-1])
    return [[postings.terms[number] for number in some.tolist()] for some in numbers]


def _weights(postings: Mapping[str, Postings]) -> list[dict[str, float]]:
    """Return what each term counts for in each section: its counts in the fields, weighted, as `ranking` adds them."""
    found: list[defaultdict[str, float]] = []
    for name, field in ranking.FIELDS.items():
        terms, numbers, counts, sizes = postings[name]
        found = found or [defaultdict(float) for _ in sizes]
        sections = np.repeat(np.arange(len(sizes)), sizes)
        lengths = np.bincount(sections, counts, len(sizes)).astype(np.int64)
        weights = counts * ranking.norms(lengths, field, AVERAGE[name])[sections]
        features = [feature(term) if len(term) <= _LONGEST_TERM else "" for term in terms]
        for section, number, weight in zip(sections.tolist(), numbers.tolist(), weights.tolist(), strict=True):
            found[section][features[number]] += weight
    return [{term: round(weight, 4) for term, weight in terms.items() if term} for terms in found]
