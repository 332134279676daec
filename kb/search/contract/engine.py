"""The seam between the program and whatever searches: nothing above it knows how the index is made.

Every engine serves this protocol and passes tests/search/conformance.py.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol, get_args

from kb.base.model import Document, Ended, LikeSection, Listing, Origin, Results, Suggestion

if TYPE_CHECKING:
    from kb.search.query.conditions import Condition

MAX_TYPED = 60
"""Characters that are looked at for a suggestion."""

MAX_LIMIT = 1_000
"""Hits on one page at most."""

Order = Literal["relevance", "date", "rank"]
"""Best first; newest document first; or law before regulation before rule before notice, then best."""

ORDERS: tuple[Order, ...] = get_args(Order)

Group = Literal["section", "document"]
"""What a page is counted in: sections, or documents with the best few sections of each."""

GROUPS: tuple[Group, ...] = get_args(Group)

SECTIONS_SHOWN = 3
"""Sections of a document that are shown at most where hits are grouped by document."""

Progress = Callable[[int, int], None]
"""Called with (documents done, documents to do)."""


class Source(Protocol):
    """Where documents come from; `kb.corpus.folder.Corpus` is one."""

    def fingerprints(self) -> Mapping[str, str]:
        """Return a digest for every document, by id, and for every older version, by "ID@VERSION".

        It changes when the document or version does.
        """

    def read(self, key: str, /) -> Document:
        """Read the document or version of a key. Raises UnreadableError."""


class Standings(Protocol):
    """Who tells how documents stand; `kb.law.store.Store` is one."""

    def token(self) -> Hashable:
        """Return what tells two states of this knowledge from one another, the day included. Asked at every search."""

    def standings(self, day: str = "") -> Mapping[str, str]:
        """Return how every document stood on a day (ISO 8601; today), by id. Raises BadIndexError where nobody can tell."""

    def texts(self, day: str) -> Mapping[str, str] | None:
        """Return the version of every document that held on a day, "" the present one, by id; those whose text is not there are left out.

        None where only the texts themselves tell. Raises BadIndexError where nobody can tell.
        """

    def copies(self) -> Mapping[str, Sequence[str]]:
        """Return the ids of the other copies of each document, by the id of the one that was fetched first. Raises BadIndexError."""

    def repealed(self) -> Collection[str]:
        """Return the keys (`title_key`) of all that is repealed by name, there or not. Raises BadIndexError where nobody can tell."""

    def ended(self, names: Iterable[str]) -> Ended | None:
        """Return what ended the first of some documents by these titles that is not there; None where nothing did."""

    def fingerprints(self) -> Mapping[str, str]:
        """Return the sha256 of every document's file when this was learnt, by id. Raises BadIndexError."""


@dataclass(frozen=True, slots=True)
class Updated:
    """What an update did, in numbers of documents. `problems` are sentences on documents that could not be read.

    `damaged`: the newest state was, and it went on from the one before.
    """

    added: int
    changed: int
    removed: int
    unchanged: int
    problems: tuple[str, ...] = ()
    damaged: bool = False


@dataclass(frozen=True, slots=True)
class Stats:
    """What is in the index. `created` is an ISO 8601 time in UTC, `generation` counts the states there have been.

    `documents` and their `sections` are the present ones; `versions` are older ones, searched on request. `state` names
    the whole state that answers are made of, how documents stand and the day included; `unknown` says why nobody can tell
    how documents stand, "" when that is known. `meant` are the sections that are found by meaning, too, those of older
    versions among them; `unmeant` says why none are though they should be, or not all.
    """

    documents: int
    sections: int
    generation: int
    created: str
    versions: int = 0
    state: str = ""
    unknown: str = ""
    meant: int = 0
    unmeant: str = ""


@dataclass(frozen=True, slots=True)
class Machine:
    """A machine that the index is on, and its disk: bytes that are free, and all."""

    name: str
    free: int
    total: int


@dataclass(frozen=True, slots=True)
class Machines:
    """How the machines of a cluster are: its own `status`, copies of shards that are there and that are `missing`; and what
    is wrong, each as a short name and a sentence.
    """

    status: str
    nodes: tuple[Machine, ...]
    copies: int
    missing: int
    problems: tuple[tuple[str, str], ...] = ()


class Engine(Protocol):
    """Searches the sections of documents. Safe to use from many threads; a change by another process shows at once."""

    def search(
        self,
        query: str,
        limit: int = 20,
        offset: int = 0,
        *,
        conditions: Sequence[Condition] = (),
        order: Order = "relevance",
        group: Group = "section",
    ) -> Results:
        """Return hits `offset` to `offset + limit` and how many there are.

        Grouped by document, `limit` and `offset` count documents, which come in the order of their best hits; of each the
        best `SECTIONS_SHOWN` are shown, literal ones only where it has any, and facets count documents.

        First comes the place that the query names, if it names one, then literal matches, then related sections, each
        group in the given order. `kb.search.query.query` says what a query means: without operators, or in quotes, that very
        string, and every section whose own text contains it is found and nothing else is counted in `total`. Sections
        that share enough of the words of a query that is not quoted are `related`, their `Hit.literal` False; where there
        are vectors, so are those that mean the like of a sentence, and `Hit.by_meaning` says so. All that
        is found meets the conditions, those in the query and those given. Facets are counted over all that is found.
        Older versions are searched only where a condition on `version` asks for them, or one on `on`: then each document is
        searched in the text that held on that day, and those made later are not.

        Raises UsageError for a query that is empty (without conditions), too long, too costly or only excludes, or a
        page out of range; BadIndexError when there is no usable index.
        """

    def origins(self, text: str) -> tuple[Origin, ...]:
        """Return where each sentence of a text comes from, in the present documents.

        Raises UsageError for a text that is empty or too long, BadIndexError when there is no usable index.
        """

    def like(self, document: str, anchor: str, limit: int = 10) -> tuple[LikeSection, ...]:
        """Return the sections of other present documents that mean most nearly what a section does, one of each law.

        Raises NotFoundError where the section is not there or has no vector, which is not to say that it has none like it;
        BadIndexError when there is no usable index.
        """

    def suggest(self, typed: str, limit: int = 8) -> tuple[Suggestion, ...]:
        """Return what somebody who has typed this may want, from titles and headings. Raises BadIndexError."""

    def update(self, source: Source, *, rebuild: bool = False, progress: Progress | None = None) -> Updated:
        """Make the index that of the source: changed documents anew, vanished ones gone, in one step.

        A document that cannot be read keeps the state it has in the index. `rebuild` starts from nothing. Raises
        BadIndexError when the index is damaged (rebuild it), StorageError when the machine refuses; then the index
        is what it was.
        """

    def learn(self, progress: Progress | None = None) -> int:
        """Let the sections of the present state be found by meaning, too, where that is asked for; return how many texts were new.

        Searches go on meanwhile; what a killed run has done stays done. Raises StorageError where the model is not there,
        or the machine refuses; BadIndexError when there is no usable index.
        """

    def check(self, fingerprints: Mapping[str, str] | None) -> list[str]:
        """Return what is wrong, as sentences: no index, a damaged byte, not the state of the source. Empty: all well.

        Without fingerprints it is not compared with its source.
        """

    def stats(self) -> Stats:
        """Return what is in the index. Raises BadIndexError when there is no usable one."""

    def documents(self) -> tuple[Listing, ...]:
        """Return every document in the index as it is at present, by id. Raises BadIndexError when there is no usable one."""

    def machines(self) -> Machines | None:
        """Return how the machines are that the index is on, None where it is on this one only. Raises StorageError."""

    def close(self) -> None:
        """Let go of files."""
