"""Documents, sections and hits of a search as files to take away, for the pages and the interface alike."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from flask import Response, request

from kb import __version__
from kb.base import deadline
from kb.base.errors import UsageError
from kb.base.model import Hit
from kb.corpus.folder import Corpus
from kb.export.evidence_package import evidence
from kb.export.formats import EVIDENCE, export, formats
from kb.export.scope import select
from kb.export.tables import LISTED, XLSX, as_csv, as_xlsx, listed, remark, rows
from kb.search.contract.engine import MAX_LIMIT
from kb.web.context.arguments import number
from kb.web.context.library import library
from kb.web.view import search_form
from kb.web.view.lookup import chosen_facets, find_edition

MOST_EXPORTED = 20_000
"""Hits that a table holds at most."""

_TABLES: dict[str, tuple[str, Callable[[Any], bytes]]] = {
    "csv": ("text/csv", as_csv),
    "xlsx": (XLSX, as_xlsx),
}


def answer(id: str, format: str, version: str = "", anchor: str = "") -> Response:
    """A document, one of its versions, or a section, as a file."""
    shown = find_edition(id, version)
    state = library().corpus.state(id, version)
    made_of = f"{state.digest} {library().state()} {format} {anchor} {request.host_url} {__version__}"
    tag = hashlib.sha256(made_of.encode()).hexdigest()[:32]
    if request.if_none_match.contains_weak(tag):
        return Response(status=304, headers={"ETag": f'"{tag}"'})
    if format == EVIDENCE:
        name, media_type = f"{id}.zip", "application/zip"
        corpus = Corpus(library().corpus.root)  # without the texts that are kept ready here
        data = library().heavy.do(evidence, corpus, shown.document, request.url_root.rstrip("/"), version)
    else:
        selection = select(shown.document, anchor, request.url_root.rstrip("/"), version)
        slow = format in formats() and formats()[format].slow
        made = library().heavy.do(export, selection, format) if slow else export(selection, format)
        name, media_type, data = made.name, made.media_type, made.data
    sent = _sent(data, name, media_type, format)
    sent.set_etag(tag)
    sent.last_modified = state.modified
    return sent


def saved(data: bytes, media_type: str, name: str) -> Response:
    """A file that browsers save under a name."""
    made = Response(data, mimetype=media_type)
    made.headers.set("Content-Disposition", "attachment", **_names(name))
    return made


def _sent(data: bytes, name: str, media_type: str, format: str) -> Response:
    """A file: shown where browsers can, else saved, under a name that says what it is."""
    made = Response(data, mimetype=media_type)
    shown = format in formats() and not formats()[format].saved
    made.headers.set("Content-Disposition", "inline" if shown else "attachment", **_names(name, format))
    return made


def _names(name: str, ending: str = "") -> dict[str, str]:
    """A header holds ASCII only: RFC 6266 has the name escaped beside a plain one for programs that do not read it."""
    plain = f"kb.{ending or name.rpartition('.')[2]}"
    return {"filename": name} if name.isascii() else {"filename": plain, "filename*": f"UTF-8''{quote(name)}"}


def hits(format: str, everything: bool = False) -> Response:
    """The hits of a search as a table, from `offset` on: those of a page of `limit` (1 to 1,000), or, where none is given, all
    that are literal; only where none is, those that are not.

    Who asks for nothing gets `everything`, or hears what is missing.
    """
    asked = search_form.asked_or_all() if everything else search_form.asked()
    if asked.empty:
        raise UsageError(f"缺少参数 q：请写成 /search.{format}?q=检索词。")
    offset = number("offset", 0, 0, 10**9)
    base, told = request.url_root.rstrip("/"), ""
    if "limit" in request.args:
        limit = number("limit", MAX_LIMIT, 1, MAX_LIMIT)
        found = library().search(asked.q, limit, offset, asked.conditions, asked.order, asked.group).hits
    else:
        found, told = _all_hits(asked, offset)
    media_type, make = _TABLES[format]
    table = [*rows(found, base, offset + 1), *([remark(told)] if told else [])]
    data = library().heavy.do(make, table) if format == "xlsx" else make(table)
    return _sent(data, f"检索-{asked.q[:40] or '筛选'}.{format}", media_type, format)


def _all_hits(asked: search_form.Asked, offset: int) -> tuple[tuple[Hit, ...], str]:
    """Return the hits of a search from one on, and a sentence where they are not all of them: as many as there is time for."""
    found: list[Hit] = []
    until = deadline.present()
    while True:
        first = offset + len(found)
        results = library().search(asked.q, MAX_LIMIT, first, asked.conditions, asked.order, "section")
        literal = results.total > 0
        page = [hit for hit in results.hits if hit.literal or hit.direct or not literal]
        found += page
        late = until is not None and until.left < until.seconds / 2
        if len(page) < MAX_LIMIT or len(found) >= MOST_EXPORTED or not literal or late:
            break
    whole = results.total if literal else results.related
    last = offset + sum(hit.literal == literal for hit in found)
    if last >= whole:
        return tuple(found), ""
    what = "命中原文" if literal else "相关条文（非原文）"
    return tuple(found), (
        f"（没有列全：{what}共 {whole:,} 条，本表到第 {last:,} 条为止。"
        "其余的请按年份、机关等条件分几次导出，或用参数 offset 接着取。）"
    )


def documents() -> Response:
    """The list of documents, all or those of the chosen facets, as a table, each copy by itself."""
    shelves = library().catalogue().shelves
    found = shelves.with_copies(chosen_facets(shelves))
    table = as_csv(listed(found, request.url_root.rstrip("/")), LISTED)
    return _sent(table, "documents.csv", "text/csv", "csv")
