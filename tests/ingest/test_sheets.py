"""Spreadsheets: titles above the table, numbers as shown, what stands beside the values. All invented (示例)."""

from __future__ import annotations

import datetime
import io
from pathlib import Path

import openpyxl
import pytest
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.comments import Comment
from openpyxl.styles import Font

from kb.base.model import Provenance
from kb.config.settings import load
from kb.ingest import derive
from kb.ingest.formats import files
from kb.ingest.formats.registry import Given
from kb.ingest.formats.sheet_parts import shown, shown_date, shown_duration
from kb.structure.extracted import Extracted

SETTINGS = load(None, Path("/"))


def read(book: openpyxl.Workbook) -> Extracted:
    out = io.BytesIO()
    book.save(out)
    return files.read(out.getvalue(), ".xlsx", Given(SETTINGS))


def book(
    rows: list[list[object]], name: str = "Sheet1"
) -> tuple[openpyxl.Workbook, openpyxl.worksheet.worksheet.Worksheet]:
    made = openpyxl.Workbook()
    sheet = made.active
    sheet.title = name
    for row in rows:
        sheet.append(row)
    return made, sheet


def test_lines_above_the_table_are_lines_and_the_title_is_one_of_them() -> None:
    made, sheet = book([["附件1"], ["示例市收费目录清单"], ["单位：元"], ["序号", "项目"], [1, "停车"]])
    sheet.merge_cells("A2:B2")
    found = read(made)
    assert found.title == "示例市收费目录清单"
    assert found.text == "附件1\n示例市收费目录清单\n单位：元\n| 序号 | 项目 |\n| 1 | 停车 |\n"


def test_a_name_that_says_something_stays_a_heading_below_the_printed_title() -> None:
    made, _ = book([["示例清单"], ["序号", "项目"], [1, "停车"]], "第一批")
    second = made.create_sheet("第二批")
    for row in (["示例续表"], ["序号", "项目"], [2, "洗车"]):
        second.append(row)
    found = read(made)
    assert found.text.startswith("示例清单\n工作表：第一批\n| 序号 | 项目 |\n")
    assert "\n第二批\n示例续表\n| 序号" in found.text
    assert found.levels[0] == 1


@pytest.mark.parametrize("name", ["表一", "清单", "汇总"])
def test_the_printed_title_is_the_title_whatever_the_sheet_is_called(name: str) -> None:
    made, _ = book([["示例市停车收费目录（2031年版）"], ["序号", "项目"], [1, "停车"]], name)
    made.create_sheet("表二").append(["说明"])
    extracted = read(made)
    found = derive.document(extracted, Provenance("示例.xlsx", "0", "2031-01-01", ""), "files", "示例")
    assert found.metadata.title == "示例市停车收费目录（2031年版）"


def test_a_formula_without_a_stored_result_is_doubtful() -> None:
    made, sheet = book([["甲", "乙"], [1, "=A2*2"]])
    assert sheet["B2"].value == "=A2*2"
    told = [(each.what, each.where, each.sample, each.doubt) for each in read(made).account.remarks]
    assert told == [("公式", "Sheet1 B2", "=A2*2", True)]


def test_struck_cells_and_runs_are_marked_and_raised_runs_raised() -> None:
    made, sheet = book([["项目", "标准"], ["停车", 30], ["洗车", ""], ["面积", ""]])
    sheet["B2"].font = Font(strike=True)
    sheet["B3"].value = CellRichText(TextBlock(InlineFont(strike=True), "十元"), "二十元")
    sheet["B4"].value = CellRichText("5m", TextBlock(InlineFont(vertAlign="superscript"), "2"))
    found = read(made)
    assert "| 停车 | 〔删除线：30〕 |" in found.text
    assert "| 洗车 | 〔删除线：十元〕二十元 |" in found.text
    assert "| 面积 | 5m² |" in found.text
    assert [each.what for each in found.account.remarks] == ["删除线", "删除线"]


@pytest.mark.parametrize(
    ("value", "form", "as_shown"),
    [
        (datetime.timedelta(days=1, hours=12), "[h]:mm", "36:00"),
        (datetime.timedelta(minutes=90), '[h]"小时"mm"分"', "1小时30分"),
        (datetime.timedelta(minutes=90), "[mm]:ss", "90:00"),
        (datetime.timedelta(minutes=90), "[h]:mm;@", ""),
    ],
)
def test_a_span_of_time_is_printed_as_it_is_shown(value: datetime.timedelta, form: str, as_shown: str) -> None:
    assert shown_duration(value, form) == as_shown


