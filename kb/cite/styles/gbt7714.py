"""GB/T 7714-2015, references of Chinese publications."""

from __future__ import annotations

from kb.cite.facts import issuers, retrieved
from kb.cite.passage import Passage
from kb.cite.styles import Style


def gbt7714(passage: Passage, address: str) -> str:
    """GB/T 7714-2015, 4.6 (electronic resources): 主要责任者. 题名[类型/OL]. 年: 引文页码(更新日期)[引用日期]. 获取路径.

    The day of access is the one on which the text was fetched.
    """
    document = passage.document
    facts = document.metadata
    day = facts.published or facts.date
    kind = "R/OL" if facts.kind == "报告" else "EB/OL"
    place = f" {day[:4]}: {passage.pinpoint}" if passage.pinpoint else ""
    dates = (f"({day})" if day else "") + (f"[{fetched}]" if (fetched := retrieved(document)) else "")
    middle = f"{place}{dates}" if place else f" {dates}" if dates else ""
    author = ", ".join(issuers(facts))
    number = f": {facts.document_number}" if facts.document_number else ""
    start = f"{author}. " if author else ""
    return f"{start}{facts.title}{number}[{kind}].{middle}. {address}."


GBT7714 = Style(
    "gbt7714", "GB/T 7714—2015", "GB/T 7714—2015", lambda passage, _own, source: gbt7714(passage, source), order=2
)
