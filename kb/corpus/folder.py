"""The folder of documents: `<source>/<id>.md`, versions in `<source>/<id>/<date>-<hash>.md`, snapshots in `.snapshots/`.

Whatever happens, a document is its old or its new state: snapshot first, then the old version beside, then the document
itself by one atomic replace. A person's edits are never overwritten: the file's checksum tells them.
"""

from __future__ import annotations

import hashlib
import os
import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Container, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from shlex import quote
from typing import Any, Literal

from kb.base import clock, inside, storage
from kb.base.cache import Remembered
from kb.base.errors import KbError, NotFoundError, StorageError, UnreadableError, UsageError
from kb.base.lazy_re import lazy_re
from kb.base.model import Document, Provenance
from kb.corpus import front_matter, markdown
from kb.corpus.damage import SAID, Damage, as_encoded, judge
from kb.corpus.ledger import FOUND, Entry, Ledger, entry, user
from kb.corpus.snapshots import Snapshots
from kb.structure import yaml_head

# Names must hold in addresses, on every file system, and leave room for a suffix in its 255 bytes.
_LONGEST = 180
_UNSAFE = lazy_re(r'[\s/\\:*?"<>|#%\x00-\x1f\x7f]+')
_ORIGIN = lazy_re(r"^  origin: .*$", re.MULTILINE)
_EDITION = lazy_re(r"^  edition: (\d{4}-\d\d-\d\d)$", re.MULTILINE)
_RETRIEVED = lazy_re(r"^  retrieved: '?([^'\n]+)'?$", re.MULTILINE)
_WEB_ORIGIN = lazy_re(r"^  origin: ['\"]?https?://", re.MULTILINE)
_SNAPSHOT = lazy_re(r"^  snapshot: ([0-9a-f]{64})$", re.MULTILINE)
_WITHDRAWN = lazy_re(r"^  withdrawn: ['\"]?\d", re.MULTILINE)
_MAY_DOUBT = lazy_re(r"^ +(?:- )?(?:doubt: |doubtful: \[)", re.MULTILINE)
_VERSIONED = lazy_re(r"(.+)@(\d{4}-\d\d-\d\d-[0-9a-f]{8})")
_HEAD = 1 << 16
_MOST = 1_000_000_000  # bytes of a document's file
_EDITED = "这个文件与写入时不一致：手工修改或损坏，尚未确认"
UNREADABLE = "unreadable"
"""What stands in the place of a file's sha256 where the machine does not let it be read."""
REPAIR = "kb check --repair"
"""What mends all that can be derived again."""
_REPAIR = f"请运行 {REPAIR} 恢复。"
_TORN = "有 {} 行与写入时不一致（多半是断电或磁盘出错）"
State = Literal["new", "changed", "unchanged", "conflict"]

ASIDE = ".suspicious"
"""Where in the corpus lies what people may look at and nothing reads: suspicious pages, what is left of damaged files."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a document that was written; `path` is its file, or for a conflict the new version kept beside."""

    state: State
    id: str
    path: Path

    @property
    def conflict(self) -> str:
        """Say what a conflict is, and how to settle it either way."""
        present = self.path.parent.with_name(f"{self.id}.md")
        return (
            f"来源有了新版本，但现有文件经过手工修改（或已损坏），没有覆盖；新版本放在 {self.path}。"
            f"看差别：kb diff {self.id} {self.id}@{self.path.stem}；保留自己的：kb check --accept {self.id}；"
            f"改用新版本：cp {quote(str(self.path))} {quote(str(present))}；之后运行 kb index。"
        )


@dataclass(frozen=True, slots=True)
class Version:
    """A state of a document: its name, its date (ISO 8601; see `Provenance.dated`), and the sha256 of its snapshot."""

    version: str
    date: str
    sha256: str


@dataclass(frozen=True, slots=True)
class FileState:
    """What a document's file is at the moment: the sha256 of its bytes, and when it was last written (UTC)."""

    digest: str
    modified: datetime


@dataclass(frozen=True, slots=True)
class Problem:
    """A file of the corpus that is not as it should be, in one sentence. `id` is "" where no document is meant, `damage`
    what became of the file's bytes, "" where it is something else; `advice` is what to type, "" where only the sentence says.
    """

    path: Path
    sentence: str
    id: str = ""
    damage: Damage = ""
    advice: str = ""


