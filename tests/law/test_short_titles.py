"""What interpretations are called for short."""

from __future__ import annotations

import pytest

from kb.chinese.short_titles import short_titles
from kb.law.checking import check
from tests.law.laws import Shelf

COURT = "最高人民法院关于"


@pytest.mark.parametrize(
    ("title", "short"),
    [
        ("适用《中华人民共和国公司法》若干问题的规定（三）", "公司法解释三"),
        ("适用《中华人民共和国公司法》若干问题的规定（三）", "公司法司法解释（三）"),
        ("适用《中华人民共和国民法典》合同编通则若干问题的解释", "合同编通则解释"),
        ("适用《中华人民共和国民法典》合同编通则若干问题的解释", "民法典合同编通则司法解释"),
        ("适用《中华人民共和国刑事诉讼法》的解释", "刑诉解释"),
        ("适用《中华人民共和国民法典》有关担保制度的解释", "担保制度解释"),
        ("审理建设工程施工合同纠纷案件适用法律问题的解释（一）", "建工解释一"),
        ("审理劳动争议案件适用法律问题的解释（一）", "劳动争议解释（一）"),
        ("办理盗窃刑事案件适用法律若干问题的解释", "盗窃解释"),
        ("审理使用人脸识别技术处理个人信息相关民事案件适用法律若干问题的规定", "人脸识别司法解释"),
        ("审理侵犯商业秘密民事案件适用法律若干问题的规定", "商业秘密规定"),
        ("审理证券市场虚假陈述侵权民事赔偿案件的若干规定", "虚假陈述规定"),
    ],
)
def test_short_titles_are_made_of_the_title(title: str, short: str) -> None:
    assert short in short_titles(COURT + title)


def test_other_documents_have_none() -> None:
    assert short_titles("中华人民共和国公司法") == short_titles("示例市关于适用《示例法》的规定") == set()


def test_a_short_title_means_the_document_that_is_there(shelf: Shelf) -> None:
    title = f"{COURT}审理示例合同纠纷案件适用法律问题的解释（一）"
    shelf.put("解释", f"{title}\n第一条　示例。\n", date="2020-12-29", issuer="最高人民法院", kind="司法解释")
    shelf.update()
    with shelf.store.reading() as reader:
        found = list(
            check(reader, shelf.corpus, "罗某引用示例合同解释一第一条、示例解释一第一条。", "2024-01-01", "2026-01-01")
        )
    assert [each.resolved.target and each.resolved.target.document.id for each in found] == ["解释", None]
    assert found[1].fate.status == "unread"
