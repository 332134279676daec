"""Which document, text and place of the corpus a citation means."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from kb.base.lazy_re import lazy_re
from kb.chinese import article_places
from kb.chinese.title_keys import number_key, title_key
from kb.law import editions, timeline
from kb.law.effects import Effect, known_effects
from kb.law.reader import Called, Found, Known, Reader
from kb.law.records import INSIDE, PLAIN, SHORT, TAIL, TITLE, Edition
from kb.law.statements import Statement
from kb.law.timeline import Held, State
from kb.structure.statute import is_legislation

Doubt = Literal["", "no such edition", "cannot tell"]
_NUMBERS = lazy_re(
    r"[\u4e00-\u9fff]{0,12}(?:令|公告|[〔\[（(]\d{4}[〕\]）)])(?:第)?[\d〇零一二三四五六七八九十百千]+号"
)
_ARTICLE = lazy_re(r"(?:[a-z]+-\d+-)*?art-\d+(?:-\d+)*(?=$|-[pi])")
_AMENDING = lazy_re(r"修[订正改].*决定|修正案")


@dataclass(frozen=True, slots=True)
class Target:
    """What is meant: a document, its text in force at the time ("" the present one) and the anchor in that text.

    `missing` says that the text has no such place: `anchor` is then that of the article it would be in. It is "" where
    there is no such article either, and where the whole document is meant. `later` is the day from which the text holds, or on
    which it was made, where the one of the day of the citation is not there: articles may have had other numbers.
    `perhaps` says that nothing tells from when the text holds, so that on that day an older one may have held.
    `wanted` is the place as it was asked for, `named` the text as the author names it, by an edition or by a number.
    `doubt` says that the text which the author names is not there, or that one cannot tell which it is: this is another one.
    """

    document: Known
    version: str
    anchor: str
    missing: bool = False
    later: str = ""
    doubt: Doubt = ""
    perhaps: bool = False
    wanted: str = ""
    named: str = ""


@dataclass(frozen=True, slots=True)
class Resolved:
    """A citation and its target, None where the corpus does not have what is named."""

    found: Found
    target: Target | None


@dataclass(slots=True)
class Resolver:
    """Resolves citations by what a store knows; good for as long as its reader."""

    reader: Reader
    _called: dict[str, list[Called]] = field(default_factory=dict)
    _editions: dict[int, list[Edition]] = field(default_factory=dict)
    _states: dict[int, list[State]] = field(default_factory=dict)
    _became: dict[tuple[int, str], dict[str, str]] = field(default_factory=dict)
    _effects: dict[tuple[int, str], Effect | None] = field(default_factory=dict)
    _anchors: dict[tuple[int, str], frozenset[str]] = field(default_factory=dict)
    _fitted: dict[tuple[int, str, str], str] = field(default_factory=dict)

    def citations(self, document: Known, on: str = "") -> list[Resolved]:
        """Return everything that a document cites, in the order of its text; what it means on a day, by default its own."""
        return [Resolved(found, self.target(found, document, on)) for found in self.reader.citations(document.number)]

    def cited_by(self, document: Known) -> Iterator[tuple[Known, Resolved]]:
        """Yield the citations in other documents that mean this one, with the citing document."""
        keys = [key for key, _ in self.reader.names(document.number)]
        for found in self.reader.naming(keys):
            if found.document != document.number:
                citing = self.reader.by_number(found.document)
                target = self.target(found, citing)
                if target and target.document.is_copy_of(document) and not citing.is_copy_of(document):
                    yield citing, Resolved(found, target)

    def target(self, found: Found, citing: Known, on: str = "", version: str = "") -> Target | None:
        """Return what a citation means on a day (ISO 8601), by default that of the citing document.

        `version` names the text of the citing document in which it was found.
        """
        if not (found.key or found.also):
            return self._placed(citing, version, "", found.place)
        called = self.document(found, citing, on or citing.date)
        if called is None:
            return None
        document = self.reader.by_number(called.document)
        if document.number == citing.number:
            return self._placed(citing, version, called.anchor, found.place)
        if found.edition and editions.read(found.edition).way != "now":
            edition, doubt = self.named_edition(document, found.edition, on or citing.date)
            placed = self._placed(document, edition.version, called.anchor, found.place)
            return replace(placed, doubt=doubt, named=found.edition)
        if found.key and (numbered := self.numbered_edition(document, found.also)):
            placed = self._placed(
                document, (numbered[0] or self.edition(document, on or citing.date)).version, called.anchor, found.place
            )
            return replace(placed, doubt="" if numbered[0] else "cannot tell", named=numbered[1])
        day = on or citing.date
        edition, later, perhaps = self.shown(document, day)
        target = self._placed(document, edition.version, called.anchor, found.place)
        return replace(target, later=later, perhaps=perhaps)

    def document(self, found: Found, citing: Known, on: str) -> Called | None:
        """Return the document that is named; None where there is none, or where one cannot tell which."""
        candidates = self._candidates(found)
        if found.relation == "repeals":  # a new law repeals the old one of its own name
            candidates = [each for each in candidates if each.document != citing.number or each.rank == INSIDE]
        if not candidates:
            return None
        best = min(each.rank for each in candidates)
        candidates = [each for each in candidates if each.rank == best]
        if len(candidates) > 1 and found.edition and (year := editions.read(found.edition).year):
            of_year = [each for each in candidates if self._has_year(self.reader.by_number(each.document), year)]
            candidates = of_year or candidates
        return self._choose(candidates, citing, on)

    def _has_year(self, document: Known, year: str) -> bool:
        return _year_of(document.title) == year or any(each.made.startswith(year) for each in self.editions(document))

    def _candidates(self, found: Found) -> list[Called]:
        """Return what may be named: without marks only by a whole title, the longer one first."""
        if found.kind == "unmarked" or (found.edition and found.also and found.key != found.also):
            for key in (found.key, found.also):
                # 公司法（2018修正） may be a title; else it is the law of that title in an edition of it.
                least = PLAIN if key == found.key else TITLE
                named = [each for each in self._by(key) if not each.anchor]
                if some := [each for each in named if each.rank <= least] or [
                    each for each in named if each.rank == SHORT
                ]:
                    return some
            if found.kind == "unmarked":
                return []
        return [*self._by(found.also), *self._by(found.key)]

    def named_edition(self, document: Known, printed: str, on: str) -> tuple[Edition, Doubt]:
        """Return the text that an author names on a day, or the one of the day and why it is not the one named."""
        on = on or "9999"
        named, known = editions.read(printed), self.editions(document)
        current = self.edition(document, on)
        made = {each.version: each.made for each in known}
        said = self.reader.statements(document.number)
        past = [each.day for each in said if each.what in ("made", "amended")]
        newest = next((each for each in known if made[each.version] and made[each.version] <= on), None)
        last = max((day for day in past if day <= on), default="") or (made[newest.version] if newest else "")
        if named.way == "draft":
            return current, "cannot tell"
        if named.way == "then":  # nothing tells of which day the author speaks: it matters where the text changed
            return current, "" if len(known) == 1 and len(past) < 2 else "cannot tell"
        if named.way == "new":
            held = newest is not None and made[newest.version][:7] >= last[:7]
            return (newest, "") if newest and held else (current, "cannot tell")
        if named.way == "old":
            if named.year:  # 2018年修正前的: the one before that of the year, if it was changed then
                last = min((day for day in past if day.startswith(named.year)), default="")
            before = max((day for day in past if day < last), default="")
            found = [each for each in known if before and made[each.version][:7] == before[:7]]
            return (found[0], "") if found else (current, "cannot tell")
        found = [each for each in known if named.day and timeline.same(each.made, named.day)]
        found = found or [each for each in known if made[each.version].startswith(named.year)]
        if not found and not named.revised:
            found = [
                each.edition for each in self.states(document) if each.edition and each.since.startswith(named.year)
            ]
        if not found and _year_of(document.title) == named.year:
            found = list(known)
        if found:
            return found[0], ""
        told = any(each.day.startswith(named.year) for each in said if each.what in ("made", "amended", "effect"))
        latest = max((day[:4] for day in made.values()), default="")
        return current, "no such edition" if past and not told and named.year <= latest else "cannot tell"

    def numbered_edition(self, document: Known, number: str) -> tuple[Edition | None, str] | None:
        """Return the text that has the number (a key) that the author gives beside the title, and how it is dated.

        What the document tells of its past has the number, or the number has a year. None where a number tells nothing: the
        document has but one text, or the number is its own.
        """
        states = self.states(document)
        found = re.search(r"(?:(\d{4}))?-\d+$", number)
        if not found or len(states) < 2:
            return None
        printed = f"（{number}）"
        for each in self.reader.statements(document.number):
            told = (number_key(one) for one in _NUMBERS.findall(each.sentence))
            if each.what in ("made", "amended") and any(one and number.endswith(one) for one in told):
                return next((state.edition for state in states if timeline.same(state.made, each.day)), None), each.day
        own = any(key == number for key, _ in self.reader.names(document.number))
        if own or not found[1]:
            return None
        year, autumn = found[1], f"{int(found[1]) - 1}-09"
        of_year = [each for each in states if each.made.startswith(year)] or [
            each for each in states if autumn <= each.made < year
        ]
        return (of_year[0].edition, year) if of_year else (None, printed)

    def edition(self, document: Known, on: str) -> Edition:
        """Return the text of a document that was in force on a day; the one that comes nearest where that is not there."""
        return self.shown(document, on)[0]

    def shown(self, document: Known, on: str) -> tuple[Edition, str, bool]:
        """Return the text to show for a day; when it is of later, where the day's is not there; whether an older one may hold."""
        known = self.editions(document)
        if not on:
            return known[0], "", False
        held = self.held(document, on)
        if held.state and held.state.edition:
            return held.state.edition, "", held.perhaps
        after = [each for each in self.states(document) if each.edition and (each.since or each.made) > on]
        if after and after[-1].edition:
            return after[-1].edition, after[-1].since or after[-1].made, False
        if held.state is None and not self.states(document):
            return known[0], "", False
        return known[0], known[0].since or known[0].made or document.date, False

    def held(self, document: Known, on: str) -> Held:
        """Return which state of a document held on a day. What no body made as law, a notice, applies from when it was issued."""
        held = timeline.on_day(self.states(document), on)
        if not held.perhaps or held.before or is_legislation(document.kind) or self._is_made(document):
            return held
        return replace(held, perhaps=False)

    def _is_made(self, document: Known) -> bool:
        """Return whether a document tells that a body passed or published it."""
        return any(each.what == "made" for each in self.reader.statements(document.number))

    def states(self, document: Known) -> Sequence[State]:
        """Return the texts that a document had, kept or only told of, the newest first."""
        if document.number not in self._states:
            said = self.reader.statements(document.number)
            told = _makings(said)
            starts = sorted(each.day for each in said if each.what == "effect" and each.day)
            found = timeline.states(self.editions(document), told)
            dated = []
            for place, each in enumerate(found):
                until = found[place - 1].made if place else "9999"
                dated.append(each if each.since else replace(each, since=self._effect(document, each, starts, until)))
            self._states[document.number] = dated
        return self._states[document.number]

    def _effect(self, document: Known, state: State, starts: Sequence[str], until: str) -> str:
        """Return from when a state held: as its instrument says, a day that the text tells between it and the next, or the table."""
        if effect := self.effect(document, state.made):
            return effect.day
        last = min(until, timeline.surely_since(state.made))
        own = state.edition is None and next((day for day in starts if state.made <= day < last), "")
        return own or ""

    def effect(self, document: Known, made: str) -> Effect | None:
        """Return from when what was made on a day holds, as the document says that made it, or the table; None where none does."""
        wanted = (document.number, made)
        if wanted not in self._effects:
            told = self._told_by_instrument(document, made)
            self._effects[wanted] = told or known_effects().get((title_key(document.title), made))
        return self._effects[wanted]

    def instruments(self, document: Known) -> Iterator[Known]:
        """Yield the amendments and the decisions that change a document, as far as they are there."""
        keys = [key for key, _ in self.reader.names(document.number)]
        seen = {document.number}
        for found in self.reader.naming(keys, "amends"):
            citing = self.reader.by_number(found.document)
            if citing.number in seen or not _AMENDING.search(citing.title):
                continue
            seen.add(citing.number)
            called = self.document(found, citing, citing.date)
            if called and self.reader.by_number(called.document).is_copy_of(document):
                yield citing

    def _told_by_instrument(self, document: Known, made: str) -> Effect | None:
        for instrument in self.instruments(document):
            if timeline.same(instrument.date, made):
                for each in self.reader.statements(instrument.number):
                    if each.what == "effect" and each.day >= made[:7]:
                        return Effect(each.day, instrument.id, instrument.title, each.anchor, each.sentence)
        return None

    def editions(self, document: Known) -> Sequence[Edition]:
        """Return the texts of a document, the newest first."""
        if document.number not in self._editions:
            self._editions[document.number] = self.reader.editions(document.number)
        return self._editions[document.number]

    def had_earlier(self, target: Target) -> bool:
        """Return whether a document is known to have had another text before the one that is meant."""
        states = self.states(target.document)
        mine = [each for each in states if each.edition and each.edition.version == target.version]
        return bool(mine) and states[-1].made < mine[0].made

    def present_anchor(self, target: Target) -> str | None:
        """Return where a place in an older text stands in the present one: by its words, or between articles that kept theirs.

        None where neither tells. A place in the present text is where it is, though the author may have had another one.
        """
        if not target.version or not target.anchor:
            return target.anchor
        texts = {each.version: each.anchors for each in self.editions(target.document)}
        old, new = texts[target.version], texts[""]
        digest = old.get(target.anchor, "")
        if digest and new.get(target.anchor) == digest:
            return target.anchor
        article = _ARTICLE.match(target.anchor)
        if article is None:
            return None
        moved = self._moved(target.document, target.version, old, new).get(article[0])
        if moved is None:
            return None
        inside = target.anchor[article.end() :]
        return moved + inside if moved + inside in new else moved

    def _moved(self, document: Known, version: str, old: Mapping[str, str], new: Mapping[str, str]) -> dict[str, str]:
        """Return where each article of an older text stands in the present one, as far as its words or its neighbours tell."""
        key = (document.number, version)
        if key not in self._became:
            before, after = ([each for each in text if _ARTICLE.fullmatch(each)] for text in (old, new))
            places: dict[str, list[int]] = {}
            for place, each in enumerate(after):
                places.setdefault(new[each], []).append(place)
            steps = [
                found[0] - place if (found := places.get(old[each], [])) and len(found) == 1 else None
                for place, each in enumerate(before)
            ]
            moved: dict[str, str] = {}
            for place, each in enumerate(before):
                step = steps[place]
                if step is None:
                    earlier = next((one for one in reversed(steps[:place]) if one is not None), None)
                    later = next((one for one in steps[place + 1 :] if one is not None), None)
                    step = earlier if earlier == later else None
                if step is not None and 0 <= place + step < len(after):
                    moved[each] = after[place + step]
            self._became[key] = moved
        return self._became[key]

    def fit(self, document: Known, version: str, place: str) -> str:
        """Return the anchor of a place in a text, "" where it has none."""
        wanted = (document.number, version, place)
        if wanted not in self._fitted:
            self._fitted[wanted] = self._fit(document, version, place)
        return self._fitted[wanted]

    def _fit(self, document: Known, version: str, place: str) -> str:
        key = (document.number, version)
        if key not in self._anchors:
            texts = {each.version: each.anchors for each in self.editions(document)}
            self._anchors[key] = frozenset(texts.get(version, {}))
        return article_places.fit(place, self._anchors[key])

    def _by(self, key: str) -> list[Called]:
        if key and key not in self._called:
            self._called[key] = self.reader.called(key)
        return self._called.get(key, [])

    def _choose(self, candidates: Sequence[Called], citing: Known, on: str) -> Called | None:
        """Choose among documents of one name: the citing one's own, its issuer's, the newest made by then; of copies the first fetched."""
        documents = {each.document: self.reader.by_number(each.document) for each in candidates}
        if len(documents) > 1 and citing.number in documents:
            return next(each for each in candidates if each.document == citing.number)
        documents = _once(documents.values())
        candidates = [each for each in candidates if each.document in documents]
        made = [each for each in candidates if not on or documents[each.document].date <= on]
        kin = [each for each in made if documents[each.document].issuer == citing.issuer]
        if not kin and candidates[0].rank in (INSIDE, TAIL, SHORT) and not _one_notice(list(documents.values())):
            return None
        chosen = kin or made or candidates
        return max(chosen, key=lambda each: (documents[each.document].date, documents[each.document].id))

    def _placed(self, document: Known, version: str, anchor: str, place: str) -> Target:
        wanted = f"{anchor}-{place}" if anchor and place else anchor or place
        found = self.fit(document, version, wanted)
        outer = found or self._outer(document, version, wanted)
        # An amendment's 一、 has no 款 of its own to tell whether the second is there.
        coarse = bool(outer) and "art-" in wanted and "art-" not in outer
        return Target(document, version, outer, missing=bool(wanted) and not found and not coarse, wanted=wanted)

    def _outer(self, document: Known, version: str, wanted: str) -> str:
        """Return the innermost place around a wanted one that there is."""
        while "-p" in wanted or "-i" in wanted:
            wanted = wanted.rpartition("-")[0]
            if found := self.fit(document, version, wanted):
                return found
        return ""


