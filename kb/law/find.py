"""What a document cites: every place where its text names another document, or a place in one or in itself.

Finding needs the document alone: which document of the corpus a name means is for `kb.law` to say, so that what was found
once stays good when the corpus grows. A citation is a document's name with the first place named after it (《行政处罚法》第三十
条第一款); what follows in a list (、第二款和第四十条) are citations of their own. Names come as titles in 《》, as document numbers,
as short names (the table of kb.chinese.issuers_and_laws and what the document itself defines: 以下简称), and relative to what was said before. A name
without marks that stands directly before an article is kept as it is printed ("unmarked"): what it means the library may know.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Literal, NamedTuple

from kb.base.lazy_re import lazy_re
from kb.base.model import Document, Section
from kb.chinese import article_places
from kb.chinese.article_places import PLACE, Place
from kb.chinese.issuers_and_laws import NATION, short_names
from kb.chinese.numerals import numeral
from kb.chinese.title_keys import number_key, plain_key, title_key
from kb.law import editions, unmarked

Kind = Literal["title", "number", "article", "short", "relative", "unmarked"]

_LONGEST_TITLE = 200
_CODE = 14  # characters: the code of an agency before 〔2020〕
_BODY = 26  # characters: the name of a body before 令第5号

# What is printed in 《》 and is no document: certificates, forms, newspapers.
_NO_DOCUMENT = lazy_re(
    r"(?:证|证书|证件|执照|卡|簿|册|票|发票|证明|笔录|记录|台账|进行曲|回执|批件)$"
    r"|(?<!白皮)(?<!蓝皮)(?<!绿皮)(?<!倡议)(?<!议定)(?<!同胞)(?<!声明)书$"
    r"|(?<!清)(?<!名)单$|(?<!税率)(?<!税额)(?<!分类)(?<!区分)(?<!归类)(?<!物品)(?<!当量值)表$"
    r"|(?<!通)(?<!简)报$|商标公告$|(?<!统计)(?<!系列)日报$|(?<!关于)合同$|^(?!.*(?:两岸|内地|政府间|贸易组织)).{0,12}协议$"
)
# The words by which a document calls itself or one named before. 办法 before 法: the longest first.
_WORDS = (
    "实施条例|实施细则|实施办法|实施意见|实施方案|实施规定|专项行动方案|行动方案|工作方案|工作规则|工作办法|议事规则|暂行规定|暂行办法|暂行条例|管理办法|管理规定|管理条例|应急预案"
    "|法典|条例|办法|规定|细则|规则|规程|规范|准则|守则|章程|制度|决定|决议|解释|意见|通知|通告|公告|公报|方案|预案|规划|纲要|计划|要点|标准"
    "|指南|指引|目录|清单|批复|答复|安排|措施|导则|纪要|通则|公约|协定|宪章|修正案|税则|条令|令|法"
)
# 本法院, 本法人, 本规定义 are no citations; 本条例制定 is one.
_TAIL = "(?:(?<=[本该述同]法)(?![院人律庭官定治学医系宝理门师]|制(?!定))|(?<![本该述同]法)(?![书义化栏]))"
_TOKEN = lazy_re(
    rf"(?P<title>《)"
    rf"|(?P<self>(?<![基根资成版样文剧日课书标原副读脚范])本(?:{_WORDS}){_TAIL}|本(?:{_WORDS})(?=第))"
    rf"|(?P<other>(?<![应活])(?:该|上述|前述|(?<![合不相共协会如等随连])同)(?:{_WORDS}){_TAIL})"
    r"|(?P<before>(?<![以之目此从先生提向])[前上](?P<count>[一二三四五六两]?)(?P<unit>[条款项])(?![件例约目])"
    r")"
    rf"|(?P<within>本条(?=第))"
    rf"|(?P<place>{PLACE})"
    r"|(?P<year>[〔\[【（(﹝［]\s?(?:19|20)\d\d\s?[〕\]】）)﹞］]\s?(?:第\s?)?\d{1,5}\s?号)"
    r"|(?P<order>(?:令|公告)\s?[（(]?(?:(?:19|20)\d\d\s?年\s?)?第\s?[\d〇零○一二三四五六七八九十百千]{1,6}\s?号|(?<![\d第])\d{1,4}\s?号令)"
    r"|(?P<decimal>第\s?\d{1,3}(?:[.．]\d{1,3}){1,3}\s?条)"
)
_GAP = lazy_re(r"(?:（[^（）\n]{1,80}）|\([^()\n]{1,80}\)|[〔\[【][^〔〕\[\]【】\n]{1,40}[〕\]】]){0,3}[的之中]?")
_BOOK = lazy_re(rf"{unmarked.BOOK}[的之中]?")
_LIST = lazy_re(r"(?:[之的]?规定)?\s?(?:、|，|,|和|及其|及|与|或者|或|以及|并|；)\s?(?:者|其)?")
_RANGE = lazy_re(rf"\s?(?:至|到|—+|－|-|~|～)\s?({PLACE})")
_DEFINES = lazy_re(
    r"[（(](?:[^（）()]{0,30}?[，,；;])?(?:以下|下)?(?:统一)?(?:简称|统称|称)(?:为)?[:：]?\s*[“\"《〈「]?([^”\"》〉」（）()]{1,40}?)[”\"》〉」]?[）)]"
)
_DEFINING = lazy_re(r"(?:简称|统称|下称|称为)[:：]?[“\"]?$")
# The law of another state or territory is not ours of that name: 德国民法典, 我国台湾地区《公司法》.
_ABROAD = lazy_re(
    r"(?:[德法英美俄韩泰民外]国(?:联邦)?|日本|意大利|瑞士|奥地利|荷兰|西班牙|葡萄牙|加拿大|澳大利亚|新西兰|印度|越南|新加坡|俄罗斯|苏联|苏俄|巴西|欧盟|台湾(?:地区)?|(?:香港|澳门)(?:特别行政区)?)的?$"
)
# The place is in a text that is no document of a corpus, or that nothing tells apart.
_OTHER_TEXT = lazy_re(
    r"(?:协议|合同|公约|章程|条约|协定|判决|裁定|议定书|规约|附件|附录|附表|书|契约|保单|保险单|条款|承诺函|备忘录|声明|投标文件|招标文件|议案|提案)$"
)
_DEFINING_REACH = 6
_EXTENDS = lazy_re(
    r"[（(](?:试行|暂行)[）)]|(?:实施|施行)(?:条例|细则|办法|规定)|修正案(?:[（(][一二三四五六七八九十]+[）)])?"
)
_STOP = lazy_re(
    r"违反|违背|触犯|符合|援引|引用|参见|参阅|对照|依(?=法释|法发|法办|法函|法复)|见|依|经|根据|依据|按照|依照|遵照|参照|以及|关于|转发|印发|下发|执行|适用|废止|文件|通知|规定|发布|公布|颁布|修订|修改|批准|原有|经由|详见"
    r"|和(?!国)|[及与的以由见将对为按据照如]|[日月年号]|(?:^|[）)])[条款项]|第[〇零一二三四五六七八九十百千两]{1,9}[编章节条款项](?:之[一二三四五六七八九十]{1,3})?"
)
_DASH = lazy_re("-")
_MARKS_OF_TITLES = lazy_re("[《》\n]")
_CODE_CHARACTERS = lazy_re(r"[\u4e00-\u9fff（）()]+$")
# 本制度, 本计划 may be one that the text speaks of: they are the document only where it is called so.
_AMBIGUOUS = frozenset(
    [
        "制度",
        "标准",
        "计划",
        "规划",
        "目录",
        "清单",
        "措施",
        "安排",
        "要点",
        "指南",
        "指引",
        "规范",
        "纲要",
        "公报",
        "令",
        "决议",
    ]
)
# What a memo is not: 本法第三条 in it is of a law that it does not name.
_LAWS = frozenset(["法", "法典", "条例", "办法", "规定", "细则", "规则", "解释", "决定", "通则"])
_OF_A_LAW = frozenset(["实施条例", "实施细则"])
_GENERIC = frozenset(_WORDS.split("|"))
_SERIAL_AT_END = lazy_re(r"（[一二三四五六七八九十]+）$")
_WORD_AT_END = lazy_re(rf"(?:{_WORDS})$")
_LONGEST_HEAD = 200
_EVENT = lazy_re(r"^[（(]?(?:经|根据|自|该文件于|由)?\d{4}年\d{1,2}月\d{1,2}日")
_ITEM_CITED = lazy_re(r"(?:[之的]?规定|所列|所称|情形|行为|[至、和或及]第|以外|中)")
_OF_THE_SAME = lazy_re(r"(?:该条|同条|前条|上条|本条|前述条文|上述条文|其|依照|根据|适用|违反)的?$")
_AMENDS = lazy_re(r"修[改订正]|修正案")
_ARTICLE_LEVEL = 4


@dataclass(frozen=True, slots=True)
class Citation:
    """A span of a section's own text that names a document or a place in one.

    `name` is the document's title or number as named, "" for the citing document itself; `also` a second name that the text
    gives for it (《…》（国发〔2019〕5号）). `place` is the wanted anchor (see `kb.chinese.article_places`), "" for the whole document.
    `edition` is which text of it the author names (2018年修正, 旧), as printed, "" where none is named.
    """

    anchor: str
    start: int
    end: int
    text: str
    kind: Kind
    name: str
    place: str = ""
    also: str = ""
    edition: str = ""


def find(document: Document, *, memo: bool = False) -> list[Citation]:
    """Return everything that a document cites, in the order of its text. Spans of one section do not overlap.

    In a `memo` a place for which no law was named is told, too, as one that was not understood: it has no articles of its own.
    """
    reader = _Reader(document, memo)
    return [citation for section in document.walk() for citation in reader.read(section)]


@dataclass(slots=True)
class _Token:
    """A piece of text that may be a citation or a part of one."""

    start: int
    end: int
    what: str
    name: str = ""
    also: str = ""
    brackets: str = ""


class _Ref(NamedTuple):
    """A document as it is named: by `name`, or `also` by another one, in an edition; `unmarked` without title marks."""

    name: str
    edition: str = ""
    also: str = ""
    unmarked: bool = False


_THIS = _Ref("")


@dataclass(slots=True)
class _Named:
    """The document named last, where its citation ends, and the place in it."""

    ref: _Ref
    end: int
    place: Place | None = None

    @property
    def name(self) -> str:
        return self.ref.name


class _Reader:
    """Reads the sections of one document in order, remembering what they define."""

    def __init__(self, document: Document, memo: bool = False) -> None:
        self.memo = memo
        self.numbers = {number_key(each) for each in document.metadata.document_number.split("、")}
        self.anchors = frozenset(
            anchor
            for section in document.walk()
            for anchor in (section.anchor, *(part.anchor for part in section.parts))
        )
        self.endings = self.anchors | {each[dash.end() :] for each in self.anchors for dash in _DASH.finditer(each)}
        self.has_articles = any("art-" in anchor for anchor in self.anchors)
        self.words = _own_words(document)
        self.aliases = _defined(document)
        self.subject = _amended(document.metadata.title)
        defined = {alias: ref.name for alias, ref in self.aliases.items() if alias not in _GENERIC}
        self.shorts = _Shorts({**_spelled(), **defined})
        self.last: _Named | None = None
        self.near: tuple[_Ref, Place] | None = None  # the article named last in this section, and of what document
        self.elsewhere = -1  # where an article of a contract, or of another text that is none of ours, ends

    def read(self, section: Section) -> Iterator[Citation]:
        """Yield the citations of a section's own text."""
        if section.anchor.partition("~")[0].endswith("toc"):
            return
        self.section, self.text = section, section.text
        self.annex, self.closings = _annex(section.anchor), _closings(section.text)
        self.last, self.near = _Named(_Ref(self.subject), -1) if self.subject else None, None
        self.elsewhere = -1
        asides = [(each.start(), each.end()) for each in _ASIDE.finditer(section.text)]
        resume: tuple[int, _Named] | None = None  # where an aside in brackets ends, and what was named before it
        done = len(section.number) if section.text.startswith(section.number) else 0
        for token in self._tokens(done):
            if resume and token.start >= resume[0]:
                self.last, resume = resume[1], None
            if token.start >= done:
                before = self.last
                if before and not resume and (end := _end_around(token.start, asides)):
                    resume = end, before
                for citation in self._from(token):
                    yield citation
                    done = citation.end
                if before and self._is_aside(token.start, done):
                    self.last = before

    def _is_aside(self, start: int, end: int) -> bool:
        """Tell what stands alone in brackets: what follows goes on from what was named before."""
        return self.text[start - 1 : start] in ("（", "(") and self.text[end : end + 1] in ("）", ")")

    def _tokens(self, position: int) -> list[_Token]:
        """Cut the text from a position on into what may be a citation; titles first, they hide what is inside them."""
        found: list[_Token] = []
        while match := _TOKEN.search(self.text, position):
            token = self._token(match)
            position = token.end if token else match.start() + 1
            if token:
                found.append(token)
        hidden = [(token.start, token.end) for token in found if token.what in ("title", "number", "self", "other")]
        shorts = [token for token in self.shorts.find(self.text) if not _covered(token, hidden)]
        read = sorted([*found, *shorts], key=lambda token: (token.start, -token.end))
        bare = list(self._unmarked(read))
        names = [(token.start, token.end) for token in bare]
        kept = [token for token in read if token.what == "place" or not _covered(token, names)]
        return sorted([*kept, *bare], key=lambda token: (token.start, -token.end))

    def _unmarked(self, read: list[_Token]) -> Iterator[_Token]:
        """Yield the names without marks that stand directly before an article and are not among what was read.

        A short name that such a name begins with is a part of it: 公司法 in 公司法司法解释（九）.
        """
        limit = 0  # where what was read last ends that cannot be a part of a name
        ends: list[int] = []  # where names end that were read since
        for token in read:
            if token.what in ("title", "short"):
                ends.append(token.end)
                continue
            if token.what == "number" and self._is_aside(token.start, token.end):
                continue  # 示例条例（示例令第5号）第三条
            article = token.what == "place" and article_places.read(token.name).top == _ARTICLE_LEVEL
            if article or token.what == "decimal":
                understood = any(self._leads_to(end, token.start) for end in ends[-3:])
                name = None if understood else unmarked.before(self.text, limit, token.start)
                if name and name.start < token.start:
                    yield _Token(name.start, token.start, "unmarked", name.name, name.also, name.brackets)
            limit, ends = max(limit, token.end), []

    def _leads_to(self, end: int, start: int) -> bool:
        """Return whether the name that ends at a position is that of the article which starts at another."""
        gap = _GAP.match(self.text, end, max(start, end))
        return gap is not None and unmarked.is_said(self.text[gap.end() : start])

    def _token(self, match: re.Match[str]) -> _Token | None:
        what, start = str(match.lastgroup), match.start()
        if match["title"]:
            end = self.closings.get(start, 0)
            return _Token(start, end, "title", self.text[start + 1 : end - 1].strip()) if end else None
        if match["year"] or match["order"]:
            start = _number_start(self.text, match, _CODE if match["year"] else _BODY)
            name = self.text[start : match.end()] if start < match.start() else ""
            return _Token(start, match.end(), "number", name)
        what = next(name for name in ("self", "other", "before", "within", "place", "decimal") if match[name])
        return _Token(start, match.end(), what, match[0])

    def _from(self, token: _Token) -> Iterator[Citation]:
        """Yield the citation that a token starts, with those of the list that follows it."""
        if token.what == "title":
            yield from self._titled(token)
        elif token.what == "number":
            yield from self._numbered(token)
        elif token.what == "short" and not self._defines(token) and not self._is_title(token):
            yield from self._with_places(token.start, token.end, "short", self._short(token))
        elif token.what == "unmarked":
            yield from self._named_bare(token)
        elif token.what == "self" and (token.name[1:] in self.words or token.name[1:] not in _AMBIGUOUS):
            yield from self._with_places(token.start, token.end, "relative", self._own(token))
        elif token.what == "other":
            word = token.name.lstrip("该上前述同")
            ref = self._before(word)
            if ref is None and _PLACE.match(self.text, token.end):
                ref = _Ref(token.name, unmarked=True)  # whatever it is, it is not the law named before
            if ref is not None:
                yield from self._with_places(token.start, token.end, "relative", ref)
        elif token.what == "before":
            yield from self._preceding(token)
        elif token.what == "within":
            yield from self._with_places(token.start, token.end, "relative", _THIS)
        elif token.what == "place":
            yield from self._placed(token)
        elif token.what == "decimal" and self.memo and not self._of_a_contract(token):
            yield self._citation(token.start, token.end, "unmarked", _Ref(token.name, unmarked=True), None)

    def _titled(self, token: _Token) -> Iterator[Citation]:
        if self._defines(token):
            return
        ref = self._marked(token)
        if self.text.startswith("本", token.start - 1) and not self.text.startswith("日", token.start - 2):
            ref = _THIS
        elif _is_document(token.name) is False and ref.name == token.name and not self._numbered_after(token.end):
            return
        yield from self._with_places(token.start, token.end, "title", ref)

    def _marked(self, token: _Token) -> _Ref:
        """Return what a title in marks means: by what the document defines, by a short name, or itself."""
        key = title_key(token.name)
        edition = editions.before(self.text, token.start)
        if defined := self.aliases.get(key):
            return defined._replace(edition=edition or defined.edition)
        if abroad := _ABROAD.search(self.text, max(token.start - _ABROAD_REACH, 0), token.start):
            return _Ref(abroad[0] + token.name, unmarked=True)
        if (short := _spelled().get(key)) and title_key(short) != key:
            return _Ref(short, edition)
        if key.startswith("民法典") and _BOOK.fullmatch(key.removeprefix("民法典").strip("（）")):
            return _Ref("民法典", edition)  # 《民法典·侵权责任编》, 《民法典（合同编）》
        if key in unmarked.NOUNS:
            return self._only_one(key) or _Ref(token.name, edition, unmarked=True)
        title, inside = editions.split_title(token.name)
        return _Ref(token.name, edition or inside, title if inside else "")

    def _only_one(self, word: str) -> _Ref | None:
        """Return what 《条例》 means that nothing defines: the one document of that kind that was named; None where there are several."""
        named = {title_key(each) for each in re.findall(rf"《([^《》\n]{{3,80}}{word})》", self.text)}
        ref = self._before(word)
        return ref if ref and named == {title_key(ref.name)} else None

    def _short(self, token: _Token) -> _Ref:
        """Return what a short name means, in the edition that is named before it: 旧公司法."""
        defined = self.aliases.get(self.text[token.start : token.end])
        edition = editions.before(self.text, token.start)
        return _Ref(token.name, edition or (defined.edition if defined else ""))

    def _named_bare(self, token: _Token) -> Iterator[Citation]:
        """Yield a name without marks with its articles: a short name, the end of what was named before, or as printed."""
        plain, edition = editions.split_name(token.name)
        edition = edition or editions.before(self.text, token.start) or editions.in_brackets(token.brackets)
        name = title_key(plain)
        last = self.last.ref if self.last else _THIS
        if defined := self.aliases.get(name):
            defined = defined._replace(edition=edition or defined.edition)
            yield from self._with_places(token.start, token.end, "short", defined)
        elif name in _GENERIC and name not in unmarked.NOUNS:
            return  # 按照规定第三条: a verb
        elif _is_end_of(name, last.name) and not last.unmarked:
            last = last._replace(edition=edition or (last.edition if name in unmarked.NOUNS else ""))
            yield from self._with_places(token.start, token.end, "relative", last)
        elif name in self.words and self.has_articles:
            yield from self._with_places(token.start, token.end, "relative", _THIS)
        elif (short := _spelled().get(name)) and not _ABROAD.search(token.name):
            yield from self._with_places(token.start, token.end, "short", _Ref(short, edition))
        else:
            yield from self._with_places(token.start, token.end, "unmarked", _Ref(plain, edition, token.also, True))

    def _is_title(self, token: _Token) -> bool:
        """Tell a law's own title, printed as a line of its own, or its end: 土地增值税暂行条例."""
        name, line = self.text[token.start : token.end], editions.split_title(self.text.strip())[0]
        return name == line or (self.section.anchor == "title" and line.endswith(name) and "《" not in line)

    def _defines(self, token: _Token) -> bool:
        """Tell a name that is being given: （以下简称《条例》）."""
        return bool(_DEFINING.search(self.text, max(token.start - _DEFINING_REACH, 0), token.start))

    def _numbered_after(self, end: int) -> bool:
        gap = _GAP.match(self.text, end)
        return bool(gap and re.search(r"(?:19|20)\d\d.{0,3}\d+\s?号|第\s?\d+\s?号", gap[0]))

    def _numbered(self, token: _Token) -> Iterator[Citation]:
        if not token.name and self.memo:  # 〔2020〕5号, of nobody
            end = token.end + (2 if self.text.startswith("文件", token.end) else self.text.startswith("文", token.end))
            yield from self._with_places(
                token.start, end, "unmarked", _Ref(self.text[token.start : end], unmarked=True)
            )
        if not token.name or number_key(token.name) in self.numbers or self._is_of_this_document(token):
            return
        before = self.text[max(token.start - 3, 0) : token.start]
        gap = len(before) - len(before.rstrip("（( ，,"))
        aside = "（" in before or "(" in before  # 《示例法》第三条，示例令第5号: another document
        also = self.last.name if self.last and self.last.end == token.start - gap else ""
        if self.last and self.last.place and not aside:
            also = ""
        yield self._citation(token.start, token.end, "number", _Ref(token.name), None, also)
        if not also:
            self.last = _Named(_Ref(token.name), token.end)

    def _is_of_this_document(self, token: _Token) -> bool:
        """Tell the number in a document's own head: alone on its line, or of the order that made the law known."""
        start = self.text.rfind("\n", 0, token.start) + 1
        if self.section.anchor.removeprefix(self.annex) not in ("title", "preamble", "table"):
            return False
        if token.start - start > _LONGEST_HEAD:
            return bool(_EVENT.match(self.text, start))
        line = self.text[start : token.end + _LONGEST_HEAD].partition("\n")[0].strip()
        return (line.strip("（()） ") == self.text[token.start : token.end]) or bool(_EVENT.match(line))

    def _has(self, anchor: str) -> bool:
        """Return whether this document has a place. Most of those that it has not are told at once: no anchor ends so."""
        if self.has_articles and "-i" not in anchor and anchor not in self.endings:
            return False
        return bool(article_places.fit(anchor, self.anchors))

    def _own(self, token: _Token) -> _Ref:
        """Return what 本法 means: this document, but in one that is none, the law named before (大气污染防治法第八十条：“违反本法…”).

        In a memo that names none it is not understood.
        """
        word = token.name[1:]
        if word in self.words:
            return _THIS
        nobodys = self.memo and word in _LAWS and _PLACE.match(self.text, token.end)
        return self._before(word) or (_Ref(token.name, unmarked=True) if nobodys else _THIS)

    def _before(self, word: str) -> _Ref | None:
        """Return the document named before in this section whose kind is `word`."""
        if self.last and self.last.name and _is_called(word, self.last.name):
            return self.last.ref
        return None

    def _preceding(self, token: _Token) -> Iterator[Citation]:
        """Yield 前款, 前条第一项: places of this document that are told by their distance."""
        match = _TOKEN.match(self.text, token.start)
        assert match is not None
        steps = max(numeral(match["count"]) if match["count"] else 1, 1)
        if quoted := self._before_in_quoted(match["unit"], steps, token.start):
            assert self.last is not None
            yield from self._places(token.start, token.end, "relative", self.last.ref, quoted)
            return
        if self.memo:
            yield self._citation(token.start, token.end, "unmarked", _Ref(token.name, unmarked=True), None)
            return
        above, end = self._at_distance(match["unit"], steps, token.start) or self.section.anchor, token.end
        items = _ITEMS.match(self.text, match.end("unit")) if match["unit"] != "项" else None
        start, place = token.start, above
        for begins, ends, printed in article_places.several(items[0]) if items else ():
            if begins:
                yield Citation(self.section.anchor, start, end, self.text[start:end], "relative", "", place)
                start = match.end("unit") + begins
            place, end = f"{above}-{article_places.read(printed).anchor}", match.end("unit") + ends
        yield Citation(self.section.anchor, start, end, self.text[start:end], "relative", "", place)
        if within := _as_place(place):
            yield from self._listed(end, _THIS, within)

    def _before_in_quoted(self, unit: str, steps: int, position: int) -> Place | None:
        """Return what 前款 means in an article that is quoted, in a text without articles, after the place it stands in."""
        if self.has_articles or unit != "款" or self.last is None or not self.last.name:
            return None
        article, start = self.last.place, self.last.end
        if "“" in self.text[start:position]:
            heading = next(reversed(list(_QUOTED.finditer(self.text, start, position))), None)
            article, start = (article_places.read(heading[1]), heading.end()) if heading else (None, start)
        if article is None or article.top != _ARTICLE_LEVEL:
            return None
        paragraph = next((int(token[1:]) for level, token in article.steps if level == _ARTICLE_LEVEL + 1), 1)
        paragraph += self.text.count("\n", start, position)
        return Place((article.steps[0], (_ARTICLE_LEVEL + 1, f"p{max(paragraph - steps, 1)}")))

    def _at_distance(self, unit: str, steps: int, position: int) -> str:
        anchor = self.section.anchor
        article = re.fullmatch(r"(.*art-)(\d+)", anchor)
        if unit == "条":
            return f"{article[1]}{int(article[2]) - steps}" if article and int(article[2]) > steps else ""
        inside = [part.anchor for part in self.section.parts if part.start <= position < part.end]
        if unit == "款":
            here = next((each for each in inside if re.fullmatch(r".*-p\d+", each)), "")
        else:
            here = next((each for each in inside if re.fullmatch(r".*-p\d+-i\d+", each)), "")
        if not here:
            return "" if "art-" in anchor else anchor
        stem, number = re.fullmatch(r"(.*?)(\d+)", here).groups()  # type: ignore[union-attr]
        return f"{stem}{int(number) - steps}" if int(number) > steps else ""

    def _placed(self, token: _Token) -> Iterator[Citation]:
        """Yield a place without a name before it: in this document, or in the one named before."""
        place = article_places.read(token.name).from_article
        if place is None or self._quotes_heading(token):
            return
        if place.inside and self.near and self.text.endswith("违反", 0, token.start):
            ref, article = self.near
            yield from self._places(token.start, token.end, "article", ref, place.below(article))
            return
        if place.inside and self.memo:
            yield from self._inside_memo(token, place)
            return
        if (
            place.inside and self.subject
        ):  # of a decision or an amendment: 增加一款，作为第三款 speaks of the law that it changes
            if self.near:
                ref, article = self.near
                yield from self._places(token.start, token.end, "article", ref, place.below(article))
            return
        if place.inside:
            own = _as_place(self.section.anchor)
            if own and ("款" in token.name or _ITEM_CITED.match(self.text, token.end)):
                yield from self._places(token.start, token.end, "article", _THIS, place.below(own))
            return
        if self._of_a_contract(token):
            self.elsewhere = token.end
            return
        ref = self.last.ref if self.last else _THIS
        if self._has(f"{self.annex}{place.steps[0][1]}"):
            ref = _THIS
        elif self.last and self.elsewhere > self.last.end:
            return  # 合同第三条、第四条
        elif self.last and (edition := self._edition_between(self.last.end, token.start)):
            ref = ref._replace(edition=edition)
        elif self.last and (other := self._not_understood(self.last.end, token.start)):
            ref = _Ref(other, unmarked=True)
        if self.memo and not ref.name:
            ref = _Ref(token.name, unmarked=True)
        if ref.name or self.has_articles:
            yield from self._places(token.start, token.end, "article", ref, place)

    def _of_a_contract(self, token: _Token) -> bool:
        """Tell a place in a text that is no document of a corpus: 合同第三条."""
        return _OTHER_TEXT.search(self.text, max(token.start - 5, 0), token.start) is not None

    def _inside_memo(self, token: _Token, place: Place) -> Iterator[Citation]:
        """Yield a paragraph or an item that a memo names without its article: of the one named before, else not understood."""
        if self._of_a_contract(token):
            return
        if self.near and self._is_of_an_article(token):
            ref, article = self.near
            yield from self._places(token.start, token.end, "article", ref, place.below(article))
        elif "款" in token.name or _ITEM_CITED.match(self.text, token.end) or self._is_of_an_article(token):
            yield self._citation(token.start, token.end, "unmarked", _Ref(token.name, unmarked=True), place)

    def _is_of_an_article(self, token: _Token) -> bool:
        """Tell 该条第（二）项, 违反第一款."""
        return _OF_THE_SAME.search(self.text, max(token.start - 8, 0), token.start) is not None

    def _edition_between(self, end: int, start: int) -> str:
        """Return the edition that is named directly before a later article of the same law: 、修订后第二十条."""
        if not self.last or not self.last.ref.name or end < 0:
            return ""
        bracket = _BRACKET_AT_END.search(self.text, end, start)
        named = editions.in_brackets(bracket[0]) if bracket else ""
        if not named and (after := _EDITION_ALONE.fullmatch(self.text, end, start)):
            named = after["edition"]
        return named

    def _not_understood(self, start: int, end: int) -> str:
        """Return what names a document after the one named last, and was not understood: an article may be of that one."""
        if found := _DROPPED.search(self.text, max(start, end - _DROPPED_REACH), end):
            return found[0].rstrip("的之中")
        if start < 0:
            return ""
        low = max(start, end - _PASSING_REACH, self.text.rfind("\n", 0, end))
        return unmarked.passing(self.text, low, end) or self._stranger(start, end)

    def _stranger(self, start: int, end: int) -> str:
        """Return the name directly before an article that was not understood; 实施条例 is that of the law named before."""
        name = unmarked.stranger(self.text, start, end)
        if name in _OF_A_LAW and self.last and self.last.name.endswith("法"):
            return f"{self.last.name}{name}"
        return name

    def _quotes_heading(self, token: _Token) -> bool:
        """Tell the number of an article that is quoted or printed whole (“第三条　…”) from a citation."""
        before, after = self.text[token.start - 1 : token.start], self.text[token.end : token.end + 1]
        return before in ("“", "\n", "") and after in (" ", "　", "\u2003", "\xa0")

    def _with_places(self, start: int, end: int, kind: Kind, ref: _Ref) -> Iterator[Citation]:
        """Yield a named document with the place after it, then what follows in a list."""
        gap = _GAP.match(self.text, end)
        assert gap is not None  # it matches nothing, too
        after, reached = editions.after(self.text, gap.end())
        book = _BOOK.match(self.text, reached)
        assert book is not None  # nor does it
        number = self._number_in(gap[0])
        if ref.name:
            ref = ref._replace(edition=ref.edition or editions.in_brackets(gap[0]) or after, also=ref.also or number)
        found = _PLACE.match(self.text, book.end() if ref.name.endswith("民法典") else reached)
        if found is None and gap[0] and (comma := _COMMA.match(self.text, reached)):
            found = _PLACE.match(self.text, comma.end())  # 《…》（2022年3月22日），第93条
        if found is None and kind in ("title", "short") and not gap[0].startswith(("（", "(")):
            found = _BARE.match(self.text, reached)  # 《行政强制法》四十四条
        place = article_places.read(found[0]) if found else None
        if place and place.inside:
            place = self._inside(place, self.text[start:end])
        if place and found:
            yield from self._places(start, found.end(), kind, ref, place)
            return
        yield self._citation(start, end, kind, ref, None, number)
        self.last = _Named(ref, end) if ref.name else self.last

    def _inside(self, place: Place, named: str) -> Place | None:
        """Set 本条第一款 into its article; 《…》第一项 names no place."""
        own = _as_place(self.section.anchor)
        return place.below(own) if own and named == "本条" else None

    def _places(self, start: int, end: int, kind: Kind, ref: _Ref, place: Place) -> Iterator[Citation]:
        """Yield a place that was read up to `end`, then the others of its list: 、第二款和第四十条."""
        end = self._after_range(end)
        if ref.name and not ref.edition:
            ref = ref._replace(edition=self._edition_after(end))
        first, *others = article_places.several(self.text[start:end])
        yield self._citation(start, start + first[1], kind, ref, place)
        for begins, ends, printed in others:
            place = article_places.read(printed).below(place)
            yield self._citation(start + begins, start + ends, "article", ref, place)
        if not place.inside:
            self.near = (ref, place)
        yield from self._listed(end, ref, place)

    def _edition_after(self, end: int) -> str:
        """Return the edition that brackets after an article name: 《公司法》第二十条（2018年修正）."""
        bracket = _BRACKET.match(self.text, end)
        return editions.in_brackets(bracket[0]) if bracket else ""

    def _listed(self, end: int, ref: _Ref, place: Place) -> Iterator[Citation]:
        while (gap := _LIST.match(self.text, end)) and (found := self._next(gap.end(), place)):
            start, end = found.start(), self._after_range(found.end())
            own = self._edition_after(end) if ref.name else ""
            for begins, ends, printed in article_places.several(self.text[start:end]):
                place = place.beside(printed) if printed[0] == "之" else article_places.read(printed).below(place)
                each = ref._replace(edition=own or ref.edition)
                yield self._citation(start + begins, start + ends, "article", each, place)
            self.near = (ref, place)
        if ref.name:
            self.last = _Named(ref, end, place)

    def _next(self, position: int, place: Place) -> re.Match[str] | None:
        """Match the place of a list that follows another one: 、第四十条, and after an item 、（三）项."""
        found = _PLACE.match(self.text, position)
        if found is None and place.steps[-1][1].startswith("i"):
            return _ITEM.match(self.text, position)
        if found is None and re.fullmatch(r"art-\d+-\d+", place.steps[-1][1]):
            return _OF.match(self.text, position) or _BARE.match(self.text, position)
        if found is None:
            return _BARE.match(self.text, position)
        following = article_places.read(found[0]) if found else None
        return None if following and following.inside and following.top < place.top else found

    def _after_range(self, end: int) -> int:
        found = _RANGE.match(self.text, end)
        return found.end() if found else end

    def _number_in(self, gap: str) -> str:
        """Return the document number in the bracket after a title."""
        match = re.search(r"[（(]([^（）()]*?号)[）)]?", gap)
        return match[1] if match and number_key(match[1]) else ""

    def _citation(self, start: int, end: int, kind: Kind, ref: _Ref, place: Place | None, number: str = "") -> Citation:
        wanted = place.anchor if place else ""
        if not ref.name:
            wanted = self._in_this_document(wanted)
        kind = "unmarked" if ref.unmarked else kind
        found = (self.section.anchor, start, end, self.text[start:end], kind, ref.name, wanted)
        return Citation(*found, number or ref.also, ref.edition)

    def _in_this_document(self, wanted: str) -> str:
        """Set a place of this document into the annex in which it is cited."""
        if not self.annex or wanted.startswith(self.annex):
            return wanted
        return f"{self.annex}{wanted}" if wanted else self.annex.rstrip("-")


