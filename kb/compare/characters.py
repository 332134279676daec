"""Which characters differ between two texts, in pieces that a reader takes in: no single letters left standing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from diff_match_patch import diff_match_patch

_KINDS: dict[int, Literal["same", "inserted", "deleted"]] = {0: "same", 1: "inserted", -1: "deleted"}
_SECONDS = 0.5
"""How long two texts are looked at: then what is left counts as replaced whole."""


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch of text that is the `same` in both, `inserted` in the new one, or `deleted` from the old one."""

    kind: Literal["same", "inserted", "deleted"]
    text: str


def characters(old: str, new: str) -> tuple[Run, ...]:
    """Answer the runs that make `new` of `old`: without the inserted ones they are `old`, without the deleted `new`."""
    engine = diff_match_patch()
    engine.Diff_Timeout = _SECONDS
    found = engine.diff_main(old, new)
    engine.diff_cleanupSemantic(found)
    return tuple(Run(_KINDS[kind], text) for kind, text in found)
