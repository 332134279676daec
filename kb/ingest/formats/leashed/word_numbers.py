"""The automatic numbers of a Word file, which stand in no text: computed from the file's numbering definitions.

ECMA-376 Part 1, 17.9 (numbering): a paragraph names a list (numId) and a level; the level has a start, a format and a
pattern such as "（%1）"; a level restarts when one above it counts on.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from docx.oxml.ns import qn

_DIGITS = "〇一二三四五六七八九"
_ROMAN = (
    *((1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc")),
    *((50, "l"), (40, "xl"), (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i")),
)


class Numbering:
    """Counts the numbered paragraphs of a document, in order."""

    def __init__(self, document: Any) -> None:
        root = _numbering_root(document)
        self._abstract = {each.get(qn("w:abstractNumId")): each for each in root.findall(qn("w:abstractNum"))}
        self._lists = {each.get(qn("w:numId")): each for each in root.findall(qn("w:num"))}
        self._styles = {style.style_id: style for style in document.styles}
        self._counts: dict[str, dict[int, int]] = defaultdict(dict)
        self._started: set[tuple[str, int]] = set()
        self._printed = 0
        self._unknown: set[str] = set()

    def label(self, paragraph: Any) -> str:
        """Answer the number that Word prints before a paragraph, "" for none; call it once for each, in order."""
        number, level = self._property(paragraph, "w:numId"), int(self._property(paragraph, "w:ilvl") or 0)
        definition = self._lists.get(number)
        if definition is None or not any(node.text for node in paragraph.iter(qn("w:t"))):
            return ""
        abstract = definition.find(qn("w:abstractNumId")).get(qn("w:val"))
        levels = self._levels(definition, abstract)
        if level not in levels:
            return ""
        self._count(number, abstract, level, definition, levels)
        return self._print(levels, level, self._counts[abstract])

    def notes(self) -> Iterator[str]:
        """Yield sentences for readers: how many numbers were computed, and which could not be."""
        if self._printed:
            yield f"{self._printed} 处自动编号不在原文件的文字里，按它的编号设置还原。"
        if self._unknown:
            yield f"有的自动编号没能还原（格式 {'、'.join(sorted(self._unknown))}），这些段落前缺少编号。"

    def _property(self, paragraph: Any, name: str) -> str:
        """Find a numbering property of a paragraph: its own, or that of its style or a style below that."""
        path = f"{qn('w:pPr')}/{qn('w:numPr')}/{qn(name)}"
        found = paragraph.find(path)
        style = self._styles.get(paragraph.style)
        while found is None and style is not None:
            found = style.element.find(path)
            style = style.base_style
        return found.get(qn("w:val"), "") if found is not None else ""

    def _levels(self, definition: Any, abstract: str) -> dict[int, Any]:
        """Answer the definition of each level: the list's own where it overrides that of its kind."""
        found = self._abstract.get(abstract)
        own = [each.find(qn("w:lvl")) for each in definition.findall(qn("w:lvlOverride"))]
        every = [
            *(found.findall(qn("w:lvl")) if found is not None else []),
            *(each for each in own if each is not None),
        ]
        return {int(each.get(qn("w:ilvl"))): each for each in every}

    def _count(self, number: str, abstract: str, level: int, definition: Any, levels: dict[int, Any]) -> None:
        counts = self._counts[abstract]
        override = definition.find(f"{qn('w:lvlOverride')}[@{qn('w:ilvl')}='{level}']/{qn('w:startOverride')}")
        if override is not None and (number, level) not in self._started:
            counts[level] = int(override.get(qn("w:val"), "1"))
        else:
            counts[level] = counts[level] + 1 if level in counts else _start(levels[level])
        self._started.add((number, level))
        for above in range(level):
            if above in levels:
                counts.setdefault(above, _start(levels[above]))
        for below in [each for each in counts if each > level]:
            del counts[below]

    def _print(self, levels: dict[int, Any], level: int, counts: dict[int, int]) -> str:
        kind, pattern = _value(levels[level], "w:numFmt"), _value(levels[level], "w:lvlText")
        if kind in ("bullet", "none") or "%" not in pattern:
            return ""
        legal = levels[level].find(qn("w:isLgl")) is not None

        def one(match: re.Match[str]) -> str:
            each = int(match[1]) - 1
            form = "decimal" if legal else _value(levels[each], "w:numFmt") if each in levels else "decimal"
            printed = _formatted(counts.get(each, 1), form)
            if not printed:
                self._unknown.add(form)
            return printed

        label = re.sub(r"%([1-9])", one, pattern)
        self._printed += 1
        suffix = _value(levels[level], "w:suff") or "tab"
        gap = {"tab": "" if label[-1:] in "、.．)）" else "　", "space": " ", "nothing": ""}.get(suffix, "")
        return label + gap


def _numbering_root(document: Any) -> Any:
    """Answer the numbering definitions; an empty element for a document without any."""
    related = [each.target_part for each in document.part.rels.values() if each.reltype.endswith("/numbering")]
    return related[0].element if related else document.element.makeelement(qn("w:numbering"))


def _value(level: Any, name: str) -> str:
    found = level.find(qn(name))
    return found.get(qn("w:val"), "") if found is not None else ""


def _start(level: Any) -> int:
    return int(_value(level, "w:start") or 1)


def _formatted(number: int, form: str) -> str:
    """Print a number in one of Word's formats (ECMA-376 17.18.59); "" for a format that is not known here."""
    if form in ("decimal", ""):
        return str(number)
    if form == "decimalZero":
        return f"{number:02}"
    if form.startswith("decimalFullWidth"):
        return str(number).translate({ord(str(digit)): chr(0xFF10 + digit) for digit in range(10)})
    if form.startswith("decimalEnclosedCircle") and 1 <= number <= 20:
        return chr(0x2460 + number - 1)
    if form in (
        "chineseCounting",
        "chineseCountingThousand",
        "japaneseCounting",
        "taiwaneseCounting",
        "taiwaneseCountingThousand",
    ):
        return _chinese(number)
    if form in ("ideographDigital", "japaneseDigitalTenThousand", "taiwaneseDigital"):
        return "".join(_DIGITS[int(digit)] for digit in str(number))
    if form in ("lowerLetter", "upperLetter") and number > 0:
        letters = chr(ord("a") + (number - 1) % 26) * ((number - 1) // 26 + 1)
        return letters if form == "lowerLetter" else letters.upper()
    if form in ("lowerRoman", "upperRoman"):
        return _roman(number) if form == "lowerRoman" else _roman(number).upper()
    return ""


def _chinese(number: int) -> str:
    """Print 1 to 9999 as counted: 十二, 二十, 一百零三."""
    text, gap = "", False
    for unit, name in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit = number // unit % 10
        if digit:
            text += ("零" if gap else "") + _DIGITS[digit] + name
            gap = False
        elif text:
            gap = True
    return text.removeprefix("一") if 10 <= number < 20 else text or "〇"


def _roman(number: int) -> str:
    text = ""
    for value, letters in _ROMAN:
        text += letters * (number // value)
        number %= value
    return text
