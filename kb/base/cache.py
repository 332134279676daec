"""Answers kept for as long as what they were made of stays the same."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from threading import Lock
from typing import Any, TypeVar

from cachetools import LRUCache

T = TypeVar("T")


class Remembered:
    """The answers used last, by key, which together weigh no more than `limit`; one that alone does is not kept.

    Two threads may make one answer twice; neither waits for the other.
    """

    def __init__(self, limit: int, weigh: Callable[[Any], int] = lambda _: 1) -> None:
        self._answers: LRUCache[Hashable, Any] = LRUCache(limit, weigh)
        self._lock = Lock()

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        """Return what is kept under a key, or make it. The key names everything the answer depends on."""
        with self._lock:
            if key in self._answers:
                kept: T = self._answers[key]
                return kept
        made = make()
        with self._lock:
            if self._answers.getsizeof(made) <= self._answers.maxsize:  # a heavier one would put all others out
                self._answers[key] = made
        return made
