"""Answers kept for as long as what they were made of stays the same."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Any, TypeVar

T = TypeVar("T")


class Remembered:
    """The latest answers by key, which together weigh no more than `limit`; one that alone does is not kept.

    Two threads may make one answer twice; neither waits for the other.
    """

    def __init__(self, limit: int, weigh: Callable[[Any], int] = lambda _: 1) -> None:
        self._limit, self._weigh, self._weight = limit, weigh, 0
        self._answers: OrderedDict[Hashable, Any] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        """Answer what is kept under a key, or make it. The key names everything the answer depends on."""
        with self._lock:
            if key in self._answers:
                self._answers.move_to_end(key)
                kept: T = self._answers[key]
                return kept
        made = make()
        with self._lock:
            if key not in self._answers:
                self._answers[key] = made
                self._weight += self._weigh(made)
            while self._weight > self._limit:
                self._weight -= self._weigh(self._answers.popitem(last=False)[1])
        return made
