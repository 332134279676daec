"""Query speed over the laws, side by side with Whoosh as usually written, SQLite FTS5 and Tantivy.

    python benchmarks/search.py [--laws FOLDER] [--place DIR] [--passes N] [--json]

Indexes the sections of ../shared/data/laws.tar.xz with each engine (or uses what --place holds from before), then asks 300
queries: each of all engines in turn, ten hits, pass after pass, so that what else the machine does falls on all alike. The first
pass is told apart: kb then decodes postings and finds the sections of a string, and keeps both, within bounds, for later.
"十个位置" is what the others answer, too: which sections are the best (kb counts all hits and facets with it). "整个回答" adds what a
page of results shows: snippets and highlights.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import chain, product
from pathlib import Path
from typing import Any

import numpy as np
from indexing import ARCHIVE, _unpacked
from peers import PEERS, Asked, Passage
from questions import read_questions
from rich.console import Console
from rich.table import Table

from kb.config import settings
from kb.corpus.folder import Corpus
from kb.ingest import pipeline
from kb.search.open.engines import open_engine
from kb.search.query.conditions import Condition
from kb.search.query.query import parse

QUESTIONS = ARCHIVE.parent / "statute-queries.jsonl"
COMMON = [
    "应当",
    "规定",
    "可以",
    "不得",
    "部门",
    "有关",
    "管理",
    "人民政府",
    "单位",
    "责任",
    "法律",
    "机关",
    "以上",
    "处罚",
    "进行",
    "负责",
    "工作",
    "活动",
    "依法",
    "违反",
]
PLACES = "kb：十个位置"
PERCENTILES = (50, 90, 99, 100)
FIRST = "from pathlib import Path; from kb.search.open.engines import open_engine; from time import perf_counter as now; engine = open_engine(Path({index!r})); start = now(); engine.search('行政复议'); print((now() - start) * 1000)"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--laws", type=Path, metavar="FOLDER", help="a folder of laws, instead of the archive")
    parser.add_argument("--place", type=Path, metavar="DIR", help="keep corpus and indexes here and use them again")
    parser.add_argument("--passes", type=int, default=4, metavar="N", help="how often each query is asked (4)")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of tables")
    given = parser.parse_args()
    if not QUESTIONS.is_file() or not (given.laws or ARCHIVE.is_file()):
        print(f"跳过：没有 {ARCHIVE.parent}。这项测量需要其中的法律文本和问题。", file=sys.stderr)
        return
    with tempfile.TemporaryDirectory(prefix="kb-benchmark-") as scratch:
        place = given.place or Path(scratch)
        engines, built, passages = prepared(place, given.laws or _unpacked(Path(scratch)))
        asked = queries(passages)
        report = {
            "sections": len(passages),
            "queries": len(asked),
            "built in seconds": built,
            "first query of a process, ms": first_query(place / "index"),
            "milliseconds": timed(engines, asked, given.passes),
        }
    print(json.dumps(report, ensure_ascii=False, indent=1)) if given.json else _print(report)


def prepared(place: Path, laws: Path) -> tuple[dict[str, Callable[[Asked], Any]], dict[str, float], list[Passage]]:
    """Build what is not there yet; return what asks each engine, how long building took, and the passages."""
    corpus, engine = Corpus(place / "corpus"), open_engine(place / "index")
    if not (place / "corpus").is_dir():
        pipeline.ingest([laws], corpus, settings.load(None, place))
    built: dict[str, float] = {}
    started = time.perf_counter()
    if engine.update(corpus).added:
        built["kb"] = round(time.perf_counter() - started, 1)
    passages = list(passages_of(corpus))
    asking: dict[str, Callable[[Asked], Any]] = {PLACES: _places(engine), "kb：整个回答": _whole(engine)}
    for kind in PEERS:
        folder = place / kind.__name__
        ready = folder.is_dir()
        folder.mkdir(parents=True, exist_ok=True)
        peer = kind(folder)
        if not ready:
            started = time.perf_counter()
            peer.build(passages)
            built[peer.name] = round(time.perf_counter() - started, 1)
        asking[peer.name] = peer.search
    return asking, built, passages


def passages_of(corpus: Corpus) -> Iterator[Passage]:
    for document in corpus.documents():
        for ancestors, section in document.paths():
            path = "\n".join(part.label for part in (*ancestors, section) if part.label)
            yield Passage(document.metadata.title, path, section.text, document.metadata.kind)


def _places(engine: Any) -> Callable[[Asked], Any]:
    """Ask for what is found, without reading it: the engine's inner half, which no protocol shows."""
    searcher = engine._searcher()

    def ask(asked: Asked) -> list[Any]:
        query = parse(asked.query, _narrowed(asked))
        return list(searcher.page(searcher.find(query), "relevance", asked.offset, asked.offset + 10))

    return ask


