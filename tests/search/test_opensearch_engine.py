from __future__ import annotations

import hashlib
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from kb.base.deadline import Deadline, OverTimeError, within
from kb.base.errors import BadIndexError, StorageError, UsageError
from kb.config.settings import Cluster
from kb.search.cluster import cluster_searcher, mapping, opensearch_engine, scoring, updating
from kb.search.cluster.opensearch_engine import OpenSearchEngine
from kb.search.contract.engine import GROUPS, Engine, Group
from kb.search.embedded.whoosh_engine import WhooshEngine
from kb.search.meaning.neighbours import Meaning
from tests.cluster import Nodes
from tests.search.by_meaning import ByMeaning
from tests.search.conformance import LONG, Conformance
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

    def test_related_documents_behind_a_long_one_are_listed_and_counted(self, engine: Engine) -> None:
        engine.update(LONG)
        self.behind_a_long_one(engine, "行政许可怎样办理")


class TestByMeaning(ByMeaning):
    @pytest.fixture(autouse=True)
    def _hosts(self, opensearch: Nodes) -> None:
        self._nodes = opensearch

    def open(self, folder: Path, meaning: Meaning | None = None) -> Engine:
        name = hashlib.sha256(str(folder).encode()).hexdigest()[:16]
        return OpenSearchEngine(Cluster(self._nodes.hosts, name), meaning=meaning)


def test_what_an_update_that_died_had_written_never_counts(cluster: Cluster, opensearch: Nodes, tmp_path: Path) -> None:
    engine, shelf = OpenSearchEngine(cluster), Shelf(document("a", "甲乙"), document("b", "丙丁"))
    engine.update(shelf)
    shelf.put(document("b", "甲丁"))
    died = _dies(engine, shelf)
    assert died and engine.search("甲").total == 1 and engine.check(shelf.fingerprints())
    shelf.put(document("b", "甲戊"))
    engine.update(shelf)
    body = {"key": "a", "present": True, "born": 2, "edition": "late-2", "folded": "甲乙", "terms": {"甲": 1.0}}
    opensearch.ask(f"{cluster.name}/_doc/late-2?refresh=true", body, "PUT")  # what was under way when it died
    assert (engine.search("甲").total, engine.search("丁").total) == (2, 0)
    assert engine.check(shelf.fingerprints()) == []


def test_values_are_counted_whole_however_they_are_spread(opensearch: Nodes, tmp_path: Path) -> None:
    """Hundreds of issuers, the most frequent of them last in every other order, half of theirs in each of the shards."""
    engine = OpenSearchEngine(Cluster(opensearch.hosts, f"t{tmp_path.name.lower()}", shards=2))
    issuers = [f"示例{number:03}局" for number in range(450)] + [f"龥示例{number}局" for number in range(8)] * 2
    named = enumerate(issuers)
    engine.update(Shelf(*(of_sections(f"d{n}", section("s-1", "甲乙"), issuer=issuer) for n, issuer in named)))
    found = engine.search("甲乙").facets["issuer"]
    assert [(each.value, each.total) for each in found[:8]] == [(f"龥示例{number}局", 2) for number in range(8)]


