"""The documents of one state of the index as columns: which meet conditions, how many sections each value has, what each is called."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache, cached_property, lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from kb.base.errors import BadIndexError, StorageError
from kb.base.lazy_re import lazy_re
from kb.base.model import Ended, FacetValue, Listing
from kb.chinese.identity import fold
from kb.chinese.issuers_and_laws import NATION, canonical_issuer, typed_names
from kb.chinese.numerals import hanzi, numeral
from kb.chinese.short_titles import short_titles
from kb.chinese.title_keys import plain_key, title_key, yearly_number
from kb.law import editions
from kb.law.typed import Typed, readings
from kb.law.unmarked import spellings
from kb.search.contract.engine import Order, Standings
from kb.search.query.authority import authority
from kb.search.query.conditions import FACETS, Condition, Field, article, asked_versions, bounds, names_documents

Bools = NDArray[np.bool_]
Numbers = NDArray[np.int64]

SHOWN = 50
"""Values of a facet that are answered at most, those with the most sections."""

_CONDITIONS = 256

LONGEST_NAME = 120
"""Characters of a query that may name a document."""

_LACKS_ISSUER = ("关于", "印发", "转发")
TITLE_MARKS = str.maketrans("", "", "《》〈〉")
"""What is taken off a folded name: the marks of titles."""

_VERSION = lazy_re(r"\([^()]{0,20}(?:修正|修订|试行|暂行|[0-9]{4}年?)[^()]{0,8}\)$")
_PLACE = lazy_re(r"(.+?)(第?[0-9零〇一二三四五六七八九十百千]+(?:条)?(?:[-之][0-9零〇一二三四五六七八九十百千]+)*)条?")
_SERIAL = lazy_re(r"(.{2,40}?[^第0-9零一二三四五六七八九十百千])([一二三四五六七八九十]{1,3}|[1-9][0-9]?)")
_N = "[0-9零〇一二三四五六七八九十百千两]+"
_CITED = lazy_re(
    rf"(?!.*本(?:法|条例|规定|办法))[^,，。;；:：、!！?？]{{0,40}}"
    r"(?:[法典案则例]|规定|办法|解释|决定|细则|章程|意见|批复|公约|协定|标准|纲要)(?:\([^()]{1,12}\))?"
    rf"第{_N}条(?:之{_N}|-[0-9]+)?(?:第?\(?{_N}\)?[款项目])*"
)
_ORDER = lazy_re(rf"[\u4e00-\u9fff、]{{2,40}}(?:令|公告)(?:\([0-9]{{4}}\)|[0-9]{{4}}年)?第?{_N}号")
# 第二款, 第(十二)项: characters of it, and what the last one is.
_SHORTEST_PART, _LONGEST_PART, _PART_ENDS = 3, 14, "款项"
VALUES: dict[Field, Callable[[Listing], str]] = {
    "title": lambda listing: listing.title,
    "number": lambda listing: listing.document_number,
    "issuer": lambda listing: canonical_issuer(listing.issuer),
    "kind": lambda listing: listing.kind,
    "source": lambda listing: listing.source,
    "validity": lambda listing: listing.validity,
    "year": lambda listing: listing.date[:4],
    "date": lambda listing: listing.date,
    "document": lambda listing: listing.id,
}
"""The fields of a document that conditions name, and what facets count of each."""


class Documents:
    """Columns over `listings`; a document's number is its place there. Many threads may use one."""

    def __init__(
        self,
        listings: Sequence[Listing],
        on: str = "",
        texts: Mapping[str, str] | None = None,
        repeated: Collection[str] = (),
    ) -> None:
        """Take the documents as they are at present, or with the texts that held `on` a day, as `texts` tells their versions.

        `repeated` are the ids of those that say what another one says: they are found only where one asks for them.
        """
        self.listings = tuple(listings)
        shown = held_on(self.listings, on, texts) if on else (not listing.version for listing in self.listings)
        self.held = np.fromiter(shown, bool, len(self.listings))
        self.present = self.held & np.fromiter(
            (each.id not in repeated for each in self.listings), bool, len(self.held)
        )
        by_date = _coded([listing.date for listing in self.listings])[0]
        by_rank = np.fromiter(map(authority, self.listings), np.int64, len(self.listings))
        self.ranks: dict[Order, Numbers] = {"date": by_date, "rank": by_rank}
        self._values = {field: [value(listing) for listing in self.listings] for field, value in VALUES.items()}
        self._folded: dict[Field, list[str]] = {}
        self._coded = {field: _coded(self._values[field]) for field in FACETS}
        self._named = _named(self.listings, self.present)
        self._meeting = lru_cache(_CONDITIONS)(self._meets)

    @cached_property
    def laws(self) -> Numbers:
        """Return a number for each document that it shares with other texts of the same law: its title and issuer are theirs."""
        titles = (f"{plain_key(title_key(each.title))}\n{canonical_issuer(each.issuer)}" for each in self.listings)
        return _coded(list(titles))[0]

    def meeting(self, conditions: Iterable[Condition]) -> Bools | None:
        """Return for each document whether it meets all conditions on documents; None where all do.

        Older versions meet none unless one asks for them.
        """
        conditions = tuple(conditions)
        masks = [self._meeting(each) for each in conditions if each.field in VALUES]
        masks += [] if (asked := self.asked_versions(conditions)).all() else [asked]
        return np.logical_and.reduce(masks) if masks else None

    def contained(self, conditions: Iterable[Condition]) -> Iterator[tuple[int, str]]:
        """Yield (document, anchor) of the documents inside a file of others whose number conditions name."""
        asked = [
            fold(value) for each in conditions if each.field == "number" and not each.exclude for value in each.values
        ]
        for document, listing in enumerate(self.listings) if asked else ():
            if listing.inside and not any(value in fold(listing.document_number) for value in asked):
                each = (inside.partition("#") for inside in listing.inside.split("、"))
                yield from (
                    (document, anchor) for number, _, anchor in each if any(value in fold(number) for value in asked)
                )

    def asked_versions(self, conditions: Iterable[Condition]) -> Bools:
        """Return for each document whether conditions ask for it as the version it is: the present ones unless they say more."""
        match asked_versions(conditions):
            case "all":
                return np.ones(len(self.held), bool)
            case "old":
                return ~self.held
            case _:
                return self.held if names_documents(conditions) else self.present

    def facets(self, counts: Numbers, conditions: Sequence[Condition]) -> dict[str, tuple[FacetValue, ...]]:
        """Return the values of each facet with the numbers of sections, most first.

        `counts` are the sections found in each document whatever its conditions. A facet's own choice does not narrow
        it, so that other values can be chosen instead; all other conditions do.
        """
        return {field: tuple(self._facet(field, counts, conditions)) for field in FACETS}

    def named(self, folded: str) -> list[int]:
        """Return the documents that a folded text names by title, short name or number, newest first."""
        known = next(filter(None, map(self._named.get, names_for(folded))), [])
        return sorted(known, key=lambda number: self.ranks["date"][number], reverse=True)

    def place(self, folded: str) -> tuple[list[int], str]:
        """Return the documents that a folded text names, newest first, and the article's anchor, "" where none is named.

        民法典第1165条, 民法典1165, 行诉法26, 刑法133-1, a title or a document number alone.
        """
        if whole := self.named(folded):
            return whole, ""
        for typed in readings(folded):
            if found := self._of(typed):
                return found, article_at(typed)
        parted = article_of(folded)
        return (self.named(parted[0]), parted[1]) if parted else ([], "")

    def _of(self, typed: Typed) -> list[int]:
        """Return the documents that are typed: the text that is named of each, where it is there; else what has the number."""
        known = self.named(typed.name) or (self.named(typed.number) if typed.number else [])
        named = editions.read(typed.edition) if typed.edition else None
        if not named or not known or named.way == "now":
            return known
        ids = {self.listings[number].id for number in known}
        texts = [number for number, each in enumerate(self.listings) if each.id in ids]
        texts.sort(key=lambda number: self.listings[number].date, reverse=True)
        if named.way == "old" and not named.year:
            return texts[1:2] or known
        return [number for number in texts if _is_named(self.listings[number], named)] or known

    def _meets(self, condition: Condition) -> Bools:
        met: Sequence[bool]
        if condition.whole:
            values = set(wanted(condition))
            met = [value in values for value in self._values[condition.field]]
        elif condition.field == "date":
            spans = [bounds(value) for value in condition.values]
            met = [bool(day) and any(low <= day <= high for low, high in spans) for day in self._values["date"]]
        elif condition.field in ("document", "year"):
            met = [value in condition.values for value in self._values[condition.field]]
        else:
            parts = [fold(value) for value in condition.values]
            met = [any(part in value for part in parts) for value in self._folded_values(condition.field)]
        return np.logical_xor(met, condition.exclude)

    def _folded_values(self, field: Field) -> list[str]:
        if field not in self._folded:
            self._folded[field] = [folded_value(listing, field) for listing in self.listings]
        return self._folded[field]

    def _facet(self, field: Field, counts: Numbers, conditions: Sequence[Condition]) -> Iterator[FacetValue]:
        others = [each for each in conditions if not (each.field == field and each.whole)]
        met = self.meeting(others)
        codes, values = self._coded[field]
        totals = np.bincount(codes, counts if met is None else counts * met, len(values)).astype(np.int64)
        there = np.flatnonzero(totals)
        listed = there[np.argsort(-totals[there], kind="stable")][: SHOWN + 1].tolist()
        chosen = {value for each in conditions if each.field == field and each.whole for value in wanted(each)}
        listed = [code for code in listed if values[code]][:SHOWN]
        listed += (
            [code for code, value in enumerate(values) if value in chosen and code not in listed] if chosen else []
        )
        for code in listed:
            yield FacetValue(values[code], int(totals[code]), values[code] in chosen)


