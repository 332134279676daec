"""Words that a document defines."""

from __future__ import annotations

import pytest

from kb.law.terms import in_scope, terms
from tests.law.laws import document


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("本办法所称示例行为，是指作出示例的行为。", [("示例行为", "作出示例的行为")]),
        ("本条例所称的示例人，包括自然人和法人。", [("示例人", "自然人和法人")]),
        (
            "（一）示例点，是指示例的地点；\n（二）示例区：指示例的地区。",
            [("示例点", "示例的地点"), ("示例区", "示例的地区")],
        ),
        ("示例市示例管理局（以下简称示例局）负责。", [("示例局", "示例市示例管理局")]),
        ("示例市应急管理局（以下简称“区应急局”）负责。", [("区应急局", "示例市应急管理局")]),
        (
            "本《办法》所称“甲类示例”，指第一类示例；“乙类示例”，指其他示例。“丙类示例”是指以外的示例。",
            [("甲类示例", "第一类示例"), ("乙类示例", "其他示例"), ("丙类示例", "以外的示例")],
        ),
        ("示例法第七十六条所称利害关系人，是指前款所称示例的被许可人。", [("利害关系人", "前款所称示例的被许可人")]),
        ("本方案所称示例服务，是各部门要求委托的服务。", [("示例服务", "各部门要求委托的服务")]),
        ("（四）示例减排量，是指根据《示例办法》备案的示例。", [("示例减排量", "根据《示例办法》备案的示例")]),
        ("建设自由示例试验区（以下简称自示试验区）是举措。", [("自示试验区", "自由示例试验区")]),
        ("结合示例经济特区（以下简称特区）实际。", [("特区", "示例经济特区")]),
        ("示例的单位都是示例税的纳税义务人（以下简称纳税人）。", [("纳税人", "示例税的纳税义务人")]),
        ("年排放五千吨的示例等单位为控制排放企业（以下简称控排企业）。", [("控排企业", "控制排放企业")]),
        (
            "是指适用有关示例纠纷解决的具体衔接办法（以下简称衔接办法）的。",
            [("衔接办法", "有关示例纠纷解决的具体衔接办法")],
        ),
        (
            "产业或者代表产业的自然人、法人或者有关组织（以下统称申请人）。",
            [("申请人", "产业或者代表产业的自然人、法人或者有关组织")],
        ),
        (
            "本细则适用于示例市、示例县（以下统称示县级）和示例乡、示例镇（以下统称示乡级）。",
            [("示县级", "示例市、示例县"), ("示乡级", "示例乡、示例镇")],
        ),
        (
            "解决突出的审批示例服务（以下简称示例服务）问题。\n本办法所称示例服务，是指有偿服务。",
            [("示例服务", "有偿服务")],
        ),
        ("组织对示例进行评估，指导示例工作。", []),
        ("前款所称示例，应当登记。", []),
    ],
)
def test_definitions(text: str, expected: list[tuple[str, str]]) -> None:
    made = document("示例", f"示例办法\n第一条　{text}\n")
    found = list(terms(made))
    assert [(each.term, each.meaning) for each in found] == expected
    texts = {section.anchor: section.text for section in made.walk()}
    assert all(each.term in texts[each.anchor][each.start : each.end] for each in found)


@pytest.mark.parametrize(
    ("text", "term"),
    [
        ("法人是具有民事权利能力和民事行为能力，依法独立享有民事权利的组织。", "法人"),
        ("合同是民事主体之间设立、变更、终止民事法律关系的协议。", "合同"),
        ("自然人享有隐私权。\n隐私是自然人的私人生活安宁和不愿为他人知晓的私密空间。", "隐私"),
        ("食品安全标准是指对食品中各种影响消费者健康的危害因素进行控制的标准。", "食品安全标准"),
    ],
)
def test_a_code_defines_by_what_a_thing_is(text: str, term: str) -> None:
    found = terms(document("示例法", f"示例法\n第一条　{text}\n"))
    assert [each.term for each in found] == [term]


