from __future__ import annotations

import random
from pathlib import Path

import jieba

from kb.chinese.identity import fold
from kb.search.query.analysis import terms, words


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
