"""Ready-made sources: listed, and switched on without a change to anything else in kb.toml."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner

from kb.base.errors import KbError
from kb.cli.main import group
from kb.config.ready import enable, ready_sources
from kb.config.settings import load


def _kb(*words: str, folder: Path) -> str:
    done = CliRunner().invoke(group, ["--config", str(folder / "kb.toml"), "source", *words], standalone_mode=False)
    if done.exception:
        raise done.exception
    return done.output


def test_every_ready_source_is_a_good_one(tmp_path: Path) -> None:
    for each in ready_sources():
        enable(each.name, tmp_path / "kb.toml")
    found = load(folder=tmp_path).sources
    assert [(source.name, source.problem) for source in found] == [(each.name, "") for each in ready_sources()]
    assert all(each.title and each.about for each in ready_sources())


def test_enabling_one_keeps_every_comment(tmp_path: Path) -> None:
    path = tmp_path / "kb.toml"
    path.write_text('# 注释\n[corpus]\npath = "corpus"  # 语料库\n\n# [[source]]\n# name = "longhu"', encoding="utf-8")
    before = path.read_text(encoding="utf-8")
    assert "kb refresh longhu" in _kb("enable", "longhu", folder=tmp_path)
    after = path.read_text(encoding="utf-8")
    assert after.startswith(before) and tomllib.loads(after)["source"][0]["name"] == "longhu"
    shown = _kb("list", folder=tmp_path)
    assert "✓ longhu" in shown and "· chenghai" in shown and "· longhu" not in shown


@pytest.mark.parametrize(("name", "words"), [("longhu", "已经有"), ("beijing", "没有现成的来源")])
def test_what_is_there_or_is_not_is_said(name: str, words: str, tmp_path: Path) -> None:
    enable("longhu", tmp_path / "kb.toml")
    with pytest.raises(KbError, match=words):
        _kb("enable", name, folder=tmp_path)
