"""The edition that an author names is the one that is checked; where it is not held, that is said."""

from __future__ import annotations

import tomllib
from importlib import resources
from typing import Any
from urllib.parse import urlsplit

import pytest

from kb.law.checking import check
from kb.law.editions import before, in_brackets, split_title
from kb.law.standing import Standings
from tests.law.laws import Shelf
from tests.law.test_finding import cited

TODAY = "2026-11-26"
_HISTORY = "2005年3月1日示例大会通过\n2013年5月1日示例大会修正\n2018年3月1日示例大会修正\n"
OLD = f"中华人民共和国示例法\n{_HISTORY}第一条　示例。\n第二条　旧的示例。\n第三条　旧的示例。\n"
NEW = (
    f"中华人民共和国示例法\n{_HISTORY}2023年6月1日示例大会修订\n第一条　示例。\n第二条　新的示例。\n第三条　新的示例。\n"
    "第四条　本法自2024年1月1日起施行。\n"
)


@pytest.fixture
def statutes(shelf: Shelf) -> Shelf:
    shelf.put("示例法", OLD, edition="2018-03-01", date="2018-03-01")
    shelf.put("示例法", NEW, edition="2023-06-01", date="2023-06-01", effective="2024-01-01")
    shelf.put("不改的法", "中华人民共和国不改法\n2010年1月1日示例大会通过\n第一条　示例。\n", date="2010-01-01")
    shelf.update()
    return shelf


def told(shelf: Shelf, text: str, on: str = TODAY) -> list[dict[str, Any]]:
    with shelf.store.reading() as reader:
        return [each.as_json() for each in check(reader, shelf.corpus, text, on, TODAY)]


def state(found: dict[str, Any]) -> tuple[str, str, str]:
    """Answer (status, the version's day, anchor)."""
    target = found["target"] or {"version": "", "anchor": ""}
    return found["status"], target["version"][:10], target["anchor"]


@pytest.mark.parametrize(
    ("text", "edition"),
    [
        ("《示例法》（2018年修正）第二条", "2018年修正"),
        ("《示例法》（2018修正）第二条", "2018修正"),
        ("《示例法》(2018年修订)第二条", "2018年修订"),
        ("《示例法》〔2018年修正〕第二条", "2018年修正"),
        ("《示例法》（2018）第二条", "2018"),
        ("《示例法》（18年）第二条", "18年"),
        ("《示例法》（18年版）第二条", "18年版"),
        ("（2018版）《示例法》第二条", "2018版"),
        ("上一版《示例法》第二条", "上一版"),
        ("前一版本的《示例法》第二条", "前一版本"),
        ("《示例法》（失效）第二条", "失效"),
        ("《示例法》（2018年版）第二条", "2018年版"),
        ("《示例法》（2018年3月1日修正）第二条", "2018年3月1日修正"),
        ("《示例法》（2018年3月1日示例大会第二次会议修正）第二条", "2018年3月1日示例大会第二次会议修正"),
        ("《示例法》（示例令第5号，2018年修正）第二条", "2018年修正"),
        ("《中华人民共和国示例法（2018修正）》第二条", "2018修正"),
        ("《示例法（2018年修正）》第二条", "2018年修正"),
        ("《示例法》2018年修正版第二条", "2018年修正版"),
        ("2018年《示例法》第二条", "2018年"),
        ("2018年修正的《示例法》第二条", "2018年修正"),
        ("2018年修正后的《示例法》第二条", "2018年修正后"),
        ("2018版《示例法》第二条", "2018版"),
        ("二〇一八年《示例法》第二条", "二〇一八年"),
        ("旧《示例法》第二条", "旧"),
        ("原《示例法》第二条", "原"),
        ("修订前的《示例法》第二条", "修订前"),
        ("修改前《示例法》第二条", "修改前"),
        ("《示例法》（修订前）第二条", "修订前"),
        ("《示例法》（旧）第二条", "旧"),
        ("《示例法》（2018年第4次修正）第二条", "2018年第4次修正"),
        ("《示例法》（２０１８年修正）第二条", "２０１８年修正"),
        ("《示例法》（2018年修正案）第二条", "2018年修正案"),
        ("《示例法》2018年第二条", "2018年"),
        ("《示例法》第二条（2018年修正）", "2018年修正"),
        ("2023年修订前的《示例法》第二条", "2023年修订前"),
        ("《示例法》（2023年修订前）第二条", "2023年修订前"),
        ("《示例法》（已修订）第二条", "已修订"),
        ("新法施行前的《示例法》第二条", "施行前"),
    ],
)
def test_the_old_text_is_the_one_that_is_checked(statutes: Shelf, text: str, edition: str) -> None:
    (found,) = told(statutes, f"依照{text}办理。")
    assert state(found) == ("right", "2018-03-01", "art-2")
    assert found["edition"] == edition
    assert "此后有修改（2023-06-01）" in found["note"]


