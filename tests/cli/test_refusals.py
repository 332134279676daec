"""What the command line says when a call is wrong or the machine refuses: the right code, and nothing in English."""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from kb.corpus.folder import Corpus
from tests.cli.running import EXAMPLE, KbHere

LONG, TOO_LONG = "示" * 100, "路径中有一段名称太长：请换短一些的名称。\n"


@pytest.fixture
def kb(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> KbHere:
    monkeypatch.chdir(tmp_path)
    return KbHere(tmp_path, capfd)


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (["cite-check", "没有.txt"], 3, "找不到 没有.txt：请检查路径。\n"),
        (["cite-check", "."], 6, "读不了 .：这是文件夹，不是文件：请写文件的路径。\n"),
        (["cite-check", "示例.txt", "--json=x"], 2, "选项 --json 后面不能写值：请运行 kb --help 查看用法。\n"),
        (
            ["import", "addresses", "示例.txt", "--delay", "many"],
            2,
            "--delay 应当是数字，在 0 到 3600 之间：请运行 kb import addresses --help 查看用法。\n",
        ),
        (["follow", "remove", "many"], 2, "“编号…”应当是整数，不小于 1：请运行 kb follow remove --help 查看用法。\n"),
        (["follow", "remove", "0"], 2, "“编号…”应当是整数，不小于 1：请运行 kb follow remove --help 查看用法。\n"),
        (["cite-check", LONG], 6, f"读不了 {LONG}：{TOO_LONG}"),
        (["import", "pages", LONG, "--source", "files"], 6, f"读不了 {LONG}：{TOO_LONG}"),
        (["source", "add", "foo"], 2, "网址 foo 不能抓取：只支持 http:// 和 https:// 开头的网址。\n"),
        (["source", "add", "ftp://foo/"], 2, "网址 ftp://foo/ 不能抓取：只支持 http:// 和 https:// 开头的网址。\n"),
    ],
)
def test_a_wrong_call_is_answered_in_chinese(kb: KbHere, arguments: list[str], code: int, sentence: str) -> None:
    (kb.folder / "示例.txt").write_text("示例。\n", encoding="utf-8")
    assert kb(*arguments, code=code) == ""
    assert kb.said == sentence


def test_a_site_that_does_not_answer_is_not_said_to_be_tried_again(kb: KbHere) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    kb("source", "add", f"http://127.0.0.1:{port}/", "--allow-private", code=7)
    assert f"连不上 127.0.0.1:{port}（对方拒绝连接）：请检查网络和网址" in kb.said and "会再试" not in kb.said


def test_a_memo_is_checked_for_so_long_and_no_longer(kb: KbHere) -> None:
    folder = kb.folder
    (folder / "示例管理办法.txt").write_text(
        "示例管理办法\n第一条　为了规范示例，制定本办法。\n第二条　示例。\n", encoding="utf-8"
    )
    (folder / "kb.toml").write_text("[serve]\nheavy_seconds = 1\n", encoding="utf-8")
    quoted = (f"依照《示例管理办法》第一条“为了规范{'示例' * (at % 40)}，{at}，制定本办法。”，" for at in range(4_900))
    (folder / "备忘.txt").write_text("".join(quoted), encoding="utf-8")
    kb("ingest", "示例管理办法.txt")
    kb("index")
    assert kb("cite-check", "备忘.txt", code=6) == ""
    assert "1 秒内做不完，没有结果" in kb.said


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
def test_a_full_disk_is_said_to_be_full(disk: Path, kb: KbHere, monkeypatch: pytest.MonkeyPatch, left: int) -> None:
    monkeypatch.chdir(disk)
    (disk / "corpus/files").mkdir(parents=True)
    (disk / "corpus/files/示例.md").write_text("# 示例\n\n" + "见《示例法》第一条。\n\n" * 10_000, encoding="utf-8")
    room = os.statvfs(disk)
    (disk / "filler").write_bytes(bytes(room.f_bavail * room.f_frsize - left))
    kb("index", code=6)
    assert "磁盘已满" in kb.said
    (disk / "filler").unlink()
    kb("index")


@pytest.mark.parametrize("choice", ["保留自己的", "改用新版本"])
def test_a_conflict_is_settled_as_its_message_says(kb: KbHere, choice: str) -> None:
    source, kept = kb.folder / "示例 通知.txt", kb.folder / "corpus/files/示例-通知.md"
    source.write_text(EXAMPLE, encoding="utf-8")
    kb("ingest", source.name)
    mine = re.sub(r"(retrieved: '?)20\d\d", r"\g<1>2020", kept.read_text(encoding="utf-8"))
    kept.write_text(mine.replace("示例制度", "自己的制度"), encoding="utf-8")
    source.write_text(EXAMPLE.replace("示例制度", "更新的制度"), encoding="utf-8")
    kb("ingest", source.name, code=1)
    told = dict(re.findall(r"(看差别|保留自己的|改用新版本)：([^；，\n]+)", kb.said))
    _, *diff = told["看差别"].split()
    assert "[-自己-]{+更新+}的制度" in kb(*diff)
    assert "旧版本" not in kb("index")
    assert len(json.loads(kb("show", "示例-通知", "--json"))["versions"]) == 1
    assert "字面命中 0 节" in kb("search", "更新的制度", "版本:全部")
    subprocess.run(["bash", "-ec", told[choice].replace("kb ", f"{sys.executable} -m kb ")], check=False, cwd=kb.folder)
    kb("index")
    assert kb("check").endswith("完好。\n")
    assert ("自己的制度" if choice == "保留自己的" else "更新的制度") in kb("show", "示例-通知")
    assert kb("ingest", source.name).startswith("新增 0，更新 0，未变 1，冲突 0")


