"""Hanweb's jpage: rows as records in a script, further ones from dataproxy.jsp by their numbers."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, MutableMapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

import chompjs

from kb.base.errors import KbError
from kb.base.lazy_re import lazy_re
from kb.config.sources import Css, Source
from kb.fetch.lists.family import Family
from kb.fetch.lists.item import Item, Lists, Page, SourceError, Web, there
from kb.fetch.lists.markup import page_of, parse_page
from kb.fetch.lists.rows import read_rows
from kb.fetch.network.fetched import Fetched
from kb.fetch.network.urls import form_of
from kb.ingest.formats.charset import decode

_RECORD = lazy_re(r"<record>\s*(?:<!\[CDATA\[(.*?)\]\]>|(.*?))\s*</record>", re.DOTALL | re.IGNORECASE)
_TOTAL = lazy_re(r"<totalrecord>\s*(\d+)|\btotalRecord\b[\"']?\s*[:=]\s*[\"']?(\d+)", re.IGNORECASE)
_PER_PAGE = lazy_re(r"\bper_?Page\b[\"']?\s*[:=]\s*[\"']?(\d+)", re.IGNORECASE)
_PROXY = lazy_re(r"""proxyUrl\s*[:=]\s*['"]([^'"]+)['"]""", re.IGNORECASE)
_PARAMETERS = lazy_re(r"dataParam\s*[:=]\s*(?=\{)")
_GROUP = lazy_re(r"""href\s*=\s*["']([^"']*dataproxy[^"']*)["']""", re.IGNORECASE)
_PAGES_AT_ONCE = 3  # what the script itself asks for
_MOST_REQUESTS = 10_000
_OWN = frozenset(("startrecord", "endrecord", "perpage", "page"))


@dataclass(frozen=True, slots=True)
class Column:
    """What a column's page says: the records in it, how many there are in all, and where the others are had."""

    items: tuple[Item, ...]
    notes: tuple[str, ...]
    total: int
    per_page: int
    proxy: str


def lists(source: Source, web: Web, memory: MutableMapping[str, Any]) -> Lists:
    """Yield the one list of a column. `memory` keeps that its records are asked for by POST."""
    yield _pages(source, web, memory)


def _pages(source: Source, web: Web, memory: MutableMapping[str, Any]) -> Iterator[Page]:
    column = there(web.read(source.url, column_of, lambda found: bool(found.items)), source.url)
    if not column.items and not column.proxy:
        raise SourceError(f"{source.url} 里没有 jpage 的记录（<record>）：网站可能改版了。")
    if column.items:
        yield Page(column.items, column.total, column.notes)
    got, known = len(column.items), {item.key for item in column.items}
    for _ in range(_MOST_REQUESTS):
        if not column.proxy or (column.total and got >= column.total):
            return
        last = got + column.per_page * _PAGES_AT_ONCE
        url = f"{column.proxy}&startrecord={got + 1}&endrecord={last}&perpage={column.per_page}"
        more = _records(url, web, memory)
        fresh = tuple(item for item in more.items if item.key not in known) if more else ()
        if more is None or not fresh:
            return
        yield Page(fresh, column.total or more.total, more.notes)
        got, known = got + len(more.items), known | {item.key for item in fresh}


def _records(url: str, web: Web, memory: MutableMapping[str, Any]) -> Column | None:
    """Ask the proxy for records: with the parameters in the address, by POST where it gives none so."""
    address, _, query = url.partition("?")
    found = None
    if not memory.get("post"):
        with suppress(KbError):
            found = web.read(url, column_of, lambda read: bool(read.items))
    if found is None or not found.items:
        posted = web.read(address, column_of, lambda read: bool(read.items), form_of(query))
        if posted and posted.items:
            memory["post"] = True
            return posted
    return found


def column_of(answer: Fetched) -> Column:
    """Read the records of a column's page, or of an answer of its proxy."""
    text, _ = decode(answer.body, answer.header("Content-Type").partition("charset=")[2].strip(" \"';"))
    base = parse_page(answer).base if "<html" in text.lower() else answer.final_url
    items, notes = list[Item](), list[str]()
    for found in _RECORD.finditer(text):
        row = page_of(f"<div>{found[1] or html.unescape(found[2] or '')}</div>", base)
        read, said = read_rows(row, Css(item="body > div"))
        items += read
        notes += said
    total = next((int(found[1] or found[2]) for found in _TOTAL.finditer(text)), 0)
    per_page = next((int(found[1]) for found in _PER_PAGE.finditer(text)), 0) or max(len(items), 1)
    return Column(tuple(items), tuple(notes), total, per_page, _proxy(text, answer))


def _proxy(text: str, answer: Fetched) -> str:
    """Return the address of the proxy with the column's parameters, "" where the page names none."""
    page = parse_page(answer)
    group = _GROUP.search(html.unescape(text))
    named = _PROXY.search(text)
    if not group and not named:
        return ""
    address, _, query = (html.unescape(group[1]) if group else "").partition("?")
    pairs: list[tuple[str, str]] = parse_qsl(query, keep_blank_values=True)
    given = dict[str, str](pair for pair in pairs if pair[0] not in _OWN)
    if found := _PARAMETERS.search(text):
        try:
            named_by_script: Any = chompjs.parse_js_object(text[found.end() :])
        except ValueError:
            return ""
        given |= {str(key): str(named_by_script[key]) for key in named_by_script}
    return page.absolute((named[1] if named else address).partition("?")[0]) + "?" + urlencode(given, quote_via=quote)


def detect(source: Source, web: Web, answer: Fetched) -> Source | None:  # noqa: ARG001
    """Recognise a column by the records in its page, or by its jpage script with a proxy."""
    if not answer.ok or not (b"<record" in answer.body or b"jpage" in answer.body):
        return None
    column = column_of(answer)
    return replace(source, kind="jpage") if column.items or column.proxy else None


FAMILY = Family(
    name="jpage",
    label="大汉（jpage）的栏目",
    english="Column of a Hanweb site",
    marks="列表页里有 <datastore>、<record>，后面的条目由 dataproxy.jsp 给出；文件的网址像 art_104_3000.html",
    lists=lists,
    detect=detect,
    surest=31,
)
