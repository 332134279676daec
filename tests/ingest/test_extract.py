"""Pages of each family of sites, their encodings, and pages that mean harm."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.base.errors import UnreadableError
from kb.ingest.formats.charset import decode
from kb.ingest.formats.extract import extract_html
from kb.ingest.formats.lines import plain

PAGES = Path(__file__).parent / "pages"


def page(name: str) -> bytes:
    return (PAGES / name).read_bytes()


def body(markup: str) -> str:
    return extract_html(f"<html><body><div id=zoom>{markup}</div></body></html>".encode()).text


def test_a_page_of_guangdongs_platform() -> None:
    extracted = extract_html(page("gkmlpt.html"))
    assert extracted.text == (
        "2024年，示例区示例工作稳步推进（示例）。现将有关情况报告如下：\n"
        "一、2024年度示例工作情况\n"
        "（一）第一项。这是一段示例文字，仅供测试使用。\n"
        "| 项目 | 数量 |\n"
        "| 示例甲\\|乙 | 48场(次) |\n"
        "| 合计 |  |\n"
        "附件：示例表.pdf\n"
        "示例区人民政府\n"
        "2025年1月6日\n"
    )
    assert extracted.labels["索引号"] == "示例索引/2025-00001"
    assert extracted.labels["发布机构"] == "示例区人民政府办公室"
    assert (extracted.labels["成文日期"], extracted.hows["成文日期"]) == ("2025-01-06", "table")
    # The table leaves the number out; the page's script has it, its escapes undone.
    assert (extracted.labels["文号"], extracted.hows["文号"]) == ("示府〔2025〕1号", "script")
    assert not {"浏览次数", "打印", "字体"} & set(extracted.labels)
    assert extracted.labels["标题"] == "示例区2024年示例工作年度报告"
    assert extracted.notes == ("附件：附件：示例表.pdf（/files/shili.pdf）", "图片：/img/shili.jpg")


def test_a_page_whose_text_only_its_script_holds() -> None:
    source = re.sub(r'<div class="article-content">.*?</div>', "", page("gkmlpt.html").decode(), flags=re.DOTALL)
    extracted = extract_html(source.encode())
    assert extracted.text == "示例区2024年示例工作年度报告\n一、示例工作情况。这是一段示例文字，仅供测试使用。\n"
    assert extracted.labels["发布机构"] == "示例区人民政府办公室"


def test_a_page_of_the_state_councils_site_with_layout_tables() -> None:
    extracted = extract_html(page("govcn.html"))
    assert extracted.text.splitlines()[:3] == ["示例部关于开展", "示例工作的通知", "示发〔2020〕1号"]
    assert "\n二、版面用的单格表格里的文字也是正文。\n" in extracted.text
    assert "扫一扫" not in extracted.text and "|" not in extracted.text
    assert extracted.labels["主题分类"] == "示例\\其他"
    assert extracted.labels["主题词"] == ""


def test_a_portal_page_with_national_meta_tags() -> None:
    extracted = extract_html(page("portal.html"))
    assert extracted.text.splitlines() == [
        "第一部分　示例标题",
        "根据示例办法，现将示例事项公告如下（示例）：<不是标签>",
        "第一条\u2003示例条文。",
        "第二款示例。",
        "特此公告。",
        "示例局　　2022年3月3日",
    ]
    assert extracted.levels == {0: 2}
    assert extracted.labels["ArticleTitle"] == "示例局关于示例事项的公告"
    assert (extracted.labels["PubDate"], extracted.hows["PubDate"]) == ("2022-03-04 10:20", "meta")
    assert extracted.title == "示例局关于示例事项的公告"


def test_a_page_without_marks_gives_its_densest_element() -> None:
    extracted = extract_html(page("mirror.html"))
    assert extracted.text.startswith("當(dāng)前位置")
    assert extracted.text.endswith("2021年11月22日\n")
    assert "鏈接" not in extracted.text


@pytest.mark.parametrize("source", ["", "<html></html>", "<script>var 示例 = 1</script>"])
def test_a_page_without_text_is_an_error(source: str) -> None:
    with pytest.raises(UnreadableError, match="没有可读的正文"):
        extract_html(source.encode())


@pytest.mark.parametrize(
    "viewer",
    [
        '<iframe src="/pdfjs/viewer.html?file=/u/示例.pdf"></iframe>',
        '<embed src="/u/示例.pdf">',
        '<div data-url="/u/示例.pdf"></div>',
        '<script>PDFObject.embed("/u/示例.pdf", "#x")</script>',
    ],
)
def test_a_page_that_only_shows_a_file_is_refused_with_its_address(viewer: str) -> None:
    with pytest.raises(UnreadableError, match=r"阅读器显示的文件.*/u/示例\.pdf"):
        extract_html(f"<html><body><div id=zoom><p>见附件。</p>{viewer}</div></body></html>".encode())


CUT_PAGE = (
    "<html><head><title>{title}</title><meta name=ArticleTitle content='{meta}'></head>"
    "<body>{above}<div id=zoom><p>一、示例单位应当遵照执行，按月检查，按季通报。</p></div></body></html>"
)


@pytest.mark.parametrize(
    ("title", "meta", "above", "whole"),
    [
        ("示例网", "示例市池塘管理...", "<div>示例市池塘管理工作要点（2031年度）</div>", "示例市池塘管理工作要点（2031年度）"),
        ("示例网", "示例市池塘管理…", "<h1>示例市池塘管理工作要点</h1>", "示例市池塘管理工作要点"),
        ("示例市池塘管理工作要点-示例网", "示例市池塘管理……", "", "示例市池塘管理工作要点"),
        ("示例网", "示例市池塘管理…", "<p>示例市池塘管理要点</p><p>示例市池塘管理细则</p>", "示例市池塘管理…"),
        ("示例网", "示例市池塘管理", "<p>示例市池塘管理要点</p>", "示例市池塘管理"),
    ],
)  # fmt: skip
def test_a_title_that_meta_tags_cut_off_is_the_one_that_the_page_prints(
    title: str, meta: str, above: str, whole: str
) -> None:
    found = extract_html(CUT_PAGE.format(title=title, meta=meta, above=above).encode())
    assert found.labels["ArticleTitle"] == whole


def test_a_robot_check_is_no_document() -> None:
    with pytest.raises(UnreadableError, match="验证页"):
        extract_html(page("challenge.html"))


@pytest.mark.parametrize(
    ("encoding", "named"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8"),
        ("gb18030", "gb18030"),
        ("utf-16", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
    ],
)
def test_the_bytes_tell_the_encoding_not_the_label(encoding: str, named: str) -> None:
    source = page("portal.html").decode()
    assert "charset=gb2312" in source
    extracted = extract_html(source.encode(encoding))
    assert extracted.encoding == named
    assert extracted.text == extract_html(page("portal.html")).text


def test_gb2312_means_gb18030() -> None:
    # 镕 and 〇 are not in GB 2312; pages that declare it use them all the same.
    text, encoding = decode('<meta charset="gb2312">示例：镕〇'.encode("gb18030"))
    assert (text[-5:], encoding) == ("示例：镕〇", "gb18030")


def test_a_declared_encoding_is_used_when_it_fits() -> None:
    assert decode("示例一二三".encode("big5"), declared="big5")[0] == "示例一二三"


@pytest.mark.parametrize(
    "data", [b"\x00\x01\x02\x03" * 50, b"\x89PNG\r\n\x1a\n\x00\x00", b"%PDF-1.4\n\xff\xfe\x00\x80\x81", b"\xff\xff\xff"]
)
def test_binary_data_is_an_error(data: bytes) -> None:
    with pytest.raises(UnreadableError, match="不是可以识别的文字"):
        decode(data)


@given(st.text(st.characters(codec="gb18030", exclude_categories=("Cc", "Cs", "Co", "Cn")), min_size=1))
def test_every_text_comes_back_from_utf8(text: str) -> None:
    assert decode(text.encode("utf-8"))[0] == text.removeprefix("\ufeff")


def test_a_break_of_the_source_between_chinese_characters_is_no_space() -> None:
    assert body("<p>示例文字示例\n   文字 abc\n   def</p>") == "示例文字示例文字 abc def\n"


def test_cells_that_span_keep_their_columns() -> None:
    table = "<tr><td rowspan=2>甲</td><td>乙</td></tr><tr><td>丙</td></tr><tr><td colspan=2>丁</td></tr>"
    assert body(f"<table>{table}</table><p>示例文字示例文字</p>").splitlines()[:3] == [
        "| 甲 | 乙 |",
        "|  | 丙 |",
        "| 丁 |  |",
    ]


TEXTS = st.text(st.characters(categories=("Lo", "Nd", "Po")), min_size=1, max_size=12)
TAGS = st.sampled_from(["p", "div", "span", "b", "td", "li", "h2", "table", "center"])


@given(st.lists(st.tuples(TAGS, TEXTS), min_size=1, max_size=30))
def test_no_character_of_the_text_is_lost_whatever_the_tags(parts: list[tuple[str, str]]) -> None:
    markup = "".join(f"<{tag}>{text}</{tag}>" for tag, text in parts).replace("&", "＆")
    expected = "".join(plain(text.replace("&", "＆")) for _, text in parts)
    text = body(f"{markup}<p>示例示例示例示例示例</p>")
    assert re.sub(r"[\s|\\]", "", text).endswith("示例示例示例示例示例")
    assert sorted(re.sub(r"[\s|\\]", "", text[:-11])) == sorted(re.sub(r"[\s|\\]", "", expected))


SENTENCE = "本页是一个示例，用来检验读取网页的代码。"


@pytest.mark.parametrize(
    ("markup", "problem"),
    [
        ("<div>" * 100_000 + SENTENCE, "嵌套"),
        ("<table><tr><td>" * 50_000 + SENTENCE, "嵌套"),
        (SENTENCE * 600_000, "过大"),
        ("<br>" * 300_000 + SENTENCE, "过大"),
        ("<script>" * 100_000 + SENTENCE, "没有可读的正文"),
    ],
)
def test_a_hostile_page_is_refused_in_words(markup: str, problem: str) -> None:
    with pytest.raises(UnreadableError, match=problem):
        extract_html(markup.encode())


def test_a_table_that_spans_absurdly_is_bounded() -> None:
    row = '<tr><td rowspan="65000" colspan="999999999">示例</td><td>一</td></tr>'
    started = time.process_time()
    text = body(f"<table>{row * 200}</table><p>{SENTENCE}</p>")
    assert text.count("示例") == 201
    assert time.process_time() - started < 10


def test_the_real_pages(pages: Path) -> None:
    """Every row of metadata is exact, and every line of the same documents' text is there."""
    for row in map(json.loads, (pages / "index.jsonl").read_text().splitlines()):
        extracted = extract_html((pages / row["file"]).read_bytes())
        assert {label: extracted.labels.get(label) for label in row["metadata"]} == row["metadata"]
        text = (pages.parent / "notices" / f"{row['file'][4:7]}.txt").read_text()
        lines = [squeezed for line in text.splitlines() if (squeezed := re.sub(r"\s", "", line))]
        start = next(index for index, line in enumerate(lines) if line.startswith("主题词")) + 1
        assert re.sub(r"\s", "", extracted.text) == "".join(lines[start:]).removesuffix("扫一扫在手机打开当前页")
