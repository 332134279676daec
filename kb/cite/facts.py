"""What the citation styles share: who issued a document, whether it is a statute, when it was fetched, a key for it."""

from __future__ import annotations

import hashlib
import re

from kb.base.lazy_re import lazy_re
from kb.base.model import Document, Metadata
from kb.cite.passage import Passage, is_amendment
from kb.structure import history, statute

# Laws, regulations and their like are cited by name alone; other documents by name and number.
_OF_A_STATUTE = lazy_re(r"主席令|国务院令|国令|(?:人大|人民代表大会).*公告")
_STATUTE = lazy_re(r"(?:宪法|法|法典|条例|修正案(?:（.+）)?)$")
_LEVELS = ("宪法", "法律", "行政法规", "地方性法规")


def is_statute(document: Document) -> bool:
    """Whether it is cited as a statute: by its name, without issuer, number or date."""
    facts = document.metadata
    if is_amendment(facts):
        return True
    has_articles = any("art-" in section.anchor for section in document.walk())
    level = facts.kind if facts.found.get("kind") == statute.FOUND else ""
    named = bool(_STATUTE.search(re.sub(r"[（(][^（()）]*[）)]$", "", facts.title)))
    number = bool(_OF_A_STATUTE.search(facts.document_number)) if facts.document_number else named
    return has_articles and (level in _LEVELS or number)


def days(document: Document) -> str:
    """Return the days of a document, each with what was done on it: 2020-05-28 通过　2020-06-01 公布."""
    facts = document.metadata
    found = history.days(facts.date, history.act(document), facts.published, law=statute.is_legislation(facts.kind))
    return "　".join(map(" ".join, found))


def issuers(facts: Metadata) -> list[str]:
    """The issuing bodies, one by one."""
    return [issuer for issuer in re.split(r"[、，,;；\s]+", facts.issuer) if issuer]


def nested(title: str) -> str:
    """Book-title marks inside book-title marks are single ones (GB/T 15834-2011, 4.15.3.5)."""
    return title.replace("《", "〈").replace("》", "〉")


def retrieved(document: Document) -> str:
    """Return the day on which the text was fetched (ISO 8601), "" where that is not known."""
    return document.provenance.retrieved[:10]


def key(passage: Passage) -> str:
    """A key that BibTeX and reference managers take: the id where it is plain, else a hash of it; then the anchor."""
    id = passage.document.id
    plain = (
        id if re.fullmatch(r"[A-Za-z][\w.:-]*", id, re.ASCII) else f"kb-{hashlib.sha256(id.encode()).hexdigest()[:8]}"
    )
    return f"{plain}:{passage.anchor}" if re.fullmatch(r"[\w-]+", passage.anchor, re.ASCII) else plain
