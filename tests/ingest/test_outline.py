"""Outlines through the front door: `parse`, `marks`, `rebuild`. Documents made up for a test are marked 示例."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kb.base.model import Section
from kb.ingest.disguise.repair import repair
from kb.structure.outline import Mark, marks, parse, rebuild
from tests.ingest.sweep_outline import f1, outlined_articles, printed_articles, problems, read_markdown, statutes


def outlined(text: str, levels: dict[int, int] | None = None) -> dict[str, Section]:
    """Sections by anchor, after a look that the outline keeps its promises."""
    sections = parse(text, levels)
    assert problems(text, sections) == []
    return {section.anchor: section for top in sections for section in top.walk()}


def anchors(text: str, levels: dict[int, int] | None = None) -> list[str]:
    return list(outlined(text, levels))


NOTICE = """示例市人民政府关于加强
示例工作的意见
示例府〔2020〕75号
各县区人民政府：
现提出如下意见。
一、总体要求
坚持示例。
二、主要任务
（一）加强谋划布局。谋划制定示例规划。
1.制定规划。一是编制规划；二是公布规划。
2.组织实施。各部门分工负责。
（二）强化责任
3.明确责任。各部门负责。
示例市人民政府
2020年5月6日
（此件公开发布）
"""


def test_an_official_document() -> None:
    found = outlined(NOTICE)
    assert list(found) == [
        *("title", "preamble", "1", "2", "2-1", "2-1-1", "2-1-2", "2-2", "2-2-3", "signature"),
    ]
    assert found["title"].heading == "示例市人民政府关于加强示例工作的意见"
    assert (found["2-1"].number, found["2-1"].heading) == ("（一）", "加强谋划布局")
    assert found["2-1"].label == "（一）加强谋划布局"
    assert found["2-2"].heading == "强化责任"
    assert found["1"].text == "一、总体要求\n坚持示例。\n"
    assert found["signature"].text == "示例市人民政府\n2020年5月6日\n（此件公开发布）\n"
    assert [child.anchor for child in found["2"].children] == ["2-1", "2-2"]


def test_the_report_of_haojiang(report: Path) -> None:
    restored = (line.strip() for line in repair(report.read_text("utf-8")).text.split("\n"))
    text = "".join(f"{line}\n" for line in restored if line and not line.startswith(("当前位置", "首页 >")))
    found = outlined(text)
    depths = [anchor.count("-") + 1 for anchor, section in found.items() if section.number]
    assert [depths.count(depth) for depth in (1, 2, 3)] == [3, 13, 27]
    assert found["1-3-2"].label == "2.深入推进行政复议体制改革"
    assert (found["3-1"].number, found["3-1"].heading) == ("(一)", "加强法治政府建设谋划布局")
    assert found["signature"].text == "汕头市濠江区人民政府\n2021年11月22日\n"


@pytest.mark.parametrize(
    ("line", "heading"),
    [
        ("（一）统筹建设平台。", ""),
        ("（一）统筹建设平台", "统筹建设平台"),
        ("（一）统筹建设平台。各地要建设平台。", "统筹建设平台"),
        ("（一）统筹建设平台。（负责部门：示例局）", ""),
        ("（一）国家级：两个以上省份出现的。", "国家级"),
        ("（一）未经批准擅自建设示例工程的；", ""),
        ("（一）示例工作历史久远，情况复杂，涉及面广，影响深远，各方面关注。因此由示例局负责。", ""),
        ("（一）" + "示例" * 25 + "。各地要建设平台。", ""),
    ],
)
def test_run_in_headings(line: str, heading: str) -> None:
    assert outlined(f"一、示例\n{line}\n（二）其他\n")["1-1"].heading == heading


def test_a_heading_with_a_full_stop_above_its_text() -> None:
    found = outlined("一、示例\n（一）统筹建设平台。\n各地要建设平台。\n")
    assert found["1-1"].heading == "统筹建设平台"


@pytest.mark.parametrize(
    "signature",
    [
        "示例部\n二○○四年八月十二日",
        "示例委员会　示例部\nO".replace("O", "二OO四年八月十二日"),
        "示例委\n示例部\n示例局\n2004年8月12日",
        "2004年8月12日\n示例委\n示例部",
        "示例市人民政府办公室 2004年8月12日",
        "示例县示例镇示例村\n情况调查专家组\n2004年8月12日",
        "省长　示例人\n2004年8月12日",
        "示例市人民政府办公室",
        "2004年8月12日",
    ],
)
def test_signatures(signature: str) -> None:
    text = f"示例通知\n各单位：\n一、加强领导。各单位要加强领导。\n二、抓好落实。各单位要抓好落实。\n{signature}\n（此件公开发布）\n"
    found = outlined(text)
    assert list(found)[-2:] == ["2", "signature"]
    assert found["signature"].text == f"{signature}\n（此件公开发布）\n"


def test_a_date_in_a_table_is_no_signature() -> None:
    text = "示例通知\n各单位：\n一、分工。见下表。\n完成时限\n2019年6月\n责任单位：示例局。\n二、要求。抓好落实。\n"
    assert anchors(text) == ["title", "preamble", "1", "2"]


def test_a_letterhead_is_not_the_title() -> None:
    found = outlined(f"示例市人民政府文件\n示例府〔2020〕75号\n{NOTICE}")
    assert found["table"].text == "示例市人民政府文件\n示例府〔2020〕75号\n"
    assert found["title"].heading == "示例市人民政府关于加强示例工作的意见"


def test_a_title_whose_first_line_ends_like_a_letterhead() -> None:
    found = outlined("示例办公室关于推行规范性文件\n审核机制的意见\n示办发〔2018〕1号\n各单位：\n一、甲\n")
    assert found["title"].heading == "示例办公室关于推行规范性文件审核机制的意见"


def test_a_short_word_above_the_text_is_no_title() -> None:
    assert anchors("备注\n本清单由示例局解释。\n一、甲\n") == ["preamble", "1"]


def test_a_plan_without_a_title() -> None:
    text = "1 总则\n1.1 目的\n为了示例。\n2 体系\n甲乙丙。\n3 附则\n3.1 解释\n丙。\n"
    assert anchors(text) == ["1", "1-1", "2", "3", "3-1"]


PLAN = """示例通知
现将方案印发给你们，请执行。
示例厅
2019年6月6日
第一示例方案
为推进工作，制定本方案。
一、总体要求
要求如下。
二、主要措施
（一）加强管理。加强示例管理。
第二示例方案
为优化服务，制定本方案。
一、总体要求
要求如下。
示例任务清单
任务甲
"""


def test_plans_after_the_signature_are_parts_of_their_own() -> None:
    found = outlined(PLAN)
    assert list(found) == [
        *("title", "preamble", "signature"),
        *("annex-1", "annex-1-preamble", "annex-1-1", "annex-1-2", "annex-1-2-1"),
        *("annex-2", "annex-2-preamble", "annex-2-1"),
        *("annex-3", "annex-3-preamble"),
    ]
    assert [found[f"annex-{k}"].heading for k in (1, 2, 3)] == ["第一示例方案", "第二示例方案", "示例任务清单"]


def test_annexes_with_markers() -> None:
    text = (
        "示例复函\n示例厅：\n来函收悉，函复如下。\n附件：1.示例报告\n2.示例意见\n示例办公厅\n二〇〇四年十一月四日\n"
        "附件1\n关于示例情况的\n报告\n一、情况\n正常。\n示例局\n2004年10月1日\n附件2：示例意见\n建议继续。\n附表\n示例表\n"
    )
    found = outlined(text)
    assert list(found) == [
        *("title", "preamble", "attachments", "signature"),
        *("annex-1", "annex-1-1", "annex-1-signature", "annex-2", "annex-2-preamble", "schedule-1"),
    ]
    assert (found["annex-1"].number, found["annex-1"].heading) == ("附件1", "关于示例情况的报告")
    assert (found["annex-2"].number, found["annex-2"].heading) == ("附件2", "示例意见")


def test_a_plan_in_decimals_with_a_table_of_contents() -> None:
    text = (
        "示例应急预案\n目　　录\n1　总则\n1.1　目的\n2　响应\n2.1　程序\n3　附则\n"
        "1　总则\n1.1　目的\n为应对示例，制定本预案。\n1.1.1 甲类：指示例。\n1.6升示例车辆除外。\n2　响应\n2.1　程序\n"
        "（1）报告。\n（2）处置。\n2.2人员保障\n人员到位。\n3　附则\n本预案自印发之日起实施。\n"
    )
    found = outlined(text)
    assert list(found) == [
        *("title", "toc", "1", "1-1", "1-1-1", "2", "2-1", "2-1-1", "2-1-2", "2-2", "3"),
    ]
    assert found["toc"].text.count("\n") == 6
    assert (found["1-1-1"].number, found["1-1-1"].heading) == ("1.1.1", "甲类")
    assert found["1-1-1"].text.endswith("1.6升示例车辆除外。\n")


def test_contents_without_a_heading() -> None:
    text = "示例条例\n第一章 总则\n第二章 管理\n第三章 附则\n第一章 总则\n第一条 甲。\n第二章 管理\n第二条 乙。\n第三章 附则\n第三条 丙。\n"
    assert anchors(text) == ["title", "toc", "ch-1", "art-1", "ch-2", "art-2", "ch-3", "art-3"]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["一、甲", "1.乙", "2.丙", "二、丁"], ["1", "1-1", "1-2", "2"]),
        (["一.甲", "二.乙"], ["1", "2"]),
        (["第一章 甲", "一、乙", "第二章 丙", "二、丁"], ["ch-1", "ch-1-1", "ch-2", "ch-2-2"]),
        (["第一部分 甲", "一、乙", "第二部分 丙", "一、丁"], ["part-1", "part-1-1", "part-2", "part-2-1"]),
        (["一、甲", "第一，大办示例", "（一）乙", "第二，加快示例", "（一）丙"], ["1", "1-1", "1-1-1", "1-2", "1-2-1"]),
        (["一、甲", "二、乙", "二、丙", "四、丁"], ["1", "2", "2~2", "4"]),
        (["一、甲", "三、乙", "（二）丙"], ["1", "3", "3-2"]),
        (["一、甲", "一是乙。", "二是丙。", "二、丁"], ["1", "2"]),
        (
            ["一、甲", "（一）甲类：", "1.乙", "（1）丙", "①丁", "2.戊", "二、己"],
            ["1", "1-1", "1-1-1", "1-1-1-1", "1-1-1-1-1", "1-1-2", "2"],
        ),
        (["一、甲", "1.乙", "（一）丙", "2.丁"], ["1", "1-1", "1-1-1", "1-2"]),
        (["一、甲", "1.乙", "2.丙", "（一）丁", "1.戊", "2.己"], ["1", "1-1", "1-2", "1-1~2", "1-1~2-1", "1-1~2-2"]),
        (["（一）甲，包括：", "（一）乙；", "（二）丙。", "（二）丁"], ["1", "1-1", "1-2", "2"]),
    ],
)
def test_numbering_as_documents_use_it(lines: list[str], expected: list[str]) -> None:
    assert anchors("\n".join(lines) + "\n") == expected


STATUTE = """示例法
2019年1月1日 示例会议通过
第一编 总则
第一章　总　　则
第一条　为了示例，制定本法。
第二条 有下列情形之一的，适用本法：
（一）甲；
（二）乙，包括：
1.丙；
2.丁。
前款规定不适用于戊。
第二条之一 第三条规定的己，包括：（一）庚；（二）辛。
第二章 烟叶、
示例的生产
第三条规定的壬，由示例部门负责。
第三条 癸。
附　则
第四条 本法自公布之日起施行。
附件一：示例标准
一、范围
"""


def test_a_statute() -> None:
    found = outlined(STATUTE)
    assert list(found) == [
        *("title", "preamble", "bk-1", "bk-1-ch-1", "art-1", "art-2", "art-2-1", "bk-1-ch-2", "art-3"),
        *("supplement", "art-4", "annex-1", "annex-1-1"),
    ]
    assert found["bk-1-ch-2"].heading == "烟叶、示例的生产"
    assert found["art-2"].number == "第二条"
    assert found["art-2"].children == ()
    assert [child.anchor for child in found["supplement"].children] == ["art-4"]


def test_parts_of_an_article() -> None:
    article = outlined(STATUTE)["art-2"]
    assert [(part.anchor, part.number) for part in article.parts] == [
        ("art-2-p1", "第一款"),
        ("art-2-p1-i1", "（一）"),
        ("art-2-p1-i2", "（二）"),
        ("art-2-p1-i2-1", "1."),
        ("art-2-p1-i2-2", "2."),
        ("art-2-p2", "第二款"),
    ]
    texts = {part.anchor: article.text[part.start : part.end] for part in article.parts}
    assert texts["art-2-p1-i2"] == "（二）乙，包括：\n1.丙；\n2.丁。\n"
    assert texts["art-2-p2"] == "前款规定不适用于戊。\n"
    assert texts["art-2-p1"] + texts["art-2-p2"] == article.text


def test_items_inside_a_line_are_parts() -> None:
    article = outlined(STATUTE)["art-2-1"]
    texts = {part.anchor: article.text[part.start : part.end] for part in article.parts}
    assert texts["art-2-1-p1-i1"] == "（一）庚；"
    assert texts["art-2-1-p1-i2"] == "（二）辛。\n" or texts["art-2-1-p1-i2"] == "（二）辛。"


def test_judicial_interpretations_put_articles_under_hanzi_numbers() -> None:
    text = "示例解释\n一、管辖\n第一条 甲：\n一、乙\n第二条 丙。\n二、回避\n第三条 丁。\n"
    assert anchors(text) == ["title", "1", "art-1", "art-2", "2", "art-3"]


def test_quoted_articles_are_not_the_amendments_own() -> None:
    text = (
        "示例修正案\n一、将示例法第一条修改为：\n“第一条 甲：\n（一）乙；\n第二条 丙。”\n"
        "二、增加一条，作为第九条：“第九条 丁。\n第十条 戊。\n三、第三条修改为：“己。”\n四、本修正案自公布之日起施行。\n"
    )
    assert anchors(text) == ["title", "1", "2", "3", "4"]


def test_an_article_that_quotes_a_division() -> None:
    text = "示例修正案\n第五十一条 甲。\n第五十二条 增加一节。内容如下：\n第七节 示例委员会\n第一百二十三条 乙。\n第五十三条 丙。\n"
    assert anchors(text) == ["title", "art-51", "art-52", "art-53"]


def test_two_statutes_in_one_text() -> None:
    text = "示例令\n现公布示例条例。\n省长　示例人\n2019年1月1日\n示例条例\n（2019年1月1日公布）\n第一条 甲。\n第二条 乙。\n"
    found = outlined(text)
    assert list(found) == [
        *("title", "preamble", "signature", "annex-1", "annex-1-preamble", "annex-1-art-1", "annex-1-art-2"),
    ]


def test_markdown_headings_without_numbers() -> None:
    text = "示例标准\n范围\n本标准规定示例。\n程度\n5.1 头部\n5.1.1 重度\n甲。\n附则\n6.1 乙。\n6.2 丙。\n"
    levels = {0: 1, 1: 2, 3: 2, 4: 3, 5: 4, 7: 2}
    assert anchors(text, levels) == [
        "title",
        "h1",
        "h2",
        "h2-5-1",
        "h2-5-1-1",
        "supplement",
        "supplement-6-1",
        "supplement-6-2",
    ]


def test_anchors_do_not_depend_on_unrelated_parts() -> None:
    more = NOTICE.replace("二、主要任务\n", "二、主要任务\n（九）另加一项。示例。\n")
    assert set(anchors(NOTICE)) < set(anchors(more))


def test_marks_and_rebuild() -> None:
    sections = parse(NOTICE)
    found = marks(sections)
    assert found[0] == Mark(1, "title")
    assert found[9] == Mark(3, "2-1-1")
    assert rebuild(NOTICE, found) == sections


def test_rebuild_after_a_hand_edit() -> None:
    text = "新加一行\n" + NOTICE
    moved = {line + 1: mark for line, mark in marks(parse(NOTICE)).items()}
    moved[999] = Mark(1, "beyond")
    moved[6] = Mark(9, "2")
    rebuilt = rebuild(text, moved)
    assert problems(text, rebuilt) == []
    assert [section.anchor for section in rebuilt[:3]] == ["preamble", "title", "preamble~2"]
    assert "2~2" in {section.anchor for top in rebuilt for section in top.walk()}


def test_only_marked_lines_start_sections_in_rebuild() -> None:
    rebuilt = rebuild(NOTICE, {5: Mark(1, "mine")})
    assert [section.anchor for section in rebuilt] == ["preamble", "mine"]
    assert (rebuilt[1].number, rebuilt[1].heading) == ("一、", "总体要求")


FRAGMENTS = [
    *("一、甲\n", "二、乙：\n", "（一）丙。丁。\n", "(二)戊；\n", "1.己\n", "2．庚\n", "（1）辛\n", "①壬\n", "1.1 癸\n", "1.2甲\n"),
    *("1　总则\n", "2 附则\n", "第一章 总则\n", "第二节 甲。\n", "第一条 乙：\n", "第二条之一 丙\n", "第九条规定\n", "第一部分 甲\n"),
    *("附件\n", "附件1：示例\n", "附件：1.甲\n", "附：\n", "目录\n", "附则\n", "示例办法\n", "（2019年1月1日通过）\n", "国务院\n"),
    *("2019年1月1日\n", "二〇〇四年八月十二日\n", "（此件公开发布）\n", "索 引 号：1\n", "“甲\n", "乙”\n", "\n", " \n", "甲", "\r\n", "。\n"),
    "\u2028", "\x0b\n", "|甲|乙|\n", "# 甲\n", "第一，甲\n", "一是甲。\n",
]  # fmt: skip
LEVELS = st.dictionaries(st.integers(0, 30), st.integers(1, 6), max_size=5)


@settings(max_examples=400)
@given(st.lists(st.sampled_from(FRAGMENTS), max_size=30).map("".join), LEVELS)
def test_any_document_parses(text: str, levels: dict[int, int]) -> None:
    assert problems(text, parse(text, levels)) == []


@settings(max_examples=100)
@given(st.text(), LEVELS)
def test_any_text_parses(text: str, levels: dict[int, int]) -> None:
    assert problems(text, parse(text, levels)) == []


@settings(max_examples=100)
@given(
    st.lists(st.sampled_from(FRAGMENTS), max_size=20).map("".join),
    st.dictionaries(
        st.integers(-2, 30),
        st.builds(Mark, st.integers(-1, 90), st.sampled_from(["1", "1~2", "art-1", "annex-1", "title"])),
    ),
)
def test_any_marks_rebuild(text: str, found: dict[int, Mark]) -> None:
    assert problems(text, rebuild(text, found)) == []


@pytest.mark.parametrize(
    "unit",
    [
        "（一）\n",
        "一、甲：\n（一）乙\n",
        "1.",
        "第",
        "附件：\n",
        "甲。\n国务院\n",
        "目录\n第一章 甲\n",
        "第一条 “甲\n",
        "（一）甲；",
        "\n",
    ],
)
def test_time_grows_with_the_length(unit: str) -> None:
    """Eight times the text takes nowhere near the 64 times of a quadratic parser."""

    def seconds(length: int) -> float:
        text = unit * (length // len(unit))
        start = time.process_time()
        parse(text)
        return time.process_time() - start

    short, long = seconds(10_000), seconds(80_000)
    assert long < 30 * short + 0.5


def test_statutes(laws: Path) -> None:
    pairs = []
    for path in statutes(laws)[::40]:
        text, levels = read_markdown(path)
        sections = parse(text, levels)
        assert problems(text, sections) == [], path.name
        pairs.append((outlined_articles(sections), printed_articles(text)))
        plain = outlined_articles(parse(text))
        assert plain == pairs[-1][0], f"{path.name} without its Markdown headings"
    assert len(pairs) > 80
    assert f1(pairs) > 0.99


def test_real_notices(notices: Path) -> None:
    expected = {
        "005": (5, 9, 21), "009": (6, 17, 0), "013": (6, 23, 0), "015": (8, 20, 0), "017": (5, 13, 4), "037": (30, 0, 0), "057": (5, 53, 0),
    }  # fmt: skip
    for name, counts in expected.items():
        lines = (line.strip() for line in (notices / f"{name}.txt").read_text(encoding="utf-8").split("\n"))
        found = outlined("".join(f"{line}\n" for line in lines if line))
        depths = [anchor.count("-") + 1 for anchor, section in found.items() if section.number]
        assert tuple(depths.count(depth) for depth in (1, 2, 3)) == counts, name
        assert "signature" in found
