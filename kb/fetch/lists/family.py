"""A family of sites: what it declares, how it lists its posts, and by what evidence it is recognised."""

from __future__ import annotations

from collections.abc import Callable, MutableMapping
from dataclasses import dataclass
from typing import Any

from kb.config import kinds
from kb.config.sources import Source
from kb.fetch.lists.item import Lists, Web
from kb.fetch.network.fetched import Fetched

Lister = Callable[[Source, Web, MutableMapping[str, Any]], Lists]
"""Yields the lists of a source. The mapping is kept between refreshes."""

Detector = Callable[[Source, Web, Fetched], Source | None]
"""Returns the source that an answer proves its address to be, None where it proves none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Family(kinds.Kind):
    """A family of sites. `detect` is asked in the order of `surest`, the lowest first."""

    lists: Lister | None = None
    detect: Detector | None = None
    surest: int = 50


def families() -> dict[str, Family]:
    """Return every family by the name of its kind."""
    return {name: each for name, each in kinds.kinds().items() if isinstance(each, Family)}
