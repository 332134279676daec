"""Bold numbers of articles: where most are printed so, a paragraph that begins with one is an article. All invented (示例)."""

from __future__ import annotations

import io
from pathlib import Path

import docx
import pytest

from kb.base.model import Provenance
from kb.config.settings import load
from kb.ingest import derive
from kb.ingest.formats import files
from kb.ingest.formats.registry import Given
from kb.structure.extracted import Extracted

SETTINGS = load(None, Path("/"))
BODY = (
    ("第一条", "为了管理示例池塘，制定本办法。"),
    ("第二条", "第一款情形以外的池塘，由镇管理。"),
    ("第三条", "规定的期限为三日。"),
    ("第四条", "的解释由示例局负责。"),
)
ALL = ["art-1", "art-2", "art-3", "art-4"]


def articles(extracted: Extracted) -> list[str]:
    made = derive.document(extracted, Provenance("示例.html", "0", "2031-01-01", ""), "files", "示例")
    return [anchor for anchor, _, _ in made.addresses() if anchor.startswith("art-") and "-p" not in anchor]


def page(*paragraphs: str) -> Extracted:
    body = "".join(f"<p>{each}</p>" for each in paragraphs)
    source = f"<html><head><title>示例池塘办法</title></head><body><div id='zoom'>{body}</div></body></html>"
    return files.read(source.encode(), ".html", Given(SETTINGS))


@pytest.mark.parametrize(
    "form", ["<b>{}</b>{}", "<strong>{}</strong>{}", "<span style='font-weight: bold'>{}</span>{}", "<b>　{}</b>{}"]
)
def test_a_bold_number_begins_an_article_whatever_follows(form: str) -> None:
    found = page("示例池塘办法", *(form.format(*each) for each in BODY), "第二条规定的除外。")
    assert found.bold_numbers == {1, 2, 3, 4}
    assert articles(found) == ALL


def test_lines_taken_off_above_do_not_shift_the_bold_numbers() -> None:
    found = page("索引号：示例-1", "发布机构：示例局", "示例池塘办法", *(f"<b>{n}</b>{text}" for n, text in BODY))
    assert articles(found) == ALL


def test_without_bold_numbers_a_citation_stays_a_citation() -> None:
    found = page("示例池塘办法", *("".join(each) for each in BODY))
    assert not found.bold_numbers
    assert articles(found) == ["art-1"]


def test_a_single_bold_number_in_a_text_of_plain_ones_says_nothing() -> None:
    plain = [f"{number}　各镇应当清理池塘。" for number, _ in BODY]
    found = page("示例池塘办法", *plain, "<b>第二条</b>规定的除外。")
    assert articles(found) == ALL


def test_a_bold_run_of_word_says_the_same() -> None:
    document = docx.Document()
    document.add_paragraph("示例池塘办法")
    for number, text in BODY:
        paragraph = document.add_paragraph()
        paragraph.add_run(number).bold = True
        paragraph.add_run(text)
    out = io.BytesIO()
    document.save(out)
    found = files.read(out.getvalue(), ".docx", Given(SETTINGS))
    assert found.bold_numbers == {1, 2, 3, 4}
    assert articles(found) == ALL
