"""A node dies under a cluster of three: a sample of tests/faults/sweep_cluster.py that runs with all tests."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from kb.base.deadline import Deadline, within
from kb.base.errors import StorageError
from tests.cluster import Nodes, Unavailable, eventually
from tests.faults.clusters import QUERY, Scene


@pytest.fixture(scope="module")
def nodes() -> Iterator[Nodes]:
    shared = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=shared if shared.is_dir() else None, prefix="kb-nodes-") as folder:
        try:
            started = Nodes(Path(folder), 3)
        except Unavailable as reason:
            pytest.skip(f"没有 OpenSearch：{reason}")
        with started:
            yield started


def test_a_node_is_killed_while_documents_are_written_and_searched(nodes: Nodes, tmp_path: Path) -> None:
    scene = Scene(nodes, tmp_path, "killed")
    scene.open().update(scene.shelf)
    nodes.wait(3)
    before = scene.total
    scene.change()
    with scene.watched() as watched:
        outcome = scene.open().update(scene.shelf, progress=scene.at(0.5, lambda: nodes.kill(0)))
        nodes.start(0)
        nodes.wait(3)
    assert outcome.changed == len(scene.shelf.documents)
    assert watched.totals == {before, scene.total}
    assert len(watched.errors) <= watched.searches / 1000, watched.errors
    scene.settled()


def test_the_last_node_goes_on_answering_and_the_look_at_the_machines_stops_nobody(
    nodes: Nodes, tmp_path: Path
) -> None:
    """Of three, two are gone, for good: nobody manages the cluster, and who asks how it is must not keep readers from searching."""
    scene = Scene(nodes, tmp_path, "last")
    engine = scene.open()
    engine.update(scene.shelf)
    nodes.wait(3)
    having = {each["node"] for each in nodes.ask("_cat/shards/last-000001?format=json")}
    last = max(place for place in range(3) if f"node-{place}" in having)
    for place in {0, 1, 2} - {last}:
        nodes.kill(place)
    eventually(lambda: "manager" in dict(engine.machines().problems), "the last node knows that nobody manages it")
    for _ in range(5):
        with within(Deadline(10)):
            assert engine.search(QUERY).total == scene.total
        started = time.monotonic()
        assert engine.machines().nodes
        assert time.monotonic() - started < 10
    with pytest.raises(StorageError, match="没有管理节点"):
        engine.update(scene.shelf)
