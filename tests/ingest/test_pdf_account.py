"""PDF pages by the places of their characters: nothing wrong, doubled, unseen or out of order passes. All invented (示例)."""

from __future__ import annotations

from pathlib import Path

import pytest

from kb.config.settings import load
from kb.ingest.formats import files
from kb.ingest.formats.registry import Given
from kb.structure.extracted import Extracted

SETTINGS = load(None, Path("/"))
HEAD = [
    "示例市关于示例的通知",
    "　　各区人民政府，市政府各部门，各有关单位：",
    "　　现将有关事项通知如下，请结合实际，认真贯彻执行。",
]


def at(x: float, y: float, text: str, size: float = 14, before: str = "") -> str:
    return f"BT {before} /F0 {size} Tf 1 0 0 1 {x} {y} Tm <{text.encode('utf-16-be').hex()}> Tj ET\n"


def glyphs(x: float, y: float, codes: str) -> str:
    return f"BT /F1 14 Tf 1 0 0 1 {x} {y} Tm ({codes}) Tj ET\n"


def column(lines: list[str], x: float = 60, y: float = 780, step: float = 24, size: float = 14) -> str:
    return "".join(at(x, y - step * row, line, size) for row, line in enumerate(lines))


def pdf(*pages: str, annots: str = "", names: str = "/g1 /g2 /g3", form: str = "") -> Extracted:
    """Draw pages: F0 writes Chinese, F1 is a subset font whose glyphs have `names` and no ToUnicode; X0 is the form of a page."""
    kids = " ".join(f"{6 + 2 * number} 0 R" for number in range(len(pages)))
    objects = [
        "<</Type/Catalog/Pages 2 0 R>>",
        f"<</Type/Pages/Kids[{kids}]/Count {len(pages)}>>",
        "<</Type/Font/Subtype/Type0/BaseFont/STSong-Light/Encoding/UniGB-UTF16-H/DescendantFonts[4 0 R]>>",
        "<</Type/Font/Subtype/CIDFontType0/BaseFont/STSong-Light/DW 1000/CIDSystemInfo<</Registry(Adobe)/Ordering(GB1)/Supplement 5>>>>",
        f"<</Type/Font/Subtype/Type1/BaseFont/ABCDEF+Song/FirstChar 48/LastChar 50/Widths[500 500 500]/Encoding<</Type/Encoding/Differences[48 {names}]>>/FontDescriptor<</Type/FontDescriptor/FontName/ABCDEF+Song/Flags 4/Ascent 800/Descent -200/FontBBox[0 0 500 800]>>>>",
    ]
    for number, content in enumerate(pages):
        fonts = f"/Resources<</Font<</F0 3 0 R/F1 5 0 R>>/XObject<</X0 {6 + 2 * len(pages)} 0 R>>>>/Contents {7 + 2 * number} 0 R{'' if number else annots}"
        objects += [
            f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]{fonts}>>",
            f"<</Length {len(content)}>>stream\n{content}\nendstream",
        ]
    kind = "/Type/XObject/Subtype/Form/BBox[0 0 400 40]/Matrix[1 0 0 1 60 480]/Resources<</Font<</F0 3 0 R>>>>"
    objects.append(f"<</Length {len(form)}{kind}>>stream\n{form}\nendstream")
    data = b"%PDF-1.5\n"
    places = []
    for number, each in enumerate(objects, start=1):
        places.append(len(data))
        data += f"{number} 0 obj\n{each}\nendobj\n".encode("latin-1")
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    end = f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}trailer\n<</Size {len(objects) + 1}/Root 1 0 R>>\nstartxref\n{len(data)}\n%%EOF"
    return files.read(data + end.encode(), ".pdf", Given(SETTINGS))


def told(found: Extracted) -> str:
    return "\n".join(each.sentence for each in found.account.remarks)


@pytest.mark.parametrize("names", ["/g1 /g2 /g3", "/G01 /G02 /G03", "/c48 /c49 /c50"])
def test_a_glyph_without_a_character_is_never_a_wrong_digit(names: str) -> None:
    found = pdf(
        column(HEAD) + at(60, 600, "　　二、罚款为") + glyphs(158, 600, "012") + at(180, 600, "元。"), names=names
    )
    assert "罚款为〓〓〓元。" in found.text
    assert any(each.doubt and each.count == 3 for each in found.account.remarks)


def test_a_glyph_with_a_known_name_is_its_digit() -> None:
    found = pdf(
        column(HEAD) + at(60, 600, "　　二、罚款为") + glyphs(158, 600, "012") + at(180, 600, "元。"),
        names="/five /zero /uni0030",
    )
    assert "罚款为500元。" in found.text
    assert not any(each.doubt for each in found.account.remarks)


def test_what_is_drawn_twice_to_look_bold_is_read_once() -> None:
    found = pdf(column(HEAD) + column(HEAD[:1], x=60.4))
    assert found.text.split("\n")[0] == HEAD[0]
    assert "叠印" in told(found)


