"""国家法律法规数据库 (flk.npc.gov.cn), the interface since 2025: a list of texts in JSON, each text a file at an address for an hour.

Written from what public clients say of it; no answer of the site itself was at hand. What is answered otherwise is refused.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

from kb.base.errors import KbError, UnreadableError
from kb.chinese import dates
from kb.config.sources import Source
from kb.fetch.lists.family import Family
from kb.fetch.lists.item import Item, Lists, Page, SourceError, Web, there
from kb.fetch.lists.markup import plain
from kb.fetch.network.fetched import Fetched, Validators
from kb.fetch.network.urls import Form, form_of
from kb.fetch.sites.json_list import value_of

_SIZE = 100
_MOST_PAGES = 100  # one query gives 10,000 texts, whatever its total says
_FORMATS = ("docx", "pdf")
_PROOFS = {"中华人民共和国民法典": "现行有效", "中华人民共和国合同法": "已废止"}
"""Laws whose standing is certain: they tell which code of the site (sxx) means what."""
_UNPROVEN = "时效代码（sxx）的含义没有得到证实，没有采用；是否有效请看网站。"


def lists(source: Source, web: Web, memory: MutableMapping[str, Any]) -> Lists:
    """Yield all texts as one list, newest first; by category where they are more than one query gives."""
    base, notes = _base(source.url), tuple[str, ...]()
    if "codes" not in memory:
        memory["codes"] = _chosen(source, _categories(base, web))
        memory["standings"] = _standings(base, web)
        notes = () if memory["standings"] else (_UNPROVEN,)
    codes = dict[str, str](memory["codes"])
    first = replace(there(_page(base, web, codes, memory["standings"], 1), base), notes=notes)
    if not first.items:
        raise SourceError(f"{base} 的清单是空的：网站的接口可能变了，或在验证访问者。没有改动任何文件。")
    if first.total <= _SIZE * _MOST_PAGES:
        yield _pages(base, web, codes, memory["standings"], first)
        return
    for code, name in codes.items():
        yield _pages(base, web, {code: name}, memory["standings"])


def _base(url: str) -> str:
    """Return the address under which the interface stands."""
    return url.partition("#")[0].partition("?")[0].rpartition("/")[0]


def _pages(
    base: str, web: Web, codes: Mapping[str, str], standings: Mapping[str, str], first: Page | None = None
) -> Iterator[Page]:
    got = 0
    for number in range(1, _MOST_PAGES + 1):
        page = first if first and number == 1 else _page(base, web, codes, standings, number)
        if page is None or not page.items:
            return
        yield page
        got += len(page.items)
        if got >= page.total:
            return


def _page(base: str, web: Web, codes: Mapping[str, str], standings: Mapping[str, str], number: int) -> Page | None:
    def read(answer: Fetched) -> Page:
        rows, total = _rows(answer)
        items = [_item(base, row, codes, standings) for row in rows]
        lost = items.count(None)
        notes = (f"清单里有 {lost} 条没有编号（bbbs），没有收录。",) if lost else ()
        return Page(tuple(item for item in items if item), total, notes)

    return web.read(f"{base}/law-search/search/list", read, lambda page: bool(page.items), _query(number, codes))


def _query(number: int, codes: Mapping[str, str], words: str = "") -> Form:
    asked = {
        "searchRange": 1,
        "searchType": 1 if words else 2,
        "searchContent": words,
        "flfgCodeId": [int(code) for code in codes],
        **{name: list[str]() for name in ("zdjgCodeId", "sxx", "gbrq", "sxrq", "gbrqYear")},
        "orderByParam": {"order": "gbrq", "sort": "DESC"},
        "pageNum": number,
        "pageSize": _SIZE,
    }
    return form_of(json.dumps(asked, ensure_ascii=False))


def _rows(answer: Fetched) -> tuple[list[Mapping[str, Any]], int]:
    """Return the texts that an answer lists, and how many there are. Raises SourceError for any other answer."""
    value = value_of(answer)
    if not isinstance(value, dict) or not isinstance(value.get("rows"), list):
        said = plain(value.get("msg")) if isinstance(value, dict) else ""
        raise SourceError(
            f"{answer.url} 的回答不是所知的清单（rows、total）{f'：{said}' if said else ''}：网站的接口可能变了，或在验证访问者。"
        )
    total = str(value.get("total"))
    return [row for row in value["rows"] if isinstance(row, dict)], int(total) if total.isdigit() else 0


def _item(base: str, row: Mapping[str, Any], codes: Mapping[str, str], standings: Mapping[str, str]) -> Item | None:
    """Make an item of a row; None where it has no number."""
    id = plain(row.get("bbbs"))
    if not re.fullmatch(r"[\w-]{1,100}", id):
        return None
    title, published = _title(row), dates.first(plain(row.get("gbrq")))
    labels = {
        "标题": title,
        "发布日期": published,
        "施行日期": dates.first(plain(row.get("sxrq"))),
        "制定机关": plain(row.get("zdjgName")),
        "法律性质": plain(row.get("flxz")),
        "有效性": standings.get(str(row.get("sxx")), ""),
        "时效代码": str(row.get("sxx") or ""),
    }
    return Item(
        key=id,
        url=f"{base}/detail?id={id}",
        title=title,
        published=published,
        category=codes.get(str(row.get("flfgCodeId")), ""),
        labels={label: value for label, value in labels.items() if value},
        stamp=f"{labels['施行日期']} {labels['时效代码']}",
    )


def _title(row: Mapping[str, Any]) -> str:
    return re.sub(r"<[^>]+>", "", plain(row.get("title")))


def _categories(base: str, web: Web) -> dict[str, str]:
    """Return the site's categories: code → name. Raises SourceError where it gives none."""
    url = f"{base}/law-search/search/enumData"
    return there(web.read(url, _codes), url)


