"""Heavy work apart from reading: exports, comparisons, checks of citations, and files of the whole corpus.

Readers' processes hand such a request to one process of its own, the `Workshop`. It makes for each a child with low priority and a
deadline, few at a time and one for each client, and keeps a short queue; more are refused at once. A client who hangs up, or a
deadline that passes, ends the child: nothing of it stays, neither its threads nor its memory.
"""

from __future__ import annotations

import multiprocessing
import os
import resource
import selectors
import signal
import socket
import struct
import sys
import time
import traceback
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

import msgspec
from flask import Flask, Request, Response, request
from werkzeug.exceptions import HTTPException, InternalServerError

from kb.base import errors
from kb.base.errors import KbError
from kb.base.workers import SHARED_METRICS

WAITING = 8
"""Requests that wait for the workshop at most; a client may have no more than `_OF_A_CLIENT` there."""

WHOLE = frozenset({"api.corpus"})
"""Endpoints whose answer is one file for everybody, kept on disk: it is made whole even if nobody can wait so long."""

_ENDPOINTS = frozenset(
    (
        *("exporting.hits", "api.hits", "comparing.page", "api.diff", "parallels.page", "parallels.table"),
        *("law.check_page", "law_api.check_text", "feeds.changes", "api.changes"),
    )
)
_FORMATS = frozenset({"pdf", "docx", "xml", "zip"})
_OF_A_CLIENT = 3
_NICE = 15
_WHOLE_SECONDS = 3600
_PATIENCE = 50.0  # seconds that one waits for a file of the whole corpus; proxies usually give up after 60
_LOOKS = 0.25  # seconds after which it is looked whether the client is still there
_LENGTH = struct.Struct("!Q")
_KEEP = b"k"

_FULL = "现在要做的导出、对比、核对太多：请过一会儿再试。"
_MAKING = "整个语料库的文件正在生成：请过一会儿再来取。"
_LATE = "这件事超过了时限：请换小一些的范围（例如只导出一条、分几次核对）再试。"
_BROKEN = "这件事没有做完：请过一会儿再试。"


class BusyError(KbError):
    """There is too much to do at the moment, or what was asked for takes too long."""

    status = 503


def is_heavy(endpoint: str, arguments: Mapping[str, Any], method: str) -> bool:
    """Whether a request for an endpoint belongs to the workshop."""
    if endpoint == "law.check_page":
        return method == "POST"
    if endpoint == "exporting.document" or endpoint.startswith("api.file_"):
        return arguments.get("format") in _FORMATS
    return endpoint in _ENDPOINTS or endpoint in WHOLE


class Workshop:
    """The process that does heavy work, and the door to it. `folder` is for its socket, and nobody else's to read."""

    def __init__(self, folder: Path, slots: int, seconds: int) -> None:
        self.slots, self.seconds = slots, seconds
        self._path = str(folder / "heavy")

    # ---- in a reader's process ----

    def answer(self, asked: Request) -> Response | None:
        """Have the present request answered; None where what was asked for is now on disk.

        Raises what the view raises, and BusyError.
        """
        whole = asked.endpoint in WHOLE
        with socket.socket(socket.AF_UNIX) as line:
            try:
                line.connect(self._path)
                _send(line, {"environ": _plain(asked.environ), "body": asked.get_data(), "whole": whole})
                told = self._wait(line, asked, whole)
            except OSError as error:
                raise BusyError(_BROKEN) from error
        if told is None:
            return Response(status=499)  # to nobody
        return _answered(told)

    def _wait(self, line: socket.socket, asked: Request, whole: bool) -> dict[str, Any] | None:
        """The workshop's answer; None when the client has gone. Raises OSError and BusyError."""
        is_gone: Callable[[], bool] = asked.environ.get("waitress.client_disconnected", lambda: False)
        begun = time.monotonic()
        with selectors.DefaultSelector() as waiting:
            waiting.register(line, selectors.EVENT_READ)
            while not waiting.select(_LOOKS):
                if is_gone():
                    return None
                if whole and time.monotonic() - begun > _PATIENCE:
                    line.sendall(_KEEP)
                    raise BusyError(_MAKING)
        return _receive(line)

    # ---- in the process of the workshop ----

    def listen(self) -> socket.socket:
        """Open the door, before the processes are made that use it."""
        listening = socket.socket(socket.AF_UNIX)
        listening.bind(self._path)
        listening.listen(1024)
        return listening

    def work(self, app: Flask, listening: socket.socket, ready: Callable[[], None]) -> None:
        """Take in requests and have them answered by children, until the parent ends. `ready` is called before each child
        is made, to have open what all of them need.
        """
        _Floor(self, app, listening, ready).run()


