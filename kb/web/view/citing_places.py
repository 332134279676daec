"""What cites a place, as readers judge it: the citing sentence, the rank of the document, the number then and now."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby

from kb.base.errors import NotFoundError, UnreadableError
from kb.base.model import Document, Section
from kb.law.reader import Known
from kb.law.resolve import Resolved, Resolver, Target
from kb.web.context.library import library
from kb.web.view.outline_panel import label_of, numbered
from kb.web.view.surroundings import place_now, section_of, told_of_old

_STOP = "。；;\n"
_AROUND = 90
"""Characters of the sentence before and after the citation at most."""


@dataclass(frozen=True, slots=True)
class Citing:
    """A place in a document that cites: its `label`, and the sentence in three pieces, `cited` being the citation itself.

    `told` says of which text it is cited, and what its number became.
    """

    anchor: str
    label: str
    before: str
    cited: str
    after: str
    told: str


def citing_rows(
    resolver: Resolver, known: Known, document: Document, anchor: str, on: str
) -> list[tuple[Known, Resolved]]:
    """Return every place that cites a document, or with `anchor` one of its sections; the newest document first.

    With a day, what was cited by then, at the numbers of that day.
    """
    sections = section_of(document)
    rows = [
        (citing, each)
        for citing, each in resolver.cited_by(known)
        if each.target
        and (not on or citing.date <= on)
        and (not anchor or sections.get(each.target.anchor if on else place_now(resolver, each.target), "") == anchor)
    ]
    return sorted(rows, key=lambda row: (row[0].date, row[0].id), reverse=True)


def in_sentences(resolver: Resolver, rows: Iterable[tuple[Known, Resolved]]) -> Iterator[tuple[Known, list[Citing]]]:
    """Yield the citing documents with their sentences; a citing document is read for each."""
    for citing, some in groupby(rows, key=lambda row: row[0]):
        try:
            sections = {section.anchor: section for section in library().document(citing.id).walk()}
        except (NotFoundError, UnreadableError):
            sections = {}  # the list of what cites is still true; its sentences cannot be shown
        yield citing, [_citing(resolver, each, sections.get(each.found.anchor)) for _, each in some]


def _citing(resolver: Resolver, each: Resolved, section: Section | None) -> Citing:
    found, told = each.found, _told(resolver, each.target) if each.target else ""
    if section is None or section.text[found.start : found.end] != found.text:
        return Citing(found.anchor, "", "", found.text, "", told)
    text, start, end = section.text, found.start, found.end
    first = max((text.rfind(mark, 0, start) for mark in _STOP), default=-1) + 1
    stops = [at + 1 for mark in _STOP if (at := text.find(mark, end)) >= 0]
    last = min(stops, default=len(text))
    before, after = text[first:start].lstrip(), text[end:last].rstrip()
    return Citing(
        found.anchor,
        label_of(section),
        f"…{before[-_AROUND:]}" if len(before) > _AROUND else before,
        found.text,
        f"{after[:_AROUND]}…" if len(after) > _AROUND else after,
        told,
    )


def _told(resolver: Resolver, target: Target) -> str:
    """Say of what text a place is cited, and where it stands at present."""
    old = told_of_old(resolver, target)
    if not old or not target.anchor:
        return old
    then, now = numbered(target.anchor), numbered(place_now(resolver, target))
    if not then or then == now:
        return old
    return f"{old}：当时第{then}条，{f'现第{now}条' if now else '现在没有相应的条'}"
