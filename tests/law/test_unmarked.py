"""An article is that of the name it stands at, understood or not; never of the law that was named before."""

from __future__ import annotations

import time

import pytest

from kb.corpus.folder import Corpus
from kb.law.checking import Checked, check
from kb.law.find import find
from kb.law.gaps import gaps
from kb.law.reader import Found
from kb.law.store import Store
from tests.law.laws import Shelf, document
from tests.law.test_finding import cited

TODAY = "2021-01-01"
LAW = "中华人民共和国示例法\n" + "".join(f"第{n}条　示例{n}。\n" for n in "一二三四五六七八九十")
BYLAW = "示例经济特区消防条例\n" + "".join(f"第{n}条　消防示例{n}。\n" for n in "一二三四五六七八九十")


@pytest.fixture
def statutes(shelf: Shelf) -> Shelf:
    shelf.put("示例法", LAW, date="2015-01-01")
    shelf.put("消防条例", BYLAW, date="2016-01-01")
    shelf.put("征收条例", BYLAW.replace("示例经济特区消防", "示例房屋征收与补偿"), date="2016-01-01")
    shelf.update()
    return shelf


def checked(shelf: Shelf, text: str) -> list[Checked]:
    with shelf.store.reading() as reader:
        return list(check(reader, shelf.corpus, text, TODAY, TODAY))


def told(shelf: Shelf, text: str) -> list[tuple[str, str, str]]:
    """Answer (status, document, anchor) of what a text cites."""
    return [
        (
            each.fate.status,
            each.resolved.target.document.id if each.resolved.target else "",
            each.resolved.target.anchor if each.resolved.target else "",
        )
        for each in checked(shelf, text)
    ]


@pytest.mark.parametrize(
    "name",
    [
        "示例司法解释（四）",
        "示例法司法解释（九）",
        "《示例法》司法解释（九）",
        "示例会议纪要",
        "“示例纪要”",
        "邻市消防条例",
        "市消防条例",
        "示例解释一",
        "示例上市规则",
        "办法",
        "员工手册",
        "《员工手册》",
        "该办法",
        "〔2020〕5号文",
        "德国民法典",
        "示例公司管理制度的",
    ],
)
@pytest.mark.parametrize(
    "before", ["《示例法》第五条，依照", "《示例法》第五条；", "依据《示例法》第五条。", "《示例法》第五条、"]
)
def test_a_name_that_is_not_understood_is_told_and_takes_its_articles(statutes: Shelf, before: str, name: str) -> None:
    first, *others = told(statutes, f"{before}{name}第三条、第四条办理，第六条另有规定。")
    assert first == ("right", "示例法", "art-5")
    assert len(others) == 3
    assert {status for status, _, _ in others} <= {"unread", "not in the corpus"}
    assert {document for _, document, _ in others} == {""}


@pytest.mark.parametrize(
    ("text", "document", "anchor"),
    [
        ("示例经济特区消防条例第二条", "消防条例", "art-2"),
        ("示例经济特区消防条例（示例令第5号）第二条", "消防条例", "art-2"),
        ("消防车通道依据示例经济特区消防条例第二条", "消防条例", "art-2"),
        ("原告主张的示例经济特区消防条例的第二条", "消防条例", "art-2"),
        ("违反了示例房屋征收与补偿条例第三条", "征收条例", "art-3"),
        ("应以示例经济特区消防条例第二条为准", "消防条例", "art-2"),
        ("邻市消防条例和示例经济特区消防条例第二条", "消防条例", "art-2"),
    ],
)
def test_the_very_title_of_a_document_needs_no_marks(statutes: Shelf, text: str, document: str, anchor: str) -> None:
    assert told(statutes, f"处罚依据《示例法》第五条，{text}。") == [
        ("right", "示例法", "art-5"),
        ("right", document, anchor),
    ]


@pytest.mark.parametrize(
    ("text", "anchors"),
    [
        ("《示例法》第三条第一款、第四条", ["art-3-p1", "art-4"]),
        ("《示例法》第三条规定违约；第四条规定解除", ["art-3", "art-4"]),
        ("《示例法》第三条。第四条另有规定", ["art-3", "art-4"]),
        ("《示例法》第三条规定了计算办法，第四条规定了例外", ["art-3", "art-4"]),
        ("依照《示例法》规定第三条", ["", "art-3"]),
        ("《示例法》第三条，适用第四条，违反第五条", ["art-3", "art-4", "art-5"]),
        ("《示例法》第三条，该法第四条，同法第五条", ["art-3", "art-4", "art-5"]),
        ("依照《示例法》第三条的规定，按照规定第四条", ["art-3", "art-4"]),
    ],
)
def test_what_is_left_out_is_still_understood(statutes: Shelf, text: str, anchors: list[str]) -> None:
    assert told(statutes, text) == [("right", "示例法", anchor) for anchor in anchors]


