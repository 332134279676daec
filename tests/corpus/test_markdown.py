from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from itertools import islice, pairwise
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from kb.base import clock
from kb.base.errors import UnreadableError
from kb.base.model import REPAIR_KINDS, Document, Metadata, Provenance, Repair, Section
from kb.corpus import front_matter, markdown
from kb.structure import outline, yaml_head

NASTY = [
    "#",
    "# x",
    "|",
    "---",
    "***",
    "```",
    '<a id="x"></a>',
    "\\",
    "\\#",
    "{",
    "- x",
    "> x",
    " x",
    "\t",
    "<!-- x -->",
    "| --- |",
    "| 甲 | 乙 |",
    "| 丙 | 丁 | 戊 |",
    "|  |  |",
    "|---|:-:|",
    '|<a id="x" data-level="2"></a> 甲 |',
]
NASTY += [
    "\u2028x",
    "x\x85y",
    "\x0b",
    "\x0c",
    "\r",
    "x\r",
    "一、甲",
    "第一条 x",
    "## <a id='1'></a>",
    "checksum: 0",
    "provenance:",
]
NASTY += ["checksum: " + "0" * 64, "accepted: 2026"]
anything = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
lines = st.one_of(st.sampled_from(NASTY), anything.map(lambda text: text.replace("\n", "")))
texts = st.lists(lines, min_size=1, max_size=12).map(lambda each: "".join(f"{line}\n" for line in each))
words = st.dictionaries(anything, anything, max_size=3)
days = st.just("") | st.dates().map(lambda day: day.isoformat()[: (4, 7, 10)[day.day % 3]])
metadata = st.builds(
    Metadata,
    title=anything,
    issuer=anything,
    document_number=anything,
    kind=anything,
    date=days,
    published=days,
    effective=days,
    identifier=anything,
    url=anything,
    found=words,
    alternatives=st.dictionaries(anything, st.tuples(anything, anything), max_size=2),
    labels=words,
)
repairs = st.builds(Repair, st.sampled_from(REPAIR_KINDS), st.integers(0, 10**7), anything, anything)
provenance = st.builds(
    Provenance,
    origin=anything,
    snapshot=anything,
    retrieved=st.just("") | st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1)).map(clock.stamp),
    media_type=anything,
    encoding=anything,
    converter=anything,
    simplified=st.integers(0, 10**6),
    repairs=st.lists(repairs, max_size=20).map(tuple),
    furniture=st.lists(anything, max_size=3).map(tuple),
    notes=st.lists(anything, max_size=3).map(tuple),
)


def example(text: str = "示例通知\n一、甲\n（一）乙。丙\n第一条　丁\n") -> Document:
    facts = Metadata("示例通知", date="2021-11-22", found={"title": "text"})
    origin = Provenance("示例/x.txt", "0" * 64, "2026-01-01T00:00:00Z", "text/plain", notes=("示例",))
    return Document("x", "files", facts, origin, outline.parse(text))


@given(texts, metadata, provenance)
@settings(max_examples=200)
def test_any_document_comes_back(text: str, facts: Metadata, origin: Provenance) -> None:
    document = Document("x", "files", facts, origin, outline.parse(text))
    written = markdown.dump(document)
    assert front_matter.intact(written)
    read = markdown.load(markdown.normal(written.encode(), "x"), "x", "files")
    assert read.text == text
    assert read == document


@pytest.mark.parametrize(
    "written", ["date: [2024]", "date:\n  a: b", "date: 昨天\nretrieved: [1]", "effective: 2024-13"]
)
@pytest.mark.parametrize(
    "origin", ["provenance:\n  retrieved: 昨天", "provenance:\n- 1", f"provenance: x\nchecksum: {'0' * 64}"]
)
def test_whatever_stands_where_a_date_should_is_looked_at(written: str, origin: str) -> None:
    said = front_matter.no_dates(f"---\ntitle: 示例\n{written}\n{origin}\n---\n示例。\n")
    assert ("昨天" in f"{written}{origin}" or "13" in written) == ("没有这一天" in said)


@given(metadata, provenance)
@settings(max_examples=50)
def test_front_matter_is_yaml_in_a_fixed_order(facts: Metadata, origin: Provenance) -> None:
    head, _ = yaml_head.split(markdown.dump(replace(example(), metadata=facts, provenance=origin)))
    keys = list(yaml.load(head.strip("-\n") + "\n", yaml.BaseLoader))
    assert keys[0] == "title"
    assert keys[-2:] == ["provenance", "checksum"]


def test_laws_come_back(laws: Path) -> None:
    files = [path for path in sorted(laws.rglob("*.md")) if "INFO END" in path.read_text(encoding="utf-8")]
    for path in islice(files, 0, None, 60):
        extracted = markdown.extract(path.read_text(encoding="utf-8"))
        document = replace(example(), sections=outline.parse(extracted.text, extracted.levels))
        assert markdown.load(markdown.dump(document), "x", "files") == document


def test_a_file_is_pleasant_to_read() -> None:
    body = markdown.dump(example()).split("---\n")[2]
    assert '\n## <a id="1"></a>一、甲\n' in body
    assert '\n<a id="1-1" data-level="3"></a>（一）乙。丙\n' in body


def viewed(text: str) -> list[list[str]]:
    """Return the rows of all tables that a viewer of GitHub's Markdown shows."""
    tokens = MarkdownIt("commonmark").enable("table").parse(text)
    rows: list[list[str]] = []
    for before, token in pairwise(tokens):
        if token.type == "tr_open":
            rows.append([])
        elif token.type == "inline" and before.type in ("th_open", "td_open"):
            rows[-1].append("".join(each.content for each in token.children or () if each.type == "text").strip())
    return rows


