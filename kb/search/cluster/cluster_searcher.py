"""One state of the index in the cluster, open for searching."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from itertools import chain, islice
from typing import Any, TypeVar

import numpy as np
from opensearchpy import OpenSearch

from kb.base.errors import StorageError
from kb.base.lazy_re import lazy_re
from kb.base.model import Ended, FacetValue, Listing, Suggestion
from kb.chinese.identity import fold
from kb.search.answer import suggestions
from kb.search.answer.alike import likeness_to, likest, no_section
from kb.search.answer.columns import (
    LONGEST_NAME,
    SHOWN,
    TITLE_MARKS,
    Documents,
    Knowledge,
    wanted,
)
from kb.search.answer.near import BROKEN
from kb.search.answer.section_record import Stored, is_bare
from kb.search.cluster import queries
from kb.search.cluster.client_requests import GLOBALLY
from kb.search.cluster.index_state import State
from kb.search.cluster.kept import ASKED
from kb.search.cluster.kept import stored as stored_of
from kb.search.cluster.mapping import MOST_LISTED
from kb.search.cluster.numbering import Numbering
from kb.search.cluster.queries import NOTHING, Part, Scored, both, either
from kb.search.cluster.section_documents import Row, row_of
from kb.search.cluster.texts import Texts, TextsOn, ToldTexts, counts
from kb.search.cluster.weighing import WINDOW, Candidate, Weighed, near_the_top, weigh
from kb.search.contract.engine import SECTIONS_SHOWN, Group, Order, Standings
from kb.search.meaning.neighbours import Near, Vectors
from kb.search.query import ranking, weights
from kb.search.query.authority import LOCAL
from kb.search.query.conditions import FACETS, Condition, asked_day
from kb.search.query.matching import Exact
from kb.search.query.query import Query
from kb.search.query.ranking import Floats

Told = TypeVar("Told")
_Named = tuple[tuple[str, ...], str]
"""The editions of the documents that a query names, and the anchor of the article."""
_Place = tuple[Candidate | None, bool]
"""The section that is named so, and whether there should be one and is none."""

_KEPT = 50_000
"""Terms, strings and readings whose counts are remembered."""

_SECTIONS_READ = 2_000
"""Sections that are remembered: an edition never changes."""

_ENOUGH_BEST = 100
"""Sections that tell what is enough for a query, where equal ones are left out."""

_COUNTED = 25_000
"""Documents that are counted by one aggregation: clusters return 65,535 values, and of a search for two."""

_GROWTH = 10
_ASKED = 64
_DAYS = 8
"""Days whose texts are remembered."""

_MOST_TERMS = 700
"""Terms that a query is ranked by, the weightiest of them: clusters refuse queries with more than 1,024 clauses."""

_READ = 500
_NEAR = 200  # texts that a string is compared with
_FOR_SURE = 1e9
_ROUNDING = 1e-6
_LITERALLY = lazy_re(r"([^a-z0-9\t])")

"""Answers how every document stood on a day, by id."""

_TOLD = ("key", "number_in_text", "edition")
_FIRST: dict[Order, list[Part]] = {"relevance": [], "date": [{"date": "desc"}], "rank": [{"authority": "desc"}]}


@dataclass(frozen=True, slots=True)
class Listed:
    """A section on a page of hits, and which group it is in; `meant`: it was found by its meaning and not by its words."""

    candidate: Candidate
    score: float
    literal: bool
    direct: bool
    meant: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """What a query finds: a page of it, and the numbers of all. `texts` are the documents as they were searched.

    `direct`: the place that the query names is there; `absent`: it names an article that its document does not have.
    `documents`, where they are grouped by them: in how many something is found, and in how many literally;
    `sections` by key, how many sections of each on the page.
    Of the related, so many are found `by_meaning` and not by their words.
    """

    page: tuple[Listed, ...]
    total: int
    related: int
    facets: Mapping[str, tuple[FacetValue, ...]]
    texts: Texts
    direct: bool
    absent: bool
    documents: tuple[int, int] | None = None
    sections: Mapping[str, int] = field(default_factory=dict)
    by_meaning: int = 0


@dataclass(frozen=True, slots=True)
class _Scoring:
    """How the cluster scores sections for a query of some strings (None: not at all); `whole`: what all of it could add."""

    strings: tuple[str, ...] = ()
    score: Scored | None = None
    whole: float = 0.0

    def searching(self, parts: Sequence[Part], without: Sequence[Part] = ()) -> Part:
        """Return the query for sections that some parts find, scored."""
        return {
            "bool": {
                "filter": list(parts),
                "must_not": list(without),
                "should": [self.score.whole] if self.score else [],
            }
        }


@dataclass(frozen=True, slots=True)
class _Scale:
    """How sections are scored for a query: our part of it, what is enough, and the best of all there are."""

    weighed: Weighed = field(default_factory=Weighed)
    enough: float = 0.0
    best: Sequence[Candidate] = ()


class Searcher:
    """Searches one state. Many threads may use one.

    `replaced` are the keys of documents of which a newer text is there, `told` tells how documents stand, `token` the
    state of that knowledge. `vectors` are those of its sections, numbered by `numbering`.
    """

    def __init__(
        self,
        client: OpenSearch,
        state: State,
        replaced: frozenset[str],
        told: Standings | None = None,
        token: Hashable = None,
        vectors: Vectors = Vectors(),  # noqa: B008
    ) -> None:
        self.state, self.token, self.vectors = state, token, vectors
        self._texts_on = lru_cache(_DAYS)(self._as_on)
        self._replaced = replaced
        requests = state.requests(client)
        self.ask, self._found, self._rows = requests.ask, requests.read, requests.rows
        self._sections = requests.sections
        self._counting = state.counting()
        self._listed = self._documents()
        self._knowledge = Knowledge(told, {row.key: row.fingerprint for row in self._listed})
        self.unknown, self.copies = self._knowledge.unknown, self._knowledge.copies
        self.present = self._at_present(self._listed)
        self._having: dict[str, int] = {}
        self._scales: dict[tuple[str, ...], _Scale] = {}
        self._terms = lru_cache(_ASKED)(_terms)
        self._counted: dict[str, int] = {}
        self._read: dict[str, list[str]] = {}
        self._placed: dict[_Named, _Place] = {}
        self._sections_read: dict[str, Stored] = {}

    def find(self, query: Query, order: Order, offset: int, limit: int, group: Group = "section") -> Found:
        """Return the hits `offset` to `offset + limit`, and the numbers of all."""
        search = _Search(self, query, order, offset, limit, group)
        return search.found() if group == "section" else search.found_by_document()

    @cached_property
    def columns(self) -> Documents:
        """The documents as columns, as they are at present."""
        listings = [self._knowledge.of(row.listing) for row in self._listed if row.listing]
        return Documents(listings, repeated=self._knowledge.repeated)

    @cached_property
    def numbering(self) -> Numbering:
        """The sections of this state by number."""
        return Numbering(self._listed)

    @cached_property
    def standings(self) -> Floats:
        """What the sections of each document keep of their score."""
        return weights.standings(self.columns.listings)

    @cached_property
    def places(self) -> dict[str, list[int]]:
        """The local rules of each place."""
        return weights.places(self.columns.listings)

    def texts(self) -> list[str]:
        """Return the text of each section that has more than a title, a heading or a frame; "" for others."""
        sections = map(stored_of, self._sections(self._counting))
        return [
            "" if is_bare(each.anchor, fold(each.text), each.path[-1] if each.path else "") else each.text
            for each in sections
        ]

    def near(self, query: Query) -> Near | None:
        """Return what is near a query in its meaning; None where that is not asked for, or nobody can tell."""
        if not self.vectors.found or not query.asked:
            return None
        try:
            return self.vectors.found.near(query.asked, weights.NEAREST, weights.LIKE, weights.LIKE_AT_LEAST)
        except StorageError as error:  # words answer, and `vectors` say why
            self.vectors = self.vectors.without(str(error))
            return None

    def like(self, document: str, anchor: str, most: int) -> list[tuple[Stored, float]]:
        """Return the sections of other present documents that are likest to one, the likest first, one of each law.

        Raises NotFoundError where that is not there, or has no vector.
        """
        parts = self.among([self.present.held, {"term": {"document": document}}, {"term": {"place": anchor}}])
        sort = ["number_in_text"]
        (answer,) = self.ask({"query": both(parts), "sort": sort, "size": 1, **ASKED})
        hits = [hit for hit in answer["hits"]["hits"] if stored_of(hit).anchor == anchor]
        if not hits:
            raise no_section(f"{document}#{anchor}")
        numbers = self.numbering
        own = int(numbers.sections([hits[0]["_id"]])[0])
        likeness = likeness_to(own, self.vectors, f"{document}#{anchor}")
        found = likest(likeness, numbers.documents, self.columns, int(numbers.documents[own]), most)
        stored = self.stored(numbers.ids(np.array([section for section, _ in found], np.int64)))
        return [(self.present.as_shown(each), alike) for each, (_, alike) in zip(stored, found, strict=True)]

    def by_document(self) -> Iterator[Part]:
        """Yield the aggregations that together count the sections of each document, exactly: one would be more than clusters return."""
        parts = 1 + (self.state.documents + self.state.versions) // _COUNTED
        for part in range(parts):
            include = {"partition": part, "num_partitions": parts}
            yield {"terms": {"field": "key", "size": 2 * _COUNTED, "include": include}}

    def among(self, parts: Sequence[Part]) -> list[Part]:
        """Return some parts of a query and what makes them find only what counts."""
        return [self._counting, *parts]

    def stored(self, ids: Sequence[str]) -> list[Stored]:
        """Return what was kept of some sections."""
        found = {id: self._sections_read.get(id) for id in ids}
        missing = [id for id, stored in found.items() if stored is None]
        new = {hit["_id"]: stored_of(hit) for hit in self._found(missing)}
        self._remember_read(new)
        return [found[id] or new[id] for id in ids]

    def ask_with_kept(self, bodies: Sequence[Part], ids: Iterable[str]) -> list[Any]:
        """Ask several things, and for what was kept of some sections, which `stored` will be asked for."""
        missing = [id for id in dict.fromkeys(ids) if id not in self._sections_read]
        body = {"query": {"ids": {"values": missing}}, "size": len(missing), **ASKED}
        answers = self.ask(*bodies, *([body] if missing else []))
        if missing:
            hits = answers.pop()["hits"]["hits"]
            self._remember_read({hit["_id"]: stored_of(hit) for hit in hits})
        return answers

    def _remember_read(self, new: Mapping[str, Stored]) -> None:
        if len(self._sections_read) > _SECTIONS_READ:
            self._sections_read.clear()
        self._sections_read |= new

    def listings(self) -> Iterator[Listing]:
        """Yield the present documents, by id."""
        for row in self._listed:
            if row.listing and not row.listing.version:
                yield self._knowledge.of(row.listing)

    def texts_for(self, conditions: Iterable[Condition]) -> Texts:
        """Return the texts that conditions ask for: those of the present, or of a day.

        Raises BadIndexError for conditions that nobody can tell the answer to.
        """
        self._knowledge.check(conditions)
        day = asked_day(conditions)
        return self._texts_on(day) if day else self.present

    def _at_present(self, rows: Sequence[Row]) -> Texts:
        """Return the present texts; how they stand is what is told today, where the cluster has written something else."""
        listings = [row.listing for row in rows if row.listing]
        told = [self._knowledge.of(listing) for listing in listings]
        ids = self._knowledge.repeated
        repeated = [row for row in rows if row.listing and row.listing.id in ids and not row.listing.version]
        if told == listings:
            return Texts(self.state, self._named, repeated)
        return ToldTexts(self.state, rows, Documents(told, repeated=ids), self._named, repeated)

    def _as_on(self, day: str) -> Texts:
        return TextsOn(self.state, self._listed, day, self._knowledge.on(day))

    def _documents(self) -> list[Row]:
        """Read the documents and older versions of this state, by key: once, they are remembered."""
        rows = map(row_of, self._rows(self.state.counting("listed")))
        return [row for row in rows if row.listing]

    def place(self, folded: str, texts: Texts) -> tuple[Candidate | None, bool]:
        """Return the section that a folded text names, an article or where a document starts, and whether it should be one and is none."""
        editions, anchor = texts.named(folded)
        return _place_told(editions, *self.ask(*self._place_asked(editions, anchor)))

    def _place_asked(self, editions: Sequence[str], anchor: str) -> list[Part]:
        """Ask for the section at an anchor, or the first one, of some documents; nothing where there are none."""
        at = {"term": {"place": anchor}} if anchor else {"term": {"number_in_text": 0}}
        query = both(self.among([{"terms": {"edition": list(editions)}}, at]))
        first = {"query": query, "collapse": {"field": "edition"}, "sort": ["number_in_text"], "size": len(editions)}
        fields = {"stored_fields": "_none_", "docvalue_fields": ["key", "edition", "number_in_text"]}
        return [{**first, **fields}] if editions else []

    def known_first(self, query: Query, texts: Texts) -> tuple[Candidate | None, bool]:
        """Return the place that a query names (see `place`), asked for with all that a search must know before all else."""
        _, places = self._learn_first([query], texts)
        (place,) = places.values()
        return place

    def stand(self, queries: Sequence[Query]) -> list[bool]:
        """Return of each of some readings whether any section matches it literally, whatever its conditions.

        What a search for them must know is asked for with it.
        """
        bodies = [self._stands_asked(query) for query in queries if query.leaves]
        answers, _ = self._learn_first(queries, self.texts_for(queries[0].conditions), bodies)
        told = iter(answers)
        return [not query.leaves or int(next(told)["hits"]["total"]["value"]) > 0 for query in queries]

    def _stands_asked(self, query: Query) -> Part:
        body = {"query": both(self.among([queries.matching(query.root)])), "size": 0, "terminate_after": 1}
        return {**body, "track_total_hits": 1}

    def _learn_first(
        self, searches: Sequence[Query], texts: Texts, bodies: Sequence[Part] = ()
    ) -> tuple[list[Any], dict[_Named, _Place]]:
        """Ask what is not remembered of how rare the terms of some queries are and of the places they name, and some other
        things: return the answers to these, and the places.
        """
        known = {named: self._placed.get(named) for named in (self._place_named(query, texts) for query in searches)}
        unplaced = [named for named, place in known.items() if place is None]
        asked = [self._place_asked(*place) for place in unplaced]
        unknown = self._unknown(dict.fromkeys(term for each in searches for term in self._terms(each.required)[1]))
        rare = self._having_asked(unknown)
        told = iter(self.ask(*bodies, *chain.from_iterable(asked), *rare))
        others = list(islice(told, len(bodies)))
        if len(self._placed) > _KEPT:
            self._placed.clear()
        new = {
            named: _place_told(named[0], *islice(told, len(parts)))
            for named, parts in zip(unplaced, asked, strict=True)
        }
        self._placed |= new
        self._learn_having(unknown, *told)
        return others, {named: place or new[named] for named, place in known.items()}

    def _place_named(self, query: Query, texts: Texts) -> _Named:
        """Return the editions of the documents that a query names, and the anchor of the article."""
        is_name = 0 < len(query.name) <= LONGEST_NAME
        editions, anchor = texts.named(query.name.translate(TITLE_MARKS)) if is_name else ([], "")
        return tuple(editions), anchor

    def ended(self, name: str) -> Ended | None:
        """Return what ended the document that a query names and that is not there; None where nothing did."""
        return self._knowledge.ended(name)

    def suggest(self, typed: str, limit: int) -> list[Suggestion]:
        """Return what somebody who has typed this may want: a place, titles, headings, words that are read like it."""
        folded = fold(typed).translate(TITLE_MARKS)
        if not folded:
            return []
        words = suggestions.pinyin_words(folded, self.readings, limit)
        found = [
            *self._suggested_places(folded),
            *self._suggested_titles(folded, limit),
            *self._suggested_headings(folded, limit),
            *(Suggestion(word, "word") for word in words),
        ]
        return suggestions.different(found)[:limit]

    def _suggested_places(self, folded: str) -> Iterator[Suggestion]:
        _, anchor = self._named(folded)
        place, _ = self.place(folded, self.present) if anchor else (None, False)
        if place:
            (stored,) = self.stored([place.id])
            yield Suggestion(f"{stored.title}{stored.number}", "place", stored.document, stored.anchor)

    def _suggested_titles(self, folded: str, limit: int) -> Iterator[Suggestion]:
        query = both([self.state.counting("listed"), {"term": {"present": True}}])
        query["bool"]["must"] = [queries.containing("folded_title", folded)]
        sort = [{"_score": "desc"}, "title_length", "key"]
        (answer,) = self.ask({"query": query, "sort": sort, "size": limit, **ASKED})
        for number in self.columns.named(folded)[:limit]:
            listing = self.columns.listings[number]
            yield Suggestion(listing.title, "title", listing.id)
        for hit in answer["hits"]["hits"]:
            if containing := row_of(hit).listing:
                yield Suggestion(containing.title, "title", containing.id)

    def _suggested_headings(self, folded: str, limit: int) -> Iterator[Suggestion]:
        query = both(self.among([]))
        query["bool"]["must"] = [queries.containing("folded_heading", folded)]
        sort = [{"_score": "desc"}, "heading_length", "heading"]
        collapsed = {
            "query": query,
            "collapse": {"field": "heading"},
            "sort": sort,
            "size": limit,
            "stored_fields": "_none_",
        }
        (answer,) = self.ask(collapsed)
        for hit in answer["hits"]["hits"]:
            yield Suggestion(hit["sort"][-1], "heading")

    def _named(self, folded: str) -> tuple[list[str], str]:
        """Return the editions of the documents that a folded text names, newest first, and the article's anchor."""
        numbers, anchor = self.columns.place(folded)
        return [self._listed[number].edition for number in numbers], anchor

    def count(self, string: str) -> int:
        """Return how many sections of present documents contain a folded string."""
        return self.counts([string])[0]

    def foresee(self, strings: Sequence[str]) -> None:
        """See `results.Counting`."""
        self.counts(strings)

    def counts(self, strings: Sequence[str]) -> list[int]:
        """See `near.Texts`."""
        return self._remembered(
            self._counted, strings, self._count_asked, lambda told: int(told["hits"]["total"]["value"])
        )

    def _count_asked(self, string: str) -> Part:
        found = queries.matching(Exact(string)) if string else NOTHING
        return {"query": both(self.among([self.present.shown, found])), "size": 0, "track_total_hits": True}

    def _remembered(
        self, known: dict[str, Told], strings: Sequence[str], asked: Callable[[str], Part], read: Callable[[Any], Told]
    ) -> list[Told]:
        """Return what is known of some strings; what is not is asked for together."""
        found = {string: known[string] for string in strings if string in known}
        unknown = [string for string in dict.fromkeys(strings) if string not in found]
        new = dict(zip(unknown, map(read, self.ask(*map(asked, unknown))), strict=True))
        if len(known) > _KEPT:
            known.clear()
        known |= new
        found |= new
        return [found[string] for string in strings]

    def sharing(self, string: str, edits: int, most: int) -> Iterator[tuple[str, Stored]]:
        """See `near.Texts`: sections that have some of the pairs of characters, the rarest count most."""
        query = both(self.among([self.present.shown]))
        query["bool"]["must"] = [queries.sharing(string, len(string) - 1 - BROKEN * edits)]
        sort = [{"_score": "desc"}, "key", "number_in_text"]
        (answer,) = self.ask({"query": query, "sort": sort, "size": min(most, _NEAR), **ASKED, GLOBALLY: True})
        for hit in answer["hits"]["hits"]:
            stored = stored_of(hit)
            yield fold(stored.text), self.present.as_shown(stored)

    def where(self, string: str, most: int, preferred: str) -> list[Stored]:
        """See `origins.Library`."""
        parts = self.among([self.present.shown, queries.matching(Exact(string))])
        sort = [{"authority": "desc"}, "key", "number_in_text"]
        body = {"sort": sort, "size": most, **ASKED}
        answers = self.ask(
            {**body, "query": both([*parts, {"term": {"document": preferred}}])},
            {**body, "query": both(parts, [{"term": {"document": preferred}}])},
        )
        hits = [hit for answer in answers for hit in answer["hits"]["hits"]]
        return [self.present.as_shown(stored_of(hit)) for hit in hits[:most]]

    def kept(self, section: Stored) -> Stored:
        """See `near.Texts`."""
        return section

    def readings(self, starts: Sequence[str]) -> list[list[str]]:
        """Return how words are read, as `suggestions.readings` writes it, where that starts with each of some strings."""
        return self._remembered(self._read, starts, self._readings_asked, _keys)

    def _readings_asked(self, start: str) -> Part:
        query = both(self.among([{"prefix": {"reading": start}}]))
        include = _LITERALLY.sub(r"\\\1", start) + ".*"
        terms = {"field": "reading", "include": include, "size": _READ, "order": {"_key": "asc"}}
        return {"query": query, "size": 0, "aggs": {"readings": {"terms": terms}}}

    def scoring(self, strings: tuple[str, ...]) -> _Scoring:
        """Return how the cluster scores sections for a query of these folded strings: the terms' rarity decides what each can add."""
        own, weighted = self._terms(strings)
        having = self._sections_having(list(weighted))
        rarity = self._rarity(having)
        most = {term: weight * rarity[term] * (ranking.K1 + 1) for term, weight in weighted.items() if having[term]}
        most = dict(sorted(most.items(), key=lambda item: -item[1])[:_MOST_TERMS])
        whole = sum(weight * rarity[term] for term, weight in own.items())
        joined = "\n".join(strings)
        places = sorted(place for place in self.places if place in joined)
        return _Scoring(strings, Scored(most, strings, places) if most else None, whole)

    def scale(self, scoring: _Scoring) -> _Scale | None:
        """Return what was worked out of a query; None where that has to be asked for."""
        return self._scales.get(scoring.strings) if scoring.score else _Scale()

    def best_asked(self, scoring: _Scoring) -> list[Part]:
        """Ask for the best sections for a query, whatever its conditions: they decide what is enough.

        By their words alone, which the cluster finds without scoring all, and those whose score is more than that. What counts
        is looked at of these only: what narrows a search keeps the cluster from passing over what cannot be among the best.
        """
        score = scoring.score
        if score is None:
            return []
        raised = [{"bool": {"filter": [score.raised], "must": [score.whole]}}] if score.raised else []
        listed = {"size": WINDOW, "post_filter": both(self.among([])), **_by_score(), "track_total_hits": False}
        return [{"query": each, **listed} for each in (score.words, *raised)]

    def scale_told(self, scoring: _Scoring, answers: Sequence[Any]) -> _Scale:
        """Read the answers to `best_asked`, and remember what they tell for the next page."""
        found = _best(answers)
        if len(found) < _ENOUGH_BEST and any(len(answer["hits"]["hits"]) == WINDOW for answer in answers):
            found = _best(self.ask(*({**body, **_sorted("relevance")} for body in self.best_asked(scoring))))
        first = sorted(found, key=_best_first)[:WINDOW]
        weighed = weigh(first, self._replaced, "".join(scoring.strings), self._texts)
        enough = max(weights.SHARE * weighed.best, weights.LEAST_SHARE * scoring.whole)
        scale = _Scale(weighed, enough / (1 + weights.DOCUMENT), first)  # what a section gains as one of its document
        if len(self._scales) >= _ASKED:
            self._scales.clear()
        self._scales[scoring.strings] = scale
        return scale

    def _texts(self, ids: Sequence[str]) -> list[str]:
        return [stored.text for stored in self.stored(ids)]

    def _sections_having(self, terms: Sequence[str]) -> dict[str, int]:
        """Return how many sections have each of some terms in any field."""
        known = {term: self._having.get(term) for term in terms}
        unknown = [term for term, count in known.items() if count is None]
        new = self._learn_having(unknown, *self.ask(*self._having_asked(unknown)))
        return {term: new[term] if count is None else count for term, count in known.items()}

    def _rarity(self, having: Mapping[str, int]) -> dict[str, float]:
        """Return how rare terms are, by the number of sections that have them."""
        size = self.state.sections + self.state.older
        counts = np.array(list(having.values()), np.float64)
        return dict(zip(having, np.log1p((size - counts + 0.5) / (counts + 0.5)).tolist(), strict=True))

    def _unknown(self, terms: Iterable[str]) -> list[str]:
        return [term for term in terms if term not in self._having]

    def _having_asked(self, terms: Sequence[str]) -> list[Part]:
        """Ask how many sections have each of some terms in any field: each for itself looks only at those that have it, an
        aggregation would look at all.
        """
        parts = map(queries.having, terms)
        return [{"query": both(self.among([part])), "size": 0, "track_total_hits": True} for part in parts]

    def _learn_having(self, terms: Sequence[str], *answers: Any) -> dict[str, int]:
        """Return what `_having_asked` tells, and remember it."""
        totals = (answer["hits"]["total"]["value"] for answer in answers)
        new = dict(zip(terms, totals, strict=True))
        if len(self._having) > _KEPT:
            self._having.clear()
        self._having |= new
        return new


