"""Word files: formulas, symbols, struck and hidden text, boxes, chunks, headers, notes, every number. All invented (示例)."""

from __future__ import annotations

from pathlib import Path

import docx
import pytest
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.opc.packuri import PackURI
from docx.opc.part import Part
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

from kb.config.settings import load
from kb.ingest.formats import files
from kb.ingest.formats.leashed.word_numbers import _formatted
from kb.ingest.formats.registry import Given
from kb.structure.extracted import Extracted
from tests.ingest import paper

SETTINGS = load(None, Path("/"))
NAMES = f'{nsdecls("w", "r", "wp", "a")} xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math" xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
OFF = '<w:strike w:val="0"/>'
UP = '<w:vertAlign w:val="superscript"/>'


def run(text: str, properties: str = "") -> str:
    return f"<w:r><w:rPr>{properties}</w:rPr><w:t xml:space='preserve'>{text}</w:t></w:r>"


def extracted(*bodies: str, document: docx.document.Document | None = None) -> Extracted:
    document = document or docx.Document()
    for body in bodies:
        document.element.body.insert(len(document.element.body) - 1, parse_xml(body.replace(">", f" {NAMES}>", 1)))
    return files.read(paper.word(document), ".docx", Given(SETTINGS))


def line(inner: str) -> str:
    return extracted(f"<w:p>{inner}</w:p>").text


def told(found: Extracted) -> str:
    return "\n".join(each.sentence for each in found.account.remarks)


def mt(text: str) -> str:
    return f"<m:r><m:t>{text}</m:t></m:r>"


@pytest.mark.parametrize(
    ("formula", "written"),
    [
        (mt("费=里程×0.35"), "费=里程×0.35"),
        (f"<m:f><m:num>{mt('原值−残值')}</m:num><m:den>{mt('年限')}</m:den></m:f>", "(原值−残值)/年限"),
        (f"<m:sSup><m:e>{mt('m')}</m:e><m:sup>{mt('2')}</m:sup></m:sSup>", "m²"),
        (f"<m:sSub><m:e>{mt('P')}</m:e><m:sub>{mt('甲')}</m:sub></m:sSub>", "P_(甲)"),
        (f"<m:rad><m:deg/><m:e>{mt('a+b')}</m:e></m:rad>", "√(a+b)"),
        (f"<m:d><m:e>{mt('a')}</m:e></m:d>", "(a)"),
        (
            f"<m:nary><m:naryPr><m:chr m:val='∑'/></m:naryPr><m:sub>{mt('i')}</m:sub><m:sup>{mt('n')}</m:sup><m:e>{mt('x')}</m:e></m:nary>",
            "∑_(i)ⁿ x",
        ),
    ],
)
def test_a_formula_is_written_on_one_line_in_its_place(formula: str, written: str) -> None:
    assert line(f"{run('按')}<m:oMath>{formula}</m:oMath>{run('计算。')}") == f"按{written}计算。\n"


@pytest.mark.parametrize(
    ("font", "code", "char"),
    [
        ("Wingdings", "F0FE", "☑"),
        ("Wingdings", "00A8", "□"),
        ("Wingdings 2", "F052", "☑"),
        ("Symbol", "F0B3", "≥"),
        ("Symbol", "F06D", "μ"),
        ("宋体", "2264", "≤"),
        ("Wingdings 3", "F041", "〓"),
    ],
)
def test_a_symbol_is_the_character_of_its_font(font: str, code: str, char: str) -> None:
    assert line(f"<w:r><w:sym w:font='{font}' w:char='{code}'/></w:r>{run('示例')}") == f"{char}示例\n"


def test_text_set_in_a_symbol_font_is_what_is_seen() -> None:
    assert line(run("£", "<w:rFonts w:ascii='Symbol'/>") + run("60公里")) == "≤60公里\n"


def test_struck_hidden_raised_and_deleted_text() -> None:
    found = extracted(
        f"<w:p>{run('罚款')}{run('六百', '<w:strike/>')}{run('元', '<w:dstrike/>')}{run('九百元。', OFF)}</w:p>",
        f"<w:p>{run('面积100m')}{run('2', UP)}{run('（内部稿）', '<w:vanish/>')}。</w:p>",
        f"<w:p>{run('保留')}<w:del w:id='1'><w:r><w:delText>旧文</w:delText></w:r></w:del><w:ins w:id='2'>{run('新文')}</w:ins></w:p>",
    )
    assert found.text == "罚款〔删除线：六百元〕九百元。\n面积100m²\n保留新文\n"
    assert all(word in told(found) for word in ("删除线", "六百", "隐藏", "内部稿", "修订", "旧文"))


