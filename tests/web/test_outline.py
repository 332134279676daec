"""The outline beside the text."""

from __future__ import annotations

from kb.ingest.outline import parse
from kb.model import Section
from kb.web import outline


def test_outline_gathers_articles_and_names_what_has_no_heading() -> None:
    text = "示例条例\n第一章　总则\n第一条　甲。\n第二条　乙。\n"
    (chapter,) = outline.outline(parse(text), {"art-2": 3})
    assert (chapter.label, chapter.children) == ("第一章　总则", ())
    assert [(entry.label, entry.matches) for entry in chapter.articles] == [("第一条", 0), ("第二条", 3)]
    assert outline.label_of(Section("preamble", "", "", "示例\n")) == "引言"
    assert outline.label_of(Section("p-1", "", "", "这是一段没有标题也没有编号的很长很长的示例文字。\n")).endswith("…")
