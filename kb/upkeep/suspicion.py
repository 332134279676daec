"""Is an answer the page that was asked for? Challenges, login forms, error pages and emptied pages are not content."""

from __future__ import annotations

import re

from kb.base.errors import UnreadableError
from kb.base.lazy_re import lazy_re
from kb.fetch.network.fetched import Fetched
from kb.ingest.formats.charset import decode
from kb.ingest.formats.extract import DENSEST, FROM_SCRIPT, extract_html
from kb.structure import metadata
from kb.structure.extracted import Extracted

_TITLES = ("标题", "名称", "ArticleTitle")
_SMALL_PAGE = 600
_SMALL_TEXT, _LEAST_TEXT = 400, 40
_SHORTEST_TITLE = 8
_ABOUT = lazy_re(r"关于|印发|办法|规定|条例|细则|公告|通告|报告|第.{1,6}号")
_TAGS = lazy_re(r"<(script|style|noscript|head)\b.*?(?:</\1\s*>|\Z)|<!--.*?-->|<[^>]+>", re.DOTALL | re.IGNORECASE)
_TITLE = lazy_re(r"<title[^>]*>(.*?)</title>", re.DOTALL | re.IGNORECASE)
_PASSWORD = lazy_re(r"""<input\b[^>]*\btype\s*=\s*["']?password""", re.IGNORECASE)
# What the common protections of government sites call their cookies and scripts.
_CHALLENGE = lazy_re(
    r"__jsl_clearance|acw_sc__v2|_cf_chl_opt|challenge-platform|\bC3VK\b|wzws-waf|document\.cookie\s*=[^;]*;[^<]{0,200}location",
    re.IGNORECASE,
)
_WORDS = lazy_re(
    r"访问验证|安全验证|人机验证|请完成验证|验证码|访问过于频繁|您的访问被(?:拦截|拒绝)|正在进行安全检[测查]|开启\s*JavaScript|enable JavaScript"
    r"|访问(?:受限|禁止)|拦截提示",
    re.IGNORECASE,
)
_MISSING = lazy_re(
    r"(?:页面|网页|文章|信息|内容|您访问的\S{0,6})(?:已?不存在|已?被?删除|已被删除|找不到|走丢|飞走|已?过期|已?下线|被移除|没有通过审核|未通过审核|正在审核)|\b404\b|Not Found",
    re.IGNORECASE,
)
# What is said to somebody who looks at a page, which documents do not say to their readers.
_TO_VISITORS = lazy_re(
    r"您(?:所|要|想)?(?:访问|查看|浏览|请求|查找|打开|找)的|返回(?:网站|本站)?(?:首页|主页|上一?页)|请(?:您)?(?:先|重新)?登[录陆]"
    r"|请(?:您)?(?:完成|进行|通过)(?:安全|人机|滑动)?验证|正在进行安全检|继续访问|抱歉|对不起|请稍[后候](?:再试|重试|访问)?"
    r"|网站管理员|(?<![示现为“「])该?(?:页面|网页|文章)(?:已经?|不存在|被)|该(?:信息|内容|文章)(?:已经?(?:被)?(?:删|下|过期)|不存在|没有通过)|点击(?:这里|此处|继续)|刷新(?:页面|重试)"
    r"|已被?(?:设置)?拦截|开启JavaScript|(?:已|已经)(?:撤稿|下线)|(?:网站|系统)维护中"
)
_STOPPED = lazy_re(
    r"拦截|阻断|不合法|非法(?:请求|访问)|禁止访问|无权(?:访问|查看|限)|没有权限|防火墙|WAF|事件(?:编号|ID)",
    re.IGNORECASE,
)
_CLOSED = lazy_re(
    r"(?:网站|系统|服务器|站点)[^。]{0,8}(?:维护|升级|关闭|暂停|繁忙|错误|异常)|服务(?:暂)?不可用|页面(?:出错|加载失败)|暂停(?:访问|服务)"
    r"|(?:Bad Gateway|Service Unavailable|Internal Server Error)",
    re.IGNORECASE,
)
_LOGIN = lazy_re(r"登\s*[录陆]|login|sign in", re.IGNORECASE)


def judge_post(answer: Fetched, title: str, body: str) -> str:
    """Say what is suspicious about the page of a post, "" when nothing is or when it proves to be the post.

    `title` is what the list calls the post, "" when it does not say; `body` the source's selector of the text.
    """
    reason = judge(answer)
    if not reason or not answer.ok:
        return reason
    try:
        page = extract_html(answer.body, content_type=answer.header("Content-Type"), body=body)
    except UnreadableError:
        return reason
    return "" if holds(page, answer, title, body) else reason


