"""Whatever is asked of whatever address: a page or a problem in plain words, never an error of the program."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from urllib.parse import quote, urlencode

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from kb.base.model import Document, Metadata, Provenance
from kb.config.settings import Settings
from kb.corpus.folder import Corpus
from kb.structure import outline
from kb.web.api.api import PREFIX
from kb.web.site.app import create_app
from tests.web.conftest import LAW, REPORT

PARAMETERS = [
    "q", "page", "lang", "on", "from", "to", "with", "d", "view", "limit", "offset", "cursor", "order", "anchor",
    "text", "quote", "was", "kind", "issuer", "year", "source", "theme", "validity", "document", "within", "date",
    "article", "version", "exact", "any", "without", "near", "title", "number", "agency", "kinds", "since",
    "until", "section", "held",
]  # fmt: skip
VALUES = [
    "",
    "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>",
    "\x00\x1f\ud800\uffff\u202e",
    "-1",
    "9" * 400,
    "NaN",
    "٣",
    "../../etc/passwd",
    '" OR (((((("“',
    "%s{0}{{7*7}}%00",
    "2021-02-30..9999-99-99",
]
PLACES = {"id": [LAW, REPORT], "version": ["x"], "anchor": ["art-2"], "name": ["示例局"], "facet": ["issuer"]}


@pytest.fixture(scope="module")
def app(settings: Settings) -> Flask:
    return create_app(settings)


def escaped(value: str) -> str:
    return quote(value.encode("utf-8", "surrogatepass"), safe="")


def paths(rule: Rule) -> Iterator[str]:
    """Addresses of a rule: one that is there, if its parts may be, and one for each hostile value."""
    for value in ["", *VALUES[1:]]:
        path = rule.rule
        for name in rule.arguments:
            for written in (f"<{name}>", f"<path:{name}>"):
                path = path.replace(written, escaped(value or PLACES.get(name, ["x"])[0]))
        yield path
        if not rule.arguments:
            return


def ask(client: FlaskClient, address: str, method: str = "GET", **sent: object) -> None:
    answer = client.open(address, method=method, **sent)  # type: ignore[arg-type]
    assert answer.status_code < 500 or answer.status_code == 503, (address[:300], answer.text[:300])
    for name, value in answer.headers:
        assert value.encode("latin-1") and "\n" not in value, (address[:300], name)
    if answer.mimetype == "text/html":
        assert "<script>alert" not in answer.text and "onerror=alert(1)>" not in answer.text, address[:300]
    if answer.status_code >= 400 and address.startswith(f"{PREFIX}/"):
        assert answer.mimetype == "application/problem+json" and answer.get_json()["detail"], address[:300]


def test_no_value_of_any_parameter_breaks_any_address(app: Flask) -> None:
    client, seen = app.test_client(), set()
    for rule in app.url_map.iter_rules():
        if rule.endpoint == "static" or rule.rule.endswith((".pdf", ".zip", ".gz")):
            continue
        for method in {"GET", "POST"} & (rule.methods or set()):
            for path in paths(rule):
                ask(client, path, method)
            path = next(paths(rule))
            for value in VALUES:
                given = {name: value.encode("utf-8", "surrogatepass") for name in PARAMETERS}
                ask(client, f"{path}?{urlencode(given)}", method)
            # What one wrong value is refused for may hide what another one does.
            for name in PARAMETERS if (rule.endpoint, method) not in seen else ():
                ask(client, f"{path}?{name}={escaped(VALUES[1])}", method)
            seen.add((rule.endpoint, method))


@pytest.mark.parametrize("path", ["/search", f"/d/{REPORT}", "/parallel", f"{PREFIX}/search"])
def test_ten_thousand_values_and_very_long_ones_are_refused_or_passed_over(app: Flask, path: str) -> None:
    client = app.test_client()
    for name in ("q", "issuer", "d"):
        ask(client, f"{path}?{urlencode([(name, f'示例{number}') for number in range(10_000)])}")
        ask(client, f"{path}?{name}={escaped('公' * 30_000)}")


def test_a_file_with_a_line_break_in_its_name_can_be_saved(empty: Settings) -> None:
    corpus, data = Corpus(empty.corpus), "示例。\n".encode()
    origin = Provenance(
        "a\r\nX: 1.txt", hashlib.sha256(data).hexdigest(), "2026-01-02T03:04:05Z", "text/plain", "utf-8"
    )
    with corpus.writing():
        corpus.write(Document("a", "examples", Metadata("示例"), origin, outline.parse("示例。\n")), data)
    answer = create_app(empty).test_client().get("/d/a/snapshot")
    assert (answer.status_code, answer.data) == (200, data)
    assert answer.headers["Content-Disposition"] == 'attachment; filename="aX: 1.txt"'


def test_a_form_of_very_many_fields_is_refused(client: FlaskClient) -> None:
    fields = "&".join(f"a{n}=b" for n in range(5000))
    for address in ("/cite-check", "/origins"):
        answer = client.post(address, data=fields, content_type="application/x-www-form-urlencoded")
        assert answer.status_code == 413 and "分成几次" in answer.text, address
    assert client.post("/cite-check", data={"text": "《示例条例》第一条。"}).status_code == 200
