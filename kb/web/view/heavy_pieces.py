"""Functions for the place for heavy work: its process loads this module and what it names, nothing of the server."""

from __future__ import annotations

from pathlib import Path

import msgspec

from kb.corpus.folder import Corpus
from kb.law.basis import Link, stale
from kb.law.checking import Checked, check
from kb.law.reader import Known
from kb.law.since import Fates
from kb.law.store import Store

StaleDocuments = list[tuple[Known, tuple[Link, ...]]]


def checked(index: Path, corpus: Path, text: str, on: str, until: str) -> list[Checked]:
    """Return every citation in a text with what became of it, by the library in these folders."""
    with Store(index).reading() as reader:
        return list(check(reader, Corpus(corpus), text, on, until))


def stale_by(index: Path, day: str) -> StaleDocuments:
    """Return the documents with a stale basis on a day (ISO 8601)."""
    with Store(index).reading() as reader:
        return list(stale(Fates(reader, day)))


def write_stale(index: Path, day: str, path: Path) -> None:
    """Write them to a file."""
    path.write_bytes(msgspec.msgpack.encode(stale_by(index, day)))