class Corpus:
    """A folder of documents. It need not exist yet; reading finds nothing then."""

    def __init__(self, root: Path, keep: int = 0) -> None:
        """`keep` characters of text at most are kept ready of the documents read last, for who reads some often."""
        self.root = root
        # None by default: a corpus is handed to other processes, and a lock cannot be.
        self._ready = Remembered(keep, _length) if keep else None
        self.snapshots = Snapshots(root / ".snapshots")
        self.ledger = Ledger(root)
        self._by = ""
        self._known: dict[str, dict[str, str]] = {}
        self._taken: set[str] = set()
        self._surveyed = False

    def ids(self) -> tuple[str, ...]:
        """Return the ids of all documents, sorted."""
        return tuple(sorted({path.stem for path in self._files()}))

    def count(self, source: str) -> int:
        """Count the documents in the folder of a source, also one that is not there."""
        return sum(1 for _ in self._files_in(self.root / source))

    def read(self, id: str, version: str = "") -> Document:
        """Read a document, or one of its versions (see `history`), which may also be named as "ID@VERSION".

        Raises NotFoundError and UnreadableError.
        """
        if not version and (named := _VERSIONED.fullmatch(id)):
            id, version = named.groups()
        if version and version == _version_name(path := self._find(id), self._read(path, id)):
            version = ""
        return self._read(self._find(id, version), id)

    def history(self, id: str) -> tuple[Version, ...]:
        """Return all states of a document, the present one first. Raises NotFoundError and UnreadableError.

        An older one need not be readable to be named.
        """
        path, document = self._find(id), self.read(id)
        present = Version(_version_name(path, document), document.provenance.dated, document.provenance.snapshot)
        older = (Version(name, name[:10], _snapshot_of(self._find(id, name))) for name in self.versions(id))
        return (present, *older)

    def state(self, id: str, version: str = "") -> FileState:
        """Return the state of a document's file, or that of one of its versions. Raises NotFoundError."""
        present = self._find(id)
        if version and version == _version_name(present, self._read(present, id)):
            version = ""
        path = self._find(id, version)
        with storage.refusals(path, "读"):
            return FileState(storage.sha256_of(path), datetime.fromtimestamp(path.stat().st_mtime, UTC))

    def as_json(self, id: str, version: str = "") -> dict[str, Any]:
        """Return the object of `kb show --json` and `GET /api/v1/documents/ID`, or that of one of its versions.

        `status` is the document's, whatever the version. Raises NotFoundError and UnreadableError.
        """
        present, history = self.read(id), self.history(id)
        return {
            **(self.read(id, version) if version else present).as_json(),
            "status": present.status,
            "version": version or history[0].version,
            "versions": [asdict(each) for each in history],
        }

    def local(self) -> Iterator[tuple[str, str]]:
        """Yield (source, id) of the documents that came from no web site: their origin is a file's name."""
        return ((path.parent.name, path.stem) for path in self._files() if not _WEB_ORIGIN.search(_head(path)))

    def fetched(self) -> Iterator[tuple[str, str]]:
        """Yield (source, id) of the documents that came from a web site."""
        return ((path.parent.name, path.stem) for path in self._files() if _WEB_ORIGIN.search(_head(path)))

    def documents(self, on_unreadable: Callable[[UnreadableError], None] | None = None) -> Iterator[Document]:
        """Yield every document, by id. One that cannot be read goes to `on_unreadable`, or raises where none is given."""
        for id in self.ids():
            try:
                yield self.read(id)
            except UnreadableError as error:
                if on_unreadable is None:
                    raise
                on_unreadable(error)

    def doubtful(self) -> Iterator[Document]:
        """Yield the documents of which something is doubtful, by id; what cannot be read is for `check` to tell."""
        for id in self.ids():
            try:
                document = self.read(id) if _MAY_DOUBT.search(_text(self._find(id))) else None
            except (UnreadableError, StorageError):
                continue
            if document and document.provenance.doubts:
                yield document

    def fingerprints(self) -> dict[str, str]:
        """Return the sha256 of the file of every document, by id, and of its older versions, by "ID@VERSION".

        It is what an index compares itself with.
        """
        found: dict[str, str] = {}
        for path in reversed(list(self._files())):
            found[path.stem] = _digest(path)
            older = (version for version in _older(path) if not version.stem.endswith(found[path.stem][:8]))
            found |= {f"{path.stem}@{version.stem}": _digest(version) for version in older}
        return found

    def stamp(self) -> tuple[str, datetime]:
        """Return a name of the state of all files, made of their names, sizes and times, and when the last was written.

        Their bytes are not read, so it costs little; what must know them asks for `fingerprints`. Raises StorageError.
        """
        digest, newest = hashlib.sha256(), 0
        for folder in self._folders():
            with storage.refusals(folder, "读"):
                for path in filter(_is_shown, storage.below(folder)):
                    found = path.lstat()
                    newest = max(newest, found.st_mtime_ns)
                    digest.update(os.fsencode(path) + f" {found.st_ino} {found.st_size} {found.st_mtime_ns}\n".encode())
        return digest.hexdigest(), datetime.fromtimestamp(newest / 1e9, UTC)

    def states(self) -> dict[str, str]:
        """Return what every document is, with the versions beside it, by id: it changes when either does."""
        return {
            path.stem: "/".join((_digest(path), *(version.stem for version in versions_of(path))))
            for path in reversed(list(self._files()))
        }

    def digests(self, source: str) -> frozenset[str]:
        """Return the sha256 of every snapshot that a document of a source, or a version of one, was made of."""
        files = filter(_is_shown, storage.below(self.root / source))
        return frozenset(_snapshot_of(path) for path in files) - {""}

    def snapshot(self, digest: str) -> bytes:
        """Return the bytes as found, verified. Raises NotFoundError, UnreadableError and StorageError."""
        return self.snapshots.read(digest)

    def versions(self, id: str) -> tuple[str, ...]:
        """Name the older versions kept beside a document, `<date>-<hash>`, newest first. Raises NotFoundError.

        A version that is the document's present file is left out: a killed run had kept it before it replaced the file.
        So is a newer text that may not replace a file that was edited: it can be read by its name.
        """
        path = self._find(id)
        present = _digest(path)[:8]
        names = (version.stem for version in _older(path))
        return tuple(sorted((name for name in names if not name.endswith(present)), reverse=True))

    @contextmanager
    def writing(self, by: str = "kb") -> Iterator[None]:
        """Hold the corpus's lock; needed around `write` and `id_for`. Clears away what killed runs left.

        `by` is the command that writes, for the ledger; one that was lost is begun anew with the files that are there, and
        what a killed run had written and not put down is.
        Raises StorageError when the folder cannot be written or another process holds the lock.
        """
        storage.make_folder(self.root)
        with storage.lock(self.root / ".lock"):
            storage.remove_leftovers(self.root)
            self._surveyed, self._by = False, by
            if not self.ledger.begin():
                self.note_found()
            try:
                yield
            finally:
                self.ledger.end()

    def put(self, path: Path, data: bytes, taken: str = "") -> None:
        """Write a document's file, or a version's, and put it down in the ledger. Raises StorageError; needs `writing`."""
        try:
            storage.write_atomic(path, data)
            self.ledger.add([self._entry(path, data, self._by, taken)])
        except BaseException:  # the file may be there all the same
            self.ledger.incomplete = True
            raise

    def note_found(self) -> None:
        """Put down in the ledger the files that are as they were written and that it does not know: a run was killed
        before it could, the ledger was lost, or there was none yet; of one that was moved, that it is not where it was. What
        cannot be read waits for the next time. Raises StorageError; needs `writing`.
        """
        known = {each.sha256: file for file, each in self.ledger.read().entries.items()}
        for path, data in self._untold():
            if data is None:
                self.ledger.incomplete = True
                continue
            found = self._entry(path, data, FOUND)
            was = known.get(found.sha256, found.file)
            with storage.refusals(self.root / was, "读"):
                stands = (self.root / was).is_file()
            # A version beside a lost document, one folder deeper, is not that document.
            is_moved = not stands and was.count("/") == found.file.count("/")
            left = [Entry(was, "", at=found.at, by=FOUND)] if is_moved else []
            self.ledger.add([found, *left])

    def _untold(self) -> Iterator[tuple[Path, bytes | None]]:
        """Yield the files that are as they were written and of which the ledger does not tell so, with their bytes; None for
        those that cannot be read.
        """
        known = self.ledger.read().entries
        for path in self._every_file():
            try:
                data = self._bytes(path)
            except (StorageError, UnreadableError):
                yield path, None
                continue
            told = known.get(self._below(path))
            if (told is None or told.sha256 != hashlib.sha256(data).hexdigest()) and front_matter.intact(
                markdown.plain(data.decode("utf-8", "replace"))
            ):
                yield path, data

    def missing(self) -> dict[str, Entry]:
        """Return what the ledger tells of the files that are not there any more, by their path below the corpus.

        One that was moved is there. Raises StorageError.
        """
        told = self.ledger.read().entries
        with storage.refusals(self.root, "读"):
            gone = {file: each for file, each in told.items() if each.sha256 and not (self.root / file).is_file()}
        if not gone:
            return {}
        moved = {_digest(path) for path in self._every_file() if self._below(path) not in told}
        return {file: each for file, each in gone.items() if each.sha256 not in moved}

    def bytes_of(self, digest: str) -> bytes:
        """Return the bytes of the file with that sha256, as they are kept elsewhere in the corpus; b"" where they are not.

        A text that was accepted from a person is kept as a snapshot, one that was replaced as a version.
        """
        try:
            return self.snapshots.read(digest)
        except KbError:
            pass
        for path in self._every_file():
            if path.stem.endswith(f"-{digest[:8]}") and _digest(path) == digest:
                return self._bytes(path)
        return b""

    def _entry(self, path: Path, data: bytes, by: str, taken: str = "") -> Entry:
        found = _SNAPSHOT.search(data[:_HEAD].decode("utf-8", "replace"))
        return entry(self._below(path), data, found[1] if found else "", by, taken)

    def _below(self, path: Path) -> str:
        return path.relative_to(self.root).as_posix()

    def _every_file(self) -> Iterator[Path]:
        """Yield the files of all documents, and of their versions."""
        for path in self._files():
            yield from (path, *versions_of(path))

    def writer(self) -> str:
        """Return the number of the process that is writing, "" when none is. Raises StorageError."""
        return storage.holder(self.root / ".lock")

    def id_for(self, source: str, origin: str, name: str = "") -> str:
        """Return the id under which a file is kept: the one it has, or a new one from `name`, or its origin's.

        Another file's id is never given away: a suffix made of the origin keeps two files of one name apart, also where
        a file system does not tell case.
        """
        if not source or source != safe_name(source):
            raise UsageError(f"来源名“{source}”不能用作文件夹名：请只用文字、数字、连字符和下划线。")
        if not self._surveyed:
            self._survey()
        known = self._known.setdefault(source, {})
        if origin not in known:
            name = safe_name(name or PurePosixPath(origin).stem)
            # A file of unknown origin in its place may be a damaged copy of this very document: `write` sees to it.
            strange = (self.root / source / f"{name}.md").is_file() and name not in known.values()
            known[origin] = (
                name if strange or _folded(name) not in self._taken else _suffixed(name, f"{source}/{origin}")
            )
            self._taken.add(_folded(known[origin]))
        return known[origin]

    def write(self, document: Document, data: bytes) -> Outcome:
        """Store a document made of the bytes `data`, unless that would overwrite a person's edits. Raises StorageError.

        A damaged file is nobody's edit and is replaced; what is left of it is set aside. Same bytes: an edited file stays, another is rewritten where the program now reads the bytes differently (no
        version is kept: a version is a state of the source). Other bytes: the old file becomes a version; if it was
        edited, it stays and the new text is kept beside as a version: a conflict.
        """
        path = self.root / document.source / f"{document.id}.md"
        storage.make_folder(path.parent)
        with storage.refusals(path, "读"):
            present = self._bytes(path) if path.is_file() and not path.is_symlink() else None
        if present is None:
            return self._replace(path, document, data, "new")
        try:
            text = markdown.normal(present, path.name)
            old = markdown.load(text, document.id, document.source)
        except UnreadableError:
            if not markdown.is_damaged(present):
                return self._keep_beside(path, document, data)
            if not markdown.is_emptied(present):
                self.set_aside(path, present)
            return self._replace(path, document, data, "changed")
        edited = _is_edited(text)
        document = _led_on(old, document)
        if _same_source(old.provenance, document.provenance):
            document = _as_of(document, old.provenance)
            same = edited or markdown.dump(document) == text
            return self._stay(path, data) if same else self._replace(path, document, data, "changed")
        if edited:
            return self._settled(path, text, document, data) or self._keep_beside(path, document, data)
        self._keep(path, present, old.provenance.dated)
        return self._replace(path, document, data, "changed")

    def is_as_written(self, document: Document) -> bool:
        """Return whether the document's file is what `write` would write of the same bytes, or a person's edit.

        Raises NotFoundError and UnreadableError.
        """
        path = self._find(document.id)
        text = markdown.normal(self._bytes(path), path.name)
        old = markdown.load(text, document.id, document.source)
        return _is_edited(text) or markdown.dump(_as_of(_led_on(old, document), old.provenance)) == text

    def write_edition(self, document: Document, data: bytes) -> Outcome:
        """Store one text of a law (`provenance.edition` dates it): the newest is the document, older ones stand beside.

        As `write` otherwise, whatever the order in which the texts come. Raises StorageError.
        """
        path = self.root / document.source / f"{document.id}.md"
        newest = _EDITION.search(_head(path)) if path.is_file() else None
        if newest is None or newest[1] <= document.provenance.edition:
            return self.write(document, data)
        if kept := self._kept(path, document):
            return Outcome("unchanged", document.id, kept)
        self.snapshots.store(data)
        return Outcome(
            "new", document.id, self._keep(path, markdown.dump(document).encode(), document.provenance.dated)
        )

    def mark_withdrawn(self, id: str, date: str) -> bool:
        """Record that the source no longer has the document since `date` (ISO 8601); "" that it has it again.

        Everything else stays as it is. Answers False, and does nothing, for a file with edits that nobody accepted.
        Raises NotFoundError, UnreadableError and StorageError; needs `writing`.
        """
        path = self._find(id)
        text = markdown.normal(self._bytes(path), path.name)
        document = markdown.load(text, id, path.parent.name)
        if document.provenance.withdrawn == date:
            return True
        if not front_matter.intact(text):
            return False
        marked = markdown.dump(replace(document, provenance=replace(document.provenance, withdrawn=date)))
        when = front_matter.accepted(text)
        self.put(path, (front_matter.accept(marked, when) if when else marked).encode())
        return True

    def accept(self, id: str) -> None:
        """Record a document's present text as intended, and the versions kept beside it as seen; of one that is not there
        any more, that it is meant to be gone. The ledger tells who did it, and when.

        Raises NotFoundError, UnreadableError, StorageError, and UsageError for a file that carries no checksum of ours.
        """
        with self.writing("check --accept"):
            gone = [file for file in self.missing() if id in (Path(file).stem, Path(file).parent.name)]
            self.ledger.add(Entry(file, "", at=clock.stamp(), by=self._by, taken=user()) for file in gone)
            try:
                path = self._find(id)
            except NotFoundError:
                if gone:
                    return
                raise
            self._accept(path, id)

    def _accept(self, path: Path, id: str) -> None:
        text = markdown.normal(self._bytes(path), path.name)
        markdown.load(text, id, path.parent.name)
        if front_matter.is_ours(text):
            if wrong := front_matter.no_dates(text):
                raise UnreadableError(f"{path} 的文件头里 {wrong}：请先改正它，再确认。")
            text = front_matter.accept(text, clock.stamp())
        elif not self._known_head(path):
            raise UsageError(f"{path} 不是由 kb 写入的，不带校验值：可以直接修改，无需确认。")
        data = text.encode()
        self.snapshots.store(data)  # it can be derived from nothing else
        self.put(path, data, user())

    def _known_head(self, path: Path) -> bool:
        """Return whether the ledger says that a file had a front matter of ours."""
        known = self.ledger.read().entries.get(self._below(path))
        return bool(known and known.head)

    def check(self) -> Iterator[Problem]:
        """Verify every byte of the corpus that kb wrote, and that every document is readable; yield what is wrong."""
        sound, unsound = set(), list[Problem]()
        for digest in self.snapshots.names():
            try:
                self.snapshots.read(digest)
                sound.add(digest)
            except KbError as error:
                unsound.append(Problem(self.snapshots.root / digest[:2] / f"{digest}.gz", str(error)))
        lost = {problem.path: problem for problem in self.lost(sound)}
        yield from self._misplaced(lost)
        told = self.ledger.read()
        if told.damaged:
            sentence = f"账本 {self.ledger.path} {_TORN.format(told.damaged)}。{_REPAIR}"
            yield Problem(self.ledger.path, sentence, advice=REPAIR)
        elif told.entries:
            yield from self._short_of_lines()
        for path in self._files():
            for file in (path, *versions_of(path)):
                yield from self._check_file(file, path.stem, sound, told.entries.get(self._below(file)))
        yield from lost.values()
        yield from unsound  # last: of what is made of them, it is said what to type

    def _short_of_lines(self) -> Iterator[Problem]:
        """Yield that the ledger does not tell of files that are as they were written, wherever they were then. One that was
        left open is completed by the next to write.
        """
        found = {path: hashlib.sha256(data).hexdigest() for path, data in self._untold() if data}
        known = {each.sha256 for each in self.ledger.read().entries.values()}  # read last: somebody may write meanwhile
        untold = [path for path, digest in found.items() if digest not in known]
        if untold and self.ledger.ended:
            number = f" 等 {len(untold)} 个文件" if untold[1:] else ""
            reason = "账本缺了末尾（例如换成了旧的），或者文件是别处拷来的"
            sentence = (
                f"账本 {self.ledger.path} 没有记下 {untold[0]}{number}：{reason}。请运行 kb check --repair 补记。"
            )
            yield Problem(self.ledger.path, sentence, advice=REPAIR)

    def lost(self, sound: Container[str] | None = None) -> Iterator[Problem]:
        """Yield the files that the ledger knows and that are not there any more. `sound` are the snapshots that hold; without
        it, those that are there are taken for such. The ledger is one of them, where it is not there itself.
        """
        if self.ledger.is_lost():
            sentence = "丢失过，或者里面什么也没有了：哪些文件丢失、损坏过，它说不出来了。请运行 kb check --repair 按现有文件重建，再对照备份。"
            yield Problem(self.ledger.path, f"账本 {self.ledger.path} {sentence}", advice=REPAIR)
        for name, known in self.missing().items():
            file = self.root / name
            id = file.stem if file.parent.parent == self.root else file.parent.name
            made_of = (known.sha256, known.snapshot)
            if sound is None:
                is_kept = any(each and self.snapshots.holds(each) for each in made_of)
            else:
                is_kept = any(each in sound for each in made_of)
            way, advice = (_REPAIR, REPAIR) if is_kept else self._taken_again(file, known.front_matter)
            sentence = f"{file} {SAID['deleted']}。{way}确实要删除，请运行 kb check --accept {id}。"
            yield Problem(file, sentence, id, "deleted", advice)

    def _taken_again(self, file: Path, head: str) -> tuple[str, str]:
        """Say how a file is got back that can be made of nothing here, and what to type for it; `head` is its front matter, ""
        where that is gone. A source gives what it has today: no version that came before, nothing that it withdrew.
        """
        is_version = file.parent.parent != self.root and not _EDITION.search(head)
        if is_version or _WITHDRAWN.search(head):
            return "它的快照缺失或已损坏，来源也不会再给：请从备份恢复。", ""
        command = again(head, file.relative_to(self.root).parts[0])
        return f"它的快照缺失或已损坏：请从备份恢复，或运行 {command}。", command

    def is_damaged(self, id: str) -> bool:
        """Return whether a document's file is not as it was written and no hand edit. Raises NotFoundError, UnreadableError, StorageError."""
        path = self._find(id)
        return judge(self._bytes(path), self.ledger.read().entries.get(self._below(path))) not in ("", "edited")

    def misread(self) -> Iterator[Problem]:
        """Yield what of the front matter of files is not taken: of one written by hand, that it cannot be read; dates that are none."""
        for path in self._files():
            with suppress(StorageError):  # what cannot be read, `check` tells
                head = markdown.plain(_head(path))
                if problem := _misread(path, head):
                    yield problem

    def _check_file(self, path: Path, id: str, sound: set[str], known: Entry | None) -> Iterator[Problem]:
        try:
            data = self._bytes(path)
        except (UnreadableError, StorageError) as error:
            advice = f"ls -l {quote(str(path))}" if isinstance(error, StorageError) else ""
            yield Problem(path, f"{error}" if str(path) in f"{error}" else f"{path}：{error}", id, advice=advice)
            return
        damage = judge(data, known)
        if damage and damage != "edited":
            readable = damage == "damaged" or (damage == "truncated" and not markdown.is_damaged(data))
            own = f"确实是自己改的，请运行 kb check --accept {id}。" if readable else ""
            way, advice = _REPAIR, REPAIR
            if not _is_restorable(data, known, sound):
                head = known.front_matter if known else data[:_HEAD].decode("utf-8", "replace")
                way, advice = self._taken_again(path, head)
            yield Problem(path, f"{path} {SAID[damage]}。{way}{own}", id, damage, advice)
            return
        try:
            text = markdown.normal(data, str(path))
            document = markdown.load(text, id, path.relative_to(self.root).parts[0])
        except UnreadableError as error:
            yield Problem(path, f"{error}" if str(path) in f"{error}" else f"{path}：{error}", id, damage or "damaged")
            return
        if misread := _misread(path, text):
            yield misread
        if not front_matter.is_ours(text):
            return
        if damage:
            yield Problem(
                path,
                f"{path} {SAID[damage]}。确认无误请运行 kb check --accept {id}；kb check --repair 会把它还原。",
                id,
                damage,
                f"kb check --accept {id}",
            )
        if document.provenance.snapshot not in sound:
            way, advice = self._taken_again(path, text)
            sentence = f"{path} 的快照是 {document.provenance.snapshot[:12]}…。{way}"
            yield Problem(path, sentence, id, advice=advice)

    def _misplaced(self, lost: dict[Path, Problem]) -> Iterator[Problem]:
        """Yield files that nothing will ever read, and ids that stand for two documents; of versions whose document is
        `lost`, that it is.
        """
        seen: dict[str, Path] = {}
        for path in self._files():
            other = seen.setdefault(_folded(path.stem), path)
            if other != path:
                sentence = (
                    f"{path} 与 {other} 的文件名（编号）相同，只有后者能被读到：请给其中一个改名，再运行 kb index。"
                )
                renamed = path.with_name(f"{path.stem}-{path.parent.name}.md")
                advice = f"mv {quote(str(path))} {quote(str(renamed))}; kb index"
                yield Problem(path, sentence, path.stem, advice=advice)
        held = [path for folder in self._folders() for path in storage.entries(folder)]
        for path in (each for each in held if _is_shown(each) and each.is_symlink()):
            yield Problem(path, f"{path} 是链接，不会被读取：请换成文件本身。")
        for path in (each for each in storage.entries(self.root) if each.suffix == ".md"):
            yield Problem(path, f"{path} 不在任何来源文件夹内，不会被读取：请移到 {self.root}/files/ 之类的文件夹。")
        beside = (
            path for folder in held if folder.name[0] != "." and folder.is_dir() for path in storage.entries(folder)
        )
        for path in (each for each in beside if each.suffix == ".md"):
            owner = path.parent.with_name(f"{path.parent.name}.md")
            if known := lost.pop(owner, None):
                yield replace(known, sentence=f"{path} 是旧版本，但现行文件 {known.sentence}")
            elif not owner.is_file():
                yield Problem(
                    path, f"{path} 是旧版本，但现行文件 {owner} 不见了：请从备份恢复，或重新 kb ingest 原文件。"
                )

    def _folders(self) -> list[Path]:
        """Return the folders of the sources, by name. Hidden ones and links are none."""
        with storage.refusals(self.root, "读"):
            return [each for each in storage.entries(self.root) if each.name[0] != "." and storage.is_folder(each)]

    def files(self) -> Iterator[tuple[str, Path]]:
        """Yield (id, file) of every document, by source and name."""
        return ((path.stem, path) for path in self._files())

    def _files(self) -> Iterator[Path]:
        """Yield the files of documents, by source and name. Hidden ones (unfinished, for instance) and links are none."""
        for folder in self._folders():
            yield from self._files_in(folder)

    def _files_in(self, folder: Path) -> Iterator[Path]:
        return filter(_is_shown, storage.files(folder))

    def _find(self, id: str, version: str = "") -> Path:
        """Find a document's file. No address leads out of the corpus: names hold no separators, links are not followed."""
        if _is_name(id) and (not version or _is_name(version)):
            for folder in self._folders():
                path = folder / id / f"{version}.md" if version else folder / f"{id}.md"
                with storage.refusals(path, "读"):
                    if path.is_file() and not path.is_symlink() and not path.parent.is_symlink():
                        return path
        if not version:
            raise NotFoundError(f"没有编号为“{id[:80]}”的文件：请用 kb search 或网页查找正确的编号。")
        known = "、".join(each.version for each in self.history(id))
        raise NotFoundError(f"文件 {id} 没有名为“{version[:80]}”的版本：有的是 {known}。")

    def _bytes(self, path: Path) -> bytes:
        """Read a file of the corpus; what lies elsewhere is never read. Raises StorageError and UnreadableError."""
        try:
            with storage.refusals(path, "读"):
                return inside.read(self.root, path.relative_to(self.root).as_posix(), _MOST)
        except UnreadableError as error:
            raise UnreadableError(f"{path} {error}") from error

    def _read(self, path: Path, id: str) -> Document:
        try:
            data = self._bytes(path)
        except StorageError as error:  # of one file: it keeps no other from being read
            raise UnreadableError(str(error)) from error
        if self._ready is None:
            return self._loaded(path, id, data)
        key = (path, hashlib.sha256(data).digest())
        return self._ready.get(key, lambda: self._loaded(path, id, data))

    def _loaded(self, path: Path, id: str, data: bytes) -> Document:
        text = markdown.normal(data, str(path))
        document = markdown.load(text, id, path.relative_to(self.root).parts[0])
        if front_matter.intact(text):
            when = front_matter.accepted(text)
            return _noted(document, f"正文经人工修改，于 {when[:10]} 确认。") if when else document
        damage = judge(data, self.ledger.read().entries.get(self._below(path)))
        if damage not in ("", "edited"):
            raise UnreadableError(f"{path} {SAID[damage]}。{_REPAIR}确实是自己改的，请运行 kb check --accept {id}。")
        if front_matter.is_ours(text):
            return _noted(document, f"{_EDITED}。")
        return document

    def _survey(self) -> None:
        """Learn which origin each document has, from the heads of the files."""
        self._known, self._taken, self._surveyed = {}, set(), True
        for path in self._files():
            self._taken.add(_folded(path.stem))
            head = _head(path)
            if front_matter.is_cut(head) and path.stat().st_size <= _HEAD:
                continue  # damaged: where it is from may be cut, too
            if found := _ORIGIN.search(head):
                origin = yaml_head.read_any(found[0]).get("origin", "")
                self._known.setdefault(path.parent.name, {}).setdefault(str(origin), path.stem)

    def set_aside(self, path: Path, data: bytes) -> Path:
        """Keep what a damaged file held, for people to look at; return where. Raises StorageError; needs `writing`."""
        folder = path.relative_to(self.root).parts[0]
        kept = self.root / ASIDE / folder / f"{path.stem}-{hashlib.sha256(data).hexdigest()[:8]}.md"
        storage.make_folder(kept.parent)
        storage.write_atomic(kept, data)
        return kept

    def _replace(self, path: Path, document: Document, data: bytes, state: State) -> Outcome:
        self.snapshots.store(data)
        self.put(path, markdown.dump(document).encode())
        return Outcome(state, document.id, path)

    def _stay(self, path: Path, data: bytes) -> Outcome:
        self.snapshots.store(data)  # where it was lost or damaged, it is there again
        return Outcome("unchanged", path.stem, path)

    def _keep(self, path: Path, data: bytes, date: str) -> Path:
        """Keep a version beside the document, once."""
        version = path.with_suffix("") / f"{date or '0000-00-00'}-{hashlib.sha256(data).hexdigest()[:8]}.md"
        if not version.is_file():
            storage.make_folder(version.parent)
            self.put(version, data)
        return version

    def _keep_beside(self, path: Path, document: Document, data: bytes) -> Outcome:
        """Keep new text that may not replace the present file; the same bytes are kept once, however often they come."""
        kept = self._kept(path, document)
        if kept is None:
            self.snapshots.store(data)
            kept = self._keep(path, markdown.dump(document).encode(), document.provenance.dated)
        return Outcome("conflict", document.id, kept)

    def _settled(self, path: Path, text: str, document: Document, data: bytes) -> Outcome | None:
        """Return "unchanged" where a person accepted the present text after this very version had been kept beside."""
        kept = self._kept(path, document)
        if kept is None or not front_matter.intact(text):
            return None
        seen = markdown.load(markdown.normal(self._bytes(kept), kept.name), document.id, document.source)
        return self._stay(path, data) if seen.provenance.retrieved <= front_matter.accepted(text) else None

    def _kept(self, path: Path, document: Document) -> Path | None:
        """Find the version that was made of the same bytes."""
        needle = f"\n  snapshot: {document.provenance.snapshot}\n".encode()
        return next((version for version in versions_of(path) if needle in self._bytes(version)), None)


