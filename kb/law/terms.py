"""What a document's words mean in it: 本办法所称…是指…, …（以下简称…）, and lists of terms in its last chapter."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from kb.base.model import Document, Section

_TERM = r"[“\"]?(?P<term>[^，。；：、“”\"（）()\s]{1,24}?)[”\"]?"
_MEANS = r"(?:是指|系指|指的是|指(?![导定派挥示引南标令出使明责向]))"
_CALLED = re.compile(
    rf"本(?:[\u4e00-\u9fff]{{1,8}}?|《[^《》]{{1,20}}》)(?:中)?所(?:称|指)的?{_TERM}[，,]?\s?(?:{_MEANS}|，是(?!否)|包括|即)[：:]?(?P<meaning>[^。；\n]+)"
)
_CALLED_THERE = re.compile(rf"[条款项法]所称的?{_TERM}[，,]?\s?(?:是指|系指|指的是)[：:]?(?P<meaning>[^。；\n]+)")
_QUOTED = re.compile(
    rf"(?:^|[；。，、])“(?P<term>[^“”\s]{{2,24}})”[，,]?\s?{_MEANS}[：:]?(?P<meaning>[^。；\n]+)", re.MULTILINE
)
_LISTED = re.compile(
    rf"^(?:[（(][一二三四五六七八九十]+[）)]|\d+[.．、]|第[一二三四五六七八九十百]+条[\s　]*){{0,2}}\s?{_TERM}(?:[，,]\s?{_MEANS}|[：:]\s?(?:是指|系指|指))(?P<meaning>[^。；\n]+)",
    re.MULTILINE,
)
_SHORT = re.compile(
    r"(?P<meaning>[^，。；：、（）()\s]{2,60})[（(](?:以下|下)(?:统一)?(?:简称|称)(?:为)?[:：]?\s*[“\"]?(?P<term>[^”\"（）()《》]{1,24})[”\"]?[）)]"
)
_TOGETHER = re.compile(
    r"(?:是指|本[\u4e00-\u9fff]{1,6}适用于|由|和|以及)?(?P<meaning>[^，。；：\s]{2,120}?)[（(](?:以下|下)(?:统一)?统称(?:为)?[:：]?\s*[“\"]?(?P<term>[^”\"（）()《》]{1,24})[”\"]?[）)]"
)
# 法人是具有民事权利能力…的组织。 合同是民事主体之间…的协议。 隐私是自然人的…。: how an article begins, or a paragraph of it.
_IS = re.compile(
    r"^(?:第[〇零一二三四五六七八九十百千]+条(?:之[一二三四五六七八九十]+)?[\s　]*)?(?P<term>[\u4e00-\u9fff]{2,10}?)(?:是指|系指|是(?![否由为在对因以不一指]))(?P<meaning>[^。；\n]*的[^。；\n]+)",
    re.MULTILINE,
)
_SAYS_MORE = re.compile(
    r"应当|不得|可以|必须|基础|核心|国家的|义务$|职责$|之一$|机关$|根本|原则|任务|方针|体现|重要|主管|领导|责任$|形式$|组成部分|构成犯罪|的，(?:其|由|依|按|从|对|不)"
)
_NO_NOUN = re.compile(
    r"^(?:本|该|凡|其|前款|前条|国家|中华人民共和国|公民|各级|任何)|[的了是应将不]|(?:规定|情形|行为人)$|指$"
)
_DEFINITIONS = (_CALLED, _CALLED_THERE, _QUOTED, _LISTED)
_SHORTEST = 2
# What stands before the thing that is given a short name: the verbs and words of its sentence.
_LEADING = re.compile(
    r"开展|制定|建立|建设|实行|实施|使用|设立|成立|根据|按照|适用于?|结合|解决(?!的)|统一的|指定的|突出的|都是|是指|[是为](?!了)|(?<![自理事])由|[向对]"
)
_NO_TERM = re.compile(r"^(?:前款|前条|以上|以下|上述|下列|其中|的|所)|规定$|所[称指]")


@dataclass(frozen=True, slots=True)
class Term:
    """A word that a section defines: `start` and `end` are the characters of the whole definition in its text."""

    anchor: str
    term: str
    meaning: str
    start: int
    end: int


def terms(document: Document) -> Iterator[Term]:
    """Yield the definitions of a document, in the order of its text; a term that is defined twice once.

    That is where it is said what the term means (本办法所称…是指…), else where it is first given as a short name.
    """
    found: dict[str, tuple[bool, Term]] = {}
    for section in document.walk():
        for is_short, term in _in_section(section):
            if term.term not in found or (found[term.term][0] and not is_short):
                found.pop(term.term, None)
                found[term.term] = (is_short, term)
    order = {section.anchor: place for place, section in enumerate(document.walk())}
    yield from sorted((term for _, term in found.values()), key=lambda term: (order[term.anchor], term.start))


def _in_section(section: Section) -> Iterator[tuple[bool, Term]]:
    """Yield (whether it only gives a short name, the term) of every definition in a section."""
    if not any(word in section.text for word in ("指", "称", "是")):
        return
    for pattern in (*_DEFINITIONS, _IS, _SHORT, _TOGETHER):
        if pattern is _IS and "art-" not in section.anchor:
            continue
        for match in pattern.finditer(section.text):
            term, meaning = match["term"], match["meaning"].strip(" 　：:")
            if pattern is _SHORT:
                meaning = _named(meaning, term)
            if pattern is _IS and (_SAYS_MORE.search(meaning) or _NO_NOUN.search(term)):
                continue
            is_short = pattern in (_SHORT, _TOGETHER)
            if _is_definition(term, meaning, is_short):
                yield is_short, Term(section.anchor, term, meaning, match.start(), match.end())


def _is_definition(term: str, meaning: str, is_short: bool) -> bool:
    if len(term) < _SHORTEST or meaning in ("", term) or _NO_TERM.search(term):
        return False
    names_document = is_short and meaning.endswith("》")
    return not names_document and not meaning.startswith("下列")


def _named(before: str, short: str) -> str:
    """Cut what is before a short name to what it stands for, where its characters tell: 开展单用途预付消费卡 for 单用途卡."""
    whole = _LEADING.split(before)[-1]
    letters = iter(whole)
    return whole if whole != short and all(letter in letters for letter in short) else before
