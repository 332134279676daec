"""The interface in English: every word of it, and only of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import get_args
from urllib.parse import quote

import pytest
from bs4 import BeautifulSoup, NavigableString, Tag
from flask.testing import FlaskClient

from kb.compare.sections import CHANGES
from kb.config.settings import Settings
from kb.law.since import WORDS
from kb.law.standing import Status
from kb.search.query.authority import RANKS
from kb.web.api.api import ENDPOINTS
from kb.web.context.language import say
from kb.web.languages import languages
from kb.web.site.app import create_app
from kb.web.view import interface_labels
from kb.web.view.surroundings import PASSIVE, RELATIONS
from kb.web.view.timeline import VERSION, WITHDRAWN
from tests.web.test_accessibility import PAGES

TEMPLATES = Path(interface_labels.__file__).parent.parent / "templates"
CHINESE = re.compile(r"[\u4e00-\u9fff]")
HOLES = re.compile(r"\{\w+\}|<[^>]+>")
TABLES = (
    interface_labels.FACETS, interface_labels.UNKNOWN, interface_labels.COUNTS, interface_labels.ORDERS, interface_labels.FORMATS, interface_labels.FOUND,
    CHANGES, WORDS, RELATIONS, PASSIVE, RANKS, dict(interface_labels.FIELDS), interface_labels.OF_LAWS, interface_labels.OF_FIRST, interface_labels.ACTS, {kind: done for kind, (_, done) in interface_labels.REPAIRS.items()},
    {status: heading for status, (heading, _) in interface_labels.REFUSALS.items()},
)  # fmt: skip


@pytest.fixture
def client(settings: Settings) -> FlaskClient:
    """A reader of its own: what is chosen here is remembered here only."""
    return create_app(settings).test_client()


def sentences() -> Iterator[str]:
    """Everything that the templates say, and the tables of words that they are given."""
    for path in TEMPLATES.glob("*.html"):
        text = path.read_text(encoding="utf-8")
        for double, single in re.findall(r"""\b_\((?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)')""", text):
            yield (double or single).replace('\\"', '"')
    for endpoint in ENDPOINTS:
        yield endpoint.summary
        yield from (each.schema["description"] for each in (*endpoint.parameters, *endpoint.fields))
    for table in TABLES:
        yield from table.values()
    yield from (*get_args(Status), *interface_labels.ACTS, VERSION, WITHDRAWN)


def test_every_sentence_has_a_translation_with_the_same_holes_and_nothing_is_left_over() -> None:
    said = {sentence for sentence in sentences() if CHINESE.search(sentence)}
    helpers = set(re.findall(r'say\(\s*"([^"]+)"', Path(interface_labels.__file__).read_text(encoding="utf-8")))
    helpers |= {f"{{n}} {unit}前" for unit in ("天", "小时", "分钟")}
    english = languages()["en"].sentences
    missing = sorted(sentence for sentence in said | helpers if sentence not in english)
    assert missing == []
    for chinese, translations in english.items():
        for translated in [translations] if isinstance(translations, str) else translations:
            if "{n}" in translated or isinstance(translations, str):  # "the section" says one without a figure
                assert sorted(HOLES.findall(chinese)) == sorted(HOLES.findall(translated)), chinese
            assert not CHINESE.search(translated), translated


def test_a_sentence_keeps_its_own_marks_and_escapes_what_is_put_in(settings: Settings) -> None:
    with create_app(settings).test_request_context("/"):
        assert say("<strong>{n}</strong> 条命中原文", n="<b>") == "<strong>&lt;b&gt;</strong> 条命中原文"


def test_one_is_told_from_many(client: FlaskClient) -> None:
    client.get("/?lang=en")
    with client.application.test_request_context("/?lang=en"):
        assert [say("{n} 份文件", n=n) for n in (1, "1", 2, "1,000")] == [
            *("1 document", "1 document", "2 documents", "1,000 documents")
        ]
        assert say("<strong>{n}</strong> 份文件符合条件", n="<b>").startswith("<strong>&lt;b&gt;</strong>")


def untranslated(soup: BeautifulSoup) -> list[str]:
    """Chinese words that do not say that they are Chinese."""
    found = []
    for element in soup.find_all(True):
        nearest = element if element.get("lang") else element.find_parent(lang=True)
        if nearest and nearest["lang"] == "zh-CN":
            continue
        words = [str(child) for child in element.children if type(child) is NavigableString]
        words += [str(element.get(name, "")) for name in ("aria-label", "title", "placeholder", "alt")]
        found += [word.strip() for word in words if CHINESE.search(word)]
    return found


def shown(client: FlaskClient, address: str) -> BeautifulSoup:
    path = address.partition("#")[0]
    answer = client.get(f"{path}{'&' if '?' in path else '?'}lang=en", headers={"Accept-Language": "en"})
    soup = BeautifulSoup(answer.text, "html.parser")
    assert isinstance(soup.html, Tag) and soup.html["lang"] == "en"
    return soup


@pytest.mark.parametrize("address", PAGES)
def test_what_is_not_english_says_that_it_is_chinese(client: FlaskClient, address: str) -> None:
    soup = shown(client, address)
    title = soup.title
    assert title
    title.extract()
    assert untranslated(soup) == []


def test_the_language_is_remembered_and_dates_and_counts_are_in_it(client: FlaskClient) -> None:
    assert shown(client, "/d/haojiang-2021-report").select_one("nav.site [lang=zh-CN]")
    again = client.get("/d/haojiang-2021-report").text
    assert "22 November 2021" in again and 'lang="en"' in again
    assert "sections have these very words" in client.get("/search?q=行政复议").text
    client.get("/?lang=zh")
    assert "2021年11月22日" in client.get("/d/haojiang-2021-report").text


def test_a_choice_is_a_cookie_of_this_site_and_leads_back_to_it(client: FlaskClient) -> None:
    answer = client.post("/preferences", data={"scheme": "dark", "size": "large", "keys": "on", "back": "/status"})
    assert (answer.status_code, answer.location) == (303, "/status")
    assert "kb-scheme=dark" in str(answer.headers.getlist("Set-Cookie"))
    for data in ({"back": "//elsewhere.example/"}, {"back": "https://elsewhere.example/"}, {"scheme": "pink"}):
        assert client.post("/preferences", data=data).status_code == 400


@pytest.mark.parametrize("character", ["\r\n", "\n", "\t", "\0", "\x7f", "\x85", "\u2028"])
def test_an_address_to_go_back_to_has_no_control_characters(client: FlaskClient, character: str) -> None:
    for back in (f"/{character}Set-Cookie: a=1", f"/{character}/elsewhere.example/", f"/search{character}", character):
        answer = client.post("/preferences", data={"back": back})
        assert answer.status_code == 400 and "参数 back 应当是本站的地址" in answer.text, back
        assert "elsewhere" not in str(answer.headers) and "a=1" not in str(answer.headers)


def test_an_address_in_chinese_can_be_gone_back_to(client: FlaskClient) -> None:
    answer = client.post("/preferences", data={"back": "/search?q=停车　收费 %0A"})
    assert (answer.status_code, answer.location) == (303, f"/search?q={quote('停车　收费 ')}%0A")
