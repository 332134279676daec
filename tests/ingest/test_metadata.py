"""Metadata: from tables, front matter, heads, preambles, signatures; contradictions; supplied titles; real documents."""

from __future__ import annotations

import json
import random
import re
import time
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.base import clock
from kb.base.model import Metadata
from kb.chinese import dates
from kb.config.settings import Settings, load
from kb.ingest import pipeline
from kb.ingest.formats import files, site_markdown
from kb.ingest.formats.extract import extract_html
from kb.ingest.formats.registry import Given
from kb.ingest.formats.text import lines_of
from kb.structure import metadata, outline
from kb.structure.extracted import Extracted

PAGES = Path(__file__).parent / "pages"


def of(text: str, name: str = "x", extracted: Extracted | None = None) -> Metadata:
    """The metadata of a text, as the pipeline finds it."""
    rest, labels, _ = metadata.take_table(lines_of(text))
    return metadata.find(rest, outline.parse(rest), extracted or Extracted(rest, "text/plain", labels=labels), name)


TABLE = (
    "索 引 号：\t  示例000/2020-00001\t  主题分类：\t  示例\\其他\n\n发文机关：\t  示例部\t  成文日期：\t  2020年04月17日\n\n"
    "标　　题：\t  示例部关于开展示例工作的通知\n\n发文字号：\t  示发〔2020〕1号\t  发布日期：\t  2020年05月06日\n\n主 题 词：\n\n"
)
NOTICE = (
    "示例部关于开展\n示例工作的通知\n示发〔2020〕1号\n\n各示例单位：\n　　现将有关事项通知如下（示例）：\n　　一、总体要求。示例文字。\n"
    "示例部\n二〇二〇年四月二十七日\n（此件公开发布）\n附件\n示例方案\n一、示例。\n示例附件专家组\n2019年1月1日\n"
)


def test_the_table_comes_first_and_contradictions_are_kept() -> None:
    found = of(TABLE + NOTICE)
    assert (found.title, found.kind) == ("示例部关于开展示例工作的通知", "通知")
    assert (found.document_number, found.issuer, found.identifier) == (
        "示发〔2020〕1号",
        "示例部",
        "示例000/2020-00001",
    )
    assert (found.date, found.published) == ("2020-04-17", "2020-05-06")
    assert found.alternatives == {"date": ("2020-04-27",)}
    assert set(found.found.values()) == {"table"}
    assert found.labels["主题分类"] == "示例\\其他"


def test_without_a_table_the_text_itself_tells() -> None:
    found = of(NOTICE)
    assert (found.title, found.document_number) == ("示例部关于开展示例工作的通知", "示发〔2020〕1号")
    # The first signature is the document's own; the annex has another.
    assert (found.issuer, found.date) == ("示例部", "2020-04-27")
    assert found.found == {"title": "text", "document_number": "text", "issuer": "signature", "date": "signature"}
    assert found.alternatives == {}


def test_the_table_is_taken_off_the_text_and_nothing_else() -> None:
    rest, labels, removed = metadata.take_table(TABLE + NOTICE)
    assert rest.strip() == NOTICE.strip()
    assert list(labels) == ["索引号", "主题分类", "发文机关", "成文日期", "标题", "发文字号", "发布日期", "主题词"]
    assert len(removed) == 5 and [*removed.values()][4] == "主 题 词："


