"""What a reader does, in a real browser against a real server."""

from __future__ import annotations

import base64
import io
import json
import unicodedata
from pathlib import Path
from urllib.parse import quote, unquote

import pytest
from pypdf import PdfReader
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.expected_conditions import staleness_of
from selenium.webdriver.support.wait import WebDriverWait

from kb.base.short_codes import LENGTH, whole_code
from tests.web.conftest import LAW, REPORT
from tests.web.driving import DESK, PHONE, clipboard, look, scripts, seen, until

CODE = whole_code(REPORT)[:LENGTH]


def search(browser: webdriver.Chrome, address: str, query: str) -> None:
    """Type a query on the front page and follow the link of the report's hit."""
    browser.get(address)
    browser.find_element(By.NAME, "q").send_keys(query, Keys.ENTER)
    WebDriverWait(browser, 10).until(lambda _: "/search" in browser.current_url)
    browser.find_element(By.CSS_SELECTOR, f".hit h2 a[href*='{REPORT}']").click()
    WebDriverWait(browser, 10).until(lambda _: "/d/" in browser.current_url)


@pytest.mark.parametrize("allowed", [True, False], ids=["scripts", "no-scripts"])
@pytest.mark.parametrize("query", ["行政复议", "行政復議"])
def test_a_search_lands_on_the_section_with_its_words_marked(
    browser: webdriver.Chrome, address: str, query: str, allowed: bool
) -> None:
    scripts(browser, allowed)
    search(browser, address, query)
    assert unquote(browser.current_url) == f"{address}/d/{REPORT}?q={query}#1-3-2"
    section = browser.find_element(By.CSS_SELECTOR, ":target")
    assert section.get_attribute("id") == "1-3-2"
    assert {mark.text for mark in section.find_elements(By.TAG_NAME, "mark")} == {"行政复议"}
    top = section.rect["y"] - browser.execute_cdp_cmd("Page.getLayoutMetrics", {})["cssVisualViewport"]["pageY"]
    assert 0 <= top < DESK[1] / 2
    assert section.value_of_css_property("background-color") != "rgba(0, 0, 0, 0)"


def test_the_first_hit_is_reached_by_the_keyboard_alone(browser: webdriver.Chrome, address: str) -> None:
    browser.get(f"{address}/search?q=行政复议")
    browser.switch_to.active_element.send_keys(Keys.TAB)
    skip = browser.switch_to.active_element
    assert skip.get_attribute("href") == f"{browser.current_url}#kb-results"
    skip.send_keys(Keys.ENTER)
    browser.switch_to.active_element.send_keys(Keys.TAB)
    link = browser.switch_to.active_element
    assert link.find_elements(By.CSS_SELECTOR, ".title")
    assert link.value_of_css_property("outline-style") == "solid"
    link.send_keys(Keys.ENTER)
    WebDriverWait(browser, 10).until(lambda _: "/d/" in browser.current_url)
    assert browser.find_elements(By.CSS_SELECTOR, ":target mark")


def test_the_address_of_a_hit_can_be_copied(browser: webdriver.Chrome, address: str) -> None:
    permissions = {"origin": address, "permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"]}
    browser.execute_cdp_cmd("Browser.grantPermissions", permissions)
    browser.get(f"{address}/search?q=深入推进行政复议体制改革")
    button = browser.find_element(By.CSS_SELECTOR, f"button.copy[data-address*='{REPORT}']")
    button.click()
    WebDriverWait(browser, 10).until(lambda _: "copied" in str(button.get_attribute("class")))
    copied = browser.execute_async_script("navigator.clipboard.readText().then(arguments[0])")
    assert copied == f"{address}/d/{REPORT}#1-3-2"


def test_without_scripts_nothing_is_offered_that_needs_them(browser: webdriver.Chrome, address: str) -> None:
    scripts(browser, False)
    browser.get(f"{address}/search?q=行政复议")
    assert not any(button.is_displayed() for button in browser.find_elements(By.CSS_SELECTOR, "button.copy"))


@pytest.mark.parametrize("allowed", [True, False], ids=["scripts", "no-scripts"])
def test_the_outline_is_beside_the_text_on_a_desk_and_folded_on_a_phone(
    browser: webdriver.Chrome, address: str, allowed: bool
) -> None:
    scripts(browser, allowed)
    browser.get(f"{address}/d/{REPORT}")
    link = browser.find_element(By.CSS_SELECTOR, "nav.outline a[href='#1-3-2']")
    assert seen(browser, link)
    assert link.rect["x"] + link.rect["width"] <= browser.find_element(By.TAG_NAME, "article").rect["x"]
    look(browser, PHONE, "light")
    browser.get(f"{address}/d/{REPORT}")
    assert not seen(browser, browser.find_element(By.CSS_SELECTOR, "nav.outline a[href='#1-3-2']"))
    browser.find_element(By.CSS_SELECTOR, "nav.outline summary").click()
    browser.find_element(By.CSS_SELECTOR, "nav.outline a[href='#1-3-2']").click()
    assert browser.current_url.endswith("#1-3-2")


