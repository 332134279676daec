"""Numbered lines → how deep each lies, by the order in which the document itself uses its numbers.

GB/T 9704-2012 (7.3.3) nests 一、 （一） 1. （1）; statutes nest 编 章 节 条 (立法法, art. 65). Real documents leave levels out
(一、 then 1.), let 1. 2. run on across （一）（二）, put 一、 under chapters and articles under 一、, skip and repeat numbers.
So a number is a sibling of the open section that is numbered in the same way, and otherwise a child of the last one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile

from kb.base.lazy_re import lazy_re
from kb.chinese.numerals import Number, Style, as_item, item_with_measure, read

_ORDER: tuple[Style, ...] = (
    *("part", "book", "subbook", "chapter", "division", "article"),
    *("hanzi", "ordinal", "hanzi-bracket", "arabic", "arabic-bracket", "circled"),
)
_RANKS = {style: rank for rank, style in enumerate(_ORDER)}
_ARTICLE = _RANKS["article"]
_HEADING = 60  # characters: a heading on a line of its own is not longer
_STOPPED = 16  # characters: a heading that ends in a full stop is not longer
_DEEPEST = 12  # levels: deeper nesting is an accident of the text
_AHEAD = 40  # numbered lines looked at to see whether a list goes on
_MOST = 300  # a greater number without 第 starts a sentence (2000.)
_NAMED = lazy_re(r"^(?:序\s*言|前\s*言|引\s*言|总\s*则|分\s*则|附\s*则|结束语)\s*$")
# 总则 holds the chapters of its part where the marks of headings say so (民法典); these never do.
_BESIDE = lazy_re(r"^(?:序\s*言|前\s*言|引\s*言|附\s*则|结束语)\s*$")
_FIGURES = ("arabic", "decimal")
# 1.12月底前, 1.10日内: no decimal is counted so.
_NO_DECIMAL = lazy_re(r"\s*1[.．]\d{1,3}(?:月(?!以)|日[内前起]|年[底初前度来]|年以[前来]|周岁)")
_ENDED = lazy_re(r"[。；]\s*$")
_STOP = lazy_re(r"[。；：！？，、;:!?,]$")


@dataclass(slots=True)
class Open:
    """A section that is still open: its line, its number (None for a heading without one), its hint and its line's look."""

    line: int
    number: Number | None
    hint: int
    titled: bool
    beside: bool  # 序言, 附则: such a heading stands beside chapters


