"""The answer made of what was found, whatever found it: hits as they are shown, notes, alternatives."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import islice
from typing import Protocol, TypeVar
from urllib.parse import quote

from kb.base.errors import UsageError
from kb.base.model import Alternative, Ended, FacetValue, Hit, LikeSection, Results
from kb.chinese.identity import fold
from kb.search.answer import suggestions
from kb.search.answer.columns import is_citation, number_as_printed
from kb.search.answer.near import Texts, near
from kb.search.answer.section_record import Stored
from kb.search.answer.snippets import snippet
from kb.search.contract.engine import MAX_LIMIT
from kb.search.query.authority import RANKS, authority
from kb.search.query.conditions import Condition, asked_day, asked_versions, names_documents
from kb.search.query.matching import Exact
from kb.search.query.query import Query, readings

_NAMED, _SHOWN = 5, 30
_quoted = lru_cache(4096)(quote)  # hits are of few documents


class Counting(Texts, Protocol):
    """One state of an index, as far as alternatives ask it."""

    def readings(self, starts: Sequence[str]) -> Sequence[Iterable[str]]:
        """Return how words are read, as `suggestions.readings` writes it, where that starts with each of some strings."""

    def foresee(self, strings: Sequence[str]) -> None:
        """Be ready to say how often some strings occur: a cluster is asked for all together."""


class Outcome(Protocol):
    """What a query found, as far as notes tell it."""

    @property
    def total(self) -> int:
        """How many sections match literally."""

    @property
    def related(self) -> int:
        """How many are listed that do not."""

    @property
    def direct(self) -> bool:
        """Whether the place that the query names is there."""

    @property
    def by_meaning(self) -> int:
        """How many of the related ones are found by their meaning and not by their words."""

    @property
    def absent(self) -> bool:
        """Whether the query names an article that its document does not have."""


def check_page(limit: int, offset: int) -> None:
    """Raise UsageError for a page that cannot be."""
    if not (0 <= limit <= MAX_LIMIT and offset >= 0):
        raise UsageError(f"一页可以有 0 到 {MAX_LIMIT:,} 条，起点不能是负数：请改正 limit 和 offset。")


Answered = TypeVar("Answered", bound="Outcome")


def first_found(
    text: str,
    conditions: Sequence[Condition],
    stand: Callable[[Sequence[Query]], Iterable[bool]],
    find: Callable[[Query], Answered],
) -> tuple[Query, Answered]:
    """Return the first reading of a query that finds something literally, and what it finds.

    Where none does, the last that reads it as the one text it is: nothing more can be taken away from that. `stand` tells
    of some readings whether a section matches them, whatever the conditions; it is asked only where there are several.
    """
    tried = readings(text, conditions)
    last, *others = islice(tried, 2)
    known: Answered | None = None
    for some in ([last, *others], tried) if others else ():
        some = list(some)
        for query, stands in zip(some, stand(some) if some else (), strict=True):
            found = find(query) if stands else None
            if found is not None and found.total:
                return query, found
            if not query.split:
                last, known = query, found
    return last, find(last) if known is None else known


def hit(stored: Stored, score: float, query: Query, *, literal: bool, direct: bool, by_meaning: bool = False) -> Hit:
    """Show a section that was found."""
    piece, highlights = snippet(stored.text, query)
    version = f"/versions/{stored.version}" if stored.version else ""
    address = f"/d/{_quoted(stored.document)}{version}#{quote(stored.anchor, safe='~')}"
    return Hit(
        document=stored.document,
        title=stored.title,
        issuer=stored.issuer,
        date=stored.date,
        anchor=stored.anchor,
        number=stored.number,
        heading_path=stored.path,
        snippet=piece,
        highlights=highlights,
        score=round(score, 4),
        url=address,
        literal=literal,
        direct=direct,
        version=stored.version,
        validity=stored.validity,
        by_meaning=by_meaning,
        act=stored.act,
        published=stored.published,
        since=stored.since,
        document_number=stored.document_number,
        kind=stored.kind,
        rank=RANKS[authority(stored.listing)],
    )


def like_section(stored: Stored, likeness: float) -> LikeSection:
    """Show a section that means the like of another one."""
    return LikeSection(
        stored.document,
        stored.title,
        stored.issuer,
        stored.date,
        stored.validity,
        stored.anchor,
        stored.number,
        stored.path,
        stored.text,
        round(likeness, 4),
        f"/d/{_quoted(stored.document)}#{quote(stored.anchor, safe='~')}",
        stored.kind,
        RANKS[authority(stored.listing)],
    )


def results(
    counting: Counting,
    query: Query,
    found: Outcome,
    hits: tuple[Hit, ...],
    *,
    searched: int,
    facets: Mapping[str, tuple[FacetValue, ...]],
    documents: tuple[int, int] | None = None,
    sections: Mapping[str, int],
    ended: Ended | None,
    warnings: Iterable[str] = (),
) -> Results:
    """Put an answer together; how long it took is for who began to say. `warnings` come before the other notes.

    `documents`, of an answer that is grouped by them: in how many something is found, and in how many literally.
    """
    notes = [*([ended.told] if ended else []), *warnings, *query.notes]
    if not found.total:
        notes.append(_nothing_literal(query, found))
    elif query.told:
        notes.append(_how_found(query, counting))
    named = found.absent or is_citation(query.name)
    nearest, meant = ((), ()) if found.total or found.direct else _alternatives(counting, query, bool(hits), named)
    return Results(
        query=query.text,
        total=found.total,
        took_ms=0.0,
        hits=hits,
        notes=tuple(notes),
        related=found.related,
        by_meaning=found.by_meaning,
        searched=searched,
        nearest=nearest,
        suggestions=meant,
        facets=facets,
        documents=documents[0] if documents else 0,
        literal_documents=documents[1] if documents else 0,
        group="document" if documents else "section",
        sections=sections,
        ended=ended,
    )


def told_once(
    hits: Iterable[Hit], conditions: Sequence[Condition], copies: Mapping[str, Sequence[str]]
) -> tuple[str, ...]:
    """Say of how many documents on a page copies are not listed beside them; nothing where copies are listed."""
    found = {each.document: len(copies[each.document]) for each in hits if each.document in copies}
    if not found or names_documents(conditions) or asked_versions(conditions) or asked_day(conditions):
        return ()
    return (
        f"有 {len(found)} 份文件另有 {sum(found.values())} 份内容相同的副本，没有重复列出：见文件页，或只查那个来源。",
    )


def _how_found(query: Query, counting: Counting) -> str:
    """Say how a reading was come to that finds something, and which pieces it does not find."""
    if not query.pieces:
        return query.told
    sought = {string for leaf in query.leaves for string in leaf.strings}
    pieces = [each for each in query.pieces if each in sought]
    missing = [each for each, total in zip(pieces, counting.counts(pieces), strict=True) if not total]
    short = [each for each in query.pieces if each not in sought]
    told = [query.told]
    if missing:
        told.append(f"没有找到的有 {len(missing)} 段：{_named(missing)}")
    if short:
        told.append(f"太短或太多没有找的有 {len(short)} 段：{_named(short)}")
    return "；".join(told) + ("。" if missing or short else "，都找到了。")


def _named(strings: Sequence[str]) -> str:
    shown = "、".join(f"“{each[:_SHOWN]}{'…' if len(each) > _SHOWN else ''}”" for each in strings[:_NAMED])
    return shown + ("等" if len(strings) > _NAMED else "")


def _nothing_literal(query: Query, found: Outcome) -> str:
    """Say that no section matches literally, and what is shown instead."""
    if not query.leaves:
        return "没有文件符合这些条件。"
    strings = "、".join(f"“{string}”" for string in query.required[:_NAMED])
    strings += "等" if len(query.required) > _NAMED else ""
    narrowed = "在所选的条件之内，" if query.conditions else ""
    if found.direct:
        others = "；其余按词语相近的程度排列" if found.related > 1 else ""
        return f"第一条是 “{query.name}” 所指的地方{others}。"
    if found.absent:
        others = "；以下只是词语相近" if found.related else ""
        return f"“{query.name}” 所指的文件里没有这一条{others}。"
    if any(not isinstance(node, Exact) for node in query.root.nodes):
        return f"{narrowed}没有一节符合这个检索式。"
    if query.exact:
        return f"{narrowed}没有一节包含 {strings}（引号中的文字必须原样出现）。"
    together = "同时" if len(query.required) > 1 else ""
    if found.by_meaning:
        return (
            f"{narrowed}没有一节{together}包含 {strings}；以下按词语和意思相近的程度排列，"
            f"其中 {found.by_meaning:,} 节按意思找到。"
        )
    if found.related:
        return f"{narrowed}没有一节{together}包含 {strings}；以下按词语相近的程度排列。"
    return f"{narrowed}没有一节{together}包含 {strings}，也没有词语相近的章节。"


def _alternatives(
    counting: Counting, query: Query, found: bool, named: bool
) -> tuple[tuple[Alternative, ...], tuple[Alternative, ...]]:
    """Return the nearest strings that occur and what may have been meant.

    What is `named`, an article or a document number, is not nearly another one: of it only other spellings are told.
    """
    whole = "".join(query.required)
    wordings = near(whole, counting) if len(query.required) == 1 and query.plain and not named else []
    wordings = [one for one in wordings if one.distance]  # what stands there to the letter does not meet the conditions
    if found and not suggestions.correctable(whole):
        return tuple(wordings), ()
    number = number_as_printed(query.name)  # 国发2019 5号 is two strings
    strings = () if named else query.required[:_NAMED]
    if len(strings) == 1:
        counting.foresee([number, whole, *suggestions.asked_first(whole)])
    numbered, *totals = counting.counts([number, *strings])
    close = [Alternative(number, numbered)] if numbered else []
    for string, total in zip(strings, totals, strict=True):
        close += [Alternative(string, total)] if total else suggestions.nearest(string, counting.counts)
    meant = suggestions.corrections(whole, counting.readings, counting.counts)
    known = {alternative.text for alternative in meant}
    close = [one for one in close if fold(one.text) not in {fold(other.text) for other in wordings}]
    return tuple(one for one in dict.fromkeys((*wordings, *close)) if one.text not in known), tuple(meant)
