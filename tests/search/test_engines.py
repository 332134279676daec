"""The embedded engine and the cluster, chosen, compared and out of order: as an operator and a reader see it."""

from __future__ import annotations

import hashlib
import io
import json
import ssl
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import chdir, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import trustme

from kb.cli.main import main
from kb.config import settings
from kb.corpus.folder import Corpus
from kb.search.cluster import absence, client_requests, mapping
from kb.search.open.engines import chosen_engine
from kb.search.query.conditions import Condition
from kb.web.site.app import create_app
from tests.cli.running import running
from tests.cluster import Nodes, eventually
from tests.search.shelf import document

TEXTS = ("第一条　为了规范行政复议工作，制定本办法。", "第二条　本办法适用于示例。")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with three example documents in its corpus."""
    corpus = Corpus(tmp_path / "corpus")
    for number in range(3):
        put(corpus, number)
    return tmp_path


def put(corpus: Corpus, number: int, texts: Sequence[str] = TEXTS, **facts: str) -> None:
    data = "\n".join(texts).encode()
    made = document(f"d{number}", *texts, title=f"示例办法{number}")
    made = replace(made, metadata=replace(made.metadata, **facts))
    provenance = replace(made.provenance, snapshot=hashlib.sha256(data).hexdigest())
    corpus.write(replace(made, provenance=provenance), data)


def configure(folder: Path, *hosts: str, **engine: object) -> settings.Settings:
    values = {"kind": "opensearch", "hosts": list(hosts), "name": f"t{folder.name.lower()}", **engine}
    lines = [f"{name} = {json.dumps(value)}" for name, value in values.items()]
    (folder / "kb.toml").write_text("[engine]\n" + "\n".join(lines) + "\n", encoding="utf-8")
    return settings.load(None, folder)


def kb(folder: Path, *arguments: str, code: int = 0, **environment: str) -> str:
    """Run `kb` in this process; answer what it says, expect this exit code."""
    said = io.StringIO()
    with (
        chdir(folder),
        pytest.MonkeyPatch.context() as patch,
        redirect_stdout(said),
        redirect_stderr(said),
        pytest.raises(SystemExit) as ended,
    ):
        for name, value in environment.items():
            patch.setenv(name, value)
        main(arguments)
    assert ended.value.code == code, said.getvalue()
    return said.getvalue()


def test_both_engines_are_kept_in_step_and_compared(folder: Path, opensearch: Nodes) -> None:
    configure(folder, *opensearch.hosts)
    assert kb(folder, "index", "--engine", "both").count("3 份文件、6 节") == 2
    assert "完好" in kb(folder, "check", "--engines")
    assert "字面命中 3 节" in kb(folder, "search", "行政復議")
    (folder / "corpus" / "files" / "d0.md").unlink()
    assert "移除 1" in kb(folder, "index", code=1)  # nobody said that it is to go
    kb(folder, "check", "--accept", "d0")
    said = kb(folder, "check", "--engines", code=1)
    assert "删除 1 个文件" in said and "kb index" in said
    kb(folder, "index", "--engine", "embedded")
    assert "完好" in kb(folder, "check", "--engines")


def test_both_engines_search_a_day_in_the_texts_and_with_the_standing_of_then(folder: Path, opensearch: Nodes) -> None:
    chosen = configure(folder, *opensearch.hosts)
    corpus = Corpus(chosen.corpus)
    put(corpus, 3, ["第一条　示例。", "第二条　本办法自2020年3月1日起施行。"], effective="2020-03-01")
    put(corpus, 3, ["第一条　改了的示例。", "第二条　本办法自2022年3月1日起施行。"], effective="2022-03-01")
    repeal = "第二条　本办法自2023年1月1日起施行。《示例丁办法》同时废止。"
    put(
        corpus,
        4,
        ["第一条　示例。", "第二条　本办法自2021年1月1日起施行。"],
        effective="2021-01-01",
        title="示例丁办法",
    )
    put(corpus, 5, ["第一条　示例。", repeal], effective="2023-01-01", date="2022-12-01")
    kb(folder, "index", "--engine", "both")
    embedded, cluster = chosen_engine(chosen, "embedded"), chosen_engine(chosen)
    seen = set()
    for day in ("2019-01-01", "2020-06-01", "2021-06-01", "2022-06-01", "2023-06-01"):
        for query in (
            "第二条",
            "示例丁办法",
            "第二条 版本:全部",
            "第二条 版本:旧",
            "第二条 效力:未见",
            "第二条 -效力:废止",
        ):
            asked = {"conditions": (Condition("on", (day,)), Condition("year", ("2020", "2022"), whole=True))}
            one, other = embedded.search(query, **asked), cluster.search(query, **asked)
            assert (one.total, one.searched, one.facets) == (other.total, other.searched, other.facets), (day, query)
            shown = [
                {(hit.document, hit.version, hit.anchor, hit.validity) for hit in each.hits} for each in (one, other)
            ]
            assert shown[0] == shown[1], (day, query)
            seen |= {(hit.document, bool(hit.version), hit.validity) for hit in one.hits if query == "第二条"}
    assert {("d3", True, "未见终止"), ("d3", False, "未见终止"), ("d4", False, "已废止")} <= seen
    here = [{(hit.document, hit.validity) for hit in each.search("第二条").hits} for each in (embedded, cluster)]
    assert here[0] == here[1] and ("d4", "已废止") in here[0]
    assert "完好" in kb(folder, "check", "--engines")


def test_an_engine_that_answers_differently_is_told(folder: Path, opensearch: Nodes) -> None:
    chosen = configure(folder, *opensearch.hosts)
    kb(folder, "index", "--engine", "both")
    body = {"query": {"term": {"document": "d1"}}}
    opensearch.ask(f"{chosen.cluster.name}/_delete_by_query?refresh=true", body, "POST")
    said = kb(folder, "check", "--engines", code=1)
    assert "应当有 6 节，集群里是 4 节" in said and "字面命中" in said


def test_documents_can_be_read_while_the_cluster_cannot_be_reached(folder: Path) -> None:
    client = create_app(configure(folder, "http://127.0.0.1:9")).test_client()
    for address in ("/search?q=行政复议", "/api/v1/search?q=行政复议", "/"):
        answer = client.get(address)
        assert answer.status_code == 503 and int(answer.headers["Retry-After"]) > 0
        assert "连不上 OpenSearch（http://127.0.0.1:9）" in answer.get_data(as_text=True)
    assert client.get("/d/d1").status_code == 200 and "规范行政复议" in client.get("/d/d1").text
    health = client.get("/healthz")
    assert health.status_code == 503 and "连不上" in health.text
    assert client.get("/readyz").status_code == 200
    (folder / "corpus").rename(folder / "gone")
    gone = client.get("/readyz")
    assert gone.status_code == 503 and "读不了语料库" in gone.text


def test_readers_do_not_wait_in_turn_for_a_cluster_that_hangs(
    folder: Path, opensearch: Nodes, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, goes_on = [], threading.Event()

    def answer(request: BaseHTTPRequestHandler) -> tuple[int, object]:
        asked.append(request.path)
        goes_on.wait(60)
        return _forwarded(opensearch, request, request.rfile.read(int(request.headers.get("Content-Length", 0))))

    monkeypatch.setattr(client_requests, "_SOON", 0.5)
    monkeypatch.setattr(absence, "PAUSE", 2.0)
    configure(folder, *opensearch.hosts)
    kb(folder, "index")
    with answering(answer) as port:
        client = create_app(configure(folder, f"http://127.0.0.1:{port}")).test_client()
        first = client.get("/search?q=行政复议")
        assert first.status_code == 503 and "没有回答" in first.text
        tried = len(asked)
        assert client.get("/search?q=行政复议").status_code == 503 and len(asked) == tried
        goes_on.set()
        eventually(lambda: client.get("/search?q=行政复议").status_code == 200, "the cluster answers again")


def test_the_corpus_is_checked_while_the_cluster_cannot_be_reached(folder: Path) -> None:
    configure(folder, "http://127.0.0.1:9")
    kb(folder, "index", "--engine", "embedded")
    said = kb(folder, "check", "--engines", code=1)
    assert said.count("连不上 OpenSearch") == 1 and "检查了 3 份文件和索引：1 个问题" in said


def test_the_server_starts_while_the_cluster_cannot_be_reached(folder: Path) -> None:
    configure(folder, "http://127.0.0.1:9")
    with running(folder, "serve", "--port", "0") as (_, stderr):
        warned, ready = stderr.readline(), stderr.readline()
    assert "连不上 OpenSearch" in warned and "只能阅读" in warned and "http://127.0.0.1:" in ready


def test_an_index_that_somebody_else_made_is_left_alone(folder: Path, opensearch: Nodes) -> None:
    chosen = configure(folder, *opensearch.hosts)
    opensearch.ask(f"{chosen.cluster.name}/_doc/1?refresh=true", {"theirs": 1}, "PUT")
    for verb in ("index", "check"):
        assert "不是政策文库建立的" in kb(folder, verb, code=5 if verb == "index" else 1)
    assert opensearch.ask(f"{chosen.cluster.name}/_count")["count"] == 1


def test_an_index_of_another_version_is_written_anew(folder: Path, opensearch: Nodes) -> None:
    configure(folder, *opensearch.hosts)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(mapping, "FORMAT", "kb 0.1")
        kb(folder, "index")
    assert "由另一版本（kb 0.1）写成" in kb(folder, "search", "行政复议", code=5)
    assert "新增 3" in kb(folder, "index") and "字面命中 3 节" in kb(folder, "search", "行政复议")


def test_an_index_as_layout_4_wrote_it_is_written_anew(folder: Path, opensearch: Nodes) -> None:
    """What it is was kept in another way."""
    chosen = configure(folder, *opensearch.hosts)
    opensearch.ask(f"{chosen.cluster.name}-000007", {"aliases": {chosen.cluster.name: {}}}, "PUT")
    counted = {"epoch": 7, "format": "kb 4.1", "created": "2026-01-01T00:00:00Z", "documents": 1, "sections": 1}
    state = {"state": {**counted, "versions": 0, "older": 0, "void": [], "removed": []}}
    opensearch.ask(f"{chosen.cluster.name}-000007/_doc/state?refresh=true", state, "PUT")
    assert "由另一版本（kb 4.1）写成" in kb(folder, "search", "行政复议", code=5)
    assert "新增 3" in kb(folder, "index") and "字面命中 3 节" in kb(folder, "search", "行政复议")


def test_status_tells_the_machines_and_an_index_that_is_behind(folder: Path, opensearch: Nodes) -> None:
    chosen = configure(folder, *opensearch.hosts)
    kb(folder, "index")
    assert "集群：green，1 个节点" in kb(folder, "status")
    put(Corpus(chosen.corpus), 3)
    assert "集群里的索引有 3 份文件，语料库有 4 份" in kb(folder, "status", code=1)


def test_an_index_comes_back_from_the_clusters_own_snapshot(folder: Path, opensearch: Nodes) -> None:
    name = configure(folder, *opensearch.hosts).cluster.name
    kb(folder, "index")
    opensearch.ask("_snapshot/kb", {"type": "fs", "settings": {"location": name}}, "PUT")
    taken = f"_snapshot/kb/{name}"
    opensearch.ask(f"{taken}?wait_for_completion=true", {"indices": f"{name}-*"}, "PUT")
    for index in opensearch.ask(f"{name}-*/_settings"):
        opensearch.ask(index, method="DELETE")
    assert "还没有索引" in kb(folder, "search", "行政复议", code=5)
    opensearch.ask(f"{taken}/_restore?wait_for_completion=true", {"include_global_state": False}, "POST")
    assert "字面命中 3 节" in kb(folder, "search", "行政复议") and "完好" in kb(folder, "check")
    (folder / "corpus" / "files" / "d0.md").unlink()
    assert "移除 1" in kb(folder, "index", code=1)


@contextmanager
def answering(
    answer: Callable[[BaseHTTPRequestHandler], tuple[int, object]], wrap: ssl.SSLContext | None = None
) -> Iterator[int]:
    """A server that answers like some cluster would; yields its port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body = answer(self)
            data = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_POST = do_PUT = do_DELETE = do_GET

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if wrap:
        server.socket = wrap.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_what_is_refused_of_a_bulk_is_sent_again_and_nothing_counts_twice(folder: Path, opensearch: Nodes) -> None:
    """Every other action of the first bulk is refused, as nodes with full queues do, and the whole of the second is lost."""
    sent: list[int] = []

    def answer(request: BaseHTTPRequestHandler) -> tuple[int, object]:
        body = request.rfile.read(int(request.headers.get("Content-Length", 0)))
        if not request.path.partition("?")[0].endswith("/_bulk"):
            return _forwarded(opensearch, request, body)
        lines = body.splitlines()
        actions = list(zip(lines[::2], lines[1::2], strict=True))
        sent.append(len(actions))
        if len(sent) > 2:
            return _forwarded(opensearch, request, body)
        taken = actions[::2] if len(sent) == 1 else []
        if not taken:
            return 429, {"error": {"reason": "queue full"}}
        _, told = _forwarded(opensearch, request, b"".join(b"%s\n%s\n" % action for action in taken))
        assert isinstance(told, dict)
        refused = {"error": {"reason": "queue full"}, "status": 429}
        items = iter(told["items"])
        mixed = [next(items) if number % 2 == 0 else {"index": refused} for number in range(len(actions))]
        return 200, {**told, "errors": True, "items": mixed}

    with answering(answer) as port:
        configure(folder, f"http://127.0.0.1:{port}")
        assert "新增 3" in kb(folder, "index") and "完好" in kb(folder, "check")
        assert "字面命中 3 节" in kb(folder, "search", "行政复议")
    assert sent == [9, 4, 4]  # six sections, three rows; what was refused, and what was refused of that


