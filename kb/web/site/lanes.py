"""Who is served next: requests stand in lanes by what they may cost, each with threads of its own.

What costs much waits for what costs much; searches that may be long stand with the others, and neither have all their threads.
In a lane the readers take turns, one request each (and one that may be long), so that who asks for a hundred things at once
waits for oneself. Where the requests of one reader pile up, the newest takes turns with the oldest: it is still wanted, and
many readers may share one address. Who would wait too long is told so instead.

Threads of one process share its interpreter: what one reader has at work slows all others, in whatever lane. So who has used
much of it in a process lately has one request at work at a time there while others are there, and at any moment in half of
the processes at most; those who come meanwhile are served in the rest, and meet nothing of it; and never all places for
heavy work.
"""

from __future__ import annotations

import logging
import math
import re
import time
from collections import Counter, OrderedDict, deque
from dataclasses import dataclass
from http import HTTPStatus
from threading import Condition, Lock, Thread
from typing import Any, NamedTuple, TypeVar

from kb.base.lazy_re import lazy_re
from kb.web.context.heavy_work import PLACES
from kb.web.site.shared_places import SharedPlaces

_LOG = logging.getLogger(__name__)
_T = TypeVar("_T")

RETRY = 10
"""Seconds after which who was sent away may come again."""

_WAIT = 10.0  # seconds; longer than a request may take, nobody waits for its turn
_GRAVE = lazy_re(r".*\.(?:pdf|docx|xlsx|zip|gz)|.*/(?:compare|diff)")
_SEARCHING = lazy_re(r"/|/search|/suggestions\.json|/api/v1/(?:search|suggest)")
_LONG = lazy_re(
    r"(?:/api/v1)?/(?:search\.csv|changes|origins|stale-basis)|/search\.atom|/api/v1/facets|/terms|/changes\.atom"
    r"|/stale-basis\.xml|/parallel(?:/.*)?"
)
_QUICK = lazy_re(r"/healthz|/readyz|/robots\.txt|/favicon\.ico|/opensearch\.xml|/static/.*|/preferences")
_OF_OPERATORS = lazy_re(r"/metrics|/status")
"""What is asked for by machines, all day: no sign that a reader is there."""
# A plain search is short (200 characters of Chinese, escaped, cost half as much again as a few), has no words with gaps or
# distances, which look at many texts, and shows a page of hits.
_SHORT = 1_900
_MUCH = lazy_re(r"\blimit=(?:[3-9]\d|\d{3,})|\b(?:offset|page)=\d{3,}")
_LOOKING = lazy_re(r"\*|%2A|%3F|~|%7E|%EF%BC%8A|%EF%BC%9F|%EF%BD%9E|\?", re.IGNORECASE)


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
    """How many requests of a lane are served at a time, how many may wait, how long, and after how long they have piled up.

    `alike` is how many of those that may be long are served at a time, and of the others; `most_long` is how many of the first
    may wait. `each` is how many of one client are served at a time; `shared` tells whether they slow others, as what is done in
    processes of its own does not.
    """

    threads: int
    most: int = 1_000
    alike: int = 1_000
    most_long: int = 32
    wait: float = _WAIT
    piled: float = 0.5
    each: int = 1_000
    shared: bool = True


_LANES = {
    "quick": _Width(1, shared=False),
    "search": _Width(3, alike=2),
    "reading": _Width(2),
    "grave": _Width(PLACES, most=8, wait=30, piled=30, each=PLACES - 1, shared=False),
}
_LOOK = 0.02  # seconds between two looks whether another process has left the place for who has used much
# Seconds of processor time, used in about the last `_LATELY` seconds, from which on a client has one request at work.
_MUCH_USED, _LATELY = 1.0, 10.0
_MANY = 1_000  # clients that are remembered, about


