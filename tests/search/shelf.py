"""Documents made by hand (示例), and a source that holds them in memory."""

from __future__ import annotations

import hashlib
import json

from kb.base.errors import UnreadableError
from kb.base.model import Document, Metadata, Provenance, Section


def section(anchor: str, text: str, *children: Section, heading: str = "", number: str = "") -> Section:
    """A section whose text is the lines of `text`."""
    return Section(anchor, number, heading, text.rstrip("\n") + "\n", children)


def document(id: str, *texts: str, title: str = "示例") -> Document:
    """A document with one section for each text: s-1, s-2, …"""
    sections = tuple(section(f"s-{number}", text) for number, text in enumerate(texts, start=1))
    return of_sections(id, *sections, title=title)


def of_sections(id: str, *sections: Section, title: str = "示例", source: str = "files", **metadata: str) -> Document:
    """A document made of sections; what is not given is 示例机关 and 2020-01-01."""
    provenance = Provenance(f"{id}.txt", "0" * 64, "2020-01-01T00:00:00Z", "text/plain")
    data = Metadata(title, **{"issuer": "示例机关", "date": "2020-01-01", **metadata})
    return Document(id, source, data, provenance, sections)


class Shelf:
    """A source whose documents can be put, taken away and damaged."""

    def __init__(self, *documents: Document) -> None:
        self.documents = {document.id: document for document in documents}
        self.unreadable: set[str] = set()
        self.read_ids: list[str] = []

    def put(self, document: Document) -> None:
        self.documents[document.id] = document

    def fingerprints(self) -> dict[str, str]:
        return {
            id: hashlib.sha256(json.dumps([document.as_json(), id in self.unreadable]).encode()).hexdigest()
            for id, document in self.documents.items()
        }

    def read(self, id: str, /) -> Document:
        self.read_ids.append(id)
        if id in self.unreadable:
            raise UnreadableError(f"读不了 {id}（示例）。")
        return self.documents[id]
