"""What is said over a page of results, the same on the command line and the web."""

from __future__ import annotations

from kb.base.model import Results


def proof(results: Results) -> str:
    """Say how many sections match literally, out of how many, how long that took, and how many more are alike."""
    took = f"{results.took_ms:.0f}" if results.took_ms >= 1 else "不到 1"
    literal = f"字面命中 {results.total:,} 节（全库 {results.searched:,} 节逐字核对，{took} ms）"
    return f"{literal}；另有 {results.related:,} 节词语相近" if results.related else literal


def alternatives(results: Results) -> list[str]:
    """Say what may have been meant, and which strings close to the query do occur."""
    offers = {"您是不是要找：": results.suggestions, "库里有的相近写法：": results.nearest}
    return [
        label + "、".join(f"“{one.text}”（{one.total:,} 节）" for one in found) + "。"
        for label, found in offers.items()
        if found
    ]