@pytest.mark.parametrize(
    "table",
    [
        "索引号: 示例/1\n分类:\n发布机构: 示例局\n成文日期: 2025-01-06\n名称: 关于示例的公告\n文号:\n发布日期: 2025-01-07\n",
        "索引号：\n示例/1\n发布机构：\n示例局\n成文日期：\n2025年1月6日\n名称：\n关于示例的公告\n发布日期：\n2025年1月7日\n",
        "| 索 引 号： | 示例/1 | 发布机构： | 示例局 |\n| 名称 | 关于示例的公告 |  |  |\n| 成文日期 | 2025-01-06 | 发布日期 | 2025-01-07 |\n",
        "【索引号】示例/1 【发布机构】示例局\n【名称】关于示例的公告\n【成文日期】2025/1/6\n【发布日期】2025.1.7\n",
        "---\ntitle: 关于示例的公告\nauthor: 示例局\ndate: 2025-01-06\npublished: 2025-01-07\nidentifier: 示例/1\n---\n",
    ],
)
def test_tables_of_every_layout(table: str) -> None:
    text = "这是正文的第一段，仅为示例，没有标题，也没有落款和日期。\n"
    found = of(table + text)
    assert (found.identifier, found.issuer, found.title) == ("示例/1", "示例局", "关于示例的公告")
    assert (found.date, found.published, found.document_number) == ("2025-01-06", "2025-01-07", "")
    assert metadata.take_table(table + text)[0] == text


@pytest.mark.parametrize(
    "text",
    [
        "| 名称 | 分类 | 来源 |\n| 示例甲 | 乙 | 丙 |\n",
        "标题：只有一个标签的一行\n正文示例。\n",
        "来源\n名称\n分类\n这些是表格的表头，不是网页的元数据。\n",
        "---\n不是元数据\n---\n正文示例。\n",
        "正文示例。" * 40 + "\n发文机关：示例局\n成文日期：2020年1月1日\n",
    ],
)
def test_tables_of_the_document_stay(text: str) -> None:
    assert metadata.take_table(text) == (text, {}, {})


def test_front_matter_that_multiplies_itself_is_harmless() -> None:
    bomb = "".join(f"a{n}: &a{n} [{f'*a{n - 1},' * 9}]\n" for n in range(1, 30))
    _, labels, _ = metadata.take_table(f"---\na0: &a0 [示例]\n{bomb}title: 示例公告\n---\n正文示例。\n")
    assert labels == {"a0": "示例", "title": "示例公告"}


@pytest.mark.parametrize(
    ("head", "title"),
    [
        ("示例部办公厅关于印发\n国 家 示 例 预 案 的 函\n示办函〔2005〕57号\n", "示例部办公厅关于印发国家示例预案的函"),
        (
            "示例省人民政府文件\n示府〔2020〕3号\n示例省人民政府关于\n示例工作的意见（试行）\n",
            "示例省人民政府关于示例工作的意见（试行）",
        ),
        ("示例局关于修订规范性文件\n管理机制的指导意见\n", "示例局关于修订规范性文件管理机制的指导意见"),
        ("示例条例\n（2020年1月1日示例市人民代表大会常务委员会第一次会议通过）\n第一章 总则\n", "示例条例"),
        ("示例法院\n关于示例的规定\n示例法院关于示例的规定\n", "示例法院关于示例的规定"),
        ("示例规定\n关于印发《示例规定》\n的通知\n", "示例规定"),
        ("示例局关于甲、乙，以及丙的通知\n各单位：\n", "示例局关于甲、乙，以及丙的通知"),
    ],
)
def test_titles_over_several_lines(head: str, title: str) -> None:
    assert of(head + "这是正文的第一段，仅为示例。\n").title == title


@pytest.mark.parametrize(
    "number",
    [
        "示发〔2020〕1号",
        "示税[2016]36 号",
        "示发改（2021）1093号",
        "示例部 示例总局公告2022年第10号",
        "2025年第5号",
        "示例令第182号",
        "示电【2020】3号",
    ],
)
def test_document_numbers_stand_as_printed(number: str) -> None:
    text = "这是正文的一段，仅为示例。\n示例部\n2020年1月2日\n"
    assert of(f"示例部关于示例的公告\n{number}\n{text}").document_number == number
    assert of(f"{number}\n示例部关于示例的公告\n{text}").document_number == number
    assert of(f"示例部关于示例的公告\n各单位：\n根据{number}文件，示例。\n{text}").document_number == ""