def _forwarded(nodes: Nodes, request: BaseHTTPRequestHandler, body: bytes) -> tuple[int, object]:
    headers = {"Content-Type": request.headers.get("Content-Type", "application/json")}
    asked = urllib.request.Request(f"{nodes.hosts[0]}{request.path}", body or None, headers, method=request.command)
    try:
        with urllib.request.urlopen(asked) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def version(number: str, **more: str) -> dict[str, object]:
    return {"version": {"number": number, **more}}


@pytest.mark.parametrize(
    ("answer", "code", "sentence"),
    [
        ((200, version("8.15.0", build_flavor="default")), 2, "不是 OpenSearch（版本 8.15.0）"),
        ((200, version("1.3.20", distribution="opensearch")), 2, "OpenSearch 1.3.20 太旧"),
        ((401, {"error": "unauthorized"}), 6, "KB_ENGINE_PASSWORD"),
        ((403, {"error": {"reason": "no permissions for [示例]"}}), 6, "没有需要的权限"),
        ((200, ["<html>"]), 2, "不是 OpenSearch"),
    ],
)
def test_what_is_wrong_with_the_cluster_is_said_in_a_sentence(
    folder: Path, answer: tuple[int, object], code: int, sentence: str
) -> None:
    with answering(lambda _: answer) as port:
        configure(folder, f"http://127.0.0.1:{port}")
        assert sentence in kb(folder, "search", "行政复议", code=code)


