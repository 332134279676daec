"""What the pages read: the corpus, and its index. Nothing is written here."""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import lru_cache
from threading import Lock

from flask import current_app

from kb.base import deadline, metrics
from kb.base.cache import Remembered
from kb.base.errors import BadIndexError, KbError, StorageError
from kb.base.model import Document, Listing, Results
from kb.base.short_codes import Codes
from kb.config.settings import Settings
from kb.corpus.changes import Event, events
from kb.corpus.folder import Corpus
from kb.law.reader import Reader
from kb.law.store import Store
from kb.search.contract.engine import Group, Order, Stats
from kb.search.open.engines import chosen_engine
from kb.search.query.conditions import Condition
from kb.web.context.boundary import told_alarm
from kb.web.context.facets import Shelves
from kb.web.context.freshness import Freshness, Watch
from kb.web.context.heavy_work import HeavyWork
from kb.web.context.made_files import MadeFiles

EXTENSION = "kb-library"

# Example searches are shown only where they have hits; enough of them for corpora of statutes and of notices.
_EXAMPLES = (
    "行政复议",
    "政务公开",
    "个人信息保护",
    "营商环境",
    "土地征收补偿",
    "行政处罚",
    "安全生产",
    "违约责任",
    "突发事件",
    "负责",
    "规定",
)
_SHOWN_EXAMPLES = 3
# The one is looked for by meaning, too, where that can be: then its model is there. The other stands nowhere: what is read
# alike and what is near are looked for.
_SENTENCES = ("被狗咬伤了怎么办", "行政复意有哪些事项")
_BUNDLED = frozenset(["haojiang-2021-report"])
_UNNAMED = {"files": "自行导入", "laws": "法律法规"}

# What a process keeps ready: the long statutes are read most often, and cost most.
_TEXTS = 1_000_000  # characters of documents, about 15 bytes each
_DRAWN = 6_000_000  # characters of pages, about 2 bytes each
_ANSWERS = 300
_STANDINGS = 5_000


@dataclass(frozen=True, slots=True)
class Holding:
    """What the index has of a source: how many documents, and the newest."""

    source: str
    documents: int
    newest: Listing | None


