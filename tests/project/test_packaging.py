"""The distribution: its name, its extras as the messages and the docs write them, and what is in the wheel."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
_INSTALL = re.compile(r"pip install '?([a-z-]+)\[([a-z]+)\]")


def test_what_is_said_to_be_installed_is_this_distribution_and_one_of_its_extras() -> None:
    said = {
        found
        for folder, ending in (("kb", "*.py"), ("docs", "*.md"))
        for path in (ROOT / folder).rglob(ending)
        for found in _INSTALL.findall(path.read_text(encoding="utf-8"))
    }
    assert said
    assert {name for name, _ in said} == {PROJECT["name"]} == {"zhengce-wenku"}
    assert {extra for _, extra in said} <= PROJECT["optional-dependencies"].keys()
    assert PROJECT["scripts"] == {"kb": "kb.cli.main:main"}


def test_the_wheel_holds_every_file_of_the_package(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--no-deps",
        "--no-build-isolation",
        "-w",
        tmp_path,
        ROOT,
    ]
    subprocess.run(command, check=True, timeout=120)
    (wheel,) = tmp_path.glob("zhengce_wenku-*.whl")
    with zipfile.ZipFile(wheel) as file:
        inside = {name for name in file.namelist() if name.startswith("kb/")}
    listed = subprocess.run(["git", "ls-files", "kb"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    tracked = set(listed.splitlines())
    assert not {name for name in tracked if '"' not in name} - inside
