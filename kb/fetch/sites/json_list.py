"""Lists that a JSON (or JSONP) interface gives, whose address and fields stand in the page's script or in kb.toml."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlencode, urlsplit

import chompjs

from kb.base.errors import KbError
from kb.base.lazy_re import lazy_re
from kb.chinese import dates
from kb.config.kinds import Value
from kb.config.sources import Source
from kb.fetch.lists.family import Family
from kb.fetch.lists.item import Item, Lists, Page, SourceError, Web
from kb.fetch.lists.markup import HtmlPage, parse_page, plain
from kb.fetch.lists.paging import same_site
from kb.fetch.lists.rows import recognise, row_item
from kb.fetch.network.fetched import Fetched
from kb.fetch.network.urls import absolute, form_of
from kb.ingest.formats.charset import decode

_MOST_PAGES = 10_000
_MOST_CANDIDATES = 6
_SHORTEST_TITLE = 6
_JSONP = lazy_re(r"^[\s;/*]*[\w$.]+\s*\(\s*(.*?)\s*\)\s*;?\s*$", re.DOTALL)
_TERM = r"""(?:`[^`\n]{2,300}`|'[^'\n]{1,300}'|"[^"\n]{1,300}"|[A-Za-z_$][\w$.]*)"""
_EXPRESSION = rf"{_TERM}(?:\s*\+\s*{_TERM})*"
_PART = lazy_re(r"""[`'"](?P<text>[^`'"\n]*)[`'"]|(?P<name>[A-Za-z_$][\w$.]*)""")
_CALLED = lazy_re(
    rf"""(?:\.(?:get|getJSON|post|ajax|request)|\bfetch|\baxios|\bjsonp)\s*\(\s*(?P<url>{_EXPRESSION})(?=\s*[,)])"""
    rf"""|\burl\s*[:=]\s*(?P<named>{_EXPRESSION})|\.open\s*\(\s*['"]\w+['"]\s*,\s*(?P<opened>{_EXPRESSION})""",
    re.IGNORECASE,
)
_POSTS = lazy_re(r"\.post\s*\(|\.open\s*\(\s*['\"]post", re.IGNORECASE)
_GETS = lazy_re(r"\.get(?:JSON)?\s*\(|\.open\s*\(\s*['\"]get", re.IGNORECASE)
_BY_POST = lazy_re(r"\b(?:type|method)\s*:\s*['\"]post['\"]", re.IGNORECASE)
_AS_FORM = r"(?:(?:Qs|qs|QS|querystring)\.stringify|\$\.param|new\s+URLSearchParams)"
_STRINGIFY = rf"(?:JSON\.stringify|{_AS_FORM})\(\s*"
_DATA = lazy_re(
    rf"\b(?:data|params|param|body)\s*:\s*(?:{_STRINGIFY})?(?=\{{)|\A\s*,\s*(?:{_STRINGIFY})?(?=\{{(?!\s*(?:params|data|headers|method|body)\b))"
)
_DATA_TEXT = lazy_re(r"(?:\b(?:data|params|param|body)\s*:|\A\s*,)\s*(['\"])([\w.%\[\]-]+=[^'\"\n]*)\1")
_BY_FIELD = lazy_re(
    r"""[`'"]([^`'"\s]*/[^`'"\s]*)(?:['"]\s*\+\s*\w+\.(\w+)\s*\+\s*['"]|\$\{\s*\w+\.(\w+)\s*\})([^`'"\s]*)[`'"]"""
)
_LIBRARY = lazy_re(
    r"jquery|vue|axios|react|bootstrap|layui|swiper|polyfill|vendor|echarts|analytics|tongji|\.min\.js", re.IGNORECASE
)
_MOST_SCRIPTS = 3
_LONGEST_MARKUP = 500_000
_PAGE_FILE = lazy_re(r"\.(?:s?html?|js|css|png|gif|jpe?g|svg|ico|pdf|docx?)(?:[?#]|$)", re.IGNORECASE)
_COUNTED = lazy_re(
    r"^(?:page|pageno|pagenum|pageindex|pagenumber|curpage|currentpage|current|p|pn|currpage|nowpage|page_?no|page_?num)$",
    re.IGNORECASE,
)
_OFFSET = lazy_re(r"^(?:offset|start|skip|from|begin|startrow|firstresult)$", re.IGNORECASE)
_TITLES = lazy_re(r"title|subject|标题|题名|^name$|docname|bt$", re.IGNORECASE)
_LINKS = lazy_re(r"url|link|href|address|path|网址|链接", re.IGNORECASE)
_DAYS = lazy_re(r"pub|fabu|fbrq|fbsj|发布|date|time|rq$|sj$|day", re.IGNORECASE)
_SURE_DAYS = lazy_re(r"pub|fabu|fbrq|fbsj|发布|release|issue", re.IGNORECASE)
_NUMBERS = lazy_re(r"file_?num|doc_?(?:no|num)|wenhao|^wh$|fwzh|文号|pcode|document_?number", re.IGNORECASE)
_TOTALS = lazy_re(
    r"^(?:total|count|totalcount|totalrecord|totalrecords|recordcount|totalelements|totalnum|totalsize|rowcount|records|totalhits|total_?count|num_?found|hits)$",
    re.IGNORECASE,
)
_DOCUMENT_NUMBER = lazy_re(r"[〔\[［(（]\s*\d{4}\s*[〕\]］)）]|第?\d+\s*号")
_CHINA = timedelta(hours=8)


@dataclass(frozen=True, slots=True)
class Shape:
    """Where an answer has what: paths and names of fields."""

    rows: str
    title: str
    link: str
    date: str = ""
    number: str = ""
    total: str = ""


class Call(NamedTuple):
    """A request that a script makes: its address and what it posts, "" for one that only asks."""

    url: str
    post: str = ""


def lists(source: Source, web: Web, memory: MutableMapping[str, Any]) -> Lists:  # noqa: ARG001
    """Yield the one list of an interface."""
    yield _pages(source, web)


def _pages(source: Source, web: Web) -> Iterator[Page]:
    shape = Shape(*(source.setting(name) for name in ("rows", "title", "link", "date", "number", "total")))
    template, post = source.setting("address"), source.setting("post")
    first, step = source.setting("first"), source.setting("step")
    got, known = 0, set[str]()
    for number in range(_MOST_PAGES):
        place = str(first + number * step)
        url = absolute(source.url, template.replace("{n}", place))
        form = form_of(post.replace("{n}", place)) if post else None
        page = web.read(url, lambda answer: read(answer, shape, source.url), lambda found: bool(found.items), form)
        if page is None or (number == 0 and not page.items):
            if number == 0:
                raise SourceError(f"{url} 里没有“{shape.rows}”下的条目：网站的接口可能变了，请检查设置。")
            return
        keys = {item.key for item in page.items}
        if number and keys <= known:
            return
        yield page
        got, known = got + len(page.items), known | keys
        if "{n}" not in template + post or (page.total and got >= page.total):
            return


def read(answer: Fetched, shape: Shape, base: str) -> Page:
    """Read one answer. Raises SourceError when it is not JSON."""
    value = value_of(answer)
    if value is None:
        raise SourceError(f"{answer.url} 的回答不是 JSON：网站可能改版了，或在验证访问者。")
    rows = _at(value, shape.rows)
    read = [_item(each, shape, base) for each in rows if isinstance(each, Mapping)] if isinstance(rows, list) else []
    lost = read.count(None)
    notes = (f"接口给出的 {lost} 条没有网址，没有收录。",) if lost else ()
    total = _at(value, shape.total) if shape.total else 0
    return Page(tuple(item for item in read if item), int(total) if str(total).isdigit() else 0, notes)


def _item(row: Mapping[str, Any], shape: Shape, base: str) -> Item | None:
    """Make an item of a row; None when it gives no address. A link may be a pattern with fields in braces."""
    link = shape.link
    if "{" in link:
        address = re.sub(r"\{(\w+)\}", lambda found: str(row.get(found[1], "")), link)
    else:
        address = plain(_at(row, link))
    url = absolute(base, address) if address else ""
    if not url.startswith(("http://", "https://")):
        return None
    title = re.sub(r"<[^>]+>", "", plain(_at(row, shape.title)))
    number = plain(_at(row, shape.number)) if shape.number else ""
    return row_item(url, title, _day(_at(row, shape.date)) if shape.date else "", 文号=number)


def value_of(answer: Fetched) -> Any:
    """Read JSON or JSONP; None where it is neither."""
    try:
        text = decode(answer.body, answer.header("Content-Type").partition("charset=")[2].strip(" \"';"))[0].strip()
    except KbError:
        return None
    for each in (text, *(found[1] for found in [_JSONP.match(text)] if found)):
        try:
            return json.loads(each)
        except json.JSONDecodeError:
            continue
    return None


def _at(value: Any, path: str) -> Any:
    for name in path.split(".") if path else ():
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _day(value: object) -> str:
    """Return the day of a date in text or in epoch seconds or milliseconds (China's day), "" when it is none."""
    if isinstance(value, int | float) or (isinstance(value, str) and value.isdigit() and len(value) in (10, 13)):
        seconds = float(value) / (1000 if float(value) > 1e11 else 1)
        return (datetime.fromtimestamp(seconds, UTC) + _CHINA).date().isoformat() if 0 < seconds < 4e9 else ""
    day = dates.first(value) if isinstance(value, str) else ""
    return day if len(day) == 10 else ""


def shape_of(value: Any, markup: str = "") -> Shape | None:
    """Find the rows of posts in an answer: the array of objects with titles and addresses, the longest.

    Where the rows have no addresses, `markup` may show how one is made of a field.
    """
    best, weight = None, 0
    for path, rows, above in _arrays(value, ()):
        title = _field(rows, _TITLES, lambda text: len(text) >= _SHORTEST_TITLE)
        link = _field(rows, _LINKS, lambda text: "/" in text or "." in text) or _pattern(rows, markup)
        size = sum(len(str(row.get(title, ""))) for row in rows) if title and link else 0
        if title and link and size > weight:
            day = _field(rows, _SURE_DAYS, lambda text: bool(_day(text))) or _field(
                rows, _DAYS, lambda text: bool(_day(text))
            )
            number = _field(rows, _NUMBERS, lambda text: bool(_DOCUMENT_NUMBER.search(text)))
            best, weight = Shape(".".join(path), title, link, day, number, _total(value, path, len(rows), above)), size
    return best


def _pattern(rows: Sequence[Mapping[str, Any]], markup: str) -> str:
    """Return the pattern by which the page makes an address of a field of the rows, "" where it shows none."""
    for found in _BY_FIELD.finditer(markup[:_LONGEST_MARKUP]):
        name = found[2] or found[3]
        if all(row.get(name) not in (None, "") for row in rows):
            return f"{found[1]}{{{name}}}{found[4]}"
    return ""


def _arrays(
    value: Any, path: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], list[Mapping[str, Any]], Mapping[str, Any]]]:
    """Yield (path, rows, the object that holds them) of the arrays of objects."""
    if not path and isinstance(value, list) and value and all(isinstance(each, Mapping) for each in value):
        yield (), value, {}
    for name, inner in value.items() if isinstance(value, Mapping) else ():
        if isinstance(inner, list) and inner and all(isinstance(each, Mapping) for each in inner):
            yield (*path, name), inner, value
        elif isinstance(inner, Mapping) and len(path) < 5:
            yield from _arrays(inner, (*path, name))


