"""One bad byte is one doubt, not a refused document and not another text. All texts are invented (示例)."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kb.base.errors import UnreadableError
from kb.base.model import Document, Provenance
from kb.config.settings import load
from kb.ingest import derive
from kb.ingest.formats import files
from kb.ingest.formats.charset import decode
from kb.ingest.formats.registry import Given

TEXT = (
    "示例市关于加强桥梁管理的通知\n各区：\n一、桥梁由城管部门负责，应当明确责任，安排经费，按月检查，按季通报，年底总结成效。\n"
    "二、裂缝应当在三日内修补，费用四百元由市财政承担。\n三、本通知自2022年1月1日起执行。\n"
)
SETTINGS = load(None, Path("/"))


def document(text: str | bytes, ending: str = ".txt") -> Document:
    data = text.encode() if isinstance(text, str) else text
    found = Provenance("示例.txt", "0" * 64, "2024-01-01T00:00:00Z", "")
    return derive.document(files.read(data, ending, Given(SETTINGS)), found, "s", "示例")


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
@pytest.mark.parametrize("bad", [b"\xff", b"\xc3", b"\x00", b"\x07"])
def test_one_bad_byte_is_one_doubt(encoding: str, bad: bytes) -> None:
    start = TEXT.encode(encoding).index("费用四百".encode(encoding))
    data = TEXT.encode(encoding)
    found = document(data[:start] + bad + data[start:])
    assert "三日内修补" in found.text
    assert "四百元由市财政承担" in found.text
    assert found.metadata.title == "示例市关于加强桥梁管理的通知"
    assert "〓" in found.text
    assert found.provenance.doubts


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("surrogate", ["\ud800", "\udc00"])
def test_a_lone_surrogate_is_one_doubt(encoding: str, surrogate: str) -> None:
    damaged = TEXT.replace("费用四百元", f"费用{surrogate}元") + "ABC 示例 2022-01-01\n"
    found = document(damaged.encode(encoding, "surrogatepass"))
    assert "费用〓元由市财政承担" in found.text
    assert "三日内修补" in found.text
    assert found.provenance.doubts


def test_a_text_with_a_mark_and_nothing_but_damage_is_refused() -> None:
    with pytest.raises(UnreadableError):
        decode(b"\xff\xfe" + b"\x00\xd8" * 400)


@given(st.integers(0, len(TEXT.encode("gb18030")) - 1))
@settings(max_examples=60, deadline=None)
def test_a_lost_byte_makes_no_other_text(at: int) -> None:
    data = TEXT.encode("gb18030")
    text, _ = decode(data[:at] + data[at + 1 :])
    before, _, after = text.partition("\ufffd")
    if "\ufffd" not in text:  # an ASCII character is gone altogether
        assert data[at] < 0x80
        return
    assert TEXT.startswith(before)
    assert TEXT.endswith(after.lstrip("\ufffd"))
    assert len(TEXT) - len(before) - len(after.lstrip("\ufffd")) <= 8


@pytest.mark.parametrize(
    "data",
    [bytes(range(256)) * 8, b"\x89PNG\r\n\x1a\n" + TEXT.encode()[:40] + bytes(400), TEXT.encode("big5", "ignore")],
)
def test_what_is_no_text_is_still_refused(data: bytes) -> None:
    with pytest.raises(UnreadableError):
        decode(data)


def test_private_and_replacement_characters_are_doubts_where_they_stand() -> None:
    found = document("示例市关于水价的通知\n一、水价为每吨1\ue01085元，由\ufffd林部门负责。\n")
    assert "每吨1〓85元，由〓林部门" in found.text
    assert [(each.kind, each.restored, each.found) for each in found.provenance.repairs] == [
        ("doubtful", "〓", "\ue010"),
        ("doubtful", "〓", "\ufffd"),
    ]
    assert found.text[found.provenance.repairs[0].position] == "〓"
    assert found.provenance.doubts[0].count == 2


def test_signs_of_radicals_become_the_characters_that_are_meant() -> None:
    found = document("示例市关于⼈⼝登记的通知\n一、⼈⼝登记由⽰例派出所负责，⻓期有效，\uf90a额照\ue81e记。\n")
    assert found.metadata.title == "示例市关于人口登记的通知"
    assert "人口登记由示例派出所负责，长期有效，金额照\u9fb4记" in found.text
    assert not found.provenance.doubts
    assert "部首" in found.provenance.account.remarks[0].what
    assert found.provenance.account.remarks[0].count == 8


def test_rare_but_real_characters_stay() -> None:
    given = "示例市关于命名的通知\n一、𠮷村、㙍镇、①②③、ｍ²、℃、〇、〔2022〕、😀照原样。\n"
    found = document(given)
    assert "𠮷村、㙍镇、①②③、ｍ²、℃、〇、〔2022〕、😀照原样" in found.text
    assert not found.provenance.doubts
