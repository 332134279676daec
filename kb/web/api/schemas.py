"""What the interface answers, where that is not already a type of the model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

import msgspec

from kb.base.model import FacetValue, Listing, Metadata, Provenance, Section, Suggestion
from kb.compare.sections import Change, SectionChange
from kb.corpus.changes import Kind
from kb.corpus.folder import Version
from kb.law.article_history import Wording
from kb.law.basis import Changed
from kb.law.checking import LONGEST
from kb.law.find import Kind as CitationKind
from kb.law.since import Status
from kb.law.standing import Evidence
from kb.law.standing import Status as Standing
from kb.search.answer.origins import MAX_PASTE
from kb.web.api.endpoints import ON_A_DAY


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
class ArticleHistory:
    """The wordings that a section had, the newest first: one for each text that has it, and for the one that removed it."""

    document: str
    anchor: str
    wordings: tuple[Wording, ...]


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
class Pointed:
    """A place in a document, the document as a whole where `anchor` is "".

    `version` is its text that is meant, "" the present one; `later` says that the text of that day is not held.
    """

    document: str
    version: str
    anchor: str
    url: str
    later: bool


@dataclass(frozen=True, kw_only=True)
class Cited:
    """A citation: characters `start` to `end` of its section's own text, and what they mean (null: not in the corpus)."""

    anchor: str
    start: int
    end: int
    text: str
    kind: CitationKind
    target: Pointed | None
    title: str


@dataclass(frozen=True, slots=True)
class Quoted:
    """Characters `start` to `end` of the text: a quotation, `distance` characters away from what is cited (0: the same)."""

    start: int
    end: int
    distance: int


@dataclass(frozen=True, kw_only=True)
class CheckedCitation(Cited):
    """A citation in a text that was sent, and what became of what it means. `edition` is that which the author names.

    `as_of` is the last day of which the library can know; `quotation` what the text quotes of it (null: nothing).
    """

    edition: str
    status: Status
    as_of: str
    note: str
    quotation: Quoted | None
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, kw_only=True)
class Basis(Cited):
    """What a document rests on, what became of that since, and what it rests on in turn."""

    date: str
    status: Status
    note: str
    above: tuple[Basis, ...]


@dataclass(frozen=True, slots=True)
class StandingAnswer:
    """How a document stands on a day. `version` has the text that was in force then, "" the present one.

    `copies` are the other copies of the document, from other sites: what is said of one holds for all.
    """

    on: str
    version: str
    status: Standing
    since: str
    evidence: tuple[Evidence, ...]
    replaced_by: str
    as_of: str
    changes: tuple[Evidence, ...]
    basis: tuple[Basis, ...]
    copies: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Stale:
    """A document of which a basis changed or ended after it was made; `change` is the gravest of what became of them."""

    document: str
    title: str
    date: str
    change: Changed
    basis: tuple[Basis, ...]


@dataclass(frozen=True, slots=True)
class Node:
    """A document in a neighbourhood."""

    document: str
    title: str
    date: str


class Edge(msgspec.Struct, frozen=True, rename={"from_": "from"}):
    """That one document cites another, and how often."""

    from_: str
    to: str
    citations: int


@dataclass(frozen=True, slots=True)
class Graph:
    """The neighbourhood of a document."""

    document: str
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]


@dataclass(frozen=True, slots=True)
class TextToCheck:
    """What is sent to be checked."""

    text: Annotated[str, msgspec.Meta(max_length=LONGEST, description=f"要核对的文字，最多 {LONGEST:,} 字")]
    on: Annotated[
        str,
        msgspec.Meta(
            description="引用的是哪一天的法，写成 2021-11-22 的样子；不写就是今天", extra_json_schema=ON_A_DAY
        ),
    ] = ""
    until: Annotated[
        str, msgspec.Meta(description="看到哪一天为止的变化；不写就是今天", extra_json_schema=ON_A_DAY)
    ] = ""


@dataclass(frozen=True, slots=True)
class TextToTrace:
    """What is sent to learn where it comes from."""

    text: Annotated[str, msgspec.Meta(max_length=MAX_PASTE, description=f"要查出处的文字，最多 {MAX_PASTE:,} 字")]


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a request (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