class Lanes:
    """What serves the requests of a server process, in place of waitress's own dispatcher.

    `told_by` is the proxy whose word is taken for whom a request comes from; `places` are those that the processes of a
    server have for clients who used much.
    """

    def __init__(self, told_by: str = "", places: SharedPlaces | None = None) -> None:
        self._told_by = told_by
        self._looked = 0.0
        self._clients = _Clients(places or SharedPlaces())
        self._lanes = {name: _Lane(name, width, self._clients) for name, width in _LANES.items()}

    def add_task(self, channel: Any) -> None:
        """Let the first request of a connection be served when its turn comes."""
        request = channel.requests[0]
        name = "quick" if request.error else lane_of(request.command, request.path, request.query)
        of_operators = not request.error and _OF_OPERATORS.fullmatch(request.path)
        turn = _Turn("" if of_operators else self._client(channel, request), name == "long")
        if refused := self._lanes["search" if turn.long else name].add(channel, turn):
            self._refuse(refused)

    def refuse_late(self) -> None:
        """Tell those who have waited too long that they wait in vain, also where no thread comes free; looks once a second."""
        now = time.monotonic()
        if now - self._looked < 1:  # the server's loop calls this at every turn
            return
        self._looked = now
        for lane in self._lanes.values():
            for channel in lane.late():
                self._refuse(channel)

    def _refuse(self, channel: Any) -> None:
        if channel.requests:
            channel.requests[0].error = _TooMany()
            self._lanes["quick"].add(channel, _Turn("", False))

    def _client(self, channel: Any, request: Any) -> str:
        peer = str(channel.addr[0])
        told = request.headers.get("X_FORWARDED_FOR", "") if self._told_by in ("*", peer) else ""
        return told.rpartition(",")[2].strip() or peer

    def busy(self) -> bool:
        """Return whether anything is being served or waits."""
        return any(lane.busy for lane in self._lanes.values())

    @property
    def slow(self) -> bool:
        """Whether who used much is at work here: all others are slower for it."""
        return bool(self._clients.placed)

    def shutdown(self) -> bool:
        """Serve nothing more; what is being served ends with the process."""
        for lane in self._lanes.values():
            lane.close()
        return True


class _Clients:
    """What each client has at work in a process and what it has used of it lately; `lock` guards this and all lanes."""

    def __init__(self, places: SharedPlaces) -> None:
        self.lock = Lock()
        self._places = places
        self.placed = ""  # the client who has this process's place for those who used much
        self._left = -math.inf  # when that was left
        self._lanes: list[Condition] = []
        self._at_work: Counter[str] = Counter()
        self._used: dict[str, tuple[float, float]] = {}

    def changed(self) -> Condition:
        """Return what the threads of a lane wait on."""
        self._lanes.append(Condition(self.lock))
        return self._lanes[-1]

    def begin(self, client: str) -> bool:
        """Return whether one more request may be at work, and count it: of a client who used much while others are there only
        where it has none, and takes a place for such clients. A process that left one lets others look for it first.
        """
        if client and (client == self.placed or self._used_much(client)):
            waits = self._at_work[client] or self.placed or time.monotonic() - self._left < 2 * _LOOK
            if waits or not self._places.take():
                return False
            self.placed = client
        self._at_work[client] += 1
        return True

    def end(self, client: str, seconds: float) -> bool:
        """Note that a request was served, and what it took of the processor; return whether it had the process's place."""
        _one_less(self._at_work, client)
        if placed := bool(client) and client == self.placed:
            self._places.leave()
            self.placed, self._left = "", time.monotonic()
        self.count(client, seconds)
        return placed

    def count(self, client: str, seconds: float) -> None:
        """Note what a client used of the processor, here."""
        if not client:
            return
        now = time.monotonic()
        used = self._lately(client, now) + seconds
        self._used[client] = used, now
        if used > _MUCH_USED:
            for lane in self._lanes:
                lane.notify()  # a request of this client, or of another one like it, may have waited there for this one
        if len(self._used) > _MANY:
            self._used = {each: (used, at) for each, (used, at) in self._used.items() if now - at < _LATELY}

    def _used_much(self, client: str) -> bool:
        now = time.monotonic()
        return self._lately(client, now) > _MUCH_USED and any(
            now - at < _LATELY for other, (_, at) in self._used.items() if other != client
        )

    def _lately(self, client: str, now: float) -> float:
        used, at = self._used.get(client, (0.0, now))
        return used * math.exp((at - now) / _LATELY)


def _one_less(counts: Counter[_T], of: _T) -> None:
    counts[of] -= 1
    if not counts[of]:
        del counts[of]


