"""How an update fills the index: sent in bulk, no faster than the cluster takes it, and never twice."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event
from typing import Any, TypeVar

from opensearchpy import OpenSearch
from opensearchpy.exceptions import ConnectionError, ConnectionTimeout, TransportError

from kb.base.errors import StorageError
from kb.search.cluster.client_requests import patiently

_BYTES = 4_000_000
_ACTIONS = 500
_SENDERS = 2
"""Requests under way at a time: the cluster writes one while the next is read."""

_TOLD = {"filter_path": "errors,items.*.status,items.*.error.reason,items.*.error.type,items.*._id"}
_FINAL = (400, 401, 403, 413)
"""What will be refused however often it is sent. All else passes: full queues and disks, a copy that fails or moves (404, 500)."""

_PATIENCE = 180.0
"""Seconds for which a cluster that refuses or cannot be reached is asked again."""

_FIRST_WAIT, _LONGEST_WAIT = 0.2, 10.0
_TIMEOUT = 60.0
_LONG = 3_600.0

Answer = TypeVar("Answer")


class Bulk:
    """Sends actions (two lines each, in JSON) to an index, a few requests at a time. What was refused is sent again, under the same id.

    Use it in a `with` statement: everything is sent when it ends in good order, and nothing is being sent any more however it ends.
    """

    def __init__(self, client: OpenSearch, index: str, check: Callable[[], None]) -> None:
        self._client, self._index, self._check = client, index, check
        self._waiting: list[bytes] = []
        self._size = 0
        self._senders = ThreadPoolExecutor(_SENDERS, "bulk")
        self._sent: deque[Future[None]] = deque()
        self._given_up = Event()

    def __enter__(self) -> Bulk:
        return self

    def __exit__(self, failed: type[BaseException] | None, *_: object) -> None:
        try:
            if not failed:
                self._flush()
                while self._sent:
                    self._sent.popleft().result()
        finally:
            self._given_up.set()
            self._senders.shutdown(cancel_futures=True)

    def add(self, actions: Iterable[bytes]) -> None:
        """Send when there is enough to send; waits while as much as may be is on its way. Raises StorageError for what the cluster will not take."""
        for action in actions:
            self._waiting.append(action)
            self._size += len(action)
            if self._size >= _BYTES or len(self._waiting) >= _ACTIONS:
                self._flush()

    def _flush(self) -> None:
        """Hand over everything that waits."""
        if len(self._sent) > _SENDERS:
            self._sent.popleft().result()
        self._sent.append(self._senders.submit(self._deliver, self._waiting))
        self._waiting, self._size = [], 0

    def _deliver(self, waiting: list[bytes]) -> None:
        """Send some actions, and again what is refused."""
        give_up, wait = time.monotonic() + _PATIENCE, _FIRST_WAIT
        while waiting:
            self._check()
            waiting, reason = self._send(waiting)
            if not waiting:
                return
            if time.monotonic() > give_up:
                raise StorageError(
                    f"OpenSearch 有 {len(waiting):,} 项一直不肯写入（{reason}）：索引仍是原来的样子，"
                    "请查看各节点的磁盘和负载，然后再运行 kb index。"
                )
            if self._given_up.wait(wait):
                return
            wait = min(2 * wait, _LONGEST_WAIT)

    def _send(self, actions: Sequence[bytes]) -> tuple[list[bytes], str]:
        """Send once; return what must be sent again, and why."""
        try:
            answer = self._client.bulk(
                index=self._index, body=b"".join(actions), params=_TOLD, request_timeout=_TIMEOUT
            )
        except ConnectionError as error:
            return list(actions), f"连不上：{error.error}"
        except TransportError as error:
            if error.status_code in _FINAL:
                raise
            return list(actions), f"状态 {error.status_code}"
        if not answer["errors"]:
            return [], ""
        again, reason = [], ""
        for action, item in zip(actions, answer["items"], strict=True):
            told = item["index"]
            if "error" in told:
                reason = str(told["error"].get("reason", ""))[:200]
                if told["status"] in _FINAL:
                    raise StorageError(f"OpenSearch 拒收 {told['_id']}（{reason}）：索引仍是原来的样子。")
                again.append(action)
        return again, reason


def remove(client: OpenSearch, index: str, queries: Sequence[dict[str, Any]]) -> None:
    """Remove what no state names any more."""
    body = {"query": {"bool": {"should": list(queries), "minimum_should_match": 1}}}
    refresh(client, index)

    def ask(seconds: float) -> object:
        return client.delete_by_query(index=index, body=body, conflicts="proceed", request_timeout=seconds)

    patiently(lambda: _at_length(ask), 0)  # the client asks other nodes itself


def refresh(client: OpenSearch, index: str) -> None:
    """Make what was written visible on every copy of every shard. Raises StorageError where a copy does not answer."""
    give_up, wait = time.monotonic() + _PATIENCE, _FIRST_WAIT
    while not _refreshed(client, index):
        if time.monotonic() > give_up:
            raise StorageError("OpenSearch 的一部分副本没有回答：这次更新没有生效，请查看各节点，然后再运行 kb index。")
        time.sleep(wait)
        wait = min(2 * wait, _LONGEST_WAIT)


def _at_length(ask: Callable[[float], Answer]) -> Answer:
    """Ask for what may take long, and again for longer where nodes are silent: one that hangs is like one that has much to do."""
    seconds = _TIMEOUT
    while True:
        try:
            return ask(seconds)
        except ConnectionTimeout:
            if seconds >= _LONG:
                raise
            seconds *= 2


def _refreshed(client: OpenSearch, index: str) -> bool:
    def ask(seconds: float) -> Any:
        return client.indices.refresh(index=index, request_timeout=seconds)

    try:
        return not _at_length(ask)["_shards"]["failed"]
    except TransportError as error:
        if error.status_code in _FINAL:
            raise
        return False
