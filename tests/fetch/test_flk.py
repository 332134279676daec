"""国家法律法规数据库: codes mean what certain laws prove, a query's bound is told, a text is fetched at the address that lasts an hour."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kb.base.errors import UnreadableError
from kb.config.sources import Select, Source
from kb.fetch.lists.item import Page, SourceError
from kb.fetch.network.fetched import Fetched
from kb.fetch.sites import flk
from tests.fetch.playing import Saved, answer

SAVED = Path(__file__).parent / "saved" / "flk"
BASE = "http://flk.example.gov.cn"
SOURCE = Source("falv", "flk", f"{BASE}/")
LIST = f"{BASE}/law-search/search/list "


def _site(**changed: bytes) -> Saved:
    expected = json.loads((SAVED / "expected.json").read_text(encoding="utf-8"))
    pages: dict[str, bytes | str] = {
        url: changed.get(name.partition(".")[0], (SAVED / name).read_bytes())
        for url, name in expected["answers"].items()
    }
    return Saved(pages)


def _walked(source: Source, site: Saved) -> list[Page]:
    return [page for pages in flk.lists(source, site, {}) for page in pages]


def test_standing_is_said_where_certain_laws_prove_the_code() -> None:
    (page,) = _walked(SOURCE, _site())
    said = [(item.labels.get("有效性"), item.labels["时效代码"], item.labels["施行日期"]) for item in page.items]
    assert said == [(None, "4", "2026-01-01"), ("现行有效", "3", "2025-12-01"), ("已废止", "1", "1999-10-01")]
    assert [item.category for item in page.items] == ["法律", "地方性法规", "法律"]


def test_unproven_codes_are_not_read_and_that_is_said() -> None:
    (page,) = _walked(SOURCE, _site(contract=(SAVED / "civil.json").read_bytes()))
    assert not any("有效性" in item.labels for item in page.items)
    assert any("时效代码" in note for note in page.notes)


def test_more_than_a_query_gives_is_asked_by_category_and_what_lacks_can_be_counted() -> None:
    many = json.loads((SAVED / "list.json").read_text(encoding="utf-8")) | {"total": 22137}
    site = _site(list=json.dumps(many).encode())
    few = json.dumps(many | {"total": 3}).encode()
    for code, data in (("100", few), ("102", few), ("110", few)):
        site.pages = {**site.pages, LIST + flk._query(1, {code: ""}).body.decode(): data}
    for number in range(1, 101):
        rows = [row | {"bbbs": f"{row['bbbs'] or 'x'}-{number}"} for row in many["rows"]]
        form = flk._query(number, {"230": ""}).body.decode()
        site.pages = {**site.pages, LIST + form: json.dumps(many | {"rows": rows}).encode()}
    pages = _walked(SOURCE, site)
    assert len(pages) == 103 and pages[-1].total == 22137  # the walk compares it with what was listed


def test_categories_are_chosen_by_name() -> None:
    source = Source("falv", "flk", f"{BASE}/", select=Select(category=("宪法",)))
    site = _site()
    only = LIST + flk._query(1, {"100": ""}).body.decode()
    site.pages = {**site.pages, only: (SAVED / "list.json").read_bytes()}
    _walked(source, site)
    assert site.asked[-1] == only
    with pytest.raises(SourceError, match="地方性法规"):
        _walked(Source("falv", "flk", f"{BASE}/", select=Select(category=("规章",))), _site())


@pytest.mark.parametrize(
    "wrong", [b"<html><script>document.cookie='a=1'</script></html>", b'{"code":500,"msg":"\\u51fa\\u9519"}']
)
def test_another_answer_is_refused_with_a_sentence(wrong: bytes) -> None:
    with pytest.raises(SourceError, match="接口可能变了"):
        _walked(SOURCE, _site(list=wrong))
    with pytest.raises(SourceError, match="种类的代码"):
        _walked(SOURCE, _site(enum=wrong))


def test_a_text_is_fetched_where_the_site_says_and_keeps_its_own_address() -> None:
    asked = list[str]()

    def get(url: str) -> Fetched:
        asked.append(url)
        if "format=docx" in url:
            return answer(url, '{"code":200,"data":{"url":""}}')
        if "format=pdf" in url:
            return answer(url, '{"code":200,"data":{"url":"https://oss.example.com/a.pdf?Signature=1"}}')
        return answer(url, b"%PDF-1.7")

    url = f"{BASE}/detail?id=ff80808100000001"
    found = flk.obtain(url, get)
    assert (found.url, found.final_url, found.body) == (url, url, b"%PDF-1.7") and not found.validators.etag
    assert [each.partition("?")[0] for each in asked][-1] == "https://oss.example.com/a.pdf" and len(asked) == 3
    with pytest.raises(UnreadableError, match="kb import laws"):
        flk.obtain(url, lambda url: answer(url, '{"code":200,"data":null}'))
    guard = flk.obtain(url, lambda url: answer(url, "<html><script>location.reload()</script></html>"))
    assert guard.final_url == url and b"reload" in guard.body
