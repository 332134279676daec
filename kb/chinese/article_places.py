"""Places inside a law as they are cited: 第十二条第二款第（三）项 ⇄ art-12-p2-i3.

The wanted anchor follows the outline's (kb/structure/outline.py), except that nobody writes out what is understood: 第十二条
第（三）项 is art-12-i3 whatever its 款, 第八章 is ch-8 whatever its 编. `fit` finds the anchor that is meant.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from kb.base.lazy_re import lazy_re
from kb.chinese.numerals import numeral

_N = r"[〇零一二三四五六七八九十百千两０-９\d]{1,9}"
_UNITS = "分编|编|章|节|条|款|项|目"
_NUM = rf"(?:[（(]\s?)?{_N}(?:\s?[）)])?"
_STEP = (
    rf"第\s?{_NUM}(?:(?:[、，]|\s?(?:至|到|—+|－|-|~|～)\s?第?){_NUM}(?=[、，（(〇零一二三四五六七八九十百千\d）)至到—－~～-]*(?:条|款|项))"
    rf"|[（(]\s?{_N}\s?[）)](?=[、，（(〇零一二三四五六七八九十\d）)]*项))*"
    rf"\s?(?:{_UNITS})(?:之{_N})*"
)
BARE = rf"{_N}(?:-\d{{1,2}})?\s?条(?:之{_N})*(?:(?:{_STEP}|[（(]{_N}[）)]项))*"
"""A regular expression without groups for an article that follows another one without 第: 、501条."""
ITEM = rf"[（(]\s?{_N}\s?[）)](?:项|(?=[、，,和及或的规所]|[（(]\s?{_N}\s?[）)](?:项|[、，,和及或（(])))"
"""A regular expression without groups for an item that follows its paragraph, or another one, without 第: （三）项."""
_APART = rf"[ 　](?=第\s?[（(]?{_N}[）)]?\s?[款项])"
PLACE = rf"(?:(?:总则|分则)(?=第))?(?:{_STEP}|§{{1,2}}\s?{_N}条?(?:之{_N}|-\d{{1,2}}(?!\d))?)(?:(?:[的中]|{_APART})?(?:{_STEP}|{ITEM}))*"
"""A regular expression without groups for one place."""

_SEVERAL = lazy_re(rf"(?P<first>第\s?{_NUM})(?P<more>(?:[、，]{_NUM}|[（(]\s?{_N}\s?[）)])+)\s?(?P<unit>条|款|项)$")
_ADJACENT = lazy_re(rf"(?<!第)(?<![、，）)])(?:[（(]\s?{_N}\s?[）)]){{2,}}项?$")
_STEPS = lazy_re(
    rf"(?P<half>总则|分则)|第?\s?[（(]?\s?(?P<number>{_N})[^编章节条款项目第]*?(?P<unit>{_UNITS}|(?<=[）)]))(?P<of>(?:之{_N})*)"
)
_DASHED = lazy_re(r"第?\s?(\d{2,4})-(\d{1,2})\s?条")
_SIGN = lazy_re(rf"§{{1,2}}\s?({_N})条?(之{_N})?")
_IN_A_CHAPTER = lazy_re(r"(?:(?:bk|sub|ch|s)-[\d-]+-)+(art-.*)")
_LETTER = {"编": "bk-", "分编": "sub-", "章": "ch-", "节": "s-", "条": "art-", "款": "p", "项": "i", "目": ""}
_ORDER = list(_LETTER)
_HALVES = {"总则": "bk-1", "分则": "bk-2"}
_ARTICLE = _ORDER.index("条")


@dataclass(frozen=True, slots=True)
class Place:
    """Steps from the outside in, each (level, token): ((4, "art-12"), (5, "p2"), (6, "i3"))."""

    steps: tuple[tuple[int, str], ...]

    @property
    def anchor(self) -> str:
        """The wanted anchor."""
        return "-".join(token for _, token in self.steps)

    @property
    def top(self) -> int:
        """The level of the outermost step."""
        return self.steps[0][0]

    @property
    def inside(self) -> bool:
        """Whether it names only a part of an article: 第二款, 第（三）项."""
        return self.top > _ARTICLE

    @property
    def from_article(self) -> Place | None:
        """This place without the 编 and 章 around its article, None where it names no article and nothing inside one."""
        steps = tuple(step for step in self.steps if step[0] >= _ARTICLE)
        return Place(steps) if steps else None

    def below(self, other: Place) -> Place:
        """Return this place, completed by the outer steps of another one: 第三款 after 第十六条第一款 is in 第十六条."""
        outer = tuple(step for step in other.steps if step[0] < self.top)
        if self.top <= _ARTICLE:
            outer = tuple(step for step in outer if self.top < _ARTICLE)
        return Place(outer + self.steps)

    def beside(self, printed: str) -> Place:
        """Return the article of the same number that goes on a list: 之二 after 第一百二十条之一."""
        level, token = self.steps[-1]
        stem = token.rpartition("-")[0]
        return Place((*self.steps[:-1], (level, f"{stem}-{numeral(printed.removeprefix('之'))}")))


def read(printed: str) -> Place:
    """Read a place as `PLACE` matches it; of a list such as 第一、二款 the first."""
    printed = _DASHED.sub(_of_the_article, _SIGN.sub(r"第\1条\2", printed))
    steps: list[tuple[int, str]] = []
    for found in _STEPS.finditer(printed):
        if found["half"]:
            steps.append((0, _HALVES[found["half"]]))
            continue
        unit = found["unit"] or "项"
        level = _ORDER.index(unit)
        if not steps or level > steps[-1][0]:
            numbers = [found["number"], *found["of"].split("之")[1:]]
            steps.append((level, _LETTER[unit] + "-".join(str(numeral(number)) for number in numbers)))
    return Place(tuple(steps))


def _of_the_article(found: re.Match[str]) -> str:
    """Write 第133-1条 as 第133条之1; 第509-511条 is a range."""
    return f"第{found[1]}条之{found[2]}" if int(found[2]) < int(found[1]) else found[0]


def several(printed: str) -> list[tuple[int, int, str]]:
    """Return the places that a list without repeated units names: 第500、501条 is [0, 4) 第500条 and [5, 9) 第501条.

    So does 第七十条（一）（二）项. Each is [start, end) of `printed` and the place written out; one place alone is answered whole.
    """
    if adjacent := _ADJACENT.search(printed):
        items = [each.span() for each in re.finditer(_NUM, adjacent[0])]
        starts = [0, *(adjacent.start() + start for start, _ in items[1:])]
        ends = [*starts[1:], len(printed)]
        head = printed[: adjacent.start()]
        told = [f"{'' if place else head}{adjacent[0][slice(*span)]}项" for place, span in enumerate(items)]
        return list(zip(starts, ends, told, strict=True))
    found = _SEVERAL.search(printed)
    if not found:
        return [(0, len(printed), printed)]
    unit, head = found["unit"], printed[: found.start()]
    places = [(0, found.end("first"), f"{head}{found['first']}{unit}")]
    for number in re.finditer(_NUM, found["more"]):
        start, end = (found.start("more") + at for at in number.span())
        places.append((start, end, f"第{number[0]}{unit}"))
    last = places[-1]
    return [*places[:-1], (last[0], len(printed), last[2])]


def fit(wanted: str, anchors: Iterable[str]) -> str:
    """Return the anchor of a document that a wanted one means, "" where the document has no such place.

    An exact anchor comes first; else the steps must occur in this order with others between them.
    """
    known = anchors if isinstance(anchors, set | frozenset) else frozenset(anchors)
    if wanted in known or not wanted:
        return wanted
    pattern = _pattern(wanted)
    found = [anchor for anchor in known if pattern.fullmatch(anchor)]
    if not found and wanted.startswith("art-") and not any("art-" in anchor for anchor in known):
        return fit(wanted.removeprefix("art-"), known)  # an amendment counts 一、二、三、 and is cited by 第三条
    within = _IN_A_CHAPTER.match(wanted)
    if not found and within:
        return fit(within[1], known)  # 第一编第二章第十二条, where the articles are counted through
    if wanted.startswith("art-") and len({each.split("-art-")[0] for each in found if each.startswith("annex-")}) > 1:
        return ""  # of several annexes nothing tells which
    return min(found, key=lambda anchor: (anchor.count("-"), len(anchor), anchor), default="")


def _pattern(wanted: str) -> re.Pattern[str]:
    """Allow 款 before 项, and 编 before 章."""
    head, item, rest = wanted.partition("-i")
    outer = r"(?:(?:bk|sub|ch|part|annex)-[\d-]+-)"
    if item and "-p" not in head:
        return re.compile(rf"{outer}*{re.escape(head)}-p\d+-i{re.escape(rest)}")
    return re.compile(rf"{outer}+{re.escape(wanted)}")
