"""What a refresh did, source by source: plain data for the command line, logs and pages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

Progress = Callable[[str, int, int], None]
"""Called with (name of the source, posts looked at, of how many in the lists so far; 0 while that is not known)."""


@dataclass(slots=True)
class Tally:
    """Posts of one source, by what became of them; an attachment counts with its post.

    `error` is why the source as a whole could not be finished, "" when it was; `short` says that its lists gave fewer posts
    than they say they have; `notes` are sentences on single posts.
    """

    new: int = 0
    changed: int = 0
    gone: int = 0
    unchanged: int = 0
    suspicious: int = 0
    failed: int = 0
    error: str = ""
    short: str = ""
    notes: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether nothing went wrong."""
        return not (self.error or self.short or self.suspicious or self.failed)

    def counts(self) -> dict[str, int]:
        """Return the six numbers."""
        return {name: value for name, value in asdict(self).items() if isinstance(value, int)}


@dataclass(slots=True)
class Report:
    """What a refresh did. `index` says what is wrong with the index, "" when it is the corpus's; `untold` why an alarm
    could not be told, "" when it could or there was none; `mended` tells what was found damaged and made anew; `found`
    what a full check of every byte found damaged."""

    sources: dict[str, Tally] = field(default_factory=dict)
    seconds: float = 0.0
    index: str = ""
    untold: str = ""
    mended: tuple[str, ...] = ()
    found: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether all is well: the exit code is 0 only then."""
        return not (self.index or self.untold or self.found) and all(tally.ok for tally in self.sources.values())

    def as_json(self) -> dict[str, Any]:
        """Return the object of `kb refresh --json`."""
        problems = {
            name: [*filter(None, (tally.error, tally.short)), *tally.notes] for name, tally in self.sources.items()
        }
        return {
            "sources": {name: tally.counts() for name, tally in self.sources.items()},
            "seconds": round(self.seconds, 3),
            "problems": {name: sentences for name, sentences in problems.items() if sentences},
            "index": self.index,
            "untold": self.untold,
            "mended": list(self.mended),
            "found": list(self.found),
        }
