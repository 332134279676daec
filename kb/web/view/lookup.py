"""A document that an address names, or what is near it where there is none of that name."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

from flask import request, url_for

from kb.base.errors import BadIndexError, NotFoundError, StorageError
from kb.base.model import Document
from kb.corpus.folder import Version
from kb.structure.statute import short_title
from kb.web.context.facets import FACETS, Shelves
from kb.web.context.library import library
from kb.web.view import interface_labels
from kb.web.view.edition import Edition, edition

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
        raise Missing(
            f"没有编号为“{id[:NAME_COMPARED]}”的文件：地址可能少了一截，或者它还没有收录。", suggestions
        ) from error


def find_edition(id: str, version: str = "") -> Edition:
    """Read a document at a version, or say which versions there are. Raises Missing and UnreadableError."""
    present, corpus = find_document(id), library().corpus
    try:
        return edition(corpus, present, version)
    except NotFoundError as error:
        there = [(f"现行版本：《{present.metadata.title}》", url_for("pages.document", id=id))]
        for each in corpus.history(id):
            label = f"{interface_labels.chinese_date(each.date)}的版本　{each.version}"
            there.append((label, url_for("pages.version", id=id, version=each.version)))
        raise Missing(f"这份文件没有名为“{version[:NAME_COMPARED]}”的版本。", there) from error


def find_both(id: str, older: str, newer: str, other: str) -> tuple[Edition, Edition]:
    """The version `older` of a document, or of the document `other`, and the version `newer`; "" for the usual ones.

    Raises Missing and UnreadableError.
    """
    after = find_edition(id, newer)
    other = _named(other) if other else ""
    if not other and not older:
        older = _before(library().corpus.history(id), after.version)
    if not other and not older:
        whole = (f"《{after.present.metadata.title}》", url_for("pages.document", id=id))
        raise Missing("没有更早的版本可以对照：请另选一个版本，或者用 with= 指明另一份文件。", [whole])
    return find_edition(other or id, older), after


def _named(typed: str) -> str:
    """The id of the document that somebody means by its id or its title; what was typed where none is called so."""
    corpus = library().corpus
    if typed in corpus.ids():
        return typed
    try:
        listings = library().catalogue().listings
    except (BadIndexError, StorageError):
        return typed
    plain = typed.strip("《》 　")
    called = (each.id for each in listings if plain in (each.title, short_title(each.title)))
    return next(called, typed)


def _before(history: Sequence[Version], version: str) -> str:
    """The version that came before one, or before the present one; "" where there is none."""
    names = [each.version for each in history]
    following = names[names.index(version) + 1 :] if version in names else names[1:]
    return following[0] if following else ""


def chosen_facets(shelves: Shelves) -> dict[str, str]:
    """The facets of the address. Raises Missing for a value that no document has."""
    chosen = {facet: request.args[facet] for facet in FACETS if request.args.get(facet)}
    for facet, value in chosen.items():
        if not shelves.has(facet, value):
            said = f"没有{interface_labels.FACETS[facet]}为“{value[:40]}”的文件。"
            links = [
                (f"全部{interface_labels.FACETS[facet]}", url_for("browsing.values", facet=facet)),
                ("全部文件", url_for("browsing.documents")),
            ]
            raise Missing(said, links)
    return chosen
