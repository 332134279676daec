"""A library read again: what would change is told by its kind before it is written, and old addresses lead on."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from kb.base.model import Document
from kb.cite.passage import section_at
from kb.config import settings
from kb.config.settings import Settings
from kb.corpus import front_matter, markdown
from kb.corpus.folder import Corpus
from kb.ingest import pipeline
from kb.ingest.rederive import kinds, rederive
from kb.law.store import Store
from kb.search.open.engines import open_engine
from kb.web.site.app import create_app

TEXT = """示例市示例办法
第一条 示例机关办理示例事项。
第二条 示例事项按月办理。
| 事项 | 时限 |
| 甲 | 三日 |
"""


@pytest.fixture
def conf(tmp_path: Path) -> Settings:
    return settings.load(None, tmp_path)


@pytest.fixture
def corpus(tmp_path: Path, conf: Settings) -> Corpus:
    path = tmp_path / "办法.txt"
    path.write_text(TEXT, encoding="utf-8")
    corpus = Corpus(tmp_path / "corpus")
    pipeline.ingest([path], corpus, conf)
    return corpus


def store(corpus: Corpus, document: Document) -> None:
    """Let the corpus hold what an older program had read."""
    (corpus.root / "files" / f"{document.id}.md").write_text(markdown.dump(document), encoding="utf-8")


def older(corpus: Corpus) -> Document:
    """Return the document as a program had read it that knew no articles and another title."""
    document = corpus.read("办法")
    renamed = (
        replace(each, anchor=each.anchor.replace("art-", "old-"), parts=()) if each.anchor.startswith("art-") else each
        for each in document.sections
    )
    facts = replace(document.metadata, title="旧的题名")
    return replace(document, metadata=facts, sections=tuple(renamed))


def test_changes_are_told_by_kind_with_examples(corpus: Corpus, conf: Settings) -> None:
    store(corpus, older(corpus))
    before = corpus.fingerprints()
    found = {each.field: each for each in kinds(rederive(corpus, conf))}
    assert corpus.fingerprints() == before
    assert (found["title"].name, found["title"].count) == ("题名", 1)
    assert found["title"].examples == (("办法", "旧的题名 → 示例市示例办法"),)
    assert "#old-1" in found["sections"].examples[0][1]
    assert "text" not in found


def test_addresses_of_before_lead_on(corpus: Corpus, conf: Settings) -> None:
    store(corpus, older(corpus))
    assert section_at(corpus.read("办法"), "old-2").text.startswith("第二条")
    with corpus.writing():
        assert [each.written for each in rederive(corpus, conf, write=True)] == [True]
    now = corpus.read("办法")
    assert {anchor for anchor, _, _ in now.addresses()} >= {"art-1", "art-2"}
    assert section_at(now, "old-2").anchor == "art-2"
    assert list(rederive(corpus, conf)) == []
    assert not list(corpus.check())


@pytest.mark.parametrize("anchor", ["art-2", "old-2"])
def test_addresses_of_before_lead_on_in_the_web_and_the_interface(corpus: Corpus, conf: Settings, anchor: str) -> None:
    store(corpus, older(corpus))
    with corpus.writing():
        list(rederive(corpus, conf, write=True))
    open_engine(conf.index).update(corpus)
    Store(conf.index).update(corpus)
    client = create_app(replace(conf, corpus=corpus.root)).test_client()
    led = client.get(f"/d/办法/{anchor}")
    assert led.status_code == 302
    assert led.location.endswith("#art-2")
    for address in (
        f"/api/v1/documents/办法/sections/{anchor}",
        f"/api/v1/documents/办法/citation?anchor={anchor}",
        f"/api/v1/documents/办法/sections/{anchor}/history",
    ):
        answer = client.get(address)
        assert answer.status_code == 200, address
        assert "第二条" in answer.get_data(as_text=True)
    assert "第二条" in client.get(f"/excerpt/办法/{anchor}").get_data(as_text=True)


def test_a_file_of_an_older_form_is_told_and_rewritten(corpus: Corpus, conf: Settings) -> None:
    path = corpus.root / "files" / "办法.md"
    path.write_text(front_matter.seal(path.read_text("utf-8").replace("| --- | --- |\n", "")), encoding="utf-8")
    for each in corpus.root.glob(".ledger*"):  # it tells that the file was another
        each.unlink()
    assert not list(corpus.check())
    assert [each.fields for each in rederive(corpus, conf)] == [("form",)]
    with corpus.writing():
        list(rederive(corpus, conf, write=True))
    assert "| --- | --- |" in path.read_text("utf-8")
    assert corpus.read("办法").text.count("---") == 0
