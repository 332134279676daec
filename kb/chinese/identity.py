"""Which characters are one and the same to a reader: the one table for search, comparison, quotations and PDF text.

`fold` takes away the differences nobody means when typing: width, case, traditional characters and variants, forms that
Unicode keeps for old encodings, radicals for the characters they look like, kinds of brackets, quotes, dashes and colons,
what is not seen, line breaks and the blanks between Chinese characters. A form that stands for several characters becomes
these (Ⅲ: iii, ℃: °c), several that stand for one become that (……: …). Circled numbers, fractions and superscripts mean
something else than their digits and are kept. Every folded character has its place in the text as printed.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache

from kb.base.lazy_re import lazy_re

Made = Callable[[re.Match[str]], str]

_UNSEEN = "\u200b"

_SAME = {
    "(": "〔[【〖{﹝﹙﹛❨⟮",
    ")": "〕]】〗}﹞﹚﹜❩⟯",
    '"': "“”„‟「」〝〞〟＂",
    "'": "‘’‚‛『』＇",
    "-": "‐‑‒–—―−－─━⸺⸻⁃﹘﹣",
    ":": "∶﹕︰︓꞉",
    "·": "•‧・･∙⋅",
    "…": "⋯‥︙",
    "。": "｡",
    "〇": "○◯",
    "~": "～〜∼˜",
    "/": "∕⁄",
    "*": "∗⁎",
    "|": "∣│┃",
    "°": "º˚",
    "《": "≪",
    "》": "≫",
    " ": "\t\x0b\x0c\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000",
    "\n": "\r\x85\u2028\u2029",
}
# Default_Ignorable_Code_Point (DerivedCoreProperties.txt), controls that are no blank, and what stands for an object.
_NOT_SEEN = (
    (0x00, 0x08),
    (0x0E, 0x1F),
    (0x7F, 0x84),
    (0x86, 0x9F),
    (0xAD, 0xAD),
    (0x34F, 0x34F),
    (0x61C, 0x61C),
    (0x115F, 0x1160),
    (0x17B4, 0x17B5),
    (0x180B, 0x180F),
    (0x200B, 0x200F),
    (0x202A, 0x202E),
    (0x2060, 0x206F),
    (0x3164, 0x3164),
    (0xFE00, 0xFE0F),
    (0xFEFF, 0xFEFF),
    (0xFFA0, 0xFFA0),
    (0xFFF0, 0xFFFC),
    (0x1BCA0, 0x1BCA3),
    (0x1D173, 0x1D17A),
    (0xE0000, 0xE0FFF),
)
# Forms of other characters: letterlike, Roman numerals, numbers in brackets or with a full stop, Kangxi radicals, units,
# letters and years in squares, compatibility ideographs, ligatures, vertical and small forms, half and full width.
_FORMS = (
    (0x00B5, 0x00B5),
    (0x0132, 0x0133),
    (0x01C4, 0x01CC),
    (0x2100, 0x214F),
    (0x2160, 0x217F),
    (0x2474, 0x24B5),
    (0x2F00, 0x2FDF),
    (0x3131, 0x318E),
    (0x3200, 0x3243),
    (0x32C0, 0x32CF),
    (0x3358, 0x33FF),
    (0xF900, 0xFAFF),
    (0xFB00, 0xFB06),
    (0xFE10, 0xFE19),
    (0xFE30, 0xFE6B),
    (0xFF01, 0xFFEE),
    (0x1D400, 0x1D7FF),
    (0x2F800, 0x2FA1F),
)
# Of a compatible form these are taken as they are: fractions, superscripts, encircled ones.
_OTHER_MEANING = ("<super>", "<sub>", "<fraction>", "<circle>")
# EquivalentUnifiedIdeograph.txt of the Unicode Character Database, where the radical looks like a character in use.
_RADICALS = dict(
    zip(
        "⺁⺄⺅⺆⺈⺉⺊⺋⺌⺍⺎⺐⺒⺓⺔⺖⺗⺘⺙⺛⺜⺝⺞⺟⺠⺡⺢⺣⺤⺥⺦⺧⺨⺩⺪⺫⺬⺭⺮⺯⺰⺱⺲⺶⺷⺸⺹⺺⺻⺼⺽⺾⺿⻀⻁⻂⻃⻄⻅⻆⻇⻈⻉⻊⻋⻌⻍⻎⻏⻐⻑⻒⻓⻔⻕⻖⻗⻘⻙⻚⻛⻜⻝⻞⻟⻠⻡⻢⻣⻤⻥⻦⻧⻨⻩⻪⻫⻬⻭⻮⻯⻰⻱⻲⻳",
        "厂乙亻冂刀刂卜㔾小小兀尢巳幺彑忄㣺扌攵旡日月歺母民氵氺灬爫爫丬牛犭王疋目示礻竹糸纟罓罒羊羊羊耂肀聿肉臼艹艹艹虎衤西西见角角讠贝足车辶辶辶阝钅长镸长门阜阝雨青韦页风飞食食飠饣首马骨鬼鱼鸟卤麦黄黾齐齐齿齿龙龙龟龟龟",
        strict=True,
    )
)
# Variants that OpenCC, which turns traditional characters into simplified ones, leaves as they are.
_VARIANTS = dict(
    zip(
        "着竝凖粧寳戸靑淸卽旣鄕彊衞槪収団図覇乗両亜囯寕渉歩毎囘囬晩歴黒郞閲説鋭脱税兌戦労栄営経済検険圧応",
        "著并准妆宝户青清即既乡强卫概收团图霸乘两亚国宁涉步每回回晚历黑郎阅说锐脱税兑战劳荣营经济检险压应",
        strict=True,
    )
)
_IDEOGRAPHS = ((0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0x20000, 0x3134F))


@dataclass(frozen=True, slots=True)
class Folded:
    """Folded text and, for each of its characters, where what it was made of starts and ends in the original."""

    text: str
    starts: list[int]
    ends: list[int]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Return where the folded characters [start, end) stand in the original; start < end."""
        return self.starts[start], self.ends[end - 1]


