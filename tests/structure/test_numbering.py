"""Which lines are articles: the whole text decides, no line by itself."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.base.model import Section
from kb.chinese.numerals import article, hanzi, numeral
from kb.structure import numbering, outline


def outlined(*lines: str) -> dict[str, Section]:
    sections = outline.parse("".join(f"{line}\n" for line in lines))
    return {section.anchor: section for top in sections for section in top.walk()}


def articles(*lines: str) -> list[str]:
    return [anchor.removeprefix("art-") for anchor in outlined(*lines) if anchor.startswith("art-")]


def notes(*lines: str) -> str:
    return "\n".join(numbering.notes(outline.parse("".join(f"{line}\n" for line in lines))))


def rules(count: int, gap: str = "　") -> list[str]:
    return ["示例市渡口管理办法", *(f"第{hanzi(n)}条{gap}渡口应当遵守第{n}号规程。" for n in range(1, count + 1))]


@given(st.integers(1, 9999))
def test_chinese_numerals_are_written_as_they_are_read(value: int) -> None:
    assert numeral(hanzi(value)) == value


@pytest.mark.parametrize(
    ("line", "joint"),
    [
        ("第二条　渡口应当有证", "apart"),
        ("第二条", "apart"),
        ("第二条：渡口应当有证", "marked"),
        ("第二条、渡口应当有证", "marked"),
        ("第二条渡口应当有证", "joined"),
        ("第二条项目负责人", "citing"),
        ("第二条中心渡口", "citing"),
        ("第二条第三方机构", "citing"),
        ("第二条规定区域", "citing"),
        ("第二条规定的证明", "cited"),
        ("第二条第三款的证明", "cited"),
        ("第二条、第三条规定", "cited"),
        ("第二条所列情形", "cited"),
    ],
)
def test_how_a_number_is_joined_to_its_line(line: str, joint: str) -> None:
    read = article(line)
    assert read is not None
    assert read[1] == joint


@pytest.mark.parametrize(
    "begin", ["中心", "以渡口", "所有渡口", "与渡口", "和平", "或者", "到港", "及时", "至今", "第三方", "规定"]
)
def test_articles_without_a_blank_may_begin_with_any_word(begin: str) -> None:
    assert articles(
        "示例市渡口条例", "第一条为了管好渡口，制定本条例。", f"第二条{begin}应当登记。", "第三条违者处罚。"
    ) == [
        "1",
        "2",
        "3",
    ]


@pytest.mark.parametrize("mark", ["：", ":", "、", "\n"])
def test_articles_with_a_mark_or_alone_on_their_line(mark: str) -> None:
    lines = "\n".join(rules(4, gap=mark)).split("\n")
    found = outlined(*lines)
    assert articles(*lines) == ["1", "2", "3", "4"]
    assert "第2号" in found["art-2"].text
    assert "第3号" not in found["art-2"].text


def test_a_line_that_cites_an_article_is_none() -> None:
    lines = [*rules(3), "第二条规定的规程由市政府另定。", "第四条　渡口应当遵守第4号规程。"]
    assert articles(*lines) == ["1", "2", "3", "4"]
    assert "另定" in outlined(*lines)["art-3"].text


def test_a_citation_is_none_where_the_article_itself_comes_later() -> None:
    lines = [
        "示例市渡口办法",
        "第一条　渡口依照",
        "第二条所有规程办理。",
        "第二条　渡口应当登记。",
        "第三条　违者处罚。",
    ]
    assert "渡口应当登记" in outlined(*lines)["art-2"].text


@pytest.mark.parametrize(
    "printed",
    ["第X七条", "第十□条", "第十条", "第七条", "第十四条", "第十七", "十七条", "笫十七条", "第十七奈", "第1七条"],
)
def test_a_damaged_number_is_told_by_its_place(printed: str) -> None:
    lines = rules(20)
    lines[17] = lines[17].replace("第十七条", printed)
    found = outlined(*lines)
    assert articles(*lines) == [str(n) for n in range(1, 21)]
    assert found["art-17"].number == printed
    assert "第17号" in found["art-17"].text
    assert f"“{printed}”" in notes(*lines)
    assert "第十七条" in notes(*lines)


def test_what_fits_nowhere_surely_stays_with_the_article_before() -> None:
    lines = rules(20)
    lines[15] = lines[15].replace("第十五条", "第十X条")
    del lines[16]
    found = outlined(*lines)
    assert "art-15" not in found
    assert "第15号" in found["art-14"].text
    assert "缺第十五条、第十六条" in notes(*lines)


def test_a_hole_is_a_note_and_what_comes_after_it_keeps_its_address() -> None:
    lines = rules(9)
    del lines[6:8]
    assert articles(*lines) == ["1", "2", "3", "4", "5", "8", "9"]
    assert notes(*lines) == "条号不连续：第五条之后是第八条，缺第六条、第七条。"
    assert not notes(*rules(9))


def test_articles_that_a_reply_quotes_are_not_its_own() -> None:
    lines = [
        "示例市交通局关于渡口许可问题的答复",
        "示例区交通局：",
        "《示例市渡口条例》第八条规定：",
        "第八条　渡口应当有证。",
        "无证的，处罚款。",
        "现答复如下：",
        "一、浮桥不是渡口。",
        "二、浮桥不适用第八条。",
    ]
    found = outlined(*lines)
    assert not articles(*lines)
    assert "浮桥不是渡口" in found["1"].text
    assert "“第八条”" in notes(*lines)


def test_articles_that_an_article_quotes_are_not_the_texts_own() -> None:
    lines = [
        "示例市渡口条例修正案",
        "第一条　条例增加两条，作为第二十一条、第二十二条：",
        "第二十一条　渡口应当登记。",
        "第二十二条　渡口应当年检。",
        "第二条　条例第三条删去。",
    ]
    assert articles(*lines) == ["1", "2"]


def test_a_part_of_a_law_that_begins_with_a_later_article_keeps_its_numbers() -> None:
    lines = ["示例法第五编", "第一章　一般规定", "第三百条　渡口应当登记。", "第三百零一条　渡口应当年检。"]
    assert [anchor for anchor in outlined(*lines) if "art-" in anchor] == ["art-300", "art-301"]


def test_another_text_that_begins_with_the_first_article_starts_again() -> None:
    lines = [*rules(3), *(f"第{hanzi(n)}条　码头应当遵守第{n}号规程。" for n in range(1, 4))]
    assert len(articles(*lines)) == 6


def test_an_item_that_begins_with_a_year_or_a_month_is_no_decimal() -> None:
    lines = [
        "示例市关于旧桥的通知",
        "一、范围",
        "1.1990年以前的桥。",
        "2.2001年以后加宽的。",
        "二、步骤",
        "1.3月底前登记。",
        "2.8月底前拆除。",
    ]
    found = outlined(*lines)
    assert [*found][1:] == ["1", "1-1", "1-2", "2", "2-1", "2-2"]
    assert found["2-2"].number == "2."


def test_bracketed_numbers_right_below_a_short_item_divide_it() -> None:
    lines = ["一、要求", "1、定人。", "2、分工。", "（一）甲局管桥。", "（二）乙局管船。", "二、保障", "1、经费。"]
    assert [*outlined(*lines)] == ["1", "1-1", "1-2", "1-2-1", "1-2-2", "2", "2-1"]


def test_the_numbers_of_a_note_below_a_table_are_not_the_texts_own() -> None:
    lines = ["一、计划如下。", "| 东区 | 300 |", "注：1.单位为吨。", "2.以原粮计。", "二、按时完成。"]
    assert [*outlined(*lines)] == ["1", "2"]


def test_a_number_amid_a_list_that_goes_on_without_it_is_none_of_it() -> None:
    assert [*outlined("一、标准如下。", "一、近期任务", "二、严格执行。")] == ["1", "2"]


def test_a_single_item_that_begins_with_a_number_of_days() -> None:
    text = (
        "一、范围\n1.2000年以后的档案。\n2.1949年以前的档案。\n二、要求\n1.10日内上报。\n三、时限\n1.12月底前完成。\n"
    )
    anchors = [section.anchor for top in outline.parse(text) for section in top.walk()]
    assert anchors == ["1", "1-1", "1-2", "2", "2-1", "3", "3-1"]
    assert "1-1" not in [s.anchor for top in outline.parse("一、标准\n1.6升以上的车辆。\n") for s in top.walk()]


@pytest.mark.parametrize(
    "opening", ["以下项目纳入计划：", "前条规定以外的工程，由业主决定。", "前条所列场所应当开放。"]
)
def test_an_article_without_a_blank_that_begins_as_a_citation_may(opening: str) -> None:
    text = f"第一条为了示例，制定本条例。\n第二条示例应当登记。\n第三条{opening}\n第四条本条例自公布之日起施行。\n"
    assert [s.anchor for top in outline.parse(text) for s in top.walk()] == ["art-1", "art-2", "art-3", "art-4"]


def test_a_number_that_lost_its_last_character_ends_before_the_blank() -> None:
    text = "第四十条　违者罚款。\n第四十一　本条例自2031年1月1日起施行。\n"
    (last,) = [s for top in outline.parse(text) for s in top.walk() if s.anchor == "art-41"]
    assert (last.number, last.text) == ("第四十一", "第四十一　本条例自2031年1月1日起施行。\n")


def test_an_item_that_begins_with_a_measure_goes_on_with_its_list() -> None:
    text = "一、任务\n1.2031年底前建成。\n2.3月至5月验收。\n3.50%以上投入使用。\n二、其他\n1.登记增长\n2.5%。\n"
    anchors = [section.anchor for top in outline.parse(text) for section in top.walk()]
    assert anchors == ["1", "1-1", "1-2", "1-3", "2", "2-1"]


def test_damaged_numbers_at_the_end_of_a_law() -> None:
    head = "".join(f"第{hanzi(n)}条　示例第{n}号。\n" for n in range(1, 19))
    found = [s for top in outline.parse(f"{head}第五九条　本规定自公布之日起施行。\n") for s in top.walk()]
    assert (found[-1].anchor, found[-1].number) == ("art-19", "第五九条")
    found = [s for top in outline.parse(f"{head}笫十九条　示例。\n第二十　自公布之日起施行。\n") for s in top.walk()]
    assert [s.anchor for s in found[-2:]] == ["art-19", "art-20"]
