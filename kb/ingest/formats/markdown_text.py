"""Markdown, also as site generators store it."""

from __future__ import annotations

import re
from dataclasses import replace

from kb.corpus import markdown
from kb.ingest.formats import site_markdown
from kb.ingest.formats.registry import Format, Given
from kb.ingest.formats.text import decoded
from kb.structure.extracted import Extracted


def _read(data: bytes, given: Given) -> Extracted:  # noqa: ARG001
    text, encoding = decoded(data)
    generated = re.search(r"^:::", text, re.MULTILINE) and site_markdown.is_one(text)
    if generated:
        return replace(site_markdown.extract(text), encoding=encoding)
    return replace(markdown.extract(text), encoding=encoding, account=site_markdown.comments(text))


FORMAT = Format("markdown", {"zh": "Markdown", "en": "Markdown"}, (".md", ".markdown"), _read, ("text/markdown",))
