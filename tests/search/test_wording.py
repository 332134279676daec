from __future__ import annotations

import pytest

from kb.base.model import Alternative, Results
from kb.search.answer.summary import alternatives, proof


@pytest.mark.parametrize(
    ("results", "sentence"),
    [
        (
            Results("", 37, 3.2, (), (), 112, 151413),
            "字面命中 37 节（全库 151,413 节逐字核对，3 ms）；另有 112 节词语相近",
        ),
        (Results("", 1200, 0.4, (), (), 0, 2000), "字面命中 1,200 节（全库 2,000 节逐字核对，不到 1 ms）"),
    ],
)
def test_the_proof_line(results: Results, sentence: str) -> None:
    assert proof(results) == sentence


def test_alternatives_in_words() -> None:
    results = Results("行政复意", 0, 1, (), (), 0, 9, (Alternative("行政复", 3),), (Alternative("行政复议", 2),))
    assert alternatives(results) == ["您是不是要找：“行政复议”（2 节）。", "库里有的相近写法：“行政复”（3 节）。"]
