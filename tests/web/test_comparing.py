"""Two versions, or two documents, side by side."""

from __future__ import annotations

import time
from urllib.parse import quote, unquote

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from selenium import webdriver

from kb.config.settings import Settings
from kb.corpus.folder import Corpus
from kb.web.site.app import create_app
from tests.web.conftest import HOSTILE, LAW, REPORT, Refreshed, put, served
from tests.web.driving import PHONE, look, until
from tests.web.test_citing import ID, renumbered, version
from tests.web.test_pages import page, texts

__all__ = ["renumbered"]


def test_the_last_change_is_shown_section_by_section_and_character_by_character(renumbered: FlaskClient) -> None:
    shown = page(renumbered, f"/d/{ID}/compare")
    rows = [(" ".join(row["class"]), row.get("id")) for row in shown.select("tbody tr")]
    assert rows == [
        ("same", None),
        ("added", "art-2"),
        ("changed", "art-3"),
        ("removed", None),
        ("same", None),
    ]
    changed = shown.select_one("#art-3")
    assert changed
    assert texts(changed, "td:nth-of-type(1) del") == ["二", "十"] and texts(changed, "td:nth-of-type(2) ins") == [
        "三",
        "五",
    ]
    assert texts(changed, ".both del, .both ins") == ["二", "三", "十", "五"]
    assert texts(shown, ".same summary") == ["未变 2 节：题名至第一条", "未变 1 条：第四条"]
    assert "修改 1 条，新增 1 条，删去 1 条，未变 2 条、1 节" in texts(shown, ".summary")[0]


def test_each_version_leads_to_its_comparison_and_it_has_an_address(renumbered: FlaskClient) -> None:
    link = page(renumbered, f"/d/{ID}").select_one(".versions a[href*=compare]")
    assert link
    assert texts(page(renumbered, str(link["href"])), "#art-3 .both del, #art-3 .both ins") == ["二", "三", "十", "五"]
    old = version(renumbered)
    backwards = page(renumbered, f"/d/{ID}/compare?from={present(renumbered)}&to={old}")
    assert texts(backwards, "#art-2 .both del, #art-2 .both ins") == ["三", "二", "五", "十"]
    assert not page(renumbered, f"/d/{ID}/compare?from={old}&to={old}").select(".sides ins, .sides del")


def present(client: FlaskClient) -> str:
    answer = client.get(f"/api/v1/documents/{ID}").json
    assert answer
    return str(answer["version"])


def test_two_documents_are_compared_as_two_versions_are(client: FlaskClient) -> None:
    shown = page(client, f"/d/{LAW}/compare?with={HOSTILE}")
    assert texts(shown, "h1") == ["两份文件对照"]
    assert not shown.select("script:not([src]), td i, td b")
    assert "<b>如下</b>" in shown.get_text()


def test_one_version_alone_says_so_and_offers_others(client: FlaskClient) -> None:
    told = page(client, f"/d/{REPORT}/compare")
    assert "没有更早的版本" in told.get_text()
    offered = told.select_one(".suggestions a")
    assert offered and page(client, str(offered["href"])).select(".sides")


def test_another_document_is_named_by_its_title(client: FlaskClient) -> None:
    title = texts(page(client, f"/d/{HOSTILE}"), "h1")[0]
    assert texts(page(client, f"/d/{LAW}/compare?with={quote(title)}"), "h1") == ["两份文件对照"]


def test_changes_have_an_index_and_lead_to_one_another(renumbered: FlaskClient) -> None:
    shown = page(renumbered, f"/d/{ID}/compare?show=changes")
    assert not shown.select("tr.same")
    assert len(shown.select(".changes-index a")) == len(shown.select("tbody tr")) == 3
    for link in shown.select(".changes-index a, .turn a"):
        assert shown.select_one(f"[id='{str(link['href']).partition('#')[2]}']")


def test_what_is_only_printed_otherwise_stands_apart(empty: Settings) -> None:
    corpus = Corpus(empty.corpus)
    put(corpus, "示例甲", "第一条　示例，甲。\n第二条　乙。\n", title="示例甲")
    put(corpus, "示例乙", "第一条　示例,甲。\n第二条　丙丁。\n", title="示例乙")
    shown = page(create_app(empty).test_client(), "/d/示例乙/compare?with=示例甲")
    assert texts(shown, ".printed summary") == ["另有 1 节只有标点、全角半角等排版不同"]
    assert texts(shown, ".printed a") == ["第一条"]


