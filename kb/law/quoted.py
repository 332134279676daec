"""Words quoted beside a citation, set against the text that is cited, to the character.

What is quoted stands after the citation (第十二条规定：“…”) or before it (“…”（《行政处罚法》第十二条）). Where the words around it do
not say that it is quoted from there (第十二条才是“…”), words in quotation marks are compared where they come near to what is cited.
Words in quotation marks that only name something (“合同无效”的认定) are no quotation. …… in a quotation leaves something out.
What is told without quotation marks (第十二条规定，…) is not held to the letter, but to its amounts, its 不 and its 应当.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from kb.base.lazy_re import lazy_re
from kb.chinese.figures import NO_NUMBER
from kb.chinese.numerals import hanzi
from kb.compare.characters import characters as difference

_PAIRS = {"“": "”", "「": "」", "『": "』", "〝": "〞", "‘": "’", '"': '"'}
_OPENING = {closing: opening for opening, closing in _PAIRS.items()}
_MARK = lazy_re(f"[{''.join({*_PAIRS, *_PAIRS.values()})}]")
_LINE_START = lazy_re(r"\n[\s　>]*$")
_ADVERBS = "(?:明确|明文|分别|已经|已|即|也|均|是这样|具体|才|就|仅|还|又|则)*"
_VERBS = "(?:规定|载明|写明|指出|表述|表明|明确|要求|内容|条文|原文|称|为|是|写道)+"
_TAIL = "(?:了|的是|的内容|的|如下|为)*"
_BRACKETS = r"(?:[（(][^（）()“”\n]{1,60}[）)])?"
_SAYS = lazy_re(rf"(?:[的之]?(?:有关|相关)?{_ADVERBS}{_VERBS}{_TAIL})?{_BRACKETS}(?:[：:，,]|—+)?[\s>]*")
_NOT_THE_LAW = lazy_re("合同|协议|约定|章程|判决|裁定|辩称|诉称|主张|公告|通知|批复|承诺|合称|简称")
_NEAR = lazy_re(r"[^。；！？\n“”「」『』]{0,40}")
_BETWEEN = lazy_re(r"[^。！？\n“”「」『』]{0,30}")
_LEADS_BACK = lazy_re(
    r"[”」』’\"〞][。，；]?\s*[（(\[〔【—]+(?:参?见|引自|语出|出自|载于|摘自)?"
    r"|[”」』’\"〞](?:[，；]?|。(?=[这此以上述该语均参见引出来载源]))(?:这|此|以上|上述|该|语|均|原文|的规定|之规定|一语)*(?:是|为|系|即|参?见|引自|语出|出自|来自|载于|见于|源自|规定在|规定于)*"
)
_IN_BRACKETS = lazy_re(r".[。，；]?\s*[（(\[〔【—]")
_OPENED_AGAIN = lazy_re(r"(?<=\n)[\s　>]*[“「『]")
_LEFT_OUT = lazy_re(r"…+|\.{3,}|．{3,}|【[^】]*】|\[[^\]]*\]")
_OWN_NUMBER = lazy_re(r"\s*第[^第条\s]{1,9}条(?:之[一二三四五六七八九十]{1,3})?[\s　]+")
_SHORTEST = 8  # characters: shorter words in quotation marks name something, unless a colon says otherwise
_SHORTEST_NEAR = 6
_PHRASE = 16  # characters: 规定的“合理期限” names something, a longer one is quoted
_LONGEST = 2_000
_NEAR_ENOUGH = 0.34
"""The part of a quotation that may differ, where nothing but its words says what it is quoted from."""
_EDIT, _PASSED_OVER = 20, 1
"""What a wrong character costs, and each one of a passage that is left out, when the stretch is sought that is quoted from."""
_LOOK_ALIKE = str.maketrans("，；：（）？！．﹑", ",;:()?!.、") | dict.fromkeys(
    map(ord, {*_PAIRS, *_PAIRS.values()}), '"'
)
_END = "。；;，,、：:.!？?！"

_TELLS = lazy_re(
    rf"{_BRACKETS}(?:[的之]?(?:有关|相关)?{_ADVERBS}(?:(?:规定|载明|写明|明确|指出|内容|原文|条文|要点)+{_TAIL})[，,：:\s>]+|[：:][\s>]*)"
)
_CLAUSE = lazy_re(r"[^，；：。,;:！？\n“”]+")
_ALTERED = 0.25  # of a clause without quotation marks, and four characters
_FIGURE = lazy_re(r"(\d{1,4})(%?)")
_TELLING = lazy_re("[不未无非勿〇零一二三四五六七八九十百千万两半]|以上|以下|以内|以外")
_NO_NUMBER = lazy_re(NO_NUMBER)
_MUST = lazy_re("应|可|须|能|宜|不|禁止")


@dataclass(frozen=True, slots=True)
class Quotation:
    """What is quoted: characters `start` to `end` of the text, `distance` characters away from what is cited.

    `difference` shows the first places where they differ, "" where there are none.
    """

    start: int
    end: int
    distance: int
    difference: str = ""


@dataclass(frozen=True, slots=True)
class Candidate:
    """Words in quotation marks beside a citation; `sure` where what stands between says that they are quoted from there."""

    start: int
    end: int
    sure: bool


def marked(text: str) -> list[tuple[int, int]]:
    """Return where words in quotation marks start and end in a text, the outermost ones, in their order."""
    marks = list(_MARK.finditer(text))
    closing = _closing(text, marks)
    found: list[tuple[int, int]] = []
    place = 0
    while place < len(marks):
        close = closing.get(place, 0)
        if close:
            found.append((marks[place].end(), marks[close].start()))
        place = max(close, place) + 1
    return found


def _closing(text: str, marks: Sequence[re.Match[str]]) -> dict[int, int]:
    """Return by its place which mark closes each one, marks of its kind inside it counted; none for those that stay open.

    A quotation of several lines opens at each of them and is closed once. What is open waits until the depth falls below its
    own: every mark is looked at once.
    """
    found: dict[int, int] = {}
    depths = dict.fromkeys(_PAIRS, 0)
    waiting: dict[str, list[tuple[int, int]]] = {opening: [] for opening in _PAIRS}
    for place, mark in enumerate(marks):
        closed = _OPENING.get(mark[0])
        if closed:
            depths[closed] -= 1
            opened = waiting[closed]
            while opened and opened[-1][1] > depths[closed]:
                first = opened.pop()[0]
                if mark.start() - marks[first].end() <= _LONGEST:
                    found[first] = place
        if mark[0] in _PAIRS:
            if mark[0] != closed and not _LINE_START.search(text, max(mark.start() - 12, 0), mark.start()):
                depths[mark[0]] += 1
            waiting[mark[0]].append((place, depths[mark[0]]))
    return found


def beside(
    text: str, marks: Sequence[tuple[int, int]], low: int, start: int, end: int, high: int
) -> Iterator[Candidate]:
    """Yield what may be quoted of a citation from `start` to `end`, between the one before it and the one after it: `low` and `high`."""
    place, reached = bisect_left(marks, (end, 0)), end
    for at in range(place, len(marks)):
        opened, closed = marks[at]
        gap = text[reached : opened - 1]
        says = _SAYS.fullmatch(gap) is not None and reached == end
        if opened > high or not (says or (_NEAR if reached == end else _BETWEEN).fullmatch(gap)):
            break
        introduced = says and gap.rstrip().endswith(("：", ":"))
        sure = (
            says
            and (not gap.endswith("的") or closed - opened >= _PHRASE)
            and (closed - opened >= _SHORTEST or (introduced and closed - opened > 1))
        )
        if sure or not _NOT_THE_LAW.search(gap):
            yield Candidate(opened, closed, sure)
        reached = closed + 1
    if place and marks[place - 1][0] > low and marks[place - 1][1] < start:
        opened, closed = marks[place - 1]
        if _LEADS_BACK.fullmatch(text, closed, start):
            bracket = _IN_BRACKETS.match(text, closed, start) is not None
            yield Candidate(opened, closed, bracket and closed - opened >= _SHORTEST)


def against(text: str, candidate: Candidate, there: Sequence[str]) -> Quotation | None:
    """Compare what may be quoted with what is cited; None where it is something else."""
    words = _OPENED_AGAIN.sub("", text[candidate.start : candidate.end])
    words = words[own.end() :] if (own := _OWN_NUMBER.match(words)) else words
    if not candidate.sure and (len(words) < _SHORTEST_NEAR or not any(_resembles(words, each) for each in there)):
        return None
    distance, told = compare(words, there)
    if not candidate.sure and distance > _NEAR_ENOUGH * len(words):
        return None
    return Quotation(candidate.start, candidate.end, distance, told)


def tells(text: str, end: int, limit: int) -> bool:
    """Tell whether a text goes on to say, without quotation marks, what stands at a citation that ends there."""
    return _TELLS.match(text, end, limit) is not None


def altered(text: str, end: int, limit: int, there: Sequence[str]) -> Quotation | None:
    """Return what is told of a citation without quotation marks, up to its sentence's end, and says another amount, or a 不 more or less."""
    said = _TELLS.match(text, end, limit)
    if said is None:
        return None
    stop = re.compile(r"[。！？\n]|$").search(text, said.end(), limit)
    for clause in _CLAUSE.finditer(text, said.end(), stop.start() if stop else limit):
        words = _FIGURE.sub(lambda found: f"{'百分之' if found[2] else ''}{hanzi(int(found[1]))}", _plain(clause[0]))
        if len(words) < _SHORTEST or not any(_resembles(words, each) for each in there):
            continue
        distance, told = min((_changed(words, _plain(each)) for each in there), key=lambda found: found[0])
        if told and distance <= min(_ALTERED * len(words), 4):
            return Quotation(clause.start(), clause.end(), distance, told)
    return None