_PLACE = lazy_re(PLACE)
_COMMA = lazy_re("[，,]\\s?(?=第)")
_ITEM = lazy_re(article_places.ITEM)
_BARE = lazy_re(article_places.BARE)
_OF = lazy_re(r"之[一二三四五六七八九十]{1,3}(?![\u4e00-\u9fff])|之[一二三四五六七八九十]{1,3}(?=[和及或的规等])")
# 《员工手册》第三条, 〔2020〕5号文第三条: what is no document of a corpus, or a number that lacks its agency.
_DROPPED = lazy_re(r"(?:《[^《》\n]{1,60}》|[^\s，。；：、]{0,12}号)(?:文件?|令|公告|通知)?[）)]?[的之中]?$")
_DROPPED_REACH = 64
_PASSING_REACH = 200
_ABROAD_REACH = 12
_ASIDE = lazy_re(r"[（(][^（）()\n]{1,300}[）)]")
_QUOTED = lazy_re(rf"“({PLACE})[ 　\u2003\xa0]")
_ITEMS = lazy_re(
    rf"(?=第?\s?[（(]?[^条款目]{{1,40}}?项)(?:{PLACE}|[（(]?[一二三四五六七八九十]+[）)]?项|{article_places.ITEM})"
)


class _Shorts:
    """Finds short names: the longest that ends at each place where one may end."""

    def __init__(self, names: dict[str, str]) -> None:
        self.names = names
        self.lengths = _lengths(names)
        self.ends = re.compile(f"[{''.join(sorted({re.escape(name[-1]) for name in names}))}]")

    def find(self, text: str) -> Iterator[_Token]:
        """Yield short names from left to right; one that goes on as a longer word is none."""
        for match in self.ends.finditer(text):
            end = match.end()
            for length in self.lengths[match[0]]:
                name = text[end - length : end] if end >= length else ""
                if name in self.names and self._stands_alone(text, end - length, end):
                    extra = _EXTENDS.match(text, end)
                    whole = self.names[name].removesuffix(extra[0] if extra else "") + (extra[0] if extra else "")
                    start = end - length
                    start -= len(NATION) if text.endswith(NATION, 0, start) else 0
                    yield _Token(start, extra.end() if extra else end, "short", whole)
                    break

    @staticmethod
    def _stands_alone(text: str, start: int, end: int) -> bool:
        if re.match("[律院学官庭人治令制案医师系典]|规(?!定)|定(?!义)|和?法律委员会", text[end : end + 6]):
            return False
        name, before = text[start:end], text[max(start - _ABROAD_REACH, 0) : start]
        if name.endswith(("解释", "规定")) and _SERIAL.match(text, end):
            return False  # the second of its kind, where the table has the first
        if name[-1] in _NUMERALS and _WORD_OF_NUMERAL.match(text, end):
            return False  # 解释一般
        if _ABROAD.search(before) and not text.endswith(NATION, 0, start):
            return False
        if name in ("刑法", "宪法"):
            other = re.search("(?:[立违修]|八字)$" if name == "宪法" else "酷$", before)  # 违宪, 酷刑
            return not other or text.startswith("第", end)
        return not (
            end - start == 2
            and re.search(r"[节排用供民国司公私合大立变方看想办做手书句说写无非违守犯执讲普学取撤抵]$", before)
        )


