"""Files at the addresses of the pages."""

from __future__ import annotations

import csv
import io
import zipfile
from urllib.parse import quote, urlencode
from urllib.request import Request, urlopen

import openpyxl
import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from kb.config.settings import Settings
from kb.corpus.folder import Corpus
from kb.export.formats import labels
from kb.web.site.app import create_app
from kb.web.view import downloads
from tests.web.conftest import HOSTILE, LAW, REPORT, put
from tests.web.test_pages import page, texts


def test_every_file_that_a_document_offers_is_there(client: FlaskClient) -> None:
    links = [str(link["href"]) for link in page(client, f"/d/{HOSTILE}").select(".downloads a")]
    assert sorted(link.rpartition(f"/d/{quote(HOSTILE)}.")[2] for link in links) == sorted(labels())
    for link in links:
        answer = client.get(link)
        assert answer.status_code == 200 and answer.data, link
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("ending", labels())
def test_a_file_that_is_there_already_is_not_sent_or_made_again(client: FlaskClient, ending: str) -> None:
    first = client.get(f"/d/{quote(LAW)}.{ending}")
    assert first.headers["ETag"] and first.headers["Last-Modified"]
    again = client.get(f"/d/{quote(LAW)}.{ending}", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_a_section_and_a_version_are_files_too(client: FlaskClient, corpus: Corpus) -> None:
    text = client.get(f"/d/{quote(LAW)}/art-2-p1-i2.txt").text
    assert "示例市示例条例 第2条第1款第2项\n\n（二）办理行政复议事项。\n" in text
    version = corpus.history(LAW)[0].version
    assert "第三条" in client.get(f"/d/{quote(LAW)}/versions/{version}.md").text
    assert client.get(f"/d/{quote(LAW)}/versions/{version}/art-1.json").json["sections"][0]["anchor"] == "art-1"  # type: ignore[index]


def test_a_document_whose_name_ends_like_a_format_is_still_a_page(empty: Settings) -> None:
    put(Corpus(empty.corpus), "示例.txt", "示例内容。\n", title="示例")
    client = create_app(empty).test_client()
    assert texts(page(client, "/d/示例.txt"), "h1") == ["示例"]
    assert client.get("/d/示例.txt.txt").mimetype == "text/plain"


@pytest.mark.parametrize(
    "path",
    ["/d/没有.pdf", f"/d/{REPORT}/9-9.docx", f"/d/{REPORT}/versions/x.md", f"/d/{REPORT}.epub", "/d/.md", "/d/%00.zip"],
)
def test_what_is_not_there_is_a_page_that_says_so(client: FlaskClient, path: str) -> None:
    assert page(client, path, 404).select("h1")


@hypothesis_settings(max_examples=40)
@given(st.text(max_size=30), st.text(max_size=30), st.sampled_from(["md", "txt", "json", "docx", "akn.xml"]))
def test_no_address_breaks_an_export(client: FlaskClient, id: str, anchor: str, ending: str) -> None:
    for path in (
        f"/d/{quote(id, safe='')}.{ending}",
        f"/d/{LAW}/{quote(anchor, safe='')}.{ending}",
        f"/d/{LAW}/versions/{quote(id, safe='')}.{ending}",
    ):
        assert client.get(path).status_code in (200, 302, 308, 404), path


def test_hits_of_a_search_are_a_table_without_formulas(client: FlaskClient) -> None:
    rows = list(csv.DictReader(io.StringIO(client.get("/search.csv?q=行政复议").data.decode("utf-8-sig"))))
    assert rows[0]["题名"] == "濠江区2021年法治政府建设年度报告" or rows[0]["字面命中"] == "是"
    assert f"http://localhost/d/{REPORT}#1-3-2" in {row["地址"] for row in rows}
    answer = client.get("/search.xlsx?q=示例&limit=20&offset=5")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    sheet = openpyxl.load_workbook(io.BytesIO(answer.data)).active
    assert sheet
    assert sheet.max_row == 21 and sheet["A2"].value == "6"
    assert {cell.data_type for row in sheet.iter_rows() for cell in row if cell.value} == {"s"}


def test_what_is_saved_of_a_search_is_what_was_asked_for(client: FlaskClient) -> None:
    shown = page(client, "/search?q=行政复议&year=2021&order=date")
    sent = urlencode([(each["name"], each["value"]) for each in shown.select("form:has(.taking) input")])
    saved = {one.get_text(): f"{one['formaction']}?{sent}" for one in shown.select(".taking [formaction]")}
    rows = list(csv.DictReader(io.StringIO(client.get(saved["CSV"]).data.decode("utf-8-sig"))))
    assert rows and {row["日期"][:4] for row in rows} == {"2021"}
    assert client.get(saved["导出结果"]).data.startswith(b"PK")
    (address,) = page(client, saved["订阅"]).select(".feed a")
    assert client.get(str(address["href"])).mimetype == "application/atom+xml"
    assert client.get("/search.csv?year=2021").status_code == 200


def test_a_section_can_be_saved_where_it_is_cited(client: FlaskClient) -> None:
    links = [str(link["href"]) for link in page(client, f"/d/{quote(LAW)}/cite?anchor=art-2").select(".downloads a")]
    assert len(links) == len(labels()) - 1
    assert "第二条" in client.get(next(link for link in links if link.endswith("art-2.txt"))).text


@pytest.mark.parametrize(
    "parameters", ["", "?q=", "?q=复议&limit=0", "?q=复议&limit=1001", "?q=复议&offset=x", "?q=-复议"]
)
@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_a_wrong_search_is_told_in_words(client: FlaskClient, ending: str, parameters: str) -> None:
    assert page(client, f"/search.{ending}{parameters}", 400).select("h1")


def test_a_real_server_sends_a_file_of_its_own_as_it_is(address: str) -> None:
    request = Request(f"{address}/static/icon.svg", headers={"Accept-Encoding": "gzip"})
    with urlopen(request, timeout=10) as answer:
        assert answer.status == 200 and answer.read().startswith(b"<svg")


def test_a_file_with_a_chinese_name_comes_over_http_under_that_name(address: str) -> None:
    name = quote("检索-行政复议.csv")
    for path, escaped in (
        (f"/search.csv?q={quote('行政复议')}", name),
        (f"/d/{quote(LAW)}.docx", f"{quote(LAW)}.docx"),
    ):
        with urlopen(f"{address}{path}", timeout=10) as answer:
            assert answer.status == 200
            assert f"filename*=UTF-8''{escaped}" in answer.headers["Content-Disposition"]


def test_the_evidence_is_a_zip(client: FlaskClient) -> None:
    answer = client.get(f"/d/{REPORT}.zip")
    assert answer.mimetype == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
        assert archive.testzip() is None and "SHA256SUMS" in archive.namelist()


def _rows(client: FlaskClient, path: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(client.get(path).data.decode("utf-8-sig"))))


