"""What a document rests on (根据《…》), upwards to the statute, and which documents rest on what has changed since."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal

from kb.law import citation_json
from kb.law.reader import Known
from kb.law.resolve import Resolved, Target
from kb.law.since import Fate, Fates

_HIGHEST = 6

Changed = Literal["ended", "changed", "open"]

CHANGED: dict[Changed, str] = {"ended": "依据已经废止或失效", "changed": "依据此后修改", "open": "不能断定"}
"""What became of a basis, the gravest first, as people read it."""

_ENDED, _CHANGED = ("ended", "ended later"), ("changed since", "no such article", "no such edition")


@dataclass(frozen=True, slots=True)
class Link:
    """A document's citation of its basis, what became of that since the document was made, and what it rests on in turn."""

    resolved: Resolved
    fate: Fate
    above: tuple[Link, ...] = ()

    @property
    def stale(self) -> bool:
        """Whether the basis changed or ended after the document was made."""
        return self.fate.changed and self.fate.status != "right"

    @property
    def word(self) -> str:
        """How the basis stands, as people read it."""
        return "未见变化" if self.fate.status == "right" else self.fate.word

    def as_json(self) -> dict[str, Any]:
        """Return the link for programs."""
        date = self.resolved.target.document.date if self.resolved.target else ""
        return {
            **citation_json.as_json(self.resolved),
            "date": date,
            "status": self.fate.status,
            "note": self.fate.note,
            "above": [link.as_json() for link in self.above],
        }


def chain(fates: Fates, document: Known, seen: frozenset[int] = frozenset()) -> tuple[Link, ...]:
    """Return what a document rests on, with what that rests on; circles and long chains are cut."""
    links = []
    seen |= {document.number}
    for link in links_of(fates, document):
        above = link.resolved.target.document if link.resolved.target else None
        if above and above.number not in seen and len(seen) < _HIGHEST:
            link = replace(link, above=chain(fates, above, seen))
        links.append(link)
    return tuple(links)


def links_of(fates: Fates, document: Known) -> Iterator[Link]:
    """Yield the citations of a document's basis, each document once."""
    seen = set()
    for found in fates.reader.citations(document.number, "basis"):
        target = fates.resolver.target(found, document)
        itself = target is not None and target.document.number == document.number
        name = target.document.id if target else found.key
        if not itself and name not in seen:
            seen.add(name)
            fate = fates.of(found, target, document.date)
            if target and fate.status == "changed since" and not _newer(fates, target, document):
                fate = replace(fate, status="cannot tell", note=_why_open(fates, target, document, fate))
            yield Link(Resolved(found, target), fate)


def _why_open(fates: Fates, target: Target, document: Known, fate: Fate) -> str:
    """Say why one cannot tell whether a basis changed after a document, where no text of it that is held was made later."""
    states = fates.resolver.states(target.document)
    waiting = next((each for each in states if each.edition and each.made <= document.date < each.since), None)
    if waiting:
        return f"依据 {waiting.made} 的文本自 {waiting.since} 起施行，晚于本文件；本文件依据的可能已经是它。"
    return f"{fate.note}此后的文本库里没有，改了什么不能断定。"


def _newer(fates: Fates, target: Target, document: Known) -> bool:
    """Return whether the library holds a text of the basis that was made after the document."""
    return any(each.edition and each.made > document.date for each in fates.resolver.states(target.document))


def stale(fates: Fates) -> Iterator[tuple[Known, tuple[Link, ...]]]:
    """Yield the documents of which a basis changed or ended after they were made: the gravest first, of these the newest change."""
    found = []
    for document in fates.reader.documents():
        links = tuple(link for link in links_of(fates, document) if link.stale) if document.date else ()
        stands = fates.standings.of(document, fates.today) if links else None
        if stands and (stands.holds or stands.status == "依据已废止"):
            found.append((document, links))
    found.sort(key=lambda item: (last_change(item[1]), item[0].id), reverse=True)
    yield from sorted(found, key=lambda item: list(CHANGED).index(change_of(item[1])))


def change_of(links: Iterable[Link]) -> Changed:
    """Return the gravest of what became of some bases."""
    statuses = {link.fate.status for link in links}
    return "ended" if statuses & {*_ENDED} else "changed" if statuses & {*_CHANGED} else "open"


def last_change(links: Iterable[Link]) -> str:
    """Return the day of the last of what became of some bases (ISO 8601), "" where none is dated."""
    return max((each.day for link in links for each in link.fate.evidence), default="")
