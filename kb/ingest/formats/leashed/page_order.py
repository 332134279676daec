"""Glyphs with their places → the lines of a page in the order of reading: columns one after the other, tables as Markdown rows,
footnotes apart, raised figures raised. A line that begins right of its column's margin is marked as indented.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median

from kb.base import tables
from kb.base.lazy_re import lazy_re
from kb.ingest.formats import scripts
from kb.ingest.formats.layout import APART, NOTE, Glyph
from kb.ingest.formats.leashed.page_tables import Grid, Rule, grids

_GAP = 1.5  # sizes: a gap this wide parts two pieces of a line
_BOTH_SIDES = 3  # rows with text on both sides of a gutter that make columns
_FILLED = 0.5
_LEAST_COLUMN = 8  # sizes
_PUNCTUATION = lazy_re("[，。；、：]")
_SMALL = 0.85
_FOOTNOTE = lazy_re(r"[①-⑳*＊]|[\[〔［(（]?\d{1,3}[\]〕］)）]|注\s*\d*\s*[:：]|\d{1,2}\s*[\u4e00-\u9fff]")
_SENTENCE_ENDS = tuple("。；：！？")
_LONE_NUMBER = lazy_re(r"[-—–－_·\s]*\d{1,4}(?:\s*/\s*\d+|[-—–－_·\s]*)")
_APART = 1.8  # times the usual step from line to line
_RAISED_SIZE, _RAISED_BY = 0.78, 0.2


@dataclass(slots=True)
class Piece:
    """A run of glyphs on one line without a wide gap."""

    x0: float
    x1: float
    top: float
    bottom: float
    size: float
    text: str
    table: list[str] = field(default_factory=list)  # the rows of a table with drawn rules, which stands as one piece


Row = list[Piece]


def lines(glyphs: Sequence[Glyph], rules: Sequence[Rule] = ()) -> list[str]:
    """Return the lines of a page; footnotes begin with `kb.ingest.formats.layout.NOTE`, numbers apart with `APART`."""
    drawn, glyphs = _drawn_tables(glyphs, rules)
    rows = sorted([*_rows(glyphs), *drawn], key=lambda row: row[0].top) if drawn else _rows(glyphs)
    apart = [row for row, neighbours in (_ends(rows)) if _is_apart(row, neighbours)]
    body, notes = _without_notes([row for row in rows if not any(row is each for each in apart)])
    head, foot = ([APART + _joined(row) for row in apart if (row is rows[0]) is first] for first in (True, False))
    return [*head, *_read(body), *foot, *(NOTE + _joined(row).strip() for row in notes)]


def _drawn_tables(glyphs: Sequence[Glyph], rules: Sequence[Rule]) -> tuple[list[Row], Sequence[Glyph]]:
    """Return the tables that rules are drawn around, each as a row of one piece, and the glyphs outside of them."""
    found: list[Row] = []
    for grid in grids(rules):
        cells: dict[tuple[int, int], list[Glyph]] = {}
        outside = []
        for glyph in glyphs:
            cell = grid.cell((glyph.x0 + glyph.x1) / 2, _middle(glyph))
            if cell is None:
                outside.append(glyph)
            else:
                cells.setdefault(cell, []).append(glyph)
        filled = [cell for cell, inside in cells.items() if any(glyph.text.strip() for glyph in inside)]
        if len({row for row, _ in filled}) < 2 or len({column for _, column in filled}) < 2:
            continue
        glyphs = outside
        size = median(glyph.size for inside in cells.values() for glyph in inside)
        piece = Piece(grid.columns[0], grid.columns[-1], grid.rows[0], grid.rows[-1], size, "")
        piece.table = list(_cells_in_rows(grid, cells))
        found.append([piece])
    return found, glyphs


def _cells_in_rows(grid: Grid, cells: dict[tuple[int, int], list[Glyph]]) -> Iterator[str]:
    for row in range(len(grid.rows) - 1):
        whole = {grid.first[row, column] for column in range(len(grid.columns) - 1)} == {(row, 0)}
        if whole and len(inside := _rows(cells.get((row, 0), []))) > 1:
            yield from _plain(inside)  # a frame around paragraphs
            continue
        texts = [_cell_text(cells.get((row, column), [])) for column in range(len(grid.columns) - 1)]
        if any(texts):
            yield tables.row([text.replace("|", "\\|") for text in texts])


def _cell_text(glyphs: Sequence[Glyph]) -> str:
    """Join the lines of a cell; a blank stands after the end of a sentence and between words."""
    text = ""
    for line in (_joined(row).strip() for row in _rows(glyphs)):
        apart = text[-1:] in _SENTENCE_ENDS or (text[-1:].isascii() and line[:1].isascii() and line[:1].isalpha())
        text += f" {line}" if text and apart else line
    return text


def _ends(rows: list[Row]) -> list[tuple[Row, list[Row]]]:
    """Return the first and the last row, each with the rows of the page going away from it."""
    return [(rows[0], rows[1:]), (rows[-1], rows[-2::-1])] if len(rows) > 1 else []


def _is_apart(row: Row, others: list[Row]) -> bool:
    """Return whether a row at the end of a page is a lone number much further from the text than its lines are apart."""
    if len(row) > 1 or not _LONE_NUMBER.fullmatch(row[0].text.strip()):
        return False
    steps = [abs(_height(a) - _height(b)) for a, b in pairwise(others)]
    usual = median(steps) if steps else 1.5 * others[0][0].size
    return abs(_height(row) - _height(others[0])) > _APART * usual


def _height(row: Row) -> float:
    return (row[0].top + row[0].bottom) / 2


def _rows(glyphs: Sequence[Glyph]) -> list[Row]:
    """Put glyphs whose middles are less than half a height apart on one line."""
    lines: list[list[Glyph]] = []
    for glyph in sorted(glyphs, key=lambda each: ((each.top + each.bottom) / 2, each.x0)):
        last = lines[-1][0] if lines else None
        if (
            last is not None
            and _middle(glyph) - _middle(last) < min(max(glyph.size, last.size), 1.6 * min(glyph.size, last.size)) / 2
        ):
            lines[-1].append(glyph)
        else:
            lines.append([glyph])
    return [pieces for line in lines if (pieces := _pieces(sorted(line, key=lambda each: each.x0)))]


def _middle(glyph: Glyph) -> float:
    return (glyph.top + glyph.bottom) / 2


def _pieces(line: list[Glyph]) -> Row:
    while line and not line[-1].text.strip():
        line.pop()
    if not any(glyph.text.strip() for glyph in line):
        return []
    size = median(glyph.size for glyph in line if glyph.text.strip())
    bottom = median(glyph.bottom for glyph in line if glyph.size > _RAISED_SIZE * size)
    pieces: Row = []
    raised = ""
    for glyph in line:
        if pieces and glyph.x0 - pieces[-1].x1 > _GAP * size:
            raised = _lifted(pieces, raised)
            pieces.append(_piece(glyph, size))
            continue
        is_raised = glyph.size <= _RAISED_SIZE * size and bottom - glyph.bottom > _RAISED_BY * size and bool(pieces)
        if not is_raised:
            raised = _lifted(pieces, raised)
        if not pieces:
            pieces.append(_piece(glyph, size))
            continue
        last = pieces[-1]
        gap = glyph.x0 - last.x1
        latin = last.text[-1:].isascii() and glyph.text.isascii()
        if is_raised:
            raised += glyph.text
        else:
            last.text += (
                f" {glyph.text}"
                if gap > (0.2 if latin else 0.9) * size and last.text[-1:].strip() and glyph.text.strip()
                else glyph.text
            )
        last.x1 = max(last.x1, glyph.x1)
    _lifted(pieces, raised)
    return [piece for piece in pieces if piece.text.strip()]


def _piece(glyph: Glyph, size: float) -> Piece:
    return Piece(glyph.x0, glyph.x1, glyph.top, glyph.bottom, size, glyph.text)


def _lifted(pieces: Row, raised: str) -> str:
    if raised and pieces:
        pieces[-1].text += scripts.raised(raised.strip())
    return ""


def _without_notes(rows: list[Row]) -> tuple[list[Row], list[Row]]:
    """Part the footnotes from the rows of a page: small lines at its foot, from the first that begins with a mark."""
    if len(rows) < 3:
        return rows, []
    usual = median(piece.size for row in rows for piece in row)
    first = len(rows)
    for at in range(len(rows) - 1, 0, -1):
        if max(piece.size for piece in rows[at]) >= _SMALL * usual:
            if first == len(rows) and re.fullmatch(r"\W*\d*\W*", _joined(rows[at])):
                continue  # the page's number below the notes
            break
        if _FOOTNOTE.match(_joined(rows[at]).strip()):
            first = at
    small = [row for row in rows[first:] if max(piece.size for piece in row) < _SMALL * usual]
    return [row for row in rows if not any(row is each for each in small)], small


def _read(rows: list[Row]) -> list[str]:
    """Return the lines of rows: zones of columns column by column, tables as rows, all other rows as they stand."""
    gutter = _gutter(rows)
    if gutter is None:
        return _plain(rows)
    found: list[str] = []
    zone: list[Row] = []
    for row in [*rows, None]:
        if row is not None and not any(piece.x0 < gutter < piece.x1 for piece in row):
            zone.append(row)
            continue
        if sum(_sides(each, gutter) == (True, True) for each in zone) >= _BOTH_SIDES:
            for left in (True, False):
                side = [[piece for piece in each if (piece.x1 <= gutter) is left] for each in zone]
                found += _read([each for each in side if each])
        else:
            found += _plain(zone)
        zone = []
        if row is not None:
            found += _plain([row])
    return found


def _sides(row: Row, gutter: float) -> tuple[bool, bool]:
    return any(piece.x1 <= gutter for piece in row), any(piece.x0 >= gutter for piece in row)


def _gutter(rows: list[Row]) -> float | None:
    """Find where a page is parted into two columns of sentences; None where it is not."""
    candidates = [(a.x1 + b.x0) / 2 for row in rows for a, b in pairwise(row)]
    best, most = None, _BOTH_SIDES - 1
    for x in sorted(set(candidates))[:200]:
        free = [row for row in rows if not any(piece.x0 < x < piece.x1 for piece in row)]
        both = [row for row in free if _sides(row, x) == (True, True)]
        if len(both) > most and _are_columns(both, free, x):
            best, most = x, len(both)
    return best


def _are_columns(both: list[Row], free: list[Row], x: float) -> bool:
    for left in (True, False):
        pieces = [[piece for piece in row if (piece.x1 <= x) is left] for row in free]
        counted = [side for side in pieces if side]
        widths = [side[-1].x1 - side[0].x0 for side in counted]
        size = median(piece.size for side in counted for piece in side)
        single = sum(len(side) == 1 for side in counted)
        text = "".join(piece.text for side in counted for piece in side)
        if single < 0.8 * len(counted) or median(widths) < _FILLED * max(widths) or max(widths) < _LEAST_COLUMN * size:
            return False
        if len(_PUNCTUATION.findall(text)) * 40 < len(text):
            return False
    return len(both) >= _BOTH_SIDES


def _plain(rows: list[Row]) -> list[str]:
    margin = min((row[0].x0 for row in rows), default=0.0)
    found: list[str] = []
    at = 0
    while at < len(rows):
        if rows[at][0].table:
            found += rows[at][0].table
            at += 1
            continue
        end = _table_end(rows, at)
        if end > at:
            found += _table(rows[at:end])
            at = end
            continue
        row = rows[at]
        indent = "　" if row[0].x0 > margin + row[0].size else ""
        found.append(indent + _joined(row).rstrip())
        at += 1
    return found


def _joined(row: Row) -> str:
    return " ".join(piece.text for piece in row)


def _table_end(rows: list[Row], start: int) -> int:
    """Return where a table that starts at a row ends; the row itself where none does.

    A table has three rows or columns of aligned pieces at least; a row of one piece below a column goes on with it.
    """
    first = rows[start]
    if len(first) < 2:
        return start
    end, full = start, 0
    for row in rows[start:]:
        if (
            row[0].table
            or len(row) > len(first) + 1
            or sum(_column(piece, first) is not None for piece in row) < len(row)
        ):
            break
        if len(row) == 1 and (row[0].x0 - first[0].x0 < row[0].size or _column(row[0], first) in (None, 0)):
            break
        full += len(row) > 1
        end += 1
    return end if full >= 2 and (full > 2 or len(first) > 2) else start


def _column(piece: Piece, first: Row) -> int | None:
    """Return the column of a head or first row that a piece stands in."""
    for number, head in enumerate(first):
        centred = abs((piece.x0 + piece.x1) - (head.x0 + head.x1)) / 2 < 1.5 * head.size
        if abs(piece.x0 - head.x0) < 1.5 * head.size or centred:
            return number
    return None


def _table(rows: list[Row]) -> list[str]:
    grid: list[list[str]] = []
    for row in rows:
        cells = [""] * len(rows[0])
        for piece in row:
            column = _column(piece, rows[0]) or 0
            cells[column] = f"{cells[column]} {piece.text.strip()}".strip().replace("|", "\\|")
        if len(row) == 1 and grid:
            column = next(number for number, cell in enumerate(cells) if cell)
            grid[-1][column] += cells[column]
        else:
            grid.append(cells)
    return list(map(tables.row, grid))
