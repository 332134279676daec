"""Documents, sections and hits of a search as files, at the addresses of the pages with an ending."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from flask import Blueprint, Response, request

from kb import __version__
from kb.errors import NotFoundError, UsageError
from kb.export.endings import EVIDENCE, FORMATS
from kb.export.evidence import evidence
from kb.export.formats import export
from kb.export.selection import select
from kb.export.tables import LISTED, as_csv, as_xlsx, listed, rows
from kb.search.contract.engine import MAX_LIMIT
from kb.web import browsing, pages, searching
from kb.web.arguments import number
from kb.web.finding import find_edition
from kb.web.library import library

blueprint = Blueprint("exporting", __name__)

_SAVED = ("docx", "zip", "csv", "xlsx")
_TABLES: dict[str, tuple[str, Callable[[Any], bytes]]] = {
    "csv": ("text/csv", as_csv),
    "xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", as_xlsx),
}
ENDINGS = {**FORMATS, EVIDENCE: "证据包"}
"""What may stand after the address of a document → what readers call it: the formats, and the ZIP of its evidence."""


def _file(id: str, format: str, **place: str) -> Response | str:
    """What stands at a page's address with an ending: a file, or the page of a document that is called so."""
    if not place and _is_document(f"{id}.{format}"):
        return pages.document(f"{id}.{format}")
    return answer(id, format, **place)


def answer(id: str, format: str, version: str = "", anchor: str = "") -> Response:
    """A document, one of its versions, or a section, as a file."""
    shown = find_edition(id, version)
    state = library().corpus.state(id, version)
    made_of = f"{state.digest} {format} {anchor} {request.host_url} {__version__}"
    tag = hashlib.sha256(made_of.encode()).hexdigest()[:32]
    if request.if_none_match.contains_weak(tag):
        return Response(status=304, headers={"ETag": f'"{tag}"'})
    if format == EVIDENCE:
        name, media_type = f"{id}.zip", "application/zip"
        data = evidence(library().corpus, shown.document, request.url_root.rstrip("/"), version)
    else:
        selection = select(shown.document, anchor, request.url_root.rstrip("/"), version)
        made = export(selection, format)
        name, media_type, data = made.name, made.media_type, made.data
    sent = _sent(data, name, media_type, format)
    sent.set_etag(tag)
    sent.last_modified = state.modified
    return sent


def _is_document(id: str) -> bool:
    """Whether a document's own name ends like a format's."""
    try:
        library().document(id)
    except NotFoundError:
        return False
    return True


def _sent(data: bytes, name: str, media_type: str, format: str) -> Response:
    """A file: shown where browsers can, else saved, under a name that says what it is."""
    made = Response(data, mimetype=media_type)
    # A header holds ASCII only: RFC 6266 has the name escaped beside a plain one for programs that do not read it.
    names = {"filename": name} if name.isascii() else {"filename": f"kb.{format}", "filename*": f"UTF-8''{quote(name)}"}
    made.headers.set("Content-Disposition", "attachment" if format in _SAVED else "inline", **names)
    return made


@blueprint.get("/search.csv", defaults={"format": "csv"})
@blueprint.get("/search.xlsx", defaults={"format": "xlsx"})
def hits(format: str) -> Response:
    """The hits of a search as a table: from `offset` on, at most `limit` (1 to 1,000, usually 1,000)."""
    asked = searching.asked()
    if asked.empty:
        raise UsageError(f"缺少参数 q：请写成 /search.{format}?q=检索词。")
    offset, limit = number("offset", 0, 0, 10**9), number("limit", MAX_LIMIT, 1, MAX_LIMIT)
    results = library().search(asked.q, limit, offset, asked.conditions, asked.order)
    media_type, make = _TABLES[format]
    data = make(rows(results.hits, request.url_root.rstrip("/"), offset + 1))
    return _sent(data, f"检索-{asked.q[:40] or '筛选'}.{format}", media_type, format)


@blueprint.get("/documents.csv")
def documents() -> Response:
    """The list of documents, all or those of the chosen facets, as a table."""
    shelves = library().catalogue().shelves
    found = shelves.chosen(browsing.chosen(shelves))
    table = as_csv(listed(found, request.url_root.rstrip("/")), LISTED)
    return _sent(table, "documents.csv", "text/csv", "csv")


for _ending in ENDINGS:
    _defaults = {"format": _ending}
    blueprint.add_url_rule(f"/d/<id>.{_ending}", "document", _file, defaults=_defaults)
    blueprint.add_url_rule(f"/d/<id>/versions/<version>.{_ending}", "document", _file, defaults=_defaults)
    if _ending != EVIDENCE:
        blueprint.add_url_rule(f"/d/<id>/<anchor>.{_ending}", "document", _file, defaults=_defaults)
        blueprint.add_url_rule(f"/d/<id>/versions/<version>/<anchor>.{_ending}", "document", _file, defaults=_defaults)
