"""How the processes of a server share the readers: each sees how many the others have, and leaves them the next one."""

from __future__ import annotations

import ctypes
import socket
import time
import weakref
from contextlib import suppress
from multiprocessing.sharedctypes import RawArray

# How many connections more than another process one may have and still take the next. Readers stay with the process that they
# met; below this, whoever is less busy takes them.
MORE = 2
# Seconds after which nothing is left to a process that does nothing; its loop turns four times a second at least.
_SILENT = 0.6


class Seat(ctypes.Structure):
    """What a process tells the others of itself."""

    beat: float
    """When it last did anything, or has to have done something first, in seconds of the monotonic clock."""
    connections: int
    """Those on which something was asked lately."""
    takes: bool
    """Whether it takes connections at all, when it has no more than others."""
    accepts: bool
    """Whether it takes the next one: it has no more than others."""
    _fields_ = (
        ("beat", ctypes.c_double),
        ("connections", ctypes.c_int),
        ("takes", ctypes.c_bool),
        ("accepts", ctypes.c_bool),
    )


class Seats:
    """The seats of all processes of a server, made by the one that starts them."""

    def __init__(self, number: int) -> None:
        self.all = RawArray(Seat, number)
        pairs = [socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM) for _ in range(number)]
        self.called, self._calling = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
        for each in self._calling:
            each.setblocking(False)
        for each in (*self.called, *self._calling):
            weakref.finalize(self, each.close)

    def give(self, number: int, until: float) -> None:
        """Give a seat to a process that is about to start, which has time for that `until` then (monotonic seconds)."""
        self.all[number] = Seat(until, 0, False, False)

    def accepts(self, number: int, takes: bool, connections: int) -> bool:
        """Return whether a process is to accept the next connection, where it `takes` any; it tells what it has by asking.

        Those who have left connections to it are called when they may accept again.
        """
        seat, now = self.all[number], time.monotonic()
        seat.beat, seat.connections, seat.takes = now, connections, takes
        among = [each.connections for each in self.all if each.takes and now - each.beat < _SILENT]
        most = min(among, default=0) + MORE
        accepts = seat.accepts = takes and connections <= most
        for each, calling in zip(self.all, self._calling, strict=True):
            if each.takes and not each.accepts and each.connections <= most:
                with suppress(BlockingIOError):  # it was called and has not looked yet
                    calling.send(b".")
        return accepts