@pytest.mark.parametrize(("scheme", "dark"), [("light", False), ("dark", True)])
def test_a_page_is_as_dark_as_the_system(browser: webdriver.Chrome, address: str, scheme: str, dark: bool) -> None:
    look(browser, DESK, scheme)
    browser.get(address)
    background = browser.execute_script("return getComputedStyle(document.documentElement).backgroundColor")
    assert (sum(map(int, background[4:-1].split(","))) < 150) == dark


def test_lines_of_text_are_of_a_length_that_can_be_read(browser: webdriver.Chrome, address: str) -> None:
    browser.get(f"{address}/d/{REPORT}")
    paragraph = browser.find_element(By.CSS_SELECTOR, ".text p")
    size = float(str(paragraph.value_of_css_property("font-size")).removesuffix("px"))
    assert 30 <= paragraph.rect["width"] / size <= 40


def test_the_outline_follows_the_reader_and_can_be_folded(browser: webdriver.Chrome, address: str) -> None:
    browser.get(f"{address}/d/{REPORT}")
    here = "document.querySelector('.tree [aria-current=location]')?.hash"
    for anchor in ("1-3-2", "2"):
        browser.execute_script(f"document.getElementById('{anchor}').scrollIntoView()")
        until(browser, f"{here} === '#{anchor}'")
    branch = browser.find_element(By.CSS_SELECTOR, ".branch:has(> a[href='#1']) > details > summary")
    branch.send_keys(Keys.ENTER)
    browser.execute_script("document.getElementById('1-3-2').scrollIntoView()")
    until(browser, f"{here} === '#1'")


def test_sections_and_matches_are_gone_through_by_keys_and_by_buttons(browser: webdriver.Chrome, address: str) -> None:
    browser.get(f"{address}/d/{REPORT}?q=行政复议#1-3-1")
    body = browser.find_element(By.TAG_NAME, "body")
    body.send_keys("]")
    assert browser.current_url.endswith("#1-3-2")
    body.send_keys("[")
    assert browser.current_url.endswith("#1-3-1")
    count = len(browser.find_elements(By.CSS_SELECTOR, "article mark"))
    body.send_keys("n")
    matches = browser.find_element(By.CSS_SELECTOR, ".bar .matches")
    assert f"1/{count}" in matches.text.replace(" ", "")
    browser.find_element(By.CSS_SELECTOR, "[data-match='1']").click()
    assert [mark.get_attribute("id") for mark in browser.find_elements(By.CSS_SELECTOR, "mark.current")] == ["kb-m2"]
    body.send_keys("N", "N")
    assert f"{count}/{count}" in matches.text.replace(" ", "")
    assert until(browser, "document.getElementById('kb-said').textContent") == f"{count}/{count}"


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
@pytest.mark.parametrize("allowed", [True, False], ids=["scripts", "no-scripts"])
def test_a_document_can_be_searched(
    browser: webdriver.Chrome, address: str, size: tuple[int, int], allowed: bool
) -> None:
    look(browser, size, "light")
    scripts(browser, allowed)
    browser.get(f"{address}/d/{REPORT}")
    browser.find_element(By.ID, "kb-find").send_keys("依申请公开", Keys.ENTER)
    WebDriverWait(browser, 10).until(lambda _: "q=" in browser.current_url)
    browser.find_element(By.CSS_SELECTOR, ".matches a[href='#kb-m1']").click()
    mark = browser.find_element(By.ID, "kb-m1")
    assert mark.text == "依申请公开"
    top = mark.rect["y"] - browser.execute_cdp_cmd("Page.getLayoutMetrics", {})["cssVisualViewport"]["pageY"]
    assert 40 < top < size[1] - 80
    assert len(browser.find_elements(By.CSS_SELECTOR, ".strip rect")) >= 1
    assert all(not button.is_displayed() for button in browser.find_elements(By.CSS_SELECTOR, ".scripted")) != allowed


