"""Short addresses of documents: made for what is copied, cited and printed, and led on from."""

from __future__ import annotations

from urllib.parse import quote, urlsplit

import segno
from flask import redirect, request, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response

from kb.base.errors import NotFoundError
from kb.base.short_codes import typed_code
from kb.web.context.library import library
from kb.web.view.lookup import Missing


def short_address(id: str, version: str = "") -> str:
    """The short address of a document, or of one of its versions."""
    code = library().codes().code(id)
    if version:
        return url_for("pages.version", id=code, version=version)
    return url_for("pages.document", id=code, on=None)


def qr_code(address: str) -> Markup:
    """A picture of an address for cameras, as a part of a page."""
    return Markup(segno.make(address, error="m").svg_inline(omitsize=True, border=2, svgclass="qr", lineclass=None))


def lead_on() -> Response | None:
    """Lead on from a short address to the document that it names, whatever page of it is asked for.

    None for every other address. Raises Missing where several documents begin alike.
    """
    named = (request.view_args or {}).get("id", "")
    code = typed_code(named) if request.method in ("GET", "HEAD") else ""
    ids = library().codes().called(code) if code and not _is_document(named) else []
    if len(ids) > 1:
        links = [(library().document(id).metadata.title, url_for("pages.document", id=id)) for id in ids]
        raise Missing("这个短地址可以指下面的任何一份文件。", links)
    if not ids:
        return None
    there = f"{request.script_root}{quote(request.path)}".replace(f"/{quote(named)}", f"/{quote(ids[0])}", 1)
    asked = urlsplit(request.url).query
    return redirect(f"{there}?{asked}" if asked else there)


def _is_document(id: str) -> bool:
    try:
        library().corpus.read(id)
    except NotFoundError:
        return False
    return True


HELPERS = {"short_address": short_address, "qr_code": qr_code}
"""What the templates call."""