def safe_name(name: str) -> str:
    """Make a name fit for addresses and file systems: NFC, no separators or white space, no leading dot, bounded bytes."""
    visible = "".join(
        c for c in unicodedata.normalize("NFC", name) if unicodedata.category(c) not in ("Cf", "Cs", "Cn")
    )
    plain = _UNSAFE.sub("-", visible).strip(".-") or "未命名"
    if len(plain.encode()) <= _LONGEST:
        return plain
    return _suffixed(plain.encode()[:_LONGEST].decode("utf-8", "ignore"), name)


def _suffixed(name: str, origin: str) -> str:
    return f"{name}-{hashlib.sha256(origin.encode('utf-8', 'replace')).hexdigest()[:8]}"


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()


def _is_name(name: str) -> bool:
    return (
        bool(name)
        and not name.startswith(".")
        and not re.search(r"[/\\\0]", name)
        and len(name.encode("utf-8", "replace")) < 250
    )


def _is_shown(path: Path) -> bool:
    """Return whether it has the name of a document, or of a version: what is unfinished is hidden."""
    return path.suffix == ".md" and path.name[0] != "."


def versions_of(path: Path) -> list[Path]:
    """Return the files of the versions beside a document's file, by name. Raises StorageError."""
    folder = path.with_suffix("")
    if not folder.is_dir():  # of most documents there is one version: this is asked for each of them
        return []
    return list(filter(_is_shown, storage.entries(folder)))