@pytest.mark.parametrize(
    "text",
    [
        "《示例法》（2023年修订）",
        "2023年《示例法》",
        "2024年《示例法》",
        "现行《示例法》",
        "新《示例法》",
        "修订后的《示例法》",
        "《示例法（2023修订）》",
    ],
)
def test_the_present_text_is_named(statutes: Shelf, text: str) -> None:
    (found,) = told(statutes, f"{text}第二条。")
    assert state(found) == ("right", "", "art-2")
    assert found["edition"]


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("《示例法》（2018年修正）第四条", "no such article"),
        ("旧《示例法》第四条", "no such article"),
        ("《示例法》（2013年修正）第二条", "cannot tell"),  # told of, and not held
        ("《示例法》（2012年修正）第二条", "no such edition"),
        ("《示例法》（2024年修订）第二条", "cannot tell"),  # after all that the library knows
        ("《示例法》（2025年修订）第二条", "cannot tell"),
        ("1999年《示例法》第二条", "no such edition"),
        ("2018年修正前的《示例法》第二条", "cannot tell"),
        ("2015年3月1日前施行的《示例法》第二条", "cannot tell"),
        ("行为时的《示例法》第二条", "cannot tell"),
        ("行为发生时的《示例法》第二条", "cannot tell"),
        ("合同签订时的《示例法》第二条", "cannot tell"),
        ("九八年的《示例法》第二条", "no such edition"),
        ("旧《不改法》第一条", "cannot tell"),
        ("当时的《不改法》第一条", "right"),
        ("《不改法》（2010年）第一条", "right"),
    ],
)
def test_what_is_not_held_is_never_right_by_another_text(statutes: Shelf, text: str, status: str) -> None:
    (found,) = told(statutes, f"依照{text}办理。")
    assert found["status"] == status
    if status in ("no such edition", "cannot tell"):
        assert (found["target"]["anchor"], found["target"]["version"]) == ("", "")
        assert f"“{found['edition']}”" in found["note"]


def test_the_day_counts(statutes: Shelf) -> None:
    (early,) = told(statutes, "《示例法》（2023年修订）第二条", "2019-05-10")
    assert state(early) == ("not in force yet", "", "art-2")
    new, old, present = told(statutes, "新《示例法》第二条、旧《示例法》第二条、现行《示例法》第二条", "2023-09-01")
    assert state(new) == ("not in force yet", "", "art-2")
    assert state(old) == ("right", "2018-03-01", "art-2")
    assert state(present) == ("changed since", "2018-03-01", "art-2")
    (unknown,) = told(statutes, "旧《示例法》第二条", "2019-05-10")
    assert unknown["status"] == "cannot tell", "the one before 2018 is not held"


def test_what_follows_is_of_the_same_edition(statutes: Shelf) -> None:
    text = "《示例法》（2018年修正）第二条、第三条；第四条；该法第二条。《示例法》第四条。"
    found = told(statutes, text)
    assert [state(each)[0] for each in found] == ["right", "right", "no such article", "right", "right"]
    assert [each["edition"] for each in found] == ["2018年修正"] * 4 + [""]


@pytest.mark.parametrize(
    "given",
    [
        "《中华人民共和国示例法》（2018年修正，以下简称《示例法》）",
        "《中华人民共和国示例法》（2018年修正）（以下简称《示例法》）",
        "《中华人民共和国示例法（2018修正）》（以下简称“示例法”）",
    ],
)
def test_a_short_name_stands_for_the_edition_that_it_was_given_for(statutes: Shelf, given: str) -> None:
    found = told(statutes, f"{given}第二条，《示例法》第四条。")
    assert [state(each) for each in found] == [("right", "2018-03-01", "art-2"), ("no such article", "2018-03-01", "")]


@pytest.mark.parametrize(
    "text",
    [
        "《示例法》（以下简称示例法）第二条",
        "《示例法》（示例令〔2018〕5号）第二条",
        "2018年，《示例法》第二条",
        "自2018年3月1日起，《示例法》第二条",
        "中原《示例法》第二条",
        "1990年4月1日《示例法》第二条",
        "1990年4月1日实施《示例法》第二条",
        "2015年10月31日以前实施的《示例法》第二条",
    ],
)
def test_what_names_no_edition(text: str) -> None:
    assert before(text, text.index("《")) == in_brackets(text) == ""


