"""Documents of one pattern in columns, and their figures."""

from __future__ import annotations

import csv
import io
from urllib.parse import quote

import openpyxl
import pytest
from flask.testing import FlaskClient

from kb.config.settings import Settings
from kb.corpus.folder import Corpus
from kb.web.site.app import create_app
from tests.web.conftest import REPORT, put
from tests.web.examples import REPORTS
from tests.web.test_pages import page, texts

IDS = list(REPORTS)
ALL = "&".join(f"d={quote(id)}" for id in IDS)


def test_a_document_offers_those_like_it(client: FlaskClient) -> None:
    (link,) = page(client, f"/d/{REPORT}").select(".ways a[href^='/parallel']")
    shown = page(client, str(link["href"]))
    assert {str(box["value"]) for box in shown.select(".choose input[type=checkbox]")} == set(IDS)
    assert shown.select_one(f"input[type=hidden][value='{REPORT}']")
    assert "没有与它题名相近" in page(client, "/parallel?d=示例公告").get_text()


def test_patterns_that_many_documents_share_are_where_to_start(client: FlaskClient) -> None:
    names = dict(
        zip(*(texts(page(client, "/parallel"), f".values {part}") for part in ("[lang]", ".count")), strict=True)
    )
    assert names["法治政府建设年度报告"] == str(len(IDS) + 1)


def test_sections_stand_in_columns_with_a_link_to_each(client: FlaskClient) -> None:
    shown = page(client, f"/parallel?{ALL}")
    (row,) = [row for row in shown.select(".row") if "深入推进行政复议体制改革" in texts(row, "h2")[0]]
    assert [str(link["href"]) for link in row.select(".facts a")] == [f"/d/{quote(id)}#1-3-1" for id in IDS]
    assert texts(row, ".facts span") == ["标题相近", "标题相近"]
    assert len(shown.select(".columns.of-3")) == len(shown.select(".row")) + 1


def test_one_section_can_be_compared_alone(client: FlaskClient) -> None:
    labels = texts(page(client, f"/parallel?{ALL}&section=1-2"), ".row h2")
    assert len(labels) == 3 and labels[0].startswith("(二)")


def test_each_number_leads_to_its_sentence(client: FlaskClient) -> None:
    shown = page(client, f"/parallel?{ALL}&view=figures")
    (row,) = [row for row in shown.select(".figures-table tbody tr") if texts(row, "th") == ["受理各类人民调解案件"]]
    assert texts(row, "td a") == ["195", "240", "1,050"]
    assert [rect["width"] for rect in row.select("rect")] == ["19", "23", "100"]
    for link, number in zip(row.select("td a"), ("195件", "240件", "1,050件"), strict=True):
        target = page(client, str(link["href"]).partition("#")[0])
        assert str(link["href"]).endswith("#1-4-1")
        assert [mark.get_text() for mark in target.select("[id='1-4-1'] mark")] == [f"共受理各类人民调解案件{number}"]


def test_every_number_of_the_report_leads_to_a_sentence_that_is_there(client: FlaskClient) -> None:
    shown = page(client, f"/parallel?d={REPORT}&d={quote(IDS[0])}&view=figures")
    links = {str(link["href"]) for link in shown.select("td a") if REPORT in str(link["href"])}
    assert len(links) > 40
    for link in sorted(links)[::3]:  # a third of them, to be quick
        address, _, anchor = link.partition("#")
        assert page(client, address).select(f"[id='{anchor}'] mark"), link


def test_the_figures_can_be_taken_along(client: FlaskClient) -> None:
    (link,) = page(client, f"/parallel?{ALL}&view=figures").select("a[download]")
    answer = client.get(str(link["href"]))
    rows = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert answer.mimetype == "text/csv"
    assert rows[0][:2] == ["项目", "单位"] and len(rows[0]) == 5
    assert ["受理各类人民调解案件", "件", "195", "240", "1,050"] in rows


