"""The plain immutable data that every part of the program passes along. No I/O here.

A `Document` is metadata, provenance and an outline of `Section`s. The text of the document is the text of its
sections in order, to the character; a section's number and heading are read off its text, they are not extra.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from itertools import accumulate
from typing import Any, Literal, get_args

RepairKind = Literal["annotation", "realigned", "lost-byte", "mark", "doubtful"]
REPAIR_KINDS: tuple[RepairKind, ...] = get_args(RepairKind)


@dataclass(frozen=True, slots=True)
class Part:
    """A place inside an article that has an address but no text of its own: 款 (paragraph) or 项 (item).

    `start` and `end` are character offsets in the text of the section that holds the part.
    Articles are what people search and cite, so a string across two paragraphs of one article is found.
    """

    anchor: str
    number: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Section:
    """A node of the outline.

    `text` is the section's own text, its heading line included, up to where its first child starts; lines end
    with "\\n". `number` ("一、", "(三)", "2.", "第十二条") and `heading` are as printed in that text, "" where there
    is none. `anchor` is unique in the document: "1-3-2", "art-12", "art-133-1", "title", "preamble", "signature".
    """

    anchor: str
    number: str
    heading: str
    text: str
    children: tuple[Section, ...] = ()
    parts: tuple[Part, ...] = ()

    @property
    def label(self) -> str:
        """Number and heading, for outlines and heading paths: "一、总体要求", "第一章　总则"."""
        gap = "　" if self.heading and self.number.endswith(("编", "章", "节", "条", "分")) else ""
        return f"{self.number}{gap}{self.heading}"

    def walk(self) -> Iterator[Section]:
        """Yield this section and all below it, in the order of the text."""
        yield self
        for child in self.children:
            yield from child.walk()


@dataclass(frozen=True, slots=True)
class Repair:
    """One place where the text as found was not the document's text.

    `position` is a character offset in the repaired text, where `restored` stands now and `found` stood before.
    A "doubtful" place could not be proved: what stands there is marked, never guessed.
    """

    kind: RepairKind
    position: int
    restored: str
    found: str


@dataclass(frozen=True, slots=True)
class Metadata:
    """What the document says of itself. Dates are ISO 8601 ("2021-11-22", or "2021-11" where no day is given).

    `found` maps a field's name to how it was found ("signature", "table", "meta", "text", "filename", "supplied");
    `alternatives` maps it to other values that the document also gives, when it contradicts itself.
    `labels` keeps the rows of the page's own metadata table as printed, by label.
    """

    title: str
    issuer: str = ""
    document_number: str = ""
    kind: str = ""
    date: str = ""
    published: str = ""
    effective: str = ""
    identifier: str = ""
    url: str = ""
    found: Mapping[str, str] = field(default_factory=dict)
    alternatives: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Exchange:
    """The request that fetched a snapshot and the head of the answer.

    `url` is where the bytes were found, after redirects; headers are by name, repeated ones joined by ", ". `legacy_tls` says
    that the source allowed what old servers do with TLS.
    """

    url: str
    status: int
    request: Mapping[str, str]
    response: Mapping[str, str]
    certificate_checked: bool
    legacy_tls: bool = False


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that a page offers: `document` is its id where it became one, else `reason` says why not.

    `snapshot` is the sha256 of its bytes, "" where they could not be had.
    """

    name: str
    url: str
    document: str = ""
    snapshot: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Remark:
    """Something that a reader saw in a file and did not take as it stands there.

    `what` names it (批注, 删除线, 页脚), `where` its place, `reason` what was done and why, `sample` begins its text.
    `count` is how often that was so. `doubt` tells that the text may be wrong or short of something here.
    """

    what: str
    where: str
    reason: str
    sample: str = ""
    count: int = 1
    doubt: bool = False

    @property
    def sentence(self) -> str:
        """What a reader of the document is told."""
        times = f"（{self.count} 处）" if self.count > 1 else ""
        place = f"（{self.where}）" if self.where else ""
        sample = f"：“{self.sample}”" if self.sample else ""
        return f"{'存疑：' if self.doubt else ''}{self.what}{times}{place}{self.reason}{sample}。"


