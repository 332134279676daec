"""Everything that may happen to a cluster, each on fresh nodes: about ten minutes.

    .venv/bin/python -m pytest -s tests/faults/sweep_cluster.py

What is found is printed: searches, errors, the slowest search. The disk that fills up is a small tmpfs: it needs root.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from kb.base.errors import StorageError
from kb.search.cluster import updating, writing
from tests.cluster import Nodes
from tests.faults.clusters import DOCUMENTS, Scene, Watched
from tests.search.shelf import document

Happening = Callable[[Nodes], None]


@contextmanager
def _scene(folder: Path, number: int, settings: dict[str, str] | None = None) -> Iterator[Scene]:
    with Nodes(folder, number, settings) as nodes:
        scene = Scene(nodes, folder, "sweep")
        scene.open().update(scene.shelf)
        nodes.wait(number)
        yield scene


def _told(name: str, watched: Watched) -> None:
    print(f"\n{name}: {watched.searches} searches, {len(watched.errors)} errors, slowest {watched.slowest:.1f} s")
    assert len(watched.errors) <= watched.searches / 1000, watched.errors


def _manager(nodes: Nodes) -> int:
    named = nodes.ask("_cat/cluster_manager?format=json")[0]["node"]
    return int(named.removeprefix("node-"))


def _kill(place: int) -> Happening:
    return lambda nodes: nodes.kill(place)


@pytest.mark.parametrize("share", [0.01, 0.5, 1.0])
@pytest.mark.parametrize("rebuild", [False, True], ids=["refresh", "rebuild"])
@pytest.mark.parametrize("manager", [False, True], ids=["any", "manager"])
def test_a_node_is_killed(tmp_path: Path, share: float, rebuild: bool, manager: bool) -> None:
    """At the start, in the middle, and at the end: while the copies are refreshed, the state is put and the alias moved."""
    with _scene(tmp_path, 3) as scene:
        before = scene.total
        scene.change()
        chief = _manager(scene.nodes)
        victim = chief if manager else (chief + 1) % 3
        with scene.watched() as watched:
            progress = scene.at(share, lambda: scene.nodes.kill(victim))
            scene.open().update(scene.shelf, rebuild=rebuild, progress=progress)
            scene.nodes.start(victim)
            scene.nodes.wait(3)
        assert watched.totals <= {before, scene.total}
        _told(f"killed at {share}, {'rebuild' if rebuild else 'refresh'}", watched)
        scene.settled()


@pytest.mark.parametrize(("step", "rebuild"), [("_put", False), ("_put", True), ("_move_alias", True)])
@pytest.mark.parametrize("manager", [False, True], ids=["any", "manager"])
def test_a_node_is_killed_at_the_step_that_makes_it_count(
    tmp_path: Path, step: str, rebuild: bool, manager: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Just before the state is put, or the alias moved: the step is asked of a cluster that has lost a node."""
    with _scene(tmp_path, 3) as scene:
        before = scene.total
        scene.change()
        chief = _manager(scene.nodes)
        victim = chief if manager else (chief + 1) % 3
        done = getattr(updating.Update, step)

        def killed(*arguments: object) -> None:
            monkeypatch.setattr(updating.Update, step, done)
            scene.nodes.kill(victim)
            done(*arguments)

        monkeypatch.setattr(updating.Update, step, killed)
        with scene.watched() as watched:
            scene.open().update(scene.shelf, rebuild=rebuild)
            scene.nodes.start(victim)
            scene.nodes.wait(3)
        assert watched.totals <= {before, scene.total}
        _told(f"killed before {step}, {'rebuild' if rebuild else 'refresh'}", watched)
        scene.settled()


