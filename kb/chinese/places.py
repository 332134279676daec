"""The names of places: the one table of the words with which they end (宪法, art. 30; 立法法, arts. 80 and 93)."""

from __future__ import annotations

# 城市 and 市场 name no place.
_CITY = "(?<!城)市(?![场容政民])"

MUNICIPALITIES = "北京|天津|上海|重庆"
"""A pattern: the cities that stand directly under the state."""

LEGISLATING_UNITS = f"省|自治区|自治州|自治县|{_CITY}"
"""A pattern: the words with which the places end whose congresses make ordinances."""

UNITS = f"壮族自治区|回族自治区|维吾尔自治区|自治区|自治州|自治县|经济特区|省|{_CITY}|区|县|旗"
"""A pattern: the words with which places end, the longest first."""
