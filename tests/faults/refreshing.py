"""A refresh to break: a site that stands still in a process of its own, a corpus from before its news, a clock that stands still."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import cycle
from pathlib import Path

import harness
import power
import pytest

from kb.base.errors import KbError
from kb.corpus.folder import Corpus
from kb.fetch.network.pace import Hosts, SystemClock
from kb.search.contract.engine import Engine
from kb.search.open.engines import open_engine
from tests.faults.still import Stopped
from tests.ingest.refreshing import Library, source

ROOT = Path(__file__).parents[2]
QUERY = '"示例区人民政府办公室"'
"""Stands in every post."""


class Jumping(SystemClock):
    """A clock whose time of day is another year at every look, back and forth."""

    def __init__(self) -> None:
        self._years = cycle((2026, 1999, 2037, 2020))

    def now(self) -> datetime:
        return datetime(next(self._years), 1, 1, tzinfo=UTC)


class Scene:
    """A library refreshed once; since then a post came, one changed, one went and one was flagged, and the sweep is full."""

    def __init__(self, folder: Path, site: subprocess.Popen[str]) -> None:
        assert site.stdin and site.stdout
        self.url = site.stdout.readline().strip()
        self.library = Library(folder / "library", source(self.url))
        self.saved = folder / "saved"
        self.refresh(Stopped(datetime(2025, 12, 1, tzinfo=UTC)))
        shutil.copytree(self.library.folder, self.saved)
        site.stdin.write("news\n")
        site.stdin.flush()
        assert site.stdout.readline() == "done\n"
        self.old, self.found_before = self.files(), self.found()
        self.refresh()
        self.found_after = self.found()
        self.new, self.remembered = self.files(), self.posts()

    @property
    def command(self) -> list[str]:
        """A process that refreshes once, after it has printed a line."""
        return [sys.executable, "-m", "tests.faults.still", str(self.library.folder), self.url]

    @contextmanager
    def moved(self, folder: Path) -> Iterator[None]:
        """Have the library in another folder for a while."""
        there, self.library = self.library, Library(folder, source(self.url))
        try:
            yield
        finally:
            self.library = there

    def found(self) -> int:
        """How many sections a new process finds."""
        return self.engine().search(QUERY).total

    def restore(self) -> None:
        shutil.rmtree(self.library.folder, ignore_errors=True)
        shutil.copytree(self.saved, self.library.folder)

    def nothing(self) -> None:
        """No library at all: the next refresh is a first one."""
        shutil.rmtree(self.library.folder, ignore_errors=True)
        self.library.folder.mkdir()

    def refresh(self, clock: SystemClock | None = None) -> None:
        """One full refresh as a new process would make it. Raises RefreshFailed with the report when not all went well."""
        library = self.library
        library.corpus, library.engine = Corpus(library.corpus.root), open_engine(library.settings.index)
        report = library.report(full=True, hosts=Hosts(clock or Stopped()))
        if not report.ok:
            raise RefreshFailed(json.dumps(report.as_json(), ensure_ascii=False))

    def files(self) -> dict[str, bytes]:
        """Every file of the corpus that a person could miss, snapshots and what was set aside included, byte for byte.

        Left out are the lock, with its number of a process, the memory, see `posts`, and the ledger, which has times: see
        `unknown`.
        """
        root = self.library.corpus.root
        return {
            str(path.relative_to(root)): path.read_bytes()
            for path in sorted(root.rglob("*"))
            if path.is_file()
            and path.name not in (".lock", ".ledger", ".ledger.open", ".ledger.begun", ".ledger.lost")
            and path.relative_to(root).parts[0] != ".state"
        }

    def posts(self) -> list[tuple[object, ...]]:
        return self.library.posts()

    def engine(self) -> Engine:
        """The engine as a new process opens it."""
        return open_engine(self.library.settings.index)

    def problems(self) -> list[str]:
        """What `kb check` says."""
        corpus = Corpus(self.library.corpus.root)
        return [problem.sentence for problem in corpus.check()] + self.engine().check(corpus.fingerprints())


class RefreshFailed(KbError):
    """A refresh that ended, and said that not all is well: exit code 1 on the command line."""


@contextmanager
def scene(folder: Path) -> Iterator[Scene]:
    """Open a scene in a folder."""
    command = [sys.executable, "-m", "tests.faults.still"]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as site:
        try:
            yield Scene(folder, site)
        finally:
            site.kill()


@contextmanager
def quick_folder(factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder in memory where there is such a file system: thousands of fsyncs cost nothing there."""
    memory = Path("/dev/shm")
    if not (memory.is_dir() and os.access(memory, os.W_OK)):
        yield factory.mktemp("scene")
        return
    with tempfile.TemporaryDirectory(dir=memory, prefix="kb-test-") as folder:
        yield Path(folder)


class Kills:
    """Refreshes of a scene that were killed, each once: what each left, and what it had done."""

    def __init__(self, scene: Scene, log: Path) -> None:
        self.scene, self._log = scene, log
        self._done: dict[tuple[str, int], tuple[Path, list[str]]] = {}

    def at(self, syscall: str, number: int) -> tuple[Path, list[str]]:
        """Return a copy of the library as a kill before that call leaves it, and the lines of the trace up to there."""
        if (syscall, number) not in self._done:
            self.scene.restore()
            harness.broken(self.scene.refresh, harness.Fault(harness.Call(syscall, number, ""), "KILL"), self._log)
            copy = self.scene.saved.with_name(f"killed-{syscall}-{number}")
            shutil.copytree(self.scene.library.folder, copy)
            self._done[syscall, number] = copy, self._log.read_text(encoding="utf-8").splitlines()
        return self._done[syscall, number]


def cut_power(kills: Kills, call: harness.Call) -> int:
    """Leave what is on the disk after a power cut just before that call; answer how many writes it undid."""
    root = kills.scene.library.folder
    killed, lines = kills.at(call.syscall, call.number)
    data, names = power.unconfirmed(lines, root)
    earlier = []
    for name in names:
        syscall = lines[name.call].partition("(")[0]
        number = sum(line.startswith(f"{syscall}(") for line in lines[: name.call + 1])
        earlier.append(kills.at(syscall, number)[0])  # a refresh in `root`
    shutil.rmtree(root)
    shutil.copytree(killed, root)
    power.damage(data)
    for name, before in zip(reversed(names), reversed(earlier), strict=True):
        power.undo(name, before, root)
    return len(data) + len(names)
