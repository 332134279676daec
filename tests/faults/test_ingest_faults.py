"""A killed or failing `kb ingest` leaves each document exactly as it was or as it should become."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import harness
import pytest

from kb.base.errors import StorageError
from kb.config import settings
from kb.corpus.folder import Corpus
from kb.ingest import pipeline

State = dict[str, tuple[str, tuple[str, ...]]]
OLD = "示例市人民政府关于示例工作的通知\n一、总体要求\n坚持依法行政。\n"
NEW = "示例市人民政府关于示例工作的通知\n一、总体要求\n坚持依法行政，公开透明。\n二、附则\n自公布之日起施行。\n"

SWEEP = int(os.environ.get("KB_SWEEP", 0))
"""Every fault: KB_SWEEP=1 pytest tests/faults/test_ingest_faults.py, each fifth: KB_SWEEP=5. Else each twentieth: a fork starts workers of its own."""


class Scene:
    """A corpus with a document that changes, one that was edited by hand, one that stays; and a new one comes."""

    def __init__(self, folder: Path) -> None:
        self.corpus, self.saved, self.inbox = folder / "corpus", folder / "saved", folder / "示例"
        self.settings = settings.load(None, folder)
        self.inbox.mkdir()
        for name in ("改动", "手改", "照旧"):
            (self.inbox / f"{name}.txt").write_text(f"{name}\n{OLD}", encoding="utf-8")
        self.ingest()
        edited = self.corpus / "files" / "手改.md"
        edited.write_text(edited.read_text(encoding="utf-8").replace("坚持", "始终坚持"), encoding="utf-8")
        shutil.copytree(self.corpus, self.saved)
        for name in ("改动", "手改", "新来"):
            (self.inbox / f"{name}.txt").write_text(f"{name}\n{NEW}", encoding="utf-8")

    def restore(self) -> None:
        shutil.rmtree(self.corpus, ignore_errors=True)
        shutil.copytree(self.saved, self.corpus)

    def ingest(self) -> None:
        pipeline.ingest([self.inbox], Corpus(self.corpus), self.settings)

    def state(self) -> State:
        """What a reader can see: every document's text, those of its versions, and a newer one that waits beside an edited file."""
        corpus = Corpus(self.corpus)
        waiting = {id: {path.stem for path in self.corpus.glob(f"files/{id}/[!.]*.md")} for id in ("手改",)}
        return {
            id: (
                corpus.read(id).text,
                tuple(corpus.read(id, version).text for version in waiting.get(id, corpus.versions(id))),
            )
            for id in corpus.ids()
        }

    def problems(self) -> list[str]:
        return [problem.id for problem in Corpus(self.corpus).check()]


@pytest.fixture
def scene(quick_path: Path) -> Scene:
    return Scene(quick_path)


def test_every_fault_leaves_the_old_or_the_new_state(scene: Scene, tmp_path: Path) -> None:
    scene.restore()
    old = scene.state()
    scene.ingest()
    new = scene.state()
    assert {id for id in new if old.get(id) != new[id]} == {"改动", "手改", "新来"}
    tried = 0
    for fault, status in harness.sweep(scene.restore, scene.ingest, scene.corpus, tmp_path, step=SWEEP or 20):
        expected = {harness.KILLED} if fault.effect == "KILL" else {0, StorageError.exit_code}
        assert status in expected, fault
        left = scene.state()
        assert all(left.get(id) in (old.get(id), new[id]) for id in new), fault
        assert left.keys() <= new.keys(), fault
        assert status != 0 or left == new, fault
        assert scene.problems() == ["手改"], fault
        scene.ingest()
        assert scene.state() == new, fault
        assert not list(scene.corpus.rglob(".tmp-*")), fault
        tried += 1
    assert tried > {0: 7, 1: 60}.get(SWEEP, 0)


def test_data_is_on_disk_before_its_name_appears(scene: Scene, tmp_path: Path) -> None:
    harness.require_strace()
    scene.restore()
    calls = harness.trace(scene.ingest, scene.corpus, tmp_path / "trace.txt")
    lines = [call.line for call in calls]
    renames = [index for index, line in enumerate(lines) if line.startswith("rename")]
    assert renames
    for index in renames:
        temporary, final = (Path(part) for part in lines[index].split('"')[1::2])
        assert any(line.startswith("fsync") and f"<{temporary}>" in line for line in lines[:index])
        assert not any(line.startswith("write") and f"<{temporary}>" in line for line in lines[index:])
        assert lines[index + 1].startswith("fsync") and f"<{final.parent}>" in lines[index + 1]


def test_check_finds_any_flipped_byte(scene: Scene) -> None:
    shutil.rmtree(scene.corpus)
    (scene.inbox / "改动.txt").write_text(OLD, encoding="utf-8")
    scene.ingest()
    (scene.inbox / "改动.txt").write_text(NEW, encoding="utf-8")
    scene.ingest()
    assert not scene.problems()
    files = [path for path in scene.corpus.rglob("*") if path.is_file() and path.name != ".lock"]
    kept = [path for path in files if "改动" in str(path) or path.suffix == ".gz"]
    assert {path.suffix for path in kept} == {".md", ".gz"}
    for path in kept:
        data = path.read_bytes()
        for position in range(len(data)):
            damaged = bytearray(data)
            damaged[position] ^= 1 << position % 8
            path.write_bytes(damaged)
            assert scene.problems(), (path, position)
        path.write_bytes(data)
