"""Text that a page's style sheets print (:before and :after with `content`), written where a browser shows it.

CSS Generated Content Module Level 3 and CSS Lists Module Level 3, 4: strings, attributes and counters, these nested as
elements are. What only decorates (a bullet, an icon, a cleared float) is left.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from bs4 import BeautifulSoup, NavigableString, Tag
from soupsieve import SelectorSyntaxError

from kb.base.lazy_re import lazy_re
from kb.ingest.formats import scripts

_PSEUDO = lazy_re(r"::?(before|after)\s*$", re.IGNORECASE)
_CONTENT = lazy_re(r"""(?<![\w-])content\s*:\s*((?:"[^"]*"|'[^']*'|[^;"'])*)""", re.IGNORECASE)
_COUNTS = lazy_re(r"(?<![\w-])counter-(reset|increment)\s*:\s*([^;]+)", re.IGNORECASE)
_COUNT = lazy_re(r"([A-Za-z_][\w-]*)(?:\s+(-?\d{1,6}))?")
_UNSEEN = lazy_re(
    r"display\s*:\s*none|visibility\s*:\s*hidden|(?<![\w-])height\s*:\s*0|font-size\s*:\s*0|opacity\s*:\s*0(?:[;\s]|$)",
    re.I,
)
_PIECE = lazy_re(
    r"""\s*(?:"(?P<double>[^"]*)"|'(?P<single>[^']*)'|attr\(\s*(?P<attribute>[\w-]+)\s*\)|(?P<quote>open|close)-quote"""
    r"""|counters?\(\s*(?P<counter>[\w-]+)\s*(?:,\s*["'](?P<between>[^"']*)["']\s*)?(?:,\s*(?P<style>[\w-]+)\s*)?\)"""
    r"|(?P<other>[^\s\"']+))",
    re.IGNORECASE,
)
_ESCAPE = lazy_re(r"\\([0-9A-Fa-f]{1,6})\s?|\\(.)")
_PRINTED = lazy_re(r"[^\W\ue000-\uf8ff]|[，。、；：？！《》〈〉（）“”〔〕【】…—]")
_NO_CONTENT = lazy_re(r"none|normal|inherit|initial|unset|url\(.*", re.IGNORECASE)
_EMPTY = frozenset(("img", "br", "hr", "input", "meta", "link", "col"))
_MOST_RULES = 300
_LONGEST = 200


@dataclass(slots=True)
class Written:
    """What was written into a page, and the `content` that could not be read, each with its element."""

    texts: list[NavigableString] = field(default_factory=list)
    unread: list[tuple[Tag, str]] = field(default_factory=list)


@dataclass(slots=True)
class _Given:
    """What style sheets give an element, or what stands before or after it: `content` and its counters."""

    content: str = ""
    counts: dict[str, str] = field(default_factory=dict)


def write(soup: BeautifulSoup, rules: Iterable[tuple[str, str]]) -> Written:
    """Write the text of style sheets into a page; `rules` are selectors and their declarations."""
    given = _given(soup, rules)
    written = Written()
    if any(each.content for each in given.values()):
        _Counting(given, written).walk(soup)
    return written


def _given(soup: BeautifulSoup, rules: Iterable[tuple[str, str]]) -> dict[tuple[int, str], _Given]:
    found: dict[tuple[int, str], _Given] = {}
    telling = [(selector, block) for selector, block in rules if _CONTENT.search(block) or _COUNTS.search(block)]
    for selectors, block in telling[:_MOST_RULES]:
        content = _CONTENT.search(block)
        counts = {kind.lower(): value for kind, value in _COUNTS.findall(block)}
        for selector in selectors.split(","):
            pseudo = _PSEUDO.search(selector)
            place = pseudo[1].lower() if pseudo else ""
            try:
                tags = soup.select(_PSEUDO.sub("", selector).strip() or "*")
            except (SelectorSyntaxError, NotImplementedError):
                continue
            for tag in tags:
                each = found.setdefault((id(tag), place), _Given())
                each.counts |= counts
                if content and place:
                    each.content = "" if _UNSEEN.search(block) else content[1].strip()
    return found


class _Counting:
    """Walks a page in its order, counts its counters and writes what stands before and after elements."""

    def __init__(self, given: dict[tuple[int, str], _Given], written: Written) -> None:
        self._given = given
        self._written = written
        self._counters: dict[str, list[tuple[int, int]]] = {}  # name → (the element within which it counts, value)
        self._above: list[int] = []

    def walk(self, soup: BeautifulSoup) -> None:
        stack: list[tuple[Tag, Iterator[object]]] = [(soup, iter(list(soup.contents)))]
        self._above.append(id(soup))
        while stack:
            tag, children = stack[-1]
            child = next(children, None)
            if child is None:
                self._print(tag, "after")
                stack.pop()
                self._above.pop()
            elif isinstance(child, Tag) and child.name not in _EMPTY:
                inside = list(child.contents)
                self._count(self._given.get((id(child), "")), str(child.get("style", "")))
                self._above.append(id(child))
                self._print(child, "before")
                stack.append((child, iter(inside)))

    def _count(self, given: _Given | None, style: str = "") -> None:
        counts = {**(given.counts if given else {}), **{kind.lower(): value for kind, value in _COUNTS.findall(style)}}
        for name, start in _COUNT.findall(counts.get("reset", "")):
            values = self._open(name)
            if values and values[-1][0] == self._above[-1]:
                values.pop()
            values.append((self._above[-1], int(start or 0)))
        for name, step in _COUNT.findall(counts.get("increment", "")):
            values = self._open(name)
            within, value = values.pop() if values else (self._above[-1], 0)
            values.append((within, value + int(step or 1)))

    def _open(self, name: str) -> list[tuple[int, int]]:
        """Return the values of a counter that reach to here, the outermost first."""
        values = self._counters.setdefault(name, [])
        while values and values[-1][0] not in self._above:
            values.pop()
        return values

    def _print(self, tag: Tag, place: str) -> None:
        given = self._given.get((id(tag), place))
        if given is None:
            return
        self._count(given)
        text = self._text(tag, given.content)
        if text is None:
            self._written.unread.append((tag, given.content))
        elif _PRINTED.search(text) and len(text) <= _LONGEST:
            node = NavigableString(text)
            tag.insert(0, node) if place == "before" else tag.append(node)
            self._written.texts.append(node)

    def _text(self, tag: Tag, content: str) -> str | None:
        """Return what a `content` prints, None where it says something unknown."""
        pieces: list[str] = []
        for piece in _PIECE.finditer(re.sub(r"!\s*important", "", content)):
            if piece["counter"]:
                values = [value for _, value in self._open(piece["counter"])] or [0]
                values = values if piece["between"] is not None else values[-1:]
                style = (piece["style"] or "decimal").lower()
                pieces.append((piece["between"] or "").join(scripts.counted(value, style) for value in values))
            elif piece["attribute"]:
                pieces.append(str(tag.get(piece["attribute"], "")))
            elif piece["quote"]:
                pieces.append("“" if piece["quote"].lower() == "open" else "”")
            elif piece["other"]:
                if not _NO_CONTENT.fullmatch(piece["other"]):
                    return None
            else:
                pieces.append(_ESCAPE.sub(_unescaped, piece["double"] or piece["single"] or ""))
        return "".join(pieces)


def _unescaped(found: re.Match[str]) -> str:
    code = int(found[1], 16) if found[1] else 0
    return found[2] or (chr(code) if 0 < code < 0x110000 and not 0xD800 <= code < 0xE000 else "")
