"""How well each section answers a query: what its words say, what they stand for, what kind of document says it.

    score = (own words + half of other words for them) × standing + 0.15 × score of the document

Own words: BM25F over title, heading path and text (`ranking`). Other words (`lexicon`) help to find, and count less.
Standing: law before local rule, unless the query names its place; the text in force before the one it replaced; what has
text of its own before headings and preambles. A document in which many sections answer lifts them all.
"""

from __future__ import annotations

import re
from collections import OrderedDict, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from threading import Lock

import numpy as np

from kb.search import ranking
from kb.search._whoosh import Numbers, Reader
from kb.search.analysis import informative
from kb.search.authority import LOCAL, authority
from kb.search.engine import Listing
from kb.search.lexicon import other_words
from kb.search.ranking import Floats

# Postings kept in memory, 12 bytes each: 120 MB.
_CACHED = 10_000_000
# Of 500 questions over the laws a quarter keeps 0.617 of 0.619 recall in the first 100, and a hundredth of the sections.
_SHARE, _LEAST_SHARE = 0.25, 0.1

_OTHER_WORDS = 0.7
_DOCUMENT = 0.15
_BARE = 0.6
_REPLACED = 0.97
"""What a section that is only a heading, and one of a text that was replaced, keep of their score."""

_STANDING = (0.8, 0.8, 0.8, 0.7, 0.95, 0.9, 1.0, 1.0)
"""What a section keeps of its score by the rank of its document (`authority`)."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for each section: the query's own words, other words for them, all as it stands, its document's part."""

    own: Floats
    other: Floats
    total: Floats
    documents: Floats


class Scorer:
    """Scores the sections of one state of the index. Many threads may use one.

    `documents` are the numbers of each section's document (-1: deleted), `listings` the documents by number.
    """

    def __init__(self, reader: Reader, documents: Numbers, listings: Sequence[Listing]) -> None:
        self._reader, self._documents = reader, documents
        self._size = int(reader.live.sum())
        self._standing = _standing(listings)
        self._places = _places(listings)
        self._weight = np.ones(reader.size, np.float32)
        self._weight[reader.postings("bare", "1")[0]] = _BARE
        self._starts = np.flatnonzero(np.diff(documents, prepend=-2))
        self._runs = np.diff(self._starts, append=reader.size)
        self._norms = {name: self._norms_of(name, field) for name, field in ranking.FIELDS.items()}
        self._impacts = _Cache(_CACHED)

    def scores(self, strings: Sequence[str]) -> Floats:
        """Answer how well every section answers a query of these folded strings."""
        return self.evidence(strings).total

    def evidence(self, strings: Sequence[str]) -> Evidence:
        """Answer what the scores are made of."""
        own = self._added(ranking.terms(strings))
        other = self._added(_other_terms(strings))
        scores = (own + other) * self._standing_for(strings)[self._documents] * self._weight
        fourth = np.square(np.square(scores))
        documents = np.sqrt(np.sqrt(np.add.reduceat(fourth, self._starts))) if len(scores) else scores
        documents = np.repeat(documents, self._runs)
        return Evidence(own, other, scores + (_DOCUMENT * documents) * (scores > 0), documents)

    def sharing(self, strings: Sequence[str]) -> Numbers:
        """Answer the sections that share enough of the words of folded strings, ascending.

        A word counts by its rarity, wherever in a section's text, title or heading path it stands, and so do other words
        for it. Enough is a share of what the best section has, and never less than a tenth of all there is to have.
        """
        shared, whole = np.zeros(self._reader.size, np.float32), 0.0
        for word in informative(strings):
            having, rarity = self.impact(word)[0], self._rarity(word)
            shared[having] += rarity
            whole += rarity
        for word in informative(other for alternatives in other_words(strings) for other in alternatives):
            shared[self.impact(word)[0]] += _OTHER_WORDS * self._rarity(word)
        best = float(shared.max(initial=0))
        return np.flatnonzero(shared >= max(_SHARE * best, _LEAST_SHARE * whole)) if best else np.empty(0, np.int64)

    def impact(self, term: str) -> tuple[Numbers, Floats]:
        """Answer the sections that have a term in any field, and what it adds to their scores."""
        found = self._impacts.get(term)
        if found is None:
            counts = np.zeros(self._reader.size, np.float32)
            for name, norms in self._norms.items():
                sections, times = self._reader.postings(name, term)
                counts[sections] += times * norms[sections]
            sections = np.flatnonzero(counts)
            found = sections, ranking.impacts(counts[sections], self._size)
            self._impacts.put(term, found)
        return found

    def _added(self, terms: Mapping[str, float]) -> Floats:
        scores = np.zeros(self._reader.size, np.float32)
        for term, weight in terms.items():
            having, impact = self.impact(term)
            scores[having] += np.float32(weight) * impact
        return scores

    def _standing_for(self, strings: Iterable[str]) -> Floats:
        """Answer what the sections of each document keep: where the query names a place, its rules are as good as laws."""
        whole = "\n".join(strings)
        named = [number for place, numbers in self._places.items() if place in whole for number in numbers]
        if not named:
            return self._standing
        standing = self._standing.copy()
        standing[named] = 1
        return standing

    def _rarity(self, term: str) -> float:
        having = len(self.impact(term)[0])
        return float(np.log1p((self._size - having + 0.5) / (having + 0.5)))

    def _norms_of(self, name: str, field: ranking.Field) -> Floats:
        lengths = self._reader.lengths(name)
        average = float(lengths[self._reader.live].mean()) if self._size else 0.0
        return ranking.norms(lengths, field, average)


