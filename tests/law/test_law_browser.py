"""Citations in a real browser against a real server."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from selenium import webdriver
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from kb.config.settings import Settings
from kb.search.open.engines import open_engine
from tests.law.laws import LAW, RULES, Shelf
from tests.web.conftest import browser, chrome, served
from tests.web.driving import DESK, PHONE, look, scripts, until
from tests.web.test_accessibility import TAGS, axe, check

__all__ = ["axe", "browser", "chrome"]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    shelf = Shelf(tmp_path_factory.mktemp("cited"))
    shelf.put("law", LAW, edition="2009-12-01", date="2009-12-01", effective="2010-01-01")
    shelf.put(
        "law", LAW.replace("办理示例", "协助示例"), edition="2018-03-01", date="2018-03-01", effective="2018-03-01"
    )
    shelf.put("rules", RULES, date="2015-04-01")
    shelf.update()
    index = shelf.store.path.parent
    open_engine(index).update(shelf.corpus)
    with served(Settings(shelf.corpus.root, index, "127.0.0.1", 0, 10_000_000, 60)) as address:
        yield address


def test_the_cited_text_opens_over_a_citation_and_escape_closes_it(browser: webdriver.Chrome, site: str) -> None:
    browser.get(f"{site}/d/rules")
    link = browser.find_element(By.CSS_SELECTOR, "#art-2 a.cites")
    ActionChains(browser).move_to_element(link).perform()
    assert until(browser, "!document.getElementById('kb-excerpt').hidden")
    note = browser.find_element(By.ID, "kb-excerpt")
    assert "受理示例" in note.text
    browser.find_element(By.TAG_NAME, "body").send_keys(Keys.ESCAPE)
    assert until(browser, "document.getElementById('kb-excerpt').hidden")


def test_a_citation_leads_to_its_article_without_scripts(browser: webdriver.Chrome, site: str) -> None:
    scripts(browser, allowed=False)
    browser.get(f"{site}/d/rules")
    browser.find_element(By.CSS_SELECTOR, "#art-2 a.cites").click()
    assert browser.current_url.startswith(f"{site}/d/law/versions/2009-12-01-")  # the text of the rules' day
    assert browser.find_element(By.CSS_SELECTOR, ":target").get_attribute("id") == "art-2"


def test_the_pages_of_the_law_keep_the_rules(browser: webdriver.Chrome, site: str, axe: str) -> None:
    def keeps() -> None:
        look(browser, DESK, "light")
        assert check(browser, axe, {"runOnly": TAGS}) == []
        look(browser, PHONE, "dark")
        assert check(browser, axe, {"runOnly": ["color-contrast", "target-size"]}) == []
        assert browser.execute_script("return document.documentElement.scrollWidth") <= PHONE[0]

    for path in ("/d/law", "/d/rules?on=2016-01-01", "/d/law/cited-by", "/d/law/graph", "/stale-basis", "/gaps"):
        browser.get(site + path)
        keeps()
    browser.get(f"{site}/cite-check")
    browser.find_element(By.ID, "kb-text").send_keys("依照《示例旧法》第一条、《中华人民共和国示例法》第二条和第九条")
    browser.find_element(By.CSS_SELECTOR, ".asking button").click()
    assert until(browser, "document.querySelectorAll('.checked > li').length") == 3
    keeps()
