"""Who cites whom: a database beside the index, derived from the corpus and kept up with it.

What a text names is kept as keys (kb/law/keys.py), what documents are called as keys, too, and the two are joined when somebody
asks. So a document that comes later is found by what cited it long before, and nothing is read again but what changed.
The file may be deleted at any time: `update` makes it anew.
"""

from __future__ import annotations

import multiprocessing
import os
import sqlite3
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from kb import storage
from kb.corpus import Corpus
from kb.errors import BadIndexError, KbError, StorageError
from kb.law.records import Edition, Record, record
from kb.law.statements import Statement
from kb.law.terms import Term
from kb.seals import Seal

FILE = "citations.sqlite"
_LAYOUT = 3
_MANY = 200
_TABLES = """
CREATE TABLE document (
    number INTEGER PRIMARY KEY, id TEXT UNIQUE NOT NULL, source TEXT NOT NULL, state TEXT NOT NULL, title TEXT NOT NULL,
    document_number TEXT NOT NULL, issuer TEXT NOT NULL, kind TEXT NOT NULL, date TEXT NOT NULL, effective TEXT NOT NULL
);
CREATE TABLE name (key TEXT NOT NULL, document INTEGER NOT NULL, anchor TEXT NOT NULL, rank INTEGER NOT NULL);
CREATE TABLE edition (document INTEGER NOT NULL, version TEXT NOT NULL, since TEXT NOT NULL, anchors BLOB NOT NULL);
CREATE TABLE citation (
    document INTEGER NOT NULL, anchor TEXT NOT NULL, start INTEGER NOT NULL, "end" INTEGER NOT NULL, text TEXT NOT NULL,
    kind TEXT NOT NULL, name TEXT NOT NULL, place TEXT NOT NULL, key TEXT NOT NULL, also TEXT NOT NULL, relation TEXT NOT NULL,
    sentence TEXT NOT NULL
);
CREATE TABLE statement (
    document INTEGER NOT NULL, what TEXT NOT NULL, day TEXT NOT NULL, anchor TEXT NOT NULL, sentence TEXT NOT NULL
);
CREATE TABLE term (
    document INTEGER NOT NULL, anchor TEXT NOT NULL, term TEXT NOT NULL, meaning TEXT NOT NULL, start INTEGER NOT NULL,
    "end" INTEGER NOT NULL
);
CREATE INDEX term_document ON term (document);
CREATE INDEX term_term ON term (term);
CREATE TABLE revision (number INTEGER NOT NULL);
INSERT INTO revision VALUES (0);
CREATE INDEX name_key ON name (key);
CREATE INDEX name_document ON name (document);
CREATE INDEX edition_document ON edition (document);
CREATE INDEX citation_document ON citation (document);
CREATE INDEX statement_document ON statement (document);
CREATE INDEX citation_relation ON citation (relation) WHERE relation != '';
CREATE INDEX citation_key ON citation (key) WHERE key != '';
CREATE INDEX citation_also ON citation (also) WHERE also != '';
"""


@dataclass(frozen=True, slots=True)
class Known:
    """A document as the store knows it. `date` (ISO 8601) is when its text was made, or published where that is not known."""

    number: int
    id: str
    source: str
    title: str
    document_number: str
    issuer: str
    kind: str
    date: str
    effective: str


@dataclass(frozen=True, slots=True)
class Found:
    """A citation as it is kept: see `kb.ingest.citations.Citation`; `document` is the number of the citing one.

    `sentence` is the one it stands in, kept where it has a `relation`.
    """

    document: int
    anchor: str
    start: int
    end: int
    text: str
    kind: str
    name: str
    place: str
    key: str
    also: str
    relation: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Called:
    """A document that has a name: `anchor` is the part of it that is called so, "" for the whole; low ranks are sure."""

    document: int
    anchor: str
    rank: int


