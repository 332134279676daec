"""A site and a clock that stand still, so that two refreshes write the same bytes. As a command, in processes of their own:

python -m tests.faults.still              the site; prints its address, makes the news when a line comes on its stdin
python -m tests.faults.still FOLDER URL   one refresh, after a line that says that it begins
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from kb.fetch.network.pace import Hosts, SystemClock
from tests.ingest.refreshing import Library, source
from tests.site import Content, Site
from tests.site.server import _Handler

POSTS = 5


class Stopped(SystemClock):
    """A clock whose time of day stands still, so that every refresh writes the same bytes."""

    def __init__(self, moment: datetime = datetime(2026, 1, 1, tzinfo=UTC)) -> None:
        self.moment = moment

    def now(self) -> datetime:
        return self.moment


class _StoppedSite(Site):
    """A site whose every answer has the same date."""

    def __enter__(self) -> Self:
        _Handler.date_time_string = lambda *_: "Thu, 01 Jan 2026 00:00:00 GMT"  # type: ignore[method-assign]
        return super().__enter__()


def _news(content: Content) -> None:
    posts = content.listed()
    content.edit(posts[0])
    content.withdraw(posts[1])
    content.abolish(posts[2])
    content.add()


def _serve() -> None:
    with _StoppedSite(Content(posts=POSTS, twins_every=2, attached_every=3)) as site:
        print(site.url, flush=True)
        sys.stdin.readline()
        _news(site.content)
        print("done", flush=True)
        sys.stdin.read()


def _refresh(folder: str, url: str) -> None:
    library = Library(Path(folder), source(url))
    print("ready", flush=True)
    library.report(full=True, hosts=Hosts(Stopped()))


if __name__ == "__main__":
    _refresh(*sys.argv[1:]) if sys.argv[1:] else _serve()
