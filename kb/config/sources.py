"""The `[[source]]` tables of kb.toml → `Source`s. A wrong one carries the sentence that says so and stops no other.

`SOURCE_SETTINGS`, `SELECT_SETTINGS` and `CSS_SETTINGS` are the tables of what can be set: name, default and a sentence
for the documentation. A default also says what type a setting has.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from urllib.parse import urlsplit

from kb.base.lazy_re import lazy_re
from kb.chinese import dates
from kb.config.kinds import Kind, Table, Value, kinds

SOURCE_SETTINGS: Table = (
    ("name", "", "来源的名称，也是语料库里的文件夹名，各不相同（必填）"),
    ("kind", "", "来源的种类，见下面的表（必填）"),
    ("url", "", "网址（http 或 https）；files 写文件夹或压缩包的路径（必填）"),
    ("title", "", "给读者看的名称，例如 濠江区人民政府"),
    ("urls", (), "url 之外的其他网址"),
    ("delay", 2.0, "对同一网站两次请求之间至少间隔的秒数（0 到 3600）"),
    ("every", 24, "打算每隔多少小时更新一次：超过三倍还没有成功就报警（1 到 8760）"),
    ("full_days", 7, "每隔多少天自动全面核对一次，找出撤下和修改的文件（1 到 365）"),
    ("missing", 0, "核对过：网站说的篇数里确实没有列出的有几篇；不超过它就不当作列表不全"),
    ("closed", False, "网站已经停办，或者不再取它：不更新，也不报警；文件留着（写明名称的 kb refresh 仍会去取）"),
    ("allow_private", False, "允许访问内网和本机地址（只用于单位自己的内网网站）"),
    ("verify", True, "检查 HTTPS 证书；设为 false 会记入每份文件的出处"),
    (
        "legacy_tls",
        False,
        "允许旧服务器的 TLS（不安全的重新协商、旧的加密套件和 TLS 1.0）；设为 true 会记入每份文件的出处",
    ),
)

SELECT_SETTINGS: Table = (
    ("title", (), "标题要含有其中一段文字"),
    ("without", (), "标题不能含有其中任何一段文字"),
    ("category", (), "栏目名称要含有其中一段文字"),
    ("kind", (), "文种要是其中之一，例如 通知、办法"),
    ("since", "", "发布日期不早于这一天，例如 2020-01-01"),
    ("until", "", "发布日期不晚于这一天"),
    ("related", False, "只要与已有文件相关的：被它们引用，或主题相同"),
)

CSS_SETTINGS: Table = (
    ("item", "", "列表页上每一条的 CSS 选择器（listing 必填）"),
    ("link", "a[href]", "条目中的链接"),
    ("next", "", "“下一页”链接的选择器；只有一页时省略"),
    ("title", "", "条目中标题的选择器；省略时取链接的 title 属性或文字"),
    ("date", "", "条目中日期的选择器；省略时取条目文字中的日期"),
    ("body", "", "文件页上正文的选择器；省略时自动识别"),
)

_LISTS = {"title", "without", "category", "kind"}
_NAME = lazy_re(r"\w[\w-]{0,59}")


@dataclass(frozen=True, slots=True)
class Select:
    """Which documents of a source are wanted; see `SELECT_SETTINGS`. Everything empty: all."""

    title: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    category: tuple[str, ...] = ()
    kind: tuple[str, ...] = ()
    since: str = ""
    until: str = ""
    related: bool = False


@dataclass(frozen=True, slots=True)
class Css:
    """Where a list page has what, as CSS selectors; see `CSS_SETTINGS`."""

    item: str = ""
    link: str = "a[href]"
    next: str = ""
    title: str = ""
    date: str = ""
    body: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """Where documents come from; see `SOURCE_SETTINGS`. `own` are those of its kind alone, `problem` says what
    is wrong with them, "" when nothing is.
    """

    name: str
    kind: str
    url: str
    title: str = ""
    urls: tuple[str, ...] = ()
    delay: float = 2.0
    every: int = 24
    full_days: int = 7
    missing: int = 0
    closed: bool = False
    allow_private: bool = False
    verify: bool = True
    legacy_tls: bool = False
    select: Select = Select()
    css: Css = Css()
    own: tuple[tuple[str, Value], ...] = ()
    problem: str = ""

    def setting(self, name: str) -> Any:
        """Return a setting of the kind's own, its default where it is not given."""
        given = dict(self.own)
        return (
            given[name]
            if name in given
            else next(value for key, value, _ in kinds()[self.kind].settings if key == name)
        )


