"""The words themselves with their source."""

from __future__ import annotations

from kb.cite.passage import Passage
from kb.cite.styles import Style
from kb.cite.styles.manual import manual


def quotation(passage: Passage, address: str) -> str:
    """The words themselves, with the line that says where they stand; "" where none were chosen."""
    if not passage.quotation:
        return ""
    words = " ".join(passage.quotation.split()) if "\n" not in passage.quotation else passage.quotation
    return f"“{words}”\n——{manual(passage)}{address}\n"


QUOTED = Style("quotation", "引文与出处", "Quotation", lambda passage, own, _source: quotation(passage, own), order=3)
