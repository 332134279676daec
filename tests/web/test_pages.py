"""The pages as a browser without scripts gets them."""

from __future__ import annotations

import gzip
import re
import time
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import quote, unquote, urlencode
from urllib.request import Request, urlopen

import pytest
from bs4 import BeautifulSoup, Tag
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from kb.config.settings import Settings
from kb.corpus.folder import Corpus
from kb.ingest.pipeline import ingest
from kb.web.site.app import create_app
from tests.keeping import keep_in_step
from tests.web.conftest import DOCUMENTS, HOSTILE, LAW, REPORT, SMALL, put

PAGES = [
    "/",
    "/documents?page=2",
    "/documents?year=2018&kind=none",
    "/browse/issuer",
    "/issuers/示例局",
    "/search",
    "/search?q=行政复议",
    "/search?q=“查无此语”",
    f"/d/{REPORT}?q=复议",
    f"/d/{HOSTILE}",
    f"/d/{REPORT}/provenance",
    "/status",
    "/x",
]


def page(client: FlaskClient, address: str, status: int = 200) -> Tag:
    answer = client.get(address)
    assert answer.status_code == status, answer.text
    assert answer.mimetype == "text/html"
    return BeautifulSoup(answer.text, "html.parser")


def texts(soup: Tag, selector: str) -> list[str]:
    return [" ".join(found.get_text().split()) for found in soup.select(selector)]


def test_home_says_what_is_here_and_offers_searches_that_find_something(client: FlaskClient) -> None:
    home = page(client, "/")
    assert f"这里有 {DOCUMENTS} 份文件" in texts(home, ".holds")[0]
    assert re.search(r"索引更新于 \d{4}-\d\d-\d\d \d\d:\d\d$", texts(home, ".state-of")[0])
    assert "法治政府建设" in texts(home, "#kb-catalogue .documents a")[0]
    assert texts(home, ".tasks h2") == ["查条文", "核对引注", "对照版本"]
    for link in home.select(".tasks a"):
        page(client, str(link["href"]))
    examples = [link["href"] for link in home.select(".examples a")]
    assert len(examples) == 3
    assert all(page(client, str(example)).select(".hit") for example in examples)


@pytest.mark.parametrize("query", ["行政复议", "行政復議"])
def test_a_search_leads_to_the_section_with_the_words_marked(client: FlaskClient, query: str) -> None:
    found = page(client, f"/search?q={query}")
    links = [unquote(str(link["href"])) for link in found.select(".hit h2 a")]
    assert f"/d/{REPORT}?q={query}#1-3-2" in links
    hit = found.select(".hit")[links.index(f"/d/{REPORT}?q={query}#1-3-2")]
    assert texts(hit, ".place > a")[0] == "2.深入推进行政复议体制改革"
    assert set(texts(hit, "mark")) == {"行政复议"}
    assert f"/d/{REPORT}#1-3-2" in [button["data-address"] for button in hit.select(".acts [data-address]")]
    assert f"/d/{REPORT}/cite?anchor=1-3-2" in [link["href"] for link in hit.select(".acts a")]
    assert "汕头市濠江区人民政府" in hit.get_text()


@pytest.mark.parametrize("query", ["行政复议", "行政復議"])
def test_over_the_report_alone_the_section_is_the_first_hit(empty: Settings, report: Path, query: str) -> None:
    ingest([report], Corpus(empty.corpus), empty)
    keep_in_step(empty)
    first = page(create_app(empty).test_client(), f"/search?q={query}").select_one(".hit h2 a")
    assert first and unquote(str(first["href"])).endswith("#1-3-2")


def test_pages_of_results_hold_every_hit_once(client: FlaskClient) -> None:
    address, links = "/search?q=示例通知&group=section", []
    while address:
        found = page(client, address)
        links += [link["href"] for link in found.select(".hit .place > a")]
        following = found.select_one(".pager [rel=next]")
        address = str(following["href"]) if following else ""
    assert texts(found, "h1")[0].endswith(f"{SMALL} 条命中原文")
    assert f"另有相关条文（非原文）{len(links) - SMALL} 条" in texts(found, ".scope")[0]
    assert len(set(links)) == len(links)


def test_results_are_grouped_by_document_unless_one_is_searched(client: FlaskClient) -> None:
    found = page(client, "/search?q=示例")
    shown = [link["href"].partition("#")[0] for link in found.select(".hit h2 a")]
    assert len(set(shown)) == len(shown) == 10
    assert max(len(hit.select(".rows > li")) for hit in found.select(".hit")) <= 3
    assert "见于" in texts(found, "h1")[0]
    inside = page(client, f"/search?q=示例&document={shown[0].removeprefix('/d/').partition('?')[0]}")
    assert "见于" not in texts(inside, "h1")[0]


