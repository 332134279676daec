"""Functions on a leash: they run in another process that may use so much time and memory and no network.

For work on what comes from anywhere, of which no bound can be proved: a regular expression or an outline that takes for
ever, a text that takes all memory, a crash in a C library. It costs the document, not the process that asked. A worker is
kept and used again: starting one takes half a second, handing it a document a fraction of a millisecond. So all documents,
small ones too, take the same way, and nothing has to guess from a size how dear a text may be.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection
from threading import Lock
from typing import Any, ParamSpec, TypeVar

from kb.base import deadline, leash
from kb.base.errors import StorageError
from kb.base.workers import end_with_parent, processors

_GRACE = 60
"""Seconds of waiting, beside four times those of processor time: a busy machine, programs that the function starts."""
_LOOK = 0.25
"""Seconds between two looks whether anybody still waits for the answer."""
_NICE = 15
"""How much they give way to other processes: to those that answer readers, above all."""
_idle: list[_Worker] = []
_is_worker = False
_lock = Lock()

P = ParamSpec("P")
T = TypeVar("T")


def call(seconds: float, function: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
    """Return what a function of a module returns, which may use `seconds` of processor time. Safe from many threads.

    Raises what it raises; TimeoutError when it took too long, MemoryError when it died or took too much memory,
    StorageError when the machine starts no process, and GoneError when nobody waits any more for what asked for it.
    """
    if _is_worker:
        return function(*arguments, **named)  # on the leash already
    with _lock:
        worker = _idle.pop() if _idle else None
    worker = worker or _Worker()
    try:
        succeeded, result = worker.answer(seconds, function, arguments, named)
    except BaseException:
        worker.end()
        raise
    with _lock:
        kept = len(_idle) < processors() and not isinstance(result, MemoryError)
        if kept:
            _idle.append(worker)
    if not kept:
        worker.end()
    if not succeeded:
        raise result
    return result  # type: ignore[no-any-return]


def _forget() -> None:
    """Leave the workers to the process that started them: two that share one get each other's answers."""
    global _lock
    _idle.clear()
    _lock = Lock()


os.register_at_fork(after_in_child=_forget)


@contextmanager
def _without_program() -> Iterator[None]:
    """Let a process that is started not load the program that starts it, the command line: it takes longer than all else."""
    program = sys.modules["__main__"].__dict__
    file = program.pop("__file__", None)
    try:
        yield
    finally:
        if file is not None:
            program["__file__"] = file


class _Worker:
    """The near side of a process on a leash."""

    def __init__(self) -> None:
        # "spawn": no lock and no file of this process lives on in the worker.
        context = multiprocessing.get_context("spawn")
        try:
            self._connection, far = context.Pipe()
            self._process = context.Process(target=_serve, args=(far,), daemon=True)
            with _lock, _without_program():
                self._process.start()
            far.close()
        except OSError as error:
            sentence = f"启动不了处理文件的进程（{error.strerror}）：请检查可以打开的文件数、进程数和内存。"
            raise StorageError(sentence) from error
        self._environment: dict[str, str] = {}

    def answer(
        self, seconds: float, function: Callable[..., Any], arguments: tuple[Any, ...], named: Mapping[str, Any]
    ) -> tuple[bool, Any]:
        """Return whether the function returned, and what, or else what it raised."""
        environment = dict(os.environ)
        changed = environment if environment != self._environment else None
        self._environment = environment
        try:
            self._connection.send((seconds, changed, function, arguments, named))
            until = time.monotonic() + 4 * seconds + _GRACE
            while not self._connection.poll(_LOOK):
                if time.monotonic() > until:
                    raise TimeoutError
                if asked := deadline.present():
                    asked.check_there()
            return self._connection.recv()  # type: ignore[no-any-return]
        except (EOFError, ConnectionError) as error:
            self._process.join()
            raise (TimeoutError if self._process.exitcode == -signal.SIGXCPU else MemoryError) from error

    def end(self) -> None:
        self._process.kill()
        self._process.join()
        self._connection.close()


def _serve(connection: Connection) -> None:
    """Be a worker: call what is asked for until nobody asks any more."""
    global _is_worker
    _is_worker = True
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the one who asks
    end_with_parent()
    os.nice(_NICE)
    leash.limit_memory()
    leash.deny_network()
    with ThreadPoolExecutor(1) as one:  # it keeps whatever a function raises
        while True:
            leash.lift_time()  # what the next call brings may have to be imported: that is no part of this one
            try:
                seconds, environment, function, arguments, named = connection.recv()
            except (EOFError, ConnectionError):
                return
            if environment is not None:
                os.environ.clear()
                os.environ.update(environment)
            leash.limit_time(seconds)
            done = one.submit(function, *arguments, **named)
            if error := done.exception():
                error.add_note("".join(traceback.format_tb(error.__traceback__)))
            with suppress(ConnectionError):  # who asked was killed meanwhile
                connection.send((error is None, error or done.result()))
