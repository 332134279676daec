"""Asks the cluster several things at once, and again where a shard did not answer: never for part of an answer."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from opensearchpy import OpenSearch
from opensearchpy.exceptions import NotFoundError, TransportError

from kb.base.errors import StorageError, UsageError
from kb.search.cluster.queries import Part

_BUSY = (429, 502, 503, 504)
_PATIENCE, _FIRST_WAIT = 20.0, 0.05
_PAGE = 5_000
# What a cluster says of a query that has more words, or a longer one, than it is set to take.
_TOO_MUCH = {"too_many_nested_clauses", "too_many_clauses", "too_complex_to_determinize_exception"}

Answer = TypeVar("Answer")


class VanishedError(Exception):
    """The state that is being searched is no longer there: another update has completed since."""


class _BusyError(Exception):
    """A shard did not answer."""


def patiently(ask: Callable[[], Answer]) -> Answer:
    """Ask, and again for a while where the cluster has too much to do or is just replacing a node."""
    give_up, wait = time.monotonic() + _PATIENCE, _FIRST_WAIT
    while True:
        try:
            return ask()
        except TransportError as error:
            if error.status_code not in _BUSY or time.monotonic() > give_up:
                raise
        except _BusyError as error:
            if time.monotonic() > give_up:
                raise StorageError(
                    f"OpenSearch 没能完成检索（{error}）：请查看集群的状态（_cluster/health）。"
                ) from error
        time.sleep(wait)
        wait *= 2


def ask(client: OpenSearch, index: str, bodies: Sequence[Part]) -> list[Any]:
    """Return each of some searches, in order. Raises VanishedError, StorageError where shards go on being silent, and
    UsageError for a query that is more than the cluster takes."""
    lines = [line for body in bodies for line in ({"allow_partial_search_results": False}, body)]

    def once() -> list[Any]:
        answers: list[Any] = client.msearch(index=index, body=lines)["responses"]
        for answer in answers:
            if "error" in answer:
                raise _failure(answer)
        return answers

    return patiently(once)


def _failure(answer: Any) -> Exception:
    kind, reason = answer["error"]["type"], answer["error"].get("reason", "")
    if kind == "index_not_found_exception":
        return VanishedError()
    if not _TOO_MUCH.isdisjoint(_causes(answer["error"])):
        return UsageError("检索式里的词语太多或者太长，集群查不了：请减少后再查。")
    if answer["status"] in _BUSY:
        return _BusyError(f"{kind}：{reason}")
    return StorageError(f"OpenSearch 没能完成检索（{kind}：{reason}）：请用 kb check 检查索引。")


def _causes(error: Any) -> Iterator[str]:
    """Yield the kinds of an error and of what caused it, as the cluster names them."""
    while error:
        yield error["type"]
        error = error.get("caused_by")


def read(client: OpenSearch, index: str, ids: Sequence[str]) -> list[Any]:
    """Return what is kept under some ids, in order. Raises VanishedError where one is gone."""
    if not ids:
        return []
    body, only = {"ids": list(ids)}, {"_source_includes": "stored"}
    try:
        found = patiently(lambda: client.mget(index=index, body=body, params=only))["docs"]
    except NotFoundError as error:
        raise VanishedError from error
    if not all(each.get("found") for each in found):
        raise VanishedError
    return [each["_source"]["stored"] for each in found]


def rows(client: OpenSearch, index: str, counting: Part) -> Iterator[Any]:
    """Yield what is kept of every document that counts, by key."""
    return _every(client, index, counting, ["key"], "row")


def sections(client: OpenSearch, index: str, counting: Part) -> Iterator[Any]:
    """Yield what is kept of every section that counts, by key, then in the order of the text."""
    return _every(client, index, counting, ["key", "number_in_text"], "stored")


def _every(client: OpenSearch, index: str, counting: Part, sort: Sequence[str], kept: str) -> Iterator[Any]:
    body: Part = {"query": counting, "size": _PAGE, "sort": list(sort), "_source": [kept]}
    while True:
        (answer,) = ask(client, index, [body])
        hits = answer["hits"]["hits"]
        yield from (hit["_source"][kept] for hit in hits)
        if len(hits) < _PAGE:
            return
        body = {**body, "search_after": hits[-1]["sort"]}
