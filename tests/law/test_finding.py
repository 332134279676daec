"""What is found in one document, without any other."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.corpus.folder import Corpus
from kb.law.find import Citation, find
from tests.law.laws import LAW, RULES, document

BUNDLED = Path(__file__).parents[2] / "corpus"
LABELLED: dict[str, Any] = json.loads((Path(__file__).parents[1] / "data" / "citations.json").read_text("utf-8"))


def cited(text: str, title: str = "示例通知") -> list[tuple[str, str, str, str]]:
    """Answer (kind, text, name, place) of what one paragraph cites."""
    found = find(document("示例", f"{title}\n一、{text}\n", title=title))
    return [(each.kind, each.text, each.name, each.place) for each in found if each.anchor != "title"]


def test_the_report_cites_14_titles_one_number_and_the_civil_code() -> None:
    found = find(Corpus(BUNDLED).read("haojiang-2021-report"))
    assert [each.kind for each in found].count("title") == 14
    assert [each.text for each in found if each.kind == "number"] == ["汕濠府〔2020〕75号"]
    assert {each.name for each in found if each.kind == "short"} == {"中华人民共和国民法典"}
    announcement = next(each for each in found if each.kind == "number")
    assert announcement.also == "汕头市濠江区人民政府关于将一批区级行政职权调整由街道实施的公告"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "依照《示例法》第十二条第二款第（三）项办理。",
            [("title", "《示例法》第十二条第二款第（三）项", "示例法", "art-12-p2-i3")],
        ),
        ("依照《示例法》办理。", [("title", "《示例法》", "示例法", "")]),
        (
            "违反《示例法》第三条、第五条第一款和第二款的。",
            [
                ("title", "《示例法》第三条", "示例法", "art-3"),
                ("article", "第五条第一款", "示例法", "art-5-p1"),
                ("article", "第二款", "示例法", "art-5-p2"),
            ],
        ),
        ("《示例法》第三条至第五条规定", [("title", "《示例法》第三条至第五条", "示例法", "art-3")]),
        (
            "《民法总则》第一百五十三条、第三条",
            [
                ("title", "《民法总则》第一百五十三条", "民法总则", "art-153"),
                ("article", "第三条", "民法总则", "art-3"),
            ],
        ),
        ("依照行诉法第十二条", [("short", "行诉法第十二条", "中华人民共和国行政诉讼法", "art-12")]),
        (
            "宣传民法典、刑法",
            [("short", "民法典", "中华人民共和国民法典", ""), ("short", "刑法", "中华人民共和国刑法", "")],
        ),
        ("刑法分则第八章规定的犯罪", [("short", "刑法分则第八章", "中华人民共和国刑法", "bk-2-ch-8")]),
        ("刑法第一百三十三条之一", [("short", "刑法第一百三十三条之一", "中华人民共和国刑法", "art-133-1")]),
        (
            "土地管理法实施条例第二十条",
            [("short", "土地管理法实施条例第二十条", "中华人民共和国土地管理法实施条例", "art-20")],
        ),
        (
            "按照《示例条例》办理，该条例另有规定的除外。",
            [("title", "《示例条例》", "示例条例", ""), ("relative", "该条例", "示例条例", "")],
        ),
        ("《关于修改〈示例法〉的决定》", [("title", "《关于修改〈示例法〉的决定》", "关于修改〈示例法〉的决定", "")]),
        ("《关于修改《示例法》的决定》", [("title", "《关于修改《示例法》的决定》", "关于修改《示例法》的决定", "")]),
        ("发给《示例许可证》，填写《示例登记表》，登在《示例日报》上。", []),
        ("《示例法", []),
        ("不同法律、合同法律关系、基本法律、刑法学、该法院、本法院", []),
    ],
)
def test_titles_short_names_and_places(text: str, expected: list[tuple[str, str, str, str]]) -> None:
    assert cited(text) == expected


@pytest.mark.parametrize(
    "printed",
    [
        "汕濠府〔2020〕75号",
        "汕濠府[2020]75号",
        "汕濠府【2020】75号",
        "汕濠府〔2020〕 75 号",
        "国务院令第707号",
        "示例部公告2019年第5号",
    ],
)
def test_numbers_in_all_spellings(printed: str) -> None:
    assert [(kind, text) for kind, text, _, _ in cited(f"根据{printed}的要求")] == [("number", printed)]


def test_a_documents_own_number_is_no_citation() -> None:
    own = document(
        "示例", "示例通知\n示例发〔2020〕1号\n一、按照示例发〔2020〕1号办理。\n", document_number="示例发〔2020〕1号"
    )
    assert find(own) == []


def test_what_a_document_defines_is_understood_in_it() -> None:
    found = find(document("示例", RULES))
    assert [(each.anchor, each.name, each.place) for each in found if each.name] == [
        ("art-1", "中华人民共和国示例法", "art-2-p1-i2"),
        ("art-2", "中华人民共和国示例法", "art-2"),
        ("art-2", "中华人民共和国示例法", "art-3"),
        ("art-2", "中华人民共和国示例法", "art-999"),
    ]


def test_relative_places_are_those_of_the_law_itself() -> None:
    found = [(each.text, each.place) for each in find(document("示例", LAW)) if each.anchor == "art-2"]
    assert found == [("前款", "art-2-p1"), ("本法第三条", "art-3")]


def test_this_measure_in_an_annex_is_the_annex() -> None:
    text = "示例局关于印发示例办法的通知\n现将《示例办法》印发给你们。\n示例局\n2020年1月1日\n附件\n示例办法\n第一条　制定本办法。\n第二条　违反本办法第一条的。\n"
    found = [each for each in find(document("示例", text)) if each.anchor.startswith("annex-1-")]
    assert [(each.text, each.place) for each in found] == [("本办法", "annex-1"), ("本办法第一条", "annex-1-art-1")]


def test_a_law_quoted_in_an_answer_speaks_of_itself() -> None:
    text = "大气污染防治法第八十条规定：“违反本法规定的。”\n第一百一十七条规定处罚。"
    assert [(name, place) for _, _, name, place in cited(text, "关于示例问题的复函")] == [
        ("中华人民共和国大气污染防治法", "art-80"),
        ("中华人民共和国大气污染防治法", ""),
        ("中华人民共和国大气污染防治法", "art-117"),
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # the law that is quoted speaks of itself
        (
            "违反条款\n- 《示例法》第十九条第二款　前款规定的示例。\n- 《示例法》第二十条　示例。\n前款所称示例。",
            [("示例法", "art-19-p2"), ("示例法", "art-19-p1"), ("示例法", "art-20"), ("示例法", "art-20-p1")],
        ),
        (
            "将《示例法》第二十条修改为：\n“第二十条　示例。\n“违反前款规定的，示例。”\n增加一款：“前款示例。”",
            [("示例法", "art-20"), ("示例法", "art-20-p1"), ("", "1")],
        ),
        ("《示例办法》第十一条　公开本办法第九条规定的示例。", [("示例办法", "art-11"), ("示例办法", "art-9")]),
        ("《示例法》第二十条 第二款禁止示例。", [("示例法", "art-20-p2")]),
        # what stands in brackets is an aside
        (
            "《示例法》第三条（《示例修正案》第一条），以及第四条（《示例修正案》第二条）",
            [("示例法", "art-3"), ("示例修正案", "art-1"), ("示例法", "art-4"), ("示例修正案", "art-2")],
        ),
        ("根据《海峡两岸示例框架协议》，签订《示例合作协议》。", [("海峡两岸示例框架协议", "")]),
    ],
)
def test_what_stands_where_a_law_is_quoted(text: str, expected: list[tuple[str, str]]) -> None:
    assert [(name, place) for _, _, name, place in cited(text, "示例清单")] == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("可以根据本条例制定具体办法。", [("本条例", "")]),
        ("本条例法定的示例，本法院不受理。", [("本条例", "")]),
    ],
)
def test_a_document_names_itself(text: str, expected: list[tuple[str, str]]) -> None:
    assert [(text, place) for _, text, _, place in cited(text, "示例条例")] == expected


def test_this_plan_of_action_is_the_plan() -> None:
    assert [text for _, text, _, _ in cited("制定本行动方案，确保本方案实施。", "示例专项行动方案")] == [
        "本行动方案",
        "本方案",
    ]


def test_what_is_violated_without_an_article_is_in_the_one_named_before() -> None:
    law = (
        "示例条例\n第一条　示例。\n第二条　违反本条例第一条第一款规定，有下列情形的，处罚：\n（一）违反第一项规定的；\n（二）违反第三项规定的。\n"
        "第三条　违反第一条第一款规定的，处罚；违反第二款规定的，从重；违反本条第一款的除外。\n"
    )
    found = [(each.text, each.place) for each in find(document("示例", law))]
    assert found == [
        ("本条例第一条第一款", "art-1-p1"),
        ("第一项", "art-1-p1-i1"),
        ("第三项", "art-1-p1-i3"),
        ("第一条第一款", "art-1-p1"),
        ("第二款", "art-1-p2"),
        ("本条第一款", "art-3-p1"),
    ]


def test_what_looks_like_a_law_and_is_none() -> None:
    text = "示例人凭《示例国残疾人证》（以下简称残疾人证）办理。凭残疾人证免费。由宪法和法律委员会审议。"
    assert cited(text) == []
    title = "中华人民共和国土地增值税暂行条例"
    assert find(document("示例", f"{title}\n第一条　示例。\n", title=title)) == []


def test_several_items_of_the_paragraph_before_are_a_place_each() -> None:
    law = "示例条例\n第一条　示例：\n（一）甲；\n（二）乙；\n（三）丙。\n有前款第（二）、（三）项所列情形的。\n"
    assert [(each.text, each.place) for each in find(document("示例", law)) if each.place] == [
        ("前款第（二）", "art-1-p1-i2"),
        ("（三）项", "art-1-p1-i3"),
    ]


_PIECES = [
    "《",
    "》",
    "〈",
    "〉",
    "示例法",
    "第三条",
    "第（一）项",
    "、",
    "和",
    "本法",
    "前款",
    "〔2020〕",
    "5号",
    "该条例",
    "民法典",
    "\n",
    "（以下简称《",
    "）",
]


@given(st.lists(st.one_of(st.sampled_from(_PIECES), st.text(max_size=4)), max_size=40).map("".join))
def test_any_text_is_read_and_spans_are_the_text_they_claim(text: str) -> None:
    made = document("示例", f"示例通知\n{text}\n", title="示例通知")
    texts = {section.anchor: section.text for section in made.walk()}
    ends: dict[str, int] = {}
    for each in find(made):
        assert texts[each.anchor][each.start : each.end] == each.text != ""
        assert each.start >= ends.get(each.anchor, 0), "spans of one section do not overlap"
        ends[each.anchor] = each.end


def test_ten_thousand_citations_in_one_section_and_ten_thousand_open_marks() -> None:
    assert len(cited("依照《示例法》第三条、" * 10_000)) == 10_000
    assert len(cited("依照《示例法》" + "第三条、" * 10_000)) == 10_000
    assert cited("《" * 10_000) == []


def _score(found: set[tuple[Any, ...]], wanted: set[tuple[Any, ...]]) -> tuple[float, float]:
    right = len(found & wanted)
    return right / len(found), right / len(wanted)


@pytest.mark.parametrize("half", ["first", "last"])
def test_hand_labelled_citations_are_found(half: str, labelled: Corpus) -> None:
    found: set[tuple[Any, ...]] = set()
    wanted: set[tuple[Any, ...]] = set()
    for row in LABELLED[half]:
        place = (row["document"], row["anchor"])
        wanted |= {(*place, start, end) for start, end, _, _ in row["citations"]}
        found |= {(*place, each.start, each.end) for each in _in_section(labelled, *place)}
    precision, recall = _score(found, wanted)
    assert precision >= 0.97
    assert recall >= 0.97


def _in_section(corpus: Corpus, id: str, anchor: str) -> list[Citation]:
    return [each for each in find(corpus.read(id)) if each.anchor == anchor]


MEMO_PLACES = [
    ("见《民法典》第500、501条。", ["art-500", "art-501"]),
    ("见《民法典》第五百条、五百零一条和第505条。", ["art-500", "art-501", "art-505"]),
    ("依照《行政处罚法》第三十二条（一）、（三）项。", ["art-32-i1", "art-32-i3"]),
    ("见民法典第五百至五百零二条。", ["art-500"]),
    ("见民法典第509-511条。", ["art-509"]),
    ("民法典§1165、刑法§133之一第1款", ["art-1165", "art-133-1-p1"]),
    ("《公司法》第二十条规定了责任，该条第三款规定了例外。", ["art-20", "art-20-p3"]),
    ("依法释〔2023〕7号第一条定罪。", ["", "art-1"]),
]


@pytest.mark.parametrize(("text", "places"), MEMO_PLACES)
def test_lists_ranges_and_signs_name_every_place(text: str, places: list[str]) -> None:
    found = find(document("备忘录", text), memo=True)
    assert [each.place for each in found] == places
    assert all(text[each.start : each.end] == each.text for each in found)


@pytest.mark.parametrize("text", ["担保人依照第二十条第三款承担责任。", "根据前款办理。", "第三款的规定不适用。"])
def test_a_place_of_no_law_is_told_in_a_memo_as_not_understood(text: str) -> None:
    (one,) = find(document("备忘录", text), memo=True)
    assert one.kind == "unmarked"


@pytest.mark.parametrize("verb", ["依", "见", "违反", "参见", "经", "按照"])
def test_words_before_a_number_are_no_part_of_it(verb: str) -> None:
    (one,) = find(document("备忘录", f"该行为{verb}法释〔2023〕7号办理。"), memo=True)
    assert one.name == "法释〔2023〕7号"


def test_an_article_directly_after_its_law_needs_no_ordinal() -> None:
    text = "《行政强制法》四十四条、《刑法》264条；《消费者权益保护法》十周年。"
    found = find(document("备忘录", text), memo=True)
    assert [each.place for each in found] == ["art-44", "art-264", ""]
