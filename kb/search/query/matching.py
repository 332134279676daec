"""What a section's text can be asked for, as a tree; its leaves know where they match in folded text.

A reader writes the strings and how far apart they may be, so nothing here tries one way after the other and turns back: every
place that is looked at comes after the one before it, and the work grows with the text, whatever is asked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from operator import add

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

    def matches(self, text: str) -> bool:
        """Return whether it stands in a text."""
        return self.string in text

    def spans(self, text: str) -> Iterator[Span]:
        """Yield the [start, end) of every place where it stands."""
        return occurrences(text, self.string)


@dataclass(frozen=True, slots=True)
class Near:
    """Strings in any order with at most `distance` other characters between the first and the last of them."""

    strings: tuple[str, ...]
    distance: int

    def matches(self, text: str) -> bool:
        """Return whether all the strings stand close enough somewhere.

        They are looked for from a place on that moves on to where all of them may be: never back.
        """
        strings, lengths, reach = _measured(self)
        places = list(map(text.find, strings))
        if min(places) < 0:
            return False
        while True:
            end = max(map(add, places, lengths))
            start = end - reach  # the one that ends last ends no earlier: what comes before is too far from it
            if min(places) >= start:
                return True
            for number, place in enumerate(places):
                if place < start:
                    places[number] = text.find(strings[number], start)
                    if places[number] < 0:
                        return False

    def spans(self, text: str) -> Iterator[Span]:
        """Yield the places of the strings, where all of them stand close enough.

        One stretch of text after the other is looked at, as long as the strings may reach, from every place on.
        """
        if not self.matches(text):
            return
        strings, _, reach = _measured(self)
        places = sorted((start, start + len(each), each) for each in strings for start in _starts(text, each))
        by_end = sorted(places, key=lambda place: place[1])
        inside, missing = dict.fromkeys(strings, 0), len(strings)
        entered = told = 0
        found: list[Span] = []
        for first, _, leaving in places:
            while entered < len(by_end) and by_end[entered][1] <= first + reach:
                missing -= not inside[by_end[entered][2]]
                inside[by_end[entered][2]] += 1
                entered += 1
            if not missing:
                found += [(start, end) for start, end, _ in by_end[told:entered] if start >= first]
                told = entered
            inside[leaving] -= 1
            missing += not inside[leaving]
        yield from sorted(found)


@dataclass(frozen=True, slots=True)
class Wildcard:
    """Strings with gaps between them: 0 stands for up to `WILD` characters, n for exactly n."""

    strings: tuple[str, ...]
    gaps: tuple[int, ...]

    def matches(self, text: str) -> bool:
        """Return whether it stands in a text."""
        return self._first(text, 0) is not None

    def spans(self, text: str) -> Iterator[Span]:
        """Yield every place where it matches, as short as possible, one after the other."""
        found = self._first(text, 0)
        while found:
            yield found
            found = self._first(text, found[1])

    def _first(self, text: str, start: int) -> Span | None:
        """Return the first place from `start` on, which is the one where every string comes as early as it can.

        A string that comes too late for the one before it moves that one on, never back: so all of them meet in the end, or
        one is not there any more.
        """
        strings, last = self.strings, len(self.strings) - 1
        places, which, least = [-1] * len(strings), 0, start
        while True:
            if places[which] < least:
                places[which] = text.find(strings[which], least)
                if places[which] < 0:
                    return None
            if which:
                gap, before = self.gaps[which - 1], which - 1
                earliest = places[which] - len(strings[before]) - (gap or WILD)
                if places[before] < earliest:
                    which, least = before, earliest
                    continue
            if which == last:
                return places[0], places[last] + len(strings[last])
            least = places[which] + len(strings[which]) + self.gaps[which]
            which += 1


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


def _starts(text: str, string: str) -> Iterator[int]:
    """Yield where a string starts in a text, though it may stand in itself."""
    start = text.find(string)
    while start >= 0:
        yield start
        start = text.find(string, start + 1)


@lru_cache(maxsize=64)
def _measured(near: Near) -> tuple[tuple[str, ...], tuple[int, ...], int]:
    """Return the different strings, their lengths, and how many characters hold all of them at most."""
    strings = tuple(dict.fromkeys(near.strings))
    return strings, tuple(map(len, strings)), near.distance + sum(map(len, near.strings))


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


def looks(node: Node) -> bool:
    """Return whether a text must be looked at for more than which strings are in it."""
    return any(not isinstance(leaf, Exact) for leaf in leaves(node, excluded=True))


def test(node: Node) -> Callable[[str], bool]:
    """Return what tells of a folded text whether it matches."""
    match node:
        case AllOf((one,)) | AnyOf((one,)):
            return test(one)
        case AllOf(nodes):
            every = [test(each) for each in nodes]
            return lambda text: all(matches(text) for matches in every)
        case AnyOf(nodes):
            some = [test(each) for each in nodes]
            return lambda text: any(matches(text) for matches in some)
        case Not(of):
            excluded = test(of)
            return lambda text: not excluded(text)
        case leaf:
            return leaf.matches
