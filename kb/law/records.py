"""From one document to what the store of citations keeps of it. Knows no other document."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from kb.base.lazy_re import lazy_re
from kb.base.model import Document, Section
from kb.chinese.identity import TO_ASCII
from kb.chinese.short_titles import short_titles
from kb.chinese.title_keys import number_key, plain_key, title_key
from kb.corpus.folder import Corpus
from kb.law.find import Citation, find
from kb.law.relations import Relation, list_of_ended, relation
from kb.law.statements import Statement, statements
from kb.law.terms import Term, terms
from kb.structure import history, parts

# How sure a name is: the title itself, without （试行）, of what is printed or attached, without its issuer, made short.
TITLE, PLAIN, INSIDE, TAIL, SHORT = range(5)
_INSIDE = lazy_re(r"(?:印发|转发|批转|公布|发布|颁布|下发)[^《]{0,20}《([^》]+)》")
_UNMARKED = lazy_re(r"(?:印发|转发|批转)(.{4,60}?)(?:（[^）]*）)?的通知$")
_ABOUT = lazy_re(r"^(?P<issuer>.{2,40}?)(?P<tail>(?:关于|印发|转发).{6,})$")
_LONGEST = 400
_LEAST_TAIL = 10
_NOTED_HEADING = 6
_AT_ONCE = lazy_re(r"本[^，。]{1,12}自(?:公布|发布|颁布|印发)之日起(?:施行|实施|生效)")
_LAST = 600  # characters: where a text says from when it holds


@dataclass(frozen=True, slots=True)
class Name:
    """A key by which a document, or with `anchor` a part of one, is cited; the lower `rank`, the surer."""

    key: str
    anchor: str
    rank: int


@dataclass(frozen=True, slots=True)
class Edition:
    """A text of a document: `version` is "" for the present one; it was `made` on a day and holds from `since` on.

    Both are ISO 8601, "" where the text does not tell. `anchors` has a digest of the text at each anchor, "" where the
    document has but one text.
    """

    version: str
    made: str
    since: str
    anchors: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Cited:
    """A citation with the keys of its names, what it means for the citing document, and then the sentence it stands in."""

    citation: Citation
    key: str
    also: str
    relation: Relation
    sentence: str


@dataclass(frozen=True, slots=True)
class Record:
    """What is kept of a document."""

    document: Document
    names: tuple[Name, ...]
    editions: tuple[Edition, ...]
    cited: tuple[Cited, ...]
    statements: tuple[Statement, ...]
    terms: tuple[Term, ...]


def record(corpus: Corpus, id: str) -> Record:
    """Read a document and its versions. Raises NotFoundError and UnreadableError."""
    document = corpus.read(id)
    older = corpus.versions(id)
    editions = [_edition(document, "", compared=bool(older))]
    editions += [_edition(corpus.read(id, version), version, compared=True) for version in older]
    names, found = tuple(_names(document)), tuple(cited(document))
    told, defined = tuple(statements(document)), tuple(terms(document))
    return Record(document, names, tuple(editions), found, told, defined)


def made_on(document: Document) -> str:
    """Return when a text was made, or published where that is not known (ISO 8601, or "")."""
    return document.provenance.edition or document.metadata.date or document.metadata.published


def act(document: Document) -> str:
    """Return what was done on the day that a document's `date` is: 通过, 修订, 公布, 成文 …; "" where nothing tells."""
    return history.act(document)


def in_force_from(document: Document) -> str:
    """Return the day from which a text holds, as far as it or its source says so; "" where nothing does (ISO 8601).

    The day on which it was passed, approved or filed is none. The effect that an amended law states is that of its first text,
    unless it is not before this one was made, or the law was made anew as a whole.
    """
    facts, made = document.metadata, made_on(document)
    own = [facts.effective, *sorted(each.day for each in statements(document) if each.what == "effect")]
    if said := next((day for day in own if day and day >= max(facts.date, made[:7])), ""):
        return said
    past = [event for each in document.walk() if each.anchor == "preamble" for event in history.past(each.text)]
    changes = [event for event in past if event.change]
    if facts.found.get("date") == "filename":  # its last change is told by nothing else
        return ""
    if not changes:
        return next(filter(None, own), "")
    last = max(changes, key=lambda event: event.day)
    published = next((event.day for event in past if event.day >= last.day and event.publishes), "")
    anew = last.whole and not facts.effective and _AT_ONCE.search(document.text[-_LAST:])
    return last.day if last.at_once else published if anew else ""


def copy_key(document: Document) -> str:
    """Return what copies of one document share, whatever site they are from; "" where nothing tells it from others.

    That is its number, or its title and the day it was made, and its text to the character, but for blanks and width.
    """
    facts = document.metadata
    name = number_key(facts.document_number) or (facts.date and f"{title_key(facts.title)} {facts.date}")
    text = "".join(document.text.translate(TO_ASCII).split())
    return hashlib.blake2b(f"{name}\n{text}".encode(), digest_size=16).hexdigest() if name else ""


