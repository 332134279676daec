"""What other programs subscribe to, and what they read in a page's head."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote
from urllib.robotparser import RobotFileParser

import pytest
from bs4 import BeautifulSoup, Tag
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from lxml import etree

from kb.config.settings import Settings
from kb.corpus.folder import Corpus
from kb.web.pages import atom_feeds
from kb.web.site.app import create_app
from tests.keeping import keep_in_step
from tests.web.conftest import HOSTILE, LAW, REPORT, Refreshed, put
from tests.web.test_citing import ID, renumbered
from tests.web.test_pages import page

__all__ = ["renumbered"]

SCHEMAS = Path(__file__).parent / "schemas"
ATOM = etree.RelaxNG(etree.parse(str(SCHEMAS / "atom.rng")))
SITEMAP = etree.XMLSchema(etree.parse(str(SCHEMAS / "sitemap.xsd")))
NAMES = {
    "a": "http://www.w3.org/2005/Atom",
    "s": "http://a9.com/-/spec/opensearch/1.1/",
    "m": "http://www.sitemaps.org/schemas/sitemap/0.9",
}


def feed(client: FlaskClient, address: str) -> etree._Element:
    answer = client.get(address)
    assert (answer.status_code, answer.mimetype) == (200, "application/atom+xml"), answer.text
    tree = etree.fromstring(answer.data)
    assert ATOM.validate(tree), ATOM.error_log.last_error
    ids = [each.text for each in tree.findall("a:entry/a:id", NAMES)]
    assert len(ids) == len(set(ids))
    return tree


def text(within: Tag, css: str) -> str:
    found = within.select_one(css)
    assert found, css
    return " ".join(found.get_text().split())


def titles(tree: etree._Element) -> list[str]:
    return [str(each.text) for each in tree.findall("a:entry/a:title", NAMES)]


def test_a_silent_edit_is_told_with_what_changed_and_where_to_compare(renumbered: FlaskClient) -> None:
    open_feed = feed(renumbered, "/changes.atom")
    assert titles(open_feed) == ["更新：示例市示例条例", "新增：示例市示例条例"]
    put(
        Corpus(renumbered.application.extensions["kb-library"].corpus.root),
        ID,
        "示例市示例条例\n第一条　悄悄改成这样，制定本条例。\n",
        title="示例市示例条例",
        date="2021-01-01",
    )
    edited = feed(renumbered, "/changes.atom?kind=edited")
    (entry,) = edited.findall("a:entry", NAMES)
    content = BeautifulSoup(str(entry.findtext("a:content", namespaces=NAMES)), "html.parser")
    assert "文号和日期没有变" in content.get_text()
    assert content.select("ins") and content.select("del") and not content.select("script")
    link = entry.find("a:link", NAMES)
    assert link is not None
    assert page(renumbered, link.get("href").removeprefix("http://localhost")).select(".sides")


def test_a_refreshed_source_tells_news_edits_and_withdrawals(refreshed: Refreshed) -> None:
    client = create_app(refreshed.settings).test_client()
    tree = feed(client, "/changes.atom")
    kinds = [each.get("term") for each in tree.findall("a:entry/a:category", NAMES)]
    assert {"new", "withdrawn"} < set(kinds) and set(kinds) & {"changed", "edited"}
    assert {
        each.get("term") for each in feed(client, "/changes.atom?kind=withdrawn").findall("a:entry/a:category", NAMES)
    } == {"withdrawn"}


def test_people_read_the_same_changes_as_programs(refreshed: Refreshed) -> None:
    client = create_app(refreshed.settings).test_client()
    told = [title.partition("：") for title in titles(feed(client, "/changes.atom"))]
    tree = feed(client, "/changes.atom")
    way = tree.find("a:link[@rel='alternate']", NAMES)
    assert way is not None and way.get("href") == "http://localhost/changes"
    shown = page(client, "/changes").select(".happened > li")
    assert [(text(each, ".fate"), text(each, ".title")) for each in shown] == [(kind, title) for kind, _, title in told]
    withdrawn = page(client, "/changes?kind=withdrawn")
    assert {text(each, ".fate") for each in withdrawn.select(".happened > li")} == {"撤下"}


def test_a_change_says_how_much_changed_and_leads_there(renumbered: FlaskClient) -> None:
    changed, new = page(renumbered, "/changes").select(".happened > li")
    assert text(new, ".fate") == "新增" and not new.select(".what-changed")
    assert "修改 1 条" in text(changed, ".what-changed") and "新增 1 条" in text(changed, ".what-changed")
    (way,) = changed.select(".what-changed a")
    assert page(renumbered, str(way["href"])).select(".sides .changed")


def test_what_may_not_be_read_takes_no_page_with_it(renumbered: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """As where the server runs as somebody who may not read one of the files."""
    corpus = Corpus(renumbered.application.extensions["kb-library"].corpus.root)
    put(corpus, "别的", "别的条例\n第一条　别的。\n", title="别的条例", date="2021-01-01")
    (path,) = (path for id, path in corpus.files() if id == "别的")
    opened = Path.open

    def refused(self: Path, *arguments: Any, **named: Any) -> Any:
        if self == path:
            raise PermissionError(13, "Permission denied", str(self))
        return opened(self, *arguments, **named)

    monkeypatch.setattr(Path, "open", refused)
    assert "另有 1 份文件没有收录的时间，或读不出来" in page(renumbered, "/changes").get_text()
    assert titles(feed(renumbered, "/changes.atom")) == ["更新：示例市示例条例", "新增：示例市示例条例"]


@pytest.mark.parametrize("language", ["", "?lang=en"])
@pytest.mark.parametrize(
    ("field", "day"),
    [("retrieved", "9999-12-31T23:00:00-05:00"), ("retrieved", "9999-12-31T23:00:00Z"), ("withdrawn", "2026-13-05")],
)
def test_a_day_that_is_none_takes_no_page_with_it(renumbered: FlaskClient, field: str, day: str, language: str) -> None:
    corpus = Corpus(renumbered.application.extensions["kb-library"].corpus.root)
    (path,) = (path for id, path in corpus.files() if id == ID)
    text = re.sub(
        r"^  retrieved: .*\n", lambda found: f"{found[0]}  {field}: '{day}'\n", path.read_text("utf-8"), flags=re.M
    )
    path.write_text(text, "utf-8")
    assert page(renumbered, f"/changes{language}").select(".happened > li")
    assert renumbered.get("/changes.atom").status_code == 200


def test_a_file_that_cannot_be_read_takes_no_feed_with_it(renumbered: FlaskClient) -> None:
    keep_in_step(renumbered.application.extensions["kb-library"].settings)
    corpus = Corpus(renumbered.application.extensions["kb-library"].corpus.root)
    (path,) = (path for id, path in corpus.files() if id == ID)
    before = titles(feed(renumbered, "/search.atom?q=示例"))
    path.write_bytes(b"\xff")
    assert before and titles(feed(renumbered, "/search.atom?q=示例")) == before


def test_other_bytes_with_the_same_words_are_no_silent_edit(empty: Settings) -> None:
    corpus = Corpus(empty.corpus)
    first = put(corpus, ID, "示例条例\n第一条　示例。\n", title="示例条例")
    page_anew = hashlib.sha256(b"other").hexdigest()
    again = replace(first.provenance, snapshot=page_anew, retrieved="2026-02-02T00:00:00Z")
    with corpus.writing():
        corpus.write(replace(first, provenance=again), b"other")
    client = create_app(empty).test_client()
    told = page(client, "/changes").select(".happened > li")
    assert [text(each, ".fate") for each in told] == ["更新", "新增"]
    assert text(told[0], ".what-changed").startswith("逐节的文字没有变。")


def test_nothing_is_called_silent_where_neither_number_nor_date_is_known(empty: Settings) -> None:
    corpus = Corpus(empty.corpus)
    for words in ("每月五日", "每月十日"):
        put(corpus, ID, f"示例条例\n第一条　示例单位{words}报送。\n", title="示例条例")
    changed, _ = page(create_app(empty).test_client(), "/changes").select(".happened > li")
    assert text(changed, ".fate") == "更新" and "修改 1 条" in text(changed, ".what-changed")


def test_a_document_that_cannot_be_read_is_among_the_changes_and_said(renumbered: FlaskClient) -> None:
    corpus = Corpus(renumbered.application.extensions["kb-library"].corpus.root)
    (path,) = (path for id, path in corpus.files() if id == ID)
    head, mark, body = path.read_text("utf-8").partition("  retrieved: ")
    path.write_text(f"{head.replace('title:', 'title: [', 1)}{mark}{body}", "utf-8")
    shown = page(renumbered, "/changes")
    assert "读不出来" in shown.get_text() and ID in shown.get_text()


def test_a_search_is_a_feed_of_its_hits(client: FlaskClient) -> None:
    tree = feed(client, "/search.atom?q=行政复议")
    links = [unquote(str(each.get("href"))) for each in tree.findall("a:entry/a:link", NAMES)]
    assert f"http://localhost/d/{REPORT}#1-3-2" in links
    shown = page(client, "/search?q=行政复议").select_one("head link[type='application/atom+xml'][href*='search.atom']")
    assert shown and feed(client, str(shown["href"])) is not None


def test_nothing_in_a_document_breaks_a_feed(client: FlaskClient) -> None:
    tree = feed(client, "/search.atom?q=示例数据")
    content = BeautifulSoup(str(tree.findtext("a:entry/a:content", namespaces=NAMES)), "html.parser")
    assert not content.select("b, i, script") and "<b>如下</b>" in content.get_text()


def test_an_empty_corpus_has_an_empty_feed_and_map(empty: Settings) -> None:
    keep_in_step(empty)
    client = create_app(empty).test_client()
    assert titles(feed(client, "/changes.atom")) == []
    assert SITEMAP.validate(etree.fromstring(client.get("/sitemap.xml").data))


@pytest.mark.parametrize(
    ("address", "status", "words"),
    [
        ("/search.atom", 400, "q"),
        ("/search.atom?q=-复议", 400, "排除"),
        ("/changes.atom?kind=x", 400, "kind"),
        ("/changes?kind=edited", 400, "kind"),
        ("/changes?page=999", 404, "第 999 页"),
        ("/sitemap.xml?page=0", 400, "page"),
        ("/sitemap.xml?page=9", 404, "第 9 页"),
    ],
)
def test_what_is_asked_wrongly_is_told(client: FlaskClient, address: str, status: int, words: str) -> None:
    assert words in page(client, address, status).get_text()


@hypothesis_settings(max_examples=40)
@given(st.text(max_size=40))
def test_no_query_breaks_a_feed(client: FlaskClient, query: str) -> None:
    answer = client.get(f"/search.atom?q={quote(query)}")
    assert answer.status_code in (200, 400)
    if answer.status_code == 200:
        assert ATOM.validate(etree.fromstring(answer.data)), ATOM.error_log.last_error
    assert client.get(f"/suggestions.json?q={quote(query)}").status_code == 200


def test_browsers_are_told_how_to_search_here(client: FlaskClient) -> None:
    link = page(client, "/").select_one("head link[rel=search]")
    assert link
    tree = etree.fromstring(client.get(str(link["href"])).data)
    assert len(str(tree.findtext("s:ShortName", namespaces=NAMES))) <= 16
    assert len(str(tree.findtext("s:Description", namespaces=NAMES))) <= 1024
    templates = {each.get("type"): str(each.get("template")) for each in tree.findall("s:Url", NAMES)}
    for kind in ("text/html", "application/atom+xml", "application/x-suggestions+json"):
        asked = templates[kind].replace("{searchTerms}", quote("行政复议")).removeprefix("http://localhost")
        assert client.get(asked).mimetype == kind
    assert client.get("/suggestions.json?q=示例").json[0] == "示例"  # type: ignore[index]


def test_the_sitemap_names_every_document_and_is_divided_where_there_are_too_many(
    client: FlaskClient, corpus: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree = etree.fromstring(client.get("/sitemap.xml").data)
    assert SITEMAP.validate(tree), SITEMAP.error_log.last_error
    places = {unquote(str(each.text)) for each in tree.findall("m:url/m:loc", NAMES)}
    assert {f"http://localhost/d/{id}" for id in corpus.ids()} < places
    monkeypatch.setattr(atom_feeds, "ADDRESSES", 50)
    index = etree.fromstring(client.get("/sitemap.xml").data)
    assert SITEMAP.validate(index), SITEMAP.error_log.last_error
    found: set[str] = set()
    for each in index.findall("m:sitemap/m:loc", NAMES):
        part = etree.fromstring(client.get(str(each.text).removeprefix("http://localhost")).data)
        assert SITEMAP.validate(part)
        found |= {unquote(str(place.text)) for place in part.findall("m:url/m:loc", NAMES)}
    assert found == places


def test_robots_may_read_documents_and_nothing_else(client: FlaskClient) -> None:
    rules = RobotFileParser()
    rules.parse(client.get("/robots.txt").text.splitlines())
    assert rules.can_fetch("*", f"http://localhost/d/{REPORT}")
    for path in ("search?q=x", "api/v1/", "documents.csv", "parallel?d=x", "excerpt/x/1"):
        assert not rules.can_fetch("*", f"http://localhost/{path}")
    assert rules.site_maps() == ["http://localhost/sitemap.xml"]


def test_the_page_says_what_it_is_to_machines(client: FlaskClient) -> None:
    head = page(client, f"/d/{quote(LAW)}")
    (data,) = head.select("script[type='application/ld+json']")
    told = json.loads(data.get_text())
    assert (told["@type"], told["name"], told["legislationDate"]) == ("Legislation", "示例市示例条例", "2020-01-01")
    assert told["legislationPassedBy"] == [{"@type": "GovernmentOrganization", "name": "示例市人民代表大会"}]
    for file in told["encoding"]:
        assert client.get(file["contentUrl"].removeprefix("http://localhost")).mimetype == file["encodingFormat"]
    core = {str(meta["name"]): str(meta["content"]) for meta in head.select("meta[name^='DC.']")}
    assert (core["DC.title"], core["DC.creator"], core["DC.date"]) == (
        "示例市示例条例",
        "示例市人民代表大会",
        "2020-01-01",
    )


def test_a_hostile_title_stays_inside_its_metadata(client: FlaskClient) -> None:
    shown = page(client, f"/d/{HOSTILE}")
    (data,) = shown.select("script:not([src])")
    assert json.loads(data.get_text())["name"] == "<script>alert(2)</script>示例公告"
