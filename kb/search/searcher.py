"""One state of the index, open for searching: which sections contain a string, and which answer best."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator
from functools import cached_property
from threading import Lock

import numpy as np

from kb.search import ranking, suggestions
from kb.search._whoosh import Numbers, Reader
from kb.search.analysis import bigrams, informative
from kb.search.generations import Generation
from kb.search.indexing import FIELDS, Stored, unpack
from kb.search.query import Query
from kb.search.ranking import Floats

# Looking for a string in a section's text costs as much as reading that many postings.
_WORTH = 100
# Postings kept in memory, 12 bytes each: 120 MB.
_CACHED = 10_000_000
# Of 500 questions over the laws a quarter keeps 0.617 of 0.619 recall in the first 100, and a hundredth of the sections.
_SHARE, _LEAST_SHARE = 0.25, 0.1


class Searcher:
    """Answers with section numbers; `stored` tells what they are. Many threads may use one.

    `size` is the number of sections; `warnings` are sentences on this state, for whoever searches it.
    """

    def __init__(self, generation: Generation, warnings: tuple[str, ...] = ()) -> None:
        self.generation, self.warnings = generation, warnings
        self._reader = Reader(generation.folder, FIELDS)
        self.size = int(self._reader.live.sum())
        self._documents = self._numbered_documents()
        self._norms = {name: self._norms_of(name, field) for name, field in ranking.FIELDS.items()}
        self._impacts = _Cache(_CACHED)

    def containing(self, query: Query) -> Numbers:
        """Answer the sections whose text contains every required string and none of the excluded, ascending."""
        found = self._containing_all(query.required)
        for string in query.excluded:
            found = np.setdiff1d(found, self._containing(string), assume_unique=True)
        return found

    def related(self, query: Query, literal: Numbers) -> Numbers:
        """Answer the sections that are not in `literal` but share enough of the query's words, ascending.

        A word counts by its rarity, wherever in a section's text, title or heading path it stands. Enough is a share of
        what the best section has, and never less than a tenth of all there is to have.
        """
        words = informative(query.required)
        if query.exact or not words:
            return literal[:0]
        shared, whole = np.zeros(self._reader.size, np.float32), 0.0
        for word in words:
            having, rarity = self._impact(word)[0], self._rarity(word)
            shared[having] += rarity
            whole += rarity
        shared[literal] = 0
        for string in query.excluded:
            shared[self._containing(string)] = 0
        return np.flatnonzero(shared >= max(_SHARE * float(shared.max(initial=0)), _LEAST_SHARE * whole))

    def scores(self, query: Query) -> Floats:
        """Answer how well every section answers the query."""
        scores = np.zeros(self._reader.size, np.float32)
        for term, weight in ranking.terms(query.required).items():
            having, impact = self._impact(term)
            scores[having] += np.float32(weight) * impact
        return scores

    def ranked(self, sections: Numbers, scores: Floats, first: int, last: int) -> list[tuple[int, float]]:
        """Answer the sections that come `first` to `last` by their score, with the score.

        Equal ones come in the order of their documents' ids, then of the text.
        """
        if first >= min(last, len(sections)):
            return []
        scores = scores[sections]
        if last < len(sections):
            worst = np.partition(scores, len(scores) - last)[len(scores) - last]
            sections, scores = sections[scores >= worst], scores[scores >= worst]
        order = np.lexsort((sections, self._documents[sections], -scores))[first:last]
        return [(int(sections[place]), float(scores[place])) for place in order]

    def count(self, string: str) -> int:
        """Answer how many sections contain a folded string."""
        return len(self._containing(string)) if string else 0

    @cached_property
    def vocabulary(self) -> suggestions.Vocabulary:
        """The words of titles and headings: gathered when first asked for, a second for the laws."""
        terms = self._reader.vocabulary("title") | self._reader.vocabulary("path")
        return suggestions.vocabulary(sorted(terms), (kept.title for kept in self.documents()))

    def stored(self, section: int) -> Stored:
        """Answer what was kept of a section."""
        return unpack(self._reader.stored(section))

    def documents(self) -> Iterator[Stored]:
        """Yield what was kept of each document's first section, by id."""
        first = {document: int(sections[0]) for document, sections in self._reader.lists("document")}
        return (self.stored(section) for _, section in sorted(first.items()))

    def _containing_all(self, strings: Iterable[str]) -> Numbers:
        longest, *others = sorted(strings, key=len, reverse=True)
        found = self._containing(longest)
        for string in others:
            found = _common(found, self._containing(string))
        return found

    def _containing(self, string: str) -> Numbers:
        """Find a string: one or two characters are terms; of a longer one all pairs must occur, then the text decides."""
        if len(string) <= 2:
            return self._reader.postings("text", string)[0]
        pairs = {pair: self._reader.frequency("text", pair) for pair in bigrams(string)}
        rarest, *others = sorted(pairs, key=pairs.__getitem__)
        candidates, _ = self._reader.postings("text", rarest)
        for pair in others:
            if len(candidates) * _WORTH < pairs[pair]:  # looking at the texts is cheaper now
                break
            candidates = _common(candidates, self._reader.postings("text", pair)[0])
        return self._reader.containing(string, candidates)

    def _impact(self, term: str) -> tuple[Numbers, Floats]:
        """Answer the sections that have a term in any field, and what it adds to their scores."""
        found = self._impacts.get(term)
        if found is None:
            counts = np.zeros(self._reader.size, np.float32)
            for name, norms in self._norms.items():
                sections, times = self._reader.postings(name, term)
                counts[sections] += times * norms[sections]
            sections = np.flatnonzero(counts)
            found = sections, ranking.impacts(counts[sections], self.size)
            self._impacts.put(term, found)
        return found

    def _rarity(self, term: str) -> float:
        having = len(self._impact(term)[0])
        return float(np.log1p((self.size - having + 0.5) / (having + 0.5)))

    def _norms_of(self, name: str, field: ranking.Field) -> Floats:
        lengths = self._reader.lengths(name)
        average = float(lengths[self._reader.live].mean()) if self.size else 0.0
        return ranking.norms(lengths, field, average)

    def _numbered_documents(self) -> Numbers:
        """Number the documents in the order of their ids; answer the number for each section."""
        lists = dict(self._reader.lists("document"))
        numbers = np.full(self._reader.size, -1)
        for number, document in enumerate(sorted(lists)):
            numbers[lists[document]] = number
        return numbers


def _common(first: Numbers, second: Numbers) -> Numbers:
    """Answer what is in both; both are ascending."""
    few, many = sorted((first, second), key=len)
    places = np.searchsorted(many, few)
    places[places == len(many)] = 0
    return few[many[places] == few] if len(many) else few


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
