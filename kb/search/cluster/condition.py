"""How the cluster's machines are: copies that are missing, disks that fill up, an index that takes nothing more."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from opensearchpy import OpenSearch

from kb.base.errors import StorageError
from kb.base.lazy_re import lazy_re
from kb.search.cluster.client_requests import patiently, seconds
from kb.search.contract.engine import Machine, Machines

_UNITS: dict[str, float] = {unit: 1024.0**power for power, unit in enumerate("bkmgtp")}
_AMOUNT = lazy_re(r"([0-9.]+)\s*([bkmgtp])b?")
_WATERMARKS = {
    "flood_stage": "整个集群不再收这台上的索引的写入",
    "high": "集群正在把分片从它移走",
    "low": "集群不再往它上面放副本",
}
"""What each means, the gravest first."""

_UNMANAGED = (
    "集群没有管理节点（多半少了一半以上的节点）：在的节点照常检索，不能更新，分片齐不齐也看不准。请让缺的节点回来。"
)
_BLOCKS = ("read_only_allow_delete", "read_only", "write")


def machines(client: OpenSearch, alias: str) -> Machines:
    """Return how the machines are that the index under an alias is on."""

    def told(path: str, **params: Any) -> Any:
        asked: Any = client.transport.perform_request
        return patiently(lambda: asked("GET", path, params={**params, "request_timeout": seconds()}))

    # As the node that is asked knows it: where nodes are missing, there may be none that manages the cluster.
    settings = told(f"/{alias}/_settings/index.blocks.*", flat_settings="true", local="true")
    health = told(f"/_cluster/health/{alias}", local="true", timeout="1s")
    stats = told("/_nodes/stats/fs", filter_path="nodes.*.name,nodes.*.fs.total", timeout="2s")["nodes"].values()
    cluster = told("/_cluster/settings", include_defaults="true", flat_settings="true", local="true")
    nodes = tuple(Machine(each["name"], *_disk(each["fs"]["total"])) for each in stats)
    missing = health["unassigned_shards"] + health["initializing_shards"]
    limits = {
        name: value
        for level in ("defaults", "persistent", "transient")
        for name, value in cluster.get(level, {}).items()
    }
    shards = _of_shards(health["status"], missing) if _is_managed(health) else iter([("manager", _UNMANAGED)])
    problems = (*shards, *_of_disks(nodes, limits), *_of_blocks(settings))
    return Machines(health["status"], nodes, health["active_shards"], missing, problems)


def _disk(total: Mapping[str, int]) -> tuple[int, int]:
    return total["available_in_bytes"], total["total_in_bytes"]


def check_managed(client: OpenSearch) -> None:
    """Return where some node manages the cluster: else whatever is written waits for one in vain. Raises StorageError."""
    asked: Any = client.transport.perform_request
    of = {"local": "true", "timeout": "1s"}
    health = patiently(lambda: asked("GET", "/_cluster/health", params={**of, "request_timeout": seconds()}))
    if not _is_managed(health):
        raise StorageError(_UNMANAGED)


def _is_managed(health: Mapping[str, Any]) -> bool:
    return bool(health.get("discovered_cluster_manager", True))


def _of_shards(status: str, missing: int) -> Iterator[tuple[str, str]]:
    if status == "red":
        yield (
            "shards",
            "集群里有主分片不在：检索不到它上面的章节，更新也停下。请让缺的节点回来（_cluster/allocation/explain 说明原因）。",
        )
    elif status == "yellow":
        yield (
            "shards",
            f"集群里有 {missing} 份副本还没有分配：再坏一台机器，索引就会缺一部分。请检查缺了哪个节点。",
        )


def _of_disks(nodes: tuple[Machine, ...], limits: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    prefix = "cluster.routing.allocation.disk"
    if limits.get(f"{prefix}.threshold_enabled", "true") != "true":
        return
    for node in nodes:
        for name, meaning in _WATERMARKS.items():
            limit = limits.get(f"{prefix}.watermark.{name}", "")
            if limit and _is_over(limit, node):
                told = f"{node.name} 的磁盘只剩 {node.free / 1e9:,.1f} GB，过了 {name} 水位（{limit}）：{meaning}。请腾出空间或加一台。"
                yield f"disk-{node.name}", told
                break


def _is_over(limit: str, node: Machine) -> bool:
    """Return whether a disk is fuller than a watermark: a share of it that may be used, or an amount that must be free."""
    if amount := _AMOUNT.fullmatch(limit.lower()):  # as somebody typed it: 50gb, 50GB, 50g
        return node.free < float(amount[1]) * _UNITS[amount[2]]
    share = float(limit.rstrip("%")) / (100 if limit.endswith("%") else 1)
    return node.total - node.free > share * node.total


def _of_blocks(settings: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for index, told in settings.items():
        held = [name for name in _BLOCKS if told["settings"].get(f"index.blocks.{name}") == "true"]
        if held:
            yield "blocked", f"集群不再收 {index} 的写入（{held[0]}，多半因为磁盘满过）：请腾出空间，再解除它。"