class Store:
    """The database in the folder `index`; it need not exist yet. Reading is safe from many threads."""

    def __init__(self, index: Path) -> None:
        self.path = index / FILE
        self._seal = Seal(self.path.with_suffix(".sha256"), (self.path,))

    def update(
        self, corpus: Corpus, *, rebuild: bool = False, progress: Callable[[int, int], None] | None = None
    ) -> list[str]:
        """Make the store that of the corpus, in one transaction; answer what could not be read, in sentences.

        Raises BadIndexError when it is damaged (rebuild it), StorageError when the machine refuses.
        """
        storage.make_folder(self.path.parent)
        with storage.lock(self.path.with_suffix(".lock")):
            self._seal.take_off()
            if rebuild:
                self._discard()
            problems = self._write(corpus, progress)
            self._seal.put_on()
        return problems

    def _write(self, corpus: Corpus, progress: Callable[[int, int], None] | None) -> list[str]:
        with self._open(create=True) as database, database:
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
        return problems

    def check(self) -> list[str]:
        """Answer what is wrong with the file, in sentences; a store that there is not is no problem."""
        if self._seal.broken():
            return [_damaged(self.path)]
        if not self.path.is_file():
            return []
        try:
            with self._open() as database:
                found = [row[0] for row in database.execute("PRAGMA quick_check(1)")]
        except BadIndexError as error:
            return [str(error)]
        return [] if found == ["ok"] else [_damaged(self.path)]

    def exists(self) -> bool:
        """Tell whether there is one."""
        return self.path.is_file()

    @contextmanager
    def reading(self) -> Iterator[Reader]:
        """Open the store to ask it many things. Raises BadIndexError when there is none, or it is damaged."""
        if not self.exists():
            raise BadIndexError("还没有引用关系：请先运行 kb index。")
        with self._open() as database:
            yield Reader(database)

    @contextmanager
    def _open(self, *, create: bool = False) -> Iterator[sqlite3.Connection]:
        try:
            with closing(sqlite3.connect(self.path, timeout=60)) as database:
                layout = database.execute("PRAGMA user_version").fetchone()[0]
                if layout != _LAYOUT:
                    if not create:
                        raise BadIndexError("引用关系由另一个版本的程序建立：请运行 kb index。")
                    _make(database)
                yield database
        except sqlite3.OperationalError as error:
            raise StorageError(f"读写不了引用库 {self.path}（{error}）：请检查磁盘和权限。") from error
        except sqlite3.DatabaseError as error:
            raise BadIndexError(_damaged(self.path)) from error

    def _discard(self) -> None:
        with storage.refusals(self.path):
            for suffix in ("", "-wal", "-shm", "-journal"):
                self.path.with_name(self.path.name + suffix).unlink(missing_ok=True)


