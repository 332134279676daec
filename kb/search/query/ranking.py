"""How well a section answers a query: BM25F over title, heading path and text, as vectors.

S. Robertson, H. Zaragoza: The Probabilistic Relevance Framework: BM25 and Beyond (2009), section 3.6. The counts of a
term in the fields are weighted and added before they are saturated, so what a title says counts as the text's own.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from kb.search.query.analysis import bigrams, words
from kb.search.query.lexicon import topical

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]

K1 = 1.2
BIGRAM = 0.3
"""What a pair of characters across or inside words counts for, against a word of jieba's."""


@dataclass(frozen=True, slots=True)
class Field:
    """How much a field counts, and how much its length takes away (0: nothing, 1: in proportion)."""

    weight: float
    b: float


FIELDS = {"title": Field(1.5, 0.3), "path": Field(1.5, 0.3), "text": Field(1.0, 0.6)}


def terms(strings: Iterable[str]) -> dict[str, float]:
    """Return the terms that folded strings are ranked by, with their weights: words that only ask are left out."""
    weights: dict[str, float] = {}
    for run in chain.from_iterable(topical(words(string)) for string in strings):
        weights |= {pair: BIGRAM for pair in bigrams("".join(run)) if pair not in weights}
        weights |= dict.fromkeys(run, 1.0)
    return weights


def norms(lengths: Ints, field: Field, average: float) -> Floats:
    """Return the factor for the counts of a field in each section."""
    relative = lengths / average if average else np.zeros(len(lengths))
    return (field.weight / (1 - field.b + field.b * relative)).astype(np.float32)


def together(scores: Floats, documents: Ints) -> Floats:
    """Return what the scores of each section's document come to: the more sections of it there are, and the better."""
    fourth = np.square(np.square(scores))
    summed: Floats = np.sqrt(np.sqrt(np.bincount(documents, fourth)))[documents]
    return summed


def impacts(weighted_counts: Floats, sections: int) -> Floats:
    """Return what a term adds to the score of each section that has it; `sections` are all there are."""
    having = len(weighted_counts)
    rarity = np.log1p((sections - having + 0.5) / (having + 0.5))
    saturated = weighted_counts * (K1 + 1) / (weighted_counts + K1)
    impact: Floats = (rarity * saturated).astype(np.float32)
    return impact