def folded_value(listing: Listing, field: Field) -> str:
    """Return what a condition names a part of, folded: the value, and the name of the issuer as it is printed, too.

    A file answers to the numbers of all the documents that it holds.
    """
    value = VALUES[field](listing)
    also = {"issuer": listing.issuer, "number": listing.inside}.get(field, "")
    return fold(f"{value} {also}" if also else value)


def wanted(condition: Condition) -> tuple[str, ...]:
    """Return the whole values that a condition asks for, as facets count them."""
    if condition.field == "issuer":
        return tuple(dict.fromkeys(map(canonical_issuer, condition.values)))
    return condition.values


def standing(listing: Listing, told: str) -> Listing:
    """Say of a document how it stands by its own and others' words, where they tell; else what its source says."""
    return replace(listing, validity=told) if told not in ("", "不明") and not listing.version else listing


def documents_on(day: str, listings: Iterable[Listing], told: ToldOn) -> Documents:
    """Return the documents with the texts that held on a day (ISO 8601), as they are told to have stood on it."""
    stood = [replace(each, validity=told.standings.get(each.id, "")) for each in listings]
    return Documents(stood, day, told.texts)


class ToldOn(NamedTuple):
    """How documents are told to have stood on a day, and the version of each that held; None where nobody tells."""

    standings: Mapping[str, str]
    texts: Mapping[str, str] | None


