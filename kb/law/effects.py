"""From when amended texts hold, where neither they nor the library's other documents tell it: the table kb/data/effect_days.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

from kb.chinese.title_keys import title_key


@dataclass(frozen=True, slots=True)
class Effect:
    """The `day` (ISO 8601) from which a text holds, and what says so: a `document` of the library, or sources of the table."""

    day: str
    document: str
    title: str
    anchor: str
    sentence: str


@cache
def known_effects() -> Mapping[tuple[str, str], Effect]:
    """Return the rows of the table by the key of the law's title and the day on which the text was made."""
    table = tomllib.loads(resources.files("kb.data").joinpath("effect_days.toml").read_text(encoding="utf-8"))
    return {
        (title_key(row["law"]), row["made"]): Effect(row["effect"], "", row["by"], "", _said(row))
        for row in table["rows"]
    }


def _said(row: Mapping[str, str | list[str]]) -> str:
    return f"{row['by']}自 {row['effect']} 起施行（{'；'.join(row['sources'])}）"
