"""Asks the cluster several things at once, and again where a shard did not answer: never for part of an answer, and for
no longer than the request may take."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

from opensearchpy import OpenSearch
from opensearchpy.exceptions import ConnectionError, NotFoundError, TransportError

from kb.base import deadline
from kb.base.deadline import OverTimeError
from kb.base.errors import StorageError, UsageError
from kb.search.cluster.connection import TIMEOUT, TRIES
from kb.search.cluster.kept import ASKED
from kb.search.cluster.mapping import KEPT, STATE
from kb.search.cluster.queries import Part

_BUSY = (429, 502, 503, 504)
_PATIENCE, _FIRST_WAIT = 20.0, 0.05
_PAGE = 5_000
_SOON = 5.0
"""Seconds for which a node may be silent where somebody waits to read, whether there is a deadline or not."""

_LEAST = 0.2
"""Seconds that a node is given at least."""

_CANCELLED = 0.8
"""The share of that time after which a node that lives is to give up."""

_WHOLE: Part = {"allow_partial_search_results": False}
"""The head of a search that is answered by all shards or not at all."""

NO_INDEX = "index_not_found_exception"
"""What a cluster says where there is no index, or no alias, of a name."""

GLOBALLY = "globally"
"""In a search: how rare things are is counted over all shards, not in each."""

_STATE: Part = {"query": {"ids": {"values": [STATE]}}, "size": 1, "seq_no_primary_term": True}
_unsure: ContextVar[bool] = ContextVar("unsure", default=False)
_silence: ContextVar[float] = ContextVar("silence", default=TIMEOUT)
# What a cluster says of a query that has more words, or a longer one, than it is set to take.
_TOO_MUCH = {"too_many_nested_clauses", "too_many_clauses", "too_complex_to_determinize_exception"}

Answer = TypeVar("Answer")


class VanishedError(StorageError):
    """The state that is asked is no longer there, since another update has completed, or not yet known to the nodes asked."""

    def __init__(self) -> None:
        super().__init__(
            "索引正在被反复更新，或者集群的节点跟不上（停住过、磁盘满了），这次没有做成：请稍后再试；一直如此，运行 kb index。"
        )


class _BusyError(Exception):
    """A shard did not answer."""


class _CancelledError(OverTimeError):
    """A node that lives gave up: it had too much to do, or waited for one that hangs."""


def patiently(ask: Callable[[], Answer], silences: int = TRIES) -> Answer:
    """Ask, another node where one does not answer or does not know the state, so many times, and again for a while where the cluster
    has too much to do or is just replacing a node: for no longer than the request may take.
    """
    give_up, wait, silent = time.monotonic() + _PATIENCE, _FIRST_WAIT, 0
    while True:
        deadline.check()
        try:
            return ask()
        except (ConnectionError, _CancelledError, VanishedError):
            silent += 1
            if silent > silences or _is_over():
                raise
            continue
        except TransportError as error:
            if error.status_code not in _BUSY or time.monotonic() > give_up:
                raise
        except _BusyError as error:
            if time.monotonic() > give_up:
                raise StorageError(
                    f"OpenSearch 没能完成检索（{error}）：请查看集群的状态（_cluster/health）。"
                ) from error
        pause(wait)
        wait *= 2


def pause(wait: float) -> None:
    """Wait before something is asked again, for no longer than the request may take."""
    present = deadline.present()
    time.sleep(min(wait, max(present.left, 0)) if present else wait)


def seconds() -> float:
    """Return how long a node may be silent: half of what is left to the request, so that another one can be asked."""
    present = deadline.present()
    return max(min(_silence.get(), present.left / 2), _LEAST) if present else _silence.get()


@contextmanager
def soon() -> Iterator[None]:
    """Let nodes that are silent be given up soon, whatever time there is."""
    token = _silence.set(_SOON)
    try:
        yield
    finally:
        _silence.reset(token)


def _is_over() -> bool:
    present = deadline.present()
    return present is not None and present.left <= 0


@contextmanager
def unsure() -> Iterator[None]:
    """Let the first that is asked of a state ask whether that still counts, too: nobody has to ask for that before."""
    token = _unsure.set(True)
    try:
        yield
    finally:
        _unsure.reset(token)


@contextmanager
def knowing_the_view() -> Iterator[None]:
    """Raise VanishedError where a node does not know the view of a state."""
    try:
        yield
    except NotFoundError as error:
        if error.error == NO_INDEX:
            raise VanishedError from error
        raise


class Requests:
    """Asks one state of the index, whose alias, name, `State.view` and mark (`State.changed`) are these."""

    def __init__(self, client: OpenSearch, alias: str, index: str, view: str, mark: tuple[int, int]) -> None:
        self._client, self._alias, self._index, self._view, self._mark = client, alias, index, view, mark

    def ask(self, *bodies: Part) -> list[Any]:
        """Return each of some searches, in order.

        Raises VanishedError where this is not the state that counts any more, StorageError where shards go on being silent,
        OverTimeError where there is no time left, and UsageError for a query that is more than the cluster takes.
        """
        if not bodies:
            return []
        is_unsure = _unsure.get()
        asked: list[Part] = [line for body in bodies for line in _lines(body)]
        if is_unsure:
            asked += [{**_WHOLE, "index": self._alias, "routing": STATE}, _STATE]

        def once() -> list[Any]:
            allowed = seconds()
            told = {"cancel_after_time_interval": f"{_CANCELLED * 1000 * allowed:.0f}ms"}
            answers = self._client.msearch(index=self._view, body=asked, params=told, request_timeout=allowed)
            for answer in answers["responses"]:
                if "error" in answer:
                    raise _failure(answer)
            return list(answers["responses"])

        answers = patiently(once)
        if is_unsure:
            self._check(answers.pop())
            _unsure.set(False)
        return answers

    def _check(self, answer: Any) -> None:
        """Raise VanishedError where another state counts: a newer one, or one that was restored."""
        seen = [(hit["_index"], (hit["_seq_no"], hit["_primary_term"])) for hit in answer["hits"]["hits"]]
        if seen != [(self._index, self._mark)]:
            raise VanishedError

    def read(self, ids: Sequence[str]) -> list[Any]:
        """Return what is found under some ids, in order. Raises VanishedError where one is gone."""
        if not ids:
            return []
        body, only = {"ids": list(ids)}, {"stored_fields": KEPT, "realtime": "false"}

        def once() -> Any:
            with knowing_the_view():
                return self._client.mget(index=self._view, body=body, params=only, request_timeout=seconds())

        found = patiently(once)["docs"]
        if not all(each.get("found") for each in found):
            raise VanishedError
        return list(found)

    def rows(self, counting: Part) -> Iterator[Any]:
        """Yield every row that counts, by key."""
        return self._every(counting, ["key"])

    def sections(self, counting: Part) -> Iterator[Any]:
        """Yield every section that counts, by key, then in the order of the text."""
        return self._every(counting, ["key", "number_in_text"])

    def _every(self, counting: Part, sort: Sequence[str]) -> Iterator[Any]:
        body: Part = {"query": counting, "size": _PAGE, "sort": list(sort), **ASKED}
        while True:
            (answer,) = self.ask(body)
            hits = answer["hits"]["hits"]
            yield from hits
            if len(hits) < _PAGE:
                return
            body = {**body, "search_after": hits[-1]["sort"]}


def _lines(body: Part) -> tuple[Part, Part]:
    """Return a search as it is sent: its head, and what is asked."""
    head = _WHOLE if GLOBALLY not in body else {**_WHOLE, "search_type": "dfs_query_then_fetch"}
    return head, {name: part for name, part in body.items() if name != GLOBALLY}


def _failure(answer: Any) -> Exception:
    kind, reason = answer["error"]["type"], answer["error"].get("reason", "")
    if kind == NO_INDEX:
        return VanishedError()
    causes = set(_causes(answer["error"]))
    if not _TOO_MUCH.isdisjoint(causes):
        return UsageError("检索式里的词语太多或者太长，集群查不了：请减少后再查。")
    if "task_cancelled_exception" in causes or "timeout" in kind:
        return _CancelledError("集群没能及时查完，没有结果：请把检索式缩小或简化，过一会儿再试。")
    if answer["status"] in _BUSY:
        return _BusyError(f"{kind}：{reason}")
    return StorageError(f"OpenSearch 没能完成检索（{kind}：{reason}）：请用 kb check 检查索引。")


def _causes(error: Any) -> Iterator[str]:
    """Yield the kinds of an error and of what caused it, as the cluster names them."""
    for each in error.get("root_cause", ()):
        yield each["type"]
    while error:
        yield error["type"]
        error = error.get("caused_by")
