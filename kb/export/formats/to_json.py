"""JSON, as the interface for programs answers it."""

from __future__ import annotations

import json
from dataclasses import asdict

from kb.export.formats import Format
from kb.export.scope import Selection


def as_json(selection: Selection) -> bytes:
    """What the interface answers for the document, and where it seems to break off; for a section its facts and the section with
    all below it.
    """
    whole = selection.document.as_json()
    if incomplete := selection.incomplete:
        whole |= {"incomplete": incomplete}
    if selection.citation.anchor:
        whole |= {
            "sections": [asdict(section) for section in selection.sections],
            "pinpoint": selection.citation.pinpoint,
            "doubts": selection.doubts,
        }
        del whole["provenance"]["repairs"]  # their positions are those of the whole text
    return (json.dumps(whole, ensure_ascii=False, indent=2) + "\n").encode()


JSON = Format("json", "JSON", "JSON", "application/json", as_json, order=5)
