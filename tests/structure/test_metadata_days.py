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
        ("2018-12-05", "2018-12-05", "2018-11-29"),  # a day of its own: publication, perhaps
    ],
)
def test_the_day_of_effect_in_front_matter_is_not_that_of_the_document(
    tmp_path: Path, date: str, made: str, other: str
) -> None:
    path = tmp_path / "示例.md"
    path.write_text(_TEXT.format(date=date), encoding="utf-8")
    found = pipeline.build(path, path.name, "示例", settings.load(folder=tmp_path), "")[0].metadata
    assert (found.date, found.effective) == (made, "2019-03-01")
    assert other in found.alternatives["date"]
