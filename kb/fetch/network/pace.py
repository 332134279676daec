"""When a host may be asked again: one request at a time, a pause between two, and longer when it says so."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from threading import Lock
from typing import Protocol

from kb.base import clock
from kb.fetch.network.fetch_errors import BusyError, FetchError
from kb.fetch.network.robots import Robots
from kb.fetch.network.urls import Target

ROBOTS_SECONDS = 24 * 3600.0  # RFC 9309, 2.4: not longer than a day
FAILURE_SECONDS = 300.0


class Clock(Protocol):
    """What time it is. Waits are measured by `monotonic`, which no correction of the wall clock moves."""

    def monotonic(self) -> float:
        """Seconds since some moment."""

    def sleep(self, seconds: float) -> None:
        """Wait."""

    def now(self) -> datetime:
        """The time of day, in UTC."""


class SystemClock:
    """The machine's clock."""

    def monotonic(self) -> float:
        """Seconds since some moment."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)

    def now(self) -> datetime:
        """The time of day, in UTC."""
        return clock.now()


class Host:
    """One host: who is speaking to it, when that ended, and before when it wants no more."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = Lock()
        self._ended = float("-inf")
        self._not_before = float("-inf")

    @contextmanager
    def turn(self, target: Target, delay: float, patience: float) -> Iterator[None]:
        """Wait for our turn to ask. Raises BusyError when that would take more than `patience` seconds."""
        with self._lock:
            wait = max(self._ended + delay, self._not_before) - self._clock.monotonic()
            if wait > max(patience, 0.0):
                sentence = f"{target.host} 要求 {wait:.0f} 秒之后再访问：这一次先不取，到时候会再试。"
                raise BusyError(sentence, target.url, wait)
            if wait > 0:
                self._clock.sleep(wait)
            try:
                yield
            finally:
                self._ended = self._clock.monotonic()

    def postpone(self, seconds: float) -> None:
        """Ask nothing more of this host for so long."""
        self._not_before = max(self._not_before, self._clock.monotonic() + seconds)


class Hosts:
    """What is known of all hosts in one run; shared by the fetchers of all sources, so that they take turns."""

    def __init__(self, clock: Clock | None = None) -> None:
        self.clock: Clock = clock or SystemClock()
        self._hosts: dict[str, Host] = {}
        self._robots: dict[str, tuple[float, Robots | FetchError]] = {}
        self._lock = Lock()

    def host(self, target: Target) -> Host:
        """Return the host of an address."""
        with self._lock:
            return self._hosts.setdefault(target.host, Host(self.clock))

    def robots(self, target: Target) -> Robots | FetchError | None:
        """Return what is known of the origin's robots.txt: its rules, why it could not be had, or None."""
        until, robots = self._robots.get(target.origin, (float("-inf"), None))
        return robots if self.clock.monotonic() < until else None

    def remember(self, target: Target, robots: Robots | FetchError) -> None:
        """Keep an origin's rules for a day; that they could not be had, for five minutes."""
        seconds = ROBOTS_SECONDS if isinstance(robots, Robots) else FAILURE_SECONDS
        self._robots[target.origin] = (self.clock.monotonic() + seconds, robots)
