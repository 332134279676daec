from __future__ import annotations

import pytest

from kb.model import Results
from kb.search.wording import proof


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
