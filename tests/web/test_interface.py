"""The interface does what its own description says, whatever is asked; the description is written from the code."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import quote

import msgspec
import pytest
import schemathesis
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi import checks as told
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.support.wait import WebDriverWait
from werkzeug.datastructures import Headers

from kb.config.settings import Settings
from kb.corpus.folder import Corpus
from kb.web.api import schemas
from kb.web.api.api import ENDPOINTS, PREFIX
from kb.web.site.app import create_app
from tests.web.conftest import LAW, REPORT, SMALL, finishing
from tests.web.test_citing import ID, renumbered, version
from tests.web.test_pages import page, texts

__all__ = ["renumbered"]

CHECKS = [
    schemathesis.checks.not_a_server_error,
    told.status_code_conformance,
    told.content_type_conformance,
    told.response_schema_conformance,
    told.negative_data_rejection,
    told.unsupported_method,
]
# So that most questions are about something that is there.
KNOWN = {"id": [LAW, REPORT], "anchor": ["1-3-2", "art-2", "art-2-p1-i2"]}

# Not .. and its like, which make another address before anything is sent.
NAMES = st.text("示例条aZ09-~._'<>", min_size=1, max_size=20).filter(lambda name: name.strip("."))


@pytest.fixture(scope="module")
def schema(settings: Settings) -> schemathesis.BaseSchema:
    return schemathesis.openapi.from_wsgi(f"{PREFIX}/openapi.json", finishing(create_app(settings)))


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=lambda mode: mode.value)
@pytest.mark.parametrize(("method", "template"), [(endpoint.method, endpoint.template) for endpoint in ENDPOINTS])
def test_every_address_answers_as_described(schema: Any, method: str, template: str, mode: GenerationMode) -> None:
    operation = schema[template][method]
    checks = [*CHECKS, told.positive_data_acceptance] if mode is GenerationMode.POSITIVE else CHECKS
    if mode is GenerationMode.NEGATIVE and not operation.query and not operation.body:
        pytest.skip("nothing can be wrong in an address without parameters but its path")

    @hypothesis_settings(max_examples=12, database=None, suppress_health_check=list(HealthCheck))
    @given(operation.as_strategy(generation_mode=mode), st.data())
    def ask(case: schemathesis.Case, data: st.DataObject) -> None:
        for name, values in KNOWN.items():
            if name in (case.path_parameters or {}):
                case.path_parameters[name] = data.draw(st.sampled_from(values) | NAMES)
        if mode is GenerationMode.POSITIVE and isinstance(case.body, dict):
            case.body.pop("until", None)  # no schema says that it is not before the other day
        case.call_and_validate(checks=checks, headers={"Accept-Encoding": "identity"})

    ask()


@pytest.mark.parametrize("name", ["document", "within"])
@pytest.mark.parametrize("value", ["\x01", "，", "没有这个文件", "\x7f#1"])
def test_in_a_document_that_there_is_not_nothing_is_found(client: FlaskClient, name: str, value: str) -> None:
    asked = {"q": "行政复议", name: value}
    answer = client.get(f"{PREFIX}/search", query_string=asked)
    assert (answer.status_code, answer.json and answer.json["total"]) == (200, 0)
    page = client.get("/search", query_string=asked)
    assert page.status_code == 200 and "行政复议" in page.text
    assert client.get(f"{PREFIX}/search.csv", query_string=asked).text.count("\n") == 1


def test_the_description_has_every_address_and_parameter(client: FlaskClient) -> None:
    described = client.get(f"{PREFIX}/openapi.json").json
    assert described and described["openapi"].startswith("3.1")
    for endpoint in ENDPOINTS:
        operation = described["paths"][endpoint.template][endpoint.method.lower()]
        assert [each["name"] for each in operation["parameters"]] == [each.name for each in endpoint.parameters]
        assert operation["summary"] and all("description" in each for each in operation["parameters"])
        assert {"200", "413" if endpoint.body else "304", "400", "404", "503"} <= operation["responses"].keys()


def test_files_are_described_with_what_they_answer(client: FlaskClient) -> None:
    paths = client.get(f"{PREFIX}/openapi.json").json["paths"]  # type: ignore[index]
    files = {f"{each.template}.{ending}" for each in ENDPOINTS for ending in each.endings}
    assert {"/search.csv", "/documents.csv", "/documents/{id}/sections/{anchor}.xml"} < files < paths.keys()
    for path in files:
        asked = path.format(
            id=REPORT, anchor="1-3-2", version=client.get(f"{PREFIX}/documents/{REPORT}").json["version"]
        )  # type: ignore[index]
        answer = client.get(f"{PREFIX}{asked}?q=行政复议" if path == "/search.csv" else f"{PREFIX}{asked}")
        assert answer.status_code == 200
        assert answer.mimetype in paths[path]["get"]["responses"]["200"]["content"]


def test_what_is_answered_has_no_field_that_is_not_described(client: FlaskClient, corpus: Corpus) -> None:
    answer = client.get(f"{PREFIX}/documents/{quote(LAW)}").json
    assert answer == json.loads(json.dumps(corpus.as_json(LAW)))
    assert set(corpus.as_json(LAW)) == set(schemas.DocumentAnswer.__dataclass_fields__)


def pages(client: FlaskClient, path: str, key: str) -> Iterator[list[Any]]:
    cursor = ""
    while True:
        answer = client.get(f"{PREFIX}{path}{'&' if '?' in path else '?'}cursor={quote(cursor)}").json
        assert answer
        yield answer[key]
        cursor = answer["next"]
        if not cursor:
            return


def test_documents_are_paged_by_cursor_each_once_newest_first(client: FlaskClient, corpus: Corpus) -> None:
    found = [each for one in pages(client, "/documents?limit=30", "documents") for each in one]
    assert sorted(each["id"] for each in found) == sorted(corpus.ids()) and len(found) > SMALL
    assert [each["date"] for each in found] == sorted((each["date"] for each in found), reverse=True)
    chosen = client.get(f"{PREFIX}/documents?year=2021&source=haojiang").json
    assert chosen and [each["id"] for each in chosen["documents"]] == [REPORT]


def test_changes_are_paged_by_cursor(renumbered: FlaskClient) -> None:
    found = [each for one in pages(renumbered, "/changes?limit=1", "changes") for each in one]
    assert [(each["kind"], each["document"]) for each in found] == [("changed", ID), ("new", ID)]
    assert found[0]["before"] == version(renumbered)


def test_a_section_comes_with_its_way_its_neighbours_and_its_name(client: FlaskClient) -> None:
    answer = client.get(f"{PREFIX}/documents/{quote(LAW)}/sections/art-2-p1-i2").json
    assert answer
    assert (answer["text"], answer["pinpoint"]) == ("（二）办理行政复议事项。\n", "第2条第1款第2项")
    assert [step["anchor"] for step in answer["path"]] == ["ch-1"]
    assert (answer["previous"]["anchor"], answer["next"]["anchor"]) == ("art-1", "ch-2")
    lines = client.get(f"{PREFIX}/documents/{quote(LAW)}/sections").json["sections"]  # type: ignore[index]
    assert {"anchor": "art-2", "level": 2, "label": "第二条"}.items() <= next(
        line for line in lines if line["anchor"] == "art-2"
    ).items()


def test_search_leads_to_its_next_page_and_counts_its_facets(client: FlaskClient) -> None:
    seen, address = [], f"{PREFIX}/search?q=示例通知&limit=40"
    while address:
        answer = client.get(address)
        seen += [hit["url"] for hit in answer.json["hits"]]  # type: ignore[index]
        address = answer.headers["Link"].partition(">")[0].removeprefix("<") if "Link" in answer.headers else ""
    assert len(seen) == len(set(seen)) >= SMALL
    counts = client.get(f"{PREFIX}/facets?q=示例通知").json
    assert counts and counts["total"] == SMALL
    assert {value["value"]: value["total"] for value in counts["facets"]["year"]}["2018"] >= SMALL


def test_sources_are_told(client: FlaskClient) -> None:
    answer = client.get(f"{PREFIX}/sources").json
    assert answer and {each["name"]: each["documents"] for each in answer["sources"]}["haojiang"] == 1


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/search?q=复议&limt=5", "没有参数“limt”：可用的有 q、limit、"),
        ("/search?q=复议&limit=0", "参数 limit 应当是 1 到 100 之间的整数，现在是“0”"),
        ("/search?q=复议&limit=１", "limit"),
        ("/search?q=复议&limit=1e3", "limit"),
        ("/search?q=复议&order=best", "order"),
        ("/search?q=复议" + "&issuer=甲" * 60, "issuer"),
        ("/suggest", "缺少参数 q"),
        ("/documents?cursor=" + "A" * 600, "cursor"),
        (f"/documents/{REPORT}/versions?x=1", "这个地址没有参数"),
    ],
)
def test_a_wrong_question_says_what_would_be_right(client: FlaskClient, path: str, words: str) -> None:
    answer = client.get(PREFIX + path)
    assert (answer.status_code, answer.mimetype) == (400, "application/problem+json")
    assert words in answer.json["detail"]  # type: ignore[index]


def test_words_that_do_not_stand_in_a_document_are_not_there(client: FlaskClient) -> None:
    answer = client.get(f"{PREFIX}/documents/{REPORT}/citation?text=别处的文字")
    assert answer.status_code == 404 and "没有这段文字" in answer.json["detail"]  # type: ignore[index]


def test_who_asks_for_nothing_gets_every_document(client: FlaskClient, corpus: Corpus) -> None:
    for asked in ("", "?q=", "?q=%20%00", "?order=date"):
        answer = client.get(f"{PREFIX}/search{asked}")
        assert answer.status_code == 200 and answer.json["total"] == len(list(corpus.ids()))  # type: ignore[index]
    assert client.post(f"{PREFIX}/origins", json={"text": " "}).json == []


@pytest.mark.parametrize("path", ["/documents?cursor=x", "/documents?cursor=WyIiXQ==", "/changes?cursor=W10="])
def test_a_cursor_that_nobody_was_given_leads_nowhere(client: FlaskClient, path: str) -> None:
    answer = client.get(PREFIX + path)
    assert (answer.status_code, answer.mimetype) == (404, "application/problem+json")
    assert "cursor" in answer.json["detail"]  # type: ignore[index]


@pytest.mark.parametrize(
    "path",
    [
        "/search?q=行政复议",
        "/documents",
        f"/documents/{REPORT}",
        f"/documents/{REPORT}/sections/1-3-2",
        f"/documents/{REPORT}/citation",
        f"/documents/{REPORT}.md",
        "/sources",
        "/changes",
        "/corpus.jsonl.gz",
        "/gaps",
        "/stale-basis",
        f"/documents/{REPORT}/citations",
        f"/documents/{REPORT}/diff?with={quote(LAW)}",
    ],
)
def test_an_answer_that_is_there_already_is_not_sent_again(client: FlaskClient, path: str) -> None:
    first = client.get(PREFIX + path)
    assert first.headers["ETag"]
    again = client.get(PREFIX + path, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    modified = first.headers["Last-Modified"]
    if not path.endswith(".gz"):
        assert client.get(PREFIX + path, headers={"If-Modified-Since": modified}).status_code == 304


def _asked_by(settings: Settings, origin: str) -> list[Headers]:
    client = finishing(create_app(settings)).test_client()
    paths = ("/sources", "/nothing", "/corpus.jsonl.gz")
    schemas = [client.get(PREFIX + path, headers={"Origin": origin}) for path in paths]
    return [each.headers for each in (*schemas, client.options(f"{PREFIX}/sources", headers={"Origin": origin}))]


def test_no_other_hosts_pages_may_read_unless_they_are_named(settings: Settings) -> None:
    stranger, friend = "https://stranger.example", "https://friend.example"
    named = replace(settings, origins=(friend,))
    for headers in (*_asked_by(settings, stranger), *_asked_by(named, stranger)):
        assert "Access-Control-Allow-Origin" not in headers
        assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    for headers in _asked_by(named, friend):
        assert (headers["Access-Control-Allow-Origin"], "Origin" in headers["Vary"]) == (friend, True)
        assert headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    for headers in _asked_by(replace(settings, origins=("*",)), stranger):
        assert headers["Access-Control-Allow-Origin"] == "*"
    assert (
        "Access-Control-Allow-Origin"
        not in create_app(named).test_client().get("/", headers={"Origin": friend}).headers
    )


def test_the_corpus_comes_as_one_file_of_json_lines(client: FlaskClient, corpus: Corpus) -> None:
    lines = gzip.decompress(client.get(f"{PREFIX}/corpus.jsonl.gz").data).splitlines()
    assert [json.loads(line)["document"] for line in lines] == list(corpus.ids())
    assert msgspec.json.decode(lines[0], type=schemas.DocumentAnswer).document == corpus.ids()[0]


def test_a_document_that_cannot_be_read_has_a_line_in_the_bulk_file(empty: Settings) -> None:
    (empty.corpus / "files").mkdir(parents=True)
    (empty.corpus / "files" / "示例.md").write_bytes(b"\xff\xff")
    (line,) = gzip.decompress(
        finishing(create_app(empty)).test_client().get(f"{PREFIX}/corpus.jsonl.gz").data
    ).splitlines()
    assert "UTF-8" in json.loads(line)["problem"]


@pytest.mark.parametrize(
    ("path", "mimetype", "words"),
    [
        (f"/documents/{REPORT}/sections/1-3-2.md", "text/markdown", "2.深入推进行政复议体制改革"),
        (f"/documents/{REPORT}.txt", "text/plain", "濠江区"),
        (f"/documents/{REPORT}.xml", "application/akn+xml", "akomaNtoso"),
        ("/search.csv?q=行政复议", "text/csv", "题名"),
        ("/documents.csv?year=2021&source=haojiang", "text/csv", f"http://localhost/d/{REPORT}"),
    ],
)
def test_the_same_addresses_answer_in_other_formats(client: FlaskClient, path: str, mimetype: str, words: str) -> None:
    answer = client.get(PREFIX + path)
    assert (answer.status_code, answer.mimetype) == (200, mimetype)
    assert words in answer.data.decode()


def test_the_page_shows_every_address(client: FlaskClient) -> None:
    shown = page(client, f"{PREFIX}/")
    assert texts(shown, "section[id] h2") == [endpoint.summary for endpoint in ENDPOINTS]
    assert not shown.select("[style], script:not([src])")


def test_an_address_is_tried_on_the_page(browser: webdriver.Chrome, address: str) -> None:
    browser.get(f"{address}{PREFIX}/")
    form = browser.find_element(By.CSS_SELECTOR, "#section form")
    form.find_element(By.NAME, "id").send_keys(REPORT)
    form.find_element(By.NAME, "anchor").send_keys("1-3-2")
    form.find_element(By.TAG_NAME, "button").click()
    shown = form.find_element(By.CSS_SELECTOR, ".answer pre")
    WebDriverWait(browser, 10).until(lambda _: shown.text)
    assert json.loads(shown.text)["anchor"] == "1-3-2"


def test_a_text_is_sent_to_be_checked_on_the_page(browser: webdriver.Chrome, address: str) -> None:
    browser.get(f"{address}{PREFIX}/")
    form = browser.find_element(By.CSS_SELECTOR, "#check_text form")
    form.find_element(By.NAME, "text").send_keys("依照《示例市示例条例》第二条")
    form.find_element(By.TAG_NAME, "button").click()
    shown = form.find_element(By.CSS_SELECTOR, ".answer pre")
    WebDriverWait(browser, 10).until(lambda _: shown.text)
    target = json.loads(shown.text)[0]["target"]
    assert (target["document"], target["anchor"]) == (LAW, "art-2")


def test_what_is_sent_and_is_no_such_thing_is_told(client: FlaskClient) -> None:
    for data in (b"", b"{", b"[]", b'{"text": 1}', b"\xff", b'{"text": "x", "on": "2021-99-99"}', b"[" * 100_000):
        answer = client.post(f"{PREFIX}/citations", data=data)
        assert (answer.status_code, answer.mimetype) == (400, "application/problem+json"), data[:20]
