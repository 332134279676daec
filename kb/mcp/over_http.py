"""The door for assistants over HTTP, behind the same gate as the pages."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import uvicorn
from mcp.server.transport_security import TransportSecuritySettings
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from kb.base.errors import BusyError, KbError
from kb.config.boundary import check
from kb.config.settings import Settings
from kb.mcp.server import build
from kb.web.context.gate import CANNOT, Admitted, Asked, Gate, Refused
from kb.web.site.hosts import Hosts, refusal

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send


def run(settings: Settings, host: str, port: int, on_checked: Callable[[], None]) -> None:
    """Serve assistants at /mcp until interrupted; `on_checked` is called before, when nothing stands against it.

    Raises UsageError where the settings contradict one another.
    """
    check(settings, host)
    on_checked()
    # Which hosts a request may be for and where it may come from is for the gate to say, by the library's settings.
    inner = build(settings).streamable_http_app(
        stateless_http=True,
        json_response=True,
        transport_security=TransportSecuritySettings(enable_dns_rebinding_protection=False),
    )
    uvicorn.run(Guarded(inner, settings), host=host, port=port, log_level="warning", proxy_headers=False)


class Guarded:
    """An application that answers only whom the gate lets in, and only for hosts that are here."""

    def __init__(self, inner: ASGIApp, settings: Settings) -> None:
        self._inner, self._gate, self._hosts = inner, Gate(settings), Hosts(settings)
        self._header = settings.reader_header.lower()
        self._origins = settings.origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or pass it on."""
        answer = await run_in_threadpool(self._refusal, scope) if scope["type"] == "http" else None
        await (answer or self._inner)(scope, receive, send)

    def _refusal(self, scope: Scope) -> Response | None:
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        peer = (scope.get("client") or ("", 0))[0]
        if not self._hosts.accepts(headers.get("host", ""), peer):
            return _problem(421, refusal(headers.get("host", "")))
        if "origin" in headers and headers["origin"] not in self._origins:
            return _problem(403, "这个请求是从别的网站的页面发来的，没有照办。")
        if self._gate.is_open:
            return None
        try:
            asked = Asked(peer, peer, headers.get("authorization", ""), headers.get(self._header, ""))
            found = self._gate.admit(asked)
        except BusyError as error:
            return _problem(error.status, str(error))
        except KbError as error:
            print(f"登录无法核对：{error}", file=sys.stderr, flush=True)
            return _problem(503, CANNOT)
        return None if isinstance(found, Admitted) else _refused(found)


def _refused(found: Refused) -> Response:
    wait = {"Retry-After": str(found.wait)} if found.wait else {}
    asking = {"WWW-Authenticate": 'Bearer realm="kb"'} if found.status == 401 else {}
    return _problem(found.status, found.sentence, **wait, **asking)


def _problem(status: int, sentence: str, **headers: Any) -> Response:
    body = json.dumps({"type": "about:blank", "status": status, "detail": sentence}, ensure_ascii=False)
    return Response(body, status, headers | {"Cache-Control": "no-store"}, "application/problem+json")
