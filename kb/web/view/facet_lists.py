"""The facets beside results, in the order in which a reader narrows: standing, rank, year, issuer, source."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from kb.base.model import FacetValue, Listing
from kb.chinese.issuers_and_laws import short_issuer
from kb.search.query.authority import authority
from kb.web.context.library import library

SHOWN = 8
"""Values that are listed at once; the others are folded below them, but those that are chosen."""

NAMES: dict[str, str] = {
    "validity": "时效",
    "kind": "效力位阶",
    "year": "年份",
    "issuer": "制定机关",
    "source": "来源",
}
_STANDINGS = ("现行有效", "未见终止", "尚未生效", "已修改", "依据已废止", "推定届满", "已失效", "已废止")


@dataclass(frozen=True, slots=True)
class Choice:
    """A value to choose: what it is called for short, its full name where that is another, how many there are, whether it is chosen."""

    value: str
    label: str
    full: str
    total: int
    chosen: bool


@dataclass(frozen=True, slots=True)
class FacetList:
    """A facet with the values that are shown at once, and those that are folded."""

    field: str
    name: str
    first: tuple[Choice, ...]
    others: tuple[Choice, ...]

    @property
    def chosen(self) -> bool:
        """Whether any value is chosen."""
        return any(each.chosen for each in self.first)


def facet_lists(facets: Mapping[str, Sequence[FacetValue]]) -> list[FacetList]:
    """Return the facets of which there is something to choose."""
    return list(_lists(facets))


def _lists(facets: Mapping[str, Sequence[FacetValue]]) -> Iterator[FacetList]:
    for field, name in NAMES.items():
        values = _ordered(field, facets.get(field, ()))
        if len(values) < 2 and not any(each.chosen for each in values):
            continue
        choices = [_choice(field, each) for each in values]
        first = [each for at, each in enumerate(choices) if at < SHOWN or each.chosen]
        yield FacetList(field, name, tuple(first), tuple(each for each in choices if each not in first))


def _ordered(field: str, values: Sequence[FacetValue]) -> list[FacetValue]:
    """Standings as they weigh, ranks from the highest, years from the latest; others as they came, most first."""
    match field:
        case "validity":
            known = {standing: place for place, standing in enumerate(_STANDINGS)}
            return sorted(values, key=lambda each: known.get(each.value, len(known)))
        case "year":
            return sorted(values, key=lambda each: each.value, reverse=True)
        case "kind":
            return sorted(values, key=lambda each: _rank(each.value), reverse=True)
    return list(values)


def _rank(kind: str) -> int:
    return authority(Listing("", "", "", "", "", kind, ""))


def _choice(field: str, each: FacetValue) -> Choice:
    label = each.value
    if field == "issuer":
        label = short_issuer(each.value)
    elif field == "source":
        label = library().title_of(each.value)
    return Choice(
        each.value, label, each.value if label != each.value and field == "issuer" else "", each.total, each.chosen
    )


HELPERS = {"facet_lists": facet_lists, "facet_labels": NAMES}
"""What templates call."""