def only_related(source: Source) -> Source:
    """Return the source narrowed to what is related to the corpus (`kb refresh --related`)."""
    return replace(source, select=replace(source.select, related=True))


def parse(tables: object, text: str, path: object) -> tuple[Source, ...]:
    """Make the sources of the parsed `source` value of a kb.toml; `text` and `path` are the file's, for messages."""
    entries = tables if isinstance(tables, list) else [tables]
    sources: list[Source] = []
    for index, entry in enumerate(entries):
        taken = {source.name for source in sources}
        fault = next(_faults(entry, isinstance(tables, list), taken), None)
        problem = f"设置文件 {path} 第 {_line_of(index, fault[0], text)} 行：{fault[1]}。" if fault else ""
        sources.append(_source(entry if isinstance(entry, dict) else {}, index, problem))
    return tuple(sources)


def _source(entry: Mapping[str, Any], index: int, problem: str) -> Source:
    """Make a source of a table; of a wrong one only what names it."""
    if problem:
        name = entry.get("name")
        named = name if isinstance(name, str) and name else f"第 {index + 1} 个来源"
        return Source(named, "page", str(entry.get("url", "")), problem=problem)
    kind = entry["kind"]
    plain = {key: _plain(value) for key, value in entry.items() if key not in ("select", "css", kind)}
    select = Select(**{key: _many(key, value) for key, value in entry.get("select", {}).items()})
    css = Css(**entry.get("css", {}))
    own = tuple((key, _plain(value)) for key, value in entry.get(kind, {}).items())
    return Source(**plain, select=select, css=css, own=own)


def _plain(value: object) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _many(key: str, value: object) -> Any:
    """Let one string stand for a list of one; TOML's dates are strings like any other."""
    if key in _LISTS and isinstance(value, str):
        return (value,)
    return value.isoformat() if isinstance(value, date) else _plain(value)


def _faults(entry: object, listed: bool, taken: set[str]) -> Iterator[tuple[str, str]]:
    """Yield (key, what is wrong) for a table, the first is shown."""
    if not listed or not isinstance(entry, dict):
        yield "", "来源要写成 [[source]]（两层方括号），下面是 name、kind、url"
        return
    kind = kinds().get(str(entry.get("kind", "")))
    own = {kind.name: kind.settings} if kind and kind.settings else {}
    tables = {"select": SELECT_SETTINGS, "css": CSS_SETTINGS, **own}
    yield from _wrong_types(entry, SOURCE_SETTINGS, tuple(tables))
    for key in ("name", "kind", "url"):
        if not entry.get(key):
            yield "", f"这个来源缺少 {key}：{_sentence(key)}"
    yield from _wrong_values(entry, taken, kind)
    for name, table in tables.items():
        inner = entry.get(name, {})
        if not isinstance(inner, dict):
            yield name, f'{name} 应当是一个表，例如 {name} = {{ title = "…" }}'
            continue
        yield from ((f"{name}.{key}", words) for key, words in _wrong_types(inner, table))
    yield from _wrong_select(entry.get("select", {}))
    yield from _wrong_css(entry)
    yield from _missing(entry, kind)


def _sentence(key: str) -> str:
    return next(sentence for name, _, sentence in SOURCE_SETTINGS if name == key)


def _wrong_types(entry: Mapping[str, object], table: Table, tables: Sequence[str] = ()) -> Iterator[tuple[str, str]]:
    defaults = {name: default for name, default, _ in table}
    for key, value in entry.items():
        if key in tables:
            continue
        if key not in defaults:
            yield key, f"{key} 不是来源的设置；可用的有 {'、'.join((*defaults, *tables))}"
        elif wrong := _wrong_type(key, value, defaults[key]):
            yield key, f"{key} 应当是{wrong}"


