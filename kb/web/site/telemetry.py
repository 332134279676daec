"""What operators can measure and follow: /metrics, a name for every request, a line of JSON for each where that is wanted."""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from secrets import token_hex

from flask import Blueprint, Flask, Response, g, request
from prometheus_client import CONTENT_TYPE_LATEST
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from kb.base import metrics
from kb.base.errors import KbError
from kb.base.lazy_re import lazy_re
from kb.upkeep.verdict import Verdict
from kb.web.context.library import library

blueprint = Blueprint("telemetry", __name__)

NAME = "X-Request-ID"
_NAMED = lazy_re(r"[\w-]{8,64}", re.ASCII)
_NOWHERE = "none"


def follow(app: Flask, log: bool) -> None:
    """Name every request, count and time it, and write a line for it to stderr when `log` says so."""
    app.register_blueprint(blueprint)
    app.before_request(_begin)
    app.after_request(_counted)
    if log:
        app.after_request(_logged)


@blueprint.get("/metrics")
def shown() -> Response:
    """Everything counted since the start, by all processes, and how the index and the sources are now."""
    registry = metrics.gathering()
    registry.register(_Now(list(_figures())))
    return Response(metrics.exposition(registry), content_type=CONTENT_TYPE_LATEST)


class _Now(Collector):
    """Figures of the moment: a `Gauge` would be kept for each process, and added up."""

    def __init__(self, figures: Iterable[Metric]) -> None:
        self._figures = figures

    def collect(self) -> Iterable[Metric]:
        return self._figures


def _figures() -> Iterator[Metric]:
    with suppress(KbError):  # an index that cannot be asked has no figures; /healthz says why
        stats = library().engine.stats()
        yield GaugeMetricFamily("kb_documents", "索引里的文件", stats.documents)
        yield GaugeMetricFamily("kb_sections", "索引里的节", stats.sections)
        yield GaugeMetricFamily("kb_index_generation", "索引的代", stats.generation)
        yield GaugeMetricFamily("kb_standing_unknown", "是否无法判断文件的效力", float(bool(stats.unknown)))
        yield GaugeMetricFamily("kb_index_created_timestamp", "索引最近一次更新的时刻", _moment(stats.created))
    fresh = library().freshness()
    sources = [each for each in fresh.sources if not each.closed]
    alarmed = {each.name.partition("/")[0] for each in fresh.verdict.open}
    succeeded = {each.name: _moment(each.last_success) if each.last_success else 0.0 for each in sources}
    yield _by_source("kb_refresh_success_timestamp", "来源最近一次更新成功的时刻，从未成功是 0", succeeded)
    told = {each.name: float(each.name in alarmed) for each in sources}
    yield _by_source("kb_refresh_alarm", "来源是否有还没有人知道的警报", told)
    yield GaugeMetricFamily("kb_index_alarm", "索引是否不能用，或没有跟上语料库", float(bool(fresh.index)))
    yield from _of_verdict(fresh.verdict)


def _of_verdict(verdict: Verdict) -> Iterator[Metric]:
    found = GaugeMetricFamily("kb_finding", "发现的毛病，按名称；1 是还没有人知道，0 是有人知道", labels=["name"])
    for each in verdict.findings:
        found.add_metric([each.name], float(not each.acknowledged))
    yield found
    yield GaugeMetricFamily("kb_findings_open", "还没有人知道的毛病有几处", len(verdict.open))
    checked = _moment(verdict.checked) if verdict.checked else 0.0
    yield GaugeMetricFamily("kb_checked_timestamp", "上次核对每个字节的时刻，从未核对是 0", checked)
    free = GaugeMetricFamily("kb_disk_free_bytes", "磁盘还有多少字节", labels=["folder"])
    for disk in verdict.disks:
        free.add_metric([str(disk.folder)], disk.free)
    yield free
    if machines := verdict.machines:
        yield GaugeMetricFamily("kb_cluster_nodes", "集群里有几个节点在", len(machines.nodes))
        yield GaugeMetricFamily("kb_cluster_missing_copies", "集群里还缺几份分片", machines.missing)
        share = GaugeMetricFamily("kb_cluster_disk_free_share", "集群的节点的磁盘还空着几分之几", labels=["node"])
        for node in machines.nodes:
            share.add_metric([node.name], node.free / node.total)
        yield share


def _by_source(name: str, told: str, values: Mapping[str, float]) -> Metric:
    family = GaugeMetricFamily(name, told, labels=["source"])
    for source, value in values.items():
        family.add_metric([source], value)
    return family


def _moment(written: str) -> float:
    return datetime.fromisoformat(written).timestamp()


def _begin() -> None:
    """A proxy's name for the request is kept, so that its log and ours can be read together."""
    given = request.headers.get(NAME, "")
    g.name = given if _NAMED.fullmatch(given) else token_hex(8)
    g.started = time.perf_counter()


def _counted(response: Response) -> Response:
    endpoint = request.endpoint or _NOWHERE
    metrics.REQUESTS.labels(endpoint, response.status_code).inc()
    metrics.REQUEST_SECONDS.labels(endpoint).observe(time.perf_counter() - g.started)
    response.headers[NAME] = g.name
    return response


def _logged(response: Response) -> Response:
    """What was asked for is nobody's business: the address is written without its query."""
    line = {
        "time": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%fZ}",
        "request": g.name,
        "method": request.method,
        "path": request.path,
        "status": response.status_code,
        "ms": round(1000 * (time.perf_counter() - g.started), 1),
        "client": request.remote_addr,
        **({"reader": g.reader} if "reader" in g else {}),
        **({"error": g.error} if "error" in g else {}),
    }
    print(json.dumps(line, ensure_ascii=False), file=sys.stderr, flush=True)
    return response
