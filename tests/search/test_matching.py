from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import SupportsIndex

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kb.search.query.matching import WILD, Leaf, Near, Span, Wildcard

STRINGS = st.lists(st.text("甲乙", min_size=1, max_size=3), min_size=2, max_size=4).map(tuple)
TEXTS = st.text("甲乙丙", max_size=14) | st.lists(st.sampled_from(["甲", "乙", "丙" * (WILD - 1), "丙"])).map("".join)


@st.composite
def wildcards(draw: st.DrawFn) -> Wildcard:
    strings = draw(STRINGS)
    gaps = st.lists(st.sampled_from([0, 0, 1, 2]), min_size=len(strings) - 1, max_size=len(strings) - 1)
    return Wildcard(strings, tuple(draw(gaps)))


def plain_wildcard(leaf: Wildcard, text: str) -> Iterator[Span]:
    """Try every way from every place; of those that begin first, take the shortest, and go on behind it."""
    behind = 0
    for start in range(len(text)):
        ends = {start + len(leaf.strings[0])} if text.startswith(leaf.strings[0], start) else set()
        for string, gap in zip(leaf.strings[1:], leaf.gaps, strict=True):
            gaps = [gap] if gap else range(WILD + 1)
            ends = {end + n + len(string) for end in ends for n in gaps if text.startswith(string, end + n)}
        if ends and start >= behind:
            behind = min(ends)
            yield start, behind


def plain_near(leaf: Near, text: str) -> Iterator[Span]:
    """Try every choice of a place for each string."""
    places = [
        [(start, start + len(string)) for start in range(len(text)) if text.startswith(string, start)]
        for string in leaf.strings
    ]
    reach = leaf.distance + sum(map(len, leaf.strings))
    close = [
        chosen
        for chosen in product(*places)
        if max(end for _, end in chosen) - min(start for start, _ in chosen) <= reach
    ]
    yield from sorted({place for chosen in close for place in chosen})


@settings(max_examples=400)
@given(wildcards(), TEXTS)
def test_a_wildcard_stands_where_trying_every_way_finds_it(leaf: Wildcard, text: str) -> None:
    assert list(leaf.spans(text)) == list(plain_wildcard(leaf, text))
    assert leaf.matches(text) == bool(list(leaf.spans(text)))


@settings(max_examples=400)
@given(STRINGS, st.integers(0, 4), st.text("甲乙丙", max_size=12))
def test_strings_are_near_where_trying_every_choice_finds_them(
    strings: tuple[str, ...], distance: int, text: str
) -> None:
    leaf = Near(strings, distance)
    assert list(leaf.spans(text)) == list(plain_near(leaf, text))
    assert leaf.matches(text) == bool(list(leaf.spans(text)))


class Watched(str):
    """A text that counts the characters that are passed while strings are looked for in it."""

    __slots__ = ("looked_at",)

    def find(self, sub: str, start: SupportsIndex | None = None, end: SupportsIndex | None = None, /) -> int:
        place = super().find(sub, start, end)
        self.looked_at += (len(self) if place < 0 else place + 1) - int(start or 0)
        return place


def looked_at(leaf: Leaf, text: str) -> int:
    """Answer how many characters of a text are passed, for a hit and for its highlights."""
    watched = Watched(text)
    watched.looked_at = 0
    leaf.matches(watched)
    for _ in leaf.spans(watched):
        pass
    return watched.looked_at


@pytest.mark.parametrize(
    ("leaf", "text"),
    [
        (Wildcard(("的",) * 6 + ("龘",), (0,) * 6), "龘" + "的" * 500),
        (Wildcard(("的",) * 6 + ("龘",), (0,) * 6), "的" * 500 + "龘"),
        (Wildcard(("、",) * 30 + ("金刚石",), (0,) * 30), "一、" * 500 + "金刚石"),
        (Wildcard(("、",) * 30 + ("金刚石",), (0,) * 30), ("一、" * 40 + "二" * 20) * 20 + "金刚石"),
        (Wildcard(("的", "法") * 10, (0, 15) * 9 + (0,)), "的法" * 500),
        (Wildcard(("的",) * 20, (7,) * 19), "的" * 130 + "法" + "的" * 300),
        (Wildcard(("的的的的", "法"), (0,)), "的" * 500),
        (Near(("的", "法", "龘"), 9), "的法" * 250 + "一" * 20 + "龘"),
        (Near(("的",) * 900, 99), "的" * 500),
        (Near(("的", "的" * 200, "法"), 0), "的" * 500 + "法"),
    ],
)
def test_the_work_grows_with_the_text_whatever_is_asked(leaf: Leaf, text: str) -> None:
    enough = 4 * len(leaf.strings)
    assert looked_at(leaf, text) <= enough * len(text)
    assert looked_at(leaf, text * 4) <= enough * len(text) * 4
