"""The ledger of a corpus, `.ledger`: what each file was when it was written, by which command, and who took an edit.

One line a writing, only ever added to: a seal, the sha256 of the seal before and of the line, and the line as JSON. So a
line that was altered, lost or torn is told, and those around it still hold. A file's own checksum says that it is not as
it was written; only what stands outside it can say that it is not there any more, or what it was.

That there is one, `.ledger.begun` says from then on: one that was lost is not one that never was. `.ledger.lost` says that it
was, until somebody is told and mends it.
While somebody writes, `.ledger.open` stands beside it: one that was left by a killed run says that files may have been
written of which no line tells.
"""

from __future__ import annotations

import base64
import getpass
import hashlib
import json
import os
import re
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path

from kb.base import clock, storage
from kb.base.lazy_re import lazy_re
from kb.structure import yaml_head

FILE = ".ledger"
FOUND = "found"
"""The command of a line that was made of a file that was there, not by who wrote it."""
_LINE = lazy_re(rb"([0-9a-f]{64}) (\{.*\})")
_SEALED = lazy_re(rb"([0-9a-f]{64}) ")
_HEAD = 1 << 20  # characters: what is longer is not kept here


@dataclass(frozen=True, slots=True)
class Entry:
    """What the `file` (its path below the corpus) was at a moment: `sha256` of its bytes ("": it is meant not to be
    there) and their `size`, the sha256 of its `snapshot`, the command that wrote it, who `taken` it as a hand edit ("" for
    none), and its front matter, packed ("": it has none of ours).
    """

    file: str
    sha256: str
    size: int = 0
    snapshot: str = ""
    at: str = ""
    by: str = ""
    taken: str = ""
    head: str = ""

    @property
    def front_matter(self) -> str:
        """Return the front matter as it was written, "" where there was none or it is not kept here."""
        return zlib.decompress(base64.b85decode(self.head)).decode() if self.head else ""


@dataclass(frozen=True, slots=True)
class Told:
    """What a ledger tells: the last entry of each file, by its path, how many lines do not hold, and since when files
    were taken as they were found ("" for never): what had happened to them before, nobody knows.
    """

    entries: Mapping[str, Entry] = field(default_factory=dict)
    damaged: int = 0
    found: str = ""


