"""Traditional to simplified characters, by OpenCC's phrases."""

from __future__ import annotations

from functools import cache
from typing import Any

from kb.base.lazy_re import lazy_re
from kb.ingest.disguise import gbk

# Mirrors that convert character for character write 著 for every 着. These are the words in which 著 is meant
# (现代汉语词典: zhù); everywhere else on such a page it is 着.
_ZHU = lazy_re("著(?=[作名述书称者录])|(?<=[显名土编原专论巨昭卓合译拙遗撰])著")

# Where OpenCC's phrases keep a form that no simplified text has, or strike across a word border (属於單位, 輪流徵集).
# Found by converting 20 million characters of statutes there and back.
_MENDS = (
    (lazy_re("(?<!樊)於(?!潜[县镇]|菟|陵)"), "于"),
    (lazy_re("(?<!束)脩"), "修"),
    (lazy_re("覆(?=[议核函建])"), "复"),
    (lazy_re("徵(?=集)"), "征"),
    (lazy_re("座(?=标)"), "坐"),
    (lazy_re("(?<=想)像"), "象"),
    (lazy_re("迳(?=流)"), "径"),
    (lazy_re("揹"), "背"),
    (lazy_re("濬"), "浚"),
)


@cache
def _converter() -> Any:
    import opencc

    return opencc.OpenCC("t2s")


def simplify(text: str) -> str:
    """Convert to simplified characters, one for one, phrase by phrase; 著 for 着 is told by its word.

    What a mirror shows went through GBK, so a simplified form that GBK lacks was not there before: 礐 stays.
    """
    converted = _converter().convert(text)
    simplified = "".join(new if gbk.encode(new) else old for old, new in zip(text, converted, strict=True))
    for form, mended in _MENDS:
        simplified = form.sub(mended, simplified)
    if "着" in text:  # a converter that writes 著 for 着 leaves none
        return simplified
    kept = {match.start() for match in _ZHU.finditer(simplified)}
    return "".join("着" if char == "著" and i not in kept else char for i, char in enumerate(simplified))


@cache
def simple(char: str) -> str:
    """Convert a single character."""
    converted: str = _converter().convert(char)
    return converted if gbk.encode(converted) else char


@cache
def _to_traditional() -> Any:
    import opencc

    return opencc.OpenCC("s2t")


@cache
def made_traditional(char: str) -> str:
    """Convert a single character the other way, as mirrors do."""
    converted: str = _to_traditional().convert(char)
    return converted


@cache
def is_simplified_only(char: str) -> bool:
    """Return whether conversion leaves no such character on a page: 职, 织; not 于 or 范, which traditional texts have, too."""
    if made_traditional(char) == char:
        return False
    try:
        char.encode("big5")
    except UnicodeEncodeError:
        return True
    return False


def is_traditional(char: str) -> bool:
    """Return whether a character has another, simplified form."""
    return simple(char) != char


@cache
def is_common(char: str) -> bool:
    """Return whether a character is of GB 2312's first level, traditional forms included: every reader knows it."""
    code = gbk.encode(simple(char))
    return len(code) == 2 and 0xB0 <= code[0] <= 0xD7 and code[1] >= 0xA1