@dataclass(frozen=True, slots=True)
class Account:
    """What became of all characters of a file: `taken` of `whole` stand in the text (0 of 0: not counted), and remarks."""

    taken: int = 0
    whole: int = 0
    remarks: tuple[Remark, ...] = ()

    @property
    def share(self) -> float | None:
        """The share of the file's characters that stands in the text."""
        return min(1.0, self.taken / self.whole) if self.whole else None


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a document's text comes from and what was done to it.

    `origin` is the file's name relative to the folder that was ingested, or an address; `snapshot` the sha256 of the
    bytes as found; `retrieved` an ISO 8601 time in UTC. `furniture` are the lines of site navigation taken off the
    text; `simplified` counts the characters that were converted from traditional; `notes` are sentences for readers.
    `account` says what became of all that the file holds.

    What came from a site also has its `exchange`, what the site's list said of it (`listed`, label → value), its
    `attachments` or the id of the document it is `attached_to`, and the date on which it was found `withdrawn`.

    `edition` (ISO 8601) is the date of this text of a law of which several texts are kept, "" for anything else. `moved`
    maps addresses that an earlier reading of the same bytes gave to those at which their text stands now.
    """

    origin: str
    snapshot: str
    retrieved: str
    media_type: str
    encoding: str = ""
    converter: str = ""
    simplified: int = 0
    repairs: tuple[Repair, ...] = ()
    furniture: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    exchange: Exchange | None = None
    listed: Mapping[str, str] = field(default_factory=dict)
    attachments: tuple[Attachment, ...] = ()
    attached_to: str = ""
    withdrawn: str = ""
    edition: str = ""
    account: Account = field(default_factory=Account)
    moved: Mapping[str, str] = field(default_factory=dict)

    @property
    def sentences(self) -> tuple[str, ...]:
        """All that readers are told of how the text was made: the notes, then what the account says."""
        return (*self.notes, *(remark.sentence for remark in self.account.remarks))

    @property
    def doubts(self) -> tuple[Remark, ...]:
        """Where the text may be wrong or short of something: characters that could not be proved, and doubtful remarks."""
        found = [each for each in self.account.remarks if each.doubt]
        places = [each for each in self.repairs if each.kind == "doubtful"]
        if places:
            shown = "、".join(dict.fromkeys(each.restored for each in places[:5]))
            found.append(Remark("存疑的字", "", "照所见保留，在文中标出", shown, len(places), doubt=True))
        return tuple(found)

    @property
    def dated(self) -> str:
        """The day that tells this state of the document from its others: its edition's, else when it was fetched."""
        return self.edition or self.retrieved[:10]


@dataclass(frozen=True, slots=True)
class Document:
    """A document of the corpus. `id` is unique in the corpus and part of every address; `source` is its folder."""

    id: str
    source: str
    metadata: Metadata
    provenance: Provenance
    sections: tuple[Section, ...]

    @property
    def status(self) -> Literal["current", "withdrawn"]:
        """Whether the source still has it."""
        return "withdrawn" if self.provenance.withdrawn else "current"

    @property
    def text(self) -> str:
        """The whole text, to the character."""
        return "".join(section.text for section in self.walk())

    def walk(self) -> Iterator[Section]:
        """Yield every section in the order of the text."""
        for section in self.sections:
            yield from section.walk()

    def present_anchor(self, anchor: str) -> str:
        """Return the address at which what an address means stands now: one of an earlier reading leads on, others stay."""
        return self.provenance.moved.get(anchor, anchor)

    def addresses(self) -> Iterator[tuple[str, int, int]]:
        """Yield (anchor, start, end) of each section's own text and of each part, in the document's text."""
        start = 0
        for section in self.walk():
            yield section.anchor, start, start + len(section.text)
            yield from ((part.anchor, start + part.start, start + part.end) for part in section.parts)
            start += len(section.text)

    def doubtful(self) -> dict[str, tuple[tuple[int, int], ...]]:
        """Return the doubtful places in the own text of each section, by anchor; one that is empty is a gap."""
        doubts = [each for each in self.provenance.repairs if each.kind == "doubtful"]
        sections = list(self.walk()) if doubts else []
        starts = list(accumulate((len(section.text) for section in sections), initial=0))[:-1]
        found: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)
        for each in doubts if sections else ():
            number = max(bisect_right(starts, each.position) - 1, 0)
            start = each.position - starts[number]
            found[sections[number].anchor].append((start, start + len(each.restored)))
        return {anchor: tuple(spans) for anchor, spans in found.items()}

    def paths(self) -> Iterator[tuple[tuple[Section, ...], Section]]:
        """Yield (ancestors, section) for every section, in the order of the text."""

        def below(
            ancestors: tuple[Section, ...], sections: tuple[Section, ...]
        ) -> Iterator[tuple[tuple[Section, ...], Section]]:
            for section in sections:
                yield ancestors, section
                yield from below((*ancestors, section), section.children)

        return below((), self.sections)

    def as_json(self) -> dict[str, Any]:
        """Return the object of `kb show --json` and `GET /api/v1/documents/ID`."""
        metadata = asdict(self.metadata)
        provenance = asdict(self.provenance) | {"notes": list(self.provenance.sentences)}
        return {
            "document": self.id,
            "source": self.source,
            "status": self.status,
            **metadata,
            "provenance": provenance,
            "sections": [asdict(section) for section in self.sections],
        }


