"""One search: what is asked of the cluster for it, and what is made of the answers."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, islice
from typing import Any

import numpy as np

from kb.base.model import FacetValue
from kb.search.answer.columns import SHOWN, wanted
from kb.search.cluster import queries
from kb.search.cluster.cluster_searcher import Searcher
from kb.search.cluster.hits import by_score, candidates_of, hits, in_order
from kb.search.cluster.mapping import MOST_LISTED
from kb.search.cluster.queries import Part, both, either
from kb.search.cluster.scoring import Scale
from kb.search.cluster.texts import Texts, counts
from kb.search.cluster.weighing import WINDOW, Candidate, near_the_top
from kb.search.contract.engine import SECTIONS_SHOWN, Group, Order
from kb.search.query import weights
from kb.search.query.authority import LOCAL
from kb.search.query.conditions import FACETS, Condition
from kb.search.query.query import Query
from kb.search.query.ranking import Floats

_GROWTH = 10
_FOR_SURE = 1e9
_ROUNDING = 1e-6


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
class _Related:
    """What is related: the answers that `counted` it, the first of it in order, how many there are, and of these `by_meaning` only.

    `meant` are those that are near in meaning.
    """

    counted: Sequence[Any]
    listed: list[Listed]
    total: int
    by_meaning: int
    meant: Sequence[Candidate]


def find(searcher: Searcher, query: Query, order: Order, offset: int, limit: int, group: Group = "section") -> Found:
    """Return the hits `offset` to `offset + limit`, and the numbers of all."""
    search = _Search(searcher, query, order, offset, limit, group)
    return search.found() if group == "section" else search.found_by_document()


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
        self._scoring = searcher.scorer.scoring(query.required, searcher.places)
        self._named_ids: list[Part] = [{"ids": {"values": [self._place.id]}}] if self._place else []
        self._excluded = [queries.matching(node) for node in query.excluded]
        self._found_near = searcher.near(query)
        self._near = self._near_in_meaning()
        known = searcher.scorer.scale(self._scoring)
        self._scale_known, self._scale = known is not None, known or Scale()
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
        best = [] if self._scale_known else self._searcher.scorer.best_asked(self._scoring)
        answers = self._searcher.ask(*bodies, *best)
        if best:
            self._scale = self._searcher.scorer.scale_told(self._scoring, answers[len(bodies) :])
        self._first_answers = answers[: len(first)]
        return answers[len(first) : len(bodies)]

    def found(self) -> Found:
        """Ask for what matches and for what is related: together, where it is remembered how related that must be, or nothing is asked for but
        what matches.
        """
        size, known = max(WINDOW, self._last), self._scale_known or self._query.exact
        together = self._related_asked([self._counted_and_related(self._facets(), size)]) if known else []
        answers = self._ask_first(together)
        total, literal = hits(self._first_answers[0])
        if len(literal) < min(total, self._last):
            total, literal = hits(*self._searcher.ask(self._literal_ones(ties=True)))
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
        total, literal = hits(self._first_answers[0])
        direct, is_literal = self._direct()
        numbers = _numbers(self._first_answers[3 if self._place else 1 :])
        literal_ones = len(numbers | ({self._place.key: 1} if self._place and is_literal else {}))
        sure_numbers = numbers + Counter(one.key for one in direct)
        size = WINDOW
        while size < MOST_LISTED and _documents([*direct, *literal]) < min(last, len(sure_numbers)):
            size *= _GROWTH
            (answer,) = self._searcher.ask({**self._literal_ones(ties=True), "size": min(size, MOST_LISTED)})
            literal = candidates_of(answer)
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
        found = zip(lacking, map(candidates_of, self._searcher.ask(*bodies)), strict=True)
        others = {key: [self._listed(one, key in sure, False) for one in some] for key, some in found}
        return {key: [*some, *others.get(key, [])][:SECTIONS_SHOWN] for key, some in page.items()}

    def _related_of(self, key: str) -> Part:
        body = self._counted_and_related({}, WINDOW, ties=True)
        return {**body, "post_filter": both([body["post_filter"], {"term": {"key": key}}])}

    def _direct(self) -> tuple[list[Candidate], bool]:
        """Return the place that is named, if it meets the conditions, and whether it matches literally."""
        answers = self._first_answers
        return (hits(answers[1])[1], hits(answers[2])[0] > 0) if self._place else ([], False)

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
        """Ask for the best literal matches; `ties`: equal ones in order, too (see `by_score`)."""
        parts = [*self._met, self._literal, *narrowed]
        query = self._scoring.searching(self._searcher.among(parts), self._named_ids)
        size = WINDOW if self._by_document else max(WINDOW, self._last)
        return {"query": query, "size": size, **self._sorted(ties=ties)}

    def _direct_ones(self) -> list[Part]:
        """Ask for the place that is named, if it meets the conditions, and whether it matches literally."""
        if not self._place:
            return []
        parts = self._searcher.among([*self._met, *self._named_ids])
        there = {"query": self._scoring.searching(parts), "size": 1, **in_order("relevance")}
        return [there, {"query": both([*parts, self._literal]), "size": 0, "track_total_hits": True}]

    def _sorted(self, *, ties: bool) -> Part:
        """Where nothing is scored, all are equal."""
        anyhow = not ties and self._order == "relevance" and self._scoring.score
        return by_score() if anyhow else in_order(self._order)

    def _counted_and_related(self, counted: Part, size: int, *, ties: bool = False) -> Part:
        """Count something over all that is found, and list what is related of it: scored once for both; `ties`: equal ones in
        order, too (see `by_score`).

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
        return {"query": query, "size": weights.NEAREST, **in_order(self._order)}

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
        near, meant = hits(answers[-1]) if self._near else (0, [])
        total, by_words = hits(answers[0]) if self._has_related() else (0, [])
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