def fold(text: str) -> str:
    """Return the text as it is compared: what `fold_with_places` returns, without the places."""
    same = text.translate(_table())
    for pattern, made in _STEPS:
        same = pattern.sub(made, same)
    return same if unicodedata.is_normalized("NFC", same) else _with_marks().sub(_composed, same)


def fold_with_places(text: str) -> Folded:
    """Fold a text and remember where each character stood."""
    same = text.translate(_table())
    starts, ends = list(range(len(text))), list(range(1, len(text) + 1))
    if len(same) != len(text):
        starts = [place for place, one in enumerate(text) for _ in one.translate(_table())]
        ends = [start + 1 for start in starts]
    folded = Folded(same, starts, ends)
    for pattern, made in _STEPS:
        folded = _replaced(folded, pattern, made)
    return folded if unicodedata.is_normalized("NFC", folded.text) else _replaced(folded, _with_marks(), _composed)


def looks_like(character: str) -> str:
    """Return the characters that a radical or ligature stands for in the text of a PDF; others as they are."""
    return _RADICALS.get(character) or _plain(character)


def _replaced(folded: Folded, pattern: re.Pattern[str], made: Made) -> Folded:
    """Replace what a pattern finds: what was made of it stands where it stood."""
    text, pieces, at = folded.text, list[str](), 0
    starts, ends = list[int](), list[int]()
    for found in pattern.finditer(text):
        new, (start, end) = made(found), found.span()
        if new == text[start:end]:
            continue
        pieces.append(text[at:start])
        starts += folded.starts[at:start]
        ends += folded.ends[at:start]
        if new:
            pieces.append(new)
            starts += [folded.starts[start]] * len(new)
            ends += [folded.ends[end - 1]] * len(new)
        at = end
    if not at:
        return folded
    return Folded("".join((*pieces, text[at:])), starts + folded.starts[at:], ends + folded.ends[at:])


def _composed(found: re.Match[str]) -> str:
    return unicodedata.normalize("NFC", found[0]).translate(_table())


@cache
def _with_marks() -> re.Pattern[str]:
    """Match each character with the marks that belong to it."""
    marks = "".join(map(chr, (code for code in range(sys.maxunicode) if unicodedata.combining(chr(code)))))
    return re.compile(f"(?s).[{marks}]*")


