"""What was fetched can be searched while a long fill goes on, and what is bad keeps nothing good from coming."""

from __future__ import annotations

from pathlib import Path

from kb.base.errors import BadIndexError
from kb.fetch.network.pace import Hosts
from tests.ingest.refreshing import Hasty, Library, source
from tests.site import Content, Site


def test_what_was_fetched_is_found_before_the_fill_ends(tmp_path: Path) -> None:
    with Site(Content(posts=5)) as site:
        library, clock = Library(tmp_path / "library", source(site.url)), Hasty()
        found = []

        def watch(name: str, done: int, total: int) -> None:
            try:
                found.append(library.engine.stats().documents)
            except BadIndexError:
                found.append(0)
            clock.sleep(1000)

        library.refresh(hosts=Hosts(clock), on_progress=watch)
        assert found[0] == 0 and 0 < found[2] < found[-1]
        assert library.engine.stats().documents == len(library.corpus.ids()) == 5
