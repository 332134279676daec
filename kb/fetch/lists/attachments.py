"""The files that belong to a post: linked in its text or beside it, given out by programs or scripts, shown in viewers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import parse_qs, unquote, urlsplit

from bs4 import Tag

from kb.base.errors import KbError
from kb.base.lazy_re import lazy_re
from kb.fetch.lists.markup import HtmlPage, parse_page, plain, text_of
from kb.fetch.network.fetched import Fetched

_ENDINGS = r"pdf|docx?|xlsx?|pptx?|wps|et|dps|ofd|rtf|odt|ods|zip|rar|7z|txt|csv|ceb|cebx|caj|tiff?|wpsx"
_FILE = lazy_re(rf"\.(?:{_ENDINGS})$", re.IGNORECASE)
_PICTURE = lazy_re(r"\.(?:jpe?g|png|gif|bmp)$", re.IGNORECASE)
_NAMED_FILE = lazy_re(rf"\.(?:{_ENDINGS})\s*[)）\]】]?\s*(?:[（(]?\d[\d.]*\s*[KMG]?B?[)）]?)?$", re.IGNORECASE)
_PAGE = lazy_re(r"\.(?:s?html?|xhtml)$", re.IGNORECASE)
_PROGRAM = lazy_re(
    r"down(?:load|file)?|attach|getfile|readfile|openfile|fileview|file(?:server|service)?\b", re.IGNORECASE
)
_CALLED = lazy_re(
    r"^\s*(?:附\s*件|附\s*表|附\s*图)|附件下载|下载附件|(?:点击|立即)?下载(?:附件|文件|全文)?$|点击(?:此处)?(?:查看|下载|打开)"
)
_GENERIC = lazy_re(
    r"^[\s\W]*(?:(?:点击|立即|请)?(?:此处)?(?:下载|查看|打开|浏览|预览)(?:附件|文件|全文|此处)?|附件(?:下载)?|详情|链接|这里|全文|原文|word版|pdf版|doc|pdf)?[\s\W\d]*$",
    re.IGNORECASE,
)
_FURNITURE = lazy_re(
    r"nav|foot|header|menu|sidebar|copyright|friend|banner|share|qrcode|weixin|app-?down", re.IGNORECASE
)
_BESIDE = lazy_re(r"fujian|fj|attach|annex|enclosure|appendix|accessory|down|file|relate_?doc", re.IGNORECASE)
_QUOTED = lazy_re(r"""['"]([^'"]+)['"]""")
_QUOTED_FILE = lazy_re(rf"""['"]([^'"<>\n]{{1,300}}\.(?:{_ENDINGS})(?:\?[^'"<>]*)?)['"]""", re.IGNORECASE)
_WRITES = lazy_re(
    r"document\.write|innerHTML|\.append\(|\.html\(|\bhref\b|pdf_?object|pdf_?js|getDocument\(|viewer|preview|\.embed\(|flexpaper|swfobject",
    re.IGNORECASE,
)
# What a page has that may offer a file; only then is it parsed for them.
_SIGNS = lazy_re(
    rf"""\.(?:{_ENDINGS})["'?&)\s#]|(?:down(?:load|file)?|attach\w*|getfile|readfile|openfile|fileview)[\w./]*(?:\?|\()|<(?:embed|object)\b"""
    rf"""|<a\b[^>]*>(?:\s*<[^>]+>)*[^<]{{0,60}}(?:附\s*[件表图]|下载)|javascript:[^"'>]*(?:down|attach)|\bdata-[\w-]+\s*=\s*["'][^"']+\.(?:{_ENDINGS})\b""".encode(),
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Offered:
    """A file that a post offers; `url` is "" where only a script can fetch it, `script` is its call then."""

    name: str
    url: str
    script: str = ""
    generic: bool = False


def offered(answer: Fetched, in_text: tuple[tuple[str, str], ...] = ()) -> tuple[Offered, ...]:
    """Return the files that a post's page offers, each once: those that its text links, (name, address as found), first."""
    if (
        not in_text
        and not _SIGNS.search(answer.body)
        and not re.search(rb"charset=[\"']?gb", answer.body[:2000], re.IGNORECASE)
    ):
        return ()
    try:
        page = parse_page(answer)
    except KbError:
        return ()
    found: dict[str, Offered] = {}
    linked = (_called(page, name, page.absolute(href)) for name, href in in_text)
    for each in (*_linked(page), *_on_click(page), *_shown(page), *_written(page), *linked):
        known = found.get(each.url or each.script)
        if known is None or (known.generic and not each.generic and known.url):
            found[each.url or each.script] = each
    return tuple(found.values())


def _linked(page: HtmlPage) -> Iterator[Offered]:
    for link in page.soup.find_all("a"):
        text = text_of(link)
        if _in(link, _FURNITURE) and not (_NAMED_FILE.search(text) or _in(link, _BESIDE)):
            continue
        href = str(link.get("href") or "").strip()
        by_script = href.lower().startswith("javascript:") or (href in ("", "#") and link.get("onclick"))
        if address := _in_data(link) if by_script or href in ("", "#") else "":
            yield _named(link, text, page.absolute(address))
        elif by_script:
            yield from _by_script(page, link, f"{href} {link.get('onclick') or ''}", text)
        elif href and not href.startswith("#") and _is_file(href, text) and (url := page.absolute(href)):
            yield _named(link, text, url)


def _in_data(link: Tag) -> str:
    """Return the file that an attribute data-… of a link names, where its address is a script's matter."""
    given = (str(value) for name, value in link.attrs.items() if name.startswith("data-"))
    return next((value for value in given if _FILE.search(value.partition("?")[0].strip())), "")


def _on_click(page: HtmlPage) -> Iterator[Offered]:
    """Yield the files that elements other than links give out when they are clicked."""
    for tag in page.soup.find_all(["span", "button", "input", "p", "div", "li", "td", "img", "b", "em"], onclick=True):
        text = plain(tag.get("value")) or text_of(tag) or plain(tag.get("title")) or plain(tag.get("alt"))
        if not tag.find("a") and not _in(tag, _FURNITURE):
            yield from _by_script(page, tag, str(tag["onclick"]), text)


def _is_file(href: str, text: str) -> bool:
    """Return whether a link leads to a file: by its address, by a program that gives files out, or by what it is called."""
    try:
        parts = urlsplit(href)
    except ValueError:
        return False
    path = unquote(parts.path).strip()
    if _FILE.search(path) or _FILE.search(unquote(parts.query)):
        return True
    if _PICTURE.search(path):
        return bool(_CALLED.search(text))
    if _PAGE.search(path) or not path.strip("/"):
        return bool(_NAMED_FILE.search(text))
    program = path.rpartition("/")[2] if "." in path.rpartition("/")[2] else path
    return bool(_NAMED_FILE.search(text) or _CALLED.search(text) or (_PROGRAM.search(program) and parts.query and text))


def _by_script(page: HtmlPage, link: Tag, script: str, text: str) -> Iterator[Offered]:
    """Yield the file that a script's call names, or the call where no address stands in it."""
    if not (_PROGRAM.search(script) or _NAMED_FILE.search(text) or _CALLED.search(text) or _QUOTED_FILE.search(script)):
        return
    for argument in _QUOTED.findall(script):
        path = argument.partition("?")[0]
        is_file = _FILE.search(path) or ("/" in argument and not _PAGE.search(path) and _PROGRAM.search(argument))
        if is_file and (url := page.absolute(argument)):
            yield _named(link, text, url)
            return
    if text and (_NAMED_FILE.search(text) or _CALLED.search(text)):
        yield Offered(text, "", " ".join(script.split()))


def _named(link: Tag, text: str, url: str) -> Offered:
    """Name a file by its link, by the link's title, or by the text before it."""
    title = plain(link.get("title"))
    names = [text, title, plain(link.get("download"))]
    name = next((each for each in names if each and not _GENERIC.match(each)), "")
    return Offered(name or text or title or _base(url), url, generic=not name)


def _called(page: HtmlPage, name: str, url: str) -> Offered:
    return Offered(name, url or f"{page.url}#{name}", generic=bool(_GENERIC.match(name)) or name.startswith("（"))


def _base(url: str) -> str:
    return unquote(urlsplit(url).path.rpartition("/")[2]) or "（无名称）"


def _shown(page: HtmlPage) -> Iterator[Offered]:
    """Yield the files in viewers: embed, object, and frames whose address, or a parameter of it, is a file."""
    places = (("embed", "src"), ("object", "data"), ("iframe", "src"), ("frame", "src"))
    values = [str(tag[name]) for kind, name in places for tag in page.soup.find_all(kind, attrs={name: True})]
    values += [
        str(tag["value"])
        for tag in page.soup.find_all("param", value=True)
        if str(tag.get("name", "")).lower() in ("src", "movie", "filename", "data", "url", "file")
    ]
    values += [
        value
        for tag in page.soup.find_all(_has_data)
        for name, value in tag.attrs.items()
        if name.startswith("data-") and isinstance(value, str) and _FILE.search(value.partition("?")[0].strip())
    ]
    for value in values:
        for address in _viewed(value.strip()):
            if url := page.absolute(address):
                yield Offered(_base(url), url)


def _has_data(tag: Tag) -> bool:
    """Return whether an element has an attribute data-…, where viewers are told what to show; links are read elsewhere."""
    return tag.name != "a" and any(name.startswith("data-") for name in tag.attrs) and not _in(tag, _FURNITURE)


def _viewed(address: str) -> Iterator[str]:
    try:
        parts = urlsplit(address)
    except ValueError:
        return
    if _FILE.search(parts.path):
        yield address
    for values in parse_qs(f"{parts.query}&{parts.fragment}").values():
        yield from (value for value in values if _FILE.search(value.partition("?")[0]))


def _written(page: HtmlPage) -> Iterator[Offered]:
    """Yield the files whose addresses stand in a script that writes links."""
    for script in page.soup.find_all("script"):
        text = script.get_text()
        if script.get("src") or not _WRITES.search(text) or _in(script, _FURNITURE):
            continue
        named = list(_QUOTED_FILE.findall(text))
        names = [each for each in named if re.search(r"[\u4e00-\u9fff]", each) and "/" not in each]
        addresses = [each for each in named if each not in names]
        for place, address in enumerate(addresses):
            if url := page.absolute(address):
                yield Offered(names[place] if place < len(names) else _base(url), url)


def _in(tag: Tag, names: re.Pattern[str]) -> bool:
    """Return whether an element stands in one that is named so, by its tag, id or class."""
    return any(
        names.search(" ".join((each.name, str(each.get("id") or ""), *map(str, each.get_attribute_list("class")))))
        for each in list(tag.parents)[:-2]
        if each.name not in ("body", "html")
    )
