"""BibTeX, for LaTeX."""

from __future__ import annotations

from kb.base.lazy_re import lazy_re
from kb.cite.facts import issuers, key, retrieved
from kb.cite.passage import Passage
from kb.cite.styles import Style

_TEX = {"\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}
_TEX_SPECIAL = lazy_re(r"[\\{}~^&%$#_]")


def bibtex(passage: Passage, address: str) -> str:
    """BibTeX with the fields of biblatex's @online; institutions in braces, so that nobody takes them for surnames."""
    facts = passage.document.metadata
    day = facts.published or facts.date
    fields = {
        "title": _tex(facts.title),
        "author": " and ".join(f"{{{_tex(issuer)}}}" for issuer in issuers(facts)),
        "number": _tex(facts.document_number),
        "date": day,
        "year": day[:4],
        "note": _tex(passage.pinpoint),
        "url": address,
        "urldate": retrieved(passage.document),
        "langid": "chinese",
    }
    lines = "".join(f",\n  {name} = {{{value}}}" for name, value in fields.items() if value)
    return f"@online{{{key(passage)}{lines}\n}}\n"


def _tex(text: str) -> str:
    return _TEX_SPECIAL.sub(lambda found: _TEX.get(found[0], f"\\{found[0]}"), text)


BIBTEX = Style("bibtex", "BibTeX", "BibTeX", lambda passage, _own, source: bibtex(passage, source), order=5)
