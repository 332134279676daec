"""The edition of a law that an author names: （2018年修正）, 2018年《公司法》, 旧公司法, 修订前的《公司法》, 现行《公司法》.

What is found is kept as it was printed; `read` says what it asks for, and `kb.law.resolve` which text that is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from kb.base.lazy_re import lazy_re
from kb.chinese import dates

Way = Literal["", "old", "new", "now", "then", "draft"]

_YEAR = r"(?:(?:19|20)\d\d|[一二][九〇零○][〇零○一二三四五六七八九]{2})"
_DATE = rf"{_YEAR}\s?(?:年\s?(?:\d{{1,2}}\s?月\s?(?:\d{{1,2}}\s?日)?)?)?"
_DONE = "修正|修订|修改|公布|颁布|发布|通过|制定|施行|实施|生效"
_REVISED = "修[订正改]"
_TEXT = "版本|版|文本|本"
_WAYS = (
    r"(?:行为|案发|事发|当|发生|成立|签订|订立|实施)时(?:所?(?:有效|施行|实施|生效|适用))?"
    r"|(?<=[日年月])(?:以|之)?前(?:所?(?:有效|施行|生效|适用))|(?:施行|实施|生效)(?:以|之)?[前后]"
    rf"|[上前]一?版|现行(?:有效)?|(?:最新|新|重新)?{_REVISED}(?:以|之)?[前后]|新{_REVISED}|最新|新|旧|原|老|从前|以前|之前"
)
_IN_BRACKETS = lazy_re(
    rf"(?:于|经|系)?{_DATE}(?:[\u4e00-\u9fff]{{0,40}}?(?:{_DONE}))?(?:之?后)?(?:的)?(?:{_TEXT})?"
    rf"|(?:已|经)?(?:{_WAYS}|旧法|原法|新法)(?:的)?(?:{_TEXT})?|(?:已(?:经)?)?(?:被)?(?:{_REVISED}|废止|失效)"
    rf"|\d\d\s?年(?:{_REVISED})?(?:的)?(?:{_TEXT})?"
)
# However it is put, a year with a word for a revision names an edition: a text it is not must not stand for it.
_IN_OTHER_WORDS = lazy_re(rf"(?!.*[号令称见]).*?{_YEAR}.{{0,50}}?(?:{_REVISED}|{_TEXT}).{{0,6}}")
_DATED = rf"(?:第?[一二三四五六七]次)?(?:{_DONE})(?:之?后)?[的之]"  # 1990年4月1日《示例法》施行前 only tells the time
# 中原, 废旧, 创新 end in these characters and name no edition.
_NO_WAY = "(?<![中草平太高五还]原)(?<![废陈仍]旧)(?<![创高更革翻维刷清全]新)"
_BEFORE = lazy_re(
    rf"(?<![\d年月])(?:{_DATE}(?={_DATED})|{_YEAR}\s?年?)(?:{_TEXT})?(?:的)?(?:第?[一二三四五六七]次)?(?:{_DONE})?(?:[以之]?[前后])?(?:公布|颁布|施行|实施|生效|通过)?(?:的|之)?(?:{_TEXT})?(?:[新旧])?的?$"
    rf"|(?<![\d第〇零一二三四五六七八九十百])(?:(?:\d\d|[〇零一二三四五六七八九]{{2}})\s?年|79|97)(?:{_TEXT})?(?:{_DONE})?的?$"
    rf"|(?:{_WAYS}){_NO_WAY}(?:{_TEXT})?(?:的|之)?$"
)
_AFTER = lazy_re(
    rf"\s?(?:(?P<dated>{_DATE}(?:第?[一二三四五六七]次)?(?:(?:{_REVISED})(?:{_TEXT})?|{_TEXT})|{_YEAR}\s?年?(?=第))|(?P<way>[新旧](?:{_TEXT})|现行(?:{_TEXT})?|[原旧]|{_REVISED}(?:以|之)?[前后]))的?(?=第)"
)
_BEGINS = lazy_re(
    rf"(?P<edition>{_DATE}(?:{_TEXT})?(?:{_DONE})?(?:之?后)?(?:的)?|现行(?:有效)?的?|{_REVISED}[前后]的?|新{_REVISED}的?"
    r"|旧的?|原(?![子料产油始生则告])|新(?![疆乡余泰沂密郑型能闻材华生]))(?=[\u4e00-\u9fff])"
)
# （草案）, （修订草案三次审议稿）: no text that was ever made.
_DRAFT = lazy_re(r"[^，,；;]{0,12}(?:草案|[审送征建求见议]稿)[^，,；;]{0,8}")
# The year of a document number is none: （法释〔2015〕11号）.
_BRACKETS = lazy_re(r"[（(〔\[【]([^（）()〔〕\[\]【】\n]{1,80})[）)〕\]】](?!\s?第?\s?\d)")
_AT_END = lazy_re(r"[（(〔\[【]([^（）()〔〕\[\]【】\n]{1,80})[）)〕\]】]$")
# Brackets before a name that follow no other name.
_ALONE = lazy_re(r"(?:^|(?<=[\s，。；：、！？“‘照据按反用合见守]))[（(〔\[【][^（）()〔〕\[\]【】\n]{1,28}[）)〕\]】]$")
_REACH = 30
_HALF_WIDTH = {0xFF10 + digit: str(digit) for digit in range(10)}
_DIGITS = {digit: str(value) for value, digit in enumerate("〇一二三四五六七八九")} | {"零": "0", "○": "0"}


@dataclass(frozen=True, slots=True)
class Named:
    """What is asked for: the text of a year or a `day`, made then (`revised`) or in force from then, or one told by its order.

    With a year and "old" it is the one before that of the year.
    """

    year: str = ""
    revised: bool = False
    way: Way = ""
    day: str = ""


def read(printed: str) -> Named:
    """Read an edition as an author names it."""
    printed = printed.translate(_HALF_WIDTH)
    if _DRAFT.search(printed):
        return Named(way="draft")
    if year := re.search(_YEAR, printed):
        plain = "".join(_DIGITS.get(character, character) for character in year[0])
        way: Way = "old" if re.search("[以之]?前(?!款)", printed) else ""
        day = dates.first(printed)
        return Named(plain, bool(re.search(_REVISED, printed)), way, day if dates.is_day(day) else "")
    if re.match("[上前]一?版", printed):
        return Named(way="old")
    if re.match("[以之]?前", printed):  # 2015年3月1日前施行的
        return Named(way="then")
    if re.match("[〇零一二三四五六七八九]{2}年", printed):
        printed = "".join(_DIGITS.get(character, character) for character in printed)
    if short := re.match(r"\d\d", printed):  # 97刑法, 18年公司法
        return Named(("19" if short[0] > "49" else "20") + short[0], bool(re.search(_REVISED, printed)))
    if "时" in printed:
        return Named(way="then")
    if "现" in printed:
        return Named(way="now")
    return Named(way="new" if re.search("新|后", printed) and "旧" not in printed else "old")


def before(text: str, position: int) -> str:
    """Return the edition that is named directly before a title, "" where none is: 2018年修正的《公司法》."""
    low = max(position - _REACH, 0)
    found = _BEFORE.search(text, low, position)
    if found:
        return found[0].strip().rstrip("的之")
    bracket = _ALONE.search(text, low, position)  # （2018版）公司法
    return in_brackets(bracket[0]) if bracket else ""


def in_brackets(text: str) -> str:
    """Return the edition that brackets after a title name, "" where they say other things: （2018年修正，以下简称《公司法》）."""
    for inner in _BRACKETS.findall(text):
        for part in re.split("[，,；;、]", inner):
            plain = part.strip().translate(_HALF_WIDTH)
            if _IN_BRACKETS.fullmatch(plain) or _DRAFT.fullmatch(plain) or _IN_OTHER_WORDS.fullmatch(plain):
                return str(part.strip())
    return ""


def after(text: str, position: int) -> tuple[str, int]:
    """Return the edition named without brackets between a title and its article, and where it ends: 《公司法》2018年修正版第三条."""
    found = _AFTER.match(text, position)
    return (str(found["dated"] or found["way"]), found.end()) if found else ("", position)


def split_title(title: str) -> tuple[str, str]:
    """Return a title without the edition at its end, and that edition: 公司法（2018修正）; "" where it has none."""
    found = _AT_END.search(title)
    if found and in_brackets(found[0]):
        return title[: found.start()].strip(), found[1].strip()
    return title, ""


def split_name(name: str) -> tuple[str, str]:
    """Return a name printed without title marks without the edition at its beginning, and that edition: 旧示例市消防条例."""
    found = _BEGINS.match(name)
    return (name[found.end() :], found["edition"].rstrip("的")) if found else (name, "")
