"""What the gate set aside, judged by the operator: taken after all, or thrown away for good."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from kb.base.errors import UsageError
from kb.upkeep.aside import accept, asides, drop
from tests.cli.running import Kb
from tests.ingest.refreshing import Library, source
from tests.site import Content, Site, faults


def _shrunk(site: Site) -> faults.Fault:
    post = site.content.listed()[0]
    inside = f"<h1>{post.title}</h1><div class='article-content'><p>{post.paragraphs[0]}</p><p>其余各项另行规定，由示例局解释。</p></div>"
    return faults.status(200, f"<html><meta charset='utf-8'><title>{post.title}</title>{inside}</html>")


@pytest.fixture(params=["page", "gkmlpt"])
def library(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Library]:
    """A library of which one page shrank by half and was set aside."""
    with Site(Content(posts=3)) as site:
        post = site.content.listed()[0]
        url = f"{site.url}{post.path}" if request.param == "page" else site.url
        found = Library(tmp_path / "library", source(url, request.param))
        found.refresh()
        site.faults.put(post.path, _shrunk(site))
        assert found.refresh(full=True).suspicious == 1
        yield found


def test_they_are_listed_with_reason_size_and_what_is_held(library: Library) -> None:
    (found,) = asides(library.corpus)
    assert "缩到了" in found.reason and (found.size or 0) > 100 and found.title and found.is_post
    assert library.corpus.read(found.document)


def test_one_that_is_accepted_is_the_document_and_the_old_text_a_version(library: Library) -> None:
    (found,) = asides(library.corpus)
    before = library.corpus.read(found.document)
    assert accept([found.name], library.corpus, library.settings) == [found.document]
    after = library.corpus.read(found.document)
    assert "另行规定" in after.text and len(after.text) < len(before.text)
    assert len(library.corpus.history(found.document)) == 2
    assert not list(asides(library.corpus))
    again = library.refresh(full=True)
    assert (again.suspicious, again.changed, again.ok) == (0, 0, True)


def test_one_that_is_dropped_is_not_spoken_of_again(library: Library) -> None:
    (found,) = asides(library.corpus)
    before = library.corpus.read(found.document)
    assert drop([found.name], library.corpus, library.settings) == 1
    assert not list(asides(library.corpus))
    again = library.refresh(full=True)
    assert (again.suspicious, again.changed, again.ok) == (0, 0, True)
    assert library.corpus.read(found.document).text == before.text


def test_a_name_that_is_none_is_refused(library: Library) -> None:
    for judge in (accept, drop):
        with pytest.raises(UsageError, match="没有另存"):
            judge(["没有"], library.corpus, library.settings)  # type: ignore[operator]


def _kb(library: Library) -> Kb:
    given = library.source
    (library.folder / "kb.toml").write_text(
        f'[[source]]\nname = "shili"\nkind = "{given.kind}"\nurl = "{given.url}"\nallow_private = true\ndelay = 0\n'
    )
    return Kb(library.folder)


def test_the_command_lists_and_accepts(library: Library) -> None:
    kb = _kb(library)
    shown = kb("source", "aside", code=1)
    assert "1 个另存的网页等着判断" in shown
    (told,) = json.loads(kb("source", "aside", "shili", "--json", code=1))
    name = told["name"]
    assert f"收下：kb source aside --accept {name}　丢弃：kb source aside --drop {name}" in shown
    kb("source", "aside", "打错名", code=3)
    assert "没有名为“打错名”的来源" in kb.said
    kb("source", "aside", "打错名", "--drop", name, code=3)
    assert "没有另存的网页" in kb("source", "aside", "--accept", name)
    kb("source", "aside", "--drop", told["name"], code=2)


def test_without_the_memory_of_the_source_they_are_listed_all_the_same(library: Library) -> None:
    root = library.corpus.root
    (root / ".state" / "shili.sqlite").unlink()
    (found,) = asides(library.corpus)
    assert (found.title, found.document, found.is_post) == ("", "", None)
    kb = _kb(library)
    shown = kb("source", "aside", code=1)
    assert "不知道标题和现有的是哪一份" in shown and "1 个另存的网页等着判断" in shown
    assert "收下：先 kb refresh shili" in shown and f"丢弃：kb source aside --drop {found.name}" in shown
    snapshot = json.loads(next((root / ".suspicious" / "shili").glob("*.json")).read_bytes())["snapshot"]
    (root / ".snapshots" / snapshot[:2] / f"{snapshot}.gz").write_bytes(b"?")
    assert "大小不知道" in kb("source", "aside", code=1)
    assert json.loads(kb("source", "aside", "--json", code=1))[0]["size"] is None


@pytest.mark.parametrize("damaged", ["{", "[1]", '{"key": "x", "exchange": []}'])
def test_damaged_records_are_counted(library: Library, damaged: str) -> None:
    (record,) = (library.corpus.root / ".suspicious" / "shili").glob("*.json")
    record.write_text(damaged, encoding="utf-8")
    kb = _kb(library)
    for options in ((), ("--json",)):
        assert "没有另存的网页" not in kb("source", "aside", *options, code=1)
        assert "另有 1 个另存的网页，记录已损坏" in kb.said
    assert record.name in kb("check", code=1)
