"""How long the first reader after a start waits, page by page, and what a page costs when the server is warm.

    python benchmarks/first_visits.py --place DIR [--warm] [PATH …]

DIR has a kb.toml, a corpus and an index. `kb serve` is started anew for each page, which is asked for as soon as the address
is told; milliseconds by the clock, and of the processor in all its processes, warming among them, until the answer is there.
With --warm nothing is started: the pages are asked of an application in this process, eleven times after the first.
The load of the machine stands beside it.
"""

from __future__ import annotations

import argparse
import os
import re
import statistics
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

PAGES = (
    "/",
    "/search?q=行政复议",
    "/search?q=行政复议法12",
    "/search?q=被狗咬伤了怎么办",
    "/documents",
    "/d/民法典",
    "/d/民法典/cited-by",
    "/d/民法典/graph",
    "/d/民法典/provenance",
    "/d/行政处罚法",
    "/d/民法典/compare?with=刑法",
    "/d/民事诉讼法/compare",
    "/parallel",
    "/parallel?d=民法典&d=刑法",
    "/parallel?d=民法典&d=刑法&view=figures",
    "/stale-basis",
    "/gaps",
    "/terms?q=行政",
    "/status",
    "/values/issuer",
    "/cite-check",
    "/origins",
    "/follow",
    "/changes.atom",
    "/search.atom?q=行政复议",
    "/api/v1/",
    "/api/v1/search?q=行政复议",
    "/api/v1/changes",
    "/api/v1/documents",
    "/api/v1/documents/民法典",
    "/api/v1/stale-basis",
    "/documents.csv",
    "/d/民法典.md",
    "/d/民法典.json",
    "/d/民法典.akn.xml",
    "/healthz",
    "/metrics",
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--place", type=Path, required=True, metavar="DIR", help="where kb.toml, corpus and index are")
    parser.add_argument("--warm", action="store_true", help="measure the pages of a warm application")
    parser.add_argument("pages", nargs="*", metavar="PATH", help="pages other than the usual ones")
    given = parser.parse_args()
    paths = [quote(page, safe="/?&=.") for page in given.pages or PAGES]
    print("| 页面 | 答 | 毫秒 | 处理器毫秒 | 负载 |\n|---|---|---|---|---|")
    for page, (status, wall, cpu) in warm(given.place, paths) if given.warm else first(given.place, paths):
        print(f"| `{page}` | {status} | {wall:.0f} | {cpu:.0f} | {os.getloadavg()[0]:.1f} |", flush=True)


Measured = tuple[str, tuple[int, float, float]]


def first(place: Path, paths: list[str]) -> Iterator[Measured]:
    yield from ((path, _first(place, path)) for path in paths)


def _first(place: Path, path: str) -> tuple[int, float, float]:
    command = [sys.executable, "-m", "kb", "serve", "--port", "0"]
    with subprocess.Popen(command, cwd=place, stderr=subprocess.PIPE, text=True) as server:
        try:
            assert server.stderr
            while not (found := re.search(r"http://127\.0\.0\.1:\d+", server.stderr.readline())):
                pass
            began, used = time.perf_counter(), _processor(server.pid)
            status = _status(found[0] + path)
            return status, (time.perf_counter() - began) * 1000, _processor(server.pid) - used
        finally:
            server.terminate()


def _status(url: str) -> int:
    try:
        with urllib.request.urlopen(url, timeout=120) as answer:
            answer.read()
            return int(answer.status)
    except urllib.error.HTTPError as refusal:
        return refusal.code


def _processor(pid: int) -> float:
    """Milliseconds of the processor that a process and those it started have taken."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    own = (int(fields[11]) + int(fields[12])) * 1000 / os.sysconf("SC_CLK_TCK")
    return own + sum(_processor(int(child)) for child in children)


def warm(place: Path, paths: list[str]) -> Iterator[Measured]:
    from kb.config.settings import load
    from kb.web.context.library import EXTENSION
    from kb.web.site.app import create_app

    app = create_app(load(folder=place))
    app.extensions[EXTENSION].warm()
    client = app.test_client()
    for path in paths:
        status = client.get(path).status_code
        times = []
        for _ in range(11):
            began, used = time.perf_counter(), time.process_time()
            client.get(path)
            times.append(((time.perf_counter() - began) * 1000, (time.process_time() - used) * 1000))
        walls, cpus = zip(*times, strict=True)
        yield path, (status, statistics.median(walls), statistics.median(cpus))


if __name__ == "__main__":
    main()
