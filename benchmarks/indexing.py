"""Ingest and index speed over the laws, side by side with Whoosh as usually written.

    python benchmarks/indexing.py [--sample N] [--laws FOLDER] [--json]

Takes the statutes of ../shared/data/laws.tar.xz (or a folder of them) and runs one after the other, each in a process of
its own, from nothing: kb ingest, kb index, and an index by Whoosh with three TEXT fields (title, headings, text) and
jieba's ChineseAnalyzer. Both indexes read the same documents from the same corpus, that time included.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import resource
import shutil
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

ARCHIVE = Path(__file__).parents[2] / "shared" / "data" / "laws.tar.xz"
Measured = dict[str, Any]


def ingest(inbox: Path, scratch: Path) -> dict[str, int]:
    from kb.config import settings
    from kb.corpus.folder import Corpus
    from kb.ingest import pipeline

    pipeline.ingest([inbox], Corpus(scratch / "corpus"), settings.load(None, scratch))
    return {"bytes on disk": _size(scratch / "corpus")}


def kb_index(_: Path, scratch: Path) -> dict[str, int]:
    from kb.corpus.folder import Corpus
    from kb.search.open.engines import open_engine

    open_engine(scratch / "index").update(Corpus(scratch / "corpus"))
    return {"bytes on disk": _size(scratch / "index")}


def usual_index(_: Path, scratch: Path) -> dict[str, int]:
    import jieba
    from jieba.analyse import ChineseAnalyzer
    from whoosh.fields import ID, TEXT, Schema
    from whoosh.index import create_in

    from kb.corpus.folder import Corpus

    jieba.setLogLevel("ERROR")
    jieba.dt.tmp_dir = str(scratch)  # a private place for its cached dictionary
    text = TEXT(stored=True, analyzer=ChineseAnalyzer())
    (scratch / "usual").mkdir()
    writer = create_in(scratch / "usual", Schema(id=ID(stored=True), title=text, path=text, text=text)).writer()
    for document in Corpus(scratch / "corpus").documents():
        for ancestors, section in document.paths():
            path = " ".join(part.label for part in (*ancestors, section))
            writer.add_document(
                id=f"{document.id}#{section.anchor}", title=document.metadata.title, path=path, text=section.text
            )
    writer.commit()
    return {"bytes on disk": _size(scratch / "usual")}


STEPS: dict[str, Callable[[Path, Path], dict[str, int]]] = {
    "kb ingest": ingest,
    "kb index": kb_index,
    "Whoosh as usually written": usual_index,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sample", type=int, metavar="N", help="take only N laws, spread over all")
    parser.add_argument("--laws", type=Path, metavar="FOLDER", help="a folder of laws, instead of the archive")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of a table")
    given = parser.parse_args()
    if given.laws is None and not ARCHIVE.is_file():
        print(f"跳过：没有 {ARCHIVE}。这项测量需要其中的法律文本（或用 --laws 指定一个文件夹）。", file=sys.stderr)
        return
    with tempfile.TemporaryDirectory(prefix="kb-benchmark-") as folder:
        scratch = Path(folder)
        inbox = _chosen(given.laws or _unpacked(scratch), scratch, given.sample)
        measured = {name: _measure(name, inbox, scratch) for name in STEPS}
        corpus = _corpus_numbers(scratch / "corpus")
    report = {"corpus": corpus, "processors": len(os.sched_getaffinity(0)), "steps": _rates(measured, corpus)}
    print(json.dumps(report, ensure_ascii=False, indent=1)) if given.json else _print(report)


def _unpacked(scratch: Path) -> Path:
    with tarfile.open(ARCHIVE) as archive:
        archive.extractall(scratch / "laws", filter="data")
    return scratch / "laws"


def _chosen(laws: Path, scratch: Path, sample: int | None) -> Path:
    """Copy the laws, or some spread evenly over all, into a folder to ingest."""
    files = sorted(path for path in laws.rglob("*.md") if path.parent != laws)
    for path in files if sample is None else files[:: max(1, len(files) // sample)][:sample]:
        target = scratch / "inbox" / path.relative_to(laws)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
    return scratch / "inbox"


def _measure(name: str, inbox: Path, scratch: Path) -> Measured:
    """Run a step in a fresh process; its seconds, and the peak memory of it and of its own processes together."""
    context = multiprocessing.get_context("spawn")
    receiving, sending = context.Pipe(duplex=False)
    process = context.Process(target=_run, args=(name, inbox, scratch, sending))
    process.start()
    sending.close()
    measured: Measured = receiving.recv()
    process.join()
    return measured


def _run(name: str, inbox: Path, scratch: Path, sending: Any) -> None:
    started = time.perf_counter()
    measured: Measured = dict(STEPS[name](inbox, scratch))
    measured["seconds"] = time.perf_counter() - started
    own, children = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    measured["cpu seconds"] = own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime
    # The kernel keeps the largest child's peak only; there is one child for each processor at most.
    measured["peak MB"] = (own.ru_maxrss + len(os.sched_getaffinity(0)) * children.ru_maxrss) / 1024
    sending.send(measured)


def _corpus_numbers(corpus: Path) -> dict[str, int]:
    from kb.corpus.folder import Corpus

    documents = sections = characters = 0
    for document in Corpus(corpus).documents():
        documents += 1
        sections += sum(1 for _ in document.walk())
        characters += len(document.text)
    return {"documents": documents, "sections": sections, "characters": characters}


def _rates(measured: dict[str, Measured], corpus: dict[str, int]) -> dict[str, Measured]:
    usual = measured["Whoosh as usually written"]
    for step in measured.values():
        step |= {f"{what}/s": number / step["seconds"] for what, number in corpus.items()}
        step["speed, usual = 1"] = usual["seconds"] / step["seconds"]
        step["size, usual = 1"] = step["bytes on disk"] / usual["bytes on disk"]
    return measured


def _print(report: dict[str, Any]) -> None:
    numbers = ", ".join(f"{number:,} {what}" for what, number in report["corpus"].items())
    table = Table(title=f"{numbers}; {report['processors']} processors", title_justify="left")
    for column in ("", *report["steps"]):
        table.add_column(column, justify="left" if not column else "right")
    for row in next(iter(report["steps"].values())):
        ratio = row.endswith("= 1")
        cells = [f"{step[row]:,.{2 if ratio else 0}f}" for step in report["steps"].values()]
        table.add_row(row, *(["", *cells[1:]] if ratio else cells))
    Console(width=110).print(table)


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


if __name__ == "__main__":
    main()
