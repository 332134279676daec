"""Rows of tables: how a reader writes them into a text, and how Markdown shows them as a table.

In a document's text a row is a line, `| 甲 | 乙 |`, and nothing else belongs to a table. GitHub's Markdown also wants a
delimiter row, `| --- | --- |`, below the first one: it is markup like `#` before a heading, so it stands in files and
never in a text (https://github.github.com/gfm/#tables-extension-).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from kb.base.lazy_re import lazy_re

CELL = lazy_re(r"\|((?:\\.|[^|\\])*)(?=\|)")
"""A cell of a row that ends with a stroke; a stroke inside a cell has a backslash before it."""
_RULE = r"[ \t]*:?-+:?[ \t]*"
_DELIMITER = lazy_re(rf"\|?{_RULE}(?:\|{_RULE})*\|?[ \t]*")
_CLEAR = r"[ \t]*(?::?-{2,}:?|:-:?|-:)[ \t]*"  # a single dash may be a value
_SURE = lazy_re(rf"\|{_CLEAR}(?:\|{_CLEAR})*\|?[ \t]*")
_ESCAPED = lazy_re(r"\\.")


def row(cells: Iterable[str]) -> str:
    """Return the row of these cells, whose strokes are escaped already."""
    return f"| {' | '.join(cells)} |"


def is_row(line: str) -> bool:
    """Tell a row of a table from a line that merely begins with a stroke."""
    return len(line) > 1 and line.startswith("|") and line.endswith("|")


def cells(line: str) -> tuple[str, ...]:
    """Return the cells of a row as they read."""
    return tuple(cell.strip().replace("\\|", "|") for cell in CELL.findall(_closed(line)))


def has_head(rows: Sequence[Sequence[str]]) -> bool:
    """Return whether the first of some rows names the columns: all of its cells are filled, and rows follow."""
    return len(rows) > 1 and all(rows[0])


def as_markdown(rows: Sequence[str]) -> Iterator[str]:
    """Yield the lines of some rows as tables of Markdown, a blank line ("") between two of them.

    A Markdown table is as wide as its first row and drops what is wider: a wider row begins a new one.
    """
    width = 0
    for number, line in enumerate(rows):
        count = len(CELL.findall(_closed(line)))
        if number and count > width:
            yield ""
        yield line
        if number == 0 or count > width:
            width = count
            yield row(["---"] * width)


def is_delimiter(line: str) -> bool:
    """Tell a delimiter row as `as_markdown` writes it, or a person does who means one."""
    return bool(_SURE.fullmatch(line))


def from_markdown(lines: Sequence[str]) -> Iterator[str]:
    """Yield the lines of any Markdown: its tables as rows with strokes at both ends, without delimiter rows and empty heads.

    A table goes on as long as its lines hold strokes; Markdown also takes the line below it for a row, people do not.
    """
    rows = 0  # of the table that is open, its delimiter row included
    for number, line in enumerate(lines):
        stripped = line.strip()
        if rows and _has_stroke(stripped):
            if rows > 1:
                yield _boxed(stripped)
            rows += 1
        elif rows := int(_is_head(lines, number)):
            if any(cells(_boxed(stripped))):
                yield _boxed(stripped)
        else:
            yield line


def _is_head(lines: Sequence[str], number: int) -> bool:
    """Return whether a line is the head of a table: its delimiter row, as wide, stands below."""
    head, below = lines[number].strip(), lines[number + 1].strip() if number + 1 < len(lines) else ""
    if not _has_stroke(head) or not _has_stroke(below) or not _DELIMITER.fullmatch(below):
        return False
    return len(CELL.findall(_boxed(head))) == len(CELL.findall(_boxed(below)))


def _has_stroke(line: str) -> bool:
    return "|" in _ESCAPED.sub("", line)


def _boxed(line: str) -> str:
    """Return a row with a stroke at both ends."""
    return _closed(line if line.startswith("|") else f"| {line}")


def _closed(line: str) -> str:
    """Return a row with a stroke at its end that no backslash escapes."""
    bare = line.rstrip()
    return line if _ESCAPED.sub("", bare).endswith("|") else f"{bare} |"
