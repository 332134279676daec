"""How time, memory and disk grow with the corpus: the laws, repeated with changed text, to 600,000 sections.

    python benchmarks/growth.py [--laws FOLDER] [--sizes 10000,50000,…] [--picture FILE] [--json]

For each size, in a process of its own: index from nothing, open, ask the 300 queries of `benchmarks/search.py` twice, change 100
documents and ask for the last of them. What is named 处理器 is time of the processors, which other tasks on the machine do not
lengthen. A repeated law has about every thirtieth character exchanged, the same way throughout one
repetition, so that its words and pairs are partly others.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import multiprocessing
import os
import random
import resource
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from indexing import ARCHIVE, _size, _unpacked
from rich.console import Console
from rich.table import Table
from search import QUESTIONS, passages_of, queries

from kb.base.model import Document, Section
from kb.config import settings
from kb.corpus.folder import Corpus
from kb.ingest import pipeline
from kb.search.contract.engine import Engine
from kb.search.open.engines import open_engine

SIZES = (10_000, 50_000, 151_000, 300_000, 600_000)
CHANGED = 100
_SHARE = 30


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--laws", type=Path, metavar="FOLDER", help="a folder of laws, instead of the archive")
    parser.add_argument("--sizes", default=",".join(map(str, SIZES)), metavar="N,N", help="numbers of sections")
    parser.add_argument("--picture", type=Path, metavar="FILE", help="also draw an SVG")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of a table")
    given = parser.parse_args()
    if not QUESTIONS.is_file() or not (given.laws or ARCHIVE.is_file()):
        print(f"跳过：没有 {ARCHIVE.parent}。这项测量需要其中的法律文本和问题。", file=sys.stderr)
        return
    with tempfile.TemporaryDirectory(prefix="kb-growth-") as folder:
        scratch = Path(folder)
        corpus = Corpus(scratch / "corpus")
        pipeline.ingest([given.laws or _unpacked(scratch)], corpus, settings.load(None, scratch))
        rows = [_in_a_process(scratch, int(size)) for size in given.sizes.split(",")]
    if given.picture:
        given.picture.write_text(picture(rows), encoding="utf-8")
    print(json.dumps(rows, ensure_ascii=False, indent=1)) if given.json else _print(rows)


class Repeated:
    """A source of `size` sections: the documents of a corpus, then the same with changed text, as often as it takes."""

    def __init__(self, corpus: Corpus, size: int) -> None:
        self.corpus = corpus
        self.touched: dict[str, int] = {}
        self.keys = list(_enough(corpus, size))

    def fingerprints(self) -> Mapping[str, str]:
        return {key: str(self.touched.get(key, 0)) for key in self.keys}

    def read(self, key: str, /) -> Document:
        id, _, repetition = key.rpartition("~")
        document = self.corpus.read(id)
        table = _exchanged(int(repetition))
        changed = dataclasses.replace(
            document, id=key, sections=tuple(_with(table, each) for each in document.sections)
        )
        if key not in self.touched:
            return changed
        first, *others = changed.sections
        told = dataclasses.replace(first, text=f"{first.text}改动{key}\n")
        return dataclasses.replace(changed, sections=(told, *others))


def _enough(corpus: Corpus, size: int) -> Iterator[str]:
    counts = [(document.id, sum(1 for _ in document.walk())) for document in corpus.documents()]
    random.Random(3).shuffle(counts)
    sections = 0
    for repetition in range(1 + size // sum(count for _, count in counts)):
        for id, count in counts:
            if sections >= size:
                return
            sections += count
            yield f"{id}~{repetition}"


def _exchanged(repetition: int) -> dict[int, str]:
    """Exchange some characters for others, in another way for each repetition; the first is left as it is."""
    draw, characters = random.Random(repetition), range(0x4E00, 0x9FA6)
    return (
        {code: chr(draw.choice(characters)) for code in draw.sample(characters, len(characters) // _SHARE)}
        if repetition
        else {}
    )


def _with(table: dict[int, str], section: Section) -> Section:
    children = tuple(_with(table, child) for child in section.children)
    return dataclasses.replace(section, text=section.text.translate(table), children=children, parts=())


def _in_a_process(scratch: Path, size: int) -> dict[str, float]:
    context = multiprocessing.get_context("spawn")
    receiving, sending = context.Pipe(duplex=False)
    process = context.Process(target=_measure, args=(sending, scratch, size))
    process.start()
    row: dict[str, float] = receiving.recv()
    process.join()
    return row


def _measure(sending: Any, scratch: Path, size: int) -> None:
    source = Repeated(Corpus(scratch / "corpus"), size)
    index = scratch / f"index-{size}"
    started = time.perf_counter()
    open_engine(index).update(source)
    indexed, worked = time.perf_counter() - started, sum(os.times()[:4])
    began = time.process_time()
    engine = open_engine(index)
    engine.search("行政复议")
    first = time.process_time() - began
    asked = [each.query for each in queries(list(passages_of(source.corpus)))]
    cold, warm = _asked(engine, asked), _asked(engine, asked)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    sending.send(
        {
            "节": engine.stats().sections,
            "文件": engine.stats().documents,
            "建索引，秒": indexed,
            "建索引，处理器秒": worked,
            "占盘，MB": _size(max(index.glob("gen-*"))) / 1e6,
            "打开并答第一个查询，处理器毫秒": first * 1000,
            "第一遍中位，处理器毫秒": float(np.median(cold)),
            "第一遍 p99": float(np.percentile(cold, 99)),
            "以后中位，处理器毫秒": float(np.median(warm)),
            "以后 p99": float(np.percentile(warm, 99)),
            f"{CHANGED} 份改动可检索，秒": _changed(engine, source),
            "内存峰值，MB": memory,
        }
    )


def _asked(engine: Engine, queries: list[str]) -> list[float]:
    times = []
    for query in queries:
        began = time.process_time()
        engine.search(query, 10)
        times.append((time.process_time() - began) * 1000)
    return times


def _changed(engine: Engine, source: Repeated) -> float:
    """Return the seconds from a change of documents until the last of them is found."""
    keys = random.Random(5).sample(source.keys, CHANGED)
    source.touched = dict.fromkeys(keys, 1)
    started = time.perf_counter()
    engine.update(source)
    assert engine.search(f'"改动{keys[-1]}"').total == 1
    return time.perf_counter() - started


def picture(rows: list[dict[str, float]]) -> str:
    """Draw what grows over the number of sections, each in parts of what it is at the largest size."""
    drawn = ("建索引，处理器秒", "占盘，MB", "内存峰值，MB", "以后中位，处理器毫秒", "以后 p99")
    colours = ("#8c2f2b", "#1d4f86", "#a04a00", "#3d7a3d", "#6b4a8a")
    width, height, left, below = 640, 360, 50, 40
    most = max(row["节"] for row in rows)
    lines = []
    for place, (name, colour) in enumerate(zip(drawn, colours, strict=True)):
        largest = max(row[name] for row in rows)
        points = [
            (
                left + row["节"] / most * (width - left - 150),
                height - below - row[name] / largest * (height - below - 20),
            )
            for row in rows
        ]
        path = " ".join(f"{x:.0f},{y:.0f}" for x, y in points)
        lines.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        lines.append(f'<text x="{width - 140}" y="{30 + 20 * place}" fill="{colour}">{name}：{largest:,.1f}</text>')
    ticks = [
        f'<text x="{left + row["节"] / most * (width - left - 150):.0f}" y="{height - 15}" text-anchor="middle">{row["节"] / 1000:,.0f} 千节</text>'
        for row in rows[1:]
    ]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="12" role="img">'
        "<title>随节数增长：各项在最大规模时的值为满格</title>"
        f'<rect width="{width}" height="{height}" fill="#fff"/>'
        f'<path d="M{left} 20V{height - below}H{width - 150}" fill="none" stroke="#888"/>'
        + "".join((*lines, *ticks))
        + "</svg>\n"
    )


def _print(rows: list[dict[str, float]]) -> None:
    table = Table(title="随语料库增长", title_justify="left")
    for name in ("", *(f"{row['节']:,.0f} 节" for row in rows)):
        table.add_column(name, justify="right" if name else "left")
    for name in [name for name in rows[0] if name != "节"]:
        table.add_row(name, *(f"{row[name]:,.1f}" for row in rows))
    Console(width=120).print(table)


if __name__ == "__main__":
    main()
