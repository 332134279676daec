"""The styles of a citation: a file of this folder is a style, and declares its `Style`.

Each says where its rule comes from; none adds what the document does not say.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache

from kb.base.registry import declared
from kb.cite.passage import Passage


@dataclass(frozen=True, slots=True)
class Style:
    """A style: its name, what Chinese and English readers call it, and what writes a citation in it.

    `write` takes the passage, its address in this library, and the address of its source (this library's where the
    source has none); it returns "" where the style has nothing for the passage. `order` is its place in lists.
    """

    name: str
    label: str
    english: str
    write: Callable[[Passage, str, str], str]
    order: int


@cache
def styles() -> Mapping[str, Style]:
    """Return the styles by name, in the order of lists."""
    found = declared(sys.modules[__name__], Style)
    return {each.name: each for each in sorted(found, key=lambda each: each.order)}


def labels() -> dict[str, str]:
    """Return what Chinese readers call each style, by name."""
    return {name: each.label for name, each in styles().items()}
