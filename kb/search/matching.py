"""What a section's text can be asked for, as a tree; its leaves know where they match in folded text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

Span = tuple[int, int]

WILD = 20
"""Characters that a `*` may stand for."""


@dataclass(frozen=True, slots=True)
class Exact:
    """A string."""

    string: str

    @property
    def strings(self) -> tuple[str, ...]:
        """What a text must contain to match."""
        return (self.string,)

    def spans(self, text: str) -> Iterator[Span]:
        """Yield the [start, end) of every place where it stands."""
        return occurrences(text, self.string)


@dataclass(frozen=True, slots=True)
class Near:
    """Strings in any order with at most `distance` other characters between the first and the last of them."""

    strings: tuple[str, ...]
    distance: int

    def spans(self, text: str) -> Iterator[Span]:
        """Yield the places of the strings, where all of them stand close enough."""
        places = sorted(
            (start, end, which) for which, each in enumerate(self.strings) for start, end in occurrences(text, each)
        )
        found: set[Span] = set()
        reach = self.distance + sum(map(len, self.strings))
        first, counts = 0, [0] * len(self.strings)
        for last, (_, end, which) in enumerate(places):
            counts[which] += 1
            while end - places[first][0] > reach:
                counts[places[first][2]] -= 1
                first += 1
            if all(counts):
                found.update(place[:2] for place in places[first : last + 1])
        yield from sorted(found)


@dataclass(frozen=True, slots=True)
class Wildcard:
    """Strings with gaps between them: 0 stands for up to `WILD` characters, n for exactly n."""

    strings: tuple[str, ...]
    gaps: tuple[int, ...]

    def spans(self, text: str) -> Iterator[Span]:
        """Yield every place where it matches, as short as possible."""
        return (found.span() for found in _pattern(self.strings, self.gaps).finditer(text))


Leaf = Exact | Near | Wildcard


@dataclass(frozen=True, slots=True)
class AllOf:
    """All of some; of none, every text."""

    nodes: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one of some."""

    nodes: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """Whatever does not match."""

    of: Node


Node = Leaf | AllOf | AnyOf | Not


def occurrences(text: str, string: str) -> Iterator[Span]:
    """Yield the [start, end) of a string in a text, one after the other."""
    start = text.find(string)
    while start >= 0:
        yield start, start + len(string)
        start = text.find(string, start + len(string))


def leaves(node: Node, excluded: bool = False) -> Iterator[Leaf]:
    """Yield the leaves of a tree; those below a `Not` only where they are asked for."""
    match node:
        case AllOf(nodes) | AnyOf(nodes):
            for each in nodes:
                yield from leaves(each, excluded)
        case Not(of):
            if excluded:
                yield from leaves(of, excluded)
        case leaf:
            yield leaf


@lru_cache(maxsize=64)
def _pattern(strings: tuple[str, ...], gaps: Iterable[int]) -> re.Pattern[str]:
    parts = [re.escape(strings[0])]
    for string, gap in zip(strings[1:], gaps, strict=True):
        parts += [f".{{{gap}}}" if gap else f".{{0,{WILD}}}?", re.escape(string)]
    return re.compile("".join(parts), re.DOTALL)