def test_the_sign_of_a_section_opens_what_can_be_done_with_it(browser: webdriver.Chrome, address: str) -> None:
    browser.get(f"{address}/d/{REPORT}#1-3-2")
    sign = browser.find_element(By.CSS_SELECTOR, "[id='1-3-2'] .permalink")
    assert "/cite?anchor=1-3-2" in str(sign.get_attribute("href"))  # where it leads without scripts
    sign.click()
    offered = [each.text for each in browser.find_elements(By.CSS_SELECTOR, ".card > *")]
    assert offered == ["复制链接", "复制引注", "复制条文", "全部引注格式"]
    clipboard(browser, address)
    browser.find_element(By.XPATH, "//*[@class='card menu']/button[.='复制条文']").click()
    until(browser, "document.querySelector('.card .copied')")
    assert clipboard(browser, address).startswith("2.深入推进行政复议体制改革")
    browser.switch_to.active_element.send_keys(Keys.ESCAPE)
    assert not browser.find_elements(By.CLASS_NAME, "card")


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_the_reading_line_says_where_one_is_and_covers_nothing(
    browser: webdriver.Chrome, address: str, size: tuple[int, int]
) -> None:
    look(browser, size, "light")
    for anchor in ("art-2", "art-2-p1-i2"):
        browser.get(f"{address}/d/{quote(LAW)}#{anchor}")
        until(browser, "[...document.querySelectorAll('.where .here')].every((each) => each.textContent)")
        line = ".bar" if size == DESK else "nav.outline summary"
        below = f"document.querySelector('{line}').getBoundingClientRect().bottom"
        assert browser.execute_script(
            f"return document.querySelector(':target').getBoundingClientRect().top >= {below}"
        )


def test_finding_goes_to_the_first_match_and_enter_to_the_next(browser: webdriver.Chrome, address: str) -> None:
    browser.get(f"{address}/d/{REPORT}")
    browser.find_element(By.ID, "kb-find").send_keys("行政复议", Keys.ENTER)
    WebDriverWait(browser, 10).until(lambda _: browser.current_url.endswith("#kb-m1"))
    assert browser.find_element(By.CSS_SELECTOR, "mark.current").get_attribute("id") == "kb-m1"
    browser.find_element(By.ID, "kb-find").send_keys(Keys.ENTER)
    until(browser, "document.querySelector('mark.current').id === 'kb-m2'")
    browser.find_element(By.ID, "kb-find").send_keys(Keys.SHIFT, Keys.ENTER)
    until(browser, "document.querySelector('mark.current').id === 'kb-m1'")


def test_what_is_kept_is_the_section_that_is_looked_at(browser: webdriver.Chrome, address: str) -> None:
    browser.get(f"{address}/d/{REPORT}#1-3-2")
    browser.execute_script("document.getElementById('2').scrollIntoView()")
    until(browser, "document.querySelector('.bar .here').textContent.startsWith('二')")
    browser.find_element(By.TAG_NAME, "body").send_keys("s")
    assert "二、" in browser.find_element(By.CSS_SELECTOR, "#kb-note .of").text


def test_the_link_of_a_section_is_copied_without_the_search(browser: webdriver.Chrome, address: str) -> None:
    browser.get(f"{address}/d/{REPORT}?q=行政复议#1-3-2")
    clipboard(browser, address)
    browser.find_element(By.CSS_SELECTOR, "[id='1-3-2'] .permalink").click()
    browser.find_element(By.CSS_SELECTOR, ".card button").click()
    until(browser, "document.querySelector('.card .copied')")
    assert clipboard(browser, address) == f"{address}/d/{CODE}#1-3-2"


@pytest.mark.parametrize("allowed", [True, False], ids=["scripts", "no-scripts"])
def test_colours_and_size_are_chosen_and_remembered(browser: webdriver.Chrome, address: str, allowed: bool) -> None:
    scripts(browser, allowed)
    browser.get(f"{address}/d/{REPORT}")
    browser.find_element(By.CSS_SELECTOR, ".settings summary").click()
    for value in ("dark", "larger"):
        browser.find_element(By.CSS_SELECTOR, f"[value='{value}']").click()
    if not allowed:
        save = browser.find_element(By.CSS_SELECTOR, ".settings button")
        save.click()
        WebDriverWait(browser, 10).until(staleness_of(save))
    for page in ("", "/search?q=行政复议"):
        root = browser.find_element(By.TAG_NAME, "html")
        assert root.value_of_css_property("background-color") == "rgba(22, 21, 19, 1)"
        assert root.value_of_css_property("font-size") == "21px"
        browser.get(address + page)


