"""Figures in the text of reports: the number, its unit, what it counts, and the clause that says so.

"565项行政许可事项时限压缩94.94%" → 565 项 行政许可事项时限压缩, 94.94 % 行政许可事项时限压缩. Years, dates, numbers of documents and
of articles are no figures: they carry none of the units. A number with a doubtful character in it or beside it is none either:
nobody knows what was printed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import prod

from kb.chinese.unreadable import MISSING

# Longer units first, so that 人次 is not read as 人.
_UNITS = (
    "个百分点|平方公里|平方米|立方米|人次|件次|户次|家次|场次|车次|批次|项次|公里|公顷|小时|美元|元|"
    "项|件|宗|份|个|名|人|户|家|场|次|条|篇|期|部|批|起|例|支|处|所|套|辆|吨|亩|天|台|间|座|本|门|分"
)
_FIGURE = re.compile(
    r"(?<![\d〔\[第A-Za-z-])(?<!\d[.,])(?P<number>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)(?P<scale>[千百]?[万亿]?)"
    rf"(?P<unit>%|％|{_UNITS})(?P<each>[(（][次项件人][)）])?(?![号款])"
)
MARKS = "，,。；;：:！!？?"
_CLAUSE = re.compile(rf"(?:[^{MARKS}\n]|(?<=\d),(?=\d{{3}}))+[{MARKS}]?")
_SCALES = {"百": 100, "千": 1000, "万": 10_000, "亿": 100_000_000}
# Words that say nothing of what is counted, at either end of a label.
_EMPTY_START = re.compile(
    r"^(?:截至目前|目前|其中|全年|今年|本年度|年度|我[市区县]|全[省市区县]|[省市区县]里|共计|累计|合计|共有|共|已|并|和|及|等|的|了|为|达|[、\s“”\"（(）)])+"
)
_EMPTY_END = re.compile(
    r"(?:共计|累计|合计|总共|共有|共|约|近|超过?|达到?|为|是|均|各|全部|有|了|的|实现|完成|其中|[、\s“”\"（(）)])+$"
)
_LONGEST = 24
_BESIDE = 8
_NUMERIC_BEFORE = re.compile(r"[\d\s.,，．]*$")
_BLANKS = re.compile(r"[ \u3000]*")


@dataclass(frozen=True, slots=True)
class Figure:
    """A number as printed (`text`, without its unit), its `value`, its `unit`, and what it counts (`label`).

    `start` and `end` are offsets of number and unit in the text; `clause` is the clause around them.
    """

    text: str
    value: Decimal
    unit: str
    label: str
    clause: str
    start: int
    end: int


def figures(text: str, doubtful: Sequence[tuple[int, int]] = ()) -> Iterator[Figure]:
    """Yield the figures of a text in order; `doubtful` are the places in it that could not be proved, beside the marked ones."""
    doubts = sorted([*doubtful, *(each.span() for each in re.finditer(MISSING, text))])
    for clause in _CLAUSE.finditer(text):
        found = list(_FIGURE.finditer(text, *clause.span()))
        for place, match in enumerate(found):
            if _touched(text, match, doubts):
                continue
            before = text[found[place - 1].end() if place else clause.start() : match.start()]
            after = text[match.end() : found[place + 1].start() if place + 1 < len(found) else clause.end()]
            yield _figure(match, _label(before, after), clause[0].strip())


def _touched(text: str, match: re.Match[str], doubts: Sequence[tuple[int, int]]) -> bool:
    """Return whether a doubtful place lies in a figure or beside it, with no more than blanks and marks of numbers between."""
    start = match.start() - len(_NUMERIC_BEFORE.search(text[max(match.start() - _BESIDE, 0) : match.start()])[0])  # type: ignore[index]
    end = match.end() + len(_BLANKS.match(text, match.end())[0])  # type: ignore[index]
    return any(first <= end and last >= start for first, last in doubts)


def _figure(match: re.Match[str], label: str, clause: str) -> Figure:
    unit = match["unit"].replace("％", "%")
    scale = prod(_SCALES[character] for character in match["scale"])
    value = Decimal(match["number"].replace(",", "")) * scale
    return Figure(match["number"] + match["scale"], value, unit + (match["each"] or ""), label, clause, *match.span())


def _label(before: str, after: str) -> str:
    """What a number counts: the words before it, or those after it where there are none worth the name."""
    head = _EMPTY_END.sub("", _EMPTY_START.sub("", before))
    tail = _EMPTY_END.sub("", _EMPTY_START.sub("", after.rstrip(MARKS)))
    return head[-_LONGEST:] if len(head) > 1 else tail[:_LONGEST] or head
