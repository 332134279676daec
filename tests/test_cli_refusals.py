"""What the command line says when a call is wrong or the machine refuses: the right code, and nothing in English."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.test_cli_reading import Kb


@pytest.fixture
def kb(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Kb:
    monkeypatch.chdir(tmp_path)
    return Kb(tmp_path, capfd)


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (["cite-check", "没有.txt"], 3, "找不到 没有.txt：请检查路径。\n"),
        (["cite-check", "."], 6, "读不了 .：这是文件夹，不是文件：请写文件的路径。\n"),
        (["cite-check", "示例.txt", "--json=x"], 2, "选项 --json 后面不能写值：请运行 kb --help 查看用法。\n"),
        (["source", "add", "foo"], 2, "网址 foo 不能抓取：只支持 http:// 和 https:// 开头的网址。\n"),
        (["source", "add", "ftp://foo/"], 2, "网址 ftp://foo/ 不能抓取：只支持 http:// 和 https:// 开头的网址。\n"),
    ],
)
def test_a_wrong_call_is_answered_in_chinese(kb: Kb, arguments: list[str], code: int, sentence: str) -> None:
    (kb.folder / "示例.txt").write_text("示例。\n", encoding="utf-8")
    assert kb(*arguments, code=code) == ""
    assert kb.said == sentence


def test_a_site_that_does_not_answer_is_not_said_to_be_tried_again(kb: Kb) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    kb("source", "add", f"http://127.0.0.1:{port}/", "--allow-private", code=7)
    assert f"连不上 127.0.0.1:{port}（对方拒绝连接）：请检查网络和网址" in kb.said and "会再试" not in kb.said


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own, with room for eight megabytes."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(folder)]
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("这台机器不允许挂载文件系统（需要 root）")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.mark.parametrize("left", [0, 40_000, 100_000, 200_000])
def test_a_full_disk_is_said_to_be_full(disk: Path, kb: Kb, monkeypatch: pytest.MonkeyPatch, left: int) -> None:
    monkeypatch.chdir(disk)
    (disk / "corpus/files").mkdir(parents=True)
    (disk / "corpus/files/示例.md").write_text("# 示例\n\n" + "见《示例法》第一条。\n\n" * 10_000, encoding="utf-8")
    room = os.statvfs(disk)
    (disk / "filler").write_bytes(bytes(room.f_bavail * room.f_frsize - left))
    kb("index", code=6)
    assert "磁盘已满" in kb.said
    (disk / "filler").unlink()
    kb("index")
