"""One state of the index, open for searching: which sections contain a string, and which answer best."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from kb.base import deadline
from kb.base.errors import StorageError
from kb.base.model import Ended, Suggestion
from kb.chinese.identity import fold
from kb.search.answer import suggestions
from kb.search.answer.alike import likeness_to, likest, no_section
from kb.search.answer.columns import LONGEST_NAME, TITLE_MARKS, Documents, Knowledge, documents_on
from kb.search.answer.near import BROKEN
from kb.search.answer.section_record import FIELDS, Stored, unpack
from kb.search.contract.engine import SECTIONS_SHOWN, Order, Standings
from kb.search.embedded.arrays import among, common, without
from kb.search.embedded.codec import Numbers, Reader
from kb.search.embedded.generations import Generation
from kb.search.embedded.literal import Literal
from kb.search.embedded.scoring import Scorer
from kb.search.meaning.neighbours import Near, Vectors
from kb.search.query.analysis import bigrams
from kb.search.query.conditions import Condition, asked_day
from kb.search.query.matching import AllOf, Not
from kb.search.query.query import Query
from kb.search.query.ranking import Floats
from kb.search.query.weights import LIKE, LIKE_AT_LEAST, NEAREST

# More than any score: what an order asks for decides first.
_BEYOND = 1e6
# More than any order asks for: the place that a query names comes first.
_FIRST = 1e15
# Queries whose sections are kept for their next page, or another order.
_ASKED = 8
# Postings of pairs that are read to find sections near a string, about: the rarest pairs tell the most.
_READ_FOR_NEAR = 200_000
_NONE = np.empty(0, np.int64)


@dataclass(frozen=True, slots=True)
class Group:
    """Sections, ascending, with their scores: the place that a query names (`direct`), literal matches, or related ones.

    Of related ones, those that are `meant`, ascending, were found by their meaning and not by their words.
    """

    sections: Numbers
    scores: Floats
    literal: bool
    direct: bool = False
    meant: Numbers = field(default_factory=lambda: _NONE)

    def where(self, mask: NDArray[np.bool_]) -> Group:
        """Keep some of the sections."""
        return replace(self, sections=self.sections[mask], scores=self.scores[mask])


@dataclass(frozen=True, slots=True)
class Found:
    """What a query finds, in the order of the groups, which share no section.

    `counts` are the sections found in each document, whatever its conditions; `documents` are they as they are searched.
    `absent`: the query names an article that its document does not have.
    """

    groups: tuple[Group, ...]
    counts: Numbers
    documents: Documents
    absent: bool = False

    @property
    def total(self) -> int:
        """How many sections match literally."""
        return sum(len(group.sections) for group in self.groups if group.literal)

    @property
    def direct(self) -> bool:
        """Whether the place that the query names is there."""
        return any(len(group.sections) for group in self.groups if group.direct)

    @property
    def related(self) -> int:
        """How many are listed that do not."""
        return sum(len(group.sections) for group in self.groups if not group.literal)

    @property
    def by_meaning(self) -> int:
        """How many of these are found by their meaning and not by their words."""
        return sum(int(among(group.meant, group.sections).sum()) for group in self.groups)


_ALL_VERSIONS = Condition("version", ("all",))


class Searcher:
    """Answers with section numbers; `stored` tells what they are. Many threads may use one.

    `size` is the number of sections; `warnings` are sentences on this state, for whoever searches it. `told` tells how
    documents stand, `token` the state of that knowledge.
    """

    def __init__(
        self,
        generation: Generation,
        told: Standings | None = None,
        token: Hashable = None,
        warnings: tuple[str, ...] = (),
        vectors: Vectors = Vectors(),  # noqa: B008
    ) -> None:
        self.generation, self.token, self.vectors = generation, token, vectors
        self._knowledge = Knowledge(told, generation.fingerprints() if told else {})
        self.unknown = self._knowledge.unknown
        self.warnings = (*warnings, self.unknown) if self.unknown else warnings
        self.copies = self._knowledge.copies
        self._looked_at: int | None = None
        self._reader = Reader(generation.folder, FIELDS)
        self._sections = int(self._reader.live.sum())
        self._documents, self.documents = self._survey()
        self.size = int(self._by_document(np.flatnonzero(self._reader.live))[self.documents.held].sum())
        self._looked_at = self.searched(())
        self._first_sections = np.sort(
            np.unique(self._documents, return_index=True)[1][-len(self.documents.listings) :]
        )
        self._literal = Literal(self._reader)
        self.find = lru_cache(_ASKED)(self._find)
        self._documents_on = lru_cache(_ASKED)(self._as_on)
        self._scorer = Scorer(self._reader, self._documents, self.documents.listings)

    def _find(self, query: Query) -> Found:
        """Return the sections that match a query literally or have like words, and the place that it names."""
        literal = self._literal.matching(query.root) if query.leaves else self._whole_documents(query)
        scored = self._scorer.score(query.required)
        related = self._related(query, scored.related, literal)
        direct, absent = self._named(query)
        is_literal = bool(among(direct, literal).any())
        groups = [
            Group(sections, scored.scores[sections], literal, direct)
            for sections, literal, direct in (
                (direct, is_literal, True),
                (without(literal, direct), True, False),
                (without(related, direct), False, False),
            )
        ]
        if near := self._near(query):
            groups[2] = self._by_meaning(query, near, scored.scores, groups[2], np.union1d(literal, direct))
        for each in query.conditions:
            if each.field in ("article", "within"):
                inside = self._inside(each)
                groups = [group.where(inside[group.sections]) for group in groups]
        counts = self._by_document(np.concatenate([group.sections for group in groups]))
        documents = self.documents_for(query.conditions)
        met = documents.meeting(query.conditions)
        if met is not None:
            # An older text that the query names by its edition is shown, though no older ones were asked for.
            every = documents.meeting((*(each for each in query.conditions if each.field != "version"), _ALL_VERSIONS))
            there = [every if group.direct else met for group in groups]
            groups = [
                group if mask is None else group.where(mask[self._documents[group.sections]])
                for group, mask in zip(groups, there, strict=True)
            ]
        return Found(
            tuple(groups),
            counts,
            documents,
            absent,
        )

    def spread(self, groups: Iterable[Group]) -> int:
        """Count the documents of the sections of some groups."""
        there = np.zeros(len(self.documents.listings), bool)
        for group in groups:
            there[self._documents[group.sections]] = True
        return int(there.sum())

    def sections_in(self, found: Found, shown: Iterable[tuple[int, Group]]) -> dict[str, int]:
        """Count the sections that documents have of the kind by which they are listed, by key; `shown` are some of these."""
        listed = {int(self._documents[section]): group is found.groups[-1] for section, group in shown}
        *sure, related = found.groups
        counts = [self._by_document(np.concatenate([each.sections for each in part])) for part in (sure, [related])]
        return {self.documents.listings[at].key: int(counts[alike][at]) for at, alike in listed.items()}

    def like(self, document: str, anchor: str, most: int) -> list[tuple[int, float]]:
        """Return the sections of other present documents that are likest to one, the likest first, one of each law.

        Raises NotFoundError where that is not there, or has no vector.
        """
        place = common(self._sections_of(document), self._reader.postings("place", anchor)[0]).tolist()[:1]
        if not place or self.stored(place[0]).anchor != anchor:
            raise no_section(f"{document}#{anchor}")
        likeness = likeness_to(place[0], self.vectors, f"{document}#{anchor}")
        return likest(likeness, self._documents, self.documents, int(self._documents[place[0]]), most)

    def texts(self) -> list[str]:
        """Return the text of each section that has more than a title, a heading or a frame; "" for others."""
        said = self._reader.live.copy()
        said[self._reader.postings("bare", "1")[0]] = False
        return [
            unpack(self._reader.stored(section)).text if there else "" for section, there in enumerate(said.tolist())
        ]

    def _by_document(self, sections: Numbers) -> Numbers:
        """Count sections for each document."""
        return np.bincount(self._documents[sections], minlength=len(self.documents.listings))

    def _related(self, query: Query, related: Numbers, literal: Numbers) -> Numbers:
        """Return those of the sections with like words that a query is content with, ascending."""
        if query.exact or not query.required:
            return literal[:0]
        return self._literal.matching(AllOf(tuple(map(Not, query.excluded))), without(related, literal))

    def _near(self, query: Query) -> Near | None:
        """Return what is near a query in its meaning; None where that is not asked for, or nobody can tell."""
        if not self.vectors.found or not query.asked:
            return None
        try:
            return self.vectors.found.near(query.asked, NEAREST, LIKE, LIKE_AT_LEAST)
        except StorageError as error:  # words answer, and `vectors` say why
            self.vectors = self.vectors.without(str(error))
            return None

    def _by_meaning(self, query: Query, found: Near, scores: Floats, related: Group, others: Numbers) -> Group:
        """Return the related sections, and those that mean the like and are none of the others, scored by words and meaning.

        What is near enough is so whatever the conditions, so that counts agree with what they lead to.
        """
        near = without(without(found.sections, others), related.sections)
        near = self._literal.matching(AllOf(tuple(map(Not, query.excluded))), near)
        sections = np.union1d(related.sections, near)
        scores = self._scorer.joined(scores, found.likeness, sections, query.required)
        return Group(sections, scores, False, meant=near)

    def page(self, found: Found, order: Order, first: int, last: int) -> Iterator[tuple[int, float, Group]]:
        """Yield the sections that come `first` to `last`: each with its score and the group in which it was found."""
        for group in found.groups:
            for place in self._ranked(group, order, max(first, 0), last).tolist():
                yield int(group.sections[place]), float(group.scores[place]), group
            first, last = first - len(group.sections), last - len(group.sections)

    def page_of_documents(
        self, found: Found, order: Order, first: int, last: int
    ) -> Iterator[tuple[int, float, Group]]:
        """Yield the best few sections of the documents that come `first` to `last`, as `page` does those of all."""
        direct, literal, related = found.groups
        listed = np.zeros(len(self.documents.listings), bool)
        for groups in ((direct, literal), (related,)):
            sections = np.concatenate([group.sections for group in groups])
            keys = np.concatenate([self._keys(group, order) + _FIRST * group.direct for group in groups])
            fresh = ~listed[self._documents[sections]]
            sections, keys = sections[fresh], keys[fresh]
            documents = self._documents[sections]
            best = np.full(len(listed), -np.inf)
            np.maximum.at(best, documents, keys)
            there = np.flatnonzero(best > -np.inf)
            listed[there] = True
            shown = there[np.lexsort((there, -best[there]))][max(first, 0) : max(last, 0)]
            first, last = first - len(there), last - len(there)
            place = np.full(len(listed), -1)
            place[shown] = np.arange(len(shown))
            inside = np.flatnonzero(place[documents] >= 0)
            ordered = inside[np.lexsort((sections[inside], -keys[inside], place[documents[inside]]))]
            for at in _few_of_each(place[documents[ordered]], ordered):
                group = direct if sections[at] in direct.sections else groups[-1]
                yield int(sections[at]), float(group.scores[np.searchsorted(group.sections, sections[at])]), group

    def _keys(self, group: Group, order: Order) -> NDArray[np.float64]:
        """Return what the sections of a group are ordered by, the greatest first."""
        keys = group.scores.astype(np.float64)
        if order != "relevance":
            keys += _BEYOND * self.documents.ranks[order][self._documents[group.sections]]
        return keys

    def _ranked(self, group: Group, order: Order, first: int, last: int) -> Numbers:
        """Return the places in a group of those that come `first` to `last` in an order.

        Equal ones come best first, then in the order of their documents' ids, then of the text.
        """
        size = len(group.sections)
        if first >= min(last, size):
            return _NONE
        keys = self._keys(group, order)
        enough = np.partition(keys, size - last)[size - last] if last < size else -np.inf
        best = np.flatnonzero(keys >= enough)
        ranks = np.lexsort((best, self._documents[group.sections[best]], -keys[best]))
        return best[ranks[first:last]]

    def count(self, string: str) -> int:
        """Return how many sections of present documents contain a folded string."""
        return int(self.documents.present[self._documents[self._literal.containing(string)]].sum()) if string else 0

    def counts(self, strings: Sequence[str]) -> list[int]:
        """See `near.Texts`."""
        return [self.count(string) for string in strings]

    def stands(self, query: Query) -> bool:
        """Return whether any section matches a query literally, whatever its conditions."""
        return not query.leaves or len(self._literal.matching(query.root)) > 0

    def foresee(self, strings: Sequence[str]) -> None:
        """See `results.Counting`: here each is counted when it is asked for."""

    def sharing(self, string: str, edits: int, most: int) -> Iterator[tuple[str, int]]:
        """See `near.Texts`: the rarest pairs are counted first, and of these no more may be missing than edits can break."""
        pairs = {pair: self._reader.frequency("text", pair) for pair in dict.fromkeys(bigrams(string))}
        least = -BROKEN * edits
        if sum(not having for having in pairs.values()) + least > 0:
            return
        shared, read = np.zeros(self._reader.size, np.int16), 0
        for pair in deadline.checked(sorted(pairs, key=pairs.__getitem__)):
            if read > _READ_FOR_NEAR and least > 0:
                break
            shared[self._reader.postings("text", pair)[0]] += 1
            read += pairs[pair]
            least += 1
            if shared.max() < least:  # a pair adds one to each at most: none can come up to what is asked
                return
        near = np.flatnonzero(shared >= max(least, 1))
        near = near[self.documents.present[self._documents[near]]]
        for section in near[np.argsort(-shared[near], kind="stable")[:most]].tolist():
            yield self._reader.folded(section).decode(), section

    def where(self, string: str, most: int, preferred: str) -> list[Stored]:
        """See `origins.Library`."""
        sections = self._literal.containing(string)
        documents = self._documents[sections]
        sections, documents = sections[(at := self.documents.present[documents])], documents[at]
        ids = {number for number in set(documents.tolist()) if self.documents.listings[number].id == preferred}
        first = np.isin(documents, list(ids)) if ids else np.zeros(len(documents), bool)
        ordered = np.lexsort((sections, documents, -self.documents.ranks["rank"][documents], ~first))
        return [self.kept(section) for section in sections[ordered[:most]].tolist()]

    def kept(self, section: int) -> Stored:
        """See `near.Texts`."""
        return self.stored(section, self.documents)

    def searched(self, conditions: Iterable[Condition]) -> int:
        """Return how many sections a query with these conditions looks at: those of present documents, or of versions, too."""
        if not (conditions := tuple(conditions)) and self._looked_at is not None:
            return self._looked_at
        asked = self.documents_for(conditions).asked_versions(conditions)
        return int(self._by_document(np.flatnonzero(self._reader.live))[asked].sum())

    def readings(self, starts: Sequence[str]) -> list[Iterable[str]]:
        """Return how words are read, as `suggestions.readings` writes it, where that starts with each of some strings."""
        return [self._reader.starting("reading", start) for start in starts]

    def ended(self, name: str) -> Ended | None:
        """Return what ended the document that a query names and that is not there; None where nothing did."""
        return self._knowledge.ended(name)

    def suggest(self, typed: str, limit: int) -> list[Suggestion]:
        """Return what somebody who has typed this may want: a place, titles, headings, words that are read like it."""
        folded = fold(typed).translate(TITLE_MARKS)
        if not folded:
            return []
        found = [
            *self._suggested_places(folded),
            *self._suggested_titles(folded, limit),
            *(Suggestion(self._headings[number], "heading") for number in self._headings.containing(folded, limit)),
            *(Suggestion(word, "word") for word in suggestions.pinyin_words(folded, self.readings, limit)),
        ]
        return suggestions.different(found)[:limit]

    def _suggested_places(self, folded: str) -> Iterator[Suggestion]:
        documents, anchor = self.documents.place(folded)
        for section in self._place(documents, anchor).tolist() if anchor else ():
            stored = self.stored(section)
            yield Suggestion(f"{stored.title}{stored.number}", "place", stored.document, stored.anchor)

    def _suggested_titles(self, folded: str, limit: int) -> Iterator[Suggestion]:
        named = self.documents.named(folded)[:limit]
        for number in dict.fromkeys((*named, *self._titles.containing(folded, limit))):
            listing = self.documents.listings[number]
            yield Suggestion(listing.title, "title", listing.id)

    @cached_property
    def _headings(self) -> suggestions.Texts:
        return suggestions.Texts(self._reader.starting("heading"))

    @cached_property
    def _titles(self) -> suggestions.Texts:
        return suggestions.Texts(listing.title for listing in self.documents.listings)

    def documents_for(self, conditions: Iterable[Condition]) -> Documents:
        """Return the documents as conditions ask for them: at present, or on a day.

        Raises BadIndexError for conditions that nobody can tell the answer to.
        """
        self._knowledge.check(conditions)
        day = asked_day(conditions)
        return self._documents_on(day) if day else self.documents

    def _as_on(self, day: str) -> Documents:
        return documents_on(day, self.documents.listings, self._knowledge.on(day))

    def stored(self, section: int, documents: Documents | None = None) -> Stored:
        """Return what was kept of a section, with how its document stands."""
        deadline.check()
        validity = (documents or self.documents).listings[self._documents[section]].validity
        return unpack(self._reader.stored(section))._replace(validity=validity)

    def _named(self, query: Query) -> tuple[Numbers, bool]:
        """Return the section that a query names, an article or where a document starts, and whether it should be one and is none."""
        if not 0 < len(query.name) <= LONGEST_NAME:
            return _NONE, False
        named, anchor = self.documents_for(query.conditions).place(query.name.translate(TITLE_MARKS))
        place = self._place(named, anchor)
        return place, bool(named) and not len(place)

    def _place(self, documents: Iterable[int], anchor: str) -> Numbers:
        """Return the section with an anchor, or the first one, of the first of some documents that has it."""
        for document in documents:
            sections = self._sections_of(self.documents.listings[document].key)
            if anchor:
                sections = common(sections, self._reader.postings("place", anchor)[0])
            if len(sections):
                return sections[:1]
        return _NONE

    def _sections_of(self, document: str) -> Numbers:
        return self._reader.postings("document", document)[0]

    def _whole_documents(self, query: Query) -> Numbers:
        """Return the sections that a query without text lists: one for each document, or all where a place is asked for."""
        if any(each.field in ("article", "within") for each in query.conditions):
            return np.flatnonzero(self._reader.live)
        sections = self._first_sections
        for document, anchor in self.documents_for(query.conditions).contained(query.conditions):
            if len(place := self._place([document], anchor)):
                first = self._sections_of(self.documents.listings[document].key)[:1]
                sections = np.union1d(np.setdiff1d(sections, first), place)
        return sections

    def _inside(self, condition: Condition) -> NDArray[np.bool_]:
        """Tell for each section whether it stands at one of the places of a condition."""
        inside = np.zeros(self._reader.size, bool)
        for anchor in condition.values:
            inside[self._reader.postings("place", anchor)[0]] = True
        return ~inside if condition.exclude else inside

    def _survey(self) -> tuple[Numbers, Documents]:
        """Number the documents in the order of their ids; answer each section's document, and what they are."""
        lists = sorted(self._reader.lists("document"), key=lambda found: found[0])
        numbers = np.full(self._reader.size, -1)
        for number, (_, sections) in enumerate(lists):
            numbers[sections] = number
        listings = [unpack(self._reader.stored(int(sections[0]))).listing for _, sections in lists]
        return numbers, Documents(
            [self._knowledge.of(listing) for listing in listings], repeated=self._knowledge.repeated
        )


def _few_of_each(places: Numbers, ordered: Numbers) -> list[int]:
    """Return the first few of each run of equal places."""
    starts = np.flatnonzero(np.concatenate(([True], places[1:] != places[:-1]))) if len(places) else _NONE
    within = np.arange(len(places)) - np.repeat(starts, np.diff(np.append(starts, len(places))))
    found: list[int] = ordered[within < SECTIONS_SHOWN].tolist()
    return found
