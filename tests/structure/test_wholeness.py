"""Statutes that break off in their source, and those that do not."""

from __future__ import annotations

import pytest

from kb.base.model import Document, Metadata, Provenance
from kb.structure import outline
from kb.structure.wholeness import breaks_off

_ARTICLES = "第一条　为了规范示例，制定本条例。\n第二条　示例应当登记。\n"


def _document(text: str, title: str = "示例市示例条例", kind: str = "地方性法规") -> Document:
    return Document(
        "示例",
        "laws",
        Metadata(title, kind=kind),
        Provenance("示例.txt", "", "", "text/plain"),
        outline.parse(f"{title}\n{text}"),
    )


@pytest.mark.parametrize(
    ("text", "where"),
    [
        (_ARTICLES, "止于第二条"),
        (f"第一章　总则\n{_ARTICLES}", "止于第二条"),
        (f"{_ARTICLES}第三条　依照本条例第二十条处罚，本条例自公布之日起施行。\n", "止于第三条"),
        ("（2022年5月30日示例市人民代表大会常务委员会第五次会议通过）\n", "只有题注，没有正文"),
    ],
)
def test_a_statute_that_breaks_off_is_said_to_perhaps_not_be_whole(text: str, where: str) -> None:
    assert breaks_off(_document(text)) == f"文本可能不完整（{where}）：来源里就到这里，请核对原文。"


@pytest.mark.parametrize(
    "text",
    [
        f"{_ARTICLES}第三条　本条例自公布之日起施行。\n",
        f"{_ARTICLES}第三条　本条例有效期五年。\n",
        f"{_ARTICLES}第三条　本条例由示例局负责解释。\n",
        f"第一章　总则\n{_ARTICLES}第二章　附则\n第三条　本条例所称示例，是指示例。\n",
        f"（自2021年1月1日起施行）\n{_ARTICLES}",
        "为了示例，根据有关法律的规定，作如下规定：\n一、示例应当登记，登记的机关是示例局，由示例局每年公布登记的名单，并接受监督。\n二、示例应当年检。\n",
    ],
)
def test_a_statute_that_is_whole_is_not(text: str) -> None:
    assert breaks_off(_document(text)) == ""


def test_only_statutes_are_asked_how_they_end() -> None:
    assert not breaks_off(_document(_ARTICLES, "示例局关于示例的通知", "通知"))
    assert not breaks_off(_document(_ARTICLES, "最高人民法院关于示例的规定", "司法解释"))
