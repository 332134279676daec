"""What killed runs left unfinished, of whatever kind and wherever, keeps no command from its work, and goes."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from kb.search.embedded.generations import Generations
from kb.search.meaning import vectors
from kb.web.context.made_files import MadeFiles
from tests.cli.running import EXAMPLE, KbHere

PLACES = (
    "corpus",
    "corpus/files",
    "corpus/files/示例",
    "corpus/.snapshots",
    "corpus/.snapshots/00",
    "corpus/.state",
    "corpus/.suspicious/shili",
    "index",
)
"""Where writers write first beside what they replace."""


def _half_a_file(path: Path) -> None:
    path.write_bytes(b"\0\0half")


def _nothing(path: Path) -> None:
    path.touch()


def _folder(path: Path) -> None:
    (path / ".tmp-within").mkdir(parents=True)
    (path / ".tmp-within" / "file").write_bytes(b"half")


def _link_to_a_folder(path: Path) -> None:
    path.symlink_to(path.parent, target_is_directory=True)


def _link_to_nothing(path: Path) -> None:
    path.symlink_to("nowhere")


def _no_entry(path: Path) -> None:
    path.mkdir(mode=0)


KINDS = (_half_a_file, _nothing, _folder, _link_to_a_folder, _link_to_nothing, _no_entry)


@pytest.fixture
def kb(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> KbHere:
    """A library of one document, which a folder is the source of."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "inbox").mkdir()
    (tmp_path / "inbox" / "示例.txt").write_text(EXAMPLE, encoding="utf-8")
    (tmp_path / "kb.toml").write_text('[[source]]\nname = "shili"\nkind = "files"\nurl = "inbox"\n', encoding="utf-8")
    kb = KbHere(tmp_path, capsys)
    kb("ingest", "inbox")
    kb("refresh")
    return kb


def _left(folder: Path) -> list[Path]:
    return sorted(folder.rglob(".tmp-*"))


def _strew(folder: Path) -> None:
    for place in PLACES:
        for number, leave in enumerate(KINDS):
            (folder / place).mkdir(parents=True, exist_ok=True)
            leave(folder / place / f".tmp-{number:016x}")


def _say_something_new(kb: KbHere, words: str) -> None:
    (kb.folder / "inbox" / "示例.txt").write_text(f"{EXAMPLE}{words}\n", encoding="utf-8")


@pytest.mark.parametrize("commands", [("ingest inbox", "index"), ("refresh",), ("check --repair", "index")])
def test_every_kind_at_every_place_goes_and_keeps_nobody(kb: KbHere, commands: tuple[str, ...]) -> None:
    _strew(kb.folder)
    _say_something_new(kb, "完善示例监督。")
    for command in commands:
        kb(*command.split())
    assert _left(kb.folder) == []
    kb("check")
    assert "1 节" in kb("search", "完善示例监督") or "repair" in commands[0]


@pytest.mark.parametrize("command", ["check", "status", "search 示例", "show 示例", "rederive"])
def test_commands_that_only_read_go_on_beside_leftovers(kb: KbHere, command: str) -> None:
    _strew(kb.folder)
    kb(*command.split())


@pytest.mark.parametrize("leave", [_half_a_file, _folder, _link_to_a_folder, _link_to_nothing])
def test_what_stands_in_the_place_of_a_generation_is_not_one(kb: KbHere, leave: Callable[[Path], None]) -> None:
    leave(kb.folder / "index" / "gen-000077")
    _say_something_new(kb, "完善示例监督。")
    kb("refresh")
    assert _left(kb.folder) == [] and len(Generations(kb.folder / "index").numbers()) == 2
    kb("check")


@pytest.mark.parametrize("leave", KINDS)
def test_unfinished_made_files_go_once_they_are_old(tmp_path: Path, leave: Callable[[Path], None]) -> None:
    made = MadeFiles(tmp_path)
    made.get("all.zip", "one", lambda path: path.write_bytes(b"one"))
    leave(left := tmp_path / "made" / ".tmp-0123456789abcdef")
    for when in (time.time() - 3600, time.time() + 1e8):
        os.utime(left, (when, when), follow_symlinks=False)
    assert made.get("all.zip", "two", lambda path: path.write_bytes(b"two")).read_bytes() == b"two"
    assert _left(tmp_path) == []


class _Encoder:
    """Every text has the same vector."""

    name, width = "示例", 4

    def encode(self, texts: list[str]) -> np.ndarray:
        return np.ones((len(texts), self.width), np.float32)


@pytest.mark.parametrize("leave", KINDS)
def test_unfinished_vectors_go(tmp_path: Path, leave: Callable[[Path], None]) -> None:
    folder = tmp_path / _Encoder.name
    folder.mkdir()
    leave(folder / ".tmp-0123456789abcdef")
    assert vectors.learn(tmp_path, _Encoder(), "gen-000001", ["示例"]) == 1  # type: ignore[arg-type]
    assert _left(tmp_path) == []


@pytest.mark.parametrize("name", ["shili.json", "shili.sqlite"])
@pytest.mark.parametrize("data", [b"", b"\0" * 8192, b"half", "[]".encode("utf-16")])
def test_what_was_remembered_and_is_torn_is_begun_anew(kb: KbHere, name: str, data: bytes) -> None:
    """A power cut in a refresh: no seal was on."""
    (kb.folder / "corpus" / ".state" / "shili.sha256").unlink()
    (kb.folder / "corpus" / ".state" / name).write_bytes(data)
    _say_something_new(kb, "完善示例监督。")
    kb("check", code=1 if data or name.endswith("json") else 0)
    kb("refresh")
    kb("check")
    with sqlite3.connect(kb.folder / "corpus" / ".state" / "shili.sqlite") as database:
        assert database.execute("select count(*) from post").fetchone() == (1,)
