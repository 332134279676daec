"""Somebody is told when a source begins to need a look, and when it is well again: once each, by a command or a webhook."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.cli.running import Kb
from tests.site import Content, Site, faults


@pytest.fixture
def site() -> Iterator[Site]:
    with Site(Content(posts=2)) as opened:
        yield opened


def _kb(folder: Path, site: Site, alarm: str) -> Kb:
    source = (
        f'name = "shili"\nkind = "gkmlpt"\nurl = "{site.url}"\ntitle = "示例网站"\nallow_private = true\ndelay = 0\n'
    )
    text = f"[refresh]\nalarm = {json.dumps(alarm)}\n[[source]]\n{source}"
    (folder / "kb.toml").write_text(text, encoding="utf-8")
    return Kb(folder)


def test_a_command_is_told_of_a_beginning_and_of_an_end(tmp_path: Path, site: Site) -> None:
    kb = _kb(tmp_path, site, "cat >> told.txt")
    kb("refresh")
    assert not (tmp_path / "told.txt").exists()
    site.faults.put("/gkmlpt/*", faults.challenge(521))
    for _ in range(2):
        kb("refresh", code=1)
    site.faults.clear()
    kb("refresh")
    began, sentence, ended, over = (tmp_path / "told.txt").read_text(encoding="utf-8").splitlines()
    assert (began, ended, over) == ("政策文库：1 处需要查看", "政策文库：一切恢复正常", "示例网站：已恢复")
    assert sentence.startswith("示例网站：最近一次更新失败：") and "可疑" in sentence


def test_a_command_that_fails_is_said_and_tried_again(tmp_path: Path, site: Site) -> None:
    kb = _kb(tmp_path, site, "cat >> tried.txt; echo 示例错误 >&2; exit 3")
    site.faults.put("/gkmlpt/*", faults.status(403))
    for _ in range(2):
        kb("refresh", code=1)
        assert "退出码 3：示例错误。请检查 kb.toml 里的 refresh.alarm" in kb.said
    assert (tmp_path / "tried.txt").read_text(encoding="utf-8").count("需要查看") == 2


class _Robot(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        server: Any = self.server
        server.beats += 1
        self.send_response(server.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_POST(self) -> None:
        server: Any = self.server
        server.told.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(server.status)
        self.send_header("Content-Length", str(len(server.body)))
        self.end_headers()
        self.wfile.write(server.body)

    def log_message(self, format: str, *args: Any) -> None:
        """What was told is the log."""


@pytest.fixture
def robot() -> Iterator[Any]:
    """A chat's robot on loopback: `told` is what it got, `status` what it answers."""
    server: Any = HTTPServer(("127.0.0.1", 0), _Robot)
    server.told, server.status, server.body, server.beats = [], 200, b"", 0
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def test_a_webhook_gets_json_and_one_that_refuses_is_asked_again(tmp_path: Path, site: Site, robot: Any) -> None:
    kb = _kb(tmp_path, site, f"http://127.0.0.1:{robot.server_port}/send?key=secret")
    site.faults.put("/gkmlpt/*", faults.status(403))
    robot.status = 500
    report = json.loads(kb("refresh", "--json", code=1))
    assert "没有收下警报（500）" in report["untold"] and "secret" not in report["untold"]
    robot.status = 200
    for _ in range(2):
        kb("refresh", code=1)
    assert len(robot.told) == 2 and robot.told[0] == robot.told[1]
    told = robot.told[1]
    assert told["msgtype"] == "text" and told["text"]["content"].startswith("政策文库：1 处需要查看\n示例网站：")
    assert list(told["alarms"]) == ["示例网站"] and told["over"] == []


def test_a_webhook_that_is_not_there_is_said_in_words(tmp_path: Path, site: Site) -> None:
    kb = _kb(tmp_path, site, "http://127.0.0.1:9/send?key=secret")
    site.faults.put("/gkmlpt/*", faults.status(403))
    kb("refresh", code=1)
    assert "警报送不到 http://127.0.0.1:9" in kb.said and "secret" not in kb.said


def test_a_robot_that_answers_200_and_refuses_in_its_json_is_asked_again(
    tmp_path: Path, site: Site, robot: Any
) -> None:
    kb = _kb(tmp_path, site, f"http://127.0.0.1:{robot.server_port}/send?key=secret")
    site.faults.put("/gkmlpt/*", faults.status(403))
    robot.body = b'{"errcode":310000,"errmsg":"keywords not in content"}'
    for _ in range(2):
        kb("refresh", code=1)
        assert "没有收下警报（errcode 310000：keywords not in content）" in kb.said
    assert len(robot.told) == 2


def test_a_dead_mans_switch_hears_of_each_run_that_nobody_need_look_at_or_was_told_of(
    tmp_path: Path, site: Site, robot: Any
) -> None:
    kb = _kb(tmp_path, site, "exit 3")
    path = tmp_path / "kb.toml"
    beat = f'heartbeat = "http://127.0.0.1:{robot.server_port}/beat"'
    path.write_text(path.read_text(encoding="utf-8").replace("[refresh]", f"[refresh]\n{beat}"), encoding="utf-8")
    kb("refresh")
    assert robot.beats == 1
    site.faults.put("/gkmlpt/*", faults.status(403))
    kb("refresh", code=1)
    assert robot.beats == 1  # somebody should look, and could not be told
    path.write_text(path.read_text(encoding="utf-8").replace("exit 3", "cat > told.txt"), encoding="utf-8")
    kb("refresh", code=1)
    assert robot.beats == 2 and "示例网站" in (tmp_path / "told.txt").read_text(encoding="utf-8")
    site.faults.clear()
    robot.status = 500
    kb("refresh", code=1)
    assert "没有收下心跳（500）" in kb.said
    assert "心跳" in kb("status", code=1)
