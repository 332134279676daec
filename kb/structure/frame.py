"""The parts of a document that carry no number: title, table of contents, list of annexes, signature, annexes.

Official documents are laid out as GB/T 9704-2012 says (7.3): title, recipients, body, 附件说明, signature and date, 附注;
annexes follow the signature, each with its own title. Web pages put several of them one after the other in one text.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise, takewhile
from typing import Literal

from kb.base.lazy_re import lazy_re
from kb.chinese.dates import DATE
from kb.chinese.kinds import INNER_TITLE_ENDS, any_of
from kb.chinese.numerals import Number, numeral, read
from kb.structure.heads import NUMBER, is_masthead, organs
from kb.structure.labels import pairs

Kind = Literal["table", "title", "contents", "attachments", "signature", "annex", "body"]


@dataclass(frozen=True, slots=True)
class Block:
    """A run of lines from `start` (index from 0) to where the next block starts.

    An annex's block is its title; `annex` is what it is called ("annex", "schedule", …), `number` its number as printed,
    `host` the line at which the annex starts whose own list names it, -1 for an annex of the document itself.
    """

    kind: Kind
    start: int
    annex: str = ""
    number: str = ""
    host: int = -1


_LINE = 50  # characters: no line of a title or of an issuer's name is longer
_SHORTEST_TITLE = 4  # characters: a shorter line above the text (备注, 说明) is no title
_TITLE = 150  # characters: a title on a single line is not longer
_CONTENTS_LINES = 500  # lines: no table of contents is longer
_MOST_LETTERHEAD = 12  # lines
_FEW = 6  # lines: no title and no name of an issuer is broken over more
_END = lazy_re(r"[。；：！？，、;:!?,…]$")
_CLOSED = lazy_re(r"[。；：！？;:!?）)”》]$")
_BRACKETED = lazy_re(r"^[（(〔].*[）)〕]$")
_MARKER = lazy_re(
    r"^附\s*(?P<kind>[件表录图])\s*(?P<number>[一二三四五六七八九十]{1,3}|[0-9０-９]{1,2}|[A-ZＡ-Ｚ](?![A-Za-z]))?"
    r"(?P<colon>\s*[：:])?\s*(?P<title>.*)$"
    r"|^附(?P<bare>\s*[：:])\s*(?P<bare_title>.*)$"
)
_NUMBERED = lazy_re(
    r"^(附\s*[件表录图])\s*(?:之\s*([一二三四五六七八九十]{1,3})|[（(]\s*([一二三四五六七八九十]{1,3}|\d{1,2})\s*[）)])"
)
_SHORT = lazy_re(r"^附\s*(?=[一二三四五六七八九十\d]{1,2}\s*(?:[：:]|$))")  # 附1：
_CONTENTS = lazy_re(r"^目\s*[录次]$")
_DOCUMENT_NUMBER = lazy_re(r"^\S{0,20}\s*[〔［\[(（【]\s*\d{4}\s*[〕］\])）】].{0,12}号$|^(?:第|令第)?\s*\d+\s*号$")
_TITLE_END = lazy_re(rf"(?:{any_of(INNER_TITLE_ENDS)})(?:[（(〔].{{1,12}}[）)〕])?[》”]?$")
_FILE_NAME = lazy_re(r"\.(?:pdf|docx?|xlsx?|pptx?|wps|et|ofd|zip|rar|7z|jpe?g|png)[）)]?$", re.IGNORECASE)
_LIST_END = lazy_re(r"(?:名单|清单|一览表|分工表|任务表|安排表|情况表|统计表|目录)(?:[（(].{1,12}[）)])?$")
_ADOPTED = ("通过", "批准", "备案", "公布", "发布", "修订", "修正", "施行", "印发")
_ADOPTION = lazy_re(rf"^{DATE}\s*\S|(?:通过|公布|发布|批准|修订|修正|施行)$")
_DATE_LINE = lazy_re(rf"^[（(]?{DATE}[）)]?$")
_DATED = lazy_re(rf"^(?P<issuer>[^\d，。；：]{{2,40}}?)\s*{DATE}$")
_CELL = lazy_re(r"[\s\u3000]\S*\d\S{0,2}$")
_NO_TITLE = (_CELL, _BRACKETED, _DATE_LINE, _ADOPTION, _DOCUMENT_NUMBER, _CONTENTS)
_ISSUER = lazy_re(
    r"(?:院|部|委|会|局|署|厅|室|府|银行|军委|公司|集团|大学|组|处|所|中心|军区|总队|办|庭|社|团)"
    r"(?:\s*[（(](?:章|印章?|盖章|公章|代章)[）)])?$"
)
_OFFICE = r"(?:总|委员|[省市区县州部局署行院会]|检察|审计)\s*[理长]|主\s*[席任]"
_PERSON = lazy_re(rf"^代?(?:{_OFFICE})[\s：:]+\S.{{0,12}}$")
_NOTE = lazy_re(
    r"^[（(〔].*[）)〕]$|^(?:抄送|抄报|主送|主题词|联系人|联系电话|联系方式|信息公开选项|公开方式|校对|打字|共印)"
    r"|扫一扫|印发$|^\s*[-—－_*=]+\s*$"
)
# 版记 (GB/T 9704-2012, 7.4): who gets copies; who printed it, and when.
_IMPRINT = lazy_re(
    rf"^(?:抄送|抄报|分送|主送)\s*[：:].*|^[^，。；：]{{2,40}}?[\s　]*{DATE}\s*印发$|^[（(]?共印\s*\d+\s*份[）)]?$"
)
_SEVERAL_ON_A_LINE = lazy_re(r"\s*[；;]\s*(?=附\s*件?\s*[\d一二三四五六七八九十]{1,2}\s*[：:.．、]|\d{1,2}\s*[.．、])")
_ENTRY_NUMBER = lazy_re(r"(?:附\s*件?\s*)?([\d一二三四五六七八九十]{1,2})\s*[：:.．、]\s*")
_SENDS = lazy_re(r"(?:印发|转发|批转|下发)(?:给|各)|(?:^|[，。；])现(?!在)[^。]{0,80}(?:印发|转发|批转|下发|发布|公布)")
_NAMED = lazy_re(r"《([^》]+)》")
_NUMBER_LINE = lazy_re(rf"[（(]?{NUMBER}[）)]?")
_ENTRY_STYLES = {"arabic", "hanzi", "arabic-bracket"}
_REPEATED = 3  # entries: fewer that stand again below are chance
_CONTENTS_STYLES = {"part", "book", "subbook", "chapter", "division", "hanzi", "decimal"}
_OPENING_STYLES = {"part", "book", "chapter", "article", "hanzi", "decimal"}


def blocks(lines: Sequence[str], numbers: Sequence[Number | None], levels: Mapping[int, int]) -> list[Block]:
    """Divide a document's lines into blocks, in order; `levels` are lines known to be headings, by index."""
    page = _Page(lines, numbers, levels)
    starts = page.annex_starts
    ends = [*starts, len(lines)]
    found = [*page.area(0, ends[0], annex=False)]
    for start, end in pairwise(ends):
        found += page.area(start, end, annex=True)
    return found