_NUMERALS = "一二三四五六七八九"
_SERIAL = lazy_re(rf"[（(][{_NUMERALS}十]+[）)]|[{_NUMERALS}](?=第)")
_WORD_OF_NUMERAL = lazy_re("[般些直定样致旦切种并方个条款项目次部份起再经度向贯概]")


@cache
def _spelled() -> dict[str, str]:
    """Return the short names of the table in all their spellings."""
    return unmarked.spellings(short_names())


def _is_called(word: str, name: str) -> bool:
    """Return whether a document may be called by a word: 该法 the 民法典, 该解释 a 规定 of the highest court."""
    plain = plain_key(title_key(name)).rstrip("》）)")
    if re.search("[（(][一二三四五六七八九十]+$", plain):
        plain = re.split("[（(]", plain)[0]
    if plain.endswith(word) or name.rstrip("》）)").endswith(word):
        return True
    return plain.endswith("法典") if word == "法" else word == "解释" and name.startswith("最高人民")


def _is_end_of(name: str, title: str) -> bool:
    """Return whether a name is how a title ends: 消防条例 after 《示例市消防条例》 was named."""
    return bool(title) and (len(name) > 3 or name in unmarked.NOUNS) and _is_called(name, title)


@cache
def _lengths_of(names: tuple[str, ...]) -> dict[str, tuple[int, ...]]:
    found: dict[str, set[int]] = {}
    for name in names:
        found.setdefault(name[-1], set()).add(len(name))
    return {last: tuple(sorted(lengths, reverse=True)) for last, lengths in found.items()}


