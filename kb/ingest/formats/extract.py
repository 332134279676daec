"""HTML → title, metadata, text. The only place that knows HTML."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Set

from bs4 import BeautifulSoup, NavigableString, Tag

from kb.base.errors import UnreadableError
from kb.base.lazy_re import lazy_re
from kb.ingest import titles
from kb.ingest.formats import detail, generated, style_sheets
from kb.ingest.formats.account import Remarks, characters
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
_SCRIPT = lazy_re(
    r"<(script|style)\b.*?(?:</\1\s*>|\Z)|<!--.*?(?:-->|\Z)|\bdata:[\w/+.-]+;base64,[\w+/=%\s]+",
    re.DOTALL | re.I,
)
_ATTACHMENT = lazy_re(r"\.(?:pdf|docx?|xlsx?|pptx?|wps|et|ofd|zip|rar|7z|txt|csv|jpe?g|png)(?:[?#].*)?$", re.IGNORECASE)
_SHOWN_BY_SCRIPT = lazy_re(
    r"(?:PDFObject\.embed|pdfh5|FlexPaperViewer|pdfjsLib\.getDocument)\s*\(\s*[^()'\"]{0,80}['\"]([^'\"<>]+\.(?:pdf|ofd|swf)(?:[?#][^'\"<>]*)?)['\"]",
    re.IGNORECASE,
)
_SHOWN_ELSEWHERE = frozenset(("a", "img", "iframe", "embed", "object"))
_VIEWED = lazy_re(r"\.(?:pdf|ofd|docx?|wps|xlsx?|swf)(?:[?#&]|$)", re.IGNORECASE)
_MOST_FILES = 3
_HEAD = 3  # lines at the head of the text among which the title may be
_MOST_CHARACTERS = 10_000_000
_MOST_TAGS = 200_000
_DEEPEST = 1_000
_LEAST_TEXT = 10
_MOST_HEADINGS = 20
_NO_TEXT = frozenset(("nav", "footer", "header", "form", "aside", "select", "button"))
_INLINE = frozenset(("p", "span", "font", "b", "strong", "i", "em", "u", "a"))
_LONG_PARAGRAPH = 25
_SHARE = 0.95
_SENTENCE = lazy_re(r"[。；]|[：:]$")
_SITE_WORDS = lazy_re(
    r"网站声明|版权所有|版权声明|ICP备|公网安备|网站标识码|主办单位|承办单位|技术支持|未经(?:书面)?(?:许可|授权|同意)|不得转载|免责声明"
)
# Classes and ids of what stands beside a text, by the words they are made of.
_ASIDE = lazy_re(
    r"(?:^|[-_ ])(?:foot(?:er)?|copyright|bottom|nav(?:bar|igation)?|menu|crumbs?|breadcrumb|side(?:bar)?|aside|related|relation"
    r"|recommend(?:ation)?|hot|share|toolbar|qrcode|friendlinks?|links?)\d*(?=$|[-_ ])",
    re.IGNORECASE,
)
_HIDDEN_STYLE = lazy_re(
    r"display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0(?:px|pt|em)?\s*(?:;|!|$)|(?:left|text-indent|top)\s*:\s*-\d{3,}",
    re.I,
)
# For Beautiful Soup, which wants a compiled one.
_WHITE = re.compile(r"(?<![\w-])color\s*:\s*(?:#fff(?:fff)?\b|white\b|rgb\(\s*255\s*,\s*255\s*,\s*255\s*\))", re.I)
_BACKGROUND = lazy_re(r"background(?:-color|-image)?\s*:\s*(?!#fff(?:fff)?\b|white\b|transparent|none|inherit)", re.I)
_NUMBER = lazy_re(r"[\u4e00-\u9fff]{2,24}(?:〔|\[|［|【|﹝|\()(?:19|20)\d\d(?:〕|\]|］|】|﹞|\))(?:第?)\s?\d{1,5}号")
_NUMBER_LINE = lazy_re(rf"(?:(?:发文)?[文字]\s*号\s*[：:]\s*|[（(]\s*)?({_NUMBER.pattern})\s*[)）]?")
_HALF = 0.5
_LEAST_ELSEWHERE = 60


def extract_html(data: bytes, *, content_type: str | None = None, body: str = "") -> Extracted:
    """Read an HTML page: its document's text as lines, and the metadata that the page gives.

    `content_type` is the server's header; `body` a CSS selector of the element that holds the text, where it is known.
    Raises UnreadableError when the bytes are no text, hold no document, or when the page is too large to be one.
    """
    declared = re.search(r"charset\s*=\s*[\"']?([\w.:-]+)", content_type or "", re.IGNORECASE)
    source, encoding = decode(data, declared[1] if declared else "")
    post = detail.read(source)
    soup = _parse(_SCRIPT.sub(" ", source))
    rules = style_sheets.rules(source)
    style_sheets.apply(soup, rules)
    written = generated.write(soup, rules)
    hidden = _hidden(soup)
    named = soup.select_one(body) if body else None
    roots, converter = ([named], f"HTML: {body}") if named else _content(soup, post, hidden)
    hidden -= {id(parent) for each in roots for parent in (each, *each.parents)}
    remarks = Remarks()
    text = text_lines(roots, hidden, remarks)
    _tell_white(roots, hidden, remarks)
    _tell_viewers(source, roots, remarks)
    _tell_generated(written, roots, remarks)
    taken = sum(map(characters, text.lines))
    outside = page_lines(soup, without=roots, hidden=hidden)
    whole = taken if converter == FROM_SCRIPT else _tell_elsewhere(soup, roots, hidden, outside, taken, remarks)
    if sum(len(line) for line in text.lines) < _LEAST_TEXT:
        raise UnreadableError(_no_text(soup, source, roots))
    found, hows = _labels(soup, roots, page_lines(soup, without=roots) if hidden else outside, post, remarks)
    title, found = _uncut(_title(soup, roots), found, soup, text.lines[:_HEAD], outside)
    return Extracted(
        text="".join(f"{line}\n" for line in text.lines),
        media_type="text/html",
        title=title,
        levels=text.levels,
        bold_numbers=text.bold_numbers,
        labels=found,
        hows=hows,
        encoding=encoding,
        converter=converter,
        notes=_links(roots),
        attachments=_attachments(roots),
        account=remarks.account(taken, whole),
    )


def _no_text(soup: BeautifulSoup, source: str, roots: list[Tag]) -> str:
    """Say why a page is refused that holds no text: naming the file that it shows, where it shows one."""
    shown = [
        str(tag.get("src") or tag.get("data") or "") for tag in soup.find_all(("iframe", "embed", "object", "frame"))
    ]
    files = [address for address in shown if _VIEWED.search(address)] + _viewed(source, roots)
    if files:
        named = "、".join(dict.fromkeys(files[:_MOST_FILES]))
        return f"网页里没有可读的正文，正文可能在它用阅读器显示的文件里（{named}）：请下载这个文件再导入。"
    return "网页里没有可读的正文（可能是验证页、框架页，或正文要靠脚本加载）：请保存完整的网页再导入。"


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


def _hidden(soup: BeautifulSoup) -> set[int]:
    """Return the ids of the elements that the page does not show; of those that hold most of its sentences, none."""
    found = [
        tag
        for tag in soup.find_all(True)
        if tag.has_attr("hidden") or (tag.has_attr("style") and _HIDDEN_STYLE.search(str(tag["style"])))
    ]
    sizes = _sentences(soup, frozenset()) if found else {}
    return {id(tag) for tag in found if sizes[id(tag)] <= _HALF * sizes[id(soup)]}


def _tell_white(roots: list[Tag], hidden: Set[int], remarks: Remarks) -> None:
    """Name text that is white where nothing gives it another ground: readers of the page do not see it."""
    for tag in (tag for root in roots for tag in root.find_all(style=_WHITE)):
        above = (tag, *tag.parents)
        text = plain(tag.get_text())
        if text and not any(id(each) in hidden or _has_ground(each) for each in above):
            remarks.add("白色的文字", "", "与网页的底色相同，读者看不见，照收", text, doubt=True)


def _tell_viewers(source: str, roots: list[Tag], remarks: Remarks) -> None:
    """Name the files that scripts show within the page: PDFObject.embed("a.pdf"), viewer.html?file=…, data-url=…"""
    linked = {address for _, address in _attachments(roots)}
    for address in dict.fromkeys(_viewed(source, roots)):
        if address not in linked:
            remarks.add("脚本显示的文件（阅读器）", "", "没有收入正文", address, doubt=True)


def _viewed(source: str, roots: list[Tag]) -> list[str]:
    given = [value for root in roots for tag in root.find_all(_has_file) for value in map(str, tag.attrs.values())]
    return [*(value for value in given if _ATTACHMENT.search(value)), *_SHOWN_BY_SCRIPT.findall(source)]


def _tell_generated(written: generated.Written, roots: list[Tag], remarks: Remarks) -> None:
    """Name the text that the page's style sheets print within the document."""
    inside = {id(each) for root in roots for each in (root, *root.find_all(True))}
    for text in written.texts:
        if id(text.parent) in inside:
            remarks.add("样式表的文字（content）", "", "由样式表显示，不在网页的文字里，照显示的写入", str(text))
    for tag, content in written.unread:
        if id(tag) in inside:
            remarks.add("样式表的文字（content）", "", "读不出样式表显示的是什么，没有收入", content, doubt=True)


