"""Names of documents, folded so that two spellings of one name are one key."""

from __future__ import annotations

import re

from kb.base.lazy_re import lazy_re
from kb.chinese.issuers_and_laws import NATION
from kb.chinese.numerals import numeral

_MARKS = lazy_re(r"[\s《》〈〉<>＜＞“”\"'‘’「」﹤﹥·]+")
_JOINTS = lazy_re(r"(?<=[院部局委会厅署办行])[、,，-](?=[\u4e00-\u9fff])")
_BRACKETS = str.maketrans("(﹙[〔【)﹚]〕】,，:：;；－—–", "（（（（（））））），，：：；；---")
_QUALIFIER = lazy_re(r"（[^（）]*(?:试行|暂行|草案|修[订正改]|年|号|版|全文|节选)[^（）]*）$")
_YEAR = r"(?P<year>(?:19|20)\d\d|[一二][〇零○一二三四五六七八九]{3})"
_SERIAL = r"(?:第\s*)?(?P<serial>\d{1,9}|[〇零○一二三四五六七八九十百千]{1,9})"
_YEARLY = lazy_re(rf"^(?P<code>.*?)[〔\[【（(﹝［〈<]\s*{_YEAR}\s*年?\s*[〕\]】）)﹞］〉>]\s*{_SERIAL}\s*号?$")
_UNBRACKETED = lazy_re(rf"(?P<code>[\u4e00-\u9fff]{{2,12}})\s?{_YEAR}[ -]*{_SERIAL}\s*号")
_ORDER = lazy_re(
    r"^(?P<code>.*?)(?:(?P<year>(?:19|20)\d\d)\s*年\s*)?(?:第\s*(?P<serial>[\d〇零○一二三四五六七八九十百千]+)\s*号(?P<after>令|公告)?"
    r"|(?<!\d)(?P<bare>\d+)\s*号(?P<order>令|公告))$"
)


def title_key(title: str) -> str:
    """Fold a title: without blanks, inner title marks and 中华人民共和国; brackets and commas in one form.

    Issuers are joined by 、, by a blank or by nothing at all: 最高人民法院 最高人民检察院关于….
    """
    key = _MARKS.sub("", title).replace(NATION, "").translate(_BRACKETS)
    issuers, about, rest = key.partition("关于")
    return f"{_JOINTS.sub('', issuers)}{about}{rest}" if about else key


def plain_key(key: str) -> str:
    """Take what qualifies a title off its key: （试行）, （2018年修订）."""
    shorter = _QUALIFIER.sub("", key)
    return plain_key(shorter) if shorter != key else key


def number_key(printed: str) -> str:
    """Fold a document number: 汕濠府〔2020〕75号, 汕濠府[2020] 75 号, 汕濠府2020 75号 and 汕濠府（二〇二〇）第七十五号 are one; "" for anything else.

    国务院令第707号, 国务院707号令, 国令第707号 and 中华人民共和国国务院令第707号 are one, too.
    """
    plain = re.sub(r"\s+", " ", printed).strip("（()） ")
    if found := yearly_number(plain):
        code, year, serial = found
        return f"{code.translate(_BRACKETS)}{year}-{serial}"
    order = _ORDER.match(plain.replace(" ", ""))
    if not order:
        return ""
    code = (order["code"].replace(NATION, "") + (order["after"] or order["order"] or "")).translate(_BRACKETS)
    code = re.sub(r"^国令$", "国务院令", code)
    return f"{code}{order['year'] or ''}-{numeral(order['serial'] or order['bare'])}" if code else ""


def yearly_number(printed: str) -> tuple[str, str, int] | None:
    """Return the code of the agency, the year and the serial of a document number, however it is printed: 国发〔2019〕5号."""
    found = _YEARLY.match(printed) or _UNBRACKETED.fullmatch(printed)
    if not found or not found["code"].strip():
        return None
    year = "".join(str(numeral(figure)) for figure in found["year"])
    return found["code"].replace(" ", ""), year, numeral(found["serial"])
