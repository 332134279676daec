"""The command line as a user types it: real processes, real folders."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest

from kb.base.errors import StorageError
from kb.web.site import http_server
from tests.cli.running import EXAMPLE, Kb, running

REPORT = Path(__file__).parents[2] / "corpus" / "haojiang" / "haojiang-2021-report.md"


@pytest.fixture
def filled(kb: Kb) -> Kb:
    """A folder with one example document in its corpus and an index."""
    (kb.folder / "示例通知.txt").write_text(EXAMPLE, encoding="utf-8")
    kb("ingest", "示例通知.txt")
    kb("index")
    return kb


def test_a_document_is_ingested_indexed_found_and_shown(filled: Kb) -> None:
    results = json.loads(filled("search", "行政復議", "--json"))
    assert results["total"] == 1
    (hit,) = results["hits"]
    assert (hit["document"], hit["anchor"], hit["heading_path"]) == ("示例通知", "1", ["一、总体要求"])
    assert hit["url"] == "/d/%E7%A4%BA%E4%BE%8B%E9%80%9A%E7%9F%A5#1"
    assert [hit["snippet"][start:end] for start, end in hit["highlights"]] == ["行政复议"]
    assert "一、总体要求" in filled("show", "示例通知#1")
    shown = json.loads(filled("show", "示例通知", "--json"))
    assert (shown["document_number"], shown["date"]) == ("示府办〔2024〕1号", "2024-03-05")
    assert filled("check").endswith("完好。\n")


def test_a_config_file_may_stand_elsewhere(filled: Kb, tmp_path: Path) -> None:
    elsewhere = Kb(tmp_path / "elsewhere")
    elsewhere.folder.mkdir()
    (filled.folder / "kb.toml").write_text('[corpus]\npath = "corpus"\n', encoding="utf-8")
    assert "行政复议" in elsewhere("search", "行政复议", "--config", filled.folder / "kb.toml")
    assert "行政复议" in elsewhere("--config", filled.folder / "kb.toml", "search", "行政复议")


def test_one_section_can_be_shown(filled: Kb) -> None:
    assert filled("show", "示例通知#1-1").endswith("（一）基本原则\n坚持示例原则。\n")
    section = json.loads(filled("show", "示例通知#1-1", "--json"))["sections"]
    assert [(each["anchor"], each["number"], each["heading"]) for each in section] == [("1-1", "（一）", "基本原则")]


def test_an_unknown_anchor_is_answered_with_known_ones(filled: Kb) -> None:
    assert filled("show", "示例通知#9-9", code=3) == ""
    assert "没有章节 #9-9：有编号的章节是 1" in filled.said
    assert filled.said.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (["search", "x"], 5, "kb index"),
        (["index"], 3, "没有语料库"),
        (["serve"], 5, "kb index"),
        (["show", "没有的文件"], 3, "没有的文件"),
        (["ingest", "没有的文件.txt"], 3, "找不到"),
        (["nonsense"], 2, "没有命令 nonsense：请运行 kb --help"),
        (["show", "甲", "乙"], 2, "多出了参数 乙"),
        (["search"], 2, "缺少参数"),
        (["search", "x", "--limit", "many"], 2, "--limit 应当是整数"),
        (["search", "x", "--nonsense"], 2, "没有选项 --nonsense"),
        (["check", "--config", "没有.toml"], 3, "没有.toml"),
    ],
)
def test_a_wrong_call_gets_one_sentence_and_a_code(kb: Kb, arguments: list[str], code: int, sentence: str) -> None:
    assert kb(*arguments, code=code) == ""
    assert sentence in kb.said
    assert kb.said.count("\n") == 1


@pytest.mark.parametrize(
    ("query", "code"),
    [("x" * 100_000, 2), ('"行政复议', 0), ("……！！", 0), ("   ", 2), ('""', 0)],
)
def test_a_strange_query_is_answered_clearly(filled: Kb, query: str, code: int) -> None:
    filled("search", query, code=code)
    assert filled.said.count("\n") <= 2


def test_an_unknown_anchor_names_those_there_are(filled: Kb) -> None:
    filled("show", "示例通知#9-9", code=3)
    assert "#9-9" in filled.said
    assert "1-1" in filled.said


def test_bad_files_do_not_stop_the_good_ones(kb: Kb) -> None:
    folder = kb.folder / "inbox"
    folder.mkdir()
    (folder / "空.txt").write_bytes(b"")
    (folder / "二进制.txt").write_bytes(bytes(range(256)) * 10)
    (folder / "示例.txt").write_bytes(EXAMPLE.encode("gb18030"))
    answer = json.loads(kb("ingest", "inbox", "--json", code=1))
    assert (answer["new"], len(answer["failures"])) == (1, 2)
    assert "示例要求" in kb("show", "示例")


def test_a_port_in_use_is_said(filled: Kb) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        filled("serve", "--port", str(taken.getsockname()[1]), code=6)
    assert "已被占用" in filled.said
    with pytest.raises(StorageError, match=r"不能在 203\.0\.113\.1:0 上提供服务：请检查 --host 和 --port"):
        http_server._listening("203.0.113.1", 0)  # an address of another machine


def test_the_server_answers_as_the_command_line_does(filled: Kb) -> None:
    with running(filled.folder, "serve", "--port", "0") as (_, stderr):
        address = stderr.readline().split("：", 1)[1].split()[0]
        with urllib.request.urlopen(f"{address}api/v1/search?q=%E8%A1%8C%E6%94%BF%E5%A4%8D%E8%AE%AE") as answer:
            over_http = json.load(answer)
        assert raw(address, "/api/v1/search?q=行政复议").startswith("HTTP/1.0 200 OK")
    here = json.loads(filled("search", "行政复议", "--json"))
    for answer in (over_http, here):
        del answer["took_ms"]
    assert over_http == here


def test_a_server_that_is_ended_as_soon_as_it_is_ready_ends(filled: Kb) -> None:
    script = """
