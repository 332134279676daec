"""Each family of the registry, from the first fill on: killed at random, with nothing new, an edit, a withdrawal, a cut
answer and a guard. Nothing is lost, and nothing takes a good text's place."""

from __future__ import annotations

import random
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from kb.config.settings import load
from kb.config.sources import Source, parse
from kb.fetch.lists.family import families
from kb.fetch.network.pace import Hosts
from kb.upkeep.propose import as_toml, propose
from tests.cli.running import running
from tests.fetch.families_playing import COUNT, LISTS, Playing, local, playing, title
from tests.ingest.refreshing import Hasty, Library

SITES = sorted(LISTS)
NAMED = ["page", "addresses"]
KINDS = [*SITES, *NAMED, "files"]


@pytest.fixture
def site() -> Iterator[Playing]:
    with playing() as opened:
        yield opened


def _source(kind: str, site: Playing, folder: Path) -> Source:
    """Make a source as an operator does: by its address where the family has marks, else by hand."""
    if kind in LISTS:
        found = propose(f"{site.url}{LISTS[kind][0]}", load(folder=folder), allow_private=True, hosts=Hosts(Hasty()))
        assert found.kind == kind
        (found,) = parse(tomllib.loads(as_toml(found))["source"], as_toml(found), "kb.toml")
        return replace(found, name="shili", delay=0)
    url, *urls = [f"{site.url}/c/{n}.html" for n in range(COUNT)]
    if kind == "page":
        return Source("shili", kind, url, urls=tuple(urls), allow_private=True, delay=0)
    return Source("shili", kind, str(local(kind, site, folder)), allow_private=kind != "files", delay=0)


def _library(kind: str, site: Playing, folder: Path) -> Library:
    folder.mkdir(exist_ok=True)
    return Library(folder, _source(kind, site, folder))


def _texts(library: Library) -> dict[str, str]:
    return {each.metadata.title: each.text for each in library.corpus.documents()}


def test_every_family_is_played() -> None:
    assert set(families()) == set(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_a_first_fill_that_is_killed_is_completed(kind: str, site: Playing, tmp_path: Path) -> None:
    whole = _library(kind, site, tmp_path / "whole")
    assert whole.refresh().new == COUNT
    folder = tmp_path / "killed"
    killed = _library(kind, site, folder)
    (folder / "kb.toml").write_text(as_toml(killed.source) + "delay = 0\n", encoding="utf-8")
    if kind == "page":
        with (folder / "kb.toml").open("a") as file:
            file.write(f"urls = {list(killed.source.urls)}\n".replace("'", '"'))
    if kind == "files":
        (folder / "kb.toml").write_text(f'[[source]]\nname = "shili"\nkind = "files"\nurl = "{killed.source.url}"\n')
    site.asked.clear()
    with running(folder, "refresh") as (process, _):
        if kind != "files":
            assert process.pid
            site.kill = (process.pid, random.Random(kind).randint(1, COUNT))
        process.join(120)
        assert process.exitcode == (0 if kind == "files" else -9)
    tally = killed.refresh()
    assert tally.ok and _texts(killed) == _texts(whole)
    assert {each.id for each in killed.corpus.documents()} == {each.id for each in whole.corpus.documents()}


@pytest.mark.parametrize("kind", [*SITES, *NAMED])
def test_the_life_of_a_site(kind: str, site: Playing, tmp_path: Path) -> None:
    library = _library(kind, site, tmp_path / "library")
    assert library.refresh().new == COUNT
    site.asked.clear()
    tally = library.refresh()
    assert (tally.new, tally.changed, tally.ok) == (0, 0, True)
    assert kind in NAMED or len(site.asked) <= 3

    before = _texts(library)
    site.guarded = True
    assert not library.refresh(full=True).ok
    assert _texts(library) == before
    site.guarded = False

    site.texts[2] = site.texts[2].replace("每月五日", "每月十日")
    tally = library.refresh(full=True)
    assert (tally.changed, tally.ok) == (1, True) and "每月十日" in _texts(library)[title(2)]

    before = _texts(library)
    site.cut.add(3)
    site.texts[3] = site.texts[3].replace("每月五日", "每月一日")
    tally = library.refresh(full=True)
    assert tally.failed == 1 and _texts(library) == before
    site.cut.clear()
    assert library.refresh(full=True).changed == 1

    del site.texts[7]
    tally = library.refresh(full=True)
    (gone,) = (each for each in library.corpus.documents() if each.metadata.title == title(7))
    assert tally.gone == 1 and gone.provenance.withdrawn and gone.text == before[title(7)]
