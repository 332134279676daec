"""What is exported: a whole document, or a section with all below it, or a part of an article."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from kb.base.model import Document, Section
from kb.cite.citation import Citation, cite
from kb.cite.passage import section_at
from kb.structure.wholeness import breaks_off

_AROUND = 8
_END = "\n"
_MOST_DOUBTS = 20


@dataclass(frozen=True, slots=True)
class Selection:
    """A document and the sections of it that were chosen; `citation` says how the choice is cited and where it stands."""

    document: Document
    sections: tuple[Section, ...]
    citation: Citation

    @property
    def name(self) -> str:
        """What the file is called, without its ending."""
        return "-".join(filter(None, (self.document.id, self.citation.anchor)))

    @property
    def title(self) -> str:
        """The document's title, with the name of the place where a section was chosen."""
        return " ".join(filter(None, (self.document.metadata.title, self.citation.pinpoint)))

    @property
    def text(self) -> str:
        """The chosen text, to the character."""
        return "".join(section.text for _, section in self.walk())

    @property
    def source(self) -> str:
        """One line that says where the text comes from and since when it is here."""
        facts, provenance = self.document.metadata, self.document.provenance
        where = facts.url or provenance.origin
        when = f"，{provenance.retrieved[:10]} 取得" if provenance.retrieved else ""
        return f"{self.citation.form('manual')}来源：{where}{when}。"

    @property
    def doubts(self) -> tuple[str, ...]:
        """Where the chosen text could not be proved, each place in a line: the words around it, the doubtful ones in 〔〕."""
        places = self.document.doubtful()
        found = []
        for _, section in self.walk():
            for start, end in places.get(section.anchor, ()):
                before, after = section.text[max(start - _AROUND, 0) : start], section.text[end : end + _AROUND]
                words = (
                    f"{before.rpartition(_END)[2]}〔{section.text[start:end] or '此处有缺'}〕{after.partition(_END)[0]}"
                )
                found.append(f"{section.label or section.anchor}：……{words}……")
        rest = len(found) - _MOST_DOUBTS
        return (*found[:_MOST_DOUBTS], *([f"另有 {rest} 处"] if rest > 0 else []))

    @property
    def incomplete(self) -> str:
        """A sentence where the whole document was chosen and seems to break off in its source, else ""."""
        return "" if self.citation.anchor else breaks_off(self.document)

    @property
    def ending(self) -> tuple[str, ...]:
        """The lines below the text in every export: where it comes from, and what of it is doubtful."""
        doubts = self.doubts
        return (
            self.source,
            *([incomplete] if (incomplete := self.incomplete) else []),
            *([f"存疑（无法证明原文，照所见保留；〓 是读不出的字）：{'；'.join(doubts)}。"] if doubts else []),
        )

    def walk(self) -> Iterator[tuple[int, Section]]:
        """Yield (level, section) in the order of the text; the topmost sections have level 1."""

        def below(level: int, sections: tuple[Section, ...]) -> Iterator[tuple[int, Section]]:
            for section in sections:
                yield level, section
                yield from below(level + 1, section.children)

        return below(1, self.sections)


def select(document: Document, anchor: str = "", base: str = "", version: str = "") -> Selection:
    """Choose a document or what stands at an address of it. Raises NotFoundError; `base`, `version`: see `cite`."""
    citation = cite(document, anchor, base=base, version=version)
    if not anchor:
        return Selection(document, document.sections, citation)
    return Selection(document, (section_at(document, anchor),), citation)
