"""Attachments of every kind that a site offers: read, or listed with the reason and kept; none takes anything else down."""

from __future__ import annotations

import io
import shutil
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest

from tests.ingest import paper
from tests.ingest.refreshing import Library, source
from tests.site import Content, Site

TEXT = "示例附件的正文"
_LONG = f"{TEXT}，用来检验收录（示例），示例单位应当遵照执行。"


def _workbook() -> bytes:
    book, target = openpyxl.Workbook(), io.BytesIO()
    book.active.append([TEXT, 1])
    book.save(target)
    return target.getvalue()


def _rtf() -> bytes:
    return ("{\\rtf1\\ansi\\uc1 " + "".join(f"\\u{ord(c)}?" for c in _LONG) + "}").encode()


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("shili.pdf", lambda: paper.pdf([[_LONG]])),
        ("shili.xlsx", _workbook),
        ("shili.ofd", lambda: paper.ofd([paper.ofd_text(_LONG, 20, 20)])),
        pytest.param(
            "shili.wps", _rtf, marks=pytest.mark.skipif(not shutil.which("soffice"), reason="没有 LibreOffice")
        ),
    ],
)
def test_an_attachment_is_read_and_found(tmp_path: Path, name: str, make: Callable[[], bytes]) -> None:
    with Site(Content(posts=1)) as site:
        (post,) = site.content.listed()
        site.content.attach(post, name, make())
        library = Library(tmp_path / "library", source(site.url))
        assert library.refresh().ok
        (attachment,) = library.document(post.id).provenance.attachments
        assert TEXT in library.corpus.read(attachment.document).text
        hits = library.engine.search(f'"{TEXT}"').hits
        assert [hit.document for hit in hits] == [attachment.document]


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("shili.pdf", b"%PDF-1.7 torn", "PDF"),
        ("shili.pdf", paper.encrypted(paper.pdf([[_LONG]]), "x"), "密码"),
        ("shili.docx", b"PK\x03\x04 word/ torn", "Word"),
        ("shili.xls", b"\xd0\xcf\x11\xe0" + bytes(600), "表格"),
        ("shili.ofd", b"PK\x03\x04 OFD.xml torn", "OFD"),
        ("shili.rar", b"Rar!\x1a\x07 shili", "rar"),
    ],
)
def test_one_that_cannot_be_read_is_listed_with_its_reason_and_kept(
    tmp_path: Path, name: str, data: bytes, words: str
) -> None:
    with Site(Content(posts=2)) as site:
        post, other = site.content.listed()
        site.content.attach(post, name, data)
        library = Library(tmp_path / "library", source(site.url))
        assert library.refresh().new == 2
        (attachment,) = library.document(post.id).provenance.attachments
        assert not attachment.document and words in attachment.reason, attachment
        assert library.corpus.snapshot(attachment.snapshot) == data
        assert library.document(other.id).text and not list(library.corpus.check())
