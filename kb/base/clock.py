"""The one clock: which day it is, for every part. KB_TODAY (YYYY-MM-DD) sets the day, for tests and for looking back."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime

from kb.base.errors import UsageError
from kb.base.lazy_re import lazy_re

VARIABLE = "KB_TODAY"
_MOMENT = lazy_re(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?(?:Z|[+-][0-9]{2}:[0-9]{2})?)?"
)
_DAY = lazy_re(r"[0-9]{4}(?:-[0-9]{2}(?:-[0-9]{2})?)?")


def now() -> datetime:
    """Return the moment in UTC; on the day that KB_TODAY sets, if it sets one. Raises UsageError for one that is no day."""
    moment = datetime.now(UTC)
    day = _set()
    return datetime.combine(day, moment.timetz()) if day else moment


def today() -> str:
    """Return the day where this machine is (ISO 8601), or the one that KB_TODAY sets. Raises UsageError."""
    return (_set() or date.today()).isoformat()


def stamp(moment: datetime | None = None) -> str:
    """Return a moment in UTC (now) as it is written down: ISO 8601, to the second."""
    return f"{moment or now():%Y-%m-%dT%H:%M:%SZ}"


def is_date(text: str) -> bool:
    """Return whether this is a year, a month or a day in ISO 8601 as documents are dated here, and there is such a one."""
    try:
        return bool(_DAY.fullmatch(text) and date.fromisoformat(f"{text}-01-01"[:10]))
    except ValueError:
        return False


def is_moment(text: str) -> bool:
    """Return whether this is a day or a moment in ISO 8601 that a clock can have told, be it a wrong one, and there is such a one."""
    if not _MOMENT.fullmatch(text):
        return False
    try:
        return 1900 <= datetime.fromisoformat(text).year < 2100
    except ValueError:
        return False


def _set() -> date | None:
    given = os.environ.get(VARIABLE, "")
    try:
        return date.fromisoformat(given) if given else None
    except ValueError as error:
        raise UsageError(f"环境变量 {VARIABLE} 应当是日期，写成 2021-11-22 的样子，现在是“{given[:20]}”。") from error