def _place_told(editions: Sequence[str], *answers: Any) -> tuple[Candidate | None, bool]:
    """Read the answer to `_place_asked`: the section is in the first of the documents that has one."""
    for answer in answers:
        found = {hit["fields"]["edition"][0]: hit["fields"] for hit in answer["hits"]["hits"]}
        for edition in filter(found.__contains__, editions):
            (key,), (number,) = found[edition]["key"], found[edition]["number_in_text"]
            return Candidate(f"{edition}-{number}", key, number, 0.0), False
    return None, bool(answers)


@dataclass(frozen=True, slots=True)
class _Related:
    """What is related: the answers that `counted` it, the first of it in order, how many there are, and of these `by_meaning` only.

    `meant` are those that are near in meaning.
    """

    counted: Sequence[Any]
    listed: list[Listed]
    total: int
    by_meaning: int
    meant: Sequence[Candidate]


class _Search:
    """One search: what is asked of the cluster for it, and what is made of the answers."""

    def __init__(self, searcher: Searcher, query: Query, order: Order, offset: int, limit: int, group: Group) -> None:
        self._searcher, self._query, self._order = searcher, query, order
        self._from, self._last = offset, offset + limit
        self._chosen = [each for each in query.conditions if each.whole and each.field in FACETS]
        self._by_document = list(searcher.by_document()) if group == "document" else []
        self._literal = queries.matching(query.root) if query.leaves else self._whole_documents()
        self._shown = searcher.texts_for(query.conditions)
        self._met = self._shown.meeting(query.conditions)
        self._place, self._absent = searcher.known_first(query, self._shown)
        self._scoring = searcher.scoring(query.required)
        self._named_ids: list[Part] = [{"ids": {"values": [self._place.id]}}] if self._place else []
        self._excluded = [queries.matching(node) for node in query.excluded]
        self._found_near = searcher.near(query)
        self._near = self._near_in_meaning()
        known = searcher.scale(self._scoring)
        self._scale_known, self._scale = known is not None, known or _Scale()
        self._first_answers: list[Any] = []

    def _first_asked(self) -> list[Part]:
        """Ask for the literal matches and the place that is named."""
        parts = self._searcher.among([*self._met, self._literal])
        literal = both(parts, self._named_ids)
        counted = [{"query": literal, "size": 0, "aggs": {"found": keys}} for keys in self._by_document]
        return [self._literal_ones(), *self._direct_ones(), *counted]

    def _ask_first(self, also: Sequence[Part] = ()) -> list[Any]:
        """Ask for the first things, and with them for the scale where that is not remembered; return the answers to what is `also` asked."""
        first = self._first_asked()
        bodies = [*first, *also]
        best = [] if self._scale_known else self._searcher.best_asked(self._scoring)
        answers = self._searcher.ask(*bodies, *best)
        if best:
            self._scale = self._searcher.scale_told(self._scoring, answers[len(bodies) :])
        self._first_answers = answers[: len(first)]
        return answers[len(first) : len(bodies)]

    def found(self) -> Found:
        """Ask for what matches and for what is related: together, where it is remembered how related that must be, or nothing is asked for but
        what matches.
        """
        size, known = max(WINDOW, self._last), self._scale_known or self._query.exact
        together = self._related_asked([self._counted_and_related(self._facets(), size)]) if known else []
        answers = self._ask_first(together)
        total, literal = _hits(self._first_answers[0])
        if len(literal) < min(total, self._last):
            total, literal = _hits(*self._searcher.ask(self._literal_ones(ties=True)))
        direct, is_literal = self._direct()
        sure = [
            *(self._listed(one, is_literal, True) for one in direct),
            *(self._listed(one, True, False) for one in self._in_order(literal)),
        ]
        before = len(direct) + total
        if not together:
            size = max(WINDOW, self._last - before) if self._last > before else 0
            page = [one.candidate.id for one in sure[self._from : self._last]]
            page += self._expected(sure, max(0, self._from - before), self._last - before)
            answers = self._searcher.ask_with_kept(
                self._related_asked([self._counted_and_related(self._facets(), size)]), page
            )
        related = self._related_told(answers)
        if len(related.listed) < min(related.total, self._last - before):
            related = self._related([self._counted_and_related({}, size, ties=True)])
        listed = [*sure, *related.listed]
        return Found(
            page=tuple(listed[self._from : self._last]),
            total=total + is_literal,
            related=related.total + len(direct) - is_literal,
            by_meaning=related.by_meaning,
            facets=_facets(answers[0]["aggregations"], self._query.conditions),
            texts=self._shown,
            direct=bool(direct),
            absent=self._absent,
        )

    def _expected(self, sure: Sequence[Listed], first: int, last: int) -> list[str]:
        """Return the ids of sections that will be on the page of what is related: where nothing narrows it, the best that there are."""
        if last <= 0 or self._query.conditions or self._near or not self._has_related():
            return []
        known = {one.candidate.id for one in sure}
        best = [one.id for one in self._in_order(list(self._scale.best)) if one.id not in known]
        return best[first:last]

    def found_by_document(self) -> Found:
        """Count the sections of every document, list as many as it takes to know the documents of the page, and ask for theirs."""
        first, last = self._from, self._last
        self._ask_first()
        total, literal = _hits(self._first_answers[0])
        direct, is_literal = self._direct()
        numbers = _numbers(self._first_answers[3 if self._place else 1 :])
        literal_ones = len(numbers | ({self._place.key: 1} if self._place and is_literal else {}))
        sure_numbers = numbers + Counter(one.key for one in direct)
        size = WINDOW
        while size < MOST_LISTED and _documents([*direct, *literal]) < min(last, len(sure_numbers)):
            size *= _GROWTH
            (answer,) = self._searcher.ask({**self._literal_ones(ties=True), "size": min(size, MOST_LISTED)})
            literal = _candidates(answer)
        sure = [
            *(self._listed(one, is_literal, True) for one in direct),
            *(self._listed(one, True, False) for one in self._in_order(literal)),
        ]
        page: dict[str, list[Listed]] = {}
        if last <= len(sure_numbers) or not self._has_related():
            page = self._completed(dict(islice(_grouped(sure).items(), first, last)), sure_numbers)
        size = (
            MOST_LISTED if self._near and self._order != "relevance" else WINDOW
        )  # all are put in order with the others
        ids = [one.candidate.id for some in page.values() for one in some]
        related = self._related(self._numbered(size), ids)
        counted = _numbers(related.counted, "related") + Counter(one.key for one in related.meant)
        alike_numbers = Counter({key: number for key, number in counted.items() if key not in sure_numbers})
        alike = [one for one in related.listed if one.candidate.key not in sure_numbers]
        wanted = min(last - len(sure_numbers), len(alike_numbers))
        while size < MOST_LISTED and _documents(one.candidate for one in alike) < wanted:
            size *= _GROWTH
            more = self._related([self._counted_and_related({}, min(size, MOST_LISTED), ties=True)])
            alike = [one for one in more.listed if one.candidate.key not in sure_numbers]
        if last > len(sure_numbers) and self._has_related():
            shown = dict(islice((_grouped(sure) | _grouped(alike)).items(), first, last))
            page = self._completed(shown, sure_numbers, alike_numbers, {one.id for one in related.meant})
        all_numbers = sure_numbers + alike_numbers
        having = set(_numbers(related.counted, "found") if self._chosen else all_numbers)
        columns = self._shown.columns or self._searcher.columns
        there = np.array([listing.key in having for listing in columns.listings], np.int64)
        return Found(
            page=tuple(one for some in page.values() for one in some),
            total=total + is_literal,
            related=related.total + len(direct) - is_literal,
            by_meaning=related.by_meaning,
            facets=columns.facets(there, self._query.conditions),
            texts=self._shown,
            direct=bool(direct),
            absent=self._absent,
            documents=(len(all_numbers), literal_ones),
            sections={key: all_numbers[key] for key in page},
        )

    def _completed(
        self,
        page: Mapping[str, list[Listed]],
        sure: Mapping[str, int],
        alike: Mapping[str, int] = {},
        near: Collection[str] = (),
    ) -> dict[str, list[Listed]]:
        """Return the sections shown of some documents: where they stand farther down than was listed, they are asked for.

        `near` are the ids of those that were listed because they are near in meaning.
        """
        lacking = {
            key: some
            for key, some in page.items()
            if len(some) < min(SECTIONS_SHOWN, sure[key] if key in sure else alike[key])
        }
        bodies = []
        for key, some in lacking.items():
            body = self._literal_ones([{"term": {"key": key}}], ties=True) if key in sure else self._related_of(key)
            before = sum(not one.direct and one.candidate.id not in near for one in some)
            bodies.append({**body, "from": before, "size": SECTIONS_SHOWN - len(some)})
        found = zip(lacking, map(_candidates, self._searcher.ask(*bodies)), strict=True)
        others = {key: [self._listed(one, key in sure, False) for one in some] for key, some in found}
        return {key: [*some, *others.get(key, [])][:SECTIONS_SHOWN] for key, some in page.items()}

    def _related_of(self, key: str) -> Part:
        body = self._counted_and_related({}, WINDOW, ties=True)
        return {**body, "post_filter": both([body["post_filter"], {"term": {"key": key}}])}

    def _direct(self) -> tuple[list[Candidate], bool]:
        """Return the place that is named, if it meets the conditions, and whether it matches literally."""
        answers = self._first_answers
        return (_hits(answers[1])[1], _hits(answers[2])[0] > 0) if self._place else ([], False)

    def _numbered(self, size: int) -> list[Part]:
        """Count the sections that are related in every document, and where a value of a facet is chosen, whatever is found."""
        bodies: list[Part] = []
        for keys in self._by_document:
            counted = {"found": keys} if self._chosen else {}
            if self._has_related():
                counted["related"] = {"filter": self._only_related(), "aggs": {"keys": keys}}
            bodies.append(self._counted_and_related(counted, 0 if bodies else size))
        return bodies

    def _literal_ones(self, narrowed: Sequence[Part] = (), *, ties: bool = False) -> Part:
        """Ask for the best literal matches; `ties`: equal ones in order, too (see `_by_score`)."""
        parts = [*self._met, self._literal, *narrowed]
        query = self._scoring.searching(self._searcher.among(parts), self._named_ids)
        size = WINDOW if self._by_document else max(WINDOW, self._last)
        return {"query": query, "size": size, **self._sorted(ties=ties)}

    def _direct_ones(self) -> list[Part]:
        """Ask for the place that is named, if it meets the conditions, and whether it matches literally."""
        if not self._place:
            return []
        parts = self._searcher.among([*self._met, *self._named_ids])
        there = {"query": self._scoring.searching(parts), "size": 1, **_sorted("relevance")}
        return [there, {"query": both([*parts, self._literal]), "size": 0, "track_total_hits": True}]

    def _sorted(self, *, ties: bool) -> Part:
        """Where nothing is scored, all are equal."""
        anyhow = not ties and self._order == "relevance" and self._scoring.score
        return _by_score() if anyhow else _sorted(self._order)

    def _counted_and_related(self, counted: Part, size: int, *, ties: bool = False) -> Part:
        """Count something over all that is found, and list what is related of it: scored once for both; `ties`: equal ones in
        order, too (see `_by_score`).

        A facet's own choice does not narrow it: what is listed is narrowed after everything was counted.
        """
        conditions = self._query.conditions
        parts = self._searcher.among(self._shown.meeting(each for each in conditions if each not in self._chosen))
        found = [self._literal, *self._named_ids]
        if not self._has_related():
            return {"query": both([*parts, either(found)]), "size": 0, "aggs": counted}
        sure = [{"constant_score": {"filter": part, "boost": _FOR_SURE}} for part in [*found, *self._near]]
        alike = self._alike()
        query = {"bool": {**either([*sure, *alike])["bool"], "filter": parts}}
        listed = {"min_score": self._enough(), "size": size, "post_filter": self._only_related()}
        return {"query": query, "aggs": counted, **listed, **self._sorted(ties=ties)}

    def _alike(self) -> list[Part]:
        """Return the query that scores what has the words of this one, as far as that can be enough; nothing where nothing is scored."""
        if not (score := self._scoring.score):
            return []
        return [{"bool": {"must": [score.reaching(self._enough())], "must_not": self._excluded}}]

    def _only_related(self) -> Part:
        return both(self._met, [self._literal, *self._named_ids, *self._near])

    def _meant_ones(self) -> Part:
        """Ask for what is near in meaning and is not found for sure, all of it, scored by words."""
        without = [self._literal, *self._named_ids]
        query = self._scoring.searching(self._searcher.among([*self._met, *self._near]), without)
        return {"query": query, "size": weights.NEAREST, **_sorted(self._order)}

    def _near_in_meaning(self) -> list[Part]:
        """Return the query for the sections that mean the like, whatever their words and conditions; none where nobody can tell."""
        ids = self._searcher.numbering.ids(self._found_near.sections) if self._found_near else []
        return [both([{"ids": {"values": ids}}], self._excluded)] if ids else []

    def _related(self, bodies: Sequence[Part], page: Sequence[str] = ()) -> _Related:
        """Ask for what is related, and for what is kept of a page."""
        return self._related_told(self._searcher.ask_with_kept(self._related_asked(bodies), page))

    def _related_asked(self, bodies: Sequence[Part]) -> list[Part]:
        """Ask for what is related by words, as `_counted_and_related` does, or by meaning."""
        return [*bodies, *([self._meant_ones()] if self._near else [])]

    def _related_told(self, answers: Sequence[Any]) -> _Related:
        """Read the answers to `_related_asked`."""
        counted = answers[:-1] if self._near else answers
        near, meant = _hits(answers[-1]) if self._near else (0, [])
        total, by_words = _hits(answers[0]) if self._has_related() else (0, [])
        by_meaning = {one.id for one in meant if not self._by_words() or one.score < self._enough()}
        listed = [self._listed(one, False, False) for one in self._in_order(by_words)]
        if self._found_near is not None:
            window = near_the_top(by_words) if self._order == "relevance" else len(listed)
            both_ways = self._joined(self._found_near.likeness, [*(one.candidate for one in listed[:window]), *meant])
            ordered = [replace(one, meant=one.candidate.id in by_meaning) for one in both_ways]
            listed = [*ordered, *listed[window:]]
        return _Related(counted, listed, total + near, len(by_meaning), meant)

    def _joined(self, likeness: Floats, candidates: Sequence[Candidate]) -> list[Listed]:
        """Return sections in order, scored by words and meaning."""
        if not candidates:
            return []
        searcher, weighed = self._searcher, self._scale.weighed
        sections = searcher.numbering.sections(one.id for one in candidates)
        documents = searcher.numbering.documents[sections]
        standing = searcher.standings.copy()
        whole = "\n".join(self._query.required)
        standing[[number for place, some in searcher.places.items() if place in whole for number in some]] /= (
            weights.STANDING[LOCAL]
        )
        likeness = likeness[sections]
        kept = standing[documents] * np.where(likeness < 0, weights.BARE, 1)  # what is bare has no vector
        best = weighed.best or 1.0
        share = np.array([weighed.of(one) for one in candidates], np.float32) / np.float32(best)
        scores = weights.joined(share, likeness, kept, documents) * best
        ranks = np.zeros(len(candidates), np.int64)
        if self._order != "relevance":
            ranks = (self._shown.columns or searcher.columns).ranks[self._order][documents]
        order = np.lexsort((sections, -np.round(scores, 4), -ranks))
        return [Listed(candidates[place], float(scores[place]), False, False) for place in order.tolist()]

    def _listed(self, candidate: Candidate, literal: bool, direct: bool) -> Listed:
        return Listed(candidate, self._scale.weighed.of(candidate), literal, direct)

    def _facets(self) -> Part:
        facets: Part = {}
        chosen = self._chosen
        for facet in FACETS:
            own = [value for each in chosen if each.field == facet for value in wanted(each)]
            others = [each for each in chosen if each.field != facet]
            facets[facet] = self._shown.facet(facet, others, SHOWN + 1, own)
        return facets

    def _has_related(self) -> bool:
        return (self._by_words() or bool(self._near)) and not self._query.exact

    def _by_words(self) -> bool:
        return self._scale.enough > 0

    def _enough(self) -> float:
        return self._scale.enough * (1 - _ROUNDING)

    def _in_order(self, candidates: list[Candidate]) -> list[Candidate]:
        return self._scale.weighed.in_order(candidates) if self._order == "relevance" else candidates

    def _whole_documents(self) -> Part:
        """Find what a query without text lists: one section for each document, or all where a place is asked for."""
        if any(each.field in ("article", "within") for each in self._query.conditions):
            return queries.EVERYTHING
        return {"term": {"number_in_text": 0}}