@dataclass(frozen=True, slots=True)
class Searched:
    """A source that a search looked through. `fetched` is when it last was (ISO 8601), "" where it has not been yet.

    One that is not `refreshed` has documents that somebody ingested by hand.
    """

    title: str
    holding: Holding
    refreshed: bool
    fetched: str
    alarm: str


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What is in the index, newest document first: found once for each state of the index.

    `examples` are searches that have hits, `by_id` the listings by their ids, `shelves` the documents by what they are.
    """

    stats: Stats
    listings: tuple[Listing, ...]
    holdings: tuple[Holding, ...]
    examples: tuple[str, ...]
    by_id: Mapping[str, Listing]
    shelves: Shelves

    @property
    def only_bundled(self) -> bool:
        """Whether nothing is here yet but what comes with the program."""
        return {listing.id for listing in self.listings} == _BUNDLED


class Library:
    """The corpus and the search engine over it, for as long as the application runs."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.corpus = Corpus(settings.corpus, keep=_TEXTS)
        self.engine = chosen_engine(settings)
        self.law = Store(settings.index)
        self.remembered = Remembered(_ANSWERS)
        self.stood = Remembered(_STANDINGS)
        self.drawn: Remembered = Remembered(_DRAWN, lambda pieces: sum(map(len, pieces)))
        self.heavy = HeavyWork(settings.heavy_seconds)
        self.made = MadeFiles(settings.index)
        self._titles = {source.name: source.title or source.name for source in settings.sources}
        self._watch = Watch(self.corpus, settings, self.engine, self.law)
        self._of_generation = lru_cache(maxsize=1)(self._survey)
        self._surveying = Lock()
        self._of_files = lru_cache(maxsize=1)(lambda _stamp: events(self.corpus))

    def document(self, id: str, version: str = "") -> Document:
        """Read a document, or one of its versions. Raises NotFoundError and UnreadableError."""
        return self.corpus.read(id, version)

    def search(
        self,
        query: str,
        limit: int,
        offset: int,
        conditions: Sequence[Condition] = (),
        order: Order = "relevance",
        group: Group = "section",
    ) -> Results:
        """Return a page of hits. Raises UsageError and BadIndexError."""
        with metrics.stage("search"):
            results = self.engine.search(
                query, limit=limit, offset=offset, conditions=conditions, order=order, group=group
            )
        metrics.SEARCHES.labels("literal" if results.total else "related" if results.related else "nothing").inc()
        return results

    def warm(self) -> None:
        """Have everything opened that the first reader would wait for."""
        with suppress(KbError):  # the reader who asks will be told
            self.catalogue()
            self.freshness()
            self.engine.suggest("行政")
            for sentence in _SENTENCES:
                self.engine.search(sentence, limit=1)
            self.codes()
        # What stays from now on is not gone through again: that took a tenth of a second of some reader's time.
        gc.collect()
        gc.freeze()

    def catalogue(self) -> Catalogue:
        """What there is to read and to search. Raises BadIndexError."""
        stats = self.engine.stats()
        with deadline.lifted(), self._surveying:  # who comes meanwhile would do the same work beside it
            return self._of_generation(stats)

    def codes(self) -> Codes:
        """The short codes of the documents there are."""
        return self.remembered.get(("codes", self.state()), lambda: Codes(self.corpus.ids()))

    def happened(self) -> list[Event]:
        """What came, changed and went, the latest first: read off the files once for each state of them. Raises StorageError."""
        return self._of_files(self.corpus.stamp()[0])

    def state(self) -> str:
        """Name the whole state that answers are made of: index, how documents stand, the day. "" where there is no index."""
        try:
            return self.engine.stats().state
        except (BadIndexError, StorageError):
            return str(self.law.token())

    @contextmanager
    def law_reading(self) -> Iterator[Reader]:
        """Open the store of citations to ask it many things.

        Raises BadIndexError where there is no usable one, or it is of another state than the index: then nobody can tell.
        """
        try:
            unknown = self.engine.stats().unknown
        except (BadIndexError, StorageError):
            unknown = ""  # without an index there is no other state that it could differ from
        if unknown:
            raise BadIndexError(unknown)
        with self.law.reading() as reader:
            yield reader

    def finds_by_meaning(self) -> bool:
        """Whether sections can be compared by what they mean: the optional part is there, and so are their vectors."""
        try:
            return self.engine.stats().meant > 0
        except (BadIndexError, StorageError):
            return False

    def freshness(self) -> Freshness:
        """How the sources are. Raises nothing: what is wrong is in it."""
        return self._watch.look()

    def title_of(self, source: str) -> str:
        """What readers know a source as."""
        return self._titles.get(source) or _UNNAMED.get(source, source)

    def searched(self) -> Iterator[Searched]:
        """Yield the sources that a search looks through, then those that have no documents yet. Raises BadIndexError."""
        fresh, holdings = self.freshness(), self.catalogue().holdings
        known = {holding.source for holding in holdings}
        empty = (Holding(source.name, 0, None) for source in fresh.sources if source.name not in known)
        for holding in (*holdings, *empty):
            state = fresh.of(holding.source)
            yield Searched(
                self.title_of(holding.source),
                holding,
                state is not None,
                state.last_success if state else "",
                told_alarm(state.alarm) if state else "",
            )

    def _survey(self, stats: Stats) -> Catalogue:
        listings = sorted(self.engine.documents(), key=lambda listing: (listing.date, listing.id), reverse=True)
        examples = tuple(example for example in _EXAMPLES if self.engine.search(example, limit=1).total)
        by_id = {listing.id: listing for listing in listings}
        shown = examples[:_SHOWN_EXAMPLES]
        return Catalogue(
            stats, tuple(listings), _holdings(listings), shown, by_id, Shelves(listings, self._copies(stats))
        )

    def _copies(self, stats: Stats) -> Mapping[str, Sequence[str]]:
        """The copies of each document; none where nobody can tell, as search has it."""
        return {} if stats.unknown else self.law.copies()


def _holdings(listings: Sequence[Listing]) -> tuple[Holding, ...]:
    """Sum up documents, newest first, by source, the largest source first."""
    counts = Counter(listing.source for listing in listings)
    newest: dict[str, Listing] = {}
    for listing in listings:
        newest.setdefault(listing.source, listing)
    return tuple(Holding(source, count, newest[source]) for source, count in counts.most_common())


def library() -> Library:
    """The library of the application that answers the present request."""
    shelf: Library = current_app.extensions[EXTENSION]
    return shelf
