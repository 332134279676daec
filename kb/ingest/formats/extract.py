"""HTML → title, metadata, text. The only place that knows HTML."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping

from bs4 import BeautifulSoup, NavigableString, Tag

from kb.base.errors import UnreadableError
from kb.ingest.formats import detail
from kb.ingest.formats.charset import decode
from kb.ingest.formats.lines import page_lines, plain, text_lines
from kb.structure import labels
from kb.structure.extracted import Extracted

# How the text was found where no mark in the page tells; what else stands in `Extracted.converter` names the mark.
DENSEST, FROM_SCRIPT = "HTML: densest element", "gkmlpt: window._CONFIG.DETAIL"
# Where families of sites keep the text of a document, the surest mark first. An id or a class, in lower case.
_MARKS = (
    *(
        "ucap-content",
        "trs_ueditor",
        "trs_editor",
        "trs_editor_view",
        "trs_web",
        "article-content",
        "articlecontent",
        "article_content",
    ),
    *(
        "articlecon",
        "article-con",
        "article_con",
        "js_content",
        "zoom",
        "zoomcon",
        "fontzoom",
        "pages_content",
        "zw-content",
        "zwcontent",
    ),
    *(
        "content-article",
        "content_article",
        "news_content",
        "newscontent",
        "xxgk_content",
        "info-cont",
        "info_content",
        "textcontent",
    ),
    *(
        "text-content",
        "main-content-article",
        "printcontent",
        "printarea",
        "contentbox",
        "con_text",
        "conttext",
        "vsb_content",
        "wp_articlecontent",
    ),
)
_RANK = {mark: rank for rank, mark in enumerate(_MARKS)}
# 政府网站发展指引（国办发〔2017〕47号）附件“网页标签”。
_META = (
    *("SiteName", "SiteDomain", "SiteIDCode", "ColumnName", "ColumnDescription", "ColumnKeywords", "ColumnType"),
    *("ArticleTitle", "PubDate", "ContentSource", "Keywords", "Author", "Description", "Image", "Url"),
)
_META_NAMES = {name.lower(): name for name in _META}
_SCRIPT = re.compile(
    r"<(script|style|noscript)\b.*?(?:</\1\s*>|\Z)|<!--.*?(?:-->|\Z)|\bdata:[\w/+.-]+;base64,[\w+/=%\s]+",
    re.DOTALL | re.I,
)
_ATTACHMENT = re.compile(
    r"\.(?:pdf|docx?|xlsx?|pptx?|wps|et|ofd|zip|rar|7z|txt|csv|jpe?g|png)(?:[?#].*)?$", re.IGNORECASE
)
_MOST_CHARACTERS = 10_000_000
_MOST_TAGS = 200_000
_DEEPEST = 1_000
_LEAST_TEXT = 10
_MOST_HEADINGS = 20
_NO_TEXT = frozenset(("a", "nav", "footer", "header", "form", "aside", "select", "button"))
_INLINE = frozenset(("p", "span", "font", "b", "strong", "i", "em", "u", "a"))
_LONG_PARAGRAPH = 25
_SHARE = 0.95


def extract_html(data: bytes, *, content_type: str | None = None, body: str = "") -> Extracted:
    """Read an HTML page: its document's text as lines, and the metadata that the page gives.

    `content_type` is the server's header; `body` a CSS selector of the element that holds the text, where it is known.
    Raises UnreadableError when the bytes are no text, hold no document, or when the page is too large to be one.
    """
    declared = re.search(r"charset\s*=\s*[\"']?([\w.:-]+)", content_type or "", re.IGNORECASE)
    source, encoding = decode(data, declared[1] if declared else "")
    post = detail.read(source)
    soup = _parse(_SCRIPT.sub(" ", source))
    named = soup.select_one(body) if body else None
    root, converter = (named, f"HTML: {body}") if named else _content(soup, post)
    text = text_lines(root)
    if sum(len(line) for line in text.lines) < _LEAST_TEXT:
        raise UnreadableError(
            "网页里没有可读的正文（可能是验证页、框架页，或正文要靠脚本加载）：请保存完整的网页再导入。"
        )
    found, hows = _labels(soup, root, post)
    return Extracted(
        text="".join(f"{line}\n" for line in text.lines),
        media_type="text/html",
        title=_title(soup, root),
        levels=text.levels,
        labels=found,
        hows=hows,
        encoding=encoding,
        converter=converter,
        notes=_links(root),
        attachments=_attachments(root),
    )


def _parse(markup: str) -> BeautifulSoup:
    """Parse a page within bounds that no page of a document comes near."""
    if len(markup) > _MOST_CHARACTERS or markup.count("<") > _MOST_TAGS:
        raise UnreadableError("网页过大或标签过多，不像一份文件的网页：请只保存正文所在的页面再导入。")
    soup = BeautifulSoup(markup, "lxml")
    depths = {id(soup): 0}
    for tag in soup.find_all(True):
        depths[id(tag)] = depths[id(tag.parent)] + 1
        if depths[id(tag)] > _DEEPEST:
            raise UnreadableError(f"网页的标签嵌套超过 {_DEEPEST} 层，不像一份文件的网页：请重新保存网页再导入。")
    return soup


def _content(soup: BeautifulSoup, post: detail.Post | None) -> tuple[Tag, str]:
    """Answer the element that holds the document, and how it was found."""
    marked = _marked(soup)
    if marked is not None:
        return marked
    if post and post.content:
        return _parse(_SCRIPT.sub(" ", post.content)), FROM_SCRIPT
    return _densest(soup.body or soup), DENSEST


def _marked(soup: BeautifulSoup) -> tuple[Tag, str] | None:
    """Find the element with the surest mark that holds text; the outermost where such elements are nested."""
    sizes = _sizes(soup, shortest=1)
    best, place = len(_MARKS), None
    for tag in soup.find_all(True):
        names = [tag.get("id"), *(tag.get_attribute_list("class") or [])]
        rank = min(_RANK.get(str(name).lower(), len(_MARKS)) for name in names)
        if rank < best and sizes[id(tag)] >= _LEAST_TEXT:
            best, place = rank, tag
    return (place, f"HTML: {_MARKS[best]}") if place else None


def _densest(body: Tag) -> Tag:
    """Answer the smallest element that holds nearly all long texts outside links and navigation."""
    sizes = _sizes(body, shortest=_LONG_PARAGRAPH)
    place = body
    while True:
        inner = [child for child in place.find_all(True, recursive=False) if child.name not in _INLINE]
        best = max(inner, key=lambda child: sizes[id(child)], default=None)
        if best is None or sizes[id(best)] < max(_SHARE * sizes[id(place)], 1):
            return place
        place = best


def _sizes(root: Tag, shortest: int) -> Counter[int]:
    """Count the characters below each element, by its id(): texts from `shortest` on, without links and navigation."""
    sizes: Counter[int] = Counter()
    for tag in [root, *root.find_all(True)][::-1]:
        if tag.name in _NO_TEXT:
            sizes[id(tag)] = 0
        texts = (
            [str(each) for each in tag.contents if isinstance(each, NavigableString)]
            if tag.name not in _NO_TEXT
            else []
        )
        sizes[id(tag)] += sum(len(text) for text in map(str.strip, texts) if len(text) >= shortest)
        sizes[id(tag.parent)] += sizes[id(tag)]
    return sizes


def _title(soup: BeautifulSoup, root: Tag) -> str:
    """Answer the heading above the content when the page has one of its own, else its <title>."""
    inside = {id(tag) for tag in root.find_all("h1")}
    heads = [plain(tag.get_text()) for tag in soup.find_all("h1")[:_MOST_HEADINGS] if id(tag) not in inside]
    own = [head for head in heads if len(re.findall(r"[\u4e00-\u9fff]", head)) >= 5]
    return own[-1] if own else plain(soup.title.get_text()) if soup.title else ""


def _labels(soup: BeautifulSoup, root: Tag, post: detail.Post | None) -> tuple[dict[str, str], dict[str, str]]:
    """Collect label → value of the page's table, its meta tags and its script, and where each stood."""
    outside = [line for line in page_lines(soup, without=root) if len(line) <= 300]
    sources: tuple[tuple[str, Mapping[str, str]], ...] = (
        ("table", labels.take(outside, limit=len(outside))[1]),
        ("meta", _meta(soup)),
        ("script", post.labels if post else {}),
    )
    found: dict[str, str] = {}
    hows: dict[str, str] = {}
    for how, values in sources:
        for label, value in values.items():
            if not found.get(label):
                found[label], hows[label] = value, how
    return found, hows


def _meta(soup: BeautifulSoup) -> dict[str, str]:
    found = {}
    for tag in soup.find_all("meta"):
        name = _META_NAMES.get(str(tag.get("name", "")).lower())
        if name and (content := plain(str(tag.get("content", "")))):
            found[name] = content
    link = soup.find("link", rel="canonical")
    return found | ({"canonical": str(link["href"])} if isinstance(link, Tag) and link.get("href") else {})


def _links(root: Tag) -> tuple[str, ...]:
    """Say which attachments and images belong to the text but are not in it."""
    notes = [f"附件：{name}（{address}）" for name, address in _attachments(root)]
    notes += [f"图片：{tag['src']}" for tag in root.find_all("img", src=True) if str(tag["src"]).strip()]
    return tuple(dict.fromkeys(notes))


def _attachments(root: Tag) -> tuple[tuple[str, str], ...]:
    """Answer (name, address as found) of the files that the text links to."""
    links = (tag for tag in root.find_all("a", href=True) if _ATTACHMENT.search(str(tag["href"])))
    return tuple((plain(tag.get_text()) or "（无名称）", str(tag["href"])) for tag in links)
