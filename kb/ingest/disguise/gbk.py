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
    """Return the one or two bytes of a character, b"" when GBK has none for it."""
    if char == "€":
        return bytes([EURO])
    try:
        code = char.encode("gb18030")
    except UnicodeEncodeError:
        return b""
    return code if len(code) <= 2 else b""


@cache
def decode(lead: int, trail: int) -> str:
    """Return the character of a pair of bytes, "" when GBK has none."""
    try:
        char = bytes([lead, trail]).decode("gb18030")
    except UnicodeDecodeError:
        return ""
    return "" if len(char) != 1 or "\ue000" <= char <= "\uf8ff" else char


def last_byte(char: str) -> int:
    """Return the last byte of a character, 0 when it has none in GBK."""
    return (encode(char) or b"\0")[-1]


def across(char: str, letter: str) -> str:
    """Return the character that the last byte of one and an ASCII letter spell together, "" when none."""
    return decode(last_byte(char), ord(letter))


@cache
def around_dropped(first: int, last: int) -> tuple[tuple[str, str], ...]:
    """Return what may have stood where only the first byte of one character and the last of another came through.

    The bytes between were paired, and a pair that means no character is dropped by decoders. Each answer is a beginning and
    all characters that can end it: two characters, or three with a common mark between, whose bytes went with both pairs.
    """
    choices = [(one, _ends(lead, last)) for lead in LEADS if (one := decode(first, lead))]
    for mark in "，、。":
        before, after = encode(mark)
        ends = _ends(after, last)
        choices += [(one + mark, ends) for lead in LEADS if not decode(lead, before) and (one := decode(first, lead))]
    return tuple((start, ends) for start, ends in choices if ends)


@cache
def _ends(lead: int, last: int) -> str:
    """Return all characters that end with `last` and whose first byte is dropped with `lead`."""
    return "".join(decode(trail, last) for trail in LEADS if not decode(lead, trail))
