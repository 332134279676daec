"""Where a pasted text comes from: of each of its sentences, whether it stands somewhere, was changed, or is nowhere."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import Protocol

from kb.base.errors import UsageError
from kb.base.lazy_re import lazy_re
from kb.base.model import Alternative, Origin, Source
from kb.chinese.identity import fold
from kb.search.answer.near import Texts, near
from kb.search.answer.section_record import Stored
from kb.search.query import paste

MAX_PASTE = 20_000
"""Characters of a text whose origin is asked for at most."""

SHOWN = 3
_SECONDS = 8.0
"""How long near wordings are looked for: the sentences after that are only looked for as they stand."""

_ENOUGH = 6
_SENTENCE = lazy_re(r"[^。；！？;!?]*[。；！？;!?][”’」』）)\"']*|[^。；！？;!?]+")
_MASK = "\u200b"


class Library(Texts, Protocol):
    """One state of an index, as far as origins ask it."""

    def where(self, string: str, most: int, preferred: str) -> Sequence[Stored]:
        """Return sections of present documents that contain a folded string: one of the preferred document first, then
        law before regulation before rule.
        """


def origins(text: str, library: Library) -> tuple[Origin, ...]:
    """Return what became of each sentence of a text, in order. Raises UsageError for a text that is empty or too long."""
    if len(text) > MAX_PASTE:
        raise UsageError(f"文字有 {len(text):,} 个字符，超过了上限 {MAX_PASTE:,}：请分几次。")
    if not fold(text):
        raise UsageError("请粘贴要查出处的文字。")
    until, found, document = time.monotonic() + _SECONDS, [], ""
    masked = _masked(text)
    for start, end in _sentences(masked):
        one = _origin(text[start:end], masked[start:end], start, library, document, time.monotonic() < until)
        document = one.places[0].document if one.places else one.nearest.document if one.nearest else document
        found.append(one)
    return tuple(found)


def _origin(text: str, masked: str, start: int, library: Library, document: str, with_near: bool) -> Origin:
    end = start + len(text)
    if len(fold(masked)) < _ENOUGH:
        return Origin(start, end, text, "too short")
    tried = [fold(masked), *(fold(each.text) for each in paste.cleaned(masked))]
    for string in dict.fromkeys(string for string in tried if len(string) >= _ENOUGH):
        if there := library.where(string, SHOWN, document):
            return Origin(start, end, text, "found", library.count(string), tuple(map(_source, there)))
    if not with_near:
        return Origin(start, end, text, "not looked for")
    nearest: Alternative | None = next(iter(near(tried[-1], library, 1)), None)
    return Origin(start, end, text, "changed" if nearest else "not found", nearest=nearest)


def _source(stored: Stored) -> Source:
    return Source(stored.document, stored.title, stored.anchor, stored.number, stored.validity)


def _masked(text: str) -> str:
    """Return a text as long, in which the feet of pages are characters that are not seen."""
    lines = text.splitlines(keepends=True)
    return "".join(_MASK * len(line) if paste.is_furniture(line.rstrip("\r\n")) else line for line in lines)


def _sentences(text: str) -> Iterator[tuple[int, int]]:
    """Yield where the sentences of a text start and end, without the blanks around them; pieces of it part them, too."""
    for start, end in paste.stretches(text):
        for sentence in _SENTENCE.finditer(text, start, end):
            core = sentence[0].strip(f" \t\u3000\r\n{_MASK}")
            if core:
                first = sentence.start() + sentence[0].index(core)
                yield first, first + len(core)
