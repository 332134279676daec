"""Plain text → tree of sections, every section with an address that comes from the document's own numbering.

Anchors: the numbers on the way down, `1-3-2` for 一、(三)2. and `1-1` for 一、1.; `part-1`, `bk-1`, `sub-1`, `ch-2`, `s-1` for
部分 编 分编 章 节 (`bk-1-ch-2`, `ch-2-3` for 三、 in chapter 2); articles are numbered through a whole document, so theirs
stand alone: `art-12`, `art-133-1` (第一百三十三条之一). Parts without a number: `title`, `table` (a letterhead or a site's rows of metadata),
`toc` (目录), `preamble`, `attachments` (附件：1.…), `signature`; headings without a number `preface` (序言), `general` (总则),
`supplement` (附则), else `h1`, `h2` … below their parent's anchor. `annex-1`, `schedule-1` (附表), `appendix-1` (附录), `figure-1`
start an annex or a second document of the page, and prefix every anchor in it: `annex-1-2-3`, `annex-1-art-12`,
`annex-1-signature`; the annexes of a document that is itself the first unmarked one are `annex-1-annex-1`. What occurs again gets a suffix: `1-3~2`. An anchor thus depends only on its own numbers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from itertools import pairwise

from kb.base.lazy_re import lazy_re
from kb.base.model import Section
from kb.chinese.numerals import Number, Style, numeral, read
from kb.structure import articles, headings, numbering
from kb.structure.frame import Block, blocks
from kb.structure.nesting import Nesting, Open, quotations

_LETTERS: dict[Style, str] = {
    "part": "part-",
    "book": "bk-",
    "subbook": "sub-",
    "chapter": "ch-",
    "division": "s-",
    "article": "art-",
}
_BLOCKS = {
    "table": "table",
    "title": "title",
    "contents": "toc",
    "attachments": "attachments",
    "signature": "signature",
}
_NAMES = {"序言": "preface", "前言": "preface", "引言": "preface", "总则": "general", "附则": "supplement"}
_ANNEX = r"(?:annex|schedule|appendix|figure)-[0-9a-z]+(?:~\d+)?"
_IS_ANNEX = lazy_re(rf"^{_ANNEX}(?:-{_ANNEX})*$")
_IS_ARTICLE = lazy_re(rf"^(?:{_ANNEX}-)*art-(?P<value>\d+)")
_IS_UNNUMBERED = lazy_re(rf"^(?:{_ANNEX}-)*(?:table|title|toc|preamble|attachments|signature)(?:~\d+)?$")
_DEEPEST = 50  # levels: marks from outside nest no deeper


@dataclass(frozen=True, slots=True)
class Mark:
    """A line that starts a section: its depth in the tree (1 is a section of the top level) and its anchor."""

    level: int
    anchor: str


def is_part(anchor: str) -> bool:
    """Return whether an anchor is that of an annex or of another document of the same file."""
    return bool(_IS_ANNEX.match(anchor))


def parse(
    text: str, levels: Mapping[int, int] | None = None, bold_numbers: Set[int] = frozenset()
) -> tuple[Section, ...]:
    """Find the outline of a document's text; `levels` are Markdown heading levels by line index (from 0), a hint.

    `bold_numbers` are a hint, too: the lines that begin with a bold number of an article (see `Extracted`).

    The texts of the sections, in order, are `text` again to the character, whatever the text. Anchors are unique.
    """
    return rebuild(text, dict(_find(text_lines(text), levels or {}, bold_numbers)))


def marks(sections: Iterable[Section]) -> dict[int, Mark]:
    """Return the mark of each section by the index (from 0) of its first line in the document's text."""
    found: dict[int, Mark] = {}
    line = 0
    waiting = [(section, 1) for section in reversed(tuple(sections))]
    while waiting:
        section, level = waiting.pop()
        found[line] = Mark(level, section.anchor)
        line += section.text.count("\n")
        waiting += [(child, level + 1) for child in reversed(section.children)]
    return found


def rebuild(text: str, marks: Mapping[int, Mark]) -> tuple[Section, ...]:
    """Build the tree whose sections start at the marked lines, and only there: the inverse of `marks`.

    Lines before the first mark become a section of their own; anchors that occur twice are made unique.
    """
    lines = text_lines(text)
    starts = sorted({line for line in marks if 0 <= line < len(lines)} | ({0} if lines else set()))
    root = _Draft("", [])
    path, depths, anchors = [root], [0], _Anchors()
    for start, end in pairwise([*starts, len(lines)]):
        mark = marks.get(start, Mark(1, "preamble"))
        draft = _Draft(anchors.unique(mark.anchor), lines[start:end])
        while depths[-1] >= mark.level > 0 or len(path) > _DEEPEST or (mark.level <= 0 and len(path) > 1):
            path[-2].children.append(path.pop().finish())
            depths.pop()
        path.append(draft)
        depths.append(mark.level)
    while len(path) > 1:
        path[-2].children.append(path.pop().finish())
    return tuple(root.children)


