"""The law around documents: what they cite and are cited by, what is missing, what rests on changed law, a text checked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from flask import Blueprint, Response, jsonify, render_template, request

from kb.errors import BadIndexError, UsageError
from kb.law import answers
from kb.law.basis import Link, chain, stale
from kb.law.checking import Checked, check
from kb.law.gaps import gaps
from kb.law.reader import Known
from kb.law.since import Fates
from kb.law.standing import HOLDING, Standings
from kb.web.arguments import day, query
from kb.web.finding import Missing, find_document
from kb.web.library import library
from kb.web.paging import paging
from kb.web.surroundings import address, neighbours, section_of, today

blueprint = Blueprint("law", __name__)
api = Blueprint("law_api", __name__)

_PAGE = 50
_FEED = 50
_DRAWN = 12
_EXCERPT = 600
_WIDTH, _ROW, _MIDDLE = 900, 30, 450


@dataclass(frozen=True, slots=True)
class Node:
    """A document in the drawing of a neighbourhood: `side` is "out" for what the middle one cites, "in" for what cites it."""

    document: Known
    side: str
    citations: int
    y: int

    @property
    def label(self) -> str:
        """The title, cut to what fits."""
        title = self.document.title
        return title if len(title) <= 20 else f"{title[:19]}…"


@api.get("/documents/<id>/citations")
def citations(id: str) -> Response:
    """Answer a list of every citation in a document: where it stands, what it names, which document and place it means."""
    with library().law.reading() as reader:
        return jsonify([answers.as_json(each) for each in answers.citations(reader, id)])


@api.post("/citations")
def check_text() -> Response:
    """Answer the same for the `text` that is sent, written `on` a day, with what became of each: `status`, `note`, `evidence`."""
    told = _posted()
    with library().law.reading() as reader:
        return jsonify([each.as_json() for each in check(reader, told["text"], told.get("on") or today(), today())])


@api.get("/documents/<id>/standing")
def standing(id: str) -> Response:
    """Answer how a document stands `on` a day, usually today: its validity with the evidence, the `version` whose text was in
    force ("" the present one), its basis chain, and its known changes.
    """
    on = day() or today()
    with library().law.reading() as reader:
        known, fates = answers.known(reader, id), Fates(reader, today())
        validity = fates.standings.of(known, on)
        return jsonify(
            on=on,
            version=fates.resolver.edition(known, on).version,
            **asdict(validity),
            changes=[asdict(each) for each in fates.standings.changes(known)],
            basis=[link.as_json() for link in chain(fates, known)],
        )


@api.get("/documents/<id>/graph")
def graph(id: str) -> Response:
    """Answer the neighbourhood of a document: `nodes`, and `edges` from the citing to the cited one with their number."""
    with library().law.reading() as reader:
        known = answers.known(reader, id)
        rows = neighbours(reader, known)
    nodes = {
        each.id: {"document": each.id, "title": each.title, "date": each.date}
        for each in (known, *(row[0] for row in rows))
    }
    edges = [
        {
            "from": known.id if side == "out" else each.id,
            "to": each.id if side == "out" else known.id,
            "citations": count,
        }
        for each, side, count in rows
    ]
    return jsonify(document=known.id, nodes=list(nodes.values()), edges=edges)


@api.get("/documents/<id>/terms")
def terms_json(id: str) -> Response:
    """Answer the words that a document defines, with their place: `term`, `meaning`, `anchor`, `start`, `end`."""
    with library().law.reading() as reader:
        return jsonify([asdict(each) for each in reader.terms(answers.known(reader, id).number)])


@api.get("/gaps")
def gaps_json() -> Response:
    """Answer the documents that are cited and not there, what most documents cite first."""
    with library().law.reading() as reader:
        return jsonify([gap.as_json() for gap in gaps(reader)])


@api.get("/stale-basis")
def stale_json() -> Response:
    """Answer the documents of which a basis changed or ended after they were made, the newest change first."""
    found = _stale()
    return jsonify(
        [
            {"document": each.id, "title": each.title, "date": each.date, "basis": [link.as_json() for link in links]}
            for each, links in found
        ]
    )


@blueprint.get("/d/<id>/graph")
def graph_page(id: str) -> str:
    """A picture of what a document cites and what cites it, and the same as a list."""
    with library().law.reading() as reader:
        known = answers.known(reader, id)
        rows = neighbours(reader, known)
    sides = {side: [row for row in rows if row[1] == side] for side in ("out", "in")}
    nodes = [
        Node(document, side, count, _ROW * place + _ROW)
        for side, some in sides.items()
        for place, (document, _, count) in enumerate(some[:_DRAWN])
    ]
    height = _ROW * (max(1, *(min(len(some), _DRAWN) for some in sides.values())) + 1)
    return render_template(
        "graph.html", document=known, nodes=nodes, sides=sides, width=_WIDTH, middle=_MIDDLE, height=height
    )


@blueprint.get("/d/<id>/cited-by")
def cited_by(id: str) -> str:
    """Every place that cites a document, or with `anchor` one section of it, by the citing document."""
    anchor = request.args.get("anchor", "")
    sections = section_of(find_document(id))
    with library().law.reading() as reader:
        known = answers.known(reader, id)
        rows = [
            (citing, each)
            for citing, each in Standings(reader).resolver.cited_by(known)
            if each.target and (not anchor or sections.get(each.target.anchor, "") == anchor)
        ]
    rows.sort(key=lambda row: (row[0].date, row[0].id), reverse=True)
    page, last, page_address = paging(len(rows), _PAGE, ".cited_by", id=id, anchor=anchor or None)
    shown = rows[(page - 1) * _PAGE : page * _PAGE]
    return render_template(
        "cited_by.html",
        document=known,
        anchor=anchor,
        rows=shown,
        total=len(rows),
        page=page,
        last=last,
        page_address=page_address,
    )


@blueprint.get("/excerpt/<id>/<anchor>")
def excerpt(id: str, anchor: str) -> str:
    """The text of a place, for the note that opens over a citation."""
    document = find_document(id) if "version" not in request.args else library().document(id, request.args["version"])
    for section in document.walk():
        places = {
            section.anchor: section.text,
            **{part.anchor: section.text[part.start : part.end] for part in section.parts},
        }
        if anchor in places:
            below = "".join(each.text for each in section.walk()) if anchor == section.anchor else places[anchor]
            return render_template(
                "excerpt.html", title=document.metadata.title, text=below[:_EXCERPT], more=len(below) > _EXCERPT
            )
    raise Missing(f"这份文件里没有“{anchor[:40]}”这一条款。")


@blueprint.get("/terms")
def terms_page() -> str:
    """How documents define the word `q`, the newest first."""
    q = query()
    with library().law.reading() as reader:
        found = reader.defining(q) if q else []
    return render_template("terms.html", q=q, rows=found)


@blueprint.get("/gaps")
def gaps_page() -> str:
    """The documents that are cited and not there."""
    with library().law.reading() as reader:
        missing = gaps(reader)
    page, last, page_address = paging(len(missing), _PAGE, ".gaps_page")
    shown = missing[(page - 1) * _PAGE : page * _PAGE]
    return render_template("gaps.html", rows=shown, total=len(missing), page=page, last=last, page_address=page_address)


@blueprint.get("/stale-basis")
def stale_page() -> str:
    """The documents of which a basis changed or ended after they were made."""
    found = _stale()
    page, last, page_address = paging(len(found), _PAGE, ".stale_page")
    shown = found[(page - 1) * _PAGE : page * _PAGE]
    return render_template(
        "stale_basis.html",
        rows=shown,
        total=len(found),
        page=page,
        last=last,
        page_address=page_address,
        address=address,
    )


@blueprint.get("/stale-basis.xml")
def stale_feed() -> Response:
    """The same as an Atom feed, the newest change first."""
    found = _stale()[:_FEED]
    return Response(render_template("stale_basis.xml", rows=found), mimetype="application/atom+xml")


@blueprint.route("/cite-check", methods=["GET", "POST"])
def check_page() -> str:
    """A form for a text and its day, and below it what became of everything that the text cites."""
    text, on = request.form.get("text", ""), request.form.get("on", "") or today()
    checked: Sequence[Checked] = ()
    if text.strip():
        with library().law.reading() as reader:
            checked = list(check(reader, text, on, today()))
    return render_template(
        "cite_check.html", text=text, on=on, checked=checked, asked=bool(text.strip()), address=address
    )


def replaced_by(id: str) -> str:
    """The id of the document that took the place of one, "" where none is known."""
    try:
        with library().law.reading() as reader:
            known = reader.document(id)
            return Standings(reader).of(known, today()).replaced_by if known else ""
    except BadIndexError:
        return ""


def _stale() -> list[tuple[Known, tuple[Link, ...]]]:
    """The documents with a stale basis, found once for each state of the store and each day."""
    with library().law.reading() as reader:
        key = ("stale", reader.revision(), today())
        return library().remembered.get(key, lambda: list(stale(Fates(reader, today()))))


def _posted() -> dict[str, Any]:
    """Answer the object that was sent. Raises UsageError for anything but {"text": …, "on": …}."""
    told = request.get_json(silent=True)
    if not isinstance(told, dict) or not isinstance(told.get("text"), str) or not isinstance(told.get("on") or "", str):
        raise UsageError('请发送 JSON：{"text": "要核对的文字", "on": "2021-11-22"}，on 可以省略。')
    return told


HELPERS = {"replaced_by": replaced_by, "holding": HOLDING, "citation_address": address}
"""What templates of other pages call."""