def _lengths(names: dict[str, str]) -> dict[str, tuple[int, ...]]:
    return _lengths_of(tuple(names))


def _covered(token: _Token, spans: list[tuple[int, int]]) -> bool:
    """Return whether a token shares a character with one of these spans, which are in order and apart."""
    after = bisect_left(spans, (token.end, 0))
    return after > 0 and token.start < spans[after - 1][1]


def _end_around(position: int, spans: list[tuple[int, int]]) -> int:
    """Return the end of the one of these spans, which are in order and apart, that holds a position; 0 where none does."""
    index = bisect_left(spans, (position, 0)) - 1
    return spans[index][1] if index >= 0 and position < spans[index][1] else 0


def _closings(text: str) -> dict[int, int]:
    """Return where each title mark that opens is closed, marks inside it counted, on the same line and not too far off."""
    found: dict[int, int] = {}
    opened: list[int] = []
    for match in _MARKS_OF_TITLES.finditer(text):
        if match[0] == "《":
            opened.append(match.start())
        elif match[0] == "\n":
            opened.clear()
        elif opened and 3 < match.end() - (start := opened.pop()) <= _LONGEST_TITLE:
            found[start] = match.end()
    return found


def _number_start(text: str, match: re.Match[str], reach: int) -> int:
    """Find where the code of an agency or the name of a body begins that stands before a number."""
    start = max(match.start() - reach, 0)
    before = _CODE_CHARACTERS.search(text[start : match.start()])
    if not before:
        return match.start()
    code = before[0]
    cut = max((stop.end() for stop in _STOP.finditer(code)), default=0)
    code = code[cut:]
    opened = max(code.rfind("（"), code.rfind("("))
    if opened >= 0 and not re.search("[）)]", code[opened:]):
        code = code[opened + 1 :]
    return match.start() - len(code)


