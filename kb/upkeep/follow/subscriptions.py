"""Who follows what, how far each has been told, and letters that are written but not yet taken. One SQLite file of its own.

It holds people's addresses: so it is not in the corpus, is never exported, and only its owner may read it.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from kb.base import clock, storage
from kb.base.errors import NotFoundError, StorageError, TooOftenError
from kb.search.query.conditions import NAMES, Condition

Kind = Literal["all", "document", "search"]
Channel = Literal["mail", "robot"]
Rhythm = Literal["daily", "weekly"]
State = Literal["asked", "active", "left"]
Purpose = Literal["confirm", "digest"]

FILE = "follow.sqlite"
RHYTHMS: dict[Rhythm, str] = {"daily": "每天至多一封", "weekly": "每周至多一封"}
ASKED_DAYS = 3
"""Days within which a subscription is confirmed, or forgotten."""

_PER_CLIENT, _PER_RECIPIENT, _OF_ALL, _FOLLOWED = 10, 3, 500, 50
_BUSY_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Target:
    """What is followed: everything, a document (`query` is its id), or a search. `path` is its page's address on the site,
    which a later version may move: it makes no other target.
    """

    kind: Kind
    path: str = field(compare=False)
    query: str = ""
    conditions: tuple[Condition, ...] = ()
    title: str = ""

    @property
    def label(self) -> str:
        """What people know it by, on one line."""
        named = " ".join((self.title or self.query).split())
        chosen = "；".join(f"{NAMES[each.field][0]}：{'、'.join(each.values)}" for each in self.conditions)
        chosen = f"（{chosen}）" if chosen else ""
        if self.kind == "search":
            return f"检索“{named}”{chosen}" if named else f"所选的文件{chosen}"
        return f"《{named}》" if self.kind == "document" else "全库的变化"


@dataclass(frozen=True, slots=True)
class Subscription:
    """Somebody, or a group, that follows something.

    `told` is the number of the last news that it was told of, `sent` the day of its last digest. `refused` counts the letters that its
    server refused for good, one after the other; `trouble` says what went wrong last. `secret` and `keyword` are what a robot asks for.
    """

    channel: Channel
    recipient: str
    target: Target
    rhythm: Rhythm
    state: State = "asked"
    number: int = 0
    token: str = ""
    begun: str = ""
    told: int = 0
    sent: str = ""
    refused: int = 0
    trouble: str = ""
    secret: str = ""
    keyword: str = ""

    def due(self, day: str) -> bool:
        """Return whether it may be told something on a day (ISO 8601)."""
        days = 7 if self.rhythm == "weekly" else 1
        return not self.sent or datetime.fromisoformat(day) - datetime.fromisoformat(self.sent) >= timedelta(days=days)


@dataclass(frozen=True, slots=True)
class News:
    """Something that happened to a document: see `kb.upkeep.follow.news`. `detail` says what its kind needs."""

    kind: str
    document: str
    title: str
    moment: str
    version: str = ""
    before: str = ""
    detail: str = ""
    number: int = 0


@dataclass(frozen=True, slots=True)
class Seen:
    """How a document was when its news were last gathered."""

    id: str
    title: str
    happened: str
    date: str
    standing: str
    since: str


@dataclass(frozen=True, slots=True)
class Letter:
    """A message that is to be sent as it is, until it is taken. `upto` is the last news that it tells."""

    subscription: int
    purpose: Purpose
    message: bytes
    upto: int = 0
    number: int = 0


_COLUMNS = [field.name for field in fields(Subscription)]
_NEWS = [field.name for field in fields(News)]
_TABLES = f"""
create table if not exists subscription (
    number integer primary key autoincrement, {", ".join(name for name in _COLUMNS if name != "number")}
);
create table if not exists letter (number integer primary key autoincrement, subscription, purpose, message, upto);
create table if not exists attempt (moment, client, recipient);
create table if not exists news (number integer primary key autoincrement, {", ".join(_NEWS[:-1])});
create table if not exists seen (id primary key, title, happened, date, standing, since) without rowid;
create table if not exists memory (name primary key, value) without rowid;
"""


class Subscriptions:
    """The file in a folder that need not exist yet. Each step is one transaction, safe from many processes."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.path = folder, folder / FILE

    def ask(self, wanted: Subscription, client: str) -> Subscription:
        """Keep what somebody asks for, until it is confirmed. Raises TooOftenError."""
        now = clock.now()
        with self._open() as database:
            self._forget_unconfirmed(database, now)
            self._refuse_too_many(database, wanted.recipient, client, now)
            asked = replace(wanted, state="asked", token=secrets.token_urlsafe(24), begun=clock.stamp(now))
            return self._put(database, asked)

    def add(self, wanted: Subscription) -> Subscription:
        """Keep what the operator adds: it holds at once. What that recipient follows already, it goes on with."""
        with self._open() as database:
            same = self._same(database, wanted)
            if same:
                kept = replace(same[0], rhythm=wanted.rhythm, secret=wanted.secret, keyword=wanted.keyword)
                self._update(database, kept)
                return kept
            begun = replace(
                wanted, state="active", token=secrets.token_urlsafe(24), begun=clock.stamp(), told=_latest(database)
            )
            return self._put(database, begun)

    def find(self, number: int, token: str) -> Subscription:
        """Return the subscription that a link names. Raises NotFoundError where the link is not one that was sent."""
        found = next(iter(self._select("number = ?", number)), None) if self.path.is_file() else None
        right = hmac.compare_digest((found.token if found else "").encode(), token.encode("utf-8", "replace"))
        late = clock.stamp(clock.now() - timedelta(days=ASKED_DAYS))
        if not found or not right or (found.state == "asked" and found.begun < late):
            raise NotFoundError("没有这个订阅：链接不完整，或者超过三天没有确认。请完整复制信里的链接，或重新订阅。")
        return found

    def forget_unconfirmed(self) -> None:
        """Forget who did not confirm in time, and who asked for what and when."""
        with self._open() as database:
            self._forget_unconfirmed(database, clock.now())

    def confirm(self, asked: Subscription) -> Subscription:
        """Let a subscription hold; one of the same address and target gives way to it, and it goes on from there."""
        with self._open() as database:
            same = [each for each in self._same(database, asked) if each.number != asked.number]
            told = min([each.told for each in same] or [_latest(database)])
            active = replace(asked, state="active", told=told, sent=max([each.sent for each in same] or [""]))
            if asked.state == "asked":
                self._update(database, active)
                for each in same:
                    self._leave(database, each)
            return active if asked.state == "asked" else asked

    def leave(self, subscription: Subscription) -> None:
        """End a subscription: its address is forgotten, and letters to it that are not yet sent are."""
        with self._open() as database:
            self._leave(database, subscription)

    def all(self) -> list[Subscription]:
        """Return all that hold or wait to be confirmed."""
        return self._select("state <> 'left'") if self.path.is_file() else []

    def active(self) -> list[Subscription]:
        """Return all that hold."""
        return self._select("state = 'active'") if self.path.is_file() else []

    def update(self, subscription: Subscription) -> None:
        """Keep what became of a subscription."""
        with self._open() as database:
            self._update(database, subscription)

    def write(self, letter: Letter) -> None:
        """Keep a letter that is to be sent."""
        with self._open() as database:
            database.execute(
                "insert into letter (subscription, purpose, message, upto) values (?, ?, ?, ?)",
                (letter.subscription, letter.purpose, letter.message, letter.upto),
            )

    def letters(self) -> list[Letter]:
        """Return the letters that wait, the oldest first."""
        if not self.path.is_file():
            return []
        with self._open() as database:
            return [
                Letter(subscription, purpose, message, upto, number)
                for number, subscription, purpose, message, upto in database.execute(
                    "select number, subscription, purpose, message, upto from letter order by purpose, number"
                )
            ]

    def subscription_of(self, letter: Letter) -> Subscription | None:
        """Return to whom a letter goes; None where they left."""
        return next(iter(self._select("number = ? and state <> 'left'", letter.subscription)), None)

    def taken(self, letter: Letter, day: str) -> None:
        """Note that a letter was taken: what it told is told."""
        with self._open() as database:
            database.execute("delete from letter where number = ?", (letter.number,))
            for each in self._rows(database, "number = ? and state <> 'left'", letter.subscription):
                sent = replace(each, told=max(each.told, letter.upto), sent=day) if letter.purpose == "digest" else each
                self._update(database, replace(sent, refused=0, trouble=""))

    def drop(self, letter: Letter) -> None:
        """Let go of a letter that is not to be sent again."""
        with self._open() as database:
            database.execute("delete from letter where number = ?", (letter.number,))

    def seen(self) -> dict[str, Seen]:
        """Return how every document was when news were last gathered, by id."""
        with self._open() as database:
            return {row[0]: Seen(*row) for row in database.execute("select * from seen")}

    def gathered(self, news: Sequence[News], seen: Sequence[Seen], gone: Sequence[str], mark: str) -> None:
        """Keep news and how the documents are now, at once; `mark` names the state of the library that they are of."""
        marks = ", ".join("?" * (len(_NEWS) - 1))
        with self._open() as database:
            database.executemany(
                f"insert into news ({', '.join(_NEWS[:-1])}) values ({marks})",
                [tuple(asdict(each)[name] for name in _NEWS[:-1]) for each in news],
            )
            database.executemany("insert or replace into seen values (?, ?, ?, ?, ?, ?)", [_row(each) for each in seen])
            database.executemany("delete from seen where id = ?", [(id,) for id in gone])
            database.execute("insert or replace into memory values ('mark', ?)", (mark,))

    def mark(self) -> str:
        """Return what state of the library the last news are of, "" where none were gathered yet."""
        with self._open() as database:
            found = database.execute("select value from memory where name = 'mark'").fetchone()
            return str(found[0]) if found else ""

    def news(self, after: int) -> list[News]:
        """Return what happened after a piece of news, the oldest first."""
        with self._open() as database:
            rows = database.execute(f"select {', '.join(_NEWS)} from news where number > ? order by number", (after,))
            return [News(*row) for row in rows]

    def forget_told(self) -> None:
        """Forget news that everybody was told of; the last one stays, that its number is known."""
        with self._open() as database:
            oldest = [each.told for each in self._rows(database, "state = 'active'")]
            database.execute("delete from news where number <= ?", (min([*oldest, _latest(database) - 1]),))

    def _same(self, database: sqlite3.Connection, wanted: Subscription) -> list[Subscription]:
        """Return the subscriptions that hold by which a recipient follows the same."""
        where = "state = 'active' and channel = ? and recipient = ?"
        rows = self._rows(database, where, wanted.channel, wanted.recipient)
        return [each for each in rows if each.target == wanted.target]

    def _put(self, database: sqlite3.Connection, new: Subscription) -> Subscription:
        names = [name for name in _COLUMNS if name != "number"]
        marks = ", ".join("?" * len(names))
        cursor = database.execute(
            f"insert into subscription ({', '.join(names)}) values ({marks})", [_written(new, name) for name in names]
        )
        return replace(new, number=int(cursor.lastrowid or 0))

    def _update(self, database: sqlite3.Connection, changed: Subscription) -> None:
        names = [name for name in _COLUMNS if name != "number"]
        database.execute(
            f"update subscription set {', '.join(f'{name} = ?' for name in names)} where number = ?",
            [*(_written(changed, name) for name in names), changed.number],
        )

    def _leave(self, database: sqlite3.Connection, gone: Subscription) -> None:
        nobody = replace(gone, state="left", recipient="", target=Target("all", ""), secret="", keyword="", trouble="")
        self._update(database, nobody)
        database.execute("delete from letter where subscription = ?", (gone.number,))

    def _forget_unconfirmed(self, database: sqlite3.Connection, now: datetime) -> None:
        before = clock.stamp(now - timedelta(days=ASKED_DAYS))
        for each in self._rows(database, "state = 'asked' and begun < ?", before):
            database.execute("delete from letter where subscription = ?", (each.number,))
            database.execute("delete from subscription where number = ?", (each.number,))
        database.execute("delete from attempt where moment < ?", (clock.stamp(now - timedelta(days=1)),))

    def _refuse_too_many(self, database: sqlite3.Connection, recipient: str, client: str, now: datetime) -> None:
        """Note an attempt, by digests of who makes it for whom. Raises TooOftenError where there are too many."""
        recipient = recipient.lower()
        whom, who = _digest(recipient), _digest(client)
        hour = clock.stamp(now - timedelta(hours=1))

        def count(where: str, *given: object) -> int:
            return int(database.execute(f"select count(*) from {where}", given).fetchone()[0])

        if count("attempt where client = ? and moment > ?", who, hour) >= _PER_CLIENT:
            raise TooOftenError(f"一小时里最多订阅 {_PER_CLIENT} 次：请过一会儿再试。")
        if count("attempt where recipient = ?", whom) >= _PER_RECIPIENT:
            raise TooOftenError(f"这个邮箱一天里最多收 {_PER_RECIPIENT} 封确认信：请先看看已经寄去的，或明天再试。")
        if count("attempt") >= _OF_ALL:
            raise TooOftenError("今天的确认信已经寄得太多：请明天再试，或用 Atom 订阅。")
        if count("subscription where state = 'active' and lower(recipient) = ?", recipient) >= _FOLLOWED:
            raise TooOftenError(f"一个邮箱最多有 {_FOLLOWED} 个订阅：请先退订几个。")
        database.execute("insert into attempt values (?, ?, ?)", (clock.stamp(now), who, whom))

    def _select(self, where: str, *values: object) -> list[Subscription]:
        with self._open() as database:
            return self._rows(database, where, *values)

    @staticmethod
    def _rows(database: sqlite3.Connection, where: str, *values: object) -> list[Subscription]:
        names = ", ".join(_COLUMNS)
        rows = database.execute(f"select {names} from subscription where {where} order by number", values)
        return [_read(dict(zip(_COLUMNS, row, strict=True))) for row in rows]

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """Open the file for one transaction. Raises StorageError."""
        storage.make_folder(self.folder)
        with storage.refusals(self.path):
            os.close(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600))
        try:
            with closing(sqlite3.connect(self.path, timeout=_BUSY_SECONDS, isolation_level=None)) as database:
                database.execute("pragma synchronous = extra")
                database.executescript(_TABLES)
                database.execute("begin immediate")
                try:
                    yield database
                except BaseException:
                    database.execute("rollback")
                    raise
                database.execute("commit")
        except sqlite3.OperationalError as error:
            raise storage.refused_by_sqlite(self.path, error) from error
        except sqlite3.DatabaseError as error:
            raise StorageError(f"{self.path} 已损坏：请从备份恢复；没有备份就移走它，请读者重新订阅。") from error


def _latest(database: sqlite3.Connection) -> int:
    return int(database.execute("select coalesce(max(number), 0) from news").fetchone()[0])


def _written(subscription: Subscription, name: str) -> Any:
    value = getattr(subscription, name)
    return json.dumps(asdict(value), ensure_ascii=False) if isinstance(value, Target) else value


def _read(row: dict[str, Any]) -> Subscription:
    told = json.loads(row["target"])
    conditions = tuple(
        Condition(each["field"], tuple(each["values"]), each["whole"], each["exclude"])
        for each in told.pop("conditions")
    )
    return Subscription(**{**row, "target": Target(conditions=conditions, **told)})


def _row(seen: Seen) -> tuple[str, ...]:
    return seen.id, seen.title, seen.happened, seen.date, seen.standing, seen.since


def _digest(who: str) -> str:
    return hashlib.sha256(who.encode()).hexdigest()
