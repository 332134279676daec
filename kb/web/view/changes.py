"""What happened to the documents, as feeds and pages tell it."""

from __future__ import annotations

from collections.abc import Iterator

from kb.corpus.changes import Event, Told, tell
from kb.web.context.library import library
from kb.web.view.interface_labels import chinese_date, fetched_day

KINDS = {"new": "新增", "changed": "更新", "edited": "悄悄修改", "withdrawn": "撤下"}
"""What may happen to a document, by the words of addresses."""


def chosen(kind: str, id: str = "") -> Iterator[Event]:
    """Yield what happened, the latest first: all, or what is of a kind as far as it shows without reading, or of a document."""
    happened = {"edited": "changed"}.get(kind, kind)
    return (event for event in library().happened() if happened in ("", event.kind) and id in ("", event.id))


def told(event: Event) -> Told | None:
    """Read what an event is about; None where a file cannot be read."""
    return tell(library().corpus, event)


def day_told(kind: str, when: str) -> str:
    """Say what the day is: that on which the library got the text, or missed it, and none of the document's own."""
    day = chinese_date(fetched_day(when))
    return f"{'撤下' if kind == 'withdrawn' else '收录'}于 {day}" if day else ""
