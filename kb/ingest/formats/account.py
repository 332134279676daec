"""What a reader saw and did not take as it stands: collected while it reads, a remark a place, bounded in number."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from kb.base.lazy_re import lazy_re
from kb.base.model import Account, Remark

_MOST = 12  # remarks of one kind that keep their places; the rest is counted in the last of them
_SAMPLE = 40
_CONTEXT = 12
_AGAINST = lazy_re("废止|失效|作废|停止|暂停|暂缓|撤销|撤回|更正|有误|修改为|改为")
# A number of an article, alone: 第二条, 第一百二十条之一.
ARTICLE_NUMBER = lazy_re(r"第\s?[〇○零一二三四五六七八九十百千两\d]{1,9}\s?条(?:之[一二三四五六七八九十]{1,3})*")


class Remarks:
    """Collects the remarks of one file."""

    def __init__(self) -> None:
        self._kinds: dict[tuple[str, str, bool], list[Remark]] = {}

    def add(self, what: str, where: str, reason: str, sample: str = "", *, count: int = 1, doubt: bool = False) -> None:
        """Note something that was not taken as it stands (see `kb.base.model.Remark`)."""
        kept = self._kinds.setdefault((what, reason, doubt), [])
        if len(kept) < _MOST:
            kept.append(Remark(what, where, reason, shortened(sample), count, doubt))
        else:
            kept[-1] = replace(kept[-1], count=kept[-1].count + count)

    def account(self, taken: int = 0, whole: int = 0) -> Account:
        """Return what was collected; remarks of one kind stand together, in the order of the file."""
        return Account(taken, whole, tuple(remark for kept in self._kinds.values() for remark in kept))


def shortened(text: str) -> str:
    """Return the beginning of a text on one line."""
    line = " ".join(text.split())
    return line if len(line) <= _SAMPLE else f"{line[:_SAMPLE]}……"


def after(line: str) -> str:
    """Name a place by the text before it, "" at the beginning."""
    tail = " ".join(line.split())[-_CONTEXT:]
    return f"“{tail}”之后" if tail else ""


def alarming(text: str) -> bool:
    """Tell a note beside a text that says something against it (废止, 暂缓, 更正)."""
    return bool(_AGAINST.search(text))


def dumped(account: Account) -> dict[str, Any]:
    """Return an account as JSON for `loaded`."""
    remarks = [[each.what, each.where, each.reason, each.sample, each.count, each.doubt] for each in account.remarks]
    return {"taken": account.taken, "whole": account.whole, "remarks": remarks}


def loaded(answer: dict[str, Any]) -> Account:
    """Read what `dumped` returned."""
    return Account(answer["taken"], answer["whole"], tuple(Remark(*each) for each in answer["remarks"]))


def characters(text: str) -> int:
    """Count the characters of a text without white space."""
    return sum(not char.isspace() for char in text)
