"""The front matter is the same, byte for byte, whether or not libyaml writes it."""

import random

import pytest

from kb.base.errors import UnreadableError
from kb.corpus import front_matter
from kb.structure.yaml_head import fault

LETTERS = "示例年〔〕\u3000é𠀀 ab01.:#-?'\"\\\\,[]{}&*!|>%@`~=_/\n\r\t\x00\x85\xad\u200b\u2028\ufeff"


def test_libyaml_is_used_only_where_it_writes_the_same_bytes() -> None:
    chance = random.Random(7)

    def text(longest: int) -> str:
        return "".join(chance.choice(LETTERS) for _ in range(chance.randint(0, longest)))

    for longest in (3, 12, 60) * 700:
        value = {text(longest) or "x": text(longest), "l": [text(longest), {"m": text(longest)}], "e": [], "f": {}}
        assert front_matter._yaml(value) == front_matter._printed(value, front_matter._Dumper)


def test_long_names_and_values() -> None:
    for length in (40, 43, 60, 127, 128, 129, 2000):
        for letter in ("示", "a", "a ", "?", "示 "):
            value = {letter * length: letter * length, "l": [{letter * length: "x", "y": letter * length}]}
            assert front_matter._yaml(value) == front_matter._printed(value, front_matter._Dumper)


def test_lists_in_lists_without_end_are_told_like_any_other_fault() -> None:
    with pytest.raises(UnreadableError, match="套得太深"):
        front_matter.load(f"---\ntitle: {'[' * 600}{']' * 600}\n---\n", name="示例")
    assert fault(f"---\ntitle: {'[' * 600}{']' * 600}\n---\n") == "一层套一层，套得太深"
