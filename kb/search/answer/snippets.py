"""Which characters of a text a query matches, and the piece of the text that shows it best."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from kb.chinese.identity import Folded, fold_with_places
from kb.search.query.analysis import informative
from kb.search.query.matching import Span, occurrences
from kb.search.query.query import Query, parse

WIDTH = 120
"""Characters of a snippet, unless one match is longer."""

_BEFORE = 30
_TRIED = 50


def match_spans(text: str, query: Query | str) -> list[Span]:
    """Return the [start, end) offsets of everything in a text that a query matches, ascending, without overlaps.

    These are the places of the query's strings; where none stands in the text and none was quoted, those of its words.
    Raises UsageError for a query (given as a string) that cannot be searched.
    """
    folded = fold_with_places(text)
    return [folded.span(*place) for place in _places(folded, parse(query) if isinstance(query, str) else query)]


def holding(folded: Sequence[str], query: Query) -> list[bool]:
    """Tell of each folded text whether a string of the query stands in it."""
    leaves = query.leaves
    return [any(True for leaf in leaves for _ in leaf.spans(text)) for text in folded]


def snippet(text: str, query: Query) -> tuple[str, tuple[Span, ...]]:
    """Return the piece of a text that holds most of what a query matches, and the matches' offsets in that piece.

    It is cut from the text as it stands; the start of the text when nothing matches.
    """
    folded = fold_with_places(text := text.rstrip())
    places = _places(folded, query)
    spans = [folded.span(*place) for place in places]
    start, end = _window(text, spans, [folded.text[a:b] for a, b in places[: 2 * _TRIED]])
    return text[start:end], tuple(
        (max(a, start) - start, min(b, end) - start) for a, b in spans if a < end and b > start
    )


def _places(folded: Folded, query: Query) -> list[Span]:
    """Return where in a folded text what a query matches stands, ascending; what overlaps is one, neighbours stay apart."""
    spans = [span for leaf in query.leaves for span in leaf.spans(folded.text)]
    if not spans and not query.exact:
        spans = [span for word in informative(query.required) for span in occurrences(folded.text, word)]
    merged: list[Span] = []
    for start, end in sorted(spans):
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _window(text: str, spans: list[Span], matched: list[str]) -> Span:
    """Choose the window with the most different matches (folded, of the first spans), then the most, then the first."""
    if not spans or len(text) <= WIDTH:
        return 0, min(len(text), WIDTH)
    ends = [end for _, end in spans]

    def worth(place: int) -> tuple[int, int, int]:
        inside = matched[place : bisect_right(ends, spans[place][0] + WIDTH - _BEFORE)]
        return len(set(inside)), len(inside), -place

    first = spans[max(range(min(len(spans), _TRIED)), key=worth)]
    start = max(0, min(first[0] - _BEFORE, len(text) - WIDTH))
    end = max(start + WIDTH, first[1])
    # A match that crosses an edge is shown whole: half of it would be another word.
    crossing = [span for span in spans if span[0] < start < span[1] or span[0] < end < span[1]]
    return min([start, *(a for a, _ in crossing)]), max([end, *(b for _, b in crossing)])
