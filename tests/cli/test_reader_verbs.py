"""Readers who sign in, as an operator manages them."""

from __future__ import annotations

import json
import subprocess
import sys

from tests.cli.running import Kb


def typed(kb: Kb, text: str, *arguments: str, code: int = 0) -> str:
    """Run `kb` with something on its standard input; answer what it said."""
    command = [sys.executable, "-m", "kb", *arguments]
    done = subprocess.run(command, cwd=kb.folder, input=text, capture_output=True, text=True, timeout=60)
    assert done.returncode == code and "Traceback" not in done.stderr, done.stderr
    return done.stdout + done.stderr


def test_readers_are_added_listed_changed_and_removed(kb: Kb) -> None:
    assert "已增加读者张三" in typed(kb, "足够长的示例密码一二三四\n", "user", "add", "张三")
    assert "已换密码" in typed(kb, "另一个足够长的示例密码一二\n", "user", "add", "张三")
    assert "12 到 128" in typed(kb, "短\n", "user", "add", "李四", code=2)
    token = kb("user", "add", "程序", "--token").strip()
    assert len(token) == 43 and "不能再看" in kb.said
    assert len(kb("user", "add", "王五", "--generate").strip()) >= 12
    listed = {each["name"]: each for each in json.loads(kb("user", "list", "--json"))}
    assert listed["程序"]["tokens"] == 1 and not listed["程序"]["password"] and listed["张三"]["password"]
    assert "argon2" not in kb("user", "list") and token not in kb("user", "list")
    first = kb("user", "feed", "张三")
    assert first == kb("user", "feed", "张三") != kb("user", "feed", "张三", "--renew")
    kb("user", "remove", "张三")
    assert "张三" not in kb("user", "list")
    kb("user", "remove", "张三", code=3)
    kb("user", "feed", "张三", code=3)
    assert "没有名称" in kb.said
    kb("user", "add", "有 空格", "--token", code=2)


def test_a_list_that_is_damaged_is_told(kb: Kb) -> None:
    (kb.folder / "readers.json").write_text('{"secret": "x", "readers": {}}', encoding="utf-8")
    kb("user", "list", code=4)
    assert "已损坏" in kb.said and kb.said.count("\n") == 1
