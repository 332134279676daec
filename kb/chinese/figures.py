"""Figures in a text: the number or range, its unit, what it counts, and the clause that says so.

"565项行政许可事项时限压缩94.94%" → 565 项 行政许可事项时限压缩, 94.94 % 行政许可事项时限压缩. In laws numbers are in Chinese and have bounds:
"未登记的，处二百元以上二千元以下罚款" → 200 to 2,000 元 未登记的：罚款; 三十日内 → at most 30 日; 百分之五 → 5 %. Years, dates, numbers of documents and
of articles are no figures: they carry none of the units. A number with a doubtful character in it or beside it is none either:
nobody knows what was printed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import prod

from kb.base.lazy_re import lazy_re
from kb.chinese.numerals import numeral
from kb.chinese.unreadable import MISSING

# Longer units first, so that 人次 is not read as 人.
_UNITS = (
    "个百分点|平方公里|平方米|立方米|人次|件次|户次|家次|场次|车次|批次|项次|公里|公顷|小时|美元|元|"
    "项|件|宗|份|个|名|人|户|家|场|次|条|篇|期|部|批|起|例|支|处|所|套|辆|吨|亩|天|台|间|座|本|门|分"
)
_FIGURE = lazy_re(
    r"(?<![\d〔\[第A-Za-z-])(?<!\d[.,])(?P<number>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)(?P<scale>[千百]?[万亿]?)"
    rf"(?P<unit>%|％|{_UNITS})(?P<each>[(（][次项件人][)）])?(?![号款])"
)
_FIRST, _NEXT = "零一二三四五六七八九十两", "零一二三四五六七八九十百千万亿两"
_HANZI = rf"(?:(?<=提前)|(?<![第数几前本{_NEXT}〇年月]))[{_FIRST}][{_NEXT}]*"
_ARABIC = r"(?<![\d〔\[第A-Za-z.,年月-])\d{1,3}(?:,\d{3})+(?:\.\d+)?(?:[千百]?[万亿]?)|(?<![\d〔\[第A-Za-z.,年月-])\d+(?:\.\d+)?(?:[千百]?[万亿]?)"
_NUMBER = rf"(?:{_HANZI}|{_ARABIC})"
NO_NUMBER = (
    "(?<!第)一(?=方|切|般|律|并|致|定|样|旦|同|体|直|再|贯|向|概|经|系列|些|次性|站式|揽子)"
    "|(?<=[统同唯逐单专进如任万])一|(?<=[^分]之)一|(?<=再)三|万(?=一(?![千百十])|分(?!之))|十(?=分(?![之钟]))|千(?=方百计)|百(?=计|姓)|两(?=者|岸|侧)"
)
"""Pattern of numerals that are parts of words and count nothing: 一方, 一律, 统一, 之一 (not 三分之一), 十分重要, 万一."""
# Units that are counted whatever stands around them, and those that are so only between bounds: 一人 and 两条 are mostly idiom.
_SURE = "个工作日|工作日|个月|个小时|小时|分钟|平方公里|平方米|立方米|周岁|公里|厘米|毫米|公斤|千克|吨|元|倍|%|％"
_BOUNDED = "年|日|天|周|米|人|名|户|只|条|件|份|次|处|家|辆|头"
_TO = r"(?:至|到|—{1,2}|－|-|–|~|～)"
_COUNTED_BETWEEN_BOUNDS = f"{_BOUNDED}|(?:{_UNITS})(?!之)"
_NOT = "(?:不应当|不应|不得|不能|不可|不宜|不准|不许|不允许|禁止|严禁|不|未)(?:擅自|再|以|为|同时|连续|累计|合计|总计)?"
_MORE = "超过|超出|高于|多于|大于|长于|晚于|迟于|逾"
_LESS = "少于|低于|短于|小于|早于"
_OVER = "以上(?:不满|不足|未满|不到|低于|少于|不超过|不得超过|不高于|至)?"
_RANGE = lazy_re(
    rf"(?P<of>百分之)?(?P<low>{_NUMBER})(?P<lowunit>{_SURE}|{_BOUNDED})?(?P<join>{_OVER}|{_TO})(?:(?(of)百分之))"
    rf"(?P<high>[{_FIRST}][{_NEXT}]*|\d+(?:[.,]\d+)*[千百]?[万亿]?)(?(of)|(?P<unit>{_SURE}|{_BOUNDED}))(?P<after>以下|以内|之内|内)?"
)
_OR_EQUAL = "(?:大于|小于|高于|低于)(?:或者?)?等于|等于或者?(?:大于|小于|高于|低于)"
# What a bound is set to may stand before its number: 不得低于注册资本的百分之三十, 不少于人民币五万元, 至少保存三年.
_OF_WHAT = rf"(?:人民币|[^，,。；;：:、\d{_NEXT}每]{{1,16}}的(?=百分之|\d))"
_SINGLE = lazy_re(
    rf"(?P<before>{_OR_EQUAL}|(?:{_NOT}(?:{_MORE}|{_LESS})|低于|少于|不足){_OF_WHAT}?|{_MORE}|{_LESS}"
    rf"|不满|未满|不足|不到|不及|未达到?|达不到|(?:最高|最多|至多|最长|最迟|最晚|上限)(?:可以?|为|达|可达)?|(?:最多|最早)提前"
    rf"|至少[^，,。；;：:、\d{_NEXT}每]{{0,6}}|(?:最低|最少|最短|下限)为?|提前|(?<![期年时界权上下有])限(?:养|额)?|年满|(?<![届期])满)?"
    rf"(?P<of>百分之)?(?P<number>{_NUMBER})(?(of)|(?P<unit>{_SURE}|{_COUNTED_BETWEEN_BOUNDS}))"
    rf"(?P<after>以上|以下|以内|之内|内|以外|之外|以前|之前|前)?"
)
# 民法典 第一千二百五十九条: 以上、以下、以内、届满 include the number itself; 不满、超过、以外 do not.
_BOUNDS: tuple[tuple[re.Pattern[str], bool, bool], ...] = (
    (lazy_re("^(?:等于.*[小低]于|[小低]于.*等于)$"), False, False),
    (lazy_re("^(?:等于.*[大高]于|[大高]于.*等于)$"), True, False),
    (lazy_re(rf"^{_NOT}(?:{_MORE})|^(?:最多|最早)提前|^(?:最高|最多|至多|最长|最迟|最晚|上限)|^限"), False, False),
    (lazy_re(rf"^{_NOT}(?:{_LESS})|^(?:至少|最低|最少|最短|下限|提前|年满|满)"), True, False),
    (lazy_re(rf"^(?:{_MORE})|^[以之]外$"), True, True),
    (lazy_re(rf"^(?:{_LESS})|^(?:不满|未满|不足|不到|不及|未达|达不到)"), False, True),
    (lazy_re("^(?:以上|[以之]?前)$"), True, False),
    (lazy_re("^(?:以下|以内|之内|内)$"), False, False),
)
"""Of each word that sets a bound, whether that is the least, else the most, and whether the number itself is left out."""
_LEFT_OUT = lazy_re("不满|不足|未满|不到|低于|少于")
_LEAD = ("分钟", "小时", "个小时", "日", "天", "周", "个工作日", "工作日", "个月", "年")
_OF_A_MONTH = lazy_re("月[的份]{1,2}$")
_PLAIN = (*_SURE.split("|"), *_BOUNDED.split("|"))
_LENGTHS = ("米", "公里", "厘米", "毫米")
_YEAR = lazy_re(r"(?:19|20)\d\d$")
_PENALTY = lazy_re(r"^(?:罚款|(?:行政)?拘留|罚金|有期徒刑|拘役|管制)")
_SENTENCE = "。；;\n"
MARKS = "，,。；;：:！!？?"
_CLAUSE = lazy_re(rf"(?:[^{MARKS}\n]|(?<=\d),(?=\d{{3}}))+[{MARKS}]?")
_SCALES = {"百": 100, "千": 1000, "万": 10_000, "亿": 100_000_000}
_NUMBER_OF_ARTICLE = r"第[零一二三四五六七八九十百千\d]+条(?:之[一二三四五六七八九十]+)?"
# Words that say nothing of what is counted, at either end of a label; not where they begin or end a word: 及时, 并处, 没有.
_EMPTY_START = lazy_re(
    rf"^(?:{_NUMBER_OF_ARTICLE}\s*|[一二三四五六七八九十\d]+[)）.、]|截至目前|目前(?!的)|其中|全年|今年|本年度|年度|我[市区县]|全[省市区县]|[省市区县]里"
    r"|共计|累计|合计|共有|共(?![同用享产建管和济犯犬])|已(?!经)|并(?![且处不用购入网])|和(?![解谐平])|及(?![时其早格])|等(?![级于同候待效额])|的(?!士)|了(?!解)|为(?![了期主])|达(?![到成标])|[、\s“”\"（(）)])+"
)
_EMPTY_END = lazy_re(
    r"(?<![不未没无非莫])(?:共计|累计|合计|总共|共有|共|(?<![大预])约|近|超过?|达到?|(?<![行作成认])为|(?<![但凡只还若])是|(?<![平])均|各|全部|(?<![没所享具持])有|了|的|实现|完成|其中|[、\s“”\"（(）)])+$"
)
_SAYS_LITTLE = lazy_re("^(?:[不未没无非禁勿]|(?:应当?|可以|必须|须|并|且)*(?:在|于)?)$")
_NEGATION = lazy_re("[不未没无非禁勿]")
_LONGEST = 60
_ARTICLE = lazy_re(rf"\s*({_NUMBER_OF_ARTICLE})[\s　]")
_ITEM = lazy_re(rf"^[\s　]*(?:{_NUMBER_OF_ARTICLE}[\s　]+|[（(][一二三四五六七八九十\d]+[）)])")
# Conditions that say nothing without the conduct that they are added to, and what is done about a conduct.
_ADDED = lazy_re(
    r"(?:有|属于|具有)(?:[下上]列|前款|前[一二三四五]款|上述|以下).*的$"
    r"|^(?:但是?|并|且|经.{2,8}|警告后)?(?:不改|未改|拒绝|拒不|逾期|仍不|仍未|再次|屡次|屡教|情节|造成|构成|尚不|尚未|未造成|后果|数额|危害|有前[款项]|致使|导致|影响恶劣).*的$"
    r"|(?:货值金额|违法所得|违法经营额|经营额|数额|金额).{0,20}的$"
)
_DONE = lazy_re(
    r"^(?:由|责令|给予|没收|处|并处|可以|可处|应当|依法|暂扣|吊销|警告|对.*处|予以|依照|按照|违反|根据)(?!.*的$)"
    r"|(?:改正|警告|罚款|拘留|许可证|处罚|处分|处理|责任|违法所得|规定|决定|停产|停业|整顿)$"
)
_AGAINST = lazy_re(
    r"对(?:其|该|有关|违法)?[^，。；、：处]{2,30}?(?=可以|应当|并处|可|并|各|分别|依法|处|再)|(?:^|、|，)[^，。；、：处由]{0,8}(?:单位|个人|自然人|法人|企业|组织)(?=可以|并处|可|并|各|依法|处)"
)
_IMPOSES = lazy_re("(?:可以|应当|分别|依法|并|可|各|再)*(?:处|科|给予)(?:以)?$")
_YEARS = 100
_TELLING = ("为", "期", "处", "满")
_BESIDE = 8
_NUMERIC_BEFORE = lazy_re(r"[\d\s.,，．]*$")
_BLANKS = lazy_re(r"[ \u3000]*")


@dataclass(frozen=True, slots=True)
class Figure:
    """A number as printed (`text`, without its unit), its `value`, its `unit`, and what it counts (`label`).

    Where the text sets bounds they are `low` and `high`, None where it sets none on that side, and `text` is all that is
    printed of them with the unit ("二百元以上二千元以下"); `value` is the higher one. `above` and `below` tell that the number itself
    is left out of its bound: 超过, 不满. `start` and `end` are offsets of number and unit in the text; `clause` is the clause
    around them.
    """

    text: str
    value: Decimal
    unit: str
    label: str
    clause: str
    start: int
    end: int
    low: Decimal | None = None
    high: Decimal | None = None
    above: bool = False
    below: bool = False

    @property
    def bounds(self) -> tuple[Decimal | None, Decimal | None]:
        """The least and the most that it says; both are the number where that is one without bounds."""
        return (self.value, self.value) if self.low is None and self.high is None else (self.low, self.high)

    @property
    def digits(self) -> str:
        """The bounds in figures, 200–2,000, ≤ 30, ≥ 3, < 18; "" where the number is printed so."""
        shown = spanned(*self.bounds, self.above, self.below)
        return "" if shown.replace(",", "") == self.text.replace(",", "") else shown


def spanned(low: Decimal | None, high: Decimal | None, above: bool = False, below: bool = False) -> str:
    """Write bounds in figures; `above` and `below` where the number itself is left out of its bound."""
    least = f"{'>' if above else '≥'} {low:,f}" if low is not None else ""
    most = f"{'<' if below else '≤'} {high:,f}" if high is not None else ""
    if low is None or high is None or above or below:
        return "，".join(filter(None, (least, most)))
    return f"{low:,f}" if low == high else f"{low:,f}–{high:,f}"


@dataclass(frozen=True, slots=True)
class _Read:
    """A figure as found: what is printed of it, its value and bounds, and its place."""

    text: str
    value: Decimal
    unit: str
    start: int
    end: int
    low: Decimal | None = None
    high: Decimal | None = None
    above: bool = False
    below: bool = False


@dataclass(frozen=True, slots=True)
class _Conduct:
    """Clauses that say for what there is a penalty, and whether they tell it by themselves."""

    text: str
    tells: bool
    start: int
    end: int


def figures(text: str, doubtful: Sequence[tuple[int, int]] = ()) -> Iterator[Figure]:
    """Yield the figures of a text in order; `doubtful` are the places in it that could not be proved, beside the marked ones."""
    doubts = sorted([*doubtful, *(each.span() for each in re.finditer(MISSING, text))])
    for clause in _CLAUSE.finditer(text):
        found = _found(text, *clause.span())
        for place, each in enumerate(found):
            if _touched(text, each, doubts):
                continue
            before = text[found[place - 1].end if place else clause.start() : each.start]
            after = text[each.end : found[place + 1].start if place + 1 < len(found) else clause.end()]
            held = text[clause.start() : each.start]
            label = _penalty(text, clause.start(), each.start, after) or _label(before, held, after)
            yield Figure(
                each.text, each.value, each.unit, label, clause[0].strip(), each.start, each.end, each.low, each.high,
                each.above, each.below,
            )  # fmt: skip


def _found(text: str, start: int, end: int) -> list[_Read]:
    """Read the figures between two places: ranges first, then what has bounds or is in Chinese, then what is counted."""
    found: list[_Read] = []
    for pattern, read in ((_RANGE, _range), (_SINGLE, _single), (_FIGURE, _counted)):
        for match in pattern.finditer(text, start, end):
            each = read(match)
            if each and all(each.end <= other.start or other.end <= each.start for other in found):
                found.append(each)
    return sorted(found, key=lambda each: each.start)


def _range(match: re.Match[str]) -> _Read | None:
    unit = "%" if match["of"] else match["unit"].replace("％", "%")
    told, named = match["join"], match["lowunit"]
    if (named and named.replace("％", "%") != unit) or (told.startswith("以上") and not (named or match["of"])):
        return None
    if not told.startswith("以上") and _YEAR.search(match["low"]):
        return None
    low, high = _value(match["low"]), _value(match["high"])
    if low is None or high is None or low > high:
        return None
    return _Read(match[0], high, unit, *match.span(), low, high, below=_LEFT_OUT.search(told) is not None)


def _single(match: re.Match[str]) -> _Read | None:
    value, unit = _value(match["number"]), "%" if match["of"] else match["unit"].replace("％", "%")
    before, after = match["before"] or "", match["after"] or ""
    hanzi = not match["number"][0].isascii()
    told = before or after or (hanzi and match.string[max(match.start() - 1, 0) : match.start()] in _TELLING)
    if value is None or not (hanzi or before or after) or (unit not in _SURE.split("|") and not told):
        return None  # what is counted in figures is for `_counted`
    if unit == "年" and (
        _YEAR.search(match["number"]) or (after.endswith(("前", "内")) and not hanzi and value > _YEARS)
    ):
        return None
    if after.endswith("前") and unit == "日" and _OF_A_MONTH.search(match.string, 0, match.start()):
        return None
    start, end = match.span()
    if (after.endswith("前") and unit not in _LEAD) or (after.endswith("外") and unit not in _LENGTHS):
        end -= len(after)
        after = ""
    if unit not in _PLAIN and not (before or (after and not hanzi)):
        return None  # 两个以上部门 are some
    bound = _bound(before) or _bound(after)
    if bound is None:
        printed = match[0][len(before) : len(match[0]) - len(match["after"] or "")]
        return _Read(printed, value, unit, start + len(before), end)
    least, left_out = bound
    low, high = (value, None) if least else (None, value)
    return _Read(
        match.string[start:end], value, unit, start, end, low, high, left_out and least, left_out and not least
    )


def _bound(told: str) -> tuple[bool, bool] | None:
    """Return whether words set the least, else the most, and leave the number itself out; None where they set no bound."""
    return next(((least, left_out) for words, least, left_out in _BOUNDS if words.search(told)), None)


def _counted(match: re.Match[str]) -> _Read:
    unit = match["unit"].replace("％", "%")
    scale = prod(_SCALES[character] for character in match["scale"])
    value = Decimal(match["number"].replace(",", "")) * scale
    return _Read(match["number"] + match["scale"], value, unit + (match["each"] or ""), *match.span())


def _value(printed: str) -> Decimal | None:
    """Return the value of a number, None for one without a value: 二三, 十十."""
    plain = printed.replace(",", "").replace("两", "二")
    if plain[0].isascii():
        number = re.match(r"[\d.]+", plain)
        assert number  # it begins with a figure
        return Decimal(number[0].rstrip(".")) * prod(_SCALES[character] for character in plain[number.end() :])
    if len(plain) > 1 and not re.search("[十百千万亿]", plain):
        return None
    total = Decimal(0)
    for power, scale in (("亿", 10**8), ("万", 10**4)):
        head, found, plain = plain.rpartition(power)
        total = (total + (Decimal(numeral(head)) if head else 0)) * scale if found else total
        if found and not head:
            return None
    return total + (Decimal(numeral(plain)) if plain else 0)


def _penalty(text: str, clause: int, figure: int, after: str) -> str:
    """Name a penalty by what it is for and whom it is on, in runs of the text; "" for what is none.

    拒不改正的 says nothing alone: the conduct before it stands in front. Where there is none, the number of the article does.
    """
    named = _PENALTY.match(after.removeprefix("的"))
    if not named:
        return ""
    start = max(text.rfind(mark, 0, clause) for mark in "。\n") + 1
    sentence = max(text.rfind(mark, 0, clause) for mark in _SENTENCE) + 1
    conducts = _conducts(text, start, clause)
    told = [each for each in conducts if each.end > sentence][-1:]
    on = [
        found[0].lstrip("、，") for found in _AGAINST.finditer(text, max(told[0].end if told else 0, sentence), figure)
    ]
    if told or on:  # of what stands before, what tells most
        before = [each for each in conducts if each not in told]
        told += ([each for each in before if each.tells][-1:] or before[-1:]) if not (told and told[0].tells) else []
    said = [each.text for each in sorted(told, key=lambda each: each.start)]
    said = said or [_IMPOSES.sub("", _ITEM.sub("", text[sentence:figure].split("，")[0]))] * (not on)
    what = "，".join(filter(None, (*map(_shortened, said), *on[-1:])))
    article = _ARTICLE.match(text)
    if article and not any(each.tells for each in told):
        what = f"{article[1]} {what}".strip()
    return f"{what}：{named[0]}" if what else named[0]


def _conducts(text: str, start: int, end: int) -> list[_Conduct]:
    """Return the conducts in a stretch of text: clauses up to one that ends in 的, from where what is done about another ends."""
    found: list[_Conduct] = []
    first: int | None = None
    for part in re.finditer(r"([^，,：:；;]+)([，,：:；;]?)", text[start:end]):
        words = _ITEM.sub("", part[1]).strip()
        if _DONE.search(words) or not words:
            first = None
        elif first is None:
            first = start + part.start()
        if first is not None and words.endswith("的"):
            run = _ITEM.sub("", text[first : start + part.end(1)]).strip()
            tells = any(not _ADDED.search(each) for each in re.split("[，,：:]", run))
            if found and found[-1].start == first:
                found.pop()
            found.append(_Conduct(run, tells, first, start + part.end(1)))
        if part[2] in ("；", ";"):
            first = None
    return found


def _shortened(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _touched(text: str, found: _Read, doubts: Sequence[tuple[int, int]]) -> bool:
    """Return whether a doubtful place lies in a figure or beside it, with no more than blanks and marks of numbers between."""
    start = found.start - len(_NUMERIC_BEFORE.search(text[max(found.start - _BESIDE, 0) : found.start])[0])  # type: ignore[index]
    end = found.end + len(_BLANKS.match(text, found.end)[0])  # type: ignore[index]
    return any(first <= end and last >= start for first, last in doubts)


def _label(before: str, clause: str, after: str) -> str:
    """What a number counts: the words before it, or those after it where there are none worth the name.

    `before` are the words after the figure before, `clause` all from the clause's beginning: they count where they deny.
    """
    head = _EMPTY_END.sub("", _EMPTY_START.sub("", clause if _NEGATION.search(clause) else before))
    if len(head) <= 1 < len(clause) - len(before):  # 出生满三个月后的十五日内
        head = _EMPTY_END.sub("", _EMPTY_START.sub("", clause))
    tail = _EMPTY_END.sub("", _EMPTY_START.sub("", after.rstrip(MARKS)))
    if head and tail and _SAYS_LITTLE.search(head):
        return _shortened(f"{head}…{tail}")
    return _shortened(head if len(head) > 1 else tail or head)
