"""XML lists of addresses: RSS 2.0, RSS 1.0 and Atom feeds, and sitemaps (sitemaps.org)."""

from __future__ import annotations

import gzip
import zlib
from datetime import datetime
from email.utils import parsedate_to_datetime
from io import BytesIO

from lxml import etree

from kb.fetch.lists.item import Item, Page, SourceError, short_key
from kb.fetch.network.fetched import Fetched
from kb.fetch.network.urls import absolute

_LARGEST_SITEMAP = 52_428_800  # sitemaps.org: 50 MB uncompressed


def read_feed(answer: Fetched) -> Page:
    """Read a feed. Raises SourceError when it is none."""
    root = _root(answer)
    if _name(root) not in ("rss", "feed", "RDF"):
        raise SourceError(f"{answer.url} 不是 RSS 或 Atom：请检查 url。")
    entries = (each for each in root.iter("*") if _name(each) in ("item", "entry"))
    items = (_entry(each, answer.final_url) for each in entries)
    unique = {item.key: item for item in items if item}
    return Page(tuple(unique.values()))


def _entry(entry: etree._Element, base: str) -> Item | None:
    """Make an item of an <item> or <entry>; None when it has no link."""
    fields = {_name(child): (child.text or "").strip() for child in entry}
    url = absolute(base, _link(entry, fields)) if _link(entry, fields) else ""
    if not url.startswith(("http://", "https://")):
        return None
    title = " ".join(fields.get("title", "").split())
    published = _day(
        next((fields[name] for name in ("pubDate", "published", "date", "updated") if fields.get(name)), "")
    )
    labels = {"标题": title, "发布日期": published, "分类": fields.get("category", "")}
    told = {label: value for label, value in labels.items() if value}
    return Item(short_key(url), url, title, published, labels.get("分类", ""), told, stamp=fields.get("updated", ""))


def _link(entry: etree._Element, fields: dict[str, str]) -> str:
    """Return an entry's address: Atom's link of relation "alternate", RSS's text, or a guid that is an address."""
    for child in entry:
        if _name(child) == "link" and child.get("href") and child.get("rel", "alternate") == "alternate":
            return str(child.get("href"))
    guid = fields.get("guid", "")
    return fields.get("link", "") or (guid if guid.startswith("http") else "")


def read_sitemap(answer: Fetched) -> tuple[Page, list[str]]:
    """Read a sitemap; return its addresses and, for an index, those of its sitemaps. Raises SourceError."""
    root = _root(answer)
    if _name(root) not in ("urlset", "sitemapindex"):
        raise SourceError(f"{answer.url} 不是 sitemap：请检查 url。")
    found = [{_name(child): (child.text or "").strip() for child in each} for each in root]
    addresses = [
        (absolute(answer.final_url, each["loc"]), each.get("lastmod", "")) for each in found if each.get("loc")
    ]
    if _name(root) == "sitemapindex":
        return Page(()), [url for url, _ in addresses]
    items = {url: Item(short_key(url), url, published=_day(stamp), stamp=stamp) for url, stamp in addresses}
    return Page(tuple(items.values())), []


def _root(answer: Fetched) -> etree._Element:
    """Parse XML without DTDs, entities or network; a feed that is not quite well-formed is read as far as it goes."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, recover=True, huge_tree=False)
    body = _unpacked(answer.body)
    try:
        root = etree.fromstring(body, parser) if b"<!ENTITY" not in body else None
    except etree.XMLSyntaxError:
        root = None
    if root is None:
        raise SourceError(f"{answer.url} 的回答不是可以读的 XML：请检查 url，网站也可能在验证访问者。")
    return root


def _unpacked(body: bytes) -> bytes:
    """Unpack a sitemap.xml.gz, bounded."""
    if not body.startswith(b"\x1f\x8b"):
        return body
    try:
        with gzip.open(BytesIO(body)) as file:
            return file.read(_LARGEST_SITEMAP)
    except (OSError, EOFError, zlib.error) as error:
        raise SourceError("压缩的 sitemap 已损坏：下次会再试。") from error


def _name(element: etree._Element) -> str:
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


def _day(printed: str) -> str:
    """Return the day of an RFC 822 or ISO 8601 time as printed, "" when it is neither."""
    try:
        return datetime.fromisoformat(printed).date().isoformat()
    except ValueError:
        pass
    try:
        return parsedate_to_datetime(printed).date().isoformat()
    except ValueError:
        return ""
