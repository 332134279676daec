"""The history of an article: its wordings in the texts that are kept, and what changed it."""

from __future__ import annotations

import json
from urllib.parse import quote

import pytest
from bs4 import BeautifulSoup

from kb.base.errors import NotFoundError
from kb.config import settings
from kb.law.article_history import Wording, history
from kb.search.open.engines import open_engine
from kb.web.site.app import create_app
from tests.cli.running import KbHere
from tests.law.laws import Shelf

_MADE = "2001年3月1日 第九届示例人民代表大会第一次会议通过"
_FIRST = "2009年6月1日 第十届示例人民代表大会第二次会议第一次修正"
_SECOND = "2015年5月1日 第十二届示例人民代表大会第三次会议第二次修正"
_THIRD = "2020年8月1日 第十三届示例人民代表大会第四次会议修订"
_AIM = "为了规范示例活动，保护当事人的合法权益，制定本条例。"
_LICENCE = "从事示例活动的单位和个人应当依照规定向示例机关申请许可并且提交全部材料，示例机关应当在二十日内作出决定。"
_FINE = "违反本条例的，由示例机关责令改正，处一百元以上五百元以下罚款。"
_DOGS = "禁止携带犬只进入示例场所，导盲犬除外；示例场所的管理人应当在入口张贴说明。"
_START = "本条例自2001年5月1日起施行。"


def _law(lines: list[str], *articles: str) -> str:
    numbers = "一二三四五六七八九"
    return "\n".join(
        ["示例条例", *lines, *(f"第{numbers[place]}条　{each}" for place, each in enumerate(articles)), ""]
    )


@pytest.fixture
def shelf(shelf: Shelf) -> Shelf:
    """A law in the texts of 2001, 2015 and 2020; that of 2009 is told of, and not kept."""
    texts = (
        ("2001-03-01", _law([_MADE], _AIM, _FINE, _START)),
        ("2015-05-01", _law([_MADE, _FIRST, _SECOND], _AIM, _LICENCE, _FINE.replace("五百元", "一千元"), _START)),
        (
            "2020-08-01",
            _law(
                [_MADE, _FIRST, _SECOND, _THIRD],
                _AIM,
                _DOGS,
                _FINE.replace("五百元", "一千元"),
                _LICENCE.split("，")[0] + "。",
                "示例机关应当在二十日内作出决定。",
                "本条例自2020年10月1日起施行。",
            ),
        ),
    )
    for day, text in texts:
        shelf.put("示例条例", text, edition=day, date=day)
    decision = "关于修改《示例条例》的决定\n第一条　《示例条例》作如下修改。\n本决定自2015年7月1日起施行。\n"
    shelf.put("修改决定", decision, date="2015-05-01")
    shelf.update()
    return shelf


def _of(shelf: Shelf, anchor: str, version: str = "") -> list[Wording]:
    with shelf.store.reading() as reader:
        return history(reader, shelf.corpus, "示例条例", anchor, version)


def _steps(found: list[Wording]) -> list[tuple[str, str, str]]:
    return [(each.step, each.made, each.label) for each in found]


def test_an_article_is_followed_by_its_words_through_all_texts(shelf: Shelf) -> None:
    assert _steps(_of(shelf, "art-3")) == [
        ("same", "2020-08-01", "第三条"),
        ("changed", "2015-05-01", "第三条"),
        ("made", "2001-03-01", "第二条"),
    ]


def test_an_article_that_came_later_has_no_earlier_wording(shelf: Shelf) -> None:
    assert _steps(_of(shelf, "art-2")) == [("added", "2020-08-01", "第二条")]


def test_a_change_names_what_made_it_and_the_texts_between_that_are_not_kept(shelf: Shelf) -> None:
    changed = _of(shelf, "art-3")[1]
    assert [(each.day, each.document) for each in changed.by] == [("2009-06-01", ""), ("2015-05-01", "修改决定")]
    assert changed.missing == ("2009-06-01",)
    assert changed.since == "2015-07-01"
    assert all(not each.by for each in _of(shelf, "art-1"))


def test_an_article_that_was_split_is_told_to_come_out_of_the_other(shelf: Shelf) -> None:
    (split,) = _of(shelf, "art-5")
    assert (split.step, split.others) == ("split", ("第二条",))
    moved = _of(shelf, "art-4")
    assert _steps(moved)[:2] == [("changed", "2020-08-01", "第四条"), ("added", "2015-05-01", "第二条")]


def test_an_old_address_leads_on_to_what_became_of_it(shelf: Shelf) -> None:
    oldest = shelf.corpus.history("示例条例")[-1].version
    assert _steps(_of(shelf, "art-3", oldest))[0] == ("changed", "2020-08-01", "第六条")
    shelf.put("示例条例", _law([_MADE, _THIRD], _AIM, _START), edition="2022-01-01", date="2022-01-01")
    shelf.update()
    found = _of(shelf, "art-2", next(each.version for each in shelf.corpus.history("示例条例") if "2020" in each.date))
    assert _steps(found) == [("removed", "2022-01-01", ""), ("added", "2020-08-01", "第二条")]


def test_the_oldest_text_that_is_kept_is_not_taken_for_the_first(shelf: Shelf) -> None:
    shelf.put("示例规定", _law([_MADE, _SECOND], _AIM, _FINE), edition="2015-05-01", date="2015-05-01")
    shelf.update()
    with shelf.store.reading() as reader:
        (only,) = history(reader, shelf.corpus, "示例规定", "art-1")
    assert (only.step, only.missing) == ("first kept", ("2001-03-01",))


def test_what_is_not_there_is_said(shelf: Shelf) -> None:
    with pytest.raises(NotFoundError, match="没有“art-9”"):
        _of(shelf, "art-9")
    with pytest.raises(NotFoundError, match="没有名为“2000-01-01”的文本"):
        _of(shelf, "art-1", "2000-01-01")


def test_page_interface_and_command_tell_the_same(
    shelf: Shelf, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = shelf.corpus.root.parent
    open_engine(folder / "index").update(shelf.corpus)
    client = create_app(settings.load(folder=folder)).test_client()
    told = client.get(f"/api/v1/documents/{quote('示例条例')}/sections/art-3/history").get_json()
    shown = BeautifulSoup(client.get("/d/示例条例/history?anchor=art-3").get_data(), "html.parser")
    monkeypatch.chdir(folder)
    kb = KbHere(folder, capsys)
    printed = json.loads(kb("show", "示例条例#art-3", "--history", "--json"))
    assert printed["wordings"] == told["wordings"] and len(told["wordings"]) == 3
    assert [each.get_text() for each in shown.select(".wordings ins")] == ["三", "一千"]
    assert [each.get_text() for each in shown.select(".wordings .fate")] == ["未变", "修改", "制定时的文字"]
    read = BeautifulSoup(client.get("/d/示例条例").get_data(), "html.parser")
    assert read.select_one('#art-3 a[href*="/history?anchor=art-3"]')
    assert "库里没有这些时候的文本" in kb("show", "示例条例#art-3", "--history")
    kb("show", "示例条例", "--history", code=2)
    assert "要写明哪一节" in kb.said
