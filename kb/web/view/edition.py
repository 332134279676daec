"""A document at one of its versions, and how that version stands to the present one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from flask import request, url_for

from kb.base.model import Document
from kb.cite.citation import Citation, cite
from kb.corpus.folder import Corpus, Version
from kb.web.context.library import library

Standing = Literal["", "present", "old", "beside"]


@dataclass(frozen=True, slots=True)
class Edition:
    """`document` is what is shown, `present` the document as it stands now; `history` has the present version first
    and is empty where that is the only one. `version` is the one asked for, "" where none was. `digest` is the sha256 of
    the file that is shown.
    """

    document: Document
    present: Document
    history: tuple[Version, ...]
    version: str
    digest: str

    @property
    def standing(self) -> Standing:
        """What was asked for: the document ("") or a version of it, the present one, an old one, or a newer text that
        was kept beside because a person had edited the file."""
        if not self.version:
            return ""
        if self.version == self.history[0].version:
            return "present"
        return "beside" if self._moment(self.document) > self._moment(self.present) else "old"

    @property
    def date(self) -> str:
        """The day of the shown text: a law's edition, else when it was fetched or found (ISO 8601)."""
        return self.document.provenance.dated

    @staticmethod
    def _moment(document: Document) -> tuple[str, str]:
        return document.provenance.edition, document.provenance.retrieved

    def citation(self, anchor: str = "", text: str = "") -> Citation:
        """Cite what is shown, at the address by which the reader came. Raises NotFoundError and UsageError."""
        code = library().codes().code(self.document.id)
        return cite(self.document, anchor, text, request.url_root.rstrip("/"), self.version, code)

    def address(self, endpoint: str = "pages.document") -> str:
        """The address of what is shown, at `pages.document`, `pages.snapshot` or `api.document`."""
        if not self.version:
            return url_for(endpoint, id=self.document.id)
        at_version = {"pages.document": "pages.version", "api.document": "api.version"}.get(endpoint, endpoint)
        return url_for(at_version, id=self.document.id, version=self.version)


def edition(corpus: Corpus, present: Document, version: str = "") -> Edition:
    """Read a document at one of its versions. Raises NotFoundError and UnreadableError."""
    digest = corpus.state(present.id, version).digest  # first: what is read after it is that, or newer
    shown = corpus.read(present.id, version)
    history = corpus.history(present.id) if version or corpus.versions(present.id) else ()
    return Edition(shown, present, history, version, digest)
