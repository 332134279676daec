"""What a document's words mean in it: 本办法所称…是指…, …（以下简称…）, and lists of terms in its last chapter."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from kb.base.lazy_re import lazy_re
from kb.base.model import Document, Section

_TERM = r"[“\"]?(?P<term>[^，。；：、“”\"（）()\s]{1,24}?)[”\"]?(?:[（(](?:以下|下)(?:简称|称)[:：]?[“\"]?(?P<short>[^”\"（）()《》]{2,24})[”\"]?[）)])?"
_MEANS = r"(?:是指|系指|指的是|指(?![导定派挥示引南标令出使明责向]))"
# A definition runs to the end of its sentence; another one of a word may follow after ；.
_MEANING = r"(?P<meaning>(?:[^。；\n]|；(?![“\"\n]|[^。；\n，]{1,24}[，,]?\s?(?:是指|系指|指)))+)"
_CALLED = lazy_re(
    rf"本(?:[\u4e00-\u9fff]{{1,8}}?|《[^《》]{{1,20}}》)(?:中)?所(?:称|指)的?{_TERM}[，,]?\s?(?:{_MEANS}|，是(?!否)|包括|即)[：:]?{_MEANING}"
)
_CALLED_THERE = lazy_re(rf"(?<!本)[条款项法]所称的?{_TERM}[，,]?\s?(?:是指|系指|指的是)[：:]?{_MEANING}")
_QUOTED = lazy_re(rf"(?:^|[；。，、])“(?P<term>[^“”\s]{{2,24}})”[，,]?\s?{_MEANS}[：:]?{_MEANING}", re.MULTILINE)
_LISTED = lazy_re(
    rf"^(?:[（(][一二三四五六七八九十]+[）)]|\d+[.．、]|第[一二三四五六七八九十百]+条[\s　]*){{0,2}}\s?{_TERM}(?:[，,]\s?{_MEANS}|[：:]\s?(?:是指|系指|指)){_MEANING}",
    re.MULTILINE,
)
_SHORT = lazy_re(
    r"(?P<meaning>[^，。；：、（）()\s]{2,60})[（(](?:以下|下)(?:统一)?(?:简称|称)(?:为)?[:：]?\s*[“\"]?(?P<term>[^”\"（）()《》]{1,24})[”\"]?[）)]"
)
_TOGETHER = lazy_re(
    r"(?:是指|本[\u4e00-\u9fff]{1,6}适用于|由|和|以及)?(?P<meaning>[^，。；：\s]{2,120}?)[（(](?:以下|下)(?:统一)?统称(?:为)?[:：]?\s*[“\"]?(?P<term>[^”\"（）()《》]{1,24})[”\"]?[）)]"
)
# 法人是具有民事权利能力…的组织。 合同是民事主体之间…的协议。 隐私是自然人的…。: how an article begins, or a paragraph of it.
_IS = lazy_re(
    r"^(?:第[〇零一二三四五六七八九十百千]+条(?:之[一二三四五六七八九十]+)?[\s　]*)?(?P<term>[\u4e00-\u9fff]{2,10}?)(?P<means>是指|系指|是(?![否由因不指]))(?P<meaning>[^。；\n]+)",
    re.MULTILINE,
)
# What a thing is, by its kind and what tells it from others of the kind; 未成年子女的监护人 only says something of it.
_KINDS = "合同|协议|行为|信息|权利|财产|期间|活动|制度|机制|措施|标准|技术|服务|产品|作品|设施|方法|过程|事件|资料|数据"
_BODIES = "组织|机构|企业|人员|法人|公司|条款|状态|能力|空间|标志"  # 职工大会的工作机构: what is said of one is seldom what it is
_GENUS = lazy_re(
    r"(?:[^。；]*[，、][^。；]*的[\u4e00-\u9fff]{0,10}?"
    rf"(?:{_KINDS}|{_BODIES})|[^。；]{{8,}}的[\u4e00-\u9fff]{{0,10}}?(?<![从主分子])(?:{_KINDS})"
    rf"|[^。；（]{{12,}}的[\u4e00-\u9fff]{{0,10}}?(?:{_BODIES})|[^。；]{{4,}}的[\u4e00-\u9fff]{{0,4}}(?:凭证|单证|表示))(?=$|[，、：])"
)
_SAYS_MORE = lazy_re(
    r"应当|应该|不得|可以|必须|禁止|职责|原则|基础|根本|主管|领导|重要|构成犯罪|的，(?:其|由|依|按|从|对|不)"
)
# What has a verb, or belongs to another sentence, names nothing.
_NO_NOUN = lazy_re(
    r"^(?:本|该|凡|其|前款|前条|国家|中华人民共和国|公民|各级|任何|对|在|由|以|经|因|按|依|根据|违反|关于|用于)"
    r"|[的了是应将不有]|明知|可以|必须|禁止|(?:规定|情形|行为人|时|后|以上|以下)$|指$|(?<![作行成人])为"
)
_NO_THING = lazy_re(
    r"应当|应该|不得|可以|必须|禁止|明知|负责|违反|上缴|是否|所[称指]|"
    r"^(?:的|并|及|和|或|由|向|对|其|该|把|将|从|以及|或者|完善|健全|加强|规范|推进|促进|鼓励|支持|为了|都|均|已|未|也"
    r"|划定|确定|编制|设置|发布|提交|提供|开展|进行|接受|承担|参加|申请|取得|报|经|对于|推行|推广|组织(?!部|法|机构))"
)
_DEFINITIONS = (_CALLED, _CALLED_THERE, _QUOTED, _LISTED)
_SHORTEST = 2
# What stands before the thing that is given a short name: the verbs and words of its sentence.
_LEADING = lazy_re(
    r"开展|制定|建立|建设|实行|实施|使用|设立|成立|根据|按照|适用于?|结合|解决(?!的)|统一的|指定的|突出的|都是|是指|[是为](?!了)|(?<![自理事])由|[向对]"
)
_DOES = lazy_re(r"(?:实行|实施|使用|制定|按照|根据|设立|成立|建立|建设|规定)$")
_TOWARDS = lazy_re(r"(?<![针应])对(?!外|象)|向(?!导)|(?<![自理事])由|将|把")
_JOINS = lazy_re(r"和|与|以及|及|或者|或")
_NO_TERM = lazy_re(
    r"^(?:前款|前条|以上|以下|上述|下列|其中|的|所|必要时)|(?:规定|的)$|所[称指]|应当|可以|不得|必须|明知"
)
# Not the beginning of another word: 本条例, 本项目, 本节能…, 本编制办法.
_SCOPE = lazy_re(r"本(?:编(?!制|写|码|号|外)|章(?!程)|节(?!能|约|水|假)|款(?!项)|项(?!目)|条(?!例))")
_ITEM = lazy_re(r"[ 　]*(?:[（(][一二三四五六七八九十]+[）)]|\d+[.．、])[^\n]*(?:\n|$)")


@dataclass(frozen=True, slots=True)
class Term:
    """A word that a section defines: `start` and `end` are the characters of the whole definition in its text.

    `scope` is where it means so, as the text says: 本章, 本节, 本条; "" in the whole document.
    """

    anchor: str
    term: str
    meaning: str
    start: int
    end: int
    scope: str = ""


def terms(document: Document) -> Iterator[Term]:
    """Yield the definitions of a document, in the order of its text; a term that is defined twice once.

    That is where it is said what the term means (本办法所称…是指…), else where it is first given as a short name.
    """
    found: dict[tuple[str, str, str], tuple[bool, Term]] = {}
    for section in document.walk():
        for is_short, term in _in_section(section):
            key = (term.term, term.scope, term.anchor if term.scope else "")
            if key not in found or (found[key][0] and not is_short):
                found[key] = (is_short, term)
    order = {section.anchor: place for place, section in enumerate(document.walk())}
    yield from sorted((term for _, term in found.values()), key=lambda term: (order[term.anchor], term.start))


def in_scope(document: Document, terms: Iterable[Term]) -> dict[str, dict[str, Term]]:
    """Return the definition of each word that counts in a section, by its anchor: that of its own chapter before that of the whole."""
    paths = {section.anchor: [each.anchor for each in (*above, section)] for above, section in document.paths()}
    numbers = {section.anchor: section.number for section in document.walk()}
    found: dict[str, dict[str, Term]] = {anchor: {} for anchor in paths}
    reach = []
    for term in terms:
        around = paths.get(term.anchor, [])
        unit = term.scope[1:]
        # 本条, and what is narrower: nowhere but where it stands.
        within = next((each for each in reversed(around) if unit and numbers[each].endswith(unit)), term.anchor)
        reach.append((len(paths.get(within, [])) if term.scope else 0, within if term.scope else "", term))
    for _, within, term in sorted(reach, key=lambda each: each[0]):
        for anchor, path in paths.items():
            if not within or within in path:
                found[anchor][term.term] = term
    return found


def _in_section(section: Section) -> Iterator[tuple[bool, Term]]:
    """Yield (whether it only gives a short name, the term) of every definition in a section."""
    if not any(word in section.text for word in ("指", "称", "是")):
        return
    for pattern in (*_DEFINITIONS, _IS, _SHORT, _TOGETHER):
        if pattern is _IS and "art-" not in section.anchor:
            continue
        for match in pattern.finditer(section.text):
            is_short = pattern in (_SHORT, _TOGETHER)
            meaning, end = _short(match, pattern is _TOGETHER) if is_short else _whole(section, match)
            if pattern is _IS and not _says_what_it_is(match):
                continue
            scope = _SCOPE.match(match[0])
            for term in filter(None, (match["term"], match.groupdict().get("short"))):
                if _is_definition(term, meaning):
                    yield is_short, Term(section.anchor, term, meaning, match.start(), end, scope[0] if scope else "")


def _is_definition(term: str, meaning: str) -> bool:
    return len(term) >= _SHORTEST and meaning not in ("", term) and not _NO_TERM.search(term)


def _says_what_it_is(match: re.Match[str]) -> bool:
    """Tell 合同是…的协议, where a thing is said to be one of a kind, from 父母是未成年子女的监护人."""
    if _NO_NOUN.search(match["term"]):
        return False
    genus = _GENUS.match(match["meaning"])
    if match["means"] == "是":
        return bool(genus and not _SAYS_MORE.search(genus[0]))
    return not _SAYS_MORE.search(genus[0] if genus else match["meaning"])


def _whole(section: Section, match: re.Match[str]) -> tuple[str, int]:
    """Return what a term means, with the items that it is explained by, and where that ends; "" where they are not there."""
    meaning, end = match["meaning"].strip(" 　；"), match.end()
    if not meaning.endswith(("：", ":")):
        return ("" if meaning.startswith("下列") else meaning), end
    items = []
    at = end + 1
    while item := _ITEM.match(section.text, at):
        items.append(item[0].strip())
        end = at + len(item[0].rstrip())
        at = item.end()
    below = items or [each.text.strip() for child in section.children for each in child.walk()]
    return ("\n".join((meaning, *below)).lstrip("：:\n") if below else ""), end


def _short(match: re.Match[str], together: bool) -> tuple[str, int]:
    """Return what a short name stands for, and where that ends; "" where it cannot be told from the rest of its sentence."""
    before, short = match["meaning"].strip(" 　"), match["term"]
    meaning = before if together else _named(before, short)
    listed = not together and match.string[: match.start()].endswith("、")
    listed = listed or (together and bool(_TOWARDS.search(meaning)))
    if listed or meaning.endswith("》") or _NO_THING.search(meaning):
        return "", match.end()
    return meaning, match.end()


def _named(before: str, short: str) -> str:
    """Cut what is before a short name to what it stands for, where its characters tell: 开展单用途预付消费卡 for 单用途卡.

    "" where they tell of a part only, as of one of two things that are joined, or of none.
    """
    whole = _LEADING.split(before)[-1]
    if _DOES.search(before.removesuffix(whole)):  # 实行生产许可证制度的产品目录
        whole = whole.rpartition("的")[2]
    if whole != short and _abbreviates(short, whole):
        last = _JOINS.split(whole)[-1]
        return "" if last != whole and _abbreviates(short, last) else whole
    return before if before == whole and before[-1] == short[-1] and not _JOINS.search(before) else ""


def _abbreviates(short: str, whole: str) -> bool:
    letters = iter(whole)
    return all(letter in letters for letter in short)
