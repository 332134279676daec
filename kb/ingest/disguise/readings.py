"""Readings of characters in general, as pypinyin knows them, and the shape of a disguise's annotation.

An annotation is a character's reading in ASCII brackets after it, 復(fù), with the habits mirrors have: a space before the
closing bracket, a toneless reading 的(de), and `?` for the opening bracket where a decoder swallowed it.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Mapping
from functools import cache

from kb.base.lazy_re import lazy_re
from kb.ingest.disguise import gbk
from kb.ingest.disguise.simplify import simple

LETTERS = "a-zɑɡüêāáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜńňǹḿ"
ANNOTATION = lazy_re(rf"(?P<open>\(|[?\ufffd]\(?)[ \xa0]*(?P<reading>[{LETTERS}]{{1,7}})[ \xa0]*\)")
UNFINISHED = lazy_re(rf"(?P<open>\(|[?\ufffd]\(?)(?P<reading>[{LETTERS}]{{0,7}})(?=[ \xa0]*$)", re.MULTILINE)

_SPELLINGS = str.maketrans({"ɑ": "a", "ɡ": "g", "v": "ü"})
_TONES = {"\u0304", "\u0301", "\u030c", "\u0300"}


def normal(reading: str) -> str:
    """Spell a reading as pypinyin does: plain a and g, ü for v."""
    return reading.translate(_SPELLINGS)


@cache
def toneless(reading: str) -> str:
    """Take the tone marks off a reading; ü keeps its dots."""
    marks = (mark for mark in unicodedata.normalize("NFD", reading) if mark not in _TONES)
    return unicodedata.normalize("NFC", "".join(marks))


@cache
def of(char: str) -> frozenset[str]:
    """Return all readings of a character and of its simplified form (annotators look up either)."""
    from pypinyin.pinyin_dict import pinyin_dict

    entries = (pinyin_dict.get(ord(form), "") for form in {char, simple(char)})
    return frozenset(reading for entry in entries for reading in entry.split(",") if reading)


def fits(char: str, reading: str) -> bool:
    """Return whether an annotation gives a reading of a character, with its tone or without any."""
    known, given = of(char), normal(reading)
    return given in known or (given == toneless(given) and given in map(toneless, known))


@cache
def is_syllable(reading: str) -> bool:
    """Return whether any character is read so, with a tone."""
    return not reading.isascii() and any(normal(reading) == known for _, known in _by_lead())


def past(text: str, end: int, char: str) -> int:
    """Return where the annotations of `char` that stand at `end` are over; some mirrors annotate twice."""
    while (match := ANNOTATION.match(text, end)) and match["open"] == "(" and fits(char, match["reading"]):
        end = match.end()
    return end


def seconds(lead: int, reading: str) -> tuple[int, ...]:
    """Return the second bytes of all characters that have a given first byte and reading."""
    return _by_lead().get((lead, normal(reading)), ())


@cache
def _by_lead() -> Mapping[tuple[int, str], tuple[int, ...]]:
    found: defaultdict[tuple[int, str], list[int]] = defaultdict(list)
    for lead in gbk.LEADS:
        for trail in range(0x40, 0xFF):
            char = gbk.decode(lead, trail)
            for reading in of(char) if char else ():
                found[lead, reading].append(trail)
    return {key: tuple(trails) for key, trails in found.items()}
