"""What one client may hold of a real server: no place that others need, no disk full of a body that will be refused."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, suppress
from http.client import HTTPConnection
from pathlib import Path
from threading import Event
from types import SimpleNamespace

import pytest
from waitress.adjustments import Adjustments
from waitress.channel import ClientDisconnected

from kb.config.settings import Settings
from kb.web.site import http_server
from kb.web.site.app import MOST_SENT
from kb.web.site.http_server import _CONNECTIONS
from kb.web.site.seats import MORE
from tests.cli.running import running

_PART = b"f4240\r\n" + b"a" * 1_000_000 + b"\r\n"


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the server puts what it cannot keep in memory."""
    return tmp_path_factory.mktemp("scratch")


@pytest.fixture(scope="module")
def program(settings: Settings, scratch: Path) -> Iterator[tuple[int, tuple[str, int]]]:
    """The process that a running server was started as, and where it listens."""
    environment = {**os.environ, "TMPDIR": str(scratch)}
    with running(settings.corpus.parent, "serve", "--port", "0", environment=environment) as (process, stderr):
        host, _, port = stderr.readline().split("://", 1)[1].split("/")[0].partition(":")
        assert process.pid
        yield process.pid, (host, int(port))


@pytest.fixture
def server(program: tuple[int, tuple[str, int]]) -> tuple[str, int]:
    return program[1]


def _head(server: tuple[str, int], line: str, *more: str) -> bytes:
    return "\r\n".join([f"{line} HTTP/1.1", f"Host: {server[0]}:{server[1]}", *more, "", ""]).encode()


def _status(connection: socket.socket) -> str:
    return connection.recv(200).decode("utf-8", "replace").split("\r\n")[0]


