"""Check the citations in any text, a memo or a judgment, against the corpus."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import groupby, islice
from typing import Any, Literal

from kb.base.deadline import checked
from kb.base.errors import NotFoundError, UnreadableError, UsageError
from kb.base.lazy_re import lazy_re
from kb.base.model import Document, Metadata, Provenance, Section
from kb.chinese import dates
from kb.chinese.numerals import numeral
from kb.corpus.folder import Corpus
from kb.law import citation_json, quoted
from kb.law.find import Citation, find
from kb.law.quoted import Quotation
from kb.law.reader import Found, Known, Reader
from kb.law.records import key_of
from kb.law.resolve import Resolved, Target
from kb.law.since import Fate, Fates, Status

Weight = Literal["problem", "open", "later", "right"]

_WEIGHTS: dict[Status, Weight] = {
    "misquoted": "problem",
    "no such article": "problem",
    "no such edition": "problem",
    "ended": "problem",
    "not in force yet": "problem",
    "cannot tell": "open",
    "unread": "open",
    "not in the corpus": "open",
    "changed since": "later",
    "ended later": "later",
    "right": "right",
}
"""How much each status matters, the heaviest first."""

LONGEST = 1_000_000
"""Characters of a text at most."""

MOST = 10_000
"""Titles and articles that a text names at most."""

_JOINED = lazy_re(r"\s?(?:、|，|和|及|与|以及)?\s?")
_RANGE = lazy_re(r"(?:至|到|[—－~～-])\s?第?\s?([〇零一二三四五六七八九十百千两０-９\d]{1,9})\s?条")
_LONGEST_RANGE = 50
_NAMES = lazy_re(r"《|第[^第条\n]{1,12}条|[0-9]条")


@dataclass(frozen=True, slots=True)
class Checked:
    """A citation in a text, what it means and what became of it; `quotation` is what the text quotes of it, None where nothing."""

    resolved: Resolved
    fate: Fate
    quotation: Quotation | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the object of `kb cite-check --json` and `POST /api/v1/citations`."""
        evidence = [asdict(each) for each in self.fate.evidence]
        words = self.quotation
        told = {
            "edition": self.resolved.found.edition,
            "status": self.fate.status,
            "as_of": self.fate.as_of,
            "note": self.fate.note,
            "quotation": {"start": words.start, "end": words.end, "distance": words.distance} if words else None,
        }
        return citation_json.as_json(self.resolved) | told | {"evidence": evidence}

    @property
    def named(self) -> str:
        """What is cited, with the law where the text only goes on with another article: 、第三十二条."""
        found = self.resolved.found
        follows = found.kind in ("article", "unmarked") and found.text.startswith("第")
        return f"《{citation_json.title(self.resolved)}》{found.text}" if follows else found.text

    @property
    def word(self) -> str:
        """The status as people read it."""
        agrees = self.quotation is not None and not self.quotation.distance
        if agrees and self.fate.status in ("right", "changed since", "ended later"):
            said = "引文一致" if self.fate.status == "right" else "引文与当时的文字一致"
            return f"{self.fate.word}、{said}"
        return self.fate.word

    @property
    def start(self) -> int:
        """Where the citation starts in the text."""
        return self.resolved.found.start

    @property
    def end(self) -> int:
        """Where it ends."""
        return self.resolved.found.end

    @property
    def weight(self) -> Weight:
        """How much it matters: a problem, what could not be checked, what came only later, or right."""
        return _WEIGHTS[self.fate.status]

    @property
    def sentences(self) -> list[str]:
        """The note, the evidence, and up to which day the library can know."""
        evidence = [
            f"见《{each.title}》（{each.document}#{each.anchor}）：{each.sentence}" for each in self.fate.evidence
        ]
        known = [f"库里的资料截至 {self.fate.as_of}。"] if self.fate.as_of else []
        return [*filter(None, [self.fate.note]), *evidence, *known]


def counts(checked: Iterable[Checked]) -> list[tuple[str, int]]:
    """Return how many citations there are of each word: problems first, then what could not be checked, what came later, what is right."""
    statuses = list(_WEIGHTS)
    ordered = sorted(checked, key=lambda each: (statuses.index(each.fate.status), each.word))
    return [(word, len(list(some))) for word, some in groupby(ordered, key=lambda each: each.word)]


def headline(checked: Iterable[Checked]) -> str:
    """Return the counts in one line: 引文有出入 1 处，条款存在 3 处."""
    return "，".join(f"{word} {count} 处" for word, count in counts(checked))


def about(on: str, until: str) -> str:
    """Say which days a check is of."""
    return f"引用按 {on} 的法核对，变化看到 {until}。机器核对，供人复核；结论以各处批注所列的依据为限。"


