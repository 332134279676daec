"""Numbers → small charts, drawn by the server as SVG. Each stands beside a table that says the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

HEIGHT = 100
STEP = 10
_GAP = 2


@dataclass(frozen=True, slots=True)
class Bar:
    """A column: what it stands for, its number, where its number leads, and its place in the drawing."""

    label: str
    number: int
    address: str
    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Chart:
    """Columns in a drawing `width` wide and 100 high. `peak` is the highest of them, None where there are none."""

    bars: tuple[Bar, ...]
    width: int
    peak: Bar | None


def columns(rows: Sequence[tuple[str, int, str]]) -> Chart:
    """Draw (label, number, address) rows from left to right; numbers are not negative."""
    top = max((number for _, number, _ in rows), default=0) or 1
    bars = []
    for place, (label, number, address) in enumerate(rows):
        height = max(round(number * HEIGHT / top), 1 if number else 0)
        bars.append(Bar(label, number, address, place * STEP, HEIGHT - height, STEP - _GAP, height))
    return Chart(tuple(bars), len(bars) * STEP, max(bars, key=lambda bar: bar.number, default=None))