class _Page:
    """A document's lines, with what they look like."""

    def __init__(self, lines: Sequence[str], numbers: Sequence[Number | None], levels: Mapping[int, int]) -> None:
        self.lines, self.numbers, self.levels = [line.strip() for line in lines], numbers, levels
        self.count = len(lines)
        self.table = sum(1 for _ in takewhile(lambda line: bool(pairs(line)), self.lines))
        self.table += self._letterhead_lines(self.table)
        self.title = self.table + self._title_lines(self.table)
        self.sent = _sent_on("".join(self.lines[self.table : self.title]))
        self.opening = next((i for i in range(self.title, self.count) if _CLOSED.search(self.lines[i])), self.count)
        said = (i for i in range(self.title, self.count) if numbers[i] or self.lines[i].endswith(("。", "；")))
        self.spoken = next(said, self.count)  # the first line of the text itself
        self.contents = dict(self._contents())
        self.listed = max(self.contents.values(), default=0)  # where the last table of contents ends
        self.signatures = dict(self._signatures())
        marked = ((self._number_at(i), i) for i in range(self.opening, self.count))
        self.last_marked = {number: i for number, i in marked if number}  # number of an annex → its last marker
        self.entries: dict[str, int] = {}  # title → number of the annexes that lists name
        self.listed_at: dict[str, list[int]] = {}  # such a title → the lines of the lists that name it
        self.attachments = dict(self._attachments())
        kinds: dict[Kind, dict[int, int]] = {
            "contents": self.contents,
            "attachments": self.attachments,
            "signature": self.signatures,
        }
        self.specials = sorted((first, last, kind) for kind, found in kinds.items() for first, last in found.items())
        self.annex_starts = self.annexes()
        self.next_number = [self.count] * (self.count + 1)
        for i in range(self.count - 1, -1, -1):
            number = numbers[i]
            self.next_number[i] = i if number and not number.doubtful else self.next_number[i + 1]

    # What one line looks like

    def short(self, i: int) -> bool:
        """Return whether the line could be one of a title or of an issuer's name."""
        line = self.lines[i]
        return (
            0 < len(line) <= _LINE
            and not _END.search(line)
            and "：" not in line
            and not line.startswith(("|", "<"))
            and not self.marker(i)
            and self.numbers[i] is None
            and not any(pattern.search(line) for pattern in _NO_TITLE)
        )

    def issuer(self, i: int) -> bool:
        """Return whether the line is an issuer's name or the name of the person who signs."""
        line = self.lines[i]
        return bool(_PERSON.search(line)) or (self.short(i) and bool(_ISSUER.search(line)))

    def marker(self, i: int) -> re.Match[str] | None:
        """Match a line such as 附件, 附件1, 附表一, 附件2：…; None for a sentence that starts with these words."""
        found = _MARKER.match(_NUMBERED.sub(r"\1\2\3", _SHORT.sub("附件", self.lines[i])))
        if not found or found["bare"]:
            return found
        title = found["title"]
        named = found["number"] or found["colon"] or not title
        goes_on = (
            r"[所中的规和、，]|[（(](?![一二三四五六七八九十\d]+[）)])" if found["colon"] else "[所中的规和、，（(]"
        )
        return found if named and not re.match(goes_on, title) else None

    # The table of contents

    def _contents(self) -> Iterator[tuple[int, int]]:
        """Yield each table of contents as (its first line, the line after it).

        It goes on to where its first entry stands again; without that, as long as entries end in page numbers.
        A run of headings without text between them is one, too, when most of them stand again below.
        """
        places: dict[str, list[int]] = {}
        for i, line in enumerate(self.lines):
            places.setdefault(_bare(line), []).append(i)
        end = 0
        for i, line in enumerate(self.lines[:-1]):
            if i >= end and _CONTENTS.match(line):
                entry = _bare(self.lines[i + 1])
                later = places[entry]
                at = bisect_right(later, i + 1)
                again = later[at] if at < len(later) and later[at] - i < _CONTENTS_LINES else 0
                if not again or any(len(entry) > 2 * _LINE for entry in self.lines[i:again]):
                    again = next(
                        (j for j in range(i + 1, self.count) if not re.search(r"[.…·]\s*\d+$", self.lines[j])), i + 1
                    )
                end = again
                yield i, end
            elif i >= end and self._heading(i):
                end = self._first_repeat(i)
                repeated = sum(1 for j in range(i, end) if places[_bare(self.lines[j])][-1] >= end)
                if repeated >= _REPEATED and repeated * 3 >= (end - i) * 2:
                    yield i, end

    def _first_repeat(self, i: int) -> int:
        """Return where a run of headings ends, or one of them stands again."""
        seen: set[str] = set()
        while i < self.count and self._heading(i) and _bare(self.lines[i]) not in seen:
            seen.add(_bare(self.lines[i]))
            i += 1
        return i

    def _heading(self, i: int) -> bool:
        """Return whether the line reads as a numbered heading of the upper levels."""
        number = self.numbers[i]
        return number is not None and number.style in _CONTENTS_STYLES and not _END.search(self.lines[i])

    # Signatures

    def _signatures(self) -> Iterator[tuple[int, int]]:
        """Yield each signature as (its first line, the line after it): issuers, date and the notes below them."""
        done = self.opening + 1
        for i in range(self.opening + 1, self.count):
            if i >= done and (found := self._signed_at(i)) and found[0] >= done:
                done = self._after_notes(found[1])
                yield found[0], done
        first = self.count
        while first > max(done, self.opening + 1) and _IMPRINT.match(self.lines[first - 1]):
            first -= 1
        if first < self.count:
            yield first, self.count

    def _signed_at(self, i: int) -> tuple[int, int] | None:
        """Return the lines of the signature whose date (or, without a date, whose first issuer) is line `i`."""
        line = self.lines[i]
        if _DATE_LINE.match(line):
            return self._dated(i)
        dated = _DATED.match(line)
        if dated and _ISSUER.search(dated["issuer"]):
            return i, i + 1
        return self._undated(i) if self._paragraph_ends(i - 1) and self.issuer(i) else None

    def _dated(self, i: int) -> tuple[int, int] | None:
        first = i
        while first > self.opening + 1 and self.issuer(first - 1):
            first -= 1
        wrapped = [*takewhile(self.short, range(first - 1, self.opening, -1))]
        if first < i and len(wrapped) <= 2 and self._paragraph_ends(first - len(wrapped) - 1):
            return first - len(wrapped), i + 1
        if first < i:
            return first, i + 1
        last = i + 1 + sum(1 for _ in takewhile(self.issuer, range(i + 1, self.count)))
        ends = last == self.count or bool(self.marker(last)) or bool(_NOTE.search(self.lines[last]))
        return (i, last) if self._paragraph_ends(i - 1) and (last > i + 1 or ends) else None

    def _undated(self, i: int) -> tuple[int, int] | None:
        last = i + sum(1 for _ in takewhile(self.issuer, range(i, min(i + 40, self.count))))
        after = self._after_notes(last)
        return (i, last) if after == self.count or self.marker(after) else None

    def _after_notes(self, i: int) -> int:
        while i < self.count and _NOTE.search(self.lines[i]):
            i += 1
        return i

    def _paragraph_ends(self, i: int) -> bool:
        return i >= 0 and (
            bool(_CLOSED.search(self.lines[i])) or self.numbers[i] is not None or "附件" in self.lines[i]
        )

    # Lists of annexes, before the signature

    def _attachments(self) -> Iterator[tuple[int, int]]:
        """Yield each list of annexes (附件说明) as (its first line, the line after it)."""
        end = 0
        for i in range(self.opening, self.count):
            found = self.marker(i) if i >= end else None
            if found and (files := self._names_of_files(i, found)):
                end = i + files
                yield i, end
            elif not found or not (found["colon"] or found["bare"] or found["number"]):
                continue
            else:
                entries, end = self._entries(i, found)
                if self._lists(i, found, entries, end):
                    named = {_bare(title): number for number, title in entries if number and title}
                    self.entries |= named
                    for title in named:
                        self.listed_at.setdefault(title, []).append(i)
                    yield i, end
                else:
                    end = i + 1

    def _names_of_files(self, i: int, found: re.Match[str]) -> int:
        """Return how many lines name files to download, from 附件1：名单.docx or 附件 alone on; 0 where a text follows."""
        title = found["title"] or found["bare_title"] or ""
        if title and not _FILE_NAME.search(title):
            return 0
        named = sum(1 for _ in takewhile(lambda j: _FILE_NAME.search(self.lines[j]), range(i + 1, self.count)))
        after = i + 1 + named
        ends = after == self.count or after in self.signatures or self.issuer(after) or self.marker(after)
        return 1 + named if (title or named) and ends else 0

    def _lists(self, i: int, found: re.Match[str], entries: list[tuple[int, str]], end: int) -> bool:
        """Return whether the entries at line `i` are a list of annexes, which come later or elsewhere."""
        follows = end in self.signatures or (end < self.count and bool(self.marker(end)))
        if not found["number"]:
            return bool(entries and entries[0][0]) or follows
        # 附件1.甲 and 2.乙, or 附件2.乙, below it: a list where the annexes themselves come later
        last = self.last_marked.get(self._number_at(i), -1)
        return len(entries) > 1 and (end in self.signatures or last >= end)

    def _entries(self, i: int, found: re.Match[str]) -> tuple[list[tuple[int, str]], int]:
        """Return the entries, (number or 0, title), of the list of annexes at line `i`, and the line after it."""
        text = (found["title"] or found["bare_title"] or "").lstrip(".．、：: ")
        own = read(text)
        entries: list[tuple[int, str]] = []
        several = _SEVERAL_ON_A_LINE.split(text)
        if len(several) > 1:  # 附件1：甲；附件2：乙
            first = self._number_at(i) or str(own.values[0] if own else 1)
            entries.append((int(first), _ENTRY_NUMBER.sub("", several[0], count=1)))
            for each in several[1:]:
                numbered = _ENTRY_NUMBER.match(each)
                entries.append((entries[-1][0] + 1, each[numbered.end() :].rstrip("。；;") if numbered else each))
        elif own and own.style in _ENTRY_STYLES:
            entries.append((own.values[0], text[own.end :]))
        elif text:
            printed = self._number_at(i)
            entries.append((int(printed) if printed.isdigit() else 0, text))
        j, begun, titles = i + 1, i, {_bare(title) for _, title in entries}
        while j < self.count and j not in self.signatures:
            number, marker = self.numbers[j], self.marker(j)
            expected = entries[-1][0] + 1 if entries else 1
            if marker:
                if not (marker["title"] and marker["number"] and entries and self._number_at(j) == str(expected)):
                    break
                entries.append((expected, marker["title"].lstrip(".．、：: ")))
                begun = j
            elif number and number.style in _ENTRY_STYLES and number.values == (expected,):
                entries.append((expected, self.lines[j][number.end :]))
                begun = j
            elif number or not self.short(j) or not entries or j > begun + _FEW or _bare(self.lines[j]) in titles:
                break
            else:
                entries[-1] = (entries[-1][0], entries[-1][1] + self.lines[j])
            if len(self.lines[j]) > 2 * _LINE or self.lines[j].endswith("。"):
                break
            titles.add(_bare(entries[-1][1]))
            j += 1
        return entries, j

    def _number_at(self, i: int) -> str:
        """Return the number of the annex that line `i` marks, in figures; "" where it marks none."""
        found = self.marker(i)
        printed = (found["number"] or "") if found else ""
        return printed if printed.isascii() else str(numeral(printed))

    # Annexes

    def annexes(self) -> list[int]:
        """Return the lines at which an annex or another document of the same page starts."""
        starts: list[int] = []
        skip = {end: start for start, end in (*self.contents.items(), *self.attachments.items())}
        inside = {line for end, start in skip.items() for line in range(start, end)}
        after_signature = set(self.signatures.values())
        listed = set(self.entries) | self._announced()
        numbered = -1  # the last numbered line of the present area
        for i in range(self.opening, self.count):
            if i in inside:
                continue
            start = self._annex_at(i, numbered, after_signature)
            if start is None and self._is_titled(i, listed):
                start = i
                listed.discard(_bare(self.lines[i]))
            number = self.numbers[i]
            if start is not None and (not starts or start > starts[-1]) and not self._has_begun(start, starts):
                starts.append(start)
                numbered = -1
            if number and not number.doubtful:
                numbered = i
        return starts

    def _announced(self) -> set[str]:
        """Return the titles of what the document says it sends on: 现将《…》印发给你们."""
        lines = (line for line in self.lines[self.opening :] if _SENDS.search(line))
        return {_bare(name) for line in islice(lines, _FEW) for name in _NAMED.findall(line)}

    def _is_titled(self, i: int, titles: set[str]) -> bool:
        """Return whether the line is the title, alone on it, of an annex that is listed or of a text that is sent on."""
        line = _bare(self.lines[i])
        if not (line in titles or (self.sent and line.endswith(self.sent))) or not self.short(i):
            return False
        return i > self.opening and not self.marker(i - 1)

    def _has_begun(self, start: int, starts: Sequence[int]) -> bool:
        """Return whether a title belongs to the annex whose marker stands above it."""
        near = bool(starts) and start <= starts[-1] + _FEW and bool(self.marker(starts[-1]))
        return near and all(self.short(i) for i in range(starts[-1] + 1, start + 1))

    def _annex_at(self, i: int, numbered: int, after_signature: set[int]) -> int | None:
        """Return where the annex starts that line `i` shows to have begun; None when it shows none."""
        number = self.numbers[i]
        if self._opens(i) or (i in after_signature and i not in self.signatures and self.short(i)):
            return i
        if _is_adopted(self.lines[i]) or (
            numbered >= 0 and number and number.values == (1,) and number.style in _OPENING_STYLES
        ):
            return self._title_above(i, numbered)
        if (i > self.spoken or 0 < self.listed < i) and _NUMBER_LINE.fullmatch(self.lines[i]):
            return self._title_above(i, numbered, i - _FEW)
        if (
            numbered >= 0
            and self.short(i)
            and _LIST_END.search(self.lines[i])
            and after_signature
            and i > min(after_signature)
        ):
            return self._title_above(i + 1, numbered)
        return None

    def _opens(self, i: int) -> bool:
        found = self.marker(i)
        title = (found["title"] or found["bare_title"] or "") if found else ""
        return bool(found) and len(title) <= 2 * _LINE and not title.endswith(("。", "；"))

    def _title_above(self, i: int, numbered: int, top: int = 0) -> int | None:
        """Return the first line of the title that stands above line `i`, below the last numbered line."""
        bottom = max(numbered, self.opening, self.listed - 1 if self.listed < i else 0)
        for j in range(i - 1, max(bottom, i - 15, top), -1):
            line = self.lines[j]
            if self.short(j) and (_TITLE_END.search(line) or _LIST_END.search(line)):
                first = j
                while first - 1 > bottom and j - first < _FEW and self.short(first - 1):
                    first -= 1
                above = first - 1
                broken = first > self.listed and (self.short(above) or self.numbers[above])
                return first if _CLOSED.search(self.lines[above]) or not broken else None
            if len(line) > _LINE and _is_adopted(self.lines[i]):
                return None
        return None

    # The blocks of one area: the document itself or one annex

    def area(self, start: int, end: int, annex: bool) -> Iterator[Block]:
        """Yield the blocks of the lines from `start` to `end`."""
        at = yield from self._annex_head(start, end) if annex else self._head()
        for first, last, kind in self.specials[bisect_left(self.specials, (at, 0, "")) :]:
            if first >= end:
                break
            if first < at:
                continue
            if first > at:
                yield Block("body", at)
            yield Block(kind, first)
            # What follows a signature and has no numbers belongs to it: notes, copies to, print marks.
            at = end if kind == "signature" and self.next_number[last] >= end else min(last, end)
        if at < end:
            yield Block("body", at)

    def _head(self) -> Generator[Block, None, int]:
        """Yield the letterhead or the site's table of metadata and the title at the top of a document; return where its body starts."""
        if self.table:
            yield Block("table", 0)
        if self.title > self.table:
            yield Block("title", self.table)
        return self.title

    def _letterhead_lines(self, top: int) -> int:
        """Count the lines of a letterhead (版头) above the title: the issuer's 文件 and the number, or the number alone."""
        end = top
        for i in range(top, min(self.count, top + _MOST_LETTERHEAD)):
            if self._in_letterhead(i):
                end = i + 1
            elif not organs(self.lines[i]):
                break
        headed = any(self.lines[i].endswith("文件") for i in range(top, end))
        return end - top if headed or (end > top and self._title_lines(end)) else 0

    def _in_letterhead(self, i: int) -> bool:
        line = self.lines[i]
        return (
            (line.endswith("文件") and "关于" not in line) or bool(_DOCUMENT_NUMBER.search(line)) or is_masthead(line)
        )

    def _title_lines(self, top: int) -> int:
        """Count the lines of the title that stands at line `top`."""
        hinted = [*takewhile(lambda i: self.levels.get(i) == 1 and not self.numbers[i], range(top, self.count))]
        if hinted:
            return len(hinted)
        if top < self.count and _LINE < len(self.lines[top]) <= _TITLE and _TITLE_END.search(self.lines[top]):
            return 1
        lines = [*takewhile(self.short, range(top, min(self.count, top + _FEW)))]
        ended = [i for i in lines if _TITLE_END.search(self.lines[i])]
        if ended:
            return ended[-1] - top + 1
        told = sum(len(self.lines[i]) for i in lines) >= _SHORTEST_TITLE
        return len(lines) if told and len(lines) <= 2 else 0

    def _host(self, start: int, found: re.Match[str] | None) -> int:
        """Return the line of the annex whose own list names the one at line `start`; -1 where the document's list does, or none."""
        title = (found["title"] or found["bare_title"] or "") if found else self.lines[start]
        below = self.lines[start + 1 : start + 3]
        titles = {_bare(title)} if title else {_bare("".join(below[:count])) for count in (1, 2)}
        lists = (self.listed_at.get(each, []) for each in titles)
        naming = max((found[at - 1] for found in lists if (at := bisect_left(found, start))), default=-1)
        above = bisect_left(self.annex_starts, naming) - 1
        return self.annex_starts[above] if above >= 0 and self.annex_starts[above] != start else -1

    def _annex_head(self, start: int, end: int) -> Generator[Block, None, int]:
        """Yield an annex's marker and title as one block; return where its body starts."""
        found = self.marker(start)
        kind = found["kind"] or "件" if found else "件"
        listed = self.entries.get(_bare(self.lines[start]), 0)
        number = (found["number"] or "") if found else str(listed or "")
        yield Block("annex", start, _ANNEXES[kind], number, self._host(start, found))
        if found and (found["title"] or found["bare_title"]):
            return start + 1
        at = start + 1 if found else start
        lines = [*takewhile(self.short, range(at, min(end, at + _FEW)))]
        ended = next((i for i in lines if _LIST_END.search(self.lines[i])), None)
        if ended is None:
            ended = next((i for i in reversed(lines) if _TITLE_END.search(self.lines[i])), None)
        if ended is not None:
            return ended + 1
        return max(start + 1, at + (len(lines) if len(lines) <= 2 else 1))


def _sent_on(title: str) -> str:
    """Return the title of what a document forwards, as its own title names it without 《》: 转发县应急局关于值守的通知."""
    found = re.search(r"(?:转发|批转)([^《》]{2,40}关于[^《》]{2,80})$", title)
    return _bare(re.sub(r"的通知(?=的通知$)", "", found[1])) if found else ""


_ANNEXES = {"件": "annex", "表": "schedule", "录": "appendix", "图": "figure"}


def _bare(line: str) -> str:
    """Take blanks, leaders and page numbers off an entry of a table of contents."""
    return re.sub(r"[\s\u3000.·…]+\d*$|\s*[（(]\d{1,3}[）)]$|[\s\u3000]+", "", line)


def _is_adopted(line: str) -> bool:
    """Return whether a line in brackets tells how a text came about, or begins to: （2021年3月5日示例大会通过），（2021年3月5日."""
    if not line.startswith(("（", "(")):
        return False
    if line.endswith(("）", ")")) and any(word in line for word in _ADOPTED):
        return True
    last = max(line.rfind("月"), line.rfind("日"))
    return 0 < line.find("年") < last and last > max(line.rfind("）"), line.rfind(")"))
