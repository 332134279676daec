"""From documents to what the cluster is sent: for each a row and its sections, as lines of a bulk request."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import count
from typing import Any

import msgspec
import numpy as np

from kb.base.model import Document, Listing
from kb.chinese.identity import fold
from kb.search.answer.columns import VALUES, folded_value, standing
from kb.search.answer.section_record import Batch, Postings, Stored, analyse, unpack
from kb.search.cluster.kept import encoded, kept, packed
from kb.search.cluster.mapping import KEPT, PARTS, feature
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

_TERMS = 32
"""Bits of a term's number."""

_NEAREST, _LEAST = 1 + 2**-9, 1e-5
"""The cluster cuts a term's weight off after nine bits: so raised, it is as often too much as too little; and none may be 0."""

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


def row_of(hit: Mapping[str, Any]) -> Row:
    """Read the row of a document that was found."""
    told = kept(hit)
    return Row(**{**told, "listing": Listing(**told["listing"]) if told["listing"] else None})


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
            sections = [unpack(each) for each in batch.stored]
            listing = listing or standing(sections[0].listing, told)
            common = {"key": key, "edition": edition, "born": self.epoch, **_of_document(listing)}
            fields = _fields(batch, sections, _share(listing))
            for stored, data, found in zip(sections, batch.stored, fields, strict=True):
                number = next(numbers)
                is_told = stored.validity == listing.validity
                whole = encoded(data) if is_told else packed(stored._replace(validity=listing.validity))
                body = {**common, "number_in_text": number, KEPT: whole, **found}
                lines.append(_action(f"{edition}-{number}", body))
        row = Row(key, edition, fingerprint, told, len(lines), listing)
        return Prepared(row, [*lines, _row_action(row, self.epoch)])


def _action(id: str, body: Mapping[str, Any]) -> bytes:
    return b'{"index":{"_id":"' + id.encode() + b'"}}\n' + _encode(body) + b"\n"


def _row_action(row: Row, epoch: int) -> bytes:
    body = {"key": row.key, "edition": row.edition, "listed": epoch, KEPT: packed(asdict(row))}
    if row.listing:
        title = fold(row.listing.title)
        body |= {"present": not row.listing.version, "date": row.listing.date}
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


def _share(listing: Listing) -> float:
    """Return what the sections of a document keep of their score, as far as the document itself tells."""
    ended = listing.version or any(word in listing.validity for word in ENDED)
    return preference(listing) * (REPLACED if ended else 1.0)


def _fields(batch: Batch, sections: Sequence[Stored], share: float) -> Iterator[dict[str, Any]]:
    """Yield what each section is found and ranked by; `share` is what those of its document keep of their score."""
    lists = {field: _lists(batch.postings[field]) for field in ("place", "heading", "reading", "bare")}
    shares = np.array([share * BARE if bare else share for bare in lists["bare"]], np.float32)
    weighted = _weights(batch.postings, shares)
    for number, (stored, folded) in enumerate(zip(sections, batch.folded, strict=True)):
        found: dict[str, Any] = {
            "folded": folded.decode(),
            "path": "\n".join(map(fold, stored.path)),
            "place": lists["place"][number],
            "terms": weighted[number],
        }
        if reading := lists["reading"][number]:
            found["reading"] = reading
        for heading in lists["heading"][number]:
            found |= {"heading": heading, "folded_heading": fold(heading), "heading_length": len(heading)}
        yield found


def _lists(postings: Postings) -> list[list[str]]:
    ends = np.cumsum(postings.sizes)
    numbers = np.split(postings.numbers, ends[:-1])
    return [[postings.terms[number] for number in some.tolist()] for some in numbers]


def _weights(postings: Mapping[str, Postings], shares: ranking.Floats) -> list[dict[str, float]]:
    """Return what each term counts for in each section: its counts in the fields, weighted and added as `ranking` does,
    saturated, and the section's share of it.
    """
    number_of: defaultdict[str, int] = defaultdict(count().__next__)
    places, added = [], []
    for name, field in ranking.FIELDS.items():
        terms, numbers, counts, sizes = postings[name]
        own = np.array([number_of[term] for term in terms], np.int64)
        sections = np.repeat(np.arange(len(sizes)), sizes)
        lengths = np.bincount(sections, counts, len(sizes)).astype(np.int64)
        places.append((sections << _TERMS) + own[numbers])
        added.append(counts * ranking.norms(lengths, field, AVERAGE[name])[sections])
    found, inverse = np.unique(np.concatenate(places), return_inverse=True)
    weights = np.bincount(inverse, np.concatenate(added))
    sections = found >> _TERMS
    values = np.maximum(np.round(_NEAREST * shares[sections] * weights / (weights + ranking.K1), 5), _LEAST)
    names = [feature(term) if len(term) <= _LONGEST_TERM else "" for term in number_of]
    ends = np.searchsorted(sections, np.arange(1, len(shares) + 1)).tolist()
    terms, counted = [names[number] for number in (found & ((1 << _TERMS) - 1)).tolist()], values.tolist()
    return [
        {term: value for term, value in zip(terms[start:end], counted[start:end], strict=True) if term}
        for start, end in zip([0, *ends], ends, strict=False)
    ]
