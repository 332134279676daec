"""A killed or failing `kb index` leaves exactly the old or the new index, and no flipped byte is answered from."""

from __future__ import annotations

import errno
import os
import random
import shutil
import sys
import time
from itertools import count
from pathlib import Path
from threading import Event, Thread

import harness
import pytest

from kb.base.errors import BadIndexError, StorageError
from kb.search.embedded import whoosh_engine
from kb.search.open.engines import open_engine
from tests.disks import no_more_files
from tests.search.shelf import Shelf, document

QUERIES = ("甲乙", "丙", "丁戊", "己")
Answers = tuple[tuple[int, tuple[str, ...]], ...]


class Scene:
    """An index of three documents; then one changes, one goes, one comes."""

    def __init__(self, folder: Path) -> None:
        self.index, self.saved = folder / "index", folder / "saved"
        self.shelf = Shelf(document("a", "甲乙示例"), document("b", "丙示例", "甲乙"), document("c", "丁戊"))
        self.update()
        shutil.copytree(self.index, self.saved)
        self.shelf.put(document("b", "丙改了的示例", "丁戊"))
        self.shelf.put(document("d", "己示例"))
        del self.shelf.documents["c"]

    def restore(self) -> None:
        shutil.rmtree(self.index, ignore_errors=True)
        shutil.copytree(self.saved, self.index)

    def update(self) -> None:
        open_engine(self.index).update(self.shelf)

    def answers(self) -> Answers:
        engine = open_engine(self.index)
        found = [engine.search(f'"{query}"') for query in QUERIES]
        return tuple((results.total, tuple(hit.snippet for hit in results.hits)) for results in found)


@pytest.fixture
def scene(quick_path: Path) -> Scene:
    return Scene(quick_path)


def sweep(scene: Scene, scratch: Path, step: int) -> None:
    scene.restore()
    old = scene.answers()
    scene.update()
    new = scene.answers()
    assert old != new
    for fault, status in harness.sweep(scene.restore, scene.update, scene.index, scratch, step):
        assert status in ({harness.KILLED} if fault.effect == "KILL" else {0, StorageError.exit_code}), fault
        left = scene.answers()
        assert left in (old, new), fault
        assert status or left == new, fault
        scene.update()
        assert scene.answers() == new, fault
        assert open_engine(scene.index).check(scene.shelf.fingerprints()) == [], fault
        assert not list(scene.index.glob(".tmp-*")), fault


def test_a_fault_leaves_the_old_or_the_new_index(scene: Scene, tmp_path: Path) -> None:
    sweep(scene, tmp_path, step=13)


@pytest.mark.skipif(
    "KB_SWEEP" not in os.environ,
    reason="全部故障点要十几秒到几分钟：KB_SWEEP=1 pytest tests/faults/test_index_faults.py",
)
def test_every_fault_leaves_the_old_or_the_new_index(scene: Scene, tmp_path: Path) -> None:
    sweep(scene, tmp_path, step=1)


def test_a_first_index_that_fails_is_no_index(quick_path: Path, tmp_path: Path) -> None:
    scene = Scene(quick_path)

    def nothing() -> None:
        shutil.rmtree(scene.index, ignore_errors=True)

    for fault, _ in harness.sweep(nothing, scene.update, scene.index, tmp_path, step=29):
        try:
            scene.answers()
        except BadIndexError as error:
            assert "还没有索引" in str(error), fault
        scene.update()
        assert open_engine(scene.index).check(scene.shelf.fingerprints()) == [], fault


def test_any_flipped_byte_is_found_and_never_answered_from(scene: Scene) -> None:
    scene.restore()
    [generation] = scene.index.glob("gen-*")
    draw, answers = random.Random(5), scene.answers()
    for file in sorted(generation.iterdir()):
        intact = file.read_bytes()
        for place in {0, len(intact) - 1, *(draw.randrange(len(intact)) for _ in range(6))} if intact else ():
            flipped = bytearray(intact)
            flipped[place] ^= 1 << draw.randrange(8)
            file.write_bytes(flipped)
            engine = open_engine(scene.index)
            assert "已损坏" in engine.check(scene.shelf.fingerprints())[0], (file, place)
            with pytest.raises(BadIndexError, match="kb index --rebuild"):
                engine.search("甲乙")
            with pytest.raises(BadIndexError, match="kb index --rebuild"):
                engine.update(scene.shelf)
        file.write_bytes(intact)
    assert scene.answers() == answers