def test_double_characters_stay() -> None:
    assert "示示例例谢谢" in pdf(column([*HEAD, "　　示示例例谢谢"])).text


def test_two_columns_are_read_one_after_the_other() -> None:
    left = ["第一条　为了规范示例，保护示例", "的合法权益，制定本办法。", "第二条　本办法适用于示例内", "的示例活动。"]
    right = ["第三条　示例由市政府统一管理，", "区政府负责实施。", "第四条　违反本办法的，责令", "改正。"]
    found = pdf(column(left, 50, size=10) + column(right, 310, size=10)).text.replace("\n", "")
    assert found.index("的示例活动。") < found.index("第三条")
    assert "保护示例的合法权益" in found


def test_a_table_is_a_table() -> None:
    rows = [("序号", "事项", "单位"), ("1", "建立台账", "市示例局"), ("2", "报送报告", "各区")]
    drawn = "".join(
        at(x, 690 - 20 * row, cell, 12)
        for row, cells in enumerate(rows)
        for x, cell in zip((60, 140, 300), cells, strict=True)
    )
    found = pdf(column(HEAD) + drawn)
    assert found.text.endswith("| 序号 | 事项 | 单位 |\n| 1 | 建立台账 | 市示例局 |\n| 2 | 报送报告 | 各区 |\n")


def test_a_footnote_stands_after_the_paragraph_that_goes_on_overleaf() -> None:
    first = [
        "　　第一条　为了规范示例活动，保护示例的合法权益，根据有关法律法规，结合本",
        "市实际，制定本办法。示例活动应当遵循安全第一、公开便民、协同高效、权责一致",
    ]
    found = pdf(
        column(first) + column(["① 本条所称安全是指示例安全。"], y=80, size=9),
        column(["的原则。", "　　第二条　本办法自公布之日起施行。"]),
    )
    assert "权责一致的原则。\n① 本条所称安全是指示例安全。\n第二条" in found.text


def test_a_raised_figure_is_raised() -> None:
    found = pdf(column(HEAD) + at(60, 600, "　　面积一百米") + at(158, 606, "2", 8) + at(170, 600, "以上。"))
    assert "一百米²以上" in found.text.replace(" ", "")


@pytest.mark.parametrize(
    ("drawn", "reason"),
    [
        (at(60, -50, "暗语暗语"), "页面之外"),
        (at(60, 500, "暗语暗语", before="3 Tr") + "BT 0 Tr ET", "透明"),
        ("1 1 1 rg " + at(60, 500, "暗语暗语"), "白色"),
        (at(60, 500, "暗语暗语", size=0.5), "不到"),
        ("q 0 0 10 10 re W n " + at(60, 500, "暗语暗语") + "Q ", "裁剪框"),
        ("q 0 0 595 842 re W n 0 0 10 10 re W* n " + at(60, 500, "暗语暗语") + "Q ", "裁剪框"),
    ],
)
def test_what_is_not_seen_is_left_out_and_named(drawn: str, reason: str) -> None:
    found = pdf(column(HEAD) + drawn)
    assert "暗语" not in found.text
    assert "暗语" in told(found)
    assert reason in told(found)


@pytest.mark.parametrize(
    ("annotation", "doubt"),
    [
        ("/Subtype/FreeText/Contents<FEFF5E9F6B62>", True),
        ("/Subtype/Text/Contents(see)", False),
        ("/Subtype/Stamp/Contents<FEFF4F5C5E9F>", True),
        ("/Subtype/StrikeOut", True),
        ("/Subtype/Widget/FT/Tx/T(a)/V(500)", True),
    ],
)
def test_annotations_are_named(annotation: str, doubt: bool) -> None:
    found = pdf(column(HEAD), annots=f"/Annots[<</Type/Annot{annotation}/Rect[60 500 400 530]>>]")
    assert [each.doubt for each in found.account.remarks] == [doubt]
    assert found.account.remarks[0].where == "第 1 页"


def test_a_plain_page_has_nothing_to_tell() -> None:
    found = pdf(column(HEAD))
    assert found.text == "".join(f"{line.strip()}\n" for line in HEAD)
    assert not found.account.remarks
    assert found.account.share == 1.0


FULL = "　　一、全市设立示例点共计五十个，分布在各区各街道，其中示例区的示例点数量为"


def test_a_number_on_a_line_of_its_own_belongs_to_its_sentence() -> None:
    found = pdf(column([*HEAD, "　　一、每件示例收费为", "12", "元，自2022年起执行，每季公布一次收支情况。"]))
    assert "一、每件示例收费为12元，自2022年起执行" in found.text


def test_a_number_at_the_head_of_a_page_is_no_page_number_without_a_sequence() -> None:
    found = pdf(column([*HEAD, FULL]), column(["30", "个，其余为各区所有。"]))
    assert "示例点数量为30个，其余" in found.text
    assert not any("页码" in note for note in found.notes)