class Nesting:
    """Follows the lines of one text from top to bottom.

    `levels` are Markdown heading levels by line index, `articles` the lines that are articles, `quoted` those inside
    quotations of several lines.
    """

    def __init__(
        self,
        lines: Sequence[str],
        numbers: list[Number | None],
        levels: Mapping[int, int],
        articles: Collection[int],
        quoted: Collection[int],
    ) -> None:
        self.lines, self.numbers, self.levels, self.articles, self.quoted = lines, numbers, levels, articles, quoted
        self.numbered = [i for i, number in enumerate(numbers) if number]
        self.rank_of_numbered = {i: at for at, i in enumerate(self.numbered)}
        self.decimals = {n.values for n in numbers if n and n.style == "decimal"}
        self.notes = _notes(lines, numbers)
        self.reset()

    def reset(self) -> None:
        """Start a new text: an annex has numbers of its own."""
        self.open: list[Open] = []
        self.last: dict[Style, tuple[int, ...]] = {}
        self.last_decimal: dict[tuple[int, ...], int] = {}
        self.quoting = False

    def sections(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        """Yield (line, depth from 0) for every line from `start` to `end` that starts a section."""
        for i in range(start, end):
            number, depth = self.numbers[i], None
            if i in self.quoted and i not in self.articles and not self._resumes(i, number):
                continue
            if i in self.notes:
                continue
            if number:
                depth = self._place(i, number)
                number = self.numbers[i]
            elif (at := self._goes_on_with_measure(i)) is not None:
                depth, number = at, self.numbers[i]
            if depth is None and (i in self.levels or _NAMED.match(self.lines[i])):
                depth, number = self._untitled_depth(i), None
            if depth is not None and depth < _DEEPEST:
                self._enter(i, depth, number)
                yield i, depth

    def _goes_on_with_measure(self, i: int) -> int | None:
        """Return the depth of the open list whose next item begins with a measure: 3.50%以上, after 2.…。"""
        at = self._innermost("arabic")
        item = item_with_measure(self.lines[i])
        if at is None or item is None or at != len(self.open) - 1 or not _follows(self._values(at), item.values):
            return None
        if not _ENDED.search(self.lines[i - 1]):
            return None
        self.numbers[i] = item
        return at

    def _resumes(self, i: int, number: Number | None) -> bool:
        """Return whether a quoted line is the next number of an amendment, whose last quotation was never closed."""
        outermost = self.open[0].number if self.open else None
        goes_on = number and outermost and outermost.style == number.style and "“" in self.lines[i]
        return bool(goes_on and outermost and number and _follows(outermost.values, number.values))

    def _enter(self, i: int, depth: int, number: Number | None) -> None:
        del self.open[depth:]
        self.open.append(
            Open(i, number, self.levels.get(i, 0), self._titled(i, number), bool(_BESIDE.match(self.lines[i])))
        )
        if number and number.style == "decimal":
            self.last_decimal[number.values[:-1]] = number.values[-1]
        elif number:
            self.last[number.style] = number.values

    def _titled(self, i: int, number: Number | None) -> bool:
        """Return whether the line reads as a heading by itself."""
        rest = self.lines[i][number.end :] if number else self.lines[i]
        return i in self.levels or (len(rest) <= _HEADING and not _STOP.search(rest.rstrip()))

    def _announced(self, i: int) -> bool:
        """Return whether the line before says that a list or a quotation follows."""
        return i > 0 and self.lines[i - 1].rstrip().endswith(("：", ":"))

    def _place(self, i: int, number: Number) -> int | None:
        if number.style == "decimal":
            depth = self._place_decimal(i, number)
            return depth if depth is not None else self._place_dated(i, number)
        if _RANKS[number.style] <= _ARTICLE:
            return self._place_article(i) if number.style == "article" else self._place_chapter(i, number)
        if number.values[0] > _MOST or (number.style == "ordinal" and not self._titled(i, number)):
            return None
        return self._place_item(i, number)

    # 编 章 节 条

    def _place_article(self, i: int) -> int | None:
        if i not in self.articles:
            self.quoting = self.quoting or self._announced(i)
            return None
        self.quoting = False
        at = self._innermost("article")
        if at is not None:
            return at
        while self.open and not self._may_hold_articles(self.open[-1]):
            self.open.pop()
        return len(self.open)

    def _may_hold_articles(self, section: Open) -> bool:
        return section.number is None or section.titled

    def _place_chapter(self, i: int, number: Number) -> int | None:
        if not (self._titled(i, number) or self._wrapped(i, number) or self._stopped(i, number)):
            return None
        rank, last = _RANKS[number.style], self.last.get(number.style)
        if self.quoting or (number.values != (1,) and not _follows(last, number.values) and self._announced(i)):
            self.quoting = True
            return None
        hint = self.levels.get(i, 0)
        depth = len(self.open)
        while depth and not self._above(self.open[depth - 1], rank, hint):
            depth -= 1
        return depth

    def _wrapped(self, i: int, number: Number) -> bool:
        """Return whether a heading is broken over this line and the next: 第五章 烟丝、 / 滤嘴棒的生产."""
        goes_on = self.lines[i].rstrip().endswith(("、", "，")) and len(self.lines[i]) <= _HEADING
        below = i + 1 < len(self.lines) and not self.numbers[i + 1] and self._titled(i + 1, None)
        return goes_on and below and _follows(self.last.get(number.style), number.values)

    def _stopped(self, i: int, number: Number) -> bool:
        """Return whether a short heading carries a full stop by a slip: 第五节 生活、卫生。"""
        rest = self.lines[i][number.end :].rstrip()
        return not number.doubtful and len(rest) <= _STOPPED and rest.find("。") == len(rest) - 1

    def _above(self, section: Open, rank: int, hint: int) -> bool:
        """Return whether an open section can hold a chapter of this rank."""
        if section.number is None:
            return 0 < section.hint < hint and not section.beside
        return section.number.style != "decimal" and _RANKS[section.number.style] < rank

    # 一、 （一） 1. （1） ①

    def _place_item(self, i: int, number: Number) -> int | None:
        article = self._innermost("article")
        if article is not None:
            return self._leave_articles(i, number, article)
        same = [at for at, section in enumerate(self.open) if section.number and section.number.style == number.style]
        for at in reversed(same):
            if _follows(self._values(at), number.values):
                return at
        if same and not self._starts_inner_list(i, number, self._values(same[-1])):
            return None if self._is_stray(i, number, self._values(same[-1])) else same[-1]
        if not same and not self._can_start(i, number):
            return None
        return len(self.open) if same else self._new_depth(i, number)

    def _leave_articles(self, i: int, number: Number, article: int) -> int | None:
        """一、 goes on after articles where it stood above them; any other number is a 项 of the article."""
        for at in range(article):
            above = self.open[at].number
            if above and above.style == number.style == "hanzi" and _follows(above.values, number.values):
                return at if self._titled(i, number) else None
        return None

    def _new_depth(self, i: int, number: Number) -> int:
        """Return the depth of a kind of number that is not open: below the last section, unless that ranks lower."""
        depth = len(self.open)
        while depth:
            above = self.open[depth - 1].number
            if above is None or above.style == "decimal" or _RANKS[above.style] < _RANKS[number.style]:
                break
            if self._announced(i) or self._goes_on(i, above.style, above.values) or self._divides(i, number, depth):
                break
            depth -= 1
        return depth

    def _divides(self, i: int, number: Number, depth: int) -> bool:
        """Return whether （一） right below the short line 2、分工 divides it: a list that goes on is not numbered in two ways."""
        above = self.open[depth - 1]
        rest = len(self.lines[i - 1].rstrip()) - (above.number.end if above.number else 0)
        if number.style != "hanzi-bracket" or above.line != i - 1 or depth != len(self.open) or rest > _STOPPED:
            return False
        at = self.rank_of_numbered[i] + 1
        below = (self.numbers[j] for j in self.numbered[at : at + _AHEAD])
        inner = takewhile(lambda each: each is not None and each.style != "hanzi", below)
        return not any(
            each and above.number and each.style == above.number.style and each.values == (1,) for each in inner
        )

    def _can_start(self, i: int, number: Number) -> bool:
        """Return whether a list may start with this number: 1, one that runs on, or a main level that skips some."""
        if number.values == (1,) or _follows(self.last.get(number.style), number.values) or i in self.levels:
            return True
        return number.style in ("hanzi", "hanzi-bracket") or self._goes_on(i, number.style, number.values)

    def _starts_inner_list(self, i: int, number: Number, outer: tuple[int, ...]) -> bool:
        return number.values == (1,) and self._announced(i) and self._goes_on(i, number.style, outer)

    def _is_stray(self, i: int, number: Number, outer: tuple[int, ...]) -> bool:
        """Return whether a 一、 amid a list, which the list's own next number follows, belongs to a table or a quotation."""
        return number.style == "hanzi" and number.values == (1,) and self._goes_on(i, number.style, outer)

    def _goes_on(self, i: int, style: Style, values: tuple[int, ...]) -> bool:
        """Return whether the list whose last number is `values` goes on below line `i`."""
        at = self.rank_of_numbered[i] + 1
        for j in self.numbered[at : at + _AHEAD]:
            number = self.numbers[j]
            if number and number.style == style:
                return _follows(values, number.values)
            if number and number.style != "decimal" and _RANKS[number.style] < _RANKS[style] and self._is_open(number):
                return False
        return False

    # 1.2.3

    def _place_decimal(self, i: int, number: Number) -> int | None:
        prefix, value = number.values[:-1], number.values[-1]
        if self._innermost("article") is not None:
            return None
        if not prefix:
            return self._place_bare(i, number)
        last = self.last_decimal.get(prefix, 0)
        near = value == last + 1 if number.doubtful else last < value <= last + 3
        for at, section in enumerate(self.open):
            if section.number and section.number.values == prefix and near:
                return at + 1
        if i in self.levels:
            return self._untitled_depth(i)
        return self._depth_of_decimals(len(prefix)) if near and (value > 1 or (*prefix, 2) in self.decimals) else None

    def _place_dated(self, i: int, number: Number) -> int | None:
        """Place 1.5月底前, where no decimal is expected: it may be the item 1. whose text begins with a figure."""
        item = as_item(number, self.lines[i])
        if not item or not number.doubtful or not self._is_expected(i, item):
            return None
        depth = self._place_item(i, item)
        if depth is not None:
            self.numbers[i] = item
        return depth

    def _is_expected(self, i: int, item: Number) -> bool:
        """Return whether an item goes on with an open list, or a second one comes after it."""
        at = self._innermost("arabic")
        if at is not None and _follows(self._values(at), item.values):
            return True
        following = self.numbered[self.rank_of_numbered[i] + 1 : self.rank_of_numbered[i] + 4]
        seconds = (self.numbers[j] for j in following)
        if item.values != (1,):
            return False
        alone = self.open and self.open[-1].line == i - 1 and bool(_NO_DECIMAL.match(self.lines[i]))
        return alone or any(each and each.values[0] == 2 and each.style in _FIGURES for each in seconds)

    def _place_bare(self, i: int, number: Number) -> int | None:
        """Place the 1 of a plan that goes on with 1.1."""
        value = number.values[0]
        follows = value == self.last_decimal.get((), 0) + 1
        planned = (value, 1) in self.decimals or ((value - 1, 1) in self.decimals and follows)
        if not planned or not self._titled(i, number) or (value != 1 and not follows and number.doubtful):
            return None
        return self._depth_of_decimals(0)

    def _depth_of_decimals(self, prefix: int) -> int:
        """Return the depth of the open decimal with this many figures before its last, else below what is open."""
        for at, section in enumerate(self.open):
            if section.number and section.number.style == "decimal" and len(section.number.values) > prefix:
                return at
        return len(self.open) if not self.open or self.open[-1].titled else 0

    # Headings without a number

    def _untitled_depth(self, i: int) -> int:
        hint = self.levels.get(i, 0)
        depth = len(self.open) if hint else 0
        while depth and not 0 < self.open[depth - 1].hint < hint:
            depth -= 1
        return depth

    # What is open

    def _innermost(self, style: Style) -> int | None:
        for at in range(len(self.open) - 1, -1, -1):
            number = self.open[at].number
            if number and number.style == style:
                return at
        return None

    def _is_open(self, number: Number) -> bool:
        return self._innermost(number.style) is not None

    def _values(self, at: int) -> tuple[int, ...]:
        number = self.open[at].number
        return number.values if number else ()


def _follows(last: tuple[int, ...] | None, values: tuple[int, ...]) -> bool:
    """Return whether a number is the one after `last`: 4 after 3, 3之一 after 3, 3之二 after 3之一, 4 after 3之一."""
    if not last:
        return values == (1,)
    return values in ((last[0] + 1,), (*last, 1), (*last[:-1], last[-1] + 1))


def quotations(lines: Sequence[str]) -> set[int]:
    """Return the lines that start inside a quotation of several lines, as amendments quote whole articles.

    A quotation mark that is never closed is a slip: it quotes nothing.
    """
    quoted: set[int] = set()
    pending: list[int] | None = None
    for i, line in enumerate(lines):
        if pending is not None:
            pending.append(i)
        opened, closed = line.rfind("“"), line.rfind("”")
        if closed > opened:
            quoted.update(pending or ())
            pending = None
        elif opened > closed and pending is None:
            pending = []
        if pending and len(pending) > _LONGEST_QUOTATION:
            pending = None
    return quoted


_LONGEST_QUOTATION = 200  # lines
_NOTE = lazy_re(
    r"\s*(?:(?:注释?|备注|附注|说明|填表说明)\s*[：:]\s*(?=\S)|(?:注释?|备注|附注|填表说明)(?:\s*[：:]|(?P<bare>))\s*$)"
)


def _notes(lines: Sequence[str], numbers: Sequence[Number | None]) -> set[int]:
    """Return the lines that go on with a note of several numbered ones: 注：1.…, 2.…, 3.…"""
    found: set[int] = set()
    for i, line in enumerate(lines):
        if "注" not in line[:6] and "说明" not in line[:6]:
            continue
        if note := _NOTE.match(line):
            last = read(line[note.end() :])
            if last and last.values != (1,):
                continue
            style, values, j = last.style if last else None, last.values if last else (0,), i + 1
            listed: list[int] = []
            while j < len(lines) and (number := numbers[j]) and number.style == (style or number.style):
                if number.values != (values[0] + 1,):
                    break
                listed.append(j)
                style, values, j = number.style, number.values, j + 1
            below = numbers[j] if j < len(lines) else None
            if note["bare"] is not None and not _restarts(numbers, j, style):
                continue  # 备注 may head the last column of a table
            if not (below and below.values == (1,) and style and _RANKS.get(below.style, 0) > _RANKS.get(style, 0)):
                found.update(listed)
    return found


def _restarts(numbers: Sequence[Number | None], j: int, style: Style | None) -> bool:
    """Return whether the next number of this style, from line `j` on, is 1 again."""
    following = next((each for each in numbers[j : j + _AHEAD] if each and each.style == style), None)
    return following is not None and following.values == (1,)
