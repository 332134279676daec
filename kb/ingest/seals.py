"""The sums of what is remembered of a source: taken when a refresh ends, removed when one begins.

So a byte that flipped is told from a refresh that was killed. `.state/<source>.sha256` is in the form of sha256sum.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from kb import storage
from kb.ingest.state import FOLDER

_SEALED = (".json", ".sqlite")
_LINE = re.compile(r"([0-9a-f]{64})  ([^\n]+)\n")


def seal(root: Path, source: str) -> None:
    """Take the sums of a source's memory and status below the corpus `root`. Raises StorageError."""
    path = _sums(root, source)
    files = [path.with_suffix(suffix) for suffix in _SEALED]
    with storage.refusals(path):
        lines = [f"{storage.sha256_of(each)}  {each.name}\n" for each in files]
    storage.write_atomic(path, "".join(lines).encode())


def unseal(root: Path, source: str) -> bool:
    """Remove the sums, durably; answer whether they held (or there were none). What they did not hold for is removed, too.

    Raises StorageError.
    """
    path = _sums(root, source)
    with storage.refusals(path):
        if not path.is_file():
            return True
        broken = _broken(path)
        for each in broken and (path.with_suffix(".json"), path.with_suffix(".sqlite")):
            each.unlink(missing_ok=True)
        path.unlink()
    storage.sync(path.parent)
    return not broken


def damaged(root: Path) -> Iterator[tuple[str, tuple[Path, ...]]]:
    """Yield the sources whose sums do not hold, with the files concerned. Raises StorageError."""
    for path in sorted((root / FOLDER).glob("[!.]*.sha256")):
        with storage.refusals(path):
            if broken := _broken(path):
                yield path.stem, broken


def _broken(path: Path) -> tuple[Path, ...]:
    """Answer the files whose sum does not hold, and the sums themselves: either may be what is damaged."""
    found = dict(reversed(pair) for pair in _LINE.findall(path.read_bytes().decode("utf-8", "replace")))
    files = [path.with_suffix(suffix) for suffix in _SEALED]
    wrong = [each for each in files if not each.is_file() or storage.sha256_of(each) != found.get(each.name)]
    return (path, *wrong) if wrong else ()


def _sums(root: Path, source: str) -> Path:
    return root / FOLDER / f"{source}.sha256"
