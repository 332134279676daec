"""Processes that work for another one, and end when it does, however it dies."""

from __future__ import annotations

import multiprocessing
import os
import time
from threading import Thread

SHARED_METRICS = "PROMETHEUS_MULTIPROC_DIR"
"""The environment variable that names the folder where processes add up what they count; read once, on first import."""


_LOOK = 0.05  # seconds


def processors() -> int:
    """Return how many processors this process may use; where the system does not tell (macOS), how many there are."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def end_with_parent() -> None:
    """Call it in a process that multiprocessing started: it ends at once when its parent is gone."""
    Thread(target=_wait_for_the_end, daemon=True).start()


def _wait_for_the_end() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    while os.getppid() == parent.pid:  # it is another program now, but lives
        time.sleep(_LOOK)
    os._exit(1)