def test_no_figure_and_no_title_becomes_a_formula(empty: Settings) -> None:
    corpus = Corpus(empty.corpus)
    for year, title in ((2020, '=HYPERLINK("示例")报告'), (2021, "+示例报告"), (2022, "@示例报告")):
        put(corpus, f"shili-{year}", f"一、概况\n=SUM(A1)案件{year}件，-案件8件，+案件9件。\n", title=title)
    answer = create_app(empty).test_client().get("/parallel/figures.csv?d=shili-2020&d=shili-2021&d=shili-2022")
    cells = [cell for row in csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))) for cell in row]
    assert "'+示例报告" in cells and "2021" in cells
    assert not [cell for cell in cells if cell.startswith(tuple("=+-@"))]


@pytest.mark.parametrize(
    ("address", "status", "words"),
    [
        ("/parallel?d=没有", 404, "没有编号为"),
        ("/parallel?" + "&".join(f"d={n}" for n in range(7)), 400, "最多对比 6 份"),
        (f"/parallel?{ALL}&view=x", 400, "view"),
        (f"/parallel?{ALL}&section=9-9", 404, "没有“9-9”这一节"),
        (f"/parallel?{ALL}&page=0", 400, "page"),
        (f"/parallel?{ALL}&page=99", 404, "没有第 99 页"),
        ("/parallel/figures.csv", 400, "至少要两份"),
        (f"/parallel/figures.csv?d={REPORT}", 400, "至少要两份"),
    ],
)
def test_bad_addresses_are_answered_in_plain_words(client: FlaskClient, address: str, status: int, words: str) -> None:
    assert words in page(client, address, status).get_text()


@pytest.mark.parametrize("name", ["figures.xlsx", "rows.xlsx", "rows.docx"])
def test_the_comparison_can_be_taken_along(client: FlaskClient, name: str) -> None:
    answer = client.get(f"/parallel/{name}?{ALL}")
    assert answer.status_code == 200 and answer.data.startswith(b"PK")
    assert "至少要两份" in page(client, f"/parallel/{name}?d={REPORT}", 400).get_text()


def test_a_workbook_of_figures_has_the_least_and_the_most_as_numbers(empty: Settings) -> None:
    corpus = Corpus(empty.corpus)
    for name, words in (("示例甲", "二百元以上二千元以下"), ("示例乙", "五百元以下")):
        put(corpus, name, f"第一条　违反规定养犬的，处{words}罚款。\n", title=f"{name}条例")
    client = create_app(empty).test_client()
    (row,) = page(client, "/parallel?d=示例甲&d=示例乙&view=figures").select(".figures-table tbody tr")
    assert texts(row, ".bounds") == ["200–2,000", "≤ 500"]
    book = openpyxl.load_workbook(io.BytesIO(client.get("/parallel/figures.xlsx?d=示例甲&d=示例乙").data))
    cells = [[cell.value for cell in row] for row in book.active.iter_rows()]
    assert cells[1][2:] == ["二百元以上二千元以下", 200, 2000, "第一条", "五百元以下", None, 500, "第一条"]


def test_what_the_matcher_did_not_find_is_not_said_to_be_absent(empty: Settings) -> None:
    corpus = Corpus(empty.corpus)
    put(
        corpus,
        "甲市养犬条例",
        "第一条　未办理养犬登记的，处五百元罚款。\n第二条　携犬外出应当使用犬绳。\n",
        title="甲市养犬条例",
    )
    put(corpus, "乙市养犬条例", "第一条　携犬外出应当使用犬绳牵领。\n", title="乙市养犬条例")
    client = create_app(empty).test_client()
    shown = page(client, "/parallel?d=甲市养犬条例&d=乙市养犬条例")
    assert texts(shown, ".cell.absent .empty") == ["未自动对上"]
    assert "无对应条款" not in shown.get_text()
    other = page(client, "/d/乙市养犬条例/compare?with=甲市养犬条例")
    assert "未自动对上" in other.get_text() and "无对应条款" not in other.get_text()