def _changed(words: str, whole: str) -> tuple[int, str]:
    """Return how far words are from a text, and how, where it is an amount or a 不 that makes the difference."""
    if words in whole:
        return 0, ""
    away, first, last = _nearest(words, whole)
    runs = [each.text for each in difference(whole[first:last], words) if each.kind != "same"]
    # Where 可以 stands for 应当 at the beginning, the nearest stretch may begin after it.
    instead = [*runs, whole[max(first - 2, 0) : first]]
    telling = (
        any(_TELLING.search(_NO_NUMBER.sub("", each)) for each in runs)
        or sum(bool(_MUST.search(each)) for each in instead) > 1
    )
    return away, _difference(words, whole[first:last]) if telling else ""


def _resembles(words: str, text: str) -> bool:
    """Tell, without comparing them, words that may be quoted from a text from those that cannot."""
    plain, whole = _plain(words), _plain(text)
    pairs = [plain[place : place + 2] for place in range(len(plain) - 1)]
    return sum(pair in whole for pair in pairs) >= len(pairs) / 2


def compare(quoted: str, texts: Sequence[str]) -> tuple[int, str]:
    """Return how many characters a quotation is away from what is cited, and where they differ.

    `texts` are the cited place, then those around it that it may be taken from in part; the best one counts.
    """
    return min((_against(quoted, text) for text in texts), key=lambda found: found[0], default=(len(quoted), ""))


