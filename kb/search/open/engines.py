"""The only maker of engines: the embedded one, or the one on a cluster, as the settings choose."""

from __future__ import annotations

from pathlib import Path

from kb.base.errors import StorageError
from kb.config.settings import Settings
from kb.law.store import Store
from kb.search.contract.engine import Engine, Standings
from kb.search.meaning.encoder import INSTALLED, is_installed
from kb.search.meaning.neighbours import Meaning


def open_engine(index: Path, standings: Standings | None = None, meaning: Meaning | None = None) -> Engine:
    """Open the embedded engine whose index is in the folder `index`, which need not exist yet.

    `standings` tells how documents stand; without it only their sources do. `meaning` finds by meaning, too.
    """
    from kb.search.embedded.whoosh_engine import WhooshEngine

    return WhooshEngine(index, standings, meaning)


def chosen_engine(settings: Settings, kind: str = "") -> Engine:
    """Open the engine that the settings choose, or the one that is named. Raises UsageError and StorageError."""
    meaning = None
    if settings.semantic and (settings.model or is_installed()):
        meaning = Meaning(settings.index, settings.model or INSTALLED)
    if (kind or settings.engine) == "embedded":
        return open_engine(settings.index, Store(settings.index), meaning)
    try:
        from kb.search.cluster.opensearch_engine import OpenSearchEngine
    except ModuleNotFoundError as error:
        raise StorageError(
            f"缺少可选组件（{error.name}）：请运行 scripts/environment opensearch，或 pip install 'zhengce-wenku[opensearch]'。"
        ) from error
    return OpenSearchEngine(settings.cluster, Store(settings.index), meaning)
