"""What a browser shows is what is read: every text is taken or named, marks stay marks. All pages are invented (示例)."""

from __future__ import annotations

import pytest

from kb.ingest.formats.extract import extract_html
from kb.structure.extracted import Extracted

LONG = "各单位应当落实责任，按季度检查，年底报告。"


def page(body: str, head: str = "") -> Extracted:
    whole = f"<!DOCTYPE html><html><head><meta charset=utf-8><title>示例</title>{head}</head><body>{body}</body></html>"
    return extract_html(whole.encode())


def text(inner: str, head: str = "") -> str:
    return page(f'<div class="TRS_Editor"><p>一、{LONG}</p>{inner}</div>', head).text.split("\n", 1)[1]


def told(extracted: Extracted) -> str:
    return "\n".join(remark.sentence for remark in extracted.account.remarks)


# Which element is the text


def test_blocks_with_the_same_mark_beside_each_other_are_one_text() -> None:
    found = page(
        f"<div><div class=TRS_Editor><p>示例通知如下：</p></div><div class=TRS_Editor><p>一、{LONG}</p></div></div>"
    )
    assert found.text == f"示例通知如下：\n一、{LONG}\n"


def test_pages_of_one_article_in_like_places_are_one_text() -> None:
    pages = "".join(f"<li class=leaf><div class=article-content><p>第{n}页。{LONG}</p></div></li>" for n in "一二")
    assert page(f"<ul>{pages}</ul>").text == f"第一页。{LONG}\n第二页。{LONG}\n"


def test_an_abstract_with_the_surer_mark_does_not_hide_the_text_around_it() -> None:
    found = page(f"<div id=zoom><div class=TRS_Editor><p>示例摘要。</p></div><p>一、{LONG}</p><p>二、{LONG}</p></div>")
    assert found.text == f"示例摘要。\n一、{LONG}\n二、{LONG}\n"


def test_a_marked_block_in_a_side_column_stays_out() -> None:
    side = "<div class=side><div class=TRS_Editor><p>热点：示例指南</p></div></div>"
    found = page(f"<div class=main><div class=TRS_Editor><p>一、{LONG}</p></div></div>{side}")
    assert "热点" not in found.text
    assert "热点" in told(found) or found.account.whole > found.account.taken


def test_three_short_lines_beat_a_long_statement_of_the_site() -> None:
    foot = "<div class=box><p>网站声明：本网站的全部内容受法律保护，未经书面许可任何单位和个人不得转载或者摘编，违者追究责任。</p></div>"
    assert (
        page(f"<div class=m><p>来函收悉。</p><p>同意设立。</p><p>此复。</p></div>{foot}").text
        == "来函收悉。\n同意设立。\n此复。\n"
    )


def test_text_in_anchors_that_lead_nowhere_is_text() -> None:
    found = page(
        f"<div class=b><p><a name=a>第一条　{LONG}</a></p><p><a name=b>第二条　{LONG}</a></p></div><div class=foot><p>{LONG * 3}</p></div>"
    )
    assert found.text == f"第一条　{LONG}\n第二条　{LONG}\n"


def test_half_of_the_text_elsewhere_is_a_doubt() -> None:
    found = page(f"<div class=TRS_Editor><p>一、{LONG}</p></div><div class=other><p>{LONG * 4}</p></div>")
    assert any(remark.doubt for remark in found.account.remarks)
    assert found.account.share
    assert found.account.share < 0.5


def test_a_page_that_is_taken_whole_has_no_doubt() -> None:
    found = page(f"<div class=nav><a href=/>首页</a></div><div class=TRS_Editor><p>一、{LONG}</p></div>")
    assert not any(remark.doubt for remark in found.account.remarks)


@pytest.mark.parametrize(
    "above",
    [
        "<header><p>示府发〔2022〕18号</p></header>",
        "<table><tr><td>示例标题</td></tr><tr><td>示府发〔2022〕18号</td></tr></table>",
    ],
)
def test_a_document_number_above_the_text_is_taken(above: str) -> None:
    found = page(f"{above}<div class=TRS_Editor><p>一、{LONG}</p></div>")
    assert found.labels["文号"] == "示府发〔2022〕18号"
    assert "示府发〔2022〕18号" in told(found)


def test_of_several_numbers_above_the_text_none_is_chosen() -> None:
    found = page(
        f"<ul><li>示府〔2022〕1号</li><li>示府〔2022〕2号</li></ul><div class=TRS_Editor><p>一、{LONG}</p></div>"
    )
    assert "文号" not in found.labels


