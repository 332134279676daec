"""Citations in their forms, and the names of places in them."""

from __future__ import annotations

import json

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from kb.base.errors import NotFoundError, UsageError
from kb.base.model import Document, Metadata, Provenance
from kb.cite.citation import cite
from kb.cite.quotation import Seal, find_text
from kb.structure import outline

LAW = """示例法
（2010年1月1日示例大会通过　2015年2月3日示例大会第一次修正　2020年5月6日示例大会修订）
第一章　总则
第一条　为了示例，制定本法。
第二条　示例机关履行下列职责：
（一）受理示例申请；
（二）办理示例事项：
1.甲类示例；
2.乙类示例。
前款所称示例，是指示例。
第二条之一　示例机关可以委托示例。
"""
NOTICE = """示例市人民政府关于示例工作的通知
各示例单位：
现将示例工作通知如下。
一、总体要求
示例要求。
（一）示例原则。坚持示例。
1.甲项。示例甲。
附件：1.示例清单
附件1
示例清单
一、第一类
示例内容。
"""


def document(text: str, id: str = "shili", **facts: str) -> Document:
    provenance = Provenance("", "", "2026-01-02T03:04:05Z", "text/plain")
    return Document(id, "examples", Metadata(**facts), provenance, outline.parse(text))


@pytest.fixture
def law() -> Document:
    return document(LAW, title="示例法", issuer="示例大会", date="2020-05-06")


@pytest.fixture
def notice() -> Document:
    return document(
        NOTICE,
        title="示例市人民政府关于印发《示例办法》的通知",
        issuer="示例市人民政府",
        document_number="示府〔2020〕75号",
        date="2020-03-04",
        published="2020-03-09",
        kind="通知",
        url="https://example.org/1.html",
    )


@pytest.mark.parametrize(
    ("anchor", "place"),
    [
        ("", ""),
        ("art-1", "第1条"),
        ("art-1-p1", "第1条"),
        ("art-2-p1-i2", "第2条第1款第2项"),
        ("art-2-p1-i2-1", "第2条第1款第2项第1目"),
        ("art-2-p2", "第2条第2款"),
        ("art-2-1", "第2条之一"),
        ("ch-1", "第1章"),
    ],
)
def test_a_law_is_cited_by_name_last_amendment_and_place(law: Document, anchor: str, place: str) -> None:
    assert cite(law, anchor).form("manual") == f"《示例法》（2020年修订）{place}。"


def test_a_law_never_amended_has_no_year(law: Document) -> None:
    plain = document(LAW.replace("　2015年2月3日示例大会第一次修正　2020年5月6日示例大会修订", ""), title="示例法")
    assert cite(plain, "art-1").form("manual") == "《示例法》第1条。"


@pytest.mark.parametrize(
    ("anchor", "cited"),
    [
        ("", "，示府〔2020〕75号，2020年3月4日。"),
        ("1", "（示府〔2020〕75号），一。"),
        ("1-1", "（示府〔2020〕75号），一、（一）。"),
        ("1-1-1", "（示府〔2020〕75号），一、（一）1。"),
        ("annex-1-1", "（示府〔2020〕75号），附件1，一。"),
    ],
)
def test_other_documents_are_cited_by_number_and_date_or_place(notice: Document, anchor: str, cited: str) -> None:
    assert cite(notice, anchor).form("manual") == f"《示例市人民政府关于印发〈示例办法〉的通知》{cited}"


def test_who_issued_it_is_named_where_the_title_does_not() -> None:
    report = document("一、示例\n", title="示例区示例报告", issuer="示例市示例区人民政府", date="2021-11-22")
    assert cite(report).form("manual") == "示例市示例区人民政府《示例区示例报告》，2021年11月22日。"
    assert cite(report, "1").form("manual") == "示例市示例区人民政府《示例区示例报告》（2021年11月22日），一。"


@pytest.mark.parametrize(
    ("date", "published", "told"),
    [
        ("2019-01-27", "2019-02-15", "2019年1月27日。"),
        ("2019-01-27", "2019-01-27", "2019年1月27日发布。"),
        ("", "2019-02-15", "2019年2月15日发布。"),
    ],
)
def test_only_the_day_of_publishing_is_called_that(date: str, published: str, told: str) -> None:
    notice = document(NOTICE, title="示例通知", date=date, published=published)
    assert cite(notice).form("manual") == f"《示例通知》，{told}"


def test_an_amendment_is_cited_by_articles_and_a_law_without_who_made_it() -> None:
    text = "示例法修正案（十一）\n2020年1月2日 示例大会通过\n一、将示例法第一条修改为：“示例。”\n二、示例。\n"
    found = {"kind": "level"}
    facts = Metadata("示例法修正案（十一）", issuer="示例大会", date="2020-01-02")
    amendment = Document("x", "laws", facts, Provenance("", "", "", "text/plain"), outline.parse(text))
    assert cite(amendment, "2").form("manual") == "《示例法修正案（十一）》第2条。"
    assert cite(amendment).form("manual") == "《示例法修正案（十一）》。"
    rules = Metadata("示例管理办法", issuer="国务院", kind="行政法规", document_number="示字第1号", found=found)
    law = Document(
        "y", "laws", rules, Provenance("", "", "", "text/plain"), outline.parse("示例管理办法\n第一条 示例。\n")
    )
    assert cite(law, "art-1").form("manual") == "《示例管理办法》第1条。"