def _codes(answer: Fetched) -> dict[str, str]:
    value = value_of(answer)
    data = value.get("data") if isinstance(value, dict) else None
    node = data.get("flfgfl") if isinstance(data, dict) else None
    found = dict[str, str]()
    for each in (node.get("children") if isinstance(node, dict) else node) or ():
        for code in each.get("codeIdList") or () if isinstance(each, dict) else ():
            if str(code).isdigit():
                found[str(code)] = plain(each.get("name"))
    if not found:
        raise SourceError(f"{answer.url} 的回答里没有种类的代码（flfgfl）：网站的接口可能变了，或在验证访问者。")
    return found


def _chosen(source: Source, found: Mapping[str, str]) -> dict[str, str]:
    wanted = source.select.category
    chosen = {code: name for code, name in found.items() if not wanted or any(word in name for word in wanted)}
    if not chosen:
        names = "、".join(dict.fromkeys(found.values()))
        raise SourceError(f"没有名称含“{'、'.join(wanted)}”的种类：这个库的种类有 {names}。")
    return chosen


def _standings(base: str, web: Web) -> dict[str, str]:
    """Return what the codes of the site (sxx) prove to mean; {} where laws of certain standing do not prove it."""
    found = dict[str, str]()
    for title, standing in _PROOFS.items():
        rows, _ = there(web.read(f"{base}/law-search/search/list", _rows, form=_query(1, {}, title)), base)
        codes = {str(row.get("sxx")) for row in rows if _title(row) == title}
        if len(codes) != 1 or codes & found.keys():
            return {}
        found[codes.pop()] = standing
    return found


def obtain(url: str, get: Callable[[str], Fetched]) -> Fetched:
    """Return the file of a text: the site names an address for it that holds for an hour, on another host.

    Raises UnreadableError where it names none. A page in the answer's place is returned as it is, to be judged.
    """
    number = parse_qs(urlsplit(url).query).get("id", [""])[0]
    if not number:
        return get(url)
    for form in _FORMATS:
        answer = get(f"{_base(url)}/law-search/download/pc?format={form}&bbbs={number}&fileId=")
        value = value_of(answer) if answer.ok else None
        if not isinstance(value, dict):
            return _as_of(url, answer)
        data = value.get("data")
        address = plain(data.get("url")) if isinstance(data, dict) else ""
        if address.startswith(("http://", "https://")):
            return _as_of(url, get(address))
    raise UnreadableError("网站没有给出正文的网址（docx、pdf 都没有）：请在网站上看一看，或下载后用 kb import laws。")


def _as_of(url: str, answer: Fetched) -> Fetched:
    """Return an answer as that of the text's own address: the one it was given at does not last."""
    return replace(answer, url=url, final_url=url, validators=Validators(url))


def detect(source: Source, web: Web, answer: Fetched) -> Source | None:
    """Recognise the collection by its name on the page, and by the categories that it gives."""
    if "国家法律法规数据库".encode() not in answer.body and urlsplit(answer.final_url).hostname != "flk.npc.gov.cn":
        return None
    base = _base(source.url)
    try:
        _categories(base, web)
    except KbError:
        return None
    return replace(source, kind="flk", url=f"{base}/")


FAMILY = Family(
    name="flk",
    label="国家法律法规数据库",
    english="National database of laws and regulations",
    marks="网页上写着“国家法律法规数据库”，/law-search/search/enumData 给出种类的代码",
    lists=lists,
    detect=detect,
    obtain=obtain,
    surest=5,
)
