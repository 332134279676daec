"""Sitemaps (sitemaps.org), an index of them followed."""

from __future__ import annotations

from collections.abc import MutableMapping
from dataclasses import replace
from typing import Any

from kb.config.sources import Source
from kb.fetch.lists.family import Family
from kb.fetch.lists.item import Lists, SourceError, Web, there
from kb.fetch.lists.xml_lists import read_sitemap
from kb.fetch.network.fetched import Fetched

_MOST_SITEMAPS = 500


def lists(source: Source, web: Web, memory: MutableMapping[str, Any]) -> Lists:  # noqa: ARG001
    """Yield a list for each sitemap. Their order tells nothing, so each is one page."""
    waiting, asked = [source.url], set[str]()
    while waiting and len(asked) < _MOST_SITEMAPS:
        url = waiting.pop(0)
        if url not in asked:
            asked.add(url)
            page, more = there(web.read(url, read_sitemap), url)
            waiting += more
            yield iter((page,))


def detect(source: Source, web: Web, answer: Fetched) -> Source | None:  # noqa: ARG001
    """Recognise a sitemap by its root element."""
    try:
        read_sitemap(answer)
    except SourceError:
        return None
    return replace(source, kind="sitemap")


FAMILY = Family(
    name="sitemap",
    label="网站地图",
    english="Sitemap",
    marks="网址回答的是 sitemap（XML），或 sitemap 的目录",
    lists=lists,
    detect=detect,
    surest=11,
)