def test_the_other_sections_of_a_document_are_told_and_opened(client: FlaskClient) -> None:
    found = page(client, "/search?q=示例")
    card = next(hit for hit in found.select(".hit") if hit.select_one("button.rest"))
    (rest,) = card.select("button.rest")
    id, told, first = str(rest["value"]), int(re.findall(r"\d+", rest.get_text())[0]), int(str(rest["data-shown"]))
    assert first >= len(card.select(".rows > li"))
    # Without scripts the button sends its form: the same search within the document.
    sent = {str(each["name"]): str(each["value"]) for each in found.select("#kb-within input")}
    whole = page(client, f"/search?{urlencode({**sent, 'document': id})}")
    assert texts(whole, "h1")[0].endswith(f"{told + first} 条命中原文")
    opened = client.get(f"/search/rows?{urlencode({**sent, 'document': id, 'from': first})}").text
    rows = BeautifulSoup(opened, "html.parser")
    assert len(rows.select(".rows > li")) == min(told, 20)
    known = {link["href"] for link in card.select(".place > a")}
    assert not known & {link["href"] for link in rows.select(".place > a")}


def test_a_long_query_is_not_repeated_in_every_address(client: FlaskClient) -> None:
    query = "".join(f"示例通知的内容，第{number}号示例词语与行政复议。" for number in range(40))
    answer = client.get(f"/search?{urlencode({'q': query})}")
    assert answer.status_code == 200
    assert len(answer.data) < 150_000 and answer.text.count(query) < 12
    assert answer.text.count(quote(query)) < 8


def test_the_place_that_is_named_stands_alone_with_its_whole_text(client: FlaskClient) -> None:
    found = page(client, f"/search?q={quote('示例市示例条例第二条')}")
    assert texts(found, "h1") == ["已定位到《示例市示例条例》第二条"]
    assert "前款所称示例，是指示例。" in texts(found, ".answer .whole")[0]
    leads = {link.get_text(): str(link["href"]) for link in found.select(".answer .do a")}
    assert leads["引用"].endswith("/cite?anchor=art-2") and leads["Word"].endswith("/art-2.docx")
    assert client.get(leads["Word"]).data.startswith(b"PK")
    assert LAW not in [unquote(str(link["href"])) for link in found.select(".hit h2 a")]


def test_a_near_miss_shows_the_real_wording_with_the_difference(client: FlaskClient) -> None:
    found = page(client, f"/search?q={quote('示例机关应当履行下列职能')}")
    assert texts(found, "h1") == ["未找到与原文完全一致的条文"]
    (first,) = found.select(".nearest > .wording")
    assert texts(first, "del") == ["能"] and texts(first, "ins") == ["责"]
    assert "《示例市示例条例》第二条" in first.get_text()


def test_related_hits_are_not_marked_with_shards(client: FlaskClient) -> None:
    found = page(client, f"/search?q={quote('示例机关怎样履行行政复议的职责')}")
    marked = [mark for hit in found.select(".hit") for mark in texts(hit, ".snippet mark")]
    assert marked and all(len(mark) > 2 for mark in marked)


def test_the_page_of_origins(client: FlaskClient) -> None:
    assert page(client, "/origins").select_one("textarea[name=text]")
    answer = client.post("/origins", data={"text": "这一句话在这里的文件里哪里也没有。"})
    assert answer.status_code == 200 and "没有找到" in answer.text
    assert client.post("/origins", data={"text": "长" * 20_001}).status_code == 400


def test_nothing_found_says_where_it_looked_and_what_to_try(client: FlaskClient) -> None:
    found = page(client, "/search?q=“查无此语”")
    assert texts(found, "h1") == ["未找到与原文完全一致的条文"]
    assert f"{DOCUMENTS} 份文件" in found.get_text()
    assert "去掉引号" in found.get_text()
    assert found.select(".advice .examples a")


