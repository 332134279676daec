"""The texts that a document had, one after the other: when each was made, from when it held, and whether it is there.

Between making and effect an older text holds. Where nothing tells from when an amended text holds, it is not taken to hold
before `LONGEST_WAIT` has passed: of 1,636 texts that say so themselves, 1,635 hold within 386 days of their making.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from kb.chinese import dates
from kb.law.records import Edition

LONGEST_WAIT = 400
"""Days after its making within which a text takes effect."""

_SAME = 62  # days between the passing of a text and its publication


@dataclass(frozen=True, slots=True)
class State:
    """A text that a document had: `made` on a day, holding from `since` (ISO 8601, "" not known); `edition` where it is kept."""

    made: str
    since: str
    edition: Edition | None


@dataclass(frozen=True, slots=True)
class Held:
    """What held on a day: `state`, None where the document was not there yet. `perhaps` says that nothing tells from when it holds.

    `before` is the one that held before it, None where none is known.
    """

    state: State | None
    before: State | None = None
    perhaps: bool = False


def states(editions: Sequence[Edition], told: Iterable[Sequence[str]]) -> list[State]:
    """Return the states of a document, the newest first: its texts, and those of which is only `told`.

    Each that is told has the days on which it was passed, approved and published.
    """
    dated = [each for each in editions if each.made or each.since]
    found = [State(each.made or each.since, each.since, each) for each in dated]
    kept = [each.made or each.since for each in dated]
    only_told = [days for days in told if not any(same(day, one) for day in days for one in kept)]
    found += [State(days[0], "", None) for days in only_told]
    return sorted(found, key=lambda each: (each.made, each.since), reverse=True)


def on_day(states: Sequence[State], day: str) -> Held:
    """Return which of the states, the newest first, held on a day (ISO 8601)."""
    for place, each in enumerate(states):
        before = states[place + 1] if place + 1 < len(states) else None
        if each.since:
            if each.since <= day:
                return Held(each, before)
        elif each.made <= day:
            return Held(each, before, perhaps=day < surely_since(each.made))
    return Held(None)


def surely_since(made: str) -> str:
    """Return the day on which a text that was made on another holds, whatever it says."""
    if not made:
        return ""
    whole = f"{made}-12-31" if len(made) == len("2018") else f"{made}-01"[:10]
    surely = date.fromisoformat(whole).toordinal() + LONGEST_WAIT
    return date.fromordinal(min(surely, date.max.toordinal())).isoformat()


def anything_turns(days: Iterable[str], first: str, last: str) -> bool:
    """Return whether, from one day to another, any of the days that are told comes, or the day by which what was made on it holds.

    Else no document can stand otherwise on the last day than on the first: how it stands follows from these alone.
    """
    return any(first <= turn <= last for day in days for turn in (day, surely_since(min(day, last))))


def same(day: str, other: str) -> bool:
    """Return whether two days may date one text: by its passing, and by its publication."""
    if not (dates.is_day(day) and dates.is_day(other)):
        return day[:7] == other[:7]
    return abs((date.fromisoformat(day) - date.fromisoformat(other)).days) <= _SAME