def _connections(process: str, port: int) -> int:
    """Return how many connections that came in at a port a process has open."""
    rows = [row.split() for row in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    came_in = {f"socket:[{row[9]}]" for row in rows if row[1].endswith(f":{port:04X}") and row[3] == "01"}
    found = 0
    for each in Path(f"/proc/{process}/fd").iterdir():
        with suppress(FileNotFoundError):  # it was closed meanwhile
            found += str(each.readlink()) in came_in
    return found


def test_readers_who_stay_are_spread_over_the_processes(program: tuple[int, tuple[str, int]]) -> None:
    with ExitStack() as open_:
        for _ in range(60):
            reader = open_.enter_context(closing(HTTPConnection(*program[1], timeout=30)))
            reader.request("GET", "/readyz")
            assert reader.getresponse().read() == b"ok\n"
        processes = Path(f"/proc/{program[0]}/task/{program[0]}/children").read_text().split()
        held = [_connections(process, program[1][1]) for process in processes]
    assert len(held) == 2 and sum(held) == 60 and max(held) - min(held) <= MORE + 2


@pytest.mark.parametrize("sent", [b"", b"GET / HTTP/1.1\r\nHost: x\r\nX: ", b"POST /search HTTP/1.1\r\nHost: x\r\nContent-Length: 900\r\n\r\na"])  # fmt: skip
def test_connections_that_ask_for_nothing_keep_no_reader_out(server: tuple[str, int], sent: bytes) -> None:
    with ExitStack() as open_:
        held = [open_.enter_context(socket.create_connection(server, timeout=30)) for _ in range(2 * _CONNECTIONS + 20)]
        for each in held:
            each.sendall(sent)
        for number in range(20):
            if sent and number % 5 == 0:
                for each in held[-200:]:  # they go on dripping
                    with suppress(ConnectionError):  # those that the server has shown out
                        each.send(b"a")
            with socket.create_connection(server, timeout=30) as reader:
                reader.sendall(_head(server, "GET /readyz", "Connection: close"))
                assert _status(reader) == "HTTP/1.1 200 OK"


def test_connections_on_which_nothing_is_asked_are_none_to_share() -> None:
    held = [
        SimpleNamespace(requests=asked, last_activity=time.time() - ago)
        for asked, ago in (([], 60), ([], 1), ([1], 60))
    ]
    server = SimpleNamespace(active_channels=dict(enumerate(held)))
    assert http_server._Server._lively(server) == 2


def test_a_reader_who_keeps_a_connection_may_ask_again(server: tuple[str, int]) -> None:
    with closing(HTTPConnection(*server, timeout=30)) as reader:
        for _ in range(3):
            reader.request("GET", "/readyz")
            answer = reader.getresponse()
            assert (answer.status, answer.read()) == (200, b"ok\n")


@pytest.mark.parametrize("path", ["/search", "/cite-check", "/api/v1/citations", "/nowhere"])
def test_a_body_that_is_announced_too_large_is_refused_unseen(server: tuple[str, int], path: str) -> None:
    with socket.create_connection(server, timeout=30) as client:
        client.sendall(_head(server, f"POST {path}", "Content-Length: 700000000"))
        answer = client.makefile(encoding="utf-8").read()
        assert answer.startswith("HTTP/1.1 413") and "分成几次" in answer


def test_a_body_without_an_announced_size_is_refused_as_it_grows(server: tuple[str, int], scratch: Path) -> None:
    with socket.create_connection(server, timeout=30) as client:
        client.sendall(_head(server, "POST /cite-check", "Transfer-Encoding: chunked"))
        sent = 0
        try:
            while sent < 10 * MOST_SENT:
                client.sendall(_PART)
                sent += len(_PART)
        except OSError:
            pass
    assert sent < 3 * MOST_SENT
    assert sum(path.stat().st_size for path in scratch.rglob("*") if path.is_file()) <= MOST_SENT


@pytest.mark.parametrize(
    ("body", "status"),
    [
        pytest.param(b"1\r\na\r\n" * 600, "200", id="few small"),
        pytest.param(b"50\r\n" + b"a" * 80 + b"\r\n" + b"1f;a=b\r\n" + b"a" * 31 + b"\r\n", "200", id="as many send"),
        pytest.param(b"1\r\na\r\n" * 300_000, "400", id="many small"),
        pytest.param(b"1;" + b"a" * 1_000_000, "400", id="a long extension"),
        pytest.param(b"\r\n" * 500_000, "400", id="empty lines"),
        pytest.param(b"1\r\na\r\n0\r\n" + b"a: b\r\n" * 200_000, "400", id="a long trailer"),
    ],
)
def test_a_body_with_much_around_it_is_refused(server: tuple[str, int], body: bytes, status: str) -> None:
    with socket.create_connection(server, timeout=30) as client:
        client.sendall(_head(server, "POST /cite-check", "Transfer-Encoding: chunked", "Connection: close"))
        with suppress(ConnectionError):  # it was refused before its end
            client.sendall(body + b"0\r\n\r\n")
        assert _status(client).split()[1] == status


def test_a_body_of_a_good_size_is_taken(server: tuple[str, int]) -> None:
    body = '{"text": "' + "示例。" * 200_000 + '"}'
    data = body.encode()
    with socket.create_connection(server, timeout=60) as client:
        head = ("Content-Type: application/json", f"Content-Length: {len(data)}", "Connection: close")
        client.sendall(_head(server, "POST /api/v1/citations", *head) + data)
        assert _status(client) == "HTTP/1.1 200 OK"


@pytest.mark.parametrize("lines", ["X: a\r\n" * 5_000, "X: a\r\n" + " a\r\n" * 9_000, f"X: {'a' * 60_000}\r\n"])
def test_a_head_longer_than_anybody_needs_is_refused(server: tuple[str, int], lines: str) -> None:
    with socket.create_connection(server, timeout=30) as one:
        one.sendall(f"GET / HTTP/1.1\r\nHost: {server[0]}\r\n{lines}\r\n".encode())
        assert _status(one).split()[1] in ("400", "431")


def test_very_many_requests_at_once_on_a_connection_end_it(server: tuple[str, int]) -> None:
    with socket.create_connection(server, timeout=30) as client:
        client.sendall(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n" * 100)
        with suppress(ConnectionError):
            while client.recv(1 << 16):
                pass
    with closing(HTTPConnection(*server, timeout=30)) as reader:
        reader.request("GET", "/readyz")
        assert reader.getresponse().status == 200


def test_a_reader_who_takes_nothing_keeps_no_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_server, "_STALLED", 0.1)
    near, far = socket.socketpair()
    woken = Event()
    listening = SimpleNamespace(active_channels={}, pull_trigger=woken.set)
    channel = http_server._Channel(listening, near, ("127.0.0.1", 1), Adjustments(), map={})
    much = b"x" * (2 * channel.adj.outbuf_high_watermark)  # the system takes some
    channel.write_soon(much)
    with far, pytest.raises(ClientDisconnected):
        channel.write_soon(b"y")
    assert not channel.connected and woken.is_set()
    channel.handle_close()
