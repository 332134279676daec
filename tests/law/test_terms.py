"""Words that a document defines."""

from __future__ import annotations

import pytest

from kb.law.terms import terms
from tests.law.laws import document


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("本办法所称示例行为，是指作出示例的行为。", [("示例行为", "作出示例的行为")]),
        ("本条例所称的示例人，包括自然人和法人。", [("示例人", "自然人和法人")]),
        (
            "（一）示例点，是指示例的地点；\n（二）示例区：指示例的地区。",
            [("示例点", "示例的地点"), ("示例区", "示例的地区")],
        ),
        ("示例市示例管理局（以下简称示例局）负责。", [("示例局", "示例市示例管理局")]),
        ("示例市应急管理局（以下简称“区应急局”）负责。", [("区应急局", "示例市应急管理局")]),
        ("组织对示例进行评估，指导示例工作。", []),
        ("前款所称示例，应当登记。", []),
    ],
)
def test_definitions(text: str, expected: list[tuple[str, str]]) -> None:
    made = document("示例", f"示例办法\n第一条　{text}\n")
    found = list(terms(made))
    assert [(each.term, each.meaning) for each in found] == expected
    texts = {section.anchor: section.text for section in made.walk()}
    assert all(each.term in texts[each.anchor][each.start : each.end] for each in found)
