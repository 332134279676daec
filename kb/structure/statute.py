"""What makes a law of a document: its level (法律, 行政法规 …), the date of this text, its short title.

The same whether the document was just imported or is derived again from its snapshot: only its text and the name of its
file are used.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import PurePosixPath

from kb.base.lazy_re import lazy_re
from kb.base.model import Document, Metadata
from kb.chinese import dates
from kb.chinese.issuers_and_laws import NATION
from kb.chinese.places import LEGISLATING_UNITS
from kb.structure import history

FOUND = "level"
"""How the kind of an imported law was found (`Metadata.found`): this marks a document as one."""

_LEVELS = frozenset(["宪法", "法律", "行政法规", "监察法规", "司法解释", "地方性法规", "部门规章", "地方政府规章"])
"""The kinds that a law has by who made it."""

# Folders of LawRefBook/Laws; laws proper stand in folders of their branch.
_LEVEL_OF_FOLDER = {
    "宪法": "宪法",
    "行政法规": "行政法规",
    "司法解释": "司法解释",
    "部门规章": "部门规章",
    "地方性法规": "地方性法规",
    **dict.fromkeys(("宪法相关法", "民法典", "民法商法", "刑法", "行政法", "经济法", "社会法"), "法律"),
    "诉讼与非诉讼程序法": "法律",
}
# 立法法 (2023) arts. 10, 72, 80, 91, 93, 119: who makes what.
_LEVEL_OF_ISSUER = (
    (lazy_re(r"^全国人民代表大会"), "法律"),
    (lazy_re(r"^最高人民(?:法院|检察院)"), "司法解释"),
    (lazy_re(rf"(?:{LEGISLATING_UNITS}|经济特区).*人民代表大会"), "地方性法规"),
    (lazy_re(r"^(?:国务院|政务院|中央人民政府|国务院、中央军事委员会)$"), "行政法规"),
    (lazy_re(r"^(?:国家|中国)?[^省市县区]+(?:部|委员会|总局|局|署|银行|会)$"), "部门规章"),
    (lazy_re(r"(?:省|市|自治区|自治州)人民政府$"), "地方政府规章"),
)
_UNTOLD = 183
"""Days after all that is told, from which on a date is that of a change nobody told of."""

_STAMP = lazy_re(r"(?:[（(](\d{4})-(\d\d)-(\d\d)[）)]|_(\d{4})(\d\d)(\d\d))$")


def standing(document: Document) -> Document:
    """Return a document made of a law's file as a law: its level as `kind`, its text dated by `provenance.edition`."""
    origin = PurePosixPath(document.provenance.origin)
    facts = _dated(document, stamp(origin.stem))
    kind = level(origin, facts.issuer) or facts.kind
    return replace(
        document,
        metadata=replace(facts, kind=kind, found={**facts.found, "kind": FOUND}),
        provenance=replace(document.provenance, edition=max(stamp(origin.stem), facts.date)),
    )


def _dated(document: Document, named: str) -> Metadata:
    """Return a law's metadata with the date that its file's name has, where the lines over the text leave out the last change.

    They do in one of ten files of LawRefBook/Laws, some breaking off with 根据. A law is published or approved within
    three months, and then the name has that day: only a name that is much later than all that is told tells of a change.
    """
    facts = document.metadata
    lines = (
        line for section in document.walk() if section.anchor == "preamble" for line in history.lines(section.text)
    )
    told = max((event.day for line in lines for event in history.events(line)), default="")
    if len(told) < len("2021-11-22") or len(named) < len(told) or _days(told, named) <= _UNTOLD:
        return facts
    others = tuple(dict.fromkeys((facts.date, *facts.alternatives.get("date", ()))))
    return replace(
        facts,
        date=named,
        found={**facts.found, "date": "filename"},
        alternatives={**facts.alternatives, "date": others} if facts.date != named else facts.alternatives,
    )


def _days(first: str, last: str) -> int:
    return (date.fromisoformat(last) - date.fromisoformat(first)).days


def is_legislation(kind: str) -> bool:
    """Return whether a document of a kind is law, which is 公布, as others are 发布."""
    return kind in _LEVELS or kind == "规章"


def level(origin: PurePosixPath, issuer: str) -> str:
    """Return 法律, 行政法规, 司法解释, 部门规章, 地方性法规 … by the folder of the collection, else by who made it; or ""."""
    for folder in reversed(origin.parts[:-1]):
        if folder in _LEVEL_OF_FOLDER:
            return _LEVEL_OF_FOLDER[folder]
    return next((name for pattern, name in _LEVEL_OF_ISSUER if pattern.search(issuer)), "")


def stamp(stem: str) -> str:
    """Return the date in a file's name, 行政诉讼法(2017-06-27) or 行政诉讼法_20170627, as ISO 8601; "" without one."""
    found = _STAMP.search(stem)
    return dates.to_iso("-".join(part for part in found.groups() if part)) if found else ""


def unstamped(stem: str) -> str:
    """Return a file's name without its date."""
    return _STAMP.sub("", stem)


def short_title(title: str) -> str:
    """Return 行政诉讼法 for 中华人民共和国行政诉讼法."""
    return title.removeprefix(NATION) or title
