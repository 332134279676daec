"""Plain text."""

from __future__ import annotations

from kb.export.formats import Format
from kb.export.scope import Selection


def text(selection: Selection) -> bytes:
    """The text to the character, after its title and before the lines that say where it is from and what is doubtful."""
    return "\n".join((selection.title, "", selection.text, *selection.ending, "")).encode()


TEXT = Format("txt", "纯文本", "Plain text", "text/plain", text, order=4, in_api="txt")
