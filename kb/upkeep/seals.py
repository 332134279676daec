"""The seals of what is remembered of each source: `.state/<source>.sha256` beside its memory and its status."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from kb.base import storage
from kb.base.checksums import Seal
from kb.upkeep.state import FOLDER, is_torn

_SUFFIXES = (".json", ".sqlite", ".sha256")


def of_source(root: Path, source: str) -> Seal:
    """Return the seal of a source below the corpus `root`."""
    sums = root / FOLDER / f"{source}.sha256"
    return Seal(sums, (sums.with_suffix(".json"), sums.with_suffix(".sqlite")))


def unseal(root: Path, source: str) -> bool:
    """Take a source's seal off; answer whether it held (or there was none, and all can be read). What it did not hold
    for is removed, too: what is torn must not keep a source from being refreshed ever again.

    Raises StorageError.
    """
    seal = of_source(root, source)
    broken = bool(seal.broken()) or (not seal.sums.is_file() and any(map(is_torn, seal.files)))
    for each in seal.files if broken else ():
        for beside in ("", "-journal", "-wal", "-shm"):
            storage.remove(each.with_name(each.name + beside))
    seal.take_off()
    return not broken


def damaged(root: Path) -> Iterator[tuple[str, tuple[Path, ...]]]:
    """Yield the sources whose seal does not hold, or of which something is torn, with the files concerned.

    Raises StorageError.
    """
    for name in sorted(
        {path.stem for path in storage.entries(root / FOLDER) if path.name[0] != "." and path.suffix in _SUFFIXES}
    ):
        seal = of_source(root, name)
        broken = seal.broken() if seal.sums.is_file() else tuple(filter(is_torn, seal.files))
        if broken:
            yield name, broken
