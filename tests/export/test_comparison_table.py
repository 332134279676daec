"""Old and new articles side by side, in Word and as a workbook."""

from __future__ import annotations

import io
from pathlib import Path
from urllib.parse import quote
from zipfile import ZipFile

import pytest
from bs4 import BeautifulSoup
from docx import Document
from openpyxl import load_workbook

from kb.config import settings
from kb.web.site.app import create_app
from tests.cli.running import KbHere
from tests.law.laws import Shelf

_OLD = "示例条例\n第一条　为了规范示例活动，制定本条例。\n第二条　罚款一百元。\n第三条　本条例自2001年5月1日起施行。\n"
_NEW = "示例条例\n第一条　为了规范示例活动，制定本条例。\n第二条　禁止携带犬只。\n第三条　罚款二百元。\n第四条　本条例自2001年5月1日起施行。\n"


_CUT = "示例条例\n第一条　为了规范示例活动，制定本条例。\n第二条　禁止携带犬只。\n"


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    shelf = Shelf(tmp_path)
    shelf.put("示例条例", _OLD, edition="2001-03-01", date="2001-03-01")
    shelf.put("示例条例", _NEW, edition="2020-03-01", date="2020-03-01")
    return shelf


@pytest.fixture
def kb(shelf: Shelf, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> KbHere:
    monkeypatch.chdir(shelf.corpus.root.parent)
    return KbHere(shelf.corpus.root.parent, capsys)


def test_the_word_table_marks_what_went_on_the_left_and_what_came_on_the_right(kb: KbHere) -> None:
    kb("diff", "示例条例", "--output", "对照.docx")
    (table,) = Document(str(kb.folder / "对照.docx")).tables
    rows = [[cell.text for cell in row.cells] for row in table.rows]
    assert rows[0] == ["变化", "《示例条例》（2001-03-01 的文本）", "《示例条例》（2020-03-01 的文本）"]
    assert [row[0] for row in rows[1:]] == ["未变", "未变", "新增", "修改", "仅改编号"]
    changed = table.rows[4].cells
    assert [run.text for run in changed[1].paragraphs[0].runs if run.font.strike] == ["二", "一"]
    assert [run.text for run in changed[2].paragraphs[0].runs if run.font.underline] == ["三", "二"]


def test_the_workbook_has_both_numbers_of_each_article(kb: KbHere) -> None:
    kb("diff", "示例条例", "--output", "对照.xlsx")
    rows = list(load_workbook(kb.folder / "对照.xlsx").active.values)
    assert [(row[0], row[1], row[3]) for row in rows[2:]] == [
        ("未变", "第一条", "第一条"),
        ("新增", "", "第二条"),
        ("修改", "第二条", "第三条"),
        ("仅改编号", "第三条", "第四条"),
    ]


def test_an_ending_that_cannot_be_is_refused(kb: KbHere) -> None:
    kb("diff", "示例条例", "--output", "对照.pdf", code=2)
    assert ".docx 或 .xlsx" in kb.said and not (kb.folder / "对照.pdf").exists()


@pytest.mark.parametrize("ending", ["docx", "xlsx"])
def test_the_page_gives_the_same(kb: KbHere, ending: str) -> None:
    kb("diff", "示例条例", "--output", f"对照.{ending}")
    client = create_app(settings.load(folder=kb.folder)).test_client()
    assert f"compare.{ending}" in client.get(f"/d/{quote('示例条例')}/compare").text
    answer = client.get(f"/d/{quote('示例条例')}/compare.{ending}")
    assert answer.status_code == 200, answer.text
    same, saved = (ZipFile(file) for file in (io.BytesIO(answer.get_data()), kb.folder / f"对照.{ending}"))
    name = {"docx": "word/document.xml", "xlsx": "xl/worksheets/sheet1.xml"}[ending]
    assert same.read(name) == saved.read(name)


@pytest.mark.parametrize("ending", ["txt", "md", "docx", "json", "akn.xml", "zip"])
def test_a_law_that_breaks_off_says_so_wherever_it_is_taken_away(tmp_path: Path, ending: str) -> None:
    shelf = Shelf(tmp_path)
    shelf.put("示例条例", _OLD, edition="2001-03-01", date="2001-03-01", kind="地方性法规")
    shelf.put("示例条例", _CUT, edition="2020-03-01", date="2020-03-01", kind="地方性法规")
    client = create_app(settings.load(folder=tmp_path)).test_client()
    told = "文本可能不完整（止于第二条）：来源里就到这里，请核对原文。"
    assert told in client.get(f"/d/{quote('示例条例')}").text
    data = client.get(f"/d/{quote('示例条例')}.{ending}").get_data()
    files = [data]
    if data.startswith(b"PK"):
        with ZipFile(io.BytesIO(data)) as archive:
            files = [archive.read(name) for name in archive.namelist()]
    assert any(told in each.decode("utf-8", "ignore") for each in files)
    assert told in client.get(f"/d/{quote('示例条例')}/compare").text
    with ZipFile(io.BytesIO(client.get(f"/d/{quote('示例条例')}/compare.docx").get_data())) as word:
        assert told in word.read("word/document.xml").decode()
    sheet = load_workbook(io.BytesIO(client.get(f"/d/{quote('示例条例')}/compare.xlsx").get_data())).active
    assert list(sheet.values)[-1][4] == told


@pytest.mark.parametrize("ending", ["docx", "xlsx"])
def test_only_the_changes_can_be_taken_along(kb: KbHere, ending: str) -> None:
    client = create_app(settings.load(folder=kb.folder)).test_client()
    page = BeautifulSoup(client.get(f"/d/{quote('示例条例')}/compare?show=changes").text, "html.parser")
    (link,) = (str(each["href"]) for each in page.select("a") if f"compare.{ending}" in str(each.get("href")))
    made = io.BytesIO(client.get(link).get_data())
    if ending == "docx":
        document = Document(made)
        rows = [[cell.text for cell in row.cells] for row in document.tables[0].rows][1:]
        assert "未变" in document.paragraphs[0].text + document.paragraphs[1].text
        assert any("只列变化" in paragraph.text for paragraph in document.paragraphs)
    else:
        rows = [[str(cell) for cell in row] for row in load_workbook(made).active.values][1:]
    assert [row[0] for row in rows] == ["新增", "修改", "仅改编号"]
    assert client.get(f"/d/{quote('示例条例')}/compare.{ending}?show=other").status_code == 400
