"""What a citation means for the citing document: its basis, or what it amends, repeals, forwards, interprets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from kb.base.lazy_re import lazy_re
from kb.base.model import Document
from kb.law.find import Citation

Relation = Literal["", "basis", "amends", "amended", "repeals", "forwards", "interprets"]
"""`amended` says that the cited decision changed the citing law (第一次修正); the others say what the citing document does."""

_BASIS = lazy_re(r"(?:根据|依据|按照|依照|遵照|贯彻落实|落实|贯彻执行|贯彻|执行)[^。；]*$")
_PURPOSE = lazy_re(
    r"(?:制定|订立)(?:本|以下|如下)|现就|现将|现对|如下|以下(?:意见|规定|措施)|现(?:批复|答复|通知|公告)|决定(?:：|$)"
)
# Where a document says what it rests on: before its first number, or in the first section or article of it or of an annex.
_BEGINNING = lazy_re(r"(?:annex-[0-9a-z]+(?:~\d+)?-)?(?:(?:ch|bk)-1-|general-)*(?:preamble|art-1|1|1-1|1-1-1)")
_ENDS = lazy_re(r"废止|停止执行|停止施行|不再执行|失效")
_NAMES = lazy_re(r"《[^》]*》|[（(][^）)]*[）)]")
# Between a name and 废止 stand only other names, who made them and when, and words such as 同时.
_BETWEEN = lazy_re(
    r"(?:[、和及与以]|[^，。；]{0,60}?(?:发布|公布|颁布|印发|通过|批准|施行|修改|修正|修订|制定)的|等[^，。；]{0,12})*"
    r"，?(?:同时|即行|即|现|均|一并|予以|相应|自[^，。；]{1,16}起)*"
)
_REPEALS = lazy_re(r"(?:废止|取代)(?:下列|以下|原)?(?:《[^》]*》[、和及]?)*$")
_LIST_OF_ENDED = lazy_re(
    r".{0,40}?(?:废止|失效|停止执行).{0,20}?(?:文件|目录|清单|名单|规章|法规|政策|条例|规定|办法)(?:（[^）]*）)?[：:]?"
)
_LEADS_TO_ENDED = lazy_re(
    r"[^。；]{0,80}?(?:(?:废止|取消|停止执行)[^。；，]{0,6}?(?:以下|下列)|(?:以下|下列)[^。；]{0,40}?(?:予以|自[^，。；]{1,16}起|全部|即行)[^。；]{0,6}?(?:废止|失效|停止执行))[^。；]{0,30}[：:]"
)
_LIST_OF_OTHERS = lazy_re(r"修[改订正]|保留|有效的|继续执行|拟")
_ITEM = lazy_re(r"[\s|\d.．、（）()〇一二三四五六七八九十百-]*[^，。；《》]{0,60}")
# What stands before and after a whole name that has no marks: its number in a list, commas, the words of its repeal.
_ITEM_BEGINS = lazy_re(r"(?:^|[\s|、，：.．)）]|[废止取代和及原])$")
_ITEM_ENDS = lazy_re(
    r"[\s|、，。；（(]|$|和|及|(?:同时|即行|现|均|一并|予以|相应)*(?:废止|失效|停止)|自[^，。；]{1,16}起"
)
_REACH = 1_000  # characters before a citation: a sentence is seldom longer
_FORWARDS = lazy_re(r"(?:印发|转发|批转|公布|发布|颁布|下发)(?![^。；《]{0,20}(?:的|以来)$)[^。；《》]{0,20}$")
_ANNOUNCED = lazy_re(
    r"^[^。；]{0,40}?(?:已经[^。]{0,60}?(?:同意|通过|批准)[^。]*?)?(?:现)?(?:予以|予)?(?:印发|转发|公布|发布|颁布)"
)
_INTERPRETED = lazy_re(r"(?:适用|解释|理解)[^。；《]{0,6}$")
_INTERPRETS = lazy_re(r"解释|解答|理解与适用|若干问题的规定|答复|批复|解读")
_AMENDING = lazy_re(r"关于修[改订正]|修正案(?:（[^）]*）)?$")
_AMENDS = lazy_re(r"(?:修改|修订|修正)(?:了|原|下列|以下)?(?:《[^》]*》[、和及]?)*$")
_CHANGED = lazy_re(r"^[^。；“]{0,30}?(?:修改为|作(?:如下|出)修改)")
# 现对最高人民法院《…》，最高人民检察院《…》作如下补充、修改: of each name what is before it and what after.
_OBJECT = lazy_re(r"(?:，|^)现?对[^，。；《]{0,30}(?:《》[，、和及]?[^，。；《]{0,30})*$")
_SUPPLEMENTED = lazy_re(
    r"^(?:[，、和及]?[^，。；《]{0,30}《》)*[^。；“《]{0,12}?作(?:了|如下|出|以下)*(?:补充|修改|调整|修订)"
)
_TITLE = lazy_re(r"《[^》]*》")
_AMENDED = lazy_re(r"^(?:第?[一二三四五六七八九十]+次)?修[正订改]")


def relation(document: Document, text: str, citation: Citation, headings: Sequence[str] = ()) -> Relation:
    """Tell the relation from the words around a citation; `text` is that of its section, below these headings."""
    if citation.kind in ("article", "unmarked") or not citation.name or (citation.kind == "number" and citation.also):
        return ""  # of 《…》（国发〔2019〕5号） the title says it
    near = max(citation.start - _REACH, 0)
    start = max(text.rfind("。", near, citation.start), text.rfind("\n", near, citation.start), near - 1) + 1
    before, after = text[start : citation.start], text[citation.end : citation.end + 200].partition("\n")[0]
    title = document.metadata.title
    heading = citation.anchor.partition("~")[0] in ("title", "table")
    if _repeals(citation, before, after, headings):
        return "repeals"
    if _AMENDING.search(title) and (_AMENDS.search(before) or _CHANGED.match(after)):
        return "amends"
    if _AMENDED.match(after):
        return "amended"
    if _OBJECT.search(_TITLE.sub("《》", before)) and _SUPPLEMENTED.match(_TITLE.sub("《》", after)):
        return "amends"
    if heading or citation.anchor == "preamble":
        if _FORWARDS.search(before) or (
            not heading and _ANNOUNCED.match(_NAMES.sub("", after)) and not _BASIS.search(before)
        ):
            return "forwards"
        if heading and _INTERPRETED.search(before) and _INTERPRETS.search(title):
            return "interprets"
    return "basis" if _is_basis(before, after, citation.anchor) else ""


def list_of_ended(headings: Sequence[str]) -> str:
    """Return the heading that says that what is listed below it ends: 废止的规范性文件目录.

    "" where there is none, and where some are kept or changed, too: one cannot tell which.
    """
    telling = (each for each in reversed(headings) if _tells_of_ended(each) or _LIST_OF_OTHERS.search(each))
    heading = next(telling, "")
    return "" if _LIST_OF_OTHERS.search(heading) else heading


def _tells_of_ended(heading: str) -> bool:
    return bool(_LIST_OF_ENDED.fullmatch(heading) or _LEADS_TO_ENDED.fullmatch(heading))


def _repeals(citation: Citation, before: str, after: str, headings: Sequence[str]) -> bool:
    """Tell what is repealed by its whole name: 公司法 in 关于惩治违反公司法的犯罪的决定 is not, where that decision is."""
    if not citation.text.startswith("《") and citation.kind != "number":
        whole = _ITEM_BEGINS.search(before) and _ITEM_ENDS.match(after)
        return bool(whole and (list_of_ended(headings) or _is_repealed(after) or _REPEALS.search(before)))
    if _is_repealed(after) and not _BASIS.search(before):
        return True
    return bool(_REPEALS.search(before) or (list_of_ended(headings) and _ITEM.fullmatch(before)))


def _is_repealed(after: str) -> bool:
    """Tell 《…》同时废止 from a sentence that speaks of repealing, or of a part: 《…》中有关看守所的规定即行废止."""
    sentence = after.partition("。")[0]
    found = _ENDS.search(sentence)
    return bool(found and _BETWEEN.fullmatch(_NAMES.sub("", sentence[: found.start()])))


def _is_basis(before: str, after: str, anchor: str) -> bool:
    """Tell 根据《…》，制定本办法: at the beginning of a document, where it says what it rests on."""
    return bool(
        _BEGINNING.fullmatch(anchor)
        and not _OBJECT.search(_TITLE.sub("《》", before))
        and _BASIS.search(before)
        and _PURPOSE.search(after.partition("。")[0])
    )