def _other_terms(strings: Sequence[str]) -> dict[str, float]:
    """Answer the terms of other words for those of the strings: the more of them, the less each counts."""
    weights: dict[str, float] = {}
    own = ranking.terms(strings)
    for alternatives in other_words(strings):
        share = _OTHER_WORDS / len(alternatives) ** 0.5
        for term, weight in ranking.terms(alternatives).items():
            if term not in own:
                weights[term] = max(weights.get(term, 0.0), share * weight)
    return weights


def _standing(listings: Sequence[Listing]) -> Floats:
    standing = np.array([_STANDING[authority(listing)] for listing in listings] or [1.0], np.float32)
    standing[[number for numbers in _replaced(listings) for number in numbers]] *= _REPLACED
    return standing


def _replaced(listings: Sequence[Listing]) -> Iterable[list[int]]:
    """Yield the older ones of documents that have one title and a rank in law: each replaced the one before."""
    by_title: defaultdict[str, list[int]] = defaultdict(list)
    for number, listing in enumerate(listings):
        if authority(listing) > 1:
            by_title[listing.title].append(number)
    for numbers in by_title.values():
        newest = max(listings[number].date for number in numbers)
        yield [number for number in numbers if listings[number].date < newest]


_PLACE = re.compile(
    r"([\u4e00-\u9fff]{2,7}?)(?:壮族自治区|回族自治区|维吾尔自治区|自治区|自治州|自治县|经济特区|省|市|县|区)"
)


def _places(listings: Sequence[Listing]) -> dict[str, list[int]]:
    """Answer the local rules of each place: 上海 → the documents that 上海市… made."""
    places: defaultdict[str, list[int]] = defaultdict(list)
    for number, listing in enumerate(listings):
        if authority(listing) == LOCAL and (named := _PLACE.match(listing.title) or _PLACE.match(listing.issuer)):
            places[named[1]].append(number)
    return dict(places)


class _Cache:
    """Keeps the arrays used last, up to a number of postings."""

    def __init__(self, limit: int) -> None:
        self._limit, self._size, self._lock = limit, 0, Lock()
        self._kept: OrderedDict[str, tuple[Numbers, Floats]] = OrderedDict()

    def get(self, term: str) -> tuple[Numbers, Floats] | None:
        with self._lock:
            if term in self._kept:
                self._kept.move_to_end(term)
            return self._kept.get(term)

    def put(self, term: str, arrays: tuple[Numbers, Floats]) -> None:
        with self._lock:
            if term not in self._kept:
                self._kept[term] = arrays
                self._size += len(arrays[0])
            while self._size > self._limit and len(self._kept) > 1:
                self._size -= len(self._kept.popitem(last=False)[1][0])
