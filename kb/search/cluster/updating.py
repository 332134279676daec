"""How the index in the cluster is made that of the source: written beside what counts, then made to count in one step."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import Any

from opensearchpy import OpenSearch
from opensearchpy.exceptions import ConflictError, NotFoundError, OpenSearchException

from kb.base.errors import BadIndexError, StorageError
from kb.search.answer import difference
from kb.search.answer.section_record import analysed
from kb.search.cluster import mapping
from kb.search.cluster.client_requests import knowing_the_view, patiently, seconds
from kb.search.cluster.connection import version
from kb.search.cluster.index_state import State, first_state, is_newer, numbered, read_state
from kb.search.cluster.kept import kept, packed
from kb.search.cluster.lease import Lease, lease
from kb.search.cluster.section_documents import Preparer, Row, row_of
from kb.search.cluster.writing import Bulk, refresh, remove
from kb.search.contract.engine import Progress, Source, Updated
from kb.search.query.weights import replaced

_ALL_COPIES = {"wait_for_active_shards": "all", "timeout": "30s"}
_TIMEOUT = 60
_LEFT = 86_400.0
"""Seconds for which an index of an earlier version is left to servers that have not been replaced yet."""

_FEW = 1_000
"""Editions that a state may name as removed: more are removed at once."""


@dataclass
class Update:
    """One update. `standings` are how documents stand by others' words, by id."""

    client: OpenSearch
    alias: str
    shards: int
    source: Source
    standings: Mapping[str, str]
    progress: Progress | None = None
    problems: dict[str, str] = field(default_factory=dict)

    def run(self, rebuild: bool) -> Updated:
        """Make the index that of the source; see `kb.search.contract.engine.Engine.update`."""
        with lease(self.client, self.alias) as held:
            there = read_state(self.client, self.alias)
            if there and is_newer(there.format) and not rebuild:
                raise StorageError(
                    f"集群里的索引已由较新的版本（{there.format}）接管，没有改动：请升级这台机器的程序；"
                    "要退回这个版本，运行 kb index --rebuild。"
                )
            if there is None or there.format != mapping.FORMAT or rebuild:
                return self._rebuild(there, held)
            self._remove_outdated(there)
            return self._refresh(there, held)

    def _refresh(self, base: State, held: Lease) -> Updated:
        """Write what changed into the index there is."""
        self._open(base)  # whoever restored the index may have left its aliases out
        rows = rows_of(self.client, base)
        known = {key: row.fingerprint if self._stands(row) else "" for key, row in rows.items()}
        plan = difference.plan(known, dict(self.source.fingerprints()))
        if not plan.changed and not plan.removed:
            return Updated(0, 0, 0, len(plan.wanted))
        epoch = held.begin(base.epoch)
        self._remove_leftovers(base, epoch)
        written = self._write(base.index, plan, epoch, held)
        gone = {*plan.removed, *written} & rows.keys()
        kept = {key: row for key, row in rows.items() if key not in gone} | written
        state = base.following(epoch, kept.values(), sorted(rows[key].edition for key in gone))
        self._complete(state, kept, held)
        self._close_views(state.index, (base.previous, *range(base.epoch + 1, epoch)))
        if len(state.removed) > _FEW and self._nodes() >= base.nodes:
            self._remove_at_once(state)
        return plan.outcome(self.problems)

    def _rebuild(self, there: State | None, held: Lease) -> Updated:
        """Fill a new index and move the alias to it; the old one answers until then, and on to servers of its own version."""
        self._remove_abandoned(there)
        epoch = held.begin(there.epoch if there else 0)
        plan = difference.plan({}, dict(self.source.fingerprints()))
        index = mapping.index_name(self.alias, epoch)
        # A copy of each shard before anything is written: a node may die while the index is filled.
        body = mapping.definition(self.shards, version(self.client, _TIMEOUT))
        self.client.indices.create(index=index, body=body, params=_ALL_COPIES, request_timeout=_TIMEOUT)
        with self._removed_on_failure(index):
            rows = self._write(index, plan, epoch, held)
            self._complete(first_state(self.alias, index, epoch, rows.values()), rows, held)
            self._move_alias(there, index)
        if there and there.format == mapping.FORMAT:
            self.client.indices.delete(index=there.index)
        return plan.outcome(self.problems)

    def _stands(self, row: Row) -> bool:
        """Return whether a document still stands as it did when it was written."""
        return not row.listing or bool(row.listing.version) or row.standing == self.standings.get(row.key, "")

    def _write(self, index: str, plan: difference.Plan, epoch: int, held: Lease) -> dict[str, Row]:
        """Send what changed; return the rows of what was sent."""
        rows = {}
        prepare = Preparer(epoch, {key: plan.wanted[key] for key in plan.changed}, self.standings)
        with Bulk(self.client, index, held.check) as bulk:
            for done, (key, prepared) in enumerate(analysed(self.source, plan.changed, prepare), start=1):
                if isinstance(prepared, str):
                    self.problems[key] = prepared
                else:
                    bulk.add(prepared.lines)
                    rows[key] = prepared.row
                if self.progress:
                    self.progress(done, len(plan.changed))
        return rows

    def _complete(self, state: State, rows: Mapping[str, Row], held: Lease) -> None:
        """Make everything visible, then make it count. Raises StorageError where another update was quicker."""
        listed = [row for row in rows.values() if row.listing]
        older = [listed[number].key for number in replaced([row.listing for row in listed if row.listing])]
        self.client.index(index=state.index, id=replaced_id(state), body={mapping.KEPT: packed(older)})
        refresh(self.client, state.index)
        held.check()
        self._open(state)
        self._put(replace(state, nodes=self._nodes()))

    def _open(self, state: State) -> None:
        """Let a state be searched."""
        self._change_aliases({"add": {"index": state.index, "alias": state.view}})

    def _close_views(self, index: str, epochs: Iterable[int]) -> None:
        """Remove the views of epochs that nobody searches any more: the one before the last, and what was never completed."""
        views = (mapping.views(index, epoch) for epoch in epochs if epoch)
        self._change_aliases(*({"remove": {"index": index, "alias": view, "must_exist": False}} for view in views))

    def _change_aliases(self, *actions: dict[str, Any]) -> None:
        if actions:
            patiently(lambda: self.client.indices.update_aliases(body={"actions": actions}))

    def _put(self, state: State) -> None:
        mark = {"if_seq_no": state.changed[0], "if_primary_term": state.changed[1]}
        only: dict[str, Any] = mark if state.changed[1] else {"op_type": "create"}
        try:
            # Searches look at it: an update is complete when they see it on every copy.
            self.client.index(
                index=state.index, id=mapping.STATE, body=state.body(), params={**only, "refresh": "true"}
            )
        except ConflictError as error:
            raise StorageError("另一个更新先完成了：这次更新没有生效，请再运行 kb index。") from error

    def _move_alias(self, there: State | None, index: str) -> None:
        actions: list[Any] = [{"add": {"index": index, "alias": self.alias}}]
        if there:
            actions.insert(0, {"remove": {"index": there.index, "alias": self.alias, "must_exist": True}})
        self.client.indices.update_aliases(body={"actions": actions})

    def _remove_leftovers(self, base: State, epoch: int) -> None:
        """Remove what the update before took away, and what updates wrote that were never completed."""
        queries: list[Any] = [{"terms": {"edition": list(base.removed)}}] if base.removed else []
        if epoch > base.epoch + 1:
            unfinished = {"gt": base.epoch, "lt": epoch}
            queries += [{"range": {"born": unfinished}}, {"range": {"listed": unfinished}}]
        if queries:
            remove(self.client, base.index, queries)

    def _nodes(self) -> int:
        health: Any = patiently(self.client.cluster.health)
        return int(health["number_of_nodes"])

    def _remove_at_once(self, state: State) -> None:
        """Remove what this update took away; not while a node hangs: it would answer from what was before, and find that gone."""
        completed = read_state(self.client, self.alias)
        if completed:
            remove(self.client, state.index, [{"terms": {"edition": list(state.removed)}}])
            refresh(self.client, state.index)
            cleared = replace(completed, removed=())
            self._open(cleared)
            self._put(cleared)

    def _remove_abandoned(self, there: State | None) -> None:
        """Remove indexes that rebuilds left which were never completed."""
        for name in numbered(self.alias, self.client.indices.get_settings(index=f"{self.alias}-*")):
            if not (there and there.index == name):
                self.client.indices.delete(index=name)

    def _remove_outdated(self, there: State) -> None:
        """Remove what was left to servers of an earlier version, once they have had time to be replaced."""
        found: Any = self.client.indices.get_settings(index=f"{self.alias}-*", name="index.creation_date")
        created = {name: int(found[name]["settings"]["index"]["creation_date"]) for name in numbered(self.alias, found)}
        if time.time() - created[there.index] / 1000 > _LEFT:
            for name in created:
                if name < there.index:
                    self.client.indices.delete(index=name)

    @contextmanager
    def _removed_on_failure(self, index: str) -> Iterator[None]:
        try:
            yield
        except BaseException:
            with suppress(OpenSearchException):  # else the next rebuild removes it
                self.client.indices.delete(index=index)
            raise


def rows_of(client: OpenSearch, state: State) -> dict[str, Row]:
    """Return every document that counts, by key."""
    return {row.key: row for row in map(row_of, state.requests(client).rows(state.counting("listed")))}


def replaced_id(state: State) -> str:
    """Name the document that lists the documents of which a newer text is there."""
    return f"replaced-{state.epoch}"


def read_replaced(client: OpenSearch, state: State) -> frozenset[str]:
    """Return the keys of the documents of which a newer text is there. Raises VanishedError where the state is gone."""

    def once() -> Any:
        with knowing_the_view():
            asked = {"stored_fields": mapping.KEPT}
            return client.get(index=state.view, id=replaced_id(state), params=asked, request_timeout=seconds())

    try:
        return frozenset(kept(patiently(once)))
    except NotFoundError as error:
        raise BadIndexError("集群里的索引缺了一部分：请运行 kb index --rebuild 重建索引。") from error
