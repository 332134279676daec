"""What lawyers call judicial interpretations, made of their titles: 公司法解释（三）, 合同编通则解释, 建工解释一, 盗窃解释.

A short form has a law or a subject, a book of it, 解释, 司法解释 or 规定, and a number with or without brackets. Which document has
it is for the library to say: the forms are names of the documents that are there.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from kb.base.lazy_re import lazy_re
from kb.chinese.issuers_and_laws import NATION, subjects, typed_names

_SERIAL = r"(?:[（(](?P<serial>[一二三四五六七八九十]+)[）)])?$"
_OF_A_LAW = lazy_re(
    rf"关于(?:审理|办理)?(?:在[^《〈]{{2,14}}中)?(?:适用|执行|实施)[《〈](?P<law>[^《》〈〉]{{2,24}})[》〉]"
    rf"(?P<part>[^《》]{{0,16}}?)(?:的?(?:若干|有关|几个)(?:具体)?问题)?的?(?:若干)?(?P<kind>解释|规定|意见){_SERIAL}"
)
_OF_A_SUBJECT = lazy_re(
    rf"关于(?:审理|办理|处理|审查)(?P<subject>.{{2,24}}?)(?:案件|的)(?:具体)?(?:应用|适用)?(?:法律)?(?:的)?(?:若干|有关)?(?:问题)?的(?:若干)?"
    rf"(?P<kind>解释|规定|意见){_SERIAL}"
)
_DOES = lazy_re(r"^(?:侵犯|侵害|破坏|危害|涉及|妨害|涉(?!外|台|港|税))(?=.{3})")
_ENDS = lazy_re(r"(?:民事|刑事|行政|纠纷|犯罪)+$")
_MARKS = str.maketrans("", "", " 　")


def short_titles(title: str) -> set[str]:
    """Return what an interpretation of this title is called for short; nothing for any other document."""
    if not title.lstrip(" 　").startswith("最"):
        return set()
    plain = title.translate(_MARKS)
    if not plain.startswith("最高人民"):
        return set()
    of_law, of_subject = _OF_A_LAW.search(plain), _OF_A_SUBJECT.search(plain)
    if not (of_law or of_subject):
        return set()
    found = of_law or of_subject
    assert found is not None
    stems = set(_laws(found["law"], found["part"])) if of_law else set(_subjects(found["subject"]))
    kinds = {"解释": ("解释", "司法解释"), "规定": ("规定", "解释", "司法解释")}.get(found["kind"], (found["kind"],))
    number = found["serial"]
    serials = (number, f"（{number}）") if number else ("",)
    return {f"{stem}{kind}{serial}" for stem in stems for kind in kinds for serial in serials}


def _laws(law: str, part: str) -> Iterator[str]:
    """Yield what the law is called, with the part of it that is interpreted, which may stand alone."""
    law = law.removeprefix(NATION)
    part = part.removeprefix("有关").removeprefix("的")
    for name in {law, *_short_names_of(law)}:
        yield f"{name}{part}"
    if part:
        yield part
        yield part.removesuffix("若干问题")


def _subjects(subject: str) -> Iterator[str]:
    short = _ENDS.sub("", subject)
    for name in {subject, short, _DOES.sub("", short), *subjects().get(subject, ()), *subjects().get(short, ())}:
        if len(name) > 1 and "、" not in name:
            yield name
            yield f"{name}案件"


@cache
def _short_names_of(law: str) -> tuple[str, ...]:
    return tuple(name for name, title in typed_names().items() if len(name) > 1 and title.removeprefix(NATION) == law)