class Reader:
    """Answers from an open store."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database
        self._documents: dict[int, Known] = {}

    def document(self, id: str) -> Known | None:
        """Find a document by its id."""
        row = self._database.execute(f"SELECT {_KNOWN} FROM document WHERE id = ?", (id,)).fetchone()
        return Known(*row) if row else None

    def by_number(self, number: int) -> Known:
        """Answer the document with a number that the store gave out."""
        if number not in self._documents:
            row = self._database.execute(f"SELECT {_KNOWN} FROM document WHERE number = ?", (number,)).fetchone()
            self._documents[number] = Known(*row)
        return self._documents[number]

    def documents(self) -> Iterator[Known]:
        """Yield every document, by id."""
        for row in self._database.execute(f"SELECT {_KNOWN} FROM document ORDER BY id"):
            yield Known(*row)

    def called(self, key: str) -> list[Called]:
        """Answer the documents that have a name, the surest first."""
        rows = self._database.execute("SELECT document, anchor, rank FROM name WHERE key = ? ORDER BY rank", (key,))
        return [Called(*row) for row in rows]

    def names(self, document: int) -> list[tuple[str, int]]:
        """Answer (key, rank) of a document's names."""
        return list(self._database.execute("SELECT key, rank FROM name WHERE document = ?", (document,)))

    def editions(self, document: int) -> list[Edition]:
        """Answer the texts of a document, the newest first."""
        rows = self._database.execute("SELECT version, since, anchors FROM edition WHERE document = ?", (document,))
        found = [Edition(version, since, _unpacked(anchors)) for version, since, anchors in rows]
        return sorted(found, key=lambda edition: (not edition.version, edition.since), reverse=True)

    def citations(self, document: int) -> list[Found]:
        """Answer what a document cites, in the order of its text."""
        rows = self._database.execute(f"SELECT {_FOUND} FROM citation WHERE document = ? ORDER BY rowid", (document,))
        return [Found(*row) for row in rows]

    def naming(self, keys: Sequence[str], *relations: str) -> list[Found]:
        """Answer every citation that names something by one of these keys, all or those of some relations."""
        marks = ",".join("?" * len(keys))
        among = f" AND relation IN ({','.join('?' * len(relations))})" if relations else ""
        query = " UNION ".join(
            f"SELECT {_FOUND} FROM citation WHERE {column} IN ({marks}) AND {column} != ''{among}"
            for column in ("key", "also")
        )
        return [Found(*row) for row in self._database.execute(query, (*keys, *relations) * 2)]

    def statements(self, document: int) -> list[Statement]:
        """Answer what a document says of its own standing."""
        query = "SELECT what, day, anchor, sentence FROM statement WHERE document = ?"
        return [Statement(*row) for row in self._database.execute(query, (document,))]

    def terms(self, document: int) -> list[Term]:
        """Answer the words that a document defines, in the order of its text."""
        query = 'SELECT anchor, term, meaning, start, "end" FROM term WHERE document = ? ORDER BY rowid'
        return [Term(*row) for row in self._database.execute(query, (document,))]

    def defining(self, term: str) -> list[tuple[Known, Term]]:
        """Answer every definition of a word, the newest document first."""
        query = 'SELECT document, anchor, term, meaning, start, "end" FROM term WHERE term = ?'
        found = [(self.by_number(row[0]), Term(*row[1:])) for row in self._database.execute(query, (term,))]
        return sorted(found, key=lambda each: (each[0].date, each[0].id), reverse=True)

    def related(self, *relations: str) -> list[Found]:
        """Answer every citation by which some document repeals, amends … another."""
        marks = ",".join("?" * len(relations))
        query = f"SELECT {_FOUND} FROM citation WHERE relation IN ({marks}) AND relation != ''"
        return [Found(*row) for row in self._database.execute(query, relations)]

    def revision(self) -> int:
        """Answer a number that changes with every change of the store."""
        number: int = self._database.execute("SELECT number FROM revision").fetchone()[0]
        return number

    def lacking(self) -> list[tuple[str, str, int, int, str]]:
        """Answer (key, a name as printed, citations, citing documents, body) of everything that is named and not there.

        A title that begins with 关于 leaves out its issuer: `body`, that of the citing document, keeps those apart.

        The number after a title, 《…》（国发〔2019〕5号）, is no name of its own.
        """
        query = (
            "SELECT key, min(name), count(*), count(DISTINCT document), CASE WHEN key LIKE '关于%' THEN issuer ELSE '' END"
            " AS body FROM citation JOIN document ON document.number = citation.document WHERE key != ''"
            " AND NOT (citation.kind = 'number' AND also != '') AND NOT EXISTS (SELECT 1 FROM name WHERE name.key = citation.key)"
            " AND NOT EXISTS (SELECT 1 FROM name WHERE name.key = citation.also) GROUP BY key, body"
        )
        return list(self._database.execute(query))


_KNOWN = "number, id, source, title, document_number, issuer, kind, date, effective"
_FOUND = 'document, anchor, start, "end", text, kind, name, place, key, also, relation, sentence'


def _damaged(path: Path) -> str:
    return f"引用库 {path} 已损坏：请运行 kb index --rebuild 重建（语料库不受影响）。"


