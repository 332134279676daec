"""Pages of the law around documents: what they cite and are cited by, what is missing, what rests on changed law, a text checked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from flask import Blueprint, Response, render_template, request, url_for
from markupsafe import Markup

from kb.base.clock import today
from kb.base.errors import BadIndexError, UsageError
from kb.compare.characters import characters
from kb.export.reviewed_memo import reviewed_memo
from kb.export.word_file import MEDIA_TYPE
from kb.law import citation_json
from kb.law.article_history import STEPS, history
from kb.law.basis import CHANGED, Link, change_of, last_change
from kb.law.checking import Checked, about, counts, headline
from kb.law.reader import Known
from kb.law.resolve import Resolver
from kb.law.standing import HOLDING, Standings
from kb.search.query.authority import RANKS
from kb.web.context.arguments import checked_day, day, query
from kb.web.context.library import library
from kb.web.pages import atom_feeds
from kb.web.view import as_of
from kb.web.view.citing_places import citing_rows, in_sentences
from kb.web.view.downloads import saved
from kb.web.view.interface_labels import marked_runs
from kb.web.view.lookup import Missing, find_edition
from kb.web.view.outline_panel import addresses
from kb.web.view.paging import paging
from kb.web.view.surroundings import (
    address,
    neighbours,
    version_on,
)
from kb.web.view.weighed import checked_text, missing_documents, stale_documents

blueprint = Blueprint("law", __name__)

_PAGE = 50
_ON_CARD = 6
_FEED = 50
_DRAWN = 12
_EXCERPT = 600
_ALIKE, _OF_A_RANK = 60, 6  # like provisions: in all, and of a rank before one asks for the others
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


@blueprint.get("/d/<id>/graph")
def graph_page(id: str) -> str:
    """A picture of what a document cites and what cites it, and the same as a list."""
    as_of.view(day())
    with library().law_reading() as reader:
        known = citation_json.known(reader, id)
        rows = neighbours(reader, known, as_of.viewed())
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
    """Every sentence that cites a document, or with `anchor` one section of it, by the citing document.

    With `card` the first of them, as a part of a page.
    """
    as_of.view(day())
    anchor, on = request.args.get("anchor", ""), as_of.viewed()
    found = find_edition(id, version_on(id, on)).document
    with library().law_reading() as reader:
        known, resolver = citation_json.known(reader, id), Resolver(reader)
        rows = citing_rows(resolver, known, found, anchor, on)
        size = _ON_CARD if "card" in request.args else _PAGE
        page, last, page_address = paging(len(rows), size, ".cited_by", id=id, anchor=anchor or None)
        shown = list(in_sentences(resolver, rows[(page - 1) * size : page * size]))
    return render_template(
        "_citing_card.html" if "card" in request.args else "cited_by.html",
        document=known,
        anchor=anchor,
        label=addresses(found).get(anchor, ""),
        rows=shown,
        total=len(rows),
        page=page,
        last=last,
        page_address=page_address,
    )


@blueprint.get("/d/<id>/history")
def history_page(id: str) -> str:
    """The wordings that the section at `anchor` had, the newest first; `version` names the text that the address is of."""
    shown = find_edition(id, request.args.get("version", ""))
    anchor = request.args.get("anchor", "")
    with library().law_reading() as reader:
        found = history(reader, library().corpus, id, anchor, shown.version, library().remembered.get)
    return render_template(
        "history.html",
        edition=shown,
        document=shown.present,
        anchor=anchor,
        label=addresses(shown.document).get(anchor, ""),
        rows=[
            (each, marked_runs(characters(before.text, each.text)) if before and each.text else each.text)
            for each, before in zip(found, (*found[1:], None), strict=True)
        ],
        steps=STEPS,
    )


@blueprint.get("/d/<id>/like")
def like_page(id: str) -> str:
    """The provisions of other laws that mean most nearly what the section at `anchor` does, by their rank."""
    found = find_edition(id).document
    anchor = found.present_anchor(request.args.get("anchor", ""))
    section = next((each for each in found.walk() if each.anchor == anchor), None)
    if section is None:
        raise Missing(f"这份文件里没有“{anchor[:40]}”这一条款。")
    alike = library().engine.like(id, anchor, _ALIKE)
    by_rank = [(rank, [each for each in alike if each.rank == rank]) for rank in RANKS.values()]
    return render_template(
        "like.html",
        document=found,
        anchor=anchor,
        label=addresses(found).get(anchor, ""),
        text=section.text,
        groups=[(rank, some) for rank, some in by_rank if some],
        total=len(alike),
        shown=_OF_A_RANK,
    )


@blueprint.get("/excerpt/<id>/<anchor>")
def excerpt(id: str, anchor: str) -> str:
    """The text of a place, for the note that opens over a citation."""
    document = find_edition(id, request.args.get("version", "") or version_on(id, day())).document
    anchor = document.present_anchor(anchor)
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
    with library().law_reading() as reader:
        found = reader.defining(q) if q else []
    return render_template("terms.html", q=q, rows=found)


@blueprint.get("/gaps")
def gaps_page() -> str:
    """The documents that are cited and not there."""
    missing = missing_documents()
    page, last, page_address = paging(len(missing), _PAGE, ".gaps_page")
    shown = missing[(page - 1) * _PAGE : page * _PAGE]
    return render_template("gaps.html", rows=shown, total=len(missing), page=page, last=last, page_address=page_address)


@blueprint.get("/stale-basis")
def stale_page() -> str:
    """The documents of which a basis changed or ended after they were made; of one kind of change, with `only`."""
    everything, only = stale_documents(), request.args.get("only", "")
    if only not in ("", *CHANGED):
        raise UsageError(f"没有“{only[:40]}”这种变化：有的是 {'、'.join(CHANGED)}。")
    kinds = Counter(change_of(links) for _, links in everything)
    found = [(each, links) for each, links in everything if only in ("", change_of(links))]
    page, last, page_address = paging(len(found), _PAGE, ".stale_page", only=only or None)
    shown = found[(page - 1) * _PAGE : page * _PAGE]
    return render_template(
        "stale_basis.html",
        rows=shown,
        changed=kinds["ended"] + kinds["changed"],
        open=kinds["open"],
        kinds=[("", "全部", len(everything)), *((name, label, kinds[name]) for name, label in CHANGED.items())],
        only=only,
        page=page,
        last=last,
        page_address=page_address,
    )


@blueprint.get("/stale-basis.xml")
def stale_feed() -> Response:
    """The same as an Atom feed, the newest change first."""
    newest = sorted(stale_documents(), key=lambda each: last_change(each[1]), reverse=True)
    entries = [_entry(document, links) for document, links in newest[:_FEED]]
    own, page = (url_for(name, _external=True) for name in (".stale_feed", ".stale_page"))
    return atom_feeds.feed("政策文库：上位法有变化或不能断定的文件", own, page, entries)


def _entry(document: Known, links: Sequence[Link]) -> atom_feeds.Entry:
    day, page = last_change(links), url_for("pages.document", id=document.id, _external=True)
    said = (f"{link.resolved.found.text}：{link.word}。{link.fate.note}" for link in links)
    content = Markup().join(Markup("<p>{}</p>").format(each) for each in said)
    return atom_feeds.Entry(f"{page}?basis={day}", document.title, page, atom_feeds.moment(day), content)


@blueprint.route("/cite-check", methods=["GET", "POST"])
def check_page() -> str:
    """A form for a text and its days, and below it the text with what became of everything that it cites."""
    text, on, until = _sent()
    checked = _checked(text, on, until)
    return render_template(
        "cite_check.html",
        text=text,
        on=on,
        until=until,
        checked=checked,
        counts=counts(checked),
        pieces=list(_pieces(text, checked)),
        asked=bool(text.strip()),
    )


@blueprint.post("/cite-check.docx")
def reviewed() -> Response:
    """The same as a Word file: the text with its references marked, and a comment at each."""
    text, on, until = _sent()
    checked = _checked(text, on, until)
    about_it = (headline(checked), about(on, until), until)
    made = library().heavy.do(reviewed_memo, text, checked, *about_it)
    return saved(made, MEDIA_TYPE, "引注核对.docx")


def _sent() -> tuple[str, str, str]:
    """Return the text and the days that were sent. Raises UsageError for a bad day."""
    on = checked_day("on", request.form.get("on", "")) or today()
    until = checked_day("until", request.form.get("until", "")) or max(on, today())
    return request.form.get("text", "").replace("\r\n", "\n"), on, until


def _checked(text: str, on: str, until: str) -> list[Checked]:
    if not text.strip():
        return []
    return checked_text(text, on, until)


def _pieces(text: str, checked: Sequence[Checked]) -> Iterator[tuple[str, int, Checked | None]]:
    """Cut a text into (words, number, citation): number 0 and None for what stands between citations."""
    at = 0
    for number, each in enumerate(checked, start=1):
        yield text[at : each.start], 0, None
        yield text[each.start : each.end], number, each
        at = each.end
    yield text[at:], 0, None


def replaced_by(id: str) -> str:
    """The id of the document that took the place of one, "" where none is known."""
    try:
        with library().law_reading() as reader:
            known = reader.document(id)
            return Standings(reader).of(known, as_of.viewed() or today()).replaced_by if known else ""
    except BadIndexError:
        return ""


HELPERS = {"replaced_by": replaced_by, "holding": HOLDING, "citation_address": address, "viewed": as_of.viewed}
"""What templates of other pages call."""
