"""Whether documents hold, what became of what was cited, what is missing: through a store on disk."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup

from kb.base.errors import UsageError
from kb.cli.main import main
from kb.config import settings
from kb.law.basis import chain, change_of, stale
from kb.law.checking import check
from kb.law.gaps import gaps
from kb.law.resolve import Resolver
from kb.law.since import Fates
from kb.law.standing import Standings, Validity, validities
from kb.law.statements import statements
from kb.search.open.engines import open_engine
from kb.web.site.app import create_app
from tests.law.laws import LAW, RULES, Shelf, document

TODAY = "2026-06-01"
HISTORY = "2001年3月1日 第九届全国人民代表大会第四次会议通过\n2018年3月1日 第十三届全国人民代表大会第一次会议《关于修改〈中华人民共和国示例法〉的决定》修正\n"
AMENDED = LAW.replace("第一章", HISTORY + "第一章", 1)


def stands(shelf: Shelf, id: str, on: str = TODAY, version: str = "") -> Validity:
    shelf.update()
    with shelf.store.reading() as reader:
        known = reader.document(id)
        assert known is not None
        return Standings(reader).of(known, on, version)


def test_a_document_holds_from_the_day_it_says(shelf: Shelf) -> None:
    shelf.put("示例法", LAW)
    assert stands(shelf, "示例法", "2009-12-31").status == "尚未生效"
    found = stands(shelf, "示例法")
    assert (found.status, found.since) == ("未见终止", "2010-01-01")
    assert found.evidence[0].sentence == "第三条　本法自2010年1月1日起施行。"


def test_what_says_nothing_is_not_known(shelf: Shelf) -> None:
    shelf.put("示例", "示例报告\n一、示例。\n", date="2020-01-01")
    assert stands(shelf, "示例").status == "不明"


def test_a_period_that_ran_out_is_presumed_over_with_its_day(shelf: Shelf) -> None:
    shelf.put("示例办法", RULES)
    assert stands(shelf, "示例办法", "2020-04-30").status == "未见终止"
    over = stands(shelf, "示例办法", "2020-05-01")
    assert (over.status, over.since) == ("推定届满", "2020-04-30")
    assert "有效期五年" in over.evidence[0].sentence


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("本办法自2022年1月1日起施行，有效期五年。", ("lapses", "2026-12-31")),
        ("本办法自2022年3月31日起施行，有效期至2025年12月31日。", ("ends", "2025-12-31")),
        ("本规定自印发之日起施行，试行期2年。", ("lapses", "2022-06-14")),
        ("本通知自2024年2月29日起执行，有效期1年。", ("lapses", "2025-02-27")),
        ("本办法有效期三年，自2020年1月1日起施行。", ("lapses", "2022-12-31")),
        ("本证有效期五年。", None),
        ("许可证有效期为5年，自颁发之日起生效。", None),
    ],
)
def test_periods_of_validity(sentence: str, expected: tuple[str, str] | None) -> None:
    made = document("示例", f"示例办法\n第一条　{sentence}\n", date="2020-06-15")
    found = [(each.what, each.day) for each in statements(made) if each.what in ("lapses", "ends")]
    assert found == ([expected] if expected else [])


def test_a_later_document_repeals_and_what_it_says_is_the_proof(shelf: Shelf) -> None:
    shelf.put("旧", "示例旧法\n第一条　示例。\n第二条　本法自2000年1月1日起施行。\n", date="1999-12-01")
    shelf.put("新", LAW, date="2009-12-01")
    found = stands(shelf, "旧")
    assert (found.status, found.since, found.replaced_by) == ("已废止", "2010-01-01", "新")
    assert found.evidence[0].sentence == "《示例旧法》同时废止。"
    assert stands(shelf, "旧", "2009-06-01").status == "未见终止"


def test_talk_of_repealing_repeals_nothing(shelf: Shelf) -> None:
    shelf.put("甲", "示例甲条例\n第一条　本条例自2000年1月1日起施行。\n", date="1999-12-01")
    talk = "同《示例甲条例》相抵触而不予修改或者废止的，应当报告。\n第二条　《示例甲条例》中有关示例的规定即行废止。\n第三条　废止程序依照《示例甲条例》办理。"
    shelf.put("乙", f"示例乙条例\n第一条　{talk}\n", date="2010-01-01")
    assert stands(shelf, "甲").status == "未见终止"


@pytest.mark.parametrize(
    ("ended", "status"),
    [
        ("1．关于惩治违反示例管理法的犯罪的决定", "未见终止"),
        ("1．《关于惩治违反示例管理法的犯罪的决定》", "未见终止"),
        ("1．《关于惩治违反〈中华人民共和国示例管理法〉的犯罪的决定》", "未见终止"),
        ("1．关于修改示例管理法的补充规定", "未见终止"),
        ("1．《中华人民共和国示例管理法》", "已废止"),
        ("1．示例管理法（1999年公布）", "已废止"),
    ],
)
def test_a_law_named_in_the_name_of_what_is_repealed_is_not_repealed(shelf: Shelf, ended: str, status: str) -> None:
    old = "中华人民共和国示例管理法\n第一条　示例。\n第二条　本法自2000年1月1日起施行。\n"
    shelf.put("旧", old, date="1999-12-01")
    text = (
        "中华人民共和国示例罚法\n第一条　本法自2010年1月1日起施行。依照《中华人民共和国示例管理法》（以下简称示例管理法）处理。\n"
        f"附件一\n下列补充规定和决定，自本法施行之日起，予以废止：\n{ended}\n2．关于示例的决定\n"
    )
    shelf.put("新", text, date="2009-12-01")
    assert stands(shelf, "旧").status == status


def test_a_list_of_repealed_documents(shelf: Shelf) -> None:
    shelf.put(
        "甲", "示例局关于加强示例管理工作的通知\n一、示例。\n", date="2010-01-01", document_number="示发〔2010〕5号"
    )
    shelf.put(
        "清理",
        "示例局关于废止部分文件的决定\n一、废止《示例局关于加强示例管理工作的通知》（示发〔2010〕5号）。\n",
        date="2020-01-01",
    )
    assert stands(shelf, "甲").status == "已废止"


def test_an_older_text_reads_amended(shelf: Shelf) -> None:
    shelf.put("示例法", LAW, edition="2009-12-01", date="2009-12-01", effective="2010-01-01")
    shelf.put("示例法", AMENDED, edition="2018-03-01", date="2018-03-01")
    shelf.update()
    older = shelf.corpus.versions("示例法")[0]
    assert stands(shelf, "示例法", TODAY, older).status == "已修改"
    assert "修正" in stands(shelf, "示例法", TODAY, older).evidence[0].sentence
    assert stands(shelf, "示例法", "2015-01-01", older).status == "未见终止"
    assert stands(shelf, "示例法").status == "未见终止"


def test_what_proves_that_an_older_text_held_is_not_the_newer_texts_day(shelf: Shelf) -> None:
    shelf.put("示例法", LAW, edition="2009-12-01", date="2009-12-01", effective="2010-01-01")
    newer = AMENDED.replace("本法自2010年1月1日起施行", "本法自2018年7月1日起施行")
    shelf.put("示例法", newer, edition="2018-03-01", date="2018-03-01", effective="2018-07-01")
    now, then = stands(shelf, "示例法"), stands(shelf, "示例法", "2015-01-01")
    assert (now.status, now.since) == ("未见终止", "2018-07-01")
    assert "2018年7月1日起施行" in now.evidence[0].sentence
    assert (then.status, then.since) == ("未见终止", "2010-01-01")
    assert then.evidence[0].sentence == "2009-12-01 的文本，自 2010-01-01 起施行"


def test_a_decision_amends_a_text_made_before_it(shelf: Shelf) -> None:
    shelf.put("示例条例", "示例条例\n第一条　本条例自2000年1月1日起施行。\n", date="1999-12-01")
    decision = (
        "关于修改《示例条例》的决定\n一、将《示例条例》第一条修改为：“示例。”\n二、本决定自2012年1月1日起施行。\n"
    )
    shelf.put("决定", decision, date="2011-12-01")
    later = decision.replace("2012年", "2015年").replace("修改《示例条例》的决定", "再次修改《示例条例》的决定")
    shelf.put("后来的决定", later, date="2014-12-01")
    found = stands(shelf, "示例条例")
    assert (found.status, found.since, found.replaced_by) == ("已修改", "2012-01-01", "决定")
    (now,) = checked(shelf, "《示例条例》第一条", TODAY)  # its amended text is not there
    assert now[0] == "cannot tell" and "2012-01-01 起有修改（见《关于修改《示例条例》的决定》）" in now[1]
    assert checked(shelf, "《示例条例》第一条", "2011-06-01")[0][0] == "changed since"


def test_what_passes_and_approves_a_text_long_after_makes_no_other_text(shelf: Shelf) -> None:
    past = "2010年8月31日 示例市人民代表大会常务委员会第三次会议通过\n2010年12月25日 示例省人民代表大会常务委员会第九次会议批准"
    text = f"示例市示例条例\n{past}\n第一条　示例。\n第二条　本条例自2011年3月1日起施行。\n"
    shelf.put("条例", text, date="2010-08-31", edition="2010-08-31")
    amended = f"{past}\n2018年8月31日 示例市人民代表大会常务委员会第五次会议修正\n2018年12月25日 示例省人民代表大会常务委员会第三次会议批准"
    shelf.put(
        "修正条例",
        text.replace("示例市示例", "示例市另一").replace(past, amended),
        date="2018-08-31",
        edition="2018-08-31",
    )
    for id in ("条例", "修正条例"):
        found = stands(shelf, id, "2021-01-01")
        assert (id, found.status) == (id, "未见终止")
    assert stands(shelf, "条例", "2010-11-01").status == "尚未生效"
    assert stands(shelf, "条例", "2011-01-01").status == "尚未生效"
    assert stands(shelf, "修正条例", "2015-01-01").status == "未见终止"


def test_what_holds_from_its_publication_does_not_hold_from_its_passing(shelf: Shelf) -> None:
    text = (
        "示例规定\n2012年4月18日 示例院第200次常务会议通过\n2012年4月28日 示例院令第619号公布\n"
        "第一条　本规定自公布之日起施行。《示例旧规定》同时废止。\n"
    )
    shelf.put("旧规定", "示例旧规定\n第一条　示例。\n", date="1988-07-21", kind="规定")
    shelf.put("规定", text, date="2012-04-18")
    assert stands(shelf, "规定", "2012-04-20").status == "尚未生效"
    assert stands(shelf, "规定", "2012-04-28").since == "2012-04-28"
    assert stands(shelf, "旧规定", "2012-04-20").status == "未见终止"
    assert stands(shelf, "旧规定").since == "2012-04-28"


def test_what_supplements_others_amends_them_and_does_not_rest_on_them(shelf: Shelf) -> None:
    shelf.put("示例法", LAW, date="2009-12-01")
    for id in ("甲规定", "乙意见"):
        shelf.put(id, f"关于示例的{id}\n第一条　本规定自2000年1月1日起施行。\n", date="1999-12-01", issuer="示例院")
    text = (
        "关于示例的补充规定\n根据《示例法》，现对示例院《关于示例的甲规定》，示例署《关于示例的乙意见》作如下补充、修改：\n"
        "第一条　示例。\n第二条　本规定自2012年1月1日起施行。\n"
    )
    shelf.put("补充规定", text, date="2011-12-01", issuer="示例院")
    assert [stands(shelf, id).status for id in ("甲规定", "乙意见")] == ["已修改", "已修改"]
    with shelf.store.reading() as reader:
        known = reader.document("补充规定")
        assert known is not None
        assert [link.resolved.found.text for link in chain(Fates(reader, TODAY), known)] == ["《示例法》"]


REPEALED = """1.《示例市甲管理办法》
2.《示例市人民政府关于乙事项的通知》（示府〔2001〕5号）
3.示例市人民政府关于丙事项的通知（示府〔2003〕8号）
"""


@pytest.mark.parametrize(
    ("list_of", "status"),
    [
        (
            "决定废止下列规范性文件（目录见附件）。\n示例市人民政府\n2020年4月1日\n附件\n废止的规范性文件目录\n{}",
            "已废止",
        ),
        ("现决定：\n一、废止下列规范性文件：\n{}二、本决定自2020年5月1日起施行。\n", "已废止"),
        ("决定对规范性文件进行清理。\n示例市人民政府\n2020年4月1日\n附件\n继续有效的规范性文件目录\n{}", ""),
        ("决定对规范性文件进行清理。\n示例市人民政府\n2020年4月1日\n附件\n拟修改、废止的规范性文件目录\n{}", ""),
    ],
)
def test_lists_in_a_decision_and_its_annexes_repeal(shelf: Shelf, list_of: str, status: str) -> None:
    issuer = "示例市人民政府"
    shelf.put("甲", "示例市甲管理办法\n第一条　本办法自2000年1月1日起施行。\n", date="1999-12-01", issuer=issuer)
    for id, number, day in (("乙", "示府〔2001〕5号", "2001-12-01"), ("丙", "示府〔2003〕8号", "2003-12-01")):
        text = f"示例市人民政府关于{id}事项的通知\n一、示例。\n"
        shelf.put(id, text, date=day, issuer=issuer, document_number=number)
    text = f"示例市人民政府关于清理部分规范性文件的决定\n{list_of.format(REPEALED)}"
    shelf.put("决定", text, date="2020-04-01", issuer=issuer)
    found = {id: stands(shelf, id) for id in ("甲", "乙", "丙")}
    if status:
        assert {each.status for each in found.values()} == {status}
        assert all("废止" in each.evidence[0].sentence for each in found.values())
    else:
        assert "已废止" not in {each.status for each in found.values()}


def test_all_documents_at_once(shelf: Shelf) -> None:
    shelf.put("示例法", LAW)
    shelf.put("示例办法", RULES)
    shelf.update()
    with shelf.store.reading() as reader:
        assert {id: each.status for id, each in validities(reader, TODAY).items()} == {
            "示例法": "未见终止",
            "示例办法": "推定届满",
        }


@pytest.fixture(scope="module")
def examples(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    """Laws that no test changes."""
    return filled(Shelf(tmp_path_factory.mktemp("examples")))


@pytest.fixture
def library(shelf: Shelf) -> Shelf:
    """The same, for a test that changes them."""
    return filled(shelf)


def filled(shelf: Shelf) -> Shelf:
    shelf.put("示例法", LAW, edition="2009-12-01", date="2009-12-01", effective="2010-01-01")
    newer = AMENDED.replace("（二）办理示例。", "（二）协助示例。")
    shelf.put("示例法", newer, edition="2018-03-01", date="2018-03-01", effective="2018-03-01")
    shelf.put("旧条例", "示例旧条例\n第一条　本条例自2000年1月1日起施行。\n", date="1999-12-01")
    shelf.put(
        "新条例",
        "示例新条例\n第一条　本条例自2020年1月1日起施行。《示例旧条例》和《示例古法》同时废止。\n",
        date="2019-12-01",
    )
    shelf.put("办法", RULES.replace("，有效期五年", ""), date="2015-04-01")
    shelf.update()
    return shelf


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("《示例新条例》第一条", "right"),
        ("《示例法》第一条", "right"),
        ("《示例法》第二条第一款第（二）项", "changed since"),
        ("《示例法》第九百九十九条", "no such article"),
        ("《示例旧条例》", "ended later"),
        ("《示例古法》第三条", "ended later"),
        ("《示例虚构条例》", "not in the corpus"),
    ],
)
def test_a_text_is_checked(examples: Shelf, text: str, status: str) -> None:
    with examples.store.reading() as reader:
        found = list(
            check(
                reader,
                examples.corpus,
                f"依照{text}办理，本协议第三条另有约定的除外。",
                "2015-06-01" if "新" not in text else "2021-01-01",
                TODAY,
            )
        )
    assert [each.fate.status for each in found] == [status]
    assert (status in ("right", "no such article", "not in the corpus")) or found[0].fate.evidence


def checked(shelf: Shelf, text: str, on: str) -> list[tuple[str, str]]:
    with shelf.store.reading() as reader:
        return [(each.fate.status, each.fate.note) for each in check(reader, shelf.corpus, text, on, TODAY)]


def test_what_ended_later_is_told_from_what_had_ended(examples: Shelf) -> None:
    ((_, then),) = checked(examples, "依照《示例旧条例》第一条。", "2010-01-01")
    ((_, after),) = checked(examples, "依照《示例旧条例》第一条。", "2022-01-01")
    assert (then, after) == ("引用时有效，后来已废止（2020-01-01）。", "在引用之前就已废止（2020-01-01）。")
    ((_, absent),) = checked(examples, "依照《示例古法》第一条。", "2022-01-01")
    assert absent.endswith("它自 2020-01-01 起已经废止，在引用之前。")
    assert checked(examples, "依照《示例旧条例》第九十九条。", "2010-01-01") == [
        ("no such article", "文本里没有这一条款。它后来已废止（2020-01-01）。")
    ]
    assert [status for status, _ in checked(examples, "《示例新条例》第九十九条", "2019-12-15")] == ["no such article"]


def test_an_interpretation_of_a_law_that_ended_is_not_simply_right(library: Shelf) -> None:
    text = "示例院关于适用《示例古法》若干问题的解释\n根据《示例古法》，制定本解释。\n第一条　示例。\n第二条　本解释自2005年1月1日起施行。\n"
    library.put("解释", text, date="2004-12-01")
    library.update()
    ((status, note),) = checked(library, "依照《关于适用〈示例古法〉若干问题的解释》第一条。", "2010-01-01")
    said = "其依据的《示例古法》已于 2020-01-01 废止；本文件自身是否废止，库内无记载。"
    assert (status, note) == ("ended later", f"引用之后，{said}")
    ((status, note),) = checked(library, "依照《关于适用〈示例古法〉若干问题的解释》第一条。", "2021-01-01")
    assert (status, note) == ("ended", said)


def test_what_is_too_long_or_no_day_is_refused(examples: Shelf) -> None:
    with examples.store.reading() as reader:
        with pytest.raises(UsageError, match="上限"):
            list(check(reader, examples.corpus, "示" * 1_000_001, TODAY, TODAY))
        with pytest.raises(UsageError, match="2021-11-22"):
            list(check(reader, examples.corpus, "示例", "去年", TODAY))
        with pytest.raises(UsageError, match="2021-11-22"):
            list(check(reader, examples.corpus, "示例", "2021-02-30", TODAY))


def test_a_basis_that_changed_is_stale_and_leads_up_the_chain(library: Shelf) -> None:
    library.put(
        "细则",
        "示例细则\n第一条　根据《示例市示例办法》，制定本细则。\n第二条　本细则自2016年1月1日起施行。\n",
        date="2016-01-01",
    )
    library.update()
    with library.store.reading() as reader:
        fates = Fates(reader, TODAY)
        rules = reader.document("细则")
        assert rules is not None
        (link,) = chain(fates, rules)
        assert (link.resolved.found.text, link.word) == ("《示例市示例办法》", "未见变化")
        assert [above.word for above in link.above] == ["此后修改"]
        assert [each.id for each, _ in stale(fates)] == ["办法"]


def test_circles_of_bases_end(shelf: Shelf) -> None:
    shelf.put("甲", "示例甲办法\n第一条　根据《示例乙办法》，制定本办法。\n", date="2016-01-01")
    shelf.put("乙", "示例乙办法\n第一条　根据《示例甲办法》，制定本办法。\n", date="2016-01-01")
    shelf.update()
    with shelf.store.reading() as reader:
        first = reader.document("甲")
        assert first is not None
        (link,) = chain(Fates(reader, TODAY), first)
    assert len(link.above) == 1 and link.above[0].above == ()


def test_what_is_missing_is_listed_by_how_many_cite_it(shelf: Shelf) -> None:
    shelf.put("甲", "示例甲通知\n一、按照《国务院示例条例》办理，并依照《示例省示例办法》。\n", date="2016-01-01")
    shelf.put("乙", "示例乙通知\n一、按照《国务院示例条例》（国令第9999号）办理。\n", date="2016-01-01")
    shelf.update()
    with shelf.store.reading() as reader:
        found = gaps(reader)
    assert [(each.name, each.documents) for each in found] == [("国务院示例条例", 2), ("示例省示例办法", 1)]
    assert "www.gov.cn" in found[0].source
    assert "示例省" in found[1].source


def test_what_is_missing_is_one_with_and_without_its_issuer(shelf: Shelf) -> None:
    for id, text in (("甲", "《关于修改示例规章的决定》"), ("乙", "《示例市人民政府关于修改示例规章的决定》")):
        shelf.put(id, f"示例{id}通知\n一、按照{text}办理。\n", date="2016-01-01", issuer="示例市人民政府")
    shelf.update()
    with shelf.store.reading() as reader:
        assert [(each.name, each.documents) for each in gaps(reader)] == [("示例市人民政府关于修改示例规章的决定", 2)]


def test_a_text_is_checked_by_the_command(examples: Shelf) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "kb", "cite-check", "-", "--on", "2015-06-01", "--json"],
        cwd=examples.corpus.root.parent,
        input="依照《示例旧条例》第一条。".encode(),
        capture_output=True,
        check=False,
    )
    told = json.loads(ran.stdout)
    assert (ran.returncode, told[0]["status"]) == (1, "ended later")
    assert told[0]["evidence"][0]["document"] == "新条例"


def test_the_other_commands(
    examples: Shelf, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    def run(*arguments: str) -> Any:
        with pytest.raises(SystemExit) as ended:
            main((*arguments, "--json"))
        assert ended.value.code == 0
        return json.loads(capfd.readouterr().out)

    monkeypatch.chdir(examples.corpus.root.parent)
    (tmp_path / "备忘录.txt").write_text("没有引用。", encoding="utf-8")
    assert run("cite-check", str(tmp_path / "备忘录.txt")) == []
    assert [each["document"] for each in run("stale-basis")] == ["办法"]
    assert {each["name"] for each in run("gaps")} == {
        "示例旧法",
        "示例古法",
        "关于修改〈中华人民共和国示例法〉的决定",
    }


def test_search_filters_by_how_documents_stand(library: Shelf) -> None:
    index = library.store.path.parent
    engine = open_engine(index, library.store)
    engine.update(library.corpus)
    found = {value.value: value.total for value in engine.search("第一条").facets["validity"]}
    assert {"未见终止", "已废止"} <= set(found)
    ended = engine.search("第一条 时效性:已废止")
    assert {hit.document for hit in ended.hits} == {"旧条例"}
    engine.close()


def test_an_article_is_not_sought_in_a_text_that_came_later(shelf: Shelf) -> None:
    listed = "2001年3月1日 示例大会通过\n2011年2月25日 示例会议通过的《示例法修正案（八）》\n第一章"
    shelf.put("示例法", LAW.replace("第一章", listed, 1), date="2011-02-25", edition="2011-02-25")
    shelf.update()
    with shelf.store.reading() as reader:
        (then,) = check(reader, shelf.corpus, "《示例法》第二条", "2005-01-01", TODAY)
        (now,) = check(reader, shelf.corpus, "《示例法》第二条", "2015-01-01", TODAY)
        with pytest.raises(UsageError, match="2020-13-01"):
            list(check(reader, shelf.corpus, "《示例法》第二条", "2020-13-01", TODAY))
    assert (then.fate.status, now.fate.status) == ("cannot tell", "right")
    assert "没有当时的文本，最接近的是 2011-02-25 的" in then.fate.note
    assert [each.document for each in then.fate.evidence] == ["示例法"]


def test_what_was_published_and_in_force_at_once_holds_from_that_day(shelf: Shelf) -> None:
    told = (
        "1982年12月4日 示例大会通过\n1982年12月4日 示例大会公告公布施行\n2018年3月11日 示例大会通过的《示例法修正案》"
    )
    shelf.put("示例法", f"示例法\n{told}\n第一条　示例。\n", date="2018-03-11", edition="2018-03-11")
    found = stands(shelf, "示例法", "1990-01-01")
    assert (found.status, found.evidence[0].sentence) == ("未见终止", "1982年12月4日 示例大会公告公布施行")
    assert stands(shelf, "示例法", "1982-01-01").status == "尚未生效"


DEFERRED = "2005年3月1日 示例大会通过\n2020年10月17日 示例大会《关于修改〈示例法〉的决定》修正\n第一章"


def test_an_amended_text_is_not_said_to_hold_before_anything_tells_that_it_does(shelf: Shelf) -> None:
    shelf.put("示例法", LAW.replace("第一章", DEFERRED, 1), date="2020-10-17", edition="2020-10-17")
    between, then = stands(shelf, "示例法", "2020-12-01"), stands(shelf, "示例法", "2019-06-01")
    assert between.status == "不明" and "2020年10月17日" in between.evidence[0].sentence
    assert (then.status, then.as_of) == ("未见终止", "2019-06-01")
    assert stands(shelf, "示例法", "2022-01-01").status == "未见终止"
    ((status, note),) = checked(shelf, "《示例法》第二条", "2020-12-01")
    assert status == "cannot tell" and "何时施行" in note


def test_the_instrument_tells_from_when_an_amended_text_holds(shelf: Shelf) -> None:
    shelf.put("示例法", LAW.replace("第一章", DEFERRED, 1), date="2020-10-17", edition="2020-10-17")
    decision = "示例大会关于修改《示例法》的决定\n对《示例法》作如下修改：\n一、将第二条修改为：“示例。”\n本决定自2021年6月1日起施行。\n"
    shelf.put("决定", decision, date="2020-10-17")
    shelf.update()
    assert stands(shelf, "示例法", "2021-03-01").evidence[0].day < "2020-01-01"
    found = stands(shelf, "示例法", "2021-07-01")
    assert (found.status, found.since, found.evidence[0].document) == ("未见终止", "2021-06-01", "决定")
    with shelf.store.reading() as reader:
        known = reader.document("示例法")
        assert known is not None
        resolver = Resolver(reader)
        assert resolver.shown(known, "2021-03-01")[1] == "2021-06-01"  # the day's text is not there
        assert resolver.shown(known, "2021-07-01")[1:] == ("", False)


def test_several_passings_of_an_interpretation_are_amendments(shelf: Shelf) -> None:
    past = "2015年6月23日最高示例院审判委员会第1655次会议通过\n2020年12月23日最高示例院审判委员会第1823次会议通过"
    shelf.put("规定", f"最高示例院的规定\n{past}\n第一条　示例。\n", date="2020-12-23", kind="司法解释")
    assert stands(shelf, "规定", "2019-05-10").status == "未见终止"
    assert stands(shelf, "规定", "2021-02-01").status == "不明"
    assert stands(shelf, "规定", "2024-03-01").status == "未见终止"


def test_an_amendment_tells_which_articles_it_left_alone(shelf: Shelf) -> None:
    past = "2001年3月1日 示例大会通过\n2023年12月29日 示例会议通过的《示例法修正案（二）》"
    shelf.put("示例法", LAW.replace("第一章", f"{past}\n第一章", 1), date="2023-12-29", edition="2023-12-29")
    text = "示例法修正案（二）\n一、将《示例法》第二条第一款修改为：“示例。”\n二、本修正案自2024年3月1日起施行。\n"
    shelf.put("修正案", text, date="2023-12-29")
    shelf.update()
    assert [status for status, _ in checked(shelf, "依照《示例法》第一条、第二条。", "2023-06-01")] == [
        "right",
        "changed since",
    ]


@pytest.mark.parametrize(
    ("bases", "status", "cited"),
    [
        ("《示例古法》", "依据已废止", "ended"),
        ("《示例古法》《示例诉讼法》", "依据已废止", "ended"),  # a law of procedure carries no substance
        ("《示例古法》《示例法》", "不明", "cannot tell"),  # the other one still does
        ("《示例法》《示例古法》", "未见终止", "right"),
    ],
)
def test_an_interpretation_whose_law_ended_says_so(library: Shelf, bases: str, status: str, cited: str) -> None:
    text = f"最高人民法院关于审理示例案件的规定\n为审理示例案件，根据{bases}，制定本规定。\n第一条　示例。\n"
    library.put("规定", text, date="2004-12-01", issuer="最高人民法院", kind="司法解释")
    assert stands(library, "规定", "2010-01-01").status == "未见终止"
    found = stands(library, "规定", "2021-01-01")
    assert found.status == status
    assert status == "未见终止" or found.evidence[0].day == "2020-01-01"
    with library.store.reading() as reader:
        (told,) = check(
            reader, library.corpus, f"依《{text.partition(chr(10))[0]}》第一条。", "2021-01-01", "2021-01-01"
        )
    assert told.fate.status == cited


def test_a_series_that_begins_anew_is_a_hint_not_an_end(shelf: Shelf) -> None:
    for id, title, day in (
        ("旧三", "最高人民法院关于审理示例案件适用法律若干问题的解释（三）", "2010-09-13"),
        ("新一", "最高人民法院关于审理示例案件适用法律问题的解释（一）", "2020-12-29"),
    ):
        shelf.put(id, f"{title}\n第一条　示例。\n", date=day, issuer="最高人民法院", kind="司法解释")
    found = stands(shelf, "旧三", "2021-06-15")
    assert (found.status, found.evidence[0].document) == ("不明", "新一")
    assert stands(shelf, "旧三", "2019-06-15").status == "未见终止"


def test_what_a_source_declares_is_told_with_its_day(shelf: Shelf) -> None:
    shelf.put("示例办法", RULES.replace("，有效期五年", ""), date="2015-04-01", labels={"有效性": "现行有效"})
    found = stands(shelf, "示例办法", "2026-02-01")
    assert (found.status, found.as_of) == ("现行有效", "2026-01-01")
    assert "2026-01-01 取得" in found.evidence[0].sentence
    assert stands(shelf, "示例办法", "2020-02-01").status == "未见终止"


@pytest.mark.parametrize(
    "lead", ["市政府决定，废止以下2件行政规范性文件：", "经清理，现决定对下列行政规范性文件予以废止："]
)
@pytest.mark.parametrize("number", ["一、", "1."])
def test_a_sentence_that_introduces_a_list_ends_what_is_listed(shelf: Shelf, lead: str, number: str) -> None:
    shelf.put("办法", RULES, date="2015-04-01")
    decision = f"示例市人民政府关于废止部分文件的决定\n{lead}\n{number}《示例市示例办法》（示府办〔2015〕14号）；\n本决定自2016年3月1日起施行。\n"
    shelf.put("决定", decision, date="2016-02-10")
    assert stands(shelf, "办法", "2017-01-01").status == "已废止"
    assert stands(shelf, "办法", "2016-01-01").status == "未见终止"


def test_copies_of_one_notice_are_one_document(shelf: Shelf) -> None:
    notice = "示例市人民政府关于印发示例市共享单车停放管理办法的通知\n各区：\n现将《示例市共享单车停放管理办法》印发给你们。\n示例市人民政府\n2021年3月1日\n附件\n示例市共享单车停放管理办法\n第一条　示例。\n第二条　应当：\n（一）甲；\n（二）乙。\n"
    for id in ("甲", "乙"):
        shelf.put(id, notice, date="2021-03-01", document_number="示府规〔2021〕9号", kind="通知")
    shelf.update()
    for text in ("《示例市共享单车停放管理办法》第二条第二项", "示府规〔2021〕9号第二条第（二）项"):
        *_, (status, _) = checked(shelf, f"依照{text}办理。", "2023-01-01")
        assert status == "right"


def test_a_number_that_a_text_leaves_out_is_not_denied(shelf: Shelf) -> None:
    shelf.put("示例法", "示例法\n第一条　甲。\n第二条　乙。\n第四条　丁。\n", date="2010-01-01")
    shelf.update()
    found = checked(shelf, "《示例法》第三条、第五条。", "2020-01-01")
    assert [status for status, _ in found] == ["cannot tell", "no such article"]


def test_stale_bases_begin_with_what_ended_and_can_be_narrowed(shelf: Shelf) -> None:
    made = "2009年12月1日 示例会议通过\n2018年3月1日 示例会议修正\n第一章"
    shelf.put("示例法", LAW.replace("第一章", made, 1), edition="2018-03-01", date="2018-03-01")
    shelf.put("旧条例", "示例旧条例\n第一条　为了示例。\n第二条　本条例自2000年1月1日起施行。\n", date="1999-12-01")
    shelf.put("废止", "示例新条例\n第一条　本条例自2012年1月1日起施行，《示例旧条例》同时废止。\n", date="2011-12-01")
    shelf.put("细则甲", "示例细则甲\n第一条　根据《示例法》，制定本细则。\n", date="2015-01-01")
    shelf.put("细则乙", "示例细则乙\n第一条　根据《示例旧条例》，制定本细则。\n", date="2005-01-01")
    shelf.update()
    with shelf.store.reading() as reader:
        found = [(each.id, change_of(links)) for each, links in stale(Fates(reader, TODAY))]
    assert found == [("细则乙", "ended"), ("细则甲", "open")]  # the text of the law that 甲 rests on is not there
    client = create_app(settings.load(folder=shelf.corpus.root.parent)).test_client()
    ended = BeautifulSoup(client.get("/stale-basis?only=ended").get_data(), "html.parser")
    assert [each.get_text() for each in ended.select("a.title")] == ["示例细则乙"]
    assert client.get("/stale-basis?only=示例").status_code == 400


def test_decisions_of_one_name_are_counted_apart_by_their_days(shelf: Shelf) -> None:
    line = "根据{}示例市第{}届人民代表大会常务委员会会议《关于修改部分地方性法规的决定》修正\n"
    for number, (day, session) in enumerate([("2010年1月1日", "一"), ("2010年1月1日", "一"), ("2016年5月5日", "二")]):
        lines = f"2001年1月1日示例会议通过　{line.format(day, session)}"
        text = f"示例条例{number}\n{lines}第一条　为了示例，制定本条例。\n"
        shelf.put(f"条例{number}", text, date="2001-01-01", issuer="示例市人民代表大会常务委员会")
    shelf.update()
    with shelf.store.reading() as reader:
        missing = [(gap.day, gap.documents) for gap in gaps(reader) if "决定" in gap.name]
    assert missing == [("2010-01-01", 2), ("2016-05-05", 1)]


def test_a_reader_does_not_change_the_state_of_the_store(shelf: Shelf) -> None:
    shelf.put("示例法", LAW, date="2009-12-01")
    shelf.update()
    before = shelf.store.token()
    with shelf.store.reading():
        assert shelf.store.path.with_name("citations.sqlite-wal").exists()
        assert shelf.store.token() == before
    assert shelf.store.token() == before


BASIS = "中华人民共和国示例基法\n第一条　示例。\n第二条　本法自2000年1月1日起施行。\n"
RESTS = "示例市示例细则\n第一条　根据《中华人民共和国示例基法》第一条，制定本细则。\n第二条　示例。\n第三条　本细则自2002年1月1日起施行。\n"


def test_a_basis_cited_by_an_article_that_it_has_not_is_not_said_to_have_changed(shelf: Shelf) -> None:
    shelf.put("示例法", "示例法\n第一条　为了示例。\n第二条　示例。\n", title="示例法", kind="法律", date="2010-01-01")
    shelf.put(
        "示例办法", "示例办法\n第一条　根据《示例法》第九十九条，制定本办法。\n", title="示例办法", date="2012-01-01"
    )
    shelf.update()
    with shelf.store.reading() as reader:
        fates = Fates(reader, TODAY)
        (link,) = chain(fates, next(each for each in reader.documents() if each.id == "示例办法"))
    assert (link.fate.status, link.fate.note) == ("no such article", "文本里没有这一条款。")


def test_the_end_of_a_basis_is_not_the_end_of_what_rests_on_it(shelf: Shelf) -> None:
    shelf.put("基法", BASIS, date="1999-12-01", kind="法律")
    shelf.put("细则", RESTS, date="2001-12-01", kind="地方性法规")
    title = "最高人民法院关于适用《中华人民共和国示例基法》若干问题的解释"
    shelf.put("解释", f"{title}\n第一条　示例。\n", date="2003-01-01", kind="司法解释", issuer="最高人民法院")
    ends = "中华人民共和国示例新法\n第一条　示例。\n第二条　本法自2010年1月1日起施行。《中华人民共和国示例基法》同时废止。\n"
    shelf.put("新法", ends, date="2009-12-01", kind="法律")
    shelf.update()
    with shelf.store.reading() as reader:
        for day, word in (("2020-01-01", "依据已废止"), ("2005-01-01", "引用时有效，依据后来废止")):
            text = f"《示例市示例细则》第二条；《{title}》第一条"
            found = list(check(reader, shelf.corpus, text, day, TODAY))
            assert [each.word for each in found][1] == word
            for each in found:
                said = "其依据的《中华人民共和国示例基法》已于 2010-01-01 废止；本文件自身是否废止，库内无记载。"
                assert said in each.fate.note
                assert "不再适用" not in each.fate.note


def test_a_basis_of_which_no_later_text_is_there_is_not_listed_as_changed(shelf: Shelf) -> None:
    shelf.put("基法", BASIS, date="1999-12-01", kind="法律")
    shelf.put("细则", RESTS, date="2001-12-01", kind="地方性法规")
    text = "全国人民代表大会关于修改《中华人民共和国示例基法》的决定\n一、将第一条修改为：“新的示例。”\n本决定自2008年1月1日起施行。\n"
    shelf.put("决定", text, date="2007-12-01", kind="法律")
    shelf.update()
    with shelf.store.reading() as reader:
        ((document, links),) = stale(Fates(reader, TODAY))
    assert (document.id, change_of(links)) == ("细则", "open")
    shelf.put("基法", BASIS.replace("示例。", "新的示例。", 1), edition="2007-12-01", date="2007-12-01", kind="法律")
    shelf.update()
    with shelf.store.reading() as reader:
        (found,) = [links for each, links in stale(Fates(reader, TODAY)) if each.id == "细则"]
    assert change_of(found) == "changed"


def test_only_where_an_earlier_text_was_is_a_place_told_to_be_of_it(shelf: Shelf) -> None:
    shelf.put("新法", BASIS.replace("2000年", "2021年"), date="2020-05-28", kind="法律")
    shelf.put("旧法", LAW, edition="2018-03-01", date="2018-03-01", kind="法律")
    shelf.put("旧法", AMENDED, edition="2018-03-01", date="2018-03-01", kind="法律")
    early = "示例市示例通知\n一、依照《中华人民共和国示例基法》第一条、《中华人民共和国示例法》第一条办理。\n"
    shelf.put("通知", early, date="2020-12-31")
    shelf.put("早", early, date="2005-01-01")
    shelf.update()
    with shelf.store.reading() as reader:
        resolver = Resolver(reader)
        told = {}
        for id in ("通知", "早"):
            known = reader.document(id)
            assert known is not None
            for each in resolver.citations(known):
                if each.target and each.target.later:
                    told[id, each.target.document.id] = resolver.had_earlier(each.target)
    assert told == {("通知", "新法"): False, ("早", "新法"): False, ("早", "旧法"): True}


def test_a_text_that_was_made_before_but_holds_later_is_not_a_change_since(shelf: Shelf) -> None:
    shelf.put("基法", BASIS, edition="1999-12-01", date="1999-12-01", kind="法律")
    newer = BASIS.replace("示例。", "新的示例。", 1).replace("2000年1月1日", "2002年7月1日")
    shelf.put("基法", newer, edition="2001-12-29", date="2001-12-29", effective="2002-07-01", kind="法律")
    shelf.put("细则", RESTS, date="2002-06-29", kind="地方性法规")
    shelf.update()
    with shelf.store.reading() as reader:
        ((_, links),) = stale(Fates(reader, TODAY))
    assert change_of(links) == "open"
    assert "本文件依据的可能已经是它" in links[0].fate.note


def noted(shelf: Shelf) -> dict[str, str]:
    """How documents stand, as the store has it: of today."""
    with sqlite3.connect(shelf.store.path) as database:
        return dict(database.execute("SELECT id, standing FROM document"))


def noted_on(shelf: Shelf, day: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """What an update of a day notes, which must be what the store finds when it looks at all documents."""
    monkeypatch.setenv("KB_TODAY", day)
    assert not shelf.store.update(shelf.corpus)
    with shelf.store.reading() as reader:
        assert noted(shelf) == {id: each.status for id, each in validities(reader, day).items()}, day
    return noted(shelf)


def test_what_is_noted_of_today_is_made_anew_only_when_a_day_comes(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On every day, and back again, it is what the store finds when it looks at all documents."""
    shelf.put("示例法", AMENDED, date="2009-10-01")
    shelf.put("示例办法", RULES, date="2015-04-01")
    shelf.put(
        "长期", "示例长期办法\n第一条　本办法有效期至9999年12月31日。\n", date="2016-01-01", effective="9999-12-31"
    )
    shelf.put(
        "废止",
        "关于废止示例办法的决定\n一、废止《示例市示例办法》。\n本决定自2019年3月1日起施行。\n",
        date="2019-01-20",
    )
    days = ["2009-12-31", "2010-01-01", "2015-04-30", "2015-05-01", "2018-12-31", "2019-02-28", "2019-03-01"]
    days += [
        "2019-04-04",
        "2019-04-05",
        "2019-04-06",
        "2019-06-01",
        "2020-04-30",
        "2020-05-01",
        "2024-01-01",
        "2024-01-02",
    ]
    seen = set()
    for day in (*days, *reversed(days)):
        found = noted_on(shelf, day, monkeypatch)
        assert shelf.store.standings(day) == found, day
        seen.add(tuple(found.values()))
    assert len(seen) > 3


