"""What the web tells of the law around documents."""

from __future__ import annotations

from datetime import date
from urllib.parse import quote
from xml.etree import ElementTree

import pytest
from bs4 import BeautifulSoup
from flask.testing import FlaskClient

from kb.config.settings import Settings
from kb.search.open.engines import open_engine
from kb.web.site.app import create_app
from tests.law.laws import LAW, RULES, Shelf
from tests.web.test_feeds import NAMES, feed
from tests.web.test_language import untranslated
from tests.web.test_pages import texts

_OLD = "示例旧法\n第一条　本法自2000年1月1日起施行。\n"


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> FlaskClient:
    """Pages of examples that no test changes."""
    return serving(Shelf(tmp_path_factory.mktemp("pages")))


@pytest.fixture
def changing(shelf: Shelf) -> FlaskClient:
    """The same, of a shelf that a test changes."""
    return serving(shelf)


def serving(shelf: Shelf) -> FlaskClient:
    shelf.put("示例法", LAW, edition="2009-12-01", date="2009-12-01", effective="2010-01-01")
    history = "2009年12月1日 第十一届全国人民代表大会第一次会议通过\n2018年3月1日 第十三届全国人民代表大会第一次会议修正\n第一章"
    newer = LAW.replace("第一章", history, 1).replace("办理示例", "协助示例")
    shelf.put("示例法", newer, edition="2018-03-01", date="2018-03-01", effective="2018-03-01")
    shelf.put("示例旧法", _OLD, date="1999-12-01")
    shelf.put("示例办法", RULES, date="2015-04-01")
    shelf.put("示例报告", "示例报告\n一、示例。\n")
    shelf.update()
    index = shelf.store.path.parent
    open_engine(index).update(shelf.corpus)
    return create_app(Settings(shelf.corpus.root, index, "127.0.0.1", 0, 10_000_000, 60)).test_client()


def page(client: FlaskClient, address: str, status: int = 200) -> BeautifulSoup:
    answer = client.get(address)
    assert answer.status_code == status
    return BeautifulSoup(answer.get_data(as_text=True), "html.parser")


def test_citations_in_the_text_lead_to_the_text_of_their_day(client: FlaskClient) -> None:
    shown = page(client, "/d/示例办法")
    links = {link.get_text(): str(link["href"]) for link in shown.select("a.cites")}
    assert links["《示例法》第二条"].startswith("/d/%E7%A4%BA%E4%BE%8B%E6%B3%95/versions/2009-12-01-")
    assert links["《示例法》第二条"].endswith("#art-2")
    assert "没有这一条款" in shown.select_one('a.cites:-soup-contains("第九百九十九条")')["title"]  # type: ignore[index]
    assert client.get(links["《示例法》第二条"].partition("#")[0]).status_code == 200


def test_the_text_stays_the_text(changing: FlaskClient, shelf: Shelf) -> None:
    shown = page(changing, "/d/示例办法")
    for extra in shown.select(".beside, .permalink"):
        extra.decompose()
    text = "".join(shown.select_one("div.text").get_text().split())  # type: ignore[union-attr]
    body = "".join(section.text for section in shelf.corpus.read("示例办法").walk() if section.anchor != "title")
    assert text == "".join(body.split())


def test_a_page_that_was_drawn_before_shows_what_is_new(changing: FlaskClient, shelf: Shelf) -> None:
    assert texts(page(changing, "/d/示例法"), "#art-2 .cited-by") == ["被引 1"]
    assert [mark.get_text() for mark in page(changing, "/d/示例法?q=受理").select("#art-2 mark")] == ["受理"]
    assert not page(changing, "/d/示例法").select("mark")
    assert (
        page(changing, "/d/示例法?lang=en").select_one("a.permalink")["aria-label"]
        == "This section: link, citation, history"
    )  # type: ignore[index]
    shelf.put("示例通知", "示例通知\n一、依照《示例法》第二条。\n", date="2020-01-01")
    shelf.update()
    assert texts(page(changing, "/d/示例法"), "#art-2 .cited-by") == ["Cited 2"]
    path = shelf.corpus.root / "示例" / "示例法.md"
    path.write_text(path.read_text(encoding="utf-8").replace("受理示例", "接受示例"), encoding="utf-8")
    assert "接受示例" in page(changing, "/d/示例法").select_one("#art-2").get_text()  # type: ignore[union-attr]


