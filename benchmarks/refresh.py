"""Refresh speed against a site on loopback, side by side with fetching alone and with Scrapy.

    python benchmarks/refresh.py [--posts N] [--delay SECONDS] [--json]        (needs the extra: pip install -e .[bench])

A site of N generated posts (20,000) runs in a process of its own, and so does each step, one after the other:
a first fill by kb (fetched, stored, indexed); the same pages and attachments by httpx in a loop, thrown away; by Scrapy,
as one would write it, into a JSON Lines file; then, by kb, a refresh with nothing new and one with 100 new posts.
All ask one request at a time with the same delay and obey robots.txt; httpx alone does not ask for it.
"""

from __future__ import annotations

import argparse
import itertools
import json
import multiprocessing
import os
import resource
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).parents[1]
NEWS = 100
Measured = dict[str, Any]


def kb(url: str, scratch: Path, delay: float) -> Measured:
    """Refresh once; `requests` are those that went out, `fetched MB` the peak before the index was begun."""
    from kb.config.settings import load
    from kb.config.sources import Source
    from kb.corpus.folder import Corpus
    from kb.fetch.network.transport import Transport
    from kb.search.open.engines import open_engine
    from kb.upkeep.refresh import refresh

    requests, send = [0], Transport.send

    def counted(*given: Any) -> Any:
        requests[0] += 1
        return send(*given)

    Transport.send = counted  # type: ignore[method-assign]
    peaks = {}

    def on_progress(*_: object) -> None:
        peaks["at"], peaks["MB"] = time.perf_counter() - started, _own_peak()

    source = Source("shili", "gkmlpt", url, delay=delay, allow_private=True)
    settings = replace(load(folder=scratch), sources=(source,))
    engine = open_engine(settings.index)
    started = time.perf_counter()
    report = refresh((source,), Corpus(settings.corpus), engine, settings, on_progress=on_progress)
    if not report.ok:
        raise SystemExit(f"the refresh failed: {report}")
    fetched = {"fetching, seconds": peaks["at"], "fetching, peak MB": peaks["MB"]}
    return {"requests": requests[0], "news": report.sources["shili"].new, **fetched}


def kb_news(url: str, scratch: Path, delay: float) -> Measured:
    """Refresh, then find a sentence of the newest post; the search belongs to the time."""
    from kb.search.open.engines import open_engine
    from tests.site.content import FIRST_ID, Content

    measured = kb(url, scratch, delay)
    documents = {each.id for each in open_engine(scratch / "index").documents()}
    posts = sum("-a" not in id for id in documents)
    newest = Content(posts).listed()[0]
    sentence = newest.paragraphs[2]
    hits = open_engine(scratch / "index").search(f'"{sentence}"', limit=1000).hits
    if not any(hit.document == f"shili-{FIRST_ID + posts}" for hit in hits):
        raise SystemExit(f"{sentence} is not found")
    return measured


def httpx_loop(url: str, _: Path, delay: float) -> Measured:
    """Ask for the same, one after the other, and keep nothing."""
    import httpx

    requests = 0
    with httpx.Client(timeout=60) as client:

        def get(address: str) -> httpx.Response:
            nonlocal requests
            requests += 1
            time.sleep(delay)
            return client.get(address).raise_for_status()

        sid, seen = _sid(get(f"{url}/gkmlpt/index").text), set[str]()
        for page in itertools.count(1):
            articles = get(f"{url}/gkmlpt/api/all/0?page={page}&sid={sid}").json()["articles"]
            if not articles:
                break
            for article in articles:
                for address in (article["url"], *(each["url"] for each in article["attachment"])):
                    if address not in seen:
                        seen.add(address)
                        _ = get(address).content
    return {"requests": requests}


def scrapy(url: str, scratch: Path, delay: float) -> Measured:
    """The same with a Scrapy spider: bodies by CSS, attachments as bytes, items into a JSON Lines file."""
    from scrapy import Request, Spider
    from scrapy.crawler import CrawlerProcess

    class Platform(Spider):  # type: ignore[misc]
        name = "platform"

        async def start(self) -> Any:
            yield Request(f"{url}/gkmlpt/index", self.parse_index)

        def parse_index(self, response: Any) -> Any:
            yield self.page(_sid(response.text), 1)

        def page(self, sid: str, number: int) -> Any:
            address = f"{url}/gkmlpt/api/all/0?page={number}&sid={sid}"
            return Request(address, self.parse_list, cb_kwargs={"sid": sid, "number": number}, priority=1)

        def parse_list(self, response: Any, sid: str, number: int) -> Any:
            articles = response.json()["articles"]
            if articles:
                yield self.page(sid, number + 1)
            for article in articles:
                yield Request(article["url"], self.parse_post)
                for attachment in article["attachment"]:
                    yield Request(attachment["url"], self.parse_attachment)

        def parse_post(self, response: Any) -> Any:
            yield {
                "url": response.url,
                "title": response.css("title::text").get(),
                "text": "\n".join(response.css("p ::text").getall()),
            }

        def parse_attachment(self, response: Any) -> Any:
            yield {"url": response.url, "bytes": len(response.body)}

    process = CrawlerProcess(
        {
            "CONCURRENT_REQUESTS_PER_DOMAIN": 1,
            "CONCURRENT_REQUESTS": 1,
            "DOWNLOAD_DELAY": delay,
            "ROBOTSTXT_OBEY": True,
            "LOG_LEVEL": "ERROR",
            "TELNETCONSOLE_ENABLED": False,
            "FEEDS": {str(scratch / "items.jsonl"): {"format": "jsonlines", "overwrite": True}},
        }
    )
    crawler = process.create_crawler(Platform)
    process.crawl(crawler)
    process.start()
    return {"requests": crawler.stats.get_value("downloader/request_count")}


