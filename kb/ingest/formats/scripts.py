"""Characters above and below the line, and the numbers that browsers and Word print before the items of lists."""

from __future__ import annotations

from kb.base.lazy_re import lazy_re
from kb.chinese.numerals import hanzi

_UP = str.maketrans("0123456789+-−=()ni", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ⁿⁱ")
_DOWN = str.maketrans("0123456789+-−=()", "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎")
_HALF_WIDTH = str.maketrans("０１２３４５６７８９＋－−–‐（）＝", "0123456789+----()=")
_MARK_OF_NOTE = lazy_re(r"[\[〔［【(（](?:\d{1,3}|[一二三四五六七八九十]{1,3}|注\s?\d*)[\]〕］】)）]|[①-⓿*＊※†‡#®™©]+")
_RAISABLE = lazy_re(r"[0-9+\-−=()ni]+")
_LOWERABLE = lazy_re(r"[0-9+\-−=()]+")
_DIGITS = "〇一二三四五六七八九"
_CAPITAL = str.maketrans("〇零一二三四五六七八九十百千万", "零零壹贰叁肆伍陆柒捌玖拾佰仟萬")
_STEMS, _BRANCHES = "甲乙丙丁戊己庚辛壬癸", "子丑寅卯辰巳午未申酉戌亥"
_ROMAN = (
    *((1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc")),
    *((50, "l"), (40, "xl"), (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i")),
)


def raised(text: str) -> str:
    """Write a text above the line: m², 10⁻³; what has no such character as ^(x), marks of notes such as [1] as they are."""
    plain = text.translate(_HALF_WIDTH)
    if _MARK_OF_NOTE.fullmatch(text) or not text:
        return text
    if _RAISABLE.fullmatch(plain):
        return plain.translate(_UP)
    return f"^({plain})" if plain.isascii() else text


def lowered(text: str) -> str:
    """Write a text below the line: H₂O; what has no such character as _(x)."""
    plain = text.translate(_HALF_WIDTH)
    if _LOWERABLE.fullmatch(plain):
        return plain.translate(_DOWN)
    return f"_({plain})" if plain else plain


def chinese(number: int) -> str:
    """Print 0 to 9999 as counted: 〇, 十二, 一百零三; any other number in figures (CSS Counter Styles 3: range)."""
    return (hanzi(number) or _DIGITS[0]) if 0 <= number < 10_000 else str(number)


def capital(number: int) -> str:
    """Print a number as cheques do: 壹, 拾贰."""
    return chinese(number).translate(_CAPITAL)


def digitwise(number: int) -> str:
    """Print a number digit by digit: 二〇一."""
    return "".join(_DIGITS[int(digit)] if digit.isdigit() else digit for digit in str(number))


def counted(number: int, style: str) -> str:
    """Print a number in a style of CSS; one that the style cannot count in figures, as browsers do."""
    if is_chinese(style):
        if "stem" in style or "branch" in style:
            return (stem(number) if "stem" in style else branch(number)) or str(number)
        return capital(number) if "formal" in style and "informal" not in style else chinese(number)
    if style.endswith(("-alpha", "-latin", "-roman")):
        text = roman(number) if style.endswith("-roman") else alphabetic(number)
        return (text.upper() if style.startswith("upper-") else text) or str(number)
    return f"{number:02}" if style == "decimal-leading-zero" else str(number)


def is_chinese(style: str) -> bool:
    """Tell the styles of CSS that count in Chinese characters."""
    return any(word in style for word in ("cjk-ideographic", "chinese", "japanese", "stem", "branch"))


def stem(number: int) -> str:
    """Print 1 to 10 as 甲 to 癸, "" beyond."""
    return _STEMS[number - 1] if 1 <= number <= len(_STEMS) else ""


def branch(number: int) -> str:
    """Print 1 to 12 as 子 to 亥, "" beyond."""
    return _BRANCHES[number - 1] if 1 <= number <= len(_BRANCHES) else ""


def roman(number: int) -> str:
    """Print 1 to 3999 in small Roman numerals, "" beyond."""
    text = ""
    if not 1 <= number < 4000:
        return text
    for value, letters in _ROMAN:
        text += letters * (number // value)
        number %= value
    return text


def letters(number: int) -> str:
    """Print a number in small letters as Word does: a … z, aa, bb."""
    return chr(ord("a") + (number - 1) % 26) * ((number - 1) // 26 + 1) if number > 0 else ""


def alphabetic(number: int) -> str:
    """Print a number in small letters as browsers do: a … z, aa, ab (CSS Counter Styles 3: alphabetic); "" below 1."""
    text = ""
    while number > 0:
        number, letter = divmod(number - 1, 26)
        text = chr(ord("a") + letter) + text
    return text


def ordinal_ending(number: int) -> str:
    """Return what English writes after a number: st, nd, rd, th."""
    return "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
