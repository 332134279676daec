"""A server that is reloaded, started anew or ended loses no request."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from pathlib import Path
from threading import Event, Thread

import pytest

from kb.config.settings import Settings

COMMAND = [sys.executable, "-m", "kb", "serve"]


@contextmanager
def serving(settings: Settings, *options: str, **given: object) -> Iterator[tuple[subprocess.Popen[str], int]]:
    command = [*COMMAND, *options] if options else [*COMMAND, "--port", "0"]
    with subprocess.Popen(  # type: ignore[call-overload]
        command, cwd=settings.corpus.parent, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, **given
    ) as server:
        try:
            yield server, int(server.stderr.readline().split("://", 1)[1].split("/")[0].rpartition(":")[2])
        finally:
            server.terminate()


def until(true: Callable[[], bool], seconds: float) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.05)


class Readers:
    """Some who ask again and again, on a connection of their own for each request or one for all of them."""

    def __init__(self, port: int) -> None:
        self.got: Counter[int] = Counter()
        self._port, self._stop = port, Event()
        self._threads = [Thread(target=self._ask, args=(kept,)) for kept in (True, False, False)]
        for thread in self._threads:
            thread.start()

    def _ask(self, kept: bool) -> None:
        connection = HTTPConnection("127.0.0.1", self._port, timeout=30)
        while not self._stop.is_set():
            connection.request("GET", "/api/v1/search?q=%E5%85%AC%E5%BC%80")
            answer = connection.getresponse()
            answer.read()
            self.got[answer.status] += 1
            if not kept:
                connection.close()
            self._stop.wait(0.05)  # what starts beside them needs the processors, too
        connection.close()

    def end(self) -> Counter[int]:
        self._stop.set()
        for thread in self._threads:
            thread.join()
        return self.got


def children(process: int) -> list[str]:
    return Path(f"/proc/{process}/task/{process}/children").read_text().split()


@pytest.fixture(autouse=True)
def no_lost_thread(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What a reader's thread raises fails the test."""
    raised: list[object] = []
    monkeypatch.setattr("threading.excepthook", raised.append)
    yield
    assert not raised


def test_a_reload_loses_no_request(settings: Settings) -> None:
    with serving(settings) as (server, port):
        first = children(server.pid)
        readers = Readers(port)
        for _ in range(2):
            before = set(children(server.pid))
            os.kill(server.pid, signal.SIGHUP)
            until(lambda: len(now := children(server.pid)) == len(first) and not before & set(now), 60)  # noqa: B023
        got = readers.end()
    assert set(got) == {200} and got[200] > 20


def test_a_reload_in_the_middle_of_another_leaves_no_process_behind(settings: Settings) -> None:
    with serving(settings) as (server, port):
        first = set(children(server.pid))
        os.kill(server.pid, signal.SIGHUP)
        until(lambda: len(children(server.pid)) == 2 * len(first), 60)
        second = set(children(server.pid)) - first
        os.kill(server.pid, signal.SIGHUP)
        until(lambda: not (first | second) & (now := set(children(server.pid))) and len(now) == len(first), 60)
        assert ask(port) == 200


def _write_nonsense(path: Path) -> None:
    path.write_text("[serve]\nport = -1\n", encoding="utf-8")


@pytest.mark.parametrize("spoil", [_write_nonsense, Path.unlink], ids=["nonsense", "removed"])
def test_a_reload_with_wrong_settings_changes_nothing(settings: Settings, spoil: Callable[[Path], object]) -> None:
    """Nor one without any: they say who must log in."""
    written = settings.corpus.parent / "kb.toml"
    before = written.read_text(encoding="utf-8") if written.is_file() else ""
    written.write_text(before, encoding="utf-8")
    try:
        with serving(settings) as (server, port):
            first = children(server.pid)
            spoil(written)
            os.kill(server.pid, signal.SIGHUP)
            assert server.stderr
            assert any("照旧服务" in server.stderr.readline() for _ in range(2))  # after what the mode means
            assert children(server.pid) == first
            assert ask(port) == 200
    finally:
        written.write_text(before, encoding="utf-8")


def ask(port: int, path: str = "/readyz") -> int:
    with closing(HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
        connection.request("GET", path)
        return connection.getresponse().status


def test_a_port_that_another_program_holds_outlives_a_restart(settings: Settings) -> None:
    """As systemd does: it opens the port, each program in turn gets it as number 3."""

    def as_number_3(listening: socket.socket) -> Callable[[], None]:
        def prepare() -> None:
            os.environ["LISTEN_PID"] = str(os.getpid())
            os.dup2(listening.fileno(), 3)

        return prepare

    code = "import os, sys; os.environ['LISTEN_PID'] = str(os.getpid()); os.execv(sys.argv[1], sys.argv[1:])"
    command = [sys.executable, "-c", code, *COMMAND]
    with socket.create_server(("127.0.0.1", 0), backlog=100) as listening:
        port = listening.getsockname()[1]

        def start() -> subprocess.Popen[str]:
            return subprocess.Popen(
                command,
                cwd=settings.corpus.parent,
                stdin=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env={**os.environ, "LISTEN_FDS": "1"},
                pass_fds=[3],
                preexec_fn=as_number_3(listening),
                text=True,
            )

        server = start()
        readers = Readers(port)
        until(lambda: readers.got[200] > 5, 60)
        for _ in range(2):
            server.terminate()
            assert server.wait(40) == 0
            server = start()
            seen = readers.got[200]
            until(lambda: readers.got[200] > seen + 5, 60)  # noqa: B023
        got = readers.end()
        server.terminate()
        server.wait(40)
    assert set(got) == {200}


def test_what_was_asked_before_the_end_is_answered(settings: Settings) -> None:
    with serving(settings) as (server, port), socket.create_connection(("127.0.0.1", port), timeout=30) as slow:
        ask(port)
        slow.sendall(b"POST /cite-check HTTP/1.1\r\nHost: localhost\r\nContent-Length: 6\r\n\r\n")
        time.sleep(0.2)
        server.terminate()
        time.sleep(0.2)
        slow.sendall(b"text=a")
        answer = slow.recv(1000)
        assert answer.startswith(b"HTTP/1.1 200") and b"connection: close" in answer.lower()
        assert server.wait(40) == 0