# What is shown beside the characters


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("<ol><li>甲事</li><li>乙事</li></ol>", "1.甲事\n2.乙事\n"),
        ("<ol start=3><li>甲事<li>乙事</ol>", "3.甲事\n4.乙事\n"),
        ("<ol><li value=7>甲事</li><li><p>乙事</p></li></ol>", "7.甲事\n8.乙事\n"),
        ("<ol reversed><li>甲事</li><li>乙事</li></ol>", "2.甲事\n1.乙事\n"),
        ("<ol type=A><li>甲事</li></ol><ol type=i><li>乙事</li></ol>", "A.甲事\ni.乙事\n"),
        ('<ol style="list-style-type: simp-chinese-informal"><li>甲事</li></ol>', "一、甲事\n"),
        ('<ol style="list-style:simp-chinese-formal inside"><li>甲事</li></ol>', "壹、甲事\n"),
        ('<ol style="list-style-type:cjk-heavenly-stem"><li>甲事</li></ol>', "甲、甲事\n"),
        ('<ol class="custom_cn2 list-paddingleft-1"><li>甲事</li></ol>', "（一）甲事\n"),
        ('<ol start=12345 style="list-style-type: simp-chinese-informal"><li>甲事</li></ol>', "12345、甲事\n"),
        ('<ol start=-3 style="list-style-type: simp-chinese-informal"><li>甲事</li></ol>', "-3、甲事\n"),
        ("<ol type=i start=-2><li>甲事</li></ol>", "-2.甲事\n"),
        ("<ol type=a start=28><li>甲事</li></ol><ol type=A start=0><li>乙事</li></ol>", "ab.甲事\n0.乙事\n"),
        ('<ol style="list-style:none"><li>甲事</li></ol>', "甲事\n"),
        ("<ol><li>（一）甲事</li><li>2. 乙事</li></ol>", "（一）甲事\n2. 乙事\n"),
        ("<ul><li>甲事</li></ul>", "甲事\n"),
    ],
)
def test_numbers_of_lists_are_printed(given: str, shown: str) -> None:
    assert text(given) == shown


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("<p>罚款<s>三百元</s>八百元。</p>", "罚款〔删除线：三百元〕八百元。\n"),
        ("<p>罚款<del><s>三百元</s></del>八百元。</p>", "罚款〔删除线：三百元〕八百元。\n"),
        (
            '<p>罚款<span style="text-decoration: line-through">三百元</span>八百元。</p>',
            "罚款〔删除线：三百元〕八百元。\n",
        ),
        ("<p>人数<u>四十</u>人<del></del>。</p>", "人数四十人。\n"),
        ("<p><ruby>瀛<rp>(</rp><rt>yíng</rt><rp>)</rp></ruby>溪。</p>", "瀛溪。\n"),
        (
            "<p>面积100m<sup>2</sup>，10<sup>-3</sup>毫克，H<sub>2</sub>O，x<sub>甲</sub>。</p>",
            "面积100m²，10⁻³毫克，H₂O，x_(甲)。\n",
        ),
        ("<p>补助500<sup>[3]</sup>元，a<sup>th</sup>。</p>", "补助500[3]元，a^(th)。\n"),
        ('<p>罚款<img src=n5.png alt="五百">元。</p>', "罚款五百元。\n"),
        ("<p>罚款<img src=n5.png>元。</p>", "罚款〔图片〕元。\n"),
        ("<p>罚款<img src=n5.png alt=n5.png>元。</p>", "罚款〔图片〕元。\n"),
        ("<p>见下图。</p><p><img src=tu.jpg></p>", "见下图。\n"),
        ("<p><img src=/icon_doc.gif><a href=a.doc>附件.doc</a></p>", "附件.doc\n"),
        (
            '<p>承办人：<input value="示例甲">；<input type=checkbox checked>同意<input type=radio>不同意</p>',
            "承办人：示例甲；☑同意☐不同意\n",
        ),
        ("<p>城市：<select><option>甲市<option selected>乙市</select></p>", "城市：乙市\n"),
        ("<pre>  二、甲。\n  三、乙。</pre>", "二、甲。\n三、乙。\n"),
        ('<p style="white-space:pre-wrap">二、甲。\n三、乙。</p>', "二、甲。\n三、乙。\n"),
        ("<textarea>二、甲。\n三、乙。</textarea>", "二、甲。\n三、乙。\n"),
        ("<textarea>&lt;p&gt;二、甲。&lt;/p&gt;</textarea>", "二、甲。\n"),
        ("<details><summary>二、甲</summary><p>乙。</p></details>", "二、甲\n乙。\n"),
        ("<dl><dt>甲</dt><dd>乙。</dd></dl>", "甲\n乙。\n"),
        ('<p style="display:block">二、甲。</p>', "二、甲。\n"),
    ],
)
def test_what_is_shown_is_what_is_read(given: str, shown: str) -> None:
    assert text(given) == shown


