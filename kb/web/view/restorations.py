"""What was repaired, section by section: the text as found beside the text as restored, every place marked."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import accumulate, groupby

from markupsafe import Markup, escape

from kb.base.model import Document, Repair, RepairKind
from kb.web.view.outline_panel import label_of

_FOUND, _RESTORED = Markup('<del title="{}">{}</del>'), Markup('<ins title="{}">{}</ins>')


@dataclass(frozen=True, slots=True)
class Restoration:
    """A section with repaired `places`: its text as found and as restored."""

    anchor: str
    label: str
    places: int
    found: Markup
    restored: Markup


def restorations(document: Document, names: Mapping[RepairKind, str]) -> Iterator[Restoration]:
    """Yield the sections that were repaired, in order; `names` says what each kind of repair is called."""
    sections = list(document.walk())
    starts = list(accumulate((len(section.text) for section in sections), initial=0))
    repairs = sorted(document.provenance.repairs, key=lambda repair: repair.position) if sections else []
    for place, group in groupby(
        repairs, key=lambda repair: bisect_right(starts, repair.position, hi=len(sections)) - 1
    ):
        section, own = sections[place], list(group)
        found, restored = _beside(section.text, starts[place], own, names)
        yield Restoration(section.anchor, label_of(section), len(own), found, restored)


def _beside(text: str, start: int, repairs: list[Repair], names: Mapping[RepairKind, str]) -> tuple[Markup, Markup]:
    """Write a section's text twice; `start` is where it stands in the document's text."""
    found, restored, done = [], [], 0
    for repair in repairs:
        at = repair.position - start
        same, name = escape(text[done:at]), names[repair.kind]
        found += [same, _FOUND.format(name, repair.found)]
        restored += [same, _RESTORED.format(name, repair.restored)]
        done = at + len(repair.restored)
    rest = escape(text[done:].rstrip("\n"))
    return Markup().join([*found, rest]), Markup().join([*restored, rest])
