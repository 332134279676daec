"""What could not be proved is marked in every form in which a text leaves the library."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import replace
from pathlib import Path

import docx
import pypdf
import pytest
from lxml import etree

from kb.base.model import Document, Metadata, Provenance, Repair
from kb.corpus.folder import Corpus
from kb.export.evidence_package import evidence
from kb.export.formats import export
from kb.export.page import page
from kb.export.scope import Selection, select
from kb.structure import outline

TEXT = "示例市关于水价的通知\n一、水价\n每吨1〓85元，自5月1日起执行。\n二、另行\n另行通知。\n"
PLACE = "一、水价：……每吨1〔〓〕85元，自5月1……"


def doubtful(anchor: str = "") -> Selection:
    found = (
        Repair("doubtful", TEXT.index("〓"), "〓", "\ue010"),
        Repair("doubtful", TEXT.index("另行通知"), "另", "另(x)"),
    )
    provenance = Provenance("水价.txt", "ab" * 32, "2026-01-02T03:04:05Z", "text/plain", repairs=found)
    document = Document("水价", "files", Metadata("示例市关于水价的通知"), provenance, outline.parse(TEXT))
    return select(document, anchor)


def words(selection: Selection, name: str) -> str:
    data = export(selection, name).data
    if name == "docx":
        return "\n".join(paragraph.text for paragraph in docx.Document(io.BytesIO(data)).paragraphs)
    return "".join(etree.fromstring(data).itertext()) if name == "akn.xml" else data.decode()


@pytest.mark.parametrize("name", ["txt", "docx", "akn.xml"])
def test_an_export_names_each_doubtful_place(name: str) -> None:
    assert PLACE in words(doubtful(), name)
    assert "二、另行：……〔另〕行通知" in words(doubtful(), name)
    assert PLACE not in words(doubtful("2"), name)


def test_markdown_names_each_doubtful_place_and_escapes_nothing_of_it() -> None:
    assert PLACE in words(doubtful(), "md")


def test_word_marks_a_character_that_could_not_be_read() -> None:
    made = docx.Document(io.BytesIO(export(doubtful(), "docx").data))
    marked = [run.text for paragraph in made.paragraphs for run in paragraph.runs if run.font.highlight_color]
    assert marked[0] == "〓"
    assert set(marked) == {"〓"}


def test_the_print_view_marks_it_and_tells_the_places() -> None:
    made = page(doubtful()).decode()
    assert '每吨1<mark title="存疑">〓</mark>85元' in made
    assert "存疑（无法证明原文" in made


def test_the_pdf_shows_it_and_tells_the_places() -> None:
    read = pypdf.PdfReader(io.BytesIO(export(doubtful(), "pdf").data))
    said = "".join("".join(sheet.extract_text() for sheet in read.pages).split())
    assert "每吨1〓85元" in said
    assert "1〔〓〕85元" in said


def test_json_of_a_section_has_its_doubts() -> None:
    assert json.loads(export(doubtful("1"), "json").data)["doubts"] == [PLACE]


def test_an_evidence_package_lists_them(tmp_path: Path) -> None:
    corpus = Corpus(tmp_path)
    document = replace(doubtful().document)
    with corpus.writing():
        corpus.write(document, TEXT.encode())
    with zipfile.ZipFile(io.BytesIO(evidence(corpus, corpus.read("水价")))) as packed:
        assert f"存疑：{PLACE}" in packed.read("说明.txt").decode()
        assert "存疑" in packed.read("还原记录.csv").decode()


def test_a_sound_text_says_nothing_of_doubts() -> None:
    document = doubtful().document
    sound = select(replace(document, provenance=replace(document.provenance, repairs=())))
    assert "存疑" not in words(sound, "txt")