def _field(rows: Sequence[Mapping[str, Any]], names: re.Pattern[str], fits: Any) -> str:
    """Return the field whose name fits and whose values fit in most rows, "" where there is none."""
    for name in rows[0]:
        values = [str(row.get(name) if row.get(name) is not None else "") for row in rows]
        if names.search(name) and sum(bool(each) and fits(each) for each in values) * 2 > len(rows):
            return name
    return ""


def _total(value: Any, path: tuple[str, ...], rows: int, above: Mapping[str, Any]) -> str:  # noqa: ARG001
    """Return the path of the number of posts: beside the rows, or further up."""
    for depth in range(len(path) - 1, -1, -1):
        place = _at(value, ".".join(path[:depth])) if depth else value
        for name, number in place.items() if isinstance(place, Mapping) else ():
            if _TOTALS.match(name) and str(number).isdigit() and int(number) >= rows:
                return ".".join((*path[:depth], name))
    return ""


def detect(source: Source, web: Web, answer: Fetched) -> Source | None:
    """Recognise an interface: the address itself, or one that the script of a page without a list of its own calls."""
    if not answer.ok:
        return None
    if value_of(answer) is not None:
        shape = shape_of(value_of(answer))
        size = len(_at(value_of(answer), shape.rows)) if shape else 0
        return _proposed(source, Call(source.url), shape, size) if shape else None
    page = parse_page(answer)
    if recognise(page) is not None:
        return None
    scripts = _scripts_of(page, web)
    for call in list(dict.fromkeys(_called(page, scripts)))[:_MOST_CANDIDATES]:
        try:
            form = form_of(call.post) if call.post else None
            value = web.read(call.url, value_of, lambda found: found is not None, form)
        except KbError:
            continue
        if shape := shape_of(value, f"{scripts}\n{page.source}"):
            return _proposed(source, call, shape, len(_at(value, shape.rows)))
    return None


