"""The platform's index and lists: JavaScript that is nearly JSON, two ways of counting, escaped titles, ends of lists."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.base.errors import KbError
from kb.fetch.lists.item import SourceError
from kb.fetch.sites import gkmlpt
from tests.ingest.refreshing import Library, source
from tests.site import Content, Site
from tests.site.pages import Habits

_PAGE = "<html><script>window._CONFIG = {{ {} }};</script><body>示例</body></html>"


@pytest.mark.parametrize(
    "config",
    [
        'SID: \'755041\', TREE: [{"id": 7, "name": "示例", "children": [], "post_count": 3}]',
        "'SID':755041,\"TREE\":[{id:7,name:'示例',children:[],post_count:'3',},], // 注释",
        'A: function(){return {}}, SID : "755041",\n TREE : [{"id":"7","name":"%u793A%u4F8B","post_count":3}]',
    ],
)
def test_the_tree_is_read_however_the_script_is_written(config: str) -> None:
    found = gkmlpt.catalogue(_PAGE.format(config).encode())
    assert found == gkmlpt.Catalogue("755041", (gkmlpt.Category(7, ("示例",), 3),))


def test_leaves_hold_posts_and_what_lives_elsewhere_is_skipped() -> None:
    tree = [
        {
            "id": 1,
            "name": "上",
            "children": [{"id": 2, "name": "甲"}, {"id": 3, "name": "乙", "jump_url": "http://x.cn"}],
        },
        {"id": 4, "name": "外", "jump_url": "http://x.cn", "children": [{"id": 5, "name": "丙"}]},
    ]
    found = gkmlpt.catalogue(_PAGE.format(f"SID: '1', TREE: {json.dumps(tree)}").encode())
    assert [(category.id, category.path) for category in found.categories] == [(2, ("上", "甲"))]


@pytest.mark.parametrize("body", [b"", b"<html>other</html>", b"window._CONFIG = { SID: '1', TREE: [", b"\x00\xff"])
def test_another_page_is_named_as_such(body: bytes) -> None:
    with pytest.raises(KbError):
        gkmlpt.catalogue(body)


@pytest.mark.parametrize(
    ("url", "base"),
    [
        ("http://www.example.gov.cn", "http://www.example.gov.cn"),
        ("http://www.example.gov.cn/gkmlpt/index#721", "http://www.example.gov.cn"),
        ("http://www.example.gov.cn/sthb/gkmlpt/index", "http://www.example.gov.cn/sthb"),
        ("http://www.example.gov.cn/sthb/", "http://www.example.gov.cn/sthb"),
    ],
)
def test_any_address_of_a_site_leads_to_its_base(url: str, base: str) -> None:
    assert gkmlpt.base_of(url) == base


def _article(**given: Any) -> dict[str, Any]:
    return {"id": 9, "title": "示例", "url": "/gkmlpt/content/2/2402/post_2402196.html", **given}


def _read(**given: Any) -> Any:
    (item,) = gkmlpt.listing(json.dumps({"articles": [_article(**given)]}).encode(), "http://a.cn/").items
    return item


def test_an_article_says_what_a_page_would() -> None:
    item = _read(
        title="%u793A%u4F8B&#12300;x&#12301;", date=1609459200, display_publish_time=0,
        created_at="2021-01-02 08:00:00", is_abolished="1", document_number="示例〔2021〕1号",
        attachment='[{"name": "附.pdf", "url": "/a/附.pdf"}]',
    )  # fmt: skip
    assert (item.key, item.url) == ("2402196", "http://a.cn/gkmlpt/content/2/2402/post_2402196.html")
    assert (item.title, item.published) == ("示例「x」", "2021-01-02")
    assert item.labels["成文日期"] == "2021-01-01" and item.labels["有效性"] == "已废止"
    assert item.attachments == (("附.pdf", "http://a.cn/a/附.pdf"),)


def test_an_unknown_date_is_none() -> None:
    item = _read(date=0, created_at="", display_publish_time=None)
    assert item.published == "" and "成文日期" not in item.labels


@pytest.mark.parametrize(
    "answer", [{"total": 250}, {"classify": {"post_count": 250}}, {"classify": {"post_count": "250"}}]
)
def test_both_ways_of_counting_are_understood(answer: dict[str, Any]) -> None:
    assert gkmlpt.listing(json.dumps({"articles": [], **answer}).encode(), "http://a.cn/").total == 250


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(
    st.sampled_from(["articles", "id", "title", "url", "post_url", "date", "attachment", "classify", "total", "created_at"]), inner
)))  # fmt: skip
def test_any_json_is_a_list_or_a_clear_error(answer: object) -> None:
    try:
        gkmlpt.listing(json.dumps(answer).encode(), "http://a.cn/")
    except SourceError as error:
        assert "网站" in str(error)


@pytest.mark.parametrize("habits", [Habits(newer=True), Habits(whole_list=True), Habits(escaped_titles=True)])
def test_sites_differ_in_their_habits(habits: Habits, tmp_path: Path) -> None:
    with Site(Content(posts=5), habits) as site:
        library = Library(tmp_path / "library", source(site.url))
        assert library.refresh().new == 5
        assert library.refresh().unchanged == 5
        assert library.document(site.content.listed()[0].id).provenance.listed["标题"] == site.content.listed()[0].title
        assert not site.asked("*page=3*")


def test_a_site_without_category_0_is_walked_leaf_by_leaf(tmp_path: Path) -> None:
    from tests.site import faults

    with Site(Content(posts=6)) as site:
        site.faults.put("/gkmlpt/api/all/0*", faults.status(404))
        library = Library(tmp_path / "library", source(site.url))
        assert library.refresh().new == 6
        assert library.refresh().unchanged == 6
