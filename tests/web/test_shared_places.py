"""Places that processes share: one each, and free again when whoever had one is gone."""

from __future__ import annotations

import multiprocessing
import multiprocessing.connection

from kb.web.site.lanes import Lanes
from kb.web.site.shared_places import SharedPlaces
from tests.web.test_lanes import Asked, busy


class Other:
    """Another process, which takes a place and keeps it until it is told to leave, or killed."""

    def __init__(self, places: SharedPlaces) -> None:
        context = multiprocessing.get_context("fork")
        self._near, far = context.Pipe()
        self.process = context.Process(target=self._hold, args=(places, far), daemon=True)
        self.process.start()
        self.has_one: bool = self._near.recv()

    @staticmethod
    def _hold(places: SharedPlaces, far: multiprocessing.connection.Connection) -> None:
        far.send(places.take())
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


def test_who_used_much_waits_for_who_used_much_in_another_process_and_for_nobody_else() -> None:
    places = SharedPlaces()
    lanes = Lanes(places=places)
    used = Asked("/search", "greedy", serve=lambda: busy(2.2))
    lanes.add_task(used)
    assert used.served.wait(30)
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
