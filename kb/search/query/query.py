"""What a query means: strings that must occur, alternatives, exclusions, distances, wildcards, conditions on fields.

    行政复议 听证          both strings           "行政复议 听证"    this very string
    复议 OR 诉讼           either (binds closer)  -听证              not this one
    (复议 OR 诉讼) 期限    brackets that hold an operator group; others (一) are text
    "申请 期限"~5          in any order, with at most 5 characters between them
    行政*决定 第?条        up to 20 characters, exactly one; only inside a word
    标题:办法 日期:2021..2022 条:12    see kb.search.query.conditions

Half a sentence pasted as it is must mean itself, so an operator is one only where no text would have it, and none where
lines were pasted. What cannot be parsed is searched as plain words, with a note. What may be meant otherwise, should it not
be found, is read in several ways (`readings`): with and without what comes along with a copy.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from kb.base.errors import UsageError
from kb.base.lazy_re import lazy_re
from kb.chinese.identity import fold
from kb.search.query import conditions, paste
from kb.search.query.analysis import informative
from kb.search.query.conditions import Condition
from kb.search.query.matching import AllOf, AnyOf, Exact, Leaf, Near, Node, Not, Wildcard, leaves

MAX_QUERY = 2_000
"""Characters in a query at most."""

MAX_COSTLY = 8
"""Words with wildcards and distances in a query at most: each looks at the text of every section that has its parts."""

MAX_PARTS = 40
"""Strings in all of them together at most."""

MAX_DEPTH = 16
"""Groups and exclusions inside one another at most."""

_QUOTED = lazy_re(r'"(?P<plain>[^"]+)"|“(?P<curly>[^“”]+)”|「(?P<corner>[^「」]+)」')
_QUOTES = '"“”「」'
_OR = lazy_re(r"(?:OR|\|\|?|｜)(?!\S)")
_AND = lazy_re(r"(?:AND|&&)(?!\S)\s*")
_NOT = lazy_re(r'-(?=[\w"“「(（])|NOT\s+(?=\S)')
_ALTERNATIVE = lazy_re(r"(?<!\S)(?:OR|\|\|?|｜)(?!\S)")
_OPERATOR = lazy_re(_ALTERNATIVE.pattern + r'|(?<!\S)(?:NOT\s|-(?=[\w"“「]))')
_DISTANCE = lazy_re(r"[~～]([^\s)）]+)")
_OPEN, _CLOSE = "(（", ")）"
_WORD = lazy_re(r"\S+")
_WILD = lazy_re(r"[*?]+")
# A line break or the blank after a section's number comes with pasted text, nobody separates words by it.
_PASTED = lazy_re(r"\s*[\r\n]\s*|(?<=[编章节条款项])\u3000+")


# Typed with Chinese input: ＊ and ？？ stand for other characters, ｜ － ＯＲ for operators; one ？ ends a question.
_FULL_WIDTH = str.maketrans({"＊": "*", "＂": '"'})
_FULL_OPERATOR = lazy_re(r'？{2,}|(?<=\s)－(?=[\w"“「(（])|(?<!\S)(?:ＯＲ|ＡＮＤ|ＮＯＴ)(?!\S)')
_QUESTION = lazy_re(r"(?<=\w)？(?=\w)")
_FEW, NAME, _NAMED, _SENTENCE = 6, 24, 5, 5

_ALONE = "OR 的两边都要有词"
_UNPAIRED = "括号没有配对"
_TOUCHING = "括起来的一组词前后要空一格"
_MIXED = "OR 两边的条件须是同一个字段，例如 标题:通知 OR 标题:意见"


class _BrokenError(Exception):
    """Operators that do not fit together; says how."""


@dataclass(frozen=True, slots=True)
class Query:
    """A query as understood. `root` is what a section's text must match, `conditions` what its document must meet.

    `exact` says that quotes, distances or alternatives were used: nothing but what matches is wanted then. `told` is what
    to say of this reading if it finds something; `pieces` are the strings that a paste was split into, `split` says that
    it is not read as the one text that it is.
    """

    text: str
    root: AllOf
    conditions: tuple[Condition, ...] = ()
    exact: bool = False
    notes: tuple[str, ...] = ()
    told: str = ""
    pieces: tuple[str, ...] = ()
    split: bool = False

    @property
    def leaves(self) -> tuple[Leaf, ...]:
        """What is looked for, without what is excluded."""
        return tuple(dict.fromkeys(leaves(self.root)))

    @property
    def required(self) -> tuple[str, ...]:
        """The folded strings that are looked for, each once."""
        return tuple(dict.fromkeys(string for leaf in self.leaves for string in leaf.strings))

    @property
    def name(self) -> str:
        """What is looked for as the folded name of a document or of a place in one, "" where it can be none."""
        plain = [node.string for node in self.root.nodes if isinstance(node, Exact)]
        return "".join(plain) if len(plain) == len(self.root.nodes) and not self.exact else ""

    @property
    def plain(self) -> bool:
        """Whether strings are looked for and nothing else is said of them."""
        return bool(self.root.nodes) and all(isinstance(node, Exact) for node in self.root.nodes)

    @property
    def asked(self) -> str:
        """What is looked for as a sentence that may be answered in other words, "" where only these words will do."""
        sentence = "" if self.exact else " ".join(self.required)
        return sentence if len(sentence) >= _SENTENCE else ""

    @property
    def excluded(self) -> tuple[Node, ...]:
        """What must not match."""
        return tuple(node.of for node in self.root.nodes if isinstance(node, Not))


def parse(text: str, given: Iterable[Condition] = ()) -> Query:
    """Understand a query as typed, with the conditions that were chosen beside it: the first of its readings.

    Raises UsageError when it is too long or too costly, only excludes, or is empty and nothing was chosen either.
    """
    return next(readings(text, given))


def readings(text: str, given: Iterable[Condition] = ()) -> Iterator[Query]:
    """Yield what a query may mean, the likeliest first: each is for when the one before it finds nothing.

    Raises UsageError as `parse` does.
    """
    if len(text) > MAX_QUERY:
        raise UsageError(f"查询有 {len(text):,} 个字符，超过了上限 {MAX_QUERY:,}：请缩短后再查。")
    given = tuple(given)
    if paste.is_paste(text) and fold(text):
        yield from _of_paste(text, given)
        return
    typed = _typed(text, given)
    if typed.exact or typed.notes or typed.conditions != given or not typed.plain:
        yield typed
        return
    yield from _of_words(text, typed)


def _of_words(text: str, typed: Query) -> Iterator[Query]:
    """Yield the readings of what has no operators: without typographic blanks, as typed, as a copy."""
    line = _PASTED.sub("", text.strip())
    together = paste.joined(line)
    joined = _typed(together, typed.conditions) if together != line else typed
    if joined.root != typed.root and joined.plain:
        yield replace(joined, text=text)
        strings = "、".join(f"“{string}”" for string in typed.required[:_NAMED])
        typed = replace(typed, told=f"连在一起没有找到，是按空格分开找的：{strings}。")
    yield typed
    if _QUESTION.search(line):
        wild = _typed(_QUESTION.sub("?", line), typed.conditions)
        yield replace(wild, text=text, split=True)
    yield from _copied(text, line, typed, _typed)


def _of_paste(text: str, given: tuple[Condition, ...]) -> Iterator[Query]:
    """Yield the readings of pasted lines: one string, without what came along, as lines, as articles, as paragraphs."""
    whole = _whole(text, given)
    yield whole
    yield from _copied(text, text, whole, _whole)


def _copied(
    text: str, seen: str, before: Query, understood: Callable[[str, tuple[Condition, ...]], Query]
) -> Iterator[Query]:
    """Yield the readings of a text as something that was copied; `understood` is what what is left of it means."""
    given, known = before.conditions, {before.root}
    removed: tuple[str, ...] = ()
    for cleaned in paste.cleaned(seen):
        seen, removed = cleaned.text, cleaned.removed
        told = f"去掉{_quoted(removed)}之后找到的。"
        query = replace(understood(seen, given), text=text, told=told) if fold(seen) else before
        if query.root not in known and query.plain:
            known.add(query.root)
            yield query
    without = f"去掉{_quoted(removed)}，并" if removed else ""
    if len(parts := paste.gaps(seen)) > 1:
        told = f"{without}把省略号当作略去的文字找到的：各段在同一节里。"
        yield Query(text, AllOf(tuple(map(Exact, dict.fromkeys(parts)))), given, told=told, split=True)
    lines = [line for line in seen.splitlines() if fold(line)]
    if 1 < len(lines) <= _FEW and all(len(line) <= NAME for line in lines):
        told = f"{without}按行分开找到的：各行在同一节里。"
        yield Query(
            text, AllOf(tuple(Exact(fold(line)) for line in dict.fromkeys(lines))), given, told=told, split=True
        )
    for name, split in (("条", paste.articles), ("段", paste.paragraphs)):
        pieces = tuple(dict.fromkeys(map(fold, split(seen))))
        long = tuple(piece for piece in pieces if len(piece) >= paste.SHORTEST)[: paste.MOST_PIECES]
        root = AllOf((AnyOf(tuple(map(Exact, long))),))
        if len(pieces) > 1 and long and root not in known:
            known.add(root)
            told = f"{without}按{name}分成 {len(pieces)} 段，各找各的"
            yield Query(text, root, given, told=told, pieces=pieces, split=True)


def _whole(text: str, given: tuple[Condition, ...]) -> Query:
    """Understand a text as one string."""
    return Query(text, AllOf((Exact(folded),) if (folded := fold(paste.joined(text))) else ()), given)


def _quoted(removed: Iterable[str]) -> str:
    different = list(dict.fromkeys(removed))
    return "、".join(f"“{each}”" for each in different[:_NAMED]) + ("等" if len(different) > _NAMED else "")


def _typed(text: str, given: Iterable[Condition]) -> Query:
    """Understand a line as typed."""
    line = text.translate(_FULL_WIDTH)
    line = _FULL_OPERATOR.sub(lambda found: unicodedata.normalize("NFKC", found[0]), line.strip())
    try:
        parser = _Parser(_PASTED.sub("", line))
        root = parser.sequence(0)
        found, notes, exact = parser.conditions, parser.notes, parser.exact
    except _BrokenError as error:
        root, found = _plain(line)
        notes, exact = [f"{error}：已按普通词语查找。"], False
    chosen = (*given, *found)
    if all(isinstance(node, Not) for node in root.nodes) and not (chosen and not root.nodes):
        raise UsageError("查询里只有要排除的词：请再写上要查找的文字。" if root.nodes else "请输入要查找的文字。")
    query = Query(text, root, chosen, exact, tuple(dict.fromkeys(notes)))
    costly = [leaf for leaf in leaves(root, excluded=True) if not isinstance(leaf, Exact)]
    if len(costly) > MAX_COSTLY:
        raise UsageError(f"通配符和邻近条件最多 {MAX_COSTLY} 个：请减少后再查。")
    if sum(len(leaf.strings) for leaf in costly) > MAX_PARTS:
        raise UsageError(f"通配符和邻近条件所连的词语合计最多 {MAX_PARTS} 个：请减少后再查。")
    return query


def _plain(text: str) -> tuple[AllOf, list[Condition]]:
    """Take every word of a text that is no operator, without the brackets around it, and the conditions."""
    words = (word.lstrip("-").strip(_OPEN + _CLOSE + _QUOTES) for word in text.split() if not _OR.fullmatch(word))
    chosen, strings = [], []
    for word in words:
        field = conditions.field_at(word, 0)
        condition = conditions.condition(field[0], word[field[1] :]) if field else None
        if condition:
            chosen.append(condition)
        else:
            strings.append(fold(word))
    return AllOf(tuple(Exact(string) for string in dict.fromkeys(strings) if string)), chosen


class _Parser:
    """Reads a query from left to right. `depth` counts the groups that are open."""

    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0
        self.conditions: list[Condition] = []
        self.notes: list[str] = []
        self.exact = False
        self._alternatives = _ALTERNATIVE.search(text) is not None
        self._closing = _closing(text)
        self._inside = 0

    @contextmanager
    def _deeper(self) -> Iterator[None]:
        """Read what is grouped or excluded within."""
        self._inside += 1
        if self._inside > MAX_DEPTH:
            raise UsageError(f"检索式里的括号和排除最多套 {MAX_DEPTH} 层：请拆成几个简单的检索式。")
        yield
        self._inside -= 1

    def sequence(self, depth: int) -> AllOf:
        """Read what stands side by side, up to the end or the bracket that closes this group."""
        parts: list[list[Node | Condition]] = []
        joined = hoisted = False
        while self._more(depth):
            if self._take(_OR):
                if not parts or joined:
                    raise _BrokenError(_ALONE)
                if hoisted:
                    raise _BrokenError(_MIXED)
                joined = True
                continue
            before = len(self.conditions)
            node = self._operand(depth)
            hoisted = len(self.conditions) > before  # the conditions of a group hold for the whole query
            if hoisted and joined:
                raise _BrokenError(_MIXED)
            if joined:
                parts[-1].append(node)
            else:
                parts.append([node])
            joined = False
        if joined:
            raise _BrokenError(_ALONE)
        nodes = [self._joined(part) for part in parts]
        return AllOf(tuple(dict.fromkeys(node for node in nodes if node is not None)))

    def _joined(self, part: list[Node | Condition]) -> Node | None:
        """Join what OR connects; conditions on one field become one, and are put aside."""
        chosen = [each for each in part if isinstance(each, Condition)]
        nodes = [each for each in part if not isinstance(each, Condition)]
        if chosen:
            if nodes or len({(each.field, each.exclude) for each in chosen}) > 1:
                raise _BrokenError(_MIXED)
            values = tuple(value for each in chosen for value in each.values)
            self.conditions.append(Condition(chosen[0].field, values, exclude=chosen[0].exclude))
            return None
        kept = tuple(node for node in nodes if node != AllOf(()))
        if len(part) > 1:
            self.exact = True
            return AnyOf(kept) if kept else None
        return kept[0] if kept else None

    def _operand(self, depth: int) -> Node | Condition:
        if self._take(_NOT):
            exact, before = self.exact, len(self.conditions)
            with self._deeper():
                inner = self._operand(depth)
            self.exact = exact
            if len(self.conditions) > before:
                raise _BrokenError(_MIXED)
            if isinstance(inner, Condition):
                return Condition(inner.field, inner.values, exclude=not inner.exclude)
            return Not(inner) if inner != AllOf(()) else inner
        if group := self._group(depth):
            return group
        if (string := self._quoted(depth)) is not None:
            return self._string_or_near(string)
        start = self.at
        if field := conditions.field_at(self.text, self.at):
            name, self.at = field
            value = self._quoted(depth)
            condition = conditions.condition(name, self._word(depth) if value is None else value)
            if condition:
                return condition
            self.notes.append(f"“{self.text[start : self.at]}”不是可用的条件，已按文字查找。")
            self.at = start
        return self._text(self._word(depth))

    def _group(self, depth: int) -> Node | None:
        """Read a group, where there is one: a bracket at the start of a word that closes at the end of one, around an operator."""
        if self.text[self.at] not in _OPEN:
            return None
        end = self._closing.get(self.at)
        if end is None:
            if self._alternatives:
                raise _BrokenError(_UNPAIRED)
            return None
        if not _OPERATOR.search(self.text[self.at + 1 : end]):
            return None
        rest = self.text[end + 1 : end + 2]
        if rest and not rest.isspace() and not (depth and rest in _CLOSE) and not _NOT.match(self.text, end + 1):
            if _ALTERNATIVE.search(self.text[self.at + 1 : end]):
                raise _BrokenError(_TOUCHING)
            return None
        self.at += 1
        with self._deeper():
            inner = self.sequence(depth + 1)
        self.at = end + 1
        self.exact = True
        return inner.nodes[0] if len(inner.nodes) == 1 else inner

    def _quoted(self, depth: int) -> str | None:
        """Read a quotation: it opens at the start of a word and closes at its end; elsewhere a quote is text."""
        found = _QUOTED.match(self.text, self.at)
        if not found:
            return None
        end = distance.end() if (distance := _DISTANCE.match(self.text, found.end())) else found.end()
        if end < len(self.text) and not self.text[end].isspace() and not (depth and self.text[end] in _CLOSE):
            return None
        self.at = found.end()
        self.exact = True
        return found["plain"] or found["curly"] or found["corner"]

    def _string_or_near(self, string: str) -> Node:
        distance = _DISTANCE.match(self.text, self.at)
        if not distance:
            return Exact(folded) if (folded := fold(string)) else AllOf(())
        self.at = distance.end()
        words = string.split() if len(string.split()) > 1 else informative([fold(string)])
        strings = tuple(folded for word in words if (folded := fold(word)))
        if not re.fullmatch(r"\d{1,2}", distance[1]):
            self.notes.append('距离要写成 0 到 99 的数，例如 "申请 期限"~5：已按引号里的文字查找。')
            return Exact(folded) if (folded := fold(string)) else AllOf(())
        if len(strings) < 2:
            return AllOf(tuple(map(Exact, strings)))
        return Near(strings, int(distance[1]))

    def _word(self, depth: int) -> str:
        """Read up to the next blank, in a group to the bracket that closes it."""
        start, open_brackets = self.at, 0
        if not depth and (word := _WORD.match(self.text, start)):
            self.at = word.end()
            return word[0]
        while self.at < len(self.text) and not self.text[self.at].isspace():
            character = self.text[self.at]
            open_brackets += (character in _OPEN) - (character in _CLOSE)
            if open_brackets < 0 and depth:
                break
            self.at += 1
        return self.text[start : self.at]

    def _text(self, word: str) -> Node:
        """Understand a word that is not quoted: a string, unless there are wildcards inside it."""
        if self._alternatives and _unbalanced(word):
            raise _BrokenError(_UNPAIRED)
        if word == "or" or re.search(r"[^\s|｜][|｜]+[^\s|｜]", word):
            self.notes.append("表示“任一”的 OR 要大写，| 的前后要空一格；现在按普通文字查找。")
        pieces = tuple(map(fold, _WILD.split(word)))
        if len(pieces) > 1 and all(pieces):
            self.notes.append("词中的 * 和 ? 是通配符；要查找这个符号本身，请把整段文字放在引号里。")
            self.exact |= "*" in word or "??" in word  # a lone ? ends a question that was pasted with the next
            return Wildcard(pieces, tuple(0 if "*" in run else len(run) for run in _WILD.findall(word)))
        folded = fold(self._without_lone_quote(word))
        return Exact(folded) if folded else AllOf(())

    def _without_lone_quote(self, word: str) -> str:
        if sum(word.count(quote) for quote in _QUOTES) % 2 == 0:
            return word
        bare = word[1:] if word[0] in _QUOTES and len(word) > 1 else word.rstrip(_QUOTES) or word
        if bare != word:
            self.notes.append("引号没有成对，已按普通文字查找。")
        return bare

    def _more(self, depth: int) -> bool:
        """Go on to the next word; tell whether there is one in this group."""
        while self.at < len(self.text) and (self.text[self.at].isspace() or _AND.match(self.text, self.at)):
            found = _AND.match(self.text, self.at)
            self.at = found.end() if found else self.at + 1
        return self.at < len(self.text) and not (depth and self.text[self.at] in _CLOSE)

    def _take(self, pattern: re.Pattern[str]) -> bool:
        found = pattern.match(self.text, self.at)
        if found:
            self.at = found.end()
        return found is not None


def _closing(text: str) -> dict[int, int]:
    """Return where the bracket stands that closes each one that is closed."""
    closing, opened = {}, []
    for place, character in enumerate(text):
        if character in _OPEN:
            opened.append(place)
        elif character in _CLOSE and opened:
            closing[opened.pop()] = place
    return closing


def _unbalanced(word: str) -> bool:
    return sum(map(word.count, _OPEN)) != sum(map(word.count, _CLOSE))