def key_of(name: str) -> str:
    """Return the key of a document's name, be it a number or a title."""
    return number_key(name) or title_key(name)


def _edition(document: Document, version: str, *, compared: bool) -> Edition:
    anchors: dict[str, str] = {}
    for section in document.walk():
        places = [(section.anchor, section.text)]
        places += [(part.anchor, section.text[part.start : part.end]) for part in section.parts]
        anchors |= {anchor: _digest(text.removeprefix(section.number)) if compared else "" for anchor, text in places}
    return Edition(version, made_on(document), in_force_from(document), anchors)


def _digest(text: str) -> str:
    """Return what tells two texts apart in more than blanks."""
    return hashlib.blake2b("".join(text.split()).encode(), digest_size=6).hexdigest()


def _names(document: Document) -> Iterator[Name]:
    """Yield the names by which a document is cited, each once."""
    seen: set[tuple[str, str]] = set()
    for name in _all_names(document):
        if name.key and (name.key, name.anchor) not in seen:
            seen.add((name.key, name.anchor))
            yield name


def numbers_inside(document: Document) -> str:
    """Return the numbers of the other documents that a file holds, each with its anchor: 示府〔2022〕12号#annex-2、…"""
    return "、".join(f"{part.number}#{part.anchor}" for part in parts.contained(document.sections) if part.number)


def _all_names(document: Document) -> Iterator[Name]:
    facts = document.metadata
    key = title_key(facts.title)
    yield Name(key, "", TITLE)
    yield Name(plain_key(key), "", PLAIN)
    for number in (*facts.document_number.split("、"), *facts.alternatives.get("document_number", ())):
        for each in number.split("、"):  # a joint document has one of each organ
            yield Name(number_key(each), "", TITLE)
    for part in parts.contained(document.sections):
        yield Name(number_key(part.number), part.anchor, INSIDE)
    if key.startswith(("关于", "印发", "转发")):
        for issuer in facts.issuer.split("、"):
            yield Name(title_key(issuer) + key, "", PLAIN)
    about = _ABOUT.match(key)
    if about and len(about["tail"]) >= _LEAST_TAIL:
        yield Name(about["tail"], "", TAIL)
    for short in sorted(short_titles(facts.title)):
        yield Name(title_key(short), "", SHORT)
    annexes = [(each.anchor, title_key(title)) for each in document.sections for title in _annex_titles(each)]
    for inside in (*_INSIDE.findall(facts.title), *_UNMARKED.findall(facts.title)):
        forwarded = title_key(inside)
        anchor = next((anchor for anchor, heading in annexes if plain_key(heading) == plain_key(forwarded)), "")
        yield Name(forwarded, anchor, INSIDE)
        yield Name(plain_key(forwarded), anchor, INSIDE)
    for anchor, heading in annexes:
        if len(heading) >= _NOTED_HEADING:
            yield Name(heading, anchor, INSIDE)
            yield Name(plain_key(heading), anchor, INSIDE)


def _annex_titles(section: Section) -> tuple[str, ...]:
    """Return what an annex is called: its heading, and the line below 附件 where more was taken for the heading."""
    if not section.anchor.startswith(("annex-", "appendix-")):
        return ()
    lines = section.text.split("\n")
    below = lines[1].strip() if len(lines) > 1 and lines[0].strip(" 　：:") == section.number else ""
    return tuple(dict.fromkeys(title for title in (section.heading, below) if title))


def cited(document: Document) -> Iterator[Cited]:
    """Yield everything that a text cites, in its order."""
    places: dict[str, tuple[str, list[str]]] = {}
    lead = ""  # what introduces the numbered sections that follow: 决定废止以下2件规范性文件：
    for above, section in document.paths():
        headings = [each.heading for each in (*above, section) if each.heading]
        places[section.anchor] = section.text, [lead, *headings] if lead and section.number else headings
        if not section.number:
            last = section.text.rstrip().rpartition("\n")[2].strip()
            lead = last if last.endswith(("：", ":")) else ""
    for citation in find(document):
        text, headings = places[citation.anchor]
        meaning = relation(document, text, citation, headings)
        sentence = _sentence(text, citation) if meaning else ""
        if meaning == "repeals" and (heading := list_of_ended(headings)) and heading not in sentence:
            sentence = f"{heading}　{sentence}"
        yield Cited(citation, key_of(citation.name), key_of(citation.also), meaning, sentence)


def _sentence(text: str, citation: Citation) -> str:
    """Return the sentence around a citation; a sentence that lists a hundred repealed documents is cut."""
    first, last = max(citation.start - _LONGEST // 2, 0), citation.end + _LONGEST // 2
    start = max(text.rfind("。", first, citation.start), text.rfind("\n", first, citation.start), first - 1) + 1
    ends = (text.find(mark, citation.end, last) for mark in "。\n")
    end = min((at for at in ends if at >= 0), default=min(last, len(text)) - 1)
    return text[start : end + 1].strip()