def _called(page: HtmlPage, scripts: str) -> Iterator[Call]:
    """Yield what scripts ask for on the same site: the address with its parameters, and what they post."""
    for found in _CALLED.finditer(scripts):
        address = _worked_out(found["url"] or found["named"] or found["opened"], scripts)
        if not address or _PAGE_FILE.search(address) or not re.match(r"https?:|[./\w]", address):
            continue
        url = page.absolute(address)
        if not url or not same_site(url, page.url):
            continue
        rest = scripts[found.end() : found.end() + 400]
        about = scripts[max(0, found.start() - 200) : found.end()] + rest
        given = _given(rest) or _given(scripts[max(0, found.start() - 200) : found.start()])
        if _POSTS.search(found[0]) or (not _GETS.search(found[0]) and _BY_POST.search(about)):
            is_json = not (re.search(_AS_FORM, rest) or _DATA_TEXT.search(rest)) and (
                "JSON.stringify" in about
                or "application/json" in about
                or "axios" in scripts[max(0, found.start() - 20) : found.end()]
            )
            posted = json.dumps(given, ensure_ascii=False) if is_json else urlencode(given)
            yield Call(url, posted if given else "{}")
        else:
            yield Call(url + (("&" if "?" in url else "?") + urlencode(given) if given else ""))


