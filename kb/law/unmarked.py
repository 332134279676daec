"""Names of documents without title marks, where an article follows them: 汕头经济特区消防条例第十二条, 九民会议纪要第五十条.

Whether such a name is understood is for `kb.law.resolve` to say. Where it is not, the article after it is nobody's: it must
never be taken for one of the law that was named before.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from kb.base.lazy_re import lazy_re

_REACH = 70  # characters before an article: the longest titles of interpretations have some sixty
_ENDS = (
    "司法解释|解释|法典|条例|办法|规定|细则|规则|规程|规范|准则|守则|章程|制度|决定|决议|意见|通知|通告|公告|公报|方案|规划|纲要|标准|指南|指引"
    "|目录|批复|答复|复函|解答|安排|措施|导则|纪要|通则|总则|修正案|税则|条令|新规|手册|(?<![依合非违守执司立方做办手])法"
)
NOUNS = frozenset(
    ["条例", "办法", "细则", "规则", "规程", "准则", "守则", "章程", "法典", "纪要", "司法解释", "法", "手册", "通则"]
)
"""Words that alone name a document: 条例第三条. Of the others (规定第三条) each may be a verb."""

_NUMBER = r"[一二三四五六七八九十]{1,3}"
_BRACKET = r"[（(〔\[【][^（）()〔〕\[\]【】\n]{1,40}[）)〕\]】]"
_GAP = lazy_re(rf"(?P<brackets>(?:{_BRACKET}){{0,3}})[的之中]?$")
_RUN = lazy_re(r"(?:[\u4e00-\u9fff〇《》〈〉“”‘’\"·\d]|(?<=院)、(?=最高)|[（(][\u4e00-\u9fff]{1,3}[）)])+$")
_NAME = lazy_re(rf"(?:{_ENDS})(?:{_NUMBER})?[》〉”’\"]?$")
_SERIAL = lazy_re(rf"^[（(](?:{_NUMBER}|试行|暂行)[）)]")
# What a sentence says before a name. 的 ends what describes it: 原告主张的示例条例.
_STOP = lazy_re(
    r"根据|依据|依照|按照|遵照|参照|比照|对照|违反|违背|触犯|适用|符合|遵守|援引|援用|引用|参见|详见|参阅|参考|结合|执行|落实|贯彻|涉及|认为|主张|指出|辩称"
    r"|诉称|同时|以及|并且|或者|其中|关于|对于|基于|鉴于|由于|至于|属于|等于|位于|应[以按依由]|均[以按依]|可[以按依]|须按|仍按|即|系(?!统)|了|的|也|又|且|但|而|均"
    r"|(?<![数证根票收单论凭])据|依(?![法据照])|(?<![意政])见|按(?![照揭])|[“‘](?=[^”’]*$)"
)
# A character that may be said before a name and may be a part of it: the name is tried with it first.
_MAYBE = lazy_re(r"[以对由将在因是为从向按有如并则反该各与及和或]")
# 甲法和乙条例 are two names; 国有土地上房屋征收与补偿条例 is one.
_JOINED = lazy_re(rf"(?:{_ENDS}|》|[）)])(?:[和与及或]|以及)(?=[\u4e00-\u9fff])")
_ABOUT = lazy_re(rf"关于.{{2,}}的(?:[\u4e00-\u9fff]{{0,4}})(?:{_ENDS})(?:{_NUMBER})?$")
_LEADING = lazy_re("[（(][\u4e00-\u9fff]{1,3}[）)]|[与及或]|和(?![田平龙县静硕顺林政布])")  # 和田市 is a place
# 《民法典》合同编的规定第三条, 公司法规定第三条: what stands between a name that was understood and its article.
_SAID = lazy_re(r"(?:中|的|之)?(?:有关|相关|具体|明确|上述|前述)?(?:规定|要求|条款|内容|条文)?")
BOOK = r"(?:[的之]?(?:总则|物权|合同|人格权|婚姻家庭|继承|侵权责任)编)?(?:[的之]?(?:通则|典型合同)(?:分编)?)?"
"""A book of the Civil Code, between its name and an article: 民法典合同编通则第五百条."""
_BOOK = lazy_re(BOOK)
_RELATIVE = lazy_re(r"(?:上述|前述|有关|相关|下列|以上|以下|同一|前款|前条|本条|本款|本项)")
_OWN = lazy_re("本(?![市省区县州院溪])")  # 本补充安排第一条
# A document named in passing, which is what the next article may be of: it is not safe to go on from the law before.
_PASSING = lazy_re(
    rf"司法解释(?:[（(]?{_NUMBER}[）)]?)?|[\u4e00-\u9fff]解释[（(]{_NUMBER}[）)]|会议纪要|[民刑]纪要"
    r"|(?:根据|依据|依照|按照|参照|适用|违反)(?!本|该|前|上|有关|相关|下列)[^，。；：、的和与及\s《》]{2,30}(?:条例|细则|规则|办法)(?![的]?第)"
    r"|(?:省|市|区|县|州|经济特区|国务院)[^，。；：、的\s《》]{2,30}(?:条例|细则|规则|办法)(?![的]?第)"
)
# What may stand directly before an article that goes on from the law named before; any other word may name another text.
_SAYING = lazy_re(
    r"(?:根据|依据|依照|按照|遵照|参照|比照|对照|准用|适用|援用|援引|引用|违反|违背|触犯|符合|遵守|构成|满足|属于|结合|涉及|涵盖"
    r"|(?<!暂行)(?<!管理)(?<!实施)(?<!若干)规定|要求|认为|主张|指出|辩称|诉称|关于|对于|基于|鉴于|由于|至于|等于|不同于|优先于|以及|并且|或者|其中|同时"
    r"|除了|除|包括|包含|例如|比如|譬如|诸如|尤其|特别|此外|另外|因此|所以|但是|然而|首先|其次|再次|最后|随后|接着|如下|下列|上列|以下|上述|前述|有关|相关|分别|一并|同样"
    r"|所称|所列|所指|所述|列明|载明|确立|修改|删去|删除|增加|改为|合并|作为|成为|视为|^(?:具体|明确|执行|落实)"
    r"|(?:^|规定|上述|前述|有关|相关|该)(?:条文|法条|条款|内容|理由|问题)|[本该同前]条|本[编章节]|原|出现"
    r"|(?:上述|前述|上列|该部?|这部|此部?|同一?部?)(?:法律|法规|规章|法典|条例)|(?<!意)见|(?<![证数单票收根])据"
    r"|(?<![文版范样稿抄])本|(?<![细规准守总通附法原税])则|(?<!合)同|(?<![行认])为|(?<!体)系|(?<!理)由|(?<![处标])以|(?<!作)者"
    r"|[依按照和及跟与或并且又也亦还均仅只而但在于是即从至到对将把被故若如有含无非不未等另再该其此时后起须])$"
)
_BY_CONTRACT = lazy_re(r"(?:合同|协议|约定|章程|附件|条款)[\u4e00-\u9fff]{0,4}见$")
_BARE = lazy_re(r"(?:[\u4e00-\u9fffA-Za-z\d〇]|[“”‘’\"]|[/.·-](?=[\dA-Za-z]))+$")
_JOINING = lazy_re(r"(?:以及|及其|或者|并且|[和及与或并])+")
_BARE_REACH = 40
_SERIALS = lazy_re(r"(?P<stem>.*解释|.*规定)(?P<number>[一二三四五六七八九]?)")


@dataclass(frozen=True, slots=True)
class Unmarked:
    """A name that stands directly before an article: `also` is the shorter one that it may be; `brackets` follow it."""

    start: int
    name: str
    also: str
    brackets: str


def before(text: str, limit: int, position: int) -> Unmarked | None:
    """Find the name that ends at a position, after what was read up to `limit`; None where what stands there names nothing."""
    low = min(max(limit, position - _REACH), position)
    gap = _GAP.search(text, low, position)
    assert gap is not None  # it matches nothing, too
    brackets, end = gap["brackets"], gap.start()
    serial = _SERIAL.match(brackets)
    run = _RUN.search(text, low, end)
    if run is None or not _NAME.search(run[0]):
        return None
    start, name = _cut(run[0])
    start += run.start()
    if serial:
        name, brackets = name + serial[0], brackets[serial.end() :]
    if not name or _RELATIVE.match(name) or _OWN.match(name):
        return None
    maybe = next(reversed(list(_MAYBE.finditer(name[:-1]))), None) if "关于" not in name else None
    return Unmarked(start, name, name[maybe.end() :] if maybe and maybe.end() + 3 < len(name) else "", brackets)


def passing(text: str, start: int, end: int) -> str:
    """Return what names another document between two places of a text, "" where nothing does."""
    found = _PASSING.search(text, start, end)
    return found[0] if found else ""


def stranger(text: str, start: int, end: int) -> str:
    """Return the word directly before an article that may name another text than the one named last, "" where none does.

    Only what joins and what says that something is applied (、和及, 根据, 适用) lets the article go on from the law before.
    """
    low = min(max(start, end - _BARE_REACH), end)
    gap = _GAP.search(text, low, end)
    assert gap is not None  # it matches nothing, too
    run = _BARE.search(text, low, gap.start())
    if run is None:
        return ""
    said = run[0].strip('“”‘’"').rstrip("的之中")
    if not said or (_SAYING.search(said) and not _BY_CONTRACT.search(said)):
        return ""
    joined = _JOINING.match(said)
    return said[joined.end() :] if joined else said


def is_said(between: str) -> bool:
    """Tell what may stand between a name that was understood and its article from the rest of a longer name."""
    between = between.strip()  # a line may end between them
    return bool(_SAID.fullmatch(between) or _BOOK.fullmatch(between))


def spellings(names: Mapping[str, str]) -> dict[str, str]:
    """Return short names with their other spellings: 公司法解释四 is also 公司法司法解释（四）."""
    found: dict[str, str] = {}
    for name, title in names.items():
        found[name] = title
        parts = _SERIALS.fullmatch(name)
        if parts is None or "关于" not in title:
            continue
        stems = [parts["stem"]]
        if re.search("(?:(?<!司法)|(?<=公司法))解释$", parts["stem"]):
            stems.append(f"{parts['stem'].removesuffix('解释')}司法解释")
        if "《中华人民共和国民法典》" in title and not name.startswith("民法典"):
            stems += [f"民法典{stem}" for stem in stems]
        number = parts["number"]
        for stem in stems:
            for serial in (number, f"（{number}）", f"({number})") if number else ("",):
                found.setdefault(stem + serial, title)
    return {**found, **names}


def _cut(run: str) -> tuple[int, str]:
    """Cut from what stands before an article what the sentence says; return where the name begins, and it."""
    if about := _ABOUT.search(run):
        head = run[: about.start()]
        start = max((stop.end() for stop in _STOP.finditer(head)), default=0)
        return start, run[start:]
    leading = _LEADING.match(run)
    start = leading.end() if leading else 0
    for pattern in (_STOP, _JOINED):
        for found in pattern.finditer(run):
            if found.end() < len(run) and not re.fullmatch(rf"{_NUMBER}", run[found.end() :]):
                start = max(start, found.end())
    return start, run[start:]
