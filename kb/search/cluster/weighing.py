"""How well sections answer: the cluster adds up what terms are worth, the best are looked at again here.

What is the same for a section whatever else there is, the cluster multiplies in (`queries.scored`). What depends on
others (its document's other sections, a newer text of the law, how much of a sentence stands in one piece) changes
only the order of those that are near the top, and is worked out for these.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from kb.chinese.identity import fold
from kb.search.query import weights

WINDOW = 300
"""The best sections, which are looked at again."""


class Candidate(NamedTuple):
    """A section found: its id, its document's key, its place in it, and what the cluster made of it."""

    id: str
    key: str
    number: int
    score: float


@dataclass(frozen=True, slots=True)
class Weighed:
    """What is known of the best sections for a query: their scores, and those of documents, for others of these."""

    scores: Mapping[str, float] = field(default_factory=dict)
    documents: Mapping[str, float] = field(default_factory=dict)
    replaced: frozenset[str] = frozenset()
    far_behind: float = 0.0

    @property
    def best(self) -> float:
        """The best score."""
        return max(self.scores.values(), default=0.0)

    def of(self, candidate: Candidate) -> float:
        """Return the score of a section."""
        if candidate.id in self.scores:
            return self.scores[candidate.id]
        score = _kept(candidate, self.replaced)
        return score + (weights.DOCUMENT * self.documents.get(candidate.key, 0.0) if score > self.far_behind else 0.0)

    def in_order(self, candidates: Sequence[Candidate]) -> list[Candidate]:
        """Return sections best first; equal ones in the order of their documents' keys, then of the text."""
        again = near_the_top(candidates)
        near, far = candidates[:again], candidates[again:]
        return [*sorted(near, key=lambda one: (-round(self.of(one), 4), one.key, one.number)), *far]


def near_the_top(candidates: Sequence[Candidate]) -> int:
    """Return how many of some sections, best first, are looked at again.

    None of those that are as good as the last of the window: whether there are others like it is not asked.
    """
    if len(candidates) < WINDOW:
        return len(candidates)
    return sum(one.score > candidates[WINDOW - 1].score for one in candidates[:WINDOW])


def weigh(
    candidates: Iterable[Candidate],
    replaced: frozenset[str],
    whole: str,
    texts: Callable[[Sequence[str]], Sequence[str]],
) -> Weighed:
    """Look again at the best sections. `whole` is the folded query, `texts` answers what stands in sections."""
    scores = {one: _kept(one, replaced) for one in candidates}
    far_behind = weights.FAR_BEHIND * max(scores.values(), default=0.0)
    fourth: defaultdict[str, float] = defaultdict(float)
    for one, score in scores.items():
        fourth[one.key] += score**4 if score > far_behind else 0.0
    documents = {key: total**0.25 for key, total in fourth.items()}
    added = {
        one: score + weights.DOCUMENT * documents[one.key] if score > far_behind else score
        for one, score in scores.items()
    }
    _lift_near(added, whole, texts)
    return Weighed({one.id: score for one, score in added.items()}, documents, replaced, far_behind)


def _kept(candidate: Candidate, replaced: frozenset[str]) -> float:
    return candidate.score * (weights.REPLACED if candidate.key in replaced else 1.0)


def _lift_near(scores: dict[Candidate, float], whole: str, texts: Callable[[Sequence[str]], Sequence[str]]) -> None:
    """Raise the best by the share of a sentence's runs of three characters that stand in their text."""
    if len(whole) < weights.SENTENCE or len(scores) <= 1:
        return
    runs = weights.runs_of(whole)
    enough = weights.NEARLY * max(scores.values())
    best = sorted((one for one in scores if scores[one] > enough), key=lambda one: -scores[one])[: weights.LIFTED]
    for one, text in zip(best, texts([one.id for one in best]), strict=True):
        folded = fold(text)
        scores[one] *= 1 + weights.NEAR * sum(run in folded for run in runs) / len(runs)