class _Turn(NamedTuple):
    """Whose requests take turns with those of others, and whether they may be long: these wait for one another, too."""

    client: str
    long: bool


class _Lane:
    """Requests that wait, by whose turn it will be, and the threads that serve them."""

    def __init__(self, name: str, width: _Width, clients: _Clients) -> None:
        self._width, self._clients = width, clients
        self._waiting: OrderedDict[_Turn, deque[tuple[float, Any]]] = OrderedDict()
        self._served: Counter[_Turn] = Counter()
        self._newest_first = False
        self._open = True
        self._changed = clients.changed()
        for number in range(width.threads):
            Thread(target=self._serve, name=f"{name}-{number}", daemon=True).start()

    @property
    def busy(self) -> bool:
        return bool(self._waiting or self._served.total())

    def add(self, channel: Any, turn: _Turn) -> Any:
        """Let a connection wait for its turn; return the one for which there is no place, None where there is for all.

        It is the newest of who has most there.
        """
        with self._changed:
            self._waiting.setdefault(turn, deque()).append((time.monotonic(), channel))
            alike = [each for each in self._waiting if each.long == turn.long]
            most = self._width.most_long if turn.long else self._width.most
            if sum(len(self._waiting[each]) for each in alike) > most:
                greediest = max(reversed(alike), key=lambda each: len(self._waiting[each]))
                refused = self._waiting[greediest].pop()[1]
                if not self._waiting[greediest]:
                    del self._waiting[greediest]
                return refused
            self._changed.notify()
        return None

    def late(self) -> list[Any]:
        """Return the connections that have waited too long; they wait no more."""
        found, since = list[Any](), time.monotonic() - self._width.wait
        with self._changed:
            for turn, requests in list(self._waiting.items()):
                while requests and requests[0][0] < since:
                    found.append(requests.popleft()[1])
                if not requests:
                    del self._waiting[turn]
        return found

    def close(self) -> None:
        with self._changed:
            self._open = False
            self._changed.notify_all()

    def _serve(self) -> None:
        while (taken := self._next()) is not None:
            turn, channel = taken
            began = time.thread_time()
            try:
                channel.service()
            except Exception:  # noqa: BLE001  whatever it is, the next one is served
                _LOG.exception("a request could not be served")
            with self._changed:
                _one_less(self._served, turn)
                seconds = time.thread_time() - began
                if not self._width.shared:
                    self._clients.count(turn.client, seconds)
                elif self._clients.end(turn.client, seconds):
                    channel.server.pull_trigger()  # the loop takes newcomers again

    def _next(self) -> tuple[_Turn, Any] | None:
        """Wait for the next request, one of who has waited longest for a turn; None at the end."""
        with self._changed:
            while self._open:
                turn = next(filter(self._begin, self._waiting), None)
                if turn is not None:
                    return turn, self._taken(turn)
                self._changed.wait(_LOOK if self._waiting and self._width.shared else None)
        return None

    def _begin(self, turn: _Turn) -> bool:
        if self._served[turn] >= self._width.each:
            return False
        if sum(number for each, number in self._served.items() if each.long == turn.long) >= self._width.alike:
            return False
        return not self._width.shared or self._clients.begin(turn.client)

    def _taken(self, turn: _Turn) -> Any:
        requests = self._waiting.pop(turn)
        piled_up = time.monotonic() - requests[0][0] > self._width.piled
        self._newest_first = piled_up and not self._newest_first
        taken = requests.pop() if self._newest_first else requests.popleft()
        if requests:
            self._waiting[turn] = requests  # at the end
        self._served[turn] += 1
        return taken[1]


def lane_of(method: str, path: str, query: str) -> str:
    """Return in which lane a request stands; "long" for what may be long among the searches."""
    if _QUICK.fullmatch(path):
        return "quick"
    if _GRAVE.fullmatch(path):
        return "grave"
    if _LONG.fullmatch(path):
        return "long"
    if method == "POST":
        return "grave"
    if _SEARCHING.fullmatch(path):
        return "long" if len(query) > _SHORT or _LOOKING.search(query) or _MUCH.search(query) else "search"
    return "reading"
