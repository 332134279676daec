"""What was fetched can be searched while a long fill goes on, and what is bad keeps nothing good from coming."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from kb.base.errors import BadIndexError
from kb.fetch.lists.folder_of_files import Folder
from kb.fetch.lists.item import Lists
from kb.fetch.network.pace import Hosts
from kb.law.store import Store
from tests.cli.running import EXAMPLE, KbHere
from tests.ingest.refreshing import Hasty, Library, source
from tests.site import Content, Site


def test_what_was_fetched_is_found_before_the_fill_ends(tmp_path: Path) -> None:
    with Site(Content(posts=5)) as site:
        library, clock = Library(tmp_path / "library", source(site.url)), Hasty()
        found = []

        def watch(name: str, done: int, total: int) -> None:
            try:
                found.append(library.engine.stats().documents)
            except BadIndexError:
                found.append(0)
            clock.sleep(1000)

        library.refresh(hosts=Hosts(clock), on_progress=watch)
        assert found[0] == 0 and 0 < found[2] < found[-1]
        assert library.engine.stats().documents == len(library.corpus.ids()) == 5


def test_a_source_that_meets_a_mistake_of_ours_stops_no_other(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    source = '[[source]]\nname = "{0}"\nkind = "files"\nurl = "{0}"\n'
    (tmp_path / "kb.toml").write_text(source.format("甲") + source.format("乙"), encoding="utf-8")
    for name in ("甲", "乙"):
        (tmp_path / name).mkdir()
        (tmp_path / name / f"示例{name}.txt").write_text(f"{EXAMPLE}{name}的话。\n", encoding="utf-8")
    lists = Folder.lists

    def broken(self: Folder) -> Lists:
        if self._path.name == "甲":
            raise AttributeError("示例")
        return lists(self)

    monkeypatch.setattr(Folder, "lists", broken)
    kb = KbHere(tmp_path, capsys)
    assert "乙：新增 1" in kb("refresh", code=1)
    assert "程序自己出了错（AttributeError：示例" in kb.said
    assert "1 节" in kb("search", "乙的话")
    assert "程序自己出了错" in kb("doctor", code=1)


def test_a_step_that_meets_a_mistake_of_ours_stops_no_other(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    kb = KbHere(tmp_path, capsys)
    (tmp_path / "示例.txt").write_text(EXAMPLE, encoding="utf-8")
    kb("ingest", "示例.txt")

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("示例")

    monkeypatch.setattr(Store, "update", broken)
    kb("index", code=1)
    assert "程序自己出了错（RuntimeError：示例" in kb.said
    assert "节" in kb("search", "示例制度")


def test_a_store_that_somebody_has_open_is_sound_when_they_close_it(kb: KbHere) -> None:
    """A server beside `kb index`: who closes the database last brings its log into the file."""
    (kb.folder / "示例.txt").write_text(EXAMPLE, encoding="utf-8")
    kb("ingest", "示例.txt")
    kb("index")
    with closing(sqlite3.connect(kb.folder / "index" / "citations.sqlite")) as reader:
        reader.execute("select count(*) from document").fetchone()
        (kb.folder / "示例.txt").write_text(f"{EXAMPLE}又一句。\n", encoding="utf-8")
        kb("ingest", "示例.txt")
        kb("index")
    assert "完好" in kb("check")
