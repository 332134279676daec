"""`kb source try` and `kb source add`: what a source would take, and what source an address would make."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from itertools import islice
from urllib.parse import urlsplit

from bs4 import BeautifulSoup

from kb.base.errors import KbError, UsageError
from kb.base.model import Document
from kb.config.settings import Settings
from kb.config.sources import CSS_SETTINGS, Css, Source
from kb.fetch.lists.family import families
from kb.fetch.lists.folder_of_files import Folder
from kb.fetch.lists.item import Item, Lists, SourceError
from kb.fetch.network.fetch import Fetcher
from kb.fetch.network.fetch_errors import BadAddressError
from kb.fetch.network.fetched import Fetched
from kb.fetch.network.pace import Hosts
from kb.fetch.network.urls import absolute, parse
from kb.ingest import derive
from kb.upkeep import suspicion
from kb.upkeep.keeping import found_at
from kb.upkeep.refresh import SiteWeb, manners
from kb.upkeep.selection import Selection


@dataclass(frozen=True, slots=True)
class Trial:
    """What a source would take: the newest `items` (and whether each is selected), the first one as a `document`.

    `total` is how many items its lists say there are, 0 when they do not say; `problem` is why something failed.
    """

    items: tuple[tuple[Item, bool], ...]
    total: int = 0
    document: Document | None = None
    problem: str = ""


def try_source(source: Source, settings: Settings, limit: int = 20, hosts: Hosts | None = None) -> Trial:
    """Look at the head of a source's lists and at one document. Nothing is written. Raises UsageError, FetchError."""
    if source.problem:
        raise UsageError(source.problem)
    family = families()[source.kind]
    if family.lists is None:
        return _trial(source, Folder(source, settings).lists(), limit)
    with Fetcher(manners(source, settings), hosts or Hosts()) as fetcher:
        trial = _trial(source, family.lists(source, SiteWeb(fetcher), {}), limit)
        first = next((item for item, selected in trial.items if selected), None)
        if first is None:
            return trial
        try:
            answer = fetcher.get(first.url)
            if reason := suspicion.judge_post(answer, first.title, source.css.body):
                return replace(trial, problem=f"{first.url}：{reason}")
            found = found_at(answer, first.url, first.labels)
            derived = derive.from_web(answer.body, found, source.name, settings, source.css.body)
        except KbError as error:
            return replace(trial, problem=f"{first.url}：{error}")
        return replace(trial, document=derived.document)


def _trial(source: Source, lists: Lists, limit: int) -> Trial:
    selection = Selection(source.select)
    items: list[tuple[Item, bool]] = []
    total = 0
    for pages in lists:
        for page in islice(pages, 1):
            total += page.total
            items += [(item, selection.may(item)) for item in page.items]
        if len(items) >= limit:
            break
    return Trial(tuple(items[:limit]), total)


def propose(url: str, settings: Settings, *, allow_private: bool = False, hosts: Hosts | None = None) -> Source:
    """Look at an address and answer the source that it makes: gkmlpt, a feed, a sitemap, a list page, or one page.

    Raises UsageError for an address that is none, and FetchError when it does not answer.
    """
    try:
        parse(url)
    except BadAddressError as error:
        raise UsageError(str(error)) from error
    source = Source(_name(url), "page", url, allow_private=allow_private)
    with Fetcher(manners(source, settings), hosts or Hosts()) as fetcher:
        answer = fetcher.get(url)
        if answer.status in (404, 410):
            raise UsageError(f"{url} 不存在（{answer.status}）：请检查网址。")
        return next(_proposals(source, SiteWeb(fetcher), answer))


def _proposals(source: Source, web: SiteWeb, answer: Fetched) -> Iterator[Source]:
    """Yield what the address may be, the surest family first. Raises SourceError when it only shows a challenge."""
    for family in sorted(families().values(), key=lambda each: each.surest):
        if family.detect and (found := family.detect(source, web, answer)):
            yield found
    if answer.ok and b"<" in answer.body:
        for feed in _feeds_of(answer):
            yield replace(source, kind="feed", url=feed)
    if reason := suspicion.judge(answer):
        raise SourceError(f"{source.url} 可疑（{reason}）：没有可以添加的来源，请稍后再试，或换一个网址。")
    yield source


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
    """Answer the [[source]] table to paste into kb.toml."""
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
