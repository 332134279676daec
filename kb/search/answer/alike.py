"""Which sections mean the like of one: the likest of each law, told by the cosines of their vectors."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from kb.base.errors import NotFoundError
from kb.search.answer.columns import Documents, Numbers
from kb.search.meaning.neighbours import NOT_INSTALLED, Vectors
from kb.search.query.ranking import Floats
from kb.search.query.weights import LIKE_AT_LEAST


def likeness_to(section: int, vectors: Vectors, place: str) -> Floats:
    """Return the cosine of every section to one; `place` names it. Raises NotFoundError where nobody can tell."""
    found = vectors.found.like(section) if vectors.found else None
    if found is None:
        why = "这一节没有自己的文字。" if vectors.whole else vectors.unmeant or NOT_INSTALLED
        raise NotFoundError(f"不知道 {place} 有没有相近的条文：{why}")
    return found


def no_section(place: str) -> NotFoundError:
    """Say that a section is not in the index."""
    return NotFoundError(f"索引里没有 {place}：请检查地址，或运行 kb index。")


def likest(
    likeness: Floats, documents_of: NDArray[np.int64], documents: Documents, own: int, most: int
) -> list[tuple[int, float]]:
    """Return the sections of other present documents than `own` that are alike enough, the likest first, one of each law.

    `documents_of` has the number of each section's document. Of a law that is there in several texts, the newest that has
    a section alike enough speaks.
    """
    others = documents.present[documents_of] & (documents_of != own)
    near: Numbers = np.flatnonzero(others & (likeness >= LIKE_AT_LEAST))
    laws, dates = documents.laws[documents_of[near]], documents.ranks["date"][documents_of[near]]
    newest = np.zeros(len(documents.listings) + 1, np.int64)
    np.maximum.at(newest, laws, dates)
    speaking = dates == newest[laws]
    near, laws = near[speaking], laws[speaking]
    ordered = np.argsort(-likeness[near], kind="stable")
    first = np.sort(np.unique(laws[ordered], return_index=True)[1])[:most]
    return [(section, float(likeness[section])) for section in near[ordered[first]].tolist()]