def _between(found: re.Match[str]) -> str:
    """Return what stays of a run of blanks and line breaks: one blank between two Latin words or numbers on one line."""
    blank, text, (start, end) = found[0], found.string, found.span()
    if blank == "\n" or "\n" in blank or " " not in blank or not start or end == len(text):
        return ""
    before, after = text[start - 1], text[end]
    if not (before.isalnum() and after.isalnum() and before < "\u2e80" and after < "\u2e80"):
        return ""
    if before.isdigit() != after.isdigit():  # GB 18667, 5 km
        return ""
    return "" if before.isdecimal() and blank == " " and _inside_number(text, start) else " "


def _inside_number(text: str, blank: int) -> bool:
    """Return whether a blank between digits parts the thousands of one number: 1 000 000."""
    first = _LEFT.search(text, max(0, blank - _LONGEST_NUMBER), blank)
    return first is not None and _RIGHT.match(text, blank + 1) is not None


_LONGEST_NUMBER = 24
_LEFT = lazy_re(r"(?<![0-9])(?:[0-9]{1,3})(?: [0-9]{3})*$")
_RIGHT = lazy_re(r"[0-9]{3}(?: [0-9]{3})*(?![0-9])")
_ELLIPSES = r"(?:…|\.{3,}|。{3,}|·{3,})*"
# Each branch starts with a character: only then does `re` skip quickly to the places where one can match.
_STEPS: tuple[tuple[re.Pattern[str], Made], ...] = (
    (lazy_re(f"[ \n{_UNSEEN}][ \n{_UNSEEN}]*"), _between),
    # Several that are one mark: —— is one dash, …… or ... one ellipsis.
    (
        lazy_re("--+|" + "|".join(f"{one}{_ELLIPSES}" for one in ("…", r"\.\.\.+", "。。。+", "···+"))),
        lambda found: "-" if found[0][0] == "-" else "…",
    ),
    # The superscript of an area or a volume is written as a digit, too: m², m2.
    (lazy_re("[²³](?<=m.)"), lambda found: {"²": "2", "³": "3"}[found[0]]),
)


class _Table(dict[int, str | int]):
    """Maps the code of every character to what it is folded to, itself mostly: made when a text first has it."""

    def __init__(self) -> None:
        import opencc

        self._to_simplified = opencc.OpenCC("t2s").convert
        super().__init__({code: _UNSEEN for low, high in _NOT_SEEN for code in range(low, high + 1)})
        self.update(dict.fromkeys(range(0xD800, 0xE000), "\ufffd"))  # bytes that were no text, from a command line

    def __missing__(self, code: int) -> str | int:
        character = chr(code)
        made = self._folded(character)
        self[code] = code if made == character else made
        return self[code]

    def _folded(self, character: str) -> str:
        for _ in range(_CHAINED):
            plain = self._same(character)
            if _within(_BEFORE_RADICALS, character) or plain != character or _within(_FORMS, character):
                plain = plain.lower() if len(plain.lower()) == len(plain) else plain
            if plain == character:
                break
            if len(plain) > 1:
                return "".join(map(self._folded, plain))
            character = plain
        return character

    def _same(self, character: str) -> str:
        """Return the character or characters that one is the same as."""
        if known := _KNOWN.get(character):
            return known
        if _within(_IDEOGRAPHS, character):
            simplified = self._to_simplified(character)
            return simplified if len(simplified) == 1 else character
        return _plain(character) if _within(_FORMS, character) else character


def _within(ranges: Iterable[tuple[int, int]], character: str) -> bool:
    return any(low <= ord(character) <= high for low, high in ranges)


@cache
def _table() -> _Table:
    return _Table()


_BEFORE_RADICALS = ((0, 0x2E7F),)
_KNOWN = (
    {other: one for one, others in _SAME.items() for other in others}
    | _RADICALS
    | {old: new for old, new in _VARIANTS.items() if old != new}
)

TO_ASCII = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}
"""Full width to half width and nothing else: what two printings of one text may differ in."""

_CHAINED = 4


def _plain(character: str) -> str:
    """Return what a compatible form stands for, unless it means something else than that."""
    kind, *parts = unicodedata.decomposition(character).split() or [""]
    if kind in _OTHER_MEANING or not kind or (parts and not kind.startswith("<")):
        return character
    codes = parts if kind.startswith("<") else [kind]
    if "0020" in codes:  # a mark over nothing
        return character
    return "".join(_plain(chr(int(code, 16))) for code in codes)
