"""The seals of what is remembered of each source: `.state/<source>.sha256` beside its memory and its status."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from kb.base import storage
from kb.base.checksums import Seal
from kb.upkeep.state import FOLDER


def of_source(root: Path, source: str) -> Seal:
    """Return the seal of a source below the corpus `root`."""
    sums = root / FOLDER / f"{source}.sha256"
    return Seal(sums, (sums.with_suffix(".json"), sums.with_suffix(".sqlite")))


def unseal(root: Path, source: str) -> bool:
    """Take a source's seal off; answer whether it held (or there was none). What it did not hold for is removed, too.

    Raises StorageError.
    """
    seal = of_source(root, source)
    broken = seal.broken()
    with storage.refusals(seal.sums):
        for each in broken and seal.files:
            each.unlink(missing_ok=True)
    seal.take_off()
    return not broken


def damaged(root: Path) -> Iterator[tuple[str, tuple[Path, ...]]]:
    """Yield the sources whose seal does not hold, with the files concerned. Raises StorageError."""
    for path in sorted((root / FOLDER).glob("[!.]*.sha256")):
        if broken := of_source(root, path.stem).broken():
            yield path.stem, broken
