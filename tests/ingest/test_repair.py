from __future__ import annotations

import random
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kb.ingest.disguise.realign import LOST
from kb.ingest.disguise.repair import Repaired, repair

from .disguise import Page, ascii_marks, disguise, listed_in, slide, traditional

TEXT = (
    "示例区人民政府办公室关于进一步规范行政执法监督工作的通知\n各街道办事处，区政府各部门：\n"
    "一、总体要求。为深入贯彻落实党中央、国务院决策部署，着力提升法治能力水平，坚持问题导向，现将有关事项通知如下。\n"
    "（一）加强组织领导。各单位应当对照标准，建立健全监督机制，及时发现、处理违法问题，确保责任落实到位。\n"
    "（二）规范权力运行。对进口冷链食品相关从业人员进行检查48场（次），由法律顾问（室）审核，推进OA终端替换。\n"
    "二、发展网络经济，优化营商环境，完善统计调查体系，认真总结经验，组织开展学习宣传，报告执行结果。\n"
)
CHARACTERS = listed_in([TEXT], 100)


def is_consistent(found: str, result: Repaired) -> bool:
    """Every repair stands where it says, in order, and tells what was found."""
    end = 0
    for each in result.repairs:
        stop = each.position + len(each.restored)
        if each.position < end or result.text[each.position : stop] != each.restored or each.found not in found:
            return False
        end = stop
    return True


@pytest.fixture(scope="module")
def restored(report: Path) -> tuple[str, Repaired]:
    found = report.read_text("utf-8")
    return found, repair(found)


@pytest.mark.parametrize(
    "words",
    [
        "着力提升法治能力水平",
        "推进全区“汕头政府在线”OA终端替换",
        "对辖区进口冷链食品相关从业人员核酸检测3325人次",
        "(汕濠府〔2020〕75号)",
        "48场(次)",
        "区政府法律顾问(室)",
        "选取礐石街道珠浦社区",
        "先后召开",
        "参加旁听庭审",
    ],
)
def test_the_report_says_again_what_it_said(restored: tuple[str, Repaired], words: str) -> None:
    assert words in restored[1].text


def test_no_annotation_is_left_in_the_report(restored: tuple[str, Repaired]) -> None:
    assert not re.search("[āáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜ]|\\([a-z]+\\)|[?〓]", restored[1].text)


def test_every_repair_of_the_report_is_on_record(restored: tuple[str, Repaired]) -> None:
    found, result = restored
    assert is_consistent(found, result)
    assert [each.kind for each in result.repairs].count("annotation") == 628
    (split,) = [each for each in result.repairs if each.kind != "annotation"]
    assert (split.kind, split.found, split.restored) == ("lost-byte", "?zhǔn)称废嚓P(guān)", "食品相关")


@pytest.mark.parametrize(
    ("found", "restored"),
    [
        ("冷鏈?zhǔn)称废嚓P(guān)從業", "冷链食品相关从业"),
        ("推進(jìn)“汕頭政府在線”O(jiān)A終端", "推进“汕头政府在线”OA终端"),
        ("日?qǐng)?bào)社", "日报社"),
        ("召開(kāi)會(huì )議，研究發(fā )展問題", "召开会议，研究发展问题"),
        ("機(jī)關(guān)(guān)和單位", "机关和单位"),
        ("群眾的(de)監(jiān)督和公眾的(de)參與(yǔ)", "群众的监督和公众的参与"),
        ("綠(lü)色發(fa)展、綠(lü)化工程、綠(lv)地規(gui)劃(hua)", "绿色发展、绿化工程、绿地规划"),
        ("規(guī)範(fàn)行政機(jī)關(guān)的統(tǒ", "规范行政机关的统"),
        ("規(guī)範(fàn)行政機(jī)關(guān)的規(", "规范行政机关的规"),
        ("著力推進(jìn)網(wǎng)絡(luò)建設，對著作權的顯著成績", "着力推进网络建设，对著作权的显著成绩"),
        ("范圍內關(guān)系、委托機(jī)構(gòu)，屬(shǔ)于單位", "范围内关系、委托机构，属于单位"),
    ],
)
def test_habits_of_mirrors(found: str, restored: str) -> None:
    result = repair(found)
    assert result.text == restored
    assert is_consistent(found, result)


@pytest.mark.parametrize("by_phrase", [True, False])
def test_two_pairs_dropped_in_a_row_are_no_plain_character(by_phrase: bool) -> None:
    """Of 施，有 only the first byte and the last come through, and they spell 市."""
    words = "有权采取应急处置措施，有关单位和个人必须服从。\n"
    result = repair(disguise(TEXT + words, ["幹", "單", "個", "須"], by_phrase=by_phrase).text)
    assert "市" not in result.text
    assert unmarked(TEXT + words, result.text) == []


@pytest.mark.parametrize("words", ["加强党的建设。基层党组织应当发挥作用。\n", "依法查处、违法必究。\n"])
@pytest.mark.parametrize("in_ascii", [True, False])
def test_a_slid_punctuation_mark_is_restored(words: str, in_ascii: bool) -> None:
    page = traditional(TEXT + words, by_phrase=True)
    mark = next(index for index in range(len(TEXT), len(page)) if page[index] in "。、《")
    found, original = slide(page, mark), TEXT + words
    result = repair(ascii_marks(found) if in_ascii else found)
    assert result.text == (ascii_marks(original) if in_ascii else original)
    assert [each.kind for each in result.repairs] == ["mark"]


