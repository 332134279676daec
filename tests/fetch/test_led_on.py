"""Pages that hold nothing but the way to another, as browsers follow them; guards are not followed."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from kb.fetch.lists.led_on import arrive
from kb.fetch.network.urls import absolute
from tests.fetch.playing import answer
from tests.ingest.refreshing import Library, source
from tests.site import Content, Site
from tests.site.answer import Answer

HOME = "http://a.gov.cn/x/index.html"
TEXT = "<html><body>" + "<p>示例市人民政府办公室关于示例工作的通知，各单位要抓好落实。</p>" * 10 + "</body></html>"


@pytest.mark.parametrize(
    ("body", "url"),
    [
        ('<html><head><meta http-equiv="refresh" content="0;url=real.html"></head></html>', "http://a.gov.cn/x/real.html"),
        ("<META HTTP-EQUIV='Refresh' CONTENT='3; URL=/d/1.html'><body>跳转中</body>", "http://a.gov.cn/d/1.html"),
        ('<html><script>window.location.href = "./d8.html";</script><body>请稍候</body></html>', "http://a.gov.cn/x/d8.html"),
        ("<script>top.location.replace('/new/')</script>", "http://a.gov.cn/new/"),
        ('<body onload="location=\'b.html\'"></body><script>1</script>', "http://a.gov.cn/x/b.html"),
        ('<frameset rows="80,*"><frame src="top.html"><frame src="/real.html"></frameset>', "http://a.gov.cn/real.html"),
        ("<script>setTimeout(\"window.location.href='/b.html'\",500)</script>", "http://a.gov.cn/b.html"),
        ("<script>var u = '/b.html'; location.href = u;</script>", "http://a.gov.cn/b.html"),
        ("<script>window.navigate('/b.html')</script>", "http://a.gov.cn/b.html"),
        ('<body onload="javascript:location.replace(\'/b.html\')"></body>', "http://a.gov.cn/b.html"),
        ('<base href="/n/"><meta http-equiv="refresh" content="0;url=m.html">', "http://a.gov.cn/n/m.html"),
        ('<body><iframe src="inner.html"></iframe></body>', "http://a.gov.cn/x/inner.html"),
    ],
)  # fmt: skip
def test_a_page_leads_on(body: str, url: str) -> None:
    assert arrive(answer(HOME, body), lambda asked: answer(asked, TEXT)).final_url == url


@pytest.mark.parametrize(
    "body",
    [
        "<script>document.cookie='a=1';location.href='/x/real.html'</script>",
        f"<meta http-equiv='refresh' content='0;url=real.html'>{TEXT}",
        "<meta http-equiv='refresh' content='300;url=real.html'>",
        "<script>location.href=location.pathname</script>",
        f"<script>{'var filler = 1;' * 200} function go() {{ location.href='/x/real.html' }}</script>",
        "<iframe src='http://other.com/a.html'></iframe>",
        "<p>没有</p>",
    ],
)
def test_what_leads_nowhere_stays(body: str) -> None:
    first = answer(HOME, body)
    assert arrive(first, lambda asked: answer(asked, TEXT)) is first


def test_a_circle_ends() -> None:
    pages = {"http://a.gov.cn/x/b.html": "index.html", HOME: "b.html"}
    given = {url: f"<meta http-equiv='refresh' content='0;url={to}'>" for url, to in pages.items()}
    assert (
        arrive(answer(HOME, given[HOME]), lambda url: answer(url, given[url])).final_url == "http://a.gov.cn/x/b.html"
    )


@pytest.mark.parametrize(
    ("link", "url"),
    [
        (" ./a.docx ", "http://a.gov.cn/x/a.docx"),
        ("\\real\\d1.html", "http://a.gov.cn/real/d1.html"),
        ("..\\a.html?p=c:\\d", "http://a.gov.cn/a.html?p=c:\\d"),
        ("http:\\\\b.gov.cn\\a.html", "http://b.gov.cn/a.html"),
        ("a\n.html", "http://a.gov.cn/x/a.html"),
        ("mailto:a@b.cn", "mailto:a@b.cn"),
    ],
)
def test_addresses_are_read_as_browsers_read_them(link: str, url: str) -> None:
    assert absolute(HOME, link) == url


def test_gzip_without_its_header_is_unpacked(tmp_path: Path) -> None:
    with Site(Content(posts=1)) as site:
        post = site.content.listed()[0]
        site.faults.put(
            post.path, lambda given: Answer(gzip.compress(bytes(given.body)), headers={"Content-Encoding": ""})
        )  # type: ignore[arg-type]
        library = Library(tmp_path / "library", source(f"{site.url}{post.path}", "page"))
        assert library.refresh().new == 1
        (document,) = library.corpus.documents()
        assert document.metadata.title == post.title