@pytest.mark.parametrize(
    "given",
    [
        '<p style="DISPLAY: none">暗语</p>',
        "<p hidden>暗语</p>",
        '<p style="visibility:hidden">暗语</p>',
        '<span style="position:absolute;left:-9999px">暗语</span>',
        "<p class=gone>暗语</p>",
        "<table border=1><tr><td>甲</td><td>乙</td></tr><tr><td>丙<i style='display:none'>暗语</i></td><td>丁</td></tr></table>",
        "<noscript>暗语</noscript>",
        "<object data=a.pdf><p>暗语</p></object>",
        "<iframe src=暗语.html></iframe>",
        "<svg><text>暗语</text></svg>",
    ],
)
def test_what_is_not_shown_is_left_out_and_named(given: str) -> None:
    found = page(
        f"<div class=TRS_Editor><p>一、{LONG}</p>{given}<p>完。</p></div>",
        "<style>.gone{color:red;display:none}</style>",
    )
    assert "暗语" not in found.text
    assert "暗语" in told(found)


def test_a_text_that_a_script_is_to_show_is_taken() -> None:
    assert page(f'<div class="TRS_Editor" style="display:none"><p>一、{LONG}</p></div>').text == f"一、{LONG}\n"


def test_an_image_that_is_not_read_is_a_doubt() -> None:
    found = page(f"<div class=TRS_Editor><p>一、{LONG}</p><p>罚款<img src=n5.png>元。</p></div>")
    assert [(each.what, each.sample) for each in found.account.remarks if each.doubt] == [("字是图片", "n5.png")]


# Tables


def test_a_table_in_a_cell_stays_in_its_cell() -> None:
    inner = "<table><tr><td>窗口</td><td>网上</td></tr><tr><td>3日</td><td>1日</td></tr></table>"
    given = f"<table><tr><td>序号</td><td>时限</td></tr><tr><td>1</td><td>受理{inner}</td></tr><tr><td>2</td><td>十日</td></tr></table>"
    assert text(given) == "| 序号 | 时限 |\n| 1 | 受理 窗口 / 网上；3日 / 1日 |\n| 2 | 十日 |\n"


def test_a_drawn_column_is_a_table_and_a_frame_around_paragraphs_is_not() -> None:
    assert (
        text("<table border=1><tr><td>二、近期</td></tr><tr><td>三、远期</td></tr></table>")
        == "| 二、近期 |\n| 三、远期 |\n"
    )
    assert text("<table border=1><tr><td><p>二、近期</p><p>三、远期</p></td></tr></table>") == "二、近期\n三、远期\n"
    assert text("<table><tr><td>二、近期</td></tr><tr><td>三、远期</td></tr></table>") == "二、近期\n三、远期\n"


# What the page's own style sheets say


@pytest.mark.parametrize(
    ("sheet", "inner", "shown"),
    [
        (".old{text-decoration:line-through;color:#999}", "<p>押金<span class=old>二百元</span>三百元。</p>", "押金〔删除线：二百元〕三百元。\n"),
        ("#away{display:none}", "<p>二、示例。</p><div id=away><p>暗语</p></div>", "二、示例。\n"),
        ("@media print{.x{display:none}}", "<p class=x>二、示例。</p>", "二、示例。\n"),
        (".a .up{vertical-align:super}", "<p class=a>3万m<span class=up>3</span>。</p>", "3万m³。\n"),
        (".x{display:none}", '<p class=x style="display:block">二、示例。</p>', "二、示例。\n"),
        ("ol.cn{list-style-type:cjk-ideographic}", "<ol class=cn><li>示例</li></ol>", "一、示例\n"),
        ("p{color:", "<p>二、示例。</p>", "二、示例。\n"),
        (".fee:before{content:'九元'}", "<p>收费<span class=fee></span>。</p>", "收费九元。\n"),
        (".fee::after{content:'（' attr(data-x) '元）'}", "<p>收<span class=fee data-x=5>费</span>。</p>", "收费（5元）。\n"),
        ("ol.t{list-style:none;counter-reset:n} .t li:before{counter-increment:n;content:'第' counter(n,cjk-ideographic) '条　'}", "<ol class=t><li>示例甲</li><li>示例乙</li></ol>", "第一条　示例甲\n第二条　示例乙\n"),
        ("h2,h3{font-weight:400} .d{counter-reset:a} .d h2{counter-increment:a;counter-reset:b} h2:before{content:counter(a) '. '} h3{counter-increment:b} h3:before{content:counter(a) '.' counter(b,upper-roman) ' '}", "<div class=d><h2>甲</h2><h3>乙</h3><h3>丙</h3><h2>丁</h2><h3>戊</h3></div>", "1. 甲\n1.I 乙\n1.II 丙\n2. 丁\n2.I 戊\n"),
        ("ol{counter-reset:s;list-style:none} li{counter-increment:s} li:before{content:counters(s,'.') '　'}", "<ol><li>甲<ol><li>乙</li></ol></li><li>丙</li></ol>", "1　甲\n1.1　乙\n2　丙\n"),
        (".c:after{content:'020';visibility:hidden;height:0} .i:before{content:'\\e601'} .b:before{content:'•'}", "<p class=c>二、<i class=i></i><b class=b>示例</b>。</p>", "二、示例。\n"),
        (".c{justify-content:'甲'} .c:before{content:none}", "<p class=c>二、示例。</p>", "二、示例。\n"),
    ],
)  # fmt: skip
def test_a_style_sheet_of_the_page_says_what_is_shown(sheet: str, inner: str, shown: str) -> None:
    assert text(inner, f"<style>{sheet}</style>") == shown


