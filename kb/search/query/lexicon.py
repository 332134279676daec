"""What words of a question stand for: which only ask, and which are said in other words by statutes.

The tables are data (`data/words.toml`) and were made by hand from general usage.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib.resources import files
from itertools import permutations
from typing import Any

from kb.chinese.identity import fold
from kb.search.query.analysis import words

Sayings = Mapping[str, tuple[str, ...]]


def topical(cut: Sequence[str]) -> list[list[str]]:
    """Return the words that say what a question is about, neighbours together; all words where none would be left."""
    runs: list[list[str]] = [[]]
    for word in cut:
        if any(map(str.isalnum, word)) and word not in _asking():
            runs[-1].append(word)
        elif runs[-1]:
            runs.append([])
    runs = [run for run in runs if run]
    return runs or [[word] for word in cut if any(map(str.isalnum, word))]


def other_words(strings: Iterable[str]) -> list[tuple[str, ...]]:
    """Answer, for each lay word and name in folded strings, what statutes say for it and the strings themselves do not.

    A word inside a longer one of the table does not count (险 in 保险), nor a single character that is no word.
    """
    strings = list(strings)
    whole = "\n".join(strings)
    cut = {word for string in strings for word in words(string)}
    found = [said for said in _stretches(whole) if said in _sayings() and (len(said) > 1 or said in cut)]
    longest = [said for said in found if not any(said in other for other in found if said != other)]
    alternatives = [tuple(other for other in _sayings()[said] if other not in whole) for said in longest]
    return [some for some in alternatives if some]


def _stretches(text: str) -> dict[str, None]:
    """Return every stretch of a text that is no longer than a word of the table, in the order of the text."""
    lengths = range(1, _longest() + 1)
    return dict.fromkeys(text[start : start + length] for start in range(len(text)) for length in lengths)


@cache
def _longest() -> int:
    return max(map(len, _sayings()))


@cache
def _asking() -> frozenset[str]:
    return frozenset(_tables()["asking"].split())


@cache
def _sayings() -> Sayings:
    """Return what stands for each word: lay words go one way, names of one thing stand for each other."""
    tables = _tables()
    sayings = {fold(said): tuple(map(fold, others)) for said, others in tables["lay"].items()}
    for group in tables["same"]:
        for name, other in permutations(map(fold, group), 2):
            sayings[name] = (*sayings.get(name, ()), other)
    return sayings


@cache
def _tables() -> dict[str, Any]:
    return tomllib.loads((files("kb") / "search" / "data" / "words.toml").read_text(encoding="utf-8"))
