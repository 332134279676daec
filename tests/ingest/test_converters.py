"""Attachments of every kind: good ones, and those that somebody made to break or misuse the program."""

from __future__ import annotations

import datetime
import io
import os
import re
import shutil
import subprocess
import sys
import time
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path, PurePosixPath

import docx
import openpyxl
import pytest
from pdfminer.cmapdb import CMapDB

from kb.base.errors import UnreadableError
from kb.config import settings
from kb.ingest.formats import convert, files, registry
from kb.ingest.formats.registry import Given
from tests.ingest import paper

SETTINGS = settings.load(None, Path("/"))
LINES = ["示例区人民政府关于印发示例办法的通知", "第一条　为了示例，制定本办法。", "行政复议、行政诉讼各收到36件。"]

needs_office = pytest.mark.skipif(
    not shutil.which("soffice"), reason="没有 LibreOffice（apt install libreoffice-writer-nogui）"
)
needs_ocr = pytest.mark.skipif(
    not find_spec("rapidocr"), reason="没有装可选组件 zhengce-wenku[ocr]（scripts/environment ocr）"
)


def read(data: bytes, suffix: str, **limits: float) -> files.Extracted:
    return files.read(data, suffix, Given(replace(SETTINGS, **limits)))  # type: ignore[arg-type]


def rtf(body: str) -> bytes:
    return ("{\\rtf1\\ansi\\uc1 " + "".join(c if c.isascii() else f"\\u{ord(c)}?" for c in body) + "}").encode()


# Spreadsheets


def workbook() -> openpyxl.Workbook:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "示例 名单"
    for row in [["序号", "单位", None], [1, "示例|司法局", 1234.5], [None, None, None], [2, "换\n行", True]]:
        sheet.append(row)
    sheet["D2"] = datetime.date(2021, 11, 22)
    book.create_sheet("空表")
    book.create_sheet("内部")["A1"] = "不公开"
    book["内部"].sheet_state = "hidden"
    return book


def saved(book: openpyxl.Workbook) -> bytes:
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def test_a_sheet_is_a_heading_and_a_table() -> None:
    extracted = read(saved(workbook()), ".xlsx")
    rows = "| 序号 | 单位 |  |  |\n| 1 | 示例\\|司法局 | 1234.5 | 2021-11-22 |\n| 2 | 换 行 | TRUE |  |\n"
    assert extracted.text == f"示例 名单\n{rows}"
    assert extracted.levels == {0: 2}
    assert extracted.converter.startswith("python-calamine ")
    assert any("内部" in note and "没有收录" in note for note in extracted.notes)
    assert any("存储的值" in note for note in extracted.notes)


def test_a_sheet_without_fractions_says_nothing_of_them() -> None:
    book = openpyxl.Workbook()
    book.active.append(["示例", 36, "2021"])
    extracted = read(saved(book), ".xlsx")
    assert (extracted.text, extracted.notes) == ("Sheet\n| 示例 | 36 | 2021 |\n", ())


def test_formulas_give_their_stored_value_and_are_not_run() -> None:
    book = openpyxl.Workbook()
    book.active["A1"] = '=WEBSERVICE("http://127.0.0.1/")'
    book.active["A2"] = "示例"
    assert read(saved(book), ".xlsx").text == "Sheet\n| 示例 |\n"


def test_a_sheet_that_claims_billions_of_cells_is_refused() -> None:
    book = openpyxl.Workbook()
    book.active["A1"] = book.active["XFD1048576"] = "示例"
    before = time.monotonic()
    with pytest.raises(UnreadableError, match="："):
        read(saved(book), ".xlsx")
    assert time.monotonic() - before < 30


def test_a_spreadsheet_that_is_a_bomb_is_refused() -> None:
    bomb = paper.repacked(saved(workbook()), {"xl/media/x.bin": b"\0" * 3_000_000})
    with pytest.raises(UnreadableError, match="压缩炸弹"):
        read(bomb, ".xlsx", max_bytes=1_000_000)


def test_a_spreadsheet_with_entities_is_refused() -> None:
    evil = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><sst>&a;</sst>'
    with pytest.raises(UnreadableError, match="实体"):
        read(paper.repacked(saved(workbook()), {"xl/sharedStrings.xml": evil}), ".xlsx")


def test_an_encrypted_spreadsheet_is_refused() -> None:
    data = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le")
    with pytest.raises(UnreadableError, match="加了密"):
        read(data, ".xlsx")


def test_a_table_saved_as_html_under_the_name_xls_is_read() -> None:
    assert "| 甲 | 乙 |" in read("<table><tr><td>甲<td>乙<tr><td>1<td>2</table>".encode("gbk"), ".xls").text


