from __future__ import annotations

from kb.ingest.restore import restore
from kb.structure.extracted import Extracted
from tests.ingest.disguise import disguise

LISTED = "復會進區業據設構執權當實導學強標領個網監"
TITLE = "示例区关于推进依法行政和执法监督工作的通知"
BODY = [
    "一、总体要求",
    "坚持依法行政，强化执法监督，推进权责清单标准化建设。",
    "二、组织领导",
    "各区当及时学习，落实领导责任。",
]
NAVIGATION = "当前位置：首页 > 政务公开 > 区政府文件"


def test_a_plain_text_is_its_own_restoration() -> None:
    text = "".join(f"{line}\n" for line in BODY)
    restored = restore(Extracted(text, "text/plain", levels={0: 2}))
    assert (restored.extracted.text, restored.extracted.levels) == (text, {0: 2})
    assert (restored.repairs, restored.simplified, restored.furniture) == ((), 0, ())


def test_title_and_labels_are_restored_with_the_text() -> None:
    shown = disguise("".join(f"{line}\n" for line in [TITLE, "区政府办公室", *BODY]), LISTED).text.split("\n")
    extracted = Extracted(
        "".join(f"{line}\n" for line in shown[2:-1]), "text/html", shown[0], labels={"发布机构": shown[1]}
    )
    restored = restore(extracted)
    assert restored.extracted.title == TITLE
    assert restored.extracted.labels == {"发布机构": "区政府办公室"}
    assert restored.extracted.text == "".join(f"{line}\n" for line in BODY)


def test_places_move_with_the_lines_that_are_taken_off() -> None:
    shown = disguise("".join(f"{line}\n" for line in [NAVIGATION, *BODY]), LISTED).text
    restored = restore(Extracted(shown, "text/html", levels={1: 2, 3: 2}))
    text = restored.extracted.text
    assert text == "".join(f"{line}\n" for line in BODY)
    assert restored.furniture == (NAVIGATION,)
    assert restored.extracted.levels == {0: 2, 2: 2}
    assert restored.repairs
    for repair in restored.repairs:
        assert text[repair.position :].startswith(repair.restored)
    assert any("不在正文里" in note for note in restored.extracted.notes)
