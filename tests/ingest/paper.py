"""PDF and Word files made on the spot: small, real, and without any fonts."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import docx
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls, qn

_LINE_HEIGHT = 20


def pdf(
    pages: Sequence[Sequence[str]],
    encoding: str = "UniGB-UTF16-H",
    collection: str = "GB1",
    encode: Callable[[str], bytes] = lambda line: line.encode("utf-16-be"),
) -> bytes:
    """A PDF that prints these lines, one page a list; `encoding` and `collection` are those of its font."""
    kids = " ".join(f"{4 + 2 * index} 0 R" for index in range(len(pages)))
    font = (
        f"<< /Type /Font /Subtype /Type0 /BaseFont /STSong-Light /Encoding /{encoding} /DescendantFonts ["
        "<< /Type /Font /Subtype /CIDFontType0 /BaseFont /STSong-Light /DW 1000"
        f" /CIDSystemInfo << /Registry (Adobe) /Ordering ({collection}) /Supplement 5 >> >>] >>"
    ).encode()
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>".encode(),
        font,
    ]
    for index, lines in enumerate(pages):
        content = b"".join(_printed(encode(line), 760 - _LINE_HEIGHT * row) for row, line in enumerate(lines))
        resources = b"/Resources << /Font << /F1 3 0 R >> >>"
        page = f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents {5 + 2 * index} 0 R ".encode()
        objects += [page + resources + b" >>", b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content)]
    return _assembled(objects)


def _printed(codes: bytes, height: int) -> bytes:
    return f"BT /F1 12 Tf 60 {height} Td <{codes.hex()}> Tj ET\n".encode()


def _assembled(objects: Sequence[bytes]) -> bytes:
    data, offsets = b"%PDF-1.4\n", []
    for number, each in enumerate(objects, start=1):
        offsets.append(len(data))
        data += b"%d 0 obj\n%s\nendobj\n" % (number, each)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    size = len(objects) + 1
    end = b"xref\n0 %d\n0000000000 65535 f \n%strailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n"
    return data + end % (size, table, size, len(data))


def encrypted(data: bytes, password: str) -> bytes:
    """The same PDF, to be opened with a password."""
    from pypdf import PdfWriter

    writer = PdfWriter(clone_from=io.BytesIO(data))
    writer.encrypt(password, algorithm="RC4-128")
    target = io.BytesIO()
    writer.write(target)
    return target.getvalue()


def word(document: Any) -> bytes:
    """A python-docx document as the bytes of a file."""
    target = io.BytesIO()
    document.save(target)
    return target.getvalue()


def numbered(levels: Sequence[tuple[str, str]]) -> tuple[Any, Any]:
    """A Word document with a list whose levels are (format, pattern); answer it and what adds a paragraph to the list."""
    document = docx.Document()
    root = document.part.numbering_part.element
    inner = "".join(
        f'<w:lvl w:ilvl="{depth}"><w:start w:val="1"/><w:numFmt w:val="{form}"/><w:lvlText w:val="{pattern}"/></w:lvl>'
        for depth, (form, pattern) in enumerate(levels)
    )
    root.insert(0, parse_xml(f'<w:abstractNum {nsdecls("w")} w:abstractNumId="77">{inner}</w:abstractNum>'))
    root.append(parse_xml(f'<w:num {nsdecls("w")} w:numId="77"><w:abstractNumId w:val="77"/></w:num>'))

    def add(text: str, level: int) -> None:
        properties = document.add_paragraph(text)._p.get_or_add_pPr().get_or_add_numPr()
        properties.get_or_add_ilvl().set(qn("w:val"), str(level))
        properties.get_or_add_numId().set(qn("w:val"), "77")

    return document, add


def repacked(data: bytes, changes: Mapping[str, bytes]) -> bytes:
    """A Word file with parts exchanged or added."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for name in {*old.namelist(), *changes}:
            new.writestr(name, changes[name] if name in changes else old.read(name))
    return target.getvalue()


def ofd(pages: Sequence[str], template: str = "", **parts: str) -> bytes:
    """An OFD whose pages hold this XML of text objects; `parts` are further members (their names with __ for .)."""
    space = 'xmlns:ofd="http://www.ofdspec.org/2016"'
    head = '<?xml version="1.0" encoding="UTF-8"?>'
    listed = "".join(f'<ofd:Page ID="{index}" BaseLoc="Pages/P{index}.xml"/>' for index, _ in enumerate(pages))
    used = '<ofd:Template TemplateID="90"/>' if template else ""

    def page(objects: str, used: str = "") -> str:
        layer = f'<ofd:Content><ofd:Layer ID="9">{objects}</ofd:Layer></ofd:Content>'
        return f"{head}<ofd:Page {space}>{used}{layer}</ofd:Page>"

    members = {
        "OFD.xml": f"{head}<ofd:OFD {space} Version='1.0' DocType='OFD'><ofd:DocBody><ofd:DocInfo><ofd:Title>示例标题"
        "</ofd:Title></ofd:DocInfo><ofd:DocRoot>/Doc_0/Document.xml</ofd:DocRoot></ofd:DocBody></ofd:OFD>",
        "Doc_0/Document.xml": f"{head}<ofd:Document {space}><ofd:CommonData>"
        '<ofd:TemplatePage ID="90" BaseLoc="Tpls/T.xml"/>'
        f"</ofd:CommonData><ofd:Pages>{listed}</ofd:Pages></ofd:Document>",
        "Doc_0/Tpls/T.xml": page(template),
        **{f"Doc_0/Pages/P{index}.xml": page(objects, used) for index, objects in enumerate(pages)},
        **{name.replace("__", "."): content for name, content in parts.items()},
    }
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return target.getvalue()


def ofd_text(text: str, x: float, y: float, size: float = 5.6, ctm: str = "") -> str:
    """A text object at this place (millimetres)."""
    given = f'CTM="{ctm}"' if ctm else ""
    return (
        f'<ofd:TextObject ID="1" Boundary="{x} {y} 180 {size}" Font="1" Size="{size}" {given}>'
        f'<ofd:TextCode X="0" Y="{size}" DeltaX="g {len(text) - 1} {size}">{text}</ofd:TextCode></ofd:TextObject>'
    )
