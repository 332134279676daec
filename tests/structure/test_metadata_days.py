"""Which of several days a document is dated by."""

from __future__ import annotations

from pathlib import Path

import pytest

from kb.config import settings
from kb.ingest import pipeline

_TEXT = """---
title: 示例市示例条例
date: {date}
---
# 示例市示例条例

（2018年11月29日示例市示例代表大会常务委员会第七次会议通过）

第一条 为了示例，制定本条例。

第二条 本条例自2019年3月1日起施行。
"""


@pytest.mark.parametrize(
    ("date", "made", "other"),
    [
        ("2019-03-01", "2018-11-29", "2019-03-01"),  # the day of effect
        ("2018-12-05", "2018-11-29", "2018-12-05"),  # a day that the text does not tell: of publication, perhaps
    ],
)
def test_the_date_of_a_site_generator_is_not_that_of_the_document_where_the_text_tells_another(
    tmp_path: Path, date: str, made: str, other: str
) -> None:
    path = tmp_path / "示例.md"
    path.write_text(_TEXT.format(date=date), encoding="utf-8")
    found = pipeline.build(pipeline.Input(path, path.name), "示例", settings.load(folder=tmp_path), "")[0].metadata
    assert (found.date, found.effective) == (made, "2019-03-01")
    assert other in found.alternatives["date"]


_UNDATED = """---
title: 示例市示例规定
date: 2019-03-01
---
第一条 为了示例，制定本规定。

第二条 本规定自2019年3月1日起施行。
"""


@pytest.mark.parametrize(
    ("tail", "date", "how"),
    [
        ("", "", ""),  # the only day is that of effect: when it was made is not known
        ("示例市示例局办公室 2018年12月14日印发\n", "2018-12-14", "imprint"),
        ("示例市示例局\n\n2018年12月12日\n", "2018-12-12", "signature"),
    ],
)
def test_a_day_of_effect_is_no_day_of_making(tmp_path: Path, tail: str, date: str, how: str) -> None:
    path = tmp_path / "示例.md"
    path.write_text(_UNDATED + "\n" + tail, encoding="utf-8")
    found = pipeline.build(pipeline.Input(path, path.name), "示例", settings.load(folder=tmp_path), "")[0].metadata
    assert (found.date, found.found.get("date", ""), found.effective) == (date, how, "2019-03-01")


@pytest.mark.parametrize(
    ("line", "number"),
    [
        (
            "（2021年11月30日示例部、示范部、样本部令第23号公布，自2022年1月1日起施行）",
            "示例部、示范部、样本部令第23号",
        ),
        ("（2021年11月30日示例部令第24号公布，自2022年1月1日起施行）", "示例部令第24号"),
    ],
)
def test_a_joint_order_has_the_names_of_all(tmp_path: Path, line: str, number: str) -> None:
    path = tmp_path / "示例.txt"
    path.write_text(f"示例转移管理办法\n{line}\n第一条 为了示例，制定本办法。\n第二条 略。\n", encoding="utf-8")
    found = pipeline.build(pipeline.Input(path, path.name), "示例", settings.load(folder=tmp_path), "")[0].metadata
    assert found.document_number == number


def test_the_number_of_a_document_that_is_quoted_first_is_not_the_own_one(tmp_path: Path) -> None:
    path = tmp_path / "示例.md"
    path.write_text(
        "---\ntitle: 示例物质范围的说明\n---\n## 关于办理示例案件若干问题的解释（示释〔2016〕29号）\n\n第十五条 略。\n",
        encoding="utf-8",
    )
    found = pipeline.build(pipeline.Input(path, path.name), "示例", settings.load(folder=tmp_path), "")[0].metadata
    assert (found.title, found.document_number) == ("示例物质范围的说明", "")
