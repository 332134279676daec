"""Document → its outline as the reading page shows it, and what its sections are called."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from urllib.parse import quote

from kb.base.model import Document, Section

_ARTICLE = re.compile(r"第.+条(?:之.+)?")
_OPENING = 20
_UNNAMED = {"title": "题名", "preamble": "引言", "signature": "落款"}


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the outline, or a run of `articles` without headings that are shown as a row of numbers."""

    anchor: str
    label: str
    matches: int
    children: tuple[Entry, ...] = ()
    articles: tuple[Entry, ...] = ()

    @property
    def fragment(self) -> str:
        """The anchor as it is written behind the # of an address."""
        return _quoted(self.anchor)


_quoted = lru_cache(maxsize=10_000)(quote)  # a long statute has thousands, the same on every page


def label_of(section: Section) -> str:
    """Number and heading; for a section without a heading its first words, or what its anchor says it is."""
    if section.anchor in _UNNAMED:
        return _UNNAMED[section.anchor]
    if section.heading or _ARTICLE.fullmatch(section.number):
        return section.label
    opening = " ".join(section.text.split())
    return opening if len(opening) <= _OPENING else opening[:_OPENING] + "…"


def outline(sections: Iterable[Section], matches: Mapping[str, int]) -> tuple[Entry, ...]:
    """The outline of a document, with how many matches each section has; the title is left to the head of the page."""
    listed = (section for section in sections if section.anchor != "title" or section.children)
    entries: list[Entry] = []
    for bare, run in groupby(listed, key=_is_bare_article):
        found = tuple(_entry(section, matches) for section in run)
        entries += [_gathered(found)] if bare else found
    return tuple(entries)


def _entry(section: Section, matches: Mapping[str, int]) -> Entry:
    children = outline(section.children, matches)
    return Entry(section.anchor, label_of(section), matches.get(section.anchor, 0), children)


def _gathered(articles: tuple[Entry, ...]) -> Entry:
    first, last = articles[0], articles[-1]
    label = first.label if first is last else f"{first.label}至{last.label}"
    return Entry(first.anchor, label, sum(article.matches for article in articles), (), articles)


def _is_bare_article(section: Section) -> bool:
    return bool(_ARTICLE.fullmatch(section.number)) and not section.heading and not section.children


def addresses(document: Document) -> dict[str, str]:
    """Every anchor that a link can lead to, sections and the parts of articles, with what to call it."""
    known = {}
    for section in document.walk():
        known[section.anchor] = label_of(section)
        known |= {part.anchor: f"{label_of(section)}{part.number}" for part in section.parts}
    return known
