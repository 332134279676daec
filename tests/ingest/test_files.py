from __future__ import annotations

import codecs
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import docx
import pytest
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

from kb.base.errors import UnreadableError
from kb.config import settings
from kb.ingest.formats import files, registry
from kb.ingest.formats.registry import Given
from tests.ingest import paper

SETTINGS = settings.load(None, Path("/"))
TEXT = "示例通知\n　　一、总体要求\n\n坚持示例，“引号”与——破折号。\n"
PLAIN = "示例通知\n一、总体要求\n坚持示例，“引号”与——破折号。\n"


def read(data: bytes, suffix: str, **limits: float) -> files.Extracted:
    return files.read(data, suffix, Given(replace(SETTINGS, **limits)))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        (TEXT.encode(), "utf-8"),
        (codecs.BOM_UTF8 + TEXT.encode(), "utf-8"),
        (TEXT.encode("gbk"), "gb18030"),
        (TEXT.encode("gb18030"), "gb18030"),
        (TEXT.encode("utf-16"), "utf-16-le"),
        (codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"), "utf-16-be"),
        (TEXT.replace("\n", "\r\n").encode(), "utf-8"),
        (TEXT.replace("\n", "\r").encode(), "utf-8"),
        (TEXT.encode() + b"\x1a", "utf-8"),
    ],
)
def test_text_in_every_usual_encoding(data: bytes, encoding: str) -> None:
    extracted = read(data, ".txt")
    assert (extracted.text, extracted.encoding) == (PLAIN, encoding)


def test_another_encoding_is_not_taken_for_gbk() -> None:
    traditional = "示例市人民政府關於開展行政執法監督檢查工作的通知：依法行政，加強監督，規範執法行為。\n"
    assert read(traditional.encode("gbk"), ".txt").text == traditional
    with pytest.raises(UnreadableError, match="UTF-8、GB18030"):
        read(traditional.encode("big5"), ".txt")


def test_text_keeps_what_stands_inside_its_lines() -> None:
    assert read("第一条　为了\u2028示例\x85制定 。\n".encode(), ".TXT").text == "第一条　为了\u2028示例\x85制定 。\n"


def test_markdown_gives_headings() -> None:
    extracted = read("# 示例\r\n\r\n## 一、甲\r\n乙\r\n".encode("gbk"), ".md")
    assert (extracted.text, extracted.levels, extracted.encoding) == ("示例\n一、甲\n乙\n", {0: 1, 1: 2}, "gb18030")


