"""Every way of writing a date."""

from __future__ import annotations

import pytest

from kb.chinese.dates import first
from kb.structure import signatures


@pytest.mark.parametrize(
    ("printed", "day"),
    [
        ("二○二二年○三月○五日", "2022-03-05"),
        ("二〇二二年〇三月十五日", "2022-03-15"),
        ("2022年3月5号", "2022-03-05"),
        ("二〇二二年三月廿五日", "2022-03-25"),
        ("二〇二二年十月卅日", "2022-10-30"),
        ("贰零贰贰年叁月伍日", "2022-03-05"),
        ("贰零贰贰年拾贰月叁拾日", "2022-12-30"),
        ("二〇二二年二月卅日", ""),
    ],
)
def test_days(printed: str, day: str) -> None:
    assert first(printed) == day
    assert signatures.find(f"照办。\n示例市示例局\n{printed}\n") == (("示例市示例局", day) if day else ("", ""))