@dataclass(frozen=True, slots=True)
class Hit:
    """A section that answers a query. `highlights` are [start, end) character offsets in the plain `snippet`.

    `literal` is true when the section contains what the query says as typed, `direct` when the query names this place
    (民法典第1165条, a title, a document number). `version` names an older version of the document, `validity` says how it
    stood when the index was last updated (现行有效, 已废止 …), "" where nothing tells. `by_meaning` is true when it has too
    few of the words that are asked for to be found by them, and was found by what it means. `act`, `published`, `since`,
    `document_number` and `kind` are those of its text, see `Listing`; `rank` names what it ranks as, see `LikeSection`.
    """

    document: str
    title: str
    issuer: str
    date: str
    anchor: str
    number: str
    heading_path: tuple[str, ...]
    snippet: str
    highlights: tuple[tuple[int, int], ...]
    score: float
    url: str
    literal: bool = True
    direct: bool = False
    version: str = ""
    validity: str = ""
    by_meaning: bool = False
    act: str = ""
    published: str = ""
    since: str = ""
    document_number: str = ""
    kind: str = ""
    rank: str = ""

    @property
    def key(self) -> str:
        """What names the text that it is in, as `Listing.key`."""
        return f"{self.document}@{self.version}" if self.version else self.document


@dataclass(frozen=True, slots=True)
class LikeSection:
    """A section of another document that means the like of one; `likeness` is the cosine of their vectors, 1 at most.

    `rank` names what the document ranks as among the sources of law: 法律, 行政法规, ….
    """

    document: str
    title: str
    issuer: str
    date: str
    validity: str
    anchor: str
    number: str
    heading_path: tuple[str, ...]
    text: str
    likeness: float
    url: str
    kind: str = ""
    rank: str = ""


@dataclass(frozen=True, slots=True)
class Difference:
    """A stretch that is the `same` in what was looked for and what is there, or in one of them only: `deleted` in the first,
    `inserted` in the other.
    """

    kind: Literal["same", "inserted", "deleted"]
    text: str


@dataclass(frozen=True, slots=True)
class Alternative:
    """Another string to search for, and how many sections contain it literally.

    A wording near what was looked for also says where it stands (the first of these sections), how many edits it is off,
    what differs, and in `differs`, as sentences, where it says something else: other numbers, 不, 应当, 可以.
    """

    text: str
    total: int
    document: str = ""
    title: str = ""
    anchor: str = ""
    number: str = ""
    distance: int = 0
    difference: tuple[Difference, ...] = ()
    differs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Source:
    """A section in which a sentence stands, and how its document stands."""

    document: str
    title: str
    anchor: str
    number: str
    validity: str


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a sentence of a text, at [start, end), comes from.

    `found`: it stands in `total` sections, `places` are some. `changed`: it stands nowhere, but a wording near it does.
    `not looked for`: it does not stand anywhere, and there was no time left to look for near wordings. `too short`: it
    is too short to tell.
    """

    start: int
    end: int
    text: str
    status: Literal["found", "changed", "not found", "not looked for", "too short"]
    total: int = 0
    places: tuple[Source, ...] = ()
    nearest: Alternative | None = None


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Something to search for or go to, offered while somebody types.

    A `title` has its `document`, a `place` also the `anchor` of an article; a `heading` and a `word` are texts to search for.
    """

    text: str
    kind: Literal["place", "title", "heading", "word"]
    document: str = ""
    anchor: str = ""