def test_the_longest_pair_comes_in_pages_at_once(empty: Settings) -> None:
    corpus = Corpus(empty.corpus)
    for name in "甲乙":
        articles = "".join(
            f"第{n}条　示例{name}办理第{n}号示例事项，应当在{n}日内告知示例申请人。\n" for n in range(1, 1261)
        )
        put(corpus, f"示例{name}", articles, title=f"示例{name}")
    client = create_app(empty).test_client()
    address = "/d/示例乙/compare?with=示例甲"
    client.get(address)
    started = time.process_time()
    shown = page(client, address)
    assert time.process_time() - started < 1
    assert 10 < len(shown.select("tbody tr")) <= 60 and shown.select_one(".pager [rel=next]")


def test_the_foot_of_a_long_comparison_waits_for_its_last_row(browser: webdriver.Chrome, empty: Settings) -> None:
    corpus = Corpus(empty.corpus)
    for name in "甲乙":
        articles = "".join(f"第{n}条　示例{name}办理第{n}号示例事项。\n" for n in range(1, 131))
        put(corpus, f"示例{name}", articles, title=f"示例{name}")
    with served(empty) as url:
        browser.get(f"{url}/d/{quote('示例乙')}/compare?with={quote('示例甲')}")
        foot = "document.querySelector('footer').checkVisibility()"
        assert not browser.execute_script(f"return {foot}")
        end = "document.querySelector('.sides tbody tr:last-child').scrollIntoView()"
        until(browser, f"({end}, {foot})")
        assert browser.execute_script("return document.querySelectorAll('.sides td.both').length") >= 130


@pytest.mark.parametrize("parameters", ["from=x", "to=x", "with=x", "from=../..&to=%00", f"with={REPORT}&from=x"])
def test_what_is_not_there_is_told(renumbered: FlaskClient, parameters: str) -> None:
    assert page(renumbered, f"/d/{ID}/compare?{parameters}", 404).select("h1")


def test_the_interface_answers_the_same_difference(renumbered: FlaskClient) -> None:
    answer = renumbered.get(f"/api/v1/documents/{ID}/diff").json
    assert answer and answer["counts"] == {
        "changed": 1,
        "added": 1,
        "removed": 1,
        "moved": 0,
        "renumbered": 0,
        "same": 3,
    }
    (changed,) = (each for each in answer["sections"] if each["change"] == "changed")
    assert (changed["old"]["anchor"], changed["new"]["anchor"]) == ("art-2", "art-3")
    assert "".join(run["text"] for run in changed["runs"] if run["kind"] != "deleted") == changed["new"]["text"]


@hypothesis_settings(max_examples=50)
@given(st.text(max_size=30), st.text(max_size=30), st.text(max_size=30))
def test_no_parameter_breaks_a_comparison(client: FlaskClient, one: str, other: str, third: str) -> None:
    parameters = f"from={quote(one)}&to={quote(other)}&with={quote(third)}"
    assert client.get(f"/d/{LAW}/compare?{parameters}").status_code in (200, 404)
    assert client.get(f"/api/v1/documents/{LAW}/diff?{parameters}").status_code in (200, 404)


def test_a_real_sites_silent_edit_can_be_seen(refreshed: Refreshed) -> None:
    shown = page(create_app(refreshed.settings).test_client(), f"/d/{refreshed.changed}/compare")
    assert shown.select(".sides ins, .sides del")
    links = [unquote(str(link["href"])) for link in shown.select("thead a")]
    assert links[1] == f"/d/{refreshed.changed}" and links[0].startswith(f"/d/{refreshed.changed}/versions/")


def test_a_phone_shows_one_text_with_both_marked(browser: webdriver.Chrome, address: str) -> None:
    look(browser, PHONE, "light")
    browser.get(f"{address}/d/{quote(LAW)}/compare?with={HOSTILE}")
    assert browser.execute_script("return document.documentElement.scrollWidth") <= PHONE[0]
    shown = "return [...document.querySelectorAll('.sides td.difference')].filter((td) => td.checkVisibility())"
    assert browser.execute_script(f"{shown}.every((td) => td.matches('.both'))")
