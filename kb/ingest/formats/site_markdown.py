"""Markdown as site generators store it (VuePress, MkDocs): front matter, ::: containers and HTML within the Markdown.

Collections of statutes come like this. What the generator adds is taken off: tables of contents, tabs, containers' fences,
attributes, links. The text stays, to the character.
"""

from __future__ import annotations

import html
import re

from kb.base import tables
from kb.base.model import Account
from kb.corpus import markdown
from kb.ingest.formats.account import Remarks, alarming
from kb.structure import labels
from kb.structure.extracted import Extracted

_FENCE = re.compile(r":::+[ \t]*(?P<kind>[\w-]*)[ \t]*(?P<title>.*)")
_HEADING = re.compile(r"(#{1,6})[ \t]+(.*?)[ \t]*#*")
_GENERATED = re.compile(r"\[\[toc\]\]|@tab\b.*|-{3,}|\*{3,}", re.IGNORECASE)
_BADGE = re.compile(
    r"<Badge\b[^>]*/?>(?:</Badge>)?|:[a-z_]{2,20}:|[*_]?\[查看原文\]\([^)]*\)[*_]?|\{[\w#. -]*(?:=\"[^\"}]*\")[^}]*\}"
)
_BREAK = re.compile(r"<br\s*/?>\s*", re.IGNORECASE)
_TAG = re.compile(r"</?(?:p|b|i|u|a|em|strong|span|div|center|font|small|sup|sub)(?:\s[^<>]*)?>", re.IGNORECASE)
_LINK = re.compile(r"!?\[([^\[\]]*)\]\(([^()\s]*)[^()]*\)")
_FILE = re.compile(r"\.(?:pdf|docx?|xlsx?|zip|rar|ofd|wps)$", re.IGNORECASE)
_SOURCE = "原文链接"
_END_OF_HEAD = "INFO END"  # in files of LawRefBook/Laws: read as what it means
_NOT_TEXT = {"修订信息", "目录", _SOURCE}


def is_one(text: str) -> bool:
    """Tell Markdown with a title in front matter from plain text."""
    return "title" in labels.split_front_matter(text)[0]


def extract(text: str) -> Extracted:
    """Read such a file: front matter as labels, headings as levels, the text as lines."""
    matter, body = labels.split_front_matter(text)
    body = markdown.without_comments(body)[0]
    lines: list[str] = []
    levels: dict[int, int] = {}
    for line in tables.from_markdown(_written(body)):
        heading = _HEADING.fullmatch(line)
        plain = [part.strip() for part in _plain(heading[2] if heading else line).split("\n")]
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
    )


def comments(text: str) -> Account:
    """Name the comments of Markdown of any making, which no viewer shows."""
    remarks = Remarks()
    for line, words in markdown.without_comments(text)[1]:
        if words != _END_OF_HEAD:
            remarks.add("注释", f"第 {line} 行", "没有收入", words, doubt=alarming(words))
    return remarks.account()


def _written(body: str) -> list[str]:
    """Return the lines that somebody wrote: no fences, no table of contents, no source address."""
    lines: list[str] = []
    generated = False
    for line in body.split("\n"):
        stripped = line.strip()
        fence = _FENCE.fullmatch(stripped)
        if fence and fence["kind"] == "tabs":
            continue  # tabs inside a container: closed by its fence
        if fence:
            generated = fence["title"] in ("目录", _SOURCE)
            lines += [fence["title"]] if fence["title"] not in _NOT_TEXT else []
        elif not generated and not _GENERATED.fullmatch(stripped):
            lines.append(stripped)
    return lines


def _plain(line: str) -> str:
    """Take HTML tags, attributes and link addresses off a line; <br> ends a line."""
    written = _TAG.sub("", _BREAK.sub("\n", _BADGE.sub("", line)))
    return html.unescape(_LINK.sub(r"\1", written))