import os, signal
from kb.config.settings import load
from kb.web.site.http_server import serve
serve(load(), "127.0.0.1", 0, lambda _: os.kill(os.getpid(), signal.SIGTERM))
"""
    assert subprocess.run([sys.executable, "-c", script], cwd=filled.folder, timeout=60).returncode == 0


def test_a_process_of_the_server_that_dies_is_replaced_and_none_outlives_the_server(filled: Kb) -> None:
    command = [sys.executable, "-m", "kb", "serve", "--port", "0"]
    with subprocess.Popen(command, cwd=filled.folder, stderr=subprocess.PIPE, text=True) as server:
        assert server.stderr
        address = server.stderr.readline().split("：", 1)[1].split()[0]
        first = children(server.pid)
        assert len(first) == 2
        os.kill(first[0], signal.SIGKILL)
        until(lambda: len(children(server.pid)) == 2 and first[0] not in children(server.pid))
        said = iter(server.stderr.readline, "")
        assert any(f"服务进程 {first[0]} 意外结束（结束码 -9）" in line for line in said)
        with urllib.request.urlopen(f"{address}healthz") as answer:
            assert answer.status == 200
        last = children(server.pid)
        server.kill()
        until(lambda: not any(Path(f"/proc/{process}/exe").exists() for process in last))


def raw(address: str, path: str) -> str:
    """What is answered to an address that is sent as it is typed, as curl does."""
    host, port = address.removeprefix("http://").strip("/").split(":")
    with socket.create_connection((host, int(port))) as connection:
        connection.sendall(f"GET {path} HTTP/1.0\r\n\r\n".encode())
        return connection.makefile(encoding="utf-8").read()


def children(parent: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{parent}/task/{parent}/children").read_text().split()]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells what processes a process has")
def test_a_process_of_the_server_that_is_stuck_is_replaced(filled: Kb) -> None:
    code = """
import kb.web.site.http_server as http_server
from kb.config.settings import load
http_server._STUCK, http_server._STARTING = 6.0, 0.0
http_server.serve(load(), "127.0.0.1", 0, print)
"""
    with subprocess.Popen([sys.executable, "-c", code], cwd=filled.folder, stdin=subprocess.DEVNULL) as server:
        try:
            until(lambda: len(children(server.pid)) == 2)
            first = children(server.pid)
            os.kill(first[0], signal.SIGSTOP)
            until(lambda: len(children(server.pid)) == 2 and first[0] not in children(server.pid))
        finally:
            server.terminate()


def until(happened: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_reader_that_has_seen_enough_is_no_error_to_talk_about(filled: Kb) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-m", "kb", "show", "示例通知"]
    done = subprocess.run(command, cwd=filled.folder, stdout=writer, stderr=subprocess.PIPE, text=True)
    os.close(writer)
    assert done.stderr == ""


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("port = 99999", "第 2 行：serve.port 应当在 0 到 65535 之间"),
        ('address = "kb.example.cn/kb"', "第 2 行：serve.address 应当是没有路径的网址"),
        ('port = "80"', "第 2 行：serve.port 应当是一个整数"),
        ("prot = 80", "第 2 行：serve.prot 不是已知的设置；您是不是要写 serve.port"),
        ("[[sources]]", "第 2 行：sources 不是已知的设置；您是不是要写 [[source]]"),
        ("port = ", "第 2 行第 8 个字不是合格的 TOML"),
        ("port = 1\nport = 2", "不是合格的 TOML：请检查引号"),
    ],
)
def test_a_wrong_setting_names_its_line(kb: Kb, line: str, sentence: str) -> None:
    (kb.folder / "kb.toml").write_text(f"[serve]\n{line}\n", encoding="utf-8")
    kb("check", code=2)
    assert sentence in kb.said


def test_the_bundled_report_is_the_first_document(kb: Kb) -> None:
    config = REPORT.parent.parent.parent / "kb.toml"
    shown = json.loads(kb("show", "haojiang-2021-report", "--json", "--config", config))
    assert shown["issuer"] == "汕头市濠江区人民政府"
    assert shown["found"]["title"] == "supplied"


@pytest.mark.parametrize("options", [(), ("--rebuild",)])
def test_what_a_kill_left_behind_stops_nothing_and_goes(filled: Kb, options: tuple[str, ...]) -> None:
    places = [filled.folder / place for place in ("index", "corpus", "corpus/.state")]
    for place in places:
        (place / ".tmp-folder").mkdir(parents=True)
        (place / ".tmp-folder" / "half").write_bytes(b"half")
        (place / ".tmp-0123456789abcdef").write_bytes(b"half of a seal")
    filled("index", *options)
    filled("ingest", "示例通知.txt")
    assert not [left for place in places for left in place.glob(".tmp-*")]


def test_hand_edits_are_reported_and_can_be_accepted(filled: Kb) -> None:
    path = filled.folder / "corpus" / "files" / "示例通知.md"
    path.write_text(path.read_text(encoding="utf-8").replace("完善示例制度", "完善示例制度体系"), encoding="utf-8")
    assert "手工修改或损坏" in filled("check", code=1)
    filled("index")
    assert json.loads(filled("search", "制度体系", "--json"))["total"] == 1
    filled("check", "--accept", "示例通知", code=1)
    assert "kb index" in filled("check", code=1)
    filled("index")
    assert filled("check").endswith("完好。\n")