@dataclass(frozen=True, slots=True)
class FacetValue:
    """A value that documents have (an issuer, a year), in how many of the sections found, and whether it is chosen."""

    value: str
    total: int
    chosen: bool = False


@dataclass(frozen=True, slots=True)
class Ended:
    """A document that is asked for by its `name`, is not there, and is repealed: the id and title of the one that says so,
    at `anchor`, in which sentence, and the day (ISO 8601) from which it does, "" where that is not known.
    """

    name: str
    document: str
    title: str
    anchor: str
    sentence: str
    day: str

    @property
    def told(self) -> str:
        """The whole of it in one sentence."""
        since = f"自 {self.day} 起" if self.day else ""
        return f"库里没有《{self.name}》：《{self.title}》载明它{since}废止。"


@dataclass(frozen=True, slots=True)
class Results:
    """A page of hits: the place that the query names, then the literal hits, then the related ones.

    `total` counts the sections that match literally, exactly and over all pages; `related` those that do not, but have
    like words, or `by_meaning` of them mean the like. `searched` is the number of sections there are. `notes` are sentences for the person who searched.
    Where nothing matches literally, `nearest` are strings close to the query that do occur, `suggestions` words of
    titles and headings that the query may have been meant for (misspelt, or in pinyin). `facets` count, by field, all
    sections found. Where the answer is grouped by document, they count documents, `documents` are all in which something
    is found, and `literal_documents` those in which something matches literally; `sections` says by key (`Listing.key`) how
    many sections each document of the page has of the kind it is listed for: literal ones, else related ones. `ended` is
    the document that is asked for and that is not there because it is repealed.
    """

    query: str
    total: int
    took_ms: float
    hits: tuple[Hit, ...]
    notes: tuple[str, ...] = ()
    related: int = 0
    searched: int = 0
    nearest: tuple[Alternative, ...] = ()
    suggestions: tuple[Alternative, ...] = ()
    facets: Mapping[str, tuple[FacetValue, ...]] = field(default_factory=dict)
    documents: int = 0
    literal_documents: int = 0
    group: Literal["section", "document"] = "section"
    by_meaning: int = 0
    sections: Mapping[str, int] = field(default_factory=dict)
    ended: Ended | None = None

    @property
    def listed(self) -> int:
        """How many hits, or documents with hits, there are on all pages."""
        return self.documents if self.group == "document" else self.total + self.related

    def as_json(self) -> dict[str, Any]:
        """Return the object of `kb search --json` and `GET /api/v1/search`."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Listing:
    """A document as lists show it. `date` (ISO 8601) is when it was made, or published where that is not known.

    `version` names an older version. `since` is the day from which this text holds, `dated` the one that tells it from the
    document's other states (see `Provenance.dated`). `inside` are the numbers of other documents that its file holds,
    each with its anchor: 示府〔2022〕12号#annex-2、…. `act` is what was done on `date` (通过, 修订, 公布, 成文 …), `published` the
    day of publication: "" where they are not known.
    """

    id: str
    source: str
    title: str
    issuer: str
    document_number: str
    kind: str
    date: str
    validity: str = ""
    version: str = ""
    since: str = ""
    dated: str = ""
    inside: str = ""
    published: str = ""
    act: str = ""

    @property
    def key(self) -> str:
        """What names this text among all: the id, for an older version "ID@VERSION"."""
        return f"{self.id}@{self.version}" if self.version else self.id