def _wrong_type(key: str, value: object, default: Value) -> str:
    """Say what a value should be, "" when it is."""
    if isinstance(default, bool):
        return "" if isinstance(value, bool) else " true 或 false"
    if isinstance(default, int | float):
        kinds = int if isinstance(default, int) else (int, float)
        whole = "整数" if isinstance(default, int) else "数"
        return "" if isinstance(value, kinds) and not isinstance(value, bool) else f"一个{whole}"
    if isinstance(default, tuple):
        strings = isinstance(value, list) and all(isinstance(each, str) and each for each in value)
        one = key in _LISTS and isinstance(value, str) and value
        return "" if strings or one else '文字的列表，例如 ["…", "…"]'
    dated = key in ("since", "until") and isinstance(value, date)
    return "" if dated or (isinstance(value, str) and value) else "一段非空的文字（写在引号里）"


def _wrong_values(entry: Mapping[str, Any], taken: set[str], kind: Kind | None) -> Iterator[tuple[str, str]]:
    name = entry.get("name", "")
    if not _NAME.fullmatch(name):
        yield "name", f"name “{name}”不能用作文件夹名：请只用文字、数字、连字符和下划线"
    if name in taken:
        yield "name", f"name “{name}”已经是另一个来源的名称：请换一个"
    if kind is None:
        yield "kind", f"kind 应当是 {'、'.join(kinds())} 之一，现在是“{entry.get('kind', '')}”"
    for key, url in (("url", entry.get("url", "")), *(("urls", each) for each in entry.get("urls", []))):
        if not (kind and kind.local) and not _is_address(url):
            yield key, f"{key} “{url}”不是完整的网址：应当以 http:// 或 https:// 开头"
    for key, low, high in (("delay", 0, 3600), ("every", 1, 8760), ("full_days", 1, 365), ("missing", 0, 1_000_000)):
        if not low <= entry.get(key, low) <= high:
            yield key, f"{key} 应当在 {low} 到 {high} 之间"


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        return False


def _wrong_select(select: object) -> Iterator[tuple[str, str]]:
    for key in ("since", "until"):
        value = select.get(key, "") if isinstance(select, dict) else ""
        if value and not isinstance(value, date) and not dates.is_day(value):
            yield f"select.{key}", f'{key} 应当是一个日期，例如 "2020-01-01"'


def _wrong_css(entry: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    import soupsieve  # only sites without an interface of their own need it

    for key, selector in entry.get("css", {}).items():
        try:
            soupsieve.compile(selector)
        except soupsieve.SelectorSyntaxError:
            yield f"css.{key}", f"{key} “{selector}”不是合格的 CSS 选择器"


def _missing(entry: Mapping[str, Any], kind: Kind | None) -> Iterator[tuple[str, str]]:
    """Yield what a kind needs and has not, and what is given and no source of this kind heeds."""
    if kind is None:
        return
    for name, sentence in kind.needs:
        table, _, key = name.rpartition(".")
        if not (entry.get(table, {}) if table else entry).get(key):
            yield table, sentence
    if "urls" in entry and "urls" not in kind.reads:
        yield "urls", f'kind = "{kind.name}" 的来源不用 urls'


def _line_of(index: int, key: str, text: str) -> int:
    """Find the line (from 1) of a setting of the `index`-th source; the table's own line when the key has none."""
    table, _, inner = key.rpartition(".")
    seen, found, current = -1, 1, ""
    for number, line in enumerate(text.splitlines(), start=1):
        if header := re.match(r"\s*(\[\[?)\s*([\w.-]+)\s*\]", line):
            seen += header[2] == "source" and (header[1] == "[[" or seen < 0)
            current = header[2].removeprefix("source").removeprefix(".") if header[2].startswith("source") else "-"
            if seen == index and current in ("", table):
                found = number
        elif seen == index and current in ("", table) and re.match(rf"\s*\"?{re.escape(inner)}\"?\s*=", line) and inner:
            if current == table:
                return number
        elif seen == index and current == "" and table and re.match(rf"\s*{re.escape(table)}\s*[=.]", line):
            found = number
    return found