class Knowledge:
    """How documents stand, as far as anybody can tell; without `told`, as their sources say and no further.

    `unknown` says why nobody can tell, "" when somebody can: nothing of the store is better than a part of it that may be
    another state's.
    """

    def __init__(self, told: Standings | None, indexed: Mapping[str, str]) -> None:
        self._told, self.unknown = told, ""
        self.today: Mapping[str, str] = {}
        self.copies: Mapping[str, Sequence[str]] = {}
        self._repealed: Collection[str] = ()
        if told is None:
            return
        try:
            if told.fingerprints() != {key: value for key, value in indexed.items() if "@" not in key}:
                raise BadIndexError("引用关系与索引不是同一个状态，无法判断效力：请运行 kb index。")
            self.today, self._repealed, self.copies = told.standings(), told.repealed(), told.copies()
        except (BadIndexError, StorageError) as error:
            self.unknown = str(error)

    def on(self, day: str) -> ToldOn:
        """Return how documents stood on a day (ISO 8601), and which texts held. Raises BadIndexError where nobody can tell."""
        if self.unknown:
            raise BadIndexError(self.unknown)
        return ToldOn(self._told.standings(day), self._told.texts(day)) if self._told else ToldOn({}, None)

    @property
    def repeated(self) -> frozenset[str]:
        """The ids of the documents that another one, fetched before them, says the same as."""
        return frozenset(id for others in self.copies.values() for id in others)

    def ended(self, query: str) -> Ended | None:
        """Return what ended the document that a query (folded, a name) names and that is not there; None where nothing did."""
        if self._told is None or self.unknown or not 0 < len(query) <= LONGEST_NAME:
            return None
        typed = query.translate(TITLE_MARKS)
        named = [typed, *(each.name for each in readings(typed))]
        titles = [title for name in named for title in (_typed_names().get(name, ""), name) if title]
        # Most queries name nothing that ended: they need not open the store.
        titles = [title for title in dict.fromkeys(titles) if title_key(title) in self._repealed]
        return self._told.ended(titles) if titles else None

    def of(self, listing: Listing) -> Listing:
        """Say of a document how it stands today: nothing where nobody can tell, not even what its source once said."""
        if self.unknown:
            return replace(listing, validity="")
        return standing(listing, self.today.get(listing.id, ""))

    def check(self, conditions: Iterable[Condition] = ()) -> None:
        """Raise BadIndexError where nobody can tell how documents stand, which conditions may not ask for."""
        if self.unknown and any(each.field in ("validity", "on") for each in conditions):
            raise BadIndexError(self.unknown)