@pytest.mark.parametrize(
    ("address", "status", "words"),
    [
        ("/search?q=" + "长" * 3000, 400, "上限"),
        ("/search?q=-复议", 400, "排除"),
        ("/search?q=复议&page=0", 400, "page"),
        ("/search?q=复议&page=-1", 400, "page"),
        ("/search?q=复议&page=１", 400, "page"),
        ("/search?q=复议&page=1e3", 400, "page"),
        ("/search?q=复议&page=99", 404, "没有第 99 页"),
        ("/search?q=复议&page=99999999999999", 400, "page"),
        ("/documents?page=99", 404, "没有第 99 页"),
        ("/documents?page=x", 400, "page"),
        ("/documents?year=1066", 404, "没有年份为“1066”的文件"),
        ("/documents?issuer=" + "长" * 300, 404, "没有发文机关为"),
        ("/documents?source=<b>", 404, "没有来源为“<b>”"),
        ("/browse/colour", 404, "不能按“colour”浏览"),
        ("/issuers/没有这个机关", 404, "没有“没有这个机关”发布的文件"),
        ("/?lang=fr", 400, "lang"),
        ("/d/没有这份文件", 404, "没有编号为"),
        ("/d/" + "长" * 300, 404, "没有编号为"),
        ("/d/%00", 404, "没有编号为"),
        ("/d/..%2F..%2Fetc%2Fpasswd", 404, "地址"),
        ("/d/..", 404, ""),
        (f"/d/{REPORT}/9-9-9", 404, "没有“9-9-9”"),
        ("/nowhere", 404, "地址"),
    ],
)
def test_bad_addresses_are_answered_in_plain_words(client: FlaskClient, address: str, status: int, words: str) -> None:
    refused = page(client, address, status)
    assert words in refused.get_text()
    assert refused.select_one(f".code:-soup-contains('{status}')")


def test_a_refusal_does_not_repeat_a_query_that_is_far_too_long(client: FlaskClient) -> None:
    refused = client.get("/search?q=" + "长" * 15_000)
    assert refused.status_code == 400 and len(refused.get_data()) < 20_000
    assert "q=%E9%95%BF" in client.get("/search?q=长&page=0").get_data(as_text=True)


@pytest.mark.parametrize(
    ("slashed", "address"),
    [
        (f"/d/{REPORT}/", f"/d/{REPORT}"),
        (f"/d/{REPORT}/?q=复议&q=x", f"/d/{REPORT}?q=%E5%A4%8D%E8%AE%AE&q=x"),
        (f"/d/{REPORT}/1-3-2/?anchor=x&id=y", f"/d/{REPORT}/1-3-2?anchor=x&id=y"),
    ],
)
def test_a_slash_too_many_leads_on(client: FlaskClient, slashed: str, address: str) -> None:
    answer = client.get(slashed)
    assert (answer.status_code, answer.location) == (302, address)
    assert client.get(slashed, follow_redirects=True).status_code == 200
    assert client.get("/d/没有这份文件/", follow_redirects=True).status_code == 404


@pytest.mark.parametrize("path", ["/search", "/api/v1/search"])
@pytest.mark.parametrize("query", ["a" * 100_000, quote("长" * 100_000)], ids=["ascii", "chinese"])
def test_a_real_server_refuses_a_query_of_100000_characters(address: str, path: str, query: str) -> None:
    with pytest.raises(HTTPError) as refused:
        urlopen(f"{address}{path}?q={query}", timeout=10)
    with refused.value as answer:
        assert 400 <= answer.code < 500


def test_only_reading_is_allowed(client: FlaskClient) -> None:
    answer = client.post("/search", data={"q": "复议"})
    assert (answer.status_code, answer.mimetype) == (405, "text/html")
    assert "GET" in answer.headers["Allow"]


@hypothesis_settings(max_examples=60)
@given(st.text(min_size=1) | st.text('"“”「」-、。 <>&%#复议', min_size=1))
def test_no_query_breaks_a_page(client: FlaskClient, query: str) -> None:
    for address in (f"/search?q={quote(query)}", f"/d/{HOSTILE}?q={quote(query)}"):
        answer = client.get(address)
        assert answer.status_code in (200, 400)
        assert not BeautifulSoup(answer.text, "html.parser").select("script:not([src], [type='application/ld+json'])")


ANYTHING = st.text(max_size=40) | st.sampled_from(["%00", "0", "-1", "1e9", "<script>", "../..", "“", "none", REPORT])


@hypothesis_settings(max_examples=80)
@given(
    st.sampled_from(["/documents", "/parallel", "/parallel/figures.csv", "/", "/notes", f"/d/{REPORT}/provenance"]),
    st.dictionaries(
        st.sampled_from(["source", "issuer", "year", "kind", "theme", "page", "d", "view", "section", "lang", "q"]),
        ANYTHING,
        max_size=4,
    ),
)
def test_no_parameter_breaks_a_page(client: FlaskClient, path: str, parameters: dict[str, str]) -> None:
    answer = client.get(path, query_string=parameters)
    assert answer.status_code in (200, 400, 404)
    client.delete_cookie("kb-lang")


