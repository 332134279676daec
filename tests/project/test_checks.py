"""`scripts/test` ends with what its checks gave: CI believes its exit code, not its words."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
_NEEDED = ("chromium", "chromedriver", "strace")


def _checked(folder: Path, **codes: int) -> subprocess.CompletedProcess[str]:
    """Return how scripts/test ended where each check, by its name, exits with the code given (else with 0).

    Nothing is installed: the environment's script, the packages it looks for and all checks are stand-ins.
    """
    for name in (
        "scripts/environment",
        *(f".venv/bin/{check}" for check in ("ruff", "mypy", "lint-imports", "python")),
    ):
        program = folder / name
        program.parent.mkdir(parents=True, exist_ok=True)
        program.write_text(f"#!/bin/sh\necho {program.name} ran\nexit {codes.get(program.name, 0)}\n")
        program.chmod(0o755)
    for name in _NEEDED:
        (folder / name).write_text("#!/bin/sh\n")
        (folder / name).chmod(0o755)
    (folder / "scripts" / "test").write_bytes((ROOT / "scripts" / "test").read_bytes())
    (folder / "scripts" / "packages").write_text("#!/bin/sh\n")
    (folder / "scripts" / "packages").chmod(0o755)
    return subprocess.run(
        ["sh", folder / "scripts" / "test"],
        env={**os.environ, "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_all_green_is_zero(tmp_path: Path) -> None:
    done = _checked(tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert {"mypy ran", "lint-imports ran", "python ran"} <= set(done.stdout.splitlines())


@pytest.mark.parametrize(
    ("failing", "code"), [({"ruff": 1}, 1), ({"mypy": 1}, 1), ({"lint-imports": 1}, 1), ({"python": 2, "mypy": 1}, 2)]
)
def test_each_failing_check_fails_the_whole(tmp_path: Path, failing: dict[str, int], code: int) -> None:
    assert _checked(tmp_path, **failing).returncode == code