def test_the_end_of_a_title_is_the_one_named_before(statutes: Shelf) -> None:
    text = "《示例经济特区消防条例》第二条，条例第三条，消防条例第四条。"
    assert [anchor for _, document, anchor in told(statutes, text) if document == "消防条例"] == [
        "art-2",
        "art-3",
        "art-4",
    ]


def test_a_number_after_an_article_is_another_document(statutes: Shelf) -> None:
    assert told(statutes, "《示例法》第三条，示例府令第200号第五条。") == [
        ("right", "示例法", "art-3"),
        ("not in the corpus", "", ""),
        ("not in the corpus", "", ""),
    ]


def test_an_article_of_a_contract_is_nobodys(statutes: Shelf) -> None:
    assert told(statutes, "《示例法》第三条，双方合同第四条、第五条另有约定。") == [("right", "示例法", "art-3")]


def test_it_is_not_safe_to_go_on_after_another_document_was_named(statutes: Shelf) -> None:
    text = "《示例法》第三条。示例司法解释（四）对此有规定，第七条明确了资格。"
    assert [status for status, _, _ in told(statutes, text)] == ["right", "unread"]


def test_what_was_not_understood_says_so(statutes: Shelf) -> None:
    (one,) = checked(statutes, "依照邻市消防条例第二条。")
    found = one.as_json()
    assert (found["status"], found["target"], found["kind"]) == ("unread", None, "unmarked")
    assert (found["text"], found["title"]) == ("邻市消防条例第二条", "邻市消防条例")
    assert "没有认出“邻市消防条例”" in found["note"]
    assert one.word == "未识别，请人工核对"


def test_documents_link_unmarked_names_and_what_is_not_understood_is_no_gap(statutes: Shelf) -> None:
    statutes.put("通知", "示例通知\n一、依照示例经济特区消防条例第二条和邻市消防条例第三条。\n", date="2020-01-01")
    statutes.update()
    with statutes.store.reading() as reader:
        assert "邻市消防条例" not in {each.name for each in gaps(reader)}
    text = "示例经济特区消防条例第二条和邻市消防条例第三条"
    assert [each[2] for each in cited(f"依照{text}。")] == ["示例经济特区消防条例", "邻市消防条例"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("应当适用刑法第三条", ("中华人民共和国刑法", "art-3")),
        ("已触犯刑法第三条", ("中华人民共和国刑法", "art-3")),
        ("单位犯刑法第三条之罪", ("中华人民共和国刑法", "art-3")),
        ("符合宪法第五条", ("中华人民共和国宪法", "art-5")),
        ("遵守宪法第五条", ("中华人民共和国宪法", "art-5")),
        ("履行宪法第五条", ("中华人民共和国宪法", "art-5")),
        ("解释宪法第五条", ("中华人民共和国宪法", "art-5")),
        ("我国宪法第五条", ("中华人民共和国宪法", "art-5")),
        ("中华人民共和国宪法第三十一条", ("中华人民共和国宪法", "art-31")),
    ],
)
def test_the_two_laws_of_two_characters_are_found_after_any_verb(text: str, expected: tuple[str, str]) -> None:
    # in a document with an article of the same number, too
    made = document("示例", "示例解释\n" + "".join(f"第{n}条　示例。\n" for n in "一二三四五") + f"第六条　{text}。\n")
    assert [(each.name, each.place) for each in find(made)] == [expected]


@pytest.mark.parametrize(
    "text",
    ["提交宪法和法律委员会审议", "宪法法律委员会", "修宪法案", "违宪法律", "八字宪法", "酷刑法庭", "供水法", "取消法"],
)
def test_what_only_looks_like_them_is_none(text: str) -> None:
    assert cited(f"{text}。") == []


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("公司法司法解释（四）", "规定（四）"),
        ("公司法解释(四)", "规定（四）"),
        ("公司法解释四", "规定（四）"),
        ("《公司法解释四》", "规定（四）"),
        ("《公司法》司法解释（四）", "规定（四）"),
        ("建工解释一", "解释（一）"),
        ("民法典婚姻家庭编解释（二）", "婚姻家庭编的解释（二）"),
        ("民法典合同编通则解释", "合同编通则若干问题的解释"),
        ("合同编通则司法解释", "合同编通则若干问题的解释"),
        ("九民会议纪要", "全国法院民商事审判工作会议纪要"),
    ],
)
def test_short_names_of_interpretations_in_their_spellings(text: str, end: str) -> None:
    ((_, _, name, place),) = cited(f"依照{text}第七条。")
    assert name.endswith(end)
    assert place == "art-7"


