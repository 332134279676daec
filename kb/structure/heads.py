"""The head of a document: title lines, document number and, of laws, the preamble that tells how they came about.

GB/T 9704-2012 7.2.5 (发文字号) and 7.3.1 (标题): the number stands above or, on web pages, below the title; the title may
be broken over several lines.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import takewhile

from kb.base.lazy_re import lazy_re
from kb.chinese import dates
from kb.chinese.kinds import HEAD_TITLE_ENDS, any_of
from kb.structure import history

_ZERO = "0０OＯoｏ〇○"
_YEAR = rf"(?:[1１][9９]|[2２][{_ZERO}])[\d{_ZERO}]{{2}}"
_YEAR_BRACKETS = rf"[〔\[【（(﹝［〈<]\s*{_YEAR}\s*[〕\]】）)﹞］〉>]"
_DIGITS = r"[\d一二三四五六七八九十百千〇零]+"
_CODE = r"(?:(?!关于|贯彻|落实|根据|按照|印发|转发)[\u4e00-\u9fff（）()]){1,25}?"
_SERIAL_NUMBER = rf"(?:[12]\d{{3}}\s*年\s*)?第\s*{_DIGITS}\s*号(?:令|公告)?"
NUMBER = (
    rf"(?:{_CODE}\s*{_YEAR_BRACKETS}\s*(?:第\s*)?[\d{_ZERO}]+\s*号"
    rf"|(?:[\u4e00-\u9fff 　]{{1,40}}?(?:命?令|公告)\s*)?{_SERIAL_NUMBER})"
)
"""A regular expression without groups for 国发〔2019〕5号, 国令第707号, 2025年第5号, 第707号."""

ORGAN = (
    r"(?:政府|部|委|委员会|局|厅|院|办公厅|办公室|会|署|总队|支队|大队|处|所|站|办|妇联|残联|文联|工商联|党组|司|法庭|法院|检察院|中心|公司|集团|军委|军区|司令部|指挥部|"
    r"领导小组|工作组|专家组|组|大学|学院|学校|银行|联盟|协会|学会|社|党委|党校|馆|常务委员|团中央|政治部|后勤部|海关|管委会|工委|纪委|人大|政协|国务院|中央|市委|省委)"
)
"""A regular expression for the last word of an organ's name."""

