"""Single addresses: no site, and no list."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

from kb.config.sources import Source
from kb.fetch.lists.family import Family
from kb.fetch.lists.item import Item, Lists, Page, Web, short_key


def lists(source: Source, web: Web, memory: MutableMapping[str, Any]) -> Lists:  # noqa: ARG001
    """Yield the addresses of a `page` source as one list."""
    addresses = dict.fromkeys((source.url, *source.urls))
    yield iter((Page(tuple(Item(short_key(url), url) for url in addresses)),))


FAMILY = Family(
    name="page",
    label="单个网页",
    english="Single page",
    marks="一个或几个写明的网址，每个网址是一份文件",
    reads=("urls",),
    named=True,
    lists=lists,
)
