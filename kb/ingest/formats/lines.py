"""An element of an HTML page → lines of text as a browser shows them: one paragraph a line, tables as Markdown rows.

White space is collapsed as browsers do; a line break of the source between two Chinese characters is no space (CSS Text
Module Level 3, segment break transformation). What a browser prints beside the characters of the source (numbers of
lists, values of fields) is printed; what it shows in another way (struck, raised, an image within a line) is marked.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Set
from dataclasses import dataclass
from itertools import islice

from bs4 import BeautifulSoup, NavigableString, Tag
from bs4.element import PreformattedString

from kb.base import tables
from kb.base.errors import UnreadableError
from kb.base.lazy_re import lazy_re
from kb.ingest.formats import scripts
from kb.ingest.formats.account import ARTICLE_NUMBER, Remarks, after

_BLOCK_NAMES = """
address article aside blockquote body caption center dd details div dl dt fieldset figcaption figure footer form
h1 h2 h3 h4 h5 h6 header hr html legend li main nav ol option p pre section summary table tbody td tfoot th thead tr ul
textarea listing xmp
"""
_BLOCKS = frozenset(_BLOCK_NAMES.split())
_NEVER = frozenset(("script", "style", "head"))
# What a browser shows instead of, or outside, the text; each is named in the account.
_ELSEWHERE = {
    "noscript": "noscript（不开脚本时才显示）",
    "object": "嵌入的对象（object）",
    "embed": "嵌入的对象（embed）",
    "iframe": "嵌入的页面（iframe）",
    "frame": "嵌入的页面（frame）",
    "video": "视频",
    "audio": "音频",
    "canvas": "脚本画的图（canvas）",
    "svg": "矢量图（svg）",
    "select": "选择框（select）",
    "button": "按钮",
    "template": "模板（template，不显示）",
    "datalist": "备选的值（datalist）",
}
_STRUCK = frozenset(("s", "strike", "del"))
_PREFORMATTED = frozenset(("pre", "textarea", "listing", "xmp"))
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_WIDE = r"\u2e80-\u9fff\uf900-\ufaff\ufe30-\ufe4f\uff00-\uffef“”‘’…—"
_BREAK_BETWEEN_WIDE = lazy_re(rf"(?<=[{_WIDE}])[ \t]*[\r\n][ \t\r\n]*(?=[{_WIDE}])")
_SPACES = lazy_re(r"[ \t\r\n\f\xa0]+")
_INVISIBLE = lazy_re("[\u200b\u200c\u200d\u2060\ufeff\xad]")
_CELL = "\x1f"  # where a cell begins, until the white space is collapsed
_MOST_SPANNED = 60
_MOST_CELLS = 1_000_000  # of a table, each as wide as its widest row
_LONGEST_CELL = 2000
_LONGEST_NESTED = 300
_DRAWN = lazy_re(r"border[^;:]*:[^;]*solid", re.I)
_WHITE_SPACE = lazy_re(r"white-space\s*:\s*pre", re.I)
_LINE_THROUGH = lazy_re(r"text-decoration[^;]*:[^;]*line-through", re.I)
_BOLD = lazy_re(r"font-weight\s*:\s*(?:bold|[6-9]00)", re.I)
_RAISED = lazy_re(r"vertical-align\s*:\s*super", re.I)
_LOWERED = lazy_re(r"vertical-align\s*:\s*sub\b", re.I)
_LIST_STYLE = lazy_re(r"list-style(?:-type)?\s*:\s*([^;]+)", re.I)
_HAS_NUMBER = lazy_re(
    r"\s*(?:[(（]?(?:\d{1,3}|[〇零一二三四五六七八九十百]{1,4}|[a-zA-Z])(?:[)）、.．]|\s*[、.．])(?!\d)|第[〇零一二三四五六七八九十百千\d]+[条章节编项款]|[①-⑳⑴-⒇⒈-⒛])"
)
_KINDS = {"1": "decimal", "a": "lower-alpha", "A": "upper-alpha", "i": "lower-roman", "I": "upper-roman"}
# Classes by which the usual editor (UEditor) writes its own styles of lists.
_EDITOR = {
    "custom_num": "{d}，",
    "custom_num1": "{d})",
    "custom_num2": "({d})",
    "custom_cn": "{c}、",
    "custom_cn1": "{c})",
    "custom_cn2": "（{c}）",
}
_NO_MARK = frozenset(("none", "disc", "circle", "square"))
_FILE_NAME = lazy_re(r"(?:.*\.(?:png|jpe?g|gif|bmp|webp|svg)|图片|图|image\d*|img\d*|\d{6,}|[\w-]{16,})", re.I)
_ICON = lazy_re(r"icon|ico[_-]|fileTypeImages|/attach|blank\.|space\.|line\.", re.I)
_IMAGE_FIRST_SIDE = 100  # pixels: an image larger than this is no character
_LONGEST_ALT = 30
_TAIL = 200
_MOST_BESIDE = 50  # elements without text between an image and the text that it would stand in


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines of text, the heading level of those that are headings, by their index, and where bold numbers of articles begin."""

    lines: list[str]
    levels: dict[int, int]
    bold_numbers: Set[int]