def test_a_section_says_how_often_it_is_cited_and_by_which_sentences(client: FlaskClient) -> None:
    cited = page(client, "/d/示例法").select_one("#art-2 .cited-by")
    assert cited is not None and cited.get_text() == "被引 1"
    listed = page(client, str(cited["href"]))
    assert len(listed.select("ul.citing a.place")) == 2
    card = page(client, f"{cited['href']}&card")
    assert texts(card, "ul.citing > li > a") == ["示例市示例办法"] and not card.select("main")
    assert [link["href"].rpartition("#")[2] for link in card.select("a.place")] == ["art-1", "art-2"]
    for place in listed.select("a.place"):
        sentence = "".join(place.get_text().split())
        assert place.em is not None and place.em.get_text() in sentence and len(sentence) > len(place.em.get_text())


def test_a_citation_of_an_old_text_says_which_and_what_the_number_became(client: FlaskClient) -> None:
    whole = page(client, "/d/示例法/cited-by")
    told = texts(whole, "ul.citing small")
    assert told and all(each.startswith("引自 2009-12-01 的旧文本") for each in told)


def test_a_document_says_how_it_stands_and_why(client: FlaskClient) -> None:
    over = page(client, "/d/示例办法").select_one(".validity")
    assert over is not None
    assert "推定届满" in over.get_text() and "2020年4月30日" in over.get_text() and "有效期五年" in over.get_text()
    repealed = page(client, "/d/示例旧法").select_one(".validity")
    assert repealed is not None
    assert "已废止" in repealed.get_text() and "《示例旧法》同时废止。" in repealed.get_text()
    assert page(client, "/d/示例报告").select_one(".validity") is None
    then = page(client, "/d/示例旧法?on=2005-01-01").select_one(".validity")
    assert then is not None and "未见终止" in then.get_text()


def test_the_text_of_a_day(client: FlaskClient) -> None:
    assert "办理示例" in page(client, "/d/示例法?on=2015-01-01").get_text()
    assert "协助示例" in page(client, "/d/示例法?on=2020-01-01").get_text()
    assert page(client, "/d/示例法?on=去年", 400).select("h1")


def test_a_dated_view_leads_on_to_that_day(client: FlaskClient) -> None:
    shown = page(client, "/d/示例办法?on=2016-05-05")
    assert "2016年5月5日的情况" in shown.select_one(".standing.dated").get_text()  # type: ignore[union-attr]
    assert "未见终止" in shown.select_one(".validity").get_text()  # type: ignore[union-attr]
    links = {link.get_text(): str(link["href"]) for link in shown.select("a.cites")}
    there = links["《示例法》第二条"]
    assert there == "/d/%E7%A4%BA%E4%BE%8B%E6%B3%95?on=2016-05-05#art-2"
    law = page(client, there.partition("#")[0])
    assert "办理示例" in law.get_text()
    assert [said.get_text().split()[0] for said in law.select("p.standing")] == ["2016年5月5日的情况"]
    assert "2009年12月1日的文本" in law.select_one("p.standing").get_text()  # type: ignore[union-attr]
    assert [link["href"] for link in law.select("#art-2 a.cites")] == ["#art-2-p1", "#art-3"]
    listed = page(client, str(law.select_one("#art-2 .cited-by")["href"]))  # type: ignore[index]
    assert all("on=2016-05-05" in str(link["href"]) for link in listed.select("ul.citing a"))
    assert law.select_one("form.find input[name=on]")["value"] == "2016-05-05"  # type: ignore[index]
    assert "on=" not in str(law.select_one(".standing.dated a")["href"])  # type: ignore[index]
    assert "on=" not in str(law.select_one("link[rel=canonical]")["href"])  # type: ignore[index]
    for step in ("cited-by", "graph"):
        follow = page(client, f"/d/示例法/{step}?on=2016-05-05").select("main a[href*='on=2016-05-05']")
        assert any("%E5%8A%9E%E6%B3%95" in str(link["href"]) for link in follow)
    moved = client.get("/d/示例法/art-2?on=2016-05-05")
    assert moved.location.endswith("?on=2016-05-05#art-2")