def test_what_is_remembered_may_be_forgotten_between_two_searches(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = OpenSearchEngine(cluster)
    engine.update(Shelf(document("a", "示例机关作出示例决定", "行政许可"), document("b", "行政许可的示例")))
    before = [engine.search(query).total for query in ("示例", "行政许可", "示例 决定")]
    for module in (cluster_searcher, scoring):
        monkeypatch.setattr(module, "_KEPT", 0)
    assert [engine.search(query).total for query in ("示例", "行政许可", "示例 决定")] == before
    assert [engine.search(query, limit=1).total for query in ("示例 许可", "机关")] == [1, 1]


def test_who_has_no_time_for_a_state_to_be_opened_goes_and_the_next_finds_it_open(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine, opened, goes_on = OpenSearchEngine(cluster), [], Event()
    engine.update(Shelf(document("a", "甲乙")))
    read = opensearch_engine.read_replaced

    def slow(*given: Any) -> Any:
        opened.append(given)
        assert goes_on.wait(60)
        return read(*given)

    monkeypatch.setattr(opensearch_engine, "read_replaced", slow)
    for _ in range(2):
        with within(Deadline(0.3)), pytest.raises(OverTimeError):
            engine.search("甲")
    goes_on.set()
    assert engine.search("甲").total == 1 and len(opened) == 1


def test_a_state_is_opened_where_the_machine_gives_no_thread(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: Any) -> None:
        raise RuntimeError("can't start new thread")

    engine = OpenSearchEngine(cluster)
    engine.update(Shelf(document("a", "甲乙")))
    with monkeypatch.context() as patched:
        patched.setattr(opensearch_engine.Thread, "start", refused)
        assert engine.search("甲").total == 1


def test_what_keeps_a_state_from_being_opened_is_told_to_all_who_wait(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = OpenSearchEngine(cluster)
    engine.update(Shelf(document("a", "甲乙")))

    def refused(*_: Any) -> Any:
        raise StorageError("示例：读不出来。")

    with monkeypatch.context() as patched:
        patched.setattr(opensearch_engine, "read_replaced", refused)
        for _ in range(2):
            with pytest.raises(StorageError, match="示例"):
                engine.search("甲")
    assert engine.search("甲").total == 1


def test_a_search_asks_the_cluster_a_few_times(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = OpenSearchEngine(cluster)
    long = "示例机关应当自受理申请之日起六十日内作出示例决定"
    engine.update(Shelf(document("a", long, "行政许可"), document("b", "行政许可的示例")))
    engine.search("示例")
    asked, ask = [], engine._client.transport.perform_request

    def counted(method: str, url: str, *args: object, **more: object) -> object:
        asked.append(url)
        return ask(method, url, *args, **more)

    monkeypatch.setattr(engine._client.transport, "perform_request", counted)

    def trips(query: str, group: Group) -> int:
        asked.clear()
        engine.search(query, group=group)
        return len(asked)

    assert trips("行政许可", "section") <= 3 and trips("行政许可", "section") == 1
    assert trips("许可", "document") <= 5
    assert trips("示例机关应当自受理申请之日起九十日内作出决定吗", "section") <= 14  # and what comes near


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


class Told:
    """Tells how documents of a shelf stand; an error where nobody can tell."""

    def __init__(self, shelf: Shelf) -> None:
        self.shelf, self.told, self.turn, self.lost = shelf, dict[str, str](), 0, False
        self.same: dict[str, list[str]] = {}

    def tell(self, told: dict[str, str], *, lost: bool = False) -> None:
        self.told, self.lost, self.turn = told, lost, self.turn + 1

    def token(self) -> int:
        return self.turn

    def standings(self, day: str = "") -> dict[str, str]:
        return self.told

    def texts(self, day: str) -> None:
        """Only the texts themselves tell which of them held."""

    def copies(self) -> dict[str, list[str]]:
        return self.same

    def repealed(self) -> tuple[str, ...]:
        return ()

    def ended(self, names: object) -> None:
        """Nothing is repealed here."""

    def fingerprints(self) -> dict[str, str]:
        if self.lost:
            raise BadIndexError("示例：没有人知道。")
        return dict(self.shelf.fingerprints())


def _values(engine: Engine) -> list[tuple[str, int]]:
    return [(value.value, value.total) for value in engine.search("甲").facets.get("validity", ())]


def test_how_a_document_stands_is_told_anew_with_and_without_an_update(cluster: Cluster) -> None:
    shelf = Shelf(document("a", "甲乙"), document("b", "甲丙"))
    told = Told(shelf)
    engine = OpenSearchEngine(cluster, told)
    engine.update(shelf)
    assert _values(engine) == []
    told.tell({"a": "失效"})
    for updated in (False, True):  # as the day goes on, and then written
        if updated:
            assert engine.update(shelf).changed == 1
        assert _values(engine) == [("失效", 1)]
        (hit,) = engine.search("甲 时效性:失效").hits
        assert (hit.document, hit.validity) == ("a", "失效")


def test_where_nobody_can_tell_nothing_is_told(cluster: Cluster) -> None:
    shelf = Shelf(document("a", "甲乙"), document("b", "甲丙"))
    told = Told(shelf)
    told.tell({"a": "失效"})
    engine = OpenSearchEngine(cluster, told)
    engine.update(shelf)
    told.tell({"a": "失效"}, lost=True)
    found = engine.search("甲")
    assert found.total == 2 and {hit.validity for hit in found.hits} == {""} and "没有人知道" in "".join(found.notes)
    assert "没有人知道" in engine.stats().unknown
    with pytest.raises(BadIndexError, match="没有人知道"):
        engine.search("甲 时效性:失效")


def test_copies_are_found_once_and_as_themselves_where_they_are_asked_for(cluster: Cluster, tmp_path: Path) -> None:
    again = of_sections("b", section("s-1", "甲乙"), section("s-2", "丙"), source="另一处")
    shelf = Shelf(document("a", "甲乙", "丙"), again, document("c", "甲丁"))
    told = Told(shelf)
    told.same = {"a": ["b"]}
    for engine in (WhooshEngine(tmp_path / "index", told), OpenSearchEngine(cluster, told)):
        engine.update(shelf)
        found = engine.search("甲")
        assert ({hit.document for hit in found.hits}, found.total, found.searched) == ({"a", "c"}, 2, 3)
        assert "1 份内容相同的副本，没有重复列出" in "".join(found.notes)
        assert [(each.value, each.total) for each in found.facets["source"]] == [("files", 2)]
        assert engine.search("甲", group="document").documents == 2
        (hit,) = (there := engine.search("甲 来源:另一处")).hits
        assert (hit.document, there.total, "没有重复" in "".join(there.notes)) == ("b", 1, False)
        assert engine.search("甲 丁").nearest == () and (engine.stats().documents, engine.stats().sections) == (3, 5)


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


@contextmanager
def _layout(number: int) -> Iterator[None]:
    """Be the program of another version."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(mapping, "FORMAT", f"kb {number}.1")
        patch.setattr(mapping, "READABLE", (f"kb {number}.1",))
        yield


def test_servers_of_an_earlier_layout_go_on_until_they_are_replaced(cluster: Cluster, opensearch: Nodes) -> None:
    shelf, old, new = Shelf(document("a", "甲乙")), OpenSearchEngine(cluster), OpenSearchEngine(cluster)
    answered = []

    def both_answer(*_: int) -> None:
        with _layout(98):
            answered.append((old.search("甲").total, OpenSearchEngine(cluster).search("甲").total))
        with pytest.raises(BadIndexError, match="由另一版本"):
            new.search("甲")

    with _layout(98):
        old.update(shelf)
    shelf.put(document("b", "甲丙"))
    with _layout(99):
        new.update(shelf, progress=both_answer)
        assert new.search("甲").total == 2
    with _layout(98):
        assert [each.search("甲").total for each in (old, OpenSearchEngine(cluster))] == [1, 1]
        with pytest.raises(StorageError, match=r"较新的版本（kb 99.1）接管"):
            old.update(shelf)
    assert answered == [(1, 1)] * 2
    with _layout(99), pytest.MonkeyPatch.context() as patch:
        new.update(shelf)
        assert len(list(opensearch.ask(f"{cluster.name}-0*/_settings"))) == 2
        patch.setattr(updating, "_LEFT", 0)
        new.update(shelf)
    assert list(opensearch.ask(f"{cluster.name}-0*/_settings")) == [f"{cluster.name}-000002"]
    with _layout(98), pytest.raises(BadIndexError, match="较新的版本"):
        old.search("甲")


@contextmanager
def _silent() -> Iterator[str]:
    """A host that takes what it is asked and never answers."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        held.listen(64)
        yield f"http://127.0.0.1:{held.getsockname()[1]}"


def test_a_node_that_hangs_costs_a_part_of_one_readers_time(cluster: Cluster) -> None:
    OpenSearchEngine(cluster).update(Shelf(document("a", "甲乙")))
    with _silent() as host:
        engine, took = OpenSearchEngine(replace(cluster, hosts=(host, *cluster.hosts))), []
        for _ in range(4):
            started = time.monotonic()
            with within(Deadline(2)):
                assert engine.search("甲").total == 1
            took.append(time.monotonic() - started)
    assert max(took) < 2 and sum(each > 0.8 for each in took) <= 1


def test_a_cluster_that_hangs_costs_one_reader_no_more_than_the_time_there_is(cluster: Cluster) -> None:
    with _silent() as host:
        engine, started = OpenSearchEngine(replace(cluster, hosts=(host,))), time.monotonic()
        for _ in range(3):
            with within(Deadline(1)), pytest.raises(StorageError, match="没有回答"):
                engine.search("甲")
    assert time.monotonic() - started < 1.5


@pytest.mark.parametrize("low", ["1pb", "1024TB", "1P"])
def test_what_is_wrong_with_the_machines_is_told(cluster: Cluster, opensearch: Nodes, low: str) -> None:
    engine = OpenSearchEngine(cluster)
    engine.update(Shelf(document("a", "甲乙")))
    fine = engine.machines()
    assert (fine.status, len(fine.nodes), fine.missing, fine.problems) == ("green", 1, 0, ())
    limits = "cluster.routing.allocation.disk"
    full = {
        "watermark.low": low,
        "watermark.high": "2b",
        "watermark.flood_stage": "1b",
        "threshold_enabled": "true",
    }
    opensearch.ask("_cluster/settings", {"transient": {f"{limits}.{name}": full[name] for name in full}}, "PUT")
    opensearch.ask(f"{cluster.name}/_settings", {"index.blocks.write": True}, "PUT")
    try:
        told = dict(engine.machines().problems)
    finally:
        opensearch.ask("_cluster/settings", {"transient": {f"{limits}.{name}": None for name in full}}, "PUT")
        opensearch.ask(f"{cluster.name}/_settings", {"index.blocks.write": None}, "PUT")
    assert f"过了 low 水位（{low}）" in told["disk-node-0"] and "不再收" in told["blocked"]


def test_an_index_in_several_shards_answers_like_one_in_one(cluster: Cluster) -> None:
    texts = [f"示例机关{'应当' * (number % 3)}自受理第{number}号申请之日起作出示例决定" for number in range(40)]
    shelf = Shelf(*(document(f"d{number}", *texts[number : number + 4]) for number in range(0, 40, 4)))
    engines = [OpenSearchEngine(replace(cluster, name=f"{cluster.name}-{n}", shards=n)) for n in (1, 2, 4)]
    for engine in engines:
        engine.update(shelf)
    for query in (
        "示例机关",
        '"应当自受理"',
        "怎样受理申请",
        "示例机关应当自受理第7号申清之日起作出决定",
        "示例决定 -应当",
    ):
        for group in GROUPS:
            one, *others = (replace(engine.search(query, 30, group=group), took_ms=0) for engine in engines)
            assert all(other == one for other in others), query


def test_a_long_text_that_stands_nowhere_is_ranked_by_many_of_its_words(cluster: Cluster) -> None:
    text = "".join(chr(0x4E00 + 7 * number) for number in range(690))
    engine = OpenSearchEngine(cluster)
    engine.update(Shelf(document("a", f"{text[:300]}甲{text[300:]}"), document("b", text[:40]), document("c", "甲")))
    found = engine.search(text)
    assert (found.total, [hit.document for hit in found.hits]) == (0, ["a"])
