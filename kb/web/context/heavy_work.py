"""Work that would keep a thread from other readers: done in a process of its own, one piece at a time for each server process."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from typing import ParamSpec, TypeVar

from kb.base import leashed
from kb.base.errors import BusyError

_SECONDS = 180.0
"""Processor time that a piece may take: the PDF of the longest statute takes less than a fourth."""

P = ParamSpec("P")
T = TypeVar("T")


class HeavyWork:
    """The one place for it in a server process: who comes while it is taken is told to come again, and waits for nobody."""

    def __init__(self) -> None:
        self._place = Lock()

    def do(self, function: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
        """Return what a function of a module returns. Raises what it raises, and BusyError where it cannot be done now."""
        if not self._place.acquire(blocking=False):
            raise BusyError("正在为别人制作另一份大的文件：请过一会儿再试。")
        try:
            return leashed.call(_SECONDS, function, *arguments, **named)
        except TimeoutError as error:
            raise BusyError(f"{_SECONDS:.0f} 秒内做不完这份文件：请改用别的格式，或者只下载其中一条。") from error
        except MemoryError as error:
            raise BusyError("内存不够做这份文件：请改用别的格式，或者只下载其中一条。") from error
        finally:
            self._place.release()
