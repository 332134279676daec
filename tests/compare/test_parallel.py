"""Documents of one pattern: which they are, which sections are the same, and what they count."""

from __future__ import annotations

import time
from io import BytesIO

import openpyxl
import pytest

from kb.base.model import Document, Listing, Metadata, Provenance
from kb.compare.parallel import align, alike, counted, groups, pattern, sums
from kb.export.parallel_table import figures_xlsx
from kb.structure.outline import parse
from tests.web.examples import REPORTS


def document(id: str, text: str) -> Document:
    return Document(id, "examples", Metadata(id), Provenance("", "", "", ""), parse(text))


def listing(title: str, kind: str = "报告", date: str = "2021-01-01") -> Listing:
    return Listing(title, "examples", title, "", "", kind, date)


DOCUMENTS = [document(id, text) for id, text in REPORTS.items()]


@pytest.mark.parametrize(
    ("title", "left"),
    [
        ("濠江区2021年法治政府建设年度报告", "法治政府建设年度报告"),
        ("汕头市龙湖区2022年法治政府建设年度报告", "法治政府建设年度报告"),
        ("浙江省杭州市旅游条例", "旅游条例"),
        ("城市市容和环境卫生管理条例", "城市市容和环境卫生管理条例"),
        ("郑州市市场管理条例", "市场管理条例"),
    ],
)
def test_a_pattern_is_a_title_without_its_place_and_its_year(title: str, left: str) -> None:
    assert pattern(title) == left


def test_like_documents_are_of_the_same_kind_and_pattern() -> None:
    lead = listing("濠江区2021年法治政府建设年度报告")
    same = [listing("龙湖区2022年法治政府建设年度报告"), listing("金平区2021年法治政府建设年度报告")]
    others = [listing("濠江区2021年预算执行情况报告"), listing("龙湖区2021年法治政府建设年度报告", kind="通知")]
    assert {each.id for each in alike(lead, [lead, *same, *others], 10)} == {each.id for each in same}
    ((title, members),) = groups([lead, *same, *others], 10)
    assert (title, len(members)) == ("法治政府建设年度报告", 3)


def test_the_same_section_stands_in_one_row_whatever_its_year_or_place() -> None:
    rows = {row.first.anchor: row for row in align(DOCUMENTS) if row.cells[0].section}
    for anchor in ("1", "1-1-1", "1-2-1", "1-3-1", "1-4-1", "2", "3"):
        assert [cell.section.anchor if cell.section else "" for cell in rows[anchor].cells] == [anchor] * 3, anchor
    assert rows["1-3-1"].cells[1].how == "heading"


def test_a_section_that_others_lack_leaves_their_cells_empty_and_nothing_is_lost() -> None:
    rows = align(DOCUMENTS)
    (own,) = [row for row in rows if row.first.anchor == "1-2-2" and row.cells[0].section]
    assert [bool(cell.section) for cell in own.cells] == [True, True, False]
    for column, each in enumerate(DOCUMENTS):
        shown = [row.cells[column].section.anchor for row in rows if row.cells[column].section]  # type: ignore[union-attr]
        wanted = [section.anchor for section in each.walk() if section.anchor not in ("title", "signature")]
        assert sorted(shown) == sorted(wanted)


def test_a_moved_section_is_found_by_its_words() -> None:
    one = document("示例甲", "一、甲\n1.示例机关应当依法公开示例信息并接受监督。\n二、乙\n2.另有规定的从其规定。\n")
    two = document("示例乙", "一、乙\n1.另有规定的从其规定。\n二、丙\n2.示例机关应当依法公开示例信息并接受监督。\n")
    (row,) = [row for row in align([one, two]) if "公开示例信息" in row.first.text and row.cells[0].section]
    partner = row.cells[1]
    assert partner.section and "公开示例信息" in partner.section.text and partner.how == "words"


def test_what_is_counted_stands_in_one_line_over_the_documents() -> None:
    lines = {(line.label, line.unit): line for line in counted(align(DOCUMENTS), DOCUMENTS)}
    numbers = [cell[1].text if cell else None for cell in lines["受理各类人民调解案件", "件"].cells]
    assert numbers == ["195", "240", "1,050"]
    assert [cell[1].text if cell else None for cell in lines["新建村级服务站", "个"].cells] == [None, None, "12"]
    assert [cell[1].text if cell else None for cell in lines["退缴违法所得", "元"].cells] == [
        "174.25万",
        "1.2亿",
        "9800",
    ]


def test_two_long_statutes_are_aligned_in_a_few_seconds() -> None:
    text = "".join(f"第{n}条　示例机关办理第{n}号示例事项，应当在{n}日内告知示例申请人。\n" for n in range(1, 1301))
    laws = [document(name, text) for name in ("示例法甲", "示例法乙")]
    started = time.process_time()
    rows = align(laws)
    assert time.process_time() - started < 10
    assert all(row.cells[0].section.anchor == row.cells[1].section.anchor for row in rows)  # type: ignore[union-attr]