def _is_document(title: str) -> bool | None:
    """Return whether a title in 《》 is that of a document; None where nothing tells."""
    plain = _SERIAL_AT_END.sub("", plain_key(title_key(title)))
    if _NO_DOCUMENT.search(plain):
        return False
    if len(plain) < 2:
        return False
    return True if _WORD_AT_END.search(plain) or plain in short_names() else (None if len(plain) > 6 else False)


def _annex(anchor: str) -> str:
    match = re.match(r"(?:annex|schedule|appendix|figure)-[0-9a-z]+(?:~\d+)?(?=-|$)", anchor)
    return f"{match[0]}-" if match else ""


def _as_place(anchor: str) -> Place | None:
    """Read the article of an anchor, art-12-p2, as a place."""
    match = re.search(r"art-\d+(?:-\d+)*", anchor)
    if not match:
        return None
    steps: list[tuple[int, str]] = [(_ARTICLE_LEVEL, match[0])]
    inner = re.findall(r"-(p\d+|i\d+)", anchor[match.end() :])
    steps += [(_ARTICLE_LEVEL + (1 if step[0] == "p" else 2), step) for step in inner]
    return Place(tuple(steps))


def _own_words(document: Document) -> frozenset[str]:
    """Return the words by which a document may call itself: the kinds that its title and its annexes' titles name."""
    titles = [document.metadata.title, *re.findall("《([^《》]+)》", document.metadata.title)]
    titles += [section.heading for section in document.walk() if _annex(section.anchor).rstrip("-") == section.anchor]
    found = (_WORD_AT_END.search(plain_key(title_key(title))) for title in titles)
    words = {match[0] for match in found if match}
    return frozenset(words | {word[2:] for word in words if len(word) == 4} | ({"法"} if "法典" in words else set()))


