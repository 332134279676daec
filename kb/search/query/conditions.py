"""Conditions that a document, or a section's place in it, must meet: chosen in a form, or typed as 标题:办法.

A field is typed in Chinese or English before a colon, half or full width; its value may be quoted.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, get_args

from kb.base.lazy_re import lazy_re
from kb.chinese import dates
from kb.chinese.identity import fold
from kb.chinese.numerals import numeral

Field = Literal[
    "title",
    "number",
    "issuer",
    "kind",
    "source",
    "validity",
    "year",
    "date",
    "document",
    "within",
    "article",
    "version",
    "on",
]
FIELDS: tuple[Field, ...] = get_args(Field)
NAMES: dict[Field, tuple[str, ...]] = {
    "title": ("标题", "题名", "title"),
    "number": ("发文字号", "文号", "number"),
    "issuer": ("发文机关", "机关", "issuer"),
    "kind": ("文种", "kind"),
    "source": ("来源", "source"),
    "validity": ("时效性", "效力", "validity"),
    "year": ("年份", "year"),
    "date": ("日期", "date"),
    "document": ("文件", "document"),
    "within": ("章节", "within"),
    "article": ("条", "article"),
    "version": ("版本", "version"),
    "on": ("时点", "on"),
}
FACETS: tuple[Field, ...] = ("issuer", "year", "kind", "source", "validity")
"""The fields whose values are counted over what was found."""

VERSIONS = {"全部": "all", "all": "all", "旧": "old", "旧版本": "old", "old": "old"}
"""What can be asked of `version`, as typed and as it is kept: all states of the documents, or the older ones only."""

_FIELD_OF = {name: field for field, names in NAMES.items() for name in names}
_PREFIX = lazy_re(rf"({'|'.join(sorted(_FIELD_OF, key=len, reverse=True))})[:：](?=\S)")
_DAY = lazy_re(r"([0-9]{4})(?:[-年./]([0-9]{1,2})(?:[-月./]([0-9]{1,2})日?|月)?|年)?")
_RANGE = lazy_re(r"(.*?)(?:\.\.|…|至)(.*)")
_NUMERAL = "[0-9零〇一二三四五六七八九十百千]{1,9}"
_ARTICLE = lazy_re(rf"第?({_NUMERAL})条?((?:[-之]{_NUMERAL})*)")


@dataclass(frozen=True, slots=True)
class Condition:
    """One of `values` must hold. `whole`: a value is the field's whole value, as facets count it, else a part of it.

    Values of `date` read "2021-05-01..2022" (either end may be missing), of `article` "art-12", of `within` the anchor
    of a section that the found ones stand in (of the document that another condition names).
    """

    field: Field
    values: tuple[str, ...]
    whole: bool = False
    exclude: bool = False


def field_at(text: str, start: int) -> tuple[Field, int] | None:
    """Return the field that is named at a place of a query, and where its value starts."""
    found = _PREFIX.match(text, start)
    return (_FIELD_OF[found[1]], found.end()) if found else None


def condition(field: Field, value: str, whole: bool = False) -> Condition | None:
    """Make a condition of a value as typed; None where it cannot be one."""
    understood = _understood(field, value.strip())
    return Condition(field, (understood,), whole) if understood else None


def _understood(field: Field, value: str) -> str:
    match field:
        case "date":
            return _dates(value)
        case "year":
            return year if re.fullmatch("[0-9]{4}", year := fold(value)) else ""
        case "article":
            return article(value)
        case "on":
            return day if len(day := _day(value)) == len("2021-11-22") else ""
        case "version":
            return VERSIONS.get(value, "")
        case _:
            return value if fold(value) else ""


def article(printed: str) -> str:
    """Return the anchor of an article, however its number is typed: 12, 第十二条, 133-1, 第一百三十三条之一; "" for anything else."""
    found = _ARTICLE.fullmatch(fold(printed).removeprefix("art-"))
    if not found:
        return ""
    numbers = [found[1], *re.split("[-之]", found[2])[1:]]
    return "-".join(["art", *(str(numeral(number)) for number in numbers)])


def bounds(dates: str) -> tuple[str, str]:
    """Return the first and the last moment of a range, as strings that ISO dates compare with; "" and "~" are no bound."""
    first, _, last = dates.partition("..")
    return first, f"{last}~"


def asked_versions(conditions: Iterable[Condition]) -> Literal["", "old", "all"]:
    """Return which texts of the documents conditions ask for: "" is the one that is shown of each."""
    asked = {value for each in conditions if each.field == "version" for value in each.values}
    return "all" if "all" in asked else "old" if asked else ""


def names_documents(conditions: Iterable[Condition]) -> bool:
    """Return whether conditions ask for some documents, or a source's, by name: then a copy is shown as any other."""
    return any(each.field in ("document", "source") and not each.exclude for each in conditions)


def asked_day(conditions: Iterable[Condition]) -> str:
    """Return the day whose texts conditions ask for, "" where they ask for those of the present."""
    return next((value for each in conditions if each.field == "on" for value in each.values), "")


def _dates(value: str) -> str:
    """Return a day, month, year or range of them as "first..last", "" where it is none. The earlier end comes first."""
    parts = _RANGE.fullmatch(value := fold(value))
    ends = [parts[1], parts[2]] if parts else [value, value]
    days = [_day(end) if end else "" for end in ends]
    if not any(days) or any(bool(day) != bool(end) for day, end in zip(days, ends, strict=True)):
        return ""
    return "..".join(sorted(days) if all(days) else days)


def _day(value: str) -> str:
    """Return a year, month or day of the calendar in ISO 8601, "" for anything else."""
    found = _DAY.fullmatch(fold(value))
    if not found:
        return ""
    moment = "-".join(part.zfill(2) for part in found.groups() if part)
    return moment if dates.is_day(f"{moment}-01-01"[:10]) else ""
