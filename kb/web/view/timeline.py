"""What happened to a document, day by day: made, published, in force, amended, its versions, ended, withdrawn."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from flask import url_for

from kb.base.lazy_re import lazy_re
from kb.base.model import Document
from kb.chinese import dates
from kb.web.view.edition import Edition
from kb.web.view.interface_labels import labels_of
from kb.web.view.surroundings import Surroundings

WIDTH = 1000
_MARGIN = 12
_DATES = ("date", "published", "effective")
VERSION, WITHDRAWN = "有这一天的文本", "来源网站撤下"
_LINE = lazy_re(r"[0-9]{4}年[0-9]{1,2}月[0-9]{1,2}日")


@dataclass(frozen=True, slots=True)
class Moment:
    """Something that happened on a day (ISO 8601): what it is called or, where a text tells it, the sentence; `address`
    is where to read of it.
    """

    day: str
    label: str
    sentence: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True)
class Day:
    """A day of a timeline: what happened, and its place in a drawing `WIDTH` wide."""

    day: str
    moments: tuple[Moment, ...]
    x: int


def timeline(shown: Edition, around: Surroundings) -> list[Day]:
    """Return the days of a document, the first one first; [] where nothing but one day is known."""
    moments = sorted(dict.fromkeys(_moments(shown, around)), key=lambda moment: moment.day)
    days = [(day, tuple(some)) for day, some in groupby(moments, key=lambda moment: moment.day)]
    if len(days) < 2:
        return []
    first, last = (date.fromisoformat(days[place][0]).toordinal() for place in (0, -1))
    scale = (WIDTH - 2 * _MARGIN) / (last - first)
    return [
        Day(day, some, _MARGIN + round((date.fromisoformat(day).toordinal() - first) * scale)) for day, some in days
    ]


def _moments(shown: Edition, around: Surroundings) -> Iterator[Moment]:
    """Return what can be dated to a day."""
    return (moment for moment in _told(shown, around) if dates.is_day(moment.day))


def _told(shown: Edition, around: Surroundings) -> Iterator[Moment]:
    metadata, id = shown.document.metadata, shown.document.id
    labels = labels_of(shown.document)
    for name in _DATES:
        yield Moment(getattr(metadata, name), labels[name])
    adopted = dict(_adopted(shown.document))
    for day, line in adopted.items():
        yield Moment(day, "", line)
    for change in around.changes:
        if change.document != id:
            address = url_for("pages.document", id=change.document, _anchor=change.anchor)
            yield Moment(change.day, "", change.sentence, address)
        elif change.day not in adopted:
            yield Moment(change.day, "", change.sentence)
    for each in shown.history:
        yield Moment(each.date[:10], VERSION, "", url_for("pages.version", id=id, version=each.version))
    if around.validity and not around.validity.holds:
        yield Moment(around.validity.since, around.validity.status)
    yield Moment(shown.present.provenance.withdrawn[:10], WITHDRAWN)


def _adopted(document: Document) -> Iterator[tuple[str, str]]:
    """Yield (day, line) of the lines over a law that begin with a day: when it was passed, and each amendment."""
    for section in document.sections:
        for line in section.text.splitlines() if section.anchor == "preamble" else ():
            if found := _LINE.match(line.strip()):
                yield dates.to_iso(found[0]), line.strip()