def test_an_order_is_named_by_what_it_proclaims() -> None:
    found = of(
        "中华人民共和国国务院令\n第999号\n现公布修订后的《示例条例》，自2031年1月1日起施行。\n总理　示例\n2030年12月18日\n示例条例\n"
        "第一条　示例。\n第二条　本条例自2031年1月1日起施行。\n"
    )
    assert (found.title, found.document_number) == ("示例条例", "中华人民共和国国务院令第999号")
    assert (found.issuer, found.date, found.effective) == ("国务院", "2030-12-18", "2031-01-01")


@pytest.mark.parametrize(
    ("preamble", "issuer", "adopted", "effective"),
    [
        (
            "2009年8月27日 第十一届全国人民代表大会常务委员会第十次会议通过",
            "全国人民代表大会常务委员会",
            "2009-08-27",
            "",
        ),
        (
            "2001年1月10日 最高人民法院审判委员会第1156次会议通过\n2001年2月21日 施行",
            "最高人民法院",
            "2001-01-10",
            "2001-02-21",
        ),
        (
            "2011年2月21日 最高人民法院审判委员会第1512次会议、2011年3月1日最高人民检察院第十一届检察委员会第49次会议通过，自2011年4月8日起施行",
            "最高人民法院、最高人民检察院",
            "2011-03-01",
            "2011-04-08",
        ),
        (
            "（2010年5月28日示例省第十一届人民代表大会常务委员会第十八次会议通过　根据2020年9月24日示例省第十三届人民代表大会常务委员会"
            "第二十四次会议《关于修改〈示例条例〉的决定》修正）",
            "示例省人民代表大会常务委员会",
            "2020-09-24",
            "",
        ),
        ("2010年1月27日 中华人民共和国国务院令第570号公布", "国务院", "2010-01-27", ""),
        ("1985年2月8日 国务院发布", "国务院", "1985-02-08", ""),
        (
            "1997年3月14日 第八届全国人民代表大会第五次会议修订\n"
            "1998年12月29日 第九届全国人民代表大会常务委员会第六次会议通过的《全国人民代表大会常务委员会关于惩治示例的决定》\n"
            "2023年12月29日 第十四届全国人民代表大会常务委员会第七次会议通过的《示例条例修正案（十二）》",
            "全国人民代表大会",
            "2023-12-29",
            "",
        ),
        (
            "（1982年12月4日第五届全国人民代表大会第五次会议通过　1982年12月4日全国人民代表大会公告公布施行　根据1988年4月12日"
            "第七届全国人民代表大会第一次会议通过的《示例修正案》和2018年3月11日第十三届全国人民代表大会第一次会议通过的《示例修正案》修正）",
            "全国人民代表大会",
            "2018-03-11",
            "",
        ),
        (
            "1994年7月5日 第八届全国人民代表大会常务委员会第八次会议通过\n"
            "2019年8月26日 第十三届全国人民代表大会常务委员会第十二次会议《关于修改〈示例管理法〉\n\n〈示例条例〉的决定》第三次修正",
            "全国人民代表大会常务委员会",
            "2019-08-26",
            "",
        ),
        (
            "2010年7月23日 示例省第十一届人民代表大会常务委员会第二十次会议通过\n"
            "2012年1月9日 示例省第十一届人民代表大会常务委员会第三十一次会议《关于修改〈示例条例〉的决定》修正  根据",
            "示例省人民代表大会常务委员会",
            "2012-01-09",
            "",
        ),
    ],
)
def test_preambles_of_laws(preamble: str, issuer: str, adopted: str, effective: str) -> None:
    found = of(f"示例条例\n{preamble}\n第一条 为了示例，制定本条例。\n")
    assert (found.title, found.issuer, found.date, found.effective) == ("示例条例", issuer, adopted, effective)


@pytest.mark.parametrize(
    ("signature", "issuer"),
    [
        ("示例部办公厅　示例委员会\n2020年1月2日\n", "示例部办公厅、示例委员会"),
        ("示例部\n示例局\n2020年1月2日\n", "示例部、示例局"),
        ("2020年1月2日\n示例部\n示例局\n", "示例部、示例局"),
        ("示例部　　2020年1月2日\n", "示例部"),
        ("示 例 部\n二○二○年一月二日\n", "示例部"),
        ("示例部（2020年1月2日）\n", "示例部"),
        ("2020年1月2日\n", ""),
    ],
)
def test_signatures(signature: str, issuer: str) -> None:
    found = of(f"关于示例的通知\n各单位：\n这是正文的一段，仅为示例。\n{signature}")
    assert (found.issuer, found.date) == (issuer, "2020-01-02")


