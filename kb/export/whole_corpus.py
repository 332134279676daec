"""The whole corpus as one file: gzip-compressed JSON Lines, a document a line."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path

import msgspec

from kb.base.errors import KbError
from kb.corpus.folder import Corpus

_MEMBER = 1 << 20  # bytes that are compressed at a time: the corpus never stands in memory whole


def write(corpus: Corpus, path: Path) -> None:
    """Write every document, as the interface answers it, to a new file; one that cannot be read has a line that says so.

    Raises OSError.
    """
    with path.open("xb") as out:
        for member in _batches(_lines(corpus)):
            out.write(gzip.compress(member, 6, mtime=0))  # a gzip file may be made of several members


def _lines(corpus: Corpus) -> Iterator[bytes]:
    for id in corpus.ids():
        try:
            yield msgspec.json.encode(corpus.as_json(id)) + b"\n"
        except KbError as error:
            yield msgspec.json.encode({"document": id, "problem": str(error)}) + b"\n"


def _batches(lines: Iterator[bytes]) -> Iterator[bytes]:
    batch = bytearray()
    for line in lines:
        batch += line
        if len(batch) >= _MEMBER:
            yield bytes(batch)
            batch.clear()
    yield bytes(batch)
