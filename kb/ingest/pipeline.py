"""Files → documents of the corpus: read → extract → repair → furniture → outline → metadata → document → corpus."""

from __future__ import annotations

import hashlib
import os
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path

from kb.base import clock
from kb.base.errors import NotFoundError, StorageError, UnreadableError
from kb.base.model import Document, Provenance
from kb.base.workers import processors
from kb.config.settings import Settings
from kb.corpus.folder import Corpus, Outcome
from kb.ingest import derive
from kb.ingest.formats import files, registry
from kb.ingest.formats.registry import Given

# Starting processes costs about a second: below this many files one process is quicker.
_FEW = 40
_AHEAD = 16


@dataclass(slots=True)
class Report:
    """What an ingest did. `failures` and `conflicts` are (path or id, one sentence); `skipped` counts files by suffix;
    `doubtful` are the ids of documents that may not be what their files say (see `Provenance.doubts`)."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    conflicts: list[tuple[str, str]] = field(default_factory=list)
    failures: list[tuple[str, str]] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)
    doubtful: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Input:
    """A file to ingest and its origin: the name under which it is known from now on.

    `root` is the folder out of which no link on the way to it may lead, None for the one where it lies.
    """

    path: Path
    origin: str
    root: Path | None = None


@dataclass(frozen=True, slots=True)
class Built:
    """A document made of a file, without an id yet, and the file's bytes; or why there is none."""

    document: Document | None
    data: bytes = b""
    failure: str = ""


def ingest(
    paths: Sequence[Path],
    corpus: Corpus,
    settings: Settings,
    source: str = "files",
    on_progress: Callable[[int, int, str], None] | None = None,
) -> Report:
    """Ingest files and folders into `corpus/<source>/`. `on_progress` hears (done, of how many, origin) of each file.

    A bad file is a failure in the report and stops nothing. Raises NotFoundError for a path that does not exist,
    UsageError for a bad source name, StorageError when the corpus cannot be written (what was written is whole).
    """
    report = Report()
    inputs = list(_inputs(paths, corpus, report))
    with corpus.writing("ingest"):
        for done, (each, built) in enumerate(build_all(inputs, source, settings), start=1):
            if built.document:
                document = replace(built.document, id=corpus.id_for(source, each.origin))
                count(report, corpus.write(document, built.data))
                if document.provenance.doubts:
                    report.doubtful.append(document.id)
            else:
                report.failures.append((each.origin, built.failure))
            if on_progress:
                on_progress(done, len(inputs), each.origin)
    return report


def build(each: Input, source: str, settings: Settings, retrieved: str) -> tuple[Document, bytes]:
    """Make a document, with "" for its id, of a file; return it and the file's bytes. Raises UnreadableError."""
    path = each.path
    data = files.load(path, settings, each.root)
    found = Provenance(
        origin=each.origin,
        snapshot=hashlib.sha256(data).hexdigest(),
        retrieved=retrieved,
        media_type="",
    )
    return derive.document(files.read(data, path.suffix, Given(settings)), found, source, path.stem), data


def _inputs(paths: Sequence[Path], corpus: Corpus, report: Report) -> Iterator[Input]:
    """Yield the files to ingest, in order of their names; others are counted in the report, never passed over silently."""
    for path in paths:
        if path.is_symlink():
            report.failures.append((_origin(path.name), files.LINK))
        elif path.is_dir():
            yield from _below(path, corpus, report)
        elif not path.exists():
            raise NotFoundError(f"找不到 {path}：请检查路径。")
        elif path.suffix.lower() in registry.endings():
            yield Input(path, _origin(path.name))
        else:
            report.failures.append((_origin(path.name), f"不认识的文件类型：可以收录 {' '.join(registry.endings())}。"))


def _below(folder: Path, corpus: Corpus, report: Report) -> Iterator[Input]:
    """Yield the files of a folder, its own name in their origins. The corpus itself is no input."""
    top, own = folder.resolve(), corpus.root.resolve()

    def refused(error: OSError) -> None:
        report.failures.append(
            (_origin(str(error.filename)), f"这个文件夹读不了（{error.strerror}），里面的没有收录。")
        )

    for parent, folders, names in os.walk(folder, onerror=refused):
        links = {name for name in (*folders, *names) if Path(parent, name).is_symlink()}
        if links:
            report.skipped["链接"] += len(links)
        folders[:] = sorted(name for name in folders if name not in links and (Path(parent) / name).resolve() != own)
        for name in sorted(set(names) - links):
            path = Path(parent, name)
            if path.suffix.lower() in registry.endings() and not name.startswith("."):
                yield Input(path, _origin(Path(top.name, path.relative_to(folder)).as_posix()), folder)
            else:
                report.skipped[path.suffix.lower() or name] += 1


def _origin(name: str) -> str:
    """Make a file's name printable: bytes that are no UTF-8 become �."""
    return os.fsencode(name).decode("utf-8", "replace")


def count(report: Report, outcome: Outcome) -> None:
    """Enter in the report what became of a document."""
    if outcome.state == "conflict":
        report.conflicts.append((outcome.id, outcome.conflict))
    else:
        setattr(report, outcome.state, getattr(report, outcome.state) + 1)


def build_all(inputs: Sequence[Input], source: str, settings: Settings) -> Iterator[tuple[Input, Built]]:
    """Build every document, in order; many of them on all cores, with a bounded number in memory.

    Each is built on a leash: one that takes too long, too much memory or its process with it fails alone.
    """
    workers = min(processors(), 8) if len(inputs) >= _FEW else 1
    waiting, running = iter(inputs), deque[tuple[Input, Future[tuple[Document, bytes]]]]()
    with ThreadPoolExecutor(workers) as pool:
        try:
            while True:
                for each in islice(waiting, workers * _AHEAD - len(running)):
                    running.append((each, pool.submit(_on_leash, each, source, settings)))
                if not running:
                    return
                each, future = running.popleft()
                yield each, _built(future)
        finally:
            pool.shutdown(cancel_futures=True)


def _on_leash(each: Input, source: str, settings: Settings) -> tuple[Document, bytes]:
    absolute = Input(each.path.absolute(), each.origin, each.root and each.root.absolute())
    return derive.on_leash(settings, build, absolute, source, settings, clock.stamp())


def _built(future: Future[tuple[Document, bytes]]) -> Built:
    """Return what came out of a file: whatever went wrong with it, the others go on."""
    error = future.exception()
    if error is None:
        return Built(*future.result())
    if isinstance(error, UnreadableError):
        return Built(None, failure=str(error))
    if isinstance(error, StorageError):
        raise error  # the machine's fault, not the file's
    reason = f"{type(error).__name__}: {error}"
    return Built(None, failure=f"处理它时程序出错（{reason}）：其他文件不受影响，请把这个文件报告给开发者。")
