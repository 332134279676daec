"""Which day is which: passed, amended, promulgated, signed, each under its own name."""

from __future__ import annotations

from pathlib import Path

import pytest

from kb.base.model import Listing
from kb.config import settings
from kb.ingest import pipeline
from kb.structure.history import act, days

_LAW = "# 示例市示例条例\n\n{}\n\n第一条 为了示例，制定本条例。\n\n第二条 示例机关负责示例。\n"
_NOTICE = "关于示例工作的通知\n\n各示例单位：\n\n请照办。\n\n示例市示例局\n2021年11月22日\n"
_PASSED = "（2018年11月29日示例市示例代表大会常务委员会第七次会议通过"


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("a", _LAW.format(f"{_PASSED}）"), [("2018-11-29", "通过")]),
        ("a", _LAW.format(f"{_PASSED}　2018年12月5日公布）"), [("2018-11-29", "通过"), ("2018-12-05", "公布")]),
        ("a", _LAW.format(f"{_PASSED}　2018年11月29日公布）"), [("2018-11-29", "通过"), ("2018-11-29", "公布")]),
        ("a", _LAW.format("（2018年12月5日国务院令第1号发布）"), [("2018-12-05", "公布")]),
        ("a", _LAW.format(f"{_PASSED}　2020年3月1日示例市示例代表大会常务委员会修订）"), [("2020-03-01", "修订")]),
        ("示例市示例条例(2020-03-01)", _LAW.format(""), [("2020-03-01", "文本")]),
    ],
)
def test_the_days_of_a_law_have_the_names_that_its_preamble_gives_them(
    name: str, text: str, told: list[tuple[str, str]], tmp_path: Path
) -> None:
    path = tmp_path / f"{name}.md"
    path.write_text(text, encoding="utf-8")
    found = pipeline.build(pipeline.Input(path, path.name), "示例", settings.load(folder=tmp_path), "")[0]
    assert days(found.metadata.date, act(found), found.metadata.published, law=True) == told


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ("", [("2021-11-22", "成文")]),
        ("成文日期：2021-11-20　发布日期：2021-11-25\n\n", [("2021-11-20", "成文"), ("2021-11-25", "发布")]),
        ("印发日期：2021-11-20　发布日期：2021-11-25\n\n", [("2021-11-20", "印发"), ("2021-11-25", "发布")]),
    ],
)
def test_the_days_of_a_notice_have_the_names_that_its_page_gives_them(
    table: str, told: list[tuple[str, str]], tmp_path: Path
) -> None:
    path = tmp_path / "示例.txt"
    path.write_text(table + _NOTICE, encoding="utf-8")
    found = pipeline.build(pipeline.Input(path, path.name), "示例", settings.load(folder=tmp_path), "")[0]
    assert days(found.metadata.date, act(found), found.metadata.published, law=False) == told


def test_what_nothing_tells_of_a_day_is_not_claimed() -> None:
    kept_before = Listing("a", "", "示例", "", "", "", "2021-11-22")
    assert days(kept_before.date, kept_before.act, kept_before.published, law=False) == [("2021-11-22", "成文/发布")]
    assert days(kept_before.date, kept_before.act, kept_before.published, law=True) == [("2021-11-22", "文本")]
    assert days("2021-11-22", "", "2021-11-22", law=True) == [("2021-11-22", "公布")]
    assert days("", "", "", law=True) == []
    assert days("2021-11-22", "公布", "2021-11-25", law=True) == [("2021-11-22", "公布"), ("2021-11-25", "公布")]
