"""Nothing is in neither: every word of a made file stands in its text, once and in order, or is named in its account."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Sequence
from pathlib import Path

import docx
import openpyxl
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl.comments import Comment

from kb.config.settings import load
from kb.ingest.formats import files
from kb.ingest.formats.registry import Given
from kb.structure.extracted import Extracted
from tests.ingest import paper
from tests.ingest.test_ofd_account import line as ofd_line
from tests.ingest.test_ofd_account import ofd
from tests.ingest.test_pdf_account import HEAD, at, pdf

SETTINGS = load(None, Path("/"))
WORD = re.compile(r"示[一二三四五六七八九〇]{3}末")
Make = Callable[[Callable[[], str]], str]
quick = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
slow = settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])


class Words:
    """Makes words that occur nowhere else."""

    def __init__(self) -> None:
        self.made: list[str] = []

    def __call__(self) -> str:
        figures = "".join("〇一二三四五六七八九"[int(each)] for each in f"{len(self.made):03}")
        self.made.append(f"示{figures}末")
        return self.made[-1]


def check(found: Extracted, made: Sequence[str], *, ordered: bool = True) -> None:
    """Assert that every word is in the text, once and in order, or in the account."""
    said = "\n".join([*(remark.sentence for remark in found.account.remarks), *found.notes, *found.labels.values()])
    in_text = WORD.findall(found.text)
    assert [word for word in made if word not in in_text and word not in said] == []
    assert len(in_text) == len(set(in_text))
    if ordered:
        assert in_text == sorted(in_text, key=made.index)


def words(pattern: str) -> Make:
    """Make a block of a pattern in which each {} is a word."""
    return lambda word: pattern.format(*(word() for _ in range(pattern.count("{}"))))


HTML = [
    "<p>{}，{}。</p>",
    "<p>{}<span>{}</span><b>{}</b></p>",
    "<table border=1><tr><td>{}<td>{}<tr><td colspan=2>{}</table>",
    "<table border=1><tr><td>{}</td><td><table><tr><td>{}</td><td>{}</td></tr></table></td></tr><tr><td>{}</td><td>{}</td></tr></table>",
    "<ul><li>{}<li>{}<ol><li>{}</ol></ul>",
    "<dl><dt>{}<dd>{}</dl>",
    "<p style='display:none'>{}</p>",
    "<p hidden>{}</p>",
    "<p><s>{}</s>{}<del>{}</del></p>",
    "<textarea>{}</textarea>",
    "<details><summary>{}</summary>{}</details>",
    "<p><select><option>{}<option selected>{}</select></p>",
    "<p>名：<input value='{}'></p>",
    "<p>区<img src=a.png alt='{}'>内{}</p>",
    "<p>{}<sup>{}</sup></p>",
    "<foo-bar>{}</foo-bar>",
    "<p><a href='x.docx'>{}</a></p>",
    "<noscript>{}</noscript>",
    "<svg><text>{}</text></svg>",
    "<p><ruby>{}<rp>(</rp><rt>{}</rt></ruby></p>",
    "<pre>{}\n{}</pre>",
    "<fieldset><legend>{}</legend>{}</fieldset>",
    "<figure><figcaption>{}</figcaption></figure>",
    "<p><button>{}</button></p>",
    "<iframe src='a.html'>{}</iframe>",
    "<object data='a.pdf'>{}</object>",
    "<h3>{}</h3>",
    "<p>{}<br>{}</p>",
    "<blockquote>{}</blockquote>",
    "<template><p>{}</p></template>",
    "<marquee>{}</marquee>",
]


@quick
@given(st.lists(st.sampled_from(HTML), max_size=8))
def test_pages(patterns: list[str]) -> None:
    word = Words()
    body = "".join(words(pattern)(word) for pattern in ["<p>{}，各单位应当遵守，按季度检查，年底报告。</p>", *patterns])
    page = f"<html><meta charset=utf-8><body><div class=TRS_Editor>{body}</div></body></html>"
    check(files.read(page.encode(), ".html", Given(SETTINGS)), word.made)


@quick
@given(
    st.lists(st.sampled_from(["{}，{}。", "# {}", "- {}", "1. {}", "| {} | {} |", "**{}**为{}。", "> {}", "`{}`", "{}  "]), min_size=1)
)  # fmt: skip
def test_texts_and_markdown(patterns: list[str]) -> None:
    word = Words()
    text = "\n\n".join(words(pattern)(word) for pattern in patterns)
    for ending in (".txt", ".md"):
        check(files.read(text.encode(), ending, Given(SETTINGS)), word.made)


def run(inner: str = "{}", properties: str = "") -> str:
    return f"<w:r><w:rPr>{properties}</w:rPr><w:t>{inner}</w:t></w:r>"


def paragraph(*runs: str) -> str:
    return f"<w:p>{''.join(runs)}</w:p>"


def table(*rows: Sequence[str]) -> str:
    cells = ("".join(f"<w:tc>{cell}</w:tc>" for cell in row) for row in rows)
    return f"<w:tbl>{''.join(f'<w:tr>{each}</w:tr>' for each in cells)}</w:tbl>"


BOX = f"<w:txbxContent>{paragraph(run())}</w:txbxContent>"
WORD_BLOCKS = [
    paragraph(run(), run(properties="<w:b/>")),
    paragraph(run(), run(properties="<w:vanish/>")),
    paragraph(run(properties="<w:strike/>"), run()),
    paragraph(f"<w:del>{run().replace('w:t>', 'w:delText>')}</w:del>", f"<w:ins>{run()}</w:ins>"),
    paragraph(f"<w:hyperlink>{run()}</w:hyperlink>", f"<w:smartTag>{run()}</w:smartTag>"),
    paragraph(f"<w:fldSimple>{run()}</w:fldSimple>", f"<w:moveFrom>{run()}</w:moveFrom>"),
    f"<w:sdt><w:sdtContent>{paragraph(run())}</w:sdtContent></w:sdt>",
    f"<w:customXml>{paragraph(run())}</w:customXml>",
    table([paragraph(run()), paragraph(run())], [paragraph(run()), paragraph(run())]),
    table([paragraph(run()) + paragraph(run())]),
    table([table([paragraph(run()), paragraph(run())], [paragraph(run()), paragraph(run())]), paragraph(run())], [paragraph(run()), paragraph()]),
    paragraph(f"<w:r><w:pict>{BOX}</w:pict></w:r>"),
    table([paragraph(f"<w:r><w:pict>{BOX}</w:pict></w:r>", run()), paragraph(run())], [paragraph(run()), paragraph(run())]),
    paragraph("<m:oMath><m:r><m:t>{}</m:t></m:r></m:oMath>", run()),
    paragraph(f"<w:ruby><w:rt>{run()}</w:rt><w:rubyBase>{run()}</w:rubyBase></w:ruby>"),
    paragraph(f"<w:unknown>{run()}</w:unknown>"),
    table([paragraph(run(properties="<w:vanish/>")), paragraph(run())], [paragraph(run()), f"<w:sdt><w:sdtContent>{paragraph(run())}</w:sdtContent></w:sdt>"]),
    f"<w:tbl><w:sdt><w:sdtContent><w:tr><w:tc>{paragraph(run())}</w:tc></w:tr></w:sdtContent></w:sdt></w:tbl>",
]  # fmt: skip
NAMES = f'{nsdecls("w")} xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math"'


@slow
@given(st.lists(st.sampled_from(WORD_BLOCKS), max_size=6), st.booleans())
def test_word_files(patterns: list[str], has_margins: bool) -> None:
    word = Words()
    document = docx.Document()
    for pattern in [paragraph(run()), *patterns]:
        block = parse_xml(re.sub(r"(^<w:\w+)", rf"\1 {NAMES}", words(pattern)(word)))
        document.element.body.insert(len(document.element.body) - 1, block)
    if has_margins:
        document.sections[0].header.paragraphs[0].text = word()
        document.sections[0].footer.paragraphs[0].text = word()
    check(files.read(paper.word(document), ".docx", Given(SETTINGS)), word.made, ordered=False)


@slow
@given(st.integers(1, 4), st.integers(2, 3), st.booleans(), st.booleans(), st.booleans())
def test_spreadsheets(rows: int, columns: int, titled: bool, noted: bool, printed: bool) -> None:
    word = Words()
    book = openpyxl.Workbook()
    for sheet in (book.active, book.create_sheet("另表")):
        if titled:
            sheet.append([word()])
        for _ in range(rows + 1):
            sheet.append([word() for _ in range(columns)])
        if noted:
            sheet["B2"].comment = Comment(word(), "示例")
        if printed:
            sheet.oddHeader.center.text = word()
    out = io.BytesIO()
    book.save(out)
    check(files.read(out.getvalue(), ".xlsx", Given(SETTINGS)), word.made, ordered=False)


@slow
@given(st.lists(st.sampled_from(["line", "outside", "unseen", "note", "columns", "bold"]), max_size=4))
def test_pdf_pages(kinds: list[str]) -> None:
    word = Words()
    page, notes, y = "".join(at(60, 780 - 24 * row, line) for row, line in enumerate(HEAD)), "", 690
    for kind in kinds:
        text = f"　　各单位应当落实{word()}的要求。"
        if kind == "line":
            page += at(60, y, text)
        elif kind == "outside":
            page += at(60, -200 - y, word.made[-1])
        elif kind == "unseen":
            page += at(60, y, word.made[-1], before="3 Tr") + "BT 0 Tr ET\n"
        elif kind == "bold":
            page += at(60, y, text) + at(60.3, y, text)
        elif kind == "columns":
            page += at(60, y, word.made[-1]) + at(320, y, word())
        else:
            said = word.made[-1].encode("utf-16-be").hex()
            notes += f"<</Type/Annot/Subtype/Text/Rect[60 500 80 520]/Contents<FEFF{said}>>>"
        y -= 24
    check(pdf(page, annots=f"/Annots[{notes}]" if notes else ""), word.made, ordered=False)


@slow
@given(st.lists(st.sampled_from(["line", "outside", "unseen", "block", "note"]), max_size=6))
def test_ofd_pages(kinds: list[str]) -> None:
    word = Words()
    page, y = "", 60
    for kind in kinds:
        text = f"各单位应当落实{word()}的要求。"
        if kind == "outside":
            page += ofd_line(900, word.made[-1])
        elif kind == "unseen":
            page += ofd_line(y, text, attributes='Visible="false"')
        elif kind == "block":
            page += f"<ofd:PageBlock>{ofd_line(y, text)}</ofd:PageBlock>"
        else:
            page += ofd_line(y, text)
        y += 20
    check(ofd(page), word.made)
