"""What `kb gc` deletes: answers that repeat one another, and what nothing names; never what can be cited."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from kb.upkeep.aside import asides
from kb.upkeep.mend import damaged_records
from kb.upkeep.surplus import collect
from tests.ingest.refreshing import Library, source
from tests.site import Content, Site, faults

_OLD = 200 * 86400


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    """A library of which one page was set aside at three visits, each time with another token."""
    with Site(Content(posts=3)) as site:
        post = site.content.listed()[0]
        found = Library(tmp_path / "library", source(f"{site.url}{post.path}", "page"))
        found.refresh()
        for visit in range(3):
            body = f"<h1>{post.title}</h1><div class='article-content'><p>{post.paragraphs[0]}</p><p>令牌 a{visit}9</p></div>"
            page = f"<html><meta charset='utf-8'><title>{post.title}</title>{body}</html>"
            site.faults.put_first(post.path, faults.status(200, page))
            assert found.refresh(full=True).suspicious == 1
        yield found


def _age(folder: Path) -> None:
    for path in folder.rglob("*.gz"):
        os.utime(path, (time.time() - _OLD,) * 2)


def test_of_answers_that_repeat_one_another_the_last_stays(library: Library) -> None:
    before = list(asides(library.corpus))
    assert len(before) == 3
    assert len(collect(library.corpus, 90, write=False)) == 2
    assert list(asides(library.corpus)) == before
    collect(library.corpus, 90, write=True)
    (left,) = asides(library.corpus)
    assert left.retrieved == max(each.retrieved for each in before)
    assert not list(damaged_records(library.corpus.root))


@pytest.mark.parametrize("texts", [("罚款5000元以上", "罚款8000元以上"), ("第5条，一律禁止", "第5条，一律允许")])
def test_answers_that_say_something_else_are_not_the_same(tmp_path: Path, texts: tuple[str, str]) -> None:
    with Site(Content(posts=3)) as site:
        post = site.content.listed()[0]
        found = Library(tmp_path / "library", source(f"{site.url}{post.path}", "page"))
        found.refresh()
        for views, text in enumerate((*texts, texts[1])):
            body = f"<h1>{post.title}</h1><div class='article-content'><p>{text}</p><p>浏览次数：10{views}</p></div>"
            page = f"<html><meta charset='utf-8'><title>{post.title}</title>{body}</html>"
            site.faults.put_first(post.path, faults.status(200, page))
            assert found.refresh(full=True).suspicious == 1
    assert len(list(asides(found.corpus))) == 3
    assert len(collect(found.corpus, 90, write=False)) == 1


def test_snapshots_that_nothing_names_go_when_they_are_old_and_no_others(library: Library) -> None:
    _age(library.corpus.snapshots.root)
    kept = library.corpus.snapshots.store(b"young")
    collect(library.corpus, 90, write=True)
    left = set(library.corpus.snapshots.names())
    (aside,) = asides(library.corpus)
    assert len(left) == 3 and kept in left  # that of the document, that of the answer, the young one
    assert aside.size > 0
    assert not list(library.corpus.check())
    assert library.refresh(full=True).suspicious == 1


def test_versions_and_accepted_texts_stay_whatever_their_age(library: Library) -> None:
    (document,) = list(library.corpus.documents())
    path = next(path for _, path in library.corpus.files())
    path.write_text(path.read_text().replace(document.text[:4], "改过的"), encoding="utf-8")
    library.corpus.accept(document.id)
    before = len(set(library.corpus.snapshots.names()))
    _age(library.corpus.snapshots.root)
    collect(library.corpus, 90, write=True)
    assert before - len(set(library.corpus.snapshots.names())) == 2  # of the answers that went
    assert library.corpus.bytes_of(library.corpus.fingerprints()[document.id])
