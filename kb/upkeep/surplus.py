"""What a library can do without, and may delete: suspicious answers that repeat one another or are old, and snapshots that
nothing names any more. Documents, versions and whatever they are made of are none of it.
"""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from kb.base import clock, storage
from kb.base.errors import NotFoundError, StorageError, UnreadableError
from kb.base.lazy_re import lazy_re
from kb.corpus.folder import ASIDE, Corpus
from kb.upkeep.findings import trusted
from kb.upkeep.keeping import records_in, steady

_DIGEST = lazy_re(rb"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])")
_TOKEN = lazy_re(r"(?<![0-9A-Za-z_-])(?=[A-Za-z_-]*\d)(?=[\d_-]*[A-Za-z])[0-9A-Za-z_-]+|\d{9,}")
"""What a page writes anew at each visit: letters with figures in one word, and times as computers count them."""


@dataclass(frozen=True, slots=True)
class Surplus:
    """A file that can go, with the reason in Chinese."""

    path: Path
    reason: str
    size: int


def collect(corpus: Corpus, days: int, write: bool) -> list[Surplus]:
    """Return what can go, and where `write` is asked for, delete it. What is younger than `days` stays, and of each page's
    answers the last one. Raises StorageError when something that names snapshots cannot be read: nothing goes then.
    """
    if corpus.ledger.is_lost():  # a snapshot that no file names any more may be all there is of a lost one
        raise StorageError(
            f"账本 {corpus.ledger.path} 丢失过，哪些快照还有用说不准，什么也没有删：请先运行 kb check --repair。"
        )
    with corpus.writing("gc"):
        records = list(_surplus_records(corpus, days))
        gone = {each.path for each in records}
        found = [*records, *_unnamed(corpus, days, gone)]
        if write:
            for each in found:
                with storage.refusals(each.path):
                    each.path.unlink(missing_ok=True)
        return found


def _surplus_records(corpus: Corpus, days: int) -> Iterator[Surplus]:
    """Yield the records of suspicious answers that a later one of the same page makes needless."""
    now = clock.now()
    for folder in storage.entries(corpus.root / ASIDE):
        of_page = defaultdict[str, list[tuple[str, Path, str]]](list)
        for path in records_in(folder):
            try:
                with storage.refusals(path, "读"):
                    told = json.loads(path.read_bytes())
                of_page[told["key"]].append((trusted(told["retrieved"], now), path, told["snapshot"]))
            except (ValueError, KeyError, TypeError):
                continue  # damaged: `kb check` names it
        for answers in of_page.values():
            *earlier, last = sorted(answers)
            seen = {_likeness(corpus, last[2])}
            for retrieved, path, snapshot in reversed(earlier):
                likeness = _likeness(corpus, snapshot)
                if likeness and likeness in seen:
                    yield Surplus(path, "与后来的同一网页的可疑回答相同", path.stat().st_size)
                elif retrieved and now - datetime.fromisoformat(retrieved) > timedelta(days=days):
                    yield Surplus(path, f"可疑的回答，超过 {days} 天，后来又有新的", path.stat().st_size)
                seen.add(likeness)


def _likeness(corpus: Corpus, snapshot: str) -> str:
    """Return an answer without what differs at each visit, "" for one that cannot be read."""
    try:
        return _TOKEN.sub("", steady(corpus.snapshot(snapshot).decode("utf-8", "replace")))
    except (NotFoundError, UnreadableError):
        return ""


def _unnamed(corpus: Corpus, days: int, gone: set[Path]) -> Iterator[Surplus]:
    """Yield the snapshots that nothing names which stays: no file of the corpus, its ledger or its memory of the sources."""
    named = _named(corpus, gone)
    for digest in corpus.snapshots.names():
        path = corpus.snapshots.root / digest[:2] / f"{digest}.gz"
        found = path.stat()
        if digest not in named and clock.now().timestamp() - found.st_mtime > days * 86400:
            yield Surplus(path, f"没有任何文件、版本、账本、记录提到的快照，超过 {days} 天", found.st_size)


def _named(corpus: Corpus, gone: set[Path]) -> set[str]:
    """Return every sha256 that is written anywhere in the corpus. Raises StorageError."""
    named = set[str]()
    for path in storage.below(corpus.root):
        if path in gone or path.is_symlink() or not path.is_file() or corpus.snapshots.root in path.parents:
            continue
        with storage.refusals(path, "读"):
            data = path.read_bytes()
        if path.suffix == ".sqlite":
            data += _dumped(path)
        named |= {each.decode() for each in _DIGEST.findall(data)}
    return named


def _dumped(path: Path) -> bytes:
    """Return what a database holds as text: in the file a value may be in pieces. Raises StorageError."""
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as database:
            return "\n".join(database.iterdump()).encode()
    except sqlite3.Error as error:
        raise StorageError(f"{path} 读不出来，没有删除任何东西：请先运行 kb check --repair。") from error
