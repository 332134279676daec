from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.ingest import furniture
from kb.ingest.disguise.repair import repair
from kb.ingest.restore import restore
from kb.structure.extracted import Extracted

BODY = "示例区人民政府关于示例事项的通知\n各街道办事处：\n一、总体要求。按照“首页 > 栏目”的路径查阅。\n示例区人民政府\n2021年11月22日\n"


@pytest.mark.parametrize(
    "line",
    [
        "当前位置：首页 > 政务公开 > 通知公告",
        "您现在的位置：首页>法规",
        "首页 > 示例区人民政府门户网站 > 公开目录",
        "政务公开 » 法规公文 » 规范性文件",
        "【打印】【字体：大 中 小】",
        "设为首页 | 加入收藏",
    ],
)
def test_navigation_at_the_head_is_taken_off(line: str) -> None:
    assert furniture.strip(f"{line}\n{BODY}") == (BODY, {0: line})


@pytest.mark.parametrize(
    "line",
    [
        "扫一扫在手机打开当前页",
        "— 3 —",
        "分享到：",
        "分享到 微信 微博",
        "打印本页 关闭窗口",
        "浏览次数：1234",
        "上一篇：关于示例的通知",
        "【下一篇】：没有了",
        "责任编辑：示例",
        "版权所有：示例区人民政府 粤ICP备00000000号",
        "主办单位：示例区人民政府办公室",
    ],
)
def test_furniture_at_the_tail_is_taken_off(line: str) -> None:
    assert furniture.strip(f"{BODY}{line}\n") == (BODY, {BODY.count("\n"): line})


@pytest.mark.parametrize(
    "line",
    [
        "（此件公开发布）",
        "（本文有删减）",
        "索 引 号：000014349/2019-00007",
        "发布日期：2021-01-01",
        "- 3 —",
        "大",
        "打印经费按照有关规定执行。",
        "目前所处的位置十分重要。",
        "请群众扫描二维码或者登录首页办理，有关部门应当在十五日内作出答复，并将办理结果通过网上服务大厅反馈。",
    ],
)
@pytest.mark.parametrize("place", ["{0}\n{1}", "{1}{0}\n"])
def test_words_of_the_document_stay(line: str, place: str) -> None:
    text = place.format(line, BODY)
    assert furniture.strip(text) == (text, {})


def test_tables_of_tools_in_the_middle_stay() -> None:
    text = BODY + "打印\n复印\n关闭\n" + BODY
    assert furniture.strip(text) == (text, {})


def test_the_reports_navigation_is_taken_off(report: Path) -> None:
    restored = repair(report.read_text("utf-8")).text
    text, taken = furniture.strip(restored)
    assert tuple(taken.values()) == ("当前位置:", "首页 > 濠江区人民政府门户网站 > 公开目录 > 政务公开 > 政策")
    assert text.startswith("2021年,濠江区法治政府建设工作")


def test_real_notices_lose_nothing_but_their_furniture(notices: Path) -> None:
    taken = Counter(
        line for path in notices.glob("*.txt") for line in furniture.strip(path.read_text("utf-8"))[1].values()
    )
    assert set(taken) == {"扫一扫在手机打开当前页"}


@given(st.lists(st.one_of(st.sampled_from(["打印", "首页 > 示例", "扫一扫", "正文。", ""]), st.text(max_size=20))))
def test_lines_are_kept_or_taken_whole_and_a_second_time_nothing_is_left_to_take(lines: list[str]) -> None:
    text = "".join(" ".join(line.split()) + "\n" for line in lines)
    kept, taken = furniture.strip(text)
    assert Counter(line for line in text.split("\n") if line) == Counter(
        line for line in [*kept.split("\n"), *taken.values()] if line
    )


def test_the_licence_of_a_wiki_is_no_text_of_the_document() -> None:
    licence = (
        "本作品是中华人民共和国的\n法律\n、\n法规\n，属于\n公有领域\n。\nPublic domain\nPublic domain\nfalse\nfalse\n"
    )
    text, taken = furniture.strip(f"{BODY}{licence}")
    assert text == BODY
    assert "".join(f"{line}\n" for line in taken.values()) == licence
    said = f"本作品是中华人民共和国的法律所保护的。\n{BODY}"
    assert furniture.strip(said) == (said, {})


def test_repeated_lines_beside_furniture_cost_linear_time() -> None:
    text = "".join(f"{line}\n" for _ in range(60_000) for line in ("示例。", "扫一扫在手机打开当前页"))
    restored = restore(Extracted(text, "text/plain", levels={119_998: 2}))
    assert restored.extracted.text == "示例。\n" * 60_000
    assert restored.extracted.levels == {59_999: 2}
