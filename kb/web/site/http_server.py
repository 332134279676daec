"""Serve the pages with waitress until interrupted, in several processes that take turns at one port."""

from __future__ import annotations

import ctypes
import errno
import logging
import multiprocessing
import os
import re
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from multiprocessing.connection import Connection, wait
from threading import Thread
from typing import Any, NamedTuple

from flask import Flask
from waitress.adjustments import Adjustments
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser, ParsingError
from waitress.receiver import ChunkedReceiver
from waitress.server import TcpWSGIServer
from waitress.task import WSGITask
from waitress.utilities import BadRequest, RequestEntityTooLarge
from waitress.wasyncore import dispatcher

from kb.base.errors import KbError, StorageError
from kb.base.workers import end_with_parent
from kb.config.settings import Settings
from kb.web.context.library import EXTENSION
from kb.web.site.app import MOST_SENT, create_app, load
from kb.web.site.lanes import Lanes
from kb.web.site.seats import Seats
from kb.web.site.shared_places import SharedPlaces
from kb.web.view.weighed import stale_documents

# Seconds that a thread goes on while others want to: with the usual 5 ms, a search stood still for as long at each of its
# dozens of steps when something long was at work beside it.
_TURN = 0.0005
_WAITING = 1024
# Connections that one process holds. One that comes later is let in all the same: who has kept a place longest without
# asking for anything whole leaves it.
_CONNECTIONS = 200
# Seconds that a process which is to end goes on to answer what was asked, and waits for what comes on an open connection.
_LINGER, _IDLE = 30.0, 1.0
PATIENCE = _LINGER + 5
"""Seconds after which none of the processes is there any more: who ends this program (systemd, a container) waits longer."""
_ENDING = b"end"
# Seconds after which a process that does nothing any more is replaced: something in C, a regular expression perhaps, that
# nobody foresaw keeps its only interpreter for itself.
_STUCK, _STARTING = 60.0, 60.0
# Bytes and lines of the head of a request: the longest query is 18,000 bytes, escaped.
_HEAD, _LINES = 40_000, 150
# Bytes that are taken in of a connection before the next one has its turn, and that the chunks of a body (RFC 9112, 7.1) may
# have around them, beside as many again as the body: taking in 8,000 bytes of chunks of one byte takes 7 ms, for all to wait.
_AT_ONCE, _WRAPPED = 4_096, 4_096
# Seconds that the loop of a process stands still at most while nothing comes, and after which a connection on which nothing
# was asked is none that the processes share.
_TURNING, _LIVELY = 0.25, 5.0
# Seconds that a thread waits for a reader who takes nothing of what fills the buffers, and requests of a connection that may
# wait for the first of them: no browser sends the second before it has the answer.
_STALLED, _AHEAD = 5.0, 16
_SIGNALS = (signal.SIGTERM, signal.SIGHUP)
# The environment variable by which a program leaves to the next one its port and its processes; systemd's is number 3.
_HANDED = "KB_HANDED_OVER"
_OF_SYSTEMD = 3
_ARENA_MAX = -8  # M_ARENA_MAX of <malloc.h>