def _sorted(order: Order) -> Part:
    """Equal ones come best first, then in the order of their documents' keys, then of the text.

    A section's id is its edition and number: these stand in the columns that are sorted by, ids among what is kept, which
    would have to be unpacked.
    """
    sort = [*_FIRST[order], {"_score": "desc"}, *_TOLD]
    return {"sort": sort, "track_total_hits": True, "stored_fields": "_none_"}


def _by_score() -> Part:
    """The best first, equal ones anyhow: to compare keys takes the cluster longer than to find the best.

    Where there are more, which of those that are as good as the last are listed is chance; so `_hits` leaves these out.
    """
    return {"docvalue_fields": list(_TOLD), "track_total_hits": True, "stored_fields": "_none_"}


def _hits(answer: Any) -> tuple[int, list[Candidate]]:
    """Read the answer to a search that is `_sorted`, or `_by_score`: how much is found, and what is listed, in order."""
    total, candidates = answer["hits"]["total"]["value"], _candidates(answer)
    return total, candidates if total <= len(candidates) or _is_sorted(answer) else _without_last(candidates)


def _best(answers: Iterable[Any]) -> list[Candidate]:
    """Read the answers to `best_asked`: each section with its highest score, in no order.

    Of what is only in order of score, all that must be among the best.
    """
    best: dict[str, Candidate] = {}
    last = 0.0
    for answer in answers:
        candidates = _candidates(answer)
        if len(candidates) == WINDOW and not _is_sorted(answer):
            last = max(last, candidates[-1].score)
        for one in candidates:
            if one.id not in best or one.score > best[one.id].score:
                best[one.id] = one
    return [one for one in best.values() if one.score > last]


