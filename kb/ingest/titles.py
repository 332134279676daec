"""Titles that a list or a page's meta tags cut off, and where the page prints them whole."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from kb.base.lazy_re import lazy_re

_SHORTEST_STEM = 6
_BETWEEN_TITLES = lazy_re(r"[_|｜>]|\s[-–—]+\s|--")
_HYPHEN = lazy_re(r"(?<!\d)[-–—_|｜]+(?!\d)")
_CUT = ".．…· "
_LONGEST = 150
_SENTENCE = lazy_re("[。；]")


def parts(title: str) -> list[str]:
    """Return what a <title> joins: the document's title, its column, the site."""
    return [part.strip() for form in (_HYPHEN, _BETWEEN_TITLES) for part in form.split(title)]


def is_cut(title: str) -> bool:
    """Return whether a title ends in … or ... after enough of it to know it by."""
    stem = title.rstrip(_CUT)
    return bool(re.search(r"(?:\.{2,}|．{2,}|…|·{3,})\s*$", title)) and len(stem) >= _SHORTEST_STEM


def whole(cut: str, printed: Iterable[str]) -> str:
    """Return the first title among what is printed that begins as a title that was cut off, else ""."""
    if not is_cut(cut):
        return ""
    stem = cut.rstrip(_CUT)
    fits = (line for line in printed if line.startswith(stem) and len(line) > len(stem) and not is_cut(line))
    return next((line for line in fits if len(line) <= _LONGEST and not _SENTENCE.search(line)), "")


def only(cut: str, printed: Sequence[str]) -> str:
    """Return the title among what is printed that begins as a title that was cut off, "" where several different ones do."""
    first = whole(cut, printed)
    return first if first == whole(cut, reversed(printed)) else ""
