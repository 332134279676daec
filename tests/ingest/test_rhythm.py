"""Silence is told from rhythm: 1,000 sources of random rhythms, no death missed, under one false alarm a source and year."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator
from itertools import islice, pairwise

from kb.upkeep import rhythm

_SOURCES = 1_000
_GAPS_WATCHED = 60


def _gap(chance: random.Random) -> Callable[[], float]:
    """Days between two pieces of news: regular, at random, skewed or in bursts, from twice a day to every six weeks."""
    mean = math.exp(chance.uniform(math.log(0.5), math.log(40)))
    jitter, skew = chance.uniform(0, 0.6), chance.uniform(0.3, 1.0)
    return chance.choice(
        (
            lambda: mean * chance.uniform(1 - jitter, 1 + jitter),
            lambda: chance.expovariate(1 / mean),
            lambda: mean * math.exp(chance.gauss(-skew * skew / 2, skew)),
            lambda: mean * (0.3 if chance.random() < 0.7 else chance.uniform(1, 4.3)),
        )
    )


def _days(chance: random.Random) -> Iterator[float]:
    """The days on which a source has news; one in four publishes on working days only."""
    gap, working = _gap(chance), chance.random() < 0.25
    moment, last = 0.0, -1.0
    while True:
        moment += gap()
        day = math.floor(moment)
        if working and day % 7 >= 5:
            day += 7 - day % 7
            moment = max(moment, day)
        if day > last:
            yield float(day)
            last = day


def test_no_death_is_missed_and_false_alarms_are_rare() -> None:
    """The usual interval is what nineteen of twenty of a source's gaps keep to, taken of 500 gaps that the program never
    saw. Measured: 0.19 false alarms a source and year; the alarm stands after 1.5 usual intervals as a rule, 2.8 at most."""
    alarms, watched, late = 0, 0.0, []
    for seed in range(_SOURCES):
        chance = random.Random(seed)
        all_days = _days(chance)
        days = list(islice(all_days, chance.randint(20, 120)))
        known = len(days)
        days += islice(all_days, _GAPS_WATCHED)
        for place in range(known, len(days)):
            learnt = rhythm.learn(days[place - 1 :: -1][: rhythm.REMEMBERED])
            alarms += days[place] - days[place - 1] > learnt.alarm
        watched += (days[-1] - days[known - 1]) / 365.25
        gaps = sorted(later - earlier for earlier, later in pairwise(islice(all_days, 500)))
        usual = gaps[int(0.95 * len(gaps))]
        learnt = rhythm.learn(days[::-1][: rhythm.REMEMBERED])
        assert learnt.alarm > 0
        late.append(learnt.alarm / usual)
    assert max(late) <= 3
    assert alarms / watched < 0.5


def test_little_history_gives_no_alarm() -> None:
    assert rhythm.learn([30, 20, 10]) == rhythm.Rhythm()
    assert rhythm.of_dates([]) == rhythm.Rhythm()


def test_a_daily_source_is_missed_within_days_and_a_monthly_one_is_not_hurried() -> None:
    daily = rhythm.learn([float(day) for day in range(60, 0, -1)])
    monthly = rhythm.learn([float(day) for day in range(1800, 0, -30)])
    assert 1 < daily.alarm <= 3.5
    assert 30 < monthly.alarm <= 95