@hypothesis_settings(max_examples=40)
@given(st.sampled_from(["/browse/{}", "/issuers/{}", "/d/{}/provenance", "/d/{}/versions/{}/provenance"]), ANYTHING)
def test_no_name_in_an_address_breaks_a_page(client: FlaskClient, pattern: str, name: str) -> None:
    assert client.get(pattern.replace("{}", quote(name, safe=""))).status_code in (200, 308, 404)


def test_a_document_shows_its_outline_and_every_section_at_its_address(client: FlaskClient, corpus: Corpus) -> None:
    document = corpus.read(REPORT)
    shown = page(client, f"/d/{REPORT}")
    anchors = {section.anchor for section in document.walk()}
    assert anchors <= {str(element["id"]) for element in shown.select("[id]")}
    assert {str(link["href"]).removeprefix("#") for link in shown.select("nav.outline a")} >= anchors - {"title"}
    for permalink in shown.select(".permalink"):
        permalink.decompose()
    read = "".join(shown.select_one(".text").get_text().split())  # type: ignore[union-attr]
    body = [section for section in document.sections if section.anchor != "title"]
    assert read == "".join("".join(part.text for section in body for part in section.walk()).split())


def test_matches_are_marked_and_counted_in_a_document(client: FlaskClient, corpus: Corpus) -> None:
    shown = page(client, f"/d/{REPORT}?q=行政复议")
    count = corpus.read(REPORT).text.count("行政复议")
    assert [mark.get_text() for mark in shown.select("article mark")] == ["行政复议"] * count
    assert texts(shown, ".matches strong") == [str(count)]
    assert [mark["id"] for mark in shown.select("article mark")] == [f"kb-m{n}" for n in range(1, count + 1)]
    assert shown.select(".matches a[href='#kb-m1']")
    assert sum(map(int, texts(shown, "nav.outline .badge"))) == count
    ticks = [int(str(tick["y"])) for tick in shown.select(".strip rect")]
    assert ticks == sorted(set(ticks)) and 0 < len(ticks) <= count


def test_what_was_found_stands_beside_what_was_restored_with_every_place_marked(
    client: FlaskClient, corpus: Corpus
) -> None:
    repairs = corpus.read(REPORT).provenance.repairs
    assert f"已还原 {len(repairs)} 处" in page(client, f"/d/{REPORT}").get_text()
    link = page(client, f"/d/{REPORT}").select_one("#kb-provenance a[href$='/provenance']")
    assert link
    shown = page(client, str(link["href"]))
    assert [place.get_text() for place in shown.select(".pair del")] == [repair.found for repair in repairs]
    assert [place.get_text() for place in shown.select(".pair ins")] == [repair.restored for repair in repairs]
    assert sum(int(count.split()[0]) for count in texts(shown, ".pair .count")) == len(repairs)
    assert shown.select(f"a[href='/d/{REPORT}/snapshot']")


def test_the_snapshot_is_the_file_as_found_and_is_never_run(client: FlaskClient, report: Path) -> None:
    answer = client.get(f"/d/{REPORT}/snapshot")
    assert answer.data == report.read_bytes()
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.mimetype == "application/octet-stream"


def test_metadata_says_how_it_was_found_and_what_contradicts_it(client: FlaskClient) -> None:
    shown = page(client, f"/d/{HOSTILE}")
    assert "题名由系统拟定" in shown.get_text()
    rows = dict(zip(texts(shown, "header dt"), texts(shown, "header dd"), strict=True))
    assert rows["成文日期"] == "2019年4月27日 据落款 文中另作“2019年4月17日”"
    assert rows["发布日期"] == "2019年4月30日"


def test_nothing_in_a_document_becomes_markup(client: FlaskClient) -> None:
    for address in ("/", "/documents", "/search?q=示例数据", f"/d/{HOSTILE}?q=<b>"):
        shown = page(client, address)
        assert not shown.select("script:not([src], [type='application/ld+json']), .text i, a[href^='javascript:']")
    assert texts(shown, "h1") == ["<script>alert(2)</script>示例公告"]


