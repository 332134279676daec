"""Where words in quotation marks start and end, in time that grows with the text."""

from __future__ import annotations

import time

import pytest

from kb.law.quoted import marked


def words(text: str) -> list[str]:
    return [text[start:end] for start, end in marked(text)]


def test_marks_inside_marks_are_counted() -> None:
    assert words("“甲“乙”丙”和“丁”") == ["甲“乙”丙", "丁"]
    assert words("“甲「乙」‘丙’”") == ["甲「乙」‘丙’"]
    assert words('"甲"乙"丙"') == ["甲", "丙"]


def test_a_quotation_of_several_lines_opens_at_each_of_them() -> None:
    assert words("“第一条\n“第二条\n　“第三条”。“丁”") == ["第一条\n“第二条\n　“第三条", "丁"]


def test_what_stays_open_or_ends_too_far_away_is_no_quotation() -> None:
    assert words("“甲“乙”") == ["乙"]
    assert words(f"“{'甲' * 3000}”“乙”") == ["乙"]
    assert words("”甲“") == []


@pytest.mark.parametrize("mark", ["“", "‘", "「", '"', "“”", "”", "“\n"])
def test_many_marks_take_no_longer_than_their_number(mark: str) -> None:
    began = time.process_time()
    marked(mark * 200_000)
    assert time.process_time() - began < 10  # by trying each with all the others it took minutes
