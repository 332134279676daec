"""A post whose text runs over several pages: which pages are its further ones, and all of them as one page."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import parse_qsl, urlsplit

from bs4 import BeautifulSoup, Tag

from kb.base.errors import KbError
from kb.base.lazy_re import lazy_re
from kb.fetch.lists.markup import HtmlPage, parse_page
from kb.fetch.lists.paging import next_pages, same_site
from kb.fetch.network.fetched import Fetched

_SIGNS = lazy_re(
    rb"createPage|_1\.s?html?|_2\.s?html?|[?&](?:page|p|pn|pageno)=|\xe4\xb8\x8b\xe4\xb8\x80?\xe9\xa1\xb5",
    re.IGNORECASE,
)
_MOST_PAGES = 200
_COUNTED = lazy_re(r"^(?:page|pageno|pagenum|pageindex|curpage|currentpage|p|pn)$", re.IGNORECASE)


def further_pages(answer: Fetched, obtain: Callable[[str], Fetched]) -> tuple[Fetched, ...]:
    """Fetch the further pages of a post, in order; none where the post has one page. Raises what `obtain` raises."""
    if not (answer.ok and _SIGNS.search(answer.body)):
        return ()
    pages, present, asked = list[Fetched](), answer, {answer.final_url}
    while len(pages) < _MOST_PAGES:
        try:
            page = parse_page(present)
        except KbError:
            break
        following = next_pages(page, len(pages) + 1, asked)
        url = next((each for each in following if _is_of(each, answer.final_url)), "")
        if not url:
            break
        asked.add(url)
        present = obtain(url)
        if not present.ok:
            break
        pages.append(present)
    return tuple(pages)


def _is_of(url: str, first: str) -> bool:
    """Return whether an address is a further page of a post: the post's own with a number, in its name or as a parameter."""
    one, other = urlsplit(first), urlsplit(url)
    if not same_site(url, first):
        return False
    stem, _, suffix = one.path.rpartition(".")
    if one.path != other.path:
        stem = re.sub(r"_0$", "", stem)
        return bool(stem) and bool(re.fullmatch(rf"{re.escape(stem)}[_-]\d{{1,3}}\.{re.escape(suffix)}", other.path))
    before, now = dict(parse_qsl(one.query)), dict(parse_qsl(other.query))
    changed = {name for name in before.keys() | now.keys() if before.get(name) != now.get(name)}
    return len(changed) == 1 and bool(_COUNTED.match(changed.pop()))


def joined(answer: Fetched, pages: tuple[Fetched, ...], texts: tuple[str, ...]) -> bytes:
    """Return the first page with the texts of all further ones put into the element that holds its own.

    `texts` are the texts that were read off each of the pages, the first one's included.
    """
    first = parse_page(answer)
    place = _holder(first, texts[0])
    for page, text in zip(pages, texts[1:], strict=True):
        inner = _holder(parse_page(page), text)
        for child in list(inner.contents):
            place.append(child.extract())
    _as_utf8(first.soup)
    return str(first.soup).encode()


def _holder(page: HtmlPage, text: str) -> Tag:
    """Return the smallest element that holds every line of a text."""
    place: Tag = page.soup.body or page.soup
    shown = "".join(place.get_text().split())
    lines = [bare for line in text.splitlines() if (bare := "".join(line.split())) and bare in shown]
    while lines:
        inner = (child for child in place.find_all(True, recursive=False) if isinstance(child, Tag))
        narrower = next((child for child in inner if _has(child, lines)), None)
        if narrower is None or narrower.name in ("p", "span", "a", "b", "strong", "td"):
            break
        place = narrower
    return place


def lacking(text: str, whole: str) -> bool:
    """Return whether a line of a page's text is not in the whole."""
    shown = "".join(whole.split())
    return any("".join(line.split()) not in shown for line in text.splitlines())


def _has(tag: Tag, lines: list[str]) -> bool:
    shown = "".join(tag.get_text().split())
    return all(line in shown for line in lines)


def _as_utf8(soup: BeautifulSoup) -> None:
    """Let the page say the encoding in which it is now written."""
    for tag in soup.find_all("meta"):
        if tag.get("charset"):
            tag["charset"] = "utf-8"
        elif "charset" in str(tag.get("content", "")).lower():
            tag["content"] = "text/html; charset=utf-8"
    head = soup.head
    if head and not soup.find("meta", charset=True):
        head.insert(0, soup.new_tag("meta", charset="utf-8"))