def _has_file(tag: Tag) -> bool:
    return tag.name not in _SHOWN_ELSEWHERE and any(
        name.startswith("data-") and _ATTACHMENT.search(str(value)) for name, value in tag.attrs.items()
    )


def _has_ground(tag: Tag) -> bool:
    return tag.has_attr("bgcolor") or tag.has_attr("background") or bool(_BACKGROUND.search(str(tag.get("style", ""))))


def _content(soup: BeautifulSoup, post: detail.Post | None, hidden: Set[int]) -> tuple[list[Tag], str]:
    """Return the elements that hold the document, and how they were found."""
    marked = _marked(soup, hidden)
    if marked is not None:
        return marked
    if post and post.content:
        return [_parse(_SCRIPT.sub(" ", post.content))], FROM_SCRIPT
    return [_densest(soup.body or soup, hidden)], DENSEST


def _marked(soup: BeautifulSoup, hidden: Set[int]) -> tuple[list[Tag], str] | None:
    """Find the elements with the surest mark that holds text; the outermost where such elements are nested.

    Several with the same mark are one text where they stand beside each other or in like places. An outer mark is taken
    where it holds further sentences.
    """
    sizes = _sizes(soup, hidden)
    ranked: dict[int, list[Tag]] = {}
    for tag in soup.find_all(True):
        names = [tag.get("id"), *(tag.get_attribute_list("class") or [])]
        rank = min(_RANK.get(str(name).lower(), len(_MARKS)) for name in names)
        if rank < len(_MARKS) and sizes[id(tag)]:
            ranked.setdefault(rank, []).append(tag)
    ranked = _beside_nothing(soup, ranked, hidden)
    enough = [rank for rank, tags in ranked.items() if any(sizes[id(tag)] >= _LEAST_TEXT for tag in tags)]
    if not enough:
        return None
    best = min(enough)
    sentences = _sentences(soup, hidden)
    place = max(ranked[best], key=lambda tag: sentences[id(tag)])
    outer = [tag for tags in ranked.values() for tag in tags if any(tag is parent for parent in place.parents)]
    for tag in sorted(outer, key=lambda tag: len(list(tag.parents)), reverse=True):
        if sentences[id(tag)] - sentences[id(place)] > max(_LEAST_TEXT, 0.1 * sentences[id(place)]):
            place = tag
    beside = [
        tag
        for tag in ranked[best]
        if not any(parent is place for parent in tag.parents) and (tag is place or _belongs(tag, place, sentences))
    ]
    roots = [tag for tag in beside if not any(parent is other for parent in tag.parents for other in beside)]
    return (roots if place in roots else [place], f"HTML: {_MARKS[best]}")


