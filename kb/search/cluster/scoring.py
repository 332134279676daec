"""How the cluster scores sections for a query, how rare its terms are, and what is enough to be related to it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np

from kb.search.cluster import queries
from kb.search.cluster.hits import best_first, best_of, by_score, in_order
from kb.search.cluster.queries import Part, Scored, both
from kb.search.cluster.weighing import WINDOW, Candidate, Weighed, weigh
from kb.search.query import ranking, weights

_KEPT = 50_000
"""Terms whose counts are remembered."""

_ENOUGH_BEST = 100
"""Sections that tell what is enough for a query, where equal ones are left out."""
_ASKED = 64

_MOST_TERMS = 700
"""Terms that a query is ranked by, the weightiest of them: clusters refuse queries with more than 1,024 clauses."""


@dataclass(frozen=True, slots=True)
class Scoring:
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
class Scale:
    """How sections are scored for a query: our part of it, what is enough, and the best of all there are."""

    weighed: Weighed = field(default_factory=Weighed)
    enough: float = 0.0
    best: Sequence[Candidate] = ()


class Scorer:
    """Scores for the queries of one state, and remembers what it has worked out. Many threads may use one.

    `ask` asks the cluster, `counting` finds the sections that count, of `size` sections; `replaced` are the keys of documents of
    which a newer text is there, `texts` answers what stands in sections, by their ids.
    """

    def __init__(
        self,
        ask: Callable[..., list[Any]],
        counting: Part,
        size: int,
        replaced: frozenset[str],
        texts: Callable[[Sequence[str]], Sequence[str]],
    ) -> None:
        self._ask, self._counting, self._size = ask, counting, size
        self._replaced, self._texts = replaced, texts
        self._having: dict[str, int] = {}
        self._scales: dict[tuple[str, ...], Scale] = {}
        self._terms = lru_cache(_ASKED)(_terms)

    def scoring(self, strings: tuple[str, ...], places: Iterable[str]) -> Scoring:
        """Return how the cluster scores sections for a query of these folded strings: the terms' rarity decides what each can add.

        `places` are those that have local rules.
        """
        own, weighted = self._terms(strings)
        having = self._sections_having(list(weighted))
        rarity = self._rarity(having)
        most = {term: weight * rarity[term] * (ranking.K1 + 1) for term, weight in weighted.items() if having[term]}
        most = dict(sorted(most.items(), key=lambda item: -item[1])[:_MOST_TERMS])
        whole = sum(weight * rarity[term] for term, weight in own.items())
        joined = "\n".join(strings)
        named = sorted(place for place in places if place in joined)
        return Scoring(strings, Scored(most, strings, named) if most else None, whole)

    def scale(self, scoring: Scoring) -> Scale | None:
        """Return what was worked out of a query; None where that has to be asked for."""
        return self._scales.get(scoring.strings) if scoring.score else Scale()

    def best_asked(self, scoring: Scoring) -> list[Part]:
        """Ask for the best sections for a query, whatever its conditions: they decide what is enough.

        By their words alone, which the cluster finds without scoring all, and those whose score is more than that. What counts
        is looked at of these only: what narrows a search keeps the cluster from passing over what cannot be among the best.
        """
        score = scoring.score
        if score is None:
            return []
        raised = [{"bool": {"filter": [score.raised], "must": [score.whole]}}] if score.raised else []
        listed = {"size": WINDOW, "post_filter": both([self._counting]), **by_score(), "track_total_hits": False}
        return [{"query": each, **listed} for each in (score.words, *raised)]

    def scale_told(self, scoring: Scoring, answers: Sequence[Any]) -> Scale:
        """Read the answers to `best_asked`, and remember what they tell for the next page."""
        found = best_of(answers)
        if len(found) < _ENOUGH_BEST and any(len(answer["hits"]["hits"]) == WINDOW for answer in answers):
            found = best_of(self._ask(*({**body, **in_order("relevance")} for body in self.best_asked(scoring))))
        first = sorted(found, key=best_first)[:WINDOW]
        weighed = weigh(first, self._replaced, "".join(scoring.strings), self._texts)
        enough = max(weights.SHARE * weighed.best, weights.LEAST_SHARE * scoring.whole)
        scale = Scale(weighed, enough / (1 + weights.DOCUMENT), first)  # what a section gains as one of its document
        if len(self._scales) >= _ASKED:
            self._scales.clear()
        self._scales[scoring.strings] = scale
        return scale

    def _sections_having(self, terms: Sequence[str]) -> dict[str, int]:
        """Return how many sections have each of some terms in any field."""
        known = {term: self._having.get(term) for term in terms}
        unknown = [term for term, count in known.items() if count is None]
        new = self.learn_having(unknown, *self._ask(*self.having_asked(unknown)))
        return {term: new[term] if count is None else count for term, count in known.items()}

    def _rarity(self, having: Mapping[str, int]) -> dict[str, float]:
        """Return how rare terms are, by the number of sections that have them."""
        counts = np.array(list(having.values()), np.float64)
        return dict(zip(having, np.log1p((self._size - counts + 0.5) / (counts + 0.5)).tolist(), strict=True))

    def unknown(self, queries: Iterable[tuple[str, ...]]) -> list[str]:
        """Return the terms of queries, each of some folded strings, of which it is not known how many sections have them."""
        terms = dict.fromkeys(term for strings in queries for term in self._terms(strings)[1])
        return [term for term in terms if term not in self._having]

    def having_asked(self, terms: Sequence[str]) -> list[Part]:
        """Ask how many sections have each of some terms in any field: each for itself looks only at those that have it, an
        aggregation would look at all.
        """
        parts = map(queries.having, terms)
        return [{"query": both([self._counting, part]), "size": 0, "track_total_hits": True} for part in parts]

    def learn_having(self, terms: Sequence[str], *answers: Any) -> dict[str, int]:
        """Return what `having_asked` tells, and remember it."""
        totals = (answer["hits"]["total"]["value"] for answer in answers)
        new = dict(zip(terms, totals, strict=True))
        if len(self._having) > _KEPT:
            self._having.clear()
        self._having |= new
        return new


def _terms(strings: tuple[str, ...]) -> tuple[Mapping[str, float], Mapping[str, float]]:
    """Return the terms of a query with their weights: its own, and with what these may also be called."""
    own = ranking.terms(strings)
    return own, own | weights.other_terms(strings, own)
