"""The next page of a list (or of a post that runs over several pages): by its link, its number, or its script."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterator
from itertools import islice
from typing import NamedTuple
from urllib.parse import urlencode

from bs4 import Tag

from kb.base.lazy_re import lazy_re
from kb.fetch.lists.markup import HtmlPage, text_of
from kb.fetch.network.urls import place_of

_NEXT = lazy_re(r"(?:下|后|後)\s*[一1]?\s*[页頁]|下一张|next(?:\s*page)?", re.IGNORECASE)
_MORE = lazy_re(r"(?:点击)?(?:加载|载入)更多\S{0,4}|点击加载|load\s*more", re.IGNORECASE)
# For Beautiful Soup, which wants a compiled one.
_NEXT_CLASS = re.compile(r"^(?:[a-z]+[-_])*next(?:[-_]?page)?$", re.IGNORECASE)
_SLIDES = lazy_re(r"swiper|slick|carousel|owl|slide|flex", re.IGNORECASE)
_ARROWS = frozenset((">", "›", "»", ">>", "＞", "→"))
_OFF = lazy_re(r"disable|unable|nolink|no-drop", re.IGNORECASE)
_PAGER = lazy_re(r"pag(?:e|ing|ination|er)|fenye|fy\b|turn", re.IGNORECASE)
_TRS = lazy_re(r"createPage\w*\s*\(([^()]{3,200})\)")
_NAMED = r"\b{}\s*=\s*['\"]?([\w./-]+)"
_CALL = lazy_re(r"(?:javascript:)?\s*(?:void\s*\(?0\)?;?)?\s*(\w[\w.$]*)\s*\(\s*['\"]?(\d+)['\"]?\s*[,)]")
_GOES = (
    r"(?:location(?:\.href)?\s*=|location\.(?:assign|replace)\s*\(|window\.open\s*\(|\.attr\(\s*['\"]href['\"]\s*,)\s*"
)
_JOINED = lazy_re(
    r"""^((?:['"][^'"]*['"]|[\w$.]+|\(\s*[\w$.]+\s*[-+]\s*\d+\s*\))(?:\s*\+\s*(?:['"][^'"]*['"]|[\w$.]+|\(\s*[\w$.]+\s*[-+]\s*\d+\s*\)))*)"""
)
# n == 1 ? "index.html" : "index_" + (n - 1) + ".html"
_EITHER = r"""\(?\s*{parameter}\s*([=!]==?|[<>]=?)\s*['"]?(\d+)['"]?\s*\)?\s*\?\s*([^?:;\n]+?)\s*:\s*([^?:;\n]+)"""
_COMPARED: dict[str, Callable[[int, int], bool]] = {
    "=": operator.eq,
    "!": operator.ne,
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
}
# '<a href="index_' + nextPage + '.html">下一页</a>', as a script writes it
_WRITTEN = lazy_re(
    r"""href\s*=\s*\\?["']?([\w./-]*)["']\s*\+\s*([\w$]+)\s*\+\s*["']([\w./?=&-]*)[^<>]{0,60}>([^<>]{1,20})<"""
)


class Trs(NamedTuple):
    """The call by which TRS writes the links of its pages; `current` counts from 0, `records` is 0 when it is not told."""

    pages: int
    current: int
    name: str
    suffix: str
    records: int = 0


def trs_call(source: str) -> Trs | None:
    """Find the call in a page's markup, the one of most pages where there are several."""
    markup = _uncommented(source)
    found = (_trs(each[1], markup) for each in _TRS.finditer(markup))
    return max((each for each in found if each), default=None)


def _trs(given: str, markup: str) -> Trs | None:
    """Read the parameters of the call: [container,] pages, current, name, ending[, records]; names stand for values."""
    values = [_value(each.strip(), markup) for each in given.split(",")]
    if values and not values[0].isdigit():
        values = values[1:]
    pages, current, name, suffix, *more = [*values, "", "", "", ""][: max(len(values), 4)]
    if not (pages.isdigit() and current.isdigit() and name and suffix.isalnum()):
        return None
    return Trs(int(pages), int(current), name, suffix, int(more[0]) if more and more[0].isdigit() else 0)


def _value(given: str, markup: str) -> str:
    """Return what a parameter is: a number, a text in quotes, or a variable that is set in the page."""
    if given[:1] in ("'", '"') or given.isdigit():
        return given.strip("'\"")
    found = re.search(_NAMED.format(re.escape(given)), markup) if re.fullmatch(r"[\w$.]+", given) else None
    return found[1] if found else ""


def _uncommented(source: str) -> str:
    return re.sub(r"<!--(?!\[).*?-->", "", source, flags=re.DOTALL)


def next_pages(page: HtmlPage, number: int, asked: set[str]) -> Iterator[str]:
    """Yield the addresses that may be the next page, the surest first; `number` is the present page's, from 1."""
    seen = {*asked, page.url}
    ways = (_by_trs(page), _by_name(page), _by_number(page, number + 1), _by_choice(page, number + 1))
    for url in (*(url for way in ways for url in way), *_by_script(page, number + 1)):
        if url and url not in seen and same_site(url, page.url):
            seen.add(url)
            yield url


def same_site(url: str, other: str) -> bool:
    """Return whether two addresses are on one site, www or mobile, http or https."""
    return place_of(url).partition("/")[0] == place_of(other).partition("/")[0]


def _by_trs(page: HtmlPage) -> Iterator[str]:
    call = trs_call(page.source)
    if call and call.current + 1 < call.pages:
        yield page.absolute(f"{call.name}_{call.current + 1}.{call.suffix}")


def _by_name(page: HtmlPage) -> Iterator[str]:
    """Yield where links called 下一页 lead, by their text, title, picture or class."""
    for link in page.soup.find_all("a"):
        if _is_off(link):
            continue
        image = link.find("img")
        names = [text_of(link), str(link.get("title") or ""), str(link.get("aria-label") or "")]
        names += [str(image.get("alt") or ""), str(image.get("title") or "")] if isinstance(image, Tag) else []
        if any(_NEXT.search(name) and len(name) <= 12 for name in names) or (
            text_of(link) in _ARROWS and in_pager(link)
        ):
            yield page.address(link)
    for button in page.soup.find_all(["input", "button", "span", "li", "em", "b", "img"], onclick=True):
        if _NEXT.fullmatch(_called(button)) and not _is_off(button) and not button.get("disabled"):
            yield page.address(button)
    for link in page.soup.select('a[rel~="next"], link[rel~="next"], a[class~="next"]'):
        yield page.address(link)
    for link in page.soup.find_all("a", class_=_NEXT_CLASS):
        if (in_pager(link) or not re.search(r"\w", text_of(link))) and not (_is_off(link) or _in_slides(link)):
            yield page.address(link)


def _in_slides(link: Tag) -> bool:
    """Return whether a link turns the pictures of a show."""
    named = (f"{each.get('id') or ''} {each.get_attribute_list('class')}" for each in (link, *link.parents))
    return any(_SLIDES.search(name) for name in islice(named, 4))


def _called(button: Tag) -> str:
    """Return what a thing to press is called, without marks around it."""
    return (str(button.get("value") or "") or text_of(button) or str(button.get("title") or "")).strip(" >»›[]")


def _by_choice(page: HtmlPage, wanted: int) -> Iterator[str]:
    """Yield where the choice of the next page in a list to choose from leads: <option value="list_2.html">2</option>."""
    for choice in page.soup.find_all("select"):
        for option in choice.find_all("option", value=True):
            value = str(option["value"]).strip()
            number = re.fullmatch(r"(?:第\s*)?(\d{1,5})(?:\s*页)?(?:\s*/\s*\d+)?", text_of(option))
            if number and int(number[1]) == wanted and re.search(r"[./?]", value):
                yield page.absolute(value)


def in_pager(link: Tag) -> bool:
    """Return whether a link stands among links to other pages: so named, or beside numbers."""
    for above in list(link.parents)[:3]:
        if _PAGER.search(f"{above.get('id') or ''} {' '.join(above.get('class') or [])}"):
            return True
        if sum(text_of(each).isdigit() for each in above.find_all(["a", "span", "em", "b", "strong"])) >= 2:
            return True
    return False


def _by_number(page: HtmlPage, wanted: int) -> Iterator[str]:
    """Yield where the link with the next page's number leads, where it stands among links to other pages."""
    for link in page.soup.find_all("a"):
        if text_of(link).strip("[]【】()（） ") == str(wanted) and in_pager(link):
            yield page.address(link)


def shown_pages(page: HtmlPage) -> int:
    """Return the highest number among the links to other pages, 0 where there are none."""
    numbers = [0]
    for link in page.soup.find_all("a"):
        number = text_of(link).strip("[]【】()（） ")
        if number.isdigit() and len(number) <= 5 and any(_is_pager(above) for above in list(link.parents)[:3]):
            numbers.append(int(number))
        if (called := str(link.get("data-page") or "")).isdigit() and _NEXT.search(text_of(link)):
            numbers.append(int(called))
    return max(numbers)


def has_dead_next(page: HtmlPage) -> bool:
    """Return whether a link called 下一页, or what is to be pressed for more, leads nowhere that can be read."""
    links = [
        link
        for link in page.soup.find_all(["a", "div", "span", "button", "p"])
        if not _is_off(link)
        and ((link.name == "a" and _NEXT.fullmatch(text_of(link).strip(" >»›"))) or _MORE.fullmatch(text_of(link)))
    ]
    return bool(links) and not any(page.address(link) for link in links)


def _is_off(link: Tag) -> bool:
    return bool(_OFF.search(" ".join(map(str, link.get_attribute_list("class")))))


def _is_pager(tag: Tag) -> bool:
    named = f"{tag.get('id') or ''} {' '.join(map(str, tag.get_attribute_list('class')))}"
    return tag.name not in ("body", "html") and (bool(_PAGER.search(named)) or "页" in text_of(tag)[:200])


def _by_script(page: HtmlPage, wanted: int) -> Iterator[str]:
    """Yield the address that the script of a link such as go(2) makes, where its function shows how."""
    for link in page.soup.find_all(["a", "span", "li", "button", "input"]):
        called = _CALL.search(str(link.get("onclick") or "")) or _CALL.search(str(link.get("href") or ""))
        if called and (called[2] == str(wanted) or text_of(link) == str(wanted) or _NEXT.search(_called(link))):
            given = int(called[2])
            if made := _made(page.scripts, called[1], given) or _submitted(page, called[1], given):
                yield page.absolute(made)
    for name, number, ending, shown in _WRITTEN.findall(page.scripts):
        if _NEXT.search(shown) and (value := _number(number, page.scripts)):
            yield page.absolute(f"{name}{value}{ending}")


def _number(name: str, scripts: str) -> int:
    """Return the number that a variable is set to, by itself or beside another one (nextPage = currentPage + 1), else 0."""
    found = re.search(rf"\b{re.escape(name)}\s*=\s*(?:(\d+)|(\w+)\s*([-+])\s*(\d+))\s*[;,\n]", scripts)
    if not found or found[1]:
        return int(found[1]) if found else 0
    other = re.search(rf"\b{re.escape(found[2])}\s*=\s*(\d+)\s*[;,\n/]", scripts)
    return int(other[1]) + int(f"{found[3]}{found[4]}") if other else 0


def _made(scripts: str, function: str, given: int) -> str:
    """Return the address that a function of one parameter goes to, "" where that cannot be read off."""
    parameter, body = _function(scripts, function)
    for goes in re.finditer(_GOES, body):
        if made := _written(body[goes.end() :], body, parameter, given):
            return made
    return ""


def _function(scripts: str, function: str) -> tuple[str, str]:
    """Return the parameter and the body of a function of one parameter, "" and "" where it is not there."""
    name = re.escape(function.rpartition(".")[2])
    defined = re.search(
        rf"(?:function\s+{name}\s*\(\s*(\w+)[^)]*\)|\b{name}\s*[=:]\s*(?:function\s*)?\(?\s*(\w+)\s*\)?\s*(?:=>)?)\s*\{{(.*?)\}}\s*(?:;|,|\n|$|function|var|\}})",
        scripts,
        re.DOTALL,
    )
    return (defined[1] or defined[2], defined[3]) if defined else ("", "")


def _submitted(page: HtmlPage, function: str, given: int) -> str:
    """Return the address that a function asks for by a form: it puts the page's number into a field and submits (GET)."""
    parameter, body = _function(page.scripts, function)
    found = (
        re.search(rf"(?:\.|['\"#])(\w+)(?:['\"]\s*[\])]+)?\s*\.\s*(?:value\s*=|val\s*\()\s*{parameter}\b", body)
        if parameter
        else None
    )
    if not found or "submit" not in body:
        return ""
    for form in page.soup.find_all("form"):
        fields = {
            str(each["name"]): str(each.get("value") or "") for each in form.find_all("input", attrs={"name": True})
        }
        named = form.find("input", attrs={"id": found[1]})
        name = found[1] if found[1] in fields else str(named.get("name") or "") if isinstance(named, Tag) else ""
        if name and str(form.get("method") or "get").lower() == "get":
            query = urlencode({**fields, name: str(given)})
            return f"{str(form.get('action') or page.url).partition('?')[0]}?{query}"
    return ""


def _written(rest: str, body: str, parameter: str, given: int) -> str:
    """Return the address that stands at the start of a script's rest: joined, in a template, or in a variable."""
    if template := re.match(r"`([^`]*)`", rest):
        made = re.sub(rf"\$\{{\s*{re.escape(parameter)}\s*\}}", str(given), template[1])
        return made if made != template[1] and "${" not in made else ""
    if (variable := re.match(r"([A-Za-z_$][\w$]*)\s*[;)}\n]", rest)) and variable[1] != parameter:
        assigned = re.search(rf"\b{re.escape(variable[1])}\s*=\s*(?!=)", body)
        return _written(body[assigned.end() :], "", parameter, given) if assigned else ""
    if either := re.match(_EITHER.format(parameter=re.escape(parameter)), rest):
        sign, number, one, other = either.groups()
        holds = _COMPARED[sign if sign[0] in "<>" else sign[0]](given, int(number))
        return _written(one if holds else other, "", parameter, given)
    joined = _JOINED.match(rest)
    return _join(joined[1], parameter, given) if joined else ""


def _join(expression: str, parameter: str, given: int) -> str:
    """Work out an address that is joined of strings and the parameter, "" where something else stands in it."""
    parts = list[str]()
    numbered = False
    for each in re.findall(r"""['"]([^'"]*)['"]|\(\s*([\w$.]+)\s*([-+])\s*(\d+)\s*\)|([\w$.]+)""", expression):
        literal, name, sign, number, alone = each
        if name == parameter and sign:
            parts.append(str(given + (int(number) if sign == "+" else -int(number))))
            numbered = True
        elif alone == parameter:
            parts.append(str(given))
            numbered = True
        elif name or alone:
            return ""
        else:
            parts.append(literal)
    return "".join(parts) if numbered else ""
