"""Take site navigation and page furniture off a page's text, whole lines only.

Careful by place: what only a site says (扫一扫在手机打开当前页) goes wherever it stands; what a document could say too goes only
at the very head or tail of the page. （此件公开发布） and （本文有删减） are the document's own words and stay, and so does
the table of metadata at its head, which `kb.structure.metadata` reads.
"""

from __future__ import annotations

from collections.abc import Iterable

from kb.base.lazy_re import lazy_re
from kb.structure.outline import text_lines

_HEAD_LINES = 12  # navigation stands above the title; a line like it further down is the document's
_LONGEST = 120  # characters: a longer line is prose

_GAP = r"[\s|｜:：,，、/·\-【】\[\]()（）<>《》]*"
_TOOL = (
    "打印(?:本页|页面|文章|此页)?|关闭(?:窗口|本页|页面)?|(?:字体|字号)(?:大小)?|[特大中小]|默认|分享(?:到|至)?|收藏(?:本页)?|我要纠错|纠错|"
    "微信|朋友圈|新浪微博|微博|QQ空间|QQ|复制链接|(?:保护视力色|视力保护色)|返回(?:顶部|首页|列表|上一页)?|A[+-]?|T|"
    r"(?:浏览|阅读|点击|访问)(?:次数|量|数)?[:：]\s*\d*\s*次?|手机(?:版|扫一扫)|下载(?:本文|全文)|"
    "设为首页|加入收藏|网站地图|联系我们|关于我们|无障碍(?:浏览|阅读)?|长者(?:模式|专区|助手)|繁[体體](?:版|中文)?|简体(?:版|中文)?"
)
_TOOLS = lazy_re(f"{_GAP}(?:(?:{_TOOL}){_GAP})+")
_SURE_TOOL = lazy_re(
    "【(?:打印|关闭|字体|字号|大|纠错)|打印(?:本页|页面|文章|此页)|关闭(?:窗口|本页|页面)|(?:字体|字号)(?:大小)?[:：]|分享[到至]|我要纠错|视力|返回(?:顶部|列表)"
    "|(?:浏览|阅读|点击|访问)(?:次数|量|数)[:：]|设为首页|加入收藏"
)
_ANYWHERE = lazy_re(
    r"扫一扫.{0,30}|(?:请)?(?:用|使用)?(?:手机|微信)扫(?:一扫|描).{0,30}|分享[到至][:：]?.{0,40}"
    r"|(?P<dash>[—－–-])\s?\d{1,3}\s?(?P=dash)"  # page numbers (GB/T 9704-2012, 7.5)
    r"|[【\[]?(?:上|下)一(?:篇|条)[】\]]?[:：].*|[(（【\[]?(?:责任编辑|责编)[:：].{0,20}"
)
_TAIL = lazy_re(
    r".*(?:版权所有|ICP备\s?\d+号|公网安备\s?\d+).*|(?:政府)?网站标识码.*|(?:主办|承办|技术支持|运维电话)(?:单位)?[:：].*"
)
_LICENCE = lazy_re(r"本作品(?:是中华人民共和国的|在.{0,20}属于公有领域).*")  # Wikisource, below every text
_LICENCE_END = lazy_re(r"Public domain.*|false|true")
_LICENCE_LINES = 40
_POSITION = lazy_re(r"(?:您|你|当前|现在|目前)[^:：]{0,6}位置(?:是)?\s*(?:[:：].*)?")
_ARROW = r"\s*(?:>>?|＞|»|›)\s*"
_TRAIL = lazy_re(
    rf"[\u4e00-\u9fff]{{0,12}}(?:首页|主页){_ARROW}[^。；]*|[\u4e00-\u9fff]{{2,20}}(?:{_ARROW}[\u4e00-\u9fff]{{2,30}}){{2,}}"
)


def strip(text: str) -> tuple[str, dict[int, str]]:
    """Return the text without its furniture, and the lines taken off by index (from 0). Every line is kept or taken whole."""
    lines = text_lines(text)
    bare = [line.strip() for line in lines]
    taken = {index for index, line in enumerate(bare) if _is_sure(line)} | _navigation(bare)
    taken |= _licence(bare)
    taken |= _edge(bare, range(len(bare)), taken, tail=False)
    taken |= _edge(bare, range(len(bare) - 1, -1, -1), taken, tail=True)
    kept = "".join(line for index, line in enumerate(lines) if index not in taken)
    return kept, {index: bare[index] for index in sorted(taken)}


def _is_sure(line: str) -> bool:
    """Return whether only a site says this."""
    if not line or len(line) > _LONGEST:
        return False
    return bool(_ANYWHERE.fullmatch(line) or (_SURE_TOOL.search(line) and _TOOLS.fullmatch(line)))


def _navigation(lines: list[str]) -> set[int]:
    """Find the lines near the head that say where on the site the page is."""
    return {
        index
        for index, line in enumerate(lines[:_HEAD_LINES])
        if len(line) <= _LONGEST and (_POSITION.fullmatch(line) or _TRAIL.fullmatch(line))
    }


def _licence(lines: list[str]) -> set[int]:
    """Find the statement, at the tail, that a text is in the public domain, which ends in machine-read marks."""
    end = len(lines)
    while end and not lines[end - 1]:
        end -= 1
    if not end or not _LICENCE_END.fullmatch(lines[end - 1]):
        return set()
    first = next((i for i in range(end - 1, max(-1, end - _LICENCE_LINES), -1) if _LICENCE.fullmatch(lines[i])), end)
    return set(range(first, end))


def _edge(lines: list[str], order: Iterable[int], taken: set[int], *, tail: bool) -> set[int]:
    """Find what is furniture only because nothing of the document stands before (or after) it."""
    found = set()
    for index in order:
        line = lines[index]
        if index in taken or not line:
            continue
        if not 2 <= len(line) <= _LONGEST or not (_TOOLS.fullmatch(line) or (tail and _TAIL.fullmatch(line))):
            break
        found.add(index)
    return found
