"""How well each section answers a query: what its words say, what they stand for, what kind of document says it.

    score = ((own words + 0.7 × other words for them) × standing + 0.15 × score of the document) × (1 + 0.6 × nearness)

Own words: BM25F over title, heading path and text (`ranking`). Other words (`lexicon`) help to find, and count less.
A heading that says the very string of a short query lifts what stands under it by half. Standing: law before local rule,
unless the query names its place; the text in force before the one it replaced; what has text of its own before headings
and preambles. A document in which many sections answer lifts them all.
By meaning, where a model is there (`joined`): 0.2 × the share of the best score + the cosine + 0.3 × standing + 0.05 × what
a document's sections have together.
Nearness: how much of a sentence stands in the text in one piece, looked at for the best thirty.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import reduce
from threading import local
from typing import NamedTuple

import numpy as np

from kb.base import deadline
from kb.base.model import Listing
from kb.search.embedded.arrays import ArrayCache, common, nbytes
from kb.search.embedded.codec import Numbers, Reader
from kb.search.query import ranking
from kb.search.query.analysis import bigrams
from kb.search.query.authority import LOCAL
from kb.search.query.ranking import Floats
from kb.search.query.weights import (
    BARE,
    DOCUMENT,
    FAR_BEHIND,
    HEADED,
    LEAST_SHARE,
    LIFTED,
    NAME,
    NEAR,
    NEARLY,
    SENTENCE,
    SHARE,
    STANDING,
    joined,
    other_terms,
    places,
    runs_of,
    standings,
)

# Memory for what terms add and where, and for what stands under headings, in bytes for each section there is: what a
# common term adds is as long as the corpus, and two hundred of them are to stay at hand.
_IMPACTS, _HEADINGS = 700, 50
# A term in more than this part of all sections is added faster to all of them than to its own.
_DENSE = 8
_NONE = np.empty(0, np.int64)


class Impact(NamedTuple):
    """What a term of weight 1 adds: to its `sections`, or to all where these are None; `having` counts those that have it."""

    having: int
    sections: Numbers | None
    added: Floats

    def size(self) -> int:
        """Return the bytes of the arrays."""
        return self.added.nbytes + (self.sections.nbytes if self.sections is not None else 0)


class Scored(NamedTuple):
    """The score of every section, good until this thread scores again, and the sections that answer well enough, ascending.

    Enough is a share of the best score, and never less than a tenth of what the query's words could give.
    """

    scores: Floats
    related: Numbers


class Scorer:
    """Scores the sections of one state of the index. Many threads may use one.

    `documents` are the numbers of each section's document (-1: deleted), `listings` the documents by number.
    """

    def __init__(self, reader: Reader, documents: Numbers, listings: Sequence[Listing]) -> None:
        self._reader, self._documents = reader, documents
        self._size = int(reader.live.sum())
        self._standing = standings(listings)
        self._places = places(listings)
        self._weight = np.ones(reader.size, np.float32)
        self._weight[reader.postings("bare", "1")[0]] = BARE
        self._kept = self._standing[documents] * self._weight
        self._norms = {name: self._norms_of(name, field) for name, field in ranking.FIELDS.items()}
        self._impacts = ArrayCache[str, Impact](_IMPACTS * reader.size)
        self._paths = ArrayCache[str, Numbers](_HEADINGS * reader.size)
        self._own = local()

    def score(self, strings: Sequence[str]) -> Scored:
        """Score every section for a query of these folded strings, in this thread's own array."""
        own = ranking.terms(strings)
        scores = self._added(own | other_terms(strings, own))
        scores *= self._kept_for(strings)
        for string in deadline.checked(strings):
            scores[self._headed(string)] *= HEADED
        best = np.flatnonzero(scores > FAR_BEHIND * scores.max(initial=0))
        found, documents = scores[best], self._documents[best]
        scores[best] = found + np.float32(DOCUMENT) * ranking.together(found, documents)
        self._lift_near(scores, best, "".join(strings))
        whole = sum(weight * self._rarity(term) for term, weight in own.items())
        found = scores[best]
        related = best[found >= max(SHARE * float(found.max(initial=0)), LEAST_SHARE * whole)]
        return Scored(scores, related)

    def joined(self, scores: Floats, likeness: Floats, sections: Numbers, strings: Sequence[str]) -> Floats:
        """Return the scores of some sections by words and meaning, of the size of those by words."""
        best = np.float32(float(scores.max(initial=0)) or 1.0)
        standing = self._kept_for(strings)[sections]
        return best * joined(scores[sections] / best, likeness[sections], standing, self._documents[sections])

    def _headed(self, string: str) -> Numbers:
        """Return the sections under a heading, or with one, that has the pairs of characters of a short string."""
        pairs = list(bigrams(string)) if len(string) <= NAME else []
        return self._paths.get(string, lambda: self._under_headings_with(pairs), nbytes) if pairs else _NONE

    def _under_headings_with(self, pairs: list[str]) -> Numbers:
        return reduce(common, (self._reader.postings("path", pair)[0] for pair in pairs))

    def _lift_near(self, scores: Floats, best: Numbers, whole: str) -> None:
        """Raise the best sections by the share of a sentence's runs of three characters that stand in their text."""
        if len(whole) < SENTENCE or len(best) <= 1:
            return
        runs = [run.encode() for run in runs_of(whole)]
        best = best[scores[best] > NEARLY * scores[best].max()]
        best = best[np.argsort(-scores[best], kind="stable")[:LIFTED]]
        for section in best.tolist():
            text = self._reader.folded(section)
            scores[section] *= 1 + NEAR * sum(map(text.__contains__, runs)) / len(runs)

    def _impact(self, term: str) -> Impact:
        """Return what a term adds to the scores of sections that have it in any field."""
        return self._impacts.get(term, lambda: self._made(term), Impact.size)

    def _made(self, term: str) -> Impact:
        counts = np.zeros(self._reader.size, np.float32)
        for name, norms in self._norms.items():
            sections, times = self._reader.postings(name, term)
            counts[sections] += times * norms[sections]
        sections = np.flatnonzero(counts > 0)  # of booleans numpy finds them ten times faster than of numbers
        added = ranking.impacts(counts[sections], self._size)
        if len(sections) * _DENSE < self._reader.size:
            return Impact(len(sections), sections, added)
        counts.fill(0)
        counts[sections] = added
        return Impact(len(sections), None, counts)

    def _added(self, terms: Mapping[str, float]) -> Floats:
        scores = self._zeros()
        for term, weight in terms.items():
            _, sections, added = self._impact(term)
            if weight != 1:
                added = np.float32(weight) * added
            if sections is None:
                scores += added
            else:
                scores[sections] += added
        return scores

    def _zeros(self) -> Floats:
        """Return this thread's array of scores, emptied: new memory for each query costs as much as scoring it."""
        if not hasattr(self._own, "scores"):
            self._own.scores = np.empty(self._reader.size, np.float32)
        scores: Floats = self._own.scores
        scores.fill(0)
        return scores

    def _kept_for(self, strings: Iterable[str]) -> Floats:
        """Return what each section keeps of its score: where the query names a place, its rules are as good as laws."""
        whole = "\n".join(strings)
        named = [number for place, numbers in self._places.items() if place in whole for number in numbers]
        if not named:
            return self._kept
        kept = self._standing.copy()
        kept[named] /= STANDING[LOCAL]
        return kept[self._documents] * self._weight

    def _rarity(self, term: str) -> float:
        having = self._impact(term).having
        return float(np.log1p((self._size - having + 0.5) / (having + 0.5)))

    def _norms_of(self, name: str, field: ranking.Field) -> Floats:
        lengths = self._reader.lengths(name)
        average = float(lengths[self._reader.live].mean()) if self._size else 0.0
        return ranking.norms(lengths, field, average)
