"""One update at a time in the whole cluster: the lock is a document with a lease, renewed for as long as its holder works.

A holder that dies leaves its lease to run out. One that only stopped for a while may go on writing after another took
over: what it writes then never counts, since it carries an epoch that no state names, and its own change of the state is
refused because that document is no longer the one it read.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from threading import Event, Lock, Thread
from typing import Any

from opensearchpy import OpenSearch
from opensearchpy.exceptions import ConflictError, NotFoundError, OpenSearchException, RequestError

from kb.base.errors import StorageError

LEASE = 60.0
"""Seconds that a lock holds without being renewed."""

_RENEWALS = 4
_ID = "lock"
_DEFINITION = {
    "settings": {"number_of_shards": 1, "auto_expand_replicas": "0-1"},
    "mappings": {
        "_meta": {"made_by": "kb"},
        "dynamic": "strict",
        "properties": {"lock": {"type": "object", "enabled": False}},
    },
}


class Lease:
    """The right to update, for as long as `check` does not object."""

    def __init__(self, client: OpenSearch, index: str) -> None:
        self._client, self._index = client, index
        self._writing = Lock()
        self._epoch, self._mark = self._there()
        self._renewed = time.monotonic()
        self._write(LEASE)

    def begin(self, least: int) -> int:
        """Return the epoch of this update: later than any there was, and than `least`."""
        self._epoch = max(self._epoch, least) + 1
        self._write(LEASE)
        return self._epoch

    def check(self) -> None:
        """Raise StorageError where the lease may have run out."""
        if time.monotonic() - self._renewed > LEASE:
            raise _lost()

    def renew_until(self, ended: Event) -> None:
        """Keep the lease. A renewal that fails is tried again; `check` tells when it is too late."""
        while not ended.wait(LEASE / _RENEWALS):
            try:
                self._write(LEASE)
            except (OpenSearchException, StorageError):
                continue

    def end(self) -> None:
        """Give the lock back; where that cannot be done, it runs out."""
        try:
            self._write(0)
        except (OpenSearchException, StorageError):
            return

    def _there(self) -> tuple[int, dict[str, int]]:
        """Return the last epoch, and the mark that only one of those who read it now can write upon."""
        try:
            found = self._client.get(index=self._index, id=_ID)
        except NotFoundError as error:
            if error.error == "index_not_found_exception":
                _create(self._client, self._index)
            return 0, {}
        kept = found["_source"]["lock"]
        left = kept["until"] - time.time()
        if left > 0:
            raise StorageError(
                f"{kept['holder']} 正在更新索引（{kept['since']} 开始），同一时间只能有一个：请等它结束后再运行。"
                f"如果它已经停止，{left:.0f} 秒后可以再试。"
            )
        return int(kept["epoch"]), _mark(found)

    def _write(self, seconds: float) -> None:
        holder = f"{socket.gethostname()} 的进程 {os.getpid()}"
        now = time.time()
        since = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
        body = {"lock": {"holder": holder, "since": since, "until": now + seconds, "epoch": self._epoch}}
        with self._writing:
            started = time.monotonic()
            only: dict[str, Any] = self._mark or {"op_type": "create"}
            try:
                written = self._client.index(index=self._index, id=_ID, body=body, params=only)
            except ConflictError as error:
                raise _lost() from error
            self._mark, self._renewed = _mark(written), started


@contextmanager
def lease(client: OpenSearch, alias: str) -> Iterator[Lease]:
    """Hold the lock of the cluster's index. Raises StorageError at once when another process holds it, naming it."""
    held = Lease(client, f"{alias}-lock")
    ended = Event()
    renewing = Thread(target=held.renew_until, args=(ended,), daemon=True)
    renewing.start()
    try:
        yield held
    finally:
        ended.set()
        renewing.join()
        held.end()


def _create(client: OpenSearch, index: str) -> None:
    try:
        client.indices.create(index=index, body=_DEFINITION)
    except RequestError as error:
        if error.error != "resource_already_exists_exception":  # another process was quicker
            raise


def _mark(answer: dict[str, Any]) -> dict[str, int]:
    return {"if_seq_no": answer["_seq_no"], "if_primary_term": answer["_primary_term"]}


def _lost() -> StorageError:
    return StorageError("更新索引的锁已被别的进程接管：这次更新没有生效，索引是原来的样子，请稍后再运行 kb index。")
