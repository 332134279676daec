"""Two texts side by side: which characters differ, and which sections stayed, changed, moved, came and went."""

from kb.compare.characters import Run, characters
from kb.compare.sections import Change, Comparison, Pair, compare, counterpart

__all__ = ["Change", "Comparison", "Pair", "Run", "characters", "compare", "counterpart"]
