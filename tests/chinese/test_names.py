"""The tables of names."""

from __future__ import annotations

import pytest

from kb.chinese.issuers_and_laws import canonical_issuer, short_names


@pytest.mark.parametrize(
    ("name", "within", "canonical"),
    [
        ("汕头市濠江区司法局", "", "汕头市濠江区司法局"),
        ("濠江区司法局", "", "汕头市濠江区司法局"),
        ("区司法局", "汕头市濠江区人民政府", "汕头市濠江区司法局"),
        ("区司法局", "濠江区政府", "汕头市濠江区司法局"),
        ("市司法局", "汕头市濠江区人民政府", "汕头市司法局"),
        ("区司法局", "", "区司法局"),
        ("濠江区政府", "", "汕头市濠江区人民政府"),
        ("汕头市濠江区人民政府", "", "汕头市濠江区人民政府"),
        ("区市场监管局", "汕头市濠江区人民政府", "汕头市濠江区市场监督管理局"),
        ("最高法、最高检", "", "最高人民法院、最高人民检察院"),
        ("国务院", "汕头市濠江区人民政府", "国务院"),
        ("", "", ""),
    ],
)
def test_one_body_has_one_name(name: str, within: str, canonical: str) -> None:
    assert canonical_issuer(name, within) == canonical
    assert canonical_issuer(canonical, within) == canonical


def test_short_names_stand_for_whole_titles() -> None:
    assert short_names()["行诉法"] == short_names()["行政诉讼法"] == "中华人民共和国行政诉讼法"
    assert all(len(title) > len(name) for name, title in short_names().items())
