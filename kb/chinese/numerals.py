"""The number with which a line starts: 一、 （一） 1. （1） ① (GB/T 9704-2012, 7.3.3), 第一章, 第十二条之一, 1.2.3.

`read` says what a line's number would be; whether the line is a section is for the outline to decide.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from kb.base.lazy_re import lazy_re

Style = Literal[
    "part",  # 第一部分, 第一篇
    "book",  # 第一编
    "subbook",  # 第一分编
    "chapter",  # 第一章
    "division",  # 第一节
    "article",  # 第一条, 第一条之一
    "ordinal",  # 第一，
    "hanzi",  # 一、
    "hanzi-bracket",  # （一）
    "arabic",  # 1.
    "arabic-bracket",  # （1）
    "circled",  # ①
    "decimal",  # 1.2, 1.2.3 and, in plans so numbered, a bare 1
]

_FIGURES = "零〇○一二三四五六七八九"
_HANZI = f"[{_FIGURES}十百千两]{{1,9}}"
_ARABIC = "[0-9０-９]{1,3}"
# A dash for 一 and a blank before 条 are slips of the keyboard in real statutes (第三十－条, 第一百二十八 条).
# 第1260条: after 第 no year and no amount can be meant, so the figures may be more.
_ORDINAL = "[0-9０-９]{1,6}"
_ORDER = f"(?:[{_FIGURES}十百千两－]{{1,9}}|{_ORDINAL})"
_GAP = "[ \\t\u3000\u2002\u2003\xa0]"
# 1.6升 is a measure; a word that counts (5.1人员保障, 5.1个) may also start a heading, so its place must tell.
_MEASURE = "(?:[%％‰℃°/~～亿万元倍吨米克斤]|升(?![级华学温降]))"
_COUNTER = "[-－—年月日号时分秒天周岁人次个只台套家户亩角千百厘毫公平立度级项种条名位件辆座处所页]"

_YEAR = "(?:19|20)[0-9]{2} ?[年—–-]"  # 1.2000年底前 is the first item, no decimal

_PATTERN = lazy_re(
    rf"{_GAP}*(?:"
    rf"(?:[【〔［\[](?=第[^】〕］\]]{{1,12}}[】〕］\]]))?(?P<ordered>第{_GAP}?(?P<order>{_ORDER}){_GAP}?(?P<unit>分编|部分|[编章节条篇])(?P<of>(?:之{_HANZI})*))"
    rf"|(?P<ordinal>第({_HANZI})[，、,])"
    rf"|(?P<hanzi>({_HANZI}){_GAP}?[、.．](?!{_HANZI}、))"
    rf"|(?P<hanzi_bracket>[（(﹙]{_GAP}?({_HANZI}){_GAP}?[）)﹚][、.．]?)"
    rf"|(?P<decimal>({_ARABIC}(?:[.．]{_ARABIC}){{1,5}})(?![0-9０-９])[.．、]?(?!{_MEASURE}|[）)，。、；;,+]))"
    rf"|(?P<arabic>({_ARABIC}){_GAP}?[.．、](?:(?![0-9０-９])|(?={_YEAR})))"
    rf"|(?P<arabic_bracket>[（(﹙]?{_GAP}?({_ARABIC}){_GAP}?[）)﹚][、.．]?)"
    rf"|(?P<bare>([1-9１-９][0-9０-９]?)(?={_GAP}+[^\d\s]|[㐀-鿿])(?!{_MEASURE}|{_COUNTER}))"
    r"|(?P<sign>[㈠-㈩⑴-⒇①-⑳])"
    r")"
)
_STYLES: dict[str, Style] = {
    "ordinal": "ordinal",
    "hanzi": "hanzi",
    "hanzi_bracket": "hanzi-bracket",
    "decimal": "decimal",
    "arabic": "arabic",
    "arabic_bracket": "arabic-bracket",
    "bare": "decimal",
}
_SIGNS: dict[str, Style] = {"㈠": "hanzi-bracket", "⑴": "arabic-bracket", "①": "circled"}
_STYLE_OF_UNIT: dict[str, Style] = {
    "部分": "part",
    "篇": "part",
    "编": "book",
    "分编": "subbook",
    "章": "chapter",
    "节": "division",
    "条": "article",
}
# After 第十二条 without a blank these words may continue a sentence that cites the article (第二条规定的) or begin its text
# (第二条规定区域内); the second ones do nothing but cite.
_CITING = lazy_re("的|第|规定|所|之|以|[、，。；：:,和至与或及到款项中]")
_CITED = lazy_re(
    rf"[的之款。；]|项(?!目)|规定的|所(?:[规列称述指]|确定)|中(?:的|所|规定|[“《])|(?:[、和至与或及到]|或者|以及)第\s?(?:{_HANZI}|{_ORDINAL})[章节条款项]"
    rf"|第\s?(?:{_HANZI}|{_ORDINAL})[款项]|(?!前条)[和与或及以前后]+(?:上|下|前|后|其他)?(?:[款条]|项(?!目))"
)
_MARKED = lazy_re(f"[：:、，,．.]{_GAP}*")
_FRAMES = ("【", "〔", "［", "[")  # 【第一条】
_FIRST = ("第", *_FRAMES)
_BLANKS = lazy_re(f"{_GAP}*")
_BLANK_CHARACTERS = " \t\u3000\u2002\u2003\xa0"
_COUNTED = lazy_re(_COUNTER)
_LONGEST = 48  # characters: no number is longer, with the blanks around it
_POWERS = {"十": 10, "百": 100, "千": 1000}
_TO_ARABIC = str.maketrans("零〇○一二三四五六七八九两－", "00012345678921")


@dataclass(frozen=True, slots=True)
class Number:
    """A number at the start of a line. `values` is (3,) for 三、, (133, 1) for 第一百三十三条之一, (1, 2, 3) for 1.2.3.

    `printed` is the number with its mark as it stands there; `end` is the offset of the text that follows.
    `doubtful` numbers have nothing but their place to tell them from the start of a sentence.
    """

    style: Style
    values: tuple[int, ...]
    printed: str
    end: int
    doubtful: bool = False


Joint = Literal[
    "apart",  # 第二条　适用, 第二条 on a line of its own
    "marked",  # 第二条：适用, 第二条、适用
    "joined",  # 第二条适用
    "citing",  # 第二条中心城区, 第二条规定区域: the text of the article, or a sentence that cites it
    "cited",  # 第二条规定的: a sentence that cites it
]


def article(line: str) -> tuple[Number, Joint] | None:
    """Read the number of an article at the start of a line, whatever follows it, and how the text is joined to it."""
    return _article(line[:_LONGEST]) if line.lstrip(_BLANK_CHARACTERS)[:1] in _FIRST else None


@lru_cache(maxsize=8192)
def _article(line: str) -> tuple[Number, Joint] | None:
    found = _PATTERN.match(line)
    if not found or found["unit"] != "条":
        return None
    values = tuple(numeral(value) for value in (found["order"], *found["of"].split("之")[1:]))
    end = _after(line, found)
    joint: Joint = "joined"
    if end > found.end() or line[end : end + 1] in ("", "\n", *"【〔［[（("):
        joint = "apart"
    elif _CITED.match(line, end):
        joint = "cited"
    elif marked := _MARKED.match(line, end):
        joint, end = "marked", marked.end()
    elif _CITING.match(line, end):
        joint = "citing"
    return Number("article", values, found["ordered"], end, joint != "apart"), joint


def read(line: str) -> Number | None:
    """Read the number that `line` starts with; None where there is none."""
    return _read(line[:_LONGEST])


@lru_cache(maxsize=8192)  # every line is read when it is placed and again for its heading
def _read(line: str) -> Number | None:
    found = _PATTERN.match(line)
    if not found:
        return None
    if found["ordered"]:
        return _ordered(line, found)
    if found["sign"]:
        first = max(first for first in _SIGNS if first <= found["sign"])
        return Number(_SIGNS[first], (ord(found["sign"]) - ord(first) + 1,), found["sign"], _after(line, found))
    kind = next(name for name in _STYLES if found[name])
    printed = found[kind]
    values = tuple(numeral(value) for value in _VALUES.findall(printed))
    doubtful = kind == "bare" or (kind == "decimal" and bool(_COUNTED.match(line, found.end())))
    return Number(_STYLES[kind], values, printed, _after(line, found), doubtful) if values[0] else None


_VALUES = lazy_re(f"{_HANZI}|{_ARABIC}")


def _ordered(line: str, found: re.Match[str]) -> Number | None:
    """Read 第…章, 第…条 and their like; None where the line cites an article instead."""
    end = _after(line, found)
    doubtful = end == found.end() < len(line) and line[end] not in "【〔［[（("
    if doubtful and _CITING.match(line, end):
        return None
    values = tuple(numeral(value) for value in (found["order"], *found["of"].split("之")[1:]))
    return Number(_STYLE_OF_UNIT[found["unit"]], values, found["ordered"], end, doubtful)


def _after(line: str, found: re.Match[str]) -> int:
    """Return where the text goes on after the number, the bracket that closes around it and the blanks that follow it."""
    framed = found["ordered"] and line[: found.start("ordered")].endswith(_FRAMES)
    end = found.end() + bool(framed)
    blanks = _BLANKS.match(line, end)
    return blanks.end() if blanks else end


def numeral(printed: str) -> int:
    """Return the value of a numeral in Chinese (一百二十, 二〇〇四), Arabic or full-width figures."""
    total, figure = 0, ""
    for character in printed.translate(_TO_ARABIC):
        if character in _POWERS:
            total += int(figure or 1) * _POWERS[character]
            figure = ""
        else:
            figure += character
    return total + int(figure or 0)


def hanzi(value: int) -> str:
    """Write a number from 1 to 9,999 in Chinese: 一百零三."""
    written, zero = "", False
    for unit, power in (("千", 1000), ("百", 100), ("十", 10), ("", 1)):
        figure = value // power % 10
        if figure:
            written += ("零" if zero and written else "") + _FIGURES_OF[figure] + unit
        zero = not figure
    return written[1:] if 10 <= value < 20 else written


_FIGURES_OF = "零一二三四五六七八九"


def as_item(number: Number, line: str) -> Number | None:
    """Return what 1.5月底前 is where it is no decimal: the first item, which begins with a figure; None for other numbers."""
    found = _ITEM.match(line)
    if number.style != "decimal" or len(number.values) != 2 or not found:
        return None
    return Number("arabic", number.values[:1], found[1], found.end())


def item_with_measure(line: str) -> Number | None:
    """Return what 3.50%以上 is where a third item is due; None for other lines."""
    found = _ITEM_WITH_MEASURE.match(line)
    return Number("arabic", (numeral(found[2]),), found[1], found.end(1)) if found else None


_ITEM = lazy_re(rf"{_GAP}*({_ARABIC}[.．])")
_ITEM_WITH_MEASURE = lazy_re(rf"{_GAP}*((\d{{1,2}})[.．])(?=\d{{1,4}}{_MEASURE})")