def test_tables_and_doubtful_places_show_as_such(client: FlaskClient) -> None:
    shown = page(client, f"/d/{HOSTILE}?q=195件")
    assert texts(shown, ".text th[scope=col]") == ["项目", "数量"]
    assert texts(shown, ".text td") == ["行政复议", "195件 & <i>若干</i>"]
    assert texts(shown, ".text td mark") == ["195件"]
    assert texts(shown, ".text .doubtful:not(.gap)") == ["残缺"]
    assert len(shown.select(".text .doubtful.gap")) == 1
    assert "2 处存疑" in shown.get_text()


def test_an_article_and_its_items_have_addresses(client: FlaskClient) -> None:
    shown = page(client, f"/d/{quote(LAW)}")
    assert "第二条" in texts(shown, "#art-2")[0]
    assert texts(shown, "#art-2-p1-i2") == ["（二）办理行政复议事项。"]
    assert texts(shown, "#art-2-p2") == ["前款所称示例，是指示例。"]


@pytest.mark.parametrize(("anchor", "query"), [("art-2", ""), ("art-2-p1-i2", "?q=示例")])
def test_an_address_with_the_anchor_in_its_path_leads_to_the_section(
    client: FlaskClient, anchor: str, query: str
) -> None:
    answer = client.get(f"/d/{quote(LAW)}/{anchor}{query}")
    assert answer.status_code == 302
    assert unquote(answer.location) == f"/d/{LAW}{query}#{anchor}"


def test_what_is_near_an_unknown_address_is_offered(client: FlaskClient) -> None:
    near = page(client, f"/d/{quote(LAW)}/art-22", 404).select(".suggestions a")
    assert f"/d/{quote(LAW, safe='()')}#art-2" in [link["href"] for link in near]
    near = page(client, "/d/haojiang-2022-report", 404).select(".suggestions a")
    assert [link["href"] for link in near] == [f"/d/{REPORT}", "/search?q=haojiang-2022-report"]


@pytest.mark.parametrize("address", PAGES)
def test_every_page_keeps_to_this_host_and_has_its_landmarks(client: FlaskClient, address: str) -> None:
    answer = client.get(address)
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    shown = BeautifulSoup(answer.text, "html.parser")
    fetched = [str(tag.get("src") or tag.get("href")) for tag in shown.select("script[src], link, img, iframe")]
    assert fetched and all(target.startswith("/") and not target.startswith("//") for target in fetched)
    assert not shown.select("[style], style, [onclick]")
    assert len(shown.select("main")) == len(shown.select("h1")) == 1
    assert shown.select_one("html[lang=zh-CN]") and shown.select_one("a.skip")
    ids = [element["id"] for element in shown.select("[id]")]
    assert str(shown.select("a.skip")[0]["href"]).removeprefix("#") in ids
    assert len(ids) == len(set(ids))
    for label in shown.select("[aria-labelledby]"):
        assert label["aria-labelledby"] in ids


def _static_files(client: FlaskClient) -> list[Tag]:
    tags = page(client, "/").select("head [src*='/static/'], head [href*='/static/']")
    assert tags
    return tags


def test_static_files_are_there_and_kept_by_browsers(client: FlaskClient) -> None:
    for tag in _static_files(client):
        with client.get(str(tag.get("src") or tag["href"]), headers={"Accept-Encoding": "gzip"}) as answer:
            assert answer.status_code == 200
            assert "max-age=31536000" in answer.headers["Cache-Control"]


def test_a_real_server_sends_static_files_to_browsers_that_take_gzip(client: FlaskClient, address: str) -> None:
    for tag in _static_files(client):
        request = Request(address + str(tag.get("src") or tag["href"]), headers={"Accept-Encoding": "gzip"})
        with urlopen(request, timeout=10) as answer:
            packed = answer.headers["Content-Encoding"] == "gzip"
            assert answer.status == 200 and answer.read()
            assert packed == (answer.headers.get_content_type() in ("text/css", "text/javascript"))


