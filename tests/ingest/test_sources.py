"""The [[source]] tables of kb.toml: what works with three lines, and what a wrong one says."""

from __future__ import annotations

from pathlib import Path

import pytest

from kb.config.settings import Settings, load
from kb.config.sources import Css, Select

_THREE = '[[source]]\nname = "haojiang"\nkind = "gkmlpt"\nurl = "http://www.haojiang.gov.cn"\n'


def _settings(folder: Path, text: str) -> Settings:
    (folder / "kb.toml").write_text(text, encoding="utf-8")
    return load(folder=folder)


def test_name_kind_and_url_are_enough(tmp_path: Path) -> None:
    (source,) = _settings(tmp_path, _THREE).sources
    assert (source.name, source.kind, source.url) == ("haojiang", "gkmlpt", "http://www.haojiang.gov.cn")
    assert not source.problem and not source.allow_private and source.verify and source.select == Select()


def test_everything_can_be_set(tmp_path: Path) -> None:
    text = """
[[source]]
name = "示例站"
kind = "listing"
url = "https://example.gov.cn/list/"
delay = 0.5
allow_private = true
css = { item = "ul.list > li", next = "a.next" }
[source.select]
title = "法治政府"
kind = ["通知", "办法"]
since = 2020-01-01
related = true
"""
    (source,) = _settings(tmp_path, text).sources
    assert not source.problem
    assert source.css == Css(item="ul.list > li", next="a.next")
    assert source.select == Select(title=("法治政府",), kind=("通知", "办法"), since="2020-01-01", related=True)
    assert (source.delay, source.allow_private) == (0.5, True)


@pytest.mark.parametrize(
    ("lines", "line", "words"),
    [
        ('name = "乙"\nkind = "gkmlpt"', 5, "缺少 url"),
        ('name = "乙"\nkind = "sftp"\nurl = "http://a.cn"', 7, "kind 应当是 addresses、files、"),
        ('name = "haojiang"\nkind = "feed"\nurl = "http://a.cn"', 6, "已经是另一个来源"),
        ('name = "a/b"\nkind = "feed"\nurl = "http://a.cn"', 6, "不能用作文件夹名"),
        ('name = "乙"\nkind = "feed"\nurl = "ftp://a.cn"', 8, "http:// 或 https://"),
        ('name = "乙"\nkind = "feed"\nurl = "http://[a"', 8, "不是完整的网址"),
        ('name = "乙"\nkind = "feed"\nurl = "http://a.cn"\ndelay = "2"', 9, "应当是一个数"),
        ('name = "乙"\nkind = "feed"\nurl = "http://a.cn"\ndelay = -1', 9, "在 0 到 3600 之间"),
        ('name = "乙"\nkind = "feed"\nurl = "http://a.cn"\nallow_private = 1', 9, "true 或 false"),
        ('name = "乙"\nkind = "feed"\nurl = "http://a.cn"\ninterval = 1', 9, "不是来源的设置"),
        ('name = "乙"\nkind = "feed"\nurl = "http://a.cn"\nselect = { until = "去年" }', 9, "应当是一个日期"),
        ('name = "乙"\nkind = "feed"\nurl = "http://a.cn"\n[source.select]\ntitel = "x"', 10, "不是来源的设置"),
        ('name = "乙"\nkind = "listing"\nurl = "http://a.cn"', 5, "css.item"),
        ('name = "乙"\nkind = "feed"\nurl = "http://a.cn"\nurls = ["http://b.cn"]', 9, "不用 urls"),
        ('name = "乙"\nkind = "numbered"\nurl = "http://a.cn"\ncss = { item = "li" }', 5, "numbered 要写明"),
        ('name = "乙"\nkind = "json"\nurl = "http://a.cn"\njson = { adress = "x" }', 9, "不是来源的设置"),
        ('name = "乙"\nkind = "listing"\nurl = "http://a.cn"\ncss = { item = "li[" }', 9, "CSS 选择器"),
    ],
)
def test_a_wrong_source_names_its_line_and_stops_no_other(tmp_path: Path, lines: str, line: int, words: str) -> None:
    good, bad = _settings(tmp_path, f"{_THREE}[[source]]\n{lines}\n").sources
    assert not good.problem
    assert f"第 {line} 行" in bad.problem and words in bad.problem


def test_one_pair_of_brackets_is_told(tmp_path: Path) -> None:
    (source,) = _settings(tmp_path, _THREE.replace("[[source]]", "[source]")).sources
    assert "[[source]]" in source.problem


def test_a_folder_is_relative_to_the_settings(tmp_path: Path) -> None:
    (source,) = _settings(tmp_path, '[[source]]\nname = "收件箱"\nkind = "files"\nurl = "inbox"\n').sources
    assert source.url == str(tmp_path / "inbox")


def test_the_examples_in_the_settings_file_work_when_switched_on(tmp_path: Path) -> None:
    lines = (Path(__file__).parents[2] / "kb.toml").read_text(encoding="utf-8").splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith("# [[source]]"))
    examples = [line.removeprefix("# ") for line in lines[start:] if not line.startswith("## ") and line != "#"]
    sources = _settings(tmp_path, "\n".join(examples)).sources
    assert [source.problem for source in sources if source.problem] == []
    assert {"gkmlpt", "listing", "feed", "sitemap", "page", "files"} == {source.kind for source in sources}
