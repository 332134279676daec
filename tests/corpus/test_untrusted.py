"""Files that somebody put into the corpus by hand: read on the leash, and never from outside it."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from kb.base.errors import NotFoundError, UnreadableError
from kb.base.model import Document, Metadata, Provenance
from kb.corpus import markdown
from kb.corpus.folder import Corpus
from kb.structure import outline

_TEXT = "示例通知\n一、示例\n按照示例办理。\n"


def test_a_file_by_hand_that_takes_too_long_costs_itself_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "long.md").write_text(
        "（一）示例条款，按照第一百二十三条办理。\n" * 300_000, encoding="utf-8"
    )
    (tmp_path / "files" / "short.md").write_text(_TEXT, encoding="utf-8")
    corpus = Corpus(tmp_path)
    monkeypatch.setattr(markdown, "_SECONDS", 0.5)
    with pytest.raises(UnreadableError, match="long"):
        corpus.read("long")
    assert corpus.read("short").metadata.title == "示例通知"


def test_links_and_pipes_in_the_corpus_are_no_documents(tmp_path: Path) -> None:
    (tmp_path / "secret.md").write_text("机密示例\n", encoding="utf-8")
    folder = tmp_path / "corpus" / "files"
    folder.mkdir(parents=True)
    (folder / "linked.md").symlink_to(tmp_path / "secret.md")
    os.mkfifo(folder / "pipe.md")
    corpus = Corpus(tmp_path / "corpus")
    for id in ("linked", "pipe", "../../secret", "files/linked"):
        with pytest.raises(NotFoundError):
            corpus.read(id)


def test_what_is_written_in_the_place_of_a_link_leaves_alone_where_it_leads(tmp_path: Path) -> None:
    outside = tmp_path / "outside.md"
    outside.write_text("机密示例\n", encoding="utf-8")
    corpus = Corpus(tmp_path / "corpus")
    (corpus.root / "files").mkdir(parents=True)
    (corpus.root / "files" / "one.md").symlink_to(outside)
    data = _TEXT.encode()
    found = Provenance("one.txt", hashlib.sha256(data).hexdigest(), "2026-01-02T03:04:05Z", "text/plain", "utf-8")
    with corpus.writing():
        corpus.write(Document("one", "files", Metadata(title="示例通知"), found, outline.parse(_TEXT)), data)
    assert outside.read_text(encoding="utf-8") == "机密示例\n"
    assert corpus.read("one").text == _TEXT
    assert not any("机密" in path.read_text(encoding="utf-8", errors="replace") for path in corpus.root.rglob("*.md"))


def test_a_snapshot_that_is_a_link_is_not_read(tmp_path: Path) -> None:
    corpus = Corpus(tmp_path / "corpus")
    digest = corpus.snapshots.store(b"x")
    stored = corpus.snapshots.root / digest[:2] / f"{digest}.gz"
    stored.rename(tmp_path / "elsewhere.gz")
    stored.symlink_to(tmp_path / "elsewhere.gz")
    with pytest.raises(UnreadableError, match="链接"):
        corpus.snapshots.read(digest)
