"""Who cites whom: a database beside the index, derived from the corpus and kept up with it.

What a text names is kept as keys (kb/chinese/title_keys.py), what documents are called as keys, too, and the two are joined when somebody
asks. So a document that comes later is found by what cited it long before, and nothing is read again but what changed.
The file may be deleted at any time: `update` makes it anew.
"""

from __future__ import annotations

import hashlib
import secrets
import sqlite3
import zlib
from collections import defaultdict, deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from functools import cache
from itertools import islice
from pathlib import Path

from kb.base import clock, deadline, leashed, storage
from kb.base.checksums import Seal
from kb.base.errors import BadIndexError, KbError, StorageError, unforeseen
from kb.base.model import Ended
from kb.base.workers import processors
from kb.chinese.title_keys import title_key
from kb.corpus.folder import Corpus
from kb.law import timeline
from kb.law.effects import known_effects
from kb.law.reader import Reader
from kb.law.records import Record, copy_key, made_on, record
from kb.law.resolve import Resolver
from kb.law.standing import Standings, Status, validities

FILE = "citations.sqlite"
OF_ANOTHER_VERSION = "引用关系由另一个版本的程序建立：请运行 kb index。"
_LAYOUT = 22
_MANY = 200
_AHEAD = 16
_CHECKPOINT = 10_000  # milliseconds to wait for readers
_SECONDS = 60  # of processor time for the citations of one document
_TABLES = """
CREATE TABLE document (
    number INTEGER PRIMARY KEY, id TEXT UNIQUE NOT NULL, source TEXT NOT NULL, state TEXT NOT NULL, title TEXT NOT NULL,
    document_number TEXT NOT NULL, issuer TEXT NOT NULL, kind TEXT NOT NULL, date TEXT NOT NULL, effective TEXT NOT NULL,
    copy TEXT NOT NULL, retrieved TEXT NOT NULL, standing TEXT NOT NULL DEFAULT ''
);
CREATE TABLE name (key TEXT NOT NULL, document INTEGER NOT NULL, anchor TEXT NOT NULL, rank INTEGER NOT NULL);
CREATE TABLE edition (
    document INTEGER NOT NULL, version TEXT NOT NULL, made TEXT NOT NULL, since TEXT NOT NULL, anchors BLOB NOT NULL
);
CREATE TABLE citation (
    document INTEGER NOT NULL, anchor TEXT NOT NULL, start INTEGER NOT NULL, "end" INTEGER NOT NULL, text TEXT NOT NULL,
    kind TEXT NOT NULL, name TEXT NOT NULL, place TEXT NOT NULL, key TEXT NOT NULL, also TEXT NOT NULL, relation TEXT NOT NULL,
    sentence TEXT NOT NULL, edition TEXT NOT NULL
);
CREATE TABLE statement (
    document INTEGER NOT NULL, what TEXT NOT NULL, day TEXT NOT NULL, anchor TEXT NOT NULL, sentence TEXT NOT NULL
);
CREATE TABLE term (
    document INTEGER NOT NULL, anchor TEXT NOT NULL, term TEXT NOT NULL, meaning TEXT NOT NULL, start INTEGER NOT NULL,
    "end" INTEGER NOT NULL, scope TEXT NOT NULL
);
CREATE INDEX term_document ON term (document);
CREATE INDEX term_term ON term (term);
CREATE TABLE revision (number INTEGER NOT NULL, day TEXT NOT NULL);
INSERT INTO revision VALUES (0, '');
CREATE INDEX document_source ON document (source, date);
CREATE INDEX document_copy ON document (copy) WHERE copy != '';
CREATE INDEX name_key ON name (key);
CREATE INDEX name_document ON name (document);
CREATE INDEX edition_document ON edition (document);
CREATE INDEX citation_document ON citation (document);
CREATE INDEX statement_document ON statement (document);
CREATE INDEX citation_relation ON citation (relation) WHERE relation != '';
CREATE INDEX citation_key ON citation (key) WHERE key != '';
CREATE INDEX citation_also ON citation (also) WHERE also != '';
"""

_REFUSED = (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_FULL, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY)


