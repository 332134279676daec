"""A corpus that is not there any more (a disk that is not mounted, a path that is not the one) is never begun anew in silence."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from kb.config import settings
from kb.corpus.folder import Corpus
from kb.law.store import Store
from kb.search.embedded.whoosh_engine import WhooshEngine
from kb.upkeep.verdict import verdict
from tests.cli.running import EXAMPLE, Kb


@pytest.fixture
def kb(tmp_path: Path) -> Kb:
    (tmp_path / "inbox").mkdir()
    (tmp_path / "inbox" / "甲.txt").write_text(EXAMPLE, encoding="utf-8")
    (tmp_path / "kb.toml").write_text(
        '[refresh]\nalarm = "cat >> told.txt"\n\n[[source]]\nname = "shili"\nkind = "files"\nurl = "inbox"\n',
        encoding="utf-8",
    )
    kb = Kb(tmp_path)
    kb("refresh")
    return kb


def _unmounted(kb: Kb) -> None:
    (kb.folder / "corpus").rename(kb.folder / "elsewhere")
    (kb.folder / "corpus").mkdir()


def _gone(kb: Kb) -> None:
    (kb.folder / "corpus").rename(kb.folder / "elsewhere")


def _mistyped(kb: Kb) -> None:
    with (kb.folder / "kb.toml").open("a", encoding="utf-8") as file:
        file.write('\n[corpus]\npath = "corpsu"\n')


@pytest.mark.parametrize("vanish", [_unmounted, _gone, _mistyped])
def test_nothing_is_begun_in_the_place_of_what_vanished(kb: Kb, vanish: Callable[[Kb], None]) -> None:
    vanish(kb)
    before = (kb.folder / "told.txt").read_text() if (kb.folder / "told.txt").exists() else ""
    for command in (("ingest", "inbox"), ("refresh",), ("index",), ("index", "--rebuild"), ("backup", "target")):
        kb(*command, code=6)
    told = (kb.folder / "told.txt").read_text().removeprefix(before)
    assert "一份文件也没有" in told and "1 份文件建立" in told
    config = settings.load(kb.folder / "kb.toml")
    assert not list(Corpus(config.corpus).files())
    judged = verdict(config, Corpus(config.corpus), WhooshEngine(config.index), Store(config.index))
    assert "corpus/vanished" in [each.name for each in judged.open]
    assert '"total": 1' in kb("search", "行政复议", "--json")  # what was found of it is there still


def test_documents_that_the_ledger_knows_are_restored_not_refused(kb: Kb) -> None:
    for folder in ("shili",):
        for path in (kb.folder / "corpus" / folder).rglob("*.md"):
            path.unlink()
    assert "kb check --repair" in kb("check", code=1)
    kb("check", "--repair")
    assert "完好" in kb("check")


def test_a_library_that_was_emptied_on_purpose_goes_on(kb: Kb) -> None:
    (file,) = (kb.folder / "corpus" / "shili").glob("*.md")
    file.unlink()
    kb("check", "--accept", file.stem, code=1)
    kb("index")
    assert '"total": 0' in kb("search", "行政复议", "--json")
    kb("ingest", "inbox")


@pytest.mark.parametrize("damage", ["another layout", "torn", "removed"])
def test_a_store_that_tells_nothing_is_no_proof_that_there_was_nothing(kb: Kb, damage: str) -> None:
    store = kb.folder / "index" / "citations.sqlite"
    if damage == "another layout":
        with closing(sqlite3.connect(store)) as database:
            database.execute("PRAGMA user_version = 20")
    elif damage == "torn":
        store.write_bytes(b"0" * 100)
    else:
        store.unlink()
    _unmounted(kb)
    kb("index", code=6)
    kb("refresh", code=6)
    assert '"total": 1' in kb("search", "行政复议", "--json")


def test_settings_that_vanished_are_told(kb: Kb) -> None:
    (kb.folder / "kb.toml").unlink()
    assert "没有设置文件" in kb("doctor", code=1) and "shili" in kb("doctor", code=1)


def test_what_comes_back_goes_on_and_what_is_begun_on_purpose_begins(kb: Kb) -> None:
    _unmounted(kb)
    kb("refresh", code=6)
    (kb.folder / "index").rename(kb.folder / "old-index")
    kb("refresh")
    assert "完好" in kb("check")
