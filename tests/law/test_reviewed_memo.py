"""A memo whose citations were checked: on the page, as a Word file, with two days."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from docx import Document
from docx.enum.text import WD_COLOR_INDEX
from flask.testing import FlaskClient

from kb.config import settings
from kb.web.site.app import create_app
from tests.cli.running import KbHere
from tests.law.laws import LAW, Shelf

_LAW = LAW.replace("为了示例，制定本法。", "为了保护示例人的权益，规范示例活动，制定示例法。")
MEMO = (
    "一、依照《示例法》第一条“为了保护示例人的权益，规范示例活动”办理。\n"
    "二、《示例法》第九条不存在。\n"
    "三、《示例法》第二条第一款第（二）项、《别处条例》第三条亦同。\n"
)


@pytest.fixture
def shelf(shelf: Shelf) -> Shelf:
    made = "2009年12月1日 第十一届示例会议通过\n第一章"
    later = "2009年12月1日 第十一届示例会议通过\n2018年3月1日 第十三届示例会议修正\n第一章"
    shelf.put("示例法", _LAW.replace("第一章", made, 1), edition="2009-12-01", date="2009-12-01")
    newer = _LAW.replace("第一章", later, 1).replace("办理示例", "协助示例")
    shelf.put("示例法", newer, edition="2018-03-01", date="2018-03-01", effective="2018-03-01")
    shelf.update()
    return shelf


@pytest.fixture
def client(shelf: Shelf) -> FlaskClient:
    return create_app(settings.load(folder=shelf.corpus.root.parent)).test_client()


def _sent(**days: str) -> dict[str, str]:
    return {"text": MEMO, "on": "2012-01-01", **days}


def test_the_page_marks_each_reference_in_the_text_and_counts_problems_first(client: FlaskClient) -> None:
    shown = BeautifulSoup(client.post("/cite-check", data=_sent()).get_data(), "html.parser")
    memo = shown.select_one(".memo")
    assert memo
    marked = [(each["class"][1], each.get_text()) for each in memo.select("a.reference")]
    assert [weight for weight, _ in marked] == ["right", "problem", "later", "open"]
    for number in memo.select("sup"):
        number.extract()
    assert memo.get_text() == MEMO
    summary = shown.select_one("#kb-checked ~ .summary")
    assert summary
    words = [each.split()[0] for each in summary.get_text().split("，")]
    assert words[0] == "查无此条" and words[-1] == "条款存在、引文一致"
    assert all(shown.select_one(str(each["href"])) for each in memo.select("a.reference"))


def test_the_word_file_holds_the_text_with_a_comment_at_each_reference(client: FlaskClient) -> None:
    answer = client.post("/cite-check.docx", data=_sent())
    made = Document(io.BytesIO(answer.get_data()))
    lines = [each.text for each in made.paragraphs]
    assert lines[-3:] == MEMO.splitlines()
    comments = [each.text for each in made.comments]
    assert [each.split("\n")[0] for each in comments] == [
        "1. 条款存在、引文一致",
        "2. 查无此条",
        "3. 此后修改",
        "4. 不在语料库里",
    ]
    coloured = {run.text: run.font.highlight_color for each in made.paragraphs[-3:] for run in each.runs}
    assert coloured["《示例法》第九条"] == WD_COLOR_INDEX.YELLOW and coloured["《示例法》第一条"] is None
    rows = [[cell.text for cell in row.cells] for row in made.tables[0].rows]
    assert [row[0] for row in rows] == ["序号", "2", "4", "3", "1"]
    assert client.post("/cite-check.docx", data=_sent()).get_data() == answer.get_data()
    with zipfile.ZipFile(io.BytesIO(answer.get_data())) as parts:  # the same bytes at any other time, too
        assert {part.date_time for part in parts.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_what_came_after_the_second_day_is_not_told(client: FlaskClient) -> None:
    def status(**days: str) -> str:
        told = client.post("/api/v1/citations", json={"text": "《示例法》第二条第一款第（二）项", **days}).get_json()
        return str(told[0]["status"])

    assert status(on="2012-01-01") == "changed since"
    assert status(on="2012-01-01", until="2017-12-31") == "right"
    refused = client.post("/api/v1/citations", json={"text": MEMO, "on": "2012-01-01", "until": "2011-01-01"})
    assert refused.status_code == 400 and "不能早于" in str(refused.get_json())


def test_the_command_writes_the_same_file(
    shelf: Shelf,
    client: FlaskClient,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.chdir(shelf.corpus.root.parent)
    kb, memo, word = KbHere(tmp_path, capsys), tmp_path / "备忘录.txt", tmp_path / "审阅稿.docx"
    memo.write_text(MEMO, encoding="utf-8")
    kb("cite-check", str(memo), "--on", "2012-01-01", "--word", str(word), code=1)
    assert word.read_bytes() == client.post("/cite-check.docx", data=_sent()).get_data()
    assert "4 处引用：查无此条 1 处" in kb.said


def test_a_text_that_cites_without_end_is_refused_in_a_sentence(client: FlaskClient) -> None:
    refused = client.post("/api/v1/citations", json={"text": "《示例法》第一条、" * 10_001})
    assert refused.status_code == 400 and "超过 10,000 处" in str(refused.get_json())


def test_a_word_file_that_would_take_minutes_is_refused_and_the_page_still_answers(client: FlaskClient) -> None:
    for text in ("《示例法》第一条、" * 1_001, "示例\n" * 20_001):
        assert client.post("/cite-check.docx", data={"text": text}).status_code == 400
        assert client.post("/cite-check", data={"text": text}).status_code == 200
