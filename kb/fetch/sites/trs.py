"""TRS WCM: list pages whose links to the others are written by a call of createPageHTML: index.html, index_1.html, …"""

from __future__ import annotations

from dataclasses import replace

from kb.config.sources import Source
from kb.fetch.lists.family import Family
from kb.fetch.lists.item import Web
from kb.fetch.lists.markup import parse_page
from kb.fetch.lists.paging import trs_call
from kb.fetch.lists.rows import recognise
from kb.fetch.network.fetched import Fetched
from kb.fetch.sites.listing import NEEDS_ITEM, lists


def detect(source: Source, web: Web, answer: Fetched) -> Source | None:  # noqa: ARG001
    """Recognise a column by the call that writes its pages' links."""
    if not (answer.ok and b"createPage" in answer.body):
        return None
    page = parse_page(answer)
    css = recognise(page) if trs_call(page.source) else None
    return replace(source, kind="trs", css=css) if css else None


FAMILY = Family(
    name="trs",
    label="TRS 内容管理系统的栏目",
    english="Column of a TRS site",
    marks='列表页里有 createPageHTML(总页数, 当前页, "index", "html")；第二页是 index_1.html',
    needs=(NEEDS_ITEM,),
    lists=lists,
    detect=detect,
    surest=30,
)
