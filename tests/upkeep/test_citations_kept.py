"""The store of citations: what is wrong with it is told, whatever broke off meanwhile."""

from __future__ import annotations

from pathlib import Path

import pytest

from kb.base.errors import StorageError
from kb.corpus.folder import Corpus
from kb.law.store import Store
from kb.search.embedded.whoosh_engine import WhooshEngine
from tests.cli.running import EXAMPLE, Kb


@pytest.fixture
def kb(tmp_path: Path) -> Kb:
    (tmp_path / "inbox").mkdir()
    (tmp_path / "inbox" / "甲.txt").write_text(EXAMPLE, encoding="utf-8")
    kb = Kb(tmp_path)
    kb("ingest", "inbox")
    kb("index")
    return kb


def test_a_mending_that_breaks_off_does_not_hide_the_damage(kb: Kb) -> None:
    """One bit of a text that is kept: no structure tells it, the sum alone does, and it must outlive what was broken off."""
    store = Store(kb.folder / "index")
    data = bytearray(store.path.read_bytes())
    data[data.index("示府办".encode())] ^= 1
    store.path.write_bytes(data)
    assert "已损坏" in store.check()[0]

    def refuse(done: int, total: int) -> None:
        raise StorageError(f"{done}/{total}")

    with pytest.raises(StorageError):
        store.update(Corpus(kb.folder / "corpus"), rebuild=True, progress=refuse)
    assert "已损坏" in store.check()[0]
    assert "已损坏" in kb("check", code=1)
    kb("check", "--repair")
    assert store.check() == [] and "完好" in kb("check")


def test_a_store_that_is_behind_is_told_and_brought_in_step(kb: Kb) -> None:
    """The index is in step, the citations are not: who counts copies and tells standings would do so from an old state."""
    (kb.folder / "inbox" / "乙.txt").write_text(EXAMPLE.replace("1号", "2号"), encoding="utf-8")
    kb("ingest", "inbox")
    WhooshEngine(kb.folder / "index").update(Corpus(kb.folder / "corpus"))
    assert "1 份文件的引用关系不是现在的" in kb("check", code=1)
    kb("check", "--repair")
    assert "完好" in kb("check")
