"""What separates an index from its source, whatever the index is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from kb.search.contract.engine import Updated


@dataclass(frozen=True, slots=True)
class Plan:
    """What separates the index from its source: fingerprints by document as they are in each, and the difference."""

    known: Mapping[str, str]
    wanted: Mapping[str, str]
    changed: list[str]
    removed: list[str]

    def fingerprints(self, problems: Mapping[str, str]) -> dict[str, str]:
        """Return the fingerprints that hold after the update: a document that could not be read is as it was."""
        return {
            id: self.known[id] if id in problems else fingerprint
            for id, fingerprint in self.wanted.items()
            if id not in problems or id in self.known
        }

    def outcome(self, problems: Mapping[str, str]) -> Updated:
        """Count."""
        done = set(self.changed).difference(problems)
        added = len(done - self.known.keys())
        unchanged = len(self.wanted) - len(self.changed)
        return Updated(added, len(done) - added, len(self.removed), unchanged, tuple(problems.values()))


def plan(known: Mapping[str, str], wanted: Mapping[str, str]) -> Plan:
    """Compare the fingerprints in the index with the source's."""
    changed = sorted(id for id, fingerprint in wanted.items() if known.get(id) != fingerprint)
    return Plan(known, wanted, changed, sorted(known.keys() - wanted.keys()))


def staleness(plan: Plan) -> list[str]:
    """Say how the index differs from its source; nothing when it does not."""
    added = len(set(plan.changed) - plan.known.keys())
    counts = {"新增": added, "修改": len(plan.changed) - added, "删除": len(plan.removed)}
    told = "、".join(f"{what} {number:,} 个文件" for what, number in counts.items() if number)
    return [f"索引不是语料库现在的样子（此后{told}）：请运行 kb index 更新。"] if told else []
