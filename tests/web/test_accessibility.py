"""Every page by the rules of WCAG 2.2 AA, as far as a machine can tell: axe-core in the browser, in both colour schemes."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from urllib.parse import quote

import pytest
from selenium import webdriver

from kb.web.api.api import PREFIX
from tests.web.conftest import HOSTILE, LAW, REPORT
from tests.web.driving import PHONE, look
from tests.web.examples import REPORTS

ALL = "&".join(f"d={quote(id)}" for id in REPORTS)
PAGES = [
    "/",
    "/search",
    "/search?q=行政复议",
    "/search?q=" + quote("“查无此语”"),
    "/search?q=" + quote("示例市示例条例第二条"),
    "/search?q=" + quote("示例机关应当履行下列职能"),
    "/search?q=" + quote("示例") + "&group=section&year=2018&year=2021",
    "/documents?kind=报告",
    "/browse/issuer",
    "/issuers/" + quote("示例区人民政府"),
    f"/d/{REPORT}?q=行政复议#1-3-2",
    f"/d/{quote(HOSTILE)}",
    f"/d/{quote(LAW)}#art-2-p1-i2",
    f"/d/{quote(HOSTILE)}/provenance",
    f"/d/{REPORT}/cite?anchor=1-3-2",
    f"/d/{quote('示例区2021年报告')}/compare?with={quote('示例区2022年报告')}",
    "/parallel",
    f"/parallel?d={REPORT}",
    f"/parallel?{ALL}",
    f"/parallel?{ALL}&view=figures",
    "/notes",
    "/cite-check",
    "/origins",
    "/gaps",
    "/stale-basis",
    "/terms?q=" + quote("示例"),
    "/follow",
    "/search/follow?q=行政复议",
    f"/d/{quote(LAW)}/cited-by",
    f"/d/{REPORT}/graph",
    f"{PREFIX}/",
    "/status",
    f"/d/{REPORT}/9-9-9",
]
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
RUN = """
const [options, done] = arguments;
for (const details of document.querySelectorAll("details")) details.open = true;
axe.run(options).then((found) => done(found.violations.map(
  ({id, help, nodes}) => [id, help, nodes.slice(0, 3).map((node) => node.html.slice(0, 160) + " " + (node.failureSummary ?? "").slice(0, 200))])));
"""


@pytest.fixture(scope="module")
def axe() -> str:
    """The checker's script."""
    found = importlib.util.find_spec("axe_playwright_python")
    if not found or not found.submodule_search_locations:
        pytest.skip("没有 axe-core：请先运行 scripts/environment dev（要能访问 PyPI）")
    return (Path(found.submodule_search_locations[0]) / "axe.min.js").read_text(encoding="utf-8")


def check(browser: webdriver.Chrome, axe: str, options: dict[str, object]) -> object:
    if browser.execute_script("return !window.axe"):
        browser.execute_script(axe)
    return browser.execute_async_script(RUN, options)


@pytest.mark.parametrize("page", PAGES)
def test_every_page_keeps_the_rules(browser: webdriver.Chrome, address: str, axe: str, page: str) -> None:
    browser.get(address + page)
    assert check(browser, axe, {"runOnly": TAGS}) == []
    look(browser, PHONE, "dark")
    assert check(browser, axe, {"runOnly": ["color-contrast", "target-size"]}) == []


def test_the_dialogs_keep_the_rules(browser: webdriver.Chrome, address: str, axe: str) -> None:
    browser.get(f"{address}/d/{REPORT}")
    for opener in ("[data-opens=kb-keys]", "[data-note]"):
        browser.execute_script(f"document.querySelector('{opener}').click()")
        assert check(browser, axe, {"runOnly": TAGS}) == []
        browser.execute_script("document.querySelector('dialog[open]').close()")
