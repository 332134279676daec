"""How the posts look: the platform's index, lists and pages, the portal's pages, a list, feeds, sitemaps, attachments.

The shape of the platform (gkmlpt) follows what is known of it from the outside; nothing is copied from a real page.
"""

from __future__ import annotations

import io
import json
import re
import zipfile
from dataclasses import dataclass
from email.utils import format_datetime
from functools import lru_cache
from html import escape
from typing import Any

from tests.site.answer import Answer, missing
from tests.site.content import CATEGORIES, Content, Post

SID = "754999"
PER_PAGE = 100
PER_LIST_PAGE = 20
PER_SITEMAP = 1000
_DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


@dataclass(frozen=True, slots=True)
class Habits:
    """How this one site differs from others: `total` beside the articles, the whole list on page 1, %uXXXX titles."""

    newer: bool = False
    whole_list: bool = False
    escaped_titles: bool = False


class Pages:
    """Answers for paths. `base` is the site's own address, for the absolute links that the platform gives."""

    def __init__(self, content: Content, habits: Habits, base: str = "") -> None:
        self._content = content
        self._habits = habits
        self.base = base
        self._routes = (
            (r"/robots\.txt", self._robots),
            (r"/gkmlpt/index", self._index),
            (r"/gkmlpt/api/all/(\d+)\?(.*)", self._api),
            (r"/gkmlpt/content/2/\d+/post_(\d+)\.html", self._post),
            (r"/gkmlpt/attachment/0/(\d+)/([\w.]+)", self._attachment),
            (r"/content/post_(\d+)\.html", self._portal),
            (r"/list/index(?:_(\d+))?\.html", self._list),
            (r"/feed\.xml", self._rss),
            (r"/atom\.xml", self._atom),
            (r"/sitemap(?:-(\d+))?\.xml", self._sitemap),
            (r"/", self._home),
        )

    def answer(self, path: str) -> Answer:
        """Answer a path with its query."""
        for pattern, page in self._routes:
            if match := re.fullmatch(pattern, path):
                return page(*match.groups())
        return missing()

    def _robots(self) -> Answer:
        if self._content.robots is None:
            return missing()
        return Answer(self._content.robots.replace(": /sitemap", f": {self.base}/sitemap").encode(), "text/plain")

    def _home(self) -> Answer:
        return _html(
            "示例区人民政府门户网站", '<a href="/gkmlpt/index">政府信息公开</a> <a href="/list/index.html">要闻</a>'
        )

    def _index(self) -> Answer:
        leaves: list[dict[str, Any]] = [
            {"id": id_, "name": name, "post_count": len(self._content.listed(id_)), "children": []}
            for id_, name in CATEGORIES.items()
        ]
        leaves.append(
            {"id": 790, "name": "年报", "post_count": 9, "children": [], "jump_url": "http://nianbao.invalid/"}
        )
        tree = [{"id": 700, "name": "政务公开（示例）", "post_count": 0, "children": leaves}]
        script = f"window._CONFIG = {{\n  SID: '{SID}', PATH: '/gkmlpt',\n  TREE: {_json(tree)},\n  DEBUG: false\n}};"
        return _html("示例区政府信息公开目录", '<div id="app"></div>', f"<script>{script}</script>")

    def _api(self, category: str, query: str) -> Answer:
        posts = self._content.listed(int(category))
        number = max(1, int((re.search(r"page=(\d+)", query) or ["", "1"])[1]))
        if self._habits.whole_list and number > 1:
            return missing()
        listed = [(post, id_) for post in posts for id_ in (post.id, post.twin) if id_]
        shown = listed if self._habits.whole_list else listed[(number - 1) * PER_PAGE : number * PER_PAGE]
        articles = [self._article(post, id_) for post, id_ in shown]
        classify = {"id": int(category), "name": CATEGORIES.get(int(category), "全部")}
        count = {"total": len(listed)} if self._habits.newer else {}
        if not self._habits.newer:
            classify["post_count"] = len(listed)
        return Answer(_json({"articles": articles, "classify": classify, **count}).encode(), "application/json")

    def _article(self, post: Post, id_: int) -> dict[str, Any]:
        title = "".join(f"%u{ord(c):04X}" for c in post.title) if self._habits.escaped_titles else post.title
        return {
            "id": id_,
            "title": title,
            "document_number": post.number,
            "identifier": post.identifier,
            "publisher": "示例区人民政府办公室",
            "keywords": post.subject,
            "date": int(post.issued.timestamp()) if post.id % 2 else 0,
            "created_at": post.published,
            "display_publish_time": int(post.issued.timestamp()),
            "abstract": "",
            "classify_main_name": CATEGORIES[post.category],
            "classify_genre_name": post.kind,
            "classify_theme_name": post.subject,
            "url": self.base + post.path,
            "post_url": self.base + post.portal_path,
            "attachment": [self._attached(post)] if post.attached else [],
            "relation": "[]",
            "is_expired": int(post.expired),
            "is_abolished": int(post.abolished),
        }

    def _attached(self, post: Post) -> dict[str, Any]:
        kind, size = post.attachment.rpartition(".")[2], len(_docx(post.title))
        address = self.base + post.attachment_path
        return {"id": post.id, "name": f"示例附件.{kind}", "type": kind, "mime": _DOCX, "size": size, "url": address}

    def _post(self, id_: str) -> Answer:
        post = self._content.post(int(id_))
        if post is None:
            return missing()
        detail = self._article(post, post.id) | {"content": escape(_paragraphs(post))}
        script = f"<script>window._CONFIG = {{ SID: '{SID}', DETAIL: {_json(detail)} }};</script>"
        rows = (
            ("索引号", post.identifier, "分类", CATEGORIES[post.category]),
            ("发布机构", "示例区人民政府办公室", "成文日期", post.day),
            ("名称", post.title, "文号", post.number),
            ("发布日期", post.day, "主题词", post.subject),
        )
        table = "".join(
            f"<tr><td>{a}:</td><td>{escape(b)}</td><td>{c}:</td><td>{escape(d)}</td></tr>" for a, b, c, d in rows
        )
        body = (
            f'<div class="classify"><table>{table}</table></div><h1 class="title">{escape(post.title)}</h1>'
            f'<div class="info">发布日期：{post.day}　浏览次数：<span>-</span>　【打印】【字体：大 中 小】</div>'
            f'<div class="article-content">{_paragraphs(post)}</div>'
        )
        return _dated(_html(f"{post.title} - 示例区政府信息公开平台", body, script), post)

    def _portal(self, id_: str) -> Answer:
        post = self._content.post(int(id_))
        if post is None:
            return missing()
        metas = {
            "SiteName": "示例区人民政府",
            "SiteDomain": "www.example.cn",
            "ColumnName": CATEGORIES[post.category],
            "ArticleTitle": post.title,
            "PubDate": post.published[:16],
            "ContentSource": "示例区人民政府办公室",
        }
        head = "".join(f'<meta name="{name}" content="{escape(value)}">' for name, value in metas.items())
        body = f'<h1 class="title">{escape(post.title)}</h1><div class="article-content">{_paragraphs(post)}</div>'
        return _dated(_html(post.title, body, head), post)

    def _attachment(self, id_: str, name: str) -> Answer:
        post = self._content.post(int(id_))
        if not post or not post.attached or name != post.attachment:
            return missing()
        if name in self._content.files:
            return Answer(self._content.files[name], "application/octet-stream")
        return Answer(_docx(post.title), _DOCX)

    def _list(self, number: str | None) -> Answer:
        posts, page = self._content.listed(), int(number or 1)
        shown = posts[(page - 1) * PER_LIST_PAGE : page * PER_LIST_PAGE]
        if not shown:
            return missing()
        items = "".join(
            f'<li><a href="{post.portal_path}" title="{escape(post.title)}">{escape(post.title[:12])}…</a>'
            f"<span>{post.day}</span></li>"
            for post in shown
        )
        more = page * PER_LIST_PAGE < len(posts)
        following = f'<a class="next" href="index_{page + 1}.html">下一页</a>' if more else ""
        return _html("要闻（示例）", f'<ul class="news">{items}</ul><div class="pages">{following}</div>')

    def _rss(self) -> Answer:
        items = "".join(
            f"<item><title>{escape(post.title)}</title><link>{self.base}{post.portal_path}</link>"
            f"<guid>{self.base}{post.portal_path}</guid><pubDate>{format_datetime(post.issued)}</pubDate></item>"
            for post in self._content.listed()[:PER_LIST_PAGE]
        )
        body = f"<title>示例区人民政府</title><link>{self.base}/</link><description>示例</description>{items}"
        return _xml(f'<rss version="2.0"><channel>{body}</channel></rss>', "application/rss+xml")

    def _atom(self) -> Answer:
        entries = "".join(
            f'<entry><title>{escape(post.title)}</title><link href="{self.base}{post.portal_path}"/>'
            f"<id>{self.base}{post.portal_path}</id><updated>{post.changed.isoformat()}</updated></entry>"
            for post in self._content.listed()[:PER_LIST_PAGE]
        )
        head = f"<title>示例区人民政府</title><id>{self.base}/</id>"
        return _xml(f'<feed xmlns="http://www.w3.org/2005/Atom">{head}{entries}</feed>', "application/atom+xml")

    def _sitemap(self, number: str | None) -> Answer:
        """One file of all addresses; an index of several when there are more than a thousand."""
        posts = self._content.listed()
        if number is None and len(posts) > PER_SITEMAP:
            count = -(-len(posts) // PER_SITEMAP)
            parts = "".join(f"<sitemap><loc>{self.base}/sitemap-{n}.xml</loc></sitemap>" for n in range(1, count + 1))
            return _xml(f"<sitemapindex {_SITEMAP}>{parts}</sitemapindex>", "application/xml")
        page = int(number or 1)
        urls = "".join(
            f"<url><loc>{self.base}{post.portal_path}</loc><lastmod>{post.changed.isoformat()}</lastmod></url>"
            for post in posts[(page - 1) * PER_SITEMAP : page * PER_SITEMAP]
        )
        return _xml(f"<urlset {_SITEMAP}>{urls}</urlset>", "application/xml") if urls else missing()


_SITEMAP = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _html(title: str, body: str, head: str = "") -> Answer:
    frame = (
        '<div class="header"><a href="/">示例区人民政府</a></div>{}<div class="footer">版权所有：示例区人民政府</div>'
    )
    page = f'<!DOCTYPE html>\n<html><head><meta charset="utf-8"><title>{escape(title)}</title>{head}</head>'
    return Answer(f"{page}<body>{frame.format(body)}</body></html>".encode())


def _xml(body: str, media_type: str) -> Answer:
    return Answer(f'<?xml version="1.0" encoding="utf-8"?>\n{body}'.encode(), media_type)


def _dated(answer: Answer, post: Post) -> Answer:
    answer.headers["Last-Modified"] = format_datetime(post.changed, usegmt=True)
    return answer


def _paragraphs(post: Post) -> str:
    link = f'<p><a href="{post.attachment_path}">附件：示例附件</a></p>' if post.attached else ""
    return "".join(f"<p>　　{escape(line)}</p>" for line in post.paragraphs) + link


@lru_cache(maxsize=4096)
def _docx(title: str) -> bytes:
    """A DOCX of two paragraphs, the same bytes each time."""
    text = "".join(f"<w:p><w:r><w:t>{line}</w:t></w:r></w:p>" for line in (title, "这是附件里的示例文字。"))
    types = "http://schemas.openxmlformats.org/package/2006"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{types}/content-types"><Default Extension="rels" ContentType='
        '"application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/word/document.xml" ContentType="{_DOCX}.main+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{types}/relationships"><Relationship Id="rId1" Type="{office}" '
        'Target="word/document.xml"/></Relationships>',
        "word/document.xml": f'<w:document xmlns:w="{_W}"><w:body>{text}</w:body></w:document>',
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in parts.items():
            archive.writestr(zipfile.ZipInfo(name), f'<?xml version="1.0" encoding="UTF-8"?>{part}')
    return out.getvalue()