def test_in_a_dated_view_there_is_nothing_later(client: FlaskClient) -> None:
    law = page(client, "/d/示例法?on=2012-01-01")
    assert not law.select(".cited-by")
    assert "2010-01-01" in client.get("/api/v1/documents/示例法/standing?on=2012-01-01").get_data(as_text=True)
    assert not page(client, "/d/示例法/cited-by?on=2012-01-01").select("ul.citing a.place")
    early = page(client, "/d/示例办法?on=2012-01-01")
    assert "尚未生效" in early.select_one(".validity").get_text()  # type: ignore[union-attr]


def test_a_day_before_the_oldest_text_is_not_said_to_have_had_it(client: FlaskClient) -> None:
    for day, younger in (("2009-12-15", True), ("2012-01-01", False)):
        said = page(client, f"/d/示例法?on={day}").select_one(".standing.dated")
        assert said is not None
        assert ("没有这一天施行的文本，这里是 2010年1月1日起施行的" in said.get_text()) == younger


def test_the_note_shows_the_text_of_the_day(client: FlaskClient) -> None:
    then, now = (page(client, f"/excerpt/示例法/art-2{day}").get_text() for day in ("?on=2016-05-05", ""))
    assert "办理示例" in then and "协助示例" in now


def test_a_dated_search_leads_to_dated_pages(client: FlaskClient) -> None:
    law = f"/d/{quote('示例法')}"
    for asked in ("/search?q=办理示例+时点:2016-05-05", "/search?q=办理示例&on=2016-05-05"):
        hits = [str(link["href"]) for link in page(client, asked).select("li.hit h2 a")]
        (there,) = (hit for hit in hits if hit.startswith(law))
        assert there.startswith(f"{law}?") and "on=2016-05-05" in there
        assert "办理示例" in page(client, there.partition("#")[0]).get_text()
    assert not page(client, '/search?q="办理示例"').select(f"li.hit h2 a[href^='{law}']")


def test_the_interface_answers_the_text_of_a_day(client: FlaskClient) -> None:
    then, now = (client.get(f"/api/v1/documents/示例法{day}").get_json() for day in ("?on=2016-05-05", ""))
    assert then["version"].startswith("2009-12-01") and now["version"].startswith("2018-03-01")
    assert "办理示例" in client.get("/api/v1/documents/示例法/sections/art-2?on=2016-05-05").get_json()["text"]
    assert client.get("/api/v1/documents/示例法/sections?on=2016-05-05").get_json()["version"] == then["version"]
    assert client.get("/api/v1/documents/示例办法/citations?on=2020-01-01").get_json()[0]["target"]
    early = client.get("/api/v1/documents/示例法?on=2009-11-01")
    assert early.status_code == 404 and "没有 2009-11-01 施行的文本，最早的是 2010-01-01" in early.get_data(
        as_text=True
    )
    for day in ("2020-13-01", "2020-02-30", "20200101"):
        assert client.get(f"/d/示例法?on={day}").status_code == 400
    for address in ("", "/sections", "/sections/art-2", "/citations", "/standing"):
        assert client.get(f"/api/v1/documents/示例法{address}?on=去年").status_code == 400


def test_an_older_text_has_its_citations(client: FlaskClient) -> None:
    old = next(
        str(link["href"]) for link in page(client, "/d/示例法").select("#kb-versions a") if "/2009" in str(link["href"])
    )
    assert [link["href"] for link in page(client, old).select("#art-2 a.cites")] == ["#art-2-p1", "#art-3"]


def test_the_basis_is_shown_with_what_became_of_it(client: FlaskClient) -> None:
    around = page(client, "/d/示例办法").select_one("#kb-around")
    assert around is not None
    assert "此后有修改" in around.get_text()
    assert "以它为依据的" in page(client, "/d/示例法").get_text()


