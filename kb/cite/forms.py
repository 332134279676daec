"""The forms of a citation as text. Each says where its rule comes from; none adds what the document does not say."""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any

from kb.base.model import Document, Metadata
from kb.cite.passage import Passage, is_amendment
from kb.structure import history, statute

# Laws, regulations and their like are cited by name alone; other documents by name and number.
_OF_A_STATUTE = re.compile(r"主席令|国务院令|国令|(?:人大|人民代表大会).*公告")
_STATUTE = re.compile(r"(?:宪法|法|法典|条例|修正案(?:（.+）)?)$")
_LEVELS = ("宪法", "法律", "行政法规", "地方性法规")
_TEX = {"\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}
_TEX_SPECIAL = re.compile(r"[\\{}~^&%$#_]")


def manual(passage: Passage) -> str:
    """《法学引注手册》, as shown by the manual's examples:

    《民法总则》第27条第2款第3项。 · 《公司法》（2013年修正）。 · 《国务院关于…的通知》，国发〔2007〕19号，2007年7月11日发布。 ·
    《最高人民法院关于…的解释》（法释〔2018〕1号），第100条。 Where the title does not name who issued it: 机关《题名》.
    The day of making is not called 发布; a place in a document without number has that day in the number's stead.
    """
    document = passage.document
    facts = document.metadata
    title = f"《{_nested(facts.title)}》"
    if is_statute(document):
        # A statute that an order promulgates stands in the order's page as an annex.
        return f"{title}{_amendment(document)}{passage.pinpoint.removeprefix('附件')}。"
    if facts.issuer and not any(issuer in facts.title for issuer in issuers(facts)):
        title = "、".join(issuers(facts)) + title
    if passage.pinpoint:
        told = facts.document_number or _day(facts)
        return f"{title}（{told}），{passage.pinpoint}。" if told else f"{title}，{passage.pinpoint}。"
    return "，".join(filter(None, (title, facts.document_number, _day(facts)))) + "。"


def gbt7714(passage: Passage, address: str) -> str:
    """GB/T 7714-2015, 4.6 (electronic resources): 主要责任者. 题名[类型/OL]. 年: 引文页码(更新日期)[引用日期]. 获取路径.

    The day of access is the one on which the text was fetched.
    """
    document = passage.document
    facts = document.metadata
    day = facts.published or facts.date
    kind = "R/OL" if facts.kind == "报告" else "EB/OL"
    place = f" {day[:4]}: {passage.pinpoint}" if passage.pinpoint else ""
    dates = (f"({day})" if day else "") + (f"[{retrieved}]" if (retrieved := _retrieved(document)) else "")
    middle = f"{place}{dates}" if place else f" {dates}" if dates else ""
    author = ", ".join(issuers(facts))
    number = f": {facts.document_number}" if facts.document_number else ""
    start = f"{author}. " if author else ""
    return f"{start}{facts.title}{number}[{kind}].{middle}. {address}."


def bibtex(passage: Passage, address: str) -> str:
    """BibTeX with the fields of biblatex's @online; institutions in braces, so that nobody takes them for surnames."""
    facts = passage.document.metadata
    day = facts.published or facts.date
    fields = {
        "title": _tex(facts.title),
        "author": " and ".join(f"{{{_tex(issuer)}}}" for issuer in issuers(facts)),
        "number": _tex(facts.document_number),
        "date": day,
        "year": day[:4],
        "note": _tex(passage.pinpoint),
        "url": address,
        "urldate": _retrieved(passage.document),
        "langid": "chinese",
    }
    lines = "".join(f",\n  {name} = {{{value}}}" for name, value in fields.items() if value)
    return f"@online{{{_key(passage)}{lines}\n}}\n"


def ris(passage: Passage, address: str) -> str:
    """RIS: GOVDOC for a document, STAT for a statute."""
    facts = passage.document.metadata
    day = facts.published or facts.date
    rows = [
        ("TY", "STAT" if is_statute(passage.document) else "GOVDOC"),
        ("TI", facts.title),
        *(("AU", issuer) for issuer in issuers(facts)),
        ("PY", day[:4]),
        ("DA", day.replace("-", "/")),
        ("M1", facts.document_number),
        ("SE", passage.pinpoint),
        ("N1", passage.quotation.replace("\n", " ")),
        ("LA", "zh-CN"),
        ("UR", address),
        ("Y2", _retrieved(passage.document).replace("-", "/")),
    ]
    return "".join(f"{tag}  - {value}\n" for tag, value in rows if value) + "ER  - \n"


def csl(passage: Passage, address: str) -> str:
    """CSL-JSON 1.0.2, a list of one item as reference managers import it."""
    facts = passage.document.metadata
    kind = "legislation" if is_statute(passage.document) else "report" if facts.kind == "报告" else "document"
    item: dict[str, Any] = {
        "id": _key(passage),
        "type": kind,
        "title": facts.title,
        "author": [{"literal": issuer} for issuer in issuers(facts)],
        "number": facts.document_number,
        "section": passage.pinpoint,
        "issued": _date_parts(facts.published or facts.date),
        "accessed": _date_parts(_retrieved(passage.document)),
        "URL": address,
        "language": "zh-CN",
    }
    return json.dumps([{name: value for name, value in item.items() if value}], ensure_ascii=False, indent=2) + "\n"


def markdown(passage: Passage, address: str) -> str:
    """A link for Markdown; brackets in the title are escaped."""
    label = re.sub(r"([\[\]\\])", r"\\\1", f"《{_nested(passage.document.metadata.title)}》{passage.pinpoint}")
    return f"[{label}]({address})"


def quotation(passage: Passage, address: str) -> str:
    """The words themselves, with the line that says where they stand."""
    words = " ".join(passage.quotation.split()) if "\n" not in passage.quotation else passage.quotation
    return f"“{words}”\n——{manual(passage)}{address}\n"


def is_statute(document: Document) -> bool:
    """Whether it is cited as a statute: by its name, without issuer, number or date."""
    facts = document.metadata
    if is_amendment(facts):
        return True
    has_articles = any("art-" in section.anchor for section in document.walk())
    level = facts.kind if facts.found.get("kind") == statute.FOUND else ""
    named = bool(_STATUTE.search(re.sub(r"[（(][^（()）]*[）)]$", "", facts.title)))
    number = bool(_OF_A_STATUTE.search(facts.document_number)) if facts.document_number else named
    return has_articles and (level in _LEVELS or number)


def issuers(facts: Metadata) -> list[str]:
    """The issuing bodies, one by one."""
    return [issuer for issuer in re.split(r"[、，,;；\s]+", facts.issuer) if issuer]


def _amendment(document: Document) -> str:
    """（2023年修订）, as the last change that its preamble tells of; "" where it tells of none.

    A law whose preamble leaves out the last change has the date of its text (see `kb.structure.statute`).
    """
    opening = "\n".join(section.text for section in document.walk() if section.anchor in ("title", "preamble"))
    changed = [event for line in history.lines(opening) for event in history.events(line) if event.change]
    if not changed:
        return ""
    day = max(changed[-1].day, document.metadata.date if document.provenance.edition else "")
    return f"（{day[:4]}年{changed[-1].change.replace('修改', '修正')}）"


def _day(facts: Metadata) -> str:
    """The day that tells a document: that of its making, "" without one; 发布 only where it was published on it."""
    day = facts.date or facts.published
    return f"{_chinese(day)}{'发布' if day == facts.published else ''}" if day else ""


def _nested(title: str) -> str:
    """Book-title marks inside book-title marks are single ones (GB/T 15834-2011, 4.15.3.5)."""
    return title.replace("《", "〈").replace("》", "〉")


def _chinese(iso: str) -> str:
    units = zip(iso.split("-"), "年月日", strict=False)
    return "".join(f"{part.lstrip('0')}{unit}" for part, unit in units)


def _retrieved(document: Document) -> str:
    return document.provenance.retrieved[:10]


def _date_parts(iso: str) -> dict[str, list[list[int]]] | None:
    return {"date-parts": [[int(part) for part in iso.split("-")]]} if iso[:4].isdigit() else None


def _tex(text: str) -> str:
    return _TEX_SPECIAL.sub(lambda found: _TEX.get(found[0], f"\\{found[0]}"), text)


def _key(passage: Passage) -> str:
    """A key that BibTeX and reference managers take: the id where it is plain, else a hash of it; then the anchor."""
    id = passage.document.id
    plain = (
        id if re.fullmatch(r"[A-Za-z][\w.:-]*", id, re.ASCII) else f"kb-{hashlib.sha256(id.encode()).hexdigest()[:8]}"
    )
    return f"{plain}:{passage.anchor}" if re.fullmatch(r"[\w-]+", passage.anchor, re.ASCII) else plain