class Store:
    """The database in the folder `index`; it need not exist yet. Reading is safe from many threads."""

    def __init__(self, index: Path) -> None:
        self.path = index / FILE
        self._seal = Seal(self.path.with_suffix(".sha256"), (self.path,))

    def update(
        self, corpus: Corpus, *, rebuild: bool = False, progress: Callable[[int, int], None] | None = None
    ) -> list[str]:
        """Make the store that of the corpus, in one transaction; return what could not be read, in sentences.

        One that is made anew takes the old one's place when all of it is there. Raises BadIndexError when it is damaged
        (rebuild it), StorageError when the machine refuses: then the old one is there still.
        """
        storage.make_folder(self.path.parent)
        with storage.lock(self.path.with_suffix(".lock")):
            # The unfinished seals of killed runs; unfinished folders beside them are the index's own.
            storage.remove_leftovers(self.path.parent, _is_no_folder, below=False)
            if rebuild or not self._is_of_this_layout():
                return self._write_anew(corpus, progress)
            self._seal.take_off()
            problems = self._write(corpus, progress)
            if self._is_whole():
                self._seal.put_on()
        return problems

    def _is_of_this_layout(self) -> bool:
        """Return whether there is a store that this version can add to. Raises BadIndexError when it is damaged."""
        if not self.exists():
            return False
        with self._connected() as database:
            return _layout(database) == _LAYOUT

    def _write_anew(self, corpus: Corpus, progress: Callable[[int, int], None] | None) -> list[str]:
        """Write a store beside the one there is, then put it in its place, and its seal: until then the old seal holds, too, for
        a kill must not hide that it was broken.
        """
        fresh = Store(self.path.parent)
        fresh.path = self.path.parent / f"{storage.TEMPORARY}{secrets.token_hex(8)}"
        try:
            with fresh._connected(writing=True) as database:
                _make(database)
            problems = fresh._write(corpus, progress)
            if not fresh._is_whole():  # closing it would say nothing of a full disk
                raise StorageError(f"写不了 {self.path}：没有写全。请再运行一次 kb index。")
            storage.sync(fresh.path)
            seal = self._seal.take((fresh.path,))
            self._seal.expect(seal)
            self._remove_files("-wal", "-shm", "-journal")  # what stands there is of the old one
            with storage.refusals(self.path):
                fresh.path.replace(self.path)
            fresh._remove_files("-wal", "-shm")  # SQLite leaves them where it was refused a look at what it closes
            storage.sync(self.path.parent)
            self._seal.put_on(seal)
        except BaseException:
            with suppress(StorageError):  # the next update removes them
                fresh._remove_files("", "-wal", "-shm", "-journal")
            raise
        return problems

    def _is_whole(self) -> bool:
        """Bring what stands in the log into the file; answer whether all of it is there.

        Else who reads beside us would do so when it closes, and a seal that was put on before would not hold any more.
        """
        with self._open() as database:
            database.execute(f"PRAGMA busy_timeout = {_CHECKPOINT}")
            return not database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]

    def _write(self, corpus: Corpus, progress: Callable[[int, int], None] | None) -> list[str]:
        with self._open(writing=True) as database, database:
            old = dict(database.execute("SELECT id, state FROM document"))
            new = corpus.states()
            gone = [id for id in old if id not in new]
            changed = [id for id, state in new.items() if old.get(id) != state]
            problems = []
            if gone or changed:
                database.execute("UPDATE revision SET number = number + 1")
            for id in gone:
                _remove(database, id)
            for done, (id, result) in enumerate(_records(corpus, changed), start=1):
                if isinstance(result, str):
                    problems.append(result)
                else:
                    _remove(database, id)
                    _insert(database, result, new[id])
                if progress:
                    progress(done, len(changed))
            _keep_standings(database, clock.today(), anew=bool(gone or changed))
        return problems

    def token(self) -> tuple[object, ...]:
        """Return what tells two states of the store from one another, the day included; cheap enough for every question."""
        files = (self.path, self.path.with_name(f"{self.path.name}-wal"))
        return clock.today(), *map(_identity, files)

    def standings(self, day: str = "") -> dict[str, Status]:
        """Return how every document stood on a day (ISO 8601; today), by id.

        It is known for the day of the last update, by the rules of then; else it takes a second for some thousand documents.
        Raises BadIndexError where there is no usable store: then nobody can tell how a document stands.
        """
        asked = day or clock.today()
        with self._reading() as database:
            if _noted(database) == (asked, _rules()):
                return dict(database.execute("SELECT id, standing FROM document"))
            return {id: validity.status for id, validity in validities(Reader(database), asked).items()}

    def texts(self, day: str) -> dict[str, str]:
        """Return the version of every document that held on a day (ISO 8601), "" the present one, by id.

        Those of which the day's text is not there are left out. Raises BadIndexError where there is no usable store.
        """
        with self._reading() as database:
            reader = Reader(database)
            resolver = Resolver(reader)
            shown = ((each.id, resolver.shown(each, day)) for each in reader.documents())
            return {id: edition.version for id, (edition, later, _) in shown if not later}

    def copies(self) -> dict[str, list[str]]:
        """Return the ids of the other copies of each document, by that of the one that was fetched first.

        Raises BadIndexError where there is no usable store.
        """
        found: dict[str, list[str]] = defaultdict(list)
        with self._reading() as database:
            for copy, id in database.execute("SELECT copy, id FROM document WHERE copy != '' ORDER BY retrieved, id"):
                found[copy].append(id)
        return {first: others for first, *others in found.values() if others}

    def repealed(self) -> frozenset[str]:
        """Return the keys of all names that something is repealed by. Raises BadIndexError where there is no usable store."""
        with self._reading() as database:
            rows = database.execute("SELECT key, also FROM citation WHERE relation = 'repeals'")
            return frozenset(key for row in rows for key in row if key)

    def ended(self, names: Iterable[str]) -> Ended | None:
        """Return what ended the first of some documents by these titles that is not there; None where nothing did.

        Raises BadIndexError where there is no usable store.
        """
        with self._reading() as database:
            reader = Reader(database)
            standings = Standings(reader)
            for name in names:
                key = title_key(name)
                if key and not reader.called(key) and (end := standings.repeal_of_name(key)):
                    return Ended(name, end.document, end.title, end.anchor, end.sentence, end.day)
        return None

    def fingerprints(self) -> dict[str, str]:
        """Return the sha256 of the file that each document's citations were read of, by id. Raises BadIndexError."""
        with self._reading() as database:
            return {id: state.partition("/")[0] for id, state in database.execute("SELECT id, state FROM document")}

    def behind(self, fingerprints: Mapping[str, str]) -> dict[str, tuple[str, str]]:
        """Return the documents of which the store has another state than `fingerprints` (see `Corpus`), by id: the state that it
        has, and the present one, "" where there is none. Raises BadIndexError.
        """
        known = self.fingerprints()
        present = {id: digest for id, digest in fingerprints.items() if "@" not in id}
        states = {id: (known.get(id, ""), present.get(id, "")) for id in known.keys() | present.keys()}
        return {id: each for id, each in states.items() if each[0] != each[1]}

    def check(self, fingerprints: Mapping[str, str] | None = None, but: Collection[str] = ()) -> list[str]:
        """Return what is wrong with the file, in sentences, and where `fingerprints` (see `Corpus`) are given, whether it is
        behind them, `but` for some documents; a store that there never was is no problem.
        """
        if not self.exists():
            return [self._missing()] if _is_there(self._seal.sums) else []
        if self._seal.broken():
            return [_damaged(self.path)]
        try:
            with self._open() as database:
                found = [row[0] for row in database.execute("PRAGMA quick_check(1)")]
        except BadIndexError as error:
            return [str(error)]
        if found != ["ok"]:
            return [_damaged(self.path)]
        behind = self.behind(fingerprints).keys() - set(but) if fingerprints is not None else set()
        return [f"有 {len(behind):,} 份文件的引用关系不是现在的：请运行 kb index。"] if behind else []

    def exists(self) -> bool:
        """Return whether there is one. Raises StorageError."""
        return _is_there(self.path)

    @contextmanager
    def reading(self) -> Iterator[Reader]:
        """Open the store to ask it many things. Raises BadIndexError when there is none, or it is damaged."""
        with self._reading() as database:
            yield Reader(database)

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        if not self.exists():
            raise BadIndexError(self._missing())
        with self._open() as database:
            deadline.bound(database)
            yield database

    def _missing(self) -> str:
        if _is_there(self._seal.sums):
            return f"引用库 {self.path} 不见了，无法判断效力：请运行 kb index 重建。"
        return "还没有引用关系，无法判断效力：请先运行 kb index。"

    @contextmanager
    def _open(self, *, writing: bool = False) -> Iterator[sqlite3.Connection]:
        with self._connected(writing=writing) as database:
            if _layout(database) != _LAYOUT:
                raise BadIndexError(OF_ANOTHER_VERSION)
            yield database

    @contextmanager
    def _connected(self, *, writing: bool = False) -> Iterator[sqlite3.Connection]:
        try:
            with closing(self._connect(writing=writing)) as database:
                yield database
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode == sqlite3.SQLITE_INTERRUPT:
                deadline.check()
            raise storage.refused_by_sqlite(self.path, error) from error
        except sqlite3.DatabaseError as error:
            raise BadIndexError(_damaged(self.path)) from error

    def _connect(self, *, writing: bool) -> sqlite3.Connection:
        """Connect; who reads, on a disk that is full or read-only, to the file alone.

        In WAL mode a reader, too, makes a file beside the database. Where that is refused and no log is left, nobody is
        writing and all is in the file (https://sqlite.org/wal.html, "Read-Only Databases").
        """
        database = sqlite3.connect(self.path, timeout=60)
        try:
            database.execute("PRAGMA user_version").fetchone()
        except sqlite3.OperationalError as error:
            database.close()
            log = self.path.with_name(f"{self.path.name}-wal")
            if writing or error.sqlite_errorcode & 0xFF not in _REFUSED or (log.exists() and log.stat().st_size):
                raise
            return sqlite3.connect(f"{self.path.absolute().as_uri()}?immutable=1", uri=True)
        return database

    def _remove_files(self, *suffixes: str) -> None:
        with storage.refusals(self.path):
            for suffix in suffixes:
                self.path.with_name(self.path.name + suffix).unlink(missing_ok=True)


