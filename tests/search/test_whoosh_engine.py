from __future__ import annotations

import hashlib
import json
import os
import pickle
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import xxhash

from kb.base.errors import BadIndexError, OtherFormatError, StorageError
from kb.base.model import Document
from kb.search.answer import section_record
from kb.search.contract.engine import Engine
from kb.search.embedded import codec, whoosh_engine
from kb.search.open.engines import open_engine
from tests.search.conformance import Conformance, places
from tests.search.shelf import Shelf, document


@pytest.fixture(params=[codec.SEGMENT_LIMIT, 6], scope="class")
def segment_limit(request: pytest.FixtureRequest) -> Iterator[None]:
    """Sections in a segment: as it is, and so few that segments roll over, wear out and are merged all the time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(codec, "SEGMENT_LIMIT", request.param)
        yield


@pytest.mark.usefixtures("segment_limit")
class TestWhooshEngine(Conformance):
    def open(self, folder: Path) -> Engine:
        return open_engine(folder)


def test_small_segments_are_merged(tmp_path: Path) -> None:
    engine, shelf = open_engine(tmp_path), Shelf()
    for number in range(30):
        shelf.put(document(f"d{number}", "甲乙示例"))
        engine.update(shelf)
    assert engine.search("甲乙").total == 30
    newest = max(tmp_path.glob("gen-*"))
    assert len(list(newest.glob("*.pst"))) <= 12


def test_many_documents_are_analysed_by_several_processes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(section_record, "_PROCESSORS", 2)
    documents = [document(f"d{number:03}", f"甲乙示例{number}", "丙丁") for number in range(section_record._MANY + 20)]
    shelf = Shelf(*documents)
    shelf.unreadable = {"d007"}
    engine = open_engine(tmp_path)
    outcome = engine.update(shelf)
    assert not shelf.read_ids and outcome.added == len(documents) - 1
    assert outcome.problems == ("读不了 d007（示例）。",)
    assert engine.search("甲乙", limit=0).total == engine.search("丙丁", limit=0).total == len(documents) - 1
    assert places(engine.search('"示例219"')) == [("d219", "s-1")]


class DeadlyShelf(Shelf):
    def read(self, id: str, /) -> Document:
        os._exit(9)


def test_a_process_that_dies_is_an_error_and_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(section_record, "_PROCESSORS", 2)
    engine = open_engine(tmp_path)
    engine.update(Shelf(document("a", "甲")))
    with pytest.raises(StorageError, match="意外结束"):
        engine.update(DeadlyShelf(*(document(f"d{number}", "甲") for number in range(section_record._MANY))))
    assert engine.search("甲").total == 1 and not list(tmp_path.glob(".tmp-*"))


ENDLESS = """
import os, sys, time
from pathlib import Path
from kb.search.answer import section_record
from kb.search.open.engines import open_engine
from tests.search.shelf import Shelf, document

class Slow(Shelf):
    def read(self, id):
        (Path(sys.argv[1]) / f"worker-{os.getpid()}").touch()
        time.sleep(60)

if __name__ == "__main__":
    section_record._PROCESSORS = 2
    open_engine(Path(sys.argv[1]) / "index").update(Slow(*(document(f"d{n}", "甲") for n in range(section_record._MANY))))
"""


def test_workers_end_with_their_parent(tmp_path: Path) -> None:
    (tmp_path / "endless.py").write_text(ENDLESS)
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    with subprocess.Popen([sys.executable, tmp_path / "endless.py", tmp_path], env=environment) as parent:
        workers = _eventually(lambda: list(tmp_path.glob("worker-*")))
        parent.kill()
    assert workers
    for worker in workers:
        assert _eventually(lambda worker=worker: not Path("/proc", worker.name.removeprefix("worker-")).exists())


def _eventually(condition):  # type: ignore[no-untyped-def]
    """Answer what the condition does as soon as that is true; what another process does cannot be waited for else."""
    deadline = time.monotonic() + 20
    while not (found := condition()) and time.monotonic() < deadline:
        time.sleep(0.02)
    return found


class _Runs:
    """What a hostile index would hold: reading it back makes a folder."""

    def __init__(self, made: Path) -> None:
        self._made = made

    def __reduce__(self) -> tuple[object, ...]:
        return os.mkdir, (str(self._made),)


def test_an_index_from_elsewhere_runs_no_code(tmp_path: Path) -> None:
    open_engine(tmp_path / "index").update(Shelf(document("a", "甲乙示例")))
    folder, made = max((tmp_path / "index").glob("gen-*")), tmp_path / "made"
    table = next(folder.glob("*.toc"))
    whole = table.read_bytes()
    segments = whole.rindex(pickle.PROTO, 0, whole.rindex(b"whoosh.codec.whoosh3"))
    table.write_bytes(whole[:segments] + pickle.dumps(_Runs(made), 2))
    manifest = json.loads((folder / "manifest.json").read_bytes().partition(b"\n")[2])
    manifest["files"][table.name] = hashlib.sha256(table.read_bytes()).hexdigest()
    manifest["checksums"][table.name] = xxhash.xxh3_128(table.read_bytes()).hexdigest()
    content = json.dumps(manifest).encode()
    (folder / "manifest.json").write_bytes(hashlib.sha256(content).hexdigest().encode() + b"\n" + content)
    with pytest.raises(BadIndexError, match="没有运行它"):
        open_engine(tmp_path / "index").search("甲乙")
    assert not made.exists()


def test_a_program_goes_on_with_its_own_index_beside_that_of_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An upgrade: the new program writes its index while the old one, and those that it starts anew, answer from theirs."""
    shelf = Shelf(document("a", "甲乙示例"))
    with monkeypatch.context() as of_old:
        of_old.setattr(whoosh_engine, "_READABLE", (0,))
        serving, begun_later = open_engine(tmp_path), open_engine(tmp_path)
        serving.update(shelf)
        assert serving.search("甲乙").total == 1
    new = open_engine(tmp_path)
    with pytest.raises(OtherFormatError, match=r"1 节，约 1 分钟"):
        new.search("甲乙")
    shelf.put(document("b", "甲乙示例"))
    new.update(shelf)
    assert new.search("甲乙").total == 2 and not new.search("甲乙").notes
    for old in (serving, begun_later):
        assert old.search("甲乙").total == 1
        assert "请重新启动 kb serve" in old.search("甲乙").notes[0]
    shelf.put(document("c", "甲乙示例"))
    new.update(shelf)
    assert len(list(tmp_path.glob("gen-*"))) == 2