def test_search_says_what_no_longer_holds(client: FlaskClient) -> None:
    hits = page(client, "/search?q=自2000年1月1日起施行").select("li.hit")
    assert [hit.select_one("h2 a")["href"].split("?")[0] for hit in hits if "已废止" in hit.get_text()] == [  # type: ignore[index,union-attr]
        hits[0].select_one("h2 a")["href"].split("?")[0]  # type: ignore[index,union-attr]
    ]


def test_the_note_over_a_citation(client: FlaskClient) -> None:
    assert page(client, "/excerpt/示例法/art-2-p1-i1").get_text().split() == [
        "《中华人民共和国示例法》",
        "（一）受理示例；",
    ]
    assert client.get("/excerpt/示例法/art-99").status_code == 404


def test_a_words_definition_in_its_document(changing: FlaskClient, shelf: Shelf) -> None:
    text = "示例规则\n第一条　本规则所称示例点，是指示例的地点。\n第二条　示例点应当登记。示例点不收费。\n"
    shelf.put("示例规则", text)
    shelf.update()
    (term,) = page(changing, "/d/示例规则").select("#art-2 a.term")
    assert (term.get_text(), term["href"], term["title"]) == ("示例点", "#art-1", "示例点：示例的地点")
    assert [row.get_text(" ", strip=True) for row in page(changing, "/terms?q=示例点").select("dl.terms dd")] == [
        "示例的地点"
    ]
    assert changing.get("/api/v1/documents/示例规则/terms").get_json()[0]["meaning"] == "示例的地点"


def test_lists_of_what_is_missing_and_stale(client: FlaskClient) -> None:
    assert "没有" in page(client, "/gaps").get_text()
    assert client.get("/api/v1/gaps").get_json() == []
    assert client.get("/stale-basis").status_code == 200
    feed = ElementTree.fromstring(client.get("/stale-basis.xml").data)
    assert feed.tag == "{http://www.w3.org/2005/Atom}feed"
    assert client.get("/api/v1/stale-basis").get_json() == []


def test_a_text_is_checked_on_a_page(client: FlaskClient) -> None:
    assert page(client, "/cite-check").select("form textarea")
    sent = {"text": "依照《示例旧法》第一条<script>", "on": "2015-01-01"}
    shown = BeautifulSoup(client.post("/cite-check", data=sent).get_data(as_text=True), "html.parser")
    assert "已经失效" in shown.select_one("ol.checked").get_text()  # type: ignore[union-attr]
    assert not shown.select("main script")


def test_a_long_text_is_checked_and_what_is_too_long_is_told(client: FlaskClient) -> None:
    long = "《示例旧法》第一条。" + "字" * 100_000
    assert "1 处引用" in client.post("/cite-check", data={"text": long}).text
    assert len(client.post("/api/v1/citations", json={"text": long}).get_json()) == 1
    longer = client.post("/cite-check", data={"text": "字" * 1_100_000})
    assert (longer.status_code, "1,000,000" in longer.text) == (400, True)
    most = client.post("/cite-check", data={"text": "字" * 2_000_000})
    assert (most.status_code, "分成几次" in most.text) == (413, True)


def test_the_interface_answers_a_documents_citations(client: FlaskClient) -> None:
    first = client.get("/api/v1/documents/示例办法/citations").get_json()[0]
    assert first["kind"] == "title"
    assert first["target"]["document"] == "示例法"
    assert first["target"]["anchor"] == "art-2-p1-i2"
    assert (first["target"]["version"][:10], first["target"]["later"]) == ("2009-12-01", False)
    assert client.get("/api/v1/documents/没有/citations").status_code == 404


def test_the_interface_checks_a_text(client: FlaskClient) -> None:
    sent = {"text": "依照示例第三条，《示例旧法》第一条。", "on": "2015-01-01"}
    unread, told = client.post("/api/v1/citations", json=sent).get_json()
    assert (unread["text"], unread["status"], unread["target"]) == ("第三条", "unread", None)
    assert sent["text"][told["start"] : told["end"]] == told["text"] == "《示例旧法》第一条"
    meant = {
        "document": "示例旧法",
        "version": "",
        "anchor": "art-1",
        "url": quote("/d/示例旧法#art-1", safe="/#"),
        "later": False,
    }
    assert (told["status"], told["edition"], told["target"]) == ("ended", "", meant)
    for bad in ({}, {"text": 1}, {"text": "示例", "on": "去年"}, []):
        assert client.post("/api/v1/citations", json=bad).status_code == 400
    assert client.post("/api/v1/citations", data="{").status_code == 400


