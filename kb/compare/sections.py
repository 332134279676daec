"""Two outlines → pairs of sections that are the same section, by their words first and by their numbers second.

An article that got another number is still that article: sections with the same words are paired wherever they stand,
then those whose words are alike, the most alike first. What is left was added or removed.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property, lru_cache
from typing import Any, Literal

import numpy as np

from kb.base import deadline
from kb.base.model import Document, Part, Section
from kb.chinese.identity import fold
from kb.compare.characters import Run, characters

Change = Literal["same", "renumbered", "moved", "changed", "added", "removed"]

CHANGES: dict[Change, str] = {
    "changed": "修改",
    "added": "新增",
    "removed": "删去",
    "moved": "移动",
    "renumbered": "仅改编号",
    "same": "未变",
}
"""What people read for each change."""

# Measured on 公司法 2018 → 2023: below it pairs are of different subjects, above hardly one is.
_ALIKE = 0.4
# Of two candidates that are about as alike, the one with the same address is meant.
_SAME_ADDRESS = 0.1


@dataclass(frozen=True)
class Pair:
    """A section of the old text and the one it became; None where it came or went. `moved`: its place among the others
    is another one.
    """

    old: Section | None
    new: Section | None
    moved: bool = False

    @property
    def change(self) -> Change:
        """What happened to the section, in one word: other words, else another place, else another number."""
        if self.old is None or self.new is None:
            return "added" if self.old is None else "removed"
        if words(self.old) != words(self.new):
            return "changed"
        if self.moved:
            return "moved"
        return "renumbered" if self.renumbered else "same"

    @property
    def renumbered(self) -> bool:
        """Whether it has another address."""
        return self.old is not None and self.new is not None and self.old.anchor != self.new.anchor

    @property
    def differs_in_print(self) -> bool:
        """Whether the words are the same and only marks, widths or letters are printed in another way."""
        if self.old is None or self.new is None or words(self.old) != words(self.new):
            return False
        return _printed(self.old) != _printed(self.new)

    @cached_property
    def runs(self) -> tuple[Run, ...]:
        """The characters of both, with what differs."""
        deadline.check()
        return characters(self.old.text if self.old else "", self.new.text if self.new else "")


@dataclass(frozen=True, slots=True)
class Named:
    """A section as a difference shows it."""

    anchor: str
    label: str
    text: str


@dataclass(frozen=True, slots=True)
class SectionChange:
    """What became of a section, as data: `old` is None for an added one, `new` for a removed one."""

    change: Change
    moved: bool
    old: Named | None
    new: Named | None
    runs: tuple[Run, ...]


@dataclass(frozen=True)
class Comparison:
    """All pairs, in the order of the new text; a removed section stands after the one it followed."""

    pairs: tuple[Pair, ...]

    @property
    def counts(self) -> Mapping[Change, int]:
        """How many sections there are of each change."""
        found: dict[Change, int] = {"changed": 0, "added": 0, "removed": 0, "moved": 0, "renumbered": 0, "same": 0}
        for pair in self.pairs:
            found[pair.change] += 1
        return found

    def counted(self, change: Change) -> tuple[tuple[int, str], ...]:
        """How many articles (条) and how many other sections (节) there are of a change; nothing of which there are none."""
        sections = [pair.new or pair.old for pair in self.pairs if pair.change == change]
        articles = sum(section is not None and section.number.endswith("条") for section in sections)
        return tuple((total, unit) for total, unit in ((articles, "条"), (len(sections) - articles, "节")) if total)

    def as_json(self) -> dict[str, Any]:
        """Return the object of `kb diff --json` and of the interface: counts, and what became of each section."""
        return {"counts": dict(self.counts), "sections": [asdict(change) for change in self.changes()]}

    def changes(self) -> Iterator[SectionChange]:
        """Yield what became of each section, as data; the text of one that did not change is not said over as runs."""
        for pair in self.pairs:
            runs = () if pair.change == "same" else pair.runs
            yield SectionChange(pair.change, pair.moved, _named(pair.old), _named(pair.new), runs)

    def became(self, anchor: str) -> Section | None:
        """The section that the one with this address in the old text became; None where it is gone or never was."""
        return next((pair.new for pair in self.pairs if pair.old and pair.old.anchor == anchor), None)


def _named(section: Section | None) -> Named | None:
    return Named(section.anchor, section.label, section.text) if section else None


def compare(old: Document, new: Document) -> Comparison:
    """Return what became of each section of `old` in `new`."""
    before, after = list(old.walk()), list(new.walk())
    partner = _pairing(before, after)
    in_place = _longest_rising([partner[place] for place in sorted(partner)])
    origin = {there: here for here, there in partner.items()}
    pairs = [
        Pair(before[origin[place]] if place in origin else None, section, place in origin and place not in in_place)
        for place, section in enumerate(after)
    ]
    return Comparison(tuple(_with_removed(pairs, before, partner)))


def compare_to_the_character(old: Document, new: Document) -> Comparison:
    """The same, with what changed inside each pair of sections worked out already."""
    comparison = compare(old, new)
    for pair in comparison.pairs:
        _ = pair.runs  # kept with the pair
    return comparison


def counterpart(old: Document, new: Document, anchor: str) -> Section | Part | None:
    """Find where the text at an address of `old` (a section's or a part's) now stands in `new`; None where it is gone."""
    for section in old.walk():
        if section.anchor == anchor:
            return compare(old, new).became(anchor)
        part = next((part for part in section.parts if part.anchor == anchor), None)
        if part:
            there = compare(old, new).became(section.anchor)
            return there and _part_like(section.text[part.start : part.end], there)
    return None


def words(section: Section) -> str:
    """A section's text without its number and however it is printed: what makes it the section it is."""
    return _folded(section.text.strip().removeprefix(section.number))


