"""Whether a statute may break off: what its own text tells of articles that are not there."""

from __future__ import annotations

import re

from kb.base.lazy_re import lazy_re
from kb.base.model import Document, Section
from kb.chinese.numerals import numeral

_KINDS = {"法律", "行政法规", "地方性法规", "部门规章", "地方政府规章"}
_KINDS |= {"条例", "规定", "办法", "规则", "细则"}
_STATUTE = lazy_re(r"(法|条例|规定|办法|规则|细则)(?:[（(][^（）()]*[）)])?$")
_ENDING = lazy_re(r"施行|生效|实施|执行|实行|试行|有效期|解释|废止|失效|制[定订].{0,12}(?:办法|细则|规定)|参照|适用本")
_IN_FORCE = lazy_re(r"自[^，。；\n]{2,20}(?:起|后)[^，。；\n]{0,6}(?:施行|实施|生效|执行|实行)")
_LAST_CHAPTER = lazy_re(r"附\s*则|其他规定|补充规定")
_FEW = 60  # characters beside the title and the lines on who made it and when
_LINE_ON_MAKING = lazy_re(r"^.*(?:通过|批准|公布|发布|修正|修订|根据|决定》.*)[）)]?\s*$", re.M)


def breaks_off(document: Document) -> str:
    """Return a sentence where a statute seems to break off in its source, "" where nothing tells that it does.

    It does that has no article and no other text; that names an article of its own beyond its last one; or whose last
    article stands in no last chapter and says nothing that statutes end with, while nothing else says when it takes effect.
    """
    titled = _STATUTE.search(document.metadata.title)
    if document.metadata.kind not in _KINDS or not titled:
        return ""
    sections = [(above, section) for above, section in document.paths() if section.anchor not in ("title", "signature")]
    articles = [(above, section) for above, section in sections if section.anchor.startswith("art-")]
    if not articles:
        rest = "".join(_LINE_ON_MAKING.sub("", section.text) for _, section in sections)
        return _told("只有题注，没有正文") if len(rest.strip()) < _FEW else ""
    above, last = articles[-1]
    if _names_a_later(document.text, titled[1], max(_value(section) for _, section in articles)):
        return _told(f"止于{last.number}")
    closed = any(_LAST_CHAPTER.search(each.label) for each in above) or _ENDING.search(last.text)
    others = [section.text for _, section in sections if not section.anchor.startswith("art-")]
    return "" if closed or any(map(_IN_FORCE.search, others)) else _told(f"止于{last.number}")


def _told(where: str) -> str:
    return f"文本可能不完整（{where}）：来源里就到这里，请核对原文。"


def _value(section: Section) -> int:
    found = re.match(r"art-(\d+)", section.anchor)
    return int(found[1]) if found else 0


def _names_a_later(text: str, kind: str, last: int) -> bool:
    """Tell whether a text names an article of itself (本条例第二十条) that comes after its last."""
    named = re.finditer(rf"本{kind}第([零〇一二三四五六七八九十百千]+)条", text)
    return any(numeral(each[1]) > last for each in named)
