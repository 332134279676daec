"""What a search address asks for: the query, chosen values of facets, an order; and the addresses that differ from it by a choice."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from flask import request, url_for

from kb.base.errors import UsageError
from kb.base.lazy_re import lazy_re
from kb.chinese.identity import fold
from kb.search.contract.engine import GROUPS, ORDERS, Group, Order
from kb.search.query.conditions import FACETS, NAMES, Condition, Field, asked_day, condition
from kb.web.view.reading import loosely

INSIDE: tuple[Field, ...] = ("document", "within", "date", "article", "version", "on")
"""Fields that an address may name beside the facets; their value may be a part, as in a query."""

_ANY = Condition("source", ("",), whole=True, exclude=True)
"""What every document meets: it has a source."""

_MOST_CHOSEN = 50
_TYPED = ("exact", "any", "without", "near", "title", "number", "agency", "kinds", "since", "until", "section", "held")
_FIELD: dict[str, Field] = {
    "title": "title",
    "number": "number",
    "agency": "issuer",
    "kinds": "kind",
    "section": "article",
}
_QUOTES = lazy_re('["“”「」]')


@dataclass(frozen=True)
class Asked:
    """A search as asked for by the present request. `own_group`: it says itself how hits are grouped."""

    q: str
    conditions: tuple[Condition, ...]
    order: Order
    group: Group = "section"
    own_group: bool = False

    @property
    def empty(self) -> bool:
        """Whether nothing is asked for yet."""
        return not self.q and not self.conditions

    @property
    def on(self) -> str:
        """The day whose texts are searched, "" for the present ones; whether typed or chosen."""
        conditions = (*self.conditions, *(loosely(self.q).conditions if self.q else ()))
        return asked_day(conditions)

    def parameters(self) -> dict[str, list[str]]:
        """The arguments of this search's address, without the page."""
        found = {"q": [self.q]} if self.q else {}
        found |= {each.field: list(each.values) for each in self.conditions}
        found |= {"order": [self.order]} if self.order != "relevance" else {}
        return found | ({"group": [self.group]} if self.own_group else {})

    def fields(self, *without: str) -> list[tuple[str, str]]:
        """What a form sends along to ask this search again, but for what it asks otherwise; "facets" are all of them."""
        left_out = {*without, *(FACETS if "facets" in without else ())}
        sent = self.parameters().items()
        return [(name, value) for name, values in sent if name not in left_out for value in values]

    def toggled(self, field: Field, value: str) -> str:
        """The address of this search with a value of a facet chosen, or no longer chosen."""
        chosen = self.parameters().get(field, [])
        if value not in chosen:
            return self._address({**self.parameters(), field: [*chosen, value]})
        return self._address({**self.parameters(), field: [each for each in chosen if each != value]})

    def unconditioned(self) -> str:
        """The address of the same query, wherever it stands."""
        return self._address({"q": [self.q]})

    @staticmethod
    def _address(parameters: dict[str, Any]) -> str:
        return f"{url_for('pages.search')}?{urlencode(parameters, doseq=True)}"


def asked(usual: Group = "section") -> Asked:
    """Read the arguments of the present request; `usual` is how hits are grouped where it does not say.

    Raises UsageError for those that mean nothing.
    """
    conditions = [*_chosen(), *_inside()]
    order = request.args.get("order", "relevance")
    known = next((each for each in ORDERS if each == order), None)
    if known is None:
        raise UsageError(f"参数 order 应当是 {'、'.join(ORDERS)} 之一，现在是“{order[:20]}”。")
    named = request.args.get("group", "")
    group = next((each for each in GROUPS if each == named), None)
    if named and group is None:
        raise UsageError(f"参数 group 应当是 {'、'.join(GROUPS)} 之一，现在是“{named[:20]}”。")
    one = any(each.field in ("document", "within") and not each.exclude for each in conditions)
    return Asked(
        request.args.get("q", "").strip(),
        tuple(conditions),
        known,
        group or ("section" if one else usual),
        group is not None,
    )


def asked_or_all() -> Asked:
    """Read the arguments as `asked` does: who names nothing to look for and nothing to choose asks for every document."""
    found = asked()
    return found if fold(found.q) or found.conditions else replace(found, q="", conditions=(_ANY,))


def _chosen() -> Iterator[Condition]:
    for field in FACETS:
        values = tuple(dict.fromkeys(value for value in request.args.getlist(field) if value))
        if len(values) > _MOST_CHOSEN:
            raise UsageError(f"参数 {field} 一次最多选 {_MOST_CHOSEN} 个值，现在是 {len(values):,} 个。")
        wrong = next((value for value in values if field == "year" and not re.fullmatch("[0-9]{4}", value)), None)
        if wrong is not None:
            raise UsageError(f"参数 year 应当是四位数的年份，例如 2021，现在是“{wrong[:20]}”。")
        if values:
            yield Condition(field, values, whole=True)


def _inside() -> Iterator[Condition]:
    for field in INSIDE:
        value = request.args.get(field, "").strip()
        if not value:
            continue
        # An address is what it is: one that names nothing is in no document, and nothing is found there.
        found = Condition(field, (value,)) if field in ("document", "within") else condition(field, value)
        if not found:
            raise UsageError(f"参数 {field} 的值“{value[:40]}”看不懂：{NAMES[field][0]}的写法见检索帮助。")
        yield found


def composed() -> str | None:
    """Write the fields of the form as one query; None where none of them is filled in.

    So whoever fills in the form sees how the query is typed.
    """
    given = {name: _QUOTES.sub("", request.args.get(name, "")).strip() for name in _TYPED}
    if not any(given.values()):
        return None
    parts = [request.args.get("q", "").strip()]
    parts += [f'"{given["exact"]}"'] if given["exact"] else []
    parts += [_either(given["any"].split())] if given["any"] else []
    parts += [f'-"{word}"' for word in given["without"].split()]
    parts += [f'"{given["near"]}"~10'] if len(given["near"].split()) > 1 else [given["near"]]
    parts += [f"{NAMES[field][0]}:{_value(given[name])}" for name, field in _FIELD.items() if given[name]]
    if given["since"] or given["until"]:
        parts.append(f"日期:{given['since']}..{given['until']}")
    parts += [f"时点:{given['held']}"] if given["held"] else []
    return " ".join(part for part in parts if part)


def _either(words: list[str]) -> str:
    return f"({' OR '.join(words)})" if len(words) > 1 else words[0]


def _value(value: str) -> str:
    return f'"{value}"' if re.search(r"\s", value) else value
