"""RIS, for reference managers."""

from __future__ import annotations

from kb.cite.facts import is_statute, issuers, retrieved
from kb.cite.passage import Passage
from kb.cite.styles import Style


def ris(passage: Passage, address: str) -> str:
    """RIS: GOVDOC for a document, STAT for a statute."""
    facts = passage.document.metadata
    day = facts.published or facts.date
    rows = [
        ("TY", "STAT" if is_statute(passage.document) else "GOVDOC"),
        ("TI", facts.title),
        *(("AU", issuer) for issuer in issuers(facts)),
        ("PY", day[:4]),
        ("DA", day.replace("-", "/")),
        ("M1", facts.document_number),
        ("SE", passage.pinpoint),
        ("N1", passage.quotation.replace("\n", " ")),
        ("LA", "zh-CN"),
        ("UR", address),
        ("Y2", retrieved(passage.document).replace("-", "/")),
    ]
    return "".join(f"{tag}  - {value}\n" for tag, value in rows if value) + "ER  - \n"


RIS = Style("ris", "RIS", "RIS", lambda passage, _own, source: ris(passage, source), order=6)
