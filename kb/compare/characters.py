"""Which characters differ between two texts, in pieces that a reader takes in: no single letters left standing.

How something is printed is no difference (`kb.chinese.identity`): full or half width, kinds of brackets, blanks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from diff_match_patch import diff_match_patch

from kb.chinese.identity import Folded, fold_with_places

_SAME, _INSERTED, _DELETED = 0, 1, -1
_SECONDS = 0.5
"""How long two texts are looked at: then what is left counts as replaced whole."""


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch of text that is the `same` in both, `inserted` in the new one, or `deleted` from the old one."""

    kind: Literal["same", "inserted", "deleted"]
    text: str


def characters(old: str, new: str) -> tuple[Run, ...]:
    """Return the runs that make `new` of `old`: without the deleted ones they are `new`, without the inserted ones `old`,
    though what is the same is printed as in `new`.
    """
    before, after = fold_with_places(old), fold_with_places(new)
    engine = diff_match_patch()
    engine.Diff_Timeout = _SECONDS
    found = engine.diff_main(before.text, after.text)
    engine.diff_cleanupSemantic(found)
    runs: list[Run] = []
    here = there = 0
    for kind, text in found:
        if kind == _DELETED:
            runs.append(Run("deleted", _printed(old, before, here, here + len(text))))
        else:
            runs.append(Run("same" if kind == _SAME else "inserted", _printed(new, after, there, there + len(text))))
        here += len(text) * (kind != _INSERTED)
        there += len(text) * (kind != _DELETED)
    shown = tuple(run for run in runs if run.text)
    return shown if after.text else (*shown, *_unfolded(new))


def _printed(text: str, folded: Folded, start: int, end: int) -> str:
    """Return what some folded characters stand for as printed, with what is not compared after them."""
    first = folded.starts[start] if start else 0
    return text[first : folded.starts[end] if end < len(folded.starts) else len(text)]


def _unfolded(new: str) -> tuple[Run, ...]:
    return (Run("same", new),) if new else ()
