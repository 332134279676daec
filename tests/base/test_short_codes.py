"""Short codes of documents."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from kb.base.short_codes import LENGTH, Codes, typed_code, whole_code


def test_a_code_is_the_same_for_ever() -> None:
    assert whole_code("民法典")[:LENGTH] == Codes(["民法典"]).code("民法典") == Codes(["民法典", "刑法"]).code("民法典")
    assert whole_code("示例") == "1n9z11krv081p33ya19v60h4zh"


@given(st.lists(st.text(min_size=1), unique=True, max_size=20))
def test_each_document_has_a_code_that_names_it_alone(ids: list[str]) -> None:
    codes = Codes(ids)
    for id in ids:
        assert codes.called(codes.code(id)) == [id] or any(
            whole_code(id) == whole_code(other) for other in ids if other != id
        )
        assert typed_code(codes.code(id).upper()) == codes.code(id)


def test_documents_whose_codes_begin_alike_have_longer_ones_and_the_short_one_names_both() -> None:
    ids = [f"示例{number}" for number in range(100)]
    codes = Codes(ids, shortest=1)
    assert all(codes.called(codes.code(id)) == [id] for id in ids)
    alike = [id for id in ids if whole_code(id)[0] == whole_code(ids[0])[0]]
    assert len(alike) > 1 and codes.called(whole_code(ids[0])[0]) == sorted(alike)
    assert {len(codes.code(id)) for id in alike} - {1}


def test_what_is_no_code_is_told() -> None:
    assert [typed_code(text) for text in ("", "民法典", "abc", "haojiang-2021-report", "u" * 10)] == [""] * 5
    assert typed_code("OIL0000000") == "0110000000"
