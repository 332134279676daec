"""Akoma Ntoso 3.0 (OASIS LegalDocML): the outline as its hierarchy, with the library's anchors as eId.

A statute is an `act`, any other document a `doc`. 编 章 节 条 款 项 are book, chapter, section, article, paragraph and
point; what official documents number (一、（一）1.) is a `level`, anything else an `hcontainer` named after its anchor.
Every character of the text is in it: what stands as `num` and `heading` is not said again.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any
from urllib.parse import quote

from lxml import etree
from lxml.builder import ElementMaker

from kb.base.lazy_re import lazy_re
from kb.base.model import Part, Section
from kb.cite.facts import is_statute, issuers
from kb.export.blocks import Block, clean, lead_of, section_blocks
from kb.export.formats import Format
from kb.export.scope import Selection

NAMESPACE = "http://docs.oasis-open.org/legaldocml/ns/akn/3.0"
_MAKE: Any = ElementMaker(namespace=NAMESPACE, nsmap={None: NAMESPACE})
Element = Any
_UNITS = {"part": "part", "bk": "book", "sub": "subpart", "ch": "chapter", "s": "section", "art": "article"}
_UNIT = lazy_re(r"(?:^|-)(part|bk|sub|ch|s|art)-[0-9a-z-]+(?:~\d+)?$")
_PART_NAMES = ("paragraph", "point", "indent")
_DAY = lazy_re(r"\d{4}-\d\d-\d\d")
_UNKNOWN = "0001-01-01"
_AFTER_HEADING = "。：: 　"


def akn(selection: Selection) -> bytes:
    """Return the document, or the chosen section with all below it, as an Akoma Ntoso file."""
    statute = is_statute(selection.document)
    opening, body, closing = _divided(selection.sections)
    parts = [_meta(selection, "act" if statute else "doc")]
    if opening:
        parts.append(_MAKE.preface(*_blocks_of(opening)))
    hierarchy = [element for section in body for element in _section(section)]
    # Where there is no outline, the text is one unnamed container.
    hierarchy = hierarchy or [_MAKE.hcontainer(_MAKE.content(_MAKE.p()), name="text")]
    parts.append((_MAKE.body if statute else _MAKE.mainBody)(*hierarchy))
    if closing:
        parts.append(_MAKE.conclusions(*_blocks_of(closing)))
    name = selection.document.metadata.kind or ("法律法规" if statute else "文件")
    root = _MAKE.akomaNtoso((_MAKE.act if statute else _MAKE.doc)(*parts, name=re.sub(r"\s", "", clean(name))))
    made: bytes = etree.tostring(root, xml_declaration=True, encoding="utf-8", pretty_print=False)
    return made


def _divided(sections: Sequence[Section]) -> tuple[list[Section], list[Section], list[Section]]:
    """Set apart the title and preamble before the outline and the signature after it."""
    rest = list(sections)
    opening: list[Section] = []
    closing: list[Section] = []
    while len(rest) > 1 and rest[0].anchor in ("title", "preamble", "table") and not rest[0].children:
        opening.append(rest.pop(0))
    while len(rest) > 1 and rest[-1].anchor == "signature" and not rest[-1].children:
        closing.insert(0, rest.pop())
    return opening, rest, closing


def _meta(selection: Selection, kind: str) -> Element:
    """Work, expression (this text) and manifestation (this file), and who issued it."""
    document = selection.document
    facts = document.metadata
    day = next((value for value in (facts.date, facts.published) if _DAY.fullmatch(value)), "")
    fetched = document.provenance.dated if _DAY.fullmatch(document.provenance.dated) else ""
    work = f"/akn/cn/{kind}/{day or 'undated'}/{quote(document.id)}"
    expression = f"{work}/zho@{fetched}"
    author = _MAKE.FRBRauthor(href="#issuer")
    identification = _MAKE.identification(
        _MAKE.FRBRWork(
            _MAKE.FRBRthis(value=f"{work}/!main"),
            _MAKE.FRBRuri(value=work),
            _MAKE.FRBRdate(
                date=day or _UNKNOWN, name=("Generation" if day == facts.date else "Publication") if day else "unknown"
            ),
            author,
            _MAKE.FRBRcountry(value="cn"),
            *([_MAKE.FRBRnumber(value=clean(facts.document_number))] if facts.document_number else []),
            _MAKE.FRBRname(value=clean(facts.title)),
        ),
        _MAKE.FRBRExpression(
            _MAKE.FRBRthis(value=f"{expression}/!main"),
            _MAKE.FRBRuri(value=expression),
            _MAKE.FRBRdate(date=fetched or _UNKNOWN, name="Retrieved" if fetched else "unknown"),
            _MAKE.FRBRauthor(href="#library"),
            _MAKE.FRBRlanguage(language="zho"),
        ),
        _MAKE.FRBRManifestation(
            _MAKE.FRBRthis(value=f"{expression}/!main.xml"),
            _MAKE.FRBRuri(value=f"{expression}.akn"),
            _MAKE.FRBRdate(date=fetched or _UNKNOWN, name="Retrieved" if fetched else "unknown"),
            _MAKE.FRBRauthor(href="#library"),
        ),
        source="#library",
    )
    issuer = clean("、".join(issuers(facts))) or "不详"
    references = _MAKE.references(
        _MAKE.TLCOrganization(eId="issuer", href=f"/akn/ontology/organization/cn/{quote(issuer)}", showAs=issuer),
        _MAKE.TLCOrganization(eId="library", href=selection.citation.url or "/", showAs="政策文库"),
        source="#library",
    )
    told = filter(None, (*selection.doubts, selection.incomplete))
    doubts = [_MAKE.note(_MAKE.p(clean(line)), eId=f"doubt-{number}") for number, line in enumerate(told, 1)]
    return _MAKE.meta(identification, references, *([_MAKE.notes(*doubts, source="#library")] if doubts else []))


def _section(section: Section) -> Iterator[Element]:
    """A section with all below it."""
    element = _start(section)
    inner = [each for child in section.children for each in _section(child)]
    if section.parts:
        element.extend([*_parts(section, section.parts), *inner])
    else:
        content = [_block(block, section) for block in section_blocks(section, 1)]
        content = [block for block in content if block is not None]
        if inner:
            element.extend([_MAKE.intro(*content)] if content else [])
            element.extend(inner)
        else:
            element.append(_MAKE.content(*(content or [_MAKE.p()])))
    yield element


def _start(section: Section) -> Element:
    """The element of a section with its number and heading."""
    unit = _UNIT.search(section.anchor)
    if unit and section.number:
        element = _MAKE(_UNITS[unit[1]], eId=section.anchor)
    elif section.number:
        element = _MAKE.level(eId=section.anchor)
    else:
        name = section.anchor.partition("~")[0]
        element = _MAKE.hcontainer(eId=section.anchor, name=name)
    number, heading = _printed(section)
    if number:
        element.append(_MAKE.num(clean(number)))
    if heading:
        element.append(_MAKE.heading(clean(heading)))
    return element


def _printed(section: Section) -> tuple[str, str]:
    """Number and heading as they stand at the start of the text, with the marks between them and after them."""
    lead = lead_of(section)
    first = section.text.partition("\n")[0]
    while lead and lead < len(first) and first[lead] in _AFTER_HEADING:
        lead += 1
    end = len(section.number) if section.number and first.startswith(section.number) else 0
    return first[:end], first[end:lead].strip()


def _block(block: Block, section: Section) -> Element | None:
    """A block without the number and heading that the section's element already has; None where nothing is left."""
    if block.kind == "table":
        rows = [_MAKE.tr(*(_MAKE.td(_MAKE.p(cell)) for cell in row)) for row in block.rows if row]
        return _MAKE.table(*rows) if rows else None
    text = block.text
    if block.anchor:
        text = text[len(clean("".join(_lead_text(section)))) :]
    return _MAKE.p(text.strip()) if text.strip() else None


