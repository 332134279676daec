"""Names of documents, folded so that two spellings of one name are one key."""

from __future__ import annotations

import re

from kb.chinese.issuers_and_laws import NATION
from kb.chinese.numerals import numeral

_MARKS = re.compile(r"[\s《》〈〉<>＜＞“”\"'‘’「」﹤﹥·]+")
_JOINTS = re.compile(r"(?<=[院部局委会厅署办行])[、,，-](?=[\u4e00-\u9fff])")
_BRACKETS = str.maketrans("(﹙[〔【)﹚]〕】,，:：;；－—–", "（（（（（））））），，：：；；---")
_QUALIFIER = re.compile(r"（[^（）]*(?:试行|暂行|草案|修[订正改]|年|号|版|全文|节选)[^（）]*）$")
_YEARLY = re.compile(
    r"^(?P<code>.*?)[〔\[【（(﹝［〈<]\s*(?P<year>(?:19|20)\d\d)\s*[〕\]】）)﹞］〉>]\s*(?:第\s*)?(?P<serial>\d+)\s*号?$"
)
_ORDER = re.compile(
    r"^(?P<code>.*?)(?:(?P<year>(?:19|20)\d\d)\s*年\s*)?第\s*(?P<serial>[\d〇零○一二三四五六七八九十百千]+)\s*号(?P<after>令|公告)?$"
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
    """Fold a document number: 汕濠府〔2020〕75号, 汕濠府[2020] 75 号 and 汕濠府【2020】第75号 are one; "" for anything else.

    国务院令第707号, 国令第707号 and 中华人民共和国国务院令第707号 are one, too.
    """
    plain = re.sub(r"\s+", "", printed).strip("（()）")
    found = _YEARLY.match(f"{plain}")
    if found and found["code"]:
        return f"{found['code'].translate(_BRACKETS)}{found['year']}-{int(found['serial'])}"
    found = _ORDER.match(plain)
    if not found:
        return ""
    code = (found["code"].replace(NATION, "") + (found["after"] or "")).translate(_BRACKETS)
    code = re.sub(r"^国令$", "国务院令", code)
    return f"{code}{found['year'] or ''}-{numeral(found['serial'])}" if code else ""
