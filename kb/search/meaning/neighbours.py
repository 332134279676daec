"""How near in meaning each section of a generation is to what is asked: an exact product over all vectors."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, lru_cache
from pathlib import Path
from threading import Lock
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from kb.base.errors import StorageError
from kb.base.workers import processors
from kb.search.meaning import vectors
from kb.search.meaning.encoder import Encoder, Floats, whole_numbers

_ASKED = 64
FOLDER = "vectors"
_DATA = Path(__file__).parent.parent / "data"


class Near(NamedTuple):
    """How like each section is to a text, and those that are near it, ascending."""

    likeness: Floats
    sections: NDArray[np.int64]


class Neighbours:
    """The vectors of one generation beside the model that made them. `having` counts the sections that
    have one, `lacking` those that should and do not.

    `turned` brings a question nearer to what answers it: the first row and the product with the others are added. It was
    learnt for one model (benchmarks/meaning.py); None for others.
    """

    def __init__(self, encoder: Encoder, kept: vectors.Kept) -> None:
        self._encoder, self._vectors, self._rows = encoder, kept.vectors, kept.rows
        self.turned = _turning(encoder.name)
        self._without, self._lacking = np.flatnonzero(kept.rows < 0), np.flatnonzero(kept.rows == vectors.LACKING)
        self.having, self.lacking = len(kept.rows) - len(self._without), len(self._lacking)
        self._asked = lru_cache(_ASKED)(self._encoded)

    def near(self, text: str, most: int, behind: float, least: float) -> Near:
        """Return what is near a text: at `least` that like it, no more than `behind` the likest, and no more than `most`.

        A section without a vector is as unlike as can be; of one that has none yet nobody knows: it is taken for one that
        is just not near enough. Raises StorageError as `Encoder.encode` does.
        """
        likeness = self._spread(self._asked(text))
        enough = max(float(likeness.max(initial=-1)) - behind, least)
        sections = np.flatnonzero(likeness >= enough)
        if len(sections) > most:
            sections = np.sort(sections[np.argsort(-likeness[sections], kind="stable")[:most]])
        likeness[self._lacking] = enough
        return Near(likeness, sections)

    def like(self, section: int) -> Floats | None:
        """Return the cosine of each section to one of them, None where that has no vector."""
        row = int(self._rows[section])
        return self._spread(self._vectors[row : row + 1]) if row >= 0 else None

    def _spread(self, vector: NDArray[np.int8]) -> Floats:
        from simsimd import cdist

        if not len(self._vectors):
            return np.full(len(self._rows), -1, np.float32)
        near = 1 - np.asarray(cdist(vector, self._vectors, "cosine"), np.float32)[0]
        spread: Floats = near[self._rows]
        spread[self._without] = -1
        return spread

    def _encoded(self, text: str) -> NDArray[np.int8]:
        vector = self._encoder.encode([text])
        if self.turned is not None:
            vector = vector + vector @ self.turned[1:] + self.turned[0]
        return whole_numbers(vector)


@cache
def _turning(model: str) -> Floats | None:
    path = _DATA / f"questions-{model}.npy"
    return np.load(path).astype(np.float32) if path.is_file() else None


class Vectors(NamedTuple):
    """The vectors of a state, what names them, and why none are `found` though they should be, or not all."""

    found: Neighbours | None = None
    state: int = 0
    unmeant: str = ""

    @property
    def whole(self) -> bool:
        """Whether every section has the vector that it should have."""
        return self.found is not None and not self.found.lacking

    @property
    def having(self) -> int:
        """How many sections can be found by meaning."""
        return self.found.having if self.found else 0

    def without(self, reason: str) -> Vectors:
        """Return these as vectors that nobody can use, and why."""
        return self._replace(found=None, unmeant=reason)


_UNLEARNT = "这个索引的章节还没有向量，只按词语查找：请运行 kb index。"
_LACKING = "还有 {:,} 节没有向量，按意思找的可能不全：请运行 kb index。"
NOT_INSTALLED = (
    "没有装按意思查找的组件（scripts/environment semantic），或者在 kb.toml 里关掉了它，见 docs/meaning.md。"
)


class Meaning:
    """Finds by meaning, with vectors kept in the folder of an index and the model in another. Many threads may use one."""

    def __init__(self, index: Path, model: Path) -> None:
        self._root, self._model = index / FOLDER, model
        self._encoder: Encoder | None = None
        self._lock = Lock()

    def of(self, generation: str, sections: int) -> Vectors:
        """Return the vectors of a generation with so many sections, or why there are none: not yet, or nobody can read them."""
        try:
            encoder = self._opened()
        except StorageError as error:
            return Vectors(unmeant=str(error))
        state = self.state(generation)  # asked first: what is learnt meanwhile shows as another one
        kept = vectors.read(self._root, encoder.name, generation)
        if not kept or len(kept.rows) != sections:
            return Vectors(None, state, _UNLEARNT)
        found = Neighbours(encoder, kept)
        return Vectors(found, state, _LACKING.format(found.lacking) if found.lacking else "")

    def learn(self, generation: str, texts: Sequence[str], progress: vectors.Progress | None = None) -> int:
        """Give a generation vectors for its sections' texts ("": none); return how many were new. Raises StorageError."""
        encoder = Encoder(self._model, processors())
        return vectors.learn(self._root, encoder, generation, [vectors.passage(text) for text in texts], progress)

    def state(self, generation: str) -> int:
        """Return what changes when a generation gets vectors, or others; 0 while it has none."""
        if self._encoder is None:
            return 0
        try:
            return vectors.map_of(self._root, self._encoder.name, generation).stat().st_mtime_ns
        except OSError:
            return 0

    def forget(self, generation: str) -> None:
        """Remove what tells the vectors of other generations, of which none will be searched again."""
        vectors.forget(self._root, generation)

    def _opened(self) -> Encoder:
        with self._lock:
            self._encoder = self._encoder or Encoder(self._model)
            return self._encoder
