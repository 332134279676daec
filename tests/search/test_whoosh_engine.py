from __future__ import annotations

from pathlib import Path

from kb.search.engine import Engine, open_engine
from tests.search.conformance import Conformance


class TestWhooshEngine(Conformance):
    def open(self, folder: Path) -> Engine:
        return open_engine(folder)
