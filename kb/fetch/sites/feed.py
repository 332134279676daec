"""RSS 2.0, RSS 1.0 and Atom feeds."""

from __future__ import annotations

from collections.abc import MutableMapping
from dataclasses import replace
from typing import Any

from kb.config.sources import Source
from kb.fetch.lists.family import Family
from kb.fetch.lists.item import Lists, SourceError, Web, there
from kb.fetch.lists.xml_lists import read_feed
from kb.fetch.network.fetched import Fetched


def lists(source: Source, web: Web, memory: MutableMapping[str, Any]) -> Lists:  # noqa: ARG001
    """Yield the one page that a feed is."""
    yield iter((there(web.read(source.url, read_feed), source.url),))


def detect(source: Source, web: Web, answer: Fetched) -> Source | None:  # noqa: ARG001
    """Recognise a feed by its root element."""
    try:
        read_feed(answer)
    except SourceError:
        return None
    return replace(source, kind="feed")


FAMILY = Family(
    name="feed",
    label="订阅（RSS、Atom）",
    english="Feed (RSS, Atom)",
    marks="网址回答的是 RSS 或 Atom；订阅通常只有最近的文件",
    lists=lists,
    detect=detect,
    surest=10,
)
