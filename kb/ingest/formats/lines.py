"""An element of an HTML page → lines of text: one paragraph a line, tables as Markdown rows.

White space is collapsed as browsers do; a line break of the source between two Chinese characters is no space (CSS Text
Module Level 3, segment break transformation).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from bs4 import NavigableString, Tag
from bs4.element import PreformattedString

_BLOCK_NAMES = """
address article aside blockquote body caption center dd details div dl dt fieldset figcaption figure footer form
h1 h2 h3 h4 h5 h6 header hr html legend li main nav ol option p pre section summary table tbody td tfoot th thead tr ul
"""
_BLOCKS = frozenset(_BLOCK_NAMES.split())
_UNSEEN = frozenset(
    ("script", "style", "noscript", "template", "iframe", "object", "select", "textarea", "button", "head")
)
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_WIDE = r"\u2e80-\u9fff\uf900-\ufaff\ufe30-\ufe4f\uff00-\uffef“”‘’…—"
_BREAK_BETWEEN_WIDE = re.compile(rf"(?<=[{_WIDE}])[ \t]*[\r\n][ \t\r\n]*(?=[{_WIDE}])")
_SPACES = re.compile(r"[ \t\r\n\f\xa0]+")
_INVISIBLE = re.compile("[\u200b\u200c\u200d\u2060\ufeff\xad]")
_CELL = "\x1f"  # where a cell begins, until the white space is collapsed
_MOST_SPANNED = 60
_LONGEST_CELL = 2000


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines of text, and the heading level of those that are headings, by their index."""

    lines: list[str]
    levels: dict[int, int]


def plain(text: str) -> str:
    """Collapse the white space of one line and strip its indentation."""
    line = _SPACES.sub(" ", _BREAK_BETWEEN_WIDE.sub("", _INVISIBLE.sub("", text))).strip()
    return re.sub(rf" ?{_CELL} ?", "\t", line).strip() if _CELL in line else line


def text_lines(root: Tag) -> Lines:
    """Answer the lines of a document's element; data tables become Markdown rows, layout tables disappear."""
    tables = {id(table): rows for table in _innermost_tables(root) if (rows := _rows(table))}
    return _walk(root, tables, cells=False, without=None)


def page_lines(root: Tag, *, without: Tag | None = None) -> list[str]:
    """Answer the lines of a page, the cells of a table row on one line, parted by tabs."""
    return _walk(root, {}, cells=True, without=without).lines


def _walk(root: Tag, tables: dict[int, list[str]], *, cells: bool, without: Tag | None) -> Lines:
    """Walk the tree in its order, without recursion: pages can be nested deeper than the stack.

    Texts belong to one line when no block begins or ends between them, that is, when they share the innermost block.
    """
    out = _Writer(root)
    innermost: dict[int, Tag | None] = {id(root): root}
    for element in root.descendants:
        block = innermost[id(element.parent)]
        if isinstance(element, Tag):
            cell = cells and element.name in ("td", "th")
            innermost[id(element)] = block if cell or element.name not in _BLOCKS else element
            if block is None or element.name in _UNSEEN or element is without:
                innermost[id(element)] = None
            elif rows := tables.get(id(element)):
                innermost[id(element)] = None
                out.write_lines(rows)
            elif element.name == "br":
                out.end_line()
            elif cell:
                out.write(_CELL, block)
        elif block is not None and isinstance(element, NavigableString) and not isinstance(element, PreformattedString):
            out.write(element, block)
    out.end_line()
    return Lines(out.lines, out.levels)


class _Writer:
    """Collects texts into lines; a line ends when the next text stands in another block."""

    def __init__(self, root: Tag) -> None:
        self.lines: list[str] = []
        self.levels: dict[int, int] = {}
        self._block = root
        self._pieces: list[str] = []

    def write(self, text: str, block: Tag) -> None:
        if block is not self._block:
            self.end_line()
            self._block = block
        self._pieces.append(text)

    def end_line(self) -> None:
        line = plain("".join(self._pieces))
        self._pieces.clear()
        if line:
            if self._block.name in _HEADINGS:
                self.levels[len(self.lines)] = _HEADINGS[self._block.name]
            self.lines.append(line)

    def write_lines(self, lines: list[str]) -> None:
        self.end_line()
        self.lines += lines


def _innermost_tables(root: Tag) -> list[Tag]:
    """Answer the tables that hold no other: a table around tables serves the layout."""
    tables = root.find_all("table")
    holders = {id(table.find_parent("table")) for table in tables}
    return [table for table in tables if id(table) not in holders]


def _rows(table: Tag) -> list[str]:
    """Answer a table of data as Markdown rows; [] for one of a single row or column or with cells as long as a page."""
    grid = _grid(table)
    if len(grid) < 2 or max(map(len, grid)) < 2 or any(len(cell) > _LONGEST_CELL for row in grid for cell in row):
        return []
    caption = table.find("caption")
    above = [plain(caption.get_text())] if caption else []
    width = max(map(len, grid))
    return [line for line in above if line] + [
        f"| {' | '.join(row + [''] * (width - len(row)))} |" for row in grid if any(row)
    ]


def _grid(table: Tag) -> list[list[str]]:
    """Read the cells; a cell that spans rows or columns stands in its first place, the others are empty."""
    grid: list[list[str]] = []
    below: dict[int, int] = {}  # column → rows that a cell from above still covers
    for tr in table.find_all("tr"):
        row: list[str] = []
        cells = iter(tr.find_all(["td", "th"]))
        covered, below = below, {column: rows - 1 for column, rows in below.items() if rows > 1}
        while True:
            if len(row) in covered:
                row.append("")
                continue
            cell = next(cells, None)
            if cell is None:
                break
            wide, high = _span(cell, "colspan"), _span(cell, "rowspan")
            below |= {len(row) + right: high - 1 for right in range(wide) if high > 1}
            text = " ".join(_walk(cell, {}, cells=False, without=None).lines)
            row += [text.replace("|", "\\|"), *[""] * (wide - 1)]
        grid.append(row)
    return grid


def _span(cell: Tag, name: str) -> int:
    value = str(cell.get(name, "1")).strip()
    return min(max(int(value), 1), _MOST_SPANNED) if value.isdecimal() and len(value) < 6 else 1
