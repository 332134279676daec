"""The crontab and systemd units that operators copy: what they name is there, and they say when something is wrong."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from kb import __version__

ROOT = Path(__file__).parents[2]
EXAMPLES, DEPLOY = ROOT / "scripts/examples", ROOT / "docs/deploy"
_LINE = re.compile(r"(?:[\d*/,-]+ +){5}(?P<command>\S.*)")


def test_systemd_finds_nothing_wrong_with_the_units(tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("没有 systemd-analyze：systemd 的例子没有核对")
    for folder, count in ((EXAMPLES, 3), (DEPLOY, 2)):
        units = [path for path in folder.iterdir() if path.suffix in (".service", ".timer", ".socket")]
        assert len(units) == count
        for unit in units:
            text = re.sub("/(?:opt|srv)/kb", str(ROOT), unit.read_text(encoding="utf-8"))
            (tmp_path / unit.name).write_text(text.replace(f"{ROOT}/.venv/bin/kb", "/bin/true"), encoding="utf-8")
        command = ["systemd-analyze", "verify", *(str(tmp_path / unit.name) for unit in units)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, "")


def test_the_examples_name_the_image_of_this_version() -> None:
    files = [path for path in DEPLOY.rglob("*") if path.is_file()]
    named = {found for path in files for found in re.findall(r"\bkb:(\d[\d.]+\d)", path.read_text("utf-8"))}
    assert named == {__version__}


@pytest.mark.parametrize("code", [0, 1])
def test_the_crontab_mails_the_end_of_the_log_when_something_is_wrong_and_is_silent_else(
    tmp_path: Path, code: int
) -> None:
    text = (EXAMPLES / "crontab").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line[:1].isdigit()]
    for stand_in in (tmp_path / "scripts/refresh", tmp_path / ".venv/bin/kb"):
        stand_in.parent.mkdir(parents=True)
        stand_in.write_text(f'#!/bin/sh\necho "示例：$*"\nexit {code}\n', encoding="utf-8")
        stand_in.chmod(0o755)
    said = []
    for line in lines:
        match = _LINE.fullmatch(line)
        assert match, line
        command = match["command"].replace("/opt/kb", str(tmp_path))
        said.append(subprocess.run(["/bin/sh", "-c", command], capture_output=True, text=True, check=True).stdout)
    logged = {name: (tmp_path / f"{name}.log").read_text(encoding="utf-8") for name in ("refresh", "backup")}
    assert logged == {"refresh": "示例：\n示例：--full\n", "backup": "示例：backup /mnt/backup\n示例：gc\n"}
    first, both, kept, cleared = "示例：\n", logged["refresh"], "示例：backup /mnt/backup\n", logged["backup"]
    assert said == ([first, both, kept, cleared] if code else [""] * 4)
