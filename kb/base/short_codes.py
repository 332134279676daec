"""Short codes of documents, for addresses that are read out, printed and scanned: /d/7k3m9q2xhv.

A code is the beginning of a hash of the document's id: the same wherever and whenever it is made, kept nowhere, and good
for as long as the document has its id. Of 50,000 documents two begin alike in one library of a million; they then get longer
codes, and the short one names both.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections import defaultdict
from collections.abc import Iterable

from kb.base.lazy_re import lazy_re

LENGTH = 10
_WHOLE = 26
_LETTERS = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's: without i, l, o, u, which are read as others
_CODE = lazy_re(rf"[{_LETTERS}]{{{LENGTH},{_WHOLE}}}")
_HEARD_AS = str.maketrans("ilo", "110")


def whole_code(id: str) -> str:
    """Return the whole code of an id, of which the short one is the beginning."""
    number = int.from_bytes(hashlib.sha256(unicodedata.normalize("NFC", id).encode()).digest()[:17])
    return "".join(_LETTERS[number >> shift & 31] for shift in range(131, 131 - 5 * _WHOLE, -5))


def typed_code(text: str) -> str:
    """Return a code as somebody typed it, in capitals or with an O for a 0; "" for what can be none."""
    plain = text.lower().translate(_HEARD_AS)
    return plain if _CODE.fullmatch(plain) else ""


class Codes:
    """The codes of some documents."""

    def __init__(self, ids: Iterable[str], shortest: int = LENGTH) -> None:
        self._shortest = shortest
        self._ids: dict[str, list[str]] = defaultdict(list)
        for id in sorted(ids):
            self._ids[whole_code(id)[:shortest]].append(id)

    def code(self, id: str) -> str:
        """Return the shortest code that names no other of the documents."""
        whole = whole_code(id)
        others = [whole_code(other) for other in self._ids.get(whole[: self._shortest], ()) if other != id]
        return next(
            whole[:length]
            for length in range(self._shortest, _WHOLE + 1)
            if length == _WHOLE or not any(other.startswith(whole[:length]) for other in others)
        )

    def called(self, code: str) -> list[str]:
        """Return the documents that a code names: one, none, or those that begin alike."""
        return [id for id in self._ids.get(code[: self._shortest], ()) if whole_code(id).startswith(code)]