def test_a_style_hides_too() -> None:
    document = docx.Document()
    style = document.styles.add_style("暗", docx.enum.style.WD_STYLE_TYPE.PARAGRAPH)
    style.font.hidden = True
    document.add_paragraph("供领导参阅", style="暗")
    document.add_paragraph("票价按月公布。")
    found = extracted(document=document)
    assert found.text == "票价按月公布。\n"
    assert "供领导参阅" in told(found)


def test_a_deleted_paragraph_mark_joins_two_paragraphs() -> None:
    first = f"<w:p><w:pPr><w:rPr><w:del w:id='1'/></w:rPr></w:pPr>{run('第一条　为了示例，')}</w:p>"
    assert (
        extracted(first, f"<w:p>{run('制定本办法。')}</w:p>", f"<w:p>{run('第二条')}</w:p>").text
        == "第一条　为了示例，制定本办法。\n第二条\n"
    )


def test_a_text_box_is_read_once_where_it_is_anchored() -> None:
    box = f"<w:txbxContent><w:p>{run('示府〔2022〕7号')}</w:p></w:txbxContent>"
    alternative = f"<w:r><mc:AlternateContent><mc:Choice Requires='wps'><w:drawing>{box}</w:drawing></mc:Choice><mc:Fallback><w:pict>{box}</w:pict></mc:Fallback></mc:AlternateContent></w:r>"
    found = extracted(f"<w:p>{alternative}{run('示例通知')}</w:p>")
    assert found.text == "示府〔2022〕7号\n示例通知\n"
    assert found.account.share == 1.0


def test_headers_and_footers_give_number_and_imprint_and_are_named() -> None:
    document = docx.Document()
    document.sections[0].header.paragraphs[0].text = "示府办〔2022〕1号"
    document.sections[0].footer.paragraphs[0].text = "抄送：示例部门。"
    document.sections[0].footer.add_paragraph("- 1 -")
    document.sections[0].footer.add_paragraph("示例文印")
    document.add_paragraph("一、示例。")
    found = extracted(document=document)
    assert found.labels == {"文号": "示府办〔2022〕1号"}
    assert found.text == "一、示例。\n抄送：示例部门。\n"
    assert "示例文印" in told(found)


@pytest.mark.parametrize(
    ("name", "kind", "data", "text"),
    [
        ("a.html", "text/html", "<p>第二条　示例。</p>".encode(), "第二条　示例。\n"),
        ("a.txt", "text/plain", "第二条　示例。".encode(), "第二条　示例。\n"),
        ("a.rtf", "application/rtf", b"{\\rtf1}", ""),
    ],
)
def test_a_chunk_is_read_in_its_place_or_a_doubt(name: str, kind: str, data: bytes, text: str) -> None:
    document = docx.Document()
    part = Part(PackURI(f"/word/{name}"), kind, data, document.part.package)
    identifier = document.part.relate_to(part, f"{RELATIONSHIP_TYPE.A_F_CHUNK}")
    found = extracted(
        f"<w:p>{run('见下：')}</w:p>",
        f"<w:altChunk r:id='{identifier}'></w:altChunk>",
        f"<w:p>{run('完。')}</w:p>",
        document=document,
    )
    assert found.text == f"见下：\n{text}完。\n"
    assert any(each.doubt for each in found.account.remarks) is not bool(text)


def test_a_frame_around_paragraphs_in_a_table_is_no_table() -> None:
    document = docx.Document()
    table = document.add_table(rows=2, cols=2)
    table.cell(0, 0).text, table.cell(0, 1).text = "单位", "示例市"
    frame = table.cell(1, 0).merge(table.cell(1, 1))
    frame.text = "示例办法\n"
    frame.paragraphs[0].text = "示例办法"
    frame.add_paragraph("第一条　示例。")
    assert extracted(document=document).text == "| 单位 | 示例市 |\n示例办法\n第一条　示例。\n"


