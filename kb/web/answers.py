"""What the interface answers, where that is not already a type of the model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from kb.changes import Kind
from kb.compare.sections import Change, SectionChange
from kb.corpus import Version
from kb.model import FacetValue, Metadata, Provenance, Section, Suggestion
from kb.search.engine import Listing


@dataclass(frozen=True, slots=True)
class Suggestions:
    """What somebody who typed `query` may want."""

    query: str
    suggestions: tuple[Suggestion, ...]


@dataclass(frozen=True, slots=True)
class Facets:
    """How many of the sections found have each value, by facet."""

    query: str
    total: int
    related: int
    facets: Mapping[str, tuple[FacetValue, ...]]


@dataclass(frozen=True, slots=True)
class DocumentList:
    """A page of documents, newest first; `next` is the cursor of the page after it, "" on the last one."""

    total: int
    documents: tuple[Listing, ...]
    next: str


@dataclass(frozen=True, kw_only=True)
class DocumentAnswer(Metadata):
    """A document, or one of its versions: `Metadata`, and all there is of it."""

    document: str
    source: str
    status: str
    version: str
    versions: tuple[Version, ...]
    provenance: Provenance
    sections: tuple[Section, ...]


@dataclass(frozen=True, slots=True)
class OutlineEntry:
    """A line of an outline; `level` counts from 1, `parts` are the addresses of 款 and 项 inside the section."""

    anchor: str
    number: str
    heading: str
    label: str
    level: int
    parts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Outline:
    """The outline of a document in the order of the text."""

    document: str
    version: str
    sections: tuple[OutlineEntry, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """An address in a document and what it is called."""

    anchor: str
    label: str


@dataclass(frozen=True, slots=True)
class SectionAnswer:
    """A section with all below it (or a part of one), the way to it, and its neighbours."""

    document: str
    title: str
    version: str
    anchor: str
    pinpoint: str
    path: tuple[Place, ...]
    previous: Place | None
    next: Place | None
    text: str
    section: Section


@dataclass(frozen=True, slots=True)
class Versions:
    """The states of a document, the present one first."""

    document: str
    versions: tuple[Version, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """What became of each section between two texts; the counts are by change."""

    counts: Mapping[Change, int]
    sections: tuple[SectionChange, ...]


@dataclass(frozen=True, slots=True)
class SourceAnswer:
    """Where documents come from. `fetched` is when it last was (ISO 8601), "" where it is not refreshed."""

    name: str
    title: str
    documents: int
    newest: str
    refreshed: bool
    fetched: str
    alarm: str


@dataclass(frozen=True, slots=True)
class Sources:
    """All sources, the largest first."""

    sources: tuple[SourceAnswer, ...]


@dataclass(frozen=True, slots=True)
class ChangeAnswer:
    """That a document came, changed (`edited`: silently), or was withdrawn. `before` and `version` name its states."""

    kind: Kind
    document: str
    title: str
    when: str
    before: str
    version: str
    url: str


@dataclass(frozen=True, slots=True)
class Changes:
    """A page of changes, the latest first; `next` is the cursor of the page after it, "" on the last one."""

    changes: tuple[ChangeAnswer, ...]
    next: str


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a request (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
