"""The part of the interface that tells the law around documents: what they cite, how they stand, what is missing or stale."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Annotated

import msgspec
from flask import Blueprint

from kb.base.clock import today
from kb.law import citation_json as told
from kb.law.article_history import history
from kb.law.basis import chain, change_of
from kb.law.gaps import Gap
from kb.law.since import Fates
from kb.law.terms import Term
from kb.web.api import schemas
from kb.web.api.endpoints import Anchor, Day, Id, Interface, Name, State
from kb.web.context.arguments import checked_day
from kb.web.context.library import library
from kb.web.view.lookup import find_edition
from kb.web.view.surroundings import neighbours
from kb.web.view.weighed import checked_text, missing_documents, stale_documents

blueprint = Blueprint("law_api", __name__)
interface = Interface(blueprint)


def of_law() -> State:
    """What answers about the law depend on: the store of citations, and the day. Raises BadIndexError."""
    with library().law_reading() as reader:
        revision = reader.revision()
    made = datetime.fromtimestamp(library().law.path.stat().st_mtime).astimezone()
    return State(f"{revision} {made} {today()}", max(made, datetime.fromisoformat(today()).astimezone()))


@interface.get("/documents/<id>/citations", "一份文件引用了什么，各指哪一份、哪一条", state=of_law)
def citations(id: Id, on: Day = "") -> tuple[schemas.Cited, ...]:
    """Return every citation in a document, in the order of its text; with a day what they mean on it, else on its own."""
    with library().law_reading() as reader:
        found = [told.as_json(each) for each in told.citations(reader, id, checked_day("on", on))]
    return msgspec.convert(found, tuple[schemas.Cited, ...])


@interface.get("/documents/<id>/standing", "一份文件在某一天的效力、依据和沿革", state=of_law)
def standing(id: Id, on: Day = "") -> schemas.StandingAnswer:
    """Return how a document stands `on` a day, with the evidence."""
    when = checked_day("on", on) or today()
    with library().law_reading() as reader:
        known, fates = told.known(reader, id), Fates(reader, when)
        found = {
            "on": when,
            "version": fates.resolver.edition(known, when).version,
            **asdict(fates.standings.of(known, when)),
            "changes": [asdict(each) for each in fates.standings.changes(known)],
            "basis": [link.as_json() for link in chain(fates, known)],
            "copies": [each.id for each in reader.copies(known)],
        }
    return msgspec.convert(found, schemas.StandingAnswer)


@interface.get("/documents/<id>/sections/<anchor>/history", "一条的历史文本：各文本里怎样写，由什么改动", state=of_law)
def article_history(
    id: Id, anchor: Anchor, version: Annotated[Name, msgspec.Meta(description="锚点属于哪个版本，默认是现行版本")] = ""
) -> schemas.ArticleHistory:
    """Return the wordings that a section had, the newest first."""
    shown = find_edition(id, version)
    with library().law_reading() as reader:
        return schemas.ArticleHistory(
            id, anchor, tuple(history(reader, library().corpus, id, anchor, shown.version, library().remembered.get))
        )


@interface.get("/documents/<id>/graph", "引用它的和它引用的文件", state=of_law)
def graph(id: Id) -> schemas.Graph:
    """Return the neighbourhood of a document: edges lead from the citing to the cited one."""
    with library().law_reading() as reader:
        known = told.known(reader, id)
        rows = neighbours(reader, known)
    nodes = {each.id: schemas.Node(each.id, each.title, each.date) for each in (known, *(row[0] for row in rows))}
    edges = (
        schemas.Edge(known.id, each.id, count) if side == "out" else schemas.Edge(each.id, known.id, count)
        for each, side, count in rows
    )
    return schemas.Graph(known.id, tuple(nodes.values()), tuple(edges))


@interface.get("/documents/<id>/terms", "一份文件定义了哪些词", state=of_law)
def terms(id: Id) -> tuple[Term, ...]:
    """Return the words that a document defines, with their place."""
    with library().law_reading() as reader:
        return tuple(reader.terms(told.known(reader, id).number))


@interface.get("/gaps", "被引用而语料库里没有的文件，引用它的文件多的在前", state=of_law)
def missing() -> tuple[Gap, ...]:
    """Return what is cited and not there."""
    return tuple(missing_documents())


@interface.get("/stale-basis", "依据在成文之后修改或废止了的文件，依据废止的在前", state=of_law)
def stale_basis() -> tuple[schemas.Stale, ...]:
    """Return the documents of which a basis changed or ended after they were made."""
    found = [
        {
            "document": each.id,
            "title": each.title,
            "date": each.date,
            "change": change_of(links),
            "basis": [link.as_json() for link in links],
        }
        for each, links in stale_documents()
    ]
    return msgspec.convert(found, tuple[schemas.Stale, ...])


@interface.post("/citations", "核对一段文字里的引用：各指什么，后来怎样了")
def check_text(body: schemas.TextToCheck) -> tuple[schemas.CheckedCitation, ...]:
    """Return every citation in a text, with what became of it."""
    on = checked_day("on", body.on) or today()
    until = checked_day("until", body.until) or max(on, today())
    found = [each.as_json() for each in checked_text(body.text, on, until)]
    return msgspec.convert(found, tuple[schemas.CheckedCitation, ...])