def plain(text: str) -> str:
    """Collapse the white space of one line and strip its indentation."""
    line = _SPACES.sub(" ", _BREAK_BETWEEN_WIDE.sub("", _INVISIBLE.sub("", text))).strip()
    return re.sub(rf" ?{_CELL} ?", "\t", line).strip() if _CELL in line else line


def text_lines(roots: Iterable[Tag], hidden: Set[int] = frozenset(), remarks: Remarks | None = None) -> Lines:
    """Return the lines of a document's elements; data tables become Markdown rows, layout tables disappear.

    `hidden` are the ids of elements that the page does not show. What is not taken as it stands is told to `remarks`.
    """
    out = _Writer()
    for root in roots:
        _Walk(out, root, hidden, remarks or Remarks(), rows=True).run()
    return Lines(out.lines, out.levels, out.bold_numbers)


def page_lines(root: Tag, *, without: Iterable[Tag] = (), hidden: Set[int] = frozenset()) -> list[str]:
    """Return the lines of a page, the cells of a table row on one line, parted by tabs."""
    out = _Writer()
    skipped = frozenset(id(each) for each in without)
    _Walk(out, root, hidden, Remarks(), rows=False, skipped=skipped).run()
    return out.lines


class _Writer:
    """Collects texts into lines; a line ends when the next text stands in another block."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.levels: dict[int, int] = {}
        self.bold_numbers: set[int] = set()
        self.block: Tag | None = None
        self._pieces: list[str] = []
        self._bold = 0  # pieces at the beginning of the line that are bold

    def write(self, text: str, block: Tag, *, bold: bool = False) -> None:
        if block is not self.block:
            self.end_line()
            self.block = block
        if self._bold == len(self._pieces) and (bold or not text.strip()):
            self._bold += 1
        self._pieces.append(text)

    def end_line(self) -> None:
        line = plain("".join(self._pieces))
        start = plain("".join(self._pieces[: self._bold]))
        self._pieces.clear()
        self._bold = 0
        if line:
            if start != line and ARTICLE_NUMBER.fullmatch(start):
                self.bold_numbers.add(len(self.lines))
            if self.block is not None and self.block.name in _HEADINGS:
                self.levels[len(self.lines)] = _HEADINGS[self.block.name]
            self.lines.append(line)

    def write_lines(self, lines: list[str]) -> None:
        self.end_line()
        self.lines += lines

    def so_far(self) -> str:
        """Return the end of what was written: that of the line that is being written, or the line before."""
        tail = ""
        for piece in reversed(self._pieces):
            tail = piece + tail
            if len(tail) > _TAIL:
                break
        return tail if tail.strip() else self.lines[-1] if self.lines else ""


class _Walk:
    """Walks a tree in its order, without recursion: pages can be nested deeper than the stack.

    Texts belong to one line when no block begins or ends between them, that is, when they share the innermost block.
    `rows` prints tables of data as Markdown rows; without it, the cells of a row stand on one line.
    """

    def __init__(
        self,
        out: _Writer,
        root: Tag,
        hidden: Set[int],
        remarks: Remarks,
        *,
        rows: bool,
        skipped: Set[int] = frozenset(),
    ) -> None:
        self._out = out
        self._root = root
        self._hidden = hidden
        self._remarks = remarks
        self._skipped = skipped
        self._rows = rows
        self._blocks: list[Tag] = [root]
        self._preformatted = self._struck = self._bold = 0
        self._counts: dict[int, int] = {}
        self._with_text: dict[int, bool] = {}
        self._label = ""

    def run(self) -> None:
        self._out.end_line()
        stack = [(self._root, iter(self._root.contents))] if self._begin(self._root) else []
        while stack:
            tag, children = stack[-1]
            child = next(children, None)
            if child is None:
                stack.pop()
                self._end(tag)
            elif isinstance(child, Tag):
                if self._begin(child):
                    stack.append((child, iter(child.contents)))
            elif isinstance(child, NavigableString) and not isinstance(child, PreformattedString):
                self._text(child)
        self._out.end_line()

    def _write(self, text: str) -> None:
        if self._label and text.strip():
            self._out.write(self._label, self._blocks[-1])
            self._label = ""
        self._out.write(text, self._blocks[-1], bold=self._bold > 0)

    def _text(self, text: str) -> None:
        if not self._preformatted:
            self._write(text)
            return
        for number, part in enumerate(re.split(r"\r\n|[\r\n]", text)):
            if number:
                self._out.end_line()
            self._write(part)

    def _begin(self, tag: Tag) -> bool:
        """Enter an element; False when its contents are not to be walked."""
        if id(tag) in self._skipped or tag.name in _NEVER:
            return False
        if id(tag) in self._hidden and tag is not self._root:
            self._tell_hidden(tag)
            return False
        if tag.name in _ELSEWHERE:
            self._tell_elsewhere(tag)
            return False
        if tag.name in ("rt", "rp", "rtc"):
            if tag.name == "rt":
                self._tell("注音", "是读法，不是正文，没有收入", tag.get_text())
            return False
        if self._writes(tag):
            return False
        if _is_struck(tag):
            self._struck += 1
            if self._struck == 1 and tag.get_text(strip=True):
                self._tell("删除线", "原件划去的文字，在文中标出", tag.get_text())
                self._write("〔删除线：")
        if _is_preformatted(tag):
            self._preformatted += 1
        if _is_bold(tag):
            self._bold += 1
        if tag.name in _BLOCKS and (self._rows or tag.name not in ("td", "th")):
            self._blocks.append(tag)
        elif tag.name in ("td", "th"):
            self._out.write(_CELL, self._blocks[-1])
        if tag.name == "li":
            self._label = self._number(tag)
        return True

    def _end(self, tag: Tag) -> None:
        if _is_preformatted(tag):
            self._preformatted -= 1
        if _is_bold(tag):
            self._bold -= 1
        if self._blocks[-1] is tag and len(self._blocks) > 1:
            self._blocks.pop()
        if _is_struck(tag):
            self._struck -= 1
            if not self._struck and tag.get_text(strip=True):
                self._out.write("〕", self._out.block or self._blocks[-1])

    def _writes(self, tag: Tag) -> bool:
        """Write an element that is text by itself: a break, a table of data, a field, an image, a raised number."""
        if tag.name == "table" and self._rows and (rows := self._table(tag)):
            self._out.write_lines(rows)
        elif tag.name == "br":
            self._out.end_line()
        elif tag.name == "input":
            self._field(tag)
        elif tag.name in ("img", "image"):
            self._image(tag)
        elif tag.name == "textarea" and "<" in (source := tag.get_text()):
            self._out.write_lines(text_lines([BeautifulSoup(source, "lxml")]).lines)
        elif tag.name == "sup" or _style(tag, _RAISED):
            self._write(scripts.raised(plain(tag.get_text())))
        elif tag.name == "sub" or _style(tag, _LOWERED):
            self._write(scripts.lowered(plain(tag.get_text())))
        else:
            return False
        return True

    def _table(self, table: Tag) -> list[str]:
        """Return the rows of a table of data; [] for one of layout, which is walked."""
        inner = table.find_all("table")
        if any(each.find("table") for each in inner):
            return []
        found = Remarks()
        rows = _rows(table, self._hidden, found)
        for each in found.account().remarks if rows else ():
            self._remarks.add(each.what, each.where, each.reason, each.sample, count=each.count, doubt=each.doubt)
        return rows

    def _tell(self, what: str, reason: str, sample: str = "", *, doubt: bool = False) -> None:
        self._remarks.add(what, after(self._out.so_far()), reason, sample, doubt=doubt)

    def _tell_hidden(self, tag: Tag) -> None:
        text = plain(tag.get_text(" "))
        if text:
            self._tell("隐藏的文字", "网页不显示，没有收入", text)

    def _tell_elsewhere(self, tag: Tag) -> None:
        text = plain(tag.get_text(" "))
        address = str(tag.get("src") or tag.get("data") or "").strip()
        if tag.name == "select":
            chosen = tag.find("option", selected=True)
            self._write(plain(chosen.get_text()) if chosen else "")
        if tag.name == "iframe" and address in ("", "about:blank") and not text:
            return
        warning = re.search(r"脚本|javascript|浏览器|插件|flash", text, re.I)
        doubt = (bool(re.search(r"[。；：]", text)) and not warning) or (
            tag.name in ("iframe", "embed", "object", "frame")
        )
        self._tell(_ELSEWHERE[tag.name], "没有收入正文", " ".join(filter(None, (address, text))), doubt=doubt)

    def _field(self, tag: Tag) -> None:
        kind = str(tag.get("type", "text")).lower()
        value = plain(str(tag.get("value", "")))
        if kind in ("checkbox", "radio"):
            self._write("☑" if tag.has_attr("checked") else "☐")
        elif kind in ("text", "number", "date", "tel", "email", "") and value:
            self._write(value)

    def _image(self, tag: Tag) -> None:
        """Write an image that stands for characters: within a line of text, of the size of characters."""
        if not self._rows or not _is_character(tag) or not self._holds_text(self._blocks[-1]):
            return
        alt = plain(str(tag.get("alt") or ""))
        source = str(tag.get("src") or "")
        if alt and len(alt) <= _LONGEST_ALT and not _FILE_NAME.fullmatch(alt):
            self._tell("字是图片", "照图片的替代文字写入", f"{alt}（{source}）")
            self._write(alt)
        else:
            self._tell("字是图片", "读不出，在文中标作〔图片〕", source, doubt=True)
            self._write("〔图片〕")

    def _holds_text(self, block: Tag) -> bool:
        if id(block) not in self._with_text:
            self._with_text[id(block)] = bool(plain(block.get_text()))
        return self._with_text[id(block)]

    def _number(self, item: Tag) -> str:
        """Return the number that a browser prints before an item of a list."""
        parent = item.parent
        if parent is None or parent.name != "ol":
            return ""
        step, starts = -1 if parent.has_attr("reversed") else 1, id(parent) not in self._counts
        if starts:
            first = 1 if step > 0 else len(parent.find_all("li", recursive=False))
            self._counts[id(parent)] = _integer(parent.get("start"), first) - step
        number = _integer(item.get("value"), self._counts[id(parent)] + step)
        self._counts[id(parent)] = number
        label = _label(number, item, parent)
        if not label or _HAS_NUMBER.match(item.get_text()):
            return ""
        if starts:
            self._tell("列表的编号", "由浏览器显示，不在网页的文字里，照显示的写入")
        return label


def _integer(value: object, default: int) -> int:
    text = str(value).strip()
    return int(text) if re.fullmatch(r"-?\d{1,6}", text) else default


def _label(number: int, item: Tag, parent: Tag) -> str:
    for name in parent.get_attribute_list("class") or []:
        if form := _EDITOR.get(str(name)):
            return form.format(d=number, c=scripts.chinese(number))
    found = _LIST_STYLE.search(str(item.get("style", ""))) or _LIST_STYLE.search(str(parent.get("style", "")))
    kind = str(item.get("type") or parent.get("type") or "1")
    style = found[1].strip().lower().split()[0] if found and found[1].strip() else _KINDS.get(kind, "decimal")
    if style in _NO_MARK:
        return ""
    return f"{scripts.counted(number, style)}{'、' if scripts.is_chinese(style) else '.'}"


def _style(tag: Tag, pattern: re.Pattern[str]) -> bool:
    given = tag.get("style")
    return bool(given) and bool(pattern.search(str(given)))


def _is_preformatted(tag: Tag) -> bool:
    return tag.name in _PREFORMATTED or _style(tag, _WHITE_SPACE)


def _is_bold(tag: Tag) -> bool:
    return tag.name in ("b", "strong") or _style(tag, _BOLD)


def _is_struck(tag: Tag) -> bool:
    return tag.name in _STRUCK or _style(tag, _LINE_THROUGH)


def _is_character(image: Tag) -> bool:
    """Tell an image within a line of text from one that illustrates the document."""
    source = str(image.get("src") or "")
    sides = [_integer(re.sub(r"px$", "", str(image.get(side, ""))), 0) for side in ("width", "height")]
    if not source or _ICON.search(source) or max(sides) > _IMAGE_FIRST_SIDE or image.find_parent("a", href=True):
        return False
    beside = [_neighbour(image, forward=False), _neighbour(image, forward=True)]
    if any(isinstance(each, Tag) and each.name == "a" and each.has_attr("href") for each in beside):
        return False
    return any(beside)


def _neighbour(image: Tag, *, forward: bool) -> object:
    """Return what stands beside an image on its line: text or an element of text; None at the line's ends."""
    at: Tag | NavigableString = image
    while True:
        beside = at.next_siblings if forward else at.previous_siblings
        for each in islice(beside, _MOST_BESIDE):
            if isinstance(each, Tag) and (each.name == "br" or each.name in _BLOCKS):
                return None
            if plain(each.get_text()):
                return each
        if at.parent is None or at.parent.name in _BLOCKS:
            return None
        at = at.parent


