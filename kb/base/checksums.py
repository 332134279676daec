"""Sums of files that are written in place: taken when the writing ends, removed when it begins.

So a byte that flipped is told from a writer that was killed. The sums are in the form of sha256sum.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from kb.base import storage
from kb.base.lazy_re import lazy_re

_LINE = lazy_re(r"([0-9a-f]{64})  ([^\n]+)\n")


@dataclass(frozen=True, slots=True)
class Seal:
    """The file `sums` with the sums of `files`, which stand in the same folder."""

    sums: Path
    files: tuple[Path, ...]

    def put_on(self, taken: bytes = b"") -> None:
        """Write the sums, durably: those of the files, or what was `taken` before. Raises StorageError."""
        storage.write_atomic(self.sums, taken or self.take(self.files))

    def expect(self, taken: bytes) -> None:
        """Let what was `taken` hold as well as what does: its files are about to be put in the place of those there are.

        Whichever a kill leaves there, the sums tell whether it is damaged. Raises StorageError.
        """
        with storage.refusals(self.sums):
            if self.sums.is_file():
                storage.write_atomic(self.sums, self.sums.read_bytes() + taken)

    def take(self, files: Sequence[Path]) -> bytes:
        """Return the sums of files that stand, or will stand, where the files of the seal do. Raises StorageError."""
        with storage.refusals(self.sums):
            lines = [f"{storage.sha256_of(at)}  {each.name}\n" for each, at in zip(self.files, files, strict=True)]
        return "".join(lines).encode()

    def take_off(self) -> None:
        """Remove the sums, durably, where there are any. Raises StorageError."""
        with storage.refusals(self.sums):
            if not self.sums.is_file():
                return
            self.sums.unlink()
        storage.sync(self.sums.parent)

    def broken(self) -> tuple[Path, ...]:
        """Return the files whose sum does not hold, after the sums themselves: either may be what is damaged.

        () when all hold, or there are no sums. Raises StorageError.
        """
        with storage.refusals(self.sums):
            if not self.sums.is_file():
                return ()
            lines = _LINE.findall(self.sums.read_bytes().decode("utf-8", "replace"))
            wrong = [
                each for each in self.files if not each.is_file() or (storage.sha256_of(each), each.name) not in lines
            ]
        return (self.sums, *wrong) if wrong else ()
