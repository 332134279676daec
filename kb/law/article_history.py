"""The history of an article: since when it reads so, what it was before, and what changed it.

The texts of a document that are kept are set side by side, each with the next: a section is followed by its words,
whatever its number. What lies between two texts and is not kept is named, and not guessed.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

from kb.base.cache import Remembered
from kb.base.errors import NotFoundError
from kb.base.model import Document, Section
from kb.compare.sections import Comparison, Pair, compare, contained, words
from kb.corpus.folder import Corpus
from kb.law import citation_json
from kb.law.reader import Known, Reader
from kb.law.resolve import Resolver
from kb.law.timeline import State, same

Step = Literal["made", "first kept", "added", "split", "changed", "renumbered", "same", "removed"]
Compared = Callable[[int], Comparison]
Keep = Callable[[Hashable, Callable[[], Comparison]], Comparison]

STEPS: dict[Step, str] = {
    "made": "制定时的文字",
    "first kept": "库里最早的文字",
    "added": "新增",
    "split": "从另一条分出",
    "changed": "修改",
    "renumbered": "编号改变，文字未变",
    "same": "未变",
    "removed": "删去",
}
"""What a text did to an article, as people read it."""

_HELD = 0.6
"""The share of an article's pairs of characters that another one has which it came out of, or went into."""


@dataclass(frozen=True, slots=True)
class Instrument:
    """What made a text on a `day` (ISO 8601): a `document` of the library, "" where only a `sentence` of the text tells."""

    day: str
    document: str
    title: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Wording:
    """An article in one of the texts that are kept, and what that text did to it.

    `version` names the text, "" the present one; it was `made` on a day and holds from `since` (ISO 8601, "" where nothing
    tells). `anchor`, `label` and `text` are the article there, "" where it was removed. `others` are articles of the text
    before, besides its own, that it came out of or took up. `by` made the change: where `missing` dates texts between that
    are not kept, any of several may have.
    """

    step: Step
    version: str
    made: str
    since: str
    anchor: str
    label: str
    text: str
    others: tuple[str, ...] = ()
    by: tuple[Instrument, ...] = ()
    missing: tuple[str, ...] = ()


def history(
    reader: Reader, corpus: Corpus, id: str, anchor: str, version: str = "", keep: Keep | None = None
) -> list[Wording]:
    """Return the wordings that a section had, the newest first: one for each text that has it, and for the one that removed it.

    `anchor` is its address in the text `version`, "" for the present one. Raises NotFoundError where the text is not kept
    or has no such section. `keep` answers with the comparison that it has under a key, or with a new one.
    """
    known, resolver = citation_json.known(reader, id), Resolver(reader)
    states = resolver.states(known)
    dated = {state.edition.version: state for state in states if state.edition}
    kept = [dated.get(each.version) or State("", "", each) for each in resolver.editions(known)]
    names = [each.version for each in resolver.editions(known)]
    if version == corpus.history(id)[0].version:
        version = ""
    if version not in names:
        raise NotFoundError(f"{id} 没有名为“{version[:80]}”的文本：现有的见 kb show {id} --json 里的 versions。")
    texts, keep = cache(lambda name: corpus.read(id, name)), keep or Remembered(len(names)).get

    def compared(place: int) -> Comparison:
        old, new = names[place + 1], names[place]
        key = ("compared", id, old, new, reader.revision())
        return keep(key, lambda: compare(texts(old), texts(new)))

    place, section = names.index(version), _at(texts(version), anchor)
    steps = [*_later(section, place, compared), *_earlier(section, place, len(names) - 1, compared)]
    changes = list(_changes(resolver, known))
    return [
        _told(done, kept[at], kept[at + 1] if at + 1 < len(kept) else None, states, changes)
        for at, done in sorted(steps, key=lambda each: each[0])
    ]


@dataclass(frozen=True, slots=True)
class _Done:
    """What a text did to a section: `now` is the section in it, None where it removed it."""

    step: Step
    now: Section | None
    others: tuple[str, ...] = ()


