"""The page of results: cards with their standing, what is said of a law that is not there, what scripts add."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from flask.testing import FlaskClient
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.support.wait import WebDriverWait

from kb.base.errors import BadIndexError, StorageError, UnreadableError
from kb.base.model import FacetValue
from kb.chinese.issuers_and_laws import short_issuer
from kb.config.settings import Settings
from kb.corpus.folder import Corpus
from kb.web.site.app import create_app
from kb.web.view.facet_lists import facet_lists
from tests.keeping import keep_in_step
from tests.web.conftest import put
from tests.web.driving import clipboard, until
from tests.web.test_pages import page, texts

_NEW = """示例市新示例条例
（2019年5月1日示例市第一届人民代表大会常务委员会第一次会议通过）
第一条　为了规范示例养犬行为，制定本条例。
第二条　示例机关应当登记犬只。
第三条　本条例自2020年1月1日起施行。《示例市旧示例条例》同时废止。
"""
_OLD = """示例市例外条例
（2001年5月1日示例市第一届人民代表大会常务委员会第一次会议通过）
第一条　示例养犬应当拴绳。
第二条　本条例自2001年6月1日起施行。
"""
_DECISION = """示例市人民代表大会常务委员会关于废止示例市例外条例的决定
（2021年3月1日示例市第一届人民代表大会常务委员会第九次会议通过）
决定废止《示例市例外条例》。
本决定自公布之日起施行。
"""


@pytest.fixture(scope="module")
def statutes(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings of a corpus of a law that repeals another one that is not there, and a law that a decision repeals."""
    folder = tmp_path_factory.mktemp("statutes")
    chosen = Settings(folder / "corpus", folder / "index", "127.0.0.1", 0, 10_000_000, 60)
    corpus = Corpus(chosen.corpus)
    body, kind = "示例市人民代表大会常务委员会", "地方性法规"
    put(corpus, "新例", _NEW, title="示例市新示例条例", issuer=body, kind=kind, date="2019-05-01")
    put(corpus, "例外", _OLD, title="示例市例外条例", issuer=body, kind=kind, date="2001-05-01")
    title = "示例市人民代表大会常务委员会关于废止示例市例外条例的决定"
    put(corpus, "决定", _DECISION, title=title, issuer=body, kind="决定", date="2021-03-01")
    keep_in_step(chosen)
    return chosen


@pytest.fixture(scope="module")
def reader(statutes: Settings) -> FlaskClient:
    return create_app(statutes).test_client()


def test_a_card_says_how_its_law_stands_and_up_to_which_day(reader: FlaskClient) -> None:
    cards = {texts(hit, "h2")[0]: texts(hit, ".facts")[0] for hit in page(reader, "/search?q=示例养犬").select(".hit")}
    assert cards["示例市新示例条例"].startswith("未见终止（截至 2021-03-01）")
    assert "地方性法规" in cards["示例市新示例条例"] and "示例市人大常委会" in cards["示例市新示例条例"]
    assert "2019-05-01 通过" in cards["示例市新示例条例"] and "2020-01-01 施行" in cards["示例市新示例条例"]
    assert cards["示例市例外条例"].startswith("已废止（自 2021-03-01）")


def test_a_repealed_law_that_is_not_there_is_told_with_what_repealed_it(reader: FlaskClient) -> None:
    for query in ("示例市旧示例条例", "示例市旧示例条例第三条"):
        (line,) = page(reader, f"/search?q={quote(query)}").select(".ended-law")
        assert "《示例市旧示例条例》" in line.get_text() and "由《示例市新示例条例》第三条废止" in line.get_text()
        assert "自 2020年1月1日 起废止" in line.get_text() and "本库没有收录它的文本" in line.get_text()
        (link,) = line.select("a")
        assert link["href"] == f"/d/{quote('新例')}#art-3"
    told = reader.get(f"/api/v1/search?q={quote('示例市旧示例条例')}").json
    assert told and told["ended"]["document"] == "新例" and told["ended"]["day"] == "2020-01-01"
    assert any("载明它自 2020-01-01 起废止" in note for note in told["notes"])
    there = page(reader, f"/search?q={quote('示例市例外条例')}")
    assert not there.select(".ended-law") and "已废止" in texts(there, ".answer .facts")[0]


