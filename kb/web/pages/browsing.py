"""Ways to the documents for those who do not search: lists with facets, every value of a facet, a page per issuer."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby
from typing import Any

from flask import Blueprint, render_template, url_for

from kb.chinese.issuers_and_laws import canonical_issuer
from kb.web.context.arguments import refuse_unknown
from kb.web.context.facets import FACETS, UNKNOWN, Count, Shelves
from kb.web.context.library import library
from kb.web.view import interface_labels
from kb.web.view.charts import Chart, columns
from kb.web.view.lookup import Missing, chosen_facets
from kb.web.view.paging import paging

blueprint = Blueprint("browsing", __name__)

DOCUMENTS_PER_PAGE = 50
VALUES_PER_PAGE = 200
NEWEST_SHOWN = 20


@blueprint.get("/documents")
def documents() -> str:
    """The documents, newest first, by year, all or those of a `source`, `issuer`, `year`, `kind`, `theme`."""
    refuse_unknown(*FACETS, "page")
    shelves = library().catalogue().shelves
    facets = chosen_facets(shelves)
    found = shelves.chosen(facets)
    page, last, address = paging(len(found), DOCUMENTS_PER_PAGE, ".documents", **facets)
    shown = found[(page - 1) * DOCUMENTS_PER_PAGE : page * DOCUMENTS_PER_PAGE]
    return render_template(
        "documents.html",
        chosen=facets,
        total=len(found),
        facets=[(facet, shelves.counts(facet, facets)) for facet in FACETS],
        copies=shelves.copies,
        years=[(year, list(group)) for year, group in groupby(shown, key=lambda listing: listing.date[:4])],
        page=page,
        last=last,
        page_address=address,
    )


@blueprint.get("/browse/<facet>")
def values(facet: str) -> str:
    """Every value of a facet, with how many documents have it."""
    if facet not in FACETS:
        links = [(interface_labels.FACETS[name], url_for("browsing.values", facet=name)) for name in FACETS]
        raise Missing(f"不能按“{facet[:40]}”浏览。", links)
    counts = library().catalogue().shelves.counts(facet)
    page, last, address = paging(len(counts), VALUES_PER_PAGE, ".values", facet=facet)
    return render_template(
        "values.html",
        facet=facet,
        counts=counts[(page - 1) * VALUES_PER_PAGE : page * VALUES_PER_PAGE],
        total=len(counts),
        page=page,
        last=last,
        page_address=address,
    )


@blueprint.get("/issuers/<name>")
def issuer(name: str) -> str:
    """What an issuer has issued: how much in each year, of which kinds and themes, and the newest."""
    name = canonical_issuer(name)
    shelves, chosen = library().catalogue().shelves, {"issuer": name}
    if not shelves.has("issuer", name):
        raise Missing(f"没有“{name[:40]}”发布的文件。", [("全部发文机关", url_for("browsing.values", facet="issuer"))])
    found = shelves.chosen(chosen)
    return render_template(
        "issuer.html",
        name=name,
        total=len(found),
        newest=found[:NEWEST_SHOWN],
        copies=shelves.copies,
        chart=years_chart(shelves, chosen),
        facets=[(facet, shelves.counts(facet, chosen)) for facet in ("kind", "theme")],
    )


@blueprint.get("/notes")
def notes() -> str:
    """What the reader has kept: the browser fills it in, the server does not know it."""
    return render_template("notes.html")


def years_chart(shelves: Shelves, chosen: dict[str, str]) -> Chart:
    """How many documents there are of each year, from the first to the last; years of none are columns, too."""
    counts = {int(count.value): count.documents for count in _dated(shelves.counts("year", chosen))}
    span = range(min(counts), max(counts) + 1) if counts else range(0)
    return columns([(str(year), counts.get(year, 0), address(chosen, "year", str(year))) for year in span])


def address(chosen: Mapping[str, str], facet: str, value: str | None) -> str:
    """The address of the documents that also have a value; None takes the facet away."""
    values: dict[str, Any] = {**chosen, facet: value}
    return url_for("browsing.documents", **values)


def _dated(counts: list[Count]) -> list[Count]:
    return [count for count in counts if count.value.isdigit()]


def value_name(facet: str, value: str) -> str:
    """What readers know a value of a facet as."""
    if value == UNKNOWN:
        return interface_labels.UNKNOWN[facet]
    return library().title_of(value) if facet == "source" else value