def _later(section: Section, place: int, compared: Compared) -> Iterator[tuple[int, _Done]]:
    """Yield (place, what the text there did to a section) of the texts after the one at `place`, up to its removal."""
    for at in range(place - 1, -1, -1):
        pair = next(pair for pair in compared(at).pairs if pair.old and pair.old.anchor == section.anchor)
        yield at, _done(pair, compared(at))
        if pair.new is None:
            return
        section = pair.new


def _earlier(section: Section, place: int, oldest: int, compared: Compared) -> Iterator[tuple[int, _Done]]:
    """Yield the same of the text at `place` and those before it, down to the one that the section came with."""
    for at in range(place, oldest):
        pair = next(pair for pair in compared(at).pairs if pair.new and pair.new.anchor == section.anchor)
        yield at, _done(pair, compared(at))
        if pair.old is None:
            return
        section = pair.old
    yield oldest, _Done("made", section)


def _done(pair: Pair, comparison: Comparison) -> _Done:
    if pair.new is None:
        into = [each for each in comparison.pairs if each.old and each.new and _holds(each.new, pair.old)]
        return _Done("removed", None, _labels(each.new for each in into))
    if pair.old is None:
        sources = [each.old for each in comparison.pairs if each.old and each.new and _holds(each.old, pair.new)]
        return _Done("split" if sources else "added", pair.new, _labels(sources))
    taken = [each.old for each in comparison.pairs if each.new is None and _holds(pair.new, each.old)]
    if words(pair.old) != words(pair.new):
        return _Done("changed", pair.new, _labels(taken))
    return _Done("renumbered" if pair.renumbered else "same", pair.new, _labels(taken))


def _holds(one: Section, other: Section | None) -> bool:
    """Return whether most of the words of one section stand in another."""
    return other is not None and contained(words(other), words(one)) >= _HELD


def _labels(sections: Iterable[Section | None]) -> tuple[str, ...]:
    return tuple(each.number or each.label for each in sections if each)


def _told(
    done: _Done, state: State, before: State | None, states: Sequence[State], changes: Sequence[Instrument]
) -> Wording:
    """Say what a text did, and what may have done it since the text `before`, None where no older one is kept."""
    assert state.edition is not None
    step, now = done.step, done.now
    if before is None and (not states or states[-1] is not state):
        step = "first kept"
    since = before.made if before else ""
    by = [each for each in changes if before and since < each.day and not same(each.day, since)]
    missing = [
        each.made for each in states if not each.edition and (since or not before) and since < each.made < state.made
    ]
    return Wording(
        step,
        state.edition.version,
        state.made,
        state.since,
        now.anchor if now else "",
        (now.number or now.label) if now else "",
        now.text if now else "",
        done.others,
        tuple(each for each in by if each.day <= state.made or same(each.day, state.made)) if step != "same" else (),
        tuple(sorted(missing)),
    )


def _changes(resolver: Resolver, known: Known) -> Iterator[Instrument]:
    """Yield what changed a document: its own lines of amendment, each with the document that made it where that is there."""
    instruments = list(resolver.instruments(known))
    lines = [each for each in resolver.reader.statements(known.number) if each.what == "amended" and each.day]
    for line in lines:
        made = next((each for each in instruments if same(each.date, line.day)), None)
        yield Instrument(line.day, made.id if made else "", made.title if made else "", line.sentence)
    for each in instruments:
        if each.date and not any(same(each.date, line.day) for line in lines):
            yield Instrument(each.date, each.id, each.title, "")


def _at(document: Document, anchor: str) -> Section:
    """Return the section with an address, or that a part with it is of. Raises NotFoundError."""
    anchor = document.present_anchor(anchor)
    for section in document.walk():
        if section.anchor == anchor or any(part.anchor == anchor for part in section.parts):
            return section
    raise NotFoundError(f"{document.id} 里没有“{anchor[:80]}”这一条款：请检查地址。")
