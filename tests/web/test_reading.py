"""The text on the page is the document's text, whatever is marked in it."""

from __future__ import annotations

from bs4 import BeautifulSoup
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup, escape

from kb.base.model import Document, Metadata, Part, Provenance, Repair, RepairKind, Section
from kb.structure import outline
from kb.web.view import reading
from kb.web.view.restorations import restorations

TEXTS = st.lists(
    st.text(st.sampled_from("一二三、（）1.第条章<&>\"'甲乙丙丁。 |示例"), min_size=1).map(str.strip).filter(bool),
    min_size=1,
).map(lambda lines: "".join(f"{line}\n" for line in lines))


def document_of(*sections: Section, repairs: tuple[Repair, ...] = ()) -> Document:
    return Document("示例", "files", Metadata("示例"), Provenance("", "", "", "", repairs=repairs), sections)


def shown(blocks: tuple[reading.Block, ...]) -> str:
    """What a reader sees of blocks without tables, a line each."""
    # Inside <pre>, or the parser would squeeze blanks.
    return "".join(BeautifulSoup(f"<pre>{block.html}</pre>", "html.parser").get_text() + "\n" for block in blocks)


def marks(passages: list[reading.Passage]) -> list[str]:
    html = "".join(block.html for passage in passages for block in passage.blocks)
    return [mark.get_text() for mark in BeautifulSoup(html, "html.parser").find_all("mark")]


@given(TEXTS.filter(lambda text: "|" not in text), st.sampled_from(["", "甲", "一、", "<", "&"]), st.data())
def test_nothing_that_is_marked_changes_a_character(text: str, query: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    repair = Repair("doubtful", start, text[start:end], "?")
    document = document_of(*outline.parse(text), repairs=(repair,))
    assert "".join(shown(passage.blocks) for passage in reading.passages(document, query)) == text


@given(TEXTS)
def test_any_table_renders_with_every_cell(text: str) -> None:
    rows = "".join(f"|{line.replace('|', '')}|格|\n" for line in text.splitlines())
    (passage,) = reading.passages(document_of(Section("preamble", "", "", rows)))
    (table,) = passage.blocks
    cells = [BeautifulSoup(row[0], "html.parser").get_text() for row in table.rows]
    assert cells == [line.replace("|", "").strip() for line in text.splitlines()]
    assert {BeautifulSoup(row[1], "html.parser").get_text() for row in table.rows} == {"格"}


def test_a_rule_is_not_shown_and_an_open_row_keeps_its_last_cell() -> None:
    (passage,) = reading.passages(document_of(Section("1", "", "", "|项目|数量|\n|:--|--:|\n|甲\\|乙|1\n")))
    (table,) = passage.blocks
    assert table.head
    assert [[str(cell) for cell in row] for row in table.rows] == [["项目", "数量"], ["甲|乙", "1"]]


def test_exactly_the_string_searched_for_is_marked() -> None:
    document = document_of(
        Section("1", "一、", "行政复议", "一、行政复议\n", (Section("1-1", "", "", "行政机关与行政復議。\n"),)),
        Section("2", "二、", "行政诉讼", "二、行政诉讼\n"),
    )
    passages = list(reading.passages(document, "行政复议"))
    assert marks(passages) == ["行政复议", "行政復議"]
    assert [passage.matches for passage in passages] == [(2,), (12,), ()]


def test_matches_that_touch_are_two_and_each_has_its_address() -> None:
    (passage,) = reading.passages(document_of(Section("1", "一、", "复议", "一、复议\n复议复议。\n")), "复议")
    html = "".join(block.html for block in passage.blocks)
    found = BeautifulSoup(html, "html.parser").find_all("mark")
    assert [(mark.get_text(), mark["id"]) for mark in found] == [("复议", f"kb-m{number}") for number in (1, 2, 3)]


@given(TEXTS.filter(lambda text: "甲" in text))
def test_the_strip_counts_every_match_and_stays_in_its_frame(text: str) -> None:
    passages = list(reading.passages(document_of(*outline.parse(text)), "甲"))
    ticks = reading.strip(passages)
    assert sum(tick.matches for tick in ticks) == sum(len(passage.matches) for passage in passages)
    assert all(0 <= tick.y < 1000 for tick in ticks)


def test_words_are_marked_where_the_string_stands_nowhere() -> None:
    passages = list(reading.passages(document_of(Section("1", "", "", "复议机关办理案件。\n")), "办理复议"))
    assert marks(passages) == ["复议", "办理"]


def test_a_match_across_two_paragraphs_is_marked_in_both() -> None:
    (passage,) = reading.passages(document_of(Section("art-1", "第一条", "", "第一条 甲乙\n丙丁\n")), "甲乙丙丁")
    assert marks([passage]) in (["甲乙", "丙丁"], [])


def test_parts_have_addresses_at_the_start_of_their_line_and_within_it() -> None:
    text = "第一条　示例：（一）甲；（二）乙。\n前款所称。\n"
    parts = (
        Part("art-1-p1", "第一款", 0, 18),
        Part("art-1-p1-i1", "（一）", text.index("（一）"), text.index("（二）")),
        Part("art-1-p1-i2", "（二）", text.index("（二）"), 18),
        Part("art-1-p2", "第二款", text.index("前款"), len(text)),
    )
    (passage,) = reading.passages(document_of(Section("art-1", "第一条", "", text, parts=parts)))
    assert [block.id for block in passage.blocks] == ["art-1-p1", "art-1-p2"]
    assert '<span id="art-1-p1-i2"></span>（二）乙' in passage.blocks[0].html


@given(TEXTS, st.data())
def test_without_its_marks_a_restoration_is_the_text_and_the_text_as_found(text: str, data: st.DataObject) -> None:
    places = sorted(data.draw(st.sets(st.integers(0, len(text) - 1), max_size=5)))
    repairs = tuple(Repair("annotation", place, text[place], f"{text[place]}(<zhu>)") for place in places)
    document = document_of(*outline.parse(text), repairs=repairs)
    names: dict[RepairKind, str] = {"annotation": "夹注"}
    sections = {section.anchor: section.text for section in document.walk()}
    found = list(restorations(document, names))
    assert sum(each.places for each in found) == len(places)
    for each in found:
        assert each.restored.striptags().split() == Markup(escape(sections[each.anchor])).striptags().split()
        assert each.found.unescape().count("(<zhu>)") == each.places


def test_a_repair_is_shown_in_its_section() -> None:
    repair = Repair("annotation", 7, "议", "議(yì)")
    document = document_of(
        Section("1", "一、", "甲", "一、甲\n"), Section("2", "", "", "行政复议工作\n"), repairs=(repair,)
    )
    (each,) = restorations(document, {"annotation": "夹注"})
    assert (each.anchor, each.places) == ("2", 1)
    assert each.found == '行政复<del title="夹注">議(yì)</del>工作'
    assert each.restored == '行政复<ins title="夹注">议</ins>工作'
