"""HTML pages, as saved from a browser or fetched from a site."""

from __future__ import annotations

import re

from kb.base.lazy_re import lazy_re
from kb.ingest.formats.extract import extract_html
from kb.ingest.formats.registry import Format, Given
from kb.structure.extracted import Extracted

_PAGE = lazy_re(rb"(?:\xef\xbb\xbf)?\s*(?:<!--.*?-->\s*)*<(?:!doctype html|html|head|body)\b", re.I | re.S)
_FRAGMENT = lazy_re(rb"(?:\xef\xbb\xbf)?\s*<(?:!doctype html|html|head|meta|table)\b", re.IGNORECASE)


def is_fragment(data: bytes) -> bool:
    """Tell HTML that programs save under the names of their own formats, from its first bytes."""
    return bool(_FRAGMENT.match(data))


def read(data: bytes, given: Given) -> Extracted:
    """Read an HTML page. Raises UnreadableError."""
    return extract_html(data, content_type=given.content_type, body=given.body)


FORMAT = Format(
    "html",
    {"zh": "网页", "en": "Web page"},
    (".html", ".htm"),
    read,
    ("text/html", "application/xhtml+xml"),
    lambda data: bool(_PAGE.match(data[:4096])),
)
