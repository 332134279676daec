from __future__ import annotations

import random
from pathlib import Path

import jieba
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kb.search.query.analysis import fold, fold_with_offsets, terms, words

TEXTS = st.text(
    st.one_of(st.sampled_from("行政復議（）〔〕【】()“”'ＡａA1１ 　\n\t\u200b,，。-—○İß²①⼀"), st.characters())
)


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("ＯＡ終端，〔２０２０〕75号", "oa终端,(2020)75号"),
        ("【附件】［一］（二）〖三〗", "(附件)(一)(二)(三)"),
        ("“甲”「乙」＂丙＂‘丁’", '"甲""乙""丙"\'丁\''),
        ("第一条　为了\n保护 公民", "第一条为了保护公民"),
        ("the  Supply\u3000Chain Act 管 理 3 2", "the supply chain act管理3 2"),
        ("20\n21 年", "2021年"),
        ("二○二一年", "二〇二一年"),
        ("著作權法、著力", "著作权法、著力"),
        ("⼀⽅", "一方"),  # Kangxi radicals, as PDF converters write them
        ("①²½㎡", "①²½㎡"),  # these mean something else than 1 2 1/2 m2
        ("《办法》……——", "《办法》……--"),
        ("\ufeff零\u200b宽\u00ad", "零宽"),
    ],
)
def test_fold(text: str, folded: str) -> None:
    assert fold(text) == folded


@given(TEXTS)
@example("İ\ud800ß")
def test_every_folded_character_has_its_place(text: str) -> None:
    folded = fold_with_offsets(text)
    assert folded.text == fold(text) and len(folded.offsets) == len(folded.text)
    assert folded.offsets == sorted(set(folded.offsets))
    for character, offset in zip(folded.text, folded.offsets, strict=True):
        assert fold(text[offset]) == character or (character == " " and text[offset].isspace())


@given(TEXTS)
def test_folded_text_stays_as_it_is(text: str) -> None:
    assert fold(fold(text)) == fold(text)
    fold(text).encode()


@given(TEXTS, TEXTS)
def test_lines_are_folded_each_by_itself(first: str, second: str) -> None:
    assert fold(f"{first}\n{second}") == fold(first) + fold(second)


def test_terms_are_characters_pairs_and_longer_words() -> None:
    assert sorted(terms("行政复议")) == sorted(["行", "政", "复", "议", "行政", "政复", "复议", "行政复议"])


def chinese(words: list[str]) -> list[str]:
    return [word for word in words if not word.isascii()]


def test_words_are_those_of_jieba(laws: Path, tmp_path: Path) -> None:
    """rjieba is the fast one of two; jieba with its dictionary is the reference. 50.0cm2 is one word or two: no matter."""
    jieba.dt.tmp_dir = str(tmp_path)  # its default is the world-writable folder, where anybody could put a dictionary
    jieba.setLogLevel("ERROR")
    lines = [line for path in sorted(laws.rglob("*.md"))[::40] for line in path.read_text("utf-8").splitlines()]
    sample = [fold(line) for line in random.Random(3).sample([line for line in lines if line], 1500)]
    assert sum(map(len, sample)) > 50_000
    assert not [text for text in sample if chinese(words(text)) != chinese(jieba.lcut(text))]
    assert all("".join(words(text)) == text for text in sample)