def _is_no_folder(path: Path) -> bool:
    return not storage.is_folder(path)


def _is_there(path: Path) -> bool:
    with storage.refusals(path, "读"):
        return path.is_file()


def _identity(path: Path) -> tuple[int, int, int] | None:
    """Tell one state of a file from another, None where there is none, or where it is empty.

    An empty log comes and goes with every reader of the database.
    """
    try:
        status = path.stat()
    except OSError:
        return None
    return (status.st_ino, status.st_mtime_ns, status.st_size) if status.st_size else None


def _damaged(path: Path) -> str:
    return f"引用库 {path} 已损坏：请运行 kb index 重建（语料库不受影响）。"


def _layout(database: sqlite3.Connection) -> int:
    return int(database.execute("PRAGMA user_version").fetchone()[0])


def _make(database: sqlite3.Connection) -> None:
    database.executescript(_TABLES)
    database.execute("PRAGMA journal_mode = WAL")
    database.execute(f"PRAGMA user_version = {_LAYOUT}")


def _keep_standings(database: sqlite3.Connection, day: str, *, anew: bool) -> None:
    """Note how every document stands on a day, unless nothing can have changed since the last time, by these same rules."""
    noted, rules = _noted(database)
    if (noted, rules) == (day, _rules()) and not anew:
        return
    if anew or rules != _rules() or timeline.anything_turns(_days(database), *sorted((noted, day))):
        rows = [(validity.status, id) for id, validity in validities(Reader(database), day).items()]
        database.executemany("UPDATE document SET standing = ? WHERE id = ?", rows)
    database.execute("UPDATE revision SET day = ?", (f"{day} {_rules()}",))


