"""What holds for any memo, and for any day: spans, coverage, quotations, and no evidence from the future."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from kb.law.checking import Checked, check
from kb.law.standing import Standings, Validity
from tests.law.laws import Shelf

TODAY = "2026-06-01"
WORDS = [
    "经营者应当自收到通知之日起十五日内提出申请，逾期不提出的，视为放弃。",
    "主管机关不得收取任何费用；已经收取的，应当在三十日内退还。",
    "违反前款规定的，处一万元以上五万元以下的罚款，可以并处没收违法所得。",
]
LAW = "中华人民共和国示例法\n" + "".join(
    f"第{n}条　{WORDS[place % 3]}\n{WORDS[(place + 1) % 3]}\n" for place, n in enumerate("一二三四五六七八九十")
)
# An independent reading of what looks like a reference, simpler than the product's.
LOOKS_LIKE = re.compile(
    r"《[^《》\n]{2,40}(?:法|条例|办法|规定|解释|细则)》|第[〇零一二三四五六七八九十百千\d]{1,6}条"
    r"|示发[〔\[]20\d\d[〕\]]\d{1,4}号|示例(?:法|条例)(?=第)"
)
PIECES = some.sampled_from(
    [
        "《示例法》", "示例法", "《示例旧法》", "《示例条例》", "《虚构条例》", "《员工手册》", "旧示例法", "《示例法》（2019年修正）", "该法", "同法", "本法", "虚构会议纪要",
        "第三条", "第十条第二款", "第3条", "第二条、第五条", "第一百条", "第四条至第六条", "第3.2条", "第二条之一", "前款", "该条第二款", "（一）项",
        "示发〔2020〕7号", "示例院令第5号", "，", "。", "；", "和", "规定：", "“", "”", "（", "）", "\n", "依照", "当事人认为", "２０２０年", *WORDS, WORDS[0].replace("不", ""),
    ]
)  # fmt: skip
MEMOS = some.lists(PIECES, max_size=14).map("".join)
SOME_MORE = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def statutes(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    shelf = Shelf(tmp_path_factory.mktemp("properties"))
    past = "2009年12月1日 示例大会通过\n2018年3月1日 示例大会修订\n"
    shelf.put("示例法", LAW.replace("\n", f"\n{past}", 1), date="2018-03-01")
    shelf.put(
        "示例条例",
        f"示例条例\n第一条　{WORDS[1]}\n第二条　《示例旧法》同时废止。\n",
        date="2012-01-01",
        kind="行政法规",
    )
    shelf.update()
    return shelf


def checked(shelf: Shelf, text: str) -> list[Checked]:
    with shelf.store.reading() as reader:
        return list(check(reader, shelf.corpus, text, TODAY, TODAY))


@SOME_MORE
@given(MEMOS)
def test_spans_are_the_text_they_claim_in_order_and_apart(statutes: Shelf, text: str) -> None:
    end = 0
    for each in checked(statutes, text):
        assert text[each.start : each.end] == each.resolved.found.text
        assert end <= each.start < each.end
        end = each.end


@SOME_MORE
@given(MEMOS)
def test_everything_that_looks_like_a_reference_is_in_exactly_one_item(statutes: Shelf, text: str) -> None:
    found = checked(statutes, text)
    for match in LOOKS_LIKE.finditer(text):
        around = [each for each in found if each.start < match.end() and match.start() < each.end]
        within_quoted_title = "《" in match[0][1:] or text.count("《", 0, match.start()) > text.count(
            "》", 0, match.start()
        )
        assert len(around) == 1 or within_quoted_title, (match[0], text)


@SOME_MORE
@given(MEMOS, some.sampled_from(WORDS), some.integers(0, 30), some.sampled_from(["", "不", "三", "可以"]))
def test_right_means_that_what_is_quoted_stands_there(
    statutes: Shelf, before: str, words: str, place: int, extra: str
) -> None:
    cut = min(place, len(words))
    text = f"{before}。《示例法》第一条规定：“{words[:cut]}{extra}{words[cut:]}”"
    article = "".join(WORDS[:2])
    for each in checked(statutes, text):
        if each.quotation and each.fate.status == "right" and each.resolved.found.place == "art-1":
            quoted = text[each.quotation.start : each.quotation.end]
            assert quoted.rstrip("。；，") in article


EVIDENCE = [
    (
        "废止",
        "示例废止决定\n第一条　《示例办法》自2020年1月1日起废止。\n第二条　本决定自2020年1月1日起施行。\n",
        "2019-12-01",
    ),
    ("新办法", "示例新办法\n第一条　本办法自2021年7月1日起施行。《示例办法》同时废止。\n", "2021-05-01"),
    (
        "修改",
        "关于修改《示例办法》的决定\n一、将第一条修改为：“示例。”\n二、本决定自2022年3月1日起施行。\n",
        "2022-01-01",
    ),
    ("法终", "示例后法\n第一条　本法自2023年1月1日起施行，《示例前法》同时废止。\n", "2022-12-01"),
]
RULES = "示例办法\n第一条　根据《示例前法》，制定本办法。\n第二条　本办法自2015年5月1日起施行。\n"


def stands(shelf: Shelf, on: str) -> Validity:
    shelf.update()
    with shelf.store.reading() as reader:
        known = reader.document("办法")
        assert known is not None
        return Standings(reader).of(known, on)


@pytest.mark.parametrize("on", ["2016-01-01", "2019-12-31", "2020-06-01", "2021-06-30", "2022-02-28", "2022-12-31"])
def test_how_a_document_stands_depends_on_no_later_evidence(tmp_path: Path, on: str) -> None:
    early = Shelf(tmp_path / "early")
    early.put("办法", RULES, date="2015-04-01")
    whole = Shelf(tmp_path / "whole")
    whole.put("办法", RULES, date="2015-04-01")
    for id, text, day in EVIDENCE:
        whole.put(id, text, date=day)
        if day <= on:
            early.put(id, text, date=day)
    then, later = stands(early, on), stands(whole, on)
    assert (then.status, then.since, then.evidence) == (later.status, later.since, later.evidence)