def test_gbt_7714_gives_day_of_release_and_of_access(notice: Document) -> None:
    name = "示例市人民政府. 示例市人民政府关于印发《示例办法》的通知: 示府〔2020〕75号[EB/OL]."
    assert cite(notice).form("gbt7714") == f"{name} (2020-03-09)[2026-01-02]. https://example.org/1.html."
    assert f"{name} 2020: 一、（一）(2020-03-09)[2026-01-02]." in cite(notice, "1-1").form("gbt7714")


def test_reference_managers_get_every_fact(notice: Document) -> None:
    made = cite(notice, "1-1")
    (item,) = json.loads(made.form("csl"))
    assert item["title"] == notice.metadata.title and item["author"] == [{"literal": "示例市人民政府"}]
    assert item["issued"] == {"date-parts": [[2020, 3, 9]]} and item["section"] == "一、（一）"
    rows = dict(line.split("  - ", 1) for line in made.form("ris").splitlines())
    assert (rows["TY"], rows["M1"], rows["DA"], rows["ER"]) == ("GOVDOC", "示府〔2020〕75号", "2020/03/09", "")
    assert "author = {{示例市人民政府}}" in made.form("bibtex")


def test_special_characters_are_escaped_where_a_form_has_some() -> None:
    odd = document("示例。\n", title="示例_100% {甲} & [乙] \\丙", id="示例")
    assert r"title = {示例\_100\% \{甲\} \& [乙] \textbackslash{}丙}" in cite(odd).form("bibtex")
    assert r"\[乙\]" in cite(odd).form("markdown")
    assert cite(odd).form("bibtex").startswith("@online{kb-")


def test_words_are_cited_with_the_place_where_they_stand(law: Document) -> None:
    made = cite(law, quotation="受理 示例\n申请", base="https://x")
    assert (made.pinpoint, made.quotation) == ("第2条第1款第1项", "受理示例申请")
    assert made.form("quotation").startswith(
        "“受理示例申请”\n——《示例法》（2020年修订）第2条第1款第1项。https://x/d/shili?quote=6-"
    )
    assert (
        made.fragment_url
        == "https://x/d/shili#art-2-p1-i1:~:text=%E5%8F%97%E7%90%86%E7%A4%BA%E4%BE%8B%E7%94%B3%E8%AF%B7"
    )
    over = cite(law, quotation="为了示例，制定本法。第二条　示例机关")
    assert over.pinpoint == "第1条至第2条"


def test_of_words_that_stand_in_two_places_those_at_the_address_are_meant(law: Document) -> None:
    assert cite(law, "art-2-1", "示例机关").pinpoint == "第2条之一"
    assert cite(law, quotation="示例机关").pinpoint == "第2条第1款"


def test_what_cannot_be_cited_says_so(law: Document) -> None:
    with pytest.raises(NotFoundError, match="art-9"):
        cite(law, "art-9")
    with pytest.raises(UsageError, match="没有这段文字"):
        cite(law, quotation="别处的文字")
    with pytest.raises(UsageError, match="太长"):
        cite(law, quotation="长" * 5001)


WORDS = st.text(min_size=1).filter(lambda text: bool("".join(text.split())))


@given(st.text(), WORDS, st.text())
def test_sealed_words_are_found_in_any_text_that_holds_them(before: str, words: str, after: str) -> None:
    seal = Seal.read(str(Seal.of(words)))
    span = seal.find(f"{before}{words}{after}")
    assert span
    assert Seal.of(f"{before}{words}{after}"[slice(*span)]) == seal


@given(WORDS, st.text())
def test_a_seal_is_not_found_in_a_text_without_the_words(words: str, text: str) -> None:
    assume("".join(words.split()) not in "".join(text.split()))
    assert Seal.of(words).find(text) is None
    assert find_text(text, words) is None


@pytest.mark.parametrize(
    "value", ["", "27", "0-3fa9c1d2e4b50718", "27-3FA9C1D2E4B50718", "27-3fa9", "x" * 99, "-1-" + "0" * 16]
)
def test_a_broken_seal_says_so(value: str) -> None:
    with pytest.raises(UsageError, match="quote"):
        Seal.read(value)


def test_a_version_is_cited_at_its_own_address(law: Document) -> None:
    assert cite(law, version="2020-01-01-0a1b2c3d").url == "/d/shili/versions/2020-01-01-0a1b2c3d"


@pytest.mark.parametrize(
    ("last", "named"),
    [
        ("2023年12月29日 示例会议通过的《示例法修正案（十二）》", "2023年修正"),
        ("2009年8月27日 示例会议通过的《关于修改部分法律的决定》", "2009年修正"),
        ("2019年8月26日 示例会议《关于修改〈示例管理法〉\n〈示例法〉的决定》第三次修正", "2019年修正"),
        ("2021年1月22日 示例会议修订通过", "2021年修订"),
    ],
)
def test_the_last_amendment_names_the_edition(last: str, named: str) -> None:
    text = LAW.replace("（2010年1月1日示例大会通过", f"2010年1月1日 示例大会通过\n{last}\n（2011年1月1日施行", 1)
    text = text.replace("　2015年2月3日示例大会第一次修正　2020年5月6日示例大会修订", "")
    assert cite(document(text, title="示例法"), "art-1").form("manual") == f"《示例法》（{named}）第1条。"
