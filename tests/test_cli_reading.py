"""Citing and comparing on the command line."""

from __future__ import annotations

import json

import pytest

from tests.test_cli import EXAMPLE, Kb, filled, kb

__all__ = ["filled", "kb"]


@pytest.fixture
def changed(filled: Kb) -> Kb:
    (filled.folder / "示例通知.txt").write_text(EXAMPLE.replace("坚持示例原则", "坚持公平原则"), encoding="utf-8")
    filled("ingest", "示例通知.txt")
    return filled


def test_a_section_is_cited_in_every_form_or_in_one(filled: Kb) -> None:
    shown = filled("cite", "示例通知#1-1")
    assert "《示例区人民政府办公室关于做好示例工作的通知》（示府办〔2024〕1号），一、（一）。" in shown
    assert filled("cite", "示例通知#1-1", "--form", "quotation").startswith("“（一）基本原则\n坚持示例原则。”\n——《")
    made = json.loads(filled("cite", "示例通知", "--text", "做好行政复议工作", "--json"))
    assert (made["anchor"], made["quotation"]) == ("1", "做好行政复议工作")


def test_what_cannot_be_cited_says_why(filled: Kb) -> None:
    filled("cite", "示例通知#9", code=3)
    assert "#9" in filled.said or "“9”" in filled.said
    filled("cite", "示例通知", "--text", "别处的文字", code=2)
    assert "没有这段文字" in filled.said
    filled("cite", "示例通知", "--form", "quotation", code=2)
    assert "--text" in filled.said
    filled("cite", "示例通知", "--form", "apa", code=2)
    assert "--form 应当是其中之一：manual、" in filled.said


def test_the_last_change_is_shown_in_characters(changed: Kb) -> None:
    shown = changed("diff", "示例通知")
    assert "坚持[-示例-]{+公平+}原则。" in shown
    assert shown.startswith("修改 1，未变 ")
    told = json.loads(changed("diff", "示例通知", "--json"))
    assert [each["to"]["anchor"] for each in told["sections"] if each["change"] == "changed"] == ["1-1"]
    version = json.loads(changed("show", "示例通知", "--json"))["versions"][1]["version"]
    assert changed("diff", f"示例通知@{version}") == changed("diff", f"示例通知@{version}", "示例通知") == shown


def test_one_version_alone_cannot_be_compared(filled: Kb) -> None:
    filled("diff", "示例通知", code=2)
    assert "只有一个版本" in filled.said
    filled("diff", "示例通知", "示例通知@没有", code=3)