def test_the_keys_are_explained_and_can_be_turned_off(browser: webdriver.Chrome, address: str) -> None:
    browser.get(f"{address}/search?q=行政复议")
    body = browser.find_element(By.TAG_NAME, "body")
    body.send_keys("?")
    dialog = browser.find_element(By.TAG_NAME, "dialog")
    assert "下一处、上一处匹配" in dialog.text
    body.send_keys(Keys.ESCAPE)
    body.send_keys("j")
    links = browser.find_elements(By.CSS_SELECTOR, ".hit h2 a")
    assert browser.switch_to.active_element == links[0]
    browser.switch_to.active_element.send_keys("j")
    assert browser.switch_to.active_element == links[1]
    browser.switch_to.active_element.send_keys("k")
    assert browser.switch_to.active_element == links[0]
    body.send_keys("/")
    assert browser.switch_to.active_element.get_attribute("name") == "q"
    browser.find_element(By.CSS_SELECTOR, ".settings summary").click()
    browser.find_element(By.NAME, "keys").click()
    body.send_keys(Keys.ESCAPE, "?")
    assert not dialog.is_displayed()


def test_a_printed_page_names_its_source_its_date_and_its_address(browser: webdriver.Chrome, address: str) -> None:
    browser.get(f"{address}/d/{REPORT}")
    printed = base64.b64decode(browser.execute_cdp_cmd("Page.printToPDF", {"preferCSSPageSize": True})["data"])
    pages = PdfReader(io.BytesIO(printed)).pages
    assert 3 < len(pages) < 12
    assert [round(float(side)) for side in pages[0].mediabox[2:]] == [595, 842]
    for number, page in enumerate(pages, start=1):
        text = "".join(unicodedata.normalize("NFKC", page.extract_text()).replace("⺠", "民").split())
        for words in ("汕头市濠江区人民政府", "2026年11月24日取得", f"{address}/d/{CODE}", f"{number}/{len(pages)}"):
            assert words in text
        assert "下一节" not in text and "在本文中查找" not in text


def test_sections_are_kept_with_notes_in_the_readers_own_browser(
    browser: webdriver.Chrome, address: str, tmp_path: Path
) -> None:
    browser.execute_cdp_cmd("Browser.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(tmp_path)})
    browser.get(f"{address}/d/{REPORT}#1-3-2")
    browser.find_element(By.TAG_NAME, "body").send_keys("s")
    browser.find_element(By.ID, "kb-note-text").send_keys("示例笔记")
    browser.find_element(By.CSS_SELECTOR, "#kb-note [value=keep]").click()
    until(browser, "document.getElementById('1-3-2').classList.contains('kept')")
    browser.get(f"{address}/notes")
    (item,) = browser.find_elements(By.CSS_SELECTOR, ".kept li")
    assert "深入推进行政复议体制改革" in item.text and "示例笔记" in item.text
    for kind in ("md", "json"):
        browser.find_element(By.CSS_SELECTOR, f"[data-export={kind}]").click()
        WebDriverWait(browser, 10).until(lambda _, kind=kind: (tmp_path / f"kb-notes.{kind}").is_file())
    written = (tmp_path / "kb-notes.md").read_text(encoding="utf-8")
    assert f"({address}/d/{REPORT}#1-3-2)" in written and "  > 示例笔记" in written
    browser.find_element(By.CSS_SELECTOR, "[data-drop]").click()
    assert browser.find_element(By.CSS_SELECTOR, "#kb-notes .empty").is_displayed()
    upload = browser.find_element(By.CSS_SELECTOR, "#kb-notes input[type=file]")
    upload.send_keys(str(tmp_path / "kb-notes.json"))
    until(browser, "document.querySelectorAll('.kept li').length === 1")
    (tmp_path / "bad.json").write_text('[{"address": "//elsewhere.example/"}]')
    upload.send_keys(str(tmp_path / "bad.json"))
    until(browser, "document.querySelector('#kb-notes .trouble').textContent")
    assert len(browser.find_elements(By.CSS_SELECTOR, ".kept li")) == 1


@pytest.mark.parametrize("page", ["/", "/search?q=行政复议", "/documents", f"/d/{REPORT}?q=行政复议#1-3-2"])
@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_nothing_moves_while_a_page_loads_and_it_is_small(
    browser: webdriver.Chrome, address: str, size: tuple[int, int], page: str
) -> None:
    look(browser, size, "light")
    browser.execute_cdp_cmd("Network.clearBrowserCache", {})
    browser.get_log("performance")
    browser.get(address + page)
    shifts = """
      const done = arguments[0];
      let moved = 0;
      new PerformanceObserver((list) => list.getEntries().forEach((entry) => { moved += entry.value; }))
        .observe({type: "layout-shift", buffered: true});
      requestAnimationFrame(() => setTimeout(() => done(moved), 100));
    """
    # Where a page is painted before the end of its bar has come, that moves by the width of a word: a ten-thousandth.
    assert browser.execute_async_script(shifts) < 0.001
    loaded = (json.loads(entry["message"])["message"] for entry in browser.get_log("performance"))
    sent = [each["params"]["encodedDataLength"] for each in loaded if each["method"] == "Network.loadingFinished"]
    assert 10_000 < sum(sent) < 60_000
