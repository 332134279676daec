"""An operator's command: bounded in time, and what it starts ends with it."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from kb.base import leash


def test_a_command_gets_the_words_and_tells_how_it_ended(tmp_path: Path) -> None:
    assert leash.run_command(f"cat > {tmp_path}/out", "说明\n".encode(), 30) == (0, b"")
    assert (tmp_path / "out").read_text(encoding="utf-8") == "说明\n"
    assert leash.run_command("echo wrong >&2; exit 3", b"", 30) == (3, b"wrong\n")
    code, said = leash.run_command("head -c 100000 /dev/zero | tr '\\0' x >&2", b"", 30)
    assert code == 0 and len(said) <= 2000


def test_one_that_does_not_end_is_ended_with_all_that_it_started(tmp_path: Path) -> None:
    started = time.monotonic()
    with pytest.raises(TimeoutError):
        leash.run_command(f"sleep 600 & echo $! > {tmp_path}/pid; wait", b"", 1)
    assert time.monotonic() - started < 30
    assert is_gone(int((tmp_path / "pid").read_text()))


def test_what_a_command_leaves_behind_ends_with_it(tmp_path: Path) -> None:
    assert leash.run_command(f"sleep 600 & echo $! > {tmp_path}/pid", b"", 30)[0] == 0
    assert is_gone(int((tmp_path / "pid").read_text()))


def test_memory_is_bounded() -> None:
    code, _ = leash.run_command("python3 -c 'x = bytearray(3 << 30)'", b"", 60)
    assert code != 0


def is_gone(process: int) -> bool:
    """Whether a process is no more; a killed one stays a moment until somebody takes note."""
    for _ in range(300):
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return True
        if " Z " in Path(f"/proc/{process}/stat").read_text():
            return True
        time.sleep(0.01)
    return False
