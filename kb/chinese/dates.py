"""Dates as Chinese documents write them → ISO 8601."""

from __future__ import annotations

from datetime import date

from kb.base.lazy_re import lazy_re

# Zeros of years in Chinese numerals are printed 〇, ○, 零, 0 or the letter O, in full or half width.
_ZEROS = "〇○◯零0０OＯoｏ"
_ONES = "一二三四五六七八九"
_FORMAL = "壹贰叁肆伍陆柒捌玖"
_FIGURE = rf"[\d{_ZEROS}]"  # a zero typed as a letter: 2O22年8月2O日
_YEAR = rf"(?:[12１２]{_FIGURE}{{3}}|[{_ZEROS}{_ONES}{_FORMAL}]{{4}})"
_NUMBER = rf"(?:{_FIGURE}{{1,2}}|[{_ZEROS}][{_ONES}{_FORMAL}]|[二三贰叁]?[十拾][{_ONES}{_FORMAL}]?|[廿卅][{_ONES}]?|[{_ONES}{_FORMAL}元])"
DATE = (
    rf"(?:{_YEAR}\s*年\s*{_NUMBER}\s*月(?:\s*{_NUMBER}\s*(?:日|号(?![线楼文令]))|\s*\d{{1,2}}(?!\d))?"
    r"|[12１２]\d{3}(?:[-－][01０１]?\d[-－]|[/／][01０１]?\d[/／]|[.．][01０１]?\d[.．])[0-3０-３]?\d(?!\d))"
)
"""A regular expression without groups: a date in Arabic or Chinese numerals, or such as 2021-11-22 and 2021.11.22."""

_FIRST = lazy_re(DATE)
_ISO_MONTH = lazy_re(r"[12]\d{3}-(?:0[1-9]|1[0-2])")
_PARTS = lazy_re(r"[^\s年月日号/／.．－-]+")
_DIGITS = str.maketrans(
    dict(zip(_ZEROS + _ONES + _FORMAL + "元", "0" * len(_ZEROS) + "123456789" * 2 + "1", strict=True))
    | {"拾": "十", "廿": "2十", "卅": "3十"}
)


def first(text: str) -> str:
    """Return the first date of `text` as "2021-11-22", "2021-11" where no day is given, "" where there is none.

    A month that stands alone in the answer's own form is answered again: "2021-11".
    """
    if _ISO_MONTH.fullmatch(text):
        return "-".join(f"{int(part):02}" for part in text.split("-"))  # in full width it is one, too
    return next((iso for found in _FIRST.finditer(text) if (iso := to_iso(found[0]))), "")


def is_day(text: str) -> bool:
    """Return whether this is a day in ISO 8601 as everything here writes it: 2021-11-22, and there is such a day."""
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def to_iso(printed: str) -> str:
    """Turn one date as `DATE` matches it into ISO 8601; "" when there is no such day."""
    year, month, *days = (_number(part) for part in _PARTS.findall(printed))
    try:
        day = date(year, month, days[0] if days else 1)
    except ValueError:
        return ""
    return day.isoformat() if days else day.isoformat()[:7]


def _number(printed: str) -> int:
    """Read "07", "２７", "七", "十一", "二十七" or, digit by digit, "二〇〇四"."""
    tens, ten, ones = printed.translate(_DIGITS).partition("十")
    return int(tens or 1) * 10 + int(ones or 0) if ten else int(tens)
