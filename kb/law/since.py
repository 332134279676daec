"""What became of a thing that was cited on a day: it still stands so, was changed since, has ended, or cannot be told."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from kb.law.editions import read
from kb.law.reader import Found, Known, Reader
from kb.law.resolve import Resolver, Target
from kb.law.standing import Evidence, Standings

Status = Literal[
    "right",
    "changed since",
    "ended",
    "not in force yet",
    "no such article",
    "no such edition",
    "cannot tell",
    "not in the corpus",
    "unread",
]
WORDS: dict[Status, str] = {
    "right": "无误",
    "changed since": "此后有修改",
    "ended": "已经失效",
    "not in force yet": "当时尚未生效",
    "no such article": "没有这一条款",
    "no such edition": "没有这个文本",
    "cannot tell": "无法判断",
    "not in the corpus": "不在语料库里",
    "unread": "没有认出",
}
"""What people read for each status."""


@dataclass(frozen=True, slots=True)
class Fate:
    """A status, the note that explains it in one sentence, and the sentences that prove it."""

    status: Status
    note: str = ""
    evidence: tuple[Evidence, ...] = ()


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
        """Answer what became of a citation that was made on a day (ISO 8601)."""
        if target is None:
            return self._absent(found, on)
        ended = self._ended(target, on)
        named = self._edition(found, target, on) if found.edition and read(found.edition).way != "now" else None
        fate = (ended if ended and ended.status == "ended" else named) or ended or self._place(found, target, on)
        return self._moot(target.document) or fate if fate.status == "right" else fate

    def _edition(self, found: Found, target: Target, on: str) -> Fate | None:
        """Answer by the text that the author names; None where that is the present one, which is judged like any other."""
        editions = self.resolver.editions(target.document)
        if target.doubt == "no such edition":
            return Fate(target.doubt, f"这份文件没有“{found.edition}”的文本：它的沿革里没有那一年。")
        if target.doubt and read(found.edition).way == "then":
            return Fate(
                target.doubt, f"“{found.edition}”是哪一天，语料库不知道，而文件有过修改：请写明文本，或按那一天核对。"
            )
        if target.doubt:
            day = f"最新的是 {target.document.date} 的，" if target.document.date else ""
            return Fate(target.doubt, f"语料库里没有“{found.edition}”的文本，{day}无法核对。")
        since = next(each.since for each in editions if each.version == target.version)
        if since > on:
            return Fate("not in force yet", f"“{found.edition}”的文本自 {since} 起施行，在 {on} 尚未生效。")
        if target.missing:
            return Fate("no such article", f"“{found.edition}”的文本（{since} 起施行）里没有这一条款。")
        if not target.version:
            return None
        later = [each for each in self.standings.changes(target.document) if since < each.day <= self.today]
        day = f"（{later[-1].day}）" if later else ""
        return Fate("right", f"所指的是 {since} 起施行的文本；文件此后有修改{day}。", tuple(later[-1:]))

    def _absent(self, found: Found, on: str) -> Fate:
        """Answer for what the corpus lacks: what repealed it may be there, so that it is never taken for invented."""
        if found.kind == "unmarked":
            return Fate("unread", f"没有认出“{found.name}”是哪一份文件，这一条款没有核对；请写出全称，或加上书名号。")
        evidence = self.standings.repeal_of_name(found.key) or self.standings.repeal_of_name(found.also)
        if evidence is None:
            return Fate("not in the corpus", "语料库里没有这份文件，无法核对。")
        when = f"自 {evidence.day} 起" if evidence.day else ""
        before = "，在引用之前" if "" < evidence.day <= on else ""
        return Fate("ended", f"语料库里没有它的文本，但《{evidence.title}》载明它{when}已经废止{before}。", (evidence,))

    def _ended(self, target: Target, on: str) -> Fate | None:
        document, lacking = target.document, "它的文本里没有这一条款。" if target.missing else ""
        now = self.standings.of(document, self.today)
        if now.status in ("已废止", "已失效", "推定届满"):
            when = f"（{now.since}）" if now.since else ""
            before = ("在引用之前就" if now.since <= on else "引用时有效，后来") if now.since else ""
            return Fate("ended", f"{before}{now.status}{when}。{lacking}", now.evidence)
        then = self.standings.of(document, on)
        if then.status == "尚未生效" and not lacking:
            return Fate("not in force yet", f"在 {on} 尚未生效。", then.evidence)
        return None

    def _moot(self, document: Known) -> Fate | None:
        """Answer for an interpretation that nothing repealed, where what it interprets has ended."""
        for found in self.reader.citations(document.number, "interprets"):
            target = self.resolver.target(found, document)
            end = self.standings.repeal(target.document) if target else self.standings.repeal_of_name(found.key)
            if end:
                named = target.document.title if target else found.name
                when = f"自 {end.day} 起" if end.day else ""
                return Fate("changed since", f"它解释的《{named}》{when}已经废止，请核对它是否仍然适用。", (end,))
        return None

    def _place(self, found: Found, target: Target, on: str) -> Fate:
        document = target.document
        later = [each for each in self.standings.changes(document) if on < each.day <= self.today]
        editions = self.resolver.editions(document)
        known = bool(editions[-1].since) and editions[-1].since <= on
        if target.missing:
            if known or not later:
                return Fate("no such article", "当时的文本里没有这一条款。" if known else "文本里没有这一条款。")
            return Fate("changed since", "语料库里只有修改后的文本，其中没有这一条款。", tuple(later[-1:]))
        if later and on < editions[-1].since:
            told = [each for each in later if each.document == document.id] or later
            note = f"语料库里没有当时的文本，最早的是 {editions[-1].since} 的：当时的条文请另行核对。"
            return Fate("changed since", note, tuple(told[-1:]))
        if not later and editions[0].since <= max(on, editions[-1].since):
            return Fate("right")
        day = later[-1].day if later else editions[0].since
        if known and found.place and self._same(target):
            return Fate("right", f"文件此后有修改（{day}），所引条款的文字没有变。", tuple(later[-1:]))
        return Fate("changed since", f"文件此后有修改（{day}），请核对条文。", tuple(later[-1:]))

    def _same(self, target: Target) -> bool:
        """Tell whether the text of the place that is meant is word for word that of the present text."""
        texts = {each.version: each.anchors for each in self.resolver.editions(target.document)}
        return bool(target.version) and texts[target.version].get(target.anchor) == texts[""].get(target.anchor)