@pytest.mark.parametrize(
    ("text", "title"),
    [
        (
            "2021年,示例区法治建设工作坚持依法行政(示例)。现将有关情况报告如下:\n一、2021年度法治建设情况\n示例文字。\n"
            "示例市示例区人民政府\n2021年11月22日\n",
            "示例区2021年法治建设年度报告",
        ),
        (
            "各示例单位：\n《示例甲方案》《示例乙方案》等2个专项方案已经同意，现印发给你们，请执行。\n示例省人民政府办公厅\n2019年6月6日\n",
            "示例省人民政府办公厅关于印发《示例甲方案》等2个专项方案的通知",
        ),
        (
            "各位代表：\n现在，我代表示例市人民政府，向大会报告政府工作，请予审议。\n一、2030年工作回顾\n",
            "2030年示例市人民政府政府工作报告",
        ),
    ],
)
def test_a_text_without_a_title_gets_one_that_says_so(text: str, title: str) -> None:
    found = of(text)
    assert (found.title, found.found["title"]) == (title, "supplied")


def test_without_any_title_the_files_name_stands_in() -> None:
    assert of("示例文字，什么也没有说明。\n", name="某某事项").found["title"] == "filename"
    found = of("示例文字，什么也没有说明。\n", name="示例管理条例(2020-01-02)")
    assert (found.title, found.date, found.found["date"]) == ("示例管理条例", "2020-01-02", "filename")


@pytest.mark.parametrize(
    ("title", "kind"),
    [
        ("国务院关于示例的指导意见（试行）", "意见"),
        ("示例部关于印发《示例办法》的通知", "通知"),
        ("国务院办公厅关于示例的复函", "函"),
        ("中华人民共和国刑法", "法"),
        ("刑法修正案（十一）", "修正案"),
        ("最高人民法院关于适用《示例法》的解释（一）", "解释"),
        ("示例省实施《中华人民共和国示例法》办法", "办法"),
        ("示例会议在京召开", ""),
    ],
)
def test_kinds(title: str, kind: str) -> None:
    assert metadata.kind(title) == kind


def test_spam_in_a_mirrors_title_is_not_believed() -> None:
    extracted = extract_html((PAGES / "mirror.html").read_bytes())
    text = "2021年,示例区法治建设工作(示例)。现将有关情况报告如下:\n一、2021年度法治建设情况。\n示例区人民政府\n2021年11月22日\n"
    found = metadata.find(text, (), extracted, "x")
    assert found.title == "示例区2021年法治建设年度报告"


@pytest.mark.parametrize(
    ("page", "title"),
    [
        ("示例局关于示例的通知_政策_示例网", "示例局关于示例的通知"),
        ("示例网 - 2019-2020年示例工作方案", "2019-2020年示例工作方案"),
        ("示例局关于示例的通知-示例网", "示例局关于示例的通知"),
    ],
)
def test_the_sites_name_is_no_part_of_a_title(page: str, title: str) -> None:
    text = "这是正文的一段，仅为示例。\n"
    found = metadata.find(text, (), Extracted(text, "text/html", title=page), "x")
    assert (found.title, found.found["title"]) == (title, "title")


def test_meta_tags_and_script_of_pages() -> None:
    portal = extract_html((PAGES / "portal.html").read_bytes())
    found = metadata.find(portal.text, (), portal, "portal")
    assert (found.title, found.found["title"], found.url) == (
        "示例局关于示例事项的公告",
        "meta",
        "http://www.example.cn/content/post_1.html",
    )
    assert (found.issuer, found.date, found.published) == ("示例局", "2022-03-03", "2022-03-04")
    platform = extract_html((PAGES / "gkmlpt.html").read_bytes())
    found = metadata.find(platform.text, (), platform, "gkmlpt")
    assert (found.document_number, found.found["document_number"]) == ("示府〔2025〕1号", "script")
    assert (found.issuer, found.alternatives) == ("示例区人民政府办公室", {"issuer": ("示例区人民政府",)})


