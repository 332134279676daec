"""Places that all processes of a server share: locks on a file, which the system frees when the process that has one ends."""

from __future__ import annotations

import fcntl
import tempfile
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, suppress


class SharedPlaces:
    """A `number` of places. A process has one at most; its own threads have to agree who.

    Made before the processes are, by the one that starts them. Locks are those of POSIX: they belong to processes.
    """

    def __init__(self, number: int = 1) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115  open as long as this is
        weakref.finalize(self, self._file.close)
        self._number = number

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait for the first place, and leave it at the end."""
        fcntl.lockf(self._file, fcntl.LOCK_EX, 1, 0)
        try:
            yield
        finally:
            self.leave()

    def take(self) -> bool:
        """Take any place that is free; return whether there was one."""
        for place in range(self._number):
            with suppress(OSError):  # the place is taken, or the system has no locks left
                fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, place)
                return True
        return False

    def leave(self) -> None:
        """Leave the place that this process has."""
        fcntl.lockf(self._file, fcntl.LOCK_UN)
