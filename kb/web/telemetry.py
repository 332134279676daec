"""What operators can measure and follow: /metrics, a name for every request, a line of JSON for each where that is wanted."""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime
from secrets import token_hex

from flask import Blueprint, Flask, Response, g, request
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge

from kb import metrics
from kb.errors import KbError
from kb.web.library import library

blueprint = Blueprint("telemetry", __name__)

NAME = "X-Request-ID"
_NAMED = re.compile(r"[\w-]{8,64}", re.ASCII)
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
    with suppress(KbError):  # an index that cannot be asked has no figures; /healthz says why
        stats = library().engine.stats()
        _gauge(registry, "kb_documents", "索引里的文件", [({}, stats.documents)])
        _gauge(registry, "kb_sections", "索引里的节", [({}, stats.sections)])
        _gauge(registry, "kb_index_generation", "索引的代", [({}, stats.generation)])
        _gauge(registry, "kb_index_created_timestamp", "索引最近一次更新的时刻", [({}, _moment(stats.created))])
    sources = library().freshness().sources
    succeeded = [({"source": each.name}, _moment(each.last_success)) for each in sources if each.last_success]
    _gauge(registry, "kb_refresh_success_timestamp", "来源最近一次更新成功的时刻", succeeded)
    alarms = [({"source": each.name}, float(bool(each.alarm))) for each in sources]
    _gauge(registry, "kb_refresh_alarm", "来源是否有警报", alarms)
    return Response(metrics.exposition(registry), content_type=CONTENT_TYPE_LATEST)


def _gauge(registry: CollectorRegistry, name: str, told: str, values: Iterable[tuple[dict[str, str], float]]) -> None:
    values = list(values)
    if not values:
        return
    gauge = Gauge(name, told, tuple(values[0][0]), registry=registry)
    for labels, value in values:
        (gauge.labels(**labels) if labels else gauge).set(value)


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
        **({"error": g.error} if "error" in g else {}),
    }
    print(json.dumps(line, ensure_ascii=False), file=sys.stderr, flush=True)
    return response
