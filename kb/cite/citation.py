"""The one entry: a document and a place in it → its citation in every form."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote, urlencode

from kb.base.model import Document
from kb.cite.passage import locate
from kb.cite.quotation import Seal
from kb.cite.styles import styles


@dataclass(frozen=True, slots=True)
class Form:
    """A citation in one form; `label` is what readers call the form."""

    name: str
    label: str
    text: str


@dataclass(frozen=True, slots=True)
class Citation:
    """A place, and how it is cited.

    `url` is its address in this library; with a quotation it carries the quotation's seal, so that opening it tells
    whether the words still stand. `fragment_url` makes a browser scroll to the quotation and highlight it. Both
    begin with the base that was given.
    """

    document: str
    anchor: str
    title: str
    pinpoint: str
    quotation: str
    url: str
    fragment_url: str
    forms: tuple[Form, ...]

    def form(self, name: str) -> str:
        """The text of one form; "" for one that this citation has not (a quotation of a whole document)."""
        return next((form.text for form in self.forms if form.name == name), "")


def cite(
    document: Document, anchor: str = "", quotation: str = "", base: str = "", version: str = "", code: str = ""
) -> Citation:
    """Cite a document, the section or part at an address, or words of its text (see `locate`).

    `base` goes before addresses of this library ("https://example.org"); they lead to `version` where one is named, and name the document
    by its short `code` where that is given. The source's own address is cited where there
    is one. Raises NotFoundError for an unknown address and UsageError for words that do not stand there.
    """
    passage = locate(document, anchor, quotation)
    path = f"{base}/d/{code or quote(document.id)}" + (f"/versions/{quote(version)}" if version else "")
    place = f"#{quote(passage.anchor)}" if passage.anchor else ""
    seal = "?" + urlencode({"quote": str(Seal.of(passage.quotation))}) if passage.quotation else ""
    url = f"{path}{seal}{place}"
    source = document.metadata.url if document.metadata.url.startswith(("http://", "https://")) else url
    return Citation(
        document.id,
        passage.anchor,
        document.metadata.title,
        passage.pinpoint,
        passage.quotation,
        url,
        f"{path}{place}{_text_fragment(passage.quotation)}",
        tuple(
            Form(each.name, each.label, text)
            for each in styles().values()
            if (text := each.write(passage, url, source))
        ),
    )


def _text_fragment(quotation: str) -> str:
    """A text directive (WICG, Text Fragments): the words, or their beginning and end where there are many.

    A browser looks for each within one paragraph: the pieces are taken from one line each.
    """
    lines = [line.strip() for line in quotation.split("\n") if line.strip()]
    if not lines:
        return ""
    if len(lines) == 1 and len(lines[0]) <= 40:
        return f":~:text={_encoded(lines[0])}"
    return f":~:text={_encoded(lines[0][:12])},{_encoded(lines[-1][-12:])}"


def _encoded(words: str) -> str:
    # A hyphen would be taken for the mark of a context before or after.
    return quote(words, safe="").replace("-", "%2D")
