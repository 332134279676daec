"""Any other site: list pages read by CSS selectors (soupsieve), the next page by its link, its number or its script."""

from __future__ import annotations

from collections.abc import MutableMapping
from dataclasses import replace
from typing import Any

from kb.config.sources import Source
from kb.fetch.lists.family import Family
from kb.fetch.lists.html_lists import following_of, html_pages
from kb.fetch.lists.item import Lists, Web
from kb.fetch.lists.markup import parse_page
from kb.fetch.lists.rows import recognise
from kb.fetch.network.fetched import Fetched

NEEDS_ITEM = (
    "css.item",
    '列表要用 css.item 指出列表页上的条目，例如 css = { item = "ul.list li" }（kb source add 网址 可以代为辨认）',
)


def lists(source: Source, web: Web, memory: MutableMapping[str, Any]) -> Lists:  # noqa: ARG001
    """Yield the one list of a site."""
    yield html_pages(source, web, following_of(source))


def detect(source: Source, web: Web, answer: Fetched) -> Source | None:  # noqa: ARG001
    """Recognise a list page by its repeating rows."""
    css = recognise(parse_page(answer)) if answer.ok and b"<" in answer.body else None
    return replace(source, kind="listing", css=css) if css else None


FAMILY = Family(
    name="listing",
    label="网站列表页",
    english="List page",
    marks="一个栏目的列表页：有重复的条目，用 CSS 选择器指出；下一页按链接、页码或脚本去找",
    needs=(NEEDS_ITEM,),
    lists=lists,
    detect=detect,
    surest=60,
)
