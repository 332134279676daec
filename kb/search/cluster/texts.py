"""Which text of each document is searched, and how it stands: the present one, or the one that held on a day."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any

from kb.search.answer.columns import Documents, ToldOn, documents_on
from kb.search.answer.section_record import Stored
from kb.search.cluster import queries
from kb.search.cluster.index_state import State
from kb.search.cluster.queries import Part, both
from kb.search.cluster.section_documents import Row
from kb.search.query.conditions import Condition, asked_versions, names_documents

Named = Callable[[str], tuple[list[str], str]]
"""Answers the editions of the documents that a folded text names, newest first, and the article's anchor."""


class Texts:
    """The documents as they are at present."""

    columns: Documents | None = None
    """These documents as columns, where they are known already."""

    def __init__(self, state: State, named: Named, repeated: Sequence[Row] = ()) -> None:
        """Take a state; `repeated` are the documents that say what another one says, found only where one asks for them."""
        self._sections, self._older = state.sections + state.older, state.older
        self.sections, self.named = state.sections - sum(row.sections for row in repeated), named
        self.held: Part = {"term": {"present": True}}
        keys = [row.key for row in repeated]
        self.shown: Part = both([self.held], [{"terms": {"key": keys}}]) if keys else self.held

    def meeting(self, conditions: Iterable[Condition]) -> list[Part]:
        """Return the queries for sections of these texts, or of the others where one asks for versions, that meet all conditions."""
        conditions = list(conditions)
        found = [self.met(each) for each in conditions if each.field not in ("version", "on")]
        match asked_versions(conditions):
            case "all":
                return found
            case "old":
                return [*found, both([], [self.held])]
            case _:
                return [*found, self.held if names_documents(conditions) else self.shown]

    def searched(self, conditions: Iterable[Condition]) -> int:
        """Return how many sections a query with these conditions looks at."""
        match asked_versions(conditions):
            case "all":
                return self._sections
            case "old":
                return self._older
            case _:
                return self._sections - self._older if names_documents(conditions) else self.sections

    def met(self, condition: Condition) -> Part:
        """Return the query for sections that meet a condition, but for one on versions and days."""
        return queries.met(condition)

    def facet(self, field: str, conditions: Sequence[Condition], shown: int, chosen: Sequence[str]) -> Part:
        """Return the aggregation that counts the values of a field among what meets some conditions, those chosen as well."""
        return self._among(conditions, queries.values(field, shown, chosen))

    def _among(self, conditions: Iterable[Condition], counted: Part) -> Part:
        return {"filter": both([self.met(each) for each in conditions if each.field != "on"]), "aggs": counted}

    def as_shown(self, stored: Stored) -> Stored:
        """Return what was kept of a section with how its document stands."""
        return stored


class ToldTexts(Texts):
    """Documents of which somebody tells how they stand otherwise than it is written in the cluster: they are named."""

    def __init__(
        self, state: State, rows: Sequence[Row], documents: Documents, named: Named, repeated: Sequence[Row] = ()
    ) -> None:
        self._rows: Sequence[Row] = rows
        self.columns: Documents = documents
        super().__init__(state, named, repeated)

    def met(self, condition: Condition) -> Part:
        """See `Texts.met`."""
        if condition.field != "validity":
            return queries.met(condition)
        met = self.columns.meeting([condition, Condition("version", ("all",))])
        return queries.EVERYTHING if met is None else self._those(met.tolist())

    def facet(self, field: str, conditions: Sequence[Condition], shown: int, chosen: Sequence[str]) -> Part:
        """See `Texts.facet`."""
        if field != "validity":
            return super().facet(field, conditions, shown, chosen)
        return self._among(conditions, {"most": {"filters": {"filters": self._standing}}})

    def as_shown(self, stored: Stored) -> Stored:
        """See `Texts.as_shown`."""
        key = f"{stored.document}@{stored.version}" if stored.version else stored.document
        return stored._replace(validity=self._validity.get(key, ""))

    @cached_property
    def _validity(self) -> dict[str, str]:
        return {listing.key: listing.validity for listing in self.columns.listings}

    @cached_property
    def _standing(self) -> dict[str, Part]:
        """The queries for the documents that stood in each way; "" is where nothing is told."""
        stood = [listing.validity for listing in self.columns.listings]
        return {word: self._those([each == word for each in stood]) for word in {*stood, ""}}

    def _those(self, mask: Sequence[bool]) -> Part:
        """Return the query for some of the documents: they are named, or the others where these are fewer."""
        few = sum(mask) * 2 <= len(mask)
        keys = [row.key for row, is_meant in zip(self._rows, mask, strict=True) if is_meant == few]
        named: Part = {"terms": {"key": keys}}
        return named if few else both([], [named])


class TextsOn(ToldTexts):
    """The documents as they were on a day, as they are `told` to have stood then, by id.

    Which text held is known from all of a document's texts together: the cluster is told those that had been replaced, or
    had not yet been seen, by then.
    """

    def __init__(self, state: State, rows: Sequence[Row], day: str, told: ToldOn) -> None:
        listings = [row.listing for row in rows if row.listing]
        super().__init__(state, rows, documents_on(day, listings, told), self._place)
        held = self.columns.present.tolist()
        self.sections = sum(row.sections for row, is_held in zip(rows, held, strict=True) if is_held)
        known = [
            each.key for each, is_held in zip(listings, held, strict=True) if is_held and not "" < each.since <= day
        ]
        # Texts that hold from later on need not be named, unless it is not known from when they hold.
        late = {
            "bool": {
                "should": [{"range": {"since": {"lte": day}}}, {"terms": {"key": known}}],
                "minimum_should_match": 1,
            }
        }
        others = [each.key for each, is_held in zip(listings, held, strict=True) if not is_held and each.since <= day]
        self.held = self.shown = both([late], [{"terms": {"key": others}}])
        self._older = self._sections - self.sections

    def _place(self, folded: str) -> tuple[list[str], str]:
        numbers, anchor = self.columns.place(folded)
        return [self._rows[number].edition for number in numbers], anchor


def counts(counted: Mapping[str, Any]) -> dict[str, int]:
    """Read the values that were counted, the most frequent first."""
    buckets = counted["most"]["buckets"]
    if isinstance(buckets, Mapping):
        found = {value: bucket["doc_count"] for value, bucket in buckets.items() if value and bucket["doc_count"]}
        return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))
    return {bucket["key"]: bucket["doc_count"] for bucket in buckets if bucket["key"]}
