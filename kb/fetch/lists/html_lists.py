"""Walking the pages of an HTML list: rows by their selector, the next page by what the page shows of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from kb.config.sources import Css, Source
from kb.fetch.lists.item import Page, SourceError, Web
from kb.fetch.lists.markup import HtmlPage, parse_page
from kb.fetch.lists.paging import has_dead_next, next_pages, shown_pages, trs_call
from kb.fetch.lists.promised import promise
from kb.fetch.lists.rows import read_rows
from kb.fetch.network.fetched import Fetched

MOST_PAGES = 10_000
_UNREAD = "列表有“下一页”或“加载更多”，读不懂它通向哪里，也没有写共几条：后面如果还有，就没有列出。"

Following = Callable[[HtmlPage, int, set[str]], Iterator[str]]
"""Yields the addresses that may be the page after a page of a number (from 1), those asked for already left out."""


def html_pages(source: Source, web: Web, following: Following) -> Iterator[Page]:
    """Yield the pages of a list until there is none that has anything new.

    Raises SourceError when the first page has no rows: the site has another face then.
    """
    url, number, asked, known = source.url, 1, set[str](), set[str]()
    while url and number <= MOST_PAGES:
        asked.add(url)
        found = web.read(url, lambda answer: read_page(answer, source.css), lambda found: bool(found[0].items))
        if found is None:
            if number == 1:
                raise SourceError(f"{url} 不存在：请检查 url。")
            yield Page((), notes=(f"列表的第 {number} 页（{url}）不存在。",), doubtful=True)
            return
        page, markup = found
        if not page.items and number == 1:
            raise SourceError(f"{source.url} 上没有找到 css.item “{source.css.item}”指的条目：网站可能改版了。")
        keys = {item.key for item in page.items}
        if keys <= known and number > 1:
            return
        known |= keys
        url = next(following(markup, number, asked), "")
        unread = number == 1 and not url and not (page.total or page.pages) and has_dead_next(markup)
        yield replace(page, notes=(*page.notes, _UNREAD)) if unread else page
        number += 1


def read_page(answer: Fetched, css: Css) -> tuple[Page, HtmlPage]:
    """Read a list page; return its items with what it says of the whole list, and the page for its links."""
    markup = parse_page(answer)
    items, notes = read_rows(markup, css)
    said, call = promise(markup, css.item), trs_call(markup.source)
    said = said._replace(pages=max(said.pages, shown_pages(markup)))
    if call:
        # The last parameter of the call is a count of records with some sites, with others a size.
        counts = (call.pages - 1) * len(items) < call.records <= call.pages * len(items)
        said = said._replace(items=said.items or call.records * counts, pages=max(said.pages, call.pages))
    return Page(items, said.items, notes, pages=said.pages), markup


def named_next(css: Css) -> Following:
    """Return how to follow the link that the settings name."""

    def following(page: HtmlPage, number: int, asked: set[str]) -> Iterator[str]:  # noqa: ARG001
        link = page.soup.select_one(css.next)
        url = page.address(link) if link else ""
        if url and url not in asked:
            yield url

    return following


def following_of(source: Source) -> Following:
    """Return how a source's next pages are found: by the link that it names, else by what the pages show."""
    return named_next(source.css) if source.css.next else next_pages
