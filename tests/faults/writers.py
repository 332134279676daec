"""What each command writes, so that it can be broken: a library to begin with, the command, and what there is to see of it."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing, redirect_stderr, redirect_stdout
from dataclasses import dataclass, replace
from hashlib import sha256
from io import StringIO
from pathlib import Path

from kb.base.errors import KbError, StorageError
from kb.cli.terminal import group
from kb.config import readers, settings
from kb.corpus.folder import Corpus
from kb.law.store import Store
from kb.search.open.engines import chosen_engine
from kb.upkeep.backup import damage, states
from tests.cli.running import EXAMPLE

NAMES = ("照旧", "改动", "手改", "损坏", "丢失")
SAID = (*(f"{name}原来的话" for name in NAMES), "改过的话", "新来的话")
ROBOT = "https://oapi.dingtalk.com/robot/send?access_token="
Look = Mapping[str, object]


def unknown(root: Path) -> list[str]:
    """The files of a corpus that its ledger does not know as they are, of those that are as we wrote them."""
    corpus = Corpus(root)
    known = {file: each.sha256 for file, each in corpus.ledger.read().entries.items()}
    edited = {each.path for each in corpus.check() if each.damage}
    files = {path.relative_to(root).as_posix(): path for path in root.glob("[!.]*/**/[!.]*.md") if path not in edited}
    return [file for file, path in files.items() if known.get(file) != sha256(path.read_bytes()).hexdigest()]


class Ended(KbError):
    """A command that ended with another exit code than 0, having said why."""


class Home:
    """A library in a folder: five documents of a folder that is its source, an index, a reader, and somebody who follows;
    or a copy of one (`like`).
    """

    def __init__(self, folder: Path, like: Path | None = None) -> None:
        self.folder, self.saved, self.target = folder / "home", folder / "saved", folder / "target"
        self.restored = folder / "restored"
        self.corpus, self.inbox = self.folder / "corpus", self.folder / "inbox"
        if like:
            shutil.copytree(like, self.folder)
            return
        self.inbox.mkdir(parents=True)
        for name in NAMES:
            self.put(name, f"{name}原来的话。")
        (self.folder / "kb.toml").write_text(
            '[serve]\naddress = "https://kb.example.cn"\nreaders = "password"\n\n'
            '[[source]]\nname = "shili"\nkind = "files"\nurl = "inbox"\n',
            encoding="utf-8",
        )
        self("ingest", self.inbox)
        readers.add_token(self.folder / "readers.json", "张三")
        self("follow", "add", "--all", "--robot", f"{ROBOT}1")
        self("index")

    def __call__(self, *arguments: str | Path) -> None:
        """Run `kb` in this process. Raises KbError, Ended where it ends with another code than 0."""
        given = ["--config", str(self.folder / "kb.toml"), *map(str, arguments)]
        with redirect_stdout(StringIO()), redirect_stderr(StringIO()):  # a full disk of all writes is none of theirs
            code = group.main(args=given, prog_name="kb", standalone_mode=False)
        if code:
            ended = Ended(f"kb {arguments[0]} ended with {code}")
            ended.exit_code = code
            raise ended

    def put(self, name: str, words: str) -> None:
        (self.inbox / f"{name}.txt").write_text(f"{name}{EXAMPLE}{words}\n", encoding="utf-8")

    def file(self, name: str) -> Path:
        return self.corpus / "files" / f"{name}.md"

    def save(self) -> None:
        for each in (self.folder, self.target):
            each.mkdir(exist_ok=True)
            shutil.copytree(each, self.saved / each.name, symlinks=True)

    def restore(self) -> None:
        for each in (self.folder, self.target, self.restored):
            shutil.rmtree(each, ignore_errors=True)
        for each in (self.folder, self.target):
            shutil.copytree(self.saved / each.name, each, symlinks=True)

    def documents(self) -> dict[str, object]:
        """Every document, version, snapshot and what was set aside, byte for byte."""
        hidden = (".state", ".lock", ".ledger")
        return {
            name: path.read_bytes()
            for path in sorted(self.corpus.rglob("*"))
            if path.is_file() and not path.name.startswith(".tmp-")
            if not (name := path.relative_to(self.corpus).as_posix()).startswith(hidden)
        }

    def found(self) -> dict[str, object]:
        """How many sections a new process finds of what the documents say."""
        engine = chosen_engine(settings.load(self.folder / "kb.toml"))
        try:
            return {f"found {words}": engine.search(f'"{words}"').total for words in SAID}
        finally:
            engine.close()

    def true(self) -> dict[str, object]:
        """How many sections there are to be found: of copies, one."""
        different = {document.text: document for document in Corpus(self.corpus).documents()}.values()
        texts = [section.text for document in different for section in document.walk()]
        return {f"found {words}": sum(words in text for text in texts) for words in SAID}

    def unknown(self) -> list[str]:
        return unknown(self.corpus)

    def leftovers(self) -> list[Path]:
        return [path for root in (self.folder, self.target, self.restored) for path in root.rglob(".tmp-*")]


@dataclass(frozen=True)
class Writer:
    """A command: `begin` brings a library to where it has something to do, `run` does it, `look` is what is to be seen.

    Each thing that is seen is as before or as after, whatever happens between. `again` are the codes that a second run
    may end with: what one run did, the next one may not find to do; `refused` those of a run in which something failed. `check` is what `kb check` ends with afterwards.
    """

    name: str
    begin: Callable[[Home], None]
    run: Callable[[Home], None]
    look: Callable[[Home], Look]
    again: tuple[int, ...] = (0,)
    refused: tuple[int, ...] = (1, StorageError.exit_code)
    check: int = 0


def _changed(home: Home) -> None:
    home.put("改动", "改过的话。")
    home.put("新来", "新来的话。")
    (home.inbox / "丢失.txt").unlink()


def _changed_and_ingested(home: Home) -> None:
    _changed(home)
    home("ingest", home.inbox)


def _edited(home: Home) -> None:
    for name in ("手改", "改动"):
        file = home.file(name)
        file.write_text(file.read_text(encoding="utf-8").replace("原来的话", "改过的话"), encoding="utf-8")
    home.file("丢失").unlink()


def _accept(home: Home) -> None:
    _told(home, "check", "--accept", "手改", "--accept", "改动", "--accept", "丢失")


def _told(home: Home, *arguments: str) -> None:
    """Run what ends with 1 because it tells of something else, too."""
    try:
        home(*arguments)
    except Ended as ended:
        if ended.exit_code != 1:
            raise


def _damaged(home: Home) -> None:
    _ingested(home)
    home.file("损坏").write_bytes(bytes(500))
    home.file("改动").write_bytes(home.file("改动").read_bytes().replace("改过的话".encode(), "改掉的话".encode()))
    home.file("丢失").unlink()
    ledger = home.corpus / ".ledger"
    data = bytearray(ledger.read_bytes())
    data[data.index("照旧".encode())] ^= 1
    ledger.write_bytes(data)
    record = home.corpus / ".state" / ".run" / "acknowledged.json"
    record.parent.mkdir(parents=True, exist_ok=True)
    record.write_bytes(b"{")
    store = home.folder / "index" / "citations.sqlite"
    store.write_bytes(store.read_bytes()[:-100])


def _ingested(home: Home) -> None:
    home.put("改动", "改过的话。")
    home("ingest", home.inbox)
    home("index")


def _stale(home: Home) -> None:
    """Documents that this program reads otherwise than they were written: by an earlier one, as it were."""
    from kb.corpus import markdown

    corpus = Corpus(home.corpus)
    with corpus.writing("ingest"):
        for name in ("照旧", "改动"):
            document = corpus.read(name)
            document = replace(document, metadata=replace(document.metadata, title="旧的题名"))
            corpus.put(home.file(name), markdown.dump(document).encode())
    home("index")


def _rederive(home: Home) -> None:
    home("rederive", "--write")


def _backed_up(home: Home) -> None:
    home("backup", home.target)
    _ingested(home)


def _states(home: Home) -> Look:
    """What the states of a backup hold, every one of which is whole; those of which somebody is told that they are not sound, apart."""
    kept = {}
    for each in states(home.target):
        assert damage(each.path) == [], each
        if each.problems:
            continue
        own = ("SHA256SUMS", "backup.json")
        files = {
            path.relative_to(each.path).as_posix(): sha256(path.read_bytes()).hexdigest()
            for path in sorted(each.path.rglob("*"))
            if path.is_file() and path.name not in own
        }
        kept[sha256(json.dumps(files).encode()).hexdigest()] = True
    return kept


def _restored(home: Home) -> Look:
    if not home.restored.is_dir():
        return {}
    return {
        str(path.relative_to(home.restored)): path.read_bytes()
        for path in sorted(home.restored.rglob("*"))
        if path.is_file() and ".tmp-" not in str(path.relative_to(home.restored))
    }


def _old_answers(home: Home) -> None:
    """Answers that were set aside and repeat one another, and a snapshot that nothing names; all of them are old."""
    corpus = Corpus(home.corpus)
    aside = corpus.root / ".suspicious" / "shili"
    aside.mkdir(parents=True)
    with corpus.writing("refresh"):
        corpus.snapshots.store("没有谁提到。".encode())
        for number in range(3):
            digest = corpus.snapshots.store(f"<p>可疑 令牌a{number}9</p>".encode())
            record = {"key": "1", "retrieved": f"2025-01-0{number + 1}T00:00:00Z", "snapshot": digest}
            data = json.dumps(record).encode()
            (aside / f"1-{digest[:8]}-{sha256(data).hexdigest()[:8]}.json").write_bytes(data)
    for path in corpus.snapshots.root.rglob("*.gz"):
        os.utime(path, (1.6e9, 1.6e9))


def _many_alarms(home: Home) -> None:
    """Two findings, one of which somebody knows of."""
    home("refresh")
    home.file("丢失").unlink()
    status = home.corpus / ".state" / "shili.json"
    told = json.loads(status.read_bytes())
    status.write_text(json.dumps(told | {"error": "连不上", "short": "列表不全"}, ensure_ascii=False))
    _acknowledge(home, "shili/failed")


def _acknowledge(home: Home, name: str) -> None:
    _told(home, "status", "--acknowledge", name)


def _acknowledge_short(home: Home) -> None:
    _acknowledge(home, "shili/short")


def _acknowledged(home: Home) -> Look:
    path = home.corpus / ".state" / ".run" / "acknowledged.json"
    return {name: True for name in json.loads(path.read_bytes()) if name != "seal"} if path.is_file() else {}


def _readers(home: Home) -> Look:
    return {
        name: (each.password != "", len(each.tokens), each.feed)
        for name, each in readers.listed(home.folder / "readers.json").items()
    }


def _followers(home: Home) -> Look:
    path = home.folder / "follow" / "follow.sqlite"
    if not path.is_file():
        return {}
    with closing(sqlite3.connect(path)) as database:
        rows = database.execute("select number, state, recipient, told, target from subscription").fetchall()
        letters = database.execute("select count(*) from letter").fetchone()
        news = [row[0] for row in database.execute("select document from news order by number")]
    return {**{f"subscription {number}": row for number, *row in rows}, "letters": letters, "news": tuple(news)}


def _follow(home: Home) -> None:
    home("follow", "add", "--all", "--robot", f"{ROBOT}2")


def _gather(home: Home) -> None:
    """Gather what is new, as `kb follow send` does before it writes."""
    from kb.upkeep.follow.news import gather
    from kb.upkeep.follow.subscriptions import Subscriptions

    config = settings.load(home.folder / "kb.toml")
    engine = chosen_engine(config)
    try:
        waiting = gather(Corpus(config.corpus), Store(config.index), engine, Subscriptions(config.follow))
    finally:
        engine.close()
    if waiting:
        raise Ended(waiting)


def _gathered_and_changed(home: Home) -> None:
    _gather(home)
    _ingested(home)


def _all(home: Home) -> Look:
    """Where no disk takes the citations, copies are found as often as there are, and `kb check` says that they are behind."""
    return {**home.documents(), **{name: number != 0 for name, number in home.found().items()}}


def _archive(home: Home) -> None:
    import gzip

    lines = [
        {
            "document": f"别处-{number}",
            "source": "biechu",
            "title": f"关于别处{number}的通知",
            "sections": [{"text": text}],
        }
        for number in range(3)
        if (text := f"关于别处{number}的通知\n别处的话{number}。\n")
    ]
    data = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines).encode()
    (home.folder / _ARCHIVE).write_bytes(gzip.compress(data, mtime=0))


_NOTHING: Callable[[Home], None] = lambda home: None  # noqa: E731
_ARCHIVE = "corpus.jsonl.gz"

WRITERS = (
    Writer("user add", _NOTHING, lambda home: home("user", "add", "李四", "--generate"), _readers, check=None),
    Writer("user remove", _NOTHING, lambda home: home("user", "remove", "张三"), _readers, again=(0, 3), check=None),
    Writer("follow add", _NOTHING, _follow, _followers, check=None),
    Writer("follow remove", _NOTHING, lambda home: home("follow", "remove", "1"), _followers, again=(0, 1), check=None),
    Writer("gather", _gathered_and_changed, _gather, _followers, check=None),
    # 3: while its record cannot be read, a source has that alarm, and no other one.
    Writer("acknowledge", _many_alarms, _acknowledge_short, _acknowledged, refused=(1, 3, 6), check=None),
    Writer("backup", _backed_up, lambda home: home("backup", home.target), _states, check=None),
    # 4: what cannot be read of a state is told as what is damaged, and what can be done without it.
    Writer(
        "restore",
        _backed_up,
        lambda home: home("restore", home.target, home.restored),
        _restored,
        refused=(1, 4, StorageError.exit_code),
        check=None,
    ),
    Writer("gc", _old_answers, lambda home: home("gc"), Home.documents),
    Writer("accept", _edited, _accept, Home.documents, again=(0, 3), check=1),
    # The index is behind the corpus before, and what is searched is then that of the files that could be restored.
    Writer("repair", _damaged, lambda home: home("check", "--repair"), Home.documents),
    Writer("index", _changed_and_ingested, lambda home: home("index"), Home.found),
    Writer("rederive", _stale, _rederive, Home.documents, check=1),
    Writer("ingest", _changed, lambda home: home("ingest", home.inbox), Home.documents, check=1),
    Writer("import", _archive, lambda home: home("import", "corpus", home.folder / _ARCHIVE), Home.documents, check=1),
    Writer("refresh a folder", _changed, lambda home: home("refresh"), _all),
)
