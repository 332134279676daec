"""What may be light or heavy: done at once where it is small, else in the place for heavy work."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from kb import __version__
from kb.base.clock import today
from kb.base.model import Document
from kb.compare import parallel, sections
from kb.compare.parallel import Counted, Row
from kb.compare.sections import Comparison
from kb.law.checking import Checked, check
from kb.law.gaps import Gap, gaps
from kb.web.context.library import library
from kb.web.view import heavy_pieces
from kb.web.view.heavy_pieces import StaleDocuments

_SHORT_TEXT = 3_000
"""Characters of a text whose citations are checked at once: a paragraph to a page, a fourth of a second at the worst."""

_SHORT_DOCUMENTS = 60_000
"""Characters of documents that are compared at once: most laws in their versions, a fourth of a second at the worst."""

_STALE = "stale-basis.msgpack"
_KEPT = msgspec.msgpack.Decoder(StaleDocuments)


def checked_text(text: str, on: str, until: str) -> list[Checked]:
    """Return every citation in a text with what became of it, as `check` does. Raises BusyError, and what `check` raises."""
    shelf = library()
    with shelf.law_reading() as reader:
        if len(text) <= _SHORT_TEXT:
            return list(check(reader, shelf.corpus, text, on, until))
    return shelf.heavy.do(heavy_pieces.checked, shelf.law.path.parent, shelf.corpus.root, text, on, until)


def compared(before: Document, after: Document) -> Comparison:
    """Return what became of each section of one document in another. Raises BusyError."""
    if _are_short((before, after)):
        return sections.compare(before, after)
    return library().heavy.do(sections.compare_to_the_character, before, after)


def aligned(documents: Sequence[Document]) -> list[Row]:
    """Return the sections of documents side by side. Raises BusyError."""
    return parallel.align(documents) if _are_short(documents) else library().heavy.do(parallel.align, documents)


def figures_of(rows: Sequence[Row], documents: Sequence[Document]) -> list[Counted]:
    """Return the figures in aligned sections of documents. Raises BusyError."""
    if _are_short(documents):
        return parallel.counted(rows, documents)
    return library().heavy.do(parallel.counted, rows, documents)


def missing_documents() -> Sequence[Gap]:
    """Return what is cited and not there, found once for each state of the store. Raises BadIndexError."""
    shelf = library()
    with shelf.law_reading() as reader:
        return shelf.remembered.get(("missing", shelf.state(), reader.revision()), lambda: gaps(reader))


def stale_documents() -> StaleDocuments:
    """Return the documents with a stale basis, found once for each state of the store and each day, and kept on disk for all
    server processes and those that come after them. Raises BusyError.
    """
    shelf = library()
    with shelf.law_reading() as reader:
        state = f"{shelf.state()} {reader.revision()} {today()} {__version__}"
    index = shelf.law.path.parent

    def made() -> StaleDocuments:
        kept = shelf.made.get(
            _STALE, state, lambda path: shelf.heavy.keep(heavy_pieces.write_stale, index, today(), path)
        )
        try:
            return _KEPT.decode(kept.read_bytes())
        except msgspec.DecodeError:  # damaged on disk
            return shelf.heavy.keep(heavy_pieces.stale_by, index, today())

    return shelf.remembered.get(("stale", state), made)


def _are_short(documents: Iterable[Document]) -> bool:
    return sum(len(document.text) for document in documents) <= _SHORT_DOCUMENTS
