from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from kb.base.errors import StorageError, UsageError
from kb.config.settings import Cluster
from kb.law.store import Store
from kb.search.cluster import updating
from kb.search.cluster.opensearch_engine import OpenSearchEngine
from kb.search.contract.engine import Engine
from tests.cluster import Nodes
from tests.search.conformance import Conformance
from tests.search.shelf import Shelf, document, of_sections, section


@pytest.fixture
def cluster(opensearch: Nodes, tmp_path: Path) -> Cluster:
    return Cluster(opensearch.hosts, f"t{tmp_path.name.lower()}")


class TestOpenSearchEngine(Conformance):
    @pytest.fixture(autouse=True)
    def _hosts(self, opensearch: Nodes) -> None:
        self._nodes = opensearch

    def open(self, folder: Path) -> Engine:
        name = hashlib.sha256(str(folder).encode()).hexdigest()[:16]
        return OpenSearchEngine(Cluster(self._nodes.hosts, name))


def test_what_an_update_that_died_had_written_never_counts(cluster: Cluster, opensearch: Nodes, tmp_path: Path) -> None:
    engine, shelf = OpenSearchEngine(cluster), Shelf(document("a", "甲乙"), document("b", "丙丁"))
    engine.update(shelf)
    shelf.put(document("b", "甲丁"))
    died = _dies(engine, shelf)
    assert died and engine.search("甲").total == 1 and engine.check(shelf.fingerprints())
    (late,) = opensearch.ask(f"{cluster.name}/_search?q=key:a")["hits"]["hits"][:1]
    shelf.put(document("b", "甲戊"))
    engine.update(shelf)
    body = {**late["_source"], "born": 2, "edition": "late-2", "folded": "甲乙", "terms": {"甲": 1.0}}
    opensearch.ask(f"{cluster.name}/_doc/late-2?refresh=true", body, "PUT")  # what was under way when it died
    assert (engine.search("甲").total, engine.search("丁").total) == (2, 0)
    assert engine.check(shelf.fingerprints()) == []


def _dies(engine: Engine, shelf: Shelf) -> bool:
    """Update, but for the last step: everything is written and visible to the cluster."""

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(updating.Update, "_put", killed)
        try:
            engine.update(shelf)
        except KeyboardInterrupt:
            return True
    return False


def test_an_update_that_was_overtaken_changes_nothing(cluster: Cluster, opensearch: Nodes, tmp_path: Path) -> None:
    slow, quick = OpenSearchEngine(cluster), OpenSearchEngine(cluster)
    quick.update(Shelf(document("a", "甲")))

    def overtake(done: int, _: int) -> None:
        if done > 1:
            return
        lock = opensearch.ask(f"{cluster.name}-lock/_doc/lock")["_source"]["lock"]
        with pytest.raises(StorageError, match=r"正在更新索引（.*）.*秒后可以再试"):
            quick.update(Shelf(document("a", "甲丙")))
        opensearch.ask(f"{cluster.name}-lock/_doc/lock", {"lock": {**lock, "until": 0}}, "PUT")  # the lease ran out
        quick.update(Shelf(document("a", "甲丙")))

    with pytest.raises(StorageError, match=r"接管|先完成"):
        slow.update(Shelf(document("a", "甲乙"), document("b", "甲")), progress=overtake)
    assert [quick.search(text).total for text in ("甲", "甲丙", "甲乙")] == [1, 1, 0]


def test_a_rebuild_that_fails_leaves_the_index_and_nothing_else(
    cluster: Cluster, opensearch: Nodes, tmp_path: Path
) -> None:
    engine, shelf = OpenSearchEngine(cluster), Shelf(document("a", "甲乙"))
    engine.update(shelf)

    def fail(*_: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        engine.update(shelf, rebuild=True, progress=fail)
    assert engine.search("甲乙").total == 1
    assert list(opensearch.ask(f"{cluster.name}-0*/_settings")) == [f"{cluster.name}-000001"]
    engine.update(shelf, rebuild=True)
    assert list(opensearch.ask(f"{cluster.name}-0*/_settings")) == [f"{cluster.name}-000003"]


def test_a_refusal_of_one_section_is_told_and_nothing_is_lost(cluster: Cluster, tmp_path: Path) -> None:
    engine, shelf = OpenSearchEngine(cluster), Shelf(document("a", "甲乙"))
    engine.update(shelf)
    shelf.put(of_sections("b", section("s" * 40_000, "甲")))  # longer than Lucene takes
    with pytest.raises(StorageError, match="拒收"):
        engine.update(shelf)
    assert engine.search("甲").total == 1 and "新增 1 个文件" in engine.check(shelf.fingerprints())[0]


def test_how_a_document_stands_by_others_words_is_counted(cluster: Cluster, tmp_path: Path) -> None:
    shelf = Shelf(document("a", "甲乙"), document("b", "甲丙"))
    with pytest.MonkeyPatch.context() as patch:
        for told in ({}, {"a": "失效"}):
            patch.setattr(Store, "standings", lambda _, told=told: told)
            engine = OpenSearchEngine(cluster)
            assert engine.update(shelf).changed == len(told)
            values = [(value.value, value.total) for value in engine.search("甲").facets["validity"]]
            assert values == [(word, 1) for word in told.values()]
            assert engine.search("甲 时效性:失效").total == len(told)


@pytest.mark.parametrize(
    "query", ["甲 " + " ".join(f"-{chr(0x4E00 + number)}" for number in range(600)), "标题:" + "甲" * 1900]
)
def test_a_query_that_is_more_than_the_cluster_takes_is_refused_in_words(
    cluster: Cluster, tmp_path: Path, query: str
) -> None:
    engine = OpenSearchEngine(cluster)
    engine.update(Shelf(document("a", "甲乙")))
    with pytest.raises(UsageError, match="太多或者太长"):
        engine.search(query)
