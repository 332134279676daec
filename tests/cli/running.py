"""`kb`, run as a user types it: in processes of its own, or in this one."""

from __future__ import annotations

import multiprocessing
import os
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import TextIO

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


_processes = multiprocessing.get_context("forkserver")
_processes.set_forkserver_preload(
    [
        "tests.cli.running",
        "kb.cli.main",
        "kb.ingest.formats.extract",
        "kb.search.embedded.whoosh_engine",
        "kb.upkeep.mend",
        "kb.upkeep.refresh",
        "kb.upkeep.verdict",
        # What `kb serve` needs, but nothing that counts: how figures are kept is decided when that is loaded.
        "flask",
        "kb.export.evidence_package",
        "pypinyin",
    ]
)


@contextmanager
def running(
    folder: Path, *arguments: str | Path, environment: Mapping[str, str] = os.environ
) -> Iterator[tuple[BaseProcess, TextIO]]:
    """Run `kb`, which goes on until it is told to end; give its process and what it says on stderr, line by line."""
    with tempfile.TemporaryDirectory(prefix="kb-test-") as scratch:
        said = Path(scratch, "stderr")
        os.mkfifo(said)
        given = (tuple(map(str, arguments)), folder, Path(scratch, "stdout"), said, dict(environment))
        process = _processes.Process(target=_run, args=given)
        process.start()
        with said.open(encoding="utf-8") as stderr:
            try:
                yield process, stderr
            finally:
                process.terminate()
                process.join(60)
                if process.exitcode is None:
                    process.kill()


class Kb:
    """Runs `kb` in a folder, each time in a process of its own: a fork of one that has loaded the program and done nothing."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self, *arguments: str | Path, code: int = 0) -> str:
        """Run it, expect this exit code and no traceback, answer stdout; stderr is kept in `said`."""
        with tempfile.TemporaryDirectory(prefix="kb-test-") as scratch:
            shown, said = Path(scratch, "stdout"), Path(scratch, "stderr")
            given = (tuple(map(str, arguments)), self.folder, shown, said, dict(os.environ))
            process = _processes.Process(target=_run, args=given)
            process.start()
            process.join(120)
            if process.exitcode is None:
                process.kill()
                process.join()
                pytest.fail(f"kb {' '.join(given[0])} did not end in two minutes")
            answer, self.said = shown.read_text(encoding="utf-8"), said.read_text(encoding="utf-8")
        assert "Traceback" not in self.said, self.said
        assert process.exitcode == code, (process.exitcode, answer, self.said)
        return answer


def _run(arguments: tuple[str, ...], folder: Path, shown: Path, said: Path, environment: dict[str, str]) -> None:
    """Be `kb`: what the process that it is forked from has of a test is replaced by what this test has."""
    for descriptor, path in ((1, shown), (2, said)):
        written = os.open(path, os.O_WRONLY | os.O_CREAT)
        os.dup2(written, descriptor)
        os.close(written)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    main(arguments)


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
