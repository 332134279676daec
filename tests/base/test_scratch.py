"""Folders for a while: nobody else's to look into, and gone after a kill."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from kb.base import scratch

_HOLD = "import sys\nfrom kb.base import scratch\nwith scratch.folder('test') as f:\n    print(f, flush=True)\n    sys.stdin.read()"


def test_what_a_killed_run_left_goes_with_the_next_and_what_is_in_use_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    pipe = subprocess.PIPE
    with (
        subprocess.Popen([sys.executable, "-c", _HOLD], stdin=pipe, stdout=pipe, text=True) as killed,
        subprocess.Popen([sys.executable, "-c", _HOLD], stdin=pipe, stdout=pipe, text=True) as living,
    ):
        assert killed.stdout and living.stdout
        left, used = (Path(each.stdout.readline().strip()) for each in (killed, living))  # type: ignore[union-attr]
        assert left.stat().st_mode & 0o777 == 0o700
        killed.send_signal(signal.SIGKILL)
        killed.wait()
        other = tmp_path / "kb-others"
        other.mkdir()
        with scratch.folder("young"):
            assert left.is_dir(), "one that may be just being made"
        old = time.time() - 3600
        for each in (left, used):
            os.utime(each / ".held", (old, old))
        with scratch.folder("next") as own:
            assert own.is_dir() and not left.exists() and used.is_dir() and other.is_dir()
        assert not own.exists()
        living.communicate("")
    assert not used.exists()
