"""A corpus to refresh from the site of tests.site; as a command (`python -m tests.ingest.refreshing FOLDER URL`), a
process that can be killed."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from kb.base.model import Document
from kb.config.settings import Settings, load
from kb.config.sources import Source
from kb.corpus.folder import Corpus
from kb.fetch.network.pace import Hosts, SystemClock
from kb.search.contract.engine import Engine
from kb.search.open.engines import open_engine
from kb.upkeep.refresh import refresh
from kb.upkeep.tally import Report, Tally


class Hasty(SystemClock):
    """A clock that jumps instead of waiting."""

    def __init__(self) -> None:
        self._ahead = 0.0

    def monotonic(self) -> float:
        return super().monotonic() + self._ahead

    def sleep(self, seconds: float) -> None:
        self._ahead += seconds


def source(url: str, kind: Any = "gkmlpt", **given: Any) -> Source:
    """A source on loopback."""
    return Source("shili", kind, url, delay=0, allow_private=True, **given)


@dataclass
class Library:
    """A folder with corpus and index, and the source that it is refreshed from."""

    folder: Path
    source: Source
    settings: Settings = field(init=False)
    corpus: Corpus = field(init=False)
    engine: Engine = field(init=False)

    def __post_init__(self) -> None:
        self.folder.mkdir(exist_ok=True)
        self.settings = replace(load(folder=self.folder), sources=(self.source,))
        self.corpus = Corpus(self.settings.corpus)
        self.engine = open_engine(self.settings.index)

    def report(self, **given: Any) -> Report:
        """Refresh; pauses and second tries cost no time."""
        given = {"hosts": Hosts(Hasty()), **given}
        return refresh((self.source,), self.corpus, self.engine, self.settings, **given)

    def refresh(self, **given: Any) -> Tally:
        return self.report(**given).sources[self.source.name]

    def document(self, key: object) -> Document:
        return self.corpus.read(f"shili-{key}")

    def files(self) -> dict[str, str]:
        """Every document and version, without what depends on when it was fetched."""
        return {
            str(path.relative_to(self.corpus.root)): _timeless(path.read_text(encoding="utf-8"))
            for path in self.corpus.root.glob("[!.]*/**/*.md")
        }

    def posts(self) -> list[tuple[object, ...]]:
        """What the state remembers of posts, without the number of the walk."""
        import sqlite3

        db = sqlite3.connect(self.corpus.root / ".state" / "shili.sqlite")
        try:
            return db.execute(
                "select key, url, digest, outcome, document, trouble, etag from post order by key"
            ).fetchall()
        finally:
            db.close()


def _timeless(text: str) -> str:
    return re.sub(r"^(?:  retrieved|      Date|checksum): .*\n", "", text, flags=re.MULTILINE)


if __name__ == "__main__":
    Library(Path(sys.argv[1]), source(sys.argv[2])).report(full="--full" in sys.argv)