def names_for(folded: str) -> list[str]:
    """Return what a folded text may be the name of: itself, the title that it is a short name of, a number otherwise spelled,
    a serial without its brackets (刑法修正案十二).
    """
    short = _typed_names().get(folded, "")
    told = (folded, short, number_as_printed(folded), fold(title_key(folded)), _with_serial(folded))
    return [name for name in told if name]


def _with_serial(folded: str) -> str:
    """Return a folded name that ends with a number with that in brackets, as titles have it; "" for any other."""
    found = _SERIAL.fullmatch(folded)
    return f"{found[1]}({hanzi(numeral(found[2]))})" if found else ""


def is_citation(folded: str) -> bool:
    """Tell whether a folded text is nothing but a citation: a law and its article (合同法第一百零七条), a document number."""
    typed = folded.translate(TITLE_MARKS)
    return bool(yearly_number(typed) or _ORDER.fullmatch(typed) or _CITED.fullmatch(typed))


def article_at(typed: Typed) -> str:
    """Return the anchor of the section that a typed place is in: art-13 for 第十三条第二款."""
    return re.sub(r"(?<=\d)-(?:p|i)\d+.*$", "", typed.anchor)


def _is_named(listing: Listing, named: editions.Named) -> bool:
    """Tell the text of a year or a day: it is dated by its passing, or by its publication."""
    days = (listing.date, listing.dated)
    return (
        any(day.startswith(named.year) for day in days)
        if not named.day
        else any(day[:7] == named.day[:7] for day in days)
    )


def number_as_printed(folded: str) -> str:
    """Return a folded document number as GB/T 9704-2012 (7.2.5) prints it; "" for anything else.

    国发2019 5号, 国发(二〇一九)5号 and 国发(2019)第五号 are 国发(2019)5号.
    """
    found = yearly_number(folded)
    return f"{found[0]}({found[1]}){found[2]}号" if found else ""


