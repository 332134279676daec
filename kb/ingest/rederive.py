"""Derive every document once more from its snapshot, without any network, and show what comes out differently."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass, fields, replace

from kb.base.errors import KbError
from kb.base.model import Document
from kb.config.settings import Settings
from kb.corpus.folder import Corpus
from kb.ingest import derive


@dataclass(frozen=True, slots=True)
class Difference:
    """A document that is read differently now. `fields` names what differs; `diff` is a unified diff of the text.

    `problem` says why it could not be derived at all, "" when it could. `written` tells that it is stored now.
    """

    id: str
    fields: tuple[str, ...] = ()
    diff: str = ""
    problem: str = ""
    written: bool = False


def rederive(corpus: Corpus, settings: Settings, *, write: bool = False) -> Iterator[Difference]:
    """Yield what differs, document by document. `write` stores the new reading; edited files stay as they are.

    Needs `corpus.writing` when it writes. Raises StorageError.
    """
    for id in corpus.ids():
        try:
            present = corpus.read(id)
            if not present.provenance.retrieved:
                continue  # a file that somebody put there by hand: it is its own source
            data = corpus.snapshot(present.provenance.snapshot)
            again = derive.from_snapshot(present, data, settings)
        except KbError as error:
            yield Difference(id, problem=str(error))
            continue
        if found := _difference(present, again):
            written = write and corpus.write(again, data).state == "changed"
            yield replace(found, written=written)


def _difference(present: Document, again: Document) -> Difference | None:
    old, new = present.text.splitlines(keepends=True), again.text.splitlines(keepends=True)
    diff = "".join(difflib.unified_diff(old, new, "现在", "重新提取", n=1))
    names = [
        field.name
        for field in fields(present.metadata)
        if getattr(present.metadata, field.name) != getattr(again.metadata, field.name)
    ]
    if diff:
        names.append("text")
    elif present.sections != again.sections:
        names.append("sections")
    # What the corpus says of a file's edits is no part of what was derived.
    if replace(present.provenance, notes=()) != replace(again.provenance, notes=()):
        names.append("provenance")
    return Difference(present.id, tuple(names), diff) if names else None
