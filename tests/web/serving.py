"""`kb serve` as an operator runs it, with settings of its own, and what a client asks of it."""

from __future__ import annotations

import base64
import json
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import quote

from kb.config.settings import Settings
from tests.cli.running import Kb, running


@dataclass(frozen=True)
class Answer:
    """What came back; names of headers are in small letters, several of a name are joined by commas."""

    status: int
    headers: Mapping[str, str]
    text: str


@dataclass
class Service:
    """A running server: its port, and the lines that it said on stderr when it began."""

    port: int
    said: str
    log: Path
    cookies: dict[str, str] = field(default_factory=dict)

    def __call__(self, path: str, method: str = "GET", body: str | None = None, **headers: str) -> Answer:
        """Ask; `X_Y` is written X-Y."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        with closing(HTTPConnection("127.0.0.1", self.port, timeout=60)) as connection:
            connection.request(method, quote(path, safe="/?&=%+:#"), body, sent)
            answer = connection.getresponse()
            told: dict[str, str] = {}
            for name, value in answer.getheaders():
                told[name.lower()] = ", ".join(filter(None, (told.get(name.lower()), value)))
            return Answer(answer.status, told, answer.read().decode("utf-8", "replace"))

    @property
    def logged(self) -> str:
        """All that it said on stderr so far."""
        return self.log.read_text(encoding="utf-8")


def config(folder: Path, settings: Settings, **serve: object) -> Path:
    """Write a kb.toml over the corpus and the index of `settings`."""
    lines = [f"{name} = {json.dumps(value, ensure_ascii=False)}" for name, value in serve.items()]
    path = folder / "kb.toml"
    text = "\n".join(
        ["[serve]", *lines, "[corpus]", f'path = "{settings.corpus}"', "[index]", f'path = "{settings.index}"']
    )
    path.write_text(text, encoding="utf-8")
    return path


@contextmanager
def serving(kb_toml: Path, *arguments: str) -> Iterator[Service]:
    """Serve until the block ends."""
    log = kb_toml.with_name("serve.log")
    command = ("serve", "--config", kb_toml, "--port", "0", *arguments)
    with log.open("wb") as written, running(kb_toml.parent, *command) as (process, stderr):
        first = stderr.readline()
        assert "://" in first, first + stderr.read()
        second = stderr.readline()
        follower = subprocess.Popen(["cat"], stdin=stderr, stdout=written)
        try:
            yield Service(int(first.split("://")[1].split("/")[0].rpartition(":")[2]), first + second, log)
        finally:
            process.terminate()
            process.join(30)
            follower.wait(30)


def refused(kb_toml: Path, *arguments: str) -> str:
    """Return what `kb serve` says when it does not begin; its exit code is that of a wrong setting."""
    kb = Kb(kb_toml.parent)
    kb("serve", "--config", kb_toml, "--port", "0", *arguments, code=2)
    return kb.said


def basic(name: str, password: str) -> str:
    """Return an Authorization header."""
    return "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()