def _make(database: sqlite3.Connection) -> None:
    """Make the tables anew, whatever another version of the program left."""
    kept = [row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    for table in kept:
        database.execute(f'DROP TABLE "{table}"')
    database.executescript(_TABLES)
    database.execute("PRAGMA journal_mode = WAL")
    database.execute(f"PRAGMA user_version = {_LAYOUT}")


def _remove(database: sqlite3.Connection, id: str) -> None:
    row = database.execute("SELECT number FROM document WHERE id = ?", (id,)).fetchone()
    if row:
        for table in ("name", "edition", "citation", "statement", "term"):
            database.execute(f"DELETE FROM {table} WHERE document = ?", row)
        database.execute("DELETE FROM document WHERE number = ?", row)


def _insert(database: sqlite3.Connection, kept: Record, state: str) -> None:
    document, facts = kept.document, kept.document.metadata
    made = document.provenance.edition or facts.date or facts.published
    row = (document.id, document.source, state, facts.title, facts.document_number, facts.issuer, facts.kind, made)
    number = database.execute(
        "INSERT INTO document (id, source, state, title, document_number, issuer, kind, date, effective)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (*row, facts.effective),
    ).lastrowid
    database.executemany(
        "INSERT INTO name VALUES (?, ?, ?, ?)", [(name.key, number, name.anchor, name.rank) for name in kept.names]
    )
    database.executemany(
        "INSERT INTO edition VALUES (?, ?, ?, ?)",
        [(number, edition.version, edition.since, _packed(edition.anchors)) for edition in kept.editions],
    )
    database.executemany(
        "INSERT INTO statement VALUES (?, ?, ?, ?, ?)",
        [(number, each.what, each.day, each.anchor, each.sentence) for each in kept.statements],
    )
    database.executemany(
        "INSERT INTO term VALUES (?, ?, ?, ?, ?, ?)",
        [(number, each.anchor, each.term, each.meaning, each.start, each.end) for each in kept.terms],
    )
    database.executemany(f"INSERT INTO citation VALUES ({','.join('?' * 12)})", _citation_rows(number, kept))


def _citation_rows(number: int | None, kept: Record) -> Iterator[tuple[object, ...]]:
    for each in kept.cited:
        found = each.citation
        place = (found.anchor, found.start, found.end, found.text, found.kind, found.name, found.place)
        yield (number, *place, each.key, each.also, each.relation, each.sentence)


def _packed(anchors: Mapping[str, str]) -> bytes:
    return zlib.compress("\n".join(f"{anchor}\t{digest}" for anchor, digest in anchors.items()).encode(), 1)


def _unpacked(packed: bytes) -> dict[str, str]:
    lines = zlib.decompress(packed).decode().split("\n")
    return {anchor: digest for anchor, _, digest in (line.partition("\t") for line in lines) if anchor}


_corpus: Corpus


def _records(corpus: Corpus, ids: Sequence[str]) -> Iterator[tuple[str, Record | str]]:
    """Yield the record of every document, or the sentence that says why it cannot be read; many on all processors."""
    workers = len(os.sched_getaffinity(0))
    if len(ids) < _MANY or workers == 1:
        yield from ((id, _record(corpus, id)) for id in ids)
        return
    context = multiprocessing.get_context("spawn")
    try:
        with ProcessPoolExecutor(workers, context, _start, (corpus.root,)) as pool:
            yield from zip(ids, pool.map(_work, ids, chunksize=16), strict=True)
    except BrokenProcessPool as error:
        raise StorageError("查找引用的进程意外结束：可能是内存不足，请腾出内存后再试。") from error


def _start(root: Path) -> None:
    global _corpus
    _corpus = Corpus(root)


def _work(id: str) -> Record | str:
    return _record(_corpus, id)


def _record(corpus: Corpus, id: str) -> Record | str:
    try:
        return record(corpus, id)
    except KbError as error:
        return str(error)
