"""How fresh is what is here: the state of each source, its alarms, and the pages that were kept aside."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

from kb.base.errors import StorageError
from kb.config.sources import Source
from kb.corpus.folder import ASIDE, Corpus
from kb.upkeep.state import FOLDER
from kb.upkeep.status import SourceStatus, index_alarm, status


@dataclass(frozen=True, slots=True)
class Freshness:
    """The sources at a moment; `alarms` are (title of a source, or 索引, and why somebody should look at it); `index`
    is what the last refresh left wrong with the index, "" for nothing."""

    sources: tuple[SourceStatus, ...] = ()
    alarms: tuple[tuple[str, str], ...] = ()
    index: str = ""

    def of(self, name: str) -> SourceStatus | None:
        """The state of a source; None for one that is not refreshed, documents ingested by hand for instance."""
        return next((source for source in self.sources if source.name == name), None)


class Watch:
    """Looks at the sources: anew when a refresh has written something or a minute has passed, else from memory."""

    def __init__(self, corpus: Corpus, sources: Sequence[Source]) -> None:
        self._corpus, self._sources = corpus, sources
        self._of_moment = lru_cache(maxsize=1)(self._look)

    def look(self) -> Freshness:
        """How the sources are. A state that cannot be read is an alarm of its source, never an error of the page."""
        if not self._sources:
            return Freshness()
        minute = int(datetime.now(UTC).timestamp() // 60)
        return self._of_moment(_changed(self._corpus.root / FOLDER), minute)

    def _look(self, _changed: int, _minute: int) -> Freshness:
        found = status(self._sources, self._corpus)
        alarms = [(each.title, each.alarm) for each in found if each.alarm]
        if index := index_alarm(self._corpus):
            alarms.append(("索引", index))
        return Freshness(found, tuple(alarms), index)


def _changed(folder: Path) -> int:
    """When a file of a folder was last replaced, in nanoseconds; 0 where there is no folder yet."""
    try:
        return folder.stat().st_mtime_ns
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
    try:
        paths = sorted(folder.glob("[!.]*.json"), key=lambda path: path.stat().st_mtime_ns, reverse=True)
        return len(paths), tuple(_aside(path) for path in paths[:limit])
    except OSError as error:
        raise StorageError(f"读不了 {folder}（{error.strerror or error}）：请检查磁盘和权限。") from error


def _aside(path: Path) -> Aside:
    try:
        record = json.loads(path.read_bytes())
        return Aside(record["retrieved"], record["exchange"]["url"], record["reason"])
    except (ValueError, KeyError, TypeError):
        return Aside("", "", f"记录 {path.name} 已损坏")
