"""Document → its outline as the reading page shows it, and what its sections are called."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from urllib.parse import quote

from kb.base.lazy_re import lazy_re
from kb.base.model import Document, Section

_ARTICLE = lazy_re(r"第.+条(?:之.+)?")
_NUMBERED = lazy_re(r"(?:^|-)art-\d+(?:-\d+)?$")
_NUMBERED_IN = lazy_re(r"(?:^|-)art-(\d+)(?:-(\d+))?(?![\d])")
_NOTE = lazy_re(r"[（(]?(?:根据)?\s*\d{4}\s*年\s*\d{1,2}\s*月\s*\d{1,2}\s*日")
_RUN = 20
"""Articles in a row at most; more that stand under no heading are shown in rows of half as many."""
_OPENING = 20
_FIGURES = "〇一二三四五六七八九十"
_UNNAMED = {"title": "题名", "preamble": "引言", "signature": "落款"}


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the outline, with a run of `articles` without headings that are shown as a row of numbers.

    `span` says which articles these are, in figures ("13–25"); `short` is the number of an article alone ("12之一").
    """

    anchor: str
    label: str
    matches: int
    children: tuple[Entry, ...] = ()
    articles: tuple[Entry, ...] = ()
    span: str = ""
    short: str = ""

    @property
    def fragment(self) -> str:
        """The anchor as it is written behind the # of an address."""
        return _quoted(self.anchor)


_quoted = lru_cache(maxsize=10_000)(quote)  # a long statute has thousands, the same on every page


def label_of(section: Section) -> str:
    """Number and heading; for a section without a heading its first words, or what its anchor says it is."""
    if section.anchor == "preamble" and _NOTE.match(section.text.lstrip()):
        return "题注"
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
        entries += [_gathered(some) for some in _in_rows(found)] if bare else found
    return tuple(entries)


def _entry(section: Section, matches: Mapping[str, int]) -> Entry:
    """A section's line. The articles of a chapter that has nothing else stand on the chapter's own."""
    own, children = matches.get(section.anchor, 0), outline(section.children, matches)
    label, short = label_of(section), short_number(section)
    if section.children and all(map(_is_bare_article, section.children)):
        articles = tuple(article for child in children for article in child.articles)
        total = own + sum(article.matches for article in articles)
        return Entry(section.anchor, label, total, (), articles, _span(articles), short)
    return Entry(section.anchor, label, own, children, short=short)


def _in_rows(articles: tuple[Entry, ...]) -> Iterator[tuple[Entry, ...]]:
    size = len(articles) if len(articles) <= _RUN else _RUN // 2
    yield from (articles[at : at + size] for at in range(0, len(articles), size))


def _gathered(articles: tuple[Entry, ...]) -> Entry:
    first, last = articles[0], articles[-1]
    label = first.label if first is last else f"{first.label}至{last.label}"
    matches = sum(article.matches for article in articles)
    return Entry(first.anchor, label, matches, (), articles, _span(articles))


def _span(articles: Sequence[Entry]) -> str:
    first, last = articles[0].short, articles[-1].short
    return first if first == last else f"{first}–{last}"


def short_number(section: Section) -> str:
    """The number of an article in figures, 12, 12之一; "" for what is no article."""
    return numbered(section.anchor) if _NUMBERED.search(section.anchor) else ""


def numbered(anchor: str) -> str:
    """The number in figures of the article that an address is of or in, "" for one that is in none."""
    found = _NUMBERED_IN.search(anchor)
    if not found:
        return ""
    number, second = found[1], int(found[2] or 0)
    return f"{number}之{_FIGURES[second] if second <= 10 else second}" if second else number


def _is_bare_article(section: Section) -> bool:
    return bool(_ARTICLE.fullmatch(section.number)) and not section.heading and not section.children


def addresses(document: Document) -> dict[str, str]:
    """Every anchor that a link can lead to, sections and the parts of articles, with what to call it."""
    known = {}
    for section in document.walk():
        known[section.anchor] = label_of(section)
        known |= {part.anchor: f"{label_of(section)}{part.number}" for part in section.parts}
    return known
