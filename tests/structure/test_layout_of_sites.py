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