# Minutes bear only year and number: 〔2022〕28号.
_WHOLE_NUMBER = lazy_re(rf"[（(]?({NUMBER})[）)]?|({_YEAR_BRACKETS}\s*(?:第\s*)?\d+\s*[号期次])")
# All that stands between belongs to no number: a blank that could begin one would be tried both ways, at each of them.
_SEVERAL = lazy_re(
    rf"{NUMBER}(?:[\s、，,]+(?![\s、，,])(?:{NUMBER}|(?<=[\s、，,][ 　])(?:令|公告)\s*{_SERIAL_NUMBER}))+"
)
_ORDER = lazy_re(r"(.{2,40}?)(命?令|公告)")
_HEADING = lazy_re(
    r"第[一二三四五六七八九十百千\d]+[编章节条部]|[一二三四五六七八九十]+[、.．]|[（(][一二三四五六七八九十]+[)）]|\d+[、.．]"
)
_TITLE_WORDS = f"(?:{any_of(HEAD_TITLE_ENDS)})"
_TITLE_END = lazy_re(rf"{_TITLE_WORDS}(?:\s*[（(][^（()]*[）)])*$")
# What else may stand over a text as its title; only where no line of the title ends in a kind of document.
_OTHER_TITLE_END = lazy_re(
    r"(?:情况|讲话|发言|致辞|[通告知定见诺议任声申承认]书|须知|启事|汇报|手册|声明|提示|提醒|[开慰谢贺倡]信|简介|概况|介绍|问答|名册|流程"
    r"|摘要|综述|大事记|年鉴|[年月季]报|预告|公约|协定|协议|合同|指引|总结|回顾)"
    r"(?:\s*[（(][^（()]*[）)])*$"
)
# 版头 and what sites print there (GB/T 9704-2012, 7.2): 份号, 密级和保密期限, 紧急程度, numbers of registers, how open it is.
_MASTHEAD = lazy_re(
    r"(?:(?:份号|编号|登记号|统一编号|备案号|[Nn][Oo]\.?|№)\s*[:：.]?\s*)?(?:\d{4,8}|[A-Z]{2,}[\dA-Z]*(?:[-—–－]\d+)+)"
    r"|(?:(?:密级|紧急程度|缓急)\s*[:：]\s*)?(?:(?:绝密|机密|秘密|内部)(?:\s*[★☆*]\s*[\d一二三四五六七八九十长]{1,3}[年月期]?)?|特急|加急|特提|平急|急件|紧急|普通)"
    r"(?:\s*(?:(?:绝密|机密|秘密)(?:[★☆]\S{1,4})?|特急|加急|特提|平急|急件))?"
    r"|(?:主动公开|依申请公开|不予公开|免予公开|公开|不公开|部分公开|此件.{0,8}公开.{0,2}|(?:信息)?公开(?:方式|属性|选项|类别|形式).{0,10}|[（(][A-DＡ-Ｄ]类[）)])"
    r"|(?:是否)?(?:内部资料|注意保存|规范性文件|行政规范性文件|有效|现行有效)"
    r"|(?:签发人|会签人|签发|会签)(?:\s*[：:]?.{0,20})?"
    r"|(?:[12]\d{3}\s*年\s*)?(?:第\s*\d+\s*期|总第\s*\d+\s*期)(?:\s*[（(]?总?第?\s*\d+\s*期?[）)]?)?"
)
_LETTERHEAD = lazy_re(
    rf"(?!.*关于)[^，。《》]{{0,40}}?(?:(?:{ORGAN}|{ORGAN}[\s、]*)(?:行政)?(?:规范性)?(?:党组|党委)?文件|{ORGAN}(?:公报|简报|政报))"
)
_COLLECTION = lazy_re(r"[汇选]编$")
_STOP = lazy_re(r"目[录次]|摘要|内容提要")
_NUMBERED_TITLE = lazy_re(rf"(.{{4,}}{_TITLE_WORDS})(?:\s+|\s*[（(])({NUMBER})[）)]?")
_BODY = lazy_re(rf"^(?:#+ |<p[^>]*>)?\s*(?:{_HEADING.pattern})", re.MULTILINE)
_EVENT_END = lazy_re(
    rf"(?:通过|修[订正改]|公布|发布|颁布|施行|实施|批准|生效|{history.CHANGED_BY})(?:[）)。\s]|根据)*$"
)
_DATE = lazy_re(dates.DATE)
_SERIAL = lazy_re(r"(?:[12]\d{3}\s*年\s*)?第")
_BESIDE = lazy_re(r"^附件\s*[\d一二三四五六七八九十]*\s*[：:]?\s*|^(?:发文字号|文号)\s*[：:]\s*|\s+签发人\s*[：:].*$")
_BODY_LINE = lazy_re(r"[。：:]$")
_MARKS = lazy_re(r"^#+ +|\{[^{}]*\}$")  # of Markdown: heading, attributes
_NO_PLACE = lazy_re(r"[省市县区州](?:人民代表|人大(?:常|$))")
_CONGRESS = lazy_re(r"人民代表|常务委?员会")
_WHOLE_CONGRESS = lazy_re(
    r"(?:全国|[\u4e00-\u9fff]{2,20}(?:[省市县区旗盟州乡镇]|行政公署|自治[州县旗]))人民代表大会(?!会)(?:常务委员会|[\u4e00-\u9fff]{2,12}委员会)?(?:办公[厅室])?"
    r"|(?!.*人民代表)[\u4e00-\u9fff]{2,20}常务委员会(?:办公[厅室])?"
)
_MEETING = lazy_re(rf"第{_DIGITS}次.{{0,6}}?会议")
_PUBLISHED = lazy_re(r"公布|发布|颁布")
_DECREE = lazy_re(
    rf"[\u4e00-\u9fff]{{1,24}}?(?:、[\u4e00-\u9fff]{{1,24}}?){{0,9}}(?:令|公告)\s*(?:[12]\d{{3}}年)?第\s*{_DIGITS}\s*号"
)
_YEAR_ALONE = lazy_re(r"[12]\d{3}年度?")
_ONE_CHARACTER = lazy_re(r"[\u4e00-\u9fff]")
_HEAD_CHARACTERS = 4000
_HEAD_LINES = 14
_TITLE_LINE = 50
_LONG_TITLE = 150
_SHORTEST = 5


