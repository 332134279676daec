"""Check the citations in any text, a memo or a judgment, against the corpus."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any

from kb.base.errors import UsageError
from kb.base.model import Document, Metadata, Provenance, Section
from kb.chinese import dates
from kb.law import citation_json
from kb.law.find import find
from kb.law.reader import Found, Known, Reader
from kb.law.records import key_of
from kb.law.resolve import Resolved
from kb.law.since import WORDS, Fate, Fates

LONGEST = 1_000_000
"""Characters of a text at most."""


@dataclass(frozen=True, slots=True)
class Checked:
    """A citation in a text, what it means and what became of it."""

    resolved: Resolved
    fate: Fate

    def as_json(self) -> dict[str, Any]:
        """Answer the object of `kb cite-check --json` and `POST /api/v1/citations`."""
        evidence = [asdict(each) for each in self.fate.evidence]
        told = {"edition": self.resolved.found.edition, "status": self.fate.status, "note": self.fate.note}
        return citation_json.as_json(self.resolved) | told | {"evidence": evidence}

    @property
    def named(self) -> str:
        """What is cited, with the law where the text only goes on with another article: 、第三十二条."""
        found = self.resolved.found
        follows = found.kind in ("article", "unmarked") and found.text.startswith("第")
        return f"《{citation_json.title(self.resolved)}》{found.text}" if follows else found.text

    @property
    def word(self) -> str:
        """The status as people read it."""
        return WORDS[self.fate.status]


def check(reader: Reader, text: str, on: str, today: str) -> Iterator[Checked]:
    """Yield every citation in a text that was written on a day, in the order of the text; both days are ISO 8601.

    What a text says of itself (本协议第三条) cites nothing. Raises UsageError for a text that is too long or a bad day.
    """
    if len(text) > LONGEST:
        raise UsageError(f"文字有 {len(text):,} 个字符，超过了上限 {LONGEST:,}：请分成几次核对。")
    if not dates.is_day(on):
        raise UsageError(f"日期应当写成 2021-11-22 的样子，现在是“{on[:20]}”。")
    fates = Fates(reader, today)
    memo = Known(-1, "", "", "", "", "", "", on, "")
    for citation in find(_document(text)):
        if citation.name:
            place = (citation.anchor, citation.start, citation.end, citation.text, citation.kind, citation.name)
            keys = (citation.place, key_of(citation.name), key_of(citation.also), "", "", citation.edition)
            found = Found(-1, *place, *keys)
            target = fates.resolver.target(found, memo, on)
            fate = fates.of(found, target, on)
            if target and fate.status in ("no such edition", "cannot tell"):
                target = replace(target, version="", anchor="")  # the law, not a place in a text that is not meant
            yield Checked(Resolved(found, target), fate)


def _document(text: str) -> Document:
    """Set a text in the form in which citations are found: one section, whose characters are the text's."""
    nowhere = Provenance("", "", "", "text/plain")
    return Document("", "", Metadata(""), nowhere, (Section("", "", "", text),))