def _printed(section: Section) -> str:
    return "".join(section.text.strip().removeprefix(section.number).split())


_folded = lru_cache(20_000)(fold)


def _part_like(text: str, section: Section) -> Section | Part:
    """The part that is most like a text; the section itself where none is."""
    best = max(section.parts, key=lambda part: likeness(text, section.text[part.start : part.end]), default=None)
    return best if best and likeness(text, section.text[best.start : best.end]) >= _ALIKE else section


def likeness(one: str, other: str) -> float:
    """How alike two texts are, 0 to 1: the share of their pairs of neighbouring characters that both have (Dice)."""
    first, second = _bigrams(one), _bigrams(other)
    return 2 * len(first & second) / max(len(first) + len(second), 1)


def contained(text: str, holder: str) -> float:
    """How much of a text another one holds, 0 to 1: the share of its pairs of neighbouring characters."""
    pairs = _bigrams(text)
    return len(pairs & _bigrams(holder)) / len(pairs)


def _bigrams(text: str) -> frozenset[str]:
    plain = "".join(text.split())
    return frozenset(plain[at : at + 2] for at in range(len(plain) - 1)) or frozenset([plain])


def _pairing(before: Sequence[Section], after: Sequence[Section]) -> dict[int, int]:
    """Pair places of both outlines: equal words, then like words."""
    pairs = dict(_equal(before, after))
    taken = set(pairs.values())
    left = [place for place in range(len(before)) if place not in pairs]
    right = [place for place in range(len(after)) if place not in taken]
    for _, here, there in sorted(_candidates(before, after, left, right), reverse=True):
        if here not in pairs and there not in taken:
            pairs[here] = there
            taken.add(there)
    return pairs


def _equal(before: Sequence[Section], after: Sequence[Section]) -> Iterator[tuple[int, int]]:
    """Pair sections with the same words: those with the same address first, the others in order."""
    places: dict[str, list[int]] = defaultdict(list)
    for there, section in enumerate(after):
        places[words(section)].append(there)
    later: list[int] = []
    for here, section in enumerate(before):
        free = places.get(words(section), [])
        same = next((there for there in free if after[there].anchor == section.anchor), None)
        if same is None:
            later.append(here)
        else:
            free.remove(same)
            yield here, same
    for here in later:
        free = places.get(words(before[here]), [])
        if free:
            yield here, free.pop(0)


def _candidates(
    before: Sequence[Section], after: Sequence[Section], left: Iterable[int], right: Sequence[int]
) -> Iterator[tuple[float, int, int]]:
    """Yield (likeness, place, place) of the sections that are alike enough to be one, through their common bigrams."""
    grams = [_bigrams(words(after[there])) for there in right]
    postings: dict[str, list[int]] = defaultdict(list)
    for at, known in enumerate(grams):
        for gram in known:
            postings[gram].append(at)
    sizes = np.array([len(known) for known in grams])
    for here in deadline.checked(left):
        mine = _bigrams(words(before[here]))
        met = [at for gram in mine for at in postings.get(gram, ())]
        common = np.bincount(met, minlength=len(grams)) if met else np.zeros(len(grams))
        alike = 2 * common / (sizes + len(mine)) if len(grams) else common
        for found in np.flatnonzero(alike >= _ALIKE - _SAME_ADDRESS):
            there = right[int(found)]
            score = float(alike[found]) + _SAME_ADDRESS * (after[there].anchor == before[here].anchor)
            if score >= _ALIKE:
                yield score, here, there


def _longest_rising(values: Sequence[int]) -> set[int]:
    """The values of a longest rising subsequence: what kept its order, so that as little as possible has moved."""
    tails: list[int] = []
    ends: list[int] = []
    back: list[int] = []
    for place, value in enumerate(values):
        at = bisect_left(tails, value)
        back.append(ends[at - 1] if at else -1)
        tails[at : at + 1], ends[at : at + 1] = [value], [place]
    kept, place = set(), ends[-1] if ends else -1
    while place >= 0:
        kept.add(values[place])
        place = back[place]
    return kept


def _with_removed(pairs: Sequence[Pair], before: Sequence[Section], partner: Mapping[int, int]) -> Iterator[Pair]:
    """Set each removed section after the pair of the section it followed."""
    after: dict[int, list[Pair]] = defaultdict(list)
    place = -1
    for here, section in enumerate(before):
        if here in partner:
            place = partner[here]
        else:
            after[place].append(Pair(section, None))
    yield from after[-1]
    for there, pair in enumerate(pairs):
        yield pair
        yield from after[there]
