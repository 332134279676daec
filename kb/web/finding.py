"""A document that an address names, or what is near it where there is none of that name."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

from flask import url_for

from kb.errors import NotFoundError
from kb.model import Document
from kb.web import wording
from kb.web.editions import Edition, edition
from kb.web.library import library

NAME_COMPARED = 80
"""Characters of a wrong name that are compared with the right ones, and shown."""


class Missing(NotFoundError):
    """Something that is not there, with (label, address) links to what is near it."""

    def __init__(self, sentence: str, suggestions: Sequence[tuple[str, str]] = ()) -> None:
        super().__init__(sentence)
        self.suggestions = suggestions


def find_document(id: str) -> Document:
    """Read a document, or say which ones have a like name. Raises Missing and UnreadableError."""
    try:
        return library().document(id)
    except NotFoundError as error:
        near = difflib.get_close_matches(id[:NAME_COMPARED], library().corpus.ids(), 6, 0.5)
        suggestions = [(name, url_for("pages.document", id=name)) for name in near]
        suggestions.append((f"检索“{id[:NAME_COMPARED]}”", url_for("pages.search", q=id[:NAME_COMPARED])))
        raise Missing(str(error), suggestions) from error


def find_edition(id: str, version: str = "") -> Edition:
    """Read a document at a version, or say which versions there are. Raises Missing and UnreadableError."""
    present, corpus = find_document(id), library().corpus
    try:
        return edition(corpus, present, version)
    except NotFoundError as error:
        there = [(f"现行版本：《{present.metadata.title}》", url_for("pages.document", id=id))]
        for each in corpus.history(id):
            label = f"{wording.chinese_date(each.date)}的版本　{each.version}"
            there.append((label, url_for("pages.version", id=id, version=each.version)))
        raise Missing(f"这份文件没有名为“{version[:NAME_COMPARED]}”的版本。", there) from error
