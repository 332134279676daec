"""Ways to the documents for those who do not search."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote, unquote

import pytest
from flask.testing import FlaskClient

from kb.base.model import Listing
from kb.chinese.themes import THEMES, themes_of
from kb.config.settings import Settings
from kb.corpus.folder import Corpus
from kb.web.context.facets import Shelves
from kb.web.site.app import create_app
from kb.web.view.charts import columns
from tests.keeping import keep_in_step
from tests.web.conftest import DOCUMENTS, REPORT, put
from tests.web.test_pages import page, texts


def shelved(*rows: tuple[str, str, str, str]) -> Shelves:
    return Shelves([Listing(title, "示例", title, issuer, "", kind, date) for title, issuer, kind, date in rows])


SHELVES = shelved(
    ("示例教育条例", "示例局、示例厅", "条例", "2021-05-01"),
    ("示例水库通知", "示例局", "通知", "2021-02-01"),
    ("示例学校通知", "示例厅", "通知", "2019"),
    ("示例", "", "", ""),
)


def counted(shelves: Shelves, facet: str, **chosen: str) -> list[tuple[str, int]]:
    return [(count.value, count.documents) for count in shelves.counts(facet, chosen)]


def test_a_joint_document_counts_for_each_issuer_and_what_is_not_known_comes_last() -> None:
    assert counted(SHELVES, "issuer") == [("示例局", 2), ("示例厅", 2), ("none", 1)]
    assert counted(SHELVES, "year") == [("2021", 2), ("2019", 1), ("none", 1)]


def test_counts_of_a_facet_are_those_that_choosing_it_would_give() -> None:
    for facet in ("issuer", "year", "kind", "theme"):
        for chosen in ({}, {"issuer": "示例局"}, {"year": "2021", "kind": "通知"}):
            for value, count in counted(SHELVES, facet, **chosen):
                assert len(SHELVES.chosen({**chosen, facet: value})) == count


@pytest.mark.parametrize(
    ("title", "theme"),
    [
        ("关于全面推进政务公开工作的意见", "综合政务"),
        ("水库大坝安全管理条例", "农业、林业、水利"),
        ("中小学幼儿园安全管理办法", "科技、教育"),
        ("退役军人安置条例", "国防"),
    ],
)
def test_a_theme_is_told_by_the_title(title: str, theme: str) -> None:
    assert theme in themes_of(title)


def test_the_themes_of_the_real_laws_leave_few_out(laws: Path) -> None:
    titles = [path.stem for path in laws.rglob("*.md")]
    known = [title for title in titles if themes_of(title)]
    assert len(known) / len(titles) > 0.75
    assert {theme for title in known for theme in themes_of(title)} == set(THEMES)


def test_a_chart_is_as_high_as_its_highest_column_and_never_hides_one() -> None:
    chart = columns([("甲", 1000, ""), ("乙", 1, ""), ("丙", 0, "")])
    assert [bar.height for bar in chart.bars] == [100, 1, 0]
    assert all(bar.y + bar.height == 100 for bar in chart.bars)
    assert chart.peak and chart.peak.label == "甲"
    assert columns([]).peak is None


def test_the_list_has_every_document_once_over_its_pages_by_year(client: FlaskClient) -> None:
    first, second = page(client, "/documents"), page(client, "/documents?page=2")
    links = [str(link["href"]) for soup in (first, second) for link in soup.select(".documents a")]
    assert len(links) == len(set(links)) == DOCUMENTS
    assert texts(first, ".year h2") == ["2022 年", "2021 年", "2020 年", "2019 年", "2018 年"]
    assert [link["href"] for link in first.select(".pager [rel=next]")] == ["/documents?page=2"]


def test_every_facet_leads_to_as_many_documents_as_it_says(client: FlaskClient) -> None:
    links = page(client, "/documents").select(".facets .values a:not(.more)")
    assert links
    for link in links:
        (count,) = texts(link, ".count")
        assert texts(page(client, str(link["href"])), "p.summary")[0].startswith(f"{count} 份文件")


def test_a_chosen_facet_can_be_taken_away(client: FlaskClient) -> None:
    shown = page(client, "/documents?issuer=示例局&year=2019")
    assert texts(shown, ".chip") == ["取消这个条件：示例局 ×", "取消这个条件：2019 ×"]
    assert [unquote(str(chip["href"])) for chip in shown.select(".chip")] == [
        "/documents?year=2019",
        "/documents?issuer=示例局",
    ]
    nothing = page(client, "/documents?issuer=示例局&year=2018")
    assert "没有同时符合这些条件的文件" in nothing.get_text() and len(nothing.select(".chip")) == 2


def test_an_issuer_has_a_page_with_its_years_as_a_chart_and_as_a_table(empty: Settings) -> None:
    corpus = Corpus(empty.corpus)
    for year in (2017, 2019, 2019):
        name = f"示例通知{year}-{len(corpus.ids())}"
        put(corpus, name, "示例内容。\n", title=name, issuer="示例局", date=str(year))
    keep_in_step(empty)
    client = create_app(empty).test_client()
    shown = page(client, f"/issuers/{quote('示例局')}")
    assert [title.get_text() for title in shown.select(".chart rect title")] == ["2017: 1", "2018: 0", "2019: 2"]
    assert "2017 年到 2019 年，最多的是 2019 年，2 份" in str(shown.select(".chart svg")[0]["aria-label"])
    assert texts(shown, ".chart tbody td") == ["2019", "2", "2017", "1"]
    assert len(shown.select(".documents a")) == 3
    assert [link["href"] for link in page(client, "/browse/issuer").select(".values a")] == [
        f"/issuers/{quote('示例局')}"
    ]


def test_the_front_page_shows_the_newest_and_the_ways_in(client: FlaskClient) -> None:
    home = page(client, "/")
    assert "法治政府建设" in texts(home, ".documents a")[0]
    assert len(home.select(".documents a")) == 6
    ways = [str(link["href"]) for link in home.select(".facet h3 a")]
    assert ways == ["/browse/source", "/browse/kind", "/browse/theme", "/browse/issuer"]


def test_a_document_leads_to_its_issuers_and_to_others_of_its_kind(client: FlaskClient) -> None:
    links = page(client, f"/d/{REPORT}").select("dl.metadata dd [lang] a")
    assert [link.get_text() for link in links] == ["汕头市濠江区人民政府", "报告"]
    for link in links:
        assert REPORT in page(client, str(link["href"])).decode()


@pytest.mark.parametrize("asked", ["q=示例", "validity=已废止", "page=1&wert=1"])
def test_what_a_list_cannot_be_narrowed_by_is_not_ignored(client: FlaskClient, asked: str) -> None:
    assert "没有参数" in page(client, f"/documents?{asked}", 400).get_text()


@pytest.mark.parametrize("path", ["/api/v1/search?q=示例&year=abc", "/search?q=示例&year=20211", "/search.csv?year=x"])
def test_what_is_no_year_is_told(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 400 and "year" in answer.text