def _plain(text: str) -> str:
    """Take out blanks, and write marks of one look in one form."""
    return "".join(text.split()).translate(_LOOK_ALIKE)


def _against(quoted: str, text: str) -> tuple[int, str]:
    whole = _plain(text)
    pieces = [piece for each in _LEFT_OUT.split(quoted) if (piece := _plain(each))]
    if pieces:
        pieces[-1] = pieces[-1].rstrip(_END) or pieces[-1]
    start = distance = 0
    told = []
    for piece in pieces:
        found = whole.find(piece, start)
        if found >= 0:
            start = found + len(piece)
            continue
        away, first, last = _nearest(piece, whole[start:])
        distance += away
        told.append(_difference(piece, whole[start + first : start + last]))
        start += last
    return distance, "；".join(told[:3])


def _nearest(piece: str, text: str) -> tuple[int, int, int]:
    """Return how far a piece is from what comes nearest to it in a text, and the stretch of the text that it is taken from.

    Who quotes leaves out whole passages: the stretch reaches over one to where the words go on.
    """
    away, _ = _least(piece, text)
    _, end = _least(piece, text, _EDIT, _PASSED_OVER)
    _, length = _least(piece[::-1], text[:end][::-1], _EDIT, _PASSED_OVER)
    return away, end - length, end


def _least(piece: str, text: str, edit: int = 1, passed_over: int = 1) -> tuple[int, int]:
    """Return the least cost of making a piece of a stretch of a text, and where that first ends (Sellers 1980, row by row).

    An `edit` of one character costs this much; a passage of the text that is left out as much once, and `passed_over` for
    each of its characters. Where both are 1 every character that is left out is one edit.
    """
    characters = np.frombuffer(text.encode("utf-32-le"), np.uint32)
    places = np.arange(len(text) + 1) * passed_over
    opened = edit if passed_over < edit else 0
    costs = np.zeros(len(text) + 1, np.int64)
    for row, character in enumerate(piece, start=1):
        kept = np.full(len(text) + 1, row * edit)
        kept[1:] = np.minimum(costs[:-1] + edit * (characters != ord(character)), costs[1:] + edit)
        costs = np.minimum(kept, np.minimum.accumulate(kept - places) + places + opened)
    end = int(np.argmin(costs))
    return int(costs[end]), end


def _difference(quoted: str, there: str) -> str:
    """Show where words differ: 引文“三倍”，原文“二倍”."""
    runs = list(difference(there, quoted))
    shown = []
    for place, run in enumerate(runs):
        if run.kind == "same" or (place and runs[place - 1].kind not in ("same",)):
            continue
        old = "".join(each.text for each in runs[place : place + 2] if each.kind == "deleted")
        new = "".join(each.text for each in runs[place : place + 2] if each.kind == "inserted")
        near = runs[place - 1].text[-4:] if place else ""
        shown.append(
            f"原文“{near}{old}”，引文“{near}{new}”" if old and new else f"漏了“{old}”" if old else f"多了“{new}”"
        )
    return "；".join(shown[:3])
