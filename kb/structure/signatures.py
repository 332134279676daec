"""Who signed and when: issuing organs and date at the end of a document (GB/T 9704-2012 7.3.5, 发文机关署名 成文日期)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import takewhile

from kb.base.lazy_re import lazy_re
from kb.chinese.dates import DATE, first
from kb.structure.heads import ORGAN

_DATE_LINE = lazy_re(rf"(?P<before>[^。；：:，,]*?)[\s（(]*{DATE}[\s）)]*")
_ORGAN = lazy_re(rf"[\u4e00-\u9fff（）()·]{{0,40}}{ORGAN}")
_SEAL = lazy_re(r"\s*[（(](?:章|印章?|盖章|公章|代章)[）)]$")
_LONGEST = 100
_MOST_SIGNERS = 20


def find(text: str) -> tuple[str, str]:
    """Return (organs joined by 、, ISO date) of the first signature of `text`, "" for what is missing.

    Annexes may be signed too; the document's own signature comes first. The date may stand below the organs, above
    them, or on their line. A date without organs is answered when no signature has both.
    """
    lines = [plain for line in text.splitlines() if (plain := _columns(line))]
    alone = ""
    for index, before in _date_lines(lines):
        if date := first(lines[index][len(before) :]):
            names = (
                [organs(before)]
                if organs(before)
                else []
                if before
                else _signers(lines[:index][::-1])[::-1] or _signers(lines[index + 1 :])
            )
            if names:
                further, last = _further(lines[index + 1 :])
                names += further
                return "、".join(dict.fromkeys(name for row in names for name in row)), last or date
            alone = alone or ("" if before else date)
    return "", alone


def _further(lines: Sequence[str]) -> tuple[list[list[str]], str]:
    """Return the organs that sign below the first signature, each with a date of its own, and the last of the dates."""
    names: list[list[str]] = []
    last, at = "", 0
    while at < len(lines) and (signed := _signers(lines[at:])):
        below = at + len(signed)
        date = first(lines[below]) if below < len(lines) and _DATE_LINE.fullmatch(lines[below]) else ""
        if not date:
            break
        names, last, at = [*names, *signed], date, below + 1
    return names, last


def organs(line: str) -> list[str]:
    """Return the organs that a signature line names, [] when anything else stands on it."""
    words = _SEAL.sub("", line).split()
    if len(words) > 2 and all(len(word) == 1 for word in words):
        words = ["".join(words)]
    names = [name for word in words for name in word.split("、")]
    return names if names and all(_ORGAN.fullmatch(name) for name in names) else []


_GAPS = lazy_re(r"[\s|]+")
_DATES = lazy_re(rf"[\s（(]*{DATE}(?:[\s、）(（)]+{DATE})+[\s）)]*")


def _columns(line: str) -> str:
    """Return a line without the bars of a table; of the dates of several columns only the last, on which all had signed."""
    plain = _GAPS.sub(lambda gap: "　" if "|" in gap[0] else gap[0], line).strip()
    return re.findall(DATE, plain)[-1] if _DATES.fullmatch(plain) else plain


def _date_lines(lines: Sequence[str]) -> Iterator[tuple[int, str]]:
    """Yield (index, what stands before the date) of the lines that end with a date."""
    for index, line in enumerate(lines):
        if (
            len(line) <= _LONGEST
            and (line[-1].isdecimal() or line[-1] in "日号月）)")
            and (match := _DATE_LINE.fullmatch(line))
        ):
            yield index, match["before"].strip()


def _signers(lines: Sequence[str]) -> list[list[str]]:
    return list(takewhile(bool, map(organs, lines[:_MOST_SIGNERS])))