def _noted(database: sqlite3.Connection) -> tuple[str, str]:
    """Return the day of which it is noted how documents stand, and by which rules that was worked out."""
    day, _, rules = database.execute("SELECT day FROM revision").fetchone()[0].partition(" ")
    return day, rules


@cache
def _rules() -> str:
    """Return what the rules are now, in a word: the program of this room, and its table of days."""
    digest = hashlib.sha256(repr(sorted(known_effects().items())).encode())
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _days(database: sqlite3.Connection) -> list[str]:
    """Return every day that the store tells, or the table of days on which texts took effect."""
    columns = (
        ("document", "date"),
        ("document", "effective"),
        ("edition", "made"),
        ("edition", "since"),
        ("statement", "day"),
    )
    query = " UNION ".join(f"SELECT {column} FROM {table}" for table, column in columns)
    table = (day for (_, made), effect in known_effects().items() for day in (made, effect.day))
    return [*filter(None, (day for (day,) in database.execute(query))), *table]


def _remove(database: sqlite3.Connection, id: str) -> None:
    row = database.execute("SELECT number FROM document WHERE id = ?", (id,)).fetchone()
    if row:
        for table in ("name", "edition", "citation", "statement", "term"):
            database.execute(f"DELETE FROM {table} WHERE document = ?", row)
        database.execute("DELETE FROM document WHERE number = ?", row)


