from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from kb.search.engine import Engine
from kb.search.opensearch_engine import OpenSearchEngine
from kb.settings import Cluster
from tests.cluster import Nodes
from tests.search.conformance import Conformance


class TestOpenSearchEngine(Conformance):
    @pytest.fixture(autouse=True)
    def _hosts(self, opensearch: Nodes) -> None:
        self._nodes = opensearch

    def open(self, folder: Path) -> Engine:
        name = hashlib.sha256(str(folder).encode()).hexdigest()[:16]
        return OpenSearchEngine(Cluster(self._nodes.hosts, name), folder)
