"""What belongs to the subject of some documents: what they cite (《…》, 文号), and titles with words they are about.

The words of a subject are learnt from the documents' own titles and headings: phrases that stand there and recur in
their text.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import rjieba

from kb.base.lazy_re import lazy_re
from kb.base.model import Document

_CITED = lazy_re(r"《([^《》]{2,80})》")
_NUMBER = lazy_re(r"[\u4e00-\u9fff]{1,12}[〔\[（(【]\s*(?:19|20)\d\d\s*[〕\])）】]\s*第?\s*\d+\s*号")
_HAN = lazy_re(r"[\u4e00-\u9fff]{2,}")
_SHORTEST, _LONGEST = 4, 8
_RECURS = 3
_SPREAD = 3
_BRACKETS = str.maketrans("[（(【］)）】", "〔〔〔〔〕〕〕〕", "")


@dataclass(frozen=True, slots=True)
class Subject:
    """What some documents cite and are about."""

    titles: frozenset[str]
    numbers: frozenset[str]
    words: tuple[str, ...]

    def covers(self, title: str, number: str = "") -> bool:
        """Return whether a document of that title and number is cited, or on the subject."""
        plain = folded(title)
        if number and folded(number) in self.numbers:
            return True
        return any(cited in plain for cited in self.titles) or any(word in plain for word in self.words)


def subject(documents: Iterable[Document]) -> Subject:
    """Learn the subject of some documents."""
    titles: set[str] = set()
    numbers: set[str] = set()
    words: set[str] = set()
    for document in documents:
        text = document.text
        titles |= {folded(cited) for cited in _CITED.findall(text) if len(folded(cited)) >= _SHORTEST}
        numbers |= {folded(number) for number in _NUMBER.findall(text)}
        words |= set(_recurring(document, text))
    return Subject(frozenset(titles), frozenset(numbers), tuple(sorted(words)))


def folded(text: str) -> str:
    """Fold what does not make a name another one: spaces, forms of brackets, quotation marks."""
    return re.sub(r"[\s《》“”\"'‘’]+", "", text).translate(_BRACKETS)


def _recurring(document: Document, text: str) -> Iterator[str]:
    """Yield the phrases of title and headings that recur in the text."""
    heads = [document.metadata.title, *(section.heading for section in document.walk() if section.heading)]
    counts = Counter(phrase for head in heads for phrase in set(_phrases(head)))
    for phrase in counts:
        if text.count(phrase) >= _RECURS:
            yield phrase


def _phrases(head: str) -> Iterator[str]:
    """Yield runs of words of four to eight characters, as jieba cuts them."""
    for run in _HAN.findall(head):
        words = rjieba.cut(run)
        for start in range(len(words)):
            for end in range(start + 1, min(start + _SPREAD, len(words)) + 1):
                phrase = "".join(words[start:end])
                if _SHORTEST <= len(phrase) <= _LONGEST and "的" not in phrase:
                    yield phrase
