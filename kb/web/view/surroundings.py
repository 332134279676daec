"""What the law around a document adds to its page: links in its text, what cites each section, how it stands, what it rests on."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import quote

from flask import url_for

from kb.base.clock import today
from kb.base.errors import BadIndexError
from kb.base.model import Document, Section
from kb.compare.sections import Comparison, compare
from kb.law.basis import Link as BasisLink
from kb.law.basis import chain
from kb.law.reader import Found, Known, Reader
from kb.law.records import cited, made_on
from kb.law.resolve import Resolved, Resolver, Target
from kb.law.since import Fates
from kb.law.standing import Evidence, Standings, Validity
from kb.law.terms import Term, in_scope, terms
from kb.web.context.library import library
from kb.web.view.as_of import viewed
from kb.web.view.edition import Edition
from kb.web.view.reading import Link

RELATIONS = {
    "amends": "它修改的",
    "repeals": "它废止的",
    "forwards": "它印发、转发的",
    "interprets": "它解释的",
}
PASSIVE = {
    "amends": "修改它的",
    "repeals": "废止它的",
    "forwards": "印发、转发它的",
    "interprets": "解释它的",
    "basis": "以它为依据的",
}
_SHOWN = 12


@dataclass(frozen=True, slots=True)
class Citing:
    """A document that cites a section, where it does so first, and in how many places."""

    document: Known
    anchor: str
    places: int


@dataclass(frozen=True, slots=True)
class Surroundings:
    """`links` and `cited_by` are by the anchor of the section; `related` are (relation, how many, documents) both ways.

    `on` is the day for which `validity` is told; `younger` the day of the text that is shown where that of the day is not there; `perhaps` says that nothing tells whether the text
    held on it, `since` from when it holds, "" where nothing tells. `until` is the last day of which the library can know, where
    the day that is looked at is later. `unknown` says why nobody can tell any of it, "" when
    somebody can; `key` names all that this was found from: what is made of the document and
    of this alone may be kept under it.
    """

    on: str
    key: Hashable
    unknown: str = ""
    known: bool = False
    younger: str = ""
    perhaps: bool = False
    since: str = ""
    until: str = ""
    links: Mapping[str, Sequence[Link]] = field(default_factory=dict)
    cited_by: Mapping[str, Sequence[Citing]] = field(default_factory=dict)
    citing: int = 0
    validity: Validity | None = None
    changes: Sequence[Evidence] = ()
    basis: Sequence[BasisLink] = ()
    related: Sequence[tuple[str, int, Sequence[tuple[str, str]]]] = ()
    terms: Sequence[Term] = ()
    texts: int = 1
    copies: Sequence[Known] = ()


def version_on(id: str, on: str) -> str:
    """Name the version of a document whose text was in force on a day, "" for the present one, or where no day is given."""
    if not on:
        return ""
    with library().law_reading() as reader:
        known = reader.document(id)
        return Resolver(reader).edition(known, on).version if known else ""


def younger_than(id: str, on: str) -> str:
    """Return from when the nearest text of a document holds where that of a day is not there; "" where it is, and without a day."""
    if not on:
        return ""
    with library().law_reading() as reader:
        known = reader.document(id)
        return Resolver(reader).shown(known, on)[1] if known else ""


def surroundings(shown: Edition) -> Surroundings:
    """Find what surrounds a document at a version, on the day that is looked at.

    Nothing where no index of citations knows it yet.
    """
    day = viewed() or today()
    try:
        with library().law_reading() as reader:
            key = (shown.document.id, shown.version, shown.standing, shown.digest, reader.revision(), viewed(), today())
            known = reader.document(shown.document.id)
            if known is None:
                return Surroundings(day, key)
            return library().remembered.get(key, lambda: _surroundings(reader, known, shown, day, key))
    except BadIndexError as error:
        return Surroundings(day, (shown.document.id, shown.version, shown.digest), unknown=str(error))


def _surroundings(reader: Reader, known: Known, shown: Edition, on: str, key: Hashable) -> Surroundings:
    fates = Fates(reader, on)
    resolver, standings = fates.resolver, fates.standings
    present = _is_present(shown)
    resolved = resolver.citations(known, viewed()) if present else _resolved(resolver, known, shown)
    incoming = [each for each in resolver.cited_by(known) if each[0].date <= on]
    sections = section_of(shown.document)
    defined = reader.terms(known.number) if present else list(terms(shown.document))
    links = _links(resolver, shown.document, resolved)
    return Surroundings(
        on,
        key,
        "",
        True,
        resolver.shown(known, viewed())[1],
        resolver.shown(known, viewed())[2],
        _since(resolver, known),
        _until(standings, known),
        _with_terms(shown.document, defined, links),
        _cited_by(resolver, incoming, sections),
        len({citing.number for citing, _ in incoming}),
        standings.of(known, on, shown.version if not present else ""),
        standings.changes(known),
        chain(fates, known),
        list(_related(resolved, incoming)),
        defined,
        len(resolver.editions(known)),
        reader.copies(known),
    )


def _since(resolver: Resolver, known: Known) -> str:
    held = resolver.held(known, viewed()).state if viewed() else None
    return held.since if held else ""


def _until(standings: Standings, known: Known) -> str:
    """Return up to which day the library can know, where the day that is looked at is later."""
    until = standings.as_of(viewed(), known.source) if viewed() else ""
    return until if until < viewed() else ""


def _is_present(shown: Edition) -> bool:
    """Return whether the text that is shown is the one of which the store keeps the citations."""
    return not shown.version or shown.standing == "present"


def _resolved(resolver: Resolver, known: Known, shown: Edition) -> list[Resolved]:
    """Return what an older text cites, which the store does not keep."""
    then = replace(known, date=made_on(shown.document))
    found = (Found.of(known.number, each) for each in cited(shown.document))
    return [Resolved(each, resolver.target(each, then, viewed(), shown.version)) for each in found]


def address(target: Target) -> str:
    """The address of what a citation means: on the day that is looked at, else in its text of that time."""
    anchor = target.anchor or None
    if target.version and not viewed():
        return url_for("pages.version", id=target.document.id, version=target.version, _anchor=anchor)
    return url_for("pages.document", id=target.document.id, _anchor=anchor)


def section_of(document: Document) -> dict[str, str]:
    """Return the anchor of the section by that of every place in it."""
    sections: dict[str, str] = {}
    for section in document.walk():
        sections |= dict.fromkeys((section.anchor, *(part.anchor for part in section.parts)), section.anchor)
    return sections


def _links(resolver: Resolver, document: Document, resolved: Sequence[Resolved]) -> dict[str, list[Link]]:
    """Return the links of each section: what is not there is no link, nor is 本办法, which means this very document."""
    texts = {section.anchor: section.text for section in document.walk()}
    links: dict[str, list[Link]] = {}
    for each in resolved:
        found, target = each.found, each.target
        stands = texts.get(found.anchor, "")[found.start : found.end] == found.text
        itself = target is not None and target.document.id == document.id
        if stands and target and not (itself and not target.anchor):
            words = _doubt(resolver, target)
            title = f"《{target.document.title}》{words}"
            href = f"#{quote(target.anchor)}" if itself else address(target)
            links.setdefault(found.anchor, []).append(Link(found.start, found.end, href, title))
    return links


def _doubt(resolver: Resolver, target: Target) -> str:
    """Say what a reader should know before following a citation."""
    if target.later and not resolver.had_earlier(target):
        return f"，这个文本 {target.later} 起施行，晚于引用它的文件"
    if target.later:
        return f"，语料库里没有当时的文本，这里是 {target.later} 起施行的，条文的编号可能不同"
    return "，这个文本里没有这一条款" if target.missing else ""


def _with_terms(
    document: Document, terms: Sequence[Term], links: Mapping[str, Sequence[Link]]
) -> dict[str, list[Link]]:
    """Add a link to its definition where a section first uses a word that the document defines elsewhere."""
    if not terms:
        return {anchor: list(some) for anchor, some in links.items()}
    known = in_scope(document, terms)
    words = re.compile("|".join(map(re.escape, sorted({each.term for each in terms}, key=len, reverse=True))))
    both = {}
    for section in document.walk():
        there = list(links.get(section.anchor, ()))
        seen = {each.term for each in terms if each.anchor == section.anchor}
        body = len(section.text) if section.anchor == "title" else _after_heading(section)
        for match in words.finditer(section.text, body):
            taken = any(link.start < match.end() and match.start() < link.end for link in there)
            term = known[section.anchor].get(match[0])
            if term and match[0] not in seen and not taken:
                seen.add(match[0])
                there.append(Link(*match.span(), f"#{term.anchor}", f"{term.term}：{term.meaning}", "term"))
        both[section.anchor] = sorted(there, key=lambda link: link.start)
    return both


def _after_heading(section: Section) -> int:
    """Return where the words of a section begin, below its heading."""
    if section.heading and section.heading in section.text.partition("\n")[0]:
        return section.text.find(section.heading) + len(section.heading)
    return len(section.number)


def _cited_by(
    resolver: Resolver, incoming: Sequence[tuple[Known, Resolved]], sections: Mapping[str, str]
) -> dict[str, list[Citing]]:
    """Return what cites each section ("" the document as a whole), the newest first; an older text's place where it stands now."""
    grouped: dict[str, dict[int, list[tuple[Known, Resolved]]]] = {}
    for citing, each in incoming:
        place = (
            resolver.present_anchor(each.target) if each.target and not viewed() else each.target and each.target.anchor
        )
        anchor = sections.get(place or "", "")
        grouped.setdefault(anchor, {}).setdefault(citing.number, []).append((citing, each))
    return {
        anchor: sorted(
            (Citing(places[0][0], places[0][1].found.anchor, len(places)) for places in by_document.values()),
            key=lambda citing: (citing.document.date, citing.document.id),
            reverse=True,
        )
        for anchor, by_document in grouped.items()
    }