class Ledger:
    """The ledger in the folder of a corpus, which need not be there yet."""

    def __init__(self, root: Path) -> None:
        self.path = root / FILE
        self._mark = root / f"{FILE}.open"
        self._begun, self._lost, self._mended = (root / f"{FILE}.{name}" for name in ("begun", "lost", "mended"))
        self._known: tuple[tuple[int, int, int], Told] | None = None
        self._last: bytes | None = None
        self.incomplete = False
        """Whether something was, or may have been, written of which no line tells: the next one to begin is told so."""

    def read(self) -> Told:
        """Return what it tells; nothing where there is none. Raises StorageError."""
        if not self.path.is_file():
            return Told()
        with storage.refusals(self.path, "读"):
            found = self.path.stat()
            state = (found.st_ino, found.st_size, found.st_mtime_ns)
            if self._known is None or self._known[0] != state:
                self._known = state, self._read(self.path.read_bytes())
        return self._known[1]

    def is_lost(self) -> bool:
        """Return whether there was one, and nothing of it is left, or was when somebody last wrote and nobody has mended it since.

        Raises StorageError.
        """
        return storage.is_there(self._lost) or self._is_empty()

    @property
    def lost_at(self) -> str:
        """When who writes found it lost for the last time (ISO 8601), "" where it never was. Raises StorageError."""
        for path in (self._lost, self._mended):
            with storage.refusals(path, "读"):
                if path.is_file():
                    return path.read_text("utf-8", "replace").strip()
        return ""

    def forgive(self) -> None:
        """Take it for whole again, where it was lost: somebody was told. Raises StorageError."""
        with storage.refusals(self._lost):
            if self._lost.is_file():
                self._lost.replace(self._mended)

    def _is_empty(self) -> bool:
        told = self.read()
        return storage.is_there(self._begun) and not (told.entries or told.damaged)

    def _read(self, data: bytes) -> Told:
        entries: dict[str, Entry] = {}
        damaged, found, last = 0, "", b""
        for line in data[: data.rfind(b"\n") + 1].split(b"\n")[:-1]:  # what follows is being written, or was torn
            sealed = _LINE.fullmatch(line)
            if sealed and _seal(last, sealed[2]) == sealed[1]:
                told = json.loads(sealed[2])
                entry = Entry(**{each.name: told[each.name] for each in fields(Entry) if each.name in told})
                entries[entry.file] = entry
                found = max(found, entry.at) if entry.by == FOUND else found
            else:
                damaged += 1
            last = _follows(line, last)
        return Told(entries, damaged, found)

    def begin(self) -> bool:
        """Get ready to add lines; answer whether all that was written is told: there is a ledger, its last line holds, and
        who wrote before came to the end.

        Raises StorageError.
        """
        self.incomplete = False
        if self._is_empty():
            storage.write_atomic(self._lost, f"{clock.stamp()}\n".encode())
            with storage.refusals(self._begun):
                self._begun.unlink(missing_ok=True)
        with storage.refusals(self.path):
            if ended := self.ended:
                os.close(os.open(self._mark, os.O_WRONLY | os.O_CREAT, 0o666))
        if ended:
            storage.sync(self._mark.parent)
        return self._trim() and ended

    @property
    def ended(self) -> bool:
        """Whether nobody writes, and who wrote before came to the end."""
        return not self._mark.exists()

    def _trim(self) -> bool:
        """Learn the last seal; answer whether there is one, at the very end.

        What a power cut or a full disk left of the lines at its end was never acknowledged, and goes. Raises StorageError.
        """
        self._last, end, place = b"", 0, 0
        with storage.refusals(self.path):
            data = self.path.read_bytes() if self.path.is_file() else b""
            last = b""
            for line in re.findall(rb"[^\n]*\n|[^\n]+", data):
                place += len(line)
                sealed = _LINE.fullmatch(line, 0, len(line) - 1)
                holds = bool(sealed and line.endswith(b"\n") and _seal(last, sealed[2]) == sealed[1])
                last = _follows(line, last)
                if holds:
                    self._last, end = last, place
            if end < len(data):
                os.truncate(self.path, end)
        return 0 < end == len(data)

    def add(self, entries: Iterable[Entry]) -> None:
        """Add lines. They are on the disk after `end`. Raises StorageError."""
        if self._last is None:
            self._trim()
        lines, last = _lines(entries, self._last or b"")
        if lines:
            self._last = None  # until it is there: a line that was torn is the next one's to mend
            with storage.refusals(self.path):
                self._append(lines)
            self._last = last

    def end(self) -> None:
        """Bring it to the disk; others may add lines then. Raises StorageError."""
        self._last = None
        if self.path.is_file():
            storage.sync(self.path)
            with storage.refusals(self._begun):
                if not self._begun.exists() and self.read().entries:  # one that nobody could write to was none yet
                    self._begun.touch()
        if not self.incomplete:
            with storage.refusals(self._mark):
                self._mark.unlink(missing_ok=True)
        storage.sync(self.path.parent)

    def begin_anew(self, entries: Iterable[Entry]) -> None:
        """Put the ledger's sound lines in the place of one that is damaged. Raises StorageError."""
        lines, last = _lines(entries, b"")
        storage.write_atomic(self.path, lines)
        self._last = last

    def _append(self, data: bytes) -> None:
        descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
        with open(descriptor, "wb", buffering=0) as file:  # noqa: PTH123 — a descriptor, opened to append
            written = 0
            while written < len(data):
                written += file.write(memoryview(data)[written:])


def entry(file: str, data: bytes, snapshot: str, by: str, taken: str = "") -> Entry:
    """Return what a file is now, of its bytes."""
    head = yaml_head.split(data.decode("utf-8", "replace"))[0]
    kept = head if len(head) <= _HEAD and snapshot else ""
    packed = base64.b85encode(zlib.compress(kept.encode(), 9)).decode() if kept else ""
    return Entry(file, hashlib.sha256(data).hexdigest(), len(data), snapshot, clock.stamp(), by, taken, packed)


def user() -> str:
    """Return who runs the program, as far as the machine can tell."""
    try:
        return os.environ.get("SUDO_USER") or getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())


def _lines(entries: Iterable[Entry], last: bytes) -> tuple[bytes, bytes]:
    """Return the lines that follow the seal `last`, and the seal of the last of them."""
    lines = []
    for each in entries:
        told = {key: value for key, value in asdict(each).items() if value or key == "sha256"}
        payload = json.dumps(told, ensure_ascii=False).encode()
        last = _seal(last, payload)
        lines.append(last + b" " + payload + b"\n")
    return b"".join(lines), last


def _seal(last: bytes, payload: bytes) -> bytes:
    return hashlib.sha256(last + payload).hexdigest().encode()


def _follows(line: bytes, last: bytes) -> bytes:
    """Return the seal that the line after `line` is chained to: its own, where it still shows one."""
    found = _SEALED.match(line)
    return found[1] if found else last
