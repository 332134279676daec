"""Downloads that take seconds keep no thread from other readers."""

from __future__ import annotations

import gzip
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from flask import Flask, url_for
from flask.testing import FlaskClient

from kb.base.errors import BusyError
from kb.config.settings import Settings
from kb.corpus.folder import Corpus
from kb.web.context.heavy_work import PLACES, HeavyWork
from kb.web.context.library import EXTENSION
from kb.web.site.app import create_app
from kb.web.site.lanes import lane_of
from tests.web.conftest import LAW, REPORT, example_library, finishing, put

WHOLE = "/api/v1/corpus.jsonl.gz"


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings of a library of which nothing has been made yet."""
    return example_library(tmp_path_factory.mktemp("heavy"))


@contextmanager
def all_taken(heavy: HeavyWork, folder: Path) -> Iterator[None]:
    """Let all places be taken by work that waits for the end of the block."""
    gates = [folder / f"gate-{number}" for number in range(PLACES)]
    for gate in gates:
        os.mkfifo(gate)
    with ThreadPoolExecutor() as others:
        held = [others.submit(heavy.do, Path.read_text, gate) for gate in gates]
        with ExitStack() as opened:
            files = [opened.enter_context(gate.open("w")) for gate in gates]  # opens when its reader has begun
            yield
            for file in files:
                file.write("done")
        assert [each.result() for each in held] == ["done"] * PLACES


def test_who_comes_while_others_are_served_is_told_at_once(tmp_path: Path) -> None:
    heavy = HeavyWork(60)
    with all_taken(heavy, tmp_path), pytest.raises(BusyError, match="请过一会儿再试"):
        heavy.do(Path.exists, tmp_path)
    assert heavy.do(Path.exists, tmp_path)


def test_what_fails_leaves_the_place_to_the_next() -> None:
    heavy = HeavyWork(60)
    with pytest.raises(FileNotFoundError):
        heavy.do(Path.read_text, Path("没有"))
    assert heavy.do(str.upper, "a") == "A"


def _files(app: Flask, version: str) -> Iterator[tuple[str, str]]:
    """Yield (method, address) of every file that takes long to make, by the ending of its address."""
    told = {"id": LAW, "version": version, "anchor": "art-2"}
    asked = {"q": "示例", "with": REPORT, "d": [LAW, REPORT]}
    with app.test_request_context():
        for rule in app.url_map.iter_rules():
            if rule.rule.endswith((".pdf", ".docx", ".xlsx", ".zip", ".gz", ".epub", ".odt")):
                method = "GET" if "GET" in (rule.methods or ()) else "POST"
                place = {name: told[name] for name in rule.arguments if name in told}
                values = {**place, **(rule.defaults or {}), **({} if rule.rule.startswith("/api/") else asked)}
                yield method, url_for(rule.endpoint, **values)


def test_whatever_takes_long_is_made_in_the_places_for_it_and_who_has_to_come_again_hears_when(
    settings: Settings, tmp_path: Path
) -> None:
    app = finishing(create_app(settings))
    client = app.test_client()
    files = list(_files(app, Corpus(settings.corpus).history(LAW)[0].version))
    assert len(files) > 15
    with all_taken(app.extensions[EXTENSION].heavy, tmp_path):
        for method, address in files:
            answer = client.open(address, method=method, data={"text": "示例"} if method == "POST" else None)
            assert (answer.status_code, "Retry-After" in answer.headers) == (503, True), address
            assert "请过一会儿再试" in answer.get_data(as_text=True)
            assert lane_of(method, address.partition("?")[0], "") == "grave"
        assert client.get(f"/d/{REPORT}").status_code == 200
    for method, address in files:
        if not address.partition("?")[0].endswith(".pdf"):
            data = {"text": "示例"} if method == "POST" else None
            assert client.open(address, method=method, data=data).status_code == 200, address


def test_the_whole_corpus_is_made_once_for_each_state(tmp_path: Path) -> None:
    settings = example_library(tmp_path / "library")
    client: FlaskClient = finishing(create_app(settings)).test_client()
    made = settings.index / "made"
    whole = client.get(WHOLE).data
    (first,) = made.iterdir()
    written = first.stat().st_mtime_ns
    assert client.get(WHOLE).data == whole
    part = client.get(WHOLE, headers={"Range": "bytes=2-9"})
    assert (part.status_code, part.data) == (206, whole[2:10])
    assert [each.stat().st_mtime_ns for each in made.iterdir()] == [written]
    put(Corpus(settings.corpus), "示例新通知", "示例新通知\n照办。\n", title="示例新通知")
    assert len(gzip.decompress(client.get(WHOLE).data).splitlines()) == len(gzip.decompress(whole).splitlines()) + 1
    (second,) = made.iterdir()
    assert second != first
