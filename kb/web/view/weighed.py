"""What may be light or heavy: done at once where it is small, else in the place for heavy work."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import ParamSpec, TypeVar

from kb.base.clock import today
from kb.base.model import Document
from kb.compare import parallel, sections
from kb.compare.parallel import Counted, Row
from kb.compare.sections import Comparison
from kb.corpus.folder import Corpus
from kb.law.basis import Link, stale
from kb.law.checking import Checked, check
from kb.law.reader import Known
from kb.law.since import Fates
from kb.law.store import Store
from kb.web.context.library import library

_SHORT_TEXT = 3_000
"""Characters of a text whose citations are checked at once: a paragraph to a page, a fourth of a second at the worst."""

_SHORT_DOCUMENTS = 60_000
"""Characters of documents that are compared at once: most laws in their versions, a fourth of a second at the worst."""

P = ParamSpec("P")
Found = TypeVar("Found")
StaleDocuments = list[tuple[Known, tuple[Link, ...]]]


def checked_text(text: str, on: str, until: str) -> list[Checked]:
    """Return every citation in a text with what became of it, as `check` does. Raises BusyError, and what `check` raises."""
    shelf = library()
    with shelf.law_reading() as reader:
        if len(text) <= _SHORT_TEXT:
            return list(check(reader, shelf.corpus, text, on, until))
    return shelf.heavy.do(_checked, shelf.law.path.parent, shelf.corpus.root, text, on, until)


def compared(before: Document, after: Document) -> Comparison:
    """Return what became of each section of one document in another. Raises BusyError."""
    return _weighed((before, after), _compared, before, after)


def aligned(documents: Sequence[Document]) -> list[Row]:
    """Return the sections of documents side by side. Raises BusyError."""
    return _weighed(documents, parallel.align, documents)


def figures_of(rows: Sequence[Row], documents: Sequence[Document]) -> list[Counted]:
    """Return the figures in aligned sections of documents. Raises BusyError."""
    return _weighed(documents, parallel.counted, rows, documents)


def stale_documents() -> StaleDocuments:
    """Return the documents with a stale basis, found once for each state of the store and each day. Raises BusyError."""
    shelf = library()
    with shelf.law_reading() as reader:
        key = ("stale", reader.revision(), today())
    return shelf.remembered.get(key, lambda: shelf.heavy.keep(_stale, shelf.law.path.parent, today()))


def _weighed(
    documents: Iterable[Document], function: Callable[P, Found], *arguments: P.args, **named: P.kwargs
) -> Found:
    if sum(len(document.text) for document in documents) <= _SHORT_DOCUMENTS:
        return function(*arguments, **named)
    return library().heavy.do(function, *arguments, **named)


def _checked(index: Path, corpus: Path, text: str, on: str, until: str) -> list[Checked]:
    with Store(index).reading() as reader:
        return list(check(reader, Corpus(corpus), text, on, until))


def _compared(before: Document, after: Document) -> Comparison:
    comparison = sections.compare(before, after)
    for pair in comparison.pairs:
        _ = pair.runs  # kept with the pair
    return comparison


def _stale(index: Path, day: str) -> StaleDocuments:
    with Store(index).reading() as reader:
        return list(stale(Fates(reader, day)))
