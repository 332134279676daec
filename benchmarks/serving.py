"""Searches over HTTP: one client after another question, then 50 at once, against `kb serve` on loopback.

    python benchmarks/serving.py --place DIR [--clients N] [--seconds N] [--json]

DIR is what `benchmarks/search.py --place DIR` left. The 300 queries of that benchmark are asked of the page of results and of the
JSON interface. Each client has an address of its own, as in a network, and runs on the same processors as the server; memory is
that of all its processes together.
"""

from __future__ import annotations

import argparse
import http.client
import json
import multiprocessing
import re
import subprocess
import sys
import time
from itertools import cycle, islice
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import urlencode

import numpy as np
from rich.console import Console
from rich.table import Table
from search import QUESTIONS, passages_of, queries

from kb.corpus.folder import Corpus

PATHS = {"网页": "/search", "JSON": "/api/v1/search"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--place", type=Path, required=True, metavar="DIR", help="where search.py kept corpus and index"
    )
    parser.add_argument("--clients", type=int, default=50, metavar="N", help="clients at once (50)")
    parser.add_argument("--seconds", type=float, default=15, metavar="N", help="for how long (15)")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of a table")
    given = parser.parse_args()
    if not QUESTIONS.is_file():
        print(f"跳过：没有 {QUESTIONS}。这项测量需要其中的问题。", file=sys.stderr)
        return
    asked = [urlencode({"q": each.query}) for each in queries(list(passages_of(Corpus(given.place / "corpus"))))]
    (given.place / "kb.toml").touch()
    command = [sys.executable, "-m", "kb", "serve", "--port", "0"]
    with subprocess.Popen(command, cwd=given.place, stderr=subprocess.PIPE, text=True) as server:
        try:
            assert server.stderr
            port = int(re.findall(r":(\d+)/", server.stderr.readline())[0])
            Thread(target=server.stderr.read, daemon=True).start()  # what it says must not fill the pipe
            report = {name: measured(port, path, asked, given.clients, given.seconds) for name, path in PATHS.items()}
            report["服务器内存，MB"] = memory(server.pid)
        finally:
            server.terminate()
    print(json.dumps(report, ensure_ascii=False, indent=1)) if given.json else _print(report)


def measured(port: int, path: str, asked: list[str], clients: int, seconds: float) -> dict[str, float]:
    _timed(port, path, asked, 0, None)  # each process of the server has opened the index and answered
    _timed(port, path, asked, 0, None)
    alone = _timed(port, path, asked, 0, None)
    context = multiprocessing.get_context("spawn")
    receiving, sending = context.Pipe(duplex=False)
    process = context.Process(target=_crowd, args=(sending, port, path, asked, clients, seconds))
    process.start()
    together = receiving.recv()
    process.join()
    return {
        "一个客户，中位毫秒": float(np.median(alone)),
        "一个客户，p99": float(np.percentile(alone, 99)),
        f"{clients} 个客户，次/秒": len(together) / seconds,
        f"{clients} 个客户，中位毫秒": float(np.median(together)),
        f"{clients} 个客户，p99": float(np.percentile(together, 99)),
    }


def _crowd(sending: Any, port: int, path: str, asked: list[str], clients: int, seconds: float) -> None:
    taken: list[list[float]] = [[] for _ in range(clients)]
    until = time.perf_counter() + seconds

    def ask(number: int) -> None:
        taken[number] = _timed(port, path, asked, number * 7, until, number)

    threads = [Thread(target=ask, args=(number,)) for number in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sending.send([each for times in taken for each in times])


def _timed(port: int, path: str, asked: list[str], first: int, until: float | None, client: int = 0) -> list[float]:
    """Ask one query after the other, each once, or again and again `until` a moment; return the milliseconds of each."""
    connection = http.client.HTTPConnection("127.0.0.1", port, source_address=(f"127.0.0.{client + 1}", 0))
    times: list[float] = []
    for query in islice(cycle(asked), first, None if until else first + len(asked)):
        started = time.perf_counter()
        if until and started > until:
            break
        connection.request("GET", f"{path}?{query}", headers={"Accept-Encoding": "gzip"})
        answer = connection.getresponse()
        answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{path}?{query}: {answer.status}")
        times.append((time.perf_counter() - started) * 1000)
    connection.close()
    return times


def memory(server: int) -> float:
    """Return the memory of a process and its children in MB, shared pages counted once (PSS)."""
    children = Path(f"/proc/{server}/task/{server}/children").read_text().split()
    rolled = (Path(f"/proc/{process}/smaps_rollup").read_text() for process in (server, *children))
    return sum(int(found) for text in rolled for found in re.findall(r"^Pss:\s+(\d+)", text, re.MULTILINE)) / 1024


def _print(report: dict[str, Any]) -> None:
    table = Table(title=f"HTTP；服务器内存 {report.pop('服务器内存，MB'):,.0f} MB", title_justify="left")
    for column in ("", *next(iter(report.values()))):
        table.add_column(column, justify="right" if column else "left")
    for name, numbers in report.items():
        table.add_row(name, *(f"{number:,.1f}" for number in numbers.values()))
    Console(width=130).print(table)


if __name__ == "__main__":
    main()