def test_user_and_password_come_from_the_environment_or_a_file(folder: Path) -> None:
    seen = []

    def answer(request: BaseHTTPRequestHandler) -> tuple[int, object]:
        seen.append(request.headers["Authorization"])
        return 401, {}

    (folder / "secret").write_text("b\n")
    with answering(answer) as port:
        configure(folder, f"http://127.0.0.1:{port}")
        kb(folder, "search", "x", code=6, KB_ENGINE_USER="a", KB_ENGINE_PASSWORD="b")
        kb(folder, "search", "x", code=6, KB_ENGINE_USER="a", KB_ENGINE_PASSWORD_FILE="secret")
    assert seen and set(seen) == {"Basic YTpi"}
    assert "KB_ENGINE_PASSWORD_FILE" in kb(folder, "search", "x", code=2, KB_ENGINE_PASSWORD_FILE="没有")


def test_certificates(folder: Path) -> None:
    authority, other = trustme.CA(), trustme.CA()
    for name, each in (("right.pem", authority), ("wrong.pem", other)):
        each.cert_pem.write_to_path(str(folder / name))
    wrap = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(wrap)
    with answering(lambda _: (401, {}), wrap) as port:
        hosts = [f"https://127.0.0.1:{port}"]
        for name, sentence in (("wrong.pem", "证书不可信"), ("right.pem", "拒绝了用户名或密码")):
            configure(folder, *hosts, certificates=name)
            assert sentence in kb(folder, "search", "x", code=6)
        authority.configure_trust(wrap)
        wrap.verify_mode = ssl.CERT_REQUIRED
        configure(folder, *hosts, certificates="right.pem")
        assert "engine.client_certificate" in kb(folder, "search", "x", code=6)
        configure(folder, *hosts, certificates="没有.pem")
        assert "找不到 engine.certificates" in kb(folder, "search", "x", code=2)