def check(reader: Reader, corpus: Corpus, text: str, on: str, until: str) -> Iterator[Checked]:
    """Yield every citation in a text, in the order of the text: what it means on a day, and what became of that until another.

    Both days are ISO 8601: when the text was written, or what it tells of happened; and when somebody wants to know.
    What is quoted beside a citation is compared with the text that is meant. What a text says of itself (本协议第三条) cites nothing.
    Raises UsageError for a text that is too long or cites too much, or a bad day.
    """
    if len(text) > LONGEST:
        raise UsageError(f"文字有 {len(text):,} 个字符，超过了上限 {LONGEST:,}：请分成几次核对。")
    for day in (on, until):
        if not dates.is_day(day):
            raise UsageError(f"日期应当写成 2021-11-22 的样子，现在是“{day[:20]}”。")
    if until < on:
        raise UsageError(f"看到哪一天为止（{until}）不能早于引用的那一天（{on}）：请检查两个日期。")
    fates, texts = Fates(reader, until), _Texts(corpus)
    memo = Known(-1, "", "", "", "", "", "", on, "")
    if next(islice(_NAMES.finditer(text), MOST, None), None):  # before anything is done for each
        raise UsageError(f"文字里的题名、条号超过 {MOST:,} 处：请分成几次核对。")
    cited = [
        (each, fates.resolver.target(_found(each), memo, on))
        for each in checked(find(_document(text), memo=True))
        if each.name
    ]
    marks = quoted.marked(text)
    taken = 0  # where what was quoted of the citation before ends
    for place, (citation, target) in enumerate(checked(cited)):
        found = _found(citation)
        fate = fates.of(found, target, on)
        if fate.status == "right" and (end := _end_of_range(citation)):
            last = _found(end)
            far = fates.of(last, fates.resolver.target(last, memo, on), on)
            fate = far if far.status == "right" else replace(far, note=f"范围里的最后一条：{far.note}")
        words = _quoted(texts, text, marks, cited, place, taken)
        taken = words.end if words else taken
        if words and words.distance and fate.status in ("right", "changed since", "ended later", "ended"):
            fate = replace(fate, status="misquoted", note=f"引文与所引的文字不一致：{words.difference}。{fate.note}")
        if target and fate.status in ("no such edition", "cannot tell") and target.doubt:
            target = replace(target, version="", anchor="")  # the law, not a place in a text that is not meant
        yield Checked(Resolved(found, target), fate, words)


def _found(citation: Citation) -> Found:
    place = (citation.anchor, citation.start, citation.end, citation.text, citation.kind, citation.name)
    keys = (citation.place, key_of(citation.name), key_of(citation.also), "", "", citation.edition)
    return Found(-1, *place, *keys)


class _Texts:
    """The words of places, each document read once."""

    def __init__(self, corpus: Corpus) -> None:
        self._corpus = corpus
        self._places: dict[tuple[str, str], dict[str, str]] = {}

    def of(self, target: Target | None, citation: Citation) -> list[str]:
        """Return the text of the place that is meant, and of those up to the last of a range; none where it cannot be read."""
        if target is None or not citation.place or target.missing:
            return []
        key = (target.document.id, target.version)
        if key not in self._places:
            try:
                document = self._corpus.read(*key)
            except (NotFoundError, UnreadableError):
                self._places[key] = {}
            else:
                self._places[key] = _places(document)
        anchors = [target.anchor, *_range(target.anchor, citation.text)]
        return [text for each in anchors if (text := self._places[key].get(each, ""))]


def _end_of_range(citation: Citation) -> Citation | None:
    """Return the citation of the last article that a range names: 第三条至第五条; None where no range is named."""
    first, range_ = re.fullmatch(r"(.*art-)\d+(?:-.*)?", citation.place), _RANGE.search(citation.text)
    return replace(citation, place=f"{first[1]}{numeral(range_[1])}") if first and range_ else None


def _range(anchor: str, printed: str) -> Iterator[str]:
    """Yield the anchors of the articles after the first that a range names: 第三条至第五条."""
    first, range_ = re.fullmatch(r"(.*art-)(\d+)", anchor), _RANGE.search(printed)
    if first and range_:
        for number in range(int(first[2]) + 1, min(numeral(range_[1]), int(first[2]) + _LONGEST_RANGE) + 1):
            yield f"{first[1]}{number}"


def _places(document: Document) -> dict[str, str]:
    """Return the text at each address; that of a section without its number, with what stands below it."""
    found: dict[str, str] = {}
    for section in document.walk():
        own = section.text[len(section.number) :] if section.text.startswith(section.number) else section.text
        found[section.anchor] = own + "".join(each.text for child in section.children for each in child.walk())
        for part in section.parts:
            text = section.text[part.start : part.end]
            found[part.anchor] = text.removeprefix(section.number)
    return found


def _quoted(
    texts: _Texts,
    text: str,
    marks: Sequence[tuple[int, int]],
    cited: Sequence[tuple[Citation, Target | None]],
    place: int,
    taken: int,
) -> Quotation | None:
    """Return what a text quotes of a citation, between the one before it and the next: the first that differs, else the first."""
    citation, target = cited[place]
    low = max(cited[place - 1][0].end if place else 0, taken)
    high = cited[place + 1][0].start if place + 1 < len(cited) else len(text)
    candidates = list(quoted.beside(text, marks, low, citation.start, citation.end, high))
    there = texts.of(target, citation) if candidates or quoted.tells(text, citation.end, high) else []
    if not there:
        return None
    found = [each for candidate in candidates if (each := quoted.against(text, candidate, there))]
    wrong = [each for each in found if each.distance]
    if wrong and _of_another(texts, text, cited, place, wrong[0]):
        return None
    told = None if found else quoted.altered(text, citation.end, high, there)
    return next(iter([*wrong, *found]), told)


def _of_another(
    texts: _Texts, text: str, cited: Sequence[tuple[Citation, Target | None]], place: int, quotation: Quotation
) -> bool:
    """Tell what is quoted of an earlier one of a list of citations: 第三条、第四条分别规定“…”“…”."""
    words = text[quotation.start : quotation.end]
    while place and _JOINED.fullmatch(text, cited[place - 1][0].end, cited[place][0].start):
        place -= 1
        citation, target = cited[place]
        if (there := texts.of(target, citation)) and not quoted.compare(words, there)[0]:
            return True
    return False


def _document(text: str) -> Document:
    """Set a text in the form in which citations are found: one section, whose characters are the text's."""
    nowhere = Provenance("", "", "", "text/plain")
    return Document("", "", Metadata(""), nowhere, (Section("", "", "", text),))