def _given(script: str) -> dict[str, Any]:
    """Return the parameters that a call gives: plain values of the first object that is called data, params or body."""
    data = _DATA.search(script)
    if not data:
        text = _DATA_TEXT.search(script)
        return dict(parse_qsl(text[2])) if text else {}
    try:
        given: Any = chompjs.parse_js_object(script[data.end() :])
    except ValueError:
        return {}
    return {k: v for k, v in given.items() if isinstance(v, str | int | float)} if isinstance(given, dict) else {}


def _worked_out(expression: str | None, scripts: str) -> str:
    """Return the address that an expression makes of texts, templates and variables; a number that is not known is 1."""
    address = ""
    for place, part in enumerate(_PART.finditer(expression or "")):
        if part["text"] is not None:
            text = part["text"]
            address += re.sub(r"\$\{\s*([\w$.]+)\s*\}", lambda name: _variable(name[1], scripts) or "1", text)
        else:
            address += _variable(part["name"], scripts) or ("1" if place else "")
    return address


def _variable(name: str | None, scripts: str) -> str:
    """Return the value that a variable is set to, "" where that is no number and no text."""
    if not name:
        return ""
    found = re.search(
        rf"\b{re.escape(name.rpartition('.')[2])}\s*[:=]\s*(?:(['\"`])([^'\"`\n]{{1,300}})\1|(\d+))", scripts
    )
    return (found[2] or found[3]) if found else ""


