"""How fresh is what is here: the state of each source, its alarms, and the pages that were kept aside."""

from __future__ import annotations

import json
from collections.abc import Hashable
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Lock, Thread
from time import monotonic

from kb.base import deadline, storage
from kb.config.settings import Settings, outdated
from kb.corpus.folder import ASIDE, Corpus
from kb.law.store import Store
from kb.search.contract.engine import Engine
from kb.upkeep.findings import RUN, Finding, by_title
from kb.upkeep.in_step import index_problem
from kb.upkeep.keeping import records_in
from kb.upkeep.state import FOLDER
from kb.upkeep.status import SourceStatus
from kb.upkeep.verdict import Verdict, verdict

_OLD, _TOO_OLD = 60.0, 120.0
"""Seconds after which all is looked at again, and after which nobody is told what was found."""
_PATIENCE = 5.0
"""Seconds that an index has to say how it is."""


@dataclass(frozen=True, slots=True)
class Freshness:
    """The sources at a moment, and the whole verdict; `alarms` are (title of a source, or 索引, 磁盘 …, and why somebody
    should look at it), without those that somebody knows of; `index` is what is wrong with the index, "" for nothing."""

    sources: tuple[SourceStatus, ...]
    alarms: tuple[tuple[str, str], ...]
    index: str
    verdict: Verdict

    def of(self, name: str) -> SourceStatus | None:
        """The state of a source; None for one that is not refreshed, documents ingested by hand for instance."""
        return next((source for source in self.sources if source.name == name), None)


class Watch:
    """Looks at everything: anew when a refresh or an index was written or a minute has passed, else from memory.

    Where only a minute has passed, nobody waits for it: who asks is answered from memory while a thread looks again.
    """

    def __init__(self, corpus: Corpus, settings: Settings, engine: Engine, law: Store) -> None:
        self._corpus, self._settings, self._engine, self._law = corpus, settings, engine, law
        self._looking = Lock()
        self._seen: _Seen | None = None

    def look(self) -> Freshness:
        """How everything is, at most two minutes ago. A state that cannot be read is an alarm, never an error of the page.

        It has time of its own: what is left to a request says nothing of the index.
        """
        with deadline.within(deadline.Deadline(_PATIENCE)):
            return self._looked()

    def _looked(self) -> Freshness:
        written = self._written()
        if (seen := self._seen) and seen.written == written and (age := monotonic() - seen.at) < _TOO_OLD:
            if age > _OLD and self._looking.acquire(blocking=False):
                try:
                    Thread(target=self._look_again, args=(written,), name="verdict", daemon=True).start()
                except RuntimeError:  # the machine gives no thread
                    self._look_again(written)
            return seen.fresh
        with self._looking:  # who comes meanwhile would do the same work beside it
            if (seen := self._seen) is None or seen.written != written or monotonic() - seen.at >= _TOO_OLD:
                seen = self._seen = self._look(written)
            return seen.fresh

    def _look_again(self, written: Hashable) -> None:
        try:
            self._seen = self._look(written)
        finally:
            self._looking.release()

    def _look(self, written: Hashable) -> _Seen:
        at = monotonic()
        found = verdict(self._settings, self._corpus, self._engine, self._law)
        sentence, advice = outdated(self._settings)
        if sentence:
            told = Finding("settings/outdated", "设置", sentence, advice=advice)
            found = replace(found, findings=(told, *found.findings))
        index = next((each.sentence for each in found.open if each.name.startswith("index/")), "")
        return _Seen(written, at, Freshness(found.sources, tuple(by_title(found.open).items()), index, found))

    def _written(self) -> Hashable:
        """What a refresh, an index or who changes the settings leaves when it was written."""
        paths = (self._corpus.root / FOLDER, self._corpus.root / RUN, *filter(None, [self._settings.file]))
        return tuple(map(_changed, paths)), index_problem(self._engine), self._law.token()


@dataclass(frozen=True, slots=True)
class _Seen:
    """What was found, at what state of the files, and when a look at it began (seconds of the monotonic clock)."""

    written: Hashable
    at: float
    fresh: Freshness


def _changed(path: Path) -> int:
    """When a file, or one of a folder, was last replaced, in nanoseconds; 0 where there is none yet."""
    try:
        return path.stat().st_mtime_ns
    except OSError:  # why it cannot be read, the reading will say
        return 0


@dataclass(frozen=True, slots=True)
class Aside:
    """An answer that did not look like the page asked for: when it came (ISO 8601), from where, and the reason."""

    retrieved: str
    url: str
    reason: str


def set_aside(corpus: Corpus, source: str, limit: int) -> tuple[int, tuple[Aside, ...]]:
    """How many answers of a source are kept aside, and the latest `limit` of them. Raises StorageError."""
    folder = corpus.root / ASIDE / source
    with storage.refusals(folder, "读"):
        paths = sorted(records_in(folder), key=lambda path: path.stat().st_mtime_ns, reverse=True)
        return len(paths), tuple(_aside(path) for path in paths[:limit])


def _aside(path: Path) -> Aside:
    try:
        record = json.loads(path.read_bytes())
        return Aside(record["retrieved"], record["exchange"]["url"], record["reason"])
    except (ValueError, KeyError, TypeError):
        return Aside("", "", f"记录 {path.name} 已损坏")
