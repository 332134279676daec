"""What things are called: short names of laws, and the many names of one issuing body. The tables are in kb/data."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache, lru_cache
from importlib import resources
from typing import Any

from kb.base.lazy_re import lazy_re

NATION = "中华人民共和国"
"""What titles of laws begin with, and people leave out."""
_LEVELS = "省市区县"
_STEP = r"[\u4e00-\u9fff]{2,6}?(?:省|自治区|市|区|县)"
_PLACE = lazy_re(rf"(?:{_STEP})+")


@lru_cache(maxsize=4096)
def canonical_issuer(name: str, within: str = "") -> str:
    """Return the one name of a body that is called differently: 濠江区司法局 → 汕头市濠江区司法局.

    `within` is the name of a body of the same place, such as the issuer of the document that says 区司法局. Several bodies
    are joined by 、. What the table (kb/data/issuers.toml) does not know stays as it is.
    """
    return "、".join(_canonical(each.strip(), within) for each in name.split("、"))


def _canonical(name: str, within: str) -> str:
    table = _table("issuers")
    if name in table["bodies"]:
        return str(table["bodies"][name])
    place = _PLACE.match(_placed(within, table["places"]))
    level = name[:1]
    if place and level in _LEVELS and not _PLACE.match(name):
        # 区司法局 is that of the district in which it is said; 市司法局 that of its city.
        parts = re.findall(_STEP, place[0])
        names = [part for part in parts if part.endswith(level)]
        name = place[0][: place[0].index(names[-1])] + names[-1] + name[1:] if names else name
    name = _placed(name, table["places"])
    for ending, whole in table["endings"].items():
        if name.endswith(ending) and not name.endswith(whole) and len(name) > len(ending):
            return name.removesuffix(ending) + str(whole)
    return name


def _placed(name: str, places: Mapping[str, str]) -> str:
    """Complete the name of a place with which a name begins."""
    return next((whole + name.removeprefix(place) for place, whole in places.items() if name.startswith(place)), name)


@cache
def short_names() -> Mapping[str, str]:
    """Return the full title of a law by each short name that texts use: 行诉法, 行政诉讼法 → 中华人民共和国行政诉讼法.

    民诉, 行诉 are left out: people type them, but in a text they are words like others.
    """
    table = _table("short_names")
    named = {name: title for name, title in table["laws"].items() if len(name) > 2 or name.endswith("法")}
    return {name: NATION + name for name in table["statutes"]} | named


def short_issuer(name: str) -> str:
    """Return an issuer as lawyers write it for short: 全国人大常委会, 上海市人大常委会; others as they are."""
    whole = name.replace("全国人民代表大会", "全国人大").replace("人民代表大会", "人大").replace("常务委员会", "常委会")
    return whole.removeprefix(NATION) or whole


@cache
def typed_names() -> Mapping[str, str]:
    """Return the full title of a law by each name that people type for it: those of `short_names`, and 民诉, 行诉."""
    return {**short_names(), **_table("short_names")["laws"]}


@cache
def subjects() -> Mapping[str, tuple[str, ...]]:
    """Return what the subjects of interpretations are called for short: 建设工程施工合同 is also 建工."""
    return {subject: tuple(names) for subject, names in _table("short_names")["subjects"].items()}


@cache
def _table(name: str) -> Mapping[str, Any]:
    return tomllib.loads(resources.files("kb.data").joinpath(f"{name}.toml").read_text(encoding="utf-8"))
