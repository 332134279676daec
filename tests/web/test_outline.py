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
    assert (first.span, first.matches, second.span) == ("1–2", 4, "3")
    assert [(entry.label, entry.matches) for entry in first.articles] == [
        ("第一条", 1),
        ("第一条之一", 0),
        ("第二条", 3),
    ]
    assert [entry.short for entry in first.articles] == ["1", "1之一", "2"]
    assert [entry.label for entry in second.articles] == ["第三条"]


def test_many_articles_under_no_heading_stand_in_short_rows() -> None:
    text = "".join(f"第{number}条　示例。\n" for number in range(1, 25))
    rows = outline_panel.outline(parse(text), {})
    assert [(row.span, len(row.articles)) for row in rows] == [("1–10", 10), ("11–20", 10), ("21–24", 4)]


def test_a_part_with_chapters_keeps_them() -> None:
    (part,) = outline_panel.outline(parse("第一编　总则\n第一章　甲\n第一条　甲。\n第二章　乙\n第二条　乙。\n"), {})
    assert [(chapter.label, chapter.span) for chapter in part.children] == [("第一章　甲", "1"), ("第二章　乙", "2")]


def test_the_note_under_a_title_is_told_from_an_introduction() -> None:
    note = Section("preamble", "", "", "（2020年1月1日示例大会通过）\n")
    assert outline_panel.label_of(note) == "题注"


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