@pytest.mark.parametrize(
    ("engine", "sentence"),
    [
        ({"kind": "solr"}, "embedded、opensearch 之一"),
        ({"hosts": []}, "一个或多个网址"),
        ({"hosts": ["user:secret@host"]}, "不写用户名和密码"),
        ({"name": "大写"}, "小写字母"),
        ({"shards": 0}, "1 到 1024"),
    ],
)
def test_wrong_settings_name_their_line(folder: Path, engine: dict[str, object], sentence: str) -> None:
    with pytest.raises(settings.UsageError, match=sentence) as raised:
        configure(folder, "http://127.0.0.1:9", **engine)
    assert "行：engine." in str(raised.value)


def test_the_lock_of_the_cluster_names_its_holder(folder: Path, opensearch: Nodes) -> None:
    chosen = configure(folder, *opensearch.hosts)
    kb(folder, "index")
    engine, other = chosen_engine(chosen), chosen_engine(chosen)
    corpus = Corpus(chosen.corpus)
    put(corpus, 3)
    said = []

    def meanwhile(*_: int) -> None:
        said.append(kb(folder, "index", code=6))

    engine.update(corpus, progress=meanwhile)
    assert "正在更新索引" in said[0] and "秒后可以再试" in said[0]
    assert other.stats().documents == 4
