"""What became of a thing that was cited on a day: it still stands so, was changed since, has ended, or cannot be told."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import Literal

from kb.base import deadline
from kb.base.lazy_re import lazy_re
from kb.law import timeline
from kb.law.editions import read
from kb.law.reader import Found, Reader
from kb.law.resolve import Resolver, Target
from kb.law.standing import Evidence, Standings, Validity

Status = Literal[
    "right",
    "changed since",
    "ended",
    "ended later",
    "not in force yet",
    "no such article",
    "no such edition",
    "misquoted",
    "cannot tell",
    "not in the corpus",
    "unread",
]
WORDS: dict[Status, str] = {
    "right": "条款存在",
    "changed since": "此后修改",
    "ended": "已经失效",
    "ended later": "引用时有效，现已废止",
    "not in force yet": "当时尚未生效",
    "no such article": "查无此条",
    "no such edition": "没有这个文本",
    "misquoted": "引文有出入",
    "cannot tell": "无法判断",
    "not in the corpus": "不在语料库里",
    "unread": "未识别，请人工核对",
}
"""What people read for each status."""

_ENDED = ("已废止", "已失效", "推定届满")
_ARTICLE = lazy_re(r"(?:^|-)(art-\d+)(?:-\d+)*(?=$|-[pi])")
_AMENDMENT = lazy_re(r"修正案(?:[（(][^（）()]+[）)])?$")


@dataclass(frozen=True, slots=True)
class Fate:
    """A status, the note that explains it in one sentence, and the sentences that prove it.

    `changed` says that what is cited was changed, or ended, after the day; `as_of` is the last day of which the library can know.
    `of_basis` says that only its basis ended, not what is cited itself.
    """

    status: Status
    note: str = ""
    evidence: tuple[Evidence, ...] = ()
    changed: bool = False
    as_of: str = ""
    of_basis: bool = False

    @property
    def word(self) -> str:
        """The status as people read it: the end of a basis is not that of what rests on it."""
        if self.of_basis:
            return "引用时有效，依据后来废止" if self.status == "ended later" else "依据已废止"
        return WORDS[self.status]


@dataclass(slots=True)
class Fates:
    """Answers what became of what was cited, by one state of the store; `today` is an ISO 8601 day."""

    reader: Reader
    today: str
    standings: Standings = field(init=False)
    resolver: Resolver = field(init=False)

    def __post_init__(self) -> None:
        self.standings = Standings(self.reader)
        self.resolver = self.standings.resolver

    def of(self, found: Found, target: Target | None, on: str) -> Fate:
        """Return what became of a citation that was made on a day (ISO 8601)."""
        deadline.check()
        if target is None:
            return replace(self._absent(found, on), as_of=self.standings.as_of(self.today))
        now = self.standings.of(target.document, self.today)
        fate = self._ended(now, target, on) or self._of_text(found, target, on, now)
        return replace(fate, as_of=self.standings.as_of(self.today, target.document.source))

    def _of_text(self, found: Found, target: Target, on: str, now: Validity) -> Fate:
        """Return by the text that is meant, and then whether it ended since."""
        named = self._edition(target, on) if target.named else None
        fate = named or self._not_yet(target, on) or self._place(found, target, on)
        since = f"{now.status}（{now.since}）" if now.status in (*_ENDED, "依据已废止") else ""
        if since and fate.status in ("right", "changed since"):
            if now.status == "依据已废止":
                later: Status = "ended later" if self.standings.interprets(target.document) else "cannot tell"
                return Fate(later, f"引用之后，{self._basis_ended(now, target)}", now.evidence, True, of_basis=True)
            return Fate("ended later", f"引用时有效，后来{since}。", now.evidence, True)
        if since:
            return replace(
                fate, note=f"{fate.note}它后来{since}。", evidence=(*fate.evidence, *now.evidence), changed=True
            )
        if fate.status == "right" and (doubt := self._doubt(target)):
            status: Status = "cannot tell" if doubt.evidence[0].day <= on else "changed since"
            return replace(doubt, status=status)
        return fate

    def _doubt(self, target: Target) -> Fate | None:
        """Return what makes it doubtful today whether a document still applies, though nothing ends it; None where nothing does."""
        if anew := self.standings.renumbered(target.document, self.today):
            return Fate("cannot tell", anew.sentence, (anew,), True)
        if ended := self.standings.doubted(target.document, self.today):
            said = f"它首先依据的法律自 {ended.day} 起废止（见《{ended.title}》），它是否仍然适用，请另行核对。"
            return Fate("cannot tell", said, (ended,), True)
        return None

    def _edition(self, target: Target, on: str) -> Fate | None:
        """Return by the text that the author names; None where that is the present one, which is judged like any other."""
        if target.doubt == "no such edition":
            return Fate(target.doubt, f"这份文件没有“{target.named}”的文本：它的沿革里没有那一年。")
        if target.doubt and read(target.named).way == "then":
            return Fate(
                target.doubt, f"“{target.named}”是哪一天，语料库不知道，而文件有过修改：请写明文本，或按那一天核对。"
            )
        if target.doubt:
            day = f"最新的是 {target.document.date} 的，" if target.document.date else ""
            return Fate(target.doubt, f"语料库里没有“{target.named}”的文本，{day}无法核对。")
        states = self.resolver.states(target.document)
        place = next(
            (at for at, each in enumerate(states) if each.edition and each.edition.version == target.version), -1
        )
        since = states[place].since if place >= 0 else ""
        if since > on:
            return Fate("not in force yet", f"“{target.named}”的文本自 {since} 起施行，在 {on} 尚未生效。")
        told = (
            f"{since} 起施行" if since else f"{states[place].made}，何时施行库里没有载明" if place >= 0 else "没有日期"
        )
        if target.missing:
            return self._lacks(target, f"“{target.named}”的文本（{told}）里没有这一条款。")
        if not target.version:
            return None
        later = [each.made for each in states[:place] if each.made <= self.today]
        day = f"（{later[0]}）" if later else ""
        changes = [each for each in self.standings.changes(target.document) if each.day in later]
        return Fate(
            "right", f"所指的文本（{told}）里有这一条款；文件此后有修改{day}。", tuple(changes[-1:]), bool(later)
        )

    def _absent(self, found: Found, on: str) -> Fate:
        """Return for what the corpus lacks: what repealed it may be there, so that it is never taken for invented."""
        if found.kind == "unmarked":
            return Fate("unread", f"没有认出“{found.name}”是哪一份文件，这一条款没有核对；请写出全称，或加上书名号。")
        evidence = self.standings.repeal_of_name(found.key) or self.standings.repeal_of_name(found.also)
        if evidence is None:
            return Fate("not in the corpus", "语料库里没有这份文件，无法核对。")
        when = f"自 {evidence.day} 起" if evidence.day else ""
        said = f"语料库里没有它的文本，但《{evidence.title}》载明它{when}"
        if "" < on < evidence.day:
            return Fate("ended later", f"{said}废止；在 {on} 还没有废止。条文请另行核对。", (evidence,), True)
        return Fate("ended", f"{said}已经废止{'，在引用之前' if evidence.day else ''}。", (evidence,), True)

    def _ended(self, now: Validity, target: Target, on: str) -> Fate | None:
        """Return that a document had ended by the day, or that nobody knows when it did; None where it had not."""
        lacking = "它的文本里没有这一条款。" if target.missing else ""
        if now.since > on:
            return None
        if now.status in _ENDED:
            when = f"（{now.since}）" if now.since else ""
            before = "在引用之前就" if now.since else ""
            return Fate("ended", f"{before}{now.status}{when}。{lacking}", now.evidence, True)
        if now.status == "依据已废止":
            status: Status = "ended" if self.standings.interprets(target.document) else "cannot tell"
            said = f"{self._basis_ended(now, target)}{lacking}"
            return Fate(status, said, now.evidence, True, of_basis=True)
        return None

    def _basis_ended(self, now: Validity, target: Target) -> str:
        """Say that the basis of a document ended, and that this does not end the document itself."""
        name = self.standings.basis_that(now.evidence[0], target.document)
        basis = f"其依据的《{name}》" if name else "其依据的法律"
        return f"{basis}已于 {now.since} 废止；本文件自身是否废止，库内无记载。"

    def _not_yet(self, target: Target, on: str) -> Fate | None:
        then = self.standings.of(target.document, on)
        if then.status != "尚未生效":
            return None
        if target.missing:
            return self._lacks(target, f"这份文件在 {on} 尚未生效，它的文本里也没有这一条款。")
        return Fate("not in force yet", f"在 {on} 尚未生效。", then.evidence)

    def _place(self, found: Found, target: Target, on: str) -> Fate:
        document = target.document
        states = self.resolver.states(document)
        if not states:
            return Fate("cannot tell", "这份文件没有日期，是不是当时的文字，语料库不知道。")
        if target.later or target.perhaps:
            return self._unsure(found, target, on)
        if not target.version and (change := self.standings.not_in_text(document, on)):
            said = f"它自 {change.day} 起有修改（见《{change.title}》），修改后的文本库里没有。"
            lacking = "这里的文本没有这一条款。" if target.missing else ""
            return Fate("cannot tell", f"{said}{lacking}当时的条文请另行核对。", (change,), True)
        if target.missing:
            return self._lacks(target, "当时的文本里没有这一条款。" if len(states) > 1 else "文本里没有这一条款。")
        held = self.resolver.held(document, on).state
        newer = [each.made for each in states if held and each.made > held.made and each.made <= self.today]
        told = [each for each in self.standings.changes(document) if on < each.day <= self.today or each.day in newer]
        if not newer and not told:
            return Fate("right")
        day = max([*newer, *(each.day for each in told)])
        by_others = [each for each in told if each.document != document.id and each.day > document.date]
        if found.place and not by_others and self._same(target):
            note = f"文件此后有修改（{day}），所引条款的文字没有变。"
            return Fate("right", note, tuple(told[-1:]), changed=True)
        return Fate("changed since", f"文件此后有修改（{day}），请核对条文。", tuple(told[-1:]), True)

    def _unsure(self, found: Found, target: Target, on: str) -> Fate:
        """Return where the text of the day is not there, or may be an older one: by what is known to have changed since."""
        document, states = target.document, self.resolver.states(target.document)
        held = self.resolver.held(document, on)
        place = states.index(held.state) if held.state else len(states)
        changes = [each.made for each in states[: place + held.perhaps] if each.made <= self.today]
        told = [each for each in self.standings.changes(document) if each.day in changes]
        touched = self._touched(target, changes)
        if touched is False and not target.missing:
            return Fate("right", "此后的修改没有动过这一条。", tuple(told[-1:]), True)
        if held.perhaps and held.before and held.before.edition and not target.missing and found.place:
            older = held.before.edition.anchors.get(target.anchor)
            if (
                older is not None
                and older == self._anchors(target).get(target.anchor)
                and self._same(target, present=True)
            ):
                return Fate("right", "修改前后这一条的文字相同。", tuple(told[-1:]), True)
        if touched and not target.missing:
            return Fate("changed since", f"{self._why(target, on)}此后的修改动过这一条。", tuple(told[-1:]), True)
        lacking = "这里的文本没有这一条款。" if target.missing else ""
        return Fate("cannot tell", f"{self._why(target, on)}{lacking}当时的条文请另行核对。", tuple(told[-1:]), True)

    def _why(self, target: Target, on: str) -> str:
        if target.perhaps:
            made = self._state_made(target)
            return f"{made} 修改的文本何时施行，库里没有载明，在 {on} 可能还没有施行。"
        return f"语料库里没有当时的文本，最接近的是 {target.later} 的。"

    def _state_made(self, target: Target) -> str:
        return next(each.made for each in self.resolver.editions(target.document) if each.version == target.version)

    def _touched(self, target: Target, changes: list[str]) -> bool | None:
        """Return whether amendments that are there changed the article that is meant; None where one of them is not there.

        An amendment (修正案) leaves the numbers of articles as they are; a decision may count them anew.
        """
        article = _ARTICLE.search(target.anchor)
        amendments = [each for each in self.resolver.instruments(target.document) if _AMENDMENT.search(each.title)]
        mine = [[each for each in amendments if timeline.same(each.date, day)] for day in changes]
        if not article or not changes or not all(mine):
            return None
        wanted = article[0].lstrip("-")
        return any(
            _ARTICLE.search(found.place) and found.place.startswith(wanted)
            for some in mine
            for each in some
            for found in self.reader.citations(each.number)
        )

    def _lacks(self, target: Target, note: str) -> Fate:
        """Return that a text has no such article; where its numbers leave out some, and this is one, one cannot tell."""
        wanted = re.search(r"art-(\d+)", target.wanted)
        numbers = {int(found[1]) for each in self._anchors(target) if (found := re.search(r"art-(\d+)", each))}
        if not target.anchor and wanted and numbers and int(wanted[1]) not in numbers and int(wanted[1]) < max(numbers):
            return Fate("cannot tell", "语料库里的文本缺了这个条号，是原文没有还是没有收全，无法判断。")
        return Fate("no such article", note)

    def _anchors(self, target: Target) -> dict[str, str]:
        texts = {each.version: each.anchors for each in self.resolver.editions(target.document)}
        return dict(texts.get(target.version, {}))

    def _same(self, target: Target, *, present: bool = False) -> bool:
        """Return whether the text of the place that is meant is word for word that of the present text."""
        texts = {each.version: each.anchors for each in self.resolver.editions(target.document)}
        digest = texts[target.version].get(target.anchor)
        return (present or bool(target.version)) and digest is not None and digest == texts[""].get(target.anchor)