def _older(path: Path) -> list[Path]:
    """Return the versions of a document that came before its present file, or of which that is not known."""
    versions = versions_of(path)
    present = _moment(path) if versions else ("", "")
    return [
        version
        for version in versions
        if not any(present)
        or (moment := _moment(version)) < present
        or (moment == present and not _is_edited(_text(path)))  # of one second: it was replaced, or waits
    ]


def _text(path: Path) -> str:
    with storage.refusals(path, "读"):
        return inside.read(path.parent, path.name, _MOST).decode("utf-8", "replace")


def _is_edited(text: str) -> bool:
    """Return whether a person changed a file, or accepted a change: it is not replaced then."""
    return not front_matter.intact(text) or bool(front_matter.accepted(text))


def _moment(path: Path) -> tuple[str, str]:
    """Return what orders the texts of a document: the edition, and when it was fetched; "" where the file tells none, or
    cannot be read.
    """
    try:
        head = _head(path)
    except StorageError:
        return "", ""
    edition, retrieved = _EDITION.search(head), _RETRIEVED.search(head)
    return edition[1] if edition else "", retrieved[1] if retrieved else ""


def _head(path: Path) -> str:
    """Read the beginning of a file: what its front matter says of its provenance. Raises StorageError."""
    with storage.refusals(path, "读"), inside.opened(path.parent, path.name) as file:
        return file.read(_HEAD).decode("utf-8", "replace")