def test_the_interface_tells_standing_and_neighbourhood(client: FlaskClient) -> None:
    told = client.get("/api/v1/documents/示例旧法/standing?on=2015-01-01").get_json()
    assert (told["status"], told["since"], told["replaced_by"]) == ("已废止", "2010-01-01", "示例法")
    graph = client.get("/api/v1/documents/示例法/graph").get_json()
    assert {node["document"] for node in graph["nodes"]} == {"示例法", "示例办法", "示例旧法"}
    assert {(edge["from"], edge["to"], edge["citations"]) for edge in graph["edges"]} == {
        ("示例法", "示例旧法", 1),
        ("示例办法", "示例法", 4),
    }
    drawn = page(client, "/d/示例法/graph").select("svg.graph a")
    assert len(drawn) == 2


def test_without_a_store_texts_can_be_read_and_nothing_is_said_of_how_they_stand(shelf: Shelf) -> None:
    shelf.put("示例法", LAW)
    index = shelf.store.path.parent
    open_engine(index).update(shelf.corpus)
    plain = create_app(Settings(shelf.corpus.root, index, "127.0.0.1", 0, 10_000_000, 60)).test_client()
    assert not page(plain, "/d/示例法").select("a.cites, #kb-around")
    assert "效力暂时无法判断" in page(plain, "/d/示例法").get_text()
    assert "kb index" in page(plain, f"/d/示例法?on={date.today()}", 503).get_text()
    assert "kb index" in page(plain, "/search?q=示例").get_text()
    assert "kb index" in page(plain, "/search?q=示例 效力:现行有效", 503).get_text()
    assert "kb index" in plain.get("/healthz").text
    assert plain.get("/api/v1/documents/示例法/citations").status_code == 503


def test_what_happened_to_a_document_is_drawn_and_listed_by_day(client: FlaskClient) -> None:
    shown = page(client, "/d/示例法")
    days = [head.get_text() for head in shown.select("#kb-timeline th[scope=row]")]
    assert days == ["2009年12月1日", "2018年3月1日"]
    assert len(shown.select("#kb-timeline svg path")) == 2
    told = shown.select_one("#kb-timeline tbody")
    assert told and all(words in told.get_text() for words in ("施行日期", "第一次会议通过", "第一次会议修正"))
    ended = page(client, "/d/示例旧法").select_one("#kb-timeline")
    assert ended and "已废止" in ended.get_text()
    assert not page(client, "/d/示例报告").select("#kb-timeline")


def test_the_pages_of_the_law_in_english_say_what_is_chinese(client: FlaskClient) -> None:
    for path in ("示例法", "示例办法", "示例旧法", "示例法/cited-by", "示例法/graph"):
        soup = page(client, f"/d/{path}?lang=en")
        assert soup.title
        soup.title.extract()
        assert untranslated(soup) == []
    assert "Cited by" in page(client, "/d/示例法?lang=en").get_text()


def test_documents_whose_basis_changed_are_listed_told_and_subscribed_to(changing: FlaskClient, shelf: Shelf) -> None:
    text = "示例细则\n第一条　根据《中华人民共和国示例法》第二条，制定本细则。\n第二条　本细则自2012年1月1日起施行。\n"
    shelf.put("示例细则", text, date="2011-12-01")
    shelf.update()
    assert page(changing, "/stale-basis").select_one("ul.stale-basis a.title").get_text() == "示例细则"  # type: ignore[union-attr]
    (told,) = changing.get("/api/v1/stale-basis").get_json()
    assert (told["document"], told["basis"][0]["status"]) == ("示例细则", "changed since")
    (entry,) = feed(changing, "/stale-basis.xml").findall("a:entry", NAMES)
    assert entry.findtext("a:updated", namespaces=NAMES) == "2018-03-01T00:00:00Z"