# OFD


def test_ofd_lines_are_read_in_their_places() -> None:
    first = [
        paper.ofd_text("二〇二一年", 120, 60),
        paper.ofd_text("示例通知", 70, 20),
        paper.ofd_text("一、总体", 30, 40),
        paper.ofd_text("要求", 30 + 4 * 5.6, 40),
    ]
    extracted = read(paper.ofd(["".join(first), paper.ofd_text("附件", 30, 20)]), ".ofd")
    assert (extracted.text, extracted.title) == ("示例通知\n一、总体要求\n二〇二一年\n附件\n", "示例标题")


def test_ofd_broken_lines_are_joined_and_scaled_text_stands_in_its_place() -> None:
    long = "坚持依法行政，公开透明，全面落实各项示例工作要求，切实保障示"
    objects = [paper.ofd_text(long, 30, 30), paper.ofd_text("例权益。", 30, 40)]
    scaled = paper.ofd_text("题", 0, 10, 1, "5.6 0 0 5.6 90 0")
    assert read(paper.ofd(["".join([*objects, scaled])]), ".ofd").text == f"题\n{long}例权益。\n"


def test_ofd_templates_are_text_too() -> None:
    data = paper.ofd([paper.ofd_text("内容", 30, 40)], template=paper.ofd_text("示例表格", 30, 20))
    assert read(data, ".ofd").text == "示例表格\n内容\n"


@pytest.mark.parametrize("encoding", ["UTF-8", "UTF-7", "UTF-32"])
def test_ofd_entities_are_refused(encoding: str) -> None:
    evil = f'<?xml version="1.0" encoding="{encoding}"?><!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>'
    good = paper.ofd([paper.ofd_text("示例", 30, 40)])
    with pytest.raises(UnreadableError, match=r"实体|不是完好"):
        read(paper.repacked(good, {"Doc_0/Document.xml": evil.encode(encoding)}), ".ofd")


def test_ofd_nested_without_end_is_refused() -> None:
    deep = "<a>" * 100_000 + "</a>" * 100_000
    with pytest.raises(UnreadableError, match="不是完好的 OFD"):
        read(paper.ofd([deep]), ".ofd")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (paper.ofd([""]), "没有文字"),
        (paper.ofd(["示例"], Encryptions__xml="<x/>"), "加了密"),
        (paper.ofd(['<ofd:TextObject Boundary="a b c d"/>']), "不是完好的 OFD"),
        (paper.ofd(["x"])[:-60], "不是完好的 OFD"),
        (paper.ofd(["<"]), "不是完好的 OFD"),
    ],
)
def test_a_bad_ofd_is_refused(data: bytes, words: str) -> None:
    with pytest.raises(UnreadableError, match=words):
        read(data, ".ofd")


def test_a_part_that_an_ofd_names_and_does_not_hold_is_an_error() -> None:
    root = "<?xml version='1.0'?><OFD><DocBody><DocRoot>../../../../etc/passwd</DocRoot></DocBody></OFD>"
    with pytest.raises(UnreadableError, match="不是完好的 OFD"):
        read(paper.ofd(["x"], OFD__xml=root), ".ofd")


# Legacy Word files