@pytest.mark.parametrize(
    ("form", "number", "printed"),
    [
        ("chineseLegalSimplified", 12, "拾贰"),
        ("ideographTraditional", 3, "丙"),
        ("ideographZodiac", 2, "丑"),
        ("decimalEnclosedParen", 1, "⑴"),
        ("decimalEnclosedFullstop", 2, "⒉"),
        ("ideographEnclosedCircle", 2, "㊁"),
        ("ordinal", 22, "22nd"),
        ("numberInDash", 4, "- 4 -"),
        ("upperRoman", 9, "IX"),
        ("somethingElse", 1, ""),
    ],
)
def test_every_format_of_numbers(form: str, number: int, printed: str) -> None:
    assert _formatted(number, form) == printed


def test_the_account_counts_what_is_taken() -> None:
    found = extracted(f"<w:p>{run('一二三四')}{run('五六七八', '<w:vanish/>')}</w:p>")
    assert (found.account.taken, found.account.whole) == (4, 8)


def test_a_deleted_row_and_a_subdocument_are_named() -> None:
    row = "<w:tr>{}<w:tc><w:p>{}</w:p></w:tc><w:tc><w:p>{}</w:p></w:tc></w:tr>"
    gone = '<w:trPr><w:del w:id="1" w:author="a" w:date="2031-01-01T00:00:00Z"/></w:trPr>'
    rows = row.format("", run("项目"), run("元")) + row.format(gone, run("旧项"), run("二百"))
    rows += row.format("", run("新项"), run("三百"))
    found = extracted(f"<w:tbl>{rows}</w:tbl>", '<w:subDoc r:id="rId99"></w:subDoc>')
    assert "旧项" not in found.text and "| 新项 | 三百 |" in found.text
    said = "".join(remark.sentence for remark in found.account.remarks)
    assert "旧项" in said and "子文档" in said


def test_a_reading_is_named_and_a_box_in_a_cell_is_read_once() -> None:
    assert "háo" not in line(
        "<w:ruby><w:rt><w:r><w:t>háo</w:t></w:r></w:rt><w:rubyBase><w:r><w:t>濠</w:t></w:r></w:rubyBase></w:ruby>"
    )
    box = "<w:txbxContent><w:p><w:r><w:t>框内</w:t></w:r></w:p></w:txbxContent>"
    both = f"<w:p><w:r><mc:AlternateContent><mc:Choice Requires='wps'><w:drawing>{box}</w:drawing></mc:Choice><mc:Fallback><w:pict>{box}</w:pict></mc:Fallback></mc:AlternateContent></w:r></w:p>"
    cells = f"<w:tc>{both}</w:tc><w:tc><w:p><w:r><w:t>甲</w:t></w:r></w:p></w:tc>"
    assert extracted(f"<w:tbl><w:tr>{cells}</w:tr><w:tr>{cells}</w:tr></w:tbl>").text.count("框内") == 2


def field(code: str, result: str | None = "", form: str = "") -> str:
    marks = [f"<w:r><w:fldChar w:fldCharType='{each}'/></w:r>" for each in ("separate", "end")]
    begin = f"<w:r><w:fldChar w:fldCharType='begin'>{form}</w:fldChar></w:r>"
    inside = "" if result is None else marks[0] + result
    return f"{begin}<w:r><w:instrText xml:space='preserve'> {code} </w:instrText></w:r>{inside}{marks[1]}"


@pytest.mark.parametrize(
    ("code", "shown"),
    [
        (r"EQ \f(原值,年限)", "原值/年限"),
        (r"EQ \f(甲+乙,\r(3,x))", "(甲+乙)/(³√(x))"),
        (r"EQ \o\ac(○,1)", "①"),
        (r"EQ \o\ac(○,25)", "㉕"),
        (r"EQ m\s\up8(2)", "m²"),
        (r"EQ \b\bc\[(a;b)", "[a,b]"),
        (r"EQ \i\su(1,5,x)", "∑₁⁵ x"),
        ("SYMBOL 254 \\f Wingdings", "☑"),
        ("MACROBUTTON None 点这里", "点这里"),
    ],
)
def test_a_field_without_a_result_shows_what_its_code_says(code: str, shown: str) -> None:
    found = extracted(f"<w:p>{run('按')}{field(code)}{run('计。')}</w:p>", f"<w:p>{field(code, None)}</w:p>")
    assert found.text == f"按{shown}计。\n{shown}\n"
    assert "域" in told(found) and not any(each.doubt for each in found.account.remarks)


