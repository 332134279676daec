"""From which day a text holds: only what is said to be that day is, and what the library cannot know it does not say."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from bs4 import BeautifulSoup
from flask.testing import FlaskClient

from kb.config.settings import Settings
from kb.law.records import in_force_from
from kb.law.standing import Standings
from kb.search.open.engines import open_engine
from kb.web.site.app import create_app
from kb.web.view.interface_labels import labels_of
from tests.law.laws import Shelf, document

PASSED = "2021年8月26日 示例市第十七届人民代表大会常务委员会第三十九次会议通过\n"
APPROVED = "2021年9月30日 示例省第十三届人民代表大会常务委员会第三十次会议批准\n"
FIRST = "2001年3月1日 第九届全国人民代表大会第四次会议通过\n"
BODY = "第一章　总则\n第一条　为了示例，制定本条例。\n第二条　应当示例。\n"


@pytest.mark.parametrize(
    ("above", "below", "since"),
    [
        (PASSED + APPROVED, "", ""),
        (PASSED + APPROVED, "第三条　本条例自2022年1月1日起施行。\n", "2022-01-01"),
        (PASSED + APPROVED, "第三条　本条例自公布之日起施行。\n", ""),
        (
            PASSED + "2021年10月8日 示例市人民代表大会常务委员会公布\n",
            "第三条　本条例自公布之日起施行。\n",
            "2021-10-08",
        ),
        (
            FIRST + "2021年9月30日 第十三届全国人民代表大会第三次会议修正\n",
            "第三条　本条例自2002年1月1日起施行。\n",
            "",
        ),
        (
            FIRST + "2021年9月30日 第十三届全国人民代表大会第三次会议修订\n",
            "第三条　本条例自公布之日起施行。\n",
            "",
        ),
    ],
)
def test_only_what_is_said_to_be_the_day_of_effect_is(above: str, below: str, since: str) -> None:
    made = document("示例", f"示例条例\n{above}{BODY}{below}", date="2021-09-30", edition="2021-09-30")
    assert in_force_from(made) == since


def test_what_its_source_says_counts() -> None:
    made = document("示例", f"示例条例\n{PASSED}{BODY}", date="2021-08-26", effective="2021-12-01")
    assert in_force_from(made) == "2021-12-01"


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlaskClient]:
    shelf = Shelf(tmp_path_factory.mktemp("days"))
    facts = {"kind": "地方性法规", "date": "2021-08-26", "edition": "2021-09-30"}
    shelf.put("示例条例", f"示例市示例条例\n{PASSED}{APPROVED}{BODY}", **facts)
    known = f"示例市示已条例\n{PASSED}{BODY}第三条　本条例自2022年1月1日起施行。\n"
    shelf.put("示已条例", known, kind="地方性法规", date="2021-08-26", edition="2021-08-26")
    shelf.put("新闻", "示例市示新规定\n第一条　示例。\n", date="2024-04-05", kind="地方性法规")
    shelf.update()
    index = shelf.store.path.parent
    open_engine(index).update(shelf.corpus)
    yield create_app(Settings(shelf.corpus.root, index, "127.0.0.1", 0, 10_000_000, 60)).test_client()


def said(client: FlaskClient, address: str, where: str) -> str:
    shown = BeautifulSoup(client.get(address).get_data(as_text=True), "html.parser").select_one(where)
    return shown.get_text() if shown else ""


def test_a_page_of_a_day_says_that_the_day_of_effect_is_not_known(client: FlaskClient) -> None:
    there = said(client, "/d/示例条例?on=2023-05-01", ".standing.dated")
    assert "这一天施行的是" not in there
    assert "何时施行，语料库里没有载明" in there
    assert "这一天施行的是 2021年8月26日的文本" in said(client, "/d/示已条例?on=2023-05-01", ".standing.dated")


def test_a_search_shows_no_day_of_effect_that_nobody_tells(client: FlaskClient) -> None:
    for id, since in (("示例条例", ""), ("示已条例", "2022-01-01")):
        (hit,) = {
            (each["document"], each["since"])
            for each in client.get("/api/v1/search?q=为了示例").get_json()["hits"]
            if each["document"] == id
        }
        assert hit == (id, since)
        assert client.get(f"/api/v1/documents/{id}/standing").get_json()["since"] == since
    cards = said(client, "/search?q=为了示例", "main")
    assert "2022-01-01 施行" in cards
    assert "2021-09-30 施行" not in cards


def test_beyond_its_own_day_the_library_says_that_it_cannot_know(client: FlaskClient) -> None:
    there = said(client, "/d/示已条例?on=2026-05-01", ".standing.dated")
    assert "库里的资料只到 2024年4月5日，这一天的情况不能断定" in there
    assert "这一天施行的是" not in there
    answer = client.post("/cite-check", data={"text": "《示例市示已条例》第二条", "on": "2023-01-01"})
    assert "库里的资料截至 2024年4月5日。" in answer.get_data(as_text=True)


def test_a_law_that_does_not_say_from_when_may_not_hold_yet(tmp_path_factory: pytest.TempPathFactory) -> None:
    shelf = Shelf(tmp_path_factory.mktemp("law"))
    shelf.put("条例", f"示例市示例条例\n{PASSED}{BODY}", kind="地方性法规", date="2021-08-26")
    shelf.put("网站的条例", f"示例市示二条例\n{PASSED}{BODY}", kind="条例", date="2021-08-26")
    shelf.put("通知", "示例市关于示例的通知\n一、示例。\n", kind="通知", date="2021-08-26")
    shelf.update()
    with shelf.store.reading() as reader:
        found = {each.id: Standings(reader).of(each, "2021-10-15").status for each in reader.documents()}
    assert found == {"条例": "不明", "网站的条例": "不明", "通知": "未见终止"}


def test_a_day_that_is_only_a_year_or_a_month_is_borne(shelf: Shelf) -> None:
    for id, day in (("年", "2018"), ("月", "2018-01")):
        shelf.put(id, f"示例市示{id}条例\n第一条　示例。\n", kind="地方性法规", date=day)
    shelf.update()
    with shelf.store.reading() as reader:
        found = {each.id: Standings(reader).of(each, "2018-06-01").status for each in reader.documents()}
        later = {each.id: Standings(reader).of(each, "2022-06-01").status for each in reader.documents()}
    assert found == {"年": "不明", "月": "不明"}
    assert set(later.values()) == {"未见终止"}


@pytest.mark.parametrize(
    ("change", "label"),
    [("", "施行日期"), ("2018年4月27日 第十三届全国人民代表大会第二次会议修正\n", "首次施行日期")],
)
def test_the_day_of_an_amended_law_is_that_of_its_first_text(change: str, label: str) -> None:
    day = "2018-04-27" if change else "2001-03-01"
    text = f"示例法\n{FIRST}{change}{BODY}第三条　本法自2001年5月1日起施行。\n"
    made = document("示例法", text, date=day, effective="2001-05-01")
    assert labels_of(made)["effective"] == label