def _makings(said: Iterable[Statement]) -> list[list[str]]:
    """Return the days on which each text of a law was passed, approved and published, the oldest first.

    What is told after a making, and is no change, belongs to it: a local law is approved months after it was passed.
    """
    found: list[list[str]] = []
    for each in sorted(said, key=lambda one: one.day):
        if each.day and each.what == "made" and found:
            found[-1].append(each.day)
        elif each.day and each.what in ("made", "amended"):
            found.append([each.day])
    return found


def _once(documents: Iterable[Known]) -> dict[int, Known]:
    """Return documents by number, of copies of one document only the one that was fetched first."""
    first: dict[str, Known] = {}
    for each in sorted(documents, key=lambda known: (known.retrieved, known.id)):
        first.setdefault(each.copy or each.id, each)
    return {each.number: each for each in first.values()}


def _one_notice(documents: Sequence[Known]) -> bool:
    """Tell copies of one document, or texts of one title, from several documents."""
    numbers = {number_key(each.document_number) for each in documents}
    return len({title_key(each.title) for each in documents}) == 1 and (len(numbers) == 1 or "" in numbers)


def _year_of(title: str) -> str:
    """Return the year that a title names at its end: 示例目录（2021年版）."""
    found = re.search(r"（(\d{4})[^（）]*）$", title_key(title))
    return found[1] if found else ""