def test_a_field_shows_its_result_and_not_its_code() -> None:
    inner = field("MERGEFIELD 数", run("八"))
    begin, end = (f"<w:r><w:fldChar w:fldCharType='{each}'/></w:r>" for each in ("begin", "end"))
    nested = f"{begin}<w:r><w:instrText> IF </w:instrText></w:r>{inner}<w:r><w:fldChar w:fldCharType='separate'/></w:r>{run('七')}{end}"
    assert line(f"{run('共')}{nested}{run('项，见')}{field('REF 表', run('表一'))}") == "共七项，见表一\n"


@pytest.mark.parametrize("inside", [field("REF 金额"), "<w:fldSimple w:instr='DOCPROPERTY 金额'/>"])
def test_a_field_whose_result_is_lost_is_a_doubt_at_its_place(inside: str) -> None:
    found = extracted(f"<w:p>{run('罚款')}{inside}{run('元。')}</w:p>")
    assert found.text == "罚款〓元。\n"
    assert any(each.doubt and "金额" in each.sample for each in found.account.remarks)


def test_a_field_that_does_not_end_hides_nothing() -> None:
    begin = "<w:r><w:fldChar w:fldCharType='begin'/></w:r>"
    found = extracted(f"<w:p>{run('甲')}{begin}{run('乙丙')}</w:p>", f"<w:p>{run('丁')}</w:p>")
    assert found.text == "甲乙丙\n丁\n"
    assert found.account.remarks[0].doubt


def test_boxes_and_choices_of_forms() -> None:
    checked = "<w:ffData><w:checkBox><w:default w:val='1'/></w:checkBox></w:ffData>"
    choice = "<w:ffData><w:ddList><w:result w:val='1'/><w:listEntry w:val='是'/><w:listEntry w:val='否'/></w:ddList></w:ffData>"
    found = extracted(
        f"<w:p>{field('FORMCHECKBOX', form=checked)}{run('甲')}{field('FORMDROPDOWN', None, choice)}</w:p>",
        f"<w:p>{field('FORMCHECKBOX')}{run('乙')}{field('PAGE')}</w:p>",
    )
    assert found.text == "☑甲否\n☐乙\n"
    assert [each.sample for each in found.account.remarks if each.doubt] == ["FORMCHECKBOX"]


def test_smaller_text_that_stands_higher_is_raised() -> None:
    high, small = "<w:position w:val='10'/>", "<w:sz w:val='12'/>"
    assert line(f"{run('面积500')}{run('3', high + small)}{run('元')}") == "面积500³元\n"
    assert line(f"{run('面积500', high)}{run('3', high)}") == "面积5003\n"
    assert line(f"{run('面积500')}{run('3', '<w:position w:val=$2$/>'.replace('$', chr(39)))}") == "面积5003\n"


def test_a_text_box_behind_words_comes_after_its_paragraph() -> None:
    box = (
        "<w:r><w:drawing><w:txbxContent><w:p><w:r><w:t>二、示例乙。</w:t></w:r></w:p></w:txbxContent></w:drawing></w:r>"
    )
    assert extracted(f"<w:p>{run('一、示例甲。')}{box}</w:p>", f"<w:p>{run('三、示例丙。')}</w:p>").text == (
        "一、示例甲。\n二、示例乙。\n三、示例丙。\n"
    )


@pytest.mark.parametrize("is_whole", [True, False])
def test_a_word_file_within_a_word_file_never_refuses_it(*, is_whole: bool) -> None:
    inner = docx.Document()
    inner.add_paragraph("第二条　示例。")
    kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
    document = docx.Document()
    data = paper.word(inner) if is_whole else b"PK\x03\x04 broken"
    part = Part(PackURI("/word/chunk.docx"), kind, data, document.part.package)
    identifier = document.part.relate_to(part, RELATIONSHIP_TYPE.A_F_CHUNK)
    found = extracted(
        f"<w:p>{run('见下：')}</w:p>", f"<w:altChunk r:id='{identifier}'></w:altChunk>", document=document
    )
    assert found.text == "见下：\n" + ("第二条　示例。\n" if is_whole else "")
    assert any(each.doubt for each in found.account.remarks) is not is_whole


def test_words_drawn_as_a_picture_are_named() -> None:
    mark = "<w:r><w:pict><v:shape xmlns:v='urn:schemas-microsoft-com:vml'><v:textpath string='示例作废'/></v:shape></w:pict></w:r>"
    found = extracted(f"<w:p>{run('示例。')}{mark}</w:p>")
    assert found.text == "示例。\n"
    assert "示例作废" in told(found) and found.account.remarks[0].doubt