def _insert(database: sqlite3.Connection, kept: Record, state: str) -> None:
    document, facts = kept.document, kept.document.metadata
    row = (
        document.id,
        document.source,
        state,
        facts.title,
        facts.document_number,
        facts.issuer,
        facts.kind,
        made_on(document),
    )
    number = database.execute(
        "INSERT INTO document (id, source, state, title, document_number, issuer, kind, date, effective, copy, retrieved)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (*row, facts.effective, copy_key(document), document.provenance.retrieved),
    ).lastrowid
    database.executemany(
        "INSERT INTO name VALUES (?, ?, ?, ?)", [(name.key, number, name.anchor, name.rank) for name in kept.names]
    )
    database.executemany(
        "INSERT INTO edition VALUES (?, ?, ?, ?, ?)",
        [(number, each.version, each.made, each.since, _packed(each.anchors)) for each in kept.editions],
    )
    database.executemany(
        "INSERT INTO statement VALUES (?, ?, ?, ?, ?)",
        [(number, each.what, each.day, each.anchor, each.sentence) for each in kept.statements],
    )
    database.executemany(
        "INSERT INTO term VALUES (?, ?, ?, ?, ?, ?, ?)",
        [(number, each.anchor, each.term, each.meaning, each.start, each.end, each.scope) for each in kept.terms],
    )
    database.executemany(f"INSERT INTO citation VALUES ({','.join('?' * 13)})", _citation_rows(number, kept))


def _citation_rows(number: int | None, kept: Record) -> Iterator[tuple[object, ...]]:
    for each in kept.cited:
        found = each.citation
        place = (found.anchor, found.start, found.end, found.text, found.kind, found.name, found.place)
        yield (number, *place, each.key, each.also, each.relation, each.sentence, found.edition)


def _packed(anchors: Mapping[str, str]) -> bytes:
    return zlib.compress("\n".join(f"{anchor}\t{digest}" for anchor, digest in anchors.items()).encode(), 1)


def _records(corpus: Corpus, ids: Sequence[str]) -> Iterator[tuple[str, Record | str]]:
    """Yield the record of every document, or the sentence that says why it cannot be read; many on all processors.

    Each is made on a leash: a text in which citations take too long to find is named, and stops nothing.
    """
    workers = processors() if len(ids) >= _MANY else 1
    waiting, running = iter(ids), deque[tuple[str, Future[Record | str]]]()
    with ThreadPoolExecutor(workers) as pool:
        try:
            while True:
                for id in islice(waiting, workers * _AHEAD - len(running)):
                    running.append((id, pool.submit(_on_leash, corpus.root, id)))
                if not running:
                    return
                id, future = running.popleft()
                yield id, future.result()
        finally:
            pool.shutdown(cancel_futures=True)


def _on_leash(root: Path, id: str) -> Record | str:
    try:
        return leashed.call(_SECONDS, _record, root, id)
    except TimeoutError:
        return f"{id}：查找引用超过了时限（{_SECONDS} 秒），它的引用和效力没有收入：请拆分这份文件。"
    except MemoryError:
        return f"{id}：查找引用的进程意外终止（可能内存不足），它的引用和效力没有收入：请检查或拆分这份文件。"


def _record(root: Path, id: str) -> Record | str:
    try:
        return record(Corpus(root), id)
    except KbError as error:
        return str(error)
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 — one text that we cannot read must not keep all others from being found
        return f"{id}：{unforeseen('查找引用', error)}"