def _rows(table: Tag, hidden: Set[int], remarks: Remarks) -> list[str]:
    """Return a table of data as Markdown rows; [] for one that serves the layout."""
    grid = _grid(table, hidden, remarks)
    if not _is_data(table, grid):
        return []
    caption = table.find("caption")
    above = [plain(caption.get_text())] if caption else []
    width = max(map(len, grid))
    return [line for line in above if line] + [tables.row(row + [""] * (width - len(row))) for row in grid if any(row)]


def _is_data(table: Tag, grid: list[list[str]]) -> bool:
    """Tell data from layout: rows and columns of short cells, or lines drawn around cells that hold no paragraphs."""
    rows, width = len(grid), max(map(len, grid), default=0)
    longest = max((len(cell) for row in grid for cell in row), default=0)
    if table.find("table"):
        filled = sum(sum(map(bool, row)) > 1 for row in grid)
        return rows > 1 and width > 1 and filled > 1 and longest <= _LONGEST_NESTED
    if rows > 1 and width > 1:
        return longest <= _LONGEST_CELL
    drawn = str(table.get("border", "0")).strip() not in ("", "0") or _style(table, _DRAWN)
    return drawn and rows * width > 1 and longest <= _LONGEST_NESTED


def _grid(table: Tag, hidden: Set[int], remarks: Remarks) -> list[list[str]]:
    """Read the cells; a cell that spans rows or columns stands in its first place, the others are empty."""
    grid: list[list[str]] = []
    widest = 0
    below: dict[int, int] = {}  # column → rows that a cell from above still covers
    for tr in _own(table, "tr"):
        row: list[str] = []
        cells = iter(_own(tr, "td", "th"))
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
            row += [_cell(cell, hidden, remarks).replace("|", "\\|"), *[""] * (wide - 1)]
        grid.append(row)
        widest = max(widest, len(row))
        if widest * len(grid) > _MOST_CELLS:
            raise UnreadableError(f"网页里一张表格摊开后超过 {_MOST_CELLS} 格（合并的单元格太多）：没有收录。")
    return grid


def _own(parent: Tag, *names: str) -> list[Tag]:
    """Return the rows of a table, or the cells of a row, without those of tables inside."""
    table = parent if parent.name == "table" else parent.find_parent("table")
    return [each for each in parent.find_all(names) if each.find_parent("table") is table]


def _cell(cell: Tag, hidden: Set[int], remarks: Remarks) -> str:
    """Return a cell's text on one line; a table inside has its cells parted by / and its rows by ；."""
    out = _Writer()
    inner = [each for each in cell.find_all("table") if each.find_parent("table") is cell.find_parent("table")]
    _Walk(out, cell, hidden, remarks, rows=True, skipped=frozenset(map(id, inner))).run()
    for table in inner:
        rows = (" / ".join(each for each in row if each) for row in _grid(table, hidden, remarks))
        out.lines.append("；".join(row for row in rows if row))
    return " ".join(line for line in out.lines if line)


def _span(cell: Tag, name: str) -> int:
    value = str(cell.get(name, "1")).strip()
    return min(max(int(value), 1), _MOST_SPANNED) if value.isdecimal() and len(value) < 6 else 1
