"""Markdown that reads back: CommonMark with front matter."""

from __future__ import annotations

import re
from typing import Any

import yaml

from kb.base.lazy_re import lazy_re
from kb.export.blocks import blocks
from kb.export.formats import Format
from kb.export.scope import Selection

_MARKDOWN = lazy_re(r"([\\`*_\[\]<>])")
_AT_START = lazy_re(r"^(\s*)(#|>|[-+*](?=\s)|(?:[-*_]\s*){3,}$|~~~|=+$)")
_NUMBERED = lazy_re(r"^(\d{1,9})([.)])(?=\s|$)")
_FACTS = ("title", "issuer", "document_number", "kind", "date", "published", "effective", "identifier", "url")


def markdown(selection: Selection) -> bytes:
    """CommonMark with front matter; headings are headings, every other line a paragraph, tables stay tables."""
    lines = []
    for block in blocks(selection):
        if block.kind == "table":
            lines.append(block.text)
        else:
            mark = f"{'#' * min(block.level + 1, 6)} " if block.kind == "heading" else ""
            lines.append(mark + _escaped(block.text.strip(), heading=bool(mark)))
    front = yaml.safe_dump(_facts(selection), allow_unicode=True, sort_keys=False, width=1 << 30)
    body, ending = "\n\n".join(lines), "\n\n".join(map(_escaped, selection.ending))
    return f"---\n{front}---\n\n# {_escaped(selection.title, heading=True)}\n\n{body}\n\n---\n\n{ending}\n".encode()


def _escaped(line: str, heading: bool = False) -> str:
    """Keep Markdown from taking a line for anything but its words."""
    line = _MARKDOWN.sub(r"\\\1", line)
    if heading:
        return re.sub(r"(#+)$", r"\\\1", line)
    return _NUMBERED.sub(r"\1\\\2", _AT_START.sub(r"\1\\\2", line))


def _facts(selection: Selection) -> dict[str, Any]:
    facts, provenance = selection.document.metadata, selection.document.provenance
    found: dict[str, Any] = {name: getattr(facts, name) for name in _FACTS}
    found |= {"place": selection.citation.pinpoint, "retrieved": provenance.retrieved, "sha256": provenance.snapshot}
    return {name: value for name, value in found.items() if value}


MARKDOWN = Format("md", "Markdown", "Markdown", "text/markdown", markdown, order=3, in_api="md")
