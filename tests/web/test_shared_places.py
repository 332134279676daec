"""Places that processes share: one each, and free again when whoever had one is gone."""

from __future__ import annotations

import multiprocessing
import multiprocessing.connection
import time
from threading import Event

from kb.web.site.lanes import Lanes
from kb.web.site.shared_places import SharedPlaces
from tests.web.test_lanes import Asked, busy


class Other:
    """Another process, which takes a place and keeps it until it is told to leave, or killed."""

    def __init__(self, places: SharedPlaces, *, patient: bool = False) -> None:
        context = multiprocessing.get_context("fork")
        self._near, far = context.Pipe()
        self.process = context.Process(target=self._hold, args=(places, far, patient), daemon=True)
        self.process.start()
        self.has_one: bool = self._near.recv()

    @staticmethod
    def _hold(places: SharedPlaces, far: multiprocessing.connection.Connection, patient: bool) -> None:
        until = time.monotonic() + (5 if patient else 0)
        while not (taken := places.take()) and time.monotonic() < until:
            time.sleep(0.02)
        far.send(taken)
        far.recv()
        places.leave()
        far.send(True)
        far.recv()

    def leave(self) -> None:
        self._near.send(True)
        self._near.recv()

    def kill(self) -> None:
        self.process.kill()
        self.process.join()


def _use(lanes: Lanes, seconds: float) -> None:
    """Let a reader use so much of the processor."""
    used = Asked("/search", "greedy", serve=lambda: busy(seconds))
    lanes.add_task(used)
    assert used.served.wait(30)


def test_there_are_as_many_as_were_made() -> None:
    places = SharedPlaces(2)
    first, second, third = (Other(places) for _ in range(3))
    assert (first.has_one, second.has_one, third.has_one) == (True, True, False)
    assert not places.take()
    first.leave()
    assert places.take()
    for each in (first, second, third):
        each.kill()


def test_what_a_process_had_is_free_when_it_is_killed() -> None:
    places = SharedPlaces()
    other = Other(places)
    assert other.has_one and not places.take()
    other.kill()
    assert places.take()
    with places.turn():  # its own is no other's
        assert not Other(places).has_one


def test_a_process_with_a_queue_lets_another_have_a_turn() -> None:
    places = SharedPlaces()
    lanes, enough = Lanes(places=places), Event()
    _use(lanes, 1.2)
    modest = Asked("/search", "modest")
    lanes.add_task(modest)
    assert modest.served.wait(5)

    def again() -> None:
        busy(0.05)
        if not enough.is_set():
            lanes.add_task(Asked("/search", "greedy", serve=again))

    for _ in range(3):
        lanes.add_task(Asked("/search", "greedy", serve=again))
    other = Other(places, patient=True)
    assert other.has_one
    enough.set()
    other.kill()
    lanes.shutdown()


def test_a_second_request_does_not_give_back_the_place_of_the_first() -> None:
    places = SharedPlaces()
    lanes, gate = Lanes(places=places), Event()
    _use(lanes, 1.03)
    modest, first = Asked("/search", "modest"), Asked("/search", "greedy", serve=gate.wait)
    lanes.add_task(modest)
    assert modest.served.wait(5)
    lanes.add_task(first)
    assert first.begun.wait(5)
    second = Asked("/d/a", "greedy")  # by then what it used is half forgotten
    assert not Event().wait(0.6)
    lanes.add_task(second)
    assert not Event().wait(0.2) and not second.begun.is_set()
    assert not Other(places).has_one
    assert lanes.slow, "newcomers should be served by another process meanwhile"
    gate.set()
    assert second.served.wait(5)
    assert first.woken.wait(5), "the loop takes newcomers again"
    assert not lanes.slow and not modest.woken.is_set()
    lanes.shutdown()


def test_who_used_much_waits_for_who_used_much_in_another_process_and_for_nobody_else() -> None:
    places = SharedPlaces()
    lanes = Lanes(places=places)
    _use(lanes, 1.2)
    other = Other(places)
    modest, greedy, again = Asked("/d/a", "modest"), Asked("/search", "greedy"), Asked("/search", "modest")
    lanes.add_task(modest)
    assert modest.served.wait(5)
    lanes.add_task(greedy)
    lanes.add_task(again)
    assert again.served.wait(5) and not greedy.begun.is_set()
    other.leave()
    assert greedy.served.wait(5)
    other.kill()
    lanes.shutdown()