def _scripts_of(page: HtmlPage, web: Web) -> str:
    """Return the page's scripts, those in files of its own site too, where its own ask for nothing."""
    if _CALLED.search(page.scripts):
        return page.scripts
    urls = [page.absolute(str(tag["src"])) for tag in page.soup.find_all("script", src=True)]
    own = [url for url in urls if url and same_site(url, page.url) and not _LIBRARY.search(url)]
    texts = list[str]()
    for url in own[-_MOST_SCRIPTS:]:
        try:
            texts.append(web.read(url, lambda answer: decode(answer.body)[0]) or "")
        except KbError:
            continue
    return "\n".join((page.scripts, *texts))


def _proposed(source: Source, call: Call, shape: Shape, size: int) -> Source:
    """Write down an interface with the parameter that counts its pages."""
    template, post, first, step = call.url, call.post, 1, 1
    counted = _counted(parse_qsl(urlsplit(call.url).query))
    if counted:
        name, first, by_rows = counted
        template = re.sub(rf"(?<=[?&]){re.escape(name)}={first}(?!\d)", f"{name}={{n}}", call.url)
        step = size if by_rows else 1
    elif counted := _counted(_pairs(post)):
        name, first, by_rows = counted
        post = re.sub(rf"((?:^|&){re.escape(name)}=|\"{re.escape(name)}\":\s*\"?){first}(?!\d)", r"\g<1>{n}", post)
        step = size if by_rows else 1
    own: dict[str, Value] = {
        "address": template,
        "post": post,
        "first": first,
        "step": step,
        "rows": shape.rows,
        "title": shape.title,
        "link": shape.link,
    }
    own |= {"date": shape.date, "number": shape.number, "total": shape.total}
    defaults = {name: default for name, default, _ in FAMILY.settings}
    return replace(source, kind="json", own=tuple((k, v) for k, v in own.items() if v != defaults[k]))


def _pairs(post: str) -> list[tuple[str, str]]:
    """Return the names and values of what is posted."""
    return [(k, str(v)) for k, v in json.loads(post).items()] if post.startswith("{") else parse_qsl(post)


def _counted(pairs: Iterable[tuple[str, str]]) -> tuple[str, int, bool] | None:
    """Return the parameter that counts pages, its value, and whether it counts rows; None where there is none."""
    for name, value in pairs:
        if value.isdigit() and (_COUNTED.match(name) or _OFFSET.match(name)):
            return name, int(value), bool(_OFFSET.match(name))
    return None


FAMILY = Family(
    name="json",
    label="JSON 接口的列表",
    english="List from a JSON interface",
    marks="网页本身没有条目，由脚本向一个接口要 JSON（或 JSONP）；接口的网址在网页的脚本里",
    needs=tuple(
        (f"json.{name}", f"json 要写明 {name}（kb source add 网址 可以代为辨认）")
        for name in ("address", "title", "link")
    ),
    settings=(
        ("address", "", "接口的网址；{n} 是页号或起始条数"),
        ("post", "", "要用 POST 提交的内容：name=值&… 或一个 JSON 对象；{n} 是页号或起始条数。省略就用 GET"),
        ("first", 1, "第一页的页号"),
        ("step", 1, "相邻两页的页号相差多少：按条数计的（offset）填每页的条数"),
        ("rows", "", "条目所在的路径，例如 data.list；回答本身就是条目时省略"),
        ("title", "", "条目中标题的名称"),
        ("link", "", "条目中网址的名称；没有网址时写成式样，例如 /content/{id}.html"),
        ("date", "", "条目中发布日期的名称"),
        ("number", "", "条目中文号的名称"),
        ("total", "", "总条数所在的路径，例如 data.total"),
    ),
    lists=lists,
    detect=detect,
    surest=50,
)
