"""`scripts/environment` without a network: what it mends, and what it says of what it cannot mend."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import pip
import pytest

ROOT = Path(__file__).parents[2]
_NOWHERE = "nowhere==1 --hash=sha256:" + "0" * 64 + "\n"
_PYTHON = f"python{sys.version_info.major}.{sys.version_info.minor}"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project whose environment has a program and is not what its locks ask for."""
    folder = tmp_path / "project"
    (folder / "scripts").mkdir(parents=True)
    (folder / "locks").mkdir()
    (folder / "scripts" / "environment").write_bytes((ROOT / "scripts" / "environment").read_bytes())
    (folder / "pyproject.toml").write_text("")
    for name in ("run", "build"):
        (folder / "locks" / f"{name}.txt").write_text(_NOWHERE)
    venv.create(folder / ".venv", symlinks=True)
    packages = folder / ".venv" / "lib" / _PYTHON / "site-packages"
    shutil.copytree(Path(pip.__file__).parent, packages / "pip")  # as ensurepip would, in seconds
    for name, code in {"pip": "import pip._internal", "kb": "import ours\nprint('kb', ours.__file__)"}.items():
        program = folder / ".venv" / "bin" / name
        program.write_text(f"#!{folder}/.venv/bin/python\n{code}\n")
        program.chmod(0o755)
    (folder / "ours.py").write_text("")
    (packages / "ours.pth").write_text(f"{folder}\n")
    return folder


def _run(folder: Path, *arguments: str, path: str = "", code: int = 0) -> str:
    environment = {
        **os.environ,
        "PIP_INDEX_URL": "http://127.0.0.1:9/simple",
        "PIP_RETRIES": "0",
        "PIP_FIND_LINKS": "",
        "PATH": f"{path}{os.pathsep}{os.environ['PATH']}",
    }
    command = ["sh", str(folder / "scripts" / "environment"), *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == code, done.stderr
    return done.stderr


def _program(folder: Path) -> str:
    return subprocess.run([folder / ".venv/bin/kb", "--version"], capture_output=True, text=True, check=True).stdout


def _take_python_away(folder: Path) -> None:
    for link in (folder / ".venv" / "bin").glob("python*"):
        link.unlink()
        link.symlink_to("/nowhere/python")


def test_a_folder_that_was_moved_is_mended(project: Path) -> None:
    moved = project.rename(project.with_name("moved"))
    with pytest.raises(OSError):
        _program(moved)
    assert "原来在" in _run(moved, "--offline")
    assert str(moved / "ours.py") in _program(moved)
    assert "原来在" not in _run(moved, "--offline")


def test_a_copy_leads_to_its_own_code_not_to_the_original(project: Path) -> None:
    copy = project.with_name("copy")
    subprocess.run(["cp", "-a", project, copy], check=True)
    _run(copy, "--offline")
    assert str(copy / "ours.py") in _program(copy)
    assert str(project / "ours.py") in _program(project)


def test_another_python_of_the_same_kind_is_taken(project: Path, tmp_path: Path) -> None:
    _take_python_away(project)
    there = tmp_path / "there"
    there.mkdir()
    (there / _PYTHON).symlink_to(Path(sys.executable).resolve())
    assert "已接上" in _run(project, "--offline", path=str(there))
    assert "ours.py" in _program(project)


def test_without_a_python_of_its_kind_it_says_so_and_touches_nothing(project: Path) -> None:
    _take_python_away(project)
    cfg = project / ".venv" / "pyvenv.cfg"
    cfg.write_text("version = 3.1.0\n")
    assert "不联网修不好" in _run(project, "--offline", code=1)
    assert (project / ".venv" / "bin" / "kb").is_file()


def test_at_night_what_works_is_used_and_what_does_not_is_told(project: Path) -> None:
    assert "先用现有的" in _run(project, "--offline")
    (project / ".venv" / "bin" / "kb").unlink()
    assert "没有装好" in _run(project, "--offline", code=1)


def test_a_program_that_does_not_run_is_told_and_never_called_well(project: Path) -> None:
    """All is installed, says the stamp, and a file of it was emptied."""
    (project / "locks" / "run.txt").write_text("")
    files = b"".join((project / name).read_bytes() for name in ("pyproject.toml", "locks/run.txt", "locks/build.txt"))
    stamp = hashlib.sha256(files + repr(sys.version_info[:2]).encode()).hexdigest()
    (project / ".venv" / "kb-run.stamp").write_text(f"{stamp}\n")
    assert _run(project, "--offline") == ""
    (project / "ours.py").write_text("from nowhere import nothing\n")
    assert "损坏" in _run(project, "--offline", code=1)
    assert "损坏" in _run(project, code=1)


def test_without_an_environment_nothing_is_fetched_at_night(project: Path) -> None:
    (project / ".venv").rename(project / "gone")
    assert "还没有环境" in _run(project, "--offline", code=1)
    assert not (project / ".venv").exists()


def test_by_hand_without_a_network_the_next_run_goes_on(project: Path) -> None:
    assert "再运行一次就接着装" in _run(project, code=1)
    assert not list((project / ".venv").glob("*.stamp"))


def test_a_pip_that_was_killed_while_it_was_replaced_is_made_anew(project: Path) -> None:
    packages = project / ".venv" / "lib" / _PYTHON / "site-packages"
    (packages / "pip" / "__main__.py").unlink()
    (packages / "pip" / "_internal" / "build_env").mkdir(
        exist_ok=True
    )  # of another pip: it hides the file of this name
    (packages / "pip" / "_internal" / "build_env" / "__init__.py").write_text("")
    _run(project, code=1)  # nothing can be fetched here
    done = subprocess.run(
        [project / ".venv/bin/python", "-m", "pip", "list"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0 and "pip" in done.stdout, done.stderr
