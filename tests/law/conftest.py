"""The corpora that tests of the law share."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from kb.config import settings
from kb.corpus.folder import Corpus
from kb.ingest import pipeline
from kb.ingest.law_collections import import_laws
from kb.law.store import Store
from tests.law.laws import Shelf
from tests.law.test_finding import BUNDLED, LABELLED


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path)


@pytest.fixture(scope="session")
def labelled(laws: Path, notices: Path, tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    """The real laws and notices in which citations were labelled by hand, and those that they mean."""
    folder = tmp_path_factory.mktemp("labelled")
    chosen = folder / "laws"
    for name in LABELLED["files"]:
        (chosen / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(laws / name, chosen / name)
    corpus = Corpus(folder / "corpus")
    shutil.copytree(BUNDLED, corpus.root)
    import_laws([chosen], corpus, settings.load(None, folder))
    pipeline.ingest([notices], corpus, settings.load(None, folder), "notices")
    return corpus


@pytest.fixture(scope="session")
def labelled_store(labelled: Corpus, tmp_path_factory: pytest.TempPathFactory) -> Store:
    store = Store(tmp_path_factory.mktemp("labelled-index"))
    assert store.update(labelled) == []
    return store
