"""What came, changed and went in the corpus, newest first: read off the files, so that no log can be lost or disagree."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Literal

from kb.base import deadline
from kb.base.errors import UnreadableError
from kb.base.lazy_re import lazy_re
from kb.base.model import Document
from kb.compare.sections import Comparison, compare
from kb.corpus.folder import Corpus, versions_of

Kind = Literal["new", "changed", "edited", "withdrawn"]
_HEAD = 1 << 14
_RETRIEVED = lazy_re(r"""^  retrieved: ['"]?([0-9T:Z.+-]+)['"]?$""", re.MULTILINE)
_WITHDRAWN = lazy_re(r"""^  withdrawn: ['"]?([0-9-]+)['"]?$""", re.MULTILINE)
_EDITION = lazy_re(r"^  edition: ", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Event:
    """That a document came (`new`), changed, was found to be `withdrawn`. `when` is ISO 8601; `version` names the state
    that came, `before` the one it replaced, "" where that is no matter; `number` counts what happened to the document.
    """

    kind: Literal["new", "changed", "withdrawn"]
    id: str
    when: str
    number: int
    version: str = ""
    before: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """An event with what it is about. A change is `edited` where the text became another one silently: under the same
    document number and date, one of which is known. `comparison` says what changed.
    """

    kind: Kind
    event: Event
    document: Document
    comparison: Comparison | None = None


def events(corpus: Corpus) -> list[Event]:
    """Return all that happened, the latest first. What cannot be dated is left out."""
    found = [event for id, path in corpus.files() for event in _of_document(id, path)]
    return sorted((event for event in found if event.when), key=order, reverse=True)


def order(event: Event) -> tuple[str, str, str]:
    """What events are sorted by: when, and where that is the same the document and what happened to it first."""
    return event.when, event.id, f"{event.number:04}"


def tell(corpus: Corpus, event: Event) -> Told | None:
    """Read what an event is about; None where a file cannot be read (`kb check` tells of it)."""
    deadline.check()
    try:
        document = corpus.read(event.id, event.version)
        if event.kind != "changed":
            return Told(event.kind, event, document)
        before = corpus.read(event.id, event.before)
    except UnreadableError:
        return None
    old, new = before.metadata, document.metadata
    compared = compare(before, document)
    silent = (old.document_number, old.date) == (new.document_number, new.date) != ("", "")
    other = any(number for change, number in compared.counts.items() if change != "same")
    return Told("edited" if silent and other else "changed", event, document, compared)


def _of_document(id: str, path: Path) -> Iterator[Event]:
    """The history of one document. The texts of a law that were imported together are one arrival."""
    present = _glance(path)
    older = [] if present.edition else versions_of(path)
    older.sort(key=lambda each: (_glance(each).retrieved, each.stat().st_mtime_ns))
    states = [*((_glance(each).retrieved, each.stem) for each in older), (present.retrieved, "")]
    yield Event("new", id, states[0][0], 0, states[0][1])
    for number, ((_, before), (when, version)) in enumerate(pairwise(states), start=1):
        yield Event("changed", id, when, number, version, before)
    if present.withdrawn:
        yield Event("withdrawn", id, present.withdrawn, len(states))


@dataclass(frozen=True, slots=True)
class _Glance:
    """The dates in the head of a file."""

    retrieved: str
    withdrawn: str
    edition: bool


def _glance(path: Path) -> _Glance:
    """Read the dates of a file; there are none of one that cannot be read."""
    try:
        return _glanced(path, path.stat().st_mtime_ns)
    except OSError:
        return _Glance("", "", edition=False)


@lru_cache(maxsize=1 << 16)
def _glanced(path: Path, _written: int) -> _Glance:
    with path.open("rb") as file:
        head = file.read(_HEAD).decode("utf-8", "replace")
    retrieved, withdrawn = _RETRIEVED.search(head), _WITHDRAWN.search(head)
    return _Glance(
        retrieved[1] if retrieved else "", withdrawn[1] if withdrawn else "", _EDITION.search(head) is not None
    )
