"""From documents to what the index holds of each section, on all processors when there is much to do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from kb.errors import NotFoundError, UnreadableError
from kb.model import Document, Section
from kb.search.analysis import bag, fold
from kb.search.engine import Source

FIELDS = ("document", "title", "path", "text")
"""The fields a section is found by: its document's id, and folded title, heading path and own text."""


class Stored(NamedTuple):
    """What is kept of a section to show it: the fields of a hit, its own text, and what lists of documents show."""

    document: str
    title: str
    issuer: str
    date: str
    anchor: str
    number: str
    path: tuple[str, ...]
    text: str
    source: str
    document_number: str
    kind: str


class Entry(NamedTuple):
    """A section, analysed: its terms by field, its folded text, and what is kept of it."""

    bags: dict[str, Counter[str]]
    folded: str
    stored: Stored


def analyse(document: Document) -> list[Entry]:
    """Analyse every section of a document, in the order of the text."""
    title = bag(fold(document.metadata.title))
    labels: dict[str, Counter[str]] = {}

    def entry(ancestors: tuple[Section, ...], section: Section) -> Entry:
        path = tuple(part.label for part in (*ancestors, section) if part.label)
        for label in path:
            if label not in labels:
                labels[label] = bag(fold(label))
        folded = fold(section.text)
        bags = {
            "document": Counter([document.id]),
            "title": title,
            "path": sum((labels[label] for label in path), Counter()),
            "text": bag(folded),
        }
        return Entry(bags, folded, _stored(document, section, path))

    return [entry(ancestors, section) for ancestors, section in document.paths()]


def analysed(source: Source, ids: Sequence[str]) -> Iterator[tuple[str, list[Entry] | str]]:
    """Yield each document's id and its entries, or the sentence that says why it cannot be read."""
    for id in ids:
        yield id, _read(source, id)


def _read(source: Source, id: str) -> list[Entry] | str:
    try:
        return analyse(source.read(id))
    except (UnreadableError, NotFoundError) as error:
        return str(error)


def _stored(document: Document, section: Section, path: tuple[str, ...]) -> Stored:
    data = document.metadata
    return Stored(
        document.id,
        data.title,
        data.issuer,
        data.date or data.published,
        section.anchor,
        section.number,
        path,
        section.text,
        document.source,
        data.document_number,
        data.kind,
    )