DOGS = [
    document(
        "甲市养犬条例",
        "第一条　个人养犬的，应当办理养犬登记。\n第二条　犬只应当接种狂犬病疫苗。\n第三条　携犬外出应当使用犬绳牵领，并即时清除犬只粪便。\n"
        "第四条　违反本条例规定，未办理养犬登记的，处二百元以上二千元以下罚款。\n",
    ),
    document(
        "乙市养犬条例",
        "第一条　为了规范养犬行为，制定本条例。\n第二条　犬只出生满三个月的，应当接种狂犬病疫苗。\n第三条　养犬实行登记制度，个人应当办理养犬登记。\n"
        "第四条　携犬外出的，应当使用犬绳牵领。\n第五条　违反本条例规定，养犬人未办理养犬登记的，处五百元以下罚款。\n",
    ),
]


def test_rows_are_aligned_by_topic_and_not_by_number() -> None:
    rows = [[cell.section.anchor if cell.section else "" for cell in row.cells] for row in align(DOGS)]
    assert rows == [["art-1", "art-3"], ["art-2", "art-2"], ["art-3", "art-4"], ["art-4", "art-5"], ["", "art-1"]]


def test_fines_of_one_topic_stand_in_one_line_with_their_bounds() -> None:
    (line,) = [line for line in counted(align(DOGS), DOGS) if line.unit == "元"]
    assert [cell[1].bounds if cell else None for cell in line.cells] == [(200, 2000), (None, 500)]


def test_the_workbook_has_the_bounds_that_are_meant() -> None:
    laws = [
        document("甲市养犬条例", "第一条　免疫记录保存期限不得少于两年。\n第二条　养犬超过一只的，应当登记。\n"),
        document("乙市养犬条例", "第一条　免疫记录保存期限不得超过三年。\n第二条　养犬超过二只的，应当登记。\n"),
    ]
    lines = counted(align(laws), laws)
    sheet = openpyxl.load_workbook(BytesIO(figures_xlsx(lines, laws)))["数字对照"]
    cells = {row[0].value: row for row in sheet.iter_rows(min_row=2)}
    kept, dogs = (next(row for label, row in cells.items() if str(label).startswith(word)) for word in ("免疫", "养犬"))
    assert [kept[at].value for at in (3, 4, 7, 8)] == [2, None, None, 3]
    assert [dogs[at].value for at in (3, 4, 7, 8)] == [1, None, 2, None]
    assert dogs[3].number_format.startswith('">')
    assert sums([*lines, *lines])[0] == ("年", [(2, "≥ 2"), (2, "≤ 3")])


def test_fines_on_a_body_and_on_a_person_stand_in_lines_of_their_own() -> None:
    laws = [
        document("甲市养犬条例", "第一条　未办理养犬登记的，对个人处五百元罚款，对单位处五千元罚款。\n"),
        document("乙市养犬条例", "第一条　未办理养犬登记的，对单位处八千元罚款，对个人处三百元罚款。\n"),
    ]
    lines = {line.label: [cell[1].text if cell else None for cell in line.cells] for line in counted(align(laws), laws)}
    assert lines == {
        "未办理养犬登记的，对个人：罚款": ["五百元", "三百元"],
        "未办理养犬登记的，对单位：罚款": ["五千元", "八千元"],
    }


FORMULA = "由公安机关责令限期改正；拒不改正的，处五百元以上二千元以下罚款；情节严重的，没收犬只。"


def test_a_penalty_that_all_have_makes_no_two_offences_alike() -> None:
    one = document(
        "甲市养犬条例",
        f"第一条　违反本条例第八条规定，未办理养犬登记的，{FORMULA}\n第二条　违反本条例第九条规定，犬吠影响他人生活的，{FORMULA}\n",
    )
    two = document(
        "乙市养犬条例",
        f"第一条　违反本条例第十条规定，未接种狂犬病疫苗的，{FORMULA}\n第二条　违反本条例第十五条规定，放任犬吠干扰他人正常生活的，{FORMULA}\n",
    )
    rows = [[cell.section.anchor if cell.section else "" for cell in row.cells] for row in align([one, two])]
    assert rows == [["art-1", ""], ["art-2", "art-2"], ["", "art-1"]]


def test_an_article_that_is_a_penalty_alone_is_like_the_same_words_only() -> None:
    same = [document(name, f"第一条　违反第五条规定的，{FORMULA}\n") for name in ("甲市养犬条例", "乙市养犬条例")]
    assert [row.held for row in align(same)] == [2]
    other = document("丙市养犬条例", f"第一条　犬只没有犬牌的，{FORMULA}\n第二条　违反第八条规定的，{FORMULA}\n")
    assert [row.held for row in align([same[0], other])] == [1, 1, 1]
