"""CSL-JSON, for reference managers."""

from __future__ import annotations

import json
from typing import Any

from kb.cite.facts import is_statute, issuers, key, retrieved
from kb.cite.passage import Passage
from kb.cite.styles import Style


def csl(passage: Passage, address: str) -> str:
    """CSL-JSON 1.0.2, a list of one item as reference managers import it."""
    facts = passage.document.metadata
    kind = "legislation" if is_statute(passage.document) else "report" if facts.kind == "报告" else "document"
    item: dict[str, Any] = {
        "id": key(passage),
        "type": kind,
        "title": facts.title,
        "author": [{"literal": issuer} for issuer in issuers(facts)],
        "number": facts.document_number,
        "section": passage.pinpoint,
        "issued": _date_parts(facts.published or facts.date),
        "accessed": _date_parts(retrieved(passage.document)),
        "URL": address,
        "language": "zh-CN",
    }
    return json.dumps([{name: value for name, value in item.items() if value}], ensure_ascii=False, indent=2) + "\n"


def _date_parts(iso: str) -> dict[str, list[list[int]]] | None:
    return {"date-parts": [[int(part) for part in iso.split("-")]]} if iso[:4].isdigit() else None


CSL = Style("csl", "CSL-JSON", "CSL-JSON", lambda passage, _own, source: csl(passage, source), order=7)
