"""Whether a document holds on a day, with the sentence that says so. What nothing says is 不明, never a guess.

现行有效 means that its source itself declared it. 未见终止 means that it took effect and that nothing in the library ends it: `as_of`
says up to which day the library can know. 依据已废止 is said of an interpretation, or rules, whose law has ended. 推定届满 is computed:
a period of validity that the document names has run out, and nothing tells whether it was prolonged.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from kb.base import clock
from kb.base.lazy_re import lazy_re
from kb.chinese.title_keys import title_key
from kb.law import timeline
from kb.law.reader import Found, Known, Reader
from kb.law.resolve import Resolver
from kb.law.statements import Statement
from kb.law.timeline import State

HOLDING = ("", "现行有效", "未见终止", "不明")
"""What is said of documents that hold, or may: "" where nothing is known."""

Status = Literal["现行有效", "未见终止", "依据已废止", "已修改", "已废止", "尚未生效", "已失效", "推定届满", "不明"]
_NO_RULES = frozenset(["报告", "公报", "公示", "简报", "总结", "讲话"])
_SERIAL = lazy_re(r"[（(][一二三四五六七八九十]+[）)]$")
_OF_PROCEDURE = lazy_re("诉讼法$")
_INTERPRETATION = lazy_re("最高人民(?:法院|检察院)")


@dataclass(frozen=True, slots=True)
class Evidence:
    """The sentence that says so and where it stands: `document` is an id; `day` (ISO 8601) is when it counts from."""

    document: str
    title: str
    anchor: str
    sentence: str
    day: str


@dataclass(frozen=True, slots=True)
class Validity:
    """How a document stands on a day. `since` is the day from which it stands so, "" where that is not known.

    `replaced_by` is the id of the document that took its place, "" where none is known. `as_of` is the last day of which the
    library, or the source that declares it, can know.
    """

    status: Status
    since: str = ""
    evidence: tuple[Evidence, ...] = ()
    replaced_by: str = ""
    as_of: str = ""

    @property
    def holds(self) -> bool:
        """Whether nothing says that it does not: what is 不明 may."""
        return self.status in HOLDING


@dataclass(frozen=True, slots=True)
class _End:
    """What another document, `made` on a day, does to one: repeals or amends it."""

    relation: str
    made: str
    evidence: Evidence


@dataclass(slots=True)
class Standings:
    """Answers how documents stand, by one state of the store."""

    reader: Reader
    resolver: Resolver = field(init=False)
    _ended_by: dict[int, list[_End]] = field(default_factory=dict)
    _horizons: dict[tuple[str, str], str] = field(default_factory=dict)
    _series: dict[str, list[Known]] | None = None
    _told: dict[tuple[int, str, str], Validity] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.resolver = Resolver(self.reader)

    def of(self, document: Known, on: str, version: str = "") -> Validity:
        """Return how a document, or the text of one of its versions, stands on a day (ISO 8601)."""
        key = (document.number, on, version)
        if key not in self._told:
            found = next(self._candidates(document, on, version), Validity("不明"))
            self._told[key] = replace(found, as_of=found.as_of or self.as_of(on, document.source))
        return self._told[key]

    def as_of(self, on: str, source: str = "") -> str:
        """Return up to which day the library, or what came from one source, can know what happened by a day (ISO 8601)."""
        key = (on, source)
        if key not in self._horizons:
            today = max(on, clock.today())
            newest = self.reader.horizon(today, source) or self.reader.horizon(today)
            self._horizons[key] = min(on, newest) if newest else ""
        return self._horizons[key]

    def changes(self, document: Known) -> list[Evidence]:
        """Return every change of a document's text that is known, the oldest first: told by itself, or by what amends it."""
        own = [_evidence(document, each) for each in self.reader.statements(document.number) if each.what == "amended"]
        others = [each.evidence for each in self._ends(document) if each.relation == "amends"]
        return sorted((*own, *others), key=lambda evidence: evidence.day)

    def repeal(self, document: Known) -> Evidence | None:
        """Return what repealed a document, the first where several did; None where nothing did."""
        found = [each.evidence for each in self._ends(document) if each.relation == "repeals"]
        return min(found, key=lambda evidence: evidence.day or "9999", default=None)

    def repeal_of_name(self, key: str) -> Evidence | None:
        """Return what repealed a document that the corpus lacks, by the key of its name."""
        for found in self.reader.naming([key], "repeals") if key else ():
            if not found.place:
                citing = self.reader.by_number(found.document)
                return Evidence(citing.id, citing.title, found.anchor, found.sentence, self._takes_effect(citing))
        return None

    def _candidates(self, document: Known, on: str, version: str) -> Iterator[Validity]:
        """Yield what may be said, the strongest first."""
        said = self.reader.statements(document.number)
        since = self._since(said)
        if (since or document.date) > on and not self._had_effect(document, said, on):
            yield Validity("尚未生效", "", _of_effect(document, said) or (_making(document),))
        repealed = self.repeal(document)
        if repealed and (not repealed.day or repealed.day <= on):
            yield Validity("已废止", repealed.day, (repealed,), repealed.document)
        yield from self._ended(document, said, on)
        yield from self._superseded(document, on, version)
        if moot := self.moot(document, on):
            yield Validity("依据已废止", moot.day, (moot,))
        if doubt := self.renumbered(document, on) or self.doubted(document, on):
            yield Validity("不明", "", (doubt,))
        yield from self._holding(document, said, on)

    def _holding(self, document: Known, said: list[Statement], on: str) -> Iterator[Validity]:
        """Yield that a document holds, as far as its source or silence tells it; nothing where the day of effect is not known."""
        held = self.resolver.held(document, on)
        evidence = self._of_state(document, held.state, said)
        if held.perhaps:
            yield Validity("不明", "", evidence)
        told = any(each.what in ("made", "amended", "effect", "declared") for each in said)
        if not held.state or not (told or (document.kind and document.kind not in _NO_RULES)):
            return
        since = held.state.since
        declared = next((each for each in said if each.what == "declared" and each.day <= on), None)
        if declared:
            yield Validity("现行有效", since, (_evidence(document, declared), *evidence), "", declared.day)
        yield Validity("未见终止", since, evidence)

    def _of_state(self, document: Known, state: State | None, said: list[Statement]) -> tuple[Evidence, ...]:
        """Return what tells from when a text holds, or else when it was made."""
        if state is None:
            return ()
        for each in said:
            if each.what == "effect" and each.day == state.since:
                return (_evidence(document, each),)
        if effect := self.resolver.effect(document, state.made):
            return (Evidence(effect.document, effect.title, effect.anchor, effect.sentence, effect.day),)
        for each in said:
            if each.what in ("made", "amended") and timeline.same(each.day, state.made):
                return (_evidence(document, each),)
        since = f"，自 {state.since} 起施行" if state.since else ""
        kept = state.edition is not None and state.made != document.date
        told = Evidence(document.id, document.title, "", f"{state.made} 的文本{since}", state.since or state.made)
        return (told if kept else _making(document),)

    def moot(self, document: Known, on: str) -> Evidence | None:
        """Return what ended the law that an interpretation interprets, or every law on which a document rests, by a day; None where none did.

        What an interpretation interprets is named in its title. A law of procedure is no basis of what a document says of substance,
        and the end of one basis of several leaves open whether it still applies: see `doubted`.
        """
        ended, whole = self._bases_that_ended(document, on)
        first = min(filter(None, ended), key=lambda end: end.day, default=None)
        anew = self.interprets(document) and self.renumbered(document, on)
        return first if whole or anew else None

    def basis_that(self, ended: Evidence, document: Known) -> str:
        """Return the name of the basis of a document that was ended so."""
        named = (each.name for each in self._bases(document) if self._end_of_basis(each, document) == ended)
        return next(named, "").strip("《》")

    def doubted(self, document: Known, on: str) -> Evidence | None:
        """Return what ended, by a day, the first of several laws that an interpretation names as its basis; None where nothing did."""
        ended, whole = self._bases_that_ended(document, on)
        first = next(iter(ended), None)
        return first if first and not whole and self.interprets(document) else None

    def _bases_that_ended(self, document: Known, on: str) -> tuple[list[Evidence | None], bool]:
        """Return what ended each law on which a document rests, None for one that did not end, and whether none of substance is left.

        What ended before the document was made is no end of its basis.
        """
        ends: dict[str, Evidence | None] = {}
        for found in self._bases(document):
            if found.key not in ends:
                ends[found.key] = self._end_of_basis(found, document)
        ended = [end if end and document.date < end.day <= on else None for end in ends.values()]
        left = [key for key, end in zip(ends, ended, strict=True) if not end and not _OF_PROCEDURE.search(key)]
        return ended, any(ended) and not left

    def _bases(self, document: Known) -> Sequence[Found]:
        """Return the citations of what a document interprets, or else of what it names as its basis."""
        return self.reader.citations(document.number, "interprets") or self.reader.citations(document.number, "basis")

    def interprets(self, document: Known) -> bool:
        """Tell a judicial interpretation, and what its title says to interpret another."""
        courts = _INTERPRETATION.match(document.issuer or document.title)
        return bool(courts or self.reader.citations(document.number, "interprets"))

    def _end_of_basis(self, found: Found, document: Known) -> Evidence | None:
        called = self.resolver.document(found, document, document.date)
        if called is None:
            return self.repeal_of_name(found.key)
        basis = self.reader.by_number(called.document)
        return None if basis.is_copy_of(document) else self.repeal(basis)

    def renumbered(self, document: Known, on: str) -> Evidence | None:
        """Return the later document with which a series of one name began anew at （一）, by a day; None where there is none.

        Of 最高人民法院关于审理劳动争议案件适用法律若干问题的解释（三） it is …适用法律问题的解释（一） of 2020.
        """
        if self._series is None:
            self._series = {}
            for each in self.reader.of_series():
                self._series.setdefault(_stem(each.title), []).append(each)
        later = [
            each
            for each in self._series.get(_stem(document.title), ())
            if document.date < each.date <= on and each.number != document.number and each.issuer == document.issuer
        ]
        if not later or not document.date:
            return None
        first = min(later, key=lambda each: each.date)
        since = self._takes_effect(first)
        said = (
            f"后来有同名的《{first.title}》（{since} 起施行），编号从（一）重新开始；它是否取代本文件，库里没有明文。"
        )
        return Evidence(first.id, first.title, "", said, since) if since <= on else None

    def _said(self, document: Known) -> list[Statement]:
        return self.reader.statements(document.number)

    def _had_effect(self, document: Known, said: list[Statement], on: str) -> bool:
        """Return whether an older text of the law, kept or only told of, was in force on a day."""
        made = min((each.day for each in said if each.what == "made"), default="9999")
        changed = any(each.what == "amended" for each in said)
        return (changed and made <= on) or any("" < each.since <= on for each in self.resolver.states(document))

    def _since(self, said: list[Statement]) -> str:
        """Return the day on which the document first took effect, "" where it does not say."""
        return min((each.day for each in said if each.what == "effect" and each.day), default="")

    def _takes_effect(self, document: Known) -> str:
        """Return the day on which a document first took effect; that of its making where nothing amended it since."""
        said = self.reader.statements(document.number)
        made = min((each.day for each in said if each.what == "made"), default="")
        return self._since(said) or made or document.date

    def _ended(self, document: Known, said: list[Statement], on: str) -> Iterator[Validity]:
        for each in said:
            evidence = (_evidence(document, each),)
            if each.what == "flag":
                yield Validity("已废止" if "废止" in each.sentence else "已失效", "", evidence)
            elif each.what == "ends" and each.day < on:
                yield Validity("已失效", each.day, evidence)
            elif each.what == "lapses" and each.day < on:
                yield Validity("推定届满", each.day, evidence)

    def _superseded(self, document: Known, on: str, version: str) -> Iterator[Validity]:
        """Yield 已修改 for a text that is not the one in force on the day, or that another document amends since."""
        states = self.resolver.states(document)
        mine = next((place for place, each in enumerate(states) if each.edition and each.edition.version == version), 0)
        for newer in reversed(states[:mine]):
            since = newer.since or timeline.surely_since(newer.made)
            if since <= on:
                yield Validity(
                    "已修改", newer.since, self._of_state(document, newer, self._said(document)), document.id
                )
        if change := self.not_in_text(document, on):
            yield Validity("已修改", change.day, (change,), change.document)

    def not_in_text(self, document: Known, on: str) -> Evidence | None:
        """Return the change of a document by another one, by a day, that its present text does not have; None where there is none.

        What was made after the text, or after the last change that it tells of, is not yet in it.
        """
        own = (each.day for each in self._said(document) if each.what == "amended")
        last = max([document.date, *own])
        ends = [each for each in self._ends(document) if each.relation == "amends" and each.made > last]
        days = [each.evidence for each in ends if each.evidence.day <= on]
        return min(days, key=lambda evidence: evidence.day, default=None)

    def _ends(self, document: Known) -> list[_End]:
        """Return what other documents do to one, known by its names."""
        if document.number not in self._ended_by:
            self._ended_by[document.number] = list(self._repeals_and_amendments(document))
        return self._ended_by[document.number]

    def _repeals_and_amendments(self, document: Known) -> Iterator[_End]:
        keys = [key for key, _ in self.reader.names(document.number)]
        first = self._since(self.reader.statements(document.number)) or document.date
        for found in self.reader.naming(keys, "repeals", "amends"):
            citing = self.reader.by_number(found.document)
            target = self.resolver.target(found, citing)
            day = self._takes_effect(citing)
            partly = found.place and found.relation == "repeals"
            meant = target is not None and target.document.is_copy_of(document) and not citing.is_copy_of(document)
            if meant and not partly and (not day or first < day):  # else an older one of its name is meant
                evidence = Evidence(citing.id, citing.title, found.anchor, found.sentence, day)
                yield _End(found.relation, citing.date, evidence)


def validities(reader: Reader, on: str) -> Mapping[str, Validity]:
    """Return how every document stands on a day (ISO 8601), by id."""
    standings = Standings(reader)
    return {document.id: standings.of(document, on) for document in reader.documents()}


def _stem(title: str) -> str:
    return _SERIAL.sub("", title_key(title)).replace("若干", "")


def _evidence(document: Known, said: Statement) -> Evidence:
    return Evidence(document.id, document.title, said.anchor, said.sentence, said.day)


def _making(document: Known) -> Evidence:
    return Evidence(document.id, document.title, "", f"成文或公布日期：{document.date}", document.date)


def _of_effect(document: Known, said: list[Statement], on: str = "9999") -> tuple[Evidence, ...]:
    return tuple(_evidence(document, each) for each in said if each.what == "effect" and each.day <= on)[-1:]