def _without_last(candidates: Sequence[Candidate]) -> list[Candidate]:
    """Return all but the last and those that are as good."""
    return [one for one in candidates if one.score > candidates[-1].score]


def _is_sorted(answer: Any) -> bool:
    return any("sort" in hit for hit in answer["hits"]["hits"])


def _candidates(answer: Any) -> list[Candidate]:
    found = []
    for hit in answer["hits"]["hits"]:
        if "sort" in hit:
            *_, score, key, number, edition = hit["sort"]
        else:
            score, (key, number, edition) = hit["_score"], (hit["fields"][name][0] for name in _TOLD)
        found.append(Candidate(f"{edition}-{number}", key, number, score))
    return found if _is_sorted(answer) else sorted(found, key=_best_first)


def _best_first(one: Candidate) -> tuple[float, str, int]:
    return -one.score, one.key, one.number


def _numbers(answers: Iterable[Any], name: str = "found") -> Counter[str]:
    """Read how many sections of each document were counted."""
    counted = [answer.get("aggregations", {}).get(name, {}) for answer in answers]
    buckets = chain.from_iterable(each.get("keys", each).get("buckets", []) for each in counted)
    return Counter({bucket["key"]: bucket["doc_count"] for bucket in buckets})


def _documents(candidates: Iterable[Candidate]) -> int:
    return len({one.key for one in candidates})


