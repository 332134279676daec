"""Asks the cluster several things at once, and again where a shard did not answer: never for part of an answer."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import Any

from opensearchpy import OpenSearch
from opensearchpy.exceptions import NotFoundError

from kb.errors import StorageError
from kb.search.opensearch.queries import Part

_PATIENCE, _FIRST_WAIT = 20.0, 0.05
_PAGE = 5_000


class VanishedError(Exception):
    """The state that is being searched is no longer there: another update has completed since."""


def ask(client: OpenSearch, index: str, bodies: Sequence[Part]) -> list[Any]:
    """Answer each of some searches, in order. Raises VanishedError, and StorageError where shards go on being silent."""
    lines = [line for body in bodies for line in ({"allow_partial_search_results": False}, body)]
    give_up, wait = time.monotonic() + _PATIENCE, _FIRST_WAIT
    while True:
        answers: list[Any] = client.msearch(index=index, body=lines)["responses"]
        failed = next((answer for answer in answers if "error" in answer), None)
        if failed is None:
            return answers
        kind, reason = failed["error"]["type"], failed["error"].get("reason", "")
        if kind == "index_not_found_exception":
            raise VanishedError
        if (failed["status"] < 500 and failed["status"] != 429) or time.monotonic() > give_up:
            raise StorageError(f"OpenSearch 没能完成检索（{kind}：{reason}）：请查看集群的状态（_cluster/health）。")
        time.sleep(wait)
        wait *= 2


def read(client: OpenSearch, index: str, ids: Sequence[str]) -> list[Any]:
    """Answer what is kept under some ids, in order. Raises VanishedError where one is gone."""
    if not ids:
        return []
    try:
        found = client.mget(index=index, body={"ids": list(ids)}, params={"_source_includes": "stored"})["docs"]
    except NotFoundError as error:
        raise VanishedError from error
    if not all(each.get("found") for each in found):
        raise VanishedError
    return [each["_source"]["stored"] for each in found]


def rows(client: OpenSearch, index: str, counting: Part) -> Iterator[Any]:
    """Yield what is kept of every document that counts, by key."""
    body: Part = {"query": counting, "size": _PAGE, "sort": ["key"], "_source": ["row"]}
    while True:
        (answer,) = ask(client, index, [body])
        hits = answer["hits"]["hits"]
        yield from (hit["_source"]["row"] for hit in hits)
        if len(hits) < _PAGE:
            return
        body = {**body, "search_after": hits[-1]["sort"]}