@dataclass(slots=True)
class _Draft:
    """A section whose children are still being found."""

    anchor: str
    lines: list[str]
    children: list[Section] = field(default_factory=list)

    def finish(self) -> Section:
        text = "".join(self.lines)
        number, heading = self._label()
        parts = articles.parts(self.anchor, text) if _IS_ARTICLE.match(self.anchor) else ()
        return Section(self.anchor, number, heading, text, tuple(self.children), parts)

    def _label(self) -> tuple[str, str]:
        if _IS_ANNEX.match(self.anchor):
            return headings.annex(self.lines)
        if article := _IS_ARTICLE.match(self.anchor):
            return headings.article(self.lines, article["value"])
        if not _IS_UNNUMBERED.match(self.anchor):
            return headings.section(self.lines, bool(self.children), self.anchor)
        titled = self.anchor.partition("~")[0].endswith("title")
        return "", headings.whole(self.lines) if titled else ""


class _Anchors:
    """The anchors given so far."""

    def __init__(self) -> None:
        self.used: set[str] = set()
        self.counts: dict[str, int] = {}

    def unique(self, anchor: str) -> str:
        """Return this anchor, with a suffix when it is taken."""
        free = anchor
        while free in self.used:
            self.counts[anchor] = self.counts.get(anchor, 1) + 1
            free = f"{anchor}~{self.counts[anchor]}"
        self.used.add(free)
        return free


def text_lines(text: str) -> list[str]:
    """Cut a text into lines that keep their "\\n"; no other character ends a line."""
    *lines, rest = text.split("\n")
    return [f"{line}\n" for line in lines] + ([rest] if rest else [])


def _find(lines: list[str], levels: Mapping[int, int], bold_numbers: Set[int]) -> Iterator[tuple[int, Mark]]:
    """Yield the mark of every line that starts a section."""
    numbers, quoted = [read(line) for line in lines], quotations(lines)
    found_articles = numbering.articles(lines, numbers, quoted, bold_numbers)
    for i, number in enumerate(numbers):
        if known := found_articles.get(i):
            numbers[i] = replace(known, doubtful=False) if known.doubtful else known
        elif number and number.style == "article":
            numbers[i] = replace(number, doubtful=True)
    nesting, anchors = Nesting(lines, numbers, levels, found_articles, quoted), _Anchors()
    found = blocks(lines, numbers, levels)
    prefix, top, annexes = "", 1, Counter[str]()
    given: dict[int, Mark] = {}  # the marks of annexes by their lines
    host = ""  # another document of the file, unmarked, that may have annexes of its own
    ends = [*(block.start for block in found), len(lines)][1:]
    for block, end in zip(found, ends, strict=True):
        if block.kind == "annex":
            printed = _annex_number(block)
            own = f"{block.annex}-{printed}"
            if block.host in given:
                inside, level = given[block.host].anchor, given[block.host].level + 1
                anchor = anchors.unique(f"{inside}-{block.annex}-{printed or 1}")
                given[block.start] = Mark(level, anchor)
                prefix, top = f"{anchor}-", level + 1
                nesting.reset()
                yield block.start, given[block.start]
                continue
            nested = bool(host and printed and (own == host or f"{host}-{block.annex}-1" in anchors.used))
            if not nested:
                annexes[block.annex] += 1
                host = ""
            anchor = anchors.unique(f"{host}-{own}" if nested else f"{block.annex}-{printed or annexes[block.annex]}")
            host = host or ("" if printed else anchor)
            prefix, top = f"{anchor}-", 3 if nested else 2
            nesting.reset()
            yield block.start, given.setdefault(block.start, Mark(top - 1, anchor))
        elif block.kind != "body":
            yield block.start, Mark(top, anchors.unique(prefix + _BLOCKS[block.kind]))
        else:
            yield from _body(block.start, end, prefix, top, nesting, anchors)


def _annex_number(block: Block) -> str:
    if not block.number:
        return ""
    return block.number.lower() if block.number.isalpha() and block.number.isascii() else str(numeral(block.number))


def _body(
    start: int, end: int, prefix: str, top: int, nesting: Nesting, anchors: _Anchors
) -> Iterator[tuple[int, Mark]]:
    """Yield the marks of the numbered sections of a body, and of the preamble before the first."""
    path: list[str] = []
    unnumbered: dict[str, int] = {}
    first = True
    for line, depth in nesting.sections(start, end):
        if first and line > start:
            yield start, Mark(top, anchors.unique(f"{prefix}preamble"))
        first = False
        del path[depth:]
        number = nesting.numbers[line] if nesting.open[-1].number else None
        parent = f"{path[-1]}-" if path else prefix
        if number and number.style == "chapter" and parent == f"{prefix}general-":
            parent = prefix  # the chapters of 总则 have always been called so
        token = _token(number, nesting.open[:-1]) if number else _name(nesting.lines[line], parent, unnumbered)
        anchor = anchors.unique((prefix if number and number.style == "article" else parent) + token)
        path.append(anchor)
        yield line, Mark(top + depth, anchor)
    if first:
        yield start, Mark(top, anchors.unique(f"{prefix}preamble"))


def _token(number: Number, above: Sequence[Open]) -> str:
    """Write a number as the last step of an anchor: 1.2 below 1 is 2."""
    parent = above[-1].number if above else None
    below = number.style == "decimal" and parent and parent.values == number.values[:-1]
    return _LETTERS.get(number.style, "") + "-".join(map(str, number.values[-1:] if below else number.values))


def _name(line: str, parent: str, unnumbered: dict[str, int]) -> str:
    """Name a heading that has no number, from what it says or from its place among its like."""
    known = _NAMES.get("".join(line.split()))
    if known:
        return known
    unnumbered[parent] = unnumbered.get(parent, 0) + 1
    return f"h{unnumbered[parent]}"
