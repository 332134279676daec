"""Work that would keep a thread from other readers: done in processes of its own, few at a time for each server process."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from threading import BoundedSemaphore
from typing import ParamSpec, TypeVar

from kb.base import deadline, leashed
from kb.base.errors import BusyError

P = ParamSpec("P")
T = TypeVar("T")

PLACES = 3
"""Pieces that a server process has at work: the last is for another reader than the others (`kb.web.site.lanes`)."""


class HeavyWork:
    """The places for it in a server process: who comes while they are taken is told to come again, and waits for nobody.

    A piece may take so many `seconds` of processor time; it ends when whom it is for has hung up.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._places = BoundedSemaphore(PLACES)

    def do(self, function: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
        """Return what a function of a module returns. Raises what it raises, and BusyError where it cannot be done now."""
        if not self._places.acquire(blocking=False):
            raise BusyError("正在为别人做别的大的事：请过一会儿再试。")
        asked = deadline.present()
        try:
            with asked.paused() if asked else nullcontext():
                return leashed.call(self._seconds, function, *arguments, **named)
        except TimeoutError as error:
            raise BusyError(f"{self._seconds:g} 秒内做不完：请缩小范围、分成几次，或者换一种格式。") from error
        except MemoryError as error:
            raise BusyError("内存不够做这件事：请缩小范围、分成几次，或者换一种格式。") from error
        finally:
            self._places.release()

    def keep(self, function: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
        """The same for what is kept for all readers: it is done to its end, though whom it was begun for has hung up."""
        with deadline.lifted():
            return self.do(function, *arguments, **named)
