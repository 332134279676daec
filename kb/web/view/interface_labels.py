"""How things are said on the pages: dates, counts, names of kinds, and text with its matches marked."""

from __future__ import annotations

import re
from calendar import month_name
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from urllib.parse import unquote, urlsplit

from markupsafe import Markup, escape

from kb.base.lazy_re import lazy_re
from kb.base.model import Document, Hit, Listing, RepairKind, Results
from kb.chinese.issuers_and_laws import short_issuer
from kb.compare.characters import Run
from kb.config.kinds import kinds
from kb.law.records import in_force_from
from kb.search.answer.snippets import WIDTH, match_spans
from kb.search.contract.engine import Order
from kb.search.query.conditions import NAMES
from kb.structure.history import act, days
from kb.structure.statute import is_legislation
from kb.web.context.language import page_language, say
from kb.web.view.reading import loosely, strictly

_SHARD = 3  # characters of a stretch of like words that is worth a mark, at least
_BEIJING = timezone(timedelta(hours=8))

REFUSALS = {
    400: ("这个请求有误", "地址里的参数不对，请检查后再试。"),
    404: ("没有这个页面", "地址可能输错了，或者复制时少了一截。可以用上面的框检索。"),
    405: ("不支持这种请求", "这里只能读取（GET），不能提交。"),
    413: ("发送的内容太大", "请分成几次发送。"),
    429: ("请求得太多", "请过一会儿再试。"),
    500: ("程序出错了", "这是程序的错误，不是您的错。请把地址和时间告诉管理员，错误已记入日志。"),
    503: ("暂时不能提供服务", "检索正在准备，请过几分钟再试；已打开的文件仍可阅读。"),
}

UNREADABLE = "这份文件读不出来"
UNREADABLE_NOW = "它在库里的副本出了问题，暂时打不开；请把这个地址告诉管理员，修好后地址不变。"

REPAIRS: dict[RepairKind, tuple[str, str]] = {
    "annotation": ("夹注", "去除夹注的拼音"),
    "realigned": ("错位", "错位的字节归位"),
    "lost-byte": ("丢字节", "推算丢失的字节"),
    "mark": ("标点", "还原标点"),
    "doubtful": ("存疑", "存疑，保留原样"),
}
FIELDS = (
    ("issuer", "发文机关"),
    ("document_number", "发文字号"),
    ("kind", "文种"),
    ("date", "成文日期"),
    ("published", "发布日期"),
    ("effective", "施行日期"),
    ("identifier", "索引号"),
)
OF_LAWS = {"issuer": "制定机关", "kind": "效力位阶", "published": "公布日期", "date": "文本日期"}
OF_FIRST = {"effective": "首次施行日期"}
"""What the day of effect is called that an amended law states: it is that of its first text."""
ACTS = {
    "通过": "通过日期",
    "批准": "批准日期",
    "修正": "修正日期",
    "修订": "修订日期",
    "修改": "修改日期",
    "公布": "公布日期",
    "成文": "成文日期",
    "印发": "印发日期",
    "发文": "发文日期",
    "生成": "生成日期",
    "制发": "制发日期",
    "签发": "签发日期",
    "发布": "发布日期",
    "文本": "文本日期",
    "成文/发布": "成文或发布日期",
}
"""What may have been done on a day of a document (see `Listing.act`), and what that day is called; the last two are said
where the day of a law's text, or of another document, is known, and not what was done on it.
"""

_DATES = ("date", "published", "effective")
FOUND = {
    "signature": "据落款",
    "table": "据网页信息表",
    "meta": "据网页元数据",
    "preamble": "据题注",
    "imprint": "据印发日期",
    "text": "据正文",
    "title": "据题名",
    "front matter": "据文件所附信息",
    "script": "据网页脚本",
    "filename": "据文件名",
    "supplied": "系统拟定",
    "level": "效力级别",
}
FORMATS = {
    "text/plain": "纯文本",
    "text/html": "网页",
    "text/markdown": "Markdown",
    "application/pdf": "PDF",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "Word 文档",
}
FACETS = {"source": "来源", "issuer": "发文机关", "year": "年份", "kind": "文种", "theme": "主题"}
UNKNOWN = {
    "source": "来源不详",
    "issuer": "机关不详",
    "year": "日期不详",
    "kind": "文种不详",
    "theme": "未归主题",
}
ORDERS: dict[Order, str] = {"relevance": "最相关", "date": "最新", "rank": "效力位阶"}
COUNTS = {
    "new": "新增",
    "changed": "更新",
    "gone": "撤下",
    "unchanged": "未变",
    "suspicious": "可疑",
    "failed": "失败",
}


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a document's metadata: its field, what it is called, says, how it was found, and what contradicts it."""

    field: str
    label: str
    value: str
    how: str
    others: tuple[str, ...]