def judge_text(title: str, text: str) -> str:
    """Say that a text, whatever menus stood around it, is told to a visitor and is no document; "" when it may be one.

    Only a short text without a document's title is judged: words such as 验证码 also stand in documents.
    """
    shown = _bare(text)
    if len(shown) >= _SMALL_TEXT or is_documents(title):
        return ""
    told = f"{title} {shown}"
    if _LOGIN.search(title) or (_LOGIN.search(shown) and len(shown) < _LEAST_TEXT and _TO_VISITORS.search(shown)):
        return "得到的是登录页面"
    if _MISSING.search(told) and (_TO_VISITORS.search(shown) or _MISSING.search(title)):
        return "得到的是“页面不存在”之类的提示"
    if _CLOSED.search(told) and (_TO_VISITORS.search(shown) or _CLOSED.search(title)):
        return "得到的是网站维护或出错的提示"
    if (_WORDS.search(told) or _STOPPED.search(told)) and _TO_VISITORS.search(shown):
        return "得到的是拦截或验证访问者的页面"
    return ""


def is_documents(title: str) -> bool:
    """Return whether a title is a document's: long enough, and it ends with a kind of document."""
    return len(_bare(title)) >= _SHORTEST_TITLE and bool(metadata.kind(title)) and bool(_ABOUT.search(title))


def holds(page: Extracted, answer: Fetched, title: str, body: str) -> bool:
    """Return whether a page, read off an answer, holds the post that was asked for: under the list's title, or in the
    place named for it.

    That the page speaks of the title proves nothing: error pages do so, too, in a heading or where texts stand. It must
    be the heading of a text that does not speak to a visitor, on a page that asks for no password and sets no trap.
    """
    try:
        source, _ = decode(answer.body)
    except UnreadableError:
        return False
    trap = page.converter != FROM_SCRIPT and _CHALLENGE.search(source)
    if trap or _PASSWORD.search(source) or _TO_VISITORS.search(_bare(page.text).replace(_bare(title), "")):
        return False
    wanted = _bare(title).rstrip("….")
    if not wanted:
        return page.converter in (f"HTML: {body}", FROM_SCRIPT) or (
            page.converter != DENSEST and is_documents(page.title.partition("_")[0])
        )
    printed = [page.title, *(page.labels.get(label, "") for label in _TITLES), *page.text.split("\n", 2)[:2]]
    if page.converter == DENSEST:
        return wanted in map(_bare, printed)
    return any(_bare(each).startswith(wanted) for each in printed)


def _bare(text: str) -> str:
    return "".join(text.split())


def judge(answer: Fetched) -> str:
    """Say what is suspicious about an answer, "" when nothing is. 404 and 410 are the caller's to judge."""
    if not answer.ok:
        gone = answer.status in (404, 410)
        return f"网站回答 {answer.status}：{'那里没有文件' if gone else '多半是在验证或拒绝访问者'}"
    if not answer.body.strip():
        return "网站回答的内容是空的"
    return _judge_page(answer) if looks_like_html(answer) else ""


def is_page_address(url: str) -> bool:
    """Return whether an address is that of a web page by its ending."""
    return bool(re.search(r"\.(?:s?html?|jsp|aspx?|php|do)$", url.partition("?")[0], re.IGNORECASE))


def looks_like_html(answer: Fetched) -> bool:
    """Tell a web page from other files by its first bytes."""
    return bool(
        re.match(rb"(?:\xef\xbb\xbf)?\s*<(?:!doctype\s+html|html|head|script|body|meta|!--)", answer.body[:512], re.I)
    )


def _judge_page(answer: Fetched) -> str:
    try:
        source, _ = decode(answer.body, answer.header("Content-Type").partition("charset=")[2].strip(" \"';"))
    except UnreadableError:
        return "网页的文字无法解码"
    shown = "".join(_TAGS.sub(" ", source).split())
    title = " ".join(found[1].split()) if (found := _TITLE.search(source)) else ""
    if not shown and "<script" in source.lower():
        return "网页里只有脚本，没有文字：多半是在验证访问者"
    if len(shown) >= _SMALL_PAGE:
        return ""  # words such as 验证码 also stand in documents
    if _PASSWORD.search(source) or (_LOGIN.search(title) and "<form" in source.lower()):
        return "得到的是登录页面"
    if _CHALLENGE.search(source) or _WORDS.search(f"{title} {shown}"):
        return "得到的是验证访问者的页面"
    return "得到的是“页面不存在”之类的提示" if _MISSING.search(f"{title} {shown}") else ""
