"""What is counted and timed while the program serves, for Prometheus; and the same stages as spans, for OpenTelemetry.

Several processes add up in the files of PROMETHEUS_MULTIPROC_DIR, which must be set before this module is imported.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import cache
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from kb.base.workers import SHARED_METRICS

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)

REQUESTS = Counter("kb_requests_total", "回答过的请求", ("endpoint", "status"))
REQUEST_SECONDS = Histogram("kb_request_seconds", "回答一个请求的秒数", ("endpoint",), buckets=_SECONDS)
SEARCHES = Counter(
    "kb_searches_total", "检索次数，按结果分：literal 有字面命中，related 只有词语相近，nothing 没有", ("found",)
)
STAGE_SECONDS = Histogram("kb_search_stage_seconds", "检索各阶段的秒数", ("stage",), buckets=_SECONDS)
ERRORS = Counter("kb_errors_total", "没能回答的请求，按错误的种类", ("kind",))


@contextmanager
def stage(name: str) -> Iterator[None]:
    """Time a part of a search, and make it a span where traces are gathered."""
    started = time.perf_counter()
    try:
        with span(f"kb.{name}"):
            yield
    finally:
        STAGE_SECONDS.labels(name).observe(time.perf_counter() - started)


def span(name: str, **attributes: str) -> AbstractContextManager[Any]:
    """Open a span of OpenTelemetry, where its library is installed; it goes where the environment (OTEL_…) says."""
    tracer = _tracer()
    return tracer.start_as_current_span(name, attributes=attributes) if tracer else nullcontext()


@cache
def _tracer() -> Any:
    try:
        from opentelemetry import trace
    except ModuleNotFoundError:
        return None
    return trace.get_tracer("kb")


def gathering() -> CollectorRegistry:
    """Return a registry that has what all processes counted, for `exposition`; gauges of the moment can be added to it."""
    registry = CollectorRegistry()
    if os.environ.get(SHARED_METRICS):
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    else:
        for each in (REQUESTS, REQUEST_SECONDS, SEARCHES, STAGE_SECONDS, ERRORS):
            registry.register(each)
    return registry


def exposition(registry: CollectorRegistry) -> bytes:
    """Write a registry as Prometheus reads it."""
    return generate_latest(registry)
