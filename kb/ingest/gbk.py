"""GBK as the disguise works on it: characters as one or two bytes.

GB18030's two-byte plane is taken, which covers GBK and code page 936 and gives every other pair a private-use
character, so that a pair that means nothing can be told from one that means a character.
"""

from __future__ import annotations

from functools import cache

LEADS = range(0x81, 0xFF)
EURO = 0x80  # code page 936 reads a lone byte 80 as €


@cache
def encode(char: str) -> bytes:
    """Answer the one or two bytes of a character, b"" when GBK has none for it."""
    if char == "€":
        return bytes([EURO])
    try:
        code = char.encode("gb18030")
    except UnicodeEncodeError:
        return b""
    return code if len(code) <= 2 else b""


@cache
def decode(lead: int, trail: int) -> str:
    """Answer the character of a pair of bytes, "" when GBK has none."""
    try:
        char = bytes([lead, trail]).decode("gb18030")
    except UnicodeDecodeError:
        return ""
    return "" if len(char) != 1 or "\ue000" <= char <= "\uf8ff" else char


def last_byte(char: str) -> int:
    """Answer the last byte of a character, 0 when it has none in GBK."""
    return (encode(char) or b"\0")[-1]


def across(char: str, letter: str) -> str:
    """Answer the character that the last byte of one and an ASCII letter spell together, "" when none."""
    return decode(last_byte(char), ord(letter))


@cache
def around_dropped(first: int, last: int) -> tuple[tuple[str, str], ...]:
    """Answer what two characters may have been of which only the first byte and the last came through.

    The bytes between were paired, and that pair means no character, so the decoder dropped it. Each answer is a first
    character and all second ones that can follow it.
    """
    pairs = ((decode(first, lead), "".join(decode(trail, last) for trail in _dropped_after(lead))) for lead in LEADS)
    return tuple((one, others) for one, others in pairs if one and others)


@cache
def _dropped_after(lead: int) -> tuple[int, ...]:
    return tuple(trail for trail in LEADS if not decode(lead, trail))