def labels_of(document: Document) -> dict[str, str]:
    """Return what the fields of a document's metadata are called."""
    labels = dict(FIELDS) | (OF_LAWS if document.metadata.found.get("kind") == "level" else {})
    if document.metadata.effective < document.metadata.date and in_force_from(document) != document.metadata.effective:
        labels |= OF_FIRST
    return labels | {"date": ACTS.get(act(document), labels["date"])}


def metadata_rows(document: Document) -> Iterator[Row]:
    """The metadata that the document has, in the order of the page; the title only when it contradicts itself."""
    metadata, labels = document.metadata, labels_of(document)
    if (
        labels["date"] == labels["published"]
        and metadata.date == metadata.published
        and "date" not in metadata.alternatives
    ):
        del labels["date"]
    for name, label in (("title", "题名"), *labels.items()):
        others = tuple(metadata.alternatives.get(name, ()))
        value = getattr(metadata, name)
        if others or (value and name != "title"):
            shown = day if name in _DATES else str
            how = metadata.found.get(name, "")
            yield Row(name, label, shown(value), FOUND.get(how, how), tuple(map(shown, others)))


def days_of(dated: Hit | Listing, kind: str) -> list[tuple[str, str]]:
    """Return (day, a word of `ACTS`) of a document of a kind, the first day first."""
    return days(dated.date, dated.act, dated.published, law=is_legislation(kind))


def chinese_date(iso: str) -> str:
    """ "2021-11-22" → "2021年11月22日"; what is not a date in full stays as far as it goes."""
    units = zip(iso.split("-"), "年月日", strict=False)
    return "".join(f"{part.lstrip('0')}{unit}" for part, unit in units) if iso[:4].isdigit() else iso


def day(iso: str) -> str:
    """A date in the reader's language: "2021年11月22日", "22 November 2021"; what is not a date stays as it is."""
    if page_language() == "zh-CN":
        return chinese_date(iso)
    parts = iso.split("-")
    if not all(part.isdigit() for part in parts) or not 1 <= len(parts) <= 3:
        return iso
    year, *rest = map(int, parts)
    if rest and not 1 <= rest[0] <= 12:
        return iso
    names = [month_name[number] if place == 0 else str(number) for place, number in enumerate(rest)]
    return " ".join([*reversed(names), str(year)])


def moment(iso: str) -> Markup | str:
    """An ISO 8601 time in UTC as the time of day in Beijing."""
    try:
        local = datetime.fromisoformat(iso).astimezone(_BEIJING)
    except (ValueError, OverflowError):
        return iso
    return Markup('<time datetime="{}" title="{}">{:%Y-%m-%d %H:%M}</time>').format(iso, say("北京时间"), local)


def fetched_day(iso: str) -> str:
    """The day of an ISO 8601 time in Beijing; what is no time stays as it is."""
    try:
        return f"{datetime.fromisoformat(iso).astimezone(_BEIJING):%Y-%m-%d}" if "T" in iso else iso
    except (ValueError, OverflowError):
        return iso


def age(seconds: float) -> Markup:
    """How long ago, as roughly as people say it."""
    for sentence, length in (("{n} 天前", 86_400), ("{n} 小时前", 3600), ("{n} 分钟前", 60)):
        if seconds >= length:
            return say(sentence, n=f"{seconds // length:.0f}")
    return say("刚刚")


def compared(results: Results) -> Markup:
    """How a search was made: over how much, and how long it took."""
    took = f"{results.took_ms:.0f}" if results.took_ms >= 1 else "<1"
    return say("全库 {n} 条逐字核对，{ms} ms", n=f"{results.searched:,}", ms=took)


def facts(*values: str) -> Markup:
    """Short facts on one line; those that are empty are left out."""
    return Markup("").join(Markup("<span>{}</span>").format(value) for value in values if value)


def highlighted(text: str, spans: Iterable[tuple[int, int]]) -> Markup:
    """Escape a text and mark the given [start, end) spans, which do not overlap."""
    pieces, position = list[str](), 0
    for start, end in spans:
        pieces += [escape(text[position:start]), "<mark>", escape(text[start:end]), "</mark>"]
        position = end
    return Markup("".join([*pieces, escape(text[position:])]))