def serve(
    settings: Settings,
    host: str,
    port: int,
    on_ready: Callable[[str], None],
    reread: Callable[[], object] = lambda: None,
    tell: Callable[[str], None] = lambda _: None,
) -> bool:
    """Serve on `host` and `port` (0: any free one) and say the address to `on_ready` when requests are answered.

    A process that ends, whatever the reason, or gets stuck, is replaced, and `tell` hears of it. On SIGTERM what was asked is
    still answered. Return whether to start anew, for SIGHUP: the port and the processes are kept for `handed_over` then;
    `reread` raises where the settings have become wrong, and nothing changes. Raises StorageError when the port is taken or the address is not this machine's.
    """
    signal.signal(signal.SIGTERM, _end)
    context = multiprocessing.get_context("fork")
    settings, before = replace(settings, host=host), _Before()
    shared = _Shared(SharedPlaces(), SharedPlaces(max(settings.workers // 2, 1)), Seats(settings.workers))
    app = create_app(settings)
    load(app)
    (hung_up, hang_up), (warmed, warm) = context.Pipe(duplex=False), context.Pipe(duplex=False)
    # Python drops what a handler raises while it happens to clear something away, as it does when a process is replaced.
    signal.signal(signal.SIGTERM, lambda *_: hang_up.send_bytes(_ENDING))
    if not sys.stdin or not sys.stdin.isatty():  # a terminal that is closed says SIGHUP, too
        signal.signal(signal.SIGHUP, lambda *_: hang_up.send_bytes(b"again"))
    with before.listening or _listening(host, port) as listening:
        processes: dict[multiprocessing.process.BaseProcess, int] = {}

        def start(number: int, *, first: bool = False) -> None:
            shared.seats.give(number, time.monotonic() + _STARTING)
            process = context.Process(
                target=_answer, args=(app, settings.proxy, listening, warm, shared, number, first)
            )
            with _undisturbed():
                process.start()
                processes[process] = number

        shown = f"[{host}]" if ":" in host else host
        try:
            for number in range(settings.workers):
                start(number, first=not number)
            on_ready(f"政策文库：http://{shown}:{listening.getsockname()[1]}/ （按 Ctrl+C 结束）")
            Thread(target=before.leave, args=(warmed, settings.workers), daemon=True).start()
            while True:
                wait([hung_up, *(process.sentinel for process in processes)], _STUCK / 4)
                for process, number in list(processes.items()):
                    stuck = time.monotonic() - shared.seats.all[number].beat > _STUCK
                    if stuck:
                        process.kill()
                        process.join()
                    if not process.is_alive():
                        how = f"{_STUCK:g} 秒没有动静" if stuck else f"结束码 {process.exitcode}"
                        tell(f"服务进程 {process.pid} 意外结束（{how}），已另起一个；正在回答的几个请求没有答复。")
                        del processes[process]
                        start(number)
                asked = hung_up.recv_bytes() if hung_up.poll() else b""
                if asked == _ENDING:
                    raise SystemExit(0)
                if asked and _may_begin_again(reread, tell):
                    signal.signal(signal.SIGTERM, _end)
                    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # until the next program listens to it
                    _hand_over(listening, [*before.processes, *(each.pid for each in processes if each.pid)])
                    processes.clear()
                    return True
        finally:
            _finish(list(processes))


def _may_begin_again(reread: Callable[[], object], tell: Callable[[str], None]) -> bool:
    try:
        reread()
    except KbError as error:
        tell(f"设置没有重新读取，照旧服务：{error}")
        return False
    return True


def _hand_over(listening: socket.socket, processes: Sequence[int]) -> None:
    """Leave the port and the processes that answer there to the program that takes the place of this one."""
    kept = os.dup(listening.fileno())
    os.set_inheritable(kept, True)
    os.environ[_HANDED] = " ".join(map(str, (kept, *processes)))


class _Shared(NamedTuple):
    """What the processes take in turns, to get warm and to serve those who used much lately; and where they see each other."""

    warming: SharedPlaces
    greedy: SharedPlaces
    seats: Seats


class _Before:
    """What was there before this program: a port that is open already, processes that still answer there."""

    def __init__(self) -> None:
        self.listening: socket.socket | None = None
        self.processes: list[int] = []
        if handed := os.environ.pop(_HANDED, ""):
            descriptor, *self.processes = map(int, handed.split())
            self.listening = socket.socket(fileno=descriptor)
        elif os.environ.get("LISTEN_PID") == str(os.getpid()) and os.environ.get("LISTEN_FDS") == "1":
            self.listening = socket.socket(fileno=_OF_SYSTEMD)
        if self.listening:
            self.listening.set_inheritable(False)

    def leave(self, warmed: Connection, number: int) -> None:
        """End the processes from before when so many new ones are warm; what they were asked they still answer."""
        until = time.monotonic() + _LINGER
        for _ in range(number if self.processes else 0):
            if warmed.poll(max(0.0, until - time.monotonic())):
                warmed.recv_bytes()
        for process in self.processes:
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGTERM)
        while self.processes:  # another program that takes this one's place would have to end those that are left
            with suppress(ChildProcessError):
                os.waitpid(self.processes[0], 0)
            del self.processes[0]


def _finish(processes: Sequence[multiprocessing.process.BaseProcess]) -> None:
    """End processes: they answer what was asked, for so long as that may take."""
    for process in processes:
        process.terminate()
    until = time.monotonic() + PATIENCE
    for process in processes:
        process.join(max(0.0, until - time.monotonic()))
        if process.is_alive():
            process.kill()


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Let the signals to this process wait: in one that is just being made Python may drop what their handlers raise."""
    signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)


def _answer(
    app: Flask, proxy: str, listening: socket.socket, warm: Connection, shared: _Shared, number: int, first: bool
) -> None:
    """Answer requests in a process of its own, until its parent ends it; the `first` makes what is kept on disk for all."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
    end_with_parent()
    sys.setswitchinterval(_TURN)
    _share_memory()
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # that readers wait for one another is no news

    def be_warm() -> None:
        with shared.warming.turn():  # all at once would keep the processors from the first reader
            app.extensions[EXTENSION].warm()
        warm.send_bytes(b"warm")
        if first:
            with app.app_context(), suppress(KbError):  # who asks will be told
                stale_documents()

    Thread(target=be_warm, daemon=True).start()
    server = _Server(app, Lanes(proxy, shared.greedy), listening, proxy, shared.seats, number)
    signal.signal(signal.SIGTERM, lambda *_: server.leave())
    server.run()


def _share_memory() -> None:
    """Let all threads take memory from two places, where the C library (glibc) can: each of its own keeps what it once needed."""
    with suppress(AttributeError, OSError):
        ctypes.CDLL(None).mallopt(_ARENA_MAX, 2)


class _Server(TcpWSGIServer):  # type: ignore[misc]
    """What accepts connections, and says in its seat, four times a second at least, that it is not stuck.

    While it is slow, or has more connections than others, they accept. When it is to `leave`, it accepts no more, and ends when
    all that was asked is answered.
    """

    leaving = 0.0

    def __init__(self, app: Any, lanes: Lanes, listening: socket.socket, proxy: str, seats: Seats, number: int) -> None:
        self._seats, self._number = seats, number
        adjustments = Adjustments(
            sockets=[listening],
            ident=None,
            channel_request_lookahead=1,  # else nobody sees that a reader has hung up
            connection_limit=4 * _CONNECTIONS,  # never reached: waitress would stop to accept
            asyncore_use_poll=True,  # select knows 1,024 descriptors
            max_request_body_size=MOST_SENT,
            max_request_header_size=_HEAD,
            recv_bytes=_AT_ONCE,
            **_proxied(proxy),
        )
        adjustments.asyncore_loop_timeout = _TURNING  # as an argument it is a number of whole seconds
        where = (listening.family, listening.type, listening.proto, listening.getsockname())
        self.channel_class = _Channel
        super().__init__(app, _sock=listening, dispatcher=lanes, adj=adjustments, sockinfo=where, bind_socket=False)
        _Called(seats.called[number], self._map)

    def maintenance(self, now: float) -> None:
        """Have connections closed that were idle for long. (A copy: threads that answer close some meanwhile.)"""
        for channel in list(self.active_channels.values()):
            if not channel.requests and channel.last_activity < now - self.adj.channel_timeout:
                channel.will_close = True

    def leave(self) -> None:
        """Begin to end."""
        self.leaving = self.leaving or time.time()
        self.pull_trigger()

    def readable(self) -> bool:
        """Return whether connections are accepted. Raises SystemExit at the end."""
        self.task_dispatcher.refuse_late()
        alone = len(self._seats.all) == 1
        takes = not self.leaving and super().readable() and (alone or not self.task_dispatcher.slow)
        accepting = self._seats.accepts(self._number, takes, self._lively())
        if not self.leaving:
            return accepting
        now, held = time.time(), list(self.active_channels.values())
        idle = [each for each in held if not each.requests and not each.request and not each.total_outbufs_len]
        for channel in idle:
            channel.will_close = now - max(channel.last_activity, self.leaving) > _IDLE
        if not held or now - self.leaving > _LINGER:
            raise SystemExit(0)
        return False

    def _lively(self) -> int:
        """Return how many connections something was asked on lately. (A copy: threads that answer close some meanwhile.)"""
        since = time.time() - _LIVELY
        return sum(bool(each.requests) or each.last_activity > since for each in list(self.active_channels.values()))


class _Called(dispatcher):  # type: ignore[misc]
    """Lets the server's loop turn when another process calls."""

    def handle_read(self) -> None:
        self.recv(1_000)

    def writable(self) -> bool:
        return False


class _Parser(HTTPRequestParser):  # type: ignore[misc]
    """Reads addresses with Chinese in them as curl sends them, not escaped, which waitress refuses."""

    def parse_header(self, header_plus: bytes) -> None:
        """Read a head. Raises ParsingError where it has more lines than anybody sends: all connections wait for this."""
        if header_plus.count(b"\n") > _LINES:
            raise ParsingError("Too many header lines")
        line, ended, rest = header_plus.partition(b"\r\n")
        escaped = re.sub(rb"[\x80-\xff]", lambda found: b"%%%02X" % found[0][0], line)
        super().parse_header(escaped + ended + rest)

    def received(self, data: bytes) -> int:
        """Take in a part of a request: one whose body is too large, or has too much around it, is at its end at once."""
        consumed: int = super().received(data)
        if self.chunked and self.body_rcv is not None and _is_wrapping(self.body_rcv, self.body_bytes_received):
            self.error = BadRequest(
                "正文的分块太小，或者分块之外的内容太多：请用大一些的块，或者在头里写上 Content-Length。"
            )
            self.completed = True
        if isinstance(self.error, RequestEntityTooLarge):
            self.error.body = f"发送的内容超过 {MOST_SENT // 1_000_000} MB：请分成几次发送。"
        return consumed


def _is_wrapping(body: ChunkedReceiver, received: int) -> bool:
    """Return whether of the bytes that were received too many are around the body: sizes, extensions, empty lines, a trailer."""
    return received > _WRAPPED + 2 * len(body) or len(body.control_line) + len(body.trailer) > _WRAPPED


class _Task(WSGITask):  # type: ignore[misc]
    """A request; it tells who sent it and whether for somebody else, which a proxy's word may replace later."""

    def get_environment(self) -> dict[str, Any]:
        environ: dict[str, Any] = super().get_environment()
        forwarded = "HTTP_X_FORWARDED_FOR" in environ or "HTTP_FORWARDED" in environ
        return environ | {"kb.peer": self.channel.addr[0], "kb.forwarded": forwarded}

    def build_response_header(self) -> bytes:
        """Return the head of the answer; where the server is about to end, it says that it is the last on its connection."""
        if self.channel.server.leaving:
            self.request.headers["CONNECTION"] = "close"
        head: bytes = super().build_response_header()
        return head


class _Channel(HTTPChannel):  # type: ignore[misc]
    """A connection; it knows since when it has waited for the whole of a request."""

    parser_class = _Parser
    task_class = _Task
    begun = 0.0

    def __init__(self, server: Any, *connection: Any, **given: Any) -> None:
        super().__init__(server, *connection, **given)
        _make_room(list(server.active_channels.values()), self)  # a copy: threads that answer close some, too

    def received(self, data: bytes) -> bool:
        """Take in what came; the bytes after the first ones of a request do not make the waiting shorter."""
        if self.request is None:
            self.begun = time.time()
        taken: bool = super().received(data)
        if len(self.requests) > _AHEAD:
            self._cut_off()
        return taken

    def _flush_outbufs_below_high_watermark(self) -> None:
        """Wait until the reader has taken some of what waits for them, for so long: who takes nothing keeps no thread."""
        until = time.monotonic() + _STALLED
        with self.outbuf_lock:
            while self.connected and self.total_outbufs_len > self.adj.outbuf_high_watermark:
                if (left := until - time.monotonic()) <= 0:
                    self._cut_off()
                    return
                self.server.pull_trigger()
                self.outbuf_lock.wait(left)

    def _cut_off(self) -> None:
        """End the connection whatever waits for it; the server's loop closes it."""
        self.connected, self.will_close = False, True
        with suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)
        self.server.pull_trigger()

    @property
    def waiting_since(self) -> float:
        """When the request that is coming in began (seconds), or when the last one was answered."""
        return self.begun if self.request is not None else self.last_activity


def _make_room(channels: Iterable[_Channel], newest: _Channel) -> None:
    """Have the connections that wait longest closed, so many as there are too many; those that are answered stay.

    They are closed by the server's loop: a descriptor that was closed here could be another connection's in this turn.
    """
    held = [channel for channel in channels if not channel.will_close]
    idle = [each for each in held if each is not newest and not each.requests and not each.total_outbufs_len]
    for channel in sorted(idle, key=lambda each: each.waiting_since)[: max(0, len(held) - _CONNECTIONS)]:
        channel.will_close = True


def _proxied(proxy: str) -> dict[str, Any]:
    """Return waitress's settings for a proxy that is believed; what anybody else says of readers and hosts is not."""
    told = {"x-forwarded-for", "x-forwarded-proto", "x-forwarded-host"}
    believed = {"trusted_proxy": proxy, "trusted_proxy_headers": told, "clear_untrusted_proxy_headers": True}
    return believed if proxy else {}


def _end(*_: object) -> None:
    raise SystemExit(0)


def _listening(host: str, port: int) -> socket.socket:
    """Open a port. Raises StorageError."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0][0]
        return socket.create_server((host, port), family=family, backlog=_WAITING)
    except (OSError, OverflowError) as error:
        raise StorageError(_refusal(host, port, error)) from error


def _refusal(host: str, port: int, error: Exception) -> str:
    code = getattr(error, "errno", None)
    if code == errno.EADDRINUSE:
        return f"端口 {port} 已被占用：请结束占用它的程序，或用 --port 换一个端口。"
    if code == errno.EACCES:
        return f"没有权限使用端口 {port}：请用 --port 换一个 1024 以上的端口。"
    return f"不能在 {host}:{port} 上提供服务：请检查 --host 和 --port，地址要是这台机器的。"
