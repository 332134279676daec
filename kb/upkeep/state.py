"""What a refresh remembers of a source: each post it has seen, and where it stopped. One SQLite file a source.

It is a memory, not a store: delete it, and the next refresh asks for everything again and finds the same documents.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import astuple, dataclass, fields, replace
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

from kb.base import storage
from kb.base.errors import StorageError
from kb.fetch.network.fetched import Validators
from kb.fetch.network.urls import place_of

Outcome = Literal["kept", "same", "skipped", "suspicious", "failed", "gone"]
HELD = ("kept", "same")
"""The outcomes of posts that have a document."""
FOLDER = ".state"
"""Beside the documents: what is remembered of each source, and the answers that were not taken."""
_AT_MOST = 1.0
"""Seconds of posts that a killed refresh may have to ask for once more; their documents are there."""


@dataclass(frozen=True, slots=True)
class Post:
    """A post of a source, or an attachment of one (`parent` is the post's key then).

    `document` is its id in the corpus, "" while it has none. `digest` is what the list said last, `outcome` what became
    of it ("same": its text is that of another post of the source, whose document it shares), `trouble` why it is suspicious or failed. `etag` and `modified` hold for `final_url`. `walk` is the last walk
    in which it was dealt with, `noticed` the day of its news (ISO 8601), `tries` counts failures in a row; `item` is
    what the list said of a post in trouble (JSON), so that it can be tried again without the list.
    """

    key: str
    url: str
    digest: str
    outcome: Outcome
    document: str = ""
    trouble: str = ""
    final_url: str = ""
    etag: str = ""
    modified: str = ""
    walk: int = 0
    noticed: str = ""
    tries: int = 0
    parent: str = ""
    item: str = ""

    def validators(self) -> Validators | None:
        """Return what to ask with, when the last answer was good and the site gave something to ask with."""
        if self.trouble or self.outcome not in HELD or not (self.etag or self.modified):
            return None
        return Validators(self.final_url, self.etag, self.modified)

    def answered(self, validators: Validators | None) -> Post:
        """Return the post with what an answer gave to ask with the next time."""
        if validators is None:
            return self
        return replace(self, final_url=validators.url, etag=validators.etag, modified=validators.last_modified)


_COLUMNS = ", ".join(field.name for field in fields(Post))
_SCHEMA = f"""
create table if not exists post ({_COLUMNS}, primary key (key)) without rowid;
create index if not exists by_outcome on post (outcome);
create table if not exists memory (name primary key, value) without rowid;
create table if not exists place (place primary key, key) without rowid;
create table if not exists likeness (likeness primary key, key) without rowid;
create index if not exists by_document on post (document);
"""


def is_torn(path: Path) -> bool:
    """Return whether a file of what is remembered, a database or JSON, is there and cannot be read as what it should be."""
    if not path.is_file():
        return path.exists()
    try:
        if path.suffix == ".json":
            return not isinstance(json.loads(path.read_bytes()), dict)
        with path.open("rb") as file:
            while file.read(1 << 20):  # what the disk refuses to read, SQLite takes for damage
                pass
        with closing(sqlite3.connect(path)) as database:
            return [row[0] for row in database.execute("pragma quick_check(1)")] != ["ok"]
    except sqlite3.OperationalError:
        return False  # the machine refuses: who opens it says why
    except (sqlite3.DatabaseError, ValueError):
        return True
    except OSError:
        return False


class State:
    """The memory of one source; `with State(path) as state`. A dry one is a copy that is thrown away."""

    def __init__(self, path: Path, dry: bool = False) -> None:
        self._path = path
        self._committed = time.monotonic()
        with self._refusals():
            if not dry:
                storage.make_folder(path.parent)
            self._db = sqlite3.connect(":memory:" if dry else path, isolation_level=None)
            if dry and path.is_file():
                with sqlite3.connect(path) as present:
                    present.backup(self._db)
                present.close()
            # A commit is on the disk, its folder's entry too.
            self._db.execute("pragma synchronous = extra")
            self._db.executescript(_SCHEMA)
            self._db.execute("begin")
            if self.is_empty() or self._db.execute("select 1 from place limit 1").fetchone():
                return
        for post in list(self._select("parent = ''")):  # of a time when places were not remembered
            self._place(post)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._db.close()

    @contextmanager
    def _refusals(self) -> Iterator[None]:
        """Turn what SQLite refuses into one sentence."""
        try:
            yield
        except sqlite3.OperationalError as error:
            raise storage.refused_by_sqlite(self._path, error) from error
        except sqlite3.Error as error:
            raise StorageError(
                f"{self._path} 已损坏（{error}）：请删除它，再运行 kb refresh，文件不会丢失。"
            ) from error

    def commit(self) -> None:
        """Make everything since the last commit durable. Raises StorageError."""
        with self._refusals():
            self._db.execute("commit")
            self._db.execute("begin")
        self._committed = time.monotonic()

    def roll_back(self) -> None:
        """Forget everything since the last commit, as a kill would. Raises StorageError."""
        with self._refusals():
            if self._db.in_transaction:
                self._db.execute("rollback")
            self._db.execute("begin")

    def commit_soon(self) -> None:
        """Make everything since the last commit durable, if that was a while ago. Raises StorageError."""
        if time.monotonic() - self._committed >= _AT_MOST:
            self.commit()

    def get(self, key: str) -> Post | None:
        """Return what is remembered of a post."""
        return next(self._select("key = ?", key), None)

    def put(self, post: Post) -> None:
        """Remember a post."""
        marks = ", ".join("?" * len(fields(Post)))
        with self._refusals():
            self._db.execute(f"insert or replace into post ({_COLUMNS}) values ({marks})", astuple(post))
        if not post.parent:
            self._place(post)

    def _place(self, post: Post) -> None:
        if "://" in post.url:
            with self._refusals():
                self._db.execute("insert or ignore into place values (?, ?)", (place_of(post.url), post.key))

    def at(self, url: str) -> Post | None:
        """Return the post that stands at an address, whether that is written http or https, www or mobile."""
        with self._refusals():
            found = self._db.execute("select key from place where place = ?", (place_of(url),)).fetchone()
        return self.get(str(found[0])) if found else None

    def like(self, likeness: str) -> Post | None:
        """Return the post whose document was last known to look so."""
        with self._refusals():
            found = self._db.execute("select key from likeness where likeness = ?", (likeness,)).fetchone()
        return self.get(str(found[0])) if found else None

    def note_likeness(self, likeness: str, key: str) -> None:
        """Remember how the document of a post looks."""
        with self._refusals():
            self._db.execute("insert or replace into likeness values (?, ?)", (likeness, key))

    def sharing(self, document: str) -> Iterator[Post]:
        """Yield the other posts that share a document."""
        return self._select("outcome = 'same' and document = ?", document)

    def count(self, outcome: Outcome) -> int:
        """Count the posts (not attachments) with this outcome; a failed one that has a document is "kept"."""
        with self._refusals():
            found = self._db.execute("select count(*) from post where outcome = ? and parent = ''", (outcome,))
            return int(found.fetchone()[0])

    def unseen(self, walk: int) -> Iterator[Post]:
        """Yield the kept posts that a walk did not come by."""
        return self._select("outcome = 'kept' and parent = '' and walk < ?", walk)

    def troubled(self, walk: int, tries: float) -> Iterator[Post]:
        """Yield the posts that failed or were suspicious, fewer than `tries` times, and were not dealt with in the walk."""
        where = "(trouble <> '' or outcome in ('failed', 'suspicious')) and parent = '' and walk < ? and tries < ?"
        return self._select(where, walk, tries)

    def lacking(self) -> Iterator[Post]:
        """Yield the posts that a list has and that are not here, or not as they are there: they failed, or were suspicious."""
        return self._select("trouble <> '' and outcome <> 'gone' and parent = ''")

    def news(self, limit: int, today: str) -> list[str]:
        """Return the latest days on which there was news, newest first; none that lies after `today` (ISO 8601)."""
        with self._refusals():
            found = self._db.execute(
                "select distinct noticed from post where noticed <> '' and noticed <= ? and parent = ''"
                " order by noticed desc limit ?",
                (today, limit),
            )
            return [str(day) for (day,) in found]

    def is_empty(self) -> bool:
        """Return whether nothing is remembered of any post."""
        with self._refusals():
            return self._db.execute("select 1 from post limit 1").fetchone() is None

    def forget_skipped(self) -> None:
        """Let the posts that were not selected be considered anew."""
        with self._refusals():
            self._db.execute("delete from post where outcome = 'skipped'")

    def recall(self, name: str, default: Any) -> Any:
        """Return what was remembered under a name."""
        with self._refusals():
            found = self._db.execute("select value from memory where name = ?", (name,)).fetchone()
        return json.loads(found[0]) if found else default

    def remember(self, name: str, value: Any) -> None:
        """Remember a value (JSON) under a name."""
        with self._refusals():
            self._db.execute(
                "insert or replace into memory values (?, ?)", (name, json.dumps(value, ensure_ascii=False))
            )

    def _select(self, where: str, *values: object) -> Iterator[Post]:
        """Yield posts by key, a few at a time, so that the table may be changed in between."""
        after = ""
        while True:
            with self._refusals():
                found = self._db.execute(
                    f"select {_COLUMNS} from post where key > ? and {where} order by key limit 200", (after, *values)
                ).fetchall()
            if not found:
                return
            for row in found:
                yield Post(*row)
            after = str(found[-1][0])