@dataclass(frozen=True, slots=True)
class Head:
    """What stands above the body. Every value is "" where it does not stand there; dates are ISO 8601."""

    title: str = ""
    number: str = ""
    issuer: str = ""
    adopted: str = ""
    published: str = ""
    effective: str = ""


def read(text: str) -> Head:
    """Read the head of a document's text."""
    start = text[:_HEAD_CHARACTERS]
    lines = [line.strip() for line in start.splitlines() if line.strip()]
    body = _BODY.search(start)
    past = history.lines(start[: body.start()] if body else start)
    told = _history(filter(_EVENT_END.search, past))
    title, number, orderer = _title(lines)
    return Head(
        title=title,
        number=number or told.number,
        issuer=told.issuer or orderer,
        adopted=told.adopted,
        published=told.published,
        effective=told.effective,
    )


def is_title(line: str) -> bool:
    """Return whether a line above a text may be its title though no kind of document ends it: 示例区2022年信访工作情况."""
    return len(re.findall(r"[\u4e00-\u9fff]", line)) >= _SHORTEST and _is_title_line(line) and not organs(line)


def is_masthead(line: str) -> bool:
    """Return whether a line is one of the 版头: 份号, 密级, 紧急程度, 发文机关标志, 发文字号, 签发人."""
    plain = _plain(line)
    return not plain or bool(_is_marked(plain) or _LETTERHEAD.fullmatch(plain) or _whole_number(plain))


def ends_as_title(line: str) -> bool:
    """Return whether the last word of a line is one that titles end in."""
    return bool(_TITLE_END.search(line) or _OTHER_TITLE_END.search(line))


def organ(printed: str) -> str:
    """Return the plain name of an organ as an order or a preamble prints it: 中华人民共和国国务院 → 国务院."""
    name = re.sub(rf"第?{_DIGITS}届|[12]\d{{3}}年$", "", re.sub(r"\s+", "", printed)).strip("，,、（()）以由经于")
    name = re.sub(r"^(最高人民(?:法院|检察院))(?:审判|检察)委员会$", r"\1", name)
    name = re.sub(r"^中华人民共和国(?!主席)(?=.{2})", "", name)
    if _NO_PLACE.match(name) or (_CONGRESS.search(name) and not _WHOLE_CONGRESS.fullmatch(name)):
        return ""  # 北京市人民代表大会常务员会, 县人民代表大会: slips and what is cut off name nobody
    return name if len(name) > 2 and re.search(rf"{ORGAN}$", name) else ""


def organs(printed: str) -> str:
    """Return the plain names of organs that stand side by side, joined by 、; "" when anything else stands there."""
    names = [organ(name) for name in re.split(r"[\s、]+", printed.strip())]
    return "、".join(names) if all(names) else ""


def _title(lines: Sequence[str]) -> tuple[str, str, str]:
    """Return title, document number and, of an order, the organ that gives it."""
    plain = _whole_lines([part for line in lines[:_HEAD_LINES] for part in _parts(_plain(line))])
    number = _number(plain)
    letterhead, block = _title_lines(plain)
    order = _ORDER.fullmatch(letterhead or (block[0] if block else ""))
    if not order or not _SERIAL.match(number):
        return _joined(block), number, ""
    title = _joined(block) if letterhead else _ordered_title(lines, block[0])
    # 国务院令第707号 is cited with the name of the order; 2019年第39号 of an announcement is a number by itself.
    named = order[2].endswith("令") or number.startswith("第")
    return title, f"{order[0]}{''.join(number.split())}" if named else number, organs(order[1])


def _whole_lines(lines: Sequence[str]) -> list[str]:
    """Join what a title's lines are broken into that is no line by itself: 2031年 before it, a last 知 after it."""
    whole: list[str] = []
    for line in lines:
        above = whole[-1] if whole else ""
        year = _is_title_line(line) and _YEAR_ALONE.fullmatch(above + line[:1] * line.startswith("年"))
        if year or (above and _ONE_CHARACTER.fullmatch(line) and _is_title_line(above)):
            whole[-1] += line
        else:
            whole.append(line)
    return whole