def test_a_site_generators_markdown() -> None:
    text = (
        "---\ntitle: 示例条例\nauthor: 示例市人民代表大会常务委员会\ndate: 2020-03-01\ntag:\n  - 示例\n---\n\n::: tip 修订信息\n\n"
        "（2019年11月29日示例市第一届人民代表大会常务委员会第一次会议通过）\n\n:::\n\n::: details 目录\n::: tabs\n@tab 条例\n"
        '[1](#t1)&emsp;[2](#t2)\n:::\n\n## 第一章&emsp;总则{align="center"}\n\n'
        '<p id="t1">&emsp;&emsp;<b>第一条</b>&emsp;示例：<br>\n&emsp;&emsp;（一）甲 &lt; 乙。</p>\n\n---\n\n'
        "::: warning 原文链接\n\n<https://www.example.cn/1>\n\n:::\n"
    )
    assert site_markdown.is_one(text)
    extracted = site_markdown.extract(text)
    assert extracted.text == (
        "（2019年11月29日示例市第一届人民代表大会常务委员会第一次会议通过）\n第一章\u2003总则\n第一条\u2003示例：\n（一）甲 < 乙。\n"
    )
    assert extracted.levels == {1: 2}
    found = metadata.find(extracted.text, (), extracted, "x")
    assert (found.title, found.date, found.url) == ("示例条例", "2019-11-29", "https://www.example.cn/1")
    assert (found.found["date"], found.alternatives) == ("preamble", {"date": ("2020-03-01",)})


CHINESE = "〇一二三四五六七八九"


def spelled(number: int) -> str:
    """1 to 31 in Chinese numerals."""
    tens, ones = divmod(number, 10)
    return ("" if not tens else ("" if tens == 1 else CHINESE[tens]) + "十") + (CHINESE[ones] if ones else "")


@given(st.dates(date(1900, 1, 1), date(2099, 12, 31)), st.sampled_from("〇○零0OＯ"))
def test_dates_in_every_spelling(day: date, zero: str) -> None:
    year = "".join(CHINESE[int(digit)] for digit in str(day.year)).replace("〇", zero)
    spellings = [
        f"{day.year}年{day.month}月{day.day}日",
        f"{day:%Y年%m月%d日}",
        f"{day.year} 年 {day.month} 月 {day.day} 日",
        f"{day:%Y-%m-%d} 10:20:30",
        f"{day.year}/{day.month}/{day.day}",
        f"{year}年{spelled(day.month)}月{spelled(day.day)}日",
    ]
    assert {dates.first(spelling) for spelling in spellings} == {day.isoformat()}


@pytest.mark.parametrize(
    "text", ["2021年2月29日", "二〇二一年十三月一日", "GB 8978-1996", "2021年", "1.6升", "第十二条"]
)
def test_what_is_no_day_is_no_date(text: str) -> None:
    assert dates.first(text) == ""


@given(
    st.text(st.sampled_from("012９1２٠年月日-－/.．〇○O一二十元 "), max_size=14)
    | st.from_regex(r"\A[12]\d{3}-(0[1-9]|1[0-2])\Z")
)
def test_whatever_is_taken_for_a_date_is_one_that_can_be_read_back(text: str) -> None:
    found = dates.first(text)
    assert found == "" or clock.is_date(found)


@given(
    st.text(
        st.sampled_from("示例部关于的通知一、二〇年月日2019：。（）〔〕号令第|\t \n#《》附件发文机关成文日期-:"),
        max_size=300,
    )
)
def test_any_text_has_metadata_and_loses_nothing_but_its_table(text: str) -> None:
    rest, _, removed = metadata.take_table(text)
    assert sorted(re.sub(r"\s", "", rest + "".join(removed.values()))) == sorted(re.sub(r"\s", "", text))
    assert metadata.find(rest, (), Extracted(rest, "text/plain"), "x").title


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return load(folder=tmp_path_factory.mktemp("settings"))