def test_a_title_that_has_a_year_is_that_document(shelf: Shelf) -> None:
    for year in ("2019", "2021"):
        text = f"示例准入目录（{year}年版）\n第一条　示例。\n"
        shelf.put(f"目录{year}", text, date=f"{year}-01-01")
    shelf.update()
    found = told(shelf, "依照《示例准入目录（2019年版）》第一条和《示例准入目录》（2021年版）第一条。")
    assert [each["target"]["document"] for each in found] == ["目录2019", "目录2021"]
    assert split_title("示例准入目录（2019年版）") == ("示例准入目录", "2019年版")


def test_an_edition_of_a_document_in_the_library_is_linked(statutes: Shelf) -> None:
    statutes.put(
        "通知", "示例通知\n一、适用修订前的《示例法》第二条和2023年修订的《示例法》第三条。\n", date="2024-05-01"
    )
    statutes.update()
    with statutes.store.reading() as reader:
        known = reader.document("通知")
        assert known is not None
        found = reader.citations(known.number)
    assert [each.edition for each in found] == ["修订前", "2023年修订"]


def test_a_law_that_was_repealed_is_told_as_such(shelf: Shelf) -> None:
    shelf.put("旧法", "中华人民共和国示例旧法\n第一条　示例。\n", date="2000-01-01")
    text = "中华人民共和国示例新法\n第一条　示例。\n第二条　本法自2021年1月1日起施行。《中华人民共和国示例旧法》同时废止。\n"
    shelf.put("新法", text, date="2020-05-01")
    shelf.update()
    (found,) = told(shelf, "原《示例旧法》第一条")
    assert (found["status"], found["edition"], found["target"]["anchor"]) == ("ended", "原", "art-1")


def test_short_names_take_editions_too() -> None:
    assert [name for _, _, name, _ in cited("旧公司法第二十六条、97刑法第三条。")] == [
        "中华人民共和国公司法",
        "中华人民共和国刑法",
    ]


@pytest.mark.parametrize(
    ("text", "editions"),
    [
        ("修订前《示例法》第二条、修订后第四条", ["修订前", "修订后"]),
        ("《示例法》（2018年修正）第二条、（2023年修订）第四条", ["2018年修正", "2023年修订"]),
        ("《示例法》（2018年修正）第二条、第四条", ["2018年修正", "2018年修正"]),
    ],
)
def test_an_edition_before_a_later_article_takes_the_place_of_the_one_before(
    statutes: Shelf, text: str, editions: list[str]
) -> None:
    assert [each["edition"] for each in told(statutes, text)] == editions


def test_a_number_beside_a_title_names_the_text_of_its_year(shelf: Shelf) -> None:
    title = "最高人民法院、最高人民检察院关于办理示例刑事案件适用法律若干问题的解释"
    shelf.put("解释", f"{title}\n第一条　旧。\n", edition="2016-12-23", date="2016-12-23")
    shelf.put("解释", f"{title}\n第一条　新。\n", edition="2023-08-08", date="2023-08-08")
    shelf.update()
    blank = title.replace("、", " ")
    (old,) = told(shelf, f"依《{blank}》（法释〔2016〕29号）第一条。", "2020-01-15")
    assert state(old) == ("right", "2016-12-23", "art-1")
    (none,) = told(shelf, f"依《{title}》（法释〔2013〕15号）第一条。", "2020-01-15")
    assert none["status"] == "cannot tell"
    (day,) = told(shelf, f"依《{title}》（2016年12月23日），第一条。", "2024-01-15")
    assert state(day) == ("right", "2016-12-23", "art-1")


def test_the_table_of_days_of_effect_names_two_sources_for_each() -> None:
    table = tomllib.loads(resources.files("kb.data").joinpath("effect_days.toml").read_text(encoding="utf-8"))
    for row in table["rows"]:
        assert row["made"] < row["effect"] and row["by"] and len(row["sources"]) > 1
        hosts = {urlsplit(each.rpartition(" ")[2]).hostname for each in row["sources"]}
        assert len(hosts) == len(row["sources"]) and None not in hosts


def test_the_table_tells_from_when_a_law_holds_that_nothing_else_tells(shelf: Shelf) -> None:
    past = "2002年6月29日 示例大会通过\n2021年6月10日 示例大会《关于修改〈中华人民共和国安全生产法〉的决定》修正"
    text = f"中华人民共和国安全生产法\n{past}\n第一条　示例。\n第二条　本法自2002年11月1日起施行。\n"
    shelf.put("安全生产法", text, date="2021-06-10", edition="2021-06-10")
    shelf.update()
    with shelf.store.reading() as reader:
        known = reader.document("安全生产法")
        assert known is not None
        standings = Standings(reader)
        then, now = standings.of(known, "2021-08-31"), standings.of(known, "2021-09-01")
    assert (now.status, now.since) == ("未见终止", "2021-09-01")
    assert "主席令第八十八号" in now.evidence[0].sentence and "2021-09-01" not in then.evidence[0].sentence
