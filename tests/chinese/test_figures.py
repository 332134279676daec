"""Figures in the text of reports."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.chinese.figures import figures
from kb.corpus.folder import Corpus
from tests.conftest import BUNDLED


def read(text: str) -> list[tuple[str, str, str]]:
    return [(figure.text, figure.unit, figure.label) for figure in figures(text)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (
            "推动行政许可“两减一即”,565项行政许可事项时限压缩94.94%,即办比例92.74%",
            [("565", "项", "行政许可事项时限压缩"), ("94.94", "%", "行政许可事项时限压缩"), ("92.74", "%", "即办比例")],
        ),
        ("共受理各类人民调解案件195件,", [("195", "件", "受理各类人民调解案件")]),
        ("研究法治政府建设相关工作48场(次),", [("48", "场(次)", "研究法治政府建设相关工作")]),
        ("注册资本1.2亿元。", [("1.2亿", "元", "注册资本")]),
        ("受理申请1,050件。", [("1,050", "件", "受理申请")]),
        ("核酸检测3325人次", [("3325", "人次", "核酸检测")]),
        ("2021年11月22日，汕濠府〔2020〕75号，第12条，4.5.6 节，A4纸，2022年度", []),
    ],
)
def test_a_figure_has_a_number_a_unit_and_what_it_counts(text: str, found: list[tuple[str, str, str]]) -> None:
    assert read(text) == found


@pytest.mark.parametrize(
    ("text", "value"),
    [("1.2亿元", "120000000"), ("174.25万元", "1742500"), ("3千万元", "30000000"), ("1,050件", "1050")],
)
def test_the_value_is_the_number_that_is_meant(text: str, value: str) -> None:
    (figure,) = figures(f"示例{text}")
    assert figure.value == Decimal(value)


def test_the_report_has_its_figures() -> None:
    found = list(figures(Corpus(BUNDLED).read("haojiang-2021-report").text))
    assert {("565", "项"), ("94.94", "%"), ("195", "件"), ("48", "场(次)"), ("1846", "条"), ("174.25万", "元")} <= {
        (figure.text, figure.unit) for figure in found
    }
    assert not [figure for figure in found if figure.text.startswith(("2021", "2020"))]


@given(st.text(st.sampled_from("示例项件%％，。,.0123456789万亿元人次（()）第年")))
def test_any_text_is_read_and_a_figure_is_where_it_says(text: str) -> None:
    for figure in figures(text):
        printed = text[figure.start : figure.end].replace("％", "%")
        assert printed == figure.text + figure.unit
        assert figure.value >= 0


@pytest.mark.parametrize(
    "text",
    [
        "每吨1〓85元",
        "每吨〓85元",
        "每吨1.〓5元",
        "每吨1〓,850元",
        "每吨85元〓",
        "每吨85 〓 元",
        "每吨〓 85元",
        "占9〓.4%",
    ],
)
def test_a_number_with_a_doubtful_character_in_it_or_beside_it_is_no_figure(text: str) -> None:
    assert list(figures(text)) == []


def test_a_doubtful_character_elsewhere_leaves_the_figures() -> None:
    assert [figure.text for figure in figures("〓价为每吨85元，共3户")] == ["85", "3"]


def test_a_number_at_a_place_that_could_not_be_proved_is_no_figure() -> None:
    text = "每吨85元，共3户"
    assert [figure.text for figure in figures(text, [(2, 3)])] == ["3"]


@pytest.mark.parametrize(
    ("text", "printed", "unit", "low", "high"),
    [
        ("处二百元以上二千元以下罚款", "二百元以上二千元以下", "元", "200", "2000"),
        ("处二万元以上十万五千元以下罚款", "二万元以上十万五千元以下", "元", "20000", "105000"),
        ("处200元以上2000元以下罚款", "200元以上2000元以下", "元", "200", "2000"),
        ("违法所得一倍以上五倍以下的罚款", "一倍以上五倍以下", "倍", "1", "5"),
        ("百分之五以上百分之十以下", "百分之五以上百分之十以下", "%", "5", "10"),
        ("收取一至三倍费用", "一至三倍", "倍", "1", "3"),
        ("应当在三十日内答复", "三十日内", "日", None, "30"),
        ("10个工作日内", "10个工作日内", "个工作日", None, "10"),
        ("不得超过五年", "不得超过五年", "年", None, "5"),
        ("每户限养一只", "限养一只", "只", None, "1"),
        ("年满十八周岁", "年满十八周岁", "周岁", "18", None),
        ("五人以上", "五人以上", "人", "5", None),
        ("处五千元罚款", "五千元", "元", "5000", "5000"),
        ("不低于百分之三十", "不低于百分之三十", "%", "30", None),
    ],
)
def test_a_figure_of_a_law_has_its_bounds(
    text: str, printed: str, unit: str, low: str | None, high: str | None
) -> None:
    (figure,) = figures(text)
    assert (figure.text, figure.unit) == (printed, unit)
    assert figure.bounds == tuple(None if bound is None else Decimal(bound) for bound in (low, high))


@pytest.mark.parametrize(
    "text",
    [
        "自二〇二〇年十月一日起施行",
        "第二条、第三条",
        "前两款规定",
        "一人一证",
        "十分重要",
        "2021年内",
        "一、总则",
        "三五年",
        "前三项",
    ],
)
def test_what_only_looks_like_a_figure_is_none(text: str) -> None:
    assert list(figures(text)) == []


def test_a_fine_is_named_by_what_it_is_for() -> None:
    text = "违反本条例第五条规定，未办理登记的，由公安机关责令改正；逾期不改正的，处五百元以下罚款。"
    (figure,) = figures(text)
    assert figure.label == "未办理登记的，逾期不改正的：罚款"
    (other,) = figures("违反本条例第五条规定，未办理登记的，由公安机关处五百元以下罚款。")
    assert other.label == "未办理登记的：罚款"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        *(
            (f"保存期限{words}两年", "≥ 2")
            for words in ("不得少于", "不能少于", "不得低于", "不应低于", "不应当低于", "不低于")
        ),
        *(
            (f"保存期限{words}两年", "≥ 2")
            for words in ("不少于", "不得短于", "不得小于", "不早于", "至少", "至少为", "最短为")
        ),
        *(
            (f"保存期限{words}两年", "≤ 2")
            for words in ("不得多于", "不得高于", "不得超过", "不得大于", "不得长于", "不能超过")
        ),
        *(
            (f"保存期限{words}两年", "≤ 2")
            for words in ("不应超过", "未超过", "不得迟于", "最长不得超过", "最长为", "不得擅自超过")
        ),
        *((f"养犬{words}一只的", "> 1") for words in ("超过", "多于", "高于", "大于")),
        *((f"货值{words}一万元的", "< 10,000") for words in ("不足", "少于", "低于", "不满", "未满", "未达到", "不到")),
        ("三年以上不满十年", "≥ 3，< 10"),
        ("三年以上未满十年", "≥ 3，< 10"),
        ("三年以上十年以下", "3–10"),
        ("厚度等于或者大于三毫米", "≥ 3"),
        ("厚度小于或等于三毫米", "≤ 3"),
        ("五百米以外", "> 500"),
        ("有效期届满三十日前", "≥ 30"),
        ("应当在一个月前通知", "≥ 1"),
        ("选举日的二十日以前公布", "≥ 20"),
        ("应当提前三十日通知", "≥ 30"),
        ("最多提前三日", "≤ 3"),
        ("二年内", "≤ 2"),
        ("十日以内", "≤ 10"),
        ("不得低于注册资本的百分之二十五", "≥ 25"),
        ("不得超过合同价款的20%", "≤ 20"),
        ("不少于人民币五万元", "≥ 50,000"),
        ("停车位不少于30个", "≥ 30"),
    ],
)
def test_a_word_of_comparison_sets_the_bound_that_it_means(text: str, shown: str) -> None:
    (figure,) = figures(text)
    assert figure.digits == shown


@pytest.mark.parametrize(
    "text", ["保证期限三年", "暂扣期限三年", "不少于三分之一", "两个以上部门", "第一个月的十五日前"]
)
def test_what_only_ends_like_a_word_of_comparison_sets_no_bound(text: str) -> None:
    assert list(figures(text)) == []


FINE = "，由农业农村部门处一千元以上三千元以下罚款。"


@pytest.mark.parametrize(
    ("text", "label"),
    [
        (f"违反本条例规定，不立即将被伤害人送至医院救治的{FINE}", "不立即将被伤害人送至医院救治的：罚款"),
        (f"诊疗机构不按照规定办理备案的{FINE}", "诊疗机构不按照规定办理备案的：罚款"),
        (f"未将需要无害化处理的死亡犬只送至指定场所的{FINE}", "未将需要无害化处理的死亡犬只送至指定场所的：罚款"),
        (f"使用不符合安全技术规范的设备的{FINE}", "使用不符合安全技术规范的设备的：罚款"),
        (f"违反本条例第九条规定，未办理登记的，由公安机关责令改正，拒不改正的{FINE}", "未办理登记的，拒不改正的：罚款"),
        ("犬吠影响他人的，给予警告；警告后不改正的，处五百元罚款。", "犬吠影响他人的，警告后不改正的：罚款"),
        (f"第四十条　有下列行为之一的{FINE}", "第四十条 有下列行为之一的：罚款"),
        ("第四十条　市民有下列行为之一的：\n（一）虐待犬只的，处五百元罚款；", "虐待犬只的：罚款"),
        (
            "第四十条　单位携犬外出的，责令改正；情节严重的，处五百元罚款。",
            "单位携犬外出的，情节严重的：罚款",
        ),
        ("第四十条　由公安机关处五百元罚款。", "第四十条 由公安机关：罚款"),
        (
            "第四十条　有下列行为之一的，责令改正；逾期未改正的，处五百元罚款。",
            "第四十条 有下列行为之一的，逾期未改正的：罚款",
        ),
        (
            "未保持安全间距的，责令改正；拒不改正的，给予警告；情节严重的，处五百元罚款。",
            "未保持安全间距的，情节严重的：罚款",
        ),
        (
            "销售假药的，没收违法所得；货值金额不足一万元的，给予警告；货值金额一万元以上的，处五百元罚款。",
            "销售假药的，货值金额一万元以上的：罚款",
        ),
        (f"未经批准施工的，给予警告；未采取防护措施，造成损害的{FINE}", "未采取防护措施，造成损害的：罚款"),
        (f"未安装回收装置的，或者不能保证运行的{FINE}", "未安装回收装置的，或者不能保证运行的：罚款"),
    ],
)
def test_the_label_of_a_fine_says_what_it_is_for_from_the_beginning_of_its_clause(text: str, label: str) -> None:
    *_, figure = figures(text)
    assert figure.label == label


def test_fines_of_a_body_and_of_a_person_have_labels_of_their_own() -> None:
    text = "未办理登记的，对单位处一万元罚款，对个人处五百元罚款；对直接负责的主管人员并处二千元罚款。"
    assert [figure.label for figure in figures(text)] == [
        "未办理登记的，对单位：罚款",
        "未办理登记的，对个人：罚款",
        "未办理登记的，对直接负责的主管人员：罚款",
    ]


@pytest.mark.parametrize(
    ("text", "label"),
    [
        (
            "诊疗机构未按照规定及时将诊疗过程中产生的医疗废弃物集中存放并且在三日内送至处置单位",
            "诊疗机构未按照规定及时将",
        ),
        ("犬只出生满三个月后的十五日内或者届满前三十日内接种", "犬只出生"),
        ("应当在三日内报告", "应当在…报告"),
        ("及时报告并在三日内", "及时报告"),
        ("和解协议应当在三日内", "和解协议"),
        ("未在三日内送至两公里以外的场所", "未在"),
    ],
)
def test_a_label_begins_where_its_clause_begins(text: str, label: str) -> None:
    found = figures(text)
    assert found and all(figure.label.startswith(label) for figure in found)


@given(st.text(st.sampled_from("不未按照规定办理备案的处罚登记犬只将有下列行为单位个人及和等"), max_size=20))
def test_no_label_begins_behind_a_negation(words: str) -> None:
    *_, fine = figures(f"不{words}的，处五元罚款。")
    assert fine.label.startswith("不")
    *_, term = figures(f"不{words}三日内")
    assert (term.text + term.label).startswith("不") or term.label.startswith("不")
