"""Both engines side by side at several sizes: time to index, size, memory, time of queries; and what larger corpora need.

    python benchmarks/scale.py --corpus DIR [--sizes 10000,40000,…] [--nodes 1] [--shards 1] [--json FILE]
    python benchmarks/scale.py --from FILE [--svg FILE]      # table, picture and plan of an earlier run

DIR is a corpus of 60 documents or more, made before (`benchmarks/questions.py --place`). A size is a number of sections: some documents of the corpus,
or all of them and then the same with changed text (see `growth.py`). OpenSearch is started by the benchmark (`scripts/opensearch` fetches it), its data
in a scratch folder. Queries are drawn from the corpus and asked of both engines in turn, so that what else the machine
does meets both alike; the first pass is told apart from the second. The plan is computed from what every further section cost.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import random
import resource
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from growth import Repeated

from kb.chinese.identity import fold
from kb.config.settings import Cluster
from kb.corpus.folder import Corpus
from kb.search.cluster.opensearch_engine import OpenSearchEngine
from kb.search.contract.engine import Engine
from kb.search.open.engines import open_engine
from kb.search.query.analysis import words

sys.path.insert(0, str(Path(__file__).parents[1]))
from tests.cluster import Nodes, eventually

EACH, CHANGED, DRAWN = 15, 100, 60
SHARD_GB, HEADROOM, REPLICAS = 30, 1.6, 1
NODE_CORES, NODE_GB, NODE_DISK_GB, NODE_YUAN = 8, 64, 2_000, 6.0
"""A machine as clouds rent it, and an assumed price an hour: put your own in."""
BUSY, SEARCHES, LONGEST = 0.5, 10.0, 0.3
"""The share of processors that searches may take, how many there are a second, and how long one of the slowest kind may keep a shard busy."""
WORKERS, SPREAD = 2, (1, 4, 8)
"""Processes of the embedded engine, and numbers of shards for which it is told where the cluster is as quick."""
LEAST_SIZES = 3
"""Sizes that a plan is computed from: two that show growth, after the first."""


@dataclass(frozen=True, slots=True)
class Row:
    """What was measured of an engine at a size; times of queries in ms, by kind: medians of two passes, worst of the second.

    `search_cpu_ms` is what the nodes of the cluster spent on a query on average, first and second pass; `spread` has the
    median and the 99th percentile over all queries of the first pass, and of the second; `changed_seconds` is how long it
    took to update 100 changed documents.
    """

    engine: str
    sections: int
    seconds: float
    cpu_seconds: float
    disk_mb: float
    memory_mb: float
    search_cpu_ms: float
    queries: dict[str, list[float]]
    spread: list[float]
    changed_seconds: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, metavar="DIR")
    parser.add_argument("--sizes", default="10000,40000,151000,600000,1200000", metavar="N,N")
    parser.add_argument("--nodes", type=int, default=1)
    parser.add_argument("--shards", type=int, default=1)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures here")
    parser.add_argument("--from", dest="earlier", type=Path, metavar="FILE")
    parser.add_argument("--svg", type=Path, metavar="FILE")
    given = parser.parse_args()
    if given.earlier:
        rows = [Row(**row) for row in json.loads(given.earlier.read_text(encoding="utf-8"))]
    elif given.corpus and given.corpus.is_dir():
        rows = []
        sizes = [int(each) for each in given.sizes.split(",")]
        for row in measured(Corpus(given.corpus), sizes, given.nodes, given.shards):
            rows.append(row)
            print(json.dumps(asdict(row)), file=sys.stderr, flush=True)
            if given.json:
                given.json.write_text(json.dumps([asdict(each) for each in rows]), encoding="utf-8")
    else:
        sys.exit(f"找不到语料库 {given.corpus}：请用 --corpus 指定。")
    print(table(rows))
    told = len({row.sections for row in rows})
    print(plan(rows) if told >= LEAST_SIZES else f"只量了 {told} 种大小：推算要至少 {LEAST_SIZES} 种（第一种不算）。")
    if given.svg:
        given.svg.write_text(picture(rows), encoding="utf-8")


def measured(corpus: Corpus, sizes: Sequence[int], number: int, shards: int) -> Iterator[Row]:
    """Yield two rows for each size."""
    queries = drawn(corpus)
    with (
        tempfile.TemporaryDirectory(prefix="kb-scale-") as scratch,
        Nodes(Path(scratch), number, java=("-Xms1g", "-Xmx1g")) as nodes,
    ):
        for size in sizes:
            source, folder, name = Repeated(corpus, size), Path(scratch) / f"embedded-{size}", f"scale-{size}"
            embedded, cluster = open_engine(folder), OpenSearchEngine(Cluster(nodes.hosts, name, shards))
            costs = [
                _indexed(embedded, source, _own_cpu),
                _indexed(cluster, source, lambda: _own_cpu() + nodes_cpu(nodes)),
            ]
            settled(nodes)
            used = nodes_cpu(nodes)
            times, spreads = asked([embedded, cluster], queries)
            spent = 1000 * (nodes_cpu(nodes) - used) / (2 * sum(map(len, queries.values())))
            stats = nodes.ask("_nodes/stats/jvm,indices")["nodes"].values()
            store = nodes.ask(f"{name}/_stats/store")["_all"]["primaries"]["store"]
            disk = [_size(folder), store["size_in_bytes"] / 1e6]
            memory = [_resident(), sum(node["jvm"]["mem"]["heap_used_in_bytes"] for node in stats) / 1e6]
            sections = embedded.stats().sections
            source.touched |= dict.fromkeys(source.keys[:CHANGED], 1)
            changed = [_changed(engine, source) for engine in (embedded, cluster)]
            for place, engine in enumerate(("embedded", "opensearch")):
                found = [*costs[place], disk[place], memory[place], place * spent, times[place], spreads[place]]
                yield Row(engine, sections, *found, changed[place])
            embedded.close()
            shutil.rmtree(folder)
            nodes.ask(f"{name}-000001", method="DELETE")


def _changed(engine: Engine, source: Repeated) -> float:
    """Return how long it takes until changed documents are found."""
    started = time.perf_counter()
    engine.update(source)
    engine.search("改动", 10)
    return time.perf_counter() - started


def _indexed(engine: Engine, source: Repeated, cpu: Callable[[], float]) -> tuple[float, float]:
    started, used = time.perf_counter(), cpu()
    engine.update(source)
    return time.perf_counter() - started, cpu() - used


def drawn(corpus: Corpus, seed: int = 8) -> dict[str, list[str]]:
    """Draw queries: strings of several lengths from anywhere, words, half sentences as questions, with a condition."""
    chance = random.Random(seed)
    ids = [id for id in corpus.ids() if "@" not in id]
    if len(ids) < DRAWN:
        sys.exit(f"语料库只有 {len(ids)} 份文件：查询要从至少 {DRAWN} 份里抽。")
    texts = [fold(corpus.read(id).text) for id in chance.sample(ids, DRAWN)]

    def strings(length: int) -> list[str]:
        starts = [(text, chance.randrange(max(1, len(text) - length))) for text in chance.sample(texts, EACH)]
        return [text[start : start + length].replace('"', "") for text, start in starts]

    cut = [[word for word in words(text) if len(word) == 2] for text in texts]
    return {
        "2 字": [f'"{each}"' for each in strings(2)],
        "4 字": [f'"{each}"' for each in strings(4)],
        "8 字": [f'"{each}"' for each in strings(8)],
        "词": [chance.choice(some) for some in cut[:EACH]],
        "问句": [f"怎样{each}？" for each in strings(12)],
        "词加条件": [f"{chance.choice(some)} 标题:条例 日期:2010.." for some in cut[-EACH:]],
    }


def asked(
    engines: Sequence[Engine], queries: Mapping[str, Sequence[str]]
) -> tuple[list[dict[str, list[float]]], list[list[float]]]:
    """Ask everything of every engine in turn, twice; answer medians of the first and second pass, and the worst, by kind;
    and over all kinds the median and 99th percentile of each pass.
    """
    found: list[dict[str, list[float]]] = [{} for _ in engines]
    every: list[list[list[float]]] = [[[], []] for _ in engines]
    for kind, some in queries.items():
        taken: list[list[list[float]]] = [[[], []] for _ in engines]
        for passed in (0, 1):
            for query in some:
                totals = set()
                for place, engine in enumerate(engines):
                    started = time.perf_counter()
                    totals.add(engine.search(query, 10).total)
                    taken[place][passed].append(1000 * (time.perf_counter() - started))
                if len(totals) > 1:
                    sys.exit(f"两个引擎对 {query} 的回答不同：{totals}")
        for place, passes in enumerate(taken):
            for turn in (0, 1):
                every[place][turn] += passes[turn]
            figures = [statistics.median(passes[0]), statistics.median(passes[1]), max(passes[1])]
            found[place][kind] = [round(each, 1) for each in figures]
    spreads = [[float(np.percentile(each, share)) for each in passes for share in (50, 99)] for passes in every]
    return found, spreads


def _own_cpu() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def nodes_cpu(nodes: Nodes) -> float:
    """Return the seconds of processor that all nodes have used."""
    stats = nodes.ask("_nodes/stats/process")["nodes"].values()
    return sum(node["process"]["cpu"]["total_in_millis"] for node in stats) / 1000


def settled(nodes: Nodes) -> None:
    """Wait until no node merges segments."""

    def merging() -> bool:
        stats = nodes.ask("_nodes/stats/indices/merge")["nodes"].values()
        return any(node["indices"]["merges"]["current"] for node in stats)

    eventually(lambda: not merging(), "merges end")


def _size(folder: Path) -> float:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6


def _resident() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def table(rows: Sequence[Row]) -> str:
    """Write the figures as a table in Markdown."""
    kinds = list(rows[0].queries)
    head = ["引擎", "节", "建索引，节/秒", "处理器秒", "占盘，MB", "内存，MB", "改 100 份，秒"]
    head += ["第一次问，中位（p99）", "再问一次", *(f"{kind}，毫秒" for kind in kinds)]
    lines = [head, ["---"] * len(head)]
    for row in rows:
        times = [f"{row.queries[kind][1]:g}（{row.queries[kind][0]:g}；{row.queries[kind][2]:g}）" for kind in kinds]
        speed = f"{row.sections / row.seconds:,.0f}"
        lines.append([row.engine, f"{row.sections:,}", speed, f"{row.cpu_seconds:,.0f}", f"{row.disk_mb:,.0f}"])
        spread = [f"{median:.0f}（{worst:.0f}）" for median, worst in (row.spread[:2], row.spread[2:])]
        lines[-1] += [f"{row.memory_mb:,.0f}", f"{row.changed_seconds:.1f}", *spread, *times]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def plan(rows: Sequence[Row]) -> str:
    """Compute what 10 and 100 million sections need: to store and to index, by what every further section cost; to search, as
    much for each section as at the largest size, by the kind of query that takes longest: by how much it grows is less than
    sizes differ by chance. What several shards and nodes cost beside (`shards.py`) is left out.
    """
    kilobytes = 1000 * grown(rows, "opensearch", lambda row: row.disk_mb)
    index_cpu = grown(rows, "opensearch", lambda row: row.cpu_seconds)
    last = [row for row in rows if row.engine == "opensearch"][-1]
    slowest = max(times[0] for times in last.queries.values())
    waits, search_cpu = (each / 1000 / last.sections for each in (slowest, last.search_cpu_ms))
    lines = [
        ["节", "主分片", "占盘（含副本和余量）", "数据节点", "建一次索引，照这里的速度", "租用，元/小时"],
        ["---"] * 6,
    ]
    for sections in (10_000_000, 100_000_000):
        gigabytes = sections * kilobytes / 1e6
        shards = math.ceil(max(gigabytes / SHARD_GB, sections * waits / LONGEST))
        disk = gigabytes * (1 + REPLICAS) * HEADROOM
        by_need = {
            "盘": disk / NODE_DISK_GB,
            "内存": gigabytes * (1 + REPLICAS) / (NODE_GB / 2),
            "处理器": SEARCHES * sections * search_cpu / BUSY / NODE_CORES,
        }
        need = max(by_need, key=lambda name: by_need[name])
        nodes = max(3, math.ceil(by_need[need]))
        shards = max(shards, nodes)  # a node without one would have nothing to do
        hours = sections / (last.sections / last.seconds) / 3600
        told = f"{nodes} 台（{need}决定）" if nodes > 3 else "3 台（少于 3 台经不起坏一台）"
        lines.append([f"{sections:,}", f"{shards}", f"{disk:,.0f} GB", told, f"{hours:.0f} 小时"])
        lines[-1].append(f"{nodes * NODE_YUAN:,.0f}")
    constants = (
        f"OpenSearch 每多一节：占盘 {kilobytes:.2f} KB，建索引 {1000 * index_cpu:.2f} 处理器毫秒；"
        f"一次检索每一百万节 {1e6 * search_cpu * 1000:.0f} 处理器毫秒，最慢的一种 {1e6 * waits * 1000:.0f} 毫秒。"
    )
    table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    return f"{crossing(rows)}\n\n{constants}\n\n{table}\n"


def crossing(rows: Sequence[Row]) -> str:
    """Say where a query that is new takes as long in one as in the other, and how far one machine reaches."""
    embedded, cluster = (1e6 * grown(rows, engine, new) for engine in COLOURS)
    last = {row.engine: row for row in rows}
    ahead = new(last["opensearch"]) - new(last["embedded"])
    met = []
    for shards in SPREAD:
        gained = embedded - cluster / shards
        meets = last["embedded"].sections / 1e6 + ahead / gained if gained > 0 else None
        met.append(f"{shards} 片{f'约 {meets:.1f} 百万节' if meets else '不相交'}")
    megabytes = 1e6 * grown(rows, "embedded", lambda row: row.memory_mb)
    reach = NODE_GB * 1000 / 2 / (WORKERS * megabytes)
    return (
        f"没有问过的查询，每多一百万节，本机引擎慢 {embedded:.0f} 毫秒，集群的一个分片慢 {cluster:.0f} 毫秒，几个分片各有处理器时分着慢。"
        f"按直线外推，一样快的地方：{'，'.join(met)}。\n\n"
        f"本机引擎每多一百万节，每个进程多占内存 {megabytes:,.0f} MB：一台 {NODE_GB} GB 的机器"
        f"（{WORKERS} 个进程用一半）约到 {reach:.0f} 百万节。"
    )


def new(row: Row) -> float:
    """Return how long a query takes that was not asked before, in ms, as a median over kinds of queries."""
    return statistics.median(times[0] for times in row.queries.values())


def again(row: Row) -> float:
    """Return how long a query takes that was asked before."""
    return statistics.median(times[1] for times in row.queries.values())


def grown(rows: Sequence[Row], engine: str, value: Callable[[Row], float]) -> float:
    """Return by how much a figure grows with each section: least squares, but for the first size, while the JVM warms up."""
    _, *others = [row for row in rows if row.engine == engine]
    slope, _ = np.polyfit([row.sections for row in others], [value(row) for row in others], 1)
    return float(slope)


WIDTH, HEIGHT, MARGIN = 640, 360, 56
COLOURS = {"embedded": "#b3261e", "opensearch": "#0b57d0"}
NAMES = {"embedded": "本机引擎", "opensearch": "OpenSearch"}


def picture(rows: Sequence[Row]) -> str:
    """Draw what a query takes over the number of sections, new ones in full lines, others dashed; both logarithmic."""
    lines = [(engine, value) for engine in COLOURS for value in (new, again)]
    points = [[(row.sections, value(row)) for row in rows if row.engine == engine] for engine, value in lines]
    across = _scale([x for line in points for x, _ in line], MARGIN, WIDTH - MARGIN)
    upward = _scale([y for line in points for _, y in line], HEIGHT - MARGIN, MARGIN)
    parts = [
        f'<text x="{MARGIN}" y="24">一次检索的毫秒数（各种查询的中位数，对数；实线：第一次问，虚线：再问一次）</text>'
    ]
    parts += [_text(across(row.sections), HEIGHT - 20, f"{row.sections:,} 节", "#000") for row in rows[::2]]
    for (engine, value), line in zip(lines, points, strict=True):
        placed = [(across(x), upward(y)) for x, y in line]
        joined = " ".join(f"{x:.0f},{y:.0f}" for x, y in placed)
        dashes = ' stroke-dasharray="5 4"' if value is again else ""
        parts.append(f'<polyline points="{joined}" fill="none" stroke="{COLOURS[engine]}" stroke-width="2"{dashes}/>')
        for (x, y), (_, milliseconds) in zip(placed, line, strict=True):
            parts.append(f'<circle cx="{x:.0f}" cy="{y:.0f}" r="3" fill="{COLOURS[engine]}"/>')
            parts.append(_text(x, y - 8, f"{milliseconds:.1f}", COLOURS[engine]))
    for place, engine in enumerate(COLOURS):
        parts.append(_text(MARGIN + 30 + 90 * place, 44, NAMES[engine], COLOURS[engine]))
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="12">'
    return "\n".join([head, '<rect width="100%" height="100%" fill="#fff"/>', *parts, "</svg>"]) + "\n"


def _text(x: float, y: float, text: str, colour: str) -> str:
    return f'<text x="{x:.0f}" y="{y:.0f}" text-anchor="middle" fill="{colour}">{text}</text>'


def _scale(values: Sequence[float], start: float, end: float) -> Callable[[float], float]:
    low, high = math.log(min(values)), math.log(max(values))
    return lambda value: start + (end - start) * (math.log(value) - low) / ((high - low) or 1)


if __name__ == "__main__":
    main()
