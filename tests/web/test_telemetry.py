"""What operators measure and follow, from what is served."""

from __future__ import annotations

import json
import os
import re
import urllib.request
from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask.testing import FlaskClient
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from prometheus_client.parser import text_string_to_metric_families

from kb.base.workers import SHARED_METRICS
from kb.config.settings import Settings
from kb.web.site.app import create_app
from tests.cli.running import running
from tests.web.conftest import REPORT


def figures(exposition: str) -> dict[tuple[str, ...], float]:
    """Figures by name and the values of their labels."""
    samples = (sample for family in text_string_to_metric_families(exposition) for sample in family.samples)
    return {(sample.name, *sample.labels.values()): sample.value for sample in samples}


def test_searches_requests_and_errors_are_counted(client: FlaskClient) -> None:
    before = figures(client.get("/metrics").text)
    for address in ("/search?q=行政复议", '/search?q="没有这句"', "/search?q=-x", f"/d/{REPORT}"):
        client.get(address)
    after = figures(client.get("/metrics").text)
    grown = {name: after[name] - before.get(name, 0) for name in after}
    assert grown["kb_searches_total", "literal"] == grown["kb_searches_total", "nothing"] == 1
    assert grown["kb_requests_total", "pages.search", "200"] == 2
    assert grown["kb_requests_total", "pages.search", "400"] == grown["kb_errors_total", "UsageError"] == 1
    assert grown["kb_search_stage_seconds_count", "search"] == 2  # the third was refused before it was searched
    assert after["kb_documents",] > 0 and after["kb_sections",] > after["kb_documents",]


def test_metrics_go_on_without_an_index(empty: Settings) -> None:
    found = figures(create_app(empty).test_client().get("/metrics").text)
    assert ("kb_documents",) not in found and found


def test_every_request_has_a_name_and_a_proxys_is_kept(client: FlaskClient) -> None:
    names = [client.get("/about-nothing").headers["X-Request-ID"] for _ in range(2)]
    assert len(set(names)) == 2 and all(re.fullmatch("[0-9a-f]{16}", name) for name in names)
    kept = client.get("/", headers={"X-Request-ID": "proxy-0123456789"})
    assert kept.headers["X-Request-ID"] == "proxy-0123456789"
    refused = client.get("/", headers={"X-Request-ID": "a\tb<script>"})
    assert "script" not in refused.headers["X-Request-ID"]


def test_a_line_for_each_request_without_what_was_asked(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    logging = create_app(replace(settings, log=True)).test_client()
    answers = [logging.get("/search?q=秘密的查询"), logging.get("/d/没有")]
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [(line["path"], line["status"]) for line in lines] == [("/search", 200), ("/d/没有", 404)]
    assert [line["request"] for line in lines] == [answer.headers["X-Request-ID"] for answer in answers]
    assert "没有" in lines[1]["error"] and "秘密" not in str(lines)


def test_all_processes_are_added_up(settings: Settings) -> None:
    environment = {name: value for name, value in os.environ.items() if name != SHARED_METRICS}
    with running(settings.corpus.parent, "serve", "--port", "0", environment=environment) as (_, stderr):
        address = re.search(r"http://[^ ]+/", stderr.readline())
        assert address
        for _ in range(20):
            urllib.request.urlopen(f"{address[0]}healthz").close()
        urllib.request.urlopen(f"{address[0]}metrics").close()
        with urllib.request.urlopen(f"{address[0]}metrics") as answer:
            exposed = answer.read().decode()
    found = figures(exposed)
    assert found["kb_requests_total", "operations.healthz", "200"] == 20
    assert [name for name in found if name[0] == "kb_documents"] == [("kb_documents",)]
    families = re.findall("# TYPE (\\S+)", exposed)
    assert len(families) == len(set(families))


@pytest.fixture(scope="module")
def spans() -> Iterator[InMemorySpanExporter]:
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    trace.set_tracer_provider(provider)
    yield exporter
    provider.shutdown()


def test_a_search_is_a_span_where_traces_are_gathered(client: FlaskClient, spans: InMemorySpanExporter) -> None:
    client.get("/search?q=行政复议")
    assert "kb.search" in [span.name for span in spans.get_finished_spans()]