def _lead_text(section: Section) -> str:
    number, heading = _printed(section)
    first = section.text.partition("\n")[0]
    return first[: first.find(heading, len(number)) + len(heading)] if heading else number


def _parts(section: Section, parts: Sequence[Part]) -> list[Element]:
    """款, 项 and 目 as nested elements: a part holds those that lie within it."""
    start = len(_lead_text(section))
    made: list[Element] = []
    for part, inner in _nested(parts):
        text = section.text[max(part.start, start) : part.end]
        made.append(_part(part, inner, section, text, max(part.start, start), 0))
    return made


def _nested(parts: Sequence[Part]) -> Iterator[tuple[Part, list[Part]]]:
    """Yield each outermost part with the parts inside it."""
    rest = list(parts)
    while rest:
        outer = rest.pop(0)
        inner = [part for part in rest if part.start < outer.end]
        rest = rest[len(inner) :]
        yield outer, inner


def _part(part: Part, inner: Sequence[Part], section: Section, text: str, start: int, depth: int) -> Element:
    element = _MAKE(_PART_NAMES[min(depth, 2)], eId=part.anchor)
    if depth:  # a 款 has no printed number
        element.append(_MAKE.num(clean(part.number)))
        text, start = text.removeprefix(part.number), start + len(part.number) * text.startswith(part.number)
    if not inner:
        element.append(_MAKE.content(*_paragraphs(text)))
        return element
    opening = section.text[start : inner[0].start]
    if opening.strip():
        element.append(_MAKE.intro(*_paragraphs(opening)))
    for each, below in _nested(inner):
        element.append(_part(each, below, section, section.text[each.start : each.end], each.start, depth + 1))
    return element


def _paragraphs(text: str) -> list[Element]:
    return [_MAKE.p(line.strip()) for line in clean(text).split("\n") if line.strip()] or [_MAKE.p()]


def _blocks_of(sections: Iterable[Section]) -> list[Element]:
    """The text of sections outside the hierarchy, each with its address."""
    made: list[Element] = []
    for section in sections:
        lines = [line.strip() for line in clean(section.text).split("\n") if line.strip()]
        content: list[Element] = [_MAKE.p(line) for line in lines] or [_MAKE.p()]
        if section.anchor == "title" and len(content) == 1:
            content = [_MAKE.p(_MAKE.docTitle(lines[0]) if lines else "")]
        made.append(_MAKE.container(*content, eId=section.anchor, name=section.anchor))
    return made


AKOMA_NTOSO = Format("akn.xml", "Akoma Ntoso", "Akoma Ntoso", "application/akn+xml", akn, order=6, in_api="xml")
