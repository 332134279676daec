"""Who is served next: nobody who asks for much keeps others from little."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from threading import Event
from types import SimpleNamespace
from urllib.parse import quote

import pytest
from flask.testing import FlaskClient

from kb.config.settings import Settings
from kb.web.context.heavy_work import PLACES
from kb.web.site import lanes as lanes_module
from kb.web.site.app import create_app
from kb.web.site.lanes import Lanes, lane_of
from tests.web.conftest import LAW


class Asked:
    """A request on a connection of its own; `serve` is what serving it does."""

    def __init__(
        self, path: str, client: str = "a", query: str = "", serve: Callable[[], object] = lambda: None
    ) -> None:
        self.requests = [SimpleNamespace(error=None, command="GET", path=path, query=query, headers={})]
        self.addr, self.begun, self.served, self._serve = (client, 1), Event(), Event(), serve
        self.woken = Event()
        self.server = SimpleNamespace(pull_trigger=self.woken.set)

    def service(self) -> None:
        self.begun.set()
        self._serve()
        self.served.set()


@pytest.mark.parametrize(
    ("path", "query", "lane"),
    [
        ("/healthz", "", "quick"),
        ("/search", "q=" + quote("行政复议 期限"), "search"),
        ("/api/v1/search", "q=a&limit=3", "search"),
        ("/api/v1/search", "q=a&limit=100", "long"),
        ("/search", "q=" + quote("的*的"), "long"),
        ("/search", "q=" + quote("的？？的"), "long"),
        ("/search", "q=" + quote("一" * 220), "long"),
        ("/search", "q=" + quote("一" * 200), "search"),
        ("/d/a", "", "reading"),
        ("/d/a.pdf", "", "grave"),
        ("/d/a/compare", "", "grave"),
        ("/stale-basis", "", "long"),
        ("/parallel/topic", "", "long"),
        ("/api/v1/corpus.jsonl.gz", "", "grave"),
    ],
)
def test_requests_stand_by_what_they_may_cost(path: str, query: str, lane: str) -> None:
    assert lane_of("GET", path, query) == lane
    assert lane_of("POST", "/api/v1/citations", "") == "grave"
    assert lane_of("POST", "/api/v1/origins", "") == lane_of("POST", "/origins", "") == "long"


def test_a_search_waits_for_no_download_and_no_page() -> None:
    lanes, gate = Lanes(), Event()
    held = [Asked(path, serve=gate.wait) for path in ("/d/a.pdf", "/d/a", "/d/b", "/d/c", "/search") for _ in range(3)]
    for each in held[:-3]:
        lanes.add_task(each)
    search, health = Asked("/search"), Asked("/healthz")
    lanes.add_task(search)
    lanes.add_task(health)
    assert search.served.wait(5) and health.served.wait(5)
    assert not any(each.served.is_set() for each in held) and lanes.busy()
    gate.set()
    assert all(each.served.wait(5) for each in held[:-3])
    lanes.shutdown()


@pytest.mark.parametrize(("many", "other"), [("q=a*b", "q=a"), ("q=a", "q=a*b")])
def test_long_searches_and_others_leave_one_another_a_thread(many: str, other: str) -> None:
    lanes, gate = Lanes(), Event()
    *held, late = [Asked("/search", f"client {number}", many, gate.wait) for number in range(3)]
    for each in (*held, late):
        lanes.add_task(each)
    beside = Asked("/search", "beside", other)
    lanes.add_task(beside)
    assert beside.served.wait(5) and all(each.begun.wait(5) for each in held) and not late.begun.is_set()
    gate.set()
    assert late.served.wait(5)
    lanes.shutdown()


def test_who_asks_for_much_at_once_waits_for_oneself() -> None:
    lanes, gate, order = Lanes(), Event(), list[str]()
    for held in [Asked("/d/a.pdf", "greedy", serve=gate.wait) for _ in range(PLACES - 1)]:
        lanes.add_task(held)
        assert held.begun.wait(5)
    asked = [
        Asked("/d/a.pdf", client, serve=lambda client=client: order.append(client))  # type: ignore[misc]
        for client in ("greedy", "greedy", "greedy", "b", "c")
    ]
    for each in asked:
        lanes.add_task(each)
    assert all(each.served.wait(5) for each in asked[3:])
    gate.set()
    assert all(each.served.wait(5) for each in asked)
    assert order == ["b", "c", "greedy", "greedy", "greedy"]
    lanes.shutdown()


def test_heavy_work_of_one_reader_leaves_a_place_for_another() -> None:
    lanes, gate = Lanes(), Event()
    *held, last = [Asked("/d/a.pdf", "greedy", serve=gate.wait) for _ in range(PLACES)]
    for each in (*held, last):
        lanes.add_task(each)
    modest = Asked("/d/a.docx", "modest")
    lanes.add_task(modest)
    assert modest.served.wait(5) and all(each.begun.wait(5) for each in held) and not last.begun.is_set()
    gate.set()
    assert last.served.wait(5)
    lanes.shutdown()


def busy(seconds: float) -> None:
    until = time.thread_time() + seconds
    while time.thread_time() < until:
        pass


def test_who_has_used_much_has_one_request_at_work_while_others_are_there() -> None:
    lanes, gate = Lanes(), Event()
    used = Asked("/search", "greedy", serve=lambda: busy(1.2))
    lanes.add_task(used)
    assert used.served.wait(30)
    alone = [Asked(path, "greedy", serve=gate.wait) for path in ("/search", "/d/a")]
    for each in alone:
        lanes.add_task(each)
        assert each.begun.wait(5)
    other = Asked("/search", "modest")
    lanes.add_task(other)
    assert other.served.wait(5)
    more = Asked("/search", "greedy")
    lanes.add_task(more)
    again = Asked("/search", "modest")
    lanes.add_task(again)
    assert again.served.wait(5) and not more.begun.is_set()
    gate.set()
    assert more.served.wait(5)
    lanes.shutdown()


def test_who_has_waited_too_long_is_told_so_though_nothing_comes_free(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(lanes_module._LANES, "grave", replace(lanes_module._LANES["grave"], wait=-1))
    lanes, gate = Lanes(), Event()
    late = Asked("/d/a.pdf")
    for each in [Asked("/d/a.pdf", serve=gate.wait) for _ in range(PLACES - 1)]:
        lanes.add_task(each)
        assert each.begun.wait(5)
    lanes.add_task(late)
    lanes.refuse_late()
    assert late.served.wait(5) and late.requests[0].error
    gate.set()
    lanes.shutdown()


def test_where_requests_of_one_reader_pile_up_the_newest_takes_turns_with_the_oldest() -> None:
    lanes, gate, order = Lanes(), Event(), list[int]()
    held = [Asked("/d/a", serve=gate.wait) for _ in range(2)]
    for each in held:
        lanes.add_task(each)
        assert each.begun.wait(5)
    asked = [
        Asked("/d/a", serve=lambda number=number: order.append(number))  # type: ignore[misc]
        for number in range(3)
    ]
    for each in asked:
        lanes.add_task(each)
    assert not Event().wait(0.6)  # longer than anybody should wait
    gate.set()
    assert all(each.served.wait(5) for each in asked)
    assert set(order[:2]) == {2, 0}
    lanes.shutdown()


def test_where_too_many_wait_the_next_is_told_so_at_once() -> None:
    lanes, gate = Lanes(), Event()
    for each in [Asked("/d/a.pdf", serve=gate.wait) for _ in range(PLACES - 1)]:
        lanes.add_task(each)
        assert each.begun.wait(5)
    for each in [Asked("/d/a.pdf", serve=gate.wait) for _ in range(8)]:
        lanes.add_task(each)
    late = [Asked("/d/a.pdf") for _ in range(3)]
    for each in late:
        lanes.add_task(each)
    assert all(each.served.wait(5) for each in late)
    status, headers, body = late[-1].requests[0].error.to_response()
    assert status.startswith("503") and int(dict(headers)["Retry-After"]) > 0 and "过一会儿" in body.decode()
    gate.set()
    lanes.shutdown()


def test_where_many_have_one_each_the_last_who_came_is_told_so() -> None:
    lanes, gate = Lanes(), Event()
    for held in [Asked("/search", f"held {number}", "q=a*b", gate.wait) for number in range(2)]:
        lanes.add_task(held)
        assert held.begun.wait(5)
    waiting = [Asked("/search", f"waiting {number}", "q=a*b") for number in range(32)]
    last = Asked("/search", "last", "q=a*b")
    for each in (*waiting, last):
        lanes.add_task(each)
    assert last.served.wait(5) and last.requests[0].error and not any(each.requests[0].error for each in waiting)
    gate.set()
    assert all(each.served.wait(5) for each in waiting)
    lanes.shutdown()


def test_where_all_places_are_taken_by_one_another_still_gets_one() -> None:
    lanes, gate = Lanes(), Event()
    for number in range(PLACES):
        held = Asked("/d/a.pdf", f"greedy {number % 2}", serve=gate.wait)
        lanes.add_task(held)
        assert held.begun.wait(5)
    greedy = [Asked("/d/a.pdf", "greedy 0", serve=gate.wait) for _ in range(7)]
    last, modest = Asked("/d/a.pdf", "greedy 0"), Asked("/d/a.pdf", "modest")
    for each in (*greedy, last, modest):
        lanes.add_task(each)
    assert last.served.wait(5) and last.requests[0].error and not modest.requests[0].error
    gate.set()
    assert modest.served.wait(5)
    lanes.shutdown()


@pytest.mark.parametrize(
    "path", ["/search?q=%E5%85%AC*%E5%BC%80", f"/d/{LAW}", "/api/v1/search?q=a", "/gaps", "/search.atom?q=a*b"]
)
def test_a_request_that_takes_too_long_is_told_so_and_counts_nothing(settings: Settings, path: str) -> None:
    client: FlaskClient = create_app(settings).test_client()
    client.get("/search?q=a")  # opened
    gone = {"waitress.client_disconnected": lambda: True}
    answer = client.get(path, environ_overrides=gone)
    assert answer.status_code == 503 and "Retry-After" in answer.headers
    assert client.get(path).status_code == 200
