"""OFD: composite units, glyphs without characters, annotations, attachments, what is unseen. All invented (示例)."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from kb.config.settings import load
from kb.ingest.formats import files
from kb.ingest.formats.registry import Given
from kb.structure.extracted import Extracted

SETTINGS = load(None, Path("/"))
NAMES = 'xmlns:ofd="http://www.ofdspec.org/2016"'


def line(y: float, text: str, x: float = 30, attributes: str = "", inner: str = "") -> str:
    return f'<ofd:TextObject Boundary="{x} {y} 150 8" Size="5" {attributes}>{inner}<ofd:TextCode X="0" Y="5" DeltaX="g {max(len(text) - 1, 1)} 5">{text}</ofd:TextCode></ofd:TextObject>'


def ofd(content: str, more: str = "", resources: str = "", **parts: str) -> Extracted:
    res = "<ofd:DocumentRes>Res.xml</ofd:DocumentRes>" if resources else ""
    page = f"<ofd:Page {NAMES}><ofd:Content><ofd:Layer>{line(30, '示例市关于示例的通知', 60)}{content}</ofd:Layer></ofd:Content></ofd:Page>"
    written = {
        "OFD.xml": f"<ofd:OFD {NAMES}><ofd:DocBody><ofd:DocInfo/><ofd:DocRoot>D/Document.xml</ofd:DocRoot></ofd:DocBody></ofd:OFD>",
        "D/Document.xml": f'<ofd:Document {NAMES}><ofd:CommonData><ofd:PageArea><ofd:PhysicalBox>0 0 210 297</ofd:PhysicalBox></ofd:PageArea>{res}</ofd:CommonData><ofd:Pages><ofd:Page BaseLoc="P.xml"/></ofd:Pages>{more}</ofd:Document>',
        "D/P.xml": page,
        **(
            {
                "D/Res.xml": f"<ofd:Res {NAMES}><ofd:CompositeGraphicUnits>{resources}</ofd:CompositeGraphicUnits></ofd:Res>"
            }
            if resources
            else {}
        ),
        **{name.replace("__", "/").replace("_xml", ".xml"): part for name, part in parts.items()},
    }
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name, part in written.items():
            archive.writestr(name, part)
    return files.read(data.getvalue(), ".ofd", Given(SETTINGS))


def unit(number: int, content: str) -> str:
    return f'<ofd:CompositeGraphicUnit ID="{number}"><ofd:Content>{content}</ofd:Content></ofd:CompositeGraphicUnit>'


def composite(number: int, y: float = 0) -> str:
    return f'<ofd:CompositeObject Boundary="0 {y} 210 297" ResourceID="{number}"/>'


def told(found: Extracted) -> str:
    return "\n".join(each.sentence for each in found.account.remarks)


def test_composite_units_are_text_in_their_place() -> None:
    units = unit(50, line(10, "一、示例应当每年检验。") + composite(51, 20)) + unit(51, line(10, "二、示例应当公开。"))
    found = ofd(composite(50, 40) + line(100, "三、示例到此为止。"), resources=units)
    assert found.text == "示例市关于示例的通知\n一、示例应当每年检验。\n二、示例应当公开。\n三、示例到此为止。\n"
    assert not found.account.remarks


def test_a_unit_that_is_not_there_or_draws_itself_is_a_doubt() -> None:
    assert any(each.doubt for each in ofd(composite(99)).account.remarks)
    assert any(each.doubt for each in ofd(composite(50), resources=unit(50, composite(50))).account.remarks)


def test_glyphs_without_characters_are_marked() -> None:
    glyphs = '<ofd:CGTransform CodePosition="0" CodeCount="4" GlyphCount="4"><ofd:Glyphs>1 2 3 4</ofd:Glyphs></ofd:CGTransform>'
    found = ofd(line(70, "    ", inner=glyphs) + line(90, "一、总体要求"))
    assert "〓〓〓〓\n一、总体要求" in found.text
    assert [(each.count, each.doubt) for each in found.account.remarks] == [(4, True)]


@pytest.mark.parametrize(
    ("drawn", "reason"),
    [
        (line(-40, "暗语"), "页面之外"),
        (line(400, "暗语"), "页面之外"),
        (line(70, "暗语", attributes='Visible="false"'), "看不见"),
        (line(70, "暗语", attributes='Alpha="0"'), "看不见"),
    ],
)
def test_what_is_not_seen_is_left_out_and_named(drawn: str, reason: str) -> None:
    found = ofd(drawn)
    assert "暗语" not in found.text
    assert "暗语" in told(found)
    assert reason in told(found)


def test_what_is_drawn_twice_is_read_once() -> None:
    found = ofd(line(70, "一、示例") + line(70, "一、示例", x=30.3))
    assert found.text.endswith("\n一、示例\n")
    assert "叠印" in told(found)


@pytest.mark.parametrize(("kind", "text", "doubt"), [("Stamp", "自2023年起废止", True), ("Watermark", "示例", False)])
def test_annotations_are_named(kind: str, text: str, doubt: bool) -> None:
    found = ofd(
        "",
        "<ofd:Annotations>A.xml</ofd:Annotations>",
        D__A_xml=f'<ofd:Annotations {NAMES}><ofd:Page PageID="1"><ofd:FileLoc>N.xml</ofd:FileLoc></ofd:Page></ofd:Annotations>',
        D__N_xml=f'<ofd:PageAnnot {NAMES}><ofd:Annot Type="{kind}"><ofd:Appearance>{line(3, text)}</ofd:Appearance></ofd:Annot></ofd:PageAnnot>',
    )
    assert [(each.sample, each.doubt) for each in found.account.remarks] == [(text, doubt)]


def test_attachments_are_named() -> None:
    found = ofd(
        "",
        "<ofd:Attachments>A.xml</ofd:Attachments>",
        D__A_xml=f'<ofd:Attachments {NAMES}><ofd:Attachment Name="附件1 示例办法"/></ofd:Attachments>',
    )
    assert "附件1 示例办法" in told(found)


def test_a_placeholder_of_a_glyph_is_a_doubt() -> None:
    glyphs = '<ofd:CGTransform CodePosition="0" CodeCount="2" GlyphCount="2"><ofd:Glyphs>11 12</ofd:Glyphs></ofd:CGTransform>'
    found = ofd(line(60, "每船¤¤元。", inner=glyphs))
    assert "每船〓〓元。" in found.text and any(remark.doubt for remark in found.account.remarks)
    assert "¤" in ofd(line(60, "折合¤100。")).text
