"""The sections of a state of the cluster, numbered one after another: as the vectors that are kept beside are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from kb.search.answer.columns import Numbers
from kb.search.cluster.section_documents import Row


class Numbering:
    """Numbers sections by their ids in the cluster and back. The documents come as their rows do, their sections as in the text."""

    def __init__(self, rows: Sequence[Row]) -> None:
        sizes = np.array([row.sections for row in rows], np.int64)
        self._editions = [row.edition for row in rows]
        self._starts = np.concatenate([np.zeros(1, np.int64), np.cumsum(sizes)])
        self._document = {edition: number for number, edition in enumerate(self._editions)}
        self.documents: Numbers = np.repeat(np.arange(len(rows)), sizes)
        """The number of each section's document."""

    def __len__(self) -> int:
        return len(self.documents)

    def ids(self, sections: Numbers) -> list[str]:
        """Return the ids of some sections."""
        documents = self.documents[sections]
        within = (sections - self._starts[documents]).tolist()
        return [
            f"{self._editions[document]}-{place}" for document, place in zip(documents.tolist(), within, strict=True)
        ]

    def sections(self, ids: Iterable[str]) -> Numbers:
        """Return the numbers of sections with some ids."""
        parted = [id.rpartition("-") for id in ids]
        found = [self._starts[self._document[edition]] + int(place) for edition, _, place in parted]
        return np.array(found, np.int64)
