"""Which of the documents that a source offers are wanted."""

from __future__ import annotations

from dataclasses import dataclass

from kb.base.model import Document
from kb.config.sources import Select
from kb.fetch.lists.item import Item
from kb.structure import metadata
from kb.upkeep.related import Subject


@dataclass(frozen=True, slots=True)
class Selection:
    """A source's selection; `subject` is what the corpus is about, for `related = true`."""

    select: Select
    subject: Subject | None = None

    def may(self, item: Item) -> bool:
        """Judge what the list says; what it does not say may still be right."""
        return self._fits(item.title, item.category, item.published, item.labels.get("文号", ""), certain=False)

    def takes(self, document: Document, item: Item) -> bool:
        """Judge a document that has been fetched."""
        facts = document.metadata
        published = item.published or facts.published
        if not published and facts.date and self.select.until and facts.date[:10] > self.select.until:
            return False  # made later, so published later; made earlier, it may have been published whenever
        return self._fits(facts.title, item.category, published, facts.document_number, certain=True)

    def _fits(self, title: str, category: str, published: str, number: str, *, certain: bool) -> bool:
        select = self.select
        if title or certain:
            if select.title and not any(word in title for word in select.title):
                return False
            if any(word in title for word in select.without):
                return False
            if select.kind and metadata.kind(title) not in select.kind:
                return False
            if self.subject and not self.subject.covers(title, number):
                return False
        if category and select.category and not any(word in category for word in select.category):
            return False
        return not published or _within(published, select)


def _within(day: str, select: Select) -> bool:
    """Compare ISO 8601 days; where only a month is known, any of its days may be meant."""
    return (not select.since or day >= select.since[: len(day)]) and (not select.until or day[:10] <= select.until)