def test_facets_come_in_a_useful_order_with_short_names(reader: FlaskClient) -> None:
    found = page(reader, "/search?q=示例")
    assert texts(found, ".refine legend")[:2] == ["时效", "效力位阶"]
    (box,) = found.select(".refine input[value='已废止']")
    assert box["name"] == "validity" and not box.has_attr("checked")
    narrowed = page(reader, "/search?q=示例&validity=已废止")
    assert texts(narrowed, ".hit h2") == ["示例市例外条例"]
    assert narrowed.select(".refine input[value='已废止'][checked]")
    assert not narrowed.select(".refine input[type=hidden][name=validity]")


def test_years_descend_and_ranks_do() -> None:
    years = [FacetValue(year, total) for year, total in (("2020", 9), ("2023", 1), ("2021", 4))]
    kinds = [FacetValue(kind, total) for kind, total in (("通知", 9), ("地方性法规", 5), ("法律", 1))]
    kind, year = facet_lists({"year": years, "kind": kinds})
    assert [each.value for each in year.first] == ["2023", "2021", "2020"]
    assert [each.value for each in kind.first] == ["法律", "地方性法规", "通知"]


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("全国人民代表大会常务委员会", "全国人大常委会"),
        ("上海市人民代表大会常务委员会", "上海市人大常委会"),
        ("全国人民代表大会", "全国人大"),
        ("国务院", "国务院"),
        ("示例市人民政府", "示例市人民政府"),
    ],
)
def test_short_names_of_issuers(name: str, short: str) -> None:
    assert short_issuer(name) == short


def test_an_empty_library_tells_its_operator_what_to_run(empty: Settings) -> None:
    keep_in_step(empty)
    shown = page(create_app(empty).test_client(), "/")
    assert texts(shown, ".command code") == ["kb ingest 文件或文件夹", "kb index"]
    assert [button["data-copy"] for button in shown.select(".command button")] == texts(shown, ".command code")
    assert not shown.select(".tasks")


def test_one_document_is_walked_through(empty: Settings) -> None:
    put(Corpus(empty.corpus), "独一", "第一条　示例规定的内容。\n", title="示例规定")
    keep_in_step(empty)
    client = create_app(empty).test_client()
    links = page(client, "/").select(".sample a")
    assert [link.get_text() for link in links] == ["读一节", "引一节", "看来源"]
    for link in links:
        page(client, str(link["href"]).partition("#")[0])


@pytest.mark.parametrize(
    "error",
    [
        BadIndexError("示例：索引已损坏，请运行 kb index。"),
        StorageError("示例：磁盘已满。"),
        UnreadableError("示例：文件已损坏。"),
    ],
)
def test_an_error_speaks_to_readers_first(empty: Settings, error: Exception) -> None:
    app = create_app(empty)

    @app.get("/raising")
    def raising() -> str:
        raise error

    shown = page(app.test_client(), "/raising", error.status)  # type: ignore[attr-defined]
    assert "示例" not in texts(shown, ".sentence")[0] and "kb " not in texts(shown, ".sentence")[0]
    assert str(error) in texts(shown, ".operator")[0]


def test_the_other_sections_open_in_place(browser: webdriver.Chrome, address: str) -> None:
    browser.get(f"{address}/search?q=示例")
    button = next(each for each in browser.find_elements(By.CSS_SELECTOR, "button.rest"))
    shown = len(browser.find_elements(By.CSS_SELECTOR, ".rows > li"))
    button.click()
    until(browser, "document.querySelector('.opened .rows > li')")
    assert len(browser.find_elements(By.CSS_SELECTOR, ".rows > li")) > shown
    assert (button.get_attribute("aria-expanded"), "/search?q=" in browser.current_url) == ("true", True)
    button.click()
    assert not browser.find_element(By.CSS_SELECTOR, ".opened").is_displayed()


def test_the_text_of_an_article_is_copied_with_its_source(browser: webdriver.Chrome, address: str) -> None:
    browser.get(f"{address}/search?q={quote('示例市示例条例第二条')}")
    clipboard(browser, address)
    button = browser.find_element(By.CSS_SELECTOR, ".answer button.take")
    button.click()
    WebDriverWait(browser, 10).until(lambda _: "copied" in str(button.get_attribute("class")))
    copied = clipboard(browser, address)
    assert copied.startswith("第二条") and "前款所称示例" in copied and "《示例市示例条例》" in copied


def test_a_filter_holds_at_once(browser: webdriver.Chrome, address: str) -> None:
    browser.get(f"{address}/search?q=示例")
    # The driver takes what is in a folded <details> for hidden, whatever the style says.
    browser.execute_script("document.querySelector('.refine input[value=\"2018\"]').click()")
    WebDriverWait(browser, 10).until(lambda _: "year=2018" in browser.current_url)
    assert browser.find_elements(By.CSS_SELECTOR, ".refine input[value='2018']:checked")
