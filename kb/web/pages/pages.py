"""The pages that people read."""

from __future__ import annotations

import difflib
import io
from collections import Counter
from collections.abc import Sequence
from pathlib import PurePosixPath
from urllib.parse import quote, urlencode

from flask import Blueprint, Response, redirect, render_template, request, send_file, url_for
from werkzeug.wrappers import Response as BaseResponse

from kb.base.errors import NotFoundError, UnreadableError
from kb.base.model import Document
from kb.chinese import article_places
from kb.law.typed import article_typed
from kb.search.contract.engine import Group
from kb.structure.wholeness import breaks_off
from kb.web.context.arguments import day, number, query
from kb.web.context.facets import UNKNOWN
from kb.web.context.library import library
from kb.web.pages.browsing import years_chart
from kb.web.view import as_of, cards, interface_labels, outline_panel, reading, search_form
from kb.web.view.drawn_text import text
from kb.web.view.edition import Edition
from kb.web.view.lookup import NAME_COMPARED, Missing, find_edition
from kb.web.view.moved_sections import find_moved
from kb.web.view.paging import LAST_PAGE, paging
from kb.web.view.restorations import restorations
from kb.web.view.surroundings import surroundings, version_on
from kb.web.view.timeline import timeline

blueprint = Blueprint("pages", __name__)

PER_PAGE: dict[Group, int] = {"document": 10, "section": 20}
ROWS_OPENED = 20
NEWEST_SHOWN = 6
KINDS_NAMED = 5
_UNFOLDED = 60  # passages: the outline of a longer document is folded


@blueprint.get("/")
def home() -> str:
    """What is here, how fresh, a search box with examples, ways to browse, and the newest documents."""
    catalogue = library().catalogue()
    fetched = [source.last_success for source in library().freshness().sources if source.last_success]
    only = catalogue.stats.documents == 1
    return render_template(
        "home.html",
        catalogue=catalogue,
        kinds=[count for count in catalogue.shelves.counts("kind") if count.value != UNKNOWN][:KINDS_NAMED],
        sources=len(library().freshness().sources),
        sampled=next(iter(library().search(catalogue.examples[0], 1, 0).hits)) if only and catalogue.examples else None,
        fetched=max(fetched, default=""),
        chart=years_chart(catalogue.shelves, {}),
        facets=[(facet, catalogue.shelves.counts(facet)) for facet in ("source", "kind", "theme", "issuer")],
        newest=catalogue.shelves.chosen({})[:NEWEST_SHOWN],
        copies=catalogue.shelves.copies,
    )


@blueprint.get("/search")
def search() -> str | BaseResponse:
    """Ten documents, or twenty sections, a page for `q` and what is chosen beside it; without any of it the form.

    The fields of the form are written into `q`, at an address to which the browser is sent on.
    """
    if query := search_form.composed():
        return redirect(url_for(".search", q=query))
    asked, catalogue = search_form.asked("document"), library().catalogue()
    as_of.view(asked.on)
    if asked.empty:
        return render_template("search.html", q="", asked=asked, results=None, catalogue=catalogue, page=1)
    size = PER_PAGE[asked.group]
    first = (number("page", 1, 1, LAST_PAGE) - 1) * size
    results = library().search(asked.q, size, first, asked.conditions, asked.order, asked.group)
    page, last, address = paging(results.listed, size, ".search", **asked.parameters())
    return render_template(
        "search.html",
        q=asked.q,
        asked=asked,
        results=results,
        listed=cards.listed(results),
        notes=cards.notes(results),
        page=page,
        last=last,
        page_address=address,
        catalogue=catalogue,
        searched=list(library().searched()),
    )