def _beside_nothing(soup: BeautifulSoup, ranked: dict[int, list[Tag]], hidden: Set[int]) -> dict[int, list[Tag]]:
    """Leave out marked elements of side columns and footers, where sentences stand outside these, too."""
    aside = {id(tag) for tag in soup.find_all(True) if _is_aside(tag)}
    if not ranked or not aside or not _sentences(soup, aside | hidden)[id(soup)]:
        return ranked
    kept = {
        rank: [tag for tag in tags if not any(id(each) in aside for each in (tag, *tag.parents))]
        for rank, tags in ranked.items()
    }
    return {rank: tags for rank, tags in kept.items() if tags}


def _belongs(tag: Tag, place: Tag, sentences: Counter[int]) -> bool:
    """Return whether an element with the same mark as the text is a further part of it."""
    if tag.parent is place.parent:
        return True
    return sentences[id(tag)] > 0 and _likeness(tag) == _likeness(place) and not any(map(_is_aside, tag.parents))


def _likeness(tag: Tag) -> tuple[object, ...]:
    """Return what tells that elements stand in like places: their parents' names and classes, and the common ancestor."""
    parent = tag.parent
    return (parent.name, parent.get("class"), id(parent.parent)) if parent else ()


def _is_aside(tag: Tag) -> bool:
    """Tell navigation, footers and the like by what they are called."""
    if tag.name in ("nav", "footer", "aside"):
        return True
    names = [str(tag.get("id", "")), *map(str, tag.get_attribute_list("class") or [])]
    return tag.name not in ("body", "html") and any(_ASIDE.search(name) for name in names)


