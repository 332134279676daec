"""The day of publication of a row of a list: what stands beside the title, never a day in the title."""

from __future__ import annotations

import re
from datetime import date

from kb.base.lazy_re import lazy_re
from kb.chinese import dates

_YEAR, _MONTH, _DAY = r"(?P<y>[12]\d{3})", r"(?P<m>1[0-2]|0?[1-9])", r"(?P<d>3[01]|[12]\d|0?[1-9])"
_PUBLISHED = lazy_re(r"(?:发布|公布|发文|发表|刊发|更新)\s*(?:日期|时间)?\s*[:：]?\s*$")
# Days whose parts stand in elements of their own: 27 | 2025-11, 2025-11 | 27, 2025 | 11-27, 11-27 | 2025.
_APART = tuple(
    lazy_re(rf"(?<!\d){form}(?!\d)")
    for form in (
        rf"{_YEAR}{_MONTH.replace('0?', '0')}{_DAY.replace('0?', '0')}",
        rf"{_YEAR}\s*[-/.年]\s*{_MONTH}\s*月?\s+{_DAY}\s*日?(?![-/.])",
        rf"{_DAY}\s*日?\s+{_YEAR}\s*[-/.年]\s*{_MONTH}\s*月?(?![-/.])",
        rf"{_YEAR}\s*年?\s+{_MONTH}\s*[-/.月]\s*{_DAY}\s*日?",
        rf"{_MONTH}\s*[-/.月]\s*{_DAY}\s*日?\s+{_YEAR}(?![-/.年])",
        rf"{_DAY}\s*[/ ]\s*{_MONTH}月\s+{_YEAR}",
    )
)
_WHOLE = lazy_re(dates.DATE)


def row_date(texts: list[str]) -> str:
    """Return the one day that the texts beside a title give (ISO 8601), "" where there is none or they disagree."""
    text = " ".join(texts)
    days = [(found.start(), iso) for found in _WHOLE.finditer(text) if len(iso := dates.to_iso(found[0])) == 10]
    if not days:
        days = [(found.start(), iso) for form in _APART for found in form.finditer(text) if (iso := _iso(found))][:1]
    named = [iso for start, iso in days if _PUBLISHED.search(text[:start])]
    found = set(named[:1] or [iso for _, iso in days])
    return found.pop() if len(found) == 1 else ""


def _iso(found: re.Match[str]) -> str:
    try:
        return date(int(found["y"]), int(found["m"]), int(found["d"])).isoformat()
    except ValueError:
        return ""


def only_date(text: str) -> bool:
    """Return whether a text says nothing but when: [11-27], （2025年11月27日）, 09:30."""
    bare = _WHOLE.sub("", text)
    return bool(re.search(r"\d", text)) and not re.sub(
        r"(?:发布|更新)?(?:日期|时间)|[\d\s:：/.\-年月日()（）\[\]【】]", "", bare
    )
