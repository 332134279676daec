"""What comes along when text is copied, and is no part of it: page numbers, note marks, bullets, blanks, line breaks.

Nothing is taken away for good: each reading is tried after the one before it, which takes less away, found nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from kb.base.lazy_re import lazy_re
from kb.chinese.identity import fold

MOST_PIECES = 40
"""Pieces that a paste is split into at most."""

SHORTEST = 6
"""Characters of a piece that is looked for by itself: fewer stand in too many places."""

_DIGIT, _NUMERAL, _HAN = "0-9０-９", "0-9０-９零〇○一二三四五六七八九十百千两", "\u3400-\u9fff〇"
_BLANK = "[ \t\xa0\u2002-\u200a\u202f\u3000]+"
# Blanks that only part what is set in different type: Han and digits, units, standard numbers, dates, numbers of articles.
_TYPOGRAPHIC = lazy_re(
    rf"(?<=[{_HAN}]){_BLANK}(?=[{_DIGIT}])|(?<=[{_DIGIT}]){_BLANK}(?=[{_HAN}%％‰℃°])"
    rf"|(?<=第){_BLANK}(?=[{_NUMERAL}])|(?<=[{_NUMERAL}]){_BLANK}(?=[年月日时编章节条款项号目])|(?<=[年月]){_BLANK}(?=[{_NUMERAL}])"
    rf"|(?<=[A-Za-zＡ-Ｚａ-ｚ]){_BLANK}(?=[{_DIGIT}])"
    rf"|(?<=[{_DIGIT}]){_BLANK}(?=[-—–－][ ]?[{_DIGIT}])|(?<=[{_DIGIT}][-—–－]){_BLANK}(?=[{_DIGIT}])"
    rf"|(?<=[〔（(\[［【]){_BLANK}(?=[{_DIGIT}])|(?<=[{_DIGIT}]){_BLANK}(?=[〕）)\]］】])|(?<=[〕）)\]］】]){_BLANK}(?=第?[{_DIGIT}])"
)
_THOUSANDS = lazy_re(r"(?<![0-9])[0-9]{1,3}(?:[ \xa0\u2009\u202f][0-9]{3})+(?![0-9])")

# A line that is the foot or the head of a page: its number, an address, when it was printed. Blanks are taken whole and never
# given back (*+): a line of two thousand of them held a thread for a minute.
_FURNITURE = lazy_re(
    r"""[ \t\u3000]*+(?:
      [-—–－−·•~～|｜\[（(\s]*+[0-9０-９]{1,4}[-—–－−·•~～|｜\])）\s]*+
    | [-—–－\s]*+[ⅰ-ⅿⅠ-Ⅿivxlc]{1,6}[-—–－\s]*+
    | [-—–－\s]*+第?\s*+[0-9０-９一二三四五六七八九十百]{1,5}\s*+页\s*+[,，/／|｜]?\s*+(?:[（(]?\s*+共\s*+[0-9０-９一二三四五六七八九十百]{1,5}\s*+页\s*+[)）]?)?[-—–－\s]*+
    | 共\s*+[0-9０-９]{1,5}\s*+页\s*+[,，/／]?\s*+第\s*+[0-9０-９]{1,5}\s*+页
    | [0-9]{1,4}\s*+[/／]\s*+[0-9]{1,4}
    | (?i:page|p\.)\s*+[0-9]{1,4}(?:\s*+(?:of|/)\s*+[0-9]{1,4})?
    | (?:https?://|www\.)\S++(?:\s++[0-9]{1,4}\s*+/\s*+[0-9]{1,4})?
    | [0-9]{2,4}[-/.年][0-9]{1,2}[-/.月][0-9]{1,2}日?,?\s++(?:[上下]午\s*+)?[0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?.{0,60}
    )[ \t\u3000]*+""",
    re.VERBOSE,
)
_BULLET = lazy_re(r"[ \t\u3000]*(?:[•●○◦■□◆◇▪▫‣➢✓★☆※·>＞]|[-*+—–](?=[ \t\u3000]))[ \t\u3000]*")
_MARKS = lazy_re(
    r"[①-⑳㉑-㉟㊱-㊿❶-❿⓪-⓿➀-➓]|[\[［〔【](?:注\s*|\^)?[0-9０-９]{1,3}[\]］〕】]|[\u2070\u00b9\u00b2\u00b3\u2074-\u2079]+|[†‡※]"
)
_AROUND = " \t\u3000\n“”\"'‘’「」『』＂。．.，,；;、：:！!？?…"
_GAP = lazy_re(r"(?:…|\.{3,}|。{3,}|·{3,}|⋯|[\[［〔【（(](?:…+|\.{3,}|略|省略|中略)[\]］〕】）)])+")
_ARTICLE = lazy_re(
    rf"[ \t\u3000]*第[{_NUMERAL}\s]{{1,9}}(?:条|章|节)(?:之[{_NUMERAL}]{{1,3}})?(?=[ \t\u3000【（(]|[^第]|$)"
)
_BREAK = lazy_re("[\n\r\x85\u2028\u2029]|^[•●◦■◆▪‣➢✓](?=.)")
_ALL_QUOTED = lazy_re('"[^"]+"')
_ENDS = lazy_re(r"[。；：！？;:!?][”’」』）)\"']*\s*$")


@dataclass(frozen=True, slots=True)
class Cleaned:
    """Text without some of what came along with it, and what that was, each as it was printed."""

    text: str
    removed: tuple[str, ...]


def is_paste(text: str) -> bool:
    """Return whether a text was pasted: nobody types bullets or line breaks, unless all of it was put in quotes."""
    return _BREAK.search(text.strip()) is not None and not _ALL_QUOTED.fullmatch(text.strip())


def joined(text: str) -> str:
    """Return a text without the blanks that only part what is set in different type."""
    before = None
    while before != text:
        before, text = text, _TYPOGRAPHIC.sub("", text)
    return _THOUSANDS.sub(lambda found: "".join(found[0].split()), text)


def cleaned(text: str) -> Iterator[Cleaned]:
    """Yield a text without page numbers, then without bullets and what stands around it, then without note marks.

    Each only where there is something to take away.
    """
    removed: list[str] = []
    for step in (_without_furniture, _without_bullets, _without_marks):
        text, taken = step(text)
        if taken:
            removed += taken
            yield Cleaned(text, tuple(removed))


def gaps(text: str) -> list[str]:
    """Return the folded strings between the dots that say that something was left out."""
    return [string for part in _GAP.split(text) if len(string := fold(part.strip(_AROUND))) > 1]


def articles(text: str) -> list[str]:
    """Split a text where a line starts with the number of an article."""
    return _split(text, lambda _, line: _ARTICLE.match(line) is not None)


def paragraphs(text: str) -> list[str]:
    """Split a text where a sentence ends with its line."""
    return _split(text, lambda before, line: bool(_ENDS.search(before) or _ARTICLE.match(line)))


def stretches(text: str) -> Iterator[tuple[int, int]]:
    """Yield where the paragraphs of a text start and end; together they are the text."""
    start = at = 0
    before = ""
    for line in text.splitlines(keepends=True):
        if at > start and (not line.strip() or _ENDS.search(before) or _ARTICLE.match(line)):
            yield start, at
            start = at
        at += len(line)
        before = line
    if at > start:
        yield start, at


def is_furniture(line: str) -> bool:
    """Return whether a line is the foot or the head of a page."""
    return bool(line.strip()) and _FURNITURE.fullmatch(line) is not None


def _split(text: str, parts: Callable[[str, str], bool]) -> list[str]:
    """Split a text between the lines that `parts` says are of different pieces; an empty line always parts."""
    pieces: list[list[str]] = [[]]
    for line in text.splitlines():
        before = pieces[-1][-1] if pieces[-1] else ""
        if not line.strip() or (before and parts(before, line)):
            pieces.append([])
        if line.strip():
            pieces[-1].append(line)
    return ["\n".join(piece) for piece in pieces if piece]


def _without_furniture(text: str) -> tuple[str, list[str]]:
    lines = text.splitlines()
    kept = [line for line in lines if not is_furniture(line)]
    gone = [line.strip() for line in lines if is_furniture(line)]
    return ("\n".join(kept), gone) if gone and any(map(str.strip, kept)) else (text, [])


def _without_bullets(text: str) -> tuple[str, list[str]]:
    gone: list[str] = []

    def bare(line: str) -> str:
        found = _BULLET.match(line)
        if found:
            gone.append(found[0].strip())
        return line[found.end() :] if found else line

    plain = "\n".join(map(bare, text.splitlines()))
    core = plain.strip(_AROUND)
    if not core:
        return text, []
    start = plain.index(core)
    gone += [around for around in (plain[:start].strip(), plain[start + len(core) :].strip()) if around]
    return core, gone


def _without_marks(text: str) -> tuple[str, list[str]]:
    gone = _MARKS.findall(text)
    plain = _MARKS.sub("", text)
    return (plain, gone) if gone and plain.strip() else (text, [])
