"""What a document's words mean in it: 本办法所称…是指…, …（以下简称…）, and lists of terms in its last chapter."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from kb.model import Document

_TERM = r"[“\"]?(?P<term>[^，。；：、“”\"（）()\s]{1,24}?)[”\"]?"
_CALLED = re.compile(
    rf"本[\u4e00-\u9fff]{{1,8}}?(?:中)?所(?:称|指)的?{_TERM}[，,]?\s?(?:是指|系指|指的是|指(?![导定派挥示引南标令出使明责向])|包括|即)[：:]?(?P<meaning>[^。；\n]+)"
)
_LISTED = re.compile(
    rf"^(?:[（(][一二三四五六七八九十]+[）)]|\d+[.．、]|第[一二三四五六七八九十百]+条[\s　]*){{0,2}}\s?{_TERM}(?:[，,]\s?(?:是指|系指|指(?![导定派挥示引南标令出使明责向]))|[：:]\s?(?:是指|系指|指))(?P<meaning>[^。；\n]+)",
    re.MULTILINE,
)
_SHORT = re.compile(
    r"(?P<meaning>[^，。；：、（）()\s]{2,60})[（(](?:以下|下)(?:统一)?(?:简称|统称|称)(?:为)?[:：]?\s*[“\"]?(?P<term>[^”\"（）()《》]{1,24})[”\"]?[）)]"
)
_SHORTEST = 2
_LEADING = re.compile(r"开展|制定|建立|建设|实行|实施|使用|设立|成立|根据|按照|统一的|[向由对]")
_NO_MEANING = re.compile(r"^(?:根据|依照|按照|依据)|》$")
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
    """Yield the definitions of a document, in the order of its text; a term that is defined twice the first time."""
    seen: set[str] = set()
    for section in document.walk():
        if "指" not in section.text and "称" not in section.text and "包括" not in section.text:
            continue
        found = (match for pattern in (_CALLED, _LISTED, _SHORT) for match in pattern.finditer(section.text))
        for match in sorted(found, key=lambda match: match.start()):
            term, meaning = match["term"], match["meaning"].strip(" 　：:")
            if match.re is _SHORT:
                meaning = _named(meaning, term)
            if term not in seen and _is_definition(term, meaning):
                seen.add(term)
                yield Term(section.anchor, term, meaning, match.start(), match.end())


def _is_definition(term: str, meaning: str) -> bool:
    if len(term) < _SHORTEST or meaning in ("", term):
        return False
    return not (_NO_TERM.search(term) or _NO_MEANING.search(meaning))


def _named(before: str, short: str) -> str:
    """Cut what is before a short name to what it stands for, where its characters tell: 开展单用途预付消费卡 for 单用途卡."""
    whole = _LEADING.split(before)[-1]
    letters = iter(whole)
    return whole if all(letter in letters for letter in short) else before
