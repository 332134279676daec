"""Guangdong's government-information platform (政府信息公开目录管理平台): its category tree and the lists of its posts."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, MutableMapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import chompjs

from kb.base.errors import KbError
from kb.base.lazy_re import lazy_re
from kb.config.sources import Source
from kb.fetch.lists.family import Family
from kb.fetch.lists.item import Item, Lists, Page, SourceError, Web, short_key
from kb.fetch.lists.markup import plain
from kb.fetch.network.fetched import Fetched
from kb.fetch.network.urls import absolute
from kb.ingest.formats.charset import decode

_CONFIG = lazy_re(r"\bwindow\s*\.\s*_CONFIG\s*=\s*(?=\{)|\b_CONFIG\s*=\s*(?=\{)")
_SID = lazy_re(r"""\bSID["']?\s*:\s*["']?(\w+)""")
_TREE = lazy_re(r"""\bTREE["']?\s*:\s*(?=[\[{])""")
_POST = lazy_re(r"post_(\d+)\.\w+$")
_CHINA = timedelta(hours=8)
_FILE = lazy_re(r"\.\w+$|/[^/]+/")  # a page, or deeper than a department's part of the site
_EVERYTHING = 0
_MOST_PAGES = 10_000
_LABELS = {
    "document_number": "文号",
    "identifier": "索引号",
    "publisher": "发布机构",
    "keywords": "主题词",
    "classify_main_name": "分类",
    "classify_genre_name": "体裁分类",
    "classify_theme_name": "主题分类",
}


@dataclass(frozen=True, slots=True)
class Category:
    """A leaf of the tree: it holds posts. `path` are the names from the root."""

    id: int
    path: tuple[str, ...]
    posts: int = 0


@dataclass(frozen=True, slots=True)
class Catalogue:
    """A site's number and its categories, as /gkmlpt/index gives them."""

    sid: str
    categories: tuple[Category, ...]


def base_of(url: str) -> str:
    """Return the address of the site, or of the department's part of it, without the catalogue's own path."""
    plain = url.partition("#")[0].partition("?")[0]
    return re.sub(r"/gkmlpt(?:/.*)?$", "", plain).rstrip("/")


def lists(source: Source, web: Web, memory: MutableMapping[str, Any]) -> Lists:
    """Yield the lists of a site: all posts at once, or those of the categories that the source selects.

    `memory` keeps the site's number between refreshes, so that one with nothing new asks for one page.
    """
    base = base_of(source.url)
    if "sid" not in memory:
        found = _catalogue(base, web)
        memory["sid"], memory["categories"] = found.sid, _chosen(source, found)
    first = _first_page(base, memory, web)
    if first is None:
        memory["categories"] = [category.id for category in _catalogue(base, web).categories]
    for category in memory["categories"]:
        yield _pages(base, category, memory["sid"], web, first if category == _EVERYTHING else None)


def _catalogue(base: str, web: Web) -> Catalogue:
    address = f"{base}/gkmlpt/index"
    found = web.read(address, lambda answer: catalogue(answer.body))
    if found is None:
        raise SourceError(f"{address} 不存在：网站可能不用政府信息公开平台，或者改版了，请检查 url。")
    return found


def _chosen(source: Source, found: Catalogue) -> list[int]:
    """Return the categories to ask for. A browser's address such as …/gkmlpt/index#721 names one."""
    fragment = urlsplit(source.url).fragment
    if fragment.isdigit():
        return [int(fragment)]
    if not source.select.category:
        return [_EVERYTHING]
    wanted = [
        category.id
        for category in found.categories
        if any(word in "/".join(category.path) for word in source.select.category)
    ]
    if not wanted:
        names = "、".join(category.path[-1] for category in found.categories[:30])
        raise SourceError(f"没有名称含“{'、'.join(source.select.category)}”的栏目：这个网站的栏目有 {names}。")
    return wanted


def _first_page(base: str, memory: Mapping[str, Any], web: Web) -> Page | None:
    """Ask category 0 for everything; None when the site does not serve it. Other choices need no trial."""
    if memory["categories"] != [_EVERYTHING]:
        return Page(())
    page = _page(base, _EVERYTHING, 1, str(memory["sid"]), web)
    return page if page and page.items else None


def _pages(base: str, category: int, sid: str, web: Web, first: Page | None) -> Iterator[Page]:
    """Yield the pages of a category: until the total is reached, a page is missing, empty or like the one before."""
    seen, before = 0, ""
    for number in range(1, _MOST_PAGES):
        page = first if first and number == 1 else _page(base, category, number, sid, web)
        keys = " ".join(item.key for item in page.items) if page else ""
        if page is None or not keys or keys == before:
            return
        yield page
        seen, before = seen + len(page.items), keys
        if page.total and seen >= page.total:
            return


def _page(base: str, category: int, number: int, sid: str, web: Web) -> Page | None:
    """Ask for one page; None where there is none: a 404 after the first page is the list's end."""
    address = f"{base}/gkmlpt/api/all/{category}?page={number}&sid={sid}"
    page = web.read(address, lambda answer: listing(answer.body, f"{base}/", address))
    if page is None and number == 1 and category != _EVERYTHING:
        raise SourceError(f"{address} 不存在：网站的栏目可能变了，请检查 url。")
    return page


def catalogue(body: bytes) -> Catalogue:
    """Read the category tree out of the index page. Raises SourceError when the page is another kind of page."""
    source, _ = decode(body)
    start = _CONFIG.search(source)
    script = source[start.end() :] if start else source
    sid, tree = _SID.search(script), _TREE.search(script)
    if not sid or not tree:
        raise SourceError("网站的 /gkmlpt/index 里没有栏目树：它可能不是政府信息公开平台，或者改版了，请检查 url。")
    return Catalogue(sid[1], tuple(_leaves(_object(script[tree.end() :]), ())))


def _object(script: str) -> Any:
    """Read the JavaScript literal at the start of a script: JSON as a rule, bare keys and single quotes as it comes."""
    try:
        return json.JSONDecoder().raw_decode(script)[0]
    except json.JSONDecodeError:
        pass
    try:
        return chompjs.parse_js_object(script)
    except ValueError as error:
        raise SourceError("网站的栏目树不是可以识别的格式：网站可能改版了，请检查 url。") from error


def _leaves(node: Any, above: tuple[str, ...]) -> Iterator[Category]:
    """Yield the leaves of the tree; what only points to another site (jump_url) is none of ours."""
    for each in node if isinstance(node, list) else [node]:
        if not isinstance(each, dict) or each.get("jump_url"):
            continue
        path = (*above, plain(each.get("name")))
        if each.get("children"):
            yield from _leaves(each["children"], path)
        elif str(each.get("id", "")).isdigit():
            yield Category(int(each["id"]), path, _number(each.get("post_count")))


def listing(body: bytes, base: str, address: str = "") -> Page:
    """Read one page of a list (JSON). Raises SourceError when it is something else."""
    try:
        answer = json.loads(decode(body)[0])
    except json.JSONDecodeError as error:
        raise SourceError(f"{address} 的回答不是 JSON：网站可能改版了，或在验证访问者。") from error
    articles = answer.get("articles") if isinstance(answer, dict) else None
    if not isinstance(articles, list):
        raise SourceError(f"{address} 的回答里没有文章列表（articles）：网站可能改版了。")
    classify = answer.get("classify")
    counted = classify.get("post_count") if isinstance(classify, dict) else None
    items = (_item(each, base) for each in articles if isinstance(each, dict))
    return Page(tuple(item for item in items if item), _number(answer.get("total")) or _number(counted))


def _item(article: Mapping[str, Any], base: str) -> Item | None:
    """Make an item of an article; None when it gives no address of a page."""
    address = plain(article.get("url")) or plain(article.get("post_url"))
    if not address:
        return None
    url = absolute(base, address)
    post = _POST.search(url.partition("?")[0].partition("#")[0])
    title, published = plain(article.get("title")), _published(article)
    labels = {label: plain(article.get(key)) for key, label in _LABELS.items()}
    labels |= {
        "标题": title,
        "成文日期": _day(article.get("date")),
        "发布日期": published,
        "有效性": _validity(article),
    }
    return Item(
        key=post[1] if post else str(article.get("id") or short_key(url)),
        url=url,
        title=title,
        published=published,
        category=labels["分类"],
        labels={label: value for label, value in labels.items() if value},
        attachments=tuple(_attachments(article.get("attachment"), base)),
    )


def _published(article: Mapping[str, Any]) -> str:
    created = plain(article.get("created_at"))[:10]
    return _day(article.get("display_publish_time")) or (created if re.fullmatch(r"\d{4}-\d\d-\d\d", created) else "")


def _validity(article: Mapping[str, Any]) -> str:
    if _flag(article.get("is_abolished")):
        return "已废止"
    return "已失效" if _flag(article.get("is_expired")) else ""


def _flag(value: object) -> bool:
    return str(value).lower() in ("1", "true", "yes")


def _attachments(value: object, base: str) -> Iterator[tuple[str, str]]:
    """Yield (name, address); some sites send the list as a string of JSON."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except json.JSONDecodeError:
            return
    for each in value if isinstance(value, list) else []:
        if isinstance(each, dict) and (address := plain(each.get("url"))):
            yield plain(each.get("name")) or address.rsplit("/", 1)[-1], absolute(base, address)


def _day(seconds: object) -> str:
    """Return the day in China of a time in epoch seconds; 0 is none."""
    moment = _number(seconds)
    return (datetime.fromtimestamp(moment, UTC) + _CHINA).date().isoformat() if 0 < moment < 4_102_444_800 else ""


def _number(value: object) -> int:
    return int(value) if isinstance(value, int) or (isinstance(value, str) and value.isdigit()) else 0


def detect(source: Source, web: Web, answer: Fetched) -> Source | None:
    """Recognise the platform by the category tree of the address, or of the site whose first page it is."""
    base, root = base_of(source.url), "{0.scheme}://{0.netloc}".format(urlsplit(source.url))
    if "gkmlpt" not in source.url and b"gkmlpt" not in answer.body and _FILE.search(base.removeprefix(root)):
        return None
    places = dict.fromkeys((base, root)) if "gkmlpt" in source.url or base == root else (base,)
    return next((replace(source, kind="gkmlpt", url=place) for place in places if _has_tree(web, place)), None)


def _has_tree(web: Web, base: str) -> bool:
    try:
        index = web.read(f"{base}/gkmlpt/index", lambda answer: catalogue(answer.body))
    except KbError:
        return False
    return bool(index and index.categories)


FAMILY = Family(
    name="gkmlpt",
    label="政府信息公开平台",
    english="Government disclosure platform",
    marks="广东省各级政府的政府信息公开平台：网址后加 /gkmlpt/index 打得开",
    lists=lists,
    detect=detect,
    surest=20,
)