@blueprint.get("/search/rows")
def rows() -> str:
    """Some more sections that a search finds in one document, from number `from` on: a part of the page of results."""
    asked = search_form.asked("section")
    as_of.view(asked.on)
    first = number("from", 0, 0, LAST_PAGE)
    found = library().search(asked.q, ROWS_OPENED, first, asked.conditions, asked.order, "section")
    literal = bool(found.total)
    total = found.total if literal else found.related
    shown = [hit for hit in found.hits if hit.literal == literal]
    return render_template(
        "rows.html",
        q=asked.q,
        document=request.args.get("document", ""),
        rows=[cards.row(hit) for hit in shown],
        rest=total > first + len(shown),
        total=total,
    )


@blueprint.get("/d/<id>")
def document(id: str) -> str:
    """A document: outline, text with the matches of `q` marked, where it comes from and what was repaired.

    With `on`, the text that was in force on that day, and how the document stood then.
    """
    as_of.view(day())
    return _reading(find_edition(id, version_on(id, as_of.viewed())))


@blueprint.get("/d/<id>/go")
@blueprint.get("/d/<id>/versions/<version>/go")
def go(id: str, version: str = "") -> BaseResponse:
    """Lead to the article whose number is typed as `n`: 12, 十二, 第十二条之一."""
    shown, typed = find_edition(id, version), request.args.get("n", "").strip()
    known = outline_panel.addresses(shown.document)
    anchor = article_places.fit(article_typed(typed), known)
    if not typed or not anchor:
        numbers = [each for each in map(outline_panel.short_number, shown.document.walk()) if each]
        there = f"这份文件里的是第{numbers[0]}条至第{numbers[-1]}条。" if numbers else "这份文件里没有条。"
        whole = (f"《{shown.document.metadata.title}》全文和目录", shown.address())
        raise Missing(f"没有第“{typed[:NAME_COMPARED]}”条：{there}", [whole])
    return redirect(f"{shown.address()}#{quote(anchor)}")


@blueprint.get("/d/<id>/")
@blueprint.get("/d/<id>/<anchor>/")
def slashed(id: str, anchor: str = "") -> BaseResponse:
    """Lead on from an address with a slash too many, as people type and some programs make it."""
    there = url_for(".section", id=id, anchor=anchor) if anchor else url_for(".document", id=id)
    asked = urlencode(list(request.args.items(multi=True)))
    return redirect(f"{there}?{asked}" if asked else there)


@blueprint.get("/d/<id>/versions/<version>")
def version(id: str, version: str) -> str:
    """A document as it was, or is, at one version; the address stays good when the document changes."""
    return _reading(find_edition(id, version))


def _reading(shown: Edition) -> str:
    found, q = shown.document, query()
    if reading.names_place(q, found):
        q = ""  # who asks for an article is led there: its number and the name of the law are nothing to mark
    around = surroundings(shown)
    folded = library().drawn.get(("folded", shown.digest), lambda: reading.folded(found)) if q else None
    passages = list(reading.passages(found, q, around.links, folded))
    matched = {passage.section.anchor: len(passage.matched) for passage in passages if passage.matched}
    title = _title_in_text(found, passages)
    body = passages[1:] if title else passages
    counts = _repair_counts(found)
    return render_template(
        "document.html",
        edition=shown,
        document=found,
        around=around,
        q=q,
        title=title,
        text=text(shown, body, around),
        entries=outline_panel.outline(found.sections, matched),
        unfolded=len(body) < _UNFOLDED,
        numbered=any(outline_panel.short_number(passage.section) for passage in body),
        matches=sum(matched.values()),
        strip=reading.strip(passages),
        days=timeline(shown, around),
        rows=list(interface_labels.metadata_rows(found)),
        incomplete=breaks_off(found),
        repair_counts=counts,
        doubtful=dict(counts).get("doubtful", 0),
        restored=sum(count for kind, count in counts if kind != "doubtful"),
        attached_to=_title_of(found.provenance.attached_to),
    )


