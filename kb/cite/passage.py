"""An address, or words of the text → the place that is cited, and how the place is named in a citation.

An article's place is named in figures, as《法学引注手册》asks (《民法总则》第27条第2款第3项): the figures are those of the
address. Elsewhere the printed numbers on the way down name it: 一、（三）2.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, replace

from kb.base.errors import NotFoundError, UsageError
from kb.base.lazy_re import lazy_re
from kb.base.model import Document, Metadata, Part, Section
from kb.cite.quotation import find_text

_ANNEX = lazy_re(r"^(annex|schedule|appendix|figure)-(\w+)(?:~\d+)?-?")
_ANNEXES = {"annex": "附件", "schedule": "附表", "appendix": "附录", "figure": "附图"}
_ARTICLE = lazy_re(r"art-(\d+)(?:-(\d+))?(?:-p(\d+))?(?:-i(\d+))?((?:-\d+)*)(?:~\d+)?")
_AMENDMENT = lazy_re(r"(?:宪法|法|条例)修正案(?:[（(][^（()）]+[）)])?$")
_ITEM = lazy_re(r"(\d+)(?:~\d+)?")
_UNITS = lazy_re(r"(part|bk|sub|ch|s)-(\d+)")
_UNIT_NAMES = {"part": "第{}部分", "bk": "第{}编", "sub": "第{}分编", "ch": "第{}章", "s": "第{}节"}
_NAMES = {
    "title": "题名",
    "preamble": "引言",
    "signature": "落款",
    "attachments": "附件说明",
    "toc": "目录",
    "table": "文件信息表",
    "preface": "序言",
    "general": "总则",
    "supplement": "附则",
}
LONGEST = 5_000
"""Characters of a quotation at most."""

_OPENING = 12
_FIGURES = "〇一二三四五六七八九十"


@dataclass(frozen=True, slots=True)
class Passage:
    """What is cited: a whole document (`anchor` is ""), a section, a part of one, or a `quotation` that stands there.

    `pinpoint` names the place ("第1165条第1款", "一、（三）2."), "" for the whole document and for its title.
    """

    document: Document
    anchor: str = ""
    pinpoint: str = ""
    quotation: str = ""


def locate(document: Document, anchor: str = "", quotation: str = "") -> Passage:
    """Find the place to cite: by its address, by words that stand in the text, or both.

    Words are found whatever the white space; without any the section's, or the part's, own text is the quotation.
    Raises NotFoundError where there is no such address, UsageError where the words do not stand there.
    """
    if len(quotation) > LONGEST:
        raise UsageError(f"引文太长（{len(quotation):,} 字）：一次最多引 {LONGEST:,} 字。")
    if quotation.strip():
        return _locate_words(document, anchor, quotation)
    if not anchor:
        return Passage(document)
    anchor = document.present_anchor(anchor)
    section, part = find_place(document, anchor)
    text = section.text[part.start : part.end] if part else section.text
    return Passage(document, anchor, pinpoint(document, anchor), text.strip())


def find_place(document: Document, anchor: str) -> tuple[Section, Part | None]:
    """Find the section at an address; for the address of a part, the section that holds it and the part.

    An address that an earlier reading of the same file gave leads to where its text stands now. Raises NotFoundError.
    """
    anchor = document.present_anchor(anchor)
    for section in document.walk():
        if section.anchor == anchor:
            return section, None
        for part in section.parts:
            if part.anchor == anchor:
                return section, part
    raise NotFoundError(f"文件 {document.id} 里没有“{anchor[:80]}”这一条款：请在目录里查找正确的地址。")


def section_at(document: Document, anchor: str) -> Section:
    """Return the section at an address, or a part of one as a section of its own. Raises NotFoundError."""
    section, part = find_place(document, anchor)
    if part is None:
        return section
    text = section.text[part.start : part.end]
    return replace(section, anchor=part.anchor, number="", heading="", text=text, children=(), parts=())


def _locate_words(document: Document, anchor: str, quotation: str) -> Passage:
    starts, sections, position = [], list(document.walk()), 0
    for section in sections:
        starts.append(position)
        position += len(section.text)
    near = 0
    if anchor:
        section, part = find_place(document, anchor)
        near = starts[sections.index(section)] + (part.start if part else 0)
    span = find_text(document.text, quotation, near)
    if span is None:
        raise UsageError("文件里没有这段文字：请从正文里照原样复制（空格和换行不必相同）。")
    first, last = (sections[bisect_right(starts, place) - 1] for place in (span[0], span[1] - 1))
    inside = span[0] - starts[sections.index(first)], span[1] - starts[sections.index(first)]
    holder = _innermost(first, *inside) if first is last else first.anchor
    place = pinpoint(document, holder)
    if first is not last:
        place = f"{place}至{pinpoint(document, last.anchor)}"
    return Passage(document, holder, place, document.text[slice(*span)].strip())


def _innermost(section: Section, start: int, end: int) -> str:
    """The address of the smallest part that holds a stretch of a section's text; the section's own where none does."""
    holding = [part for part in section.parts if part.start <= start and end <= part.end]
    return min(holding, key=lambda part: part.end - part.start).anchor if holding else section.anchor


def pinpoint(document: Document, anchor: str) -> str:
    """Name the place of an address in a citation; "" for the title, which names no place."""
    anchor = document.present_anchor(anchor)
    annex = _ANNEX.match(anchor)
    rest = anchor[annex.end() :] if annex else anchor
    prefix = _annex(document, annex) if annex else ""
    if article := _ARTICLE.fullmatch(rest):
        return prefix + _article(article, find_place(document, anchor)[0])
    if rest in ("", "title"):
        return prefix
    place = _NAMES.get(rest.partition("~")[0]) or _by_numbers(document, anchor)
    apart = prefix and (prefix[-1].isdigit() or place[0].isdigit())
    return f"{prefix}，{place}" if apart else prefix + place


def is_amendment(facts: Metadata) -> bool:
    """Whether a document is an amendment to a law, 刑法修正案（十一）: its 一、 is cited as an article."""
    return bool(_AMENDMENT.search(facts.title))


def _annex(document: Document, found: re.Match[str]) -> str:
    """Name an annex as it is printed (附件2); where its line bears no number, by what it is."""
    section, _ = find_place(document, found[0].removesuffix("-"))
    return section.number.strip("：: 　") or _ANNEXES[found[1]]


def _article(found: re.Match[str], section: Section) -> str:
    number, second, paragraph, item, deeper = found.groups()
    place = f"第{number}条" + (f"之{_hanzi(int(second))}" if second else "")
    paragraphs = sum(re.search(r"-p\d+$", part.anchor) is not None for part in section.parts)
    if paragraph and paragraphs > 1:  # a single 款 is not named
        place += f"第{paragraph}款"
    if item:
        place += f"第{item}项"
    return place + "".join(f"第{each}目" for each in deeper.split("-")[1:])


def _by_numbers(document: Document, anchor: str) -> str:
    """Name a section by the numbers printed on the way to it; one without a number by its heading or first words."""
    ancestors, section = next(each for each in document.paths() if each[1].anchor == anchor)
    if not section.number:
        return f"“{section.heading or section.text.strip()[:_OPENING]}”部分"
    if is_amendment(document.metadata) and (item := _ITEM.fullmatch(anchor)):
        return f"第{item[1]}条"
    steps: list[str] = []
    for each in (*ancestors, section):
        if each.number and not _ANNEX.fullmatch(each.anchor):
            above = steps[-1] if steps else ""
            # 6.4.2 stands below 6.4 and says so itself.
            steps = [*(steps[:-1] if above and _step(each).startswith(above) else steps), _step(each)]
    return "".join(steps).rstrip("、.．,， ")


def _step(section: Section) -> str:
    """A section's number as it stands in a citation: chapters in figures, others as printed, with full-width brackets."""
    units = _UNITS.findall(section.anchor)
    if units and section.number.startswith("第"):
        kind, number = units[-1]
        return _UNIT_NAMES[kind].format(number)
    return section.number.strip().replace("(", "（").replace(")", "）")


def _hanzi(value: int) -> str:
    return _FIGURES[value] if value <= 10 else str(value)
