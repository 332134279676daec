"""Queries, conditions and scores in OpenSearch's own language. All of it is exact: nothing is checked again afterwards."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from kb.base.lazy_re import lazy_re
from kb.chinese.identity import fold
from kb.search.answer.columns import wanted
from kb.search.cluster.mapping import FOLDED, ONE, feature
from kb.search.query.authority import LOCAL
from kb.search.query.conditions import Condition, bounds
from kb.search.query.matching import WILD, AllOf, AnyOf, Exact, Near, Node, Not, Wildcard
from kb.search.query.weights import HEADED, NAME, STANDING

Part = dict[str, Any]
"""A piece of a request."""

EVERYTHING: Part = {"match_all": {}}
NOTHING: Part = {"match_none": {}}

_NARROWING = 200
"""Terms that sections are narrowed down by at most."""

_COUNTED = 10_000
"""Values of a field in a shard up to which all are counted exactly, however they are spread over shards and segments."""

_CAREFUL = 0.99
"""What may be lost of a score by rounding."""

_SPECIAL = lazy_re(r"([*?\\])")


def matching(node: Node) -> Part:
    """Return the query for the sections whose text matches."""
    match node:
        case Exact(string):
            return _containing(string)
        case Near(strings, distance):
            apart = {"clauses": [_spans(string) for string in strings], "slop": distance, "in_order": False}
            return both([*map(_containing, strings), {"span_near": apart}])
        case Wildcard(strings, gaps):
            return both([*map(_containing, strings), _wild(strings, gaps)])
        case AllOf(nodes):
            return both([matching(each) for each in nodes]) if nodes else EVERYTHING
        case AnyOf(nodes):
            return either([matching(each) for each in nodes])
        case Not(of):
            return {"bool": {"must_not": [matching(of)]}}


def both(parts: Sequence[Part], without: Sequence[Part] = ()) -> Part:
    """Return the query for what all of some find, and none of others, without a score."""
    return {"bool": {"filter": list(parts), "must_not": list(without)}}


def either(parts: Sequence[Part]) -> Part:
    """Return the query for what at least one of some finds."""
    return {"bool": {"should": list(parts), "minimum_should_match": 1}}


def _containing(string: str) -> Part:
    """Pairs of characters at neighbouring places: the string itself. `match_phrase` cuts it as the text was."""
    return {"match_phrase": {FOLDED: string}} if len(string) > 1 else {"term": {ONE: string}}


def _spans(string: str) -> Part:
    return _row(_characters(string))


def _characters(string: str) -> list[Part]:
    return [{"span_term": {ONE: character}} for character in string]


def _row(clauses: Sequence[Part], slop: int = 0) -> Part:
    return (
        clauses[0] if len(clauses) == 1 else {"span_near": {"clauses": list(clauses), "slop": slop, "in_order": True}}
    )


def _wild(strings: Sequence[str], gaps: Sequence[int]) -> Part:
    """Strings with exactly so many characters between them are one block of fixed length; blocks follow within `WILD`.

    Joined from the end: so every block that has a continuation is tried, not the nearest one only.
    """
    blocks: list[list[Part]] = [[]]
    for string, gap in zip(strings, (None, *gaps), strict=True):
        if gap == 0:
            blocks.append([])
        elif gap:
            blocks[-1].append({"span_gap": {ONE: gap}})
        blocks[-1] += _characters(string)
    *before, joined = map(_row, blocks)
    for block in reversed(before):
        joined = _row([block, joined], WILD)
    return joined


def sharing(string: str, least: int) -> Part:
    """Return the query for sections that share so many pairs of characters with a string, scored by how rare they are."""
    return {"match": {FOLDED: {"query": string, "minimum_should_match": max(least, 1)}}}


def met(condition: Condition) -> Part:
    """Return the query for sections that meet a condition, but for one on versions and days."""
    field, values = condition.field, list(condition.values)
    if field in ("within", "article"):
        part: Part = {"terms": {"place": values}}
    elif condition.whole or field in ("document", "year"):
        part = {"terms": {field: list(wanted(condition))}}
    elif field == "date":
        part = either([{"range": {"date": _range(*bounds(value))}} for value in values])
    else:
        part = either([{"wildcard": {f"folded_{field}": f"*{_escaped(fold(value))}*"}} for value in values])
    return both([], [part]) if condition.exclude else part


def _range(low: str, high: str) -> Part:
    """A document without a date is in no range."""
    return {"gte" if low else "gt": low, "lte": high}


def _escaped(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", text)


def containing(field: str, text: str) -> Part:
    """Return the query for values of a keyword that contain a text; those that start with it score 1, others 0."""
    inside = {"wildcard": {field: f"*{_escaped(text)}*"}}
    first = {"constant_score": {"filter": {"prefix": {field: text}}, "boost": 1}}
    return {"bool": {"filter": [inside], "should": [first]}}


@dataclass(frozen=True, slots=True)
class Scored:
    """How sections are scored as `ranking` does: `terms` have the most that each can add.

    What a section has of that is written with it, saturated and with what it keeps of its score; headings that say one of
    `strings`, and `places` that are named, multiply it.
    """

    terms: Mapping[str, float]
    strings: Sequence[str] = ()
    places: Sequence[str] = ()

    @property
    def words(self) -> Part:
        """What the terms add up to: of these the cluster finds the best without looking at all that have any."""
        return {"bool": {"should": [_term(term, most) for term, most in self.terms.items()]}}

    @property
    def whole(self) -> Part:
        """The whole score."""
        return self._multiplied(self.words)

    @property
    def raised(self) -> Part | None:
        """The sections whose score is more than their words'; None where there cannot be any."""
        return either([part for part, _ in self._raising]) if self._raising else None

    def reaching(self, enough: float) -> Part:
        """The whole score of what may have such a one: of what has so many of the terms that their most comes to it, or one of
        the weightiest of them; the others, which are in most sections, are added up where one of these is.

        In a place, what is kept is less than its weight. All is scored where that narrows nothing, or where the query would be
        more than the cluster takes; nothing is found where all terms together do not come to it.
        """
        least = _CAREFUL * enough / HEADED ** len(self._headed)
        most = sorted(self.terms.items(), key=lambda item: -item[1])
        sums = list(accumulate(weight for _, weight in most))
        needed = 1 + bisect_left(sums[:-1], least)
        number = len(most)
        if needed == 1:  # of the rest, all together do not come to it
            number = sum(sums[-1] - before >= least for before in (0.0, *sums[:-1]))
        if not number:
            return NOTHING
        if number > _NARROWING or (needed == 1 and number == len(most)):
            return self.whole
        needful, others = ([_term(*each) for each in some] for some in (most[:number], most[number:]))
        narrowed = {"bool": {"should": needful, "minimum_should_match": needed}}
        return self._multiplied({"bool": {"must": [narrowed], "should": others}})

    def _multiplied(self, words: Part) -> Part:
        functions = [{"filter": part, "weight": weight} for part, weight in self._raising]
        if not functions:
            return words
        score = {"query": words, "functions": functions, "score_mode": "multiply", "boost_mode": "multiply"}
        return {"function_score": score}

    @property
    def _headed(self) -> list[str]:
        return [string for string in self.strings if 1 < len(string) <= NAME]

    @property
    def _raising(self) -> list[tuple[Part, float]]:
        headed = [({"match": {"path": {"query": string, "operator": "and"}}}, HEADED) for string in self._headed]
        named: Part = {"terms": {"local": list(self.places)}}
        return [*headed, *([(named, 1 / STANDING[LOCAL])] if self.places else [])]


def _term(term: str, most: float) -> Part:
    return {"rank_feature": {"field": f"terms.{feature(term)}", "boost": most, "linear": {}}}


def having(term: str) -> Part:
    """Return the query for the sections that have a term in any field."""
    return {"rank_feature": {"field": f"terms.{feature(term)}"}}


def values(field: str, shown: int, chosen: Sequence[str]) -> Part:
    """Return the aggregations that count the values of a field, those chosen as well."""
    counted = {"field": field, "order": [{"_count": "desc"}, {"_key": "asc"}]}
    found: Part = {"most": {"terms": {**counted, "size": shown, "shard_size": _COUNTED}}}
    if chosen:
        found["chosen"] = {"terms": {**counted, "size": len(chosen), "include": list(chosen), "min_doc_count": 0}}
    return found
