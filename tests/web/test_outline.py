"""The outline beside the text."""

from __future__ import annotations

from kb.base.model import Document, Metadata, Provenance, Section
from kb.structure.outline import parse
from kb.web.view import outline_panel

TEXT = """示例条例
第一章　总则
第一条　甲。
第一条之一　乙。
第二条　丙。
第二章　附则
第三条　丁。
"""


def test_articles_are_gathered_in_their_order() -> None:
    first, second = outline_panel.outline(parse(TEXT), {"art-2": 3, "art-1": 1})
    assert (first.label, second.label) == ("第一章　总则", "第二章　附则")
    (run,) = first.children
    assert (run.label, run.matches) == ("第一条至第二条", 4)
    assert [(entry.label, entry.matches) for entry in run.articles] == [("第一条", 1), ("第一条之一", 0), ("第二条", 3)]
    assert [entry.label for entry in second.children] == ["第三条"]


def test_an_article_with_a_heading_breaks_the_run() -> None:
    sections = [Section(f"art-{n}", f"第{n}条", "示例" if n == 2 else "", "示例\n") for n in (1, 2, 3)]
    assert [entry.label for entry in outline_panel.outline(sections, {})] == ["第1条", "第2条　示例", "第3条"]


def test_what_has_no_heading_is_named_by_its_place_or_its_first_words() -> None:
    assert outline_panel.label_of(Section("preamble", "", "", "示例\n")) == "引言"
    opening = outline_panel.label_of(Section("p-1", "", "", "这是一段没有标题也没有编号的很长很长的示例文字。\n"))
    assert opening == "这是一段没有标题也没有编号的很长很长的示…"


def test_every_part_of_an_article_has_an_address_and_a_name() -> None:
    known = outline_panel.addresses(
        Document("示例", "files", Metadata("示例"), Provenance("", "", "", ""), parse(TEXT))
    )
    assert known["art-1-1"] == "第一条之一"
    assert known["art-1-p1"].startswith("第一条")
