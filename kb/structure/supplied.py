"""A title for a document whose text has none, from what the text itself says: issuer, year, subject and kind."""

from __future__ import annotations

import re

from kb.base.lazy_re import lazy_re

_OPENING_CHARACTERS = 1500
_SAYS = lazy_re(r"(?P<kind>报告|通知|公告|通告|通报|意见|批复|公示|说明|答复|决定)如下")
_ISSUES = lazy_re(
    r"(?P<names>《[^》]+》)(?:[、和及与]?《[^》]+》)*(?P<count>等[\d一二三四五六七八九十]+[个项部件份][^，。经已]{0,20})?"
    r"[^。《]{0,60}?现(?P<verb>印发|转发|发布|公布)"
)
_SPEECH = lazy_re(
    r"代表(?P<who>[\u4e00-\u9fff]{2,20}?(?:政府|国务院|委员会|法院|检察院)|国务院)[^。]{0,30}(?:报告|作)(?P<what>[\u4e00-\u9fff]{0,6}工作)"
)
_YEAR_SUBJECT = lazy_re(
    r"^[一二三四五六七八九十]+[、.．]\s*(?P<year>(?:19|20)\d\d)年(?:度)?(?P<subject>[\u4e00-\u9fff]{2,24}?)"
    r"(?:工作)?的?(?:总体|基本|主要|推进|开展|进展)?(?:工作)?(?:情况|回顾|举措|成效|措施).*$",
    re.MULTILINE,
)
_HEADING_YEAR = lazy_re(r"^[一二三四五六七八九十]+[、.．]\s*((?:19|20)\d\d)年", re.MULTILINE)
_FIRST_SENTENCE = lazy_re(
    r"(?P<year>(?:19|20)\d\d)年(?:度|以来)?[，,、]?(?P<subject>[\u4e00-\u9fff]{2,24}?)(?:工作)?"
    r"(?=坚持|深入|认真|紧紧|全面|以习|始终|围绕|高度|严格|积极|按照|根据|贯彻|在[\u4e00-\u9fff]|[，,])"
)


def title(text: str, issuer: str, date: str) -> str:
    """Build a title from what the text says; "" when it does not say enough. `date` is ISO 8601 or ""."""
    opening = text[:_OPENING_CHARACTERS]
    if speech := _SPEECH.search(opening):
        years = [date[:4]] if date else sorted(_HEADING_YEAR.findall(text))
        year = f"{years[-1]}年" if years else ""
        who = "中华人民共和国国务院" if speech["who"] == "国务院" else speech["who"]  # a title says whose 国务院
        return f"{year}{who}{'政府工作' if speech['what'] == '工作' else speech['what']}报告"
    if (issues := _ISSUES.search(opening)) and issuer:
        return f"{issuer}关于{issues['verb']}{issues['names']}{issues['count'] or ''}的通知"
    says = _SAYS.search(opening)
    return _about(text, issuer, says["kind"]) if says else ""


def _about(text: str, issuer: str, kind: str) -> str:
    """Build 濠江区2021年法治政府建设年度报告 from 一、2021年度法治政府建设情况 and 2021年，濠江区法治政府建设工作…"""
    heading = _YEAR_SUBJECT.search(text)
    sentence = _FIRST_SENTENCE.search(text[:_OPENING_CHARACTERS])
    found = heading or sentence
    if not found:
        return f"{issuer}{kind}" if issuer else ""
    subject, year = found["subject"], found["year"]
    known = sentence and sentence["subject"].endswith(subject)
    place = sentence["subject"].removesuffix(subject) if sentence and known else issuer.removesuffix("人民政府")
    yearly = "年度" if kind == "报告" else ""
    return f"{place}{year}年{subject}{yearly}{kind}"
