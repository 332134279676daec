"""What sites put around a text: boxes of notes, names of files to download, long headings."""

from __future__ import annotations

import pytest

from kb.base.model import Section
from kb.structure import outline

OFFENCE = "未按照国家环境保护标准贮存示例废物，或者将示例废物混入其他废物中贮存、运输、利用，也没有及时向所在地的主管部门报告的示例行为"


def outlined(text: str) -> list[str]:
    sections = outline.parse(text)
    assert "".join(each.text for top in sections for each in top.walk()) == text
    return [each.anchor for top in sections for each in top.walk()]


def found(text: str, anchor: str) -> Section:
    return next(each for top in outline.parse(text) for each in top.walk() if each.anchor == anchor)


def test_a_box_of_notes_before_the_text_takes_no_addresses_from_it() -> None:
    text = "备注\n一、“首次”按照有关规定执行。\n二、示例区域不适用本清单。\n一、建设管理类\n1、未依法备案\n应当改正。\n二、水污染类\n"
    assert outlined(text) == ["preamble", "1", "1-1", "2"]


def test_a_list_below_the_last_column_of_a_table_stays_a_list() -> None:
    assert outlined("序号\n备注\n一、示例甲。\n二、示例乙。\n三、示例丙。\n")[-3:] == ["1", "2", "3"]


@pytest.mark.parametrize("below", ["应当改正。", "（1）属于首次；\n（2）及时改正。"])
def test_a_long_line_above_a_text_is_its_heading(below: str) -> None:
    text = f"一、示例管理类\n1、{OFFENCE}\n{below}\n2、示例行为\n应当改正。\n"
    assert found(text, "1-1").heading == OFFENCE


def test_a_long_item_without_text_below_is_no_heading() -> None:
    assert found(f"一、示例管理类\n1、{OFFENCE}\n2、示例行为\n应当改正。\n", "1-1").heading == ""


@pytest.mark.parametrize(
    "files",
    [
        "附件\n附件1-示例裁量表.pdf\n附件2-示例目录.docx\n",
        "附件1：示例裁量表.pdf\n附件2：示例目录.xls\n",
        "附件：示例裁量表.doc\n示例目录.xlsx\n",
    ],
)
@pytest.mark.parametrize("tail", ["", "示例市示例局\n2021年11月14日\n"])
def test_names_of_files_to_download_are_no_annexes(files: str, tail: str) -> None:
    text = f"示例局关于示例的通知\n各有关单位：\n现将有关事项通知如下。\n一、示例甲。\n二、示例乙。\n{files}{tail}"
    assert [each for each in outlined(text) if each.startswith("annex")] == []
    assert found(text, "attachments").text.endswith(files)


def test_an_annex_called_like_a_file_keeps_its_text() -> None:
    text = "示例局关于示例的通知\n各有关单位：\n现通知如下。\n一、示例甲。\n示例局\n2021年11月14日\n附件1：示例方案.docx\n一、目标。\n二、任务。\n"
    assert "annex-1-2" in outlined(text)


LIST = "示例市关于示例的通知\n各区：\n一、执行。\n{list}示例市示例局\n2022年5月6日\n{annexes}"
ANNEXES = "{0}1{1}\n示例名录\n东示例\n{0}2{1}\n示范名录\n西示例\n"


@pytest.mark.parametrize("listed", ["附件1：示例名录；附件2：示范名录\n", "附件：1.示例名录；2.示范名录。\n"])
@pytest.mark.parametrize(("word", "colon"), [("附件", ""), ("附", "："), ("附件", "：")])
def test_a_list_of_annexes_on_one_line_is_a_list(listed: str, word: str, colon: str) -> None:
    text = LIST.format(list=listed, annexes=ANNEXES.format(word, colon))
    assert [each for each in outlined(text) if "preamble" not in each][3:] == [
        "attachments",
        "signature",
        "annex-1",
        "annex-2",
    ][1:]
    assert "西示例" in found(text, "annex-2").text or "西示例" in found(text, "annex-2-preamble").text


def test_the_annexes_of_an_annex_are_its_own() -> None:
    plan = "附件1\n示例方案\n一、目标。见附件1。\n附件：1.任务表\n2.时间表\n附件1\n任务表\n甲负责。\n附件2\n时间表\n六月开工。\n"
    listed = "附件：1.示例方案\n2.经费表\n"
    text = LIST.format(list=listed, annexes=f"{plan}附件2\n经费表\n合计80万元。\n")
    assert [each for each in outlined(text) if each.rpartition("-")[2].isdigit() and "annex" in each] == [
        *("annex-1", "annex-1-1", "annex-1-annex-1", "annex-1-annex-2", "annex-2")
    ]
    assert found(text, "annex-2-preamble").text == "合计80万元。\n"
    assert [each.anchor for each in found(text, "annex-1").children][-2:] == ["annex-1-annex-1", "annex-1-annex-2"]


def test_who_gets_copies_is_no_part_of_the_last_article() -> None:
    imprint = "抄送：市审计局。\n示例市示例局办公室　2022年5月7日印发\n"
    text = LIST.format(
        list="", annexes=f"示例市示例办法\n第一条　制定本办法。\n第二条　本办法自2022年6月1日起施行。\n{imprint}"
    )
    assert found(text, "annex-1-signature").text == imprint
    assert found(text, "annex-1-art-2").text.endswith("起施行。\n")