def marked(text: str, query: str, literal: bool) -> Markup:
    """Escape a text and mark what matches the query: its strings if `literal`, else its words, too."""
    if not query:
        return escape(text)
    if literal:
        return highlighted(text, match_spans(text, strictly(query)))
    return highlighted(text, _of_some_length(match_spans(text, loosely(query))))


def quoted(query: str) -> Markup:
    """A query in quotation marks, unless it comes in some."""
    whole = query if query[0] in '"“「' else f"“{query}”"
    return Markup('<span lang="zh-CN">{}</span>').format(whole)


_RULES = lazy_re(r"^[ \t]*\|(?:[ \t]*:?-+:?[ \t]*\|)+[ \t]*$", re.MULTILINE)
_BARS = lazy_re(r"[ \t]*\|[ \t]*")


def excerpt(hit: Hit) -> Markup:
    """A hit's snippet as a list shows it: without its number, which stands before it; of one that is not literal only what
    a person would call a match is marked, no single words of two characters.
    """
    cut = len(hit.number) if hit.number and hit.snippet.startswith(hit.number) else 0
    cut += len(hit.snippet[cut:]) - len(hit.snippet[cut:].lstrip())
    spans = hit.highlights if hit.literal else _of_some_length(hit.highlights)
    shown = [(max(start - cut, 0), end - cut) for start, end in spans if end > cut]
    start = "" if cut or hit.snippet.startswith(hit.number) else "…"
    whole = len(hit.snippet) < WIDTH or hit.snippet.rstrip()[-1:] in "。；！？："
    return start + _in_a_line(highlighted(hit.snippet[cut:], shown)) + ("" if whole else "…")


def _in_a_line(text: Markup) -> Markup:
    """Return a text with its tables as a line shows them: no rules and bars, a blank between two cells."""
    if "|" not in text:
        return text
    lines = _RULES.sub("", text).split("\n")
    rows = [_BARS.sub("　", line).strip("　") if line[:1] == "|" or line[-1:] == "|" else line for line in lines]
    return Markup("\n").join(Markup(row) for row in rows if row)  # escaped before


def _of_some_length(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Join spans that touch, and keep those of some length."""
    joined: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return [(start, end) for start, end in joined if end - start >= _SHARD]


def link(address: str) -> Markup:
    """A web address as a link, anything else as text."""
    if urlsplit(address).scheme not in ("http", "https"):
        return escape(address)
    return Markup('<a href="{0}" rel="noopener noreferrer external">{0}</a>').format(address)


def source_kind(name: str) -> str:
    """Name a kind of source as its family does, in the reader's language."""
    kind = kinds().get(name)
    return name if kind is None else kind.english if page_language() == "en" else kind.label


_UNIT = lazy_re(r"(?:^|-)(part|bk|sub|ch|s)-\d+(?:-\d+)*$")


def place(anchor: str) -> str:
    """The classes of a passage, by what its anchor says it is: an article, a chapter (unit-ch), a title."""
    plain = anchor.partition("~")[0]
    name = plain.rpartition("-")[2]
    if name in ("title", "preamble", "signature"):
        return name
    unit = _UNIT.search(plain)
    return "article" if "art-" in anchor else f"unit unit-{unit[1]}" if unit else ""


def page_numbers(page: int, last: int) -> Iterator[int]:
    """The pages worth a link: the first, the last and those around this one; 0 stands for a gap."""
    before = 0
    for number in sorted({1, last, *range(max(page - 2, 1), min(page + 2, last) + 1)}):
        if number > before + 1:
            yield 0
        yield number
        before = number


FILTERS = {
    "age": age,
    "compared": compared,
    "excerpt": excerpt,
    "short_issuer": short_issuer,
    "field_name": lambda field: NAMES[field][0],
    "day": day,
    "link": link,
    "marked": marked,
    "fetched_day": fetched_day,
    "moment": moment,
    "place": place,
    "quoted": quoted,
    "repair_done": lambda kind: REPAIRS[kind][1],
    "repair_name": lambda kind: REPAIRS[kind][0],
    "readable": unquote,
    "format_name": lambda media_type: FORMATS.get(media_type, media_type),
    "source_kind": source_kind,
}


def marked_runs(runs: Iterable[Run]) -> Markup:
    """Return what differs between two texts as markup; white space that came or went is nothing to point at."""
    elements = {"inserted": Markup("<ins>{}</ins>"), "deleted": Markup("<del>{}</del>")}
    return Markup().join(
        escape(run.text) if run.kind == "same" or not run.text.strip() else elements[run.kind].format(run.text)
        for run in runs
    )
