"""What is told of citations: the objects of `kb citations --json` and `GET /api/v1/documents/ID/citations`."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from kb.base.errors import NotFoundError
from kb.law.reader import Known, Reader
from kb.law.resolve import Resolved, Resolver, Target


def citations(reader: Reader, id: str, on: str = "") -> list[Resolved]:
    """Return everything that a document cites, in the order of its text; what it means on a day, by default its own.

    Raises NotFoundError.
    """
    return Resolver(reader).citations(known(reader, id), on)


def known(reader: Reader, id: str) -> Known:
    """Find a document in the store. Raises NotFoundError."""
    document = reader.document(id)
    if document is None:
        raise NotFoundError(f"没有编号为“{id[:80]}”的文件，或者它还没有编入索引：请检查编号，再运行 kb index。")
    return document


def title(resolved: Resolved) -> str:
    """Return the title of what is cited: the document's own, or as the text names it."""
    if resolved.target:
        return resolved.target.document.title
    return resolved.found.name or resolved.found.text


def address(target: Target) -> str:
    """Return the address of a place below that of the site: in the text that is meant, where that is an older one."""
    version = f"/versions/{quote(target.version)}" if target.version else ""
    anchor = f"#{quote(target.anchor, safe='~')}" if target.anchor else ""
    return f"/d/{quote(target.document.id, safe='')}{version}{anchor}"


def as_json(resolved: Resolved) -> dict[str, Any]:
    """Return a citation as programs read it; `start` and `end` are characters of its section's own text."""
    found, target = resolved.found, resolved.target
    return {
        "anchor": found.anchor,
        "start": found.start,
        "end": found.end,
        "text": found.text,
        "kind": found.kind,
        "target": {
            "document": target.document.id,
            "version": target.version,
            "anchor": target.anchor,
            "url": address(target),
            "later": bool(target.later),
        }
        if target
        else None,
        "title": title(resolved),
    }
