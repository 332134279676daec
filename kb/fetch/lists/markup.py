"""A web page as lists need it: parsed, with its own text and scripts, and links that lead where a browser would go."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass

from bs4 import BeautifulSoup, Tag

from kb.base.lazy_re import lazy_re
from kb.fetch.network.fetched import Fetched
from kb.fetch.network.urls import absolute
from kb.ingest.formats.charset import decode

_ESCAPE = lazy_re(r"%u([0-9a-fA-F]{4})")
_PAGE_IN_SCRIPT = lazy_re(
    r"""['"]((?:https?:)?//[^'"\s]+|[^'"\s]*\.(?:s?html?|jsp|aspx?|php|do)(?:[?;#][^'"\s]*)?|\.{0,2}/[^'"\s]+)['"]""",
    re.I,
)

# Where scripts find the address of a link that has none of its own.
_ADDRESSES = ("data-href", "data-url", "data-link", "tagname")


@dataclass(frozen=True, slots=True)
class HtmlPage:
    """A parsed page; `url` is where it was found, `base` what its links are relative to, `source` its markup."""

    soup: BeautifulSoup
    url: str
    base: str
    source: str

    def address(self, link: Tag) -> str:
        """Return where a link leads, by script too where the script names a page; "" for one that leads nowhere."""
        href = str(link.get("href") or "").strip()
        if href and not href.startswith("#") and not href.lower().startswith("javascript:"):
            return self.absolute(href)
        named = _PAGE_IN_SCRIPT.search(href.partition(":")[2] if ":" in href else "") or _PAGE_IN_SCRIPT.search(
            str(link.get("onclick") or "")
        )
        given = named[1] if named else next((str(link[name]) for name in _ADDRESSES if link.get(name)), "")
        return self.absolute(given) if given else ""

    def absolute(self, link: str) -> str:
        """Return the whole address of a link of this page, "" where it is none of the web."""
        url = absolute(self.base, link).partition("#")[0]
        return url if url.startswith(("http://", "https://")) else ""

    @property
    def scripts(self) -> str:
        """The text of the page's own scripts."""
        return "\n".join(tag.get_text() for tag in self.soup.find_all("script"))


def parse_page(answer: Fetched) -> HtmlPage:
    """Parse an answer. Raises UnreadableError when it is no text."""
    text, _ = decode(answer.body, answer.header("Content-Type").partition("charset=")[2].strip(" \"';"))
    return page_of(text, answer.final_url)


def page_of(markup: str, url: str) -> HtmlPage:
    """Parse markup that was found at an address."""
    soup = BeautifulSoup(markup, "lxml")
    named = soup.find("base", href=True)
    base = absolute(url, str(named["href"])) if isinstance(named, Tag) else url
    return HtmlPage(soup, url, base, markup)


def text_of(tag: Tag) -> str:
    """Return an element's text in one line."""
    return " ".join(tag.get_text(" ").split())


def plain(value: object) -> str:
    """Undo the %uXXXX escapes of some sites, and HTML's; anything but text is ""."""
    if not isinstance(value, str):
        return ""
    return html.unescape(_ESCAPE.sub(lambda match: chr(int(match[1], 16)), value)).strip()