@pytest.mark.parametrize(
    "effective", ["2010年1月1日", "2010.1.1", "2010-13", "2010-02-30", "9999-99-99", "２０１０-01-01"]
)
def test_a_day_that_is_none_keeps_nothing_from_being_worked_out(
    shelf: Shelf, effective: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is not taken, and said."""
    shelf.put("示例法", LAW)
    shelf.put("另一份", RULES, effective=effective)
    told = [noted_on(shelf, day, monkeypatch)["示例法"] for day in ("2009-12-30", "2009-12-31", "2010-01-01")]
    assert told == ["尚未生效", "尚未生效", "未见终止"]
    (problem,) = shelf.corpus.misread()
    assert problem.id == "另一份" and f"effective 写着“{effective}”" in problem.sentence


def test_a_period_from_the_last_day_there_is_ends_nothing(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    shelf.put("示例法", LAW)
    shelf.put("最后", "示例办法\n第一条　示例。\n第二条　本办法自印发之日起施行，有效期五年。\n", date="9999-12-31")
    assert noted_on(shelf, "2010-01-01", monkeypatch)["示例法"] == "未见终止"


def test_the_days_of_the_table_turn_what_is_noted(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing in the library tells from when the amended law holds."""
    shelf.put("慈善法", "中华人民共和国慈善法\n第一条　为了示例，制定本法。\n", kind="法律", date="2023-12-29")
    told = [noted_on(shelf, day, monkeypatch)["慈善法"] for day in ("2024-09-03", "2024-09-04", "2024-09-05")]
    assert told == ["不明", "不明", "未见终止"]


def test_what_was_worked_out_by_other_rules_is_worked_out_anew(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KB_TODAY", "2024-01-02")
    shelf.put("示例法", LAW)
    shelf.store.update(shelf.corpus)
    for left in ("2024-01-02", "2024-01-02 other"):  # an earlier version's, and another one's
        with sqlite3.connect(shelf.store.path) as database:
            database.execute("UPDATE revision SET day = ?", (left,))
            database.execute("UPDATE document SET standing = '不明'")
        assert shelf.store.standings("2024-01-02")["示例法"] == "未见终止"
        shelf.store.update(shelf.corpus)
        assert noted(shelf)["示例法"] == "未见终止"
