"""`kb source add`: what source an address would make, by the evidence of its family."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields, replace
from urllib.parse import urlsplit

from bs4 import BeautifulSoup

from kb.base.errors import UnreadableError, UsageError
from kb.config.settings import Settings
from kb.config.sources import CSS_SETTINGS, Css, Source
from kb.fetch.lists.family import families
from kb.fetch.lists.html_lists import read_page
from kb.fetch.lists.item import SourceError
from kb.fetch.lists.led_on import arrive
from kb.fetch.lists.markup import parse_page
from kb.fetch.lists.paging import next_pages
from kb.fetch.lists.rows import prose
from kb.fetch.network.fetch import Fetcher
from kb.fetch.network.fetch_errors import BadAddressError
from kb.fetch.network.fetched import Fetched
from kb.fetch.network.pace import Hosts
from kb.fetch.network.urls import absolute, parse
from kb.ingest.formats.extract import extract_html
from kb.upkeep import suspicion
from kb.upkeep.refresh import SiteWeb, manners
from kb.upkeep.suspicion import is_documents, looks_like_html

_DELAY = 1.0
_LEAST_PROSE = 60


def propose(url: str, settings: Settings, *, allow_private: bool = False, hosts: Hosts | None = None) -> Source:
    """Look at an address and return the source that it makes, of the family whose marks it shows, or of one document.

    Raises UsageError for an address that is none, SourceError where no family is recognised: one page is never taken for
    a site; and FetchError when it does not answer.
    """
    try:
        parse(url)
    except BadAddressError as error:
        raise UsageError(str(error)) from error
    source = Source(_name(url), "page", url, allow_private=allow_private, delay=_DELAY)
    with Fetcher(manners(source, settings), hosts or Hosts()) as fetcher:
        answer = arrive(fetcher.get(url), fetcher.get)
        if answer.status in (404, 410):
            raise UsageError(f"{url} 不存在（{answer.status}）：请检查网址。")
        found = next(_proposals(source, SiteWeb(fetcher), answer), None)
        if found is None:
            found = _single(source, answer)
    return replace(found, delay=Source("", "page", "").delay)


def _proposals(source: Source, web: SiteWeb, answer: Fetched) -> Iterator[Source]:
    """Yield what the address may be, the surest family first."""
    for family in sorted(families().values(), key=lambda each: each.surest):
        found = family.detect(source, web, answer) if family.detect else None
        if found and not (found.kind == "listing" and _is_part_of_home(found, answer)):
            yield found
    if answer.ok and b"<" in answer.body:
        for feed in _feeds_of(answer):
            yield replace(source, kind="feed", url=feed)


def _is_part_of_home(source: Source, answer: Fetched) -> bool:
    """Return whether a list is only a box on a site's first page, without a way to more."""
    if not _is_home(answer):
        return False
    page, markup = read_page(answer, source.css)
    return not (page.total or page.pages or next(next_pages(markup, 1, {source.url}), ""))


def _is_home(answer: Fetched) -> bool:
    parts = urlsplit(answer.final_url)
    return not parts.query and parts.path.strip("/").partition(".")[0] in ("", "index", "default", "home")


def _single(source: Source, answer: Fetched) -> Source:
    """Return an address as one document. Raises SourceError when it is a challenge, or no document."""
    try:
        text = (
            extract_html(answer.body, content_type=answer.header("Content-Type")) if looks_like_html(answer) else None
        )
        is_one = text is None or is_documents(text.title.partition("_")[0]) or prose(parse_page(answer)) >= _LEAST_PROSE
    except UnreadableError:
        is_one = False
    if reason := suspicion.judge_post(answer, "", ""):
        raise SourceError(f"{source.url} 可疑（{reason}）：没有可以添加的来源，请稍后再试，或换一个网址。")
    if not is_one or _is_home(answer):
        raise SourceError(
            f"认不出 {source.url} 是哪一类网站，也不像一份文件，没有写出来源：请给一个栏目的列表页的网址（不是首页）；"
            "列表要靠脚本加载、接口又不在网页里的，可以在浏览器里找到接口的网址再试，见 docs/sources.md。"
        )
    return source


def _feeds_of(answer: Fetched) -> Iterator[str]:
    """Yield the feeds that a page names (<link rel="alternate">)."""
    soup = BeautifulSoup(answer.body, "lxml")
    for link in soup.select('link[rel~="alternate"][type*="xml"][href]'):
        yield absolute(answer.final_url, str(link["href"]))


def _name(url: str) -> str:
    """Make a name of a host: www.haojiang.gov.cn/sthb → haojiang-sthb."""
    parts = urlsplit(url if "://" in url else f"http://{url}")
    host = re.sub(r"^www\.|(?:\.gov)?\.(?:cn|com|net|org)$", "", parts.hostname or "")
    first = parts.path.strip("/").split("/")[0].partition(".")[0]
    words = [*host.split("."), *([first] if first not in ("", "gkmlpt", "index") else [])]
    return re.sub(r"[^\w-]+", "-", "-".join(words)).strip("-")[:60] or "来源"


def as_toml(source: Source) -> str:
    """Return the [[source]] table to paste into kb.toml."""
    lines = ["[[source]]", *(f"{key} = {_quoted(getattr(source, key))}" for key in ("name", "kind", "url"))]
    if source.title:
        lines.append(f"title = {_quoted(source.title)}")
    if source.allow_private:
        lines.append("allow_private = true")
    defaults = {name: default for name, default, _ in CSS_SETTINGS}
    given = {
        field.name: value for field in fields(Css) if (value := getattr(source.css, field.name)) != defaults[field.name]
    }
    tables = {"css": given, source.kind: dict(source.own)}
    for name, table in tables.items():
        if table:
            lines.append(f"{name} = {{ {', '.join(f'{key} = {_written(value)}' for key, value in table.items())} }}")
    return "\n".join(lines) + "\n"


def _written(value: object) -> str:
    return _quoted(value) if isinstance(value, str) else str(value).lower()


def _quoted(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
