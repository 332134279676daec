"""Every page by the rules of WCAG 2.2 AA, as far as a machine can tell: axe-core in the browser, in both colour schemes.

Beside the rules: landmarks, the order of headings, and how soon the keyboard is at the text.
"""

from __future__ import annotations

import importlib.util
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import pytest
from bs4 import BeautifulSoup
from flask.testing import FlaskClient
from selenium import webdriver

from kb.config.settings import Mail, Settings
from kb.web.api.api import PREFIX
from tests.keeping import keep_in_step
from tests.web.conftest import BUNDLED, HOSTILE, LAW, REPORT, Refreshed, served
from tests.web.driving import PHONE, look, until
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
    f"/d/{quote('示例区2021年报告')}/compare?with={quote('示例区2022年报告')}&show=changes",
    f"/d/{quote(LAW)}/compare",
    f"/d/{quote(LAW)}/follow",
    "/parallel",
    f"/parallel?d={REPORT}",
    f"/parallel?{ALL}",
    f"/parallel?{ALL}&view=figures",
    "/notes",
    "/cite-check",
    "/origins",
    "/changes",
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
# What a page shows when something is pressed: the page, what is pressed, what is there then.
OPENED = [
    (f"/d/{quote(LAW)}#art-2", "#art-2 .permalink", ".card.menu"),
    (f"/d/{REPORT}", "[data-opens=kb-keys]", "dialog[open]"),
    (f"/d/{REPORT}", "[data-note]", "dialog[open]"),
    ("/search?q=行政", "button.rest", ".opened:not([hidden])"),
]
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
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


@pytest.fixture(scope="module")
def elsewhere(
    settings: Settings, refreshed: Refreshed, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, str]]:
    """Addresses of servers whose libraries are not as they should be, or send mail."""
    folder = tmp_path_factory.mktemp("elsewhere")
    one = replace(settings, corpus=folder / "one", index=folder / "one-index")
    shutil.copytree(BUNDLED, one.corpus, ignore=shutil.ignore_patterns(".lock"))
    keep_in_step(one)
    libraries = {
        "empty": replace(settings, corpus=folder / "none", index=folder / "none-index"),
        "one": one,
        "unindexed": replace(settings, index=folder / "no-index"),
        "alarmed": refreshed.settings,
        "mail": replace(settings, mail=Mail("127.0.0.1", sender="kb@example.cn"), address="https://kb.example.cn"),
    }
    with ExitStack() as servers:
        yield {name: servers.enter_context(served(each)) for name, each in libraries.items()}


def check(browser: webdriver.Chrome, axe: str, options: dict[str, object]) -> object:
    if browser.execute_script("return !window.axe"):
        browser.execute_script(axe)
    return browser.execute_async_script(RUN, options)


def check_twice(browser: webdriver.Chrome, axe: str) -> None:
    """On a desk by all rules, then on a phone in the dark by those that depend on it; nothing is wider than the window."""
    assert check(browser, axe, {"runOnly": TAGS}) == []
    look(browser, PHONE, "dark")
    assert check(browser, axe, {"runOnly": ["color-contrast", "target-size"]}) == []
    for width in (PHONE[0], 320):  # 320: a desk's window at 400 %
        look(browser, (width, 844), "dark")
        assert browser.execute_script("return document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("page", PAGES)
def test_every_page_keeps_the_rules(browser: webdriver.Chrome, address: str, axe: str, page: str) -> None:
    browser.get(address + page)
    check_twice(browser, axe)


@pytest.mark.parametrize(
    ("library", "page"),
    [
        ("empty", "/"),
        ("empty", "/status"),
        ("empty", "/changes"),
        ("one", "/"),
        ("unindexed", "/search?q=行政复议"),
        ("alarmed", "/"),
        ("alarmed", "/status"),
        ("alarmed", "/changes"),
        ("mail", "/follow"),
    ],
)
def test_pages_that_tell_of_trouble_keep_the_rules(
    browser: webdriver.Chrome, elsewhere: dict[str, str], axe: str, library: str, page: str
) -> None:
    browser.get(elsewhere[library] + page)
    check_twice(browser, axe)


@pytest.mark.parametrize(("page", "press", "then"), OPENED)
def test_what_opens_keeps_the_rules(
    browser: webdriver.Chrome, address: str, axe: str, page: str, press: str, then: str
) -> None:
    browser.get(address + page)
    browser.execute_script(f"document.querySelector('{press}').click()")
    until(browser, f"document.querySelector('{then}') !== null")
    check_twice(browser, axe)


@pytest.mark.parametrize("page", PAGES)
def test_the_text_is_one_stop_from_the_beginning(client: FlaskClient, page: str) -> None:
    """The first stop of the keyboard leads to the text, which takes the focus; beside it, what is found in a box comes first."""
    shown = BeautifulSoup(client.get(page.partition("#")[0]).text, "html.parser")
    skip = shown.body.select("a, button, input, select, textarea, summary, [tabindex='0']")[0]  # type: ignore[union-attr]
    assert "skip" in skip["class"]
    text = shown.find(id=str(skip["href"]).removeprefix("#"))
    assert text and text["tabindex"] == "-1"
