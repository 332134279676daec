"""A place as somebody types it, or pastes it from a citation: 公司法解释（三）第十三条, 刑264, 民法典§1165, 《公司法》（2018年修正）第147条。

One typed text may be cut into a name and a place in several ways (保险法解释二十一条): which is meant is for what the library
holds to say. The names are those that citations in texts are read by.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from kb.base.lazy_re import lazy_re
from kb.chinese import article_places
from kb.chinese.numerals import numeral
from kb.chinese.title_keys import number_key
from kb.law import editions

_N = r"[0-9零〇一二三四五六七八九十百千两]{1,9}"
_PARTS = rf"(?:的?第?\(?{_N}\)?款)?(?:的?第?\(?{_N}\)?项)?(?:第?\(?{_N}\)?目)?"
_PLACES = (
    lazy_re(rf"[,，]?(?:附件\d*)?第{_N}条(?:之{_N}|-\d{{1,2}})?{_PARTS}"),
    lazy_re(rf"§{{1,2}}{_N}条?(?:之{_N}|-\d{{1,2}})?{_PARTS}"),
    lazy_re(rf"{_N}(?:条(?:之{_N})?|(?:之{_N}|-\d{{1,2}})?){_PARTS}"),
)
_STEPS = lazy_re(r"[,，](?P<first>[一二三四五六七八九十]+)(?:、|$)(?P<rest>(?:\([一二三四五六七八九十]+\)|\d+\.?)*)$")
_STEP = lazy_re(r"[一二三四五六七八九十]+|\d+")
_BRACKET = lazy_re(r"\((?P<inside>(?:[^()]|\([^()]*\))*)\)$")
_SERIAL = lazy_re(r"[一二三四五六七八九十]+|试行|暂行")
_END = "。.;；,，、!！?？ 　"
_LONGEST = 160


@dataclass(frozen=True, slots=True)
class Typed:
    """A `name` without its edition, the anchor of the place, "" for the whole, and what else tells the text: an edition, a number."""

    name: str
    anchor: str
    edition: str = ""
    number: str = ""


def readings(typed: str) -> Iterator[Typed]:
    """Yield what a folded text, without title marks, may name, what is written out first."""
    text = typed.rstrip(_END)
    if not 1 < len(text) <= _LONGEST:
        return
    for pattern in _PLACES:
        for start in range(1, len(text)):
            inside = text[start - 1] in "第§-" or (text[start - 1].isdigit() and text[start].isdigit())
            if not inside and pattern.fullmatch(text, start):
                yield _named(text[:start], _anchor(text[start:]))
    if steps := _STEPS.search(text):
        yield _named(text[: steps.start()], "-".join(str(numeral(each)) for each in _STEP.findall(steps[0])))
    whole = _named(text, "")
    if whole.name != typed:
        yield whole


def article_typed(number: str) -> str:
    """Return the wanted anchor of an article of which only the number is typed: 12, 十二, 第十二条之一, 133-1; "" for no number."""
    plain = re.sub(r"[\s　]", "", number)
    return _anchor(plain) if any(pattern.fullmatch(plain) for pattern in _PLACES) else ""


def _anchor(printed: str) -> str:
    """Return the wanted anchor of an article: 第十三条第二款, §133之一, 264, 133-1."""
    plain = printed.lstrip("，,")
    if plain[0] not in "第§附":
        plain = f"第{plain}"
    if "条" not in plain and "§" not in plain:
        plain = re.sub(
            rf"^第({_N})(?:-(\d+))?", lambda found: f"第{found[1]}条" + (f"之{found[2]}" if found[2] else ""), plain
        )
    plain = re.sub(r"条-(\d+)", r"条之\1", plain)
    return article_places.read(plain).anchor


def _named(printed: str, anchor: str) -> Typed:
    """Take what tells the text off a name: （2018年修正）, （法释〔2016〕29号）, 旧."""
    name, edition, number = printed.rstrip(_END), "", ""
    while bracket := _BRACKET.search(name):
        inside = bracket["inside"]
        if _SERIAL.fullmatch(inside):
            break
        named = editions.in_brackets(f"（{inside}）")
        if not named and not number_key(inside):
            break
        edition, number = edition or named, number or ("" if named else inside)
        name = name[: bracket.start()].rstrip(_END)
    plain, before = editions.split_name(name)
    return Typed(plain.rstrip("的"), anchor, edition or before, number)
