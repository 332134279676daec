"""What an answer's headers and a list say of a document, beside its bytes."""

from __future__ import annotations

import pytest

from kb.ingest.derive import _whole_title, file_name
from kb.ingest.titles import parts


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("attachment; filename*=UTF-8''%E7%A4%BA%E4%BE%8B.docx", "示例.docx"),
        ("attachment; filename=\"a.docx\"; filename*=utf-8'zh'%E7%A4%BA.docx", "示.docx"),
        ("attachment;filename=%E7%A4%BA%E4%BE%8B.pdf", "示例.pdf"),
        ("attachment; filename=" + "示例.xls".encode().decode("latin-1"), "示例.xls"),
        ('attachment; filename="' + "示例.xls".encode("gbk").decode("latin-1") + '"', "示例.xls"),
        ("inline; filename=../../a.pdf", "a.pdf"),
        ("inline", ""),
        ("", ""),
    ],
)
def test_a_file_is_called_as_the_server_says(header: str, name: str) -> None:
    assert file_name({"Content-Disposition": header} if header else {}) == name


@pytest.mark.parametrize(
    ("listed", "printed", "whole"),
    [
        (
            "示例市人民政府关于加强…",
            "示例市人民政府关于加强示例工作的通知_示例市",
            "示例市人民政府关于加强示例工作的通知",
        ),
        (
            "示例市人民政府关于加强...",
            "首页 > 示例市人民政府关于加强示例工作的通知",
            "示例市人民政府关于加强示例工作的通知",
        ),
        (
            "关于加强示例工作的通知",
            "示例市人民政府办公室关于加强示例工作的通知",
            "示例市人民政府办公室关于加强示例工作的通知",
        ),
        ("关于加强示例工作的通知", "关于加强示例工作的通知_示例市人民政府", ""),
        ("关于加强示例工作的通知", "示例市人民政府门户网站", ""),
        ("关于加强示例工作的通知", "《关于加强示例工作的通知》的解读：关于加强示例工作的通知", ""),
        ("通知…", "通知公告", ""),
        ("", "示例", ""),
    ],
)
def test_a_title_is_whole(listed: str, printed: str, whole: str) -> None:
    assert _whole_title(listed, parts(printed)) == whole
