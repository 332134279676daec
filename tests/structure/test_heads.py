"""版头, titles, numbers and signatures as GB/T 9704-2012 and as sites print them."""

from __future__ import annotations

import time

import pytest

from kb.base.model import Document, Metadata, Provenance
from kb.law.statements import statements
from kb.structure import heads, history, metadata, outline
from kb.structure.extracted import Extracted


def facts(text: str, name: str = "x", page: str = "") -> Metadata:
    return metadata.find(text, outline.parse(text), Extracted(text, "text/plain", title=page), name)


BODY = "2031年，各渡口认真年检，现将有关情况报告如下。\n一、主要做法\n（一）加强组织。\n示例区渡口局\n2032年1月9日\n"


@pytest.mark.parametrize(
    "title",
    [
        "示例区2031年度渡口年检情况",
        "在示例市渡口工作会议上的讲话",
        "示例区渡口局处罚事先告知书",
        "示例县渡口办事须知",
        "示例市渡口招聘启事",
        "示例区渡口局工作汇报",
        "示例市渡口权责清单",
        "示例市渡口工作要点",
        "致全市船员的公开信",
        "示例渡口大事记",
    ],
)
def test_a_title_above_the_text_beats_file_name_and_invention(title: str) -> None:
    found = facts(f"{title}\n{BODY}", name="某某网站下载文件")
    assert (found.title, found.found["title"]) == (title, "text")


def test_the_title_of_a_page_beats_an_invented_one() -> None:
    assert facts(BODY, page="示例区2031年度渡口年检情况_示例区人民政府").title == "示例区2031年度渡口年检情况"
    assert facts(BODY, page="示例区人民政府门户网站").title != "示例区人民政府门户网站"


@pytest.mark.parametrize(
    "above",
    [
        "000018\n机密★1年\n特急\n",
        "特急\n",
        "主动公开\n",
        "SLGS-2031-014\n",
        "登记号：示例2031-7\n",
        "内部资料\n",
        "示例市渡口局文件\n",
        "示例市渡口局规范性文件\n",
        "示例市交通局\n示例市渡口局文件\n",
        "签发人：示例甲\n",
    ],
)
def test_lines_of_the_letterhead_are_no_part_of_the_title(above: str) -> None:
    found = facts(
        f"{above}示渡〔2031〕5号　　　签发人：示例乙\n示例市渡口局关于渡口年检的通知\n各渡口：\n现予通知。\n示例市渡口局\n2031年2月3日\n"
    )
    assert (found.title, found.document_number) == ("示例市渡口局关于渡口年检的通知", "示渡〔2031〕5号")
    assert found.issuer == "示例市渡口局"


def test_a_table_of_contents_is_no_part_of_the_title() -> None:
    text = "示例市渡口规划（2031—2040年）\n目　录\n第一章　总则\n第二章　任务\n第一章　总则\n安全第一。\n第二章　任务\n年内开工。\n"
    assert facts(text).title == "示例市渡口规划（2031—2040年）"


def test_an_order_below_the_title_of_what_it_proclaims() -> None:
    text = (
        "示例市人民政府关于废止渡口办法的决定\n示例市人民政府令\n第61号\n本决定已经通过，现予公布。\n市长　示例甲\n2031年2月3日\n"
        "一、废止《示例渡口办法》。\n"
    )
    found = facts(text)
    assert found.title == "示例市人民政府关于废止渡口办法的决定"
    assert found.document_number.endswith("第61号")


def test_a_number_inside_a_title_of_two_lines_is_not_the_documents() -> None:
    text = "示例市渡口局关于贯彻国示发〔2030〕1号\n文件精神加强年检的意见\n示渡〔2031〕5号\n各渡口：\n制定本意见。\n"
    found = facts(text)
    assert found.title == "示例市渡口局关于贯彻国示发〔2030〕1号文件精神加强年检的意见"
    assert found.document_number == "示渡〔2031〕5号"