def place_now(resolver: Resolver, target: Target) -> str:
    """Return where the place that is cited in an older text stands in the present one, "" where it is gone."""
    same = resolver.present_anchor(target)
    if same is not None:
        return same
    document = target.document

    def compared() -> Comparison:
        corpus = library().corpus
        return compare(corpus.read(document.id, target.version), corpus.read(document.id))

    key = ("became", document.id, target.version, resolver.reader.revision())
    there = library().remembered.get(key, compared).became(re.sub(r"-(?:p|i)\d+.*$", "", target.anchor))
    return there.anchor if there else ""


def told_of_old(resolver: Resolver, target: Target) -> str:
    """Say of what text a place is cited, where that is an older one, or one that is not there; "" where it is the present one."""
    if target.later and not resolver.had_earlier(target):
        return f"引用它的文件早于这个文本的施行（{target.later}）"
    if target.later:
        return "引自当时的文本（库里没有），条号可能不同"
    return f"引自 {target.version[:10]} 的旧文本" if target.version else ""


def _related(
    resolved: Sequence[Resolved], incoming: Sequence[tuple[Known, Resolved]]
) -> Iterator[tuple[str, int, list[tuple[str, str]]]]:
    """Yield (relation in words, how many, (title, address) of the first documents) of what it does to others and others to it."""
    for relation, words in RELATIONS.items():
        rows = {}
        for each in resolved:
            if each.found.relation == relation:
                named = each.target.document.title if each.target else each.found.name
                rows[named] = address(each.target) if each.target else ""
        if rows:
            yield words, len(rows), list(rows.items())
    for relation, words in PASSIVE.items():
        documents = {citing.number: citing for citing, each in incoming if each.found.relation == relation}
        newest = sorted(documents.values(), key=lambda citing: citing.date, reverse=True)
        if newest:
            shown = [(citing.title, url_for("pages.document", id=citing.id)) for citing in newest[:_SHOWN]]
            yield words, len(newest), shown


def neighbours(reader: Reader, known: Known, on: str = "") -> list[tuple[Known, str, int]]:
    """Return (document, "out" or "in", citations) of every document that one cites or is cited by, most first.

    With a day, without those that were made later.
    """
    resolver = Resolver(reader)
    out = Counter(each.target.document.number for each in resolver.citations(known, on) if each.target)
    out.pop(known.number, None)
    into = Counter(citing.number for citing, _ in resolver.cited_by(known) if not on or citing.date <= on)
    rows = [(reader.by_number(number), "out", count) for number, count in out.most_common()]
    return rows + [(reader.by_number(number), "in", count) for number, count in into.most_common()]