@pytest.fixture(scope="module")
def legacy_word(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A .doc with automatic numbers, a table, a rare character and a line break, as Word 97 stores it."""
    if not shutil.which("soffice"):
        pytest.skip("没有 LibreOffice（apt install libreoffice-writer-nogui）")
    document, add = paper.numbered([("chineseCountingThousand", "%1、"), ("chineseCountingThousand", "第%2条")])
    document.add_paragraph("示例区示例办法")
    add("总体要求", 0)
    add("为了示例，㊣𠮷镕〇，制定“本办法”。", 1)
    document.add_paragraph("甲").add_run().add_break()
    document.paragraphs[-1].add_run("乙")
    table = document.add_table(2, 2)
    for cell, text in zip((each for row in table.rows for each in row.cells), "甲乙丙丁", strict=True):
        cell.text = text
    document.add_paragraph("附则")
    folder = tmp_path_factory.mktemp("doc")
    (folder / "x.docx").write_bytes(paper.word(document))
    command = ["soffice", f"-env:UserInstallation={folder.as_uri()}/profile", "--headless", "--convert-to"]
    subprocess.run(
        [*command, "doc:MS Word 97", "--outdir", str(folder), str(folder / "x.docx")], check=True, capture_output=True
    )
    return (folder / "x.doc").read_bytes()


def test_a_doc_keeps_numbers_breaks_and_tables(legacy_word: bytes) -> None:
    extracted = read(legacy_word, ".wps")
    assert extracted.text == (
        "示例区示例办法\n一、总体要求\n第一条　为了示例，㊣𠮷镕〇，制定“本办法”。\n甲\n乙\n| 甲 | 乙 |\n| 丙 | 丁 |\n附则\n"
    )
    assert extracted.converter.startswith("LibreOffice ")
    assert extracted.media_type == "application/msword"


def test_an_encrypted_doc_is_refused(legacy_word: bytes) -> None:
    at = legacy_word.index(b"\xec\xa5\x01\x01")
    flagged = legacy_word[: at + 11] + bytes([legacy_word[at + 11] | 1]) + legacy_word[at + 12 :]
    with pytest.raises(UnreadableError, match="加了密"):
        read(flagged, ".doc")


@needs_office
def test_a_cut_doc_is_refused(legacy_word: bytes) -> None:
    with pytest.raises(UnreadableError, match="："):
        read(legacy_word[:2500] + "WordDocument".encode("utf-16-le"), ".doc")


@needs_office
def test_no_file_of_the_machine_gets_into_a_text(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("SECRET-示例", encoding="utf-8")
    field = f'{{\\field{{\\*\\fldinst INCLUDETEXT "{secret.as_uri()}"}}{{\\fldrslt old}}}}'
    text = read(rtf(f"示例\\par {field}\\par 结束"), ".rtf").text
    assert "SECRET" not in text
    assert "结束" in text


@needs_office
def test_a_conversion_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert read(rtf("示例"), ".doc").text == "示例\n"
    with pytest.raises(UnreadableError, match="时限"):
        read(rtf("示例"), ".doc", timeout=0.3)
    assert list(tmp_path.iterdir()) == []
    assert str(tmp_path) not in subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout


def test_a_missing_office_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(UnreadableError, match="apt install libreoffice-writer-nogui"):
        read(rtf("示例"), ".doc")


def test_what_is_called_doc_is_read_for_what_it_is() -> None:
    document = docx.Document()
    document.add_paragraph("示例")
    assert read(paper.word(document), ".doc").text == "示例\n"
    assert "示例" in read("<html><body><p>示例正文，这是一段足够长的话。</p></body></html>".encode("gbk"), ".doc").text


@pytest.mark.parametrize("data", ["只是文字".encode("gbk"), b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 5000])
def test_what_is_no_doc_is_refused(data: bytes) -> None:
    with pytest.raises(UnreadableError, match="不是完好的 Word 文件"):
        read(data, ".doc")


# PDF


def cids() -> dict[str, int]:
    """Adobe-GB1: the number of each character's glyph."""
    return {char: cid for cid, char in reversed(CMapDB.get_unicode_map("Adobe-GB1", False).cid2unichr.items())}


def glyphs(line: str) -> bytes:
    return b"".join(cids()[char].to_bytes(2, "big") for char in line)


def test_a_pdf_that_numbers_its_glyphs_is_read_by_the_other_library() -> None:
    extracted = read(paper.pdf([LINES], "Identity-H", "GB1", glyphs), ".pdf")
    assert extracted.converter.startswith("pdfminer.six ")
    assert extracted.text.replace(" ", "　") == "".join(f"{line}\n" for line in LINES)


def test_a_pdf_in_gbk_is_read() -> None:
    extracted = read(paper.pdf([LINES], "GBK-EUC-H", "GB1", lambda line: line.encode("gbk")), ".pdf")
    assert extracted.text == "".join(f"{line}\n" for line in LINES)
    assert extracted.converter.startswith("pypdf ")


def test_a_pdf_whose_text_makes_no_sense_is_refused() -> None:
    with pytest.raises(UnreadableError, match=r"乱码.*zhengce-wenku\[ocr\].*ingest\.ocr = true"):
        read(paper.pdf([LINES], "Identity-H", "Identity", glyphs), ".pdf")


def test_a_scan_names_the_extra() -> None:
    with pytest.raises(UnreadableError, match=r"没有文字层.*zhengce-wenku\[ocr\].*ingest\.ocr = true"):
        read(paper.pdf([[], []]), ".pdf")


def scan(lines: list[str]) -> bytes:
    """A page as a scanner makes it: a picture; all lines but the first are indented."""
    from PIL import Image, ImageDraw, ImageFont

    found = sorted(Path("/usr/share/fonts").rglob("NotoS*CJK*-Regular.ttc"))
    if not found:
        pytest.skip("没有中文字体（apt install fonts-noto-cjk）")
    image = Image.new("L", (1240, 500), 255)
    font = ImageFont.truetype(str(found[0]), 36, index=2)
    for row, line in enumerate(lines):
        ImageDraw.Draw(image).text((192 if row else 120, 60 + 80 * row), line, font=font, fill=0)
    target = io.BytesIO()
    image.save(target, "PDF", resolution=150)
    return target.getvalue()


@needs_ocr
def test_a_scan_is_recognised_and_says_how_surely() -> None:
    extracted = read(scan(LINES), ".pdf", ocr=True)
    # OCR does not print the blank after a number.
    assert extracted.text.replace("第一条", "第一条　").splitlines() == LINES
    assert "pypdf" in extracted.converter and "rapidocr" in extracted.converter
    assert any(re.search(r"第 1 页是扫描件.*平均置信度 (0\.9|1\.0)", note) for note in extracted.notes)


@needs_ocr
def test_a_text_layer_is_not_recognised_again() -> None:
    extracted = read(paper.pdf([LINES]), ".pdf", ocr=True)
    assert extracted.text == "".join(f"{line}\n" for line in LINES)
    assert "rapidocr" not in extracted.converter


@needs_ocr
def test_an_empty_scan_is_refused() -> None:
    with pytest.raises(UnreadableError, match="没有文字层"):
        read(scan([]), ".pdf", ocr=True)


@pytest.mark.parametrize(("given", "line"), [("maybe", 2), ('"true"', 2), ("1", 2)])
def test_the_setting_is_true_or_false(tmp_path: Path, given: str, line: int) -> None:
    (tmp_path / "kb.toml").write_text(f"[ingest]\nocr = {given}\n", encoding="utf-8")
    with pytest.raises(settings.UsageError, match=rf"第 {line} 行|line {line}"):
        settings.load(None, tmp_path)


# All of them


@pytest.mark.parametrize("suffix", sorted(set(registry.endings()) - {".txt", ".md", ".markdown", ".html", ".htm"}))
@pytest.mark.parametrize("data", [b"PK\x03\x04" + b"\xff" * 500, b"\xd0\xcf\x11\xe0" + os.urandom(500), b"%PDF-1.7"])
def test_a_wreck_is_refused_with_a_sentence(suffix: str, data: bytes) -> None:
    with pytest.raises(UnreadableError, match="：请"):
        read(data, suffix)


@pytest.mark.parametrize("family", ["AF_INET", "AF_INET6", "AF_PACKET"])
def test_the_kernel_keeps_a_converter_and_what_it_starts_off_the_network(family: str) -> None:
    inner = f"import socket; socket.socket(socket.{family}, socket.SOCK_DGRAM)"
    code = f"import subprocess, sys; from kb.base import leash; leash.limit(5, 0); subprocess.run([sys.executable, '-c', {inner!r}])"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "PermissionError: [Errno 13]" in ended.stderr


@pytest.mark.parametrize(
    ("data", "url", "suffix"),
    [
        (paper.ofd(["x"]), "http://127.0.0.1/download?id=1", ".ofd"),
        (saved(openpyxl.Workbook()), "http://127.0.0.1/download.jsp", ".xlsx"),
        (paper.word(docx.Document()), "http://127.0.0.1/a.html", ".docx"),
        (b"\xd0\xcf\x11\xe0" + "WordDocument".encode("utf-16-le"), "http://127.0.0.1/a", ".doc"),
        (b"\xd0\xcf\x11\xe0" + "Workbook".encode("utf-16-le"), "http://127.0.0.1/a", ".xls"),
        (b"\xd0\xcf\x11\xe0", "http://127.0.0.1/a.wps", ".wps"),
        (b"{\\rtf1", "http://127.0.0.1/a.doc", ".rtf"),
    ],
)
def test_a_download_is_known_by_its_bytes(data: bytes, url: str, suffix: str) -> None:
    chosen = registry.choose(data, PurePosixPath(url).suffix, "application/octet-stream")
    assert chosen
    assert suffix in chosen.endings


def test_a_library_that_may_not_be_forked_reads_the_same() -> None:
    data, module = paper.pdf([LINES]), "kb.ingest.formats.leashed.pdf_pages"
    fresh, forked = (convert.in_child(module, data, SETTINGS, "application/pdf", may_fork=may) for may in (False, True))
    assert fresh == forked
    with pytest.raises(UnreadableError, match="：请"):
        convert.in_child(module, b"%PDF-1.7", SETTINGS, "application/pdf", may_fork=False)