@cache
def _typed_names() -> dict[str, str]:
    return {fold(name): fold(title) for name, title in spellings(typed_names()).items()}


def held_on(listings: Sequence[Listing], day: str, texts: Mapping[str, str] | None = None) -> list[bool]:
    """Tell for each text whether it is the one of its document that held on a day (ISO 8601): that of `texts`, by id.

    Where several hold from the same day, because a site changed its page, it is the one that was last seen by then, else the
    first that was seen. Where nobody tells, it is the last that holds, or was made, from a day before.
    """
    meant = {each.id: _since(each) for each in listings if texts is not None and texts.get(each.id) == each.version}
    best: dict[str, tuple[tuple[str, bool, str], int]] = {}
    for number, each in enumerate(listings):
        since = _since(each)
        if since == meant.get(each.id) if texts is not None else since <= day:
            seen = each.dated <= day
            rank = (since, seen, each.dated if seen else _younger_first(each.dated))
            if each.id not in best or rank > best[each.id][0]:
                best[each.id] = rank, number
    held = {number for _, number in best.values()}
    return [number in held for number in range(len(listings))]


def _since(listing: Listing) -> str:
    return listing.since or listing.date


def _younger_first(day: str) -> str:
    """Turn the order of days around."""
    return day.translate(str.maketrans("0123456789", "9876543210"))


def _coded(values: Sequence[str]) -> tuple[Numbers, list[str]]:
    """Return a code for each value, and the different values by code."""
    different = sorted(set(values))
    codes = {value: code for code, value in enumerate(different)}
    return np.fromiter((codes[value] for value in values), np.int64, len(values)), different


def _named(listings: Sequence[Listing], shown: Iterable[bool]) -> dict[str, list[int]]:
    named: defaultdict[str, list[int]] = defaultdict(list)
    for number, (listing, is_shown) in enumerate(zip(listings, shown, strict=True)):
        for name in names(listing) if is_shown else ():
            named[name].append(number)
    return dict(named)


def names(listing: Listing) -> set[str]:
    """Return what a document can be called, folded: its title, that without 中华人民共和国 and (试行), made short, its number."""
    # Of every document, before the first query of a process: what most have none of is not folded.
    title, key = fold(listing.title), title_key(listing.title)
    plain = _VERSION.sub("", title) if title.endswith(")") else title
    numbers = {fold(number) for number in listing.document_number.split("、") if number}
    told = {title, plain, plain.removeprefix(NATION), *numbers, *map(number_as_printed, numbers)}
    issued = fold(title_key(f"{listing.issuer}{listing.title}")) if listing.title.startswith(_LACKS_ISSUER) else ""
    short = {fold(each) for each in short_titles(listing.title)}
    return {*told, fold(key) if key != listing.title else title, issued, *short} - {""}


def article_of(folded: str) -> tuple[str, str] | None:
    """Return the name of a document and the anchor of its article, where a folded text reads like that: 民法典第1165条."""
    found = [place for end in _ends_of_articles(folded) if (place := _PLACE.fullmatch(folded, 0, end))]
    if not found:
        return None
    first = min(found, key=lambda place: (place.end(1), -place.end(2)))
    return first[1], article(first[2])


def _ends_of_articles(folded: str) -> set[int]:
    """Return where a text may go on with nothing but paragraphs and items of an article: 第二款第(一)项, or is at its end.

    Told from the end, so that each place is looked at once, however many ways there are to cut what was typed into parts.
    """
    ends = {len(folded)}
    for start in range(len(folded) - _SHORTEST_PART, -1, -1):
        if folded[start] == "第":
            nexts = range(start + _SHORTEST_PART, min(start + _LONGEST_PART, len(folded)) + 1)
            if any(end in ends and folded[end - 1] in _PART_ENDS for end in nexts):
                ends.add(start)
    return ends