def _whole(engine: Any) -> Callable[[Asked], Any]:
    return lambda asked: engine.search(asked.query, 10, asked.offset, conditions=_narrowed(asked))


def _narrowed(asked: Asked) -> tuple[Condition, ...]:
    return (Condition("kind", (asked.kind,), whole=True),) if asked.kind else ()


def queries(passages: list[Passage], seed: int = 7) -> list[Asked]:
    """Draw 300 queries: questions, headings, strings from the text quoted and not, common words, narrowed ones, deep pages."""
    draw = random.Random(seed)
    questions = [asked["query"] for asked in read_questions(QUESTIONS)]
    headings = sorted({line for each in passages for line in each.path.split("\n")[-1:] if 2 <= len(line) <= 6})
    long = [each.text for each in passages if len(each.text) > 60]

    def piece(shortest: int, longest: int) -> str:
        text, length = draw.choice(long), draw.randint(shortest, longest)
        start = draw.randrange(len(text) - length)
        return "".join(text[start : start + length].split()).translate(dict.fromkeys(map(ord, '"“”「」*?')))

    groups = (
        [Asked("问句", query) for query in draw.sample(questions, 60)],
        [Asked("短词", query) for query in draw.sample(headings, 70)],
        [Asked("引号", f'"{piece(4, 20)}"') for _ in range(60)],
        [Asked("常用词", query) for query in COMMON],
        [Asked("半句", piece(6, 12)) for _ in range(30)],
        [Asked("限文种", query, draw.choice(["条例", "法", "规定", "办法"])) for query in draw.sample(headings, 30)],
        [
            Asked("深页", query, offset=draw.choice([50, 100, 200]))
            for query in draw.sample(COMMON + headings[:200], 30)
        ],
    )
    return [asked for asked in chain.from_iterable(groups) if asked.query.strip('"').strip()]


def timed(engines: dict[str, Callable[[Asked], Any]], asked: list[Asked], passes: int) -> dict[str, Any]:
    """Return the percentiles over all queries for each engine, and the median of each group, in milliseconds.

    A query's time is the median of its passes, the first left out.
    """
    taken = {name: np.zeros((passes, len(asked))) for name in engines}
    # kb keeps what its last few queries found: its two rows are not asked the same query one after the other.
    apart = [name for name in engines if name == PLACES], [name for name in engines if name != PLACES]
    for one, names in product(range(passes), apart):
        for place, query in enumerate(asked):
            for name in names:
                started = time.perf_counter()
                engines[name](query)
                taken[name][one, place] = (time.perf_counter() - started) * 1000
    groups = dict.fromkeys(query.group for query in asked)
    report = {}
    for name, times in taken.items():
        medians = np.median(times[1:], axis=0)
        numbers = {f"p{rank}": round(float(np.percentile(medians, rank)), 3) for rank in PERCENTILES}
        numbers |= {f"第一遍 p{rank}": round(float(np.percentile(times[0], rank)), 3) for rank in (50, 99)}
        chosen = {group: [place for place, query in enumerate(asked) if query.group == group] for group in groups}
        report[name] = numbers | {
            group: round(float(np.median(medians[places])), 3) for group, places in chosen.items()
        }
    return report


def first_query(index: Path) -> float:
    """Return how long a fresh process takes to open the index, verify it and answer, the best of three."""
    command = [sys.executable, "-c", FIRST.format(index=str(index))]
    return min(float(subprocess.run(command, capture_output=True, check=True, text=True).stdout) for _ in range(3))


def _print(report: dict[str, Any]) -> None:
    console = Console(width=150)
    console.print(
        f"{report['sections']:,} 节，{report['queries']} 个查询；新进程的第一个查询 {report['first query of a process, ms']:.0f} 毫秒"
    )
    for name, seconds in report["built in seconds"].items():
        console.print(f"建索引 {name}：{seconds} 秒")
    rows = report["milliseconds"]
    table = Table(title="毫秒", title_justify="left")
    for column in ("", *next(iter(rows.values()))):
        table.add_column(column.replace("p100", "最慢"), justify="right" if column else "left")
    for name, numbers in rows.items():
        table.add_row(name, *(f"{number:,.2f}" for number in numbers.values()))
    console.print(table)


if __name__ == "__main__":
    main()