def _sid(page: str) -> str:
    return page.partition("SID: '")[2].partition("'")[0]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--posts", type=int, default=20_000, metavar="N", help="posts on the site")
    parser.add_argument(
        "--delay", type=float, default=0.0, metavar="SECONDS", help="pause between two requests, for all"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of a table")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="kb-benchmark-") as folder:
        report = _report(Path(folder), given.posts, given.delay)
    print(json.dumps(report, ensure_ascii=False, indent=1)) if given.json else _print(report)


def _report(scratch: Path, posts: int, delay: float) -> dict[str, Any]:
    port = _free_port()
    with _site(posts, port) as url:
        steps = {
            "kb, first fill": _measure(kb, url, scratch, delay),
            "httpx in a loop": _measure(httpx_loop, url, scratch, delay),
            "Scrapy": _measure(scrapy, url, scratch, delay),
            "kb, nothing new": _measure(kb, url, scratch, delay),
        }
    with _site(posts + NEWS, port) as url:
        steps[f"kb, {NEWS} new"] = _measure(kb_news, url, scratch, delay)
    fill = steps["kb, first fill"]["seconds"]
    for name in ("kb, first fill", "httpx in a loop", "Scrapy"):
        steps[name] |= {"posts/s": posts / steps[name]["seconds"], "time, kb = 1": steps[name]["seconds"] / fill}
    return {"posts": posts, "delay": delay, "processors": len(os.sched_getaffinity(0)), "steps": steps}


@contextmanager
def _site(posts: int, port: int) -> Iterator[str]:
    """The site of tests.site as a process; the same posts at every start, so that more of them are news."""
    command = [sys.executable, "-m", "tests.site", "--posts", str(posts), "--port", str(port)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        try:
            yield process.stdout.readline().strip()
        finally:
            process.kill()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


def _measure(step: Callable[[str, Path, float], Measured], url: str, scratch: Path, delay: float) -> Measured:
    """Run a step in a fresh process; its seconds, and the peak memory of it and of its own processes together."""
    context = multiprocessing.get_context("spawn")
    receiving, sending = context.Pipe(duplex=False)
    process = context.Process(target=_run, args=(step, url, scratch, delay, sending))
    process.start()
    sending.close()
    measured: Measured = receiving.recv()
    process.join()
    return measured


def _run(step: Callable[[str, Path, float], Measured], url: str, scratch: Path, delay: float, sending: Any) -> None:
    sys.path.insert(0, str(ROOT))
    started = time.perf_counter()
    measured = step(url, scratch, delay)
    seconds = time.perf_counter() - started
    own, children = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    cpu = own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime + _used_by_living(os.getpid())
    # The kernel keeps the largest child's peak only; there is one child for each processor at most.
    peak = (own.ru_maxrss + len(os.sched_getaffinity(0)) * children.ru_maxrss) / 1024
    sending.send({"seconds": seconds, "CPU seconds": cpu, "peak MB": peak, **measured})


def _used_by_living(process: int) -> float:
    """Return the processor seconds of all that a process started, directly or not, and that is still there (Linux)."""
    used, started = dict[int, float](), dict[int, list[int]]()
    for file in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = file.read_text().rpartition(")")[2].split()
        except OSError:  # it has ended since
            continue
        started.setdefault(int(fields[1]), []).append(number := int(file.parent.name))
        used[number] = sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")  # its own and its ended children's
    total, left = 0.0, list(started.get(process, ()))
    while left:
        total += used[number := left.pop()]
        left += started.get(number, ())
    return total


def _own_peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _print(report: dict[str, Any]) -> None:
    title = f"{report['posts']:,} posts, delay {report['delay']:g} s; {report['processors']} processors"
    table = Table(title=title, title_justify="left")
    for column in ("", *report["steps"]):
        table.add_column(column, justify="left" if not column else "right")
    for row in report["steps"]["kb, first fill"]:
        cells = [step.get(row) for step in report["steps"].values()]
        table.add_row(row, *("" if cell is None else f"{cell:,.{_digits(row, cell)}f}" for cell in cells))
    Console(width=120).print(table)


def _digits(row: str, value: float) -> int:
    return 0 if row in ("requests", "news") else 2 if value < 10 else 1


if __name__ == "__main__":
    main()
