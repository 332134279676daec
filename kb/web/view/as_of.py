"""A dated view: a reader who asks how things stood `on` a day is led on to that day by every link of the page."""

from __future__ import annotations

from typing import Any

from flask import g

_KEPT = frozenset(["pages.document", "pages.section", "law.cited_by", "law.graph_page"])


def view(day: str) -> None:
    """Show this page as of a day (ISO 8601), "" for the present."""
    g.day = day


def viewed() -> str:
    """The day that is looked at, "" for the present."""
    day: str = g.get("day", "")
    return day


def keep_day(endpoint: str, values: dict[str, Any]) -> None:
    """Add the day to the address of a page that can be dated; one that is built with `on=None` leads to the present."""
    if endpoint in _KEPT and viewed():
        values.setdefault("on", viewed())
