"""A floor under the quality of ranking, on a sample of the laws and of the questions; lowering it is a visible act."""

from __future__ import annotations

import hashlib
import json
import runpy
import shutil
from pathlib import Path
from typing import Any

import pytest

BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "questions.py"
LAWS = ("民法典", "民法商法", "社会法", "刑法", "诉讼与非诉讼程序法")
LOCAL, LOCAL_FILES = "DLC/河南地方法规", 60
DATA = {
    "laws.tar.xz": "796f606322c02773766392bac1dfd6aeae40343f1d71fa649ba6893457ef49c7",
    "statute-queries.jsonl": "ffbeeff0e7d350018ebc31ddc2e477d3077ec7257b9d4634c2ad9f35656f987a",
}
FLOOR = {"mrr@10": 0.43, "recall@10": 0.57, "recall@100": 0.80}


@pytest.fixture(scope="module")
def benchmark(shared_data: Path) -> dict[str, Any]:
    for name, digest in DATA.items():
        if hashlib.sha256((shared_data / name).read_bytes()).hexdigest() != digest:
            pytest.skip(f"{name} 不是定下限时的那一份：请重新测定 FLOOR")
    return runpy.run_path(str(BENCHMARK))


def sample(laws: Path, folder: Path) -> Path:
    """Copy some national laws, all of a branch, and local rules that say the like."""
    for branch in LAWS:
        shutil.copytree(laws / branch, folder / branch)
    (folder / "地方性法规").mkdir()
    for path in sorted((laws / LOCAL).rglob("*.md"))[:LOCAL_FILES]:
        shutil.copy(path, folder / "地方性法规")
    return folder


def test_questions_find_their_answers_as_well_as_they_did(
    benchmark: dict[str, Any], laws: Path, shared_data: Path, tmp_path: Path
) -> None:
    folder = sample(laws, tmp_path / "laws")
    stems = {path.stem for path in folder.rglob("*.md")}
    asked = benchmark["read_questions"](shared_data / "statute-queries.jsonl")
    answered = [each for each in asked if all(name.rsplit(" ", 1)[0] in stems for name in each["relevant"])]
    questions = tmp_path / "questions.jsonl"
    questions.write_text("\n".join(map(json.dumps, answered[::3])), encoding="utf-8")
    figures = benchmark["measure"](folder, questions, tmp_path / "place")
    assert figures["questions"] > 200
    assert {name: figures[name] for name in FLOOR if figures[name] < FLOOR[name]} == {}, figures
