"""A corpus and an index on disk, the application over them, a server on loopback and a browser."""

from __future__ import annotations

import hashlib
import json
import shutil
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from flask import Flask
from flask.testing import FlaskClient
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from waitress import create_server, wasyncore

from kb.base.model import Document, Metadata, Provenance, Repair
from kb.config.settings import Settings
from kb.corpus.folder import Corpus
from kb.fetch.network.pace import Hosts
from kb.search.open.engines import open_engine
from kb.structure import outline
from kb.upkeep.refresh import refresh
from kb.web.site.app import create_app
from tests.ingest.refreshing import Hasty, source
from tests.keeping import keep_in_step
from tests.site import Content, Site, faults
from tests.site.content import Post
from tests.web.driving import DESK, look, scripts
from tests.web.examples import REPORTS

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

BUNDLED = Path(__file__).parents[2] / "corpus"
REPORT = "haojiang-2021-report"
LAW = "示例市示例条例(2020-01-01)"
HOSTILE = "示例公告"
SMALL = 70
"""Small notices in the corpus."""

DOCUMENTS = SMALL + 3 + len(REPORTS)

_LAW = """示例市示例条例
第一章　总则
第一条　为了规范示例行为，制定本条例。
第二条　示例机关应当履行下列职责：
（一）受理示例申请；
（二）办理行政复议事项。
前款所称示例，是指示例。
第二章　附则
第三条　本条例自公布之日起施行。
"""
_HOSTILE = """一、总体情况
示例数据<b>如下</b>：
|项目|数量|
|---|---|
|行政复议|195件 & <i>若干</i>|
二、<script>alert(1)</script>
示例残缺字句。
"""


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings of a corpus with the real report and example documents, indexed. Tests read it only."""
    return example_library(tmp_path_factory.mktemp("web"))


def example_library(folder: Path) -> Settings:
    """Make a corpus with the real report and example documents in a folder, and its index."""
    chosen = Settings(folder / "corpus", folder / "index", "127.0.0.1", 0, 10_000_000, 60)
    shutil.copytree(BUNDLED, chosen.corpus)
    corpus = Corpus(chosen.corpus)
    put(corpus, LAW, _LAW, title="示例市示例条例", issuer="示例市人民代表大会", date="2020-01-01")
    put(
        corpus,
        HOSTILE,
        _HOSTILE,
        title="<script>alert(2)</script>示例公告",
        issuer="示例局",
        date="2019-04-27",
        published="2019-04-30",
        url="javascript:alert(3)",
        found={"title": "supplied", "date": "signature"},
        alternatives={"date": ("2019-04-17",)},
        repairs=(
            Repair("doubtful", _HOSTILE.index("残缺"), "残缺", "殘?"),
            Repair("doubtful", _HOSTILE.index("字句"), "", "€"),
        ),
    )
    for number in range(SMALL):
        put(
            corpus,
            f"示例通知{number:03}",
            f"第{number}号示例通知的内容。\n",
            title=f"示例通知第{number}号",
            date="2018",
        )
    for id, text in REPORTS.items():
        lines = text.splitlines()
        put(corpus, id, text, title=lines[0], issuer=lines[-2], kind="报告", date=f"{id[3:7]}-11-22")
    keep_in_step(chosen)
    return chosen


@dataclass(frozen=True)
class Refreshed:
    """A corpus after two refreshes: ids of the document that `changed`, of the `withdrawn` and of one with an attachment
    (`attached`), the post whose page was `suspicious`, the `newest` one, and the site's address."""

    settings: Settings
    url: str
    changed: str
    withdrawn: str
    attached: str
    suspicious: Post
    newest: Post


@pytest.fixture(scope="session")
def refreshed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Refreshed]:
    """A corpus with the bundled report and two sources, of which one does not answer. Tests read it only."""
    folder = tmp_path_factory.mktemp("refreshed")
    shutil.copytree(BUNDLED, folder / "corpus", ignore=shutil.ignore_patterns(".lock"))
    with Site(Content(posts=8, attached_every=4)) as site:
        sources = (
            source(site.url, title="示例区人民政府"),
            replace(source("http://127.0.0.1:9"), name="si", title="示例停机网站"),
        )
        chosen = Settings(folder / "corpus", folder / "index", "127.0.0.1", 0, 10_000_000, 60, sources=sources)
        corpus, engine = Corpus(chosen.corpus), open_engine(chosen.index)
        refresh(sources[:1], corpus, engine, chosen, hosts=Hosts(Hasty()))
        newest, changed, withdrawn, suspicious = site.content.listed()[:4]
        attached = next(post for post in site.content.listed()[4:] if post.attached)
        site.content.edit(changed)
        site.content.withdraw(withdrawn)
        site.faults.put(suspicious.path, faults.challenge())
        refresh(sources, corpus, engine, chosen, full=True, hosts=Hosts(Hasty()))
        ids = (f"shili-{post.id}" for post in (changed, withdrawn, attached))
        yield Refreshed(chosen, site.url, *ids, suspicious, newest)


