"""An invented format: a first line that tells it, then a paragraph after each ~."""

from __future__ import annotations

from kb.ingest.formats.registry import Format, Given
from kb.structure.extracted import Extracted

_FIRST = b"SLIP 1\n"


def _read(data: bytes, given: Given) -> Extracted:
    paragraphs = data.removeprefix(_FIRST).decode().split("~")
    return Extracted("".join(f"{each.strip()}\n" for each in paragraphs if each.strip()), "application/x-slip")


FORMAT = Format(
    "slip",
    {"zh": "示例纸条", "en": "Example slip"},
    (".slip",),
    _read,
    ("application/x-slip",),
    lambda data: data.startswith(_FIRST),
)
