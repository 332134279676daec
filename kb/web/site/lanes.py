"""Who is served next: requests stand in lanes by what they may cost, each with threads of its own.

What costs much waits for what costs much, and never before a search. In a lane the readers take turns, one request each, so
that who asks for a hundred things at once waits for oneself. Where the requests of one reader pile up, the newest comes first:
it is still wanted, and many readers may share one address. Who would wait too long is told so instead.
"""

from __future__ import annotations

import logging
import re
import time
from collections import OrderedDict, deque
from dataclasses import dataclass
from http import HTTPStatus
from threading import Condition, Thread
from typing import Any

_LOG = logging.getLogger(__name__)

RETRY = 10
"""Seconds after which who was sent away may come again."""

_WAIT = 10.0  # seconds; longer than a request may take, nobody waits for its turn
_GRAVE = re.compile(
    r".*\.(?:pdf|docx|xlsx|zip|gz)|.*/(?:compare|diff|stale-basis|stale-basis\.xml)"
    r"|/parallel(?:/.*)?"
)
_SEARCHING = re.compile(r"/|/search|/suggestions\.json|/api/v1/(?:search|suggest)")
_SEARCHING_MUCH = re.compile(r"(?:/api/v1)?/search\.csv|/search\.atom|/api/v1/facets|/terms")
_QUICK = re.compile(r"/healthz|/readyz|/robots\.txt|/favicon\.ico|/opensearch\.xml|/static/.*|/preferences")
# A plain search is short, has no words with gaps or distances, which look at many texts, and shows a page of hits.
_SHORT = 400
_MUCH = re.compile(r"\blimit=(?:[3-9]\d|\d{3,})|\b(?:offset|page)=\d{3,}")
_LOOKING = re.compile(r"\*|%2A|%3F|~|%7E|%EF%BC%8A|%EF%BC%9F|%EF%BD%9E|\?", re.IGNORECASE)


class _TooMany:
    """The answer to who is sent away, in the form that waitress has for what it refuses itself."""

    code, reason = HTTPStatus.SERVICE_UNAVAILABLE.value, HTTPStatus.SERVICE_UNAVAILABLE.phrase
    body = "现在请求太多，这一个没有做：请过一会儿再试。"

    def to_response(self, _: str | None = None) -> tuple[str, list[tuple[str, str]], bytes]:
        """Return status, headers and body."""
        headers = [
            ("Content-Type", "text/plain; charset=utf-8"),
            ("Retry-After", str(RETRY)),
            ("Cache-Control", "no-store"),
        ]
        return f"{self.code} {self.reason}", headers, self.body.encode()


@dataclass(frozen=True, slots=True)
class _Width:
    """How many requests of a lane are served at a time, how many may wait, how long, and after how long they have piled up."""

    threads: int
    most: int = 1_000
    wait: float = _WAIT
    piled: float = 0.5


_LANES = {
    "quick": _Width(1),
    "search": _Width(2),
    "reading": _Width(2),
    "long": _Width(1, most=32),
    "grave": _Width(1, most=8, wait=30, piled=30),
}


class Lanes:
    """What serves the requests of a server process, in place of waitress's own dispatcher.

    `told_by` is the proxy whose word is taken for whom a request comes from.
    """

    def __init__(self, told_by: str = "") -> None:
        self._told_by = told_by
        self._lanes = {name: _Lane(name, width) for name, width in _LANES.items()}

    def add_task(self, channel: Any) -> None:
        """Let the first request of a connection be served when its turn comes."""
        request = channel.requests[0]
        lane = self._lanes["quick" if request.error else lane_of(request.command, request.path, request.query)]
        if (refused := lane.add(channel, self._client(channel, request))) and refused.requests:
            refused.requests[0].error = _TooMany()
            self._lanes["quick"].add(refused, "")

    def _client(self, channel: Any, request: Any) -> str:
        peer = str(channel.addr[0])
        told = request.headers.get("X_FORWARDED_FOR", "") if self._told_by in ("*", peer) else ""
        return told.rpartition(",")[2].strip() or peer

    def busy(self) -> bool:
        """Return whether anything is being served or waits."""
        return any(lane.busy for lane in self._lanes.values())

    def shutdown(self) -> bool:
        """Serve nothing more; what is being served ends with the process."""
        for lane in self._lanes.values():
            lane.close()
        return True


class _Lane:
    """Requests that wait, by client, and the threads that serve them."""

    def __init__(self, name: str, width: _Width) -> None:
        self._width = width
        self._waiting: OrderedDict[str, deque[tuple[float, Any]]] = OrderedDict()
        self._count = self._served = 0
        self._open = True
        self._changed = Condition()
        for number in range(width.threads):
            Thread(target=self._serve, name=f"{name}-{number}", daemon=True).start()

    @property
    def busy(self) -> bool:
        return bool(self._count or self._served)

    def add(self, channel: Any, client: str) -> Any:
        """Let a connection wait for its turn; return the one for which there is no place, None where there is for all.

        It is the newest of who has most there.
        """
        with self._changed:
            self._waiting.setdefault(client, deque()).append((time.monotonic(), channel))
            if self._count >= self._width.most:
                greediest = max(self._waiting, key=lambda each: len(self._waiting[each]))
                refused = self._waiting[greediest].pop()[1]
                if not self._waiting[greediest]:
                    del self._waiting[greediest]
                return refused
            self._count += 1
            self._changed.notify()
        return None

    def close(self) -> None:
        with self._changed:
            self._open = False
            self._changed.notify_all()

    def _serve(self) -> None:
        while (taken := self._next()) is not None:
            since, channel = taken
            try:
                if time.monotonic() - since > self._width.wait and channel.requests:
                    channel.requests[0].error = channel.requests[0].error or _TooMany()
                channel.service()
            except Exception:  # noqa: BLE001  whatever it is, the next one is served
                _LOG.exception("a request could not be served")
            with self._changed:
                self._served -= 1

    def _next(self) -> tuple[float, Any] | None:
        """Wait for the next request, one of the client who has waited longest for a turn; None at the end."""
        with self._changed:
            while self._open and not self._count:
                self._changed.wait()
            if not self._open:
                return None
            client, requests = self._waiting.popitem(last=False)
            waited = time.monotonic() - requests[0][0]
            taken = requests.pop() if self._width.piled < waited <= self._width.wait else requests.popleft()
            if requests:
                self._waiting[client] = requests  # at the end
            self._count -= 1
            self._served += 1
            return taken


def lane_of(method: str, path: str, query: str) -> str:
    """Return in which lane a request stands."""
    if _QUICK.fullmatch(path):
        return "quick"
    if method == "POST" or _GRAVE.fullmatch(path):
        return "grave"
    if _SEARCHING_MUCH.fullmatch(path):
        return "long"
    if _SEARCHING.fullmatch(path):
        return "long" if len(query) > _SHORT or _LOOKING.search(query) or _MUCH.search(query) else "search"
    return "reading"
