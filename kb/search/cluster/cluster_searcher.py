"""One state of the index in the cluster, open for searching."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property, lru_cache
from itertools import chain, islice
from typing import Any, TypeVar

import numpy as np
from opensearchpy import OpenSearch

from kb.base.errors import StorageError
from kb.base.lazy_re import lazy_re
from kb.base.model import Ended, Listing, Suggestion
from kb.chinese.identity import fold
from kb.search.answer import suggestions
from kb.search.answer.alike import likeness_to, likest, no_section
from kb.search.answer.columns import (
    LONGEST_NAME,
    TITLE_MARKS,
    Documents,
    Knowledge,
)
from kb.search.answer.near import BROKEN
from kb.search.answer.section_record import Stored, is_bare
from kb.search.cluster import queries
from kb.search.cluster.client_requests import GLOBALLY
from kb.search.cluster.index_state import State
from kb.search.cluster.kept import ASKED
from kb.search.cluster.kept import stored as stored_of
from kb.search.cluster.numbering import Numbering
from kb.search.cluster.queries import NOTHING, Part, both
from kb.search.cluster.scoring import Scorer
from kb.search.cluster.section_documents import Row, row_of
from kb.search.cluster.texts import Texts, TextsOn, ToldTexts
from kb.search.cluster.weighing import Candidate
from kb.search.contract.engine import Standings
from kb.search.meaning.neighbours import Near, Vectors
from kb.search.query import weights
from kb.search.query.conditions import Condition, asked_day
from kb.search.query.matching import Exact
from kb.search.query.query import Query
from kb.search.query.ranking import Floats

Told = TypeVar("Told")
_Named = tuple[tuple[str, ...], str]
"""The editions of the documents that a query names, and the anchor of the article."""
_Place = tuple[Candidate | None, bool]
"""The section that is named so, and whether there should be one and is none."""

_KEPT = 50_000
"""Strings, readings and places that are remembered."""

_SECTIONS_READ = 2_000
"""Sections that are remembered: an edition never changes."""

_COUNTED = 25_000
"""Documents that are counted by one aggregation: clusters return 65,535 values, and of a search for two."""

_DAYS = 8
"""Days whose texts are remembered."""

_READ = 500
_NEAR = 200  # texts that a string is compared with
_LITERALLY = lazy_re(r"([^a-z0-9\t])")


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
        requests = state.requests(client)
        self.ask, self._found, self._rows = requests.ask, requests.read, requests.rows
        self._sections = requests.sections
        self._counting = state.counting()
        self._listed = self._documents()
        self._knowledge = Knowledge(told, {row.key: row.fingerprint for row in self._listed})
        self.unknown, self.copies = self._knowledge.unknown, self._knowledge.copies
        self.present = self._at_present(self._listed)
        self.scorer = Scorer(self.ask, self._counting, state.sections + state.older, replaced, self._texts)
        self._counted: dict[str, int] = {}
        self._read: dict[str, list[str]] = {}
        self._placed: dict[_Named, _Place] = {}
        self._sections_read: dict[str, Stored] = {}

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
        unknown = self.scorer.unknown(each.required for each in searches)
        rare = self.scorer.having_asked(unknown)
        told = iter(self.ask(*bodies, *chain.from_iterable(asked), *rare))
        others = list(islice(told, len(bodies)))
        if len(self._placed) > _KEPT:
            self._placed.clear()
        new = {
            named: _place_told(named[0], *islice(told, len(parts)))
            for named, parts in zip(unplaced, asked, strict=True)
        }
        self._placed |= new
        self.scorer.learn_having(unknown, *told)
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

    def _texts(self, ids: Sequence[str]) -> list[str]:
        return [stored.text for stored in self.stored(ids)]


def _place_told(editions: Sequence[str], *answers: Any) -> tuple[Candidate | None, bool]:
    """Read the answer to `_place_asked`: the section is in the first of the documents that has one."""
    for answer in answers:
        found = {hit["fields"]["edition"][0]: hit["fields"] for hit in answer["hits"]["hits"]}
        for edition in filter(found.__contains__, editions):
            (key,), (number,) = found[edition]["key"], found[edition]["number_in_text"]
            return Candidate(f"{edition}-{number}", key, number, 0.0), False
    return None, bool(answers)


def _keys(answer: Any) -> list[str]:
    return [bucket["key"] for bucket in answer["aggregations"]["readings"]["buckets"]]
