"""Whole journeys of readers, from the front page to what they take with them."""

from __future__ import annotations

import csv
from pathlib import Path
from urllib.parse import unquote

import pytest
from selenium import webdriver
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.wait import WebDriverWait

from tests.web.conftest import REPORT
from tests.web.driving import PHONE, clipboard, look, scripts, until


def click(browser: webdriver.Chrome, element: WebElement) -> None:
    """Click in the middle of the window: the driver scrolls what it clicks under the tools that stay in sight."""
    browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", element)
    element.click()


def follow(browser: webdriver.Chrome, element: WebElement, part: str) -> None:
    """Click, and wait for the address to have `part`."""
    click(browser, element)
    WebDriverWait(browser, 10).until(lambda _: part in unquote(browser.current_url))


def press(browser: webdriver.Chrome, *keys: str) -> WebElement:
    ActionChains(browser).send_keys(*keys).perform()
    return browser.switch_to.active_element


def test_a_lawyer_searches_jumps_cites_and_pastes(browser: webdriver.Chrome, address: str) -> None:
    browser.get(address)
    browser.find_element(By.NAME, "q").send_keys("印发《汕头市濠江区行政复议体制改革工作方案》", Keys.ENTER)
    WebDriverWait(browser, 10).until(lambda _: "/search" in browser.current_url)
    follow(browser, browser.find_element(By.CSS_SELECTOR, ".hit h2 a"), f"/d/{REPORT}")
    assert browser.find_element(By.CSS_SELECTOR, ":target mark").text.startswith("印发《汕头市濠江区")
    clipboard(browser, address)
    click(browser, browser.find_element(By.CSS_SELECTOR, "#kb-cite summary"))
    follow(browser, browser.find_element(By.CSS_SELECTOR, "#kb-cite p a"), "/cite")
    browser.find_element(By.ID, "kb-text").send_keys("印发《汕头市濠江区行政复议体制改革工作方案》")
    follow(browser, browser.find_element(By.CSS_SELECTOR, "form.pick button"), "text=")
    browser.find_element(By.CSS_SELECTOR, "button.copies").click()
    until(browser, "document.querySelector('button.copies.copied')")
    pasted = clipboard(browser, address)
    assert "濠江区2021年法治政府建设年度报告" in pasted


def test_a_researcher_browses_compares_and_takes_the_figures_along(
    browser: webdriver.Chrome, address: str, tmp_path: Path
) -> None:
    browser.execute_cdp_cmd("Browser.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(tmp_path)})
    browser.get(address)
    follow(browser, browser.find_element(By.LINK_TEXT, "浏览"), "/documents")
    # The driver takes what is in a folded <details> for hidden, also where the style shows it.
    browser.execute_script("document.querySelector('.facets a[href*=\"kind=%E6%8A%A5\"]').click()")
    WebDriverWait(browser, 10).until(lambda _: "kind=报告" in unquote(browser.current_url))
    follow(browser, browser.find_element(By.PARTIAL_LINK_TEXT, "示例区2021年"), "/d/示例区2021年报告")
    follow(browser, browser.find_element(By.LINK_TEXT, "同类文件对比"), "/parallel")
    follow(browser, browser.find_element(By.CSS_SELECTOR, ".choose button[value=figures]"), "view=figures")
    row = browser.find_element(By.XPATH, "//tr[th='受理各类人民调解案件']")
    assert row.find_element(By.TAG_NAME, "a").text == "195"
    browser.find_element(By.CSS_SELECTOR, "a[download]").click()
    WebDriverWait(browser, 10).until(lambda _: (tmp_path / "figures.csv").is_file())
    rows = list(csv.reader((tmp_path / "figures.csv").read_text(encoding="utf-8-sig").splitlines()))
    assert next(line for line in rows if line[0] == "受理各类人民调解案件")[2] == "195"
    follow(browser, browser.find_element(By.XPATH, "//tr[th='受理各类人民调解案件']//a"), "#1-4-1")
    assert "195件" in browser.find_element(By.CSS_SELECTOR, ":target mark").text


def test_everything_can_be_reached_by_the_keyboard_alone(browser: webdriver.Chrome, address: str) -> None:
    browser.get(address)
    press(browser, "/")
    press(browser, "行政复议体制改革", Keys.ENTER)
    WebDriverWait(browser, 10).until(lambda _: "/search" in browser.current_url)
    press(browser, Keys.ESCAPE)
    browser.execute_script("document.activeElement.blur()")
    while REPORT not in str(press(browser, "j").get_attribute("href")):
        assert browser.switch_to.active_element.get_attribute("href")
    press(browser, Keys.ENTER)
    WebDriverWait(browser, 10).until(lambda _: "/d/" in browser.current_url)
    press(browser, "n")
    assert browser.find_elements(By.CSS_SELECTOR, "mark.current")
    press(browser, "]")
    assert not browser.current_url.endswith("#1-3-2")
    assert press(browser, "f").get_attribute("id") == "kb-find"
    assert press(browser, Keys.TAB).text == "查找"
    browser.execute_script("document.activeElement.blur()")
    press(browser, "?")
    assert browser.find_element(By.ID, "kb-keys").is_displayed()


@pytest.mark.parametrize("size", [(1280, 900), PHONE], ids=["desk", "phone"])
def test_without_scripts_a_reader_gets_from_the_front_page_to_the_sentence_and_its_citation(
    browser: webdriver.Chrome, address: str, size: tuple[int, int]
) -> None:
    look(browser, size, "light")
    scripts(browser, False)
    browser.get(address)
    browser.find_element(By.NAME, "q").send_keys("依申请公开申请11件", Keys.ENTER)
    WebDriverWait(browser, 10).until(lambda _: "/search" in browser.current_url)
    follow(browser, browser.find_element(By.CSS_SELECTOR, ".hit h2 a"), f"/d/{REPORT}")
    click(browser, browser.find_element(By.CSS_SELECTOR, ".matches a[href='#kb-m1']"))
    click(browser, browser.find_element(By.CSS_SELECTOR, "#kb-cite summary"))
    assert "濠江区2021年法治政府建设年度报告" in browser.find_element(By.CSS_SELECTOR, "#kb-cite .forms").text
    follow(browser, browser.find_element(By.CSS_SELECTOR, "#kb-provenance a[href$='/provenance']"), "/provenance")
    assert browser.find_element(By.CSS_SELECTOR, ".pair del").text == "區(qū)"


def test_a_reader_on_a_phone_goes_from_section_to_section(browser: webdriver.Chrome, address: str) -> None:
    look(browser, PHONE, "dark")
    browser.get(f"{address}/d/{REPORT}#1-1-1")
    here = browser.find_element(By.CSS_SELECTOR, "nav.outline .here")
    until(browser, "document.querySelector('nav.outline .here').textContent")
    assert "第一责任人" in here.text
    browser.find_element(By.CSS_SELECTOR, ".bar .more summary").click()
    browser.find_element(By.CSS_SELECTOR, "[data-section='1']").click()
    assert browser.current_url.endswith("#1-1-2")
    browser.find_element(By.CSS_SELECTOR, "nav.outline summary").click()
    browser.find_element(By.CSS_SELECTOR, "nav.outline a[href='#1-8-1']").click()
    until(browser, "document.querySelector('nav.outline .here').textContent.includes('矛盾纠纷排查')")
    assert not browser.find_element(By.CSS_SELECTOR, "nav.outline details").get_attribute("open")
