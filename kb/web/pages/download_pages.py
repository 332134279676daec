"""The files to take away, at the addresses of the pages with an ending."""

from __future__ import annotations

from flask import Blueprint, Response

from kb.base.errors import NotFoundError
from kb.export.formats import EVIDENCE, labels
from kb.web.context.library import library
from kb.web.pages import pages
from kb.web.view import downloads

blueprint = Blueprint("exporting", __name__)


def _file(id: str, format: str, **place: str) -> Response | str:
    """What stands at a page's address with an ending: a file, or the page of a document that is called so."""
    if not place and _is_document(f"{id}.{format}"):
        return pages.document(f"{id}.{format}")
    return downloads.answer(id, format, **place)


def _is_document(id: str) -> bool:
    """Whether a document's own name ends like a format's."""
    try:
        library().document(id)
    except NotFoundError:
        return False
    return True


blueprint.add_url_rule("/search.csv", "hits", downloads.hits, defaults={"format": "csv"})
blueprint.add_url_rule("/search.xlsx", "hits", downloads.hits, defaults={"format": "xlsx"})
blueprint.add_url_rule("/documents.csv", "documents", downloads.documents)
for _ending in labels():
    _defaults = {"format": _ending}
    blueprint.add_url_rule(f"/d/<id>.{_ending}", "document", _file, defaults=_defaults)
    blueprint.add_url_rule(f"/d/<id>/versions/<version>.{_ending}", "document", _file, defaults=_defaults)
    if _ending != EVIDENCE:
        blueprint.add_url_rule(f"/d/<id>/<anchor>.{_ending}", "document", _file, defaults=_defaults)
        blueprint.add_url_rule(f"/d/<id>/versions/<version>/<anchor>.{_ending}", "document", _file, defaults=_defaults)
