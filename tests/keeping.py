"""A library brought in step as `kb index` does it."""

from __future__ import annotations

from kb.config.settings import Settings
from kb.corpus.folder import Corpus
from kb.law.store import Store
from kb.search.open.engines import chosen_engine
from kb.upkeep.in_step import bring_in_step


def keep_in_step(settings: Settings) -> None:
    """Make the store of citations and the index those of the corpus."""
    engine = chosen_engine(settings)
    done = bring_in_step(Corpus(settings.corpus), Store(settings.index), {"": engine})
    engine.close()
    assert not done.said, done.said
