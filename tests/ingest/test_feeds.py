"""Feeds and sitemaps: the usual dialects read, anything else a clear error, nothing expanded."""

from __future__ import annotations

import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.fetch.lists.item import SourceError
from kb.fetch.lists.xml_lists import read_feed, read_sitemap
from kb.fetch.network.fetched import Fetched, Validators

_RDF = """<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
 xmlns:dc="http://purl.org/dc/elements/1.1/"><item rdf:about="x"><title>示例</title><link>http://a.cn/1</link>
 <dc:date>2021-03-04T08:00:00+08:00</dc:date></item></rdf:RDF>"""
_RSS = """<rss version="2.0"><channel><item><title><![CDATA[示例]]></title><link>/1</link>
 <pubDate>Thu, 04 Mar 2021 08:00:00 +0800</pubDate></item><item><title>没有链接</title></item></channel></rss>"""
_ATOM = """<feed xmlns="http://www.w3.org/2005/Atom"><entry><title>示例</title><link rel="edit" href="/e"/>
 <link href="/1"/><updated>2021-03-04T08:00:00Z</updated></entry></feed>"""


def _answer(body: bytes) -> Fetched:
    url = "http://a.cn/feed"
    return Fetched(url, url, 200, "OK", (), (), body, "2021-03-05T00:00:00Z", Validators(url), False, False, "")


@pytest.mark.parametrize("text", [_RDF, _RSS, _ATOM])
def test_dialects_of_feeds(text: str) -> None:
    (item,) = read_feed(_answer(text.encode())).items
    assert (item.url, item.title, item.published) == ("http://a.cn/1", "示例", "2021-03-04")


def test_a_packed_sitemap_and_its_index() -> None:
    text = "<urlset><url><loc>http://a.cn/1</loc><lastmod>2021-03-04</lastmod></url></urlset>"
    (item,) = read_sitemap(_answer(gzip.compress(text.encode())))[0].items
    assert (item.url, item.stamp) == ("http://a.cn/1", "2021-03-04")
    page, more = read_sitemap(_answer(b"<sitemapindex><sitemap><loc>/s1.xml</loc></sitemap></sitemapindex>"))
    assert (page.items, more) == ((), ["http://a.cn/s1.xml"])


def test_entities_are_refused() -> None:
    bomb = b'<!DOCTYPE r [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><rss><channel><item><link>&b;</link></item></channel></rss>'
    with pytest.raises(SourceError):
        read_feed(_answer(bomb))


@given(
    st.binary(max_size=300)
    | st.text(max_size=300).map(str.encode)
    | st.sampled_from([b"", b"<html/>", b"\x1f\x8b\x08"])
)
def test_anything_else_is_a_clear_error_or_an_empty_list(body: bytes) -> None:
    for read in (read_feed, read_sitemap):
        try:
            read(_answer(body))
        except SourceError as error:
            assert "。" in str(error)
