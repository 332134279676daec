"""News → what one subscription is told: by document what happened, how it stands, and the sections that are meant."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Literal
from urllib.parse import quote, urlencode

from kb.base import clock
from kb.base.errors import NotFoundError, UnreadableError
from kb.base.model import Document, Hit
from kb.compare.sections import CHANGES, Comparison, SectionChange, compare
from kb.corpus.folder import Corpus
from kb.law.reader import Reader
from kb.law.standing import Standings
from kb.search.contract.engine import MAX_LIMIT, Engine
from kb.search.query.conditions import Condition
from kb.upkeep.follow.news import standing_change
from kb.upkeep.follow.subscriptions import News, Target

DOCUMENTS = 50
"""Documents in one letter at most; how many more there are is said."""

_PIECES = 6
_AT_ONCE = 200
_LONGEST = 300
_AROUND = 40

RunKind = Literal["same", "inserted", "deleted", "marked"]


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch of text: plain, that came, that went, or that was looked for."""

    kind: RunKind
    text: str


@dataclass(frozen=True, slots=True)
class Piece:
    """A section that is meant: `label` leads to it, `path` is its address on the site."""

    label: str
    path: str
    runs: tuple[Run, ...]


@dataclass(frozen=True, slots=True)
class Item:
    """A document of which something is told. `path` is "" where it is not there any more; `more` pieces are not shown."""

    title: str
    path: str
    facts: str
    standing: str
    happened: tuple[str, ...]
    pieces: tuple[Piece, ...] = ()
    more: int = 0


@dataclass(frozen=True, slots=True)
class Digest:
    """What a subscription is told; of `more` documents only that there are so many."""

    items: tuple[Item, ...]
    more: int = 0


@dataclass(frozen=True, slots=True)
class Desk:
    """What digests are made of: the corpus, its index, and how documents stand."""

    corpus: Corpus
    engine: Engine
    reader: Reader


def compose(target: Target, news: Sequence[News], desk: Desk) -> Digest | None:
    """Return what is to be told of news; None where nothing of them is followed. Raises BadIndexError and UsageError."""
    by_document: defaultdict[str, list[News]] = defaultdict(list)
    for each in news:
        if target.kind != "document" or each.document == target.query:
            by_document[each.document].append(each)
    hits: Mapping[str, list[Hit]] = {}
    if target.kind == "search":
        hits = _hits(target, by_document, desk)
        by_document = defaultdict(list, {id: told for id, told in by_document.items() if id in hits})
    if not by_document:
        return None
    latest = sorted(by_document, key=lambda id: by_document[id][-1].number, reverse=True)
    words = target.query if target.kind == "search" else ""
    items = tuple(_item(by_document[id], hits.get(id), words, desk) for id in latest[:DOCUMENTS])
    return Digest(items, len(latest) - len(items))


def _hits(target: Target, news: Mapping[str, list[News]], desk: Desk) -> dict[str, list[Hit]]:
    """Return the sections that a search finds, by document, of those of which there are news; none for one that had some before it changed.

    A document that stands otherwise now is looked for without what was chosen of standings: else nobody would hear that it has ended.
    """
    found: dict[str, list[Hit]] = {}
    for ids in _batched(news):
        found |= _found(target, ids, desk.engine)
    restless = [id for id in news if id not in found and any(each.kind == "standing" for each in news[id])]
    anyhow = replace(target, conditions=tuple(each for each in target.conditions if each.field != "validity"))
    for ids in _batched(restless):
        found |= _found(anyhow, ids, desk.engine)
    changed = {id: _before(told) for id, told in news.items() if id not in found and _before(told)}
    old = (Condition("version", ("old",)),)
    for ids in _batched(changed):
        had = _found(replace(target, conditions=(*target.conditions, *old)), ids, desk.engine)
        found |= {id: [] for id, hits in had.items() if any(hit.version == changed[id] for hit in hits)}
    return found


def _batched(ids: Iterable[str]) -> Iterator[tuple[str, ...]]:
    rest = iter(ids)
    while some := tuple(islice(rest, _AT_ONCE)):
        yield some


def _found(target: Target, ids: Iterable[str], engine: Engine) -> dict[str, list[Hit]]:
    among = Condition("document", tuple(ids), whole=True)
    results = engine.search(target.query, limit=MAX_LIMIT, conditions=(*target.conditions, among), group="document")
    found: defaultdict[str, list[Hit]] = defaultdict(list)
    for hit in results.hits:
        if hit.literal or hit.direct:
            found[hit.document].append(hit)
    return dict(found)


def _before(told: Sequence[News]) -> str:
    """Return the version of a document that the first change of it replaced."""
    return next((each.before for each in told if each.kind == "changed"), "")


def _item(told: Sequence[News], hits: Sequence[Hit] | None, words: str, desk: Desk) -> Item:
    """Return what is told of one document; its page is opened with what was looked for, `words`, marked."""
    id, title = told[-1].document, told[-1].title
    try:
        document = desk.corpus.read(id)
    except (NotFoundError, UnreadableError) as error:
        said = (
            "这份文件已经不在库里（由管理员移走；不表示它已经废止）" if isinstance(error, NotFoundError) else str(error)
        )
        return Item(title, "", "", "", (said,))
    facts = document.metadata
    shown = "　".join(filter(None, (facts.issuer, facts.document_number, facts.date)))
    comparison, old = _compared(told, document, desk.corpus)
    happened = tuple(_happened(told, old, document, comparison, hits))
    pieces = list(_of_hits(hits, comparison) if hits else _of_changes(told, comparison, document))
    page = f"{_page(id)}?{urlencode({'q': words})}" if words else _page(id)
    shown_pieces, more = tuple(pieces[:_PIECES]), max(0, len(pieces) - _PIECES)
    return Item(facts.title, page, shown, _standing(id, desk.reader), happened, shown_pieces, more)


