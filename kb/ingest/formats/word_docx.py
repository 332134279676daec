"""Word files (.docx), by python-docx in a child process."""

from __future__ import annotations

from importlib.metadata import version

from kb.ingest.formats import convert, package
from kb.ingest.formats.registry import Format, Given
from kb.structure.extracted import Extracted

_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def read(data: bytes, given: Given) -> Extracted:
    """Read a Word file. Raises UnreadableError."""
    module = "kb.ingest.formats.leashed.word"
    return convert.in_child(module, data, given.settings, _TYPE, f"python-docx {version('python-docx')}")


FORMAT = Format(
    "docx", {"zh": "Word", "en": "Word"}, (".docx",), read, (_TYPE,), lambda data: package.has(data, "word/document")
)
