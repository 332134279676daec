"""Plain text: a paragraph a line."""

from __future__ import annotations

from dataclasses import replace

from kb.base import tables
from kb.base.lazy_re import lazy_re
from kb.ingest.formats import site_markdown
from kb.ingest.formats.charset import decode
from kb.ingest.formats.registry import Format, Given
from kb.structure.extracted import Extracted

_LINE_END = lazy_re(r"\r\n|[\n\r\f\v]")
# Not text: byte order marks in the middle of a file, zero-width spaces, the end-of-file mark of DOS.
_INVISIBLE = "\ufeff\u200b\x1a"


def decoded(data: bytes) -> tuple[str, str]:
    """Decode a text file; return its text, lines ending with "\\n", and the name of its encoding. Raises UnreadableError."""
    text, encoding = decode(data)
    return _LINE_END.sub("\n", text), encoding


def lines_of(text: str) -> str:
    """Bring plain text into the form of a document's text: a paragraph a line, no blank lines, no layout at the ends."""
    stripped = (line.strip().strip(_INVISIBLE).strip() for line in _LINE_END.split(text))
    return "".join(f"{line}\n" for line in stripped if line)


def _read(data: bytes, given: Given) -> Extracted:  # noqa: ARG001
    text, encoding = decoded(data)
    if site_markdown.is_one(text):
        return replace(site_markdown.extract(text), encoding=encoding)
    return Extracted(lines_of("\n".join(tables.from_markdown(text.split("\n")))), "text/plain", encoding=encoding)


FORMAT = Format("text", {"zh": "纯文本", "en": "Plain text"}, (".txt",), _read, ("text/plain",))
