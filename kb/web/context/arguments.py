"""The parameters of an address, checked."""

from __future__ import annotations

import re

from flask import request

from kb.base.errors import UsageError
from kb.chinese import dates

_EVERYWHERE = ("lang", "key", "on")


def query() -> str:
    """What the reader typed, without the white space around it."""
    return request.args.get("q", "").strip()


def number(name: str, default: int, low: int, high: int) -> int:
    """A whole number from `low` to `high`; raises UsageError for anything else."""
    value = request.args.get(name, str(default))
    if not re.fullmatch(r"[0-9]{1,10}", value) or not low <= int(value) <= high:
        raise UsageError(f"参数 {name} 应当是 {low} 到 {high} 之间的整数，现在是“{value[:20]}”。")
    return int(value)


def refuse_unknown(*known: str) -> None:
    """Raise UsageError for a parameter of the present request that is none of these: nothing is ignored in silence."""
    for name in request.args:
        if name not in (*known, *_EVERYWHERE):
            raise UsageError(f"没有参数“{name[:20]}”：这里可以用 {'、'.join(known)}。")


def day(name: str = "on") -> str:
    """A day as ISO 8601, "" where none is given; raises UsageError for anything else."""
    return checked_day(name, request.args.get(name, ""))


def checked_day(name: str, value: str) -> str:
    """The same of a value that was sent under a name."""
    if value and not dates.is_day(value):
        raise UsageError(f"参数 {name} 应当是日期，写成 2021-11-22 的样子，现在是“{value[:20]}”。")
    return value
