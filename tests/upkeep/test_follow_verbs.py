"""The operator's side of following: robots are added, told and removed by commands; what fails is said and tried again."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import re
import signal
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from kb.base import clock
from kb.upkeep.follow.subscriptions import Subscription, Subscriptions, Target
from tests.cli.running import EXAMPLE, Kb, KbHere
from tests.post_office import plain, post_office


class _Robot(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        server: Any = self.server
        server.told.append((self.path, json.loads(self.rfile.read(int(self.headers["Content-Length"])))))
        body = json.dumps(server.answer).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """What was told is the log."""


@pytest.fixture
def robot() -> Iterator[Any]:
    """A chat's robot on loopback: `told` are (path, content) of what it got, `answer` is what it says to it."""
    server: Any = HTTPServer(("127.0.0.1", 0), _Robot)
    server.told, server.answer = [], {"errcode": 0, "errmsg": "ok"}
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def kb(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> KbHere:
    monkeypatch.chdir(tmp_path)
    return KbHere(tmp_path, capsys)


@pytest.fixture
def library(kb: KbHere) -> KbHere:
    """A library with one document, at an address, that came before anybody follows: in an earlier second."""
    (kb.folder / "kb.toml").write_text('[serve]\naddress = "https://kb.example.cn"\n', encoding="utf-8")
    _ingest(kb, "一", EXAMPLE)
    came = clock.stamp()
    while clock.stamp() == came:
        pass
    return kb


def _ingest(kb: KbHere, name: str, text: str) -> None:
    (kb.folder / f"{name}.txt").write_text(text, encoding="utf-8")
    kb("ingest", f"{name}.txt")
    kb("index")


def _url(robot: Any) -> str:
    return f"http://127.0.0.1:{robot.server_port}/robot/send?access_token=secret"


def test_a_robot_is_told_once_and_one_that_refuses_is_asked_again(
    library: KbHere, robot: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    kb = library
    monkeypatch.setenv("KB_ROBOT_SECRET", "SEC示例")
    kb("follow", "add", "--search", "行政复议", "--robot", _url(robot), "--keyword", "监测")
    assert "secret" not in kb.said
    monkeypatch.delenv("KB_ROBOT_SECRET")
    listed = kb("follow", "list")
    assert "1　有效　机器人 http://127.0.0.1" in listed and "检索“行政复议”" in listed and "secret" not in listed
    _ingest(kb, "二", EXAMPLE.replace("示例工作", "别的工作").replace("1号", "2号"))
    robot.answer = {"errcode": 310000, "errmsg": "sign not match"}
    kb("follow", "send", code=1)
    assert "没有收下订阅（errcode 310000：sign not match）" in kb.said and "secret" not in kb.said
    assert "310000" in kb("follow", "list")
    robot.answer = {"errcode": 0}
    assert "寄出 1 封" in kb("follow", "send")
    assert "寄出 0 封" in kb("follow", "send")
    assert len(robot.told) == 2 and robot.told[0][1] == robot.told[1][1]
    path, content = robot.told[1]
    words = content["text"]["content"]
    assert content["msgtype"] == "text" and words.startswith("监测 政策文库：检索“行政复议”，1 份文件有消息")
    assert "关于做好别的工作的通知" in words and "行政复议" in words and "https://kb.example.cn/d/" in words
    signed = parse_qs(urlsplit(path).query)
    told = f"{signed['timestamp'][0]}\nSEC示例".encode()
    assert signed["sign"] == [base64.b64encode(hmac.new("SEC示例".encode(), told, hashlib.sha256).digest()).decode()]
    kb("follow", "remove", "1")
    kb("follow", "remove", "1", code=1)
    assert json.loads(kb("follow", "list", "--json"))["subscriptions"] == []


def test_a_search_is_added_by_the_address_of_its_page(library: KbHere, robot: Any) -> None:
    kb = library
    page = "https://kb.example.cn/search?q=行政复议&kind=通知&group=section"
    kb("follow", "add", "--search", page, "--robot", _url(robot))
    (only,) = json.loads(kb("follow", "list", "--json"))["subscriptions"]
    assert (only["follows"]["query"], only["follows"]["conditions"][0]["values"]) == ("行政复议", ["通知"])
    kb("follow", "add", "--search", "https://kb.example.cn/search?order=date", "--robot", _url(robot), code=2)
    _ingest(kb, "二", EXAMPLE.replace("示例工作", "别的工作").replace("1号", "2号"))
    _ingest(kb, "三", EXAMPLE.replace("通知", "意见").replace("1号", "3号"))
    kb("follow", "send")
    words = robot.told[0][1]["text"]["content"]
    assert "做好别的工作的通知" in words and "意见" not in words


def test_what_is_killed_after_the_server_took_it_is_sent_again_as_the_same_letter(library: KbHere) -> None:
    kb = library
    with post_office() as office:
        (kb.folder / "kb.toml").write_text(
            '[serve]\naddress = "https://kb.example.cn"\n'
            f'[mail]\nhost = "127.0.0.1"\nport = {office.port}\nsecurity = "none"\nfrom = "kb@example.cn"\n',
            encoding="utf-8",
        )
        kept = Subscriptions(kb.folder / "follow")
        kept.add(Subscription("mail", "reader@example.com", Target("all", "/documents"), "daily"))
        _ingest(kb, "二", EXAMPLE.replace("示例工作", "别的工作").replace("1号", "2号"))
        lock = kb.folder / "follow" / "sending.lock"
        office.on_taken = lambda: os.kill(int(lock.read_text(encoding="ascii").split()[0]), signal.SIGKILL)
        Kb(kb.folder)("follow", "send", code=-signal.SIGKILL)
        office.on_taken = None
        assert "寄出 1 封" in kb("follow", "send") and "寄出 0 封" in kb("follow", "send")
        first, second = office.taken
        assert first["Message-ID"] == second["Message-ID"] and plain(first) == plain(second)


def test_what_a_robot_cannot_take_is_cut_and_said(library: KbHere, robot: Any) -> None:
    kb = library
    kb("follow", "add", "--all", "--robot", _url(robot))
    for number in range(2, 40):
        text = EXAMPLE.replace("示例工作", f"第{number}项示例工作").replace("1号", f"{number}号")
        (kb.folder / f"{number}.txt").write_text(text, encoding="utf-8")
    kb("ingest", *(f"{number}.txt" for number in range(2, 40)))
    kb("index")
    kb("follow", "send")
    words = robot.told[0][1]["text"]["content"]
    assert len(words.encode()) <= 2048
    shown = len(re.findall("^《", words, re.MULTILINE))
    assert f"另有 {38 - shown} 份没有列出" in words and 4 < shown < 38


def test_wrong_calls_are_said_in_words(library: KbHere, robot: Any) -> None:
    kb = library
    for wrong in (
        ("--search", "行政复议"),
        ("--robot", _url(robot)),
        ("--search", "行政复议", "--all", "--robot", _url(robot)),
        ("--all", "--robot", "ftp://example.com/"),
        ("--all", "--mail", "a@b.cn"),
        ("--search", "(((", "--document", "没有", "--robot", _url(robot)),
    ):
        kb("follow", "add", *wrong, code=2)
    kb("follow", "add", "--document", "没有的文件", "--robot", _url(robot), code=3)
    kb("follow", "try", "a@b.cn", code=2)
    assert "0 个订阅" in kb("follow", "list") and "没有设置邮件服务器" in kb.said


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ('host = "127.0.0.1"', "mail.from"),
        ('host = "127.0.0.1"\nfrom = "kb@example.cn\\nBcc: a@b.cn"', "mail.from"),
        ('host = "127.0.0.1"\nfrom = "kb@example.cn"', "serve.address"),
        (
            'host = "127.0.0.1"\nfrom = "kb@example.cn"\n[serve]\nmode = "confidential"\naddress = "https://kb.example.cn"',
            "mail.domains",
        ),
        ('security = "ssl"', "starttls、tls、none"),
        ("port = 0", "mail.port"),
    ],
)
def test_settings_that_do_not_go_together_are_said(kb: KbHere, lines: str, said: str) -> None:
    (kb.folder / "kb.toml").write_text(f"[mail]\n{lines}\n", encoding="utf-8")
    kb("follow", "list", code=2)
    assert said in kb.said


