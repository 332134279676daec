"""A family of sites: what it declares, how it lists its posts, and by what evidence it is recognised."""

from __future__ import annotations

from collections.abc import Callable, MutableMapping
from dataclasses import dataclass
from typing import Any

from kb.config import kinds
from kb.config.sources import Source
from kb.fetch.lists.item import Lists, Web
from kb.fetch.network.fetched import Fetched, Validators

Lister = Callable[[Source, Web, MutableMapping[str, Any]], Lists]
"""Yields the lists of a source. The mapping is kept between refreshes."""

Detector = Callable[[Source, Web, Fetched], Source | None]
"""Returns the source that an answer proves its address to be, None where it proves none."""


Obtain = Callable[[str, Validators | None], Fetched]
"""Fetches an address, or reads a file. Raises FetchError, and NotFoundError and UnreadableError for a file."""

Obtainer = Callable[[str, Callable[[str], Fetched]], Fetched]
"""Fetches a document whose address only leads to the one where its file is, by a function that fetches an address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Family(kinds.Kind):
    """A family of sites. `detect` is asked in the order of `surest`, the lowest first; without `obtain` a document is what
    its address answers."""

    lists: Lister | None = None
    detect: Detector | None = None
    obtain: Obtainer | None = None
    surest: int = 50


def obtainer(family: Family, get: Obtain) -> Obtain:
    """Return how documents of a family are fetched, `get` being how addresses are."""

    def obtain(url: str, conditional: Validators | None) -> Fetched:
        return own(url, lambda address: get(address, None)) if own and "://" in url else get(url, conditional)

    own = family.obtain
    return obtain


def families() -> dict[str, Family]:
    """Return every family by the name of its kind."""
    return {name: each for name, each in kinds.kinds().items() if isinstance(each, Family)}