def _snapshot_of(path: Path) -> str:
    """Read the sha256 of a document's snapshot off its file, "" where none is named."""
    found = _SNAPSHOT.search(_head(path))
    return found[1] if found else ""


def _version_name(path: Path, document: Document) -> str:
    """Return the name under which the present file would be kept as a version. Raises StorageError."""
    with storage.refusals(path, "读"):
        return f"{document.provenance.dated or '0000-00-00'}-{storage.sha256_of(path)[:8]}"


def _digest(path: Path) -> str:
    """Return the sha256 of a file's bytes, `UNREADABLE` in its place where they cannot be read: who reads the file says why,
    and the others are not kept from theirs.
    """
    try:
        return storage.sha256_of(path)
    except OSError:
        return UNREADABLE


def again(head: str, source: str) -> str:
    """Name the command that takes a document from where it came, once more; `head` is its front matter, or begins with it."""
    if _WEB_ORIGIN.search(head):
        return f"kb refresh {source} --full"
    verb = "kb import laws 原来的文件夹" if _EDITION.search(head) else "kb ingest 原来的文件"
    return f"{verb} --source {source}"


def _is_restorable(data: bytes, known: Entry | None, sound: Container[str]) -> bool:
    """Return whether there is what a damaged file can be made of again: a snapshot, or its own bytes."""
    named = _SNAPSHOT.search(data[:_HEAD].decode("utf-8", "replace"))
    made_of = {named[1] if named else "", *((known.sha256, known.snapshot) if known else ())}
    return any(each in sound for each in made_of) or bool(as_encoded(data) or front_matter.restored(data))


