"""What the pages read: the corpus, and its index. Nothing is written here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from flask import current_app

from kb.corpus import Corpus
from kb.model import Document, Results
from kb.search.engine import Listing, Stats, open_engine
from kb.settings import Settings

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


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What is in the index, newest document first: found once for each state of the index.

    `sources` are (name, number of documents), `examples` searches that have hits, `numbers` document numbers by id.
    """

    stats: Stats
    listings: tuple[Listing, ...]
    sources: tuple[tuple[str, int], ...]
    examples: tuple[str, ...]
    numbers: Mapping[str, str]


class Library:
    """The corpus and the search engine over it, for as long as the application runs."""

    def __init__(self, settings: Settings) -> None:
        self.corpus = Corpus(settings.corpus)
        self.engine = open_engine(settings.index)
        self._of_generation = lru_cache(maxsize=1)(self._survey)

    def document(self, id: str) -> Document:
        """Read a document. Raises NotFoundError and UnreadableError."""
        return self.corpus.read(id)

    def search(self, query: str, limit: int, offset: int) -> Results:
        """Answer a page of hits. Raises UsageError and BadIndexError."""
        return self.engine.search(query, limit=limit, offset=offset)

    def catalogue(self) -> Catalogue:
        """What there is to read and to search. Raises BadIndexError."""
        return self._of_generation(self.engine.stats())

    def _survey(self, stats: Stats) -> Catalogue:
        listings = sorted(self.engine.documents(), key=lambda listing: (listing.date, listing.id), reverse=True)
        sources = Counter(listing.source for listing in listings).most_common()
        examples = tuple(example for example in _EXAMPLES if self.engine.search(example, limit=1).total)
        numbers = {listing.id: listing.document_number for listing in listings}
        return Catalogue(stats, tuple(listings), tuple(sources), examples[:_SHOWN_EXAMPLES], numbers)


def library() -> Library:
    """The library of the application that answers the present request."""
    shelf: Library = current_app.extensions[EXTENSION]
    return shelf
