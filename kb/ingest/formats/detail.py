"""The post that a page of Guangdong's platform (gkmlpt) also carries in a script: window._CONFIG = { DETAIL: {…} }."""

from __future__ import annotations

import html
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from kb.base.lazy_re import lazy_re

_START = lazy_re(r"""\bDETAIL["']?\s*[:=]\s*(?=\{)""")
_ESCAPE = lazy_re(r"%u([0-9a-fA-F]{4})")
_LABELS = {
    "title": "标题",
    "document_number": "文号",
    "identifier": "索引号",
    "publisher": "发布机构",
    "keywords": "主题词",
    "date": "成文日期",
    "created_at": "发布日期",
    "display_publish_time": "发布日期",
    "url": "原文链接",
}
_CHINA = timedelta(hours=8)


@dataclass(frozen=True, slots=True)
class Post:
    """A post of the platform: label → value, and its body as HTML."""

    labels: Mapping[str, str]
    content: str


def read(source: str) -> Post | None:
    """Read the post out of a page's source; None when the page has none that is JSON."""
    start = _START.search(source)
    if not start:
        return None
    try:
        post, _ = json.JSONDecoder().raw_decode(source, start.end())
    except (json.JSONDecodeError, RecursionError):
        return None  # a script of another shape: the page itself still has table and text
    labels = {label: value for key, label in _LABELS.items() if (value := _value(key, post.get(key)))}
    content = _plain(post.get("content"))
    return Post(labels, html.unescape(content) if "&lt;" in content else content)


def _value(key: str, value: object) -> str:
    """Return a field as the page would print it; times in epoch seconds are China Standard Time, 0 is none."""
    if key in ("date", "display_publish_time"):
        if not isinstance(value, int) or value <= 0 or value > 4_102_444_800:
            return ""
        return (datetime.fromtimestamp(value, UTC) + _CHINA).date().isoformat()
    return _plain(value)


def _plain(value: object) -> str:
    """Undo the %uXXXX escapes of some sites."""
    return _ESCAPE.sub(lambda match: chr(int(match[1], 16)), value).strip() if isinstance(value, str) else ""
