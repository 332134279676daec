"""The server for assistants, spoken to as they do: a process over standard input and output, and over HTTP."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import anyio
import pytest
from mcp import Client, StdioServerParameters

from kb.config import readers
from kb.config.settings import load
from kb.corpus.folder import Corpus
from kb.ingest.pipeline import ingest
from kb.search.open.engines import open_engine
from tests.cli.running import EXAMPLE


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one example document in two versions, indexed."""
    folder = tmp_path_factory.mktemp("assistant")
    settings = load(folder=folder)
    corpus = Corpus(settings.corpus)
    for text in (EXAMPLE, EXAMPLE.replace("坚持示例原则", "坚持公平原则")):
        (folder / "示例通知.txt").write_text(text, encoding="utf-8")
        ingest([folder / "示例通知.txt"], corpus, settings)
    open_engine(settings.index).update(corpus)
    return folder


def ask(server: StdioServerParameters | str, *calls: tuple[str, dict[str, Any]]) -> list[Any]:
    """Call tools one after another; answer their results."""

    async def talk() -> list[Any]:
        async with Client(server) as client:
            return [await client.call_tool(name, arguments) for name, arguments in calls]

    return anyio.run(talk)


@pytest.fixture
def stdio(folder: Path) -> StdioServerParameters:
    return StdioServerParameters(command=sys.executable, args=["-m", "kb", "mcp"], cwd=folder, env=dict(os.environ))


def test_an_assistant_searches_reads_compares_and_cites(stdio: StdioServerParameters) -> None:
    found, outline, section, difference, cited = ask(
        stdio,
        ("search", {"query": "行政復議"}),
        ("outline", {"document": "示例通知"}),
        ("read_section", {"document": "示例通知", "anchor": "1-1"}),
        ("compare", {"document": "示例通知"}),
        ("cite", {"document": "示例通知", "text": "做好行政复议工作"}),
    )
    assert found.structured_content["total"] == 1
    assert found.structured_content["hits"][0]["address"].endswith("#1")
    assert "  #1-1 （一）基本原则" in outline.structured_content["lines"]
    assert section.structured_content["text"] == "（一）基本原则\n坚持公平原则。\n"
    assert section.structured_content["citation"].endswith("（示府办〔2024〕1号），一、（一）。")
    (changed,) = difference.structured_content["sections"]
    assert "坚持[-示例-]{+公平+}原则" in changed["marked"]
    assert "“做好行政复议工作”" in str(cited.content)


WRONG: list[tuple[str, dict[str, Any], str]] = [
    ("search", {"query": "-复议"}, "排除"),
    ("search", {"query": "复议", "limit": 0}, "limit"),
    ("search", {}, "query"),
    ("read_section", {"document": "没有"}, "没有编号为"),
    ("read_section", {"document": "示例通知", "anchor": "9"}, "没有“9”"),
    ("cite", {"document": "示例通知", "text": "别处的文字"}, "没有这段文字"),
    ("compare", {"document": "../..", "old_version": "x"}, "没有编号为"),
]


def test_what_is_wrong_with_a_call_is_told(stdio: StdioServerParameters) -> None:
    answers = ask(stdio, *((name, arguments) for name, arguments, _ in WRONG))
    for answer, (_, _, words) in zip(answers, WRONG, strict=True):
        assert answer.is_error
        assert words in str(answer.content) and "Traceback" not in str(answer.content)


@contextmanager
def over_http(folder: Path) -> Iterator[int]:
    """Serve assistants over the library of a folder; answer the port when it can be reached."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "kb", "mcp", "--http", "--port", str(port)]
    with subprocess.Popen(command, cwd=folder, stderr=subprocess.DEVNULL) as server:
        try:
            _until(lambda: socket.create_connection(("127.0.0.1", port), 1).close())
            yield port
        finally:
            server.send_signal(signal.SIGINT)
            server.wait(20)


def test_the_same_over_http(folder: Path) -> None:
    with over_http(folder) as port:
        (found,) = ask(f"http://127.0.0.1:{port}/mcp", ("search", {"query": "示例制度"}))
        assert found.structured_content["total"] == 1


def _until(ready: Callable[[], None]) -> None:
    """Try until it works, for half a minute at most."""
    for _ in range(300):
        try:
            return ready()
        except OSError:
            time.sleep(0.1)
    ready()


def test_without_the_extra_it_says_what_to_install(tmp_path: Path) -> None:
    (tmp_path / "mcp.py").write_text("raise ModuleNotFoundError('no mcp', name='mcp')\n", encoding="utf-8")
    command = [sys.executable, "-m", "kb", "mcp"]  # it looks for modules in the folder that it is started in
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert done.returncode == 6 and "scripts/environment mcp" in done.stderr and "Traceback" not in done.stderr


def test_over_http_it_is_behind_the_gate_of_the_library(folder: Path, tmp_path: Path) -> None:
    token = readers.add_token(tmp_path / "readers.json", "助手")
    (tmp_path / "kb.toml").write_text(
        f'[corpus]\npath = "{folder}/corpus"\n[index]\npath = "{folder}/index"\n'
        '[serve]\nmode = "confidential"\nreaders = "password"\nfiles = "umask"\n',
        encoding="utf-8",
    )
    call = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/list"})
    accepting = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
    with over_http(tmp_path) as port:

        def ask(path: str = "/mcp", **headers: str) -> tuple[int, str]:
            with closing(HTTPConnection("127.0.0.1", port, timeout=60)) as connection:
                sent = {name.replace("_", "-"): value for name, value in headers.items()}
                connection.request("POST", path, call, accepting | sent)
                answer = connection.getresponse()
                return answer.status, answer.read().decode()

        for wrong in ({}, {"Authorization": "Bearer x"}, {"Authorization": "Basic eDp5"}):
            status, told = ask(**wrong)
            assert status == 401 and "tools" not in told
        assert ask("/nowhere")[0] == 401
        right = {"Authorization": f"Bearer {token}"}
        status, told = ask(**right)
        assert status == 200 and "read_section" in told
        assert ask(**right, Host="stranger.example")[0] == 421
        assert ask(**right, Origin="https://stranger.example")[0] == 403
        (tmp_path / "readers.json").write_text("{", encoding="utf-8")
        status, told = ask(Authorization="Bearer another")
        assert status == 503 and "readers" not in told and "无法核对登录" in told


def test_over_http_settings_that_contradict_one_another_are_refused(folder: Path) -> None:
    command = [sys.executable, "-m", "kb", "mcp", "--http", "--host", "0.0.0.0"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60)
    assert done.returncode == 2 and "mode" in done.stderr and done.stderr.count("\n") == 1