TABLE = "示例\n| 甲 | 乙 |\n| 1 | 2 |\n| 3 |  |\n后\n"


def test_a_table_is_one_in_any_viewer_and_its_delimiter_row_is_no_text() -> None:
    written = markdown.dump(example(TABLE))
    assert "\n| 甲 | 乙 |\n| --- | --- |\n| 1 | 2 |\n| 3 |  |\n\n后\n" in written
    assert viewed(written) == [["甲", "乙"], ["1", "2"], ["3", ""]]
    assert markdown.load(written, "x", "files").text == TABLE


def test_a_file_from_before_tables_had_a_delimiter_row_reads_the_same() -> None:
    document = example(TABLE)
    written = front_matter.seal(markdown.dump(document).replace("| --- | --- |\n", ""))
    assert markdown.load(written, "x", "files") == document


def test_tables_of_different_widths_lose_no_cell_in_a_viewer() -> None:
    text = "示例\n| 甲 | 乙 |\n| 1 | 2 |\n| 丙 | 丁 | 戊 |\n| 3 |\n"
    written = markdown.dump(example(text))
    assert viewed(written) == [["甲", "乙"], ["1", "2"], ["丙", "丁", "戊"], ["3", "", ""]]
    assert markdown.load(written, "x", "files").text == text


def test_a_table_at_the_beginning_of_a_section_is_one_too() -> None:
    document = Document(
        "x",
        "files",
        Metadata("题"),
        Provenance("x", "", "", ""),
        (Section("table", "", "", "| 甲\\|一 | - |\n| - | - |\n"),),
    )
    written = markdown.dump(document)
    assert viewed(written) == [["甲|一", "-"], ["-", "-"]]
    assert markdown.load(written, "x", "files") == document


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("| 甲 | 乙 |\n|---|:-:|\n| 1 | 2 |\n", "| 甲 | 乙 |\n| 1 | 2 |\n"),
        ("甲 | 乙\n--|--\n1 | 2\n后文。\n", "| 甲 | 乙 |\n| 1 | 2 |\n后文。\n"),
        ("|  |  |\n|---|---|\n| 1 | 2 |\n", "| 1 | 2 |\n"),
        ("| 甲 | 乙 |\n| - | - |\n| - | - |\n", "| 甲 | 乙 |\n| - | - |\n"),
        ("甲 | 乙\n后文 | 完\n---\n", "甲 | 乙\n后文 | 完\n---\n"),
    ],
)
def test_tables_of_any_markdown_become_rows(source: str, text: str) -> None:
    assert markdown.extract(source).text == text


@pytest.mark.parametrize("change", [lambda t: t.replace("\n", "\r\n"), lambda t: "\ufeff" + t])
def test_what_editors_do_to_a_file_is_no_edit(change) -> None:  # type: ignore[no-untyped-def]
    text = markdown.normal(change(markdown.dump(example())).encode(), "x")
    assert front_matter.intact(text)
    assert markdown.load(text, "x", "files") == example()


def test_edits_are_told_and_read() -> None:
    edited = markdown.dump(example()).replace("丁", "丁\n\n## 三、新添的一节\n\n其内容")
    assert not front_matter.intact(edited)
    document = markdown.load(edited, "x", "files")
    assert document.text.endswith("第一条　丁\n三、新添的一节\n其内容\n")
    assert any(section.text == "三、新添的一节\n其内容\n" for section in document.walk())


def test_accepted_edits_are_sealed_again() -> None:
    edited = markdown.dump(example()).replace("丁", "戊")
    accepted = front_matter.accept(edited, "2026-01-02T00:00:00Z")
    assert front_matter.intact(accepted)
    assert front_matter.accepted(accepted) == "2026-01-02T00:00:00Z"
    again = front_matter.accept(accepted, "2026-01-03T00:00:00Z")
    assert front_matter.accepted(again) == "2026-01-03T00:00:00Z"
    assert again.count("accepted:") == 1


def test_a_law_of_the_public_collection_is_readable_as_it_is() -> None:
    text = "# 示例法\n\n2020年1月1日 通过\n\n<!-- INFO END -->\n\n## 第一章 总则\n\n第一条 为了示例，制定本法。\n"
    document = markdown.load(text, "示例法", "laws")
    assert document.text == "示例法\n2020年1月1日 通过\n第一章 总则\n第一条 为了示例，制定本法。\n"
    assert document.metadata.title == "示例法"
    assert [section.anchor for section in document.walk()][-1] == "art-1"


def test_front_matter_of_other_makers_gives_labels() -> None:
    extracted = markdown.extract("---\n发文字号: 示府〔2020〕1号\ntags:\n- x\n---\n# 示例 #\n正文 \\* 星\n")
    assert extracted.labels == {"发文字号": "示府〔2020〕1号"}
    assert extracted.hows == {"发文字号": "front matter"}
    assert extracted.title == "示例"
    assert extracted.text == "示例\n正文 * 星\n"


@pytest.mark.parametrize(
    "damage",
    [
        lambda t: t.replace("---\ntitle", "--,\ntitle"),
        lambda t: t.replace("provenance:\n  origin", "provenance: x\n  origin"),
        lambda t: t.replace("title: 示例通知", 'title: "示例'),
        lambda t: t[: t.index("---\n", 4) + 4],
        lambda t: "checksum: " + "0" * 64 + "\n",
    ],
)
def test_a_damaged_file_says_so(damage) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(UnreadableError, match=r"files/x\.md"):
        markdown.load(damage(markdown.dump(example())), "x", "files")


def test_bytes_that_are_no_text_say_so() -> None:
    with pytest.raises(UnreadableError, match="UTF-8"):
        markdown.normal(b"---\n\xff\xfe", "files/x.md")
