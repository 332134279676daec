"""Markdown as site generators store it (VuePress, MkDocs): front matter, ::: containers and HTML within the Markdown.

Collections of statutes come like this. What the generator adds is taken off and named in the account: tables of contents,
labels, viewers of files, links to other pages. Tabs, fences, attributes and icons are layout. The text stays, to the character.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Mapping

from kb.base import tables
from kb.base.lazy_re import lazy_re
from kb.base.model import Account
from kb.corpus import markdown
from kb.ingest.formats.account import Remarks, alarming
from kb.structure import labels
from kb.structure.extracted import Extracted

_FENCE = lazy_re(r":::+[ \t]*(?P<kind>[\w-]*)[ \t]*(?P<title>.*)")
_HEADING = lazy_re(r"(#{1,6})[ \t]+(.*?)[ \t]*#*")
_GENERATED = lazy_re(r"\[\[toc\]\]|@tab\b.*|-{3,}|\*{3,}", re.IGNORECASE)
_VALUE = r"(?:\"[^\"{}]*\"|'[^'{}]*'|[^\s{}\"']+)"
_ATTRIBUTES = lazy_re(rf"\{{\s*(?:[.#][\w-]+|[\w:-]+={_VALUE})(?:\s+(?:[.#][\w-]+|[\w:-]+={_VALUE}))*\s*\}}")
_ICON = lazy_re(r":[a-z_]{2,20}:")
_COMPONENT = lazy_re(r"<(?P<name>[A-Z][A-Za-z]*)\b(?P<given>[^<>]*)>(?:</(?P=name)>)?")
_GIVEN = lazy_re(r"(?:^|\s)(text|url|src)=\"([^\"]*)\"")
_LEADS_ON = lazy_re(r"[*_]?\[查看原文\]\(([^)]*)\)[*_]?")
_BREAK = lazy_re(r"<br\s*/?>\s*", re.IGNORECASE)
_TAG = lazy_re(r"</?(?:p|b|i|u|a|em|strong|span|div|center|font|small|sup|sub)(?:\s[^<>]*)?>", re.IGNORECASE)
_IMAGE = lazy_re(r"!\[([^\[\]]*)\]\(([^()\s]*)[^()]*\)")
_LINK = lazy_re(r"\[([^\[\]]*)\]\(([^()\s]*(?:\([^()\s]*\)[^()\s]*)*)[^()]*\)")
_FILE = lazy_re(r"\.(?:pdf|docx?|xlsx?|zip|rar|ofd|wps)$", re.IGNORECASE)
_SOURCE = "原文链接"
_END_OF_HEAD = "INFO END"  # in files of LawRefBook/Laws: read as what it means
_NOT_TEXT = {"修订信息", "目录", _SOURCE}
_BY_SITE = "网站加的，没有收入"


def is_one(text: str) -> bool:
    """Tell Markdown with a title in front matter from plain text."""
    return "title" in labels.split_front_matter(text)[0]


def extract(text: str) -> Extracted:
    """Read such a file: front matter as labels, headings as levels, the text as lines, all else named in the account."""
    matter, body = labels.split_front_matter(text)
    above = text[: len(text) - len(body)].count("\n")
    body, hidden = markdown.without_comments(body)
    remarks = Remarks()
    _tell_comments(hidden, above, remarks)
    lines: list[str] = []
    levels: dict[int, int] = {}
    for line in tables.from_markdown(_written(body, remarks)):
        heading = _HEADING.fullmatch(line)
        plain = [part.strip() for part in _plain(heading[2] if heading else line, remarks).split("\n")]
        if heading and any(plain):
            levels[len(lines)] = len(heading[1])
        lines += [part for part in plain if part]
    source = re.search(rf"^:::.*{_SOURCE}\s*<?(https?://[^\s<>]+)", body, re.MULTILINE)
    found = matter | ({_SOURCE: source[1]} if source else {})
    return Extracted(
        text="".join(f"{line}\n" for line in lines),
        media_type="text/markdown",
        levels=levels,
        labels=found,
        hows=dict.fromkeys(found, "front matter"),
        notes=tuple(f"附件：{name}（{address}）" for name, address in _LINK.findall(body) if _FILE.search(address)),
        account=remarks.account(),
    )


def comments(text: str) -> Account:
    """Name the comments of Markdown of any making, which no viewer shows."""
    remarks = Remarks()
    _tell_comments(markdown.without_comments(text)[1], 0, remarks)
    return remarks.account()


def _tell_comments(comments: Iterable[tuple[int, str]], above: int, remarks: Remarks) -> None:
    for line, words in comments:
        if words != _END_OF_HEAD:
            remarks.add("注释", f"第 {above + line} 行", "没有收入", words, doubt=alarming(words))


def _written(body: str, remarks: Remarks) -> list[str]:
    """Return the lines that somebody wrote: no fences, no table of contents, no source address."""
    lines: list[str] = []
    generated = ""
    for line in body.split("\n"):
        stripped = line.strip()
        fence = _FENCE.fullmatch(stripped)
        if fence and fence["kind"] == "tabs":
            continue  # tabs inside a container: closed by its fence
        if fence:
            generated = fence["title"] if fence["title"] in ("目录", _SOURCE) else ""
            lines += [fence["title"]] if fence["title"] not in _NOT_TEXT else []
        elif not generated and not _GENERATED.fullmatch(stripped):
            lines.append(stripped)
        elif generated == "目录" and stripped and not _GENERATED.fullmatch(stripped):
            remarks.add("目录", "", _BY_SITE, _LINK.sub(r"\1", html.unescape(stripped)))
    return lines


def _plain(line: str, remarks: Remarks) -> str:
    """Take HTML tags, attributes, components and link addresses off a line; <br> ends a line."""
    for each in _COMPONENT.finditer(line):
        _tell_component(each["name"], dict(_GIVEN.findall(each["given"])), remarks)
    for _, address in _IMAGE.findall(line):
        remarks.add("图片", "", "只收替代文字", address, doubt=True)
    for address in _LEADS_ON.findall(line):
        remarks.add("“查看原文”的链接", "", _BY_SITE, address)
    written = _ICON.sub("", _ATTRIBUTES.sub("", _LEADS_ON.sub("", _COMPONENT.sub("", line))))
    written = _TAG.sub("", _BREAK.sub("\n", written))
    return html.unescape(_LINK.sub(r"\1", _IMAGE.sub(r"\1", written)))


def _tell_component(name: str, given: Mapping[str, str], remarks: Remarks) -> None:
    """Name what a component of the site shows in its place: a file in a viewer, or a label."""
    address = given.get("url") or given.get("src")
    if address and _FILE.search(address):
        remarks.add("脚本显示的文件（阅读器）", "", "没有收入正文", address, doubt=True)
    else:
        words = given.get("text", "")
        remarks.add(f"网站的标签（{name}）", "", _BY_SITE, words, doubt=alarming(words))
