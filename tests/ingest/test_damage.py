"""Damage is told from editing: what a machine broke is named as broken, never taken for a person's text, and restored."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.running import EXAMPLE, Kb

DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "zeros": lambda data: bytes(len(data)),
    "emptied": lambda _: b"",
    "blanks": lambda _: b"\n\n",
    "the first block zeros": lambda data: bytes(300) + data[300:],
    "the last block zeros": lambda data: data[:-200] + bytes(200),
    "cut off in the head": lambda data: data[:60],
    "cut off in the text": lambda data: data[:-60],
}
damages = pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two documents, one of them with an older version, and an index."""
    kb = Kb(tmp_path_factory.mktemp("prepared"))
    (kb.folder / "示例.txt").write_text(EXAMPLE, encoding="utf-8")
    (kb.folder / "别的.txt").write_text(EXAMPLE.replace("示例要求", "别的要求"), encoding="utf-8")
    kb("ingest", "示例.txt", "别的.txt")
    (kb.folder / "示例.txt").write_text(EXAMPLE.replace("示例要求", "示例新要求"), encoding="utf-8")
    kb("ingest", "示例.txt")
    kb("index")
    return kb.folder


@pytest.fixture
def filled(prepared: Path, tmp_path: Path) -> Kb:
    return Kb(shutil.copytree(prepared, tmp_path / "filled"))


def _file(kb: Kb) -> Path:
    return kb.folder / "corpus/files/示例.md"


@damages
def test_damage_is_named_and_repaired_to_the_byte(filled: Kb, damage: Callable[[bytes], bytes]) -> None:
    good = _file(filled).read_bytes()
    _file(filled).write_bytes(damage(good))
    assert "示例.md" in filled("check", code=1)
    filled("index", code=1)
    assert "已恢复成写入时的样子" in filled("check", "--repair") + filled.said
    assert _file(filled).read_bytes() == good
    assert filled("check").endswith("完好。\n")


def test_what_cannot_be_restored_can_still_be_found_as_it_was(filled: Kb) -> None:
    _file(filled).write_bytes(bytes(400))
    shutil.rmtree(filled.folder / "corpus/.snapshots")
    filled("check", "--repair", code=1)
    assert "恢复不了" in filled.said and "重建" not in filled.said
    assert "示例新要求" in filled("search", '"示例新要求"')
    assert "示例.md" in filled("check", code=1)


def test_one_that_cannot_be_restored_keeps_no_other_from_telling_how_it_stands(filled: Kb) -> None:
    _file(filled).write_bytes(bytes(400))
    shutil.rmtree(filled.folder / "corpus/.snapshots")
    for store in (filled.folder / "index").glob("citations.sqlite*"):
        store.unlink()
    filled("check", "--repair", code=1)
    assert "索引已重建；" in filled.said and "检索不到" in filled.said
    (hit,) = json.loads(filled("search", '"别的要求"', "--json"))["hits"]
    assert hit["validity"]


@pytest.mark.parametrize("damage", list(DAMAGES.values())[:-1], ids=list(DAMAGES)[:-1])
def test_what_was_damaged_is_no_edit(filled: Kb, damage: Callable[[bytes], bytes]) -> None:
    good = _file(filled).read_bytes()
    _file(filled).write_bytes(damage(good))
    said = filled("check", code=1)
    assert "这是损坏" in said and "kb check --repair" in said and "--accept" not in said
    assert "更新 1" in filled("ingest", "示例.txt")
    assert b"\n  snapshot: " in _file(filled).read_bytes() and _file(filled).stat().st_size == len(good)
    assert len(list(_file(filled).parent.glob("*.md"))) == 2
    filled("index")
    assert filled("check").endswith("完好。\n")


def test_a_version_is_restored_too_and_an_index_made_anew_forgets_nothing(filled: Kb) -> None:
    (version,) = (filled.folder / "corpus/files/示例").iterdir()
    good = {path: path.read_bytes() for path in (_file(filled), version)}
    for path, data in good.items():
        path.write_bytes(bytes(len(data)))
    filled("index", "--rebuild", code=1)
    filled("check", "--repair")
    assert {path: path.read_bytes() for path in good} == good


def test_others_are_found_while_one_is_damaged(filled: Kb) -> None:
    _file(filled).write_bytes(b"")
    filled("index", code=1)
    assert "示例.md 里什么也没有了：这是损坏" in filled.said
    assert "别的" in filled("search", "别的要求")


def test_without_a_record_of_where_it_is_from_a_way_out_is_named(filled: Kb) -> None:
    for path in (*(filled.folder / "index").glob("citations.*"), filled.folder / "corpus" / ".ledger"):
        path.unlink()
    _file(filled).write_bytes(b"")
    filled("check", "--repair", code=1)
    assert "恢复不了" in filled.said and "重新收录" in filled.said


def test_a_persons_own_text_is_left_alone_once_somebody_says_so(filled: Kb) -> None:
    """Without its header it may as well be damaged: it is not taken in silence."""
    _file(filled).write_text("# 自己写的示例\n\n全部换掉了（示例）。\n", encoding="utf-8")
    filled("index", code=1)
    assert "kb check --accept 示例" in filled.said
    filled("check", "--accept", "示例", code=1)
    filled("index")
    filled("check", "--repair")
    assert _file(filled).read_text(encoding="utf-8").startswith("# 自己写的示例")
    assert "1 节" in filled("search", "全部换掉了")
