"""What things are called: short names of laws, and the many names of one issuing body. The tables are in kb/data."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources

_NATION = "中华人民共和国"


@cache
def short_names() -> Mapping[str, str]:
    """Answer the full title of a law by each short name that texts use: 行诉法, 行政诉讼法 → 中华人民共和国行政诉讼法.

    民诉, 行诉 are left out: people type them, but in a text they are words like others.
    """
    table = tomllib.loads(resources.files("kb.data").joinpath("short_names.toml").read_text(encoding="utf-8"))
    named = {name: title for name, title in table["laws"].items() if len(name) > 2 or name.endswith("法")}
    return {name: _NATION + name for name in table["statutes"]} | named
