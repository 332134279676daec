"""The automatic numbers of a Word file, which stand in no text: computed from the file's numbering definitions.

ECMA-376 Part 1, 17.9 (numbering): a paragraph names a list (numId) and a level; the level has a start, a format and a
pattern such as "（%1）"; a level restarts when one above it counts on.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any

from docx.oxml.ns import qn

from kb.ingest.formats import scripts

_TEXTS = (qn("w:t"), qn("m:t"), qn("w:sym"))


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
        """Return the number that Word prints before a paragraph, "" for none; call it once for each, in order."""
        number, level = self._property(paragraph, "w:numId"), int(self._property(paragraph, "w:ilvl") or 0)
        definition = self._lists.get(number)
        if definition is None or not any(node.text or node.tag == _TEXTS[-1] for node in paragraph.iter(*_TEXTS)):
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
            yield f"存疑：有的自动编号没能还原（格式 {'、'.join(sorted(self._unknown))}），这些段落前缺少编号。"

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
        """Return the definition of each level: the list's own where it overrides that of its kind."""
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
        if kind == "bullet" or not pattern.strip():
            return ""
        legal = levels[level].find(qn("w:isLgl")) is not None

        def one(match: re.Match[str]) -> str:
            each = int(match[1]) - 1
            form = "decimal" if legal else _value(levels[each], "w:numFmt") if each in levels else "decimal"
            printed = "" if form == "none" else _formatted(counts.get(each, 1), form)
            if not printed and form != "none":
                self._unknown.add(form)
            return printed

        label = re.sub(r"%([1-9])", one, pattern)
        self._printed += 1
        suffix = _value(levels[level], "w:suff") or "tab"
        gap = {"tab": "" if label[-1:] in "、.．)）" else "　", "space": " ", "nothing": ""}.get(suffix, "")
        return label + gap


def _numbering_root(document: Any) -> Any:
    """Return the numbering definitions; an empty element for a document without any."""
    related = [each.target_part for each in document.part.rels.values() if each.reltype.endswith("/numbering")]
    return related[0].element if related else document.element.makeelement(qn("w:numbering"))


def _value(level: Any, name: str) -> str:
    found = level.find(qn(name))
    return found.get(qn("w:val"), "") if found is not None else ""


def _start(level: Any) -> int:
    return int(_value(level, "w:start") or 1)


# ECMA-376 17.18.59: the formats of numbers that print as one of these.
_FORMS: dict[str, Callable[[int], str]] = {
    **dict.fromkeys(("decimal", "", "decimalHalfWidth"), str),
    **dict.fromkeys(
        (
            "chineseCounting",
            "chineseCountingThousand",
            "japaneseCounting",
            "taiwaneseCounting",
            "taiwaneseCountingThousand",
        ),
        scripts.chinese,
    ),
    **dict.fromkeys(("ideographDigital", "japaneseDigitalTenThousand", "taiwaneseDigital"), scripts.digitwise),
    **dict.fromkeys(("chineseLegalSimplified", "japaneseLegal", "ideographLegalTraditional"), scripts.capital),
    "ideographTraditional": scripts.stem,
    "ideographZodiac": scripts.branch,
    "decimalZero": lambda number: f"{number:02}",
    "lowerLetter": scripts.letters,
    "upperLetter": lambda number: scripts.letters(number).upper(),
    "lowerRoman": scripts.roman,
    "upperRoman": lambda number: scripts.roman(number).upper(),
    "numberInDash": lambda number: f"- {number} -",
    "ordinal": lambda number: f"{number}{scripts.ordinal_ending(number)}",
}
# Those that Unicode has as one character each: the first, and how many there are.
_ENCLOSED = {
    "decimalEnclosedCircle": (0x2460, 20),
    "decimalEnclosedCircleChinese": (0x2460, 20),
    "decimalEnclosedParen": (0x2474, 20),
    "decimalEnclosedFullstop": (0x2488, 20),
    "ideographEnclosedCircle": (0x3280, 10),
}


def _formatted(number: int, form: str) -> str:
    """Print a number in one of Word's formats; "" for a format that is not known here."""
    if form in _FORMS:
        return _FORMS[form](number)
    if form.startswith("decimalFullWidth"):
        return str(number).translate({ord(str(digit)): chr(0xFF10 + digit) for digit in range(10)})
    first, many = _ENCLOSED.get(form, (0, 0))
    return chr(first + number - 1) if 1 <= number <= many else ""
