"""The document's own text out of what a file holds: disguise undone, furniture and metadata table taken off.

What was marked by its place in the text (heading levels, repairs) moves along.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import accumulate

from kb.base.model import Repair
from kb.chinese.unreadable import MISSING, unreadable
from kb.ingest import furniture
from kb.ingest.disguise.repair import Repaired, repair
from kb.structure import metadata
from kb.structure.extracted import Extracted


@dataclass(frozen=True, slots=True)
class Restored:
    """What a file holds as the document's text and metadata, and what was done to get there."""

    extracted: Extracted
    repairs: tuple[Repair, ...]
    simplified: int
    furniture: tuple[str, ...]


def restore(extracted: Extracted) -> Restored:
    """Undo a mirror's disguise and take off what is not the document's text. The identity on a plain document."""
    extracted, repaired = _undisguised(extracted)
    text, navigation = furniture.strip(repaired.text)
    text, table, rows = metadata.take_table(text)
    kept = _Kept.without(repaired.text, navigation, rows)
    repairs = tuple(kept.repairs(repaired.repairs))
    notes = extracted.notes
    if lost := len(repaired.repairs) - len(repairs):
        notes = (*notes, f"另有 {lost} 处复原不在正文里（标题栏、网站导航等）。")
    text, repairs = _marked(text, repairs)
    result = replace(
        extracted,
        text=text,
        levels=kept.levels(extracted.levels),
        bold_numbers=frozenset(kept.lines[index] for index in extracted.bold_numbers if index in kept.lines),
        title=_readable(extracted.title),
        labels={label: _readable(value) for label, value in {**table, **extracted.labels}.items()},
        hows={**dict.fromkeys(table, "table"), **extracted.hows},
        notes=notes,
    )
    return Restored(result, repairs, repaired.simplified, tuple(filter(None, (*navigation.values(), *rows.values()))))


def _marked(text: str, repairs: tuple[Repair, ...]) -> tuple[str, tuple[Repair, ...]]:
    """Put 〓 where no character stands that anybody could name, each a doubtful place; also what readers left as 〓."""
    known = {each.position + i for each in repairs for i in range(len(each.restored))}
    places = [at for at in {*unreadable(text), *(m.start() for m in re.finditer(MISSING, text))} if at not in known]
    if not places:
        return text, repairs
    chars = list(text)
    doubts = [Repair("doubtful", at, MISSING, chars[at]) for at in places]
    for at in places:
        chars[at] = MISSING
    return "".join(chars), tuple(sorted((*repairs, *doubts), key=lambda each: each.position))


def _readable(text: str) -> str:
    return _marked(text, ())[0]


def _undisguised(extracted: Extracted) -> tuple[Extracted, Repaired]:
    """Repair the text and, with the same knowledge of the disguise, title and labels: they stand before it as lines."""
    head = [extracted.title, *extracted.labels.values()]
    whole = repair("".join(" ".join(value.split("\n")) + "\n" for value in head) + extracted.text)
    lines = whole.text.split("\n")
    if not whole.disguised:
        return extracted, Repaired(extracted.text)
    start = sum(len(line) + 1 for line in lines[: len(head)])
    moved = tuple(replace(each, position=each.position - start) for each in whole.repairs)
    title, *values = lines[: len(head)]
    plain = replace(extracted, title=title, labels=dict(zip(extracted.labels, values, strict=True)))
    return plain, replace(whole, text=whole.text[start:], repairs=moved)


@dataclass(frozen=True, slots=True)
class _Kept:
    """Which lines of one text stand where in another that was made of it by taking lines away."""

    lines: Mapping[int, int]
    before: list[str]

    @classmethod
    def without(cls, before: str, *taken: Collection[int]) -> _Kept:
        """Follow the lines of a text of which lines were taken off, each time by their indices in what was left."""
        old = before.split("\n")
        left = list(range(len(old)))
        for each in taken:
            left = [line for index, line in enumerate(left) if index not in each]
        return cls({line: index for index, line in enumerate(left)}, old)

    def levels(self, levels: Mapping[int, int]) -> dict[int, int]:
        return {self.lines[index]: level for index, level in levels.items() if index in self.lines}

    def repairs(self, repairs: Iterable[Repair]) -> Iterator[Repair]:
        """Yield the repairs that stand in lines which are still there, by their new positions; in order."""
        starts = _starts(self.before)
        moved = _starts([self.before[line] for line in self.lines])
        line = 0
        for each in sorted(repairs, key=lambda repair: repair.position):
            while line + 1 < len(starts) and starts[line + 1] <= each.position:
                line += 1
            if each.position >= 0 and line in self.lines:
                yield replace(each, position=each.position - starts[line] + moved[self.lines[line]])


def _starts(lines: list[str]) -> list[int]:
    return list(accumulate((len(line) + 1 for line in lines[:-1]), initial=0))
