from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from kb.base import leashed


def test_what_a_function_returns_or_raises_comes_back() -> None:
    assert leashed.call(5, divmod, 7, 2) == (3, 1)
    with pytest.raises(ZeroDivisionError):
        leashed.call(5, divmod, 7, 0)
    assert leashed.call(5, sorted, [2, 1], reverse=True) == [2, 1]


def test_one_worker_serves_many_calls() -> None:
    first = leashed.call(5, os.getpid)
    assert first != os.getpid()
    assert leashed.call(5, os.getpid) == first


def test_a_function_that_takes_too_long_is_ended_and_the_next_one_runs() -> None:
    with pytest.raises(TimeoutError):
        leashed.call(1, re.match, "(a+)+b", "a" * 60)
    assert leashed.call(5, len, "甲") == 1


def test_time_is_counted_for_each_call() -> None:
    for _ in range(4):
        leashed.call(1, sum, range(20_000_000))


class Dear:
    """Takes two seconds of the processor to be taken in, as a function does whose module must be imported first."""

    def __reduce__(self) -> tuple[object, ...]:
        return sum, (range(60_000_000),)


def test_a_short_call_leaves_the_next_one_its_time_from_the_start() -> None:
    assert leashed.call(0.1, len, "甲") == 1
    assert leashed.call(60, str, Dear()).isdigit()


def test_a_function_that_takes_too_much_memory_is_ended_and_the_next_one_runs() -> None:
    with pytest.raises(MemoryError):
        leashed.call(5, bytearray, 3 << 30)
    assert leashed.call(5, len, "甲") == 1


def test_a_worker_that_dies_is_replaced() -> None:
    with pytest.raises(MemoryError):
        leashed.call(5, os._exit, 3)
    assert leashed.call(5, len, "甲") == 1


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has seccomp")
def test_a_process_that_was_forked_has_workers_of_its_own() -> None:
    mine = leashed.call(5, os.getpid)
    reading, writing = os.pipe()
    if child := os.fork():
        os.waitpid(child, 0)
        assert os.read(reading, 20) not in (b"", str(mine).encode())
        assert leashed.call(5, os.getpid) == mine
    else:
        os.write(writing, str(leashed.call(5, os.getpid)).encode())
        os._exit(0)


def test_there_is_no_network() -> None:
    with pytest.raises(PermissionError):
        leashed.call(5, socket.create_connection, ("127.0.0.1", 9))


def test_the_environment_is_that_of_the_caller(monkeypatch: pytest.MonkeyPatch) -> None:
    for day in ("2021-11-22", "2021-11-23"):
        monkeypatch.setenv("KB_TODAY", day)
        assert leashed.call(5, os.getenv, "KB_TODAY") == day


def test_workers_end_with_the_program() -> None:
    code = "import os; from kb.base import leashed; print(leashed.call(5, os.getpid), flush=True); os._exit(0)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    folder = Path("/proc", done.stdout.strip())
    deadline = time.monotonic() + 20
    while folder.exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not folder.exists()