# Values of index.jsonl that stand nowhere in the text (the site shows them beside it), or stand there in another wording.
NOT_IN_THE_TEXT = {
    *(("075.txt", "document_number"), ("077.txt", "document_number"), ("079.txt", "document_number")),
    *(("081.txt", "document_number"), ("083.txt", "document_number"), ("085.txt", "document_number")),
    *(("091.txt", "title"), ("095.txt", "title")),
}


def wanted(row: dict[str, object]) -> dict[str, str]:
    """What index.jsonl says of a document: rows of the page's table, or the marks beside the text of a statute."""
    table = row["metadata"]
    assert isinstance(table, dict)
    values = {"title": str(row["title"])}
    if marks := table.get("标记"):
        values["day"] = dates.first(marks[1])  # 2019/03/01施行, for some the day of the last change
        values["issuer"] = "、".join(mark for mark in marks[2:] if "号" not in mark)
        values["document_number"] = next((mark for mark in marks[2:] if "号" in mark), "")
    elif table:
        values |= {"date": table["成文日期"], "issuer": table["发文机关"], "document_number": table["发文字号"]}
        values |= {"published": table["发布日期"], "identifier": table["索引号"]}
    return {field: " ".join(value.split()) for field, value in values.items() if value}


def test_the_real_notices(notices: Path, settings: Settings) -> None:
    """Title, number, issuer and dates of each text alone are those of its page's table, wherever the text has them."""
    wrong = []
    for row in map(json.loads, (notices / "index.jsonl").read_text().splitlines()):
        found = pipeline.build(pipeline.Input(notices / row["file"], row["file"]), "x", settings, "")[0].metadata
        for field, value in wanted(row).items():
            value = dates.first(value) if field in ("date", "published") else value
            if field == "day" and value in (found.effective, found.date):
                continue
            if getattr(found, field, "") != value and (row["file"], field) not in NOT_IN_THE_TEXT:
                wrong.append((row["file"], field, value, getattr(found, field)))
    assert wrong == []


def test_the_real_notices_without_their_tables(notices: Path) -> None:
    """The texts tell the same when the table above them is taken away."""
    wrong, count = [], 0
    for row in map(json.loads, (notices / "index.jsonl").read_text().splitlines()):
        text = lines_of((notices / row["file"]).read_text())
        if "成文日期" not in row["metadata"]:
            continue
        rest, _, _ = metadata.take_table(text)
        found = metadata.find(rest, (), Extracted(rest, "text/plain"), "x")
        for field, value in wanted(row).items():
            if field in ("title", "document_number", "issuer", "date"):
                count += 1
                value = dates.first(value) if field == "date" else value.replace("国令", "中华人民共和国国务院令")
                wrong += [] if getattr(found, field) == value else [(row["file"], field, value)]
    assert count == 120
    assert wrong == []


def test_laws(laws: Path) -> None:
    """Titles are the headings; date, issuer and kind are found wherever there is a preamble; it takes 2 ms at most."""
    every = sorted(path for path in laws.rglob("*.md") if re.search(r"\(\d{4}-\d\d-\d\d\)$", path.stem))
    taken = random.Random(3).sample(every, 150)
    spent = 0.0
    for path in taken:
        source = path.read_text()
        extracted = files.read(source.encode(), ".md", Given(load(folder=laws)))
        started = time.process_time()
        found = metadata.find(extracted.text, (), extracted, path.stem)
        spent += time.process_time() - started
        assert found.title.replace(" ", "") == source.splitlines()[0].lstrip("# ").replace(" ", ""), path.stem
        preamble = source.partition("<!-- INFO END -->")[0]
        if re.search(r"\d日 .*(?:(?:大会|委员会|院)第[^第]{1,6}次.{0,6}会议通过|令.*公布)", preamble):
            assert found.issuer and found.date and found.kind, path.stem
    assert spent / len(taken) < 0.002 * 3  # three times the aim: this machine is shared
