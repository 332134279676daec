"""The gate before every address of the site, what the operator's figures tell whom, and requests that another site makes."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, Response, current_app, g, jsonify, request
from werkzeug.exceptions import HTTPException

from kb.base.errors import BusyError, KbError, UsageError
from kb.config.settings import Settings
from kb.web.api import api
from kb.web.context.boundary import EXTENSION, gate, sees_details
from kb.web.context.gate import CANNOT, Admitted, Asked, Gate, Refused
from kb.web.pages.follow_page import is_led_by_letter
from kb.web.site.hosts import ASKED, Hosts

_HEALTH = "operations.healthz"
_FOR_OPERATORS = ("operations.status", "telemetry.shown")
_FEEDS = ".atom"
KEY = "key"
"""The argument of a feed's address that names the reader in secret."""
_SAFE = ("GET", "HEAD", "OPTIONS")
_FORBIDDEN = "运行状态不在这里公开：请在服务器上查看，或让管理员改设置 serve.details、serve.monitors。"
_FROM_ELSEWHERE = "这个请求是从别的网站的页面发来的，没有照办：请在本站的页面上操作。"


def guard(app: Flask, settings: Settings, hosts: Hosts) -> None:
    """Have every request pass the gate before anything of the library is looked at."""
    own = app.extensions[EXTENSION] = Gate(settings)
    header = "HTTP_" + settings.reader_header.upper().replace("-", "_")

    @app.before_request
    def _refuse_or_let_in() -> Response | None:
        if _is_from_elsewhere(hosts):
            return _answer(403, _FROM_ELSEWHERE)
        if not own.is_open and not _asks_what_it_may() and not is_led_by_letter():
            found = own.admit(_asked(header))
            if isinstance(found, Admitted):
                g.reader = found.name
            elif request.endpoint != _HEALTH or found.status != 401 or found.reason:
                return _refusal(found, own)
        if request.endpoint in _FOR_OPERATORS and not sees_details():
            return _answer(403, _FORBIDDEN)
        return None

    @app.url_defaults
    def _keyed(endpoint: str, values: dict[str, Any]) -> None:
        """Let a reader's own pages lead to feeds that need no password."""
        if not own.is_open and "reader" in g and _is_feed(app, endpoint) and KEY not in values:
            values[KEY] = own.feed_key(g.reader) or None


def _is_feed(app: Flask, endpoint: str) -> bool:
    rules = app.url_map._rules_by_endpoint.get(endpoint, ())
    return any(rule.rule.endswith(_FEEDS) for rule in rules)


def _asked(header: str) -> Asked:
    environ, client = request.environ, request.remote_addr or ""
    rule = request.url_rule
    is_feed = rule is not None and rule.rule.endswith(_FEEDS) and request.method in ("GET", "HEAD")
    return Asked(
        environ.get("kb.peer", client),
        client,
        request.headers.get("Authorization", ""),
        environ.get(header, ""),
        request.args.get(KEY, "") if is_feed else "",
    )


def _asks_what_it_may() -> bool:
    """Whether it is a browser's question if a page of a site that the settings name may ask (CORS preflight)."""
    return (
        request.method == "OPTIONS"
        and "Access-Control-Request-Method" in request.headers
        and request.headers.get("Origin", "") in current_app.config["ORIGINS"]
    )


def _is_from_elsewhere(hosts: Hosts) -> bool:
    """Whether a page of another site sends something here, by what its browser tells of it (Fetch Metadata, Origin)."""
    if request.method in _SAFE:
        return False
    origin, site = request.headers.get("Origin", ""), request.headers.get("Sec-Fetch-Site", "")
    if site in ("same-origin", "none") or (not origin and not site):
        return False
    allowed = current_app.config["ORIGINS"]
    if request.path.startswith(f"{api.PREFIX}/") and ("*" in allowed or origin in allowed):
        return False
    there = urlsplit(origin) if origin.startswith(("http://", "https://")) else None
    return there is None or not (
        there.netloc in (request.host, request.environ.get(ASKED)) or hosts.is_named(there.hostname or "")
    )


def _refusal(refused: Refused, own: Gate) -> Response:
    if refused.reason:
        _note(refused)
    answer = _answer(refused.status, refused.sentence)
    if refused.status == 401:
        basic = [] if own.way == "proxy" else ['Basic realm="kb", charset="UTF-8"']
        answer.headers.setlist("WWW-Authenticate", [*basic, 'Bearer realm="kb"'])
    if refused.wait:
        answer.headers["Retry-After"] = str(refused.wait)
    return answer


def told_outside(error: KbError | HTTPException) -> Response | None:
    """Return what somebody who is not signed in is told of an error, None for who may see a page of the site."""
    if gate().is_open or "reader" in g:
        return None
    if isinstance(error, (UsageError, BusyError)):
        return _answer(error.status, str(error))
    print(f"登录无法核对：{error}", file=sys.stderr, flush=True)
    return _answer(503, CANNOT)


def _answer(status: int, sentence: str) -> Response:
    """A refusal in a sentence and nothing else: a page of the site would tell of what is in it."""
    g.error = sentence
    if request.path.startswith(f"{api.PREFIX}/"):
        answer = jsonify(type="about:blank", title=HTTPStatus(status).phrase, status=status, detail=sentence)
        answer.mimetype = "application/problem+json"
    else:
        answer = Response(f"{sentence}\n", mimetype="text/plain")
    answer.status_code = status
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _note(refused: Refused) -> None:
    """Write a line for who looks after the service; what was typed is in none."""
    line = {
        "time": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%fZ}",
        "event": "sign-in refused",
        "reason": refused.reason,
        "reader": refused.name,
        "client": request.remote_addr,
        "request": g.get("name", ""),
    }
    print(json.dumps(line, ensure_ascii=False), file=sys.stderr, flush=True)
