"""A cluster that is searched while something happens to it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

from kb.base.errors import KbError
from kb.config.settings import Cluster
from kb.search.cluster.opensearch_engine import OpenSearchEngine
from kb.search.contract.engine import Engine
from tests.cluster import Nodes
from tests.search.shelf import Shelf, document

DOCUMENTS = 60
QUERY = "甲乙"


class Watched:
    """What searches answered: each total there was, and what went wrong, in how many searches."""

    def __init__(self) -> None:
        self.totals: set[int] = set()
        self.errors: list[str] = []
        self.searches = 0
        self.slowest = 0.0


class Scene:
    """Three example sections in each of some documents; every document can be changed to have four."""

    def __init__(self, nodes: Nodes, folder: Path, name: str) -> None:
        self.nodes, self._name = nodes, name
        self.shelf = Shelf(*(document(f"d{number}", *[f"{QUERY}第{number}号示例"] * 3) for number in range(DOCUMENTS)))

    def open(self) -> Engine:
        """A client of its own, as another machine has it."""
        return OpenSearchEngine(Cluster(self.nodes.hosts, self._name))

    def change(self) -> None:
        """Let every document have one more section."""
        for id, old in list(self.shelf.documents.items()):
            texts = [section.text for section in old.sections]
            self.shelf.put(document(id, *texts, f"{QUERY}又一节示例"))

    @property
    def total(self) -> int:
        """What a search must find once the index is that of the shelf."""
        return sum(len(each.sections) for each in self.shelf.documents.values())

    def at(self, share: float, happen: Callable[[], None]) -> Callable[[int, int], None]:
        """A progress that lets something happen once when so much is done."""
        happened: list[int] = []

        def progress(done: int, whole: int) -> None:
            if done >= share * whole and not happened:
                happened.append(done)
                happen()

        return progress

    @contextmanager
    def watched(self, readers: int = 2) -> Iterator[Watched]:
        """Search all the time, so many readers."""
        watched, ended = Watched(), Event()

        def watch() -> None:
            engine = self.open()
            while not ended.is_set():
                started = time.monotonic()
                try:
                    results = engine.search(QUERY, 5)
                    watched.totals.add(results.total)
                except KbError as error:
                    watched.errors.append(str(error))
                watched.searches += 1
                watched.slowest = max(watched.slowest, time.monotonic() - started)

        threads = [Thread(target=watch) for _ in range(readers)]
        for thread in threads:
            thread.start()
        try:
            yield watched
        finally:
            ended.set()
            for thread in threads:
                thread.join()

    def settled(self) -> None:
        """Nothing is lost: the index is that of the shelf, every section of it."""
        engine = self.open()
        engine.update(self.shelf)
        assert engine.check(self.shelf.fingerprints()) == []
        assert engine.search(QUERY).total == self.total
