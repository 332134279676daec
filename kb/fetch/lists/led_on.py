"""Pages that hold nothing but the way to another: <meta refresh>, location.href = "…", framesets, a single frame."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from bs4 import Tag

from kb.base.errors import KbError
from kb.base.lazy_re import lazy_re
from kb.fetch.lists.markup import HtmlPage, parse_page
from kb.fetch.lists.paging import same_site
from kb.fetch.network.fetch_errors import FetchError
from kb.fetch.network.fetched import Fetched

_SIGNS = lazy_re(rb"http-equiv|location|navigate|<frameset|<iframe", re.IGNORECASE)
_LARGEST = 20_000
_MOST_TEXT = 120
_LATEST = 10
_LONGEST_SCRIPT = 1_000
_MOST_STEPS = 3
_MOST_FRAMES = 5
_REFRESH = lazy_re(r"^\s*(\d+)\s*[;,]\s*(?:url\s*=\s*)?['\"]?([^'\"]+)", re.IGNORECASE)
_LOCATION = lazy_re(
    r"""(?:^|[;{}\s:"'(])(?:(?:window|self|top|parent|document)\s*\.\s*)*(?:location(?:\s*\.\s*href)?\s*(?:=|\.\s*(?:replace|assign)\s*\()|navigate\s*\()"""
    r"""\s*(?:\\?['"]([^'"\\]+)\\?['"]|([A-Za-z_$][\w$]*)\s*(?:[;)\n]|$))"""
)
_NOT_CONTENT = lazy_re(r"top|head|menu|left|nav|foot|bottom", re.IGNORECASE)


def arrive(answer: Fetched, obtain: Callable[[str], Fetched]) -> Fetched:
    """Return the page to which an answer only leads, the answer itself where it holds anything or leads nowhere.

    A script that sets a cookie is a guard and is not followed. Raises what `obtain` raises for the next page.
    """
    asked, first = {answer.final_url}, answer
    for _ in range(_MOST_STEPS):
        page = _bare_page(answer)
        if page is None:
            return answer
        if frames := _frames(page):
            return _fullest(
                _asked_as(answer, first), [url for url in frames if url not in asked][:_MOST_FRAMES], obtain
            )
        url = _next(page)
        if not url or url in asked:
            return answer
        asked.add(url)
        answer = _asked_as(obtain(url), first)
    return answer


def _asked_as(answer: Fetched, first: Fetched) -> Fetched:
    """Return an answer as that to the first address asked for, which led to it."""
    return answer if answer.url == first.url else replace(answer, url=first.url)


def _bare_page(answer: Fetched) -> HtmlPage | None:
    """Parse an answer that may lead on: a small page with next to no text."""
    if not answer.ok or len(answer.body) > _LARGEST or not _SIGNS.search(answer.body):
        return None
    try:
        page = parse_page(answer)
    except KbError:
        return None
    return page if len(_shown(page)) <= _MOST_TEXT else None


def _shown(page: HtmlPage) -> str:
    texts = (
        text
        for text in page.soup.find_all(string=True)
        if text.parent and text.parent.name not in ("script", "style", "title")
    )
    return "".join("".join(texts).split())


def _next(page: HtmlPage) -> str:
    for tag in page.soup.find_all("meta", content=True):
        found = _REFRESH.match(str(tag["content"])) if str(tag.get("http-equiv", "")).lower() == "refresh" else None
        if found and int(found[1]) <= _LATEST:
            return page.absolute(found[2].strip())
    scripts = page.scripts
    if "cookie" in scripts.lower() or len(scripts) > _LONGEST_SCRIPT:
        return ""  # a guard, or a page that is drawn by its script
    found = _LOCATION.search(scripts) or _LOCATION.search(
        str(page.soup.body.get("onload") or "") if page.soup.body else ""
    )
    return page.absolute(found[1] or _assigned(scripts, found[2])) if found else ""


def _assigned(scripts: str, name: str) -> str:
    """Return the text that a variable is set to, "" where that is none."""
    found = re.search(rf"\b{re.escape(name)}\s*=\s*(['\"])([^'\"]+)\1", scripts)
    return found[2] if found else ""


def _frames(page: HtmlPage) -> list[str]:
    """Return the addresses of a page's frames, those that by their names hold the content first."""
    tags = [tag for tag in page.soup.find_all(["frame", "iframe"], src=True) if isinstance(tag, Tag)]
    ordered = sorted(tags, key=lambda tag: bool(_NOT_CONTENT.search(f"{tag.get('name') or ''} {tag['src']}")))
    urls = [page.absolute(str(tag["src"])) for tag in ordered]
    return [url for url in dict.fromkeys(urls) if url and same_site(url, page.url) and ".pdf" not in url.lower()]


def _fullest(answer: Fetched, urls: list[str], obtain: Callable[[str], Fetched]) -> Fetched:
    """Return the frame with the most text, the answer itself where none can be had."""
    best, most = answer, _MOST_TEXT
    for url in urls:
        try:
            found = obtain(url)
            size = len(_shown(parse_page(found))) if found.ok else 0
        except (FetchError, KbError):
            continue
        if size > most:
            best, most = _asked_as(found, answer), size
    return best