def _densest(body: Tag, hidden: Set[int]) -> Tag:
    """Return the smallest element that holds nearly all sentences outside links, navigation and footers."""
    aside = hidden | {id(tag) for tag in body.find_all(True) if _is_aside(tag)}
    sizes = next((found for found in (_sentences(body, aside), _sentences(body, hidden)) if found[id(body)]), None)
    sizes = sizes or _sizes(body, hidden)
    articles: list[Tag] = [tag for tag in body.find_all("article") if sizes[id(tag)] >= _SHARE * sizes[id(body)] > 0]
    if len(articles) == 1:
        return articles[0]
    place = body
    while True:
        inner = [child for child in place.find_all(True, recursive=False) if child.name not in _INLINE]
        best = max(inner, key=lambda child: sizes[id(child)], default=None)
        if best is None or sizes[id(best)] < max(_SHARE * sizes[id(place)], 1):
            return place
        place = best


def _sizes(root: Tag, without: Set[int]) -> Counter[int]:
    """Count the characters below each element, by its id(), without those of links and navigation."""
    return _counted(root, without, lambda _: True)


def _sentences(root: Tag, without: Set[int]) -> Counter[int]:
    """Count the characters of sentences and long paragraphs below each element, by its id()."""
    return _counted(root, without, _is_sentence)


def _is_sentence(text: str) -> bool:
    return bool(len(text) >= _LONG_PARAGRAPH or _SENTENCE.search(text)) and not _SITE_WORDS.search(text)


def _counted(root: Tag, without: Set[int], counts: Callable[[str], bool]) -> Counter[int]:
    sizes: Counter[int] = Counter()
    for tag in [root, *(each for each in root.descendants if isinstance(each, Tag))][::-1]:
        if _is_textless(tag) or id(tag) in without:
            sizes[id(tag)] = 0
        else:
            texts = (str(each).strip() for each in tag.contents if type(each) is NavigableString)
            sizes[id(tag)] += sum(len(text) for text in texts if text and counts(text))
        sizes[id(tag.parent)] += sizes[id(tag)]
    return sizes


def _is_textless(tag: Tag) -> bool:
    """Tell elements whose text is no text of a document; an anchor that leads nowhere is only a mark in the text."""
    return tag.name in _NO_TEXT or (tag.name == "a" and not str(tag.get("href", "#")).startswith("#"))


def _tell_elsewhere(
    soup: BeautifulSoup, roots: list[Tag], hidden: Set[int], outside: list[str], taken: int, remarks: Remarks
) -> int:
    """Say what the page holds outside the text; return how many characters the whole page has."""
    inside = {id(each) for root in roots for each in (root, *root.find_all(True))}
    aside = {id(tag) for tag in soup.find_all(True) if _is_aside(tag) or tag.name in _NO_TEXT} | set(hidden) | inside
    left = _counted(soup, aside, lambda text: "。" in text and _is_sentence(text))[id(soup)]
    sentences = [line for line in outside if _is_sentence(line)]
    rest = sum(map(characters, outside))
    doubt = left >= _LEAST_ELSEWHERE and left >= _HALF * taken
    if rest:
        reason = f"约 {rest} 字不在正文的元素里，没有收入（导航、页脚、栏目等）"
        if doubt:
            reason = f"约 {rest} 字没有收入，其中成句的约 {left} 字：取的可能不是正文，或正文不全"
        remarks.add("网页其余部分", "", reason, max(sentences, key=len, default=""), doubt=doubt)
    return taken + rest


