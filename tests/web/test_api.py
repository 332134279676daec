"""The JSON interface."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from flask.testing import FlaskClient

from kb.config.settings import Settings
from kb.corpus.folder import Corpus
from kb.search.open.engines import open_engine
from kb.web.site.app import create_app
from tests.web.conftest import LAW, REPORT


def test_a_search_answers_what_the_engine_answers(client: FlaskClient, settings: Settings) -> None:
    answer = client.get("/api/v1/search?q=行政復議&limit=2&offset=1").json
    expected = open_engine(settings.index).search("行政復議", limit=2, offset=1).as_json()
    assert answer and answer.keys() == expected.keys()
    assert answer["total"] == expected["total"] and len(answer["hits"]) == 2
    for hit, wanted in zip(answer["hits"], expected["hits"], strict=True):
        assert [hit["document"], hit["anchor"], hit["url"]] == [wanted["document"], wanted["anchor"], wanted["url"]]
        assert {hit["snippet"][start:end] for start, end in hit["highlights"]} == {"行政复议"}


def test_ten_hits_unless_asked(client: FlaskClient) -> None:
    answer = client.get("/api/v1/search?q=示例").json
    assert answer and answer["total"] > len(answer["hits"]) == 10


def test_a_hits_url_opens_its_document(client: FlaskClient) -> None:
    answer = client.get("/api/v1/search?q=示例申请").json
    assert answer
    address, _, anchor = answer["hits"][0]["url"].partition("#")
    assert f'id="{anchor}"' in client.get(address).text


@pytest.mark.parametrize("id", [REPORT, LAW])
def test_a_document_answers_all_there_is_of_it_in_plain_utf8(client: FlaskClient, corpus: Corpus, id: str) -> None:
    answer = client.get(f"/api/v1/documents/{quote(id)}")
    document = corpus.read(id)
    assert answer.mimetype == "application/json"
    assert document.metadata.title.encode() in answer.data
    assert answer.json and answer.json["title"] == document.metadata.title

    def text(sections: list[dict]) -> str:  # type: ignore[type-arg]
        return "".join(section["text"] + text(section["children"]) for section in sections)

    assert text(answer.json["sections"]) == document.text


@pytest.mark.parametrize(
    ("address", "status", "words"),
    [
        ("/search?q=复议&limit=0", 400, "limit"),
        ("/search?q=复议&limit=101", 400, "limit"),
        ("/search?q=复议&limit=ten", 400, "limit"),
        ("/search?q=复议&offset=-1", 400, "offset"),
        ("/search?q=复议&offset=" + "9" * 5000, 400, "offset"),
        ("/search?q=" + "a" * 100_000, 400, "最多"),
        ("/documents/没有", 404, "没有"),
        ("/nothing", 404, "地址"),
    ],
)
def test_a_problem_is_told_as_rfc_9457_says(client: FlaskClient, address: str, status: int, words: str) -> None:
    answer = client.get(f"/api/v1{address}")
    assert answer.status_code == status
    assert answer.mimetype == "application/problem+json"
    assert answer.json and answer.json["status"] == status
    assert words in answer.json["detail"]


def test_without_an_index_the_interface_says_so(empty: Settings) -> None:
    answer = create_app(empty).test_client().get("/api/v1/search?q=复议")
    assert (answer.status_code, answer.mimetype) == (503, "application/problem+json")
    assert answer.json and "kb index" in answer.json["detail"]


def test_an_offset_beyond_the_last_hit_answers_no_hits_and_the_total(client: FlaskClient) -> None:
    answer = client.get("/api/v1/search?q=行政复议&offset=1000").json
    assert answer and answer["hits"] == [] and answer["total"] > 0
