"""The engine over real documents, through the corpus."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import pytest

from kb.base.model import Document
from kb.chinese.identity import fold
from kb.config import settings
from kb.corpus.folder import Corpus
from kb.ingest import pipeline
from kb.search.answer.snippets import match_spans
from kb.search.contract.engine import Engine
from kb.search.open.engines import open_engine


@pytest.fixture(scope="session")
def corpus(shared_data: Path, laws: Path, tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    """The report and some laws, ingested."""
    folder = tmp_path_factory.mktemp("searched")
    (folder / "inbox").mkdir()
    for path in [shared_data / "haojiang-2021-report.txt", *sorted(laws.rglob("*.md"))[::70]]:
        shutil.copyfile(path, folder / "inbox" / path.name)
    corpus = Corpus(folder / "corpus")
    pipeline.ingest([folder / "inbox"], corpus, settings.load(None, folder))
    return corpus


@pytest.fixture(scope="session")
def engine(corpus: Corpus, tmp_path_factory: pytest.TempPathFactory) -> Engine:
    engine = open_engine(tmp_path_factory.mktemp("real") / "index")
    assert not engine.update(corpus).problems
    return engine


class OnlyTheReport(Corpus):
    def fingerprints(self) -> dict[str, str]:
        return {id: digest for id, digest in super().fingerprints().items() if id == "haojiang-2021-report"}


@pytest.mark.parametrize("query", ["行政复议", "行政復議"])
def test_the_report_is_opened_at_the_right_section(corpus: Corpus, tmp_path: Path, query: str) -> None:
    engine = open_engine(tmp_path / "index")
    engine.update(OnlyTheReport(corpus.root))
    hit = engine.search(query).hits[0]
    assert (hit.document, hit.anchor, hit.number) == ("haojiang-2021-report", "1-3-2", "2.")
    assert next(hit.snippet[start:end] for start, end in hit.highlights) == "行政复议"


@pytest.mark.parametrize(
    "query", ["着力提升法治能力水平", "OA終端", "冷链食品相关从业人员", "汕濠府[2020]７５号", "48场（次）"]
)
def test_the_report_is_found_by_its_text(engine: Engine, query: str) -> None:
    results = engine.search(query)
    assert [hit.document for hit in results.hits if hit.literal] == ["haojiang-2021-report"]
    assert results.hits[0].literal and results.total == 1


def test_random_strings_are_found_exactly_where_they_stand(corpus: Corpus, engine: Engine) -> None:
    """Recall and precision are 1 against a plain scan, whatever word borders or line breaks a string crosses."""
    documents: list[Document] = list(corpus.documents())
    texts = {(document.id, section.anchor): section.text for document in documents for section in document.walk()}
    folded = {place: fold(text) for place, text in texts.items()}
    draw, long = random.Random(11), [text for text in texts.values() if len(text) > 25]
    for _ in range(300):
        text, length = draw.choice(long), draw.randint(1, 20)
        start = draw.randrange(len(text) - length)
        query = text[start : start + length]
        if not fold(query) or any(quote in query for quote in '"“”「」'):
            continue
        expected = {place for place, text in folded.items() if fold(query) in text}
        results = engine.search(f'"{query}"', limit=1000)
        assert results.total == len(expected), query
        assert {(hit.document, hit.anchor) for hit in results.hits} <= expected
        for hit in results.hits[:5]:
            shown = {fold(hit.snippet[start:end]) for start, end in hit.highlights}
            assert any(fold(query) in text for text in shown), query
            assert match_spans(texts[hit.document, hit.anchor], f'"{query}"')