def _plain(line: str) -> str:
    """Take off a line what is not its own: marks of Markdown, letter spacing, 附件1, 文号：, 签发人."""
    return _BESIDE.sub("", _without_letter_spacing(_MARKS.sub("", line)))


def _parts(line: str) -> tuple[str, ...]:
    """Part a title from the number printed after it: 关于示例的通知（示府〔2020〕1号）, 示例市人民政府令 第45号."""
    found = _NUMBERED_TITLE.fullmatch(line)
    return (found[1], found[2]) if found else (line,)


def _number(lines: Sequence[str]) -> str:
    """Return the numbers that stand alone on a line above the text, those of a joint document one below the other."""
    numbers: list[str] = []
    for line in lines:
        if _STOP.fullmatch(line):
            break
        if found := _whole_number(line):
            numbers.append(found)
        elif numbers or (_BODY_LINE.search(line) and not _is_title_line(line)):
            break
    if len(numbers) > 1 and any(_SERIAL.match(number) for number in numbers):
        return numbers[0]
    return "、".join(dict.fromkeys(numbers))


def _whole_number(line: str) -> str:
    """Return the number, or the numbers side by side, that is all of a line; "" for any other line."""
    if _SEVERAL.fullmatch(line):
        return "、".join(re.split(r"(?<=号)[\s、，,]+", line))
    found = _WHOLE_NUMBER.fullmatch(line)
    return (found[1] or found[2]) if found else ""


def number_in_figures(number: str) -> str:
    """Write the figures of a number as GB/T 9704 has them: 示府〔２０２２〕２６号, 示府〔2O22〕26号 → 示府〔2022〕26号."""
    return _NUMERIC.sub(lambda found: found[0].translate(_TO_FIGURES), number)


_NUMERIC = lazy_re(rf"(?<=[〔\[【（(﹝［〈<]){_YEAR}|(?<=[〕\]】）)﹞］〉>第])\s*[\d{_ZERO}]+(?=\s*号)|[０-９]+")
_TO_FIGURES = str.maketrans("０１２３４５６７８９OＯoｏ〇○", "0123456789000000")


def _title_lines(lines: Sequence[str]) -> tuple[str, list[str]]:
    """Return the letterhead (发文机关标志), "" where none stands apart, and the lines of the title."""
    letterhead: list[str] = []
    block: list[str] = []
    head = ""
    for line in lines:
        if _STOP.fullmatch(line):
            block = block or [head]
            break
        if _whole_number(line):
            if block and _is_letterhead(block):
                letterhead, block = block, []
            elif len(block) > 1 and _SERIAL.match(line) and _ORDER.fullmatch(block[-1]):
                letterhead = [block.pop()]  # the order below the title of what it proclaims
                break
        elif block and _is_open("".join(block)) and len(line) <= _TITLE_LINE and not _BODY_LINE.search(line):
            block.append(line)
        elif _is_marked(line):
            continue
        elif _LETTERHEAD.fullmatch(line):
            head = line
            if all(map(organs, block)):
                block = []  # the other organs of a joint document
        elif _is_title_line(line):
            block += [line] if line not in block else []
        elif block or letterhead or len(line) > _TITLE_LINE:
            break
    return ("".join(letterhead), block) if block else ("", letterhead)


def _is_marked(line: str) -> bool:
    """Return whether a line has nothing but marks of the 版头, one or several: 机密★1年 特急."""
    return bool(_MASTHEAD.fullmatch(line)) or all(map(_MASTHEAD.fullmatch, line.split()))


def _is_open(title: str) -> bool:
    """Return whether a title breaks off within 《…》."""
    return title.count("《") > title.count("》")


def _is_letterhead(block: Sequence[str]) -> bool:
    """Return whether lines above a number are its letterhead: organs alone, or the name of an order (GB/T 9704-2012, 10.1, 10.2)."""
    whole = "".join(block)
    return "关于" not in whole and bool(organs(whole) or _ORDER.fullmatch(whole))