@pytest.mark.parametrize("gap", ["\n", "　", "、"])
def test_a_joint_document_has_all_its_numbers(gap: str) -> None:
    numbers = gap.join(("示渡〔2031〕5号", "示交〔2031〕8号", "示财〔2031〕13号"))
    text = f"示例市渡口局\n示例市交通局\n示例市财政局文件\n{numbers}\n关于规范收费的通知\n各区：\n一、严格收费。\n"
    found = facts(text)
    assert found.document_number == "示渡〔2031〕5号、示交〔2031〕8号、示财〔2031〕13号"
    assert found.title == "关于规范收费的通知"


@pytest.mark.parametrize("printed", ["示渡〔２０３１〕２５号", "示渡〔2O31〕25号", "示渡〔２O３１〕２５号"])
def test_the_figures_of_a_number_are_written_in_one_way(printed: str) -> None:
    assert heads.number_in_figures(printed) == "示渡〔2031〕25号"


@pytest.mark.parametrize("number", ["〔2031〕28号", "〔2031〕第28号", "（2031）3号", "〔2031〕6期"])
def test_minutes_bear_only_year_and_number(number: str) -> None:
    text = f"示例市人民政府常务会议纪要\n{number}\n示例市人民政府办公室　　　2031年8月15日\n8月12日，开会。纪要如下：\n一、听取汇报。\n"
    found = facts(text)
    assert (found.document_number, found.date) == (number, "2031-08-15")
    assert found.title == "示例市人民政府常务会议纪要"


@pytest.mark.parametrize(
    "signed",
    [
        "示例区渡口局   示例区交通局\n      2031年3月1日            2031年3月1日\n",
        "| 示例区渡口局 | 示例区交通局 |\n| 2031年3月1日 | 2031年3月1日 |\n",
        "示例区渡口局　　示例区交通局\n2031年3月1日\n",
    ],
)
def test_signatures_in_columns(signed: str) -> None:
    found = facts(f"关于开展年检的通知\n示渡〔2031〕5号\n各镇：\n一、开展年检。\n{signed}")
    assert (found.issuer, found.date) == ("示例区渡口局、示例区交通局", "2031-03-01")


@pytest.mark.parametrize(
    "lines",
    [
        "示例市渡口年检专家\n评审结果",
        "示例市中级人民法\n院渡口案件新闻发布稿",
        "关于公开征求《示例渡口规定\n（征求意见稿）》意见的公告",
        "《示例市渡口办法\n》贯彻实施情况汇报",
        "示例区2031年度渡口\n年检情况",
    ],
)
def test_a_title_goes_on_over_its_lines_whatever_its_last_word(lines: str) -> None:
    found = facts(f"内部资料 注意保存\n{lines}\n示例区渡口局\n（2031年3月2日）\n{BODY}", name="某某下载文件")
    assert found.title == lines.replace("\n", "")


def test_organs_that_sign_one_below_the_other_each_with_a_date() -> None:
    found = facts("关于巡河的通知\n各村：\n一、清河。\n示例镇人民政府\n2031年9月1日\n示例县水利局\n2031年9月2日\n")
    assert (found.issuer, found.date) == ("示例镇人民政府、示例县水利局", "2031-09-02")


@pytest.mark.parametrize(
    "printed", ["2O31年8月2O日", "２０３１．８．２０", "２０３１－０８－２０", "二Ｏ三一年八月二十日"]
)
def test_a_date_with_letters_for_zeros_or_wide_figures(printed: str) -> None:
    assert facts(f"示例区教育局关于开学的通知\n各校：\n九月一日开学。\n示例区教育局\n{printed}\n").date == "2031-08-20"


def test_a_forwarded_notice_without_number_below_its_title_is_a_document_of_its_own() -> None:
    text = "示例镇人民政府转发县应急局关于值守的通知\n示镇〔2031〕7号\n各村：\n现转发给你们，请遵照执行。\n示例县应急局关于值守的通知\n各镇：\n一、值班。\n示例县应急局\n2031年6月1日\n"
    assert facts(text).issuer == "示例镇人民政府"
    assert [section.heading for section in outline.parse(text) if outline.is_part(section.anchor)] == [
        "示例县应急局关于值守的通知"
    ]


