"""What the glyphs of Word's symbol fonts are (w:sym, and text set in these fonts), by the low byte of their codes."""

from __future__ import annotations

_SYMBOL = dict(
    zip(
        bytes.fromhex("a2a3a4a5abacadaeafb0b1b2b3b4b5b6b7b8b9babbbcc5c7c8ced0d5d6d7dee5f25e2d")
        + b"abgdezhqiklmnxoprstufcywDFGLPQSWXY",
        "′≤⁄∞↔←↑→↓°±″≥×∝∂•÷≠≡≈…⊕∩∪∈∠∏√⋅⇒∑∫⊥−αβγδεζηθικλμνξοπρστυφχψωΔΦΓΛΠΘΣΩΞΨ",
        strict=True,
    )
)
_SYMBOL |= {code: chr(code) for code in b"!#%&()+,./0123456789:;<=>?[]_{|}"}
_WINGDINGS = dict(
    zip(
        bytes.fromhex("6c6d6e6f7172757679a1a4a7a8abd8dfe0e1e2e8f0fbfcfdfe9e9f4a46282a"),
        "●❍■□❑❒◆❖⌂○◉▪□★➢←→↑↓➔⇨✗✓☒☑·•☺☞☎✉",
        strict=True,
    )
)
_WINGDINGS |= {0x81 + i: chr(0x2460 + i) for i in range(10)} | {0x8C + i: chr(0x2776 + i) for i in range(10)}
del _WINGDINGS[0x79]
_WINGDINGS_2 = dict(zip(bytes.fromhex("505253a3"), "✓☑☒□", strict=True))
_FONTS = {"symbol": _SYMBOL, "wingdings": _WINGDINGS, "wingdings 2": _WINGDINGS_2}


def is_symbolic(font: str) -> bool:
    """Tell a font whose characters are not what their codes say."""
    return font.lower() in _FONTS or font.lower().startswith(("wingdings", "webdings"))


def symbol(font: str, code: int) -> str:
    """Return the character of a symbol font's code; "" for one that is not known here."""
    if not is_symbolic(font) and not 0xF000 <= code <= 0xF0FF:
        return chr(code)
    return _FONTS.get(font.lower(), {}).get(code & 0xFF, "")