def test_words_of_a_format_are_printed_or_doubted() -> None:
    made, sheet = book([["代码", "金额", "比"], [3, 5, 2]])
    for cell, form in zip(sheet[2], ('"示府〔2031〕"0"号"', "[$¥-804]#,##0.00", '"约"# ?/?'), strict=True):
        cell.number_format = form
    found = read(made)
    assert "| 示府〔2031〕3号 | ¥5.00 | 2 |" in found.text
    assert [(each.what, each.doubt) for each in found.account.remarks] == [("格式里的文字", True)]


def test_one_column_is_a_table_without_a_title() -> None:
    made, _ = book([["甲"], ["乙"]])
    assert read(made).text == "Sheet1\n| 甲 |\n| 乙 |\n"


def test_numbers_are_as_shown_where_that_loses_nothing() -> None:
    made, sheet = book([["代码", "比例", "金额", "约数"], [123, 0.125, 1234.5, 3.14159]])
    for cell, form in zip(sheet[2], ("000000", "0.0%", "#,##0.00", "0.0"), strict=True):
        cell.number_format = form
    found = read(made)
    assert "| 000123 | 12.5% | 1,234.50 | 3.14159 |" in found.text
    assert any("按存储的值" in note for note in found.notes)


@pytest.mark.parametrize(
    ("value", "form", "text"),
    [
        (7, "000", "007"),
        (-7, "000", "-007"),
        (0.5, "0%", "50%"),
        (0.555, "0%", ""),
        (1e6, "#,##0", "1,000,000"),
        (1.0, "General", ""),
        (45000, "yyyy-mm-dd", ""),
        (1234.5, '_ * #,##0.00_ ;_ * \\-#,##0.00_ ;_ * "-"??_ ;_ @_ ', "1,234.50"),
        (-1234.5, "#,##0.00_);[Red]\\(#,##0.00\\)", "(1,234.50)"),
        (-3, '0"元";"欠"0"元"', "欠3元"),
        (0, '0"元";-0"元";"免；费"', ""),
        (6, '[$¥-804]0"；"', "¥6；"),
        (6, '[>5]0"多";0"少"', ""),
    ],
)
def test_a_format_is_followed_or_left(value: float, form: str, text: str) -> None:
    assert shown(value, form) == text


def test_comments_are_named_with_their_cell_and_doubted_when_they_contradict() -> None:
    made, sheet = book([["事项", "窗口"], ["示例证", "三号"]])
    sheet["A2"].comment = Comment("已暂停办理", "某人")
    sheet["B2"].comment = Comment("在二楼", "某人")
    told = {each.where: (each.sample, each.doubt) for each in read(made).account.remarks if each.what == "批注"}
    assert told == {"Sheet1 A2": ("已暂停办理", True), "Sheet1 B2": ("在二楼", False)}


def test_hidden_rows_are_taken_and_named() -> None:
    made, sheet = book([["事项", "窗口"], ["示例证", "三号"]])
    sheet.row_dimensions[2].hidden = True
    found = read(made)
    assert "示例证" in found.text
    assert [each.what for each in found.account.remarks] == ["隐藏的行列"]


@pytest.mark.parametrize(
    ("value", "form", "as_shown"),
    [
        (datetime.datetime(2031, 1, 5), 'yyyy"年"m"月"d"日"', "2031年1月5日"),
        (datetime.datetime(2031, 1, 5), "[$-804]yyyy/m/d;@", "2031/1/5"),
        (datetime.datetime(2031, 1, 5), 'yyyy"年"m"月"', "2031年1月"),
        (datetime.datetime(2031, 1, 5, 8, 30), "yyyy-mm-dd hh:mm", "2031-01-05 08:30"),
        (datetime.time(8, 5, 9), "h:mm:ss", "8:05:09"),
        (datetime.time(8, 5), "yyyy/m/d", ""),
        (datetime.datetime(2031, 1, 5), "mmmm d, yyyy", ""),
    ],
)
def test_a_date_is_printed_as_it_is_shown(value: datetime.datetime | datetime.time, form: str, as_shown: str) -> None:
    assert shown_date(value, form) == as_shown


def test_dates_of_a_sheet_are_read_as_shown() -> None:
    made, sheet = book([["村", "日期"], ["甲村", datetime.date(2031, 1, 5)]])
    sheet["B2"].number_format = 'yyyy"年"m"月"d"日"'
    assert "| 甲村 | 2031年1月5日 |" in read(made).text
