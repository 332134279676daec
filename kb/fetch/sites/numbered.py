"""Lists whose pages are numbered in their addresses (list_12_2.shtml, ?page=2, ?offset=20) without a link to follow."""

from __future__ import annotations

import re
from collections.abc import Iterator, MutableMapping
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from kb.base.errors import KbError
from kb.base.lazy_re import lazy_re
from kb.config.sources import Css, Source
from kb.fetch.lists.family import Family
from kb.fetch.lists.html_lists import html_pages, read_page
from kb.fetch.lists.item import Lists, Page, Web
from kb.fetch.lists.markup import HtmlPage, parse_page
from kb.fetch.lists.paging import has_dead_next, next_pages
from kb.fetch.lists.promised import promise
from kb.fetch.lists.rows import read_rows, recognise
from kb.fetch.network.fetched import Fetched
from kb.fetch.sites.listing import NEEDS_ITEM

_COUNTED = lazy_re(r"page|^p$|^pn$|cur|no$|num$|index", re.IGNORECASE)
_OFFSET = lazy_re(r"offset|start|skip|from|begin", re.IGNORECASE)


def lists(source: Source, web: Web, memory: MutableMapping[str, Any]) -> Lists:  # noqa: ARG001
    """Yield the one list of a column, its pages by their numbers."""
    template, first, step = (source.setting(name) for name in ("pages", "first", "step"))
    got = 0

    def following(page: HtmlPage, number: int, asked: set[str]) -> Iterator[str]:
        nonlocal got
        got += len(read_rows(page, source.css)[0])
        said = promise(page, source.css.item)
        if 0 < said.pages <= number or 0 < said.items <= got:
            return
        url = page.absolute(template.replace("{n}", str(first + (number - 1) * step)))
        if url not in asked:
            yield url

    yield html_pages(source, web, following)


def detect(source: Source, web: Web, answer: Fetched) -> Source | None:
    """Recognise a column that says it has more than its page shows and shows no way, by asking for its second page."""
    if not (answer.ok and b"<" in answer.body):
        return None
    markup = parse_page(answer)
    css = recognise(markup)
    if css is None or next(next_pages(markup, 1, {source.url}), ""):
        return None
    page, _ = read_page(answer, css)
    if page.pages <= 1 and page.total <= len(page.items) and not has_dead_next(markup):
        return None
    for template, first, step in _templates(answer.final_url, len(page.items)):
        second = _second(web, markup.absolute(template.replace("{n}", str(first))), css)
        if second and not {item.key for item in second.items} & {item.key for item in page.items}:
            own = (("pages", template), ("first", first), ("step", step))
            return replace(source, kind="numbered", css=css, own=own)
    return None


def _second(web: Web, url: str, css: Css) -> Page | None:
    try:
        return web.read(url, lambda answer: read_page(answer, css)[0], lambda page: bool(page.items))
    except KbError:
        return None


def _templates(url: str, size: int) -> Iterator[tuple[str, int, int]]:
    """Yield (address with {n}, number of the second page, step) as sites of the usual kinds number their pages."""
    parts = urlsplit(url)
    for name, value in parse_qsl(parts.query):
        if value.isdigit() and (_COUNTED.search(name) or _OFFSET.search(name)):
            step = size if _OFFSET.search(name) else 1
            template = re.sub(rf"(?<=[?&]){re.escape(name)}={value}(?!\d)", f"{name}={{n}}", url)
            yield template, int(value) + step, step
            return
    stem, dot, suffix = parts.path.rpartition("/")[2].rpartition(".")
    if numbered := re.fullmatch(r"(.*[_-])1", stem):
        yield f"{numbered[1]}{{n}}{dot}{suffix}", 2, 1
    name, ending = (stem, f"{dot}{suffix}") if dot else ("index", ".html")
    yield f"{name}_{{n}}{ending}", 1, 1  # before _2, which would be the third page then
    for joint in ("_", "-"):
        yield f"{name}{joint}{{n}}{ending}", 2, 1
    mark = "&" if parts.query else "?"
    for parameter in ("page", "pageNo"):
        yield f"{url}{mark}{parameter}={{n}}", 2, 1


FAMILY = Family(
    name="numbered",
    label="按页码写网址的列表",
    english="List with numbered pages",
    marks="列表说有几页，网页上却没有可用的链接；各页的网址只差一个数，例如 list_12_2.shtml、?page=2",
    needs=(
        NEEDS_ITEM,
        ("numbered.pages", 'numbered 要写明各页的网址，例如 numbered = { pages = "index_{n}.html" }'),
    ),
    settings=(
        ("pages", "", "第二页以后的网址，{n} 是页号；可以是相对网址"),
        ("first", 2, "第二页的页号"),
        ("step", 1, "相邻两页的页号相差多少：按条数计的（offset）填每页的条数"),
    ),
    lists=lists,
    detect=detect,
    surest=55,
)