def _grouped(listed: Iterable[Listed]) -> dict[str, list[Listed]]:
    found: defaultdict[str, list[Listed]] = defaultdict(list)
    for one in listed:
        found[one.candidate.key].append(one)
    return found


def _keys(answer: Any) -> list[str]:
    return [bucket["key"] for bucket in answer["aggregations"]["readings"]["buckets"]]


def _terms(strings: tuple[str, ...]) -> tuple[Mapping[str, float], Mapping[str, float]]:
    """Return the terms of a query with their weights: its own, and with what these may also be called."""
    own = ranking.terms(strings)
    return own, own | weights.other_terms(strings, own)


def _facets(counted: Any, conditions: Sequence[Condition]) -> dict[str, tuple[FacetValue, ...]]:
    return {name: tuple(_facet(counted[name], name, conditions)) for name in FACETS}


def _facet(counted: Any, name: str, conditions: Sequence[Condition]) -> Iterator[FacetValue]:
    """Yield the values with the most sections, and those that were chosen."""
    chosen = set(chain.from_iterable(map(wanted, (each for each in conditions if each.field == name and each.whole))))
    totals = counts(counted)
    listed = dict(list(totals.items())[:SHOWN])
    if "chosen" in counted:
        others = {bucket["key"]: bucket["doc_count"] for bucket in counted["chosen"]["buckets"]}
        listed |= {value: others[value] for value in sorted(others) if value not in listed}
    for value, total in listed.items():
        yield FacetValue(value, total, value in chosen)
