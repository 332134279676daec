"""How often a source has news, learnt from the days on which it had some, and when its silence is strange.

Gaps between days with news follow a gamma distribution fitted by its first two moments: regular, random and bursting
sources are all of its family. Silence is an alarm when chance alone would bring such a one about less than every four
years, and at the latest well within three usual intervals, a usual interval being one that nineteen of twenty gaps keep
to. (What a short history teaches is often too long by half: hence the narrower bound on what was learnt.)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from statistics import NormalDist, fmean, variance

REMEMBERED = 120
"""How many of the latest days with news are looked at."""

_FEWEST_GAPS = 6
_FALSE_ALARMS_A_YEAR = 0.25
_USUAL = 0.95
_INTERVALS = 1.6


@dataclass(frozen=True, slots=True)
class Rhythm:
    """Days: the `usual` interval and the silence that is an alarm, both 0.0 while too little is known."""

    usual: float = 0.0
    alarm: float = 0.0


def learn(days: Sequence[float]) -> Rhythm:
    """Learn from days with news, newest first (any day count, distinct)."""
    gaps = [later - earlier for later, earlier in pairwise(days)]
    if len(gaps) < _FEWEST_GAPS:
        return Rhythm()
    mean = fmean(gaps)
    # A small sample tells little of its own spread: take it for a little wider than it looks.
    spread = variance(gaps, mean) * (1 + 3 / len(gaps)) + (mean / len(gaps)) ** 2
    usual = _quantile(mean, spread, _USUAL)
    rare = min(_FALSE_ALARMS_A_YEAR * mean / 365.25, 0.05)
    # One day more: news is known by the day, so a gap may look a day longer than it was.
    return Rhythm(usual, min(max(_quantile(mean, spread, 1 - rare), max(gaps)) + 1, _INTERVALS * usual))


def _quantile(mean: float, spread: float, share: float) -> float:
    """Return the gamma distribution's quantile (Wilson and Hilferty 1931)."""
    shape = mean**2 / spread
    z = NormalDist().inv_cdf(share)
    return max(mean, mean * float((1 - 1 / (9 * shape) + z / (3 * shape**0.5)) ** 3))


def of_dates(days: Sequence[str]) -> Rhythm:
    """Learn from ISO 8601 dates, newest first."""
    return learn([float(date.fromisoformat(day).toordinal()) for day in days])
