"""Code that needs large libraries, in a process of its own for each call, forked from one that has loaded them.

A fresh interpreter spends a tenth of a second and more on loading a library, a fork some milliseconds. What it promises is
what `kb.base.leash.run` does: no call sees what another left behind, and what goes wrong ends with its process. The process
that forks has one thread, loads the libraries and only passes on what comes from anywhere.
"""

from __future__ import annotations

import atexit
import gc
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from threading import Lock

from kb.base import leash
from kb.base.errors import StorageError, UnreadableError
from kb.base.lazy_re import compile_all

_GRACE = 60
"""Seconds of waiting beside those of a call: a busy machine, the libraries that the first call waits for."""
_WHOLE = b"\n."
"""Ends an answer that is whole."""
_idle: dict[str, _Loaded] = {}
_lock = Lock()


def run(code: str, data: bytes, seconds: float) -> bytes:
    """Return what the function `answer` that this Python code defines makes of `data` within so many seconds.

    Safe from many threads. Raises UnreadableError, and StorageError when the machine starts no program: that is not
    the file's fault.
    """
    with _lock:
        loaded = _idle.pop(code, None)
    loaded = loaded or _Loaded(code)
    try:
        status, answer = loaded.answer(data, seconds)
    except BaseException:
        loaded.end()
        raise
    with _lock:
        kept = _idle.setdefault(code, loaded)
    if kept is not loaded:
        loaded.end()
    if status in (-signal.SIGXCPU, -signal.SIGALRM):
        raise UnreadableError(leash.too_slow(seconds))
    if status:
        raise UnreadableError(leash.DIED)
    return answer


class _Loaded:
    """The near side of a process that has loaded the libraries."""

    def __init__(self, code: str) -> None:
        null = subprocess.DEVNULL
        try:
            self._connection, far = Pipe()
            with far:
                number = far.fileno()
                serving = f"{code}\nfrom kb.base import forked\nforked.serve({number}, answer)"
                command = [sys.executable, "-I", "-c", serving]
                self._process = subprocess.Popen(
                    command, stdin=null, stdout=null, stderr=null, pass_fds=[number], start_new_session=True
                )
        except OSError as error:
            sentence = f"启动不了转换文件的程序（{error.strerror}）：请检查可以打开的文件数、进程数和内存。"
            raise StorageError(sentence) from error

    def answer(self, data: bytes, seconds: float) -> tuple[int, bytes]:
        """Return how the fork ended (0, or minus the signal) and what it answered."""
        try:
            self._connection.send_bytes(repr(seconds).encode())
            self._connection.send_bytes(data)
            if not self._connection.poll(seconds + _GRACE):
                raise UnreadableError(leash.too_slow(seconds))
            return int(self._connection.recv_bytes()), self._connection.recv_bytes()
        except (EOFError, ConnectionError) as error:
            raise UnreadableError(leash.DIED) from error

    def end(self) -> None:
        self._connection.close()
        self._process.kill()
        self._process.wait()


@atexit.register
def _end_all() -> None:
    with _lock:
        while _idle:
            _idle.popitem()[1].end()


def serve(number: int, answer: Callable[[bytes], bytes]) -> None:
    """Be the process that has loaded the libraries: fork for each call until nobody asks any more."""
    compile_all()
    gc.freeze()  # what is loaded stays shared
    with Connection(number) as connection:
        while True:
            try:
                seconds, data = float(connection.recv_bytes()), connection.recv_bytes()
            except EOFError:
                return
            status, answered = _in_fork(connection, answer, data, seconds)
            connection.send_bytes(str(status).encode())
            connection.send_bytes(answered)


def _in_fork(
    connection: Connection, answer: Callable[[bytes], bytes], data: bytes, seconds: float
) -> tuple[int, bytes]:
    """Return how a fork ended and what it wrote; it and what it started end with that, or when the seconds are over."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        connection.close()
        os.close(reading)
        _be_child(writing, answer, data)
    os.close(writing)
    try:
        written, late = _read(reading, time.monotonic() + seconds)
    finally:
        os.close(reading)
        _end(child)
        _, status = os.waitpid(child, 0)
    if written.endswith(_WHOLE):
        return 0, bytes(written.removesuffix(_WHOLE))
    return (-signal.SIGALRM if late else os.waitstatus_to_exitcode(status)) or 1, b""


def _be_child(writing: int, answer: Callable[[bytes], bytes], data: bytes) -> None:
    """Be the fork: answer, and end whatever happens."""
    try:
        os.setsid()
        with open(writing, "wb") as file:
            file.write(answer(data) + _WHOLE)
    finally:
        os._exit(1)


def _read(reading: int, until: float) -> tuple[bytearray, bool]:
    """Return what comes through a pipe before its end, and whether the time was over before."""
    written = bytearray()
    waiting = select.poll()
    waiting.register(reading, select.POLLIN)
    while (left := until - time.monotonic()) > 0 and waiting.poll(1000 * left):
        part = os.read(reading, 1 << 20)
        if not part:
            return written, False
        written += part
    return written, True


def _end(child: int) -> None:
    """End a fork and all that it started and left behind: they are one session, a group of its own."""
    for kill in (os.kill, os.killpg):
        try:
            kill(child, signal.SIGKILL)
        except ProcessLookupError:
            continue
