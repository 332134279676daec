"""How a law came about, as the lines over its text tell it: what happened on which day, in the words of the line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from kb.base.lazy_re import lazy_re
from kb.base.model import Document
from kb.chinese import dates
from kb.structure.labels import FIELDS

CHANGED_BY = r"通过的《[^》]*(?:修正案(?:（[^）]*）)?|决定)》"
"""A regular expression without groups: 刑法 and 宪法 list what changed them by name alone, 通过的《…刑法修正案（十二）》."""

_START = lazy_re(rf"[\s　（(]*(?:经|根据|自|该文件于|由)?[\s　]*{dates.DATE}")
_CUT = lazy_re(r"[\s　]*(?:日|第[一二三四五六七八九十百\d]+届)")
_DATE = lazy_re(dates.DATE)
_BOOK = lazy_re(r"《[^》]*》")
_CHANGE = lazy_re(r"(修[订正改])(?!案)")
_CHANGED_BY = lazy_re(CHANGED_BY)
_PASSED = lazy_re(r"(审判委员会|检察委员会|常务委员会|人民代表大会|常务会议|全体会议)[^，。；]{0,24}通过")
_MADE = lazy_re(r"通过|批准|公布|发布|颁布")
_PUBLISHED = lazy_re(r"公布|发布|颁布")
_SAME = {"发布": "公布", "颁布": "公布"}
_IN_FORCE = lazy_re(r"[\s　]*起?[\s　]*(?:正式)?(?:施行|实施|生效)")
_AT_ONCE = lazy_re(r"(?:公布|发布|颁布)(?:施行|实施)[）)。\s]*$")
_TO_THE_NEXT = lazy_re(r"(?:根据|和|、)$")
_WRAPPED = 4
"""Lines over which a title in a line may be broken."""


@dataclass(frozen=True, slots=True)
class Event:
    """What is `told` of a `day` (ISO 8601): the words after its date, up to the next date of the line.

    `sentence` has both as they are printed. `again` marks that a body passes what it passed before: that changes the text.
    """

    day: str
    told: str
    sentence: str
    again: bool = False

    @property
    def action(self) -> str:
        """What is told, without the names of documents: those may speak of changes, too."""
        return _BOOK.sub("", self.told)

    @property
    def change(self) -> str:
        """How the text was changed: 修正, 修订 or 修改; "" where it was not."""
        found = _CHANGE.findall(self.action)
        return found[-1] if found else "修正" if self.again or _CHANGED_BY.search(self.told) else ""

    @property
    def act(self) -> str:
        """What was done: the change, else 通过, 批准, 公布 …; "" where it is only in force from this day."""
        if self.in_force:
            return ""
        if "通过" in self.action and not self.change:
            return "通过"
        made = _MADE.search(self.action)
        return self.change or (_SAME.get(made[0], made[0]) if made else "")

    @property
    def whole(self) -> bool:
        """Whether the whole text was made anew (第六次会议修订), not changed by what another document lists."""
        return self.change == "修订" and not self.again and "《" not in self.told

    @property
    def makes(self) -> bool:
        """Whether the document was passed, approved or published."""
        return bool(_MADE.search(self.action))

    @property
    def publishes(self) -> bool:
        """Whether it was made known to the public."""
        return bool(_PUBLISHED.search(self.action))

    @property
    def at_once(self) -> bool:
        """Whether it was published and in force from the same day: 全国人民代表大会公告公布施行."""
        return bool(_AT_ONCE.search(self.action))

    @property
    def in_force(self) -> bool:
        """Whether this is the day from which it is in force."""
        return bool(_IN_FORCE.match(self.action))


def act(document: Document) -> str:
    """Return what was done with a text on its `date`: 通过, 批准, 修正, 修订, 公布 … as the lines over it tell, 成文 where it is
    signed on it, 印发, or what its page calls the day; "" where nothing tells.
    """
    facts = document.metadata
    told = past("\n".join(each.text for each in document.walk() if each.anchor == "preamble"))
    if acts := [each.act for each in told if each.act and each.day == facts.date]:
        return next((each for each in reversed(acts) if each != "公布"), "公布")
    how = facts.found.get("date", "")
    if how in ("table", "list"):
        named = next((name for name in FIELDS["date"] if name in facts.labels), "")
        return named[:2] if named.endswith(("日期", "时间")) else ""
    return {"signature": "成文", "imprint": "印发"}.get(how, "")


def days(date: str, act: str, published: str, *, law: bool) -> list[tuple[str, str]]:
    """Return (day, what was done on it) of a document, the first day first. Where nothing tells what was done on its `date`,
    that is 文本 of a `law`, 成文/发布 of any other.
    """
    publication = "公布" if law else "发布"
    found = {(published, publication)} if published else set()
    if date and (act or date != published):
        done = act or ("文本" if law else "成文/发布")
        found.add((date, publication if done == "公布" else done))
    return sorted(found, key=lambda each: (each[0], each[1] == publication))


def past(text: str) -> list[Event]:
    """Return all that the lines over a text tell, in their order; of several 会议通过 of one body the later ones change the text."""
    found: list[Event] = []
    passed: dict[str, str] = {}
    for event in (each for line in lines(text) for each in events(line)):
        body = _PASSED.search(event.action)
        if body and not event.change and not event.in_force:
            first = passed.setdefault(body[1], event.day)
            event = replace(event, again=event.day > first)
        found.append(event)
    return found


def lines(text: str) -> list[str]:
    """Return the lines that begin with a day, one that is broken within a title, or within its day, made whole."""
    found: list[str] = []
    taken = 0
    for line in filter(None, map(str.strip, text.splitlines())):
        if _START.match(line):
            found.append(line)
            taken = 1
        elif 0 < taken < _WRAPPED and (found[-1].count("《") > found[-1].count("》") or _CUT.match(line)):
            found[-1] += line
            taken += 1
        else:
            taken = 0
    return found


def events(line: str) -> Iterator[Event]:
    """Yield what a line tells of each of its days, in its order."""
    found = [each for each in _DATE.finditer(line) if dates.to_iso(each[0])]
    ends = [*(each.start() for each in found[1:]), len(line)]
    for each, end in zip(found, ends, strict=False):
        told = _TO_THE_NEXT.sub("", line[each.end() : end].rstrip()).rstrip()
        yield Event(dates.to_iso(each[0]), told, f"{each[0]}{told}".strip(" 　（）()"))
