"""A byte that flips anywhere in corpus, snapshots, memory or index is found, named, never answered from, and mended where
it can be.

The suite flips a sample; `KB_SWEEP=1 pytest tests/faults/test_flipped_bytes.py` flips 1,000.
"""

from __future__ import annotations

import os
import random
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import refreshing

from kb.base.errors import BadIndexError
from kb.corpus.folder import Corpus
from kb.law.store import Store
from kb.search.open.engines import open_engine
from kb.upkeep.mend import mend, problems
from tests.cli.running import Kb
from tests.ingest.refreshing import Library, source
from tests.site import Content, Site, faults

FLIPS = 1_000 if "KB_SWEEP" in os.environ else 60


@pytest.fixture
def site() -> Iterator[Site]:
    with Site(Content(posts=5, attached_every=2)) as opened:
        yield opened


@pytest.fixture
def library(site: Site, quick_path: Path) -> Library:
    """After three refreshes: attachments, an older version, a withdrawn post, a suspicious page set aside."""
    library = Library(quick_path / "library", source(site.url))
    library.refresh()
    posts = site.content.listed()
    site.content.edit(posts[0])
    site.content.withdraw(posts[1])
    site.faults.put(posts[2].path, faults.challenge())
    library.refresh(full=True)
    site.faults.clear()
    library.refresh(full=True)
    return library


def answers(library: Library) -> tuple[object, ...]:
    results = open_engine(library.settings.index).search(refreshing.QUERY, limit=100)
    return results.total, tuple((hit.document, hit.snippet) for hit in results.hits)


def found(library: Library) -> list[str]:
    engine, law = open_engine(library.settings.index), Store(library.settings.index)
    return [each.sentence for each in problems(Corpus(library.corpus.root), engine, law, library.settings)]


def flipped(data: bytes, chance: random.Random) -> bytes:
    place = chance.randrange(len(data))
    return data[:place] + bytes([data[place] ^ 1 << chance.randrange(8)]) + data[place + 1 :]


def test_flipped_bytes(library: Library) -> None:
    chance, outcomes = random.Random(11), Counter[str]()
    before, saved = answers(library), library.folder.with_name("saved")
    assert found(library) == []
    shutil.copytree(library.folder, saved)
    files = [path for path in sorted(library.folder.rglob("*")) if path.is_file() and path.stat().st_size]
    files = [path for path in files if path.suffix != ".lock" and path.name != ".lock"]
    assert {path.suffix for path in files} >= {".md", ".gz", ".json", ".sqlite", ".sha256"}
    for path in chance.choices(files, k=FLIPS):
        intact = path.read_bytes()
        path.write_bytes(flipped(intact, chance))
        _found_and_not_answered_from(library, path, before)
        outcomes[f"{path.suffix or 'index'} {_mended(library, path, intact)}"] += 1
        shutil.rmtree(library.folder)
        shutil.copytree(saved, library.folder)
    print(f"{FLIPS} bytes flipped in {len(files)} files: {sorted(outcomes.items())}")
    assert outcomes[".md mended"] and not outcomes[".md left"]


def _found_and_not_answered_from(library: Library, path: Path, before: tuple[object, ...]) -> None:
    named = found(library)
    where = path.parent if library.settings.index in path.parents else path
    assert any(str(where) in sentence for sentence in named), (path, named)
    try:
        assert answers(library) == before, path
    except BadIndexError as error:
        assert "kb index --rebuild" in str(error)


def _mended(library: Library, path: Path, intact: bytes) -> str:
    """Repair, and see that what was mended is as it was, and that what was not is still reported."""
    engine = open_engine(library.settings.index)
    told = list(mend(Corpus(library.corpus.root), engine, Store(library.settings.index), library.settings))
    left = found(library)
    if library.settings.index in path.parents:
        assert told and not left, (path, told, left)
        return "mended"
    if path.suffix == ".md":
        assert any(str(path) in sentence for sentence in (left or told)), path
        assert bool(left) != (path.read_bytes() == intact), path
    return "left" if left else "mended"


def test_a_damaged_snapshot_is_fetched_again_where_the_site_still_has_it(library: Library, site: Site) -> None:
    document = library.document(site.content.listed()[-1].id)
    digest = document.provenance.snapshot
    path = library.corpus.snapshots.root / digest[:2] / f"{digest}.gz"
    path.write_bytes(path.read_bytes()[:-1])
    assert any(digest in sentence for sentence in found(library))
    library.refresh(full=True)
    assert found(library) == []


def test_a_damaged_memory_is_begun_anew_and_finds_the_same(library: Library, site: Site) -> None:
    before, path = library.files(), library.corpus.root / ".state/shili.sqlite"
    path.write_bytes(flipped(path.read_bytes(), random.Random(3)))
    tally = library.refresh()
    assert any("重新开始记录" in note for note in tally.notes)
    assert (tally.new, tally.changed, tally.unchanged) == (0, 0, len(site.content.listed()))
    assert library.files() == before and found(library) == []


def test_a_lost_memory_hides_nothing_that_was_withdrawn(library: Library, site: Site) -> None:
    shutil.rmtree(library.corpus.root / ".state")
    post = site.content.listed()[-1]
    site.content.withdraw(post)
    tally = library.refresh()
    assert (tally.new, tally.changed, tally.gone) == (0, 0, 1)
    assert library.document(post.id).status == "withdrawn"


def test_an_operator_mends_by_one_command(library: Library, site: Site) -> None:
    kb = Kb(library.folder)
    path = library.corpus.root / f"shili/shili-{site.content.listed()[-1].id}.md"
    intact = path.read_bytes()
    path.write_bytes(intact.replace("一、".encode(), b"\xff\xfe\xfd", 1))
    assert str(path) in kb("check", code=1)
    assert kb("check", "--repair").endswith("完好。\n")
    assert "已恢复成写入时的样子" in kb.said and path.read_bytes() == intact
    assert list((library.corpus.root / ".suspicious/shili").glob("*.md"))