@pytest.mark.parametrize("suffix", registry.endings())
@pytest.mark.parametrize("data", [b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0", os.urandom(4000), b"\0" * 1000])
def test_a_binary_is_refused(suffix: str, data: bytes) -> None:
    with pytest.raises(UnreadableError, match="：请"):
        read(data, suffix)


@pytest.mark.parametrize("data", [b"", b" \n\t\r\n"])
def test_an_empty_file_is_refused(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "x.txt").write_bytes(data)
    with pytest.raises(UnreadableError, match="空文件"):
        files.load(tmp_path / "x.txt", SETTINGS)


@pytest.mark.parametrize("suffix", [".md", ".html"])
def test_a_file_without_text_is_refused(suffix: str) -> None:
    with pytest.raises(UnreadableError, match=r"没有.*(文字|正文)"):
        read(
            {".md": b"---\nhidden: true\n---", ".html": b"<html><body><script>1</script></body></html>"}[suffix], suffix
        )


def test_a_text_of_100_megabytes_is_refused_without_reading_it(tmp_path: Path) -> None:
    path = tmp_path / "x.txt"
    with path.open("wb") as file:
        file.truncate(100_000_000)
    with pytest.raises(UnreadableError, match="100 MB，上限 50 MB"):
        files.load(path, SETTINGS)


def test_what_cannot_be_opened_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.txt")
    for path in (tmp_path / "pipe.txt", tmp_path, tmp_path / "gone.txt"):
        with pytest.raises(UnreadableError, match="不是普通文件"):
            files.load(path, SETTINGS)
    with pytest.raises(UnreadableError, match="打不开"):
        files.load(Path("/proc/self/mem"), SETTINGS)  # a regular file whose bytes even root cannot read


def test_pdf_lines_become_paragraphs() -> None:
    long = ["　　坚持依法行政，公开透明，全面落实各项示例工作要求，切实保障示", "例权益。"]
    pages = [["示例公报", f"{number}、示例部分", *long, f"附件{number}", f"— {number} —"] for number in "一二三"]
    extracted = read(paper.pdf(pages), ".pdf")
    paragraph = "坚持依法行政，公开透明，全面落实各项示例工作要求，切实保障示例权益。"
    parts = [f"{number}、示例部分\n{paragraph}\n附件{number}\n— {number} —\n" for number in "一二三"]
    assert extracted.text == "示例公报\n" + "".join(parts)
    assert extracted.converter.startswith("pypdf ")
    assert any("9 行按版面合并" not in note and "合并成了" in note for note in extracted.notes)


def test_pdf_page_numbers_and_running_heads_go_but_the_first() -> None:
    def page(number: int) -> list[str]:
        return [
            "示例公报 2021 年",
            f"第{number}号文的正文",
            f"附件{number}",
            "示例网站",
            f"示例 {number}/3",
            f"— {number} —",
        ]

    extracted = read(paper.pdf([page(1), page(2), page(3)]), ".pdf")
    parts = [f"第{number}号文的正文\n附件{number}\n" for number in (1, 2, 3)]
    assert extracted.text == "示例公报 2021 年\n" + "示例网站\n".join([*parts, ""])
    assert any("8 行" in note and "页码" in note for note in extracted.notes)


def test_pdf_blanks_inside_words_go_and_printed_ones_stay() -> None:
    assert read(paper.pdf([["关 于 印 发 示 例 办 法 的 通 知", "第一条　为了示例"]]), ".pdf").text == (
        "关于印发示例办法的通知\n第一条　为了示例\n"
    )


def test_pdf_radicals_become_characters() -> None:
    extracted = read(paper.pdf([["⾏政机关⼈⺠⻔"]]), ".pdf")
    assert extracted.text == "行政机关人民门\n"
    assert any("部首" in note and "4 处" in note for note in extracted.notes)


def test_an_encrypted_pdf_is_refused() -> None:
    with pytest.raises(UnreadableError, match="加了密"):
        read(paper.encrypted(paper.pdf([["示例"]]), "x"), ".pdf")


def test_a_pdf_that_only_restricts_printing_is_read() -> None:
    assert read(paper.encrypted(paper.pdf([["示例"]]), ""), ".pdf").text == "示例\n"


def test_a_scanned_pdf_is_refused() -> None:
    with pytest.raises(UnreadableError, match="没有文字层"):
        read(paper.pdf([[], []]), ".pdf")


def test_a_page_without_text_is_noted() -> None:
    assert any("第 2 页没有文字层" in note for note in read(paper.pdf([["示例"], []]), ".pdf").notes)


@pytest.mark.parametrize("cut", [0.3, 0.7])
def test_a_broken_pdf_is_refused(cut: float) -> None:
    data = paper.pdf([["示例"]])
    with pytest.raises(UnreadableError, match="PDF"):
        read(data[: int(len(data) * cut)], ".pdf")


def test_word_headings_and_tables_stand_in_place() -> None:
    document = docx.Document()
    document.add_paragraph("示例办法", style="Title")
    document.add_heading("总则", 1)
    document.add_paragraph("第一条　为了示例。")
    table = document.add_table(2, 3)
    for row, texts in zip(table.rows, [("甲", "乙|丙", "丁"), ("1", "", "3")], strict=True):
        for cell, text in zip(row.cells, texts, strict=True):
            cell.text = text
    document.add_paragraph("第二条　附则。")
    extracted = read(paper.word(document), ".docx")
    rows = "| 甲 | 乙\\|丙 | 丁 |\n| 1 |  | 3 |\n"
    assert extracted.text == f"示例办法\n总则\n第一条　为了示例。\n{rows}第二条　附则。\n"
    assert (extracted.title, extracted.levels) == ("示例办法", {0: 1, 1: 2})


def test_merged_cells_keep_their_columns() -> None:
    document = docx.Document()
    table = document.add_table(3, 3)
    for index, cell in enumerate(each for row in table.rows for each in row.cells):
        cell.text = str(index)
    table.cell(0, 0).merge(table.cell(0, 1)).text = "并"
    table.cell(1, 2).merge(table.cell(2, 2)).text = "竖"
    assert read(paper.word(document), ".docx").text == "| 并 |  | 2 |\n| 3 | 4 | 竖 |\n| 6 | 7 |  |\n"


def test_word_shows_what_a_reader_sees() -> None:
    document = docx.Document()
    document.add_paragraph("开始")._p.append(
        parse_xml(
            f"<w:r {nsdecls('w')}><w:br/><w:t>新行</w:t></w:r>",
        )
    )
    changed = document.add_paragraph("留")._p
    changed.append(parse_xml(f"<w:ins {nsdecls('w')}><w:r><w:t>增</w:t></w:r></w:ins>"))
    changed.append(parse_xml(f"<w:del {nsdecls('w')}><w:r><w:delText>删</w:delText></w:r></w:del>"))
    control = f"<w:sdt {nsdecls('w')}><w:sdtContent><w:p><w:r><w:t>控件</w:t></w:r></w:p></w:sdtContent></w:sdt>"
    document.element.body.insert(0, parse_xml(control))
    assert read(paper.word(document), ".docx").text == "控件\n开始\n新行\n留增\n"


def test_automatic_numbers_are_printed() -> None:
    levels = [
        ("chineseCountingThousand", "%1、"),
        ("chineseCounting", "（%2）"),
        ("decimal", "%3."),
        ("decimal", "第%1条"),
    ]
    document, add = paper.numbered(levels)
    for text, level in [("甲", 0), ("乙", 1), ("丙", 1), ("丁", 2), ("戊", 0), ("己", 1), ("庚", 3)]:
        add(text, level)
    extracted = read(paper.word(document), ".docx")
    assert extracted.text == "一、甲\n（一）乙\n（二）丙\n1.丁\n二、戊\n（一）己\n第二条　庚\n"
    assert any("7 处自动编号" in note for note in extracted.notes)


def test_an_automatic_number_that_cannot_be_printed_is_noted() -> None:
    document, add = paper.numbered([("hebrew1", "%1.")])
    add("甲", 0)
    extracted = read(paper.word(document), ".docx")
    assert any("没能还原" in note and "hebrew1" in note for note in extracted.notes)


@pytest.mark.parametrize(
    ("number", "printed"), [(1, "一"), (10, "十"), (12, "十二"), (20, "二十"), (103, "一百零三"), (1010, "一千零一十")]
)
def test_chinese_counting(number: int, printed: str) -> None:
    document, add = paper.numbered([("chineseCounting", "第%1条")])
    start = document.part.numbering_part.element.xpath("//w:abstractNum[@w:abstractNumId='77']//w:start")[0]
    start.set(docx.oxml.ns.qn("w:val"), str(number))
    add("甲", 0)
    assert read(paper.word(document), ".docx").text == f"第{printed}条　甲\n"


def test_a_zip_bomb_is_refused() -> None:
    bomb = paper.repacked(paper.word(docx.Document()), {"word/media/x.bin": b"\0" * 3_000_000})
    assert len(bomb) < 100_000
    with pytest.raises(UnreadableError, match="压缩炸弹"):
        read(bomb, ".docx", max_bytes=1_000_000)


def test_a_zip_bomb_that_declares_a_small_size_is_refused() -> None:
    size = (3_000_000).to_bytes(4, "little")
    bomb = paper.repacked(paper.word(docx.Document()), {"word/media/x.bin": b"\0" * 3_000_000})
    with pytest.raises(UnreadableError):
        read(bomb.replace(size, (10).to_bytes(4, "little")), ".docx", max_bytes=1_000_000)


@pytest.mark.parametrize("codec", ["utf-8", "utf-16"])
def test_xml_entities_are_refused(codec: str) -> None:
    bomb = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa">]><x>&a;</x>'.encode(codec)
    with pytest.raises(UnreadableError, match="实体"):
        read(paper.repacked(paper.word(docx.Document()), {"word/document.xml": bomb}), ".docx")


@pytest.mark.parametrize(
    ("data", "words"),
    [(b"\xd0\xcf\x11\xe0" + b"\0" * 600, r"旧版 \.doc 或加了密"), (b"PK\x03\x04junk", "不是完好的 Word")],
)
def test_what_is_no_docx_is_refused(data: bytes, words: str) -> None:
    with pytest.raises(UnreadableError, match=words):
        read(data, ".docx")


def test_any_zip_is_no_docx() -> None:
    with pytest.raises(UnreadableError, match="不是完好的 Word"):
        read(paper.repacked(paper.word(docx.Document()), {"[Content_Types].xml": b"<x/>"}), ".docx")


def test_a_conversion_has_a_time_limit() -> None:
    with pytest.raises(UnreadableError, match="时限"):
        read(paper.pdf([["示例"]]), ".pdf", timeout=0.01)


def test_too_much_converted_text_is_refused() -> None:
    with pytest.raises(UnreadableError, match="超过了上限"):
        read(paper.pdf([["示例" * 15]] * 40), ".pdf", max_bytes=1000)


@pytest.mark.parametrize("act", ["import socket; socket.socket()", "import subprocess; subprocess.run(['true'])"])
def test_a_converter_has_neither_network_nor_programs(act: str) -> None:
    code = f"import sys; from kb.ingest.formats.convert import _refuse; sys.addaudithook(_refuse); {act}"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "PermissionError" in ended.stderr
