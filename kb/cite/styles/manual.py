"""《法学引注手册》, the manual of Chinese jurists."""

from __future__ import annotations

from kb.base.model import Document, Metadata
from kb.cite.facts import is_statute, issuers, nested
from kb.cite.passage import Passage
from kb.cite.styles import Style
from kb.structure import history


def manual(passage: Passage) -> str:
    """《法学引注手册》, as shown by the manual's examples:

    《民法总则》第27条第2款第3项。 · 《公司法》（2013年修正）。 · 《国务院关于…的通知》，国发〔2007〕19号，2007年7月11日发布。 ·
    《最高人民法院关于…的解释》（法释〔2018〕1号），第100条。 Where the title does not name who issued it: 机关《题名》.
    The day of making is not called 发布; a place in a document without number has that day in the number's stead.
    """
    document = passage.document
    facts = document.metadata
    title = f"《{nested(facts.title)}》"
    if is_statute(document):
        # A statute that an order promulgates stands in the order's page as an annex.
        return f"{title}{_amendment(document)}{passage.pinpoint.removeprefix('附件')}。"
    if facts.issuer and not any(issuer in facts.title for issuer in issuers(facts)):
        title = "、".join(issuers(facts)) + title
    if passage.pinpoint:
        told = facts.document_number or _day(facts)
        return f"{title}（{told}），{passage.pinpoint}。" if told else f"{title}，{passage.pinpoint}。"
    return "，".join(filter(None, (title, facts.document_number, _day(facts)))) + "。"


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


def _chinese(iso: str) -> str:
    units = zip(iso.split("-"), "年月日", strict=False)
    return "".join(f"{part.lstrip('0')}{unit}" for part, unit in units)


MANUAL = Style(
    "manual", "《法学引注手册》", "Manual of Legal Citation", lambda passage, _own, _source: manual(passage), order=1
)