def test_an_operator_tries_the_mail_server_and_hears_when_it_fails(library: KbHere) -> None:
    kb = library
    with post_office() as office:
        port = office.port
        (kb.folder / "kb.toml").write_text(
            '[serve]\naddress = "https://kb.example.cn"\n[refresh]\nalarm = "cat >> told.txt"\n'
            f'[mail]\nhost = "127.0.0.1"\nport = {port}\nsecurity = "none"\nfrom = "kb@example.cn"\n',
            encoding="utf-8",
        )
        kb("follow", "try", "operator@example.com")
        assert "试寄" in str(office.last()["Subject"])
        kb("follow", "add", "--all", "--mail", "colleague@example.com")
        link = re.search(r"s=(\d+)&t=(\S+)", plain(office.last()))
        assert link and "等待确认　colleague@example.com" in kb("follow", "list")
        office.refuses = "mistyped@example.com"
        kb("follow", "add", "--all", "--mail", office.refuses, code=1)
        assert "给 mistyped@example.com 的确认信没有寄出，不会再寄" in kb.said and "no such mailbox" in kb.said
    kb("follow", "try", "operator@example.com", code=6)
    assert f"127.0.0.1:{port}" in kb.said
    kb("follow", "add", "--all", "--mail", "other@example.com", code=1)  # its letter waits
    assert "连不上或不应答（对方拒绝连接）" in kb.said and "给 other@example.com 的确认信还没有寄出" in kb.said
    kb("follow", "send", code=1)
    kb("follow", "send", code=1)
    told = (kb.folder / "told.txt").read_text(encoding="utf-8")
    assert told.count("政策文库：1 处需要查看") == 1 and "邮件服务器" in told
    with post_office(port) as office:
        kb("follow", "send")
        assert [to for _, to in office.envelopes] == [["other@example.com"]]
    assert "一切恢复正常" in (kb.folder / "told.txt").read_text(encoding="utf-8")


def test_a_robot_that_is_added_once_more_follows_once(library: KbHere, robot: Any) -> None:
    for keyword in ("监测", "文库"):
        library("follow", "add", "--all", "--robot", _url(robot), "--keyword", keyword)
    (only,) = Subscriptions(library.folder / "follow").active()
    assert only.keyword == "文库"
