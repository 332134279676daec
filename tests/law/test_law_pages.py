"""What the web tells of citations."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from kb.search.engine import open_engine
from kb.settings import Settings
from kb.web.app import create_app
from tests.law.laws import LAW, RULES, Shelf


@pytest.fixture
def client(shelf: Shelf) -> FlaskClient:
    shelf.put("示例法", LAW)
    shelf.put("示例办法", RULES, date="2015-04-01")
    shelf.update()
    index = shelf.store.path.parent
    open_engine(index).update(shelf.corpus)
    return create_app(Settings(shelf.corpus.root, index, "127.0.0.1", 0, 10_000_000, 60)).test_client()


def test_the_interface_answers_a_documents_citations(client: FlaskClient) -> None:
    told = client.get("/api/v1/documents/示例办法/citations").get_json()
    first = told[0]
    assert first["kind"] == "title"
    assert first["target"] == {"document": "示例法", "anchor": "art-2-p1-i2"}
    assert client.get("/api/v1/documents/没有/citations").status_code == 404