def put(corpus: Corpus, id: str, text: str, repairs: tuple[Repair, ...] = (), **metadata: object) -> Document:
    """Write an example document into a corpus."""
    data = text.encode()
    provenance = Provenance(
        f"{id}.txt", hashlib.sha256(data).hexdigest(), "2026-01-02T03:04:05Z", "text/plain", "utf-8", repairs=repairs
    )
    document = Document(id, "examples", Metadata(**metadata), provenance, outline.parse(text))  # type: ignore[arg-type]
    with corpus.writing():
        corpus.write(document, data)
    return document


@pytest.fixture(scope="session")
def corpus(settings: Settings) -> Corpus:
    return Corpus(settings.corpus)


@pytest.fixture(scope="session")
def client(settings: Settings) -> FlaskClient:
    return finishing(create_app(settings)).test_client()


def finishing(app: Flask) -> Flask:
    """Have every answer read to its end and closed, as every server does; a client of tests leaves files open."""
    answer = app.wsgi_app

    def answer_whole(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        body = answer(environ, start)
        try:
            return [b"".join(body)]
        finally:
            getattr(body, "close", lambda: None)()

    app.wsgi_app = answer_whole  # type: ignore[method-assign]
    return app


@pytest.fixture
def empty(tmp_path: Path) -> Settings:
    """Settings of a folder where there is nothing yet."""
    return Settings(tmp_path / "corpus", tmp_path / "index", "127.0.0.1", 0, 10_000_000, 60)


@contextmanager
def served(settings: Settings) -> Iterator[str]:
    """Serve the application over a corpus on loopback; answer its address."""
    sockets: dict[int, wasyncore.dispatcher] = {}
    # With poll, closing the server ends its loop; select would raise over the closed descriptor.
    server = create_server(
        create_app(settings), map=sockets, host="127.0.0.1", port=0, threads=4, asyncore_use_poll=True
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.effective_port}"
    wasyncore.close_all(sockets)  # those that a browser keeps open, too, or the loop would go on
    thread.join(timeout=10)


@pytest.fixture(scope="session")
def address(settings: Settings) -> Iterator[str]:
    """The address of a real server."""
    with served(settings) as url:
        yield url


@pytest.fixture(scope="session")
def chrome(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    """Debian's chromium, without a window."""
    binary, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if not binary or not driver:
        pytest.skip("没有 chromium 或 chromedriver：请先 apt install chromium chromium-driver")
    options = webdriver.ChromeOptions()
    options.binary_location = binary
    options.set_capability("goog:loggingPrefs", {"performance": "ALL"})
    for flag in (
        "headless=new",
        "no-sandbox",
        "disable-gpu",
        "disable-quic",
        "no-first-run",
        "disable-background-networking",
        "disable-component-update",
        "disable-sync",
        f"user-data-dir={tmp_path_factory.mktemp('chromium')}",
    ):
        options.add_argument(f"--{flag}")
    chrome = webdriver.Chrome(options=options, service=Service(driver))
    yield chrome
    chrome.quit()


@pytest.fixture
def browser(chrome: webdriver.Chrome) -> Iterator[webdriver.Chrome]:
    """The browser as each test finds it: a desk, light, with scripts, nothing kept; it must ask nothing of another host."""
    look(chrome, DESK, "light")
    scripts(chrome, True)
    chrome.execute_cdp_cmd("Storage.clearDataForOrigin", {"origin": "*", "storageTypes": "all"})
    chrome.execute_cdp_cmd("Network.clearBrowserCookies", {})
    chrome.get_log("performance")
    yield chrome
    asked = [json.loads(entry["message"])["message"] for entry in chrome.get_log("performance")]
    urls = [one["params"]["request"]["url"] for one in asked if one["method"] == "Network.requestWillBeSent"]
    assert all(url.startswith(("http://127.0.0.1:", "blob:http://127.0.0.1:", "data:image/")) for url in urls), urls
