"""Serve the pages with waitress until interrupted, in several processes that take turns at one port."""

from __future__ import annotations

import errno
import logging
import multiprocessing
import re
import signal
import socket
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from multiprocessing.connection import wait
from threading import Thread
from typing import Any

from waitress import create_server
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser
from waitress.task import WSGITask
from waitress.utilities import RequestEntityTooLarge

from kb.base.errors import StorageError
from kb.base.workers import end_with_parent
from kb.config.settings import Settings
from kb.web.context.library import EXTENSION
from kb.web.site.app import MOST_SENT, create_app

# More of them wait for one another more than for disks: two answer a fifth more, and half as late at the worst.
_THREADS = 2
_WAITING = 1024
# Connections that one process holds. One that comes later is let in all the same: who has kept a place longest without
# asking for anything whole leaves it.
_CONNECTIONS = 200


def serve(settings: Settings, host: str, port: int, on_ready: Callable[[str], None]) -> None:
    """Serve on `host` and `port` (0: any free one) and say the address to `on_ready` when requests are answered.

    A process that ends, whatever the reason, is replaced. Raises StorageError when the port is taken or the address is
    not this machine's.
    """
    signal.signal(signal.SIGTERM, _end)
    settings = replace(settings, host=host)
    context = multiprocessing.get_context("fork")
    with _listening(host, port) as listening:
        processes: list[multiprocessing.process.BaseProcess] = []

        def start() -> None:
            process = context.Process(target=_answer, args=(settings, listening))
            with _undisturbed():
                process.start()
                processes.append(process)

        shown = f"[{host}]" if ":" in host else host
        try:
            for _ in range(settings.workers):
                start()
            on_ready(f"政策文库：http://{shown}:{listening.getsockname()[1]}/ （按 Ctrl+C 结束）")
            while True:
                wait([process.sentinel for process in processes])
                for dead in [process for process in processes if not process.is_alive()]:
                    processes.remove(dead)
                    start()
        finally:
            for process in processes:
                process.terminate()


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Let the signal that ends a process wait: in one that is just being made Python may drop what its handler raises."""
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGTERM])


def _answer(settings: Settings, listening: socket.socket) -> None:
    """Answer requests in a process of its own, until its parent ends it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGTERM])
    end_with_parent()
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # that readers wait for one another is no news
    app = create_app(settings)
    Thread(target=app.extensions[EXTENSION].warm, daemon=True).start()
    server = create_server(
        app,
        sockets=[listening],
        threads=_THREADS,
        ident=None,
        connection_limit=4 * _CONNECTIONS,  # never reached: waitress would stop to accept
        asyncore_use_poll=True,  # select knows 1,024 descriptors
        max_request_body_size=MOST_SENT,
        **_proxied(settings.proxy),
    )
    server.channel_class = _Channel
    server.run()


class _Parser(HTTPRequestParser):  # type: ignore[misc]
    """Reads addresses with Chinese in them as curl sends them, not escaped, which waitress refuses."""

    def parse_header(self, header_plus: bytes) -> None:
        line, ended, rest = header_plus.partition(b"\r\n")
        escaped = re.sub(rb"[\x80-\xff]", lambda found: b"%%%02X" % found[0][0], line)
        super().parse_header(escaped + ended + rest)

    def received(self, data: bytes) -> int:
        """Take in a part of a request: one whose body is too large is at its end before the body is taken in."""
        consumed: int = super().received(data)
        if isinstance(self.error, RequestEntityTooLarge):
            self.error.body = f"发送的内容超过 {MOST_SENT // 1_000_000} MB：请分成几次发送。"
        return consumed


class _Task(WSGITask):  # type: ignore[misc]
    """A request; it tells who sent it and whether for somebody else, which a proxy's word may replace later."""

    def get_environment(self) -> dict[str, Any]:
        environ: dict[str, Any] = super().get_environment()
        forwarded = "HTTP_X_FORWARDED_FOR" in environ or "HTTP_FORWARDED" in environ
        return environ | {"kb.peer": self.channel.addr[0], "kb.forwarded": forwarded}


class _Channel(HTTPChannel):  # type: ignore[misc]
    """A connection; it knows since when it has waited for the whole of a request."""

    parser_class = _Parser
    task_class = _Task
    begun = 0.0

    def __init__(self, server: Any, *connection: Any, **given: Any) -> None:
        super().__init__(server, *connection, **given)
        _make_room(server.active_channels.values(), self)

    def received(self, data: bytes) -> bool:
        """Take in what came; the bytes after the first ones of a request do not make the waiting shorter."""
        if self.request is None:
            self.begun = time.time()
        taken: bool = super().received(data)
        return taken

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
    return f"不能在 {host}:{port} 上提供服务（{error}）：请检查 --host 和 --port。"
