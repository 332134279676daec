"""A cluster that does not answer is not asked by every reader in turn: each would wait for it, and none could read documents."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from kb.search.cluster.connection import AwayError

PAUSE = 5.0
"""Seconds for which a cluster that did not answer is not asked again."""

_LONGEST = 60.0


class Absence:
    """Remembers that the cluster did not answer. Many threads may use one."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._error: AwayError | None = None
        self._until = 0.0

    @contextmanager
    def noticed(self) -> Iterator[None]:
        """Ask within; raises at once what was raised when the cluster was asked the last time, but for one who tries again."""
        self._refuse()
        away: AwayError | None = None
        try:
            yield
        except AwayError as error:
            away = error
            raise
        finally:
            self._remember(away, PAUSE if away else 0)

    def check(self) -> None:
        """Return where it is not known that the cluster does not answer. Raises AwayError."""
        with self._lock:
            self._raise()

    def _raise(self) -> None:
        if self._error and time.monotonic() < self._until:
            raise AwayError(str(self._error))

    def _refuse(self) -> None:
        with self._lock:
            self._raise()
            self._until = time.monotonic() + _LONGEST  # the others wait for the one who tries

    def _remember(self, error: AwayError | None, pause: float) -> None:
        with self._lock:
            self._error, self._until = error, time.monotonic() + pause
