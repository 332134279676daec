"""What is said over a page of results, the same on the command line and the web."""

from __future__ import annotations

from kb.model import Results


def proof(results: Results) -> str:
    """Say how many sections match literally, out of how many, how long that took, and how many more are alike."""
    took = f"{results.took_ms:.0f}" if results.took_ms >= 1 else "不到 1"
    literal = f"字面命中 {results.total:,} 节（全库 {results.searched:,} 节逐字核对，{took} ms）"
    return f"{literal}；另有 {results.related:,} 节词语相近" if results.related else literal
