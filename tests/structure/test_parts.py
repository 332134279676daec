"""Several documents in one file: annexes, forwarded texts, gazettes; each has its own address and signature."""

from __future__ import annotations

from kb.base.model import Metadata, Section
from kb.structure import metadata, outline, parts
from kb.structure.extracted import Extracted


def outlined(text: str) -> dict[str, Section]:
    return {section.anchor: section for top in outline.parse(text) for section in top.walk()}


def whole(text: str, anchor: str) -> str:
    return "".join(section.text for section in outlined(text)[anchor].walk())


def facts(text: str) -> Metadata:
    return metadata.find(text, outline.parse(text), Extracted(text, "text/plain"), "x")


HEAD = "示例市人民政府关于公布渡口的通知\n示府〔2031〕7号\n各区人民政府：\n现予公布。\n"
SIGNED = "示例市人民政府\n2031年5月6日\n"


def test_a_list_of_annexes_is_none_whatever_its_form() -> None:
    for listed in (
        "附件：1.甲渡口表\n2.乙渡口表\n",
        "附件1.甲渡口表\n2.乙渡口表\n",
        "附件1：甲渡口表\n附件2：乙渡口表\n",
        "附件：\n一、甲渡口表\n二、乙渡口表\n",
    ):
        text = f"{HEAD}{listed}{SIGNED}附件1\n甲渡口表\n东经一百一十六度\n附件2\n乙渡口表\n北纬二十三度\n"
        assert "东经" in whole(text, "annex-1"), listed
        assert "示例市" not in whole(text, "annex-1")
        assert "北纬" in whole(text, "annex-2")
        assert "乙渡口表" in outlined(text)["attachments"].text
        assert facts(text).issuer == "示例市人民政府"


def test_an_annex_begins_where_its_listed_title_stands_alone() -> None:
    text = f"{HEAD}{SIGNED}附件：1.合格渡口名单\n2.注销渡口名单\n合格渡口名单\n一、甲渡口\n注销渡口名单\n一、乙渡口\n"
    assert "甲渡口" in whole(text, "annex-1")
    assert "乙渡口" not in whole(text, "annex-1")
    assert "乙渡口" in whole(text, "annex-2")


def test_the_annexes_of_a_plan_that_is_sent_on_are_the_plans_own() -> None:
    text = (
        f"示例市人民政府关于印发《示例渡口方案》的通知\n各区：\n现将《示例渡口方案》印发给你们。\n{SIGNED}示例渡口方案\n"
        "一、目标。\n二、分工（见附件1）。\n附件：1.分工表\n2.经费表\n附件1\n分工表\n甲局管桥。\n附件2\n经费表\n八十万元。\n"
    )
    found = outlined(text)
    assert found["annex-1"].heading == "示例渡口方案"
    assert found["annex-1-annex-1"].number == "附件1"
    assert found["annex-1-annex-1"].heading == "分工表"
    assert "八十万元" in whole(text, "annex-1-annex-2")


def test_a_text_that_is_forwarded_has_its_own_part_and_signature() -> None:
    text = (
        "示例区渡口局转发示例市渡口局关于年检的通知\n示区渡〔2031〕4号\n各渡口：\n"
        "现将《示例市渡口局关于年检的通知》转发给你们，请执行。\n示例市渡口局关于年检的通知\n示渡〔2031〕9号\n各区：\n"
        "一、按时年检。\n示例市渡口局\n2031年3月5日\n"
    )
    assert outlined(text)["annex-1"].heading == "示例市渡口局关于年检的通知"
    assert "signature" not in outlined(text)
    found = facts(text)
    assert (found.issuer, found.document_number, found.date) == ("示例区渡口局", "示区渡〔2031〕4号", "")


def test_the_documents_of_a_gazette_stand_apart() -> None:
    text = (
        "示例市人民政府公报\n2031年第2期\n示例市人民政府关于印发《示例渡口办法》的通知\n示府〔2031〕11号\n各区：\n"
        f"现将《示例渡口办法》印发给你们。\n{SIGNED}示例渡口办法\n第一条　为了管好渡口，制定本办法。\n第二条　渡口应当年检。\n"
        f"示例市人民政府关于公布古桥的通知\n示府〔2031〕12号\n各区：\n古桥列为文物。\n{SIGNED}"
    )
    found = outlined(text)
    assert found["annex-1"].heading == "示例渡口办法"
    assert found["annex-2"].heading == "示例市人民政府关于公布古桥的通知"
    assert "年检" in found["annex-1-art-2"].text
    assert "古桥" not in found["annex-1-art-2"].text


def test_a_title_that_stands_twice_at_the_head_starts_no_part() -> None:
    text = "示例法院关于渡口的解释\n2031年5月6日通过\n示例法院\n关于渡口的解释\n法释〔2031〕3号\n第一条　渡口是码头。\n"
    assert "art-1" in outlined(text)


def test_what_a_contained_document_says_of_itself() -> None:
    text = (
        "示例市人民政府公报\n2031年第2期\n目录\n示例市人民政府关于修渡口的通知（1）\n示例市渡口局关于年检的意见（2）\n"
        f"示例市人民政府关于修渡口的通知\n示府〔2031〕11号\n各区：\n一、修渡口。\n{SIGNED}"
        "示例市渡口局关于年检的意见\n示渡〔2031〕12号\n各区：\n一、年检。\n示例市渡口局\n2031年5月7日\n附件1\n年检表\n甲。\n乙局\n2030年1月1日\n"
    )
    first, second = parts.contained(outline.parse(text))
    assert (first.anchor, first.number, first.issuer, first.date) == (
        "annex-1",
        "示府〔2031〕11号",
        "示例市人民政府",
        "2031-05-06",
    )
    assert (second.title, second.number) == ("示例市渡口局关于年检的意见", "示渡〔2031〕12号")
    assert (second.issuer, second.date) == ("示例市渡口局", "2031-05-07")
    assert facts(text).title == "示例市人民政府公报"
