"""The files of a post: every way in which sites offer them, and links that are none."""

from __future__ import annotations

import pytest

from kb.fetch.lists.attachments import offered
from tests.fetch.playing import answer

URL = "http://a.gov.cn/zw/202511/t20251122_7.html"
HERE = "http://a.gov.cn/zw/202511/"


def _found(inside: str, head: str = "") -> list[tuple[str, str]]:
    page = f"<html><head>{head}</head><body><div class='header'><a href='/nb.pdf'>年报.pdf 统计</a></div>{inside}</body></html>"
    return [(each.name, each.url) for each in offered(answer(URL, page))]


@pytest.mark.parametrize(
    ("inside", "name", "url"),
    [
        ('<div class="fujian"><a href="./P02.docx">示例标准.docx</a></div>', "示例标准.docx", HERE + "P02.docx"),
        ('<p>附件：<a href=" P02.pdf ">示例标准</a></p>', "示例标准", HERE + "P02.pdf"),
        ('<a href="/module/download/downfile.jsp?classid=0&id=77">1.示例标准.docx</a>', "1.示例标准.docx",
         "http://a.gov.cn/module/download/downfile.jsp?classid=0&id=77"),
        ('<a href="/attachment.do?id=78">附件2：示例标准</a>', "附件2：示例标准", "http://a.gov.cn/attachment.do?id=78"),
        ('<a href="/file/download?f=9">示例标准</a>', "示例标准", "http://a.gov.cn/file/download?f=9"),
        ('<a href="/d.do?f=/up/x.doc">示例</a>', "示例", "http://a.gov.cn/d.do?f=/up/x.doc"),
        ("<a href=\"javascript:download('/up/x.xls','示例表')\">附件：示例表</a>", "附件：示例表", "http://a.gov.cn/up/x.xls"),
        ("<a href='#' onclick=\"downFile('/up/y.pdf')\">示例表下载</a>", "示例表下载", "http://a.gov.cn/up/y.pdf"),
        ('<a href="x.zip" title="示例图则.zip">下载</a>', "示例图则.zip", HERE + "x.zip"),
        ('<a href="x.rar">示例底图</a>', "示例底图", HERE + "x.rar"),
        ('<a href="x.7z">示例底图</a>', "示例底图", HERE + "x.7z"),
        ('<a href="X.OFD">示例公文</a>', "示例公文", HERE + "X.OFD"),
        ('<a href="t.rtf">示例</a>', "示例", HERE + "t.rtf"),
        ('<iframe src="/pdfjs/web/viewer.html?file=/att/P9.pdf"></iframe>', "P9.pdf", "http://a.gov.cn/att/P9.pdf"),
        ('<iframe src="/v.html#file=%2Fatt%2FP9.pdf"></iframe>', "P9.pdf", "http://a.gov.cn/att/P9.pdf"),
        ('<embed src="P10.pdf">', "P10.pdf", HERE + "P10.pdf"),
        ('<object data="P11.pdf"></object>', "P11.pdf", HERE + "P11.pdf"),
        ('<object><param name="src" value="P12.pdf"></object>', "P12.pdf", HERE + "P12.pdf"),
        ('<script>var n="示例标准.docx",u="./P13.docx";document.write("<a href="+u+">"+n+"</a>")</script>', "示例标准.docx",
         HERE + "P13.docx"),
        ('<a href="x.docx%20">示例标准</a>', "示例标准", HERE + "x.docx%20"),
        ('<script>new PDFObject({url: "P14.pdf"}).embed("box");</script>', "P14.pdf", HERE + "P14.pdf"),
        ('<div class="viewer" data-pdf="P15.pdf"></div>', "P15.pdf", HERE + "P15.pdf"),
        ("<span onclick=\"window.open('/up/z.docx')\">附件：示例表.docx</span>", "附件：示例表.docx", "http://a.gov.cn/up/z.docx"),
        ("<input type='button' value='示例图.zip' onclick=\"location.href='z.zip'\">", "示例图.zip", HERE + "z.zip"),
        ('<a href="javascript:;" data-url="q.docx">附件：示例标准.docx</a>', "附件：示例标准.docx", HERE + "q.docx"),
        ('<a href="p.jpg">附件：示例图</a>', "附件：示例图", HERE + "p.jpg"),
    ],
)  # fmt: skip
def test_every_way_of_offering_a_file(inside: str, name: str, url: str) -> None:
    assert _found(inside) == [(name, url)]


@pytest.mark.parametrize(
    "inside",
    [
        '<p>附件</p><a href="/xx/t20251120_6.html">下一篇：关于附件管理的通知</a>',
        '<a href="#">附件</a>',
        '<a href="/attach/index.html">附件专栏</a>',
        '<div class="footer"><a href="/app.zip">客户端</a></div>',
        '<div class="nav"><a href="/down/index.shtml?id=1">下载中心</a></div>',
        '<script>var config = {"manual": "/help/manual.pdf"};</script>附件',
        '<iframe src="/map.html"></iframe>',
    ],
)
def test_what_is_no_file(inside: str) -> None:
    assert _found(inside) == []


def test_a_script_without_an_address_is_named() -> None:
    (found,) = offered(answer(URL, "<a href=\"javascript:download('77')\">附件1：示例标准.docx</a>"))
    assert (found.name, found.url, found.script) == ("附件1：示例标准.docx", "", "javascript:download('77')")


def test_what_the_text_links_is_kept_and_nothing_comes_twice() -> None:
    page = answer(
        URL,
        '<base href="/n/"><a href="a.pdf">点击下载</a><p>附件：<a href="a.pdf">示例标准</a></p><a href="g.png">图</a>',
    )
    found = offered(page, (("示例标准", "a.pdf"), ("图", "g.png")))
    assert [(each.name, each.url) for each in found] == [
        ("示例标准", "http://a.gov.cn/n/a.pdf"),
        ("图", "http://a.gov.cn/n/g.png"),
    ]
