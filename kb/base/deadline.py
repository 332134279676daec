"""How long the present request may still take, for whatever works for it: nobody has to hand it on.

Who lets a request in opens a `Deadline` with `within`; loops that can become long call `check`, which costs next to nothing and
does nothing where no deadline is set, as on the command line.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar

from kb.base.errors import BusyError

T = TypeVar("T")
_STEPS = 10_000  # of SQLite's machine, between two looks at the clock: about a millisecond


class OverTimeError(BusyError):
    """The time that a request may take is used up."""


class GoneError(BusyError):
    """Who asked has hung up: nobody waits for the answer any more."""


class Deadline:
    """The moment by which something must be done, of `time.monotonic`; `gone` tells whether nobody waits for it any more."""

    def __init__(self, seconds: float, gone: Callable[[], bool] = lambda: False) -> None:
        self.seconds, self._gone = seconds, gone
        self._until = time.monotonic() + seconds

    def check(self) -> None:
        """Return in time. Raises OverTimeError, and GoneError where nobody waits."""
        if time.monotonic() > self._until:
            raise OverTimeError(f"这个请求在 {self.seconds:g} 秒内做不完，没有结果：请把它缩小或简化，过一会儿再试。")
        self.check_there()

    @property
    def left(self) -> float:
        """Seconds that are left, less than 0 where it is over."""
        return self._until - time.monotonic()

    def check_there(self) -> None:
        """Return while somebody waits. Raises GoneError."""
        if self._gone():
            raise GoneError("读者已经离开，没有做完。")

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Let time stand still: what is done in it has a bound of its own."""
        began = time.monotonic()
        try:
            yield
        finally:
            self._until += time.monotonic() - began


_present: ContextVar[Deadline | None] = ContextVar("deadline", default=None)


@contextmanager
def within(deadline: Deadline) -> Iterator[None]:
    """Let a deadline be that of what is done in it."""
    token = _present.set(deadline)
    try:
        yield
    finally:
        _present.reset(token)


@contextmanager
def lifted() -> Iterator[None]:
    """Let what is done in it have no deadline: what is made once and kept for all would else be begun again and again."""
    token = _present.set(None)
    try:
        yield
    finally:
        _present.reset(token)


def present() -> Deadline | None:
    """Return the deadline of what is being done, None where there is none."""
    return _present.get()


def check() -> None:
    """Return while there is time. Raises OverTimeError and GoneError."""
    if deadline := _present.get():
        deadline.check()


def checked(things: Iterable[T]) -> Iterator[T]:
    """Yield things while there is time: for loops whose turns each do something."""
    deadline = _present.get()
    if deadline is None:
        yield from things
        return
    for thing in things:
        deadline.check()
        yield thing


def bound(connection: sqlite3.Connection) -> None:
    """Let a database stop when the time of the request is used up that opened it: it says "interrupted" then."""
    if deadline := _present.get():
        connection.set_progress_handler(lambda: _is_over(deadline), _STEPS)


def _is_over(deadline: Deadline) -> bool:
    try:
        deadline.check()
    except BusyError:
        return True
    return False