def test_a_page_number_that_stands_apart_goes_and_is_named() -> None:
    found = pdf(column(HEAD) + at(290, 40, "7"))
    assert found.text == "".join(f"{line.strip()}\n" for line in HEAD)
    assert any("第 1 页“7”" in note for note in found.notes)


def test_bare_numbers_that_count_the_pages_go_and_are_named() -> None:
    found = pdf(*(column([*HEAD, f"第{number}号示例。", str(number + 4)]) for number in range(1, 4)))
    assert not any(line.isdigit() for line in found.text.split("\n"))
    assert any("第 1—3 页“5…7”" in note for note in found.notes)


def test_numbers_in_a_list_stay() -> None:
    found = pdf(column(["示例清单", "示例甲", "12", "示例乙", "31"]))
    assert found.text.split("\n")[-4:-1] == ["12", "示例乙", "31"]


CELLS = at(65, 680, "项目", 10) + at(165, 680, "内容", 10) + at(335, 680, "金额", 10)
CELLS += (
    at(65, 648, "示例", 10)
    + at(165, 655, "示例检验，含示", 10)
    + at(165, 642, "例设备", 10)
    + at(335, 648, "300元", 10)
)
CELLS += at(65, 620, "培训", 10) + at(165, 620, "示例培训", 10) + at(335, 620, "150元", 10)
LINES = "".join(f"60 {y} m 500 {y} l S " for y in (700, 670, 640, 610))
LINES += "".join(f"{x} 610 m {x} 700 l S " for x in (60, 160, 330, 500))
BOXES = "".join(f"{x} {y} {wide} 30 re S " for x, wide in ((60, 100), (160, 170), (330, 170)) for y in (670, 640, 610))


@pytest.mark.parametrize("rules", [LINES, BOXES])
def test_cells_between_rules_hold_their_lines_together(rules: str) -> None:
    found = pdf(column(HEAD) + rules + CELLS + at(60, 580, "　　二、自印发之日起执行。"))
    assert found.text.endswith(
        "| 项目 | 内容 | 金额 |\n| 示例 | 示例检验，含示例设备 | 300元 |\n| 培训 | 示例培训 | 150元 |\n二、自印发之日起执行。\n"
    )


def test_a_cell_over_several_rows_stands_in_the_first() -> None:
    rules = LINES.replace("60 640 m 500 640 l", "160 640 m 500 640 l")
    found = pdf(column(HEAD) + rules + CELLS.replace(at(65, 620, "培训", 10), ""))
    assert found.text.endswith("| 示例 | 示例检验，含示例设备 | 300元 |\n|  | 示例培训 | 150元 |\n")


def turned(content: str, quarters: int) -> str:
    matrix = {1: "0 1 -1 0 595 0", 2: "-1 0 0 -1 595 842", 3: "0 -1 1 0 0 842"}[quarters]
    return f"q {matrix} cm {content} Q "


@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_a_page_whose_text_is_turned_is_read_in_its_direction(quarters: int) -> None:
    found = pdf(turned(column(HEAD, y=560), quarters))
    assert found.text == "".join(f"{line.strip()}\n" for line in HEAD)
    assert not found.account.remarks


def test_turned_lines_on_an_upright_page_are_whole_and_a_doubt() -> None:
    rows = [("序号", "示例", "费用"), ("1", "示例东", "300元"), ("2", "示例西", "150元")]
    table = "".join(
        at(x, 300 - 25 * row, cell)
        for row, cells in enumerate(rows)
        for x, cell in zip((60, 200, 400), cells, strict=True)
    )
    found = pdf(column(HEAD) + at(290, 40, "- 1 -") + turned(table, 1))
    assert found.text.endswith("执行。\n| 序号 | 示例 | 费用 |\n| 1 | 示例东 | 300元 |\n| 2 | 示例西 | 150元 |\n")
    assert [each.doubt for each in found.account.remarks] == [True]
    assert "转了方向" in told(found)


def test_text_aslant_is_left_out_and_named() -> None:
    found = pdf(column(HEAD) + f"q 0.7 0.7 -0.7 0.7 0 0 cm {at(300, 100, '此件作废', 30)} Q ")
    assert "此件作废" not in found.text
    assert "此件作废" in told(found) and found.account.remarks[0].doubt


def test_text_within_the_clipping_path_and_after_it_stays() -> None:
    clipped = f"q 50 490 400 40 re W n {at(60, 500, '　　一、示例甲。')} Q " + at(60, 460, "　　二、示例乙。")
    found = pdf(column(HEAD) + clipped)
    assert found.text.endswith("一、示例甲。\n二、示例乙。\n")
    assert not found.account.remarks


def test_a_form_shows_what_lies_in_its_box() -> None:
    found = pdf(
        column(HEAD) + "/X0 Do " + at(60, 440, "　　二、示例乙。"),
        form=at(0, 10, "　　一、示例甲。") + at(0, 90, "暗语暗语"),
    )
    assert found.text.endswith("一、示例甲。\n二、示例乙。\n")
    assert "裁剪框" in told(found) and "暗语" in told(found)