@pytest.mark.parametrize(
    "arguments",
    [
        ("check", "--config", LONG),
        ("source", "enable", "flk", "--config", LONG),
        ("check", "--config", "long.toml"),
        ("user", "list", "--config", "long.toml"),
    ],
)
def test_what_the_machine_does_not_show_is_said_and_is_no_absence(kb: KbHere, arguments: tuple[str, ...]) -> None:
    (kb.folder / "long.toml").write_text(
        f'[corpus]\npath = "{LONG}"\n[serve]\nreaders_file = "{LONG}"\n', encoding="utf-8"
    )
    assert kb(*arguments, code=6) == ""
    assert kb.said.count("\n") == 1 and "名称太长" in kb.said


def test_what_nobody_foresaw_that_the_machine_refuses_is_said(kb: KbHere, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: Corpus) -> None:
        raise OSError(errno.EIO, "Input/output error", "示例.md")

    (kb.folder / "corpus").mkdir()
    monkeypatch.setattr(Corpus, "ids", refuse)
    kb("doubts", code=6)
    assert kb.said == "运行这条命令时读写不了 示例.md ：磁盘读写出错：请检查磁盘。\n"


def test_every_step_of_the_index_that_failed_is_said(kb: KbHere) -> None:
    (kb.folder / "示例.txt").write_text(EXAMPLE, encoding="utf-8")
    kb("ingest", "示例.txt")
    (kb.folder / "index").mkdir()
    (kb.folder / "index" / "citations.sqlite").mkdir()
    (kb.folder / "index" / ".lock").mkdir()
    kb("index", code=6)
    assert "citations.sqlite" in kb.said and ".lock" in kb.said and kb.said.count("\n") == 2


def test_documents_that_cannot_be_read_are_counted_where_doubts_are_listed(kb: KbHere) -> None:
    for name in ("示例", "另一份"):
        (kb.folder / f"{name}.txt").write_text(EXAMPLE + name, encoding="utf-8")
        kb("ingest", f"{name}.txt")
    assert kb("doubts") == "没有存疑之处。\n"
    path = kb.folder / "corpus/files/示例.md"
    path.write_bytes(bytes(path.stat().st_size))
    assert kb("doubts", code=1) == ""
    assert "另有 1 份文件读不出来，没有看" in kb.said
    assert kb("doubts", "--json", code=1) == "[]\n" and "另有 1 份" in kb.said


_REPEALS = "（2020年1月1日公布）\n第一条　本条例自2020年1月1日起施行，《示例办法》同时废止。\n"


def test_results_and_texts_say_how_they_stand(kb: KbHere) -> None:
    source = kb.folder / "示例.txt"
    for words in ("示例制度", "更新的制度"):
        source.write_text(EXAMPLE.replace("示例制度", words), encoding="utf-8")
        kb("ingest", source.name)
    for name, text in (("示例办法", "第一条　为了规范示例，制定本办法。\n"), ("示例条例", _REPEALS)):
        (kb.folder / f"{name}.txt").write_text(f"{name}\n{text}", encoding="utf-8")
        kb("ingest", f"{name}.txt")
    kb("index")
    assert "   已废止　示例办法#art-1\n" in kb("search", "为了规范示例")
    assert kb("gaps", "--json") == "[]\n" and kb.said == "共缺 0 份，列出 0 份。\n"
    found = json.loads(kb("search", "示例制度", "版本:全部", "--json"))["hits"]
    hit = next(each for each in found if each["version"])
    shown = kb("search", "示例制度", "版本:全部")
    assert f"旧版本 {hit['version'][:10]}" in shown
    corpus = Corpus(kb.folder / "corpus")
    with corpus.writing():
        corpus.mark_withdrawn("示例", "2026-03-02")
    for address in ("示例", f"示例@{hit['version']}"):
        assert "已撤下：2026-03-02 发现来源网站不再提供这份文件" in kb("show", address)
    kept = kb.folder / "corpus/files/示例.md"
    kept.write_text(kept.read_text(encoding="utf-8").replace("示例要求", "自己的要求"), encoding="utf-8")
    assert "说明：这个文件与写入时不一致：手工修改或损坏，尚未确认。" in kb("show", "示例")
    assert "ledger" in json.loads(kb("check", "--json", code=1))


def test_a_list_of_readers_without_settings_serves_nobody(kb: KbHere) -> None:
    """Without kb.toml nobody would have to log in."""
    kb("user", "add", "示例读者", "--generate")
    kb("serve", "--port", "0", code=2)
    assert "谁都不用登录" in kb.said