def _title(soup: BeautifulSoup, roots: list[Tag]) -> str:
    """Return the heading above the content when the page has one of its own, else its <title>."""
    inside = {id(tag) for root in roots for tag in root.find_all("h1")}
    heads = [plain(tag.get_text()) for tag in soup.find_all("h1")[:_MOST_HEADINGS] if id(tag) not in inside]
    own = [head for head in heads if len(re.findall(r"[\u4e00-\u9fff]", head)) >= 5]
    return own[-1] if own else plain(soup.title.get_text()) if soup.title else ""


def _uncut(
    title: str, found: dict[str, str], soup: BeautifulSoup, head: Iterable[str], outside: list[str]
) -> tuple[str, dict[str, str]]:
    """Return title and labels, those titles that end in … whole, where the page prints them whole."""
    given = [title, found.get("ArticleTitle", "")]
    if not any(map(titles.is_cut, given)):
        return title, found
    heads = (plain(tag.get_text()) for tag in soup.find_all("h1")[:_MOST_HEADINGS])
    printed = [*heads, *titles.parts(title), *titles.parts(given[1]), *head]
    title, meta = (titles.whole(each, printed) or titles.only(each, outside) or each for each in given)
    return title, {**found, "ArticleTitle": meta} if meta else found


def _labels(
    soup: BeautifulSoup, roots: list[Tag], outside: list[str], post: detail.Post | None, remarks: Remarks
) -> tuple[dict[str, str], dict[str, str]]:
    """Collect label → value of the page's table, its meta tags and its script, and where each stood."""
    outside = [line for line in outside if len(line) <= 300]
    sources: tuple[tuple[str, Mapping[str, str]], ...] = (
        ("table", labels.take(outside, limit=len(outside))[1]),
        ("meta", _meta(soup)),
        ("script", post.labels if post else {}),
        ("table", _number_above(soup, roots, remarks)),
    )
    found: dict[str, str] = {}
    hows: dict[str, str] = {}
    for how, values in sources:
        for label, value in values.items():
            if not found.get(label):
                found[label], hows[label] = value, how
    return found, hows


def _number_above(soup: BeautifulSoup, roots: list[Tag], remarks: Remarks) -> dict[str, str]:
    """Find the document number that stands by itself above the text: the only one there."""
    before = itertools.takewhile(lambda each: each is not roots[0], soup.descendants)
    lines = (plain(str(each)) for each in before if type(each) is NavigableString)
    numbers = list(dict.fromkeys(found[1] for line in lines if (found := _NUMBER_LINE.fullmatch(line))))
    if len(numbers) != 1:
        return {}
    remarks.add("正文之上的文号", "", "不在正文的元素里，记入文号", numbers[0])
    return {"文号": numbers[0]}


def _meta(soup: BeautifulSoup) -> dict[str, str]:
    found = {}
    for tag in soup.find_all("meta"):
        name = _META_NAMES.get(str(tag.get("name", "")).lower())
        if name and (content := plain(str(tag.get("content", "")))):
            found[name] = content
    link = soup.find("link", rel="canonical")
    return found | ({"canonical": str(link["href"])} if isinstance(link, Tag) and link.get("href") else {})


def _links(roots: list[Tag]) -> tuple[str, ...]:
    """Say which attachments and images belong to the text but are not in it."""
    notes = [f"附件：{name}（{address}）" for name, address in _attachments(roots)]
    images = (tag for root in roots for tag in root.find_all("img", src=True))
    notes += [f"图片：{tag['src']}" for tag in images if str(tag["src"]).strip()]
    return tuple(dict.fromkeys(notes))


def _attachments(roots: list[Tag]) -> tuple[tuple[str, str], ...]:
    """Return (name, address as found) of the files that the text links to."""
    links = (tag for root in roots for tag in root.find_all("a", href=True) if _ATTACHMENT.search(str(tag["href"])))
    return tuple((plain(tag.get_text()) or "（无名称）", str(tag["href"])) for tag in links)