def test_a_table_holds_every_literal_hit_and_only_those(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    told = client.get("/api/v1/search?q=示例").json
    assert told and told["total"] > 20
    monkeypatch.setattr(downloads, "MAX_LIMIT", 7)
    rows = _rows(client, "/search.csv?q=示例&group=document")
    assert len(rows) == len({row["地址"] for row in rows}) == told["total"]
    assert {row["字面命中"] for row in rows} == {"是"}
    assert [row["序号"] for row in _rows(client, "/search.csv?q=示例&offset=10")][:2] == ["11", "12"]


def test_a_table_without_literal_hits_has_the_related_ones(client: FlaskClient) -> None:
    told = client.get("/api/v1/search?q=行政机关的示例复议").json
    assert told and not told["total"] and told["related"]
    assert len(_rows(client, "/search.csv?q=行政机关的示例复议")) == told["related"]


def test_a_table_that_is_not_whole_says_so_and_so_does_the_page(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(downloads, "MAX_LIMIT", 5)
    monkeypatch.setattr(downloads, "MOST_EXPORTED", 10)
    whole = client.get("/api/v1/search?q=示例").json["total"]  # type: ignore[index]
    *rows, last = _rows(client, "/search.csv?q=示例")
    assert len(rows) == 10 and not last["序号"] and not last["地址"]
    assert f"共 {whole} 条，本表到第 10 条为止" in last["题名"]
    monkeypatch.setitem(client.application.jinja_env.globals, "most_exported", (10, 5))
    assert f"到第 10 条为止，共 {whole} 条" in " ".join(
        texts(page(client, "/search?q=示例"), ".tools-of-results .hint")
    )


def test_a_table_says_how_each_hit_stands_and_what_it_is(client: FlaskClient) -> None:
    rows = _rows(client, "/search.csv?q=示例行为")
    assert rows[0]["效力位阶"] == "地方法规和规章" and {"时效", "文号"} < rows[0].keys()