def _is_title_line(line: str) -> bool:
    """Titles are short and are no sentences, no headings and no dates; a date or a bracket below them is not theirs."""
    ends = bool(_TITLE_END.search(line) or _OTHER_TITLE_END.search(line))  # may be long and hold commas
    if len(line) > (_LONG_TITLE if ends else _TITLE_LINE) or not re.search(r"[\u4e00-\u9fff]{2}", line):
        return False
    if re.search(r"[。；;！!？?：:|]" if ends else r"[。；;！!？?：:，,|]", line):
        return False
    return not (_HEADING.match(line) or _DATE.match(line) or line[0] in "（(〔[【<:-—!@*")


def _without_letter_spacing(line: str) -> str:
    """国 家 粮 食 应 急 预 案 的 函 → 国家粮食应急预案的函: blanks between single characters are layout."""
    words = line.split()
    return "".join(words) if len(words) > 1 and all(len(word) == 1 for word in words) else re.sub(r"\s+", " ", line)


def _joined(block: Sequence[str]) -> str:
    """Join the lines of a title: the longest run from the top that ends like a title, or else the first line."""
    if block and _COLLECTION.search(block[0]):
        return block[0]
    if len(block) > 1 and len(block[0]) <= _SHORTEST and "关于" in block[-1] and block[-1].endswith(block[0]):
        return block[-1]  # 会议纪要 as the letterhead of 关于示例工作的会议纪要
    for count in range(1, len(block)):
        title, rest = "".join(block[:count]), "".join(block[count:])
        if _TITLE_END.search(title) and _letters(title) in _letters(rest):
            return title  # printed again below, as a title in the text or within 关于印发《…》的通知
    joined = ["".join(block[: count + 1]) for count in range(len(block))]
    # 示例市中级人民法 / 院关于…: a line that is broken within the name of an organ ends nothing.
    joined = [
        title
        for title, after in zip(joined, [*block[1:], ""], strict=False)
        if not organs(title + after[:1]) or not after
    ]
    for end in (_TITLE_END, _OTHER_TITLE_END):
        if ended := [title for title in joined if end.search(title) and not _is_open(title)]:
            return ended[-1]
    # Nothing tells where it ends: it goes on over the lines that are no names, no headings and no signatures.
    goes_on = takewhile(
        lambda line: (len(line) >= _SHORTEST - 1 or line.startswith("的")) and " " not in line and not organs(line),
        block[1:],
    )
    return "".join([*block[:1], *goes_on])


def _letters(text: str) -> str:
    return re.sub(r"[\W_]+", "", text)


def _ordered_title(lines: Sequence[str], order: str) -> str:
    """Return the title of what an order proclaims: the first 《…》 of its text that also stands as a line below it."""
    named = [re.sub(r"[〈〉]", "", name) for line in lines[1:12] for name in re.findall(r"《([^》]+)》", line)]
    below = {re.sub(r"\s+", "", line.lstrip("# ")) for line in lines[2:]}
    return next((name for name in named if re.sub(r"\s+", "", name) in below), named[0] if named else order)


def _history(lines: Iterable[str]) -> Head:
    """Read the preamble: when and by whom the document was adopted, last amended, published, and is in force from."""
    adopted = published = effective = number = ""
    adopters: list[str] = []
    publisher = ""
    for line in lines:
        bodies: list[str] = []
        for event in history.events(line):
            if event.in_force:
                effective = event.day
                continue
            action = event.action
            bodies.append(_body(action))
            number = (_DECREE.findall(action) or [number])[-1]
            if "通过" in action or event.change:
                adopted = event.day
                adopters = adopters or [body for body in bodies if body]
            elif _PUBLISHED.search(action):
                published, publisher = event.day, publisher or bodies[-1]
    issuer = "、".join(dict.fromkeys(adopters)) or publisher
    return Head(
        number=number.lstrip("以由经"), issuer=issuer, adopted=adopted, published=published, effective=effective
    )


def _body(action: str) -> str:
    """Return the organ of 广东省第十三届人民代表大会常务委员会第七次会议通过 or of 中华人民共和国国务院令第570号公布."""
    meeting = _MEETING.search(action)
    if meeting:
        return organ(action[: meeting.start()])
    names = [organ(name) for name in re.split(r"(?:命?令|公告)?\s*(?:第|公布|发布|颁布)", action)[0].split("、")]
    return "、".join(names) if all(names) else ""