@dataclass(eq=False)
class _Job:
    """A request in the workshop."""

    line: socket.socket
    asked: dict[str, Any]
    child: int = 0
    deadline: float = 0.0
    keep: bool = field(default=False)

    @property
    def client(self) -> str:
        environ: dict[str, str] = self.asked["environ"]
        return environ.get("REMOTE_ADDR", "")

    @property
    def whole(self) -> bool:
        return bool(self.asked["whole"])


class _Floor:
    """What goes on in the workshop: one thread, so that children can be made safely."""

    def __init__(self, shop: Workshop, app: Flask, listening: socket.socket, ready: Callable[[], None]) -> None:
        self._shop, self._app, self._listening, self._ready = shop, app, listening, ready
        self._waiting: list[_Job] = []
        self._running: list[_Job] = []
        self._selector = selectors.DefaultSelector()
        self._woken, self._wakes = socket.socketpair()

    def run(self) -> None:
        parent = multiprocessing.parent_process()
        assert parent is not None
        for each in (self._woken, self._wakes):
            each.setblocking(False)
        signal.set_wakeup_fd(self._wakes.fileno())
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGTERM, lambda *_: self._end())
        for watched in (parent.sentinel, self._woken, self._listening):
            self._selector.register(watched, selectors.EVENT_READ)
        while True:
            for key, _ in self._selector.select(1.0):
                if key.fileobj == parent.sentinel:
                    self._end()
                elif key.fileobj is self._listening:
                    self._admit()
                elif key.fileobj is self._woken:
                    self._woken.recv(4096)
                else:
                    self._hear(key.data)
            self._reap()
            self._begin()

    def _end(self) -> None:
        for job in self._running:
            _kill(job.child)
        os._exit(0)

    def _admit(self) -> None:
        line, _ = self._listening.accept()
        line.settimeout(5)
        try:
            asked = _receive(line)
        except OSError:
            return line.close()
        line.settimeout(None)
        job, here = _Job(line, asked), [*self._waiting, *self._running]
        if job.whole and any(each.whole for each in here):
            return _refuse(job, _MAKING)
        if len(self._waiting) >= WAITING or sum(each.client == job.client for each in here) >= _OF_A_CLIENT:
            return _refuse(job, _FULL)
        self._waiting.append(job)
        self._selector.register(line, selectors.EVENT_READ, job)

    def _hear(self, job: _Job) -> None:
        """Who says anything more has gone; or lets a file be made for those who come later."""
        try:
            job.keep = job.line.recv(1) == _KEEP or job.keep
        except OSError:
            job.keep = False
        if job.keep:
            self._selector.unregister(job.line)
        elif job in self._waiting:
            self._waiting.remove(job)
            self._close(job)
        else:
            _kill(job.child)

    def _close(self, job: _Job) -> None:
        if job.line.fileno() in self._selector.get_map():
            self._selector.unregister(job.line)
        job.line.close()

    def _reap(self) -> None:
        now = time.monotonic()
        for job in list(self._running):
            if now > job.deadline:
                _kill(job.child)
            try:
                ended, _ = os.waitpid(job.child, 0 if now > job.deadline else os.WNOHANG)
            except ChildProcessError:
                ended = job.child
            if ended:
                if now > job.deadline:
                    _refuse(job, _LATE, close=False)
                self._running.remove(job)
                self._close(job)
                _forget_figures(job.child)

    def _begin(self) -> None:
        for job in list(self._waiting):
            if len(self._running) >= self._shop.slots:
                return
            if any(each.client == job.client for each in self._running):
                continue
            self._waiting.remove(job)
            seconds = _WHOLE_SECONDS if job.whole else self._shop.seconds
            job.deadline = time.monotonic() + seconds
            self._ready()
            job.child = os.fork()
            if not job.child:
                self._be_child(job, seconds)
            self._running.append(job)

    def _be_child(self, job: _Job, seconds: int) -> None:
        """Return one request, and end."""
        told: dict[str, Any] = {"kind": "HTTPException", "told": "", "status": 500, "near": []}
        try:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            self._listening.close()
            for other in (*self._waiting, *self._running):
                other.line.close()
            os.nice(_NICE)
            resource.setrlimit(resource.RLIMIT_CPU, (seconds + 5, seconds + 10))  # should nobody be left to end it
            told = _made(self._app, job.asked)
        finally:
            if sys.exc_info()[0]:
                traceback.print_exc()
            with suppress(OSError):
                _send(job.line, told)
            os._exit(0)