def _defined(document: Document) -> dict[str, _Ref]:
    """Collect the short names that a document defines for others: 《…》（以下简称《条例》）."""
    found: dict[str, _Ref] = {}
    for section in document.walk():
        if "称" not in section.text:
            continue
        for match in _DEFINES.finditer(section.text):
            before = section.text[: match.start()]
            edition = editions.in_brackets(match[0])
            if not edition and (own := _BRACKET_AT_END.search(before, max(len(before) - _LONGEST_TITLE, 0))):
                edition = editions.in_brackets(own[0])
                before = before[: own.start()] if edition else before
            if before.endswith("》") and (start := _opening(before)) >= 0:
                name = before[start + 1 : -1]
                if _is_document(name) is not False:
                    title, inside = editions.split_title(name)
                    edition = edition or inside or editions.before(before, start)
                    alias = title_key(match[1])
                    found.setdefault(alias, _Ref(name, edition, title if inside else ""))
    return found


_BRACKET = lazy_re(r"[（(〔\[【][^（）()〔〕\[\]【】\n]{1,80}[）)〕\]】]")
_EDITION_ALONE = lazy_re(
    r"[，,；;、]?(?:和|与|及|以及|而)?(?P<edition>(?:修[订正改]|新法|旧法|现行|施行)(?:以|之)?[前后]?)的?"
)
_BRACKET_AT_END = lazy_re(r"[（(〔\[【][^（）()〔〕\[\]【】\n]{1,80}[）)〕\]】]$")


def _opening(before: str) -> int:
    """Find the title mark that a text's last character closes."""
    depth = 0
    for position in range(len(before) - 1, max(len(before) - _LONGEST_TITLE, -1), -1):
        depth += {"》": 1, "《": -1}.get(before[position], 0)
        if depth == 0:
            return position
    return -1


def _amended(title: str) -> str:
    """Return the law that a decision or an amendment changes: its articles are meant where none is named."""
    if not _AMENDS.search(title):
        return ""
    match = re.search(r"修[改订正][《〈<]([^》〉>]+)[》〉>]的?决定", title) or re.match(r"(.+?)修正案", title)
    return match[1] if match else ""