@blueprint.get("/d/<id>/provenance")
@blueprint.get("/d/<id>/versions/<version>/provenance")
def provenance(id: str, version: str = "") -> str:
    """Where a document comes from, and the text as found beside the restored text."""
    shown = find_edition(id, version)
    names = {kind: name for kind, (name, _) in interface_labels.REPAIRS.items()}
    return render_template(
        "provenance.html",
        edition=shown,
        document=shown.document,
        around=surroundings(shown),
        repair_counts=_repair_counts(shown.document),
        restorations=list(restorations(shown.document, names)),
    )


def _repair_counts(found: Document) -> list[tuple[str, int]]:
    """How many repairs there are of each kind that there are any of."""
    counts = Counter(repair.kind for repair in found.provenance.repairs)
    return [(kind, counts[kind]) for kind in interface_labels.REPAIRS if counts[kind]]


@blueprint.get("/d/<id>/snapshot")
@blueprint.get("/d/<id>/versions/<version>/snapshot")
def snapshot(id: str, version: str = "") -> Response:
    """The bytes as found, to save; never shown in place, since they may be a page with scripts."""
    found = find_edition(id, version).document
    if not found.provenance.snapshot:
        raise Missing("这份文件没有存快照。", [(found.metadata.title, url_for(".document", id=id))])
    data = library().corpus.snapshot(found.provenance.snapshot)
    # A file may have been given a name that no header can carry.
    name = "".join(filter(str.isprintable, PurePosixPath(found.provenance.origin).name)) or id
    return send_file(
        io.BytesIO(data),
        mimetype="application/octet-stream",
        as_attachment=True,
        download_name=name,
        etag=found.provenance.snapshot,
        max_age=0,
    )


@blueprint.get("/d/<id>/<anchor>")
def section(id: str, anchor: str) -> BaseResponse:
    """Lead to a section by an address that survives where the part after # is cut off, or where a later version has
    given the section another number.
    """
    as_of.view(day())
    found = find_edition(id, version_on(id, as_of.viewed())).document
    known = outline_panel.addresses(found)
    moved = find_moved(library().corpus, found, anchor)
    if moved and moved.anchor and moved.anchor != anchor:
        there = anchor if anchor in known else moved.anchor
        return redirect(url_for(".document", id=id, q=query() or None, was=anchor, _anchor=there))
    if anchor not in known and (now := found.present_anchor(anchor)) != anchor:
        return redirect(url_for(".document", id=id, q=query() or None, was=anchor, _anchor=now))
    if anchor not in known:
        near = sorted(difflib.get_close_matches(anchor[:NAME_COMPARED], known, 6, 0.5))
        suggestions = [(f"{known[name]}　#{name}", url_for(".document", id=id, _anchor=name)) for name in near]
        whole = (f"《{found.metadata.title}》全文和目录", url_for(".document", id=id))
        if moved:
            older = url_for(".version", id=id, version=moved.version, _anchor=anchor)
            sentence = f"“{moved.label}”在旧版本里有，现行版本里没有了相近的文字。"
            raise Missing(sentence, [(f"旧版本里的“{moved.label}”", older), whole])
        raise Missing(f"这份文件里没有“{anchor[:NAME_COMPARED]}”这一条款。", [*suggestions, whole])
    return redirect(url_for(".document", id=id, q=query() or None, _anchor=anchor))


@blueprint.get("/favicon.ico")
def favicon() -> BaseResponse:
    """The icon, for browsers that do not read the page's link."""
    return redirect(url_for("static", filename="icon.svg"))


def _title_of(id: str) -> str:
    """The title of a document that another one names; its id where it cannot be read."""
    try:
        return library().document(id).metadata.title if id else ""
    except (NotFoundError, UnreadableError):
        return id


def _title_in_text(found: Document, passages: Sequence[reading.Passage]) -> reading.Passage | None:
    """The passage that is the title line and nothing else: it heads the page in place of the metadata's title."""
    if not passages or passages[0].section.anchor != "title" or passages[0].section.children:
        return None
    same = "".join(passages[0].section.text.split()) == "".join(found.metadata.title.split())
    return passages[0] if same else None
