"""Where the text of an older version's section now stands."""

from __future__ import annotations

from dataclasses import dataclass

from kb.base.errors import UnreadableError
from kb.base.model import Document
from kb.compare.sections import counterpart
from kb.corpus.folder import Corpus
from kb.web.view.outline_panel import addresses


@dataclass(frozen=True, slots=True)
class Moved:
    """What had the address `old` in the text of `version`, by its `label` there; `anchor` is the address at which it
    stands at present, `now` its label there, both "" where it is gone.
    """

    old: str
    label: str
    version: str
    anchor: str
    now: str


def find_moved(corpus: Corpus, present: Document, anchor: str) -> Moved | None:
    """Look an address up in the older texts of a document, the newest first; None where none of them has it.

    A version that cannot be read is passed over: `kb check` tells of it.
    """
    for version in corpus.versions(present.id):
        try:
            older = corpus.read(present.id, version)
        except UnreadableError:
            continue
        label = addresses(older).get(anchor)
        if label:
            there = counterpart(older, present, anchor)
            now = addresses(present)[there.anchor] if there else ""
            return Moved(anchor, label, version, there.anchor if there else "", now)
    return None
