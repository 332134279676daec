"""Kills at random moments, beside a server and a client that knows the truth: nothing wrong is answered, nothing that was acknowledged is lost.

    python -m tests.faults.chaos [--kills 200] [--seed 7]

Eleven commands are run in turn, each killed (SIGKILL, with all that it started) at a random moment of the time that it
usually takes, and run again: then `kb check` must find nothing wrong, and everything that any command ever acknowledged (by
ending with 0) must be there. Meanwhile a client asks the server for documents and sentences without a pause, and compares each
answer with what there can be at that moment. A refusal (503 with a reason) is no wrong answer; it is counted.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from threading import Event, Lock, Thread
from urllib.parse import quote

from kb.config import readers, settings
from kb.corpus.folder import Corpus
from kb.law.store import Store
from kb.search.open.engines import chosen_engine
from kb.upkeep.backup import damage, states
from kb.upkeep.follow.subscriptions import Subscriptions
from kb.upkeep.in_step import bring_in_step
from kb.upkeep.mend import problems

_DOCUMENTS = 12
_PAUSE = 0.02  # seconds between two questions
_ROBOT = "https://oapi.dingtalk.com/robot/send?access_token="
_SAME = "各示例单位要健全示例工作机制，明确责任分工，加强督促检查，按时报送示例情况。\n" * 8
"""What does not change: a page of which hardly anything stays is taken for another one, and set aside."""
_EARLIEST = 0.35  # of the time of a command: before that, Python loads


@dataclass
class Known:
    """What is known of a document: the sentence that is acknowledged (in the file; in the index, too), and those that may
    have taken its place since, because somebody began to write them. `damaged`: it may be refused, too.
    """

    acknowledged: str = ""
    indexed: str = ""
    begun: set[str] = field(default_factory=set)
    damaged: bool = False


class Truth:
    """What there is, as far as the commands acknowledged it."""

    def __init__(self) -> None:
        self.documents: dict[str, Known] = {}
        self.lock = Lock()
        self.said = 0

    def sentence(self, id: str) -> str:
        """Make a new sentence, which a document is about to say."""
        self.said += 1
        said = f"第{self.said}回写给{id}的话共{self.said * 7919}字"
        with self.lock:
            self.documents.setdefault(id, Known()).begun.add(said)
        return said

    def acknowledge(self, ids: list[str]) -> None:
        """The files say what was begun last."""
        with self.lock:
            for known in (self.documents[id] for id in ids):
                if known.begun:
                    known.acknowledged = max(known.begun, key=_number)

    def index(self) -> None:
        """The index has what the files say."""
        with self.lock:
            for known in self.documents.values():
                if known.acknowledged:
                    known.indexed = known.acknowledged
                    known.begun = {each for each in known.begun if _number(each) > _number(known.acknowledged)}


def _number(sentence: str) -> int:
    found = re.match(r"第(\d+)回", sentence)
    return int(found[1]) if found else 0


class Client(Thread):
    """Asks all the time; `wrong` are the answers that cannot be."""

    def __init__(self, port: int, truth: Truth) -> None:
        super().__init__(daemon=True)
        self.port, self.truth, self.ended = port, truth, Event()
        self.asked, self.wrong = Counter[str](), list[str]()
        self._chance = random.Random(11)

    def run(self) -> None:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=60)
        while not self.ended.is_set():
            with self.truth.lock:
                id = self._chance.choice(list(self.truth.documents))
                known = self.truth.documents[id]
                before = known.acknowledged, known.indexed, set(known.begun), known.damaged
            try:
                self._read(connection, id, *before) if self._chance.random() < 0.5 else self._search(connection, id)
            except OSError as error:
                self.wrong.append(f"{id}: {error}")
                connection.close()
            self.ended.wait(_PAUSE)

    def _get(self, connection: HTTPConnection, path: str) -> tuple[int, dict[str, object]]:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())

    def _read(
        self, connection: HTTPConnection, id: str, acknowledged: str, indexed: str, begun: set[str], damaged: bool
    ) -> None:
        status, told = self._get(connection, f"/api/v1/documents/{quote(id)}")
        with self.truth.lock:
            known = self.truth.documents[id]
            possible = {acknowledged, known.acknowledged, *begun, *known.begun} - {""}
            damaged = damaged or known.damaged
        self.asked[f"document {status}"] += 1
        if status == 200:
            text = json.dumps(told, ensure_ascii=False)
            if not any(each in text for each in possible):
                self.wrong.append(f"{id} says none of {possible}")
        elif status == 404 and acknowledged:
            self.wrong.append(f"{id} is acknowledged and not there")
        elif status != 404 and not damaged:
            self.wrong.append(f"{id}: {status} {told}")

    def _search(self, connection: HTTPConnection, id: str) -> None:
        with self.truth.lock:
            known = self.truth.documents[id]
            wanted, settled = known.indexed, not known.begun and not known.damaged
        words = wanted or "没有人写过的一句话"
        status, told = self._get(connection, "/api/v1/search?q=" + quote(f'"{words}"'))
        with self.truth.lock:
            settled = settled and known.indexed == wanted and not known.begun and not known.damaged
        self.asked[f"search {status}"] += 1
        hits = told.get("hits")
        found = {hit["document"] for hit in hits if hit["literal"]} if isinstance(hits, list) else set()
        if status not in (200, 503):
            self.wrong.append(f"search {words}: {status} {told}")
        if status == 200 and (found - {id} or (wanted and settled and found != {id}) or (found and not wanted)):
            self.wrong.append(f"search {words}: {found}, expected {id}")


class Library:
    """The library that everything happens to, and the commands that are killed."""

    def __init__(self, folder: Path, truth: Truth) -> None:
        self.folder, self.truth = folder / "home", truth
        self.target, self.restored = folder / "target", folder / "restored"
        self.files, self.inbox = self.folder / "files", self.folder / "inbox"
        self.tokens: dict[str, str] = {}
        self.robots: set[str] = set()
        for each in (self.files, self.inbox):
            each.mkdir(parents=True)
        (self.folder / "kb.toml").write_text(
            '[serve]\naddress = "https://kb.example.cn"\nworkers = 1\n\n'
            '[[source]]\nname = "shili"\nkind = "files"\nurl = "inbox"\n',
            encoding="utf-8",
        )

    def command(self, *arguments: str | Path) -> list[str]:
        return [sys.executable, "-m", "kb", "--config", str(self.folder / "kb.toml"), *map(str, arguments)]

    def run(self, *arguments: str | Path, codes: tuple[int, ...] = (0,)) -> str:
        done = subprocess.run(
            self.command(*arguments), cwd=self.folder, capture_output=True, text=True, timeout=300, check=False
        )
        if done.returncode not in codes or "Traceback" in done.stderr:
            raise AssertionError(f"kb {arguments}: {done.returncode} {done.stdout} {done.stderr}")
        return done.stdout

    def settle(self) -> None:
        """Bring the index in step, as `kb index` does, and find nothing wrong, as `kb check` does: here, for it is quicker."""
        config = settings.load(self.folder / "kb.toml")
        corpus, law, engine = Corpus(config.corpus), Store(config.index), chosen_engine(config)
        try:
            done = bring_in_step(corpus, law, {"": engine})
            self.truth.index()
            found = [done.said, *(each.sentence for each in problems(corpus, engine, law, config))]
        finally:
            engine.close()
        assert not any(found), found

    def write(self, folder: Path, name: str, id: str) -> None:
        sentence = self.truth.sentence(id)
        (folder / f"{name}.txt").write_text(f"关于{name}的通知\n{_SAME}一、要求\n{sentence}。\n", encoding="utf-8")


@dataclass(frozen=True)
class Command:
    """What is typed, what comes before it, and what is known once it ended well, with one of the `codes`."""

    name: str
    codes: tuple[int, ...] = (0,)

    def begin(self, library: Library, number: int) -> list[str | Path]:
        """Bring about something to do; return what is typed."""
        raise NotImplementedError

    def done(self, library: Library, number: int, printed: str) -> None:
        """Note what was acknowledged."""


class Ingest(Command):
    def begin(self, library: Library, number: int) -> list[str | Path]:
        name = f"甲{number % _DOCUMENTS}"
        library.write(library.files, name, name)
        return ["ingest", library.files]

    def done(self, library: Library, number: int, printed: str) -> None:
        library.truth.acknowledge([id for id in library.truth.documents if id.startswith("甲")])


class Index(Ingest):
    def begin(self, library: Library, number: int) -> list[str | Path]:
        library.run(*super().begin(library, number))
        super().done(library, number, "")
        return ["index"]

    def done(self, library: Library, number: int, printed: str) -> None:
        library.truth.index()


class Refresh(Command):
    def begin(self, library: Library, number: int) -> list[str | Path]:
        name = f"乙{number % _DOCUMENTS}"
        library.write(library.inbox, name, name)
        return ["refresh"]

    def done(self, library: Library, number: int, printed: str) -> None:
        library.truth.acknowledge([id for id in library.truth.documents if id.startswith("乙")])
        library.truth.index()


class Import(Command):
    def begin(self, library: Library, number: int) -> list[str | Path]:
        id = f"丙{number}"
        text = f"关于{id}的通知\n{library.truth.sentence(id)}。\n"
        line = {"document": id, "source": "bie", "title": f"关于{id}的通知", "sections": [{"text": text}]}
        path = library.folder / "corpus.jsonl.gz"
        path.write_bytes(gzip.compress(f"{json.dumps(line, ensure_ascii=False)}\n".encode()))
        return ["import", "corpus", path]

    def done(self, library: Library, number: int, printed: str) -> None:
        library.truth.acknowledge([f"丙{number}"])


class Accept(Command):
    """A person edits a document, and says so."""

    def begin(self, library: Library, number: int) -> list[str | Path]:
        file, known = library.folder / "corpus" / "files" / "手改.md", library.truth.documents["手改"]
        sentence = library.truth.sentence("手改")
        file.write_text(file.read_text(encoding="utf-8").replace(known.acknowledged, sentence), encoding="utf-8")
        return ["check", "--accept", "手改"]

    def done(self, library: Library, number: int, printed: str) -> None:
        library.truth.acknowledge(["手改"])


class Repair(Command):
    """A document is damaged meanwhile: zeros, or gone."""

    def begin(self, library: Library, number: int) -> list[str | Path]:
        id = f"甲{number % _DOCUMENTS}"
        with library.truth.lock:
            library.truth.documents[id].damaged = True
        file = library.folder / "corpus" / "files" / f"{id}.md"
        file.write_bytes(bytes(file.stat().st_size))
        return ["check", "--repair"]

    def done(self, library: Library, number: int, printed: str) -> None:
        with library.truth.lock:
            library.truth.documents[f"甲{number % _DOCUMENTS}"].damaged = False
        library.truth.index()


class Backup(Command):
    def begin(self, library: Library, number: int) -> list[str | Path]:
        return ["backup", library.target, "--keep", "3"]

    def done(self, library: Library, number: int, printed: str) -> None:
        for each in states(library.target):
            assert damage(each.path) == [], each


class Restore(Command):
    def begin(self, library: Library, number: int) -> list[str | Path]:
        shutil.rmtree(library.restored, ignore_errors=True)
        return ["restore", library.target, library.restored]

    def done(self, library: Library, number: int, printed: str) -> None:
        assert not list(Corpus(library.restored / "corpus").check())
        assert Corpus(library.restored / "corpus").ids()


class Gc(Command):
    def begin(self, library: Library, number: int) -> list[str | Path]:
        snapshots = Corpus(library.folder / "corpus").snapshots
        digest = snapshots.store(f"没有谁提到的第{number}个。".encode())
        os.utime(snapshots.root / digest[:2] / f"{digest}.gz", (1.6e9, 1.6e9))
        return ["gc"]


class User(Command):
    def begin(self, library: Library, number: int) -> list[str | Path]:
        return ["user", "add", f"读者{number}", "--token"]

    def done(self, library: Library, number: int, printed: str) -> None:
        library.tokens[printed.strip()] = f"读者{number}"


class Follow(Command):
    def begin(self, library: Library, number: int) -> list[str | Path]:
        return ["follow", "add", "--all", "--robot", f"{_ROBOT}{number}"]

    def done(self, library: Library, number: int, printed: str) -> None:
        library.robots.add(f"{_ROBOT}{number}")


COMMANDS = (
    Refresh("refresh"),
    Ingest("ingest"),
    Index("index"),
    Import("import"),
    Accept("check --accept", (1,)),  # it says that the index has to follow
    Repair("check --repair"),
    Backup("backup"),
    Restore("restore"),
    Gc("gc"),
    User("user add"),
    Follow("follow add"),
)


def _fill(library: Library) -> None:
    """Bring the library to where it is sound and has something of everything."""
    for number in range(_DOCUMENTS):
        library.write(library.files, f"甲{number}", f"甲{number}")
        library.write(library.inbox, f"乙{number}", f"乙{number}")
    library.write(library.files, "手改", "手改")
    library.run("ingest", library.files)
    library.run("refresh")
    (library.files / "手改.txt").unlink()
    library.truth.acknowledge(list(library.truth.documents))
    library.truth.index()
    library.run("backup", library.target)


@contextmanager
def _serving(library: Library) -> Iterator[int]:
    command = library.command("serve", "--port", "0")
    with subprocess.Popen(command, cwd=library.folder, stderr=subprocess.PIPE, text=True) as server:
        assert server.stderr
        try:
            while not (found := re.search(r"http://127\.0\.0\.1:(\d+)", line := server.stderr.readline())):
                assert line, "the server did not start"
            yield int(found[1])
        finally:
            server.terminate()


def _killed(library: Library, arguments: list[str | Path], moment: float) -> bool:
    """Run a command and kill it with all that it started, at a moment; answer whether it was at work still."""
    null = subprocess.DEVNULL
    process = subprocess.Popen(
        library.command(*arguments), cwd=library.folder, stdout=null, stderr=null, start_new_session=True
    )
    try:
        process.wait(moment)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        return True
    return False


def _lost(library: Library) -> list[str]:
    """What was acknowledged and is not there."""
    corpus, lost = Corpus(library.folder / "corpus"), []
    with library.truth.lock:
        wanted = {
            id: {known.acknowledged, *known.begun}
            for id, known in library.truth.documents.items()
            if known.acknowledged
        }
    for id, said in wanted.items():
        text = corpus.read(id).text if id in corpus.ids() else ""
        if not any(each in text for each in said):
            lost.append(id)
    there = readers.load(library.folder / "readers.json").tokens if library.tokens else {}
    lost += [name for token, name in library.tokens.items() if there.get(readers.digest(token)) != name]
    followed = (
        {each.recipient for each in Subscriptions(library.folder / "follow").active()} if library.robots else set()
    )
    return [*lost, *(library.robots - followed)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=200, metavar="N")
    parser.add_argument("--minutes", type=float, default=60, metavar="N", help="end after so many")
    parser.add_argument("--seed", type=int, default=7, metavar="N")
    given = parser.parse_args()
    chance, truth, began = random.Random(given.seed), Truth(), time.monotonic()
    killed, recovered, lost, number = Counter[str](), 0, list[str](), 0
    with tempfile.TemporaryDirectory(prefix="kb-chaos-") as folder:
        library = Library(Path(folder), truth)
        _fill(library)
        with _serving(library) as port:
            client = Client(port, truth)
            client.start()
            usual: dict[str, float] = {}
            while killed.total() < given.kills and time.monotonic() - began < given.minutes * 60:
                number += 1
                command = COMMANDS[number % len(COMMANDS)]
                arguments = command.begin(library, number)
                if command.name in usual:
                    moment = usual[command.name] * (_EARLIEST + (1 - _EARLIEST) * chance.random())
                    hit = _killed(library, arguments, moment)
                    killed[command.name] += hit
                else:
                    hit = False
                started = time.monotonic()
                command.done(library, number, library.run(*arguments, codes=command.codes))
                usual[command.name] = time.monotonic() - started
                library.settle()
                recovered += hit
                print(f"{killed.total()} {time.monotonic() - began:.0f}s", end=" ", flush=True)
                lost += _lost(library)
            client.ended.set()
            client.join()
    print(f"{killed.total()} 次杀死（{dict(killed)}），恢复 {recovered} 次，{time.monotonic() - began:.0f} 秒")
    print(f"问了 {client.asked.total():,} 次：{dict(client.asked)}")
    print(f"错的回答 {len(client.wrong)}：{client.wrong[:5]}")
    print(f"丢失的 {len(lost)}：{lost[:5]}")
    sys.exit(bool(client.wrong or lost or recovered != killed.total()))


if __name__ == "__main__":
    main()
