"""Whether a document holds on a day, with the sentence that says so. What nothing says is 不明, never a guess.

现行有效 means that the document says from when it holds and that nothing in the corpus ends it. 推定届满 is computed: a period of
validity that the document names has run out, and nothing tells whether it was prolonged.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from kb.law.reader import Known, Reader
from kb.law.resolve import Resolver
from kb.law.statements import Statement

HOLDING = ("", "现行有效", "不明")
"""What is said of documents that hold, or may: "" where nothing is known."""

Status = Literal["现行有效", "已修改", "已废止", "尚未生效", "已失效", "推定届满", "不明"]


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

    `replaced_by` is the id of the document that took its place, "" where none is known.
    """

    status: Status
    since: str = ""
    evidence: tuple[Evidence, ...] = ()
    replaced_by: str = ""

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

    def __post_init__(self) -> None:
        self.resolver = Resolver(self.reader)

    def of(self, document: Known, on: str, version: str = "") -> Validity:
        """Answer how a document, or the text of one of its versions, stands on a day (ISO 8601)."""
        return next(self._candidates(document, on, version), Validity("不明"))

    def changes(self, document: Known) -> list[Evidence]:
        """Answer every change of a document's text that is known, the oldest first: told by itself, or by what amends it."""
        own = [_evidence(document, each) for each in self.reader.statements(document.number) if each.what == "amended"]
        others = [each.evidence for each in self._ends(document) if each.relation == "amends"]
        return sorted((*own, *others), key=lambda evidence: evidence.day)

    def repeal(self, document: Known) -> Evidence | None:
        """Answer what repealed a document, the first where several did; None where nothing did."""
        found = [each.evidence for each in self._ends(document) if each.relation == "repeals"]
        return min(found, key=lambda evidence: evidence.day or "9999", default=None)

    def repeal_of_name(self, key: str) -> Evidence | None:
        """Answer what repealed a document that the corpus lacks, by the key of its name."""
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
        if since and since <= on:
            yield Validity("现行有效", since, _of_effect(document, said, on))
        elif since:  # that of a later text: an older one held
            older = self.resolver.edition(document, on).since
            history = [
                _evidence(document, each) for each in said if each.what in ("made", "amended") and each.day <= on
            ]
            yield Validity("现行有效", older if older <= on else "", tuple(history[-1:]))

    def _had_effect(self, document: Known, said: list[Statement], on: str) -> bool:
        """Tell whether an older text of the law, kept or only told of, was in force on a day."""
        made = min((each.day for each in said if each.what == "made"), default="9999")
        changed = any(each.what == "amended" for each in said)
        editions = self.resolver.editions(document)
        return (changed and made <= on) or any(each.version and "" < each.since <= on for each in editions)

    def _since(self, said: list[Statement]) -> str:
        """Answer the day on which the document first took effect, "" where it does not say."""
        return min((each.day for each in said if each.what == "effect" and each.day), default="")

    def _takes_effect(self, document: Known) -> str:
        """Answer the day on which a document first took effect; that of its making where nothing amended it since."""
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
        editions = self.resolver.editions(document)
        shown = next((each for each in editions if each.version == version), editions[0])
        newer = [each for each in editions if shown.since < each.since <= on]
        if newer:
            first = min(newer, key=lambda edition: edition.since)
            changes = [each for each in self.changes(document) if shown.since < each.day <= first.since]
            yield Validity("已修改", first.since, tuple(changes[-1:]), document.id)
        last = max((each.day for each in self.changes(document) if each.document == document.id), default="")
        for each in sorted(self._ends(document), key=lambda end: end.evidence.day):
            # What was made after the text, or after the last change that it tells of, is not yet in it.
            if each.relation == "amends" and each.made > max(document.date, last) and each.evidence.day <= on:
                yield Validity("已修改", each.evidence.day, (each.evidence,), each.evidence.document)

    def _ends(self, document: Known) -> list[_End]:
        """Answer what other documents do to one, known by its names."""
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
            meant = target is not None and target.document.number == document.number != citing.number
            if meant and not partly and (not day or first < day):  # else an older one of its name is meant
                evidence = Evidence(citing.id, citing.title, found.anchor, found.sentence, day)
                yield _End(found.relation, citing.date, evidence)


def validities(reader: Reader, on: str) -> Mapping[str, Validity]:
    """Answer how every document stands on a day (ISO 8601), by id."""
    standings = Standings(reader)
    return {document.id: standings.of(document, on) for document in reader.documents()}


def _evidence(document: Known, said: Statement) -> Evidence:
    return Evidence(document.id, document.title, said.anchor, said.sentence, said.day)


def _making(document: Known) -> Evidence:
    return Evidence(document.id, document.title, "", f"成文或公布日期：{document.date}", document.date)


def _of_effect(document: Known, said: list[Statement], on: str = "9999") -> tuple[Evidence, ...]:
    return tuple(_evidence(document, each) for each in said if each.what == "effect" and each.day <= on)[-1:]