def test_text_of_a_style_sheet_is_named_and_what_is_not_read_is_a_doubt() -> None:
    sheet = ".fee:before{content:'九元'} .sum:before{content:var(--total)}"
    found = page(
        f"<div class=TRS_Editor><p>一、{LONG}<span class=fee></span><span class=sum></span></p></div>",
        f"<style>{sheet}</style>",
    )
    assert [(each.sample, each.doubt) for each in found.account.remarks] == [("九元", False), ("var(--total)", True)]


def test_white_text_is_taken_and_named() -> None:
    found = page(f'<div class=TRS_Editor><p>一、{LONG}</p><p style="color:#FFFFFF">暗语甲</p></div>')
    assert "暗语甲" in found.text and "暗语甲" in told(found)
    head = '<div class=TRS_Editor><table border=1 bgcolor=navy><tr style="color:white"><td>项目</td><td>元</td></tr></table>'
    assert "白色" not in told(page(f"{head}<p>一、{LONG}</p></div>"))


def test_a_marked_block_in_a_side_column_is_not_the_text_of_an_unmarked_one() -> None:
    side = "<div class='fr sidebar'><div class=TRS_Editor><p>热门：示例补贴解读，范围扩大到二十类，资金兑付到户。</p></div></div>"
    assert page(f"<div class=xl><p>一、{LONG}</p></div>{side}").text == f"一、{LONG}\n"


@pytest.mark.parametrize(
    ("raised", "written"), [("－4", "⁻⁴"), ("-x", "^(-x)"), ("[1]", "[1]"), ("①", "①"), ("２", "²"), ("注1", "注1")]
)
def test_raised_text_is_never_flattened_into_a_number(raised: str, written: str) -> None:
    assert text(f"<p>10<sup>{raised}</sup>毫克</p>") == f"10{written}毫克\n"


@pytest.mark.parametrize("above", ["（示府〔2031〕6号）", "文号：示府〔2031〕6号", "发文字号: 示府〔2031〕6号"])
def test_a_number_in_brackets_or_with_its_label_above_the_text(above: str) -> None:
    found = page(
        f"<h1>示例市关于示例的通知</h1><p><span>{above}</span><span>发布日期：2031-01-01</span></p><div class=TRS_Editor><p>一、{LONG}</p></div>"
    )
    assert found.labels["文号"] == "示府〔2031〕6号"


@pytest.mark.parametrize(
    "viewer",
    [
        '<div data-url="/upload/zw.pdf"></div>',
        '<div id=v></div><script>PDFObject.embed("/upload/zw.pdf", "#v")</script>',
        '<iframe src="/web/viewer.html?file=/upload/zw.pdf"></iframe>',
    ],
)
def test_a_file_that_a_viewer_shows_is_named(viewer: str) -> None:
    found = page(f"<div class=TRS_Editor><p>公示如下：{LONG}</p>{viewer}</div>")
    assert any(remark.doubt and "zw.pdf" in remark.sample for remark in found.account.remarks)
    linked = page(f"<div class=TRS_Editor><p>公示如下：{LONG}</p><a href=/a.pdf data-file=/a.pdf>附件</a></div>")
    assert "阅读器" not in told(linked)