def test_the_second_of_its_kind_is_not_the_first() -> None:
    found = cited("依照劳动争议解释（四）第三条、劳动争议解释（一）第五条。")
    assert [kind for kind, *_ in found] == ["unmarked", "short"]


def test_books_of_the_civil_code_are_the_code() -> None:
    found = cited("民法典合同编第五百条、《民法典》合同编通则第五百零二条。")
    assert [place for *_, place in found] == ["art-500", "art-502"]


def test_long_runs_of_names_are_read_in_time_that_grows_with_them() -> None:
    started = time.process_time()
    cited("依照邻市消防条例第三条、" * 3_000)
    cited("条例" * 20_000 + "第三条")
    cited("（四）" * 20_000 + "第三条")
    cited("《示例法》第三条" + "依照某某" * 20_000 + "第三条")
    cited("《示例法》第三条" + "规定" * 20_000 + "，第四条" * 500)
    assert time.process_time() - started < 10


def test_real_documents_cite_the_criminal_law_and_not_themselves(labelled: Corpus, labelled_store: Store) -> None:
    with labelled_store.reading() as reader:
        cited = [(known, found) for known in reader.documents() for found in reader.citations(known.number)]
        assert cited
        for known, found in cited:
            assert not (found.text.startswith("第") and not found.name and _after(labelled, known.id, found)), found


def _after(corpus: Corpus, id: str, found: Found) -> bool:
    section = next(each for each in corpus.read(id).walk() if each.anchor == found.anchor)
    return section.text[: found.start].endswith(("刑法", "宪法"))


@pytest.mark.parametrize(
    "name",
    [
        "刑修十一",
        "刑九",
        "适用意见",
        "裁量基准",
        "权责清单",
        "目录",
        "应当符合市场准入清单",
        "示范文本",
        "仲裁委规则2015版",
        "证据三",
        "合同约定见",
        "“诚信守则”",
        "实施细则",
        "裁量基准（试行）",
    ],
)
@pytest.mark.parametrize("joined", ["、", "，", "；", "。", "及", "以及", "和"])
def test_any_word_that_is_not_understood_before_an_article_is_not_the_law_before(
    statutes: Shelf, joined: str, name: str
) -> None:
    first, second = told(statutes, f"《示例法》第五条{joined}{name}第三条")
    assert first == ("right", "示例法", "art-5")
    assert second == ("unread", "", "")


@pytest.mark.parametrize(
    "between",
    [
        "第二项、",
        "，并根据",
        "，适用",
        "。法院认为，应当根据",
        "，本案不适用",
        "的规定与",
        "；其中",
        "，依照该法",
        "。同时，",
        "以及上述",
    ],
)
def test_what_only_joins_goes_on_from_the_law_before(statutes: Shelf, between: str) -> None:
    assert told(statutes, f"《示例法》第五条{between}第七条")[-1] == ("right", "示例法", "art-7")


@pytest.mark.parametrize("joined", ["、", "及", "以及", "和", "，"])
def test_the_regulation_that_implements_the_law_before_is_meant_by_its_kind(statutes: Shelf, joined: str) -> None:
    statutes.put("条例", BYLAW.replace("示例经济特区消防条例", "中华人民共和国示例法实施条例"), date="2016-01-01")
    statutes.update()
    assert told(statutes, f"《示例法》第五条{joined}实施条例第三条")[-1] == ("right", "条例", "art-3")
    assert told(statutes, f"《示例法》第五条{joined}实施细则第三条")[-1] == ("unread", "", "")


def test_after_an_aside_that_names_several_laws_the_law_before_goes_on(statutes: Shelf) -> None:
    text = "《示例法》第五条（原《旧法总则》第一条、《旧合同法》第二条）、第六条"
    assert told(statutes, text)[-1] == ("right", "示例法", "art-6")


LONG_LAW = "中华人民共和国示例法\n第一编　总则\n第一章　规定\n" + "".join(
    f"第{n}条　有下列情形的：\n（一）示例一；\n（二）示例二。\n" for n in ("一", "二", "二十", "二十之一", "二十一")
).replace("第二十之一条", "第二十条之一")


