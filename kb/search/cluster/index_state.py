"""What counts in the cluster: one document says it, and changing that document is the one step of an update.

Sections are written long before they count. The state has the epoch of the last update that was completed; a section
counts if its update's epoch is no later, is not one that was never completed (`void`), and if its edition is not
`removed`. So a search sees the index before an update or after it, on every shard and whatever machine dies between.

A node that hung meanwhile comes back with shards that lack what was written without it, and answers from them until it notices
that the others have gone on. Therefore each state is searched by an alias of its own, its `view`: it is made when all copies
have what the state says, and a node that has missed that does not know it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, fields, replace
from functools import partial
from typing import Any

from opensearchpy import OpenSearch
from opensearchpy.exceptions import NotFoundError

from kb.base import clock
from kb.base.errors import BadIndexError, OtherFormatError
from kb.search.cluster import mapping
from kb.search.cluster.client_requests import NO_INDEX, Requests, patiently, seconds
from kb.search.cluster.kept import kept as kept_of
from kb.search.cluster.kept import packed
from kb.search.cluster.mapping import KEPT, STATE
from kb.search.cluster.section_documents import Row


@dataclass(frozen=True, slots=True)
class State:
    """A state of the index. `index` is its name, `alias` that of the one that counts, `changed` the cluster's own mark of the document that says this.

    `sections` are those of present documents, `older` those of older versions; `versions` counts these. `nodes` is how many the
    cluster had when this was completed, `previous` the epoch of the state that it follows.
    """

    alias: str
    index: str
    changed: tuple[int, int]
    epoch: int
    format: str
    created: str
    documents: int
    sections: int
    versions: int
    older: int
    void: tuple[int, ...] = ()
    removed: tuple[str, ...] = ()
    nodes: int = 0
    previous: int = 0

    @property
    def view(self) -> str:
        """The alias by which it is searched: another one once what is `removed` is gone and need not be named."""
        return f"{self.index}.{self.epoch}.{len(self.removed)}"

    def requests(self, client: OpenSearch) -> Requests:
        """Return who asks it."""
        return Requests(client, self.alias, self.index, self.view, self.changed)

    def counting(self, born: str = "born") -> dict[str, Any]:
        """Return the query for what counts: sections, or rows by the name of their epoch."""
        without: list[dict[str, Any]] = []
        if self.void:
            without.append({"terms": {born: list(self.void)}})
        if self.removed:
            without.append({"terms": {"edition": list(self.removed)}})
        return {"bool": {"filter": [{"range": {born: {"lte": self.epoch}}}], "must_not": without}}

    def following(self, epoch: int, rows: Iterable[Row], removed: Iterable[str]) -> State:
        """Return the state that an update makes of this one: its rows are all there are then."""
        void = (*self.void, *range(self.epoch + 1, epoch))
        return replace(
            first_state(self.alias, self.index, epoch, rows),
            void=void,
            removed=tuple(removed),
            changed=self.changed,
            previous=self.epoch,
        )

    def body(self) -> dict[str, Any]:
        """Return the document that says this."""
        kept = asdict(self)
        return {KEPT: packed({name: kept[name] for name in kept if name not in ("alias", "index", "changed")})}


def read_state(client: OpenSearch, alias: str, index: str = "") -> State | None:
    """Return the state that counts, or that of another `index`; None where there is no index yet. Raises BadIndexError for one that is not ours."""
    try:
        asked = {"stored_fields": KEPT, "_source": "true"}  # the source, as earlier layouts had it
        get = partial(client.get, index=index or alias, id=STATE, params=asked)
        found = patiently(lambda: get(request_timeout=seconds()))
    except NotFoundError as error:
        if error.error == NO_INDEX:
            return None
        raise BadIndexError(_foreign(alias)) from error
    kept: Mapping[str, Any] = kept_of(found) or found.get("_source", {}).get("state") or {}
    if found["_index"] == alias or "epoch" not in kept:
        raise BadIndexError(_foreign(alias))
    mark = int(found["_seq_no"]), int(found["_primary_term"])
    lists = {"void": tuple(kept["void"]), "removed": tuple(kept["removed"])}
    known = {field.name: kept[field.name] for field in fields(State) if field.name in kept}  # a newer version has more
    return State(alias=index or alias, index=found["_index"], changed=mark, **{**known, **lists})


def left_state(client: OpenSearch, alias: str) -> State | None:
    """Return the state that is left to this version where the alias is another's by now; None where nothing is."""
    there = patiently(lambda: client.indices.get_mapping(index=f"{alias}-*", request_timeout=seconds()))
    own = [name for name in numbered(alias, there) if _format(there[name]) == mapping.FORMAT]
    with suppress(BadIndexError):  # it is being filled
        found = read_state(client, alias, own[-1]) if own else None
        return found if found and found.format == mapping.FORMAT else None
    return None


def numbered(alias: str, names: Iterable[str]) -> list[str]:
    """Return which of some indexes updates have made, the oldest first."""
    return sorted(name for name in names if name.removeprefix(f"{alias}-").isdigit())


def _format(there: Mapping[str, Any]) -> str:
    return str(there["mappings"].get("_meta", {}).get("format", ""))


def is_newer(format: str) -> bool:
    """Return whether an index was written by a version that comes after this one."""
    return _order(format) > _order(mapping.FORMAT)


def _order(format: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", format))


def strange(state: State) -> BadIndexError:
    """Say that an index was written by another version."""
    if is_newer(state.format):
        return OtherFormatError(
            f"集群里的索引已由较新的版本（{state.format}）接管，现在是 {mapping.FORMAT}：请升级这台机器的程序。"
        )
    return OtherFormatError(f"索引由另一版本（{state.format}）写成，现在是 {mapping.FORMAT}：请运行 kb index 更新。")


def first_state(alias: str, index: str, epoch: int, rows: Iterable[Row]) -> State:
    """Return the state of an index that was filled by one update."""
    present = [row for row in rows if row.listing]
    older = [row for row in present if row.listing and row.listing.version]
    sections, of_older = sum(row.sections for row in present), sum(row.sections for row in older)
    return State(
        alias=alias,
        index=index,
        changed=(0, 0),
        epoch=epoch,
        format=mapping.FORMAT,
        created=clock.stamp(),
        documents=len(present) - len(older),
        sections=sections - of_older,
        versions=len(older),
        older=of_older,
    )


def _foreign(alias: str) -> str:
    return f"集群里的索引 {alias} 不是政策文库建立的：请在 kb.toml 的 engine.name 换一个名称。"
