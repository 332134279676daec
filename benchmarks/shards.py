"""The cluster with several shards on several nodes: time to index, times of queries, and what a lost node does to them.

    python benchmarks/shards.py --corpus DIR [--size 20000] [--nodes 1,2,3] [--shards 1,2,4] [--json FILE]

DIR is a corpus made before (`benchmarks/questions.py --place`), repeated with changed text where that is not enough (see
`growth.py`). Every index is asked the same new queries, after others that let the JVM compile, and every answer's total must be
that of the embedded engine. Then the node that is asked first is killed, and new queries are asked at once, one after the other.
All nodes share this machine's processors: what several cost can be seen here, not what they gain.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import chain
from pathlib import Path

import numpy as np
from growth import Repeated
from scale import drawn, nodes_cpu, settled

from kb.base.errors import KbError
from kb.config.settings import Cluster
from kb.corpus.folder import Corpus
from kb.search.cluster.opensearch_engine import OpenSearchEngine
from kb.search.contract.engine import Engine
from kb.search.open.engines import open_engine

sys.path.insert(0, str(Path(__file__).parents[1]))
from tests.cluster import Nodes

WARMING, NEW, WITHOUT = 1, 8, 21
"""Seeds: queries that warm the JVM up, those that are measured, and those asked while a node is lost."""


@dataclass(frozen=True, slots=True)
class Times:
    """How long queries took, in ms; and how many had no answer."""

    median: float
    p99: float
    longest: float
    failed: int


@dataclass(frozen=True, slots=True)
class Row:
    """What was measured of some shards on some nodes.

    `search_cpu_ms` is what all nodes spent on a new query on average; `lost` are new queries asked from the moment that a node
    was killed, and `whole_seconds` how long it took from its start until every shard had its replica again: None with one node.
    """

    nodes: int
    shards: int
    sections: int
    index_seconds: float
    search_cpu_ms: float
    first: Times
    again: Times
    lost: Times | None
    whole_seconds: float | None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, required=True, metavar="DIR")
    parser.add_argument("--size", type=int, default=20_000, metavar="N", help="number of sections")
    parser.add_argument("--nodes", default="1,2,3", metavar="N,N")
    parser.add_argument("--shards", default="1,2,4", metavar="N,N")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures here")
    given = parser.parse_args()
    if not given.corpus.is_dir():
        sys.exit(f"找不到语料库 {given.corpus}：请用 --corpus 指定。")
    rows: list[Row] = []
    numbers = [[int(each) for each in some.split(",")] for some in (given.nodes, given.shards)]
    for row in measured(Corpus(given.corpus), given.size, *numbers):
        rows.append(row)
        print(json.dumps(asdict(row)), file=sys.stderr, flush=True)
        if given.json:
            given.json.write_text(json.dumps([asdict(each) for each in rows]), encoding="utf-8")
    print(table(rows))


def measured(corpus: Corpus, size: int, nodes: Sequence[int], shards: Sequence[int]) -> Iterator[Row]:
    """Yield a row for each number of shards on each number of nodes. Ends the program where a total is not that of the
    embedded engine.
    """
    source = Repeated(corpus, size)
    with tempfile.TemporaryDirectory(prefix="kb-shards-") as scratch:
        embedded = open_engine(Path(scratch) / "embedded")
        embedded.update(source)
        drawings = [list(chain(*drawn(corpus, seed).values())) for seed in (WARMING, NEW, WITHOUT)]
        right = {query: embedded.search(query, 10).total for query in chain(*drawings)}
        for number in nodes:
            place = Path(scratch) / f"{number}-nodes"
            place.mkdir()
            with Nodes(place, number, java=("-Xms1g", "-Xmx1g")) as cluster:
                for each in shards:
                    yield _row(cluster, number, each, source, drawings, right)


def _row(
    cluster: Nodes, nodes: int, shards: int, source: Repeated, drawings: Sequence[Sequence[str]], right: dict[str, int]
) -> Row:
    warming, new, without = drawings
    name = f"shards-{shards}"
    engine = OpenSearchEngine(Cluster(cluster.hosts, name, shards))
    started = time.perf_counter()
    engine.update(source)
    seconds = time.perf_counter() - started
    cluster.wait(nodes)
    settled(cluster)
    asked(engine, warming, right)
    used = nodes_cpu(cluster)
    first = asked(engine, new, right)
    spent = 1000 * (nodes_cpu(cluster) - used) / len(new)
    again = asked(engine, new, right)
    lost, whole = None, None
    if nodes > 1:
        cluster.kill(0)
        lost = asked(engine, without, right)
        started = time.perf_counter()
        cluster.start(0)
        cluster.wait(nodes)
        whole = time.perf_counter() - started
    sections = engine.stats().sections
    cluster.ask(f"{name}-000001", method="DELETE")
    return Row(nodes, shards, sections, seconds, spent, first, again, lost, whole)


def asked(engine: Engine, queries: Sequence[str], right: dict[str, int]) -> Times:
    """Ask one query after the other and return how long they took."""
    times, failed = [], 0
    for query in queries:
        started = time.perf_counter()
        try:
            total = engine.search(query, 10).total
        except KbError as error:
            failed += 1
            print(f"{query}：{error}", file=sys.stderr)
        else:
            if total != right[query]:
                sys.exit(f"对 {query} 的回答不同：集群 {total}，本机 {right[query]}")
        times.append(1000 * (time.perf_counter() - started))
    return Times(float(np.median(times)), float(np.percentile(times, 99)), max(times), failed)


def table(rows: Sequence[Row]) -> str:
    """Write the figures as a table in Markdown."""
    head = ["节点", "分片", "节", "建索引，节/秒", "第一次问，中位（p99）", "节点的处理器毫秒", "再问一次"]
    head += ["坏一个节点之后，中位（p99；最慢）", "没有回答", "补齐副本，秒"]
    lines = [head, ["---"] * len(head)]
    for row in rows:
        line = [f"{row.nodes}", f"{row.shards}", f"{row.sections:,}", f"{row.sections / row.index_seconds:,.0f}"]
        line += [_told(row.first), f"{row.search_cpu_ms:.0f}", _told(row.again)]
        if row.lost and row.whole_seconds:
            slowest = f"{row.lost.median:.0f}（{row.lost.p99:.0f}；{row.lost.longest:,.0f}）"
            line += [slowest, f"{row.lost.failed}", f"{row.whole_seconds:.0f}"]
        else:
            line += ["—"] * 3
        lines.append(line)
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def _told(times: Times) -> str:
    return f"{times.median:.0f}（{times.p99:.0f}）"


if __name__ == "__main__":
    main()
