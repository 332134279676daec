"""What is said over a page of results, the same on the command line and the web."""

from __future__ import annotations

from itertools import pairwise

from kb.base.model import Alternative, Difference, Results


def proof(results: Results) -> str:
    """Say how many sections match literally, out of how many, how long that took, and how many more are alike."""
    took = f"{results.took_ms:.0f}" if results.took_ms >= 1 else "不到 1"
    spread = f"，{results.literal_documents:,} 份文件" if results.literal_documents else ""
    literal = f"字面命中 {results.total:,} 节{spread}（全库 {results.searched:,} 节逐字核对，{took} ms）"
    return f"{literal}；另有 {results.related:,} 节词语相近" if results.related else literal


def alternatives(results: Results) -> list[str]:
    """Say what may have been meant, and which strings close to the query do occur."""
    strings = [one for one in results.nearest if not one.document]
    offers = {"您是不是要找：": results.suggestions, "库里有的相近写法：": strings}
    said = [
        label + "、".join(f"“{one.text}”（{one.total:,} 节）" for one in found) + "。"
        for label, found in offers.items()
        if found
    ]
    return [*said, *(_wording(one) for one in results.nearest if one.document)]


def _wording(one: Alternative) -> str:
    """Say where a near wording stands and what differs: 〔甲→乙〕."""
    marked, runs = [], [*one.difference, Difference("same", "")]
    for run, following in pairwise(runs):
        if run.kind == "same":
            marked.append(run.text)
        elif run.kind == "inserted":
            marked.append(f"{run.text}〕" if marked and marked[-1].endswith("→") else f"〔→{run.text}〕")
        else:
            marked.append(f"〔{run.text}→" + ("" if following.kind == "inserted" else "〕"))
    others = f"，{one.total:,} 节有" if one.total > 1 else ""
    told = f"最近的原话在《{one.title}》{one.number}（{one.document}#{one.anchor}），差 {one.distance} 处{others}：{''.join(marked)}"
    return "；".join([told, *one.differs]) + "。"
