"""The drawn rules of a page → the grids of tables: which cell a place on the page lies in."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

_NEAR = 2.5  # points: rules so near to each other meet
_MOST_RULES = 1500


@dataclass(frozen=True, slots=True)
class Rule:
    """A straight line along an axis; y grows down."""

    x0: float
    x1: float
    top: float
    bottom: float

    @property
    def is_level(self) -> bool:
        """Return whether the rule goes from left to right."""
        return self.x1 - self.x0 >= self.bottom - self.top


@dataclass(frozen=True, slots=True)
class Grid:
    """A table by its rules: the edges of its columns and rows, and the first cell of each cell that spans several."""

    columns: list[float]
    rows: list[float]
    first: dict[tuple[int, int], tuple[int, int]]

    def cell(self, x: float, y: float) -> tuple[int, int] | None:
        """Return row and column of the cell at a place; None outside."""
        if not (self.columns[0] <= x < self.columns[-1] and self.rows[0] <= y < self.rows[-1]):
            return None
        return self.first[bisect_right(self.rows, y) - 1, bisect_right(self.columns, x) - 1]


def grids(rules: Sequence[Rule]) -> list[Grid]:
    """Return the grids of two rows and two columns or more that rules form."""
    once = list({tuple(map(round, (rule.x0, rule.x1, rule.top, rule.bottom))): rule for rule in rules}.values())
    if len(once) > _MOST_RULES:
        return []
    return [grid for group in _connected(once) if (grid := _grid(group)) is not None]


def _connected(rules: Sequence[Rule]) -> list[list[Rule]]:
    """Put rules that meet into one group."""
    groups: list[list[Rule]] = []
    left = list(rules)
    while left:
        group: list[Rule] = []
        waiting = [left.pop()]
        while waiting:
            at = waiting.pop()
            group.append(at)
            apart: list[Rule] = []
            for each in left:
                (waiting if _meet(at, each) else apart).append(each)
            left = apart
        groups.append(group)
    return groups


def _meet(a: Rule, b: Rule) -> bool:
    across = a.x0 - _NEAR <= b.x1 and b.x0 - _NEAR <= a.x1
    return across and a.top - _NEAR <= b.bottom and b.top - _NEAR <= a.bottom


def _grid(rules: list[Rule]) -> Grid | None:
    level = [each for each in rules if each.is_level]
    upright = [each for each in rules if not each.is_level]
    if not level or not upright:
        return None
    ends = [end for each in level for end in (each.x0, each.x1)]
    columns = _edges([*(each.x0 for each in upright), min(ends), max(ends)])
    ends = [end for each in upright for end in (each.top, each.bottom)]
    rows = _edges([*(each.top for each in level), min(ends), max(ends)])
    if len(columns) < 3 or len(rows) < 3:
        return None
    first: dict[tuple[int, int], tuple[int, int]] = {}
    for row in range(len(rows) - 1):
        for column in range(len(columns) - 1):
            x, y = (columns[column] + columns[column + 1]) / 2, (rows[row] + rows[row + 1]) / 2
            joined = (row, column)
            if row and not any(abs(each.top - rows[row]) <= _NEAR and each.x0 <= x <= each.x1 for each in level):
                joined = first[row - 1, column]
            elif column and not any(
                abs(each.x0 - columns[column]) <= _NEAR and each.top <= y <= each.bottom for each in upright
            ):
                joined = first[row, column - 1]
            first[row, column] = joined
    return Grid(columns, rows, first)


def _edges(places: list[float]) -> list[float]:
    """Return places in order, those that lie together once."""
    found: list[float] = []
    for place in sorted(places):
        if not found or place - found[-1] > _NEAR:
            found.append(place)
    return found
