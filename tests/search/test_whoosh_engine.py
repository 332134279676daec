from __future__ import annotations

from pathlib import Path

from conformance import Conformance

from kb.search.engine import Engine, open_engine


class TestWhooshEngine(Conformance):
    def open(self, folder: Path) -> Engine:
        return open_engine(folder)
