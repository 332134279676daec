"""Plain text."""

from __future__ import annotations

from kb.export.formats import Format
from kb.export.scope import Selection


def text(selection: Selection) -> bytes:
    """The text to the character, after its title and before the line that says where it is from."""
    return f"{selection.title}\n\n{selection.text}\n{selection.source}\n".encode()


TEXT = Format("txt", "纯文本", "Plain text", "text/plain", text, order=4, in_api="txt")
