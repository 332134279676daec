"""A selection → a file in one of the formats."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from kb.base.errors import NotFoundError
from kb.export.akn import akn
from kb.export.docx import docx
from kb.export.page import pdf
from kb.export.plain import as_json, markdown, text
from kb.export.scope import Selection

_DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_MAKERS: dict[str, tuple[str, Callable[[Selection], bytes]]] = {
    "docx": (_DOCX, docx),
    "pdf": ("application/pdf", pdf),
    "md": ("text/markdown", markdown),
    "txt": ("text/plain", text),
    "json": ("application/json", as_json),
    "akn.xml": ("application/akn+xml", akn),
}


@dataclass(frozen=True, slots=True)
class Exported:
    """A file to take away."""

    name: str
    media_type: str
    data: bytes


def export(selection: Selection, format: str) -> Exported:
    """Make a file of a selection. Raises NotFoundError for an unknown format, StorageError where the machine lacks tools."""
    if format not in _MAKERS:
        raise NotFoundError(f"没有“{format[:20]}”这种格式：可用的有 {'、'.join(_MAKERS)}。")
    media_type, make = _MAKERS[format]
    return Exported(f"{selection.name}.{format}", media_type, make(selection))
