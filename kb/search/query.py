"""What a query means: strings that must occur, strings that must not."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from kb.errors import UsageError
from kb.search.analysis import fold
from kb.search.engine import MAX_QUERY

# A quote opens at the start of a word and closes at its end; elsewhere (坚持“一国两制”方针) it is part of the text.
_TERM = re.compile(
    r'(?<!\S)(?P<minus>-(?=[\w"“「]))?(?:"(?P<plain>[^"]+)"|“(?P<curly>[^“”]+)”|「(?P<corner>[^「」]+)」)(?!\S)'
    r"|(?<!\S)(?P<not>-(?=[\w]))?(?P<word>\S+)"
)
_QUOTES = '"“”「」'
# A line break or the blank after a section's number comes with pasted text, nobody separates words by it.
_PASTED = re.compile(r"\s*[\r\n]\s*|(?<=[编章节条款项])\u3000+")


@dataclass(frozen=True, slots=True)
class Query:
    """A query as understood. `required` and `excluded` are folded strings; `exact` says that quotes were used."""

    text: str
    required: tuple[str, ...]
    excluded: tuple[str, ...] = ()
    exact: bool = False
    notes: tuple[str, ...] = ()


def parse(text: str) -> Query:
    """Understand a query as typed. Raises UsageError when it is empty, too long, or only excludes."""
    if len(text) > MAX_QUERY:
        raise UsageError(f"查询有 {len(text):,} 个字符，超过了上限 {MAX_QUERY:,}：请缩短后再查。")
    terms = list(_TERM.finditer(_PASTED.sub("", text.strip())))
    required = _folded(_string(term) for term in terms if not _excludes(term))
    excluded = _folded(_string(term) for term in terms if _excludes(term))
    if not required:
        raise UsageError("查询里只有要排除的词：请再写上要查找的文字。" if excluded else "请输入要查找的文字。")
    exact = any(term["word"] is None and not _excludes(term) for term in terms)
    lone = any(_string(term) != term["word"] for term in terms if term["word"])
    notes = ("引号没有成对，已按普通文字查找。",) if lone else ()
    return Query(text, required, excluded, exact, notes)


def _excludes(term: re.Match[str]) -> bool:
    return bool(term["minus"] or term["not"])


def _string(term: re.Match[str]) -> str:
    """Answer what a term stands for, without its quotes; a quote that has no partner is left out."""
    word = term["word"]
    if word is None:
        return term["plain"] or term["curly"] or term["corner"]
    if sum(word.count(quote) for quote in _QUOTES) % 2 == 0:
        return word
    return word[1:] if word[0] in _QUOTES and len(word) > 1 else word.rstrip(_QUOTES) or word


def _folded(strings: Iterable[str]) -> tuple[str, ...]:
    """Fold strings, without repetitions and those of which nothing is left."""
    return tuple(string for string in dict.fromkeys(map(fold, strings)) if string)
