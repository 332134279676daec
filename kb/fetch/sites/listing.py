"""Any other site: list pages read by CSS selectors (soupsieve), and what selectors a page's repeating items suggest."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from typing import Any

from bs4 import BeautifulSoup, Tag

from kb.chinese import dates
from kb.config.sources import Css, Source
from kb.fetch.network.fetched import Fetched
from kb.fetch.network.urls import absolute
from kb.fetch.sites.gkmlpt import plain
from kb.fetch.sites.item import Item, Lists, Page, SourceError, Web, short_key
from kb.ingest.formats.charset import decode

_MOST_PAGES = 10_000
_FEWEST = 5
_SHORTEST_TITLE = 8


def lists(source: Source, web: Web, memory: MutableMapping[str, Any]) -> Lists:  # noqa: ARG001
    """Yield the one list of a site, its pages found by the link to the next one."""
    yield _pages(source, web)


def _pages(source: Source, web: Web) -> Iterator[Page]:
    url, asked = source.url, set[str]()
    while url and url not in asked and len(asked) < _MOST_PAGES:
        asked.add(url)
        found = web.read(url, lambda answer: read(answer, source.css), lambda found: bool(found[0].items))
        if found is None and len(asked) > 1:
            return
        page, url = found or (Page(()), "")
        if not page.items and len(asked) == 1:
            raise SourceError(f"{source.url} 上没有找到 css.item “{source.css.item}”指的条目：网站可能改版了。")
        yield page


def read(answer: Fetched, css: Css) -> tuple[Page, str]:
    """Read a list page; answer its items and the address of the next page, "" where there is none."""
    soup = _parse(answer)
    items = (_item(tag, css, answer.final_url) for tag in soup.select(css.item))
    unique = {item.key: item for item in items if item}
    following = soup.select_one(css.next) if css.next else None
    address = _address(following, answer.final_url) if following else ""
    return Page(tuple(unique.values())), address


def _parse(answer: Fetched) -> BeautifulSoup:
    text, _ = decode(answer.body, answer.header("Content-Type").partition("charset=")[2].strip(" \"';"))
    return BeautifulSoup(text, "lxml")


def _item(tag: Tag, css: Css, base: str) -> Item | None:
    """Make an item of an element of the list; None when it holds no link to a page."""
    link = tag if tag.name == "a" else tag.select_one(css.link)
    url = _address(link, base) if link else ""
    if not link or not url:
        return None
    named = tag.select_one(css.title) if css.title else None
    title = _text(named) if named else plain(link.get("title")) or _text(link)
    dated = tag.select_one(css.date) if css.date else tag
    published = dates.first(_text(dated)) if dated else ""
    labels = {"标题": title, "发布日期": published}
    told = {label: value for label, value in labels.items() if value}
    return Item(short_key(url), url, title, published, labels=told)


def _address(link: Tag, base: str) -> str:
    """Answer where a link leads, "" for one that leads nowhere (javascript:, #top)."""
    href = str(link.get("href") or "").strip()
    url = absolute(base, href).partition("#")[0]
    return url if href and not href.startswith("#") and url.startswith(("http://", "https://")) else ""


def _text(tag: Tag) -> str:
    return " ".join(tag.get_text(" ").split())


def suggest(answer: Fetched) -> Css | None:
    """Find the repeating items of a list page: the parent whose like children hold most links with long texts.

    None when no element has at least five such children.
    """
    soup = _parse(answer)
    best, score = None, 0
    for parent in soup.find_all(["ul", "ol", "div", "tbody", "dl", "table"]):
        for name in ("li", "tr", "dd", "div"):
            rows = [row for row in parent.find_all(name, recursive=False) if _titled(row)]
            weight = sum(len(_titled(row)) for row in rows) * (1 + any(dates.first(_text(row)) for row in rows))
            if len(rows) >= _FEWEST and weight > score:
                best, score = f"{_selector(parent)} > {name}", weight
    if not best:
        return None
    return Css(item=best, next=_next(soup))


def _titled(row: Tag) -> str:
    """Answer the longest text of a row's links when it is long enough for a title."""
    longest = max((_text(link) for link in row.select("a[href]")), key=len, default="")
    return longest if len(longest) >= _SHORTEST_TITLE else ""


def _selector(tag: Tag) -> str:
    """Name an element by its id, or its classes, or its parent's name."""
    if tag.get("id"):
        return f'{tag.name}[id="{tag["id"]}"]'
    classes = "".join(f'[class~="{name}"]' for name in tag.get_attribute_list("class") if name)
    above = tag.parent
    if classes or above is None or above.name in ("body", "[document]"):
        return f"{tag.name}{classes}"
    return f"{_selector(above)} > {tag.name}"


def _next(soup: BeautifulSoup) -> str:
    words = ("下一页", "下页", "后一页")
    link = next((tag for tag in soup.select("a[href]") if _text(tag).strip(" >»") in words), None)
    return f'a:-soup-contains-own("{_text(link).strip(" >»")}")' if link else ""