def _made(app: Flask, asked: dict[str, Any]) -> dict[str, Any]:
    """Return a request by its view, without what is done before and after every request: that is the reader's process's."""
    environ = {
        **asked["environ"],
        "wsgi.input": BytesIO(asked["body"]),
        "wsgi.errors": sys.stderr,
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": asked["environ"]["wsgi.url_scheme"],
        "CONTENT_LENGTH": str(len(asked["body"])),
    }
    with app.request_context(environ):
        try:
            answer = app.make_response(
                app.ensure_sync(app.view_functions[request.endpoint or ""])(**request.view_args or {})
            )
        except KbError as error:
            near = [list(each) for each in getattr(error, "suggestions", ())]
            return {"kind": type(error).__name__, "told": str(error), "status": error.status, "near": near}
        except HTTPException as error:
            return {"kind": "HTTPException", "told": "", "status": error.code or 500, "near": []}
        if answer.direct_passthrough:
            return {"on disk": True}
        return {"status": answer.status_code, "headers": list(answer.headers), "body": answer.get_data()}


def _answered(told: dict[str, Any]) -> Response | None:
    """The view's answer, made of what a child told of it. Raises what the view raised."""
    if "refused" in told:
        raise BusyError(told["refused"])
    if "on disk" in told:
        return None
    if "kind" in told:
        if told["kind"] == "HTTPException":
            raise InternalServerError
        raised: Any = getattr(errors, told["kind"], KbError)(told["told"])
        raised.status = told["status"]
        raised.suggestions = [tuple(each) for each in told["near"]]
        raise raised
    answer = Response(told["body"], told["status"])
    answer.headers.clear()
    answer.headers.extend([tuple(each) for each in told["headers"]])
    return answer


def _plain(environ: Mapping[str, Any]) -> dict[str, str]:
    return {name: value for name, value in environ.items() if isinstance(value, str)}


def _refuse(job: _Job, sentence: str, close: bool = True) -> None:
    with suppress(OSError):
        _send(job.line, {"refused": sentence})
    if close:
        job.line.close()


def _kill(child: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(child, signal.SIGKILL)


def _forget_figures(child: int) -> None:
    """Remove what a child counted: its request is counted where it came in, and a file for every child would be too many."""
    folder = os.environ.get(SHARED_METRICS)
    for path in Path(folder).glob(f"*_{child}.db") if folder else ():
        path.unlink(missing_ok=True)


def _send(line: socket.socket, message: dict[str, Any]) -> None:
    data = msgspec.msgpack.encode(message)
    line.sendall(_LENGTH.pack(len(data)) + data)


def _receive(line: socket.socket) -> dict[str, Any]:
    """Read one message. Raises OSError where it is not whole."""
    (length,) = _LENGTH.unpack(_exactly(line, _LENGTH.size))
    message: dict[str, Any] = msgspec.msgpack.decode(_exactly(line, length))
    return message


def _exactly(line: socket.socket, length: int) -> bytes:
    data = bytearray()
    while len(data) < length:
        part = line.recv(min(1 << 20, length - len(data)))
        if not part:
            raise ConnectionError
        data += part
    return bytes(data)