def _compared(told: Sequence[News], document: Document, corpus: Corpus) -> tuple[Comparison | None, Document | None]:
    """Return what changed from the text before the first change to the present one, and that text; None where there is none to read."""
    name = _before(told) or _edition_before(told, corpus)
    try:
        before = corpus.read(document.id, name) if name else None
    except (NotFoundError, UnreadableError):
        return None, None
    return (compare(before, document), before) if before else (None, None)


def _edition_before(told: Sequence[News], corpus: Corpus) -> str:
    """Return the version whose date the present text of a law had before, "" where it is not kept."""
    for each in told:
        if each.kind == "edition":
            was = json.loads(each.detail)[0]
            return next((kept.version for kept in corpus.history(each.document)[1:] if kept.date == was), "")
    return ""


def _happened(
    told: Sequence[News],
    old: Document | None,
    document: Document,
    comparison: Comparison | None,
    hits: Sequence[Hit] | None,
) -> Iterator[str]:
    """Yield what happened, a sentence for each."""
    if any(each.kind == "new" for each in told):
        yield "新收录"
    if any(each.kind == "changed" for each in told):
        if comparison is None or old is None:
            yield "有了新的文本；原来的文本现在读不出来，无法对照"
        elif (old.metadata.document_number, old.metadata.date) == (
            document.metadata.document_number,
            document.metadata.date,
        ):
            yield "悄悄修改：文号和日期没有变，正文变了"
        else:
            yield "更新：来源换了文本"
    for each in told:
        if each.kind == "edition":
            was, now = json.loads(each.detail)
            yield f"有了 {now} 的新文本（原来是 {was or '没有日期'} 的）"
        elif each.kind == "withdrawn":
            yield f"来源撤下了它（{each.moment[:10]} 发现）；库里的文本保留，不表示它已经废止"
        elif each.kind == "returned":
            yield "来源又有了它"
        elif each.kind == "standing":
            yield _of_standing(each)
    if hits is not None and not hits:
        yield "改动之后，正文里不再有所检索的字句"


def _of_standing(news: News) -> str:
    change = standing_change(news)
    since = f"，自 {change.since} 起" if change.since else ""
    said = f"。依据：《{change.title}》“{_short(change.sentence)}”" if change.sentence else ""
    was = f"原来是“{change.was}”" if change.was != change.now else "原来的日子不同"
    return f"时效变了：现在是“{change.now}”{since}（{was}）{said}"


def _standing(id: str, reader: Reader) -> str:
    known = reader.document(id)
    if known is None:
        return "时效：无法判断"
    stands = Standings(reader).of(known, clock.today())
    since = f"，自 {stands.since} 起" if stands.since else ""
    until = f"（资料截至 {stands.as_of}）" if stands.as_of else ""
    return f"时效：{stands.status}{since}{until}"


def _of_hits(hits: Iterable[Hit], comparison: Comparison | None) -> Iterator[Piece]:
    touched = {each.new.anchor for each in _real(comparison) if each.new}
    for hit in hits:
        label = " › ".join(hit.heading_path) or hit.number or hit.title
        yield Piece(f"{label}（本次有改动）" if hit.anchor in touched else label, hit.url, tuple(_highlighted(hit)))


def _of_changes(told: Sequence[News], comparison: Comparison | None, document: Document) -> Iterator[Piece]:
    before = next((each.before for each in told if each.before), "")
    path = f"{_page(document.id)}/compare?{urlencode({'from': before})}" if before else _page(document.id)
    for each in _real(comparison):
        section = each.new or each.old
        label = f"{CHANGES[each.change]}：{section.label if section else ''}"
        yield Piece(label, path, tuple(_shortened([Run(run.kind, run.text) for run in each.runs])))


def _real(comparison: Comparison | None) -> Iterator[SectionChange]:
    """Yield what became another text; a mere move or another number is none."""
    changes = comparison.changes() if comparison else ()
    return (each for each in changes if each.change in ("changed", "added", "removed"))


def _highlighted(hit: Hit) -> Iterator[Run]:
    at = 0
    for start, end in hit.highlights:
        yield Run("same", hit.snippet[at:start])
        yield Run("marked", hit.snippet[start:end])
        at = end
    yield Run("same", hit.snippet[at:])


def _shortened(runs: Sequence[Run]) -> Iterator[Run]:
    """Yield what came and went, and a few characters around it; what is left out is shown as …."""
    left = _LONGEST
    for place, run in enumerate(runs):
        text = run.text
        if run.kind == "same" and len(text) > 2 * _AROUND:
            first = "" if place == 0 else text[:_AROUND]
            last = "" if place == len(runs) - 1 else text[-_AROUND:]
            text = f"{first}…{last}"
        yield Run(run.kind, text if len(text) <= left else f"{text[:left]}…")
        left -= len(text)
        if left <= 0:
            return


def _page(id: str) -> str:
    return f"/d/{quote(id, safe='')}"


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
