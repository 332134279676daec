"""Sets of sections as ascending arrays of their numbers, and a cache for arrays."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.int64]
Key = TypeVar("Key")
Value = TypeVar("Value")


def common(first: Numbers, second: Numbers) -> Numbers:
    """Return what is in both."""
    few, many = sorted((first, second), key=len)
    return few[among(few, many)]


def without(first: Numbers, second: Numbers) -> Numbers:
    """Return what is in the first only."""
    return first[~among(first, second)] if len(second) else first


def among(first: Numbers, second: Numbers) -> NDArray[np.bool_]:
    """Tell for each of the first whether it is in the second."""
    if not len(second):
        return np.zeros(len(first), bool)
    places = np.searchsorted(second, first)
    places[places == len(second)] = 0
    found: NDArray[np.bool_] = second[places] == first
    return found


def nbytes(numbers: Numbers) -> int:
    """Return the size of an array in memory."""
    return numbers.nbytes


class ArrayCache(Generic[Key, Value]):
    """Keeps what was used last, up to a number of bytes. Many threads may use one."""

    def __init__(self, limit: int) -> None:
        self._limit, self._size, self._lock = limit, 0, Lock()
        self._kept: OrderedDict[Key, tuple[Value, int]] = OrderedDict()

    def get(self, key: Key, make: Callable[[], Value], size: Callable[[Value], int]) -> Value:
        """Return what is kept under a key, or make it; `size` tells its bytes."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key][0]
        made = make()  # two threads may make the same: better than waiting for one another
        with self._lock:
            if key not in self._kept:
                self._kept[key] = made, size(made)
                self._size += self._kept[key][1]
            while self._size > self._limit and len(self._kept) > 1:
                self._size -= self._kept.popitem(last=False)[1][1]
        return made