def test_a_character_between_two_annotations_whose_bytes_are_all_there_is_proven() -> None:
    page = disguise(TEXT, [char for char in CHARACTERS if char not in "處變"][:40]).text
    found = "件當(dāng)事人因僞造、變(biàn)?cè)臁⑻?xū)開存單，無法正常處?gàn)们樾巍\n"
    result = repair(page + found)
    assert "因伪造、变造、虚开存单，无法正常处置情形" in result.text


def test_a_slid_run_that_lost_bytes_shows_the_disguise() -> None:
    words = "发布航行警告、航行通告的申请后，应当立即核实有关资料。\n"
    page = traditional(TEXT + words, by_phrase=True)
    result = repair(slide(page, page.index("、航行")))
    assert result.text.startswith(TEXT + "发布航行警告、航行")
    assert result.text.endswith("的申请后〓〓〓立即核实有关资料。\n")
    assert [each.kind for each in result.repairs] == ["doubtful"]


@pytest.mark.parametrize("by_phrase", [True, False])
@pytest.mark.parametrize("in_ascii", [True, False])
def test_a_disguised_text_comes_back(by_phrase: bool, in_ascii: bool) -> None:
    found = disguise(TEXT, CHARACTERS, by_phrase=by_phrase).text
    result = repair(ascii_marks(found) if in_ascii else found)
    assert result.text == (ascii_marks(TEXT) if in_ascii else TEXT)
    assert result.disguised


@given(st.permutations(CHARACTERS), st.integers(12, 80), st.booleans(), st.sampled_from([")", " )"]))
@settings(max_examples=15)
def test_any_list_of_characters_is_undone(listed: list[str], size: int, by_phrase: bool, closing: str) -> None:
    page = disguise(TEXT, listed[:size], by_phrase=by_phrase, closing=closing)
    result = repair(page.text)
    assert is_consistent(page.text, result)
    assert LOST in result.text or result.text == TEXT
    assert repair(result.text) == Repaired(result.text)


@given(st.text(st.sampled_from([*TEXT[:60], *CHARACTERS, *"?()（）,，ABfùguān〔2〕\n\ufffd€"]), max_size=80))
@settings(max_examples=200)
def test_any_text_is_read_and_every_repair_on_record(text: str) -> None:
    result = repair(text)
    assert is_consistent(text, result)
    assert result.disguised or result == Repaired(text)
    assert result.text.count("\n") == text.count("\n")


def test_legitimate_brackets_in_a_disguised_page_stay() -> None:
    kept = "法律顧問(室)、48場(次)、(一)、公司(Café)、系統(OA)、(汕濠府〔2020〕75號)、礐(què)石、礐石"
    result = repair(disguise(TEXT, CHARACTERS).text + kept)
    assert result.text.endswith(
        "法律顾问(室)、48场(次)、(一)、公司(Café)、系统(OA)、(汕濠府〔2020〕75号)、礐(què)石、礐石"
    )
    assert [each.found for each in result.repairs if each.kind == "doubtful"] == ["(què)"]


@pytest.mark.parametrize(
    "words",
    [
        "",
        "行(xíng)走、银行(háng)、音乐(yuè)、快乐(lè)、行(xíng)人",
        "簡體字“关”的繁體字是“關(guān)”，读作guān。",
        "《漢字》：馬(mǎ)、龍(lóng)、鳥(niǎo)、魚(yú)、車(chē)。",
        "鰂(zé)魚涌位於港島東區，深水埗在九龍。為什麼?因為歷史。What is it? 是的?對",
        "濠江区礐(què)石街道、礐石风景区",
    ],
)
def test_a_person_who_gives_readings_is_no_mirror(words: str) -> None:
    assert repair(words) == Repaired(words)


def test_traditional_characters_alone_are_no_disguise() -> None:
    text = traditional(TEXT, by_phrase=True)
    assert repair(text) == Repaired(text)


def test_real_documents_pass_through_to_the_character(laws: Path, notices: Path) -> None:
    paths = [*sorted(laws.rglob("*.md"))[::12], *notices.glob("*.txt")]
    for path in paths:
        text = path.read_text("utf-8")
        assert repair(text) == Repaired(text), path


def statutes(laws: Path, count: int) -> list[str]:
    """Statutes that GBK can hold, as a mirror's pages must."""
    paths = [path for path in sorted(laws.rglob("*.md")) if path.name not in ("README.md", "_index.md")]
    texts = (path.read_text("utf-8") for path in random.Random(3).sample(paths, 2 * count))
    return [text for text in texts if text.encode("gbk", "ignore").decode("gbk") == text][:count]


def unmarked(original: str, restored: str) -> list[str]:
    """The lines of the original that came back other than they were, without a mark where they differ."""
    pairs = zip(original.split("\n"), restored.split("\n"), strict=False)
    return [line for line, other in pairs if line != other and LOST not in other]


@pytest.mark.parametrize("by_phrase", [True, False])
def test_statutes_come_back_and_what_vanished_is_marked(laws: Path, by_phrase: bool) -> None:
    texts = [text for text in statutes(laws, 20) if len(text) < 20_000][:8]
    choose = random.Random(by_phrase)
    pool = listed_in(texts, 300)
    exact = whole = 0
    for text in texts:
        page: Page = disguise(text, choose.sample(pool, 100), by_phrase=by_phrase)
        result = repair(page.text)
        exact += result.text == text
        whole += not page.lost
        assert is_consistent(page.text, result)
        assert result.text.count(LOST) >= bool(page.lost)
        if result.text.count("\n") == text.count("\n"):
            assert unmarked(text, result.text) == []
    assert exact >= whole * 0.8
