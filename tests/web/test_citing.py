"""Citing in the pages: every form, quotations that are checked when opened, addresses that outlive a renumbering."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import quote, unquote

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.support.wait import WebDriverWait

from kb.base.short_codes import LENGTH, whole_code
from kb.config.settings import Settings
from kb.corpus.folder import Corpus
from kb.web.site.app import create_app
from tests.compare.test_compare import NEW, OLD
from tests.web.conftest import HOSTILE, LAW, REPORT, put
from tests.web.test_pages import page, texts

ID = "示例条例"


@pytest.fixture
def renumbered(empty: Settings) -> FlaskClient:
    """A document whose second version put in an article, took one out and changed the figure of a third."""
    corpus = Corpus(empty.corpus)
    put(corpus, ID, OLD, title="示例市示例条例", date="2020-01-01")
    put(corpus, ID, NEW, title="示例市示例条例", date="2021-01-01")
    return create_app(empty).test_client()


def version(client: FlaskClient) -> str:
    answer = client.get(f"/api/v1/documents/{ID}").json
    assert answer
    return str(answer["versions"][1]["version"])


def test_the_page_of_a_document_offers_its_citation(client: FlaskClient) -> None:
    panel = page(client, f"/d/{REPORT}").select_one("details.cite")
    assert panel
    assert texts(panel, "#kb-form-manual") == [
        "汕头市濠江区人民政府《濠江区2021年法治政府建设年度报告》，2021年11月22日。"
    ]
    assert [str(link["href"]) for link in panel.select("p a")] == [f"/d/{REPORT}/cite"]
    assert texts(page(client, f"/d/{HOSTILE}"), "#kb-form-manual") == [
        "示例局《<script>alert(2)</script>示例公告》，2019年4月27日。"
    ]


def test_a_place_or_pasted_words_are_cited_without_scripts(client: FlaskClient) -> None:
    cited = page(client, f"/d/{LAW}/cite?anchor=art-2-p1-i2")
    assert texts(cited, "#kb-form-manual") == ["《示例市示例条例》第2条第1款第2项。"]
    assert cited.select_one("select option[selected]")["value"] == "art-2-p1-i2"  # type: ignore[index]
    cited = page(client, f"/d/{LAW}/cite?text={quote('办理行政 复议事项')}")
    assert texts(cited, "blockquote") == ["办理行政复议事项"]
    assert texts(cited, ".cited a") == ["《示例市示例条例》第2条第1款第2项"]


def test_a_copied_quotation_is_told_to_be_unchanged(client: FlaskClient) -> None:
    made = client.get(f"/api/v1/documents/{LAW}/citation?text=受理示例申请").json
    assert made
    path = made["url"].removeprefix("http://localhost").partition("#")[0]
    opened = page(client, client.get(path).location)  # the short address leads on, with the seal
    assert texts(opened, ".verdict.unchanged blockquote") == ["受理示例申请"]
    assert [link["href"] for link in opened.select(".verdict a")] == ["#art-2-p1-i1"]


def quoted(client: FlaskClient, text: str) -> str:
    """The address of a quotation from the older version, without the version: as it was copied at that time."""
    made = client.get(f"/api/v1/documents/{ID}/versions/{version(client)}/citation?text={quote(text)}").json
    assert made, text
    return f"/d/{ID}?{made['url'].partition('?')[2].partition('#')[0]}"


def test_a_quotation_that_changed_is_shown_character_by_character_where_it_now_stands(renumbered: FlaskClient) -> None:
    opened = page(renumbered, quoted(renumbered, "示例机关应当在十日内受理示例申请。"))
    assert texts(opened, ".verdict.changed del") == ["十"]
    assert texts(opened, ".verdict.changed ins") == ["五"]
    assert "#art-3-p1" in [link["href"] for link in opened.select(".verdict a")]


def test_a_version_is_cited_where_it_is_read(renumbered: FlaskClient) -> None:
    panel = page(renumbered, f"/d/{ID}/versions/{version(renumbered)}").select_one("details.cite")
    assert panel
    made = renumbered.get(f"{panel['data-citation']}?text={quote('示例费用由申请人承担')}").json
    assert made and f"/versions/{version(renumbered)}?quote=" in unquote(made["url"])
    assert page(renumbered, str(panel["data-page"])).select(".forms")


def test_a_quotation_that_is_gone_says_which_version_had_it(renumbered: FlaskClient) -> None:
    opened = page(renumbered, quoted(renumbered, "示例费用由申请人承担"))
    assert texts(opened, ".verdict.gone blockquote") == ["示例费用由申请人承担"]
    links = [str(link["href"]) for link in opened.select(".verdict a")]
    assert [unquote(link) for link in links] == [f"/d/{ID}/versions/{version(renumbered)}"]


def test_a_quotation_that_no_version_has_says_so(renumbered: FlaskClient) -> None:
    assert page(renumbered, f"/d/{ID}?quote=27-3fa9c1d2e4b50718").select(".verdict.unknown")
    assert "quote" in page(renumbered, f"/d/{ID}?quote=27", 400).get_text()


def test_an_address_that_another_article_has_now_says_where_its_text_went(renumbered: FlaskClient) -> None:
    answer = renumbered.get(f"/d/{ID}/art-2-p2")
    assert unquote(answer.location) == f"/d/{ID}?was=art-2-p2#art-3-p2"
    told = page(renumbered, answer.location.partition("#")[0])
    assert texts(told, ".standing.moved a")[1] == "第三条第二款"
    answer = renumbered.get(f"/d/{ID}/art-2")
    assert unquote(answer.location) == f"/d/{ID}?was=art-2#art-2"
    assert [link["href"] for link in page(renumbered, f"/d/{ID}?was=art-2").select(".standing.moved a")][1] == "#art-3"


def test_an_address_whose_text_is_gone_leads_to_the_version_that_had_it(empty: Settings) -> None:
    corpus = Corpus(empty.corpus)
    for text in (OLD, OLD.replace("第四条　本条例自公布之日起施行。\n", "")):
        put(corpus, ID, text, title="示例市示例条例")
    client = create_app(empty).test_client()
    told = page(client, f"/d/{ID}/art-4", 404)
    assert "旧版本" in told.get_text()
    assert unquote(str(told.select(".suggestions a")[0]["href"])) == f"/d/{ID}/versions/{version(client)}#art-4"


@hypothesis_settings(max_examples=80)
@given(st.text(max_size=40), st.text(max_size=40), st.text(max_size=40))
def test_no_parameter_breaks_citing(client: FlaskClient, one: str, other: str, third: str) -> None:
    for address in (
        f"/d/{HOSTILE}/cite?anchor={quote(one)}&text={quote(other)}",
        f"/d/{HOSTILE}?quote={quote(one)}&was={quote(other)}",
        f"/d/{HOSTILE}/versions/{quote(third, safe='')}/cite?anchor={quote(one)}",
    ):
        assert client.get(address).status_code in (200, 308, 400, 404), address


def test_selected_words_are_copied_with_their_source(browser: webdriver.Chrome, address: str) -> None:
    permissions = {"origin": address, "permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"]}
    browser.execute_cdp_cmd("Browser.grantPermissions", permissions)
    browser.get(f"{address}/d/{REPORT}")
    browser.execute_script(
        "const holder = document.getElementById('1-3-2').querySelector('p');"
        "const walker = document.createTreeWalker(holder, NodeFilter.SHOW_TEXT); let node;"
        "while ((node = walker.nextNode()) && !node.data.includes('印发《汕头市'));"
        "const range = document.createRange(), at = node.data.indexOf('印发《汕头市');"
        "range.setStart(node, at); range.setEnd(node, at + 12);"
        "getSelection().removeAllRanges(); getSelection().addRange(range);"
    )
    button = browser.find_element(By.CSS_SELECTOR, ".selected [data-form=quotation]")
    WebDriverWait(browser, 10).until(lambda _: button.is_displayed())
    button.click()
    WebDriverWait(browser, 10).until(lambda _: "copied" in str(button.get_attribute("class")))
    copied = browser.execute_async_script("navigator.clipboard.readText().then(arguments[0])")
    words, source = str(copied).strip().split("\n")
    assert words == "“印发《汕头市濠江区行政复”"
    assert source.startswith(
        "——汕头市濠江区人民政府《濠江区2021年法治政府建设年度报告》（2021年11月22日），一、（三）2。http://127.0.0.1:"
    )
    browser.get(source[source.index("http") :])
    assert browser.find_element(By.CSS_SELECTOR, ".verdict.unchanged blockquote").text == "印发《汕头市濠江区行政复"


def test_a_link_to_a_renumbered_section_is_followed(browser: webdriver.Chrome, address: str) -> None:
    browser.get(f"{address}/d/{REPORT}#9-9-9")
    WebDriverWait(browser, 10).until(lambda _: browser.find_elements(By.CSS_SELECTOR, ".suggestions"))
    assert browser.current_url == f"{address}/d/{REPORT}/9-9-9"


def test_whole_addresses_start_with_the_one_that_readers_use(settings: Settings) -> None:
    public = create_app(replace(settings, address="https://kb.example.cn")).test_client()
    for path in (
        "/sitemap.xml",
        "/opensearch.xml",
        "/changes.atom",
        f"/d/{REPORT}/cite?anchor=1-3-2",
    ):
        told = public.get(path, headers={"Host": "192.168.1.7:8000"}).text
        assert "https://kb.example.cn/" in told and "192.168" not in told and "localhost" not in told, path


def test_a_short_address_leads_to_the_document_and_its_pages(client: FlaskClient) -> None:
    code = whole_code(REPORT)[:LENGTH]
    for rest in ("", "?q=行政复议", "/cite?anchor=1-3-2", "/1-3-2", ".txt"):
        answer = client.get(f"/d/{code}{rest}")
        assert (answer.status_code, unquote(answer.location)) == (302, f"/d/{REPORT}{rest}"), rest
    assert client.get(f"/api/v1/documents/{code}").location == f"/api/v1/documents/{REPORT}"
    assert client.get(f"/d/{code.upper()}").status_code == 302
    assert client.get("/d/0000000000").status_code == 404
    assert f"/d/{code}#1-3-2" in page(client, f"/d/{REPORT}/cite?anchor=1-3-2").get_text()


def test_paper_bears_the_short_address_as_a_picture(client: FlaskClient) -> None:
    shown = page(client, f"/d/{REPORT}")
    assert shown.select_one(".imprint svg.qr path")
    assert f"http://localhost/d/{whole_code(REPORT)[:LENGTH]}" in texts(shown, ".imprint p")
