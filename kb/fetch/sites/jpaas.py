"""Hanweb's newer sites (jpaas): the rows come as HTML within JSON from …/front/page/build/unit, whose parameters the page names."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator, MutableMapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from kb.base.errors import KbError
from kb.base.lazy_re import lazy_re
from kb.config.sources import Source
from kb.fetch.lists.family import Family
from kb.fetch.lists.item import Lists, Page, SourceError, Web, there
from kb.fetch.lists.markup import HtmlPage, parse_page
from kb.fetch.lists.promised import promise
from kb.fetch.lists.rows import read_rows, recognise
from kb.fetch.network.fetched import Fetched
from kb.fetch.sites.json_list import value_of
from kb.fetch.sites.listing import NEEDS_ITEM

_SIZE = 50
_MOST_PAGES, _MOST_UNITS = 1_000, 8
_TOLD = lazy_re(r"""\b(?:count|total)["']?\s*[:=]\s*["']?(\d{1,7})\b""", re.IGNORECASE)


def lists(source: Source, web: Web, memory: MutableMapping[str, Any]) -> Lists:  # noqa: ARG001
    """Yield the one list of a column."""
    yield _pages(source, web)


def _pages(source: Source, web: Web) -> Iterator[Page]:
    tag = str(source.setting("tag"))
    units = there(web.read(source.url, lambda answer: _units(parse_page(answer))), source.url)
    unit = next((each for each in units if each[1].get("tagId", "") == tag or not tag), None)
    if unit is None:
        raise SourceError(f"{source.url} 上没有名为“{tag}”的单元（queryData 的 tagId）：网站可能改版了，请检查设置。")
    known, got = set[str](), 0
    for number in range(1, _MOST_PAGES):
        page = web.read(_address(unit, number), lambda answer: _read(answer, source), lambda page: bool(page.items))
        if number == 1 and not (page and page.items):
            raise SourceError(f"{source.url} 的接口没有给出 css.item 指的条目：网站可能改版了。")
        keys = {item.key for item in page.items} if page else set[str]()
        if page is None or keys <= known:
            return
        yield page
        known, got = known | keys, got + len(page.items)
        if 0 < page.total <= got:
            return


def _units(page: HtmlPage) -> list[tuple[str, dict[str, str]]]:
    """Return what a page leaves to the interface to fill in: its address and parameters, in the order of the page."""
    found = list[tuple[str, dict[str, str]]]()
    for tag in page.soup.find_all(attrs={"querydata": True}):
        address = page.absolute(str(tag.get("url") or ""))
        try:
            given = ast.literal_eval(str(tag["querydata"]))
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            continue
        if "build/unit" in address and isinstance(given, dict):
            found.append((address, {str(name): str(value) for name, value in given.items()}))
    return found


def _address(unit: tuple[str, dict[str, str]], number: int) -> str:
    url, given = unit
    asked = {**given, "paramJson": json.dumps({"pageNo": number, "pageSize": _SIZE}, separators=(",", ":"))}
    return f"{url}{'&' if '?' in url else '?'}{urlencode(asked)}"


def _markup(answer: Fetched) -> HtmlPage:
    """Return the HTML within an answer as a page. Raises SourceError where there is none."""
    value = value_of(answer)
    data = value.get("data") if isinstance(value, dict) else None
    html = data.get("html") if isinstance(data, dict) else None
    if not isinstance(html, str):
        raise SourceError(f"{answer.url} 的回答里没有 data.html：网站的接口可能变了，或在验证访问者。")
    headers = (("Content-Type", "text/html; charset=utf-8"),)
    return parse_page(replace(answer, body=html.encode(), response_headers=headers))


def _read(answer: Fetched, source: Source) -> Page:
    markup = _markup(answer)
    items, notes = read_rows(markup, source.css)
    told = _TOLD.search(markup.source)
    said = promise(markup, source.css.item)
    return Page(items, said.items or (int(told[1]) if told else 0), notes, pages=0 if told else said.pages)


def detect(source: Source, web: Web, answer: Fetched) -> Source | None:
    """Recognise a column by the parameters that it names for the interface, and by the rows that it gets there."""
    if not (answer.ok and b"build/unit" in answer.body):
        return None
    best, most = None, 0
    for unit in _units(parse_page(answer))[:_MOST_UNITS]:
        try:
            markup = web.read(_address(unit, 1), _markup)
        except KbError:
            continue
        css = recognise(markup) if markup else None
        if markup and css and (size := len(read_rows(markup, css)[0])) > most:
            best = replace(source, kind="jpaas", css=css, own=(("tag", unit[1].get("tagId", "")),))
            most = size
    return best


FAMILY = Family(
    name="jpaas",
    label="大汉新版（jpaas）的栏目",
    english="Column of a Hanweb site (jpaas)",
    marks="列表页里有 queryData 和 url=…/front/page/build/unit，条目由这个接口给出（JSON 里的 HTML）",
    needs=(NEEDS_ITEM,),
    settings=(("tag", "", "单元的名称（queryData 里的 tagId）；省略就是网页上的第一个"),),
    lists=lists,
    detect=detect,
    surest=32,
)