@pytest.mark.parametrize(
    ("printed", "title"),
    [
        ("2031年\n渡口工作要点", "2031年渡口工作要点"),
        ("2031\n年渡口工作要点", "2031年渡口工作要点"),
        ("示例市人民政府关于渡口的通\n知", "示例市人民政府关于渡口的通知"),
        ("示例区市场\n监\n督管理局关于渡口的通知", "示例区市场监督管理局关于渡口的通知"),
        ("示例市人民政府关于渡口\n的承诺", "示例市人民政府关于渡口的承诺"),
    ],
)
def test_a_title_broken_anywhere(printed: str, title: str) -> None:
    assert facts(f"{printed}\n（2031年4月1日）\n{BODY}").title == title


def test_a_page_title_before_the_name_of_the_site_beats_a_file_name() -> None:
    text = "各单位：\n一、示例。\n示例市人民政府\n2031年4月5日\n"
    assert (
        facts(text, "网站下载文件", "示例市人民政府关于渡口的承诺_示例市人民政府").title
        == "示例市人民政府关于渡口的承诺"
    )
    assert facts(text, "网站下载文件", "政务公开_示例市人民政府").title == "网站下载文件"


@pytest.mark.parametrize(
    ("printed", "issuer"),
    [
        ("示例市第三届人民代表大会常务委员会第五次会议通过", "示例市人民代表大会常务委员会"),
        ("示例市七届人民代表大会常务委员会第一次会议通过", "示例市人民代表大会常务委员会"),
        ("示例朝鲜族自治州第十届人民代表大会第二次会议通过", "示例朝鲜族自治州人民代表大会"),
        ("示例市人民代表大会常务员会第五次会议通过", ""),
        ("示例省人民代表大会常委员会第五次会议通过", ""),
        ("示例市人民代表会第三次会议通过", ""),
        ("示例市人民代表大会常务委员会会第五次会议通过", ""),
        ("示例市人民代表大会常务委员第三次会议通过", ""),
        ("市十二届人民代表大会常务委员会第三次会议通过", ""),
        ("县人民代表大会第三次会议通过", ""),
        ("市九届人大常委会第三次会议通过", ""),
    ],
)
def test_a_name_that_is_not_whole_is_no_issuer(printed: str, issuer: str) -> None:
    text = f"示例条例\n（2020年1月2日{printed}）\n第一条　为了示例，制定本条例。\n"
    assert heads.read(text).issuer == issuer


def test_an_order_of_two_bodies_is_numbered_by_both() -> None:
    text = (
        "示例条例\n（2005年6月23日中华人民共和国国务院、中华人民共和国中央军事委员会令第438号公布　"
        "2022年12月10日中华人民共和国国务院、中华人民共和国中央军事委员会令第757号第二次修订）\n第一条　制定本条例。\n"
    )
    assert heads.read(text).number == "中华人民共和国国务院、中华人民共和国中央军事委员会令第757号"


def test_lines_of_nothing_but_marks_are_no_part_of_a_title() -> None:
    assert heads.read("...................................《《《.附件1\n附件1").number == ""


@pytest.mark.parametrize(
    "line",
    [
        "（" * 9_000 + "2021年3月5日" * 300 + "）" * 9_000,
        "（2021年1月1日起施行" + "\t" * 3_000 + "示例2022年1月1日",
        "示例令第1号， " * 40,
    ],
)
def test_a_line_of_brackets_or_blanks_is_read_in_time_that_grows_with_it(line: str) -> None:
    text = f"示例办法\n{line}\n第一条 示例。\n附件\n{line}\n"
    before = time.process_time()
    sections = outline.parse(text)
    made = Document("a", "x", facts(text), Provenance("", "", "", "text/plain"), sections)
    assert list(statements(made)) is not None and list(history.events(line)) is not None
    assert time.process_time() - before < 2


def test_what_a_line_tells_of_a_day_ends_before_what_leads_to_the_next() -> None:
    line = "2021年3月5日示例大会通过　根据 2022年4月6日示例会议《关于修改的决定》修正 、2023年5月7日修订"
    assert [each.told for each in history.events(line)] == ["示例大会通过", "示例会议《关于修改的决定》修正", "修订"]