@pytest.mark.parametrize(
    "text",
    [
        "公安机关是养犬管理工作的主管部门。",
        "国家是工人阶级领导的国家。",
        "著作权人是法人的，其保护期适用前条的规定。",
        "保护环境是国家的基本国策。",
        "安全生产是全社会的共同责任。",
    ],
)
def test_what_only_says_something_of_a_thing_defines_nothing(text: str) -> None:
    assert list(terms(document("示例法", f"示例法\n第一条　{text}\n"))) == []


@pytest.mark.parametrize(
    "text",
    [
        "明知是宣扬示例的物品而非法持有，情节严重的行为，处罚款。",
        "销售明知是假冒的示例商品，所得数额较大的，处罚款。",
        "示例时明知是逃离的人员而为其提供处所、财物，情节严重的，处罚款。",
        "父母是未成年子女的监护人。",
        "保证合同是主债权债务合同的从合同。",
        "示例单位是本单位示例工作的责任主体，其主要负责人对示例全面负责。",
        "政府的全部收入应当上缴国家金库（以下简称国库）。",
        "船舶应当依照本法缴纳船舶示例税（以下简称示例税）。",
        "发布广告，应当在发布前由有关部门（以下称广告审查机关）审查。",
        "列入甲类药品目录、乙类药品目录（以下称目录）的药品。",
        "完善以示例预防控制机构（以下简称示控机构）为骨干的体系。",
        "各级计划、教育、卫生等单位（以下简称各单位）应当执行。",
        "明知前款所称示例，是指示例。",
        "本法所称示例人，是指下列人员。",
    ],
)
def test_what_is_no_definition(text: str) -> None:
    assert list(terms(document("示例法", f"示例法\n第一条　{text}\n"))) == []


@pytest.mark.parametrize(
    ("text", "term", "meaning"),
    [
        (
            "本法所称示例伤，是指有下列情形之一的伤害：\n（一）使人甲的；\n（二）使人乙的。",
            "示例伤",
            "有下列情形之一的伤害：\n（一）使人甲的；\n（二）使人乙的。",
        ),
        (
            "个人示例是以电子或者其他方式记录的与自然人有关的各种信息，不包括匿名化处理后的信息。",
            "个人示例",
            "以电子或者其他方式记录的与自然人有关的各种信息，不包括匿名化处理后的信息",
        ),
        (
            "本条例所称示例市突发公共示例事件（以下简称突发示例），是指突然发生的严重示例。",
            "突发示例",
            "突然发生的严重示例",
        ),
        ("本办法所称示例费，是指甲费；甲费不足的，包括乙费。", "示例费", "甲费；甲费不足的，包括乙费"),
    ],
)
def test_a_definition_is_shown_whole(text: str, term: str, meaning: str) -> None:
    found = {each.term: each.meaning for each in terms(document("示例法", f"示例法\n第一条　{text}\n"))}
    assert found.get(term, "") == meaning


def test_where_a_word_means_so() -> None:
    text = "第一条　本章所称示例期，是指示例的期间。\n第二条　本法所称示例，是指例子。"
    found = {each.term: each.scope for each in terms(document("示例法", f"示例法\n{text}\n"))}
    assert found == {"示例期": "本章", "示例": ""}


@pytest.mark.parametrize("own", ["本节能条例", "本项目", "本编制办法", "本章程", "本条例"])
def test_the_beginning_of_a_longer_word_is_no_part_of_a_text(own: str) -> None:
    text = f"第一条　{own}所称示例期，是指示例的期间。"
    assert [each.scope for each in terms(document("示例条例", f"示例条例\n{text}\n"))] in ([""], [])


def test_a_word_means_so_only_in_its_chapter() -> None:
    text = (
        "示例法\n第一章　总则\n第一条　示例期内，应当示例。本法所称示例，是指例子。\n"
        "第二章　示例期\n第二条　示例期内，应当示例。\n第三条　本章所称示例期，是指示例的期间。\n"
        "第三章　附则\n第四条　本条所称示例人，是指参加的人。\n第五条　示例人，在示例期内参加。\n"
    )
    made = document("示例法", text)
    counts = in_scope(made, list(terms(made)))
    assert [sorted(counts[anchor]) for anchor in ("art-1", "art-2", "art-4", "art-5")] == [
        ["示例"],
        ["示例", "示例期"],
        ["示例", "示例人"],
        ["示例"],
    ]