@pytest.mark.parametrize("few", [DOCUMENTS, 0], ids=["few", "many"])
@pytest.mark.parametrize("manager", [False, True], ids=["any", "manager"])
def test_a_node_hangs_while_documents_are_written(
    tmp_path: Path, manager: bool, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of few documents what is replaced is removed by the next update, of many at once."""
    monkeypatch.setattr(updating, "_FEW", few)
    with _scene(tmp_path, 3) as scene:
        before = scene.total
        scene.change()
        victim = _manager(scene.nodes) if manager else (_manager(scene.nodes) + 1) % 3
        with scene.watched(readers=8) as watched:
            scene.open().update(scene.shelf, progress=scene.at(0.5, lambda: scene.nodes.hang(victim)))
            scene.nodes.go_on(victim)
            scene.nodes.wait(3)
        assert watched.totals == {before, scene.total}
        _told("hung", watched)
        scene.settled()


def test_a_node_hangs_and_comes_back(tmp_path: Path) -> None:
    """It answers again before it notices what was written without it: nobody is told from that."""
    with _scene(tmp_path, 3) as scene:
        before = scene.total
        scene.change()
        with scene.watched(readers=8) as watched:
            scene.nodes.hang(1)
            scene.open().update(scene.shelf)
            scene.nodes.go_on(1)
            scene.nodes.wait(3)
        assert watched.totals == {before, scene.total}
        _told("hung and back", watched)
        scene.settled()


def test_rolling_restart(tmp_path: Path) -> None:
    with _scene(tmp_path, 3) as scene:
        totals = {scene.total}
        with scene.watched() as watched:
            for place in range(3):
                scene.nodes.end(place)
                scene.shelf.put(document(f"meanwhile-{place}", "甲乙在重启时写入的示例"))
                scene.open().update(scene.shelf)
                totals.add(scene.total)
                scene.nodes.start(place)
                scene.nodes.wait(3)
        assert watched.totals == totals
        _told("rolling restart", watched)
        scene.settled()


def test_two_nodes_and_one_dies_for_good(tmp_path: Path) -> None:
    """Two nodes elect no manager without each other: searches go on, and an update is told why it cannot be."""
    with _scene(tmp_path, 2) as scene:
        survivor = (_manager(scene.nodes) + 1) % 2
        with scene.watched() as watched:
            scene.nodes.kill(1 - survivor)
            for _ in range(20):
                assert scene.open().search("甲乙").total == scene.total
        _told("one of two", watched)
        scene.nodes.start(1 - survivor)
        scene.nodes.wait(2)
        scene.settled()


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a tmpfs needs root")
@pytest.mark.parametrize("watermarks", [False, True], ids=["full", "watermarks"])
def test_a_disk_fills_up(tmp_path: Path, watermarks: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """One of three disks is small. Without watermarks the node's copy fails; with them the cluster keeps off in time.

    Where the node is the one that manages the others, it cannot even tell them: nothing is taken until there is room.
    """
    monkeypatch.setattr(writing, "_PATIENCE", 30.0)
    small = tmp_path / "node-1"
    small.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", small], check=True)
    settings = {"cluster.info.update.interval": "10s", "monitor.fs.health.refresh_interval": "5s"}
    if watermarks:
        limits = {"low": "12mb", "high": "8mb", "flood_stage": "4mb"}
        settings |= {f"cluster.routing.allocation.disk.watermark.{name}": value for name, value in limits.items()}
        settings["cluster.routing.allocation.disk.threshold_enabled"] = "true"
    try:
        with _scene(tmp_path, 3, settings) as scene:
            with scene.watched() as watched:
                _fill(scene)
                # The operator makes room, and tells the cluster to try again what it had given up.
                subprocess.run(["mount", "-o", "remount,size=1g", small], check=True)
                scene.nodes.ask("_cluster/reroute?retry_failed=true", method="POST")
                scene.nodes.wait(3)
            _told("full disk", watched)
            scene.settled()
    finally:
        subprocess.run(["umount", "-l", small], check=True)


def _fill(scene: Scene) -> None:
    """Write until far more than the small disk holds is there. An update may be refused: it is told why."""
    for round in range(6):
        for number in range(40):
            text = "".join(chr(0x4E00 + (7 * place * (number + 1) + 13 * round) % 20_000) for place in range(6_000))
            scene.shelf.put(document(f"large-{round}-{number}", f"甲乙{text}"))
        try:
            scene.open().update(scene.shelf)
        except StorageError as error:
            print(f"\nrefused: {error}")
