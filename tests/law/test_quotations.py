"""Words in quotation marks beside a citation, set against what is cited."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.law import quoted
from kb.law.checking import Checked, check
from kb.law.quoted import compare
from tests.law.laws import LAW, Shelf

TODAY = "2026-06-01"


@pytest.fixture
def law(shelf: Shelf) -> Shelf:
    text = LAW.replace(
        "第一条　为了示例，制定本法。",
        "第一条　用人单位不得扣押证件，应当支付二倍的工资；逾期不支付的，责令加付赔偿金。",
    )
    shelf.put("示例法", text, date="2009-12-01")
    shelf.update()
    return shelf


def checked(shelf: Shelf, text: str) -> list[Checked]:
    with shelf.store.reading() as reader:
        return list(check(reader, shelf.corpus, text, TODAY, TODAY))


@pytest.mark.parametrize(
    ("words", "distance"),
    [
        ("用人单位不得扣押证件，应当支付二倍的工资；", 0),
        ("用人单位不得扣押证件……责令加付赔偿金。", 0),
        ("用人单位不得扣押证件,应当支付二倍的工资。", 0),
        ("用人单位得扣押证件，应当支付二倍的工资", 1),
        ("用人单位不得扣押证件，应当支付三倍的工资", 1),
        ("责令加付赔偿金……用人单位不得扣押证件", None),
    ],
)
def test_a_quotation_is_compared_to_the_character(law: Shelf, words: str, distance: int | None) -> None:
    text = f"《示例法》第一条规定：“{words}”。"
    (one,) = checked(law, text)
    assert one.quotation is not None
    assert text[one.quotation.start : one.quotation.end] == words
    if distance is not None:
        assert one.quotation.distance == distance
    assert (one.fate.status == "right") is (one.quotation.distance == 0)
    assert one.fate.status in ("right", "misquoted")


def test_a_wrong_word_is_shown_beside_the_right_one(law: Shelf) -> None:
    (one,) = checked(law, "《示例法》第一条规定，“用人单位不得扣押证件，应当支付三倍的工资”。")
    assert "二" in one.fate.note and "三" in one.fate.note
    (dropped,) = checked(law, "《示例法》第一条规定，“用人单位得扣押证件，应当支付二倍的工资”。")
    assert "漏了“不”" in dropped.fate.note
    assert dropped.word == "引文有出入"


def test_a_quotation_may_stand_before_its_citation(law: Shelf) -> None:
    (one,) = checked(law, "法律写明“用人单位不得扣押证件，应当支付二倍的工资”（《示例法》第一条）。")
    assert one.quotation is not None and one.quotation.distance == 0
    assert one.word == "条款存在、引文一致"


@pytest.mark.parametrize(
    "text", ["“合同无效”的认定见《示例法》第一条。", "《示例法》第一条所称“证件”指什么，另有规定。"]
)
def test_words_that_only_name_something_are_no_quotation(law: Shelf, text: str) -> None:
    (one,) = checked(law, text)
    assert (one.quotation, one.fate.status) == (None, "right")


QUOTED = "用人单位不得扣押证件，应当支付{}倍的工资"


@pytest.mark.parametrize(
    "form",
    [
        "《示例法》第一条的规定才是“{}”。",
        "《示例法》第一条有“{}”之规定。",
        "《示例法》第一条明文规定了：“{}”。",
        "《示例法》第一条的原文如下——“{}”。",
        "《示例法》第一条前半句“{}”。",
        "《示例法》第一条（工资）规定，『{}』。",
        '《示例法》第一条规定："{}"',
        "《示例法》第一条规定：‘{}’",
        "《示例法》第一条：\n　　“第一条　{}。……”",
        "《示例法》第一条规定：\n“{}；\n“逾期不支付的，责令加付赔偿金。”",
        "“{}”，这是《示例法》第一条的规定。",
        "法律写明“{}”，见《示例法》第一条。",
        "法律写明“{}”[《示例法》第一条]。",
        "《示例法》第一条至第三条规定“{}”。",
        "《示例法》第三条、第一条规定“{}”。",
    ],
)
def test_a_quotation_is_found_however_it_is_introduced(law: Shelf, form: str) -> None:
    for words, status in (("二", "right"), ("三", "misquoted")):
        last = checked(law, form.format(QUOTED.format(words)))[-1]
        assert last.quotation is not None
        assert (last.fate.status, last.quotation.distance) == (status, int(status != "right"))


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ("规定，用人单位不得扣押证件，应当支付三倍的工资。", "misquoted"),
        ("规定用人单位可以扣押证件，应当支付2倍的工资。", "right"),  # told in other words
        ("规定，用人单位得扣押证件，应当支付二倍工资。", "misquoted"),
        ("规定：用人单位不得扣押证件，可以支付二倍的工资。", "misquoted"),
        ("：用人单位不得扣押证件，应当支付2倍的工资。", "right"),
        ("规定如下：\n\n> 用人单位不得扣押证件，应当支付三倍的工资", "misquoted"),
        ("规定，用人单位应当支付二倍的工资给劳动者。", "right"),
        ("，公司应当支付三倍的工资。", "right"),  # of the case, not of the law
    ],
)
def test_what_is_told_without_quotation_marks_is_held_to_its_amounts_and_its_not(
    law: Shelf, said: str, status: str
) -> None:
    (one,) = checked(law, f"《示例法》第一条{said}")
    assert one.fate.status == status
    assert (one.quotation is not None) is (status == "misquoted")


def test_a_long_quotation_after_what_an_article_says_is_of_that_article(law: Shelf) -> None:
    words = "用人单位应当为劳动者缴纳各项社会保险费用"
    assert checked(law, f"《示例法》第一条规定的“{words}”并不适用。")[0].fate.status == "misquoted"
    assert checked(law, "《示例法》第一条规定的“合理的准备期限届满”并不适用。")[0].fate.status == "right"


def test_what_is_quoted_of_another_text_is_not_compared(law: Shelf) -> None:
    near = QUOTED.format("三")
    for text in (
        f"合同约定“{near}”，与《示例法》第一条不同。",
        f"《示例法》第一条与合同所约定的“{near}”不同。",
        f"《示例法》第一条、第二条规定“{QUOTED.format('二')}”。",
        f"《示例法》第一条规定“{QUOTED.format('二')}”，《示例法》第二条同此。",
    ):
        assert {each.fate.status for each in checked(law, text)} == {"right"}


def test_a_long_quotation_that_is_wrong_everywhere_is_compared_in_time(law: Shelf) -> None:
    distance, difference = quoted.compare("甲" * 1_900, ["乙" * 1_900])
    assert distance == 1_900 and difference


@pytest.mark.parametrize(
    ("place", "status"),
    [
        ("第一条至第二条", "right"),
        ("第1-2条", "right"),
        ("第一条至第九十九条", "no such article"),
        ("第1—99条", "no such article"),
    ],
)
def test_a_range_is_right_to_its_last_article(law: Shelf, place: str, status: str) -> None:
    (one,) = checked(law, f"依照《示例法》{place}的规定。")
    assert one.fate.status == status
    assert ("范围里的最后一条" in one.fate.note) is (status != "right")


CITED = "合作社对外投资或者提供担保，依照章程的规定，由理事会或者成员大会、成员代表大会决议；章程有限额规定的，不得超过规定的限额。"
BREACH = "一方不履行义务的，应当承担继续履行、采取补救措施或者赔偿损失等违约责任。"


@pytest.mark.parametrize(
    ("quoted", "cited", "told"),
    [
        ("依照章程的规定，由理事会或者成员大会决议", CITED, "漏了“、成员代表大会”"),
        ("……由理事会或者成员大会决议", CITED, "漏了“、成员代表大会”"),
        ("一方不履行义务的，应当承担违约责任", BREACH, "漏了“继续履行、采取补救措施或者赔偿损失等”"),
        ("一方不履行义务的，应当承担违约责任。", BREACH, "漏了“继续履行、采取补救措施或者赔偿损失等”"),
        (
            "依照章程的规定，不得超过规定的限额",
            CITED,
            "漏了“由理事会或者成员大会、成员代表大会决议；章程有限额规定的，”",
        ),
        ("对外投资，依照章程的规定，由理事会", CITED, "漏了“或者提供担保”"),
        ("依照章程的规定，由理事会决议", CITED, "漏了“或者成员大会、成员代表大会”"),
        ("合作社依照章程的规定，由理事会或者成员大会", CITED, "漏了“对外投资或者提供担保，”"),
        ("应当承担继续履行、采取补救措施或者赔偿损失等违约责任和罚款", BREACH, "多了“和罚款”"),
        ("依照章程的明确规定，由理事会或者成员大会", CITED, "多了“明确”"),
        ("依照章程的规定，由监事会或者成员大会", CITED, "原文“规定，由理”，引文“规定，由监”"),
        (
            "一方不履行主要义务的，应当承担违约责任",
            BREACH,
            "多了“主要”；漏了“继续履行、采取补救措施或者赔偿损失等”",
        ),
    ],
)
def test_a_difference_is_told_the_right_way_round(quoted: str, cited: str, told: str) -> None:
    distance, shown = compare(quoted, [cited])
    assert distance and shown.translate(str.maketrans(",;", "，；")) == told


def test_a_word_with_a_numeral_in_it_is_no_amount_that_was_altered() -> None:
    for word, status in (("一般", None), ("一年", "altered")):
        text = f"规定，当事人{word}不履行合同义务的应当承担责任。"
        found = quoted.altered(text, 0, len(text), ["当事人不履行合同义务的应当承担责任。"])
        assert (found and "altered") == status


@given(st.data())
def test_a_passage_left_out_is_told_as_left_out(data: st.DataObject) -> None:
    """What is left out of a sentence whose characters all differ is left out, wherever it stands in it."""
    text = "天地玄黄宇宙洪荒日月盈昃辰宿列张寒来暑往秋收冬藏"
    start = data.draw(st.integers(3, len(text) - 5))
    end = data.draw(st.integers(start + 1, len(text) - 4))
    assert compare(text[:start] + text[end:], [text])[1] == f"漏了“{text[start:end]}”"
