"""相近条文 on the pages: offered where sections can be compared by what they mean, and only there."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from flask.testing import FlaskClient
from selenium import webdriver

from kb.config.settings import Settings
from kb.corpus.folder import Corpus
from kb.web.site.app import create_app
from tests.keeping import keep_in_step
from tests.search.small_model import small_model
from tests.web.conftest import finishing, put, served
from tests.web.driving import PHONE, look
from tests.web.test_accessibility import TAGS, axe, check  # noqa: F401
from tests.web.test_language import shown, untranslated

DOGS = "示例养狗条例\n第一章　总则\n第一条　狗主的狗咬伤人的，狗主应当承担赔偿责任。\n第二条　办理养狗许可证照。\n"
MORE = "示例饲犬办法\n第一条　犬咬伤人的，狗主应当赔偿。\n第二条　犬主应当办理犬的许可证照。\n第三条　本办法自2016年5月1日起施行。《示例旧办法》同时废止。\n"
ENDED = "示例旧办法\n第一条　饲犬咬伤人的，犬主应当赔偿。\n第二条　本办法自2010年5月1日起施行。\n"
LIKE = "/d/示例养狗条例/like?anchor=art-1"


@pytest.fixture(scope="module")
def meant(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings of a corpus whose sections have vectors of a small model."""
    pytest.importorskip("onnxruntime", reason="the extra semantic is not installed")
    pytest.importorskip("onnx", reason="onnx is not installed")
    folder = tmp_path_factory.mktemp("meant")
    model = small_model(tmp_path_factory.mktemp("model"))
    chosen = Settings(folder / "corpus", folder / "index", "127.0.0.1", 0, 10_000_000, 60, semantic=True, model=model)
    corpus = Corpus(chosen.corpus)
    put(corpus, "示例养狗条例", DOGS, title="示例养狗条例", kind="行政法规", issuer="国务院", date="2015-01-01")
    put(
        corpus,
        "示例饲犬办法",
        MORE,
        title="示例饲犬办法",
        kind="地方性法规",
        issuer="示例市人民代表大会",
        date="2016-01-01",
    )
    put(corpus, "示例旧办法", ENDED, title="示例旧办法", kind="办法", issuer="示例局", date="2010-01-01")
    keep_in_step(chosen)
    return chosen


@pytest.fixture(scope="module")
def client(meant: Settings) -> FlaskClient:
    return finishing(create_app(meant)).test_client()


def page(client: FlaskClient, address: str, status: int = 200) -> BeautifulSoup:
    answer = client.get(address)
    assert answer.status_code == status
    return BeautifulSoup(answer.text, "html.parser")


def test_each_section_with_words_of_its_own_offers_what_is_like_it(client: FlaskClient) -> None:
    offered = page(client, "/d/示例养狗条例").select('a.like[href*="/like"]')
    assert [link["href"].partition("anchor=")[2] for link in offered] == ["art-1", "art-2"]
    there = page(client, str(offered[0]["href"]))
    assert there.h1 and there.h1.get_text() == "相近条文" and "按含义相近，非原文" in there.get_text()
    matched = page(client, "/d/示例养狗条例?q=咬伤").select('a.like[href*="/like"]')
    assert len(matched) == 2


def test_the_page_lists_other_laws_by_rank_with_standing_place_and_words(client: FlaskClient) -> None:
    there = page(client, LIKE)
    assert [heading.get_text(" ").split()[0] for heading in there.select("main h2")] == [
        *("地方法规和规章", "其他规定、办法"),
    ]
    first, second = there.select("ol.alike > li")
    link = first.select_one("h3 a")
    assert link and link.get_text() == "《示例饲犬办法》第一条"
    assert str(link["href"]).endswith("#art-1") and client.get(str(link["href"])).status_code == 200
    told = first.select_one(".fate")
    assert told and told.get_text() == "未见终止"
    assert "地方性法规" in first.get_text() and "示例市人民代表大会" in first.get_text()
    assert "犬咬伤人的，狗主应当赔偿。" in first.select_one("blockquote").get_text()  # type: ignore[union-attr]
    told = second.select_one(".fate.problem")
    assert told and told.get_text() == "已废止"
    assert "狗主的狗咬伤人的" in there.select_one("blockquote.of").get_text()  # type: ignore[union-attr]


def test_it_is_said_in_english_too(meant: Settings) -> None:
    soup = shown(create_app(meant).test_client(), LIKE)
    assert soup.h1 and soup.h1.get_text() == "Like provisions" and "Alike in meaning, not in words" in soup.get_text()
    assert soup.title
    soup.title.decompose()
    assert untranslated(soup) == []


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("/d/示例养狗条例/like?anchor=ch-1", "没有自己的文字"),
        ("/d/示例养狗条例/like?anchor=art-9", "没有“art-9”"),
        ("/d/示例养狗条例/like", "没有“”"),
        ("/d/没有的/like?anchor=art-1", "没有的"),
    ],
)
def test_where_nobody_can_tell_it_is_said_why(client: FlaskClient, address: str, words: str) -> None:
    assert words in page(client, address, 404).get_text()


def test_an_older_text_and_a_past_day_do_not_offer_it(client: FlaskClient) -> None:
    assert not page(client, "/d/示例养狗条例?on=2019-01-01").select('a[href*="/like"]')


def test_without_vectors_or_the_optional_part_it_is_not_offered_and_the_interface_says_why(
    meant: Settings, tmp_path: Path
) -> None:
    for settings, words in (
        (replace(meant, semantic=False), "没有装按意思查找的组件"),
        (replace(meant, model=tmp_path / "nowhere"), "按意思查找的模型不在"),
    ):
        client = create_app(settings).test_client()
        assert not page(client, "/d/示例养狗条例").select('a[href*="/like"]')
        answer = client.get("/api/v1/documents/示例养狗条例/sections/art-1/like")
        assert answer.status_code == 404 and words in answer.get_json()["detail"]
        assert words in page(client, LIKE, 404).get_text()


def test_the_interface_tells_rank_and_kind(client: FlaskClient) -> None:
    first, *_ = client.get("/api/v1/documents/示例养狗条例/sections/art-1/like").get_json()
    assert (first["document"], first["kind"], first["rank"], first["validity"]) == (
        *("示例饲犬办法", "地方性法规", "地方法规和规章", "未见终止"),
    )


def test_the_page_keeps_the_rules_of_accessibility(browser: webdriver.Chrome, meant: Settings, axe: str) -> None:  # noqa: F811
    with served(meant) as address:
        for path in (LIKE, "/d/示例养狗条例"):
            browser.get(address + path)
            assert check(browser, axe, {"runOnly": TAGS}) == []
            look(browser, PHONE, "dark")
            assert check(browser, axe, {"runOnly": ["color-contrast", "target-size"]}) == []
            assert browser.execute_script("return document.documentElement.scrollWidth <= innerWidth")
