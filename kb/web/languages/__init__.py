"""The languages of the pages: a file of this folder is one beside Chinese, called by its tag (BCP 47).

It has the `name` that its speakers call it by, and `sentences`: the Chinese sentence → its translation, with the same
`{names}` and elements in both; or two translations, for `{n}` of one and of any other number.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Language:
    """A language of the pages: what its speakers call it, its tag (BCP 47), and the translations of the sentences."""

    name: str
    tag: str
    sentences: Mapping[str, str | list[str]]


@cache
def languages() -> Mapping[str, Language]:
    """Return the languages that a reader can choose, by the word for them in addresses; Chinese is the first."""
    found = {"zh": Language("中文", "zh-CN", {})}
    for path in sorted(path for folder in __path__ for path in Path(folder).glob("*.toml")):
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        found[path.stem] = Language(table["name"], path.stem, table["sentences"])
    return found