def test_what_is_written_over_while_it_is_open_is_not_answered_from(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file is the very one that is open: no name changes, no other generation comes."""
    monkeypatch.setattr(whoosh_engine, "_LOOK", 0.0)
    scene.restore()
    [generation] = scene.index.glob("gen-*")
    engine, later = open_engine(scene.index), count(int(time.time()) + 1)
    before = engine.search("甲乙").total
    for file in sorted(each for each in generation.iterdir() if each.stat().st_size):
        intact = file.read_bytes()
        for data in (bytes(len(intact)), intact):
            with file.open("r+b") as open_file:
                open_file.write(data)
            os.utime(file, (now := next(later), now))  # two writes of one moment may have one time
            if data != intact:
                with pytest.raises(BadIndexError, match="kb index --rebuild"):
                    engine.search("甲乙")
        assert engine.search("甲乙").total == before


def test_many_threads_ask_while_files_are_compared_again(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(whoosh_engine, "_LOOK", 0.0)
    scene.restore()
    engine, wrong, over = open_engine(scene.index), list[object](), Event()
    before = engine.search("甲乙").total

    def ask() -> None:
        while not over.is_set():
            try:
                if (found := engine.search("甲乙").total) != before:
                    wrong.append(found)
            except Exception as error:  # noqa: BLE001 — whatever it is, the test must hear of it
                wrong.append(error)

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    threads = [Thread(target=ask) for _ in range(4)]
    try:
        for thread in threads:
            thread.start()
        file = next(scene.index.glob("gen-*/*.trm"))
        for moment in range(60):
            os.utime(file, (moment, moment))
            engine.search("甲乙")
    finally:
        over.set()
        for thread in threads:
            thread.join()
        sys.setswitchinterval(interval)
    assert wrong == []


@pytest.mark.parametrize("damage", ["removed", "cut short", "emptied"])
def test_the_state_before_answers_while_the_newest_is_damaged(scene: Scene, damage: str) -> None:
    scene.restore()
    old = scene.answers()
    scene.update()
    manifest = max(scene.index.glob("gen-*")) / "manifest.json"
    if damage == "removed":
        manifest.unlink()
    else:
        manifest.write_bytes(manifest.read_bytes()[: 100 if damage == "cut short" else 0])
    assert scene.answers() == old
    assert "暂用第 1 代" in open_engine(scene.index).search("甲乙").notes[0]
    problems = open_engine(scene.index).check(scene.shelf.fingerprints())
    assert "第 2 代" in problems[0] and "kb index" in problems[1]
    scene.update()
    assert scene.answers() != old
    assert open_engine(scene.index).check(scene.shelf.fingerprints()) == []


def test_rebuild_mends_a_damaged_index(scene: Scene) -> None:
    scene.restore()
    for file in scene.index.glob("gen-*/*"):
        file.write_bytes(file.read_bytes()[:-1])
    open_engine(scene.index).update(scene.shelf, rebuild=True)
    assert open_engine(scene.index).check(scene.shelf.fingerprints()) == []


def test_an_error_is_never_an_absence(scene: Scene) -> None:
    """While no file can be opened, what is open goes on answering; a new process fails and says why."""
    scene.restore()
    engine = open_engine(scene.index)
    before = engine.search("甲乙").total
    with no_more_files():
        assert engine.search("甲乙").total == before
        for call in (lambda: open_engine(scene.index).search("甲乙"), scene.update):
            with pytest.raises(StorageError, match="index"):
                call()
    assert scene.answers()[0][0] == before


def test_two_writers_at_once(scene: Scene) -> None:
    """The second is told, with the number of the process that writes; the first goes on."""
    refused: list[str] = []

    def second(*_: int) -> None:
        with pytest.raises(StorageError) as caught:
            scene.update()
        refused.append(str(caught.value))

    open_engine(scene.index).update(scene.shelf, progress=second)
    assert refused and all(f"进程号 {os.getpid()}" in sentence for sentence in refused)


def test_an_index_on_a_file_system_without_hard_links(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    scene.update()
    assert open_engine(scene.index).check(scene.shelf.fingerprints()) == []


def test_only_two_generations_are_kept(scene: Scene) -> None:
    for number in range(4):
        scene.shelf.put(document("a", f"甲乙示例{number}"))
        scene.update()
    assert [folder.name for folder in sorted(scene.index.iterdir()) if folder.is_dir()] == ["gen-000004", "gen-000005"]


def test_a_file_in_the_place_of_the_index_folder(tmp_path: Path) -> None:
    (tmp_path / "index").write_text("示例")
    for call in (lambda e: e.search("甲"), lambda e: e.update(Shelf())):
        with pytest.raises(StorageError):
            call(open_engine(tmp_path / "index"))
