"""Fetch addresses with manners."""

from __future__ import annotations

from typing import Self

from kb.ingest.fetched import Fetched, Manners, Validators


class Fetcher:
    """One source's way to the net: `with Fetcher(manners, hosts) as fetcher: fetcher.get(url)`. For one thread."""

    def __init__(self, manners: Manners) -> None:
        self._manners = manners

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def get(self, url: str, *, conditional: Validators | None = None) -> Fetched:
        """Fetch `url`, following redirects. Raises a FetchError when there is no answer to judge."""
        raise NotImplementedError
