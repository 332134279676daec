"""Citing: the page and the panel with every form, and what became of a quotation that an address speaks of."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, request, url_for

from kb.cite.quotation import Seal, Verdict, check
from kb.web.context.library import library
from kb.web.view import outline_panel
from kb.web.view.edition import Edition
from kb.web.view.lookup import find_edition
from kb.web.view.moved_sections import Moved, find_moved

blueprint = Blueprint("citing", __name__)


@blueprint.get("/d/<id>/cite")
@blueprint.get("/d/<id>/versions/<version>/cite")
def page(id: str, version: str = "") -> str:
    """Every form of citing a document, the section at `anchor`, or the words of `text`."""
    shown = find_edition(id, version)
    anchor, text = request.args.get("anchor", ""), request.args.get("text", "")
    return render_template(
        "cite.html",
        edition=shown,
        document=shown.document,
        citation=shown.citation(anchor, text),
        places=outline_panel.addresses(shown.document),
        anchor=anchor,
        text=text,
    )


def verdict(shown: Edition) -> Verdict | None:
    """What became of the quotation that the address speaks of; None where it speaks of none. Raises UsageError."""
    sealed = request.args.get("quote", "")
    return check(library().corpus, shown.document, Seal.read(sealed)) if sealed else None


def moved(shown: Edition) -> Moved | None:
    """What the address's `was` tells: the section that the reader asked for had this address in an older text."""
    was = request.args.get("was", "")
    return find_moved(library().corpus, shown.document, was) if was else None


def address(shown: Edition, endpoint: str, **parameters: Any) -> str:
    """The address of one of these pages for what is shown."""
    version = shown.version or None
    return url_for(endpoint, id=shown.document.id, version=version, **parameters)


HELPERS = {"verdict": verdict, "moved": moved, "address_of": address}
"""What the templates call."""
