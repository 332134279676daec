"""The text of a document as its page shows it. A section without a match is drawn once and kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from flask import get_template_attribute, request, url_for
from markupsafe import Markup

from kb.base.model import Section
from kb.chinese.identity import fold
from kb.search.answer.section_record import is_bare
from kb.web.context.language import page_language
from kb.web.context.library import library
from kb.web.view.as_of import viewed
from kb.web.view.edition import Edition
from kb.web.view.reading import Passage
from kb.web.view.surroundings import Surroundings


@dataclass(frozen=True, slots=True)
class Ways:
    """The addresses of what there is beside each section, up to its anchor."""

    cite: str
    cited_by: str
    history: str
    like: str


def text(shown: Edition, passages: Sequence[Passage], around: Surroundings) -> Markup:
    """Return the passages of a document as HTML, with how often each section is cited, the ways to its history and to what is like it."""
    draw = get_template_attribute("_passage.html", "passage")
    offered = not shown.version and not viewed() and library().finds_by_meaning()
    id, version = shown.document.id, shown.version
    ways = Ways(
        _up_to_anchor(url_for("citing.page", id=id, version=version or None)),
        _up_to_anchor(url_for("law.cited_by", id=id)),
        _up_to_anchor(url_for("law.history_page", id=id, version=version or None)),
        _up_to_anchor(url_for("law.like_page", id=id)),
    )

    def drawn(passage: Passage) -> str:
        cited_by = around.cited_by.get(passage.section.anchor)
        alike = offered and not _is_bare(passage.section)
        return str(draw(passage, ways, cited_by, around.texts > 1, alike))

    # `around.key` names the text and its links; the rest of what is drawn is the language and where the pages are served.
    key = (around.key, len(passages), page_language(), request.script_root, offered)
    plain = library().drawn.get(key, lambda: [drawn(replace(passage, matched=())) for passage in passages])
    pairs = zip(passages, plain, strict=True)
    return Markup("".join(drawn(passage) if passage.matched else kept for passage, kept in pairs))


def _is_bare(section: Section) -> bool:
    """Tell whether a section has no words of its own by which another could be like it."""
    return is_bare(section.anchor, fold(section.text), section.label)


def _up_to_anchor(address: str) -> str:
    return f"{address}{'&' if '?' in address else '?'}anchor="