def _misread(path: Path, text: str) -> Problem | None:
    """Return what of a file's front matter is not taken, None where all is."""
    if front_matter.is_ours(text):
        wrong = front_matter.no_dates(text)
        return Problem(path, f"{path} 的文件头里有日期没有采用：{wrong}。请改正它。", path.stem) if wrong else None
    if not (fault := yaml_head.fault(text)):
        return None
    sentence = f"{path} 的文件头没有采用：{fault}。请改正它；不需要文件头，就删去两行 --- 和它们之间的内容。"
    return Problem(path, sentence, path.stem)


def _same_source(old: Provenance, new: Provenance) -> bool:
    """Return whether two documents were made of the same: the bytes and what the site's list said of them."""
    return old.snapshot == new.snapshot and old.listed == new.listed


def _led_on(old: Document, new: Document) -> Document:
    """Let the addresses that a document had lead to where their text stands in another reading of it.

    An address goes with its first line, to the nearest place where that stands; where it stands nowhere, nothing is claimed.
    """
    places = list(new.addresses())
    known = {anchor for anchor, _, _ in places}
    moved = {was: now for was, now in old.provenance.moved.items() if was not in known and now in known}
    lost = (
        [each for each in old.addresses() if each[0] not in known]
        if _same_source(old.provenance, new.provenance)
        else []
    )
    if lost:
        text, starts = old.text, defaultdict[str, list[tuple[int, str]]](list)
        new_text = new.text
        for anchor, start, end in places:
            starts[_first_line(new_text, start, end)].append((start, anchor))
        for anchor, start, end in lost:
            if there := starts.get(_first_line(text, start, end)):
                moved[anchor] = min(there, key=lambda place: abs(place[0] - start))[1]
    return replace(new, provenance=replace(new.provenance, moved=moved)) if moved != new.provenance.moved else new


def _first_line(text: str, start: int, end: int) -> str:
    return text[start:end].partition("\n")[0].strip()


def _as_of(document: Document, first: Provenance) -> Document:
    """Date a document to when its bytes were first found."""
    provenance = replace(document.provenance, retrieved=first.retrieved, exchange=first.exchange)
    return replace(document, provenance=provenance)


def _length(document: Document) -> int:
    return sum(len(section.text) for section in document.walk())


def _noted(document: Document, note: str) -> Document:
    return replace(document, provenance=replace(document.provenance, notes=(*document.provenance.notes, note)))
