"""The JSON interface: the same objects as `kb search --json` and `kb show --json`. Errors are RFC 9457 problems."""

from __future__ import annotations

from dataclasses import asdict

from flask import Blueprint, Response, jsonify, request

from kb.compare.sections import compare
from kb.errors import UsageError
from kb.web import citing, comparing, searching
from kb.web.arguments import number, query
from kb.web.finding import find_edition
from kb.web.library import library

PREFIX = "/api/v1"
blueprint = Blueprint("api", __name__)


@blueprint.get("/search")
def search() -> Response:
    """Answer `Results` for `q`, from hit `offset` on (0 is the first), at most `limit` (1 to 100, usually 10).

    `issuer`, `year`, `kind`, `source` and `validity` choose values of facets and may be repeated; `document`, `within`,
    `date` and `article` narrow as in a query; `order` is relevance, date or rank.
    """
    asked = searching.asked()
    if asked.empty and "q" not in request.args:
        raise UsageError("缺少参数 q：请写成 /api/v1/search?q=检索词。")
    limit, offset = number("limit", 10, 1, 100), number("offset", 0, 0, 10**9)
    return jsonify(library().search(asked.q, limit, offset, asked.conditions, asked.order).as_json())


@blueprint.get("/suggest")
def suggest() -> Response:
    """Answer what somebody who has typed `q` may want: at most `limit` (1 to 20, usually 8) suggestions."""
    found = library().engine.suggest(query(), number("limit", 8, 1, 20))
    return jsonify({"query": query(), "suggestions": [asdict(suggestion) for suggestion in found]})


@blueprint.get("/documents/<id>")
def document(id: str) -> Response:
    """Answer the document: metadata, status, versions, provenance and the tree of sections."""
    return jsonify(library().corpus.as_json(id))


@blueprint.get("/documents/<id>/versions/<version>")
def version(id: str, version: str) -> Response:
    """Answer one version of a document, present or past, in the same form."""
    return jsonify(library().corpus.as_json(id, version))


@blueprint.get("/documents/<id>/citation")
@blueprint.get("/documents/<id>/versions/<version>/citation")
def citation(id: str, version: str = "") -> Response:
    """Answer `Citation`: every form of citing the document, the section at `anchor`, or the words of `text`."""
    shown = find_edition(id, version)
    return jsonify(asdict(citing.citation(shown, request.args.get("anchor", ""), request.args.get("text", ""))))


@blueprint.get("/documents/<id>/diff")
def diff(id: str) -> Response:
    """Answer what became of each section from the version `from` to the version `to`, or from the document `with`."""
    before, after = comparing.chosen(id)
    return jsonify(compare(before.document, after.document).as_json())
