"""Heavy work beside readers: bounded, apart from them, ended with the client who wanted it."""

from __future__ import annotations

import gzip
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from urllib.parse import quote

import pytest

from kb.config.settings import Settings
from kb.web.context.made_files import MadeFiles
from tests.web.conftest import LAW, REPORT, example_library

SLOW = ("《示例市示例条例》" + "第一条、" * 200_000).encode()
"""A text whose check takes minutes."""


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A library of its own: servers write into its index folder."""
    return example_library(tmp_path_factory.mktemp("heavy"))


@contextmanager
def serving(settings: Settings, *lines: str) -> Iterator[tuple[int, int]]:
    """Serve a library with lines of settings; answer the port and the process."""
    config = settings.corpus.parent / "kb.toml"
    config.write_text("\n".join(["[serve]", "port = 0", *lines]), encoding="utf-8")
    command = [sys.executable, "-m", "kb", "serve", "--config", str(config)]
    with subprocess.Popen(command, cwd=settings.corpus.parent, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr
        try:
            yield int(re.findall(r":(\d+)/", process.stderr.readline())[0]), process.pid
        finally:
            process.terminate()


def ask(port: int, path: str, body: bytes | None = None, **headers: str) -> tuple[HTTPResponse, bytes]:
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    sent = {"Content-Type": "application/x-www-form-urlencoded", **headers} if body else headers
    connection.request("POST" if body else "GET", path, body, sent)
    answer = connection.getresponse()
    data = answer.read()
    connection.close()
    return answer, data


def check(port: int, text: bytes = SLOW) -> tuple[HTTPResponse, bytes]:
    return ask(port, "/cite-check", b"text=" + quote(text).encode())


def busy(process: int) -> list[int]:
    """The processes that work for a client now: grandchildren of the server, of low priority."""
    found = subprocess.run(["ps", "-e", "-o", "pid=,ppid=,ni="], capture_output=True, text=True, check=True).stdout
    rows = [line.split() for line in found.splitlines()]
    children = {child for child, parent, _ in rows if parent == str(process)}
    return [int(child) for child, parent, nice in rows if parent in children and nice not in ("0", "-")]


def eventually(holds: Callable[[], bool], seconds: float = 20) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if holds():
            return True
        time.sleep(0.05)
    return False


def test_what_a_process_of_its_own_makes_is_what_readers_get(library: Settings) -> None:
    with serving(library) as (port, _):
        answer, data = ask(port, f"/d/{quote(LAW)}.docx")
        assert answer.status == 200 and data.startswith(b"PK")
        assert quote(LAW) in str(answer.getheader("Content-Disposition")) and answer.getheader("ETag")
        again, none = ask(port, f"/d/{quote(LAW)}.docx", **{"If-None-Match": str(answer.getheader("ETag"))})
        assert (again.status, none) == (304, b"")
        missing, page = ask(port, "/d/haojiang-2021.pdf")
        assert missing.status == 404 and f'href="/d/{REPORT}"' in page.decode()
        refused, told = ask(port, "/api/v1/search.csv?q=")
        assert refused.status == 400 and refused.getheader("Content-Type") == "application/problem+json"
        assert "缺少参数 q" in told.decode()
        checked, page = check(port, "《示例市示例条例》第二条".encode())
        assert checked.status == 200 and "第二条" in page.decode()
        figures = ask(port, "/metrics")[1].decode()
        assert re.search(r'kb_requests_total{endpoint="exporting.document",status="404"} 1\.0', figures)


def test_readers_are_answered_beside_heavy_work_and_too_much_of_it_is_refused(library: Settings) -> None:
    with ThreadPoolExecutor(8) as clients, serving(library, "heavy = 1") as (port, process):
        asked = [clients.submit(check, port) for _ in range(8)]
        assert eventually(lambda: len(busy(process)) == 1)
        refused = [each for each in asked if eventually(each.done, 5)]
        assert len(refused) == 5  # one is at work, two more of the same client wait
        for each in refused:
            answer, page = each.result()
            assert answer.status == 503 and answer.getheader("Retry-After") and "请过一会儿再试" in page.decode()
        for _ in range(5):
            assert ask(port, "/search?q=" + quote("行政复议"))[0].status == 200
            assert ask(port, "/healthz")[0].status == 200
        (child,) = busy(process)
        os.kill(process, signal.SIGTERM)
        assert eventually(lambda: not Path(f"/proc/{child}").exists())


def test_work_that_takes_too_long_is_ended_with_a_sentence(library: Settings) -> None:
    with serving(library, "heavy_seconds = 1") as (port, process):
        answer, page = check(port)
        assert answer.status == 503 and "超过了时限" in page.decode()
        assert eventually(lambda: not busy(process))


def test_work_for_a_client_who_hung_up_is_ended(library: Settings) -> None:
    body = b"text=" + quote(SLOW).encode()
    with serving(library) as (port, process):
        with socket.create_connection(("127.0.0.1", port)) as client:
            head = f"POST /cite-check HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(body)}\r\n"
            client.sendall(f"{head}Content-Type: application/x-www-form-urlencoded\r\n\r\n".encode() + body)
            assert eventually(lambda: bool(busy(process)))
        assert eventually(lambda: not busy(process), 5)


def test_the_whole_corpus_is_made_once_and_sent_as_a_file(library: Settings) -> None:
    with serving(library) as (port, _):
        answer, data = ask(port, "/api/v1/corpus.jsonl.gz")
        (made,) = (library.index / "made").iterdir()
        before = made.stat()
        assert data == made.read_bytes() and len(gzip.decompress(data).splitlines()) > 70
        tag = str(answer.getheader("ETag"))
        rest, part = ask(port, "/api/v1/corpus.jsonl.gz", **{"Range": "bytes=100-", "If-Range": tag})
        assert (rest.status, part) == (206, data[100:])
        assert ask(port, "/api/v1/corpus.jsonl.gz", **{"If-None-Match": tag})[0].status == 304
        assert made.stat() == before


def test_a_file_of_another_state_takes_the_place_of_the_old_one(tmp_path: Path) -> None:
    files = MadeFiles(tmp_path)
    first = files.get("a.gz", "one", [b"1"])
    assert files.get("a.gz", "one", iter(())) == first and files.find("a.gz", "two") is None
    second = files.get("a.gz", "two", [b"2", b"3"])
    assert second.read_bytes() == b"23" and not first.exists()
    assert files.get("b.gz", "one", [b""]).exists() and second.exists()


def test_where_the_index_cannot_be_written_files_are_made_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    (tmp_path / "index").write_bytes(b"")  # no folder can be made in it
    made = MadeFiles(tmp_path / "index").get("a.gz", "one", [b"1"])
    assert made.read_bytes() == b"1" and made.parent.parent == tmp_path
    assert made.parent.stat().st_mode & 0o777 == 0o700
