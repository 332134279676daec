"""A link for Markdown."""

from __future__ import annotations

import re

from kb.cite.facts import nested
from kb.cite.passage import Passage
from kb.cite.styles import Style


def markdown(passage: Passage, address: str) -> str:
    """A link for Markdown; brackets in the title are escaped."""
    label = re.sub(r"([\[\]\\])", r"\\\1", f"《{nested(passage.document.metadata.title)}》{passage.pinpoint}")
    return f"[{label}]({address})"


LINK = Style("markdown", "Markdown", "Markdown", lambda passage, own, _source: markdown(passage, own), order=4)