@pytest.fixture
def code(shelf: Shelf) -> Shelf:
    shelf.put("示例法", LONG_LAW, date="2015-01-01", document_number="示例院令第590号")
    rules = "示例院诉讼规则\n第一条　示例。\n"
    shelf.put("规则", rules, date="2019-12-30")
    shelf.put("试行", rules.replace("规则\n", "规则（试行）\n"), date="2012-10-16")
    shelf.update()
    return shelf


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("《示例法》第二十条之一、之二。", [("right", "art-20-1"), ("no such article", "")]),
        ("《示例法》第20-1条。", [("right", "art-20-1")]),
        ("《示例法》20-1条。", [("right", "art-20-1")]),
        ("《示例法》第1-2条。", [("right", "art-1")]),
        ("《示例法》第二条（一）（二）项。", [("right", "art-2-p1-i1"), ("right", "art-2-p1-i2")]),
        ("《示例法》第二条第（一）（九）项。", [("right", "art-2-p1-i1"), ("no such article", "art-2")]),
        (
            "《示例法》第二条第（一）、（二）（九）项。",
            [("right", "art-2-p1-i1"), ("right", "art-2-p1-i2"), ("no such article", "art-2")],
        ),
        ("《示例法》第一编第一章第二十条。", [("right", "art-20")]),
        ("《示例法》第一章第二十条第（二）项。", [("right", "art-20-p1-i2")]),
        ("示例院590号令第二条。", [("right", ""), ("right", "art-2")]),
        ("《示例法》（修订草案）第二条。", [("cannot tell", "")]),
        ("《示例法》原第二条。", [("cannot tell", "")]),
    ],
)
def test_places_in_all_spellings(code: Shelf, text: str, places: list[tuple[str, str]]) -> None:
    assert [(status, anchor) for status, _, anchor in told(code, text)] == places


@pytest.mark.parametrize(
    ("text", "unread"),
    [
        ("违反《员工手册》第3.2条。", ["第3.2条"]),
        ("合同第3.2条约定不明。", []),
        ("该条第（二）项另有规定。", ["第（二）项"]),
    ],
)
def test_numbers_that_no_law_has_are_told_as_not_understood(code: Shelf, text: str, unread: list[str]) -> None:
    found = [each for each in checked(code, text) if each.fate.status == "unread"]
    assert [text[each.start : each.end] for each in found] == unread


def test_a_kind_in_title_marks_is_the_one_document_of_that_kind(code: Shelf) -> None:
    code.put("征收条例", BYLAW.replace("示例经济特区消防", "示例房屋征收与补偿"), date="2016-01-01")
    code.put("消防条例", BYLAW, date="2016-01-01")
    code.update()
    one = "依《示例房屋征收与补偿条例》第八条，《条例》第五条另有规定。"
    assert told(code, one)[-1] == ("right", "征收条例", "art-5")
    several = "依《示例经济特区消防条例》第一条、《示例房屋征收与补偿条例》第八条，《条例》第五条另有规定。"
    assert [told(code, text)[-1][0] for text in (several, "依《条例》第五条。")] == ["unread", "unread"]


def test_a_trial_version_is_another_document(code: Shelf) -> None:
    for name, meant in (
        ("《示例院诉讼规则（试行）》", "试行"),
        ("示例院诉讼规则（试行）", "试行"),
        ("示例院诉讼规则", "规则"),
    ):
        assert [document for _, document, _ in told(code, f"依照{name}第一条。")] == [meant]


@pytest.mark.parametrize("name", ["《示例法》", "示例经济特区消防条例", "示例会议纪要", "《示例规定》"])
def test_a_line_may_end_between_a_name_and_its_article(statutes: Shelf, name: str) -> None:
    there = {"《示例法》": "示例法", "示例经济特区消防条例": "消防条例"}.get(name, "")
    found = told(statutes, f"《示例法》第五条，张某依照{name}\n第三条")
    assert found[-1] == (("right", there, "art-3") if there else (found[-1][0], "", ""))
    assert {status for status, document, _ in found if not document} <= {"unread", "not in the corpus"}


@pytest.mark.parametrize(
    "text",
    ["第三条示发〔2020〕7号", "示发〔2020〕6号示发〔2020〕7号", "第3.2条示发〔2020〕7号", "本条例第三条，〔2020〕7号"],
)
def test_what_runs_together_is_told_apart(statutes: Shelf, text: str) -> None:
    assert len(told(statutes, text)) == 2
