"""How fast the pages are: the server's time, what crosses the network, and in a browser paint, shifts, tasks, scrolling.

`python benchmarks/pages.py [SETTINGS]` measures over the corpus and index that a kb.toml names; without one, over the laws
of ../shared/data, which it ingests and indexes first (a few minutes). Needs Debian's chromium.
"""

from __future__ import annotations

import json
import shutil
import statistics
import sys
import tarfile
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from waitress import create_server

from kb.config.settings import Settings, load
from kb.corpus.folder import Corpus
from kb.ingest.pipeline import ingest
from kb.search.open.engines import open_engine
from kb.web.site.app import create_app

ROOT = Path(__file__).parents[1]
LAWS = ROOT.parent / "shared" / "data" / "laws.tar.xz"
BOOKS = ("总则", "物权编", "合同编", "人格权编", "婚姻家庭编", "继承编", "侵权责任编", "附则")
PAGES = (
    "/",
    "/search?q=行政复议",
    "/documents",
    "/d/haojiang-2021-report?q=行政复议#1-3-2",
    "/d/民法典?q=合同#art-470",
    "/d/民法典/cite?anchor=art-470",
    "/d/行政复议法/compare",
    "/parallel",
    "/cite-check",
    "/stale-basis",
    "/status",
    "/d/民法典/nowhere",
)
SIZES = {"电脑": (1280, 900), "手机": (390, 844)}
WATCH = """
window.seen = {paint: 0, shift: 0, tasks: []};
const watch = (type, each) => new PerformanceObserver((list) => list.getEntries().forEach(each)).observe({type, buffered: true});
watch("largest-contentful-paint", (entry) => { seen.paint = entry.startTime; });
watch("layout-shift", (entry) => { if (!entry.hadRecentInput) seen.shift += entry.value; });
watch("longtask", (entry) => { seen.tasks.push(Math.round(entry.duration)); });
"""
SCROLL = """
const done = arguments[0];
let frames = 0, worst = 0, last = performance.now();
requestAnimationFrame(function step(now) {
  worst = Math.max(worst, now - last); last = now; frames += 1;
  scrollBy(0, 400);
  if (frames < 120) requestAnimationFrame(step); else setTimeout(() => done(Math.round(worst)), 200);
});
"""


def main() -> None:
    if len(sys.argv) > 1:
        measure(load(Path(sys.argv[1])))
    elif not LAWS.is_file():
        print(f"没有 {LAWS}：请给出一个 kb.toml 的路径。")
    else:
        with tempfile.TemporaryDirectory() as folder:
            measure(prepared(Path(folder)))


def prepared(folder: Path) -> Settings:
    """A corpus of the bundled report and all laws, with 民法典 put together from its books."""
    chosen = Settings(folder / "corpus", folder / "index", "127.0.0.1", 0, 50_000_000, 60)
    shutil.copytree(ROOT / "corpus", chosen.corpus)
    with tarfile.open(LAWS) as tar:
        tar.extractall(folder / "laws", filter="data")
    bodies = [(folder / "laws" / "民法典" / f"{book}.md").read_text(encoding="utf-8") for book in BOOKS]
    parts = [
        f"## {book}\n" + body.partition("INFO END -->")[2].replace("\n#", "\n##")
        for book, body in zip(BOOKS, bodies, strict=True)
    ]
    whole = folder / "民法典.md"
    whole.write_text("# 中华人民共和国民法典\n\n<!-- INFO END -->\n\n" + "\n\n".join(parts), encoding="utf-8")
    ingest([folder / "laws", whole], Corpus(chosen.corpus), chosen, "laws")
    open_engine(chosen.index).update(Corpus(chosen.corpus))
    return chosen


def measure(settings: Settings) -> None:
    app = create_app(settings)
    print(
        "| 页面 | 服务器，处理器毫秒（第一次） | 第一次打开的传输，KB | 窗口 | 最大绘制，毫秒 | 布局移动 | 长任务，毫秒 | 滚动最慢一帧，毫秒 |"
    )
    print("|---|---|---|---|---|---|---|---|")
    with served(app) as address, browser() as chrome:
        look(chrome, address, SIZES["电脑"])  # a browser's first page also pays for its start
        for page in PAGES:
            first, server = server_time(app, page)
            for name, size in SIZES.items():
                seen = look(chrome, address + page, size)
                figures = (f"{server:.0f}（{first:.0f}）", f"{seen['sent'] / 1000:.0f}", name, f"{seen['paint']:.0f}")
                last = (f"{seen['shift']:.3f}", "、".join(map(str, seen["tasks"])) or "无", str(seen["worst"]))
                print(f"| `{page}` | {' | '.join((*figures, *last))} |")


def server_time(app: object, page: str) -> tuple[float, float]:
    """The processor's milliseconds for a page, compressed: the first time, and the median of 11 others.

    Other work on the machine does not count.
    """
    client, times = app.test_client(), []  # type: ignore[attr-defined]
    for _ in range(12):
        started = time.process_time()
        answer = client.get(page.partition("#")[0], headers={"Accept-Encoding": "gzip"})
        times.append((time.process_time() - started) * 1000)
        assert answer.status_code in (200, 404), page
    return times[0], statistics.median(times[1:])


def look(chrome: webdriver.Chrome, url: str, size: tuple[int, int]) -> dict[str, float | list[int]]:
    """Open a page with an empty cache, then scroll it."""
    metrics = {"width": size[0], "height": size[1], "deviceScaleFactor": 1, "mobile": size[0] < 500}
    chrome.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    chrome.get("about:blank")
    chrome.execute_cdp_cmd("Network.clearBrowserCache", {})
    chrome.get_log("performance")
    chrome.get(url)
    time.sleep(1)
    loaded = (json.loads(entry["message"])["message"] for entry in chrome.get_log("performance"))
    sent = sum(each["params"]["encodedDataLength"] for each in loaded if each["method"] == "Network.loadingFinished")
    worst = chrome.execute_async_script(SCROLL)
    return {**chrome.execute_script("return seen"), "sent": sent, "worst": worst}


@contextmanager
def served(app: object) -> Iterator[str]:
    server = create_server(app, host="127.0.0.1", port=0, threads=4, asyncore_use_poll=True)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.effective_port}"
    server.close()
    thread.join(timeout=10)


@contextmanager
def browser() -> Iterator[webdriver.Chrome]:
    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium") or ""
    options.set_capability("goog:loggingPrefs", {"performance": "ALL"})
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        for flag in ("headless=new", "no-sandbox", "disable-gpu", f"user-data-dir={profile}"):
            options.add_argument(f"--{flag}")
        chrome = webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))
        chrome.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": WATCH})
        yield chrome
        chrome.quit()


if __name__ == "__main__":
    main()
