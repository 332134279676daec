"""One state: at midnight, and when the store of citations is lost, every door changes together or refuses."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio
import pytest
from bs4 import BeautifulSoup
from flask.testing import FlaskClient

from kb.base import clock
from kb.config.settings import Settings
from kb.mcp.server import build
from kb.search.open.engines import open_engine
from kb.upkeep.in_step import bring_in_step
from kb.upkeep.mend import problems
from kb.upkeep.verdict import note_checked
from kb.web.site.app import create_app
from tests.law.laws import Shelf

OLD = "示例旧条例\n第一条　为了示例，制定本条例。\n第二条　示例旧机关办理示例。\n第三条　本条例自2000年5月1日起施行。\n"
NEW = "示例新条例\n第一条　示例新机关办理示例。\n第二条　本条例自2024年5月1日起施行。《示例旧条例》同时废止。\n"
BEFORE, AFTER = "2024-04-30", "2024-05-01"
Asked = Callable[[], Any]


@dataclass
class Doors:
    """The library, open at every door, in a server that goes on running."""

    shelf: Shelf
    settings: Settings
    client: FlaskClient

    def json(self, address: str) -> Any:
        answer = self.client.get(address)
        assert answer.status_code == 200, answer.text
        return answer.json

    def hit(self) -> str:
        """How the old law stands by its hit."""
        return str(self.json("/api/v1/search?q=示例旧机关")["hits"][0]["validity"])

    def standing(self) -> str:
        return str(self.json("/api/v1/documents/示例旧条例/standing")["status"])

    def shown(self) -> str:
        """How it stands by the card of the page of hits."""
        page = BeautifulSoup(self.client.get("/search?q=示例旧机关").text, "html.parser")
        return page.select("ol.hits li, .hits li")[0].get_text()

    def filtered(self) -> int:
        return int(self.json("/api/v1/search?q=示例旧机关 效力:已废止")["total"])

    def fed(self) -> int:
        return self.client.get("/search.atom?q=示例旧机关 效力:已废止").text.count("<entry>")

    def assistant(self) -> str:
        tools = build(self.settings)

        async def ask() -> Any:
            return await tools.call_tool("search", {"query": "示例旧机关"})

        return str(anyio.run(ask).structured_content["hits"][0]["validity"])


@pytest.fixture
def doors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Doors:
    monkeypatch.setenv("KB_TODAY", BEFORE)
    shelf = Shelf(tmp_path)
    shelf.put("示例旧条例", OLD, date="2000-01-01")
    shelf.put("示例新条例", NEW, date="2024-03-01", effective="2024-05-01")
    settings = Settings(shelf.corpus.root, tmp_path / "index", "127.0.0.1", 0, 10_000_000, 60)
    assert not bring_in_step(shelf.corpus, shelf.store, {"": open_engine(settings.index)}).said
    return Doors(shelf, settings, create_app(settings).test_client())


def test_at_midnight_every_door_of_a_running_server_tells_the_new_day(
    doors: Doors, monkeypatch: pytest.MonkeyPatch
) -> None:
    for told in (doors.hit(), doors.standing(), doors.shown(), doors.assistant()):
        assert "已废止" not in told
    assert not doors.filtered() and not doors.fed()
    address = "/api/v1/search?q=示例旧机关"
    tag = doors.client.get(address).headers["ETag"]
    assert doors.client.get(address, headers={"If-None-Match": tag}).status_code == 304
    monkeypatch.setenv("KB_TODAY", AFTER)
    for told in (doors.hit(), doors.standing(), doors.shown(), doors.assistant()):
        assert "已废止" in told
    assert doors.filtered() and doors.fed()
    assert doors.client.get(address, headers={"If-None-Match": tag}).status_code == 200


def _removed(store: Path, _doors: Doors) -> None:
    store.unlink()


def _damaged(store: Path, _doors: Doors) -> None:
    store.write_bytes(b"not a database" * 100)


def _of_another_layout(store: Path, _doors: Doors) -> None:
    with sqlite3.connect(store) as database:
        database.execute("PRAGMA user_version = 1")
    database.close()


def _older_than_the_index(store: Path, doors: Doors) -> None:
    kept = store.with_name("kept")
    shutil.copy(store, kept)
    doors.shelf.put("示例旧条例", OLD.replace("办理示例", "办理各种示例"), date="2000-01-01")
    doors.shelf.update()
    kept.replace(store)


@pytest.mark.parametrize("lose", [_removed, _damaged, _of_another_layout, _older_than_the_index])
@pytest.mark.parametrize("serving", [True, False], ids=["while serving", "at the start"])
def test_without_a_usable_store_nothing_states_a_standing_and_kb_index_mends_it(
    doors: Doors, lose: Callable[[Path, Doors], None], serving: bool
) -> None:
    if serving:
        assert doors.standing() != "不明" and doors.hit()  # what is read before must not be remembered
    store = doors.shelf.store.path
    for beside in store.parent.glob(f"{store.name}-*"):
        beside.unlink()
    lose(store, doors)
    if not serving:
        doors.client = create_app(doors.settings).test_client()
    for address in (
        "/api/v1/documents/示例旧条例/standing",
        "/api/v1/search?q=示例旧机关 效力:已废止",
        "/api/v1/documents/示例旧条例/citations",
        "/search?q=示例旧机关 时点:2024-06-01",
        "/stale-basis",
        "/gaps",
    ):
        assert doors.client.get(address).status_code == 503, address
    assert doors.hit() in ("", "不明")
    assert doors.client.get("/d/示例旧条例").status_code == 200  # reading goes on
    told = doors.client.get("/healthz")
    assert told.status_code == 503 and "kb index" in told.text
    corpus, engine = doors.shelf.corpus, open_engine(doors.settings.index)
    again = bring_in_step(corpus, doors.shelf.store, {"": engine})
    assert not again.said
    assert doors.standing() != "不明" and doors.hit() == doors.standing()
    if lose is not _removed:  # what damaged it may have damaged more
        assert "引用库已损坏：已重建" in doors.client.get("/healthz").text
        note_checked(
            corpus, problems(corpus, engine, doors.shelf.store, doors.settings), doors.settings.index, clock.now()
        )
    assert doors.client.get("/healthz").text == "ok\n"
