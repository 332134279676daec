"""Words in quotation marks beside a citation, set against the text that is cited, to the character.

What is quoted stands after the citation (第十二条规定：“…”) or before it (“…”（《行政处罚法》第十二条）). Words in quotation marks that
only name something (“合同无效”的认定见…) are no quotation. …… in a quotation leaves something out.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kb.compare.characters import characters as difference

_OPEN, _CLOSE = "“「", "”」"
_SAYS = re.compile(
    r"(?:[的之]?(?:有关|相关)?(?:明确|分别|已|即|也|均|是这样|具体)*(?:规定|载明|写明|指出|表述|表明|明确|要求|内容|条文|原文|称|为|是|写道)+(?:了|的是|的内容|如下|为)?)?"
    r"(?:[（(][^（）()“”\n]{1,60}[）)])?[：:，,]?\s*(?=[“「])"
)
_LEFT_OUT = re.compile(r"…+|\.{3,}|．{3,}|【[^】]*】|\[[^\]]*\]")
_SHORTEST = 8  # characters: shorter words in quotation marks name something, unless a colon says otherwise
_LONGEST = 2_000
_LOOK_ALIKE = str.maketrans("，；：（）“”‘’「」？！．,;:()?!﹑", ',;:()""\'\'""?!.,;:()?!、')
_END = "。；;，,、：:.!？?！"


@dataclass(frozen=True, slots=True)
class Quotation:
    """What is quoted: characters `start` to `end` of the text, `distance` characters away from what is cited.

    `difference` shows the first places where they differ, "" where there are none.
    """

    start: int
    end: int
    distance: int
    difference: str = ""


def after(text: str, end: int, limit: int) -> tuple[int, int] | None:
    """Find the quotation that belongs to a citation that ends at `end`, and begins before `limit`; None where there is none."""
    said = _SAYS.match(text, end)
    if said and said.end() < limit and text[said.end()] in _OPEN:
        close = closing(text, said.end())
        words = text[said.end() + 1 : close]
        introduced = said[0].rstrip().endswith(("：", ":"))
        if close and (len(words) >= _SHORTEST or (introduced and len(words) > 1)):
            return said.end() + 1, close
    return None


def before(text: str, start: int, low: int) -> tuple[int, int] | None:
    """Find the quotation that stands before a citation in brackets: “…”（《…》第三条）."""
    found = re.compile(r"[”」][。，；]?\s*[（(—](?:参?见|引自|语出|出自)?$").search(text, max(low, start - 12), start)
    opened = _opening(text, found.start(), low) if found else -1
    if found is None or opened < 0 or found.start() - opened - 1 < _SHORTEST:
        return None
    return opened + 1, found.start()


def compare(quoted: str, texts: Sequence[str]) -> tuple[int, str]:
    """Return how many characters a quotation is away from what is cited, and where they differ.

    `texts` are the cited place, then those around it that it may be taken from in part; the best one counts.
    """
    return min((_against(quoted, text) for text in texts), key=lambda found: found[0], default=(len(quoted), ""))


def closing(text: str, opening: int) -> int:
    """Find the mark that closes the one at `opening`, marks inside it counted; 0 where it stays open."""
    depth = 0
    for place in range(opening, min(len(text), opening + _LONGEST)):
        depth += (text[place] in _OPEN) - (text[place] in _CLOSE)
        if depth == 0:
            return place
    return 0


def _opening(text: str, close: int, low: int) -> int:
    depth = 0
    for place in range(close, max(low, close - _LONGEST) - 1, -1):
        depth += (text[place] in _CLOSE) - (text[place] in _OPEN)
        if depth == 0:
            return place
    return -1


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
    """Return how far a piece is from the stretch of a text that comes nearest to it, and that stretch."""
    away, end = _least(piece, text)
    _, length = _least(piece[::-1], text[:end][::-1])
    return away, end - length, end


def _least(piece: str, text: str) -> tuple[int, int]:
    """Return the least edit distance of a piece to a stretch of a text, and where that first ends (Sellers 1980, row by row)."""
    characters = np.frombuffer(text.encode("utf-32-le"), np.uint32)
    places = np.arange(len(text) + 1)
    costs = np.zeros(len(text) + 1, np.int64)
    for row, character in enumerate(piece, start=1):
        kept = np.full(len(text) + 1, row)
        kept[1:] = np.minimum(costs[:-1] + (characters != ord(character)), costs[1:] + 1)
        costs = np.minimum.accumulate(kept - places) + places
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
