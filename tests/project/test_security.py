"""What docs/security.md promises of dependencies, and that the tests it names are there."""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS: dict[str, list[str]] = {"run": [], **PROJECT["optional-dependencies"]}


def locked(name: str) -> dict[str, str]:
    """The version of each package in a lock; each must have hashes."""
    text = (ROOT / "locks" / f"{name}.txt").read_text(encoding="utf-8")
    found = re.findall(
        r"^([\w.-]+)(?:\[[\w,-]+\])?==([^\s;\\]+)[^\n]*\\\n((?:    --hash=sha256:[0-9a-f]{64}[ \\]*\n)+)",
        text,
        re.MULTILINE,
    )
    assert len(found) == len(re.findall(r"^\w", text, re.MULTILINE)), f"locks/{name}.txt has packages without hashes"
    return {canonicalize_name(package): version for package, version, _ in found}


@pytest.mark.parametrize("extra", [*EXTRAS])
def test_every_dependency_is_locked_with_hashes(extra: str) -> None:
    versions = locked(extra)
    for written in (*PROJECT["dependencies"], *EXTRAS[extra]):
        wanted = Requirement(written)
        assert wanted.specifier.contains(versions[canonicalize_name(wanted.name)]), f"run scripts/lock: {written}"


def test_all_locks_agree_and_what_builds_is_locked_too() -> None:
    run = locked("run")
    for extra in EXTRAS:
        assert run.items() <= locked(extra).items(), extra
    assert {"hatchling", "setuptools", "wheel", "editables"} <= set(locked("build"))
    assert {"uv", "pip-audit", "cyclonedx-bom"} <= set(locked("tools"))


def test_everything_that_the_program_imports_is_in_the_lock() -> None:
    installed = {canonicalize_name(each.metadata["Name"]): each for each in distributions()}
    wanted = {canonicalize_name(Requirement(written).name) for written in PROJECT["dependencies"]}
    seen: set[str] = set()
    while wanted - seen:
        name = (wanted - seen).pop()
        seen.add(name)
        for written in installed[name].requires or () if name in installed else ():
            requirement = Requirement(written)
            if not requirement.marker or requirement.marker.evaluate({"extra": ""}):
                wanted.add(canonicalize_name(requirement.name))
    assert seen <= set(locked("run"))


def test_no_code_of_ours_reads_or_writes_pickles_but_of_known_kinds() -> None:
    using = [
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "kb").rglob("*.py")
        if re.search(
            r"^\s*(?:import|from) (?:pickle|shelve|marshal|dill|joblib)\b",
            path.read_text(encoding="utf-8"),
            re.MULTILINE,
        )
    ]
    assert using == ["kb/search/embedded/codec.py"]  # Whoosh's table of contents, of five classes at most


def test_the_tests_that_the_table_names_are_there() -> None:
    text = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`(test_\w+)`", text))
    there = {name for path in (ROOT / "tests").rglob("test_*.py") for name in re.findall(r"^def (test_\w+)", path.read_text(encoding="utf-8"), re.MULTILINE)}  # fmt: skip
    assert len(named) > 15 and named <= there, named - there
