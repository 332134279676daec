"""Documents by what they are: source, issuer, year, kind and theme, with how many there are of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from kb.base.model import Listing
from kb.chinese.issuers_and_laws import canonical_issuer
from kb.chinese.themes import themes_of

FACETS = ("source", "issuer", "year", "kind", "theme")
UNKNOWN = "none"
"""Stands in addresses for documents of which a facet is not known."""

Chosen = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Shelved:
    """A document and what it is, by facet; several issuers share a joint document."""

    listing: Listing
    values: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Count:
    """How many documents have a value of a facet."""

    value: str
    documents: int


class Shelves:
    """The documents of a state of the index, newest first.

    Of copies of one document (`copies`: ids by that of the one that was fetched first) the first is shown, unless a source
    is chosen: then what that source has.
    """

    def __init__(self, listings: Sequence[Listing], copies: Mapping[str, Sequence[str]] | None = None) -> None:
        self.copies = copies or {}
        self._repeated = frozenset(id for others in self.copies.values() for id in others)
        self._all = tuple(Shelved(listing, _values(listing)) for listing in listings)
        self._known = {facet: {value for each in self._all for value in each.values[facet]} for facet in FACETS}

    def has(self, facet: str, value: str) -> bool:
        """Whether any document has the value."""
        return value in self._known[facet]

    def chosen(self, chosen: Chosen) -> list[Listing]:
        """The documents that have all the chosen values, copies of one document once."""
        return [each.listing for each in self._shown("source" in chosen) if _fits(each, chosen)]

    def with_copies(self, chosen: Chosen) -> list[Listing]:
        """The documents that have all the chosen values, each copy by itself."""
        return [each.listing for each in self._all if _fits(each, chosen)]

    def counts(self, facet: str, chosen: Chosen | None = None) -> list[Count]:
        """How many documents have each value of a facet, among those chosen by the other facets.

        Years come newest first, other values most frequent first; what is not known comes last.
        """
        others = {name: value for name, value in (chosen or {}).items() if name != facet}
        shown = self._shown("source" in others or facet == "source")
        found = Counter(value for each in shown if _fits(each, others) for value in each.values[facet])
        order = (lambda item: item[0]) if facet == "year" else (lambda item: item[1])
        ranked = sorted(found.items(), key=order, reverse=True)
        known = [Count(value, count) for value, count in ranked if value != UNKNOWN]
        return [*known, Count(UNKNOWN, found[UNKNOWN])] if found[UNKNOWN] else known

    def _shown(self, copies: bool) -> Iterable[Shelved]:
        return self._all if copies else (each for each in self._all if each.listing.id not in self._repeated)


def _fits(each: Shelved, chosen: Chosen) -> bool:
    return all(value in each.values[facet] for facet, value in chosen.items())


def _values(listing: Listing) -> dict[str, tuple[str, ...]]:
    unknown = (UNKNOWN,)
    return {
        "source": (listing.source,),
        "issuer": tuple(dict.fromkeys(filter(None, canonical_issuer(listing.issuer).split("、")))) or unknown,
        "year": (listing.date[:4] or UNKNOWN,),
        "kind": (listing.kind or UNKNOWN,),
        "theme": themes_of(listing.title) or unknown,
    }
