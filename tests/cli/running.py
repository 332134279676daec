"""`kb`, run as a user types it: in processes of its own, or in this one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from kb.cli.main import main

EXAMPLE = """示例区人民政府办公室关于做好示例工作的通知
示府办〔2024〕1号
各街道办事处：
一、总体要求
按照示例要求，做好行政复议工作。
（一）基本原则
坚持示例原则。
二、主要任务
完善示例制度。
示例区人民政府办公室
2024年3月5日
"""


class Kb:
    """Runs `kb` in a folder, each time in a process of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self, *arguments: str | Path, code: int = 0) -> str:
        """Run it, expect this exit code and no traceback, answer stdout; stderr is kept in `said`."""
        command = [sys.executable, "-m", "kb", *map(str, arguments)]
        done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, timeout=120)
        self.said = done.stderr
        assert "Traceback" not in done.stderr, done.stderr
        assert done.returncode == code, (done.returncode, done.stdout, done.stderr)
        return done.stdout


class KbHere:
    """Runs `kb` in this process and the present folder: another process for each call would cost half a second."""

    def __init__(self, folder: Path, output: pytest.CaptureFixture[str]) -> None:
        self.folder, self._output = folder, output

    def __call__(self, *arguments: str, code: int = 0) -> str:
        """Expect this exit code, answer stdout; stderr is kept in `said`."""
        with pytest.raises(SystemExit) as ended:
            main(arguments)
        sys.stdout.flush()
        shown, self.said = self._output.readouterr()
        assert ended.value.code == code, (shown, self.said)
        return shown
