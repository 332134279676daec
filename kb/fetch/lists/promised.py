"""How many posts a list says it has: in words, in its script, or as a number of pages."""

from __future__ import annotations

import re
from typing import NamedTuple

from kb.base.lazy_re import lazy_re
from kb.fetch.lists.markup import HtmlPage

_LONGEST = 80
_NUMBER = r"(\d{1,3}(?:[,，]\d{3})+|\d{1,7})"
_ITEMS = lazy_re(
    rf"(?:共|总共|共有|共计|合计|总计|一共|找到|检索到)\s*(?:有|为|约)?\s*{_NUMBER}\s*(?:条|篇|个结果|件|项|份|则)"
    rf"|(?:总(?:记录|条|篇|信息|文章)?数|记录总?数|总记录|信息总?数|条数)\s*[:：]?\s*{_NUMBER}"
    rf"|{_NUMBER}\s*条(?:记录|信息|数据|结果)"
)
_PAGES = lazy_re(
    rf"(?:共|总共|共有|共计|总计)\s*(?:有)?\s*{_NUMBER}\s*页|(?:总页数|页数)\s*[:：]?\s*{_NUMBER}"
    rf"|(?:第|当前|页[:：]?|页次[:：]?)\s*\d+\s*(?:页)?\s*/\s*(?:共)?\s*{_NUMBER}|(?:^|\s)\d{{1,5}}\s*/\s*{_NUMBER}\s*页"
    rf"|^\s*\d{{1,5}}\s*/\s*{_NUMBER}\s*(?:[上下前后首尾末]\s*一?\s*页.*)?$"
)
_ITEMS_IN_SCRIPT = lazy_re(
    r"""\b(?:total|all)_?(?:Record|Count|Row|Num|Size|Item|Element|Data)(?:s|Count|Num)?\b["']?\s*[:=]\s*["']?(\d{1,7})\b"""
    r"""|\b(?:m_?)?n?(?:record|row|item|doc|info)_?(?:Count|Total|Num)\b["']?\s*[:=]\s*["']?(\d{1,7})\b"""
    r"""|\bcount["']?\s*:\s*["']?(\d{1,7})\b[^{}]{0,120}\b(?:limit|page_?size|per_?page)\b|\b(?:limit|page_?size|per_?page)\b[^{}]{0,120}\bcount["']?\s*:\s*["']?(\d{1,7})\b""",
    re.IGNORECASE,
)
_FIELD = r"""<input\b(?=[^>]*\btype\s*=\s*["']?hidden)(?=[^>]*\b(?:id|name)\s*=\s*["']?(?:{names})["'\s>])[^>]*\bvalue\s*=\s*["']?(\d{{1,7}})\b"""
_ITEMS_IN_FIELD = lazy_re(
    _FIELD.format(names=r"total(?:count|records?|rows?|num)?|records?count|counts?"), re.IGNORECASE
)
_PAGES_IN_FIELD = lazy_re(
    _FIELD.format(names=r"(?:total|max|all)_?pages?(?:num|count)?|page_?(?:count|total)"), re.IGNORECASE
)
_ITEMS_IN_MARKUP = lazy_re(r"""\bdata-(?:total|count|records?|total-?count)\s*=\s*["'](\d{1,7})["']""", re.IGNORECASE)
_PAGES_IN_SCRIPT = lazy_re(
    r"""\b(?:total|count|all|max)_?Pages?(?:Num|Count)?\b["']?\s*[:=]\s*["']?(\d{1,6})\b|\bpage_?Count\b["']?\s*[:=]\s*["']?(\d{1,6})\b""",
    re.IGNORECASE,
)


class Promise(NamedTuple):
    """How many posts and pages a list says it has, 0 where it does not say."""

    items: int = 0
    pages: int = 0


def promise(page: HtmlPage, rows: str) -> Promise:
    """Read what the page around its rows (a selector) says of the whole list."""
    within = {id(tag) for tag in page.soup.select(rows)} if rows else set[int]()
    lines = list[str]()
    for parent in {id(text.parent): text.parent for text in page.soup.find_all(string=re.compile(r"\d"))}.values():
        if parent is None or parent.name in ("script", "style", "title", "a", "option"):
            continue
        if any(id(each) in within for each in (parent, *parent.parents)):
            continue
        above = parent.parent if parent.parent is not None else parent
        own = parent.find_all(string=re.compile(r"\d"), recursive=False)
        texts = (*map(str.strip, own), *(" ".join(each.get_text(" ").split()) for each in (parent, above)))
        lines += [text for text in texts if len(text) <= _LONGEST]
    scripts = page.scripts
    items = _largest(_ITEMS, lines) or _largest(_ITEMS_IN_SCRIPT, [scripts])
    items = items or _largest(_ITEMS_IN_MARKUP, [page.source]) or _largest(_ITEMS_IN_FIELD, [page.source])
    pages = _largest(_PAGES, lines) or _largest(_PAGES_IN_SCRIPT, [scripts])
    return Promise(items, pages or _largest(_PAGES_IN_FIELD, [page.source]))


def _largest(form: re.Pattern[str], texts: list[str]) -> int:
    numbers = [next(filter(None, found.groups()), "0") for text in texts for found in form.finditer(text)]
    return max((int(re.sub("[,，]", "", number)) for number in numbers), default=0)
