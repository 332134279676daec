"""The crontab and systemd units that operators copy: what they name is there, and they say when something is wrong."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "scripts/examples"
_LINE = re.compile(r"(?:[\d*/,-]+ +){5}(?P<command>\S.*)")


def test_systemd_finds_nothing_wrong_with_the_units(tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("没有 systemd-analyze：systemd 的例子没有核对")
    units = [*EXAMPLES.glob("*.service"), *EXAMPLES.glob("*.timer")]
    assert len(units) == 3
    for unit in units:
        text = unit.read_text(encoding="utf-8").replace("/opt/kb", str(ROOT))
        (tmp_path / unit.name).write_text(text.replace(f"{ROOT}/.venv/bin/kb", "/bin/true"), encoding="utf-8")
    command = ["systemd-analyze", "verify", *(str(tmp_path / unit.name) for unit in units)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("code", [0, 1])
def test_the_crontab_mails_the_end_of_the_log_when_something_is_wrong_and_is_silent_else(
    tmp_path: Path, code: int
) -> None:
    text = (EXAMPLES / "crontab").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line[:1].isdigit()]
    stand_in = tmp_path / "scripts/refresh"
    stand_in.parent.mkdir()
    stand_in.write_text(f'#!/bin/sh\necho "示例：$*"\nexit {code}\n', encoding="utf-8")
    stand_in.chmod(0o755)
    said = []
    for line in lines:
        match = _LINE.fullmatch(line)
        assert match, line
        command = match["command"].replace("/opt/kb", str(tmp_path))
        said.append(subprocess.run(["/bin/sh", "-c", command], capture_output=True, text=True, check=True).stdout)
    assert (tmp_path / "refresh.log").read_text(encoding="utf-8") == "示例：\n示例：--full\n"
    assert said == (["示例：\n", "示例：\n示例：--full\n"] if code else ["", ""])
