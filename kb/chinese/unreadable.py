"""Characters of a file that only stand for others (a radical's sign, a private code of GB 18030), and those that are none:
private use, unassigned, replacement. The first are put right one for one, the second are doubtful wherever they stand.
"""

from __future__ import annotations

import re
from unicodedata import category

from kb.base.lazy_re import lazy_re
from kb.chinese.identity import looks_like

MISSING = "〓"
"""What stands for a character that could not be read."""

# GB 18030-2022 gives these characters codes of their own; GB 18030-2000 had put them in the private use area.
_PRIVATE = dict(
    zip(
        "\ue78d\ue78e\ue78f\ue790\ue791\ue792\ue793\ue794\ue795\ue796\ue81e\ue826\ue82b\ue82c\ue832\ue843\ue854\ue864",
        "\ufe10\ufe12\ufe11\ufe13\ufe14\ufe15\ufe16\ufe17\ufe18\ufe19\u9fb4\u9fb5\u9fb6\u9fb7\u9fb8\u9fb9\u9fba\u9fbb",
        strict=True,
    )
)
# Radicals' signs, compatibility ideographs (canonically the same as a unified one), GB 18030's private codes.
_OTHER = lazy_re("[\u2e80-\u2fd5\uf900-\ufad9\ue78d-\ue796\ue81e\ue826\ue82b\ue82c\ue832\ue843\ue854\ue864]")
_SUSPECT = lazy_re("[\ufffd\ue000-\uf8ff\ufdd0-\ufdef\ufffe\uffff\U000e0000-\U0010ffff]|[^\x00-\u9fff\uac00-\ud7a3]")


def identified(text: str) -> tuple[str, int]:
    """Return a text with the characters meant instead of those that only look like them, and how many there were."""
    count = 0

    def one(match: re.Match[str]) -> str:
        nonlocal count
        meant = identity(match[0])
        count += meant != match[0]
        return meant

    return (_OTHER.sub(one, text), count) if _OTHER.search(text) else (text, 0)


def identity(char: str) -> str:
    """Return the character that is meant: always one for one."""
    meant = _PRIVATE.get(char) or looks_like(char)
    return meant if len(meant) == 1 else char


def is_no_character(char: str) -> bool:
    """Tell what stands for no character that anybody could name: replacement, private use, unassigned."""
    return char == "\ufffd" or category(char) in ("Co", "Cn", "Cs")


def unreadable(text: str) -> list[int]:
    """Return the positions of what stands for no character."""
    return [match.start() for match in _SUSPECT.finditer(text) if is_no_character(match[0])]