def test_an_unchanged_document_is_not_sent_twice_and_is_compressed(client: FlaskClient) -> None:
    first = client.get(f"/d/{REPORT}")
    again = client.get(f"/d/{REPORT}", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    packed = client.get(f"/d/{REPORT}", headers={"Accept-Encoding": "gzip"})
    assert gzip.decompress(packed.data) == first.data
    assert len(packed.data) < len(first.data) / 3


@pytest.mark.parametrize("taken", ["zstd", "br", "gzip"])
def test_what_a_browser_has_in_any_compression_is_not_sent_again(client: FlaskClient, taken: str) -> None:
    first = client.get(f"/d/{REPORT}", headers={"Accept-Encoding": taken})
    assert first.headers["Content-Encoding"] == taken and "Accept-Encoding" in first.headers["Vary"]
    again = client.get(f"/d/{REPORT}", headers={"Accept-Encoding": taken, "If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_without_an_index_pages_say_what_to_do_and_documents_can_be_read(empty: Settings) -> None:
    client = create_app(empty).test_client()
    for address in ("/", "/search?q=复议"):
        assert "kb index" in page(client, address, 503).get_text()
    told = client.get("/healthz")
    assert (told.status_code, told.mimetype) == (503, "text/plain") and "kb index" in told.text
    put(Corpus(empty.corpus), "示例", "示例内容。\n", title="示例")
    assert texts(page(client, "/d/示例"), "h1") == ["示例"]


def test_an_empty_index_says_what_to_do(empty: Settings) -> None:
    keep_in_step(empty)
    assert "kb ingest" in page(create_app(empty).test_client(), "/").get_text()


def test_a_document_that_cannot_be_read_is_told_from_a_missing_one(empty: Settings) -> None:
    folder = empty.corpus / "files"
    folder.mkdir(parents=True)
    (folder / "示例.md").write_bytes(b"\xff\xfe\xff")
    assert "UTF-8" in page(create_app(empty).test_client(), "/d/示例", 500).get_text()


def test_a_page_shows_what_was_indexed_since_the_server_started(empty: Settings) -> None:
    corpus, client = Corpus(empty.corpus), create_app(empty).test_client()
    for number in (1, 2):
        put(corpus, f"示例{number}", "示例内容。\n", title=f"示例之{number}", date="2020-01-01")
        keep_in_step(empty)
        assert len(page(client, "/documents").select(".documents a")) == number
        assert len(page(client, "/search?q=示例内容").select(".hit")) == number


def test_a_statute_of_1300_articles_opens_in_well_under_a_second(empty: Settings) -> None:
    articles = "".join(f"第{number}条　示例条款的内容，示例条款的内容。\n前款所称。\n" for number in range(1, 1301))
    corpus = Corpus(empty.corpus)
    put(corpus, "示例法典", f"第一章　总则\n{articles}", title="示例法典")
    client = create_app(empty).test_client()
    client.get("/d/示例法典")
    started = time.process_time()
    shown = client.get("/d/示例法典?q=条款")
    assert time.process_time() - started < 1
    assert shown.text.count("<mark id=") == 2600


def test_a_real_law_can_be_read_as_it_is(empty: Settings, laws: Path) -> None:
    path = next(laws.rglob("行政复议法(2023-09-01).md"))
    ingest([path], Corpus(empty.corpus), empty, "laws")
    shown = page(create_app(empty).test_client(), f"/d/{quote(path.stem)}")
    assert texts(shown, "h1") == ["中华人民共和国行政复议法"]
    assert "第九十条" in texts(shown, "#art-90")[0]
    assert len(shown.select(".outline .articles a")) == 90


def test_small_things_that_browsers_and_watchers_ask_for(client: FlaskClient) -> None:
    assert client.get("/healthz").text == "ok\n"
    assert "Disallow: /search" in client.get("/robots.txt").text
    assert client.get("/favicon.ico").location.startswith("/static/")


@pytest.mark.parametrize("typed", ["2", "二", "第二条", "第2条", " 2 "])
def test_an_article_is_reached_by_its_number(client: FlaskClient, typed: str) -> None:
    answer = client.get(f"/d/{LAW}/go", query_string={"n": typed})
    assert (answer.status_code, answer.location) == (302, f"/d/{quote(LAW, safe='()')}#art-2")


@pytest.mark.parametrize("typed", ["", "999", "甲", "2" * 400])
def test_an_article_that_is_not_there_is_told(client: FlaskClient, typed: str) -> None:
    assert "条" in texts(page(client, f"/d/{LAW}/go?n={typed}", 404), "main p")[0]


def test_who_asks_for_an_article_sees_no_words_marked(empty: Settings) -> None:
    corpus = Corpus(empty.corpus)
    put(corpus, "示例复议法", "第一条　示例复议。\n第二条　示例复议法。\n", title="示例复议法")
    client = create_app(empty).test_client()
    assert not page(client, "/d/示例复议法?q=示例复议法2").select("mark, .matches")
    assert not page(client, "/d/示例复议法?q=示例复议法第二条").select("mark, .matches")
    assert page(client, "/d/示例复议法?q=示例复议").select("mark")
