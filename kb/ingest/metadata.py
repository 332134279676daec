"""What a document says of itself: title, number, issuer, dates, kind, each with how it was found."""

from __future__ import annotations

from kb.ingest.extracted import Extracted
from kb.model import Metadata, Section


def find(text: str, sections: tuple[Section, ...], extracted: Extracted, name: str) -> Metadata:
    """Find the metadata of the document `text`; `name` is the stem of its file's name."""
    raise NotImplementedError(text, sections, extracted, name)


def take_table(text: str) -> tuple[str, dict[str, str], tuple[str, ...]]:
    """Take the metadata table off the head of a text; answer (text without it, label → value, lines taken off)."""
    raise NotImplementedError(text)
