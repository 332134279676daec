"""The interface for programs. Every address is described by its function (see `kb.web.api.endpoints`), and so is OpenAPI's
account of it. Errors are RFC 9457 problems.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any

import msgspec
from flask import Blueprint, Response, after_this_request, jsonify, render_template, request, send_file, url_for
from msgspec import Meta

from kb import __version__
from kb.base.errors import NotFoundError, UsageError
from kb.base.model import Document, FacetValue, LikeSection, Origin, Part, Results, Section
from kb.chinese.identity import fold
from kb.cite.citation import Citation
from kb.cite.passage import LONGEST, find_place, pinpoint
from kb.corpus.changes import order, tell
from kb.corpus.folder import Corpus
from kb.export import whole_corpus
from kb.export.formats import formats
from kb.search.contract.engine import GROUPS, ORDERS
from kb.search.query.conditions import FACETS, NAMES, VERSIONS
from kb.search.query.query import MAX_QUERY
from kb.web.api import law_api, openapi, schemas
from kb.web.api.endpoints import Anchor, Day, Id, Interface, Name, Parameter, State
from kb.web.context.arguments import checked_day
from kb.web.context.boundary import gate
from kb.web.context.library import library
from kb.web.view import downloads, search_form
from kb.web.view.edition import Edition
from kb.web.view.lookup import find_both, find_edition
from kb.web.view.outline_panel import addresses, label_of
from kb.web.view.surroundings import version_on, younger_than
from kb.web.view.weighed import compared

PREFIX = "/api/v1"
blueprint = Blueprint("api", __name__)
interface = Interface(blueprint)

VersionName = Annotated[str, Meta(description="版本名，见 versions")]
Query = Annotated[
    str,
    Meta(
        max_length=MAX_QUERY,
        description=f"检索词，最多 {MAX_QUERY:,} 字，写法同网页；没有检索词也没有条件，就是全部文件",
    ),
]
Quoted = Annotated[str, Meta(max_length=LONGEST, description=f"要引的原文，最多 {LONGEST:,} 字；文件里没有就是 404")]
Limit = Annotated[int, Meta(ge=1, le=100, description="最多几条")]
Offset = Annotated[int, Meta(ge=0, le=10**9, description="跳过前几条")]
Cursor = Annotated[str, Meta(max_length=500, description="上一页的 next，第一页不写")]
Value = Annotated[str, Meta(max_length=200, description="只要这个值的")]

_NOTHING = "[\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]*"
"""A value of blanks only is none."""
_MONTH_DAY = "(0[1-9]|1[0-2])(-(0[1-9]|1[0-9]|2[0-8]))?"
_WRITTEN: dict[str, dict[str, Any]] = {
    "date": {"pattern": f"^([12][0-9]{{3}}(-{_MONTH_DAY})?(\\.\\.[12][0-9]{{3}}(-{_MONTH_DAY})?)?|{_NOTHING})$"},
    "year": {"pattern": "^([0-9]{4})?$"},
    "article": {"pattern": f"^([1-9][0-9]{{0,3}}(-[1-9][0-9]?)?|{_NOTHING})$"},
    "version": {"enum": ["", *sorted(set(VERSIONS.values()))]},
    "on": {"anyOf": [{"format": "date"}, {"pattern": f"^{_NOTHING}$"}]},
}
"""How the values of conditions are written for sure, for who asks by the description; other spellings are understood, too."""

_TEXTS = {each.in_api: each.ending for each in formats().values() if each.in_api}
_ASKED = (
    *(
        Parameter(
            field,
            Annotated[
                list[Annotated[str, Meta(extra_json_schema=_WRITTEN.get(field))]],
                Meta(max_length=50, description=f"{NAMES[field][0]}，可写多次"),
            ],
            default=[],
        )
        for field in FACETS
    ),
    *(
        Parameter(
            field,
            Annotated[
                str,
                Meta(
                    description=f"{NAMES[field][0]}，写法同检索词里的 {NAMES[field][0]}:",
                    extra_json_schema=_WRITTEN.get(field),
                ),
            ],
            default="",
        )
        for field in search_form.INSIDE
    ),
    Parameter(
        "order",
        Annotated[str, Meta(description="、".join(ORDERS) + " 之一", extra_json_schema={"enum": list(ORDERS)})],
        default="relevance",
    ),
    Parameter(
        "group",
        Annotated[
            str,
            Meta(
                description="section 逐节（limit、offset、分面以节计）或 document 每份文件最多 3 节（以文件计）",
                extra_json_schema={"enum": ["", *GROUPS]},
            ),
        ],
        default="section",
    ),
)
"""What `searching.asked` reads beside the query."""


def of_index() -> State:
    """What answers out of the index depend on. Raises BadIndexError."""
    stats = library().engine.stats()
    meant = f" {stats.meant}" if stats.meant else ""
    return State(f"{stats.generation} {stats.created}{meant}", datetime.fromisoformat(stats.created))


def of_document(id: str, version: str = "", on: str = "") -> State:
    """What answers out of a document depend on: its file, and how many versions lie beside it."""
    version = version or _in_force(id, on)
    shown = find_edition(id, version)
    state = library().corpus.state(id, version)
    return State(f"{state.digest} {len(shown.history)} {shown.present.provenance.withdrawn}", state.modified)


def of_difference(id: str, with_: str = "") -> State:
    """What a comparison depends on: both documents, of which the versions are all kept."""
    both = [of_document(each) for each in (id, with_ or id)]
    return State(" ".join(state.tag for state in both), max(state.modified for state in both if state.modified))


def of_corpus() -> State:
    """What answers out of all files depend on."""
    return State(*library().corpus.stamp())


def of_sources() -> State:
    """What is told of sources depends on the index and on their last refreshes. Raises BadIndexError."""
    index = of_index()
    fresh = [(each.title, each.fetched, each.alarm) for each in library().searched()]
    times = [datetime.fromisoformat(fetched) for _, fetched, _ in fresh if fetched]
    return State(f"{index.tag} {fresh}", max([*times, index.modified] if index.modified else times))


_WHOLE = "corpus.jsonl.gz"


@interface.get("/search", "检索章节：字面命中的在前，词语相近的在后", also=_ASKED, state=of_index, endings=("csv",))
def search(q: Query = "", limit: Limit = 10, offset: Offset = 0) -> Results:  # noqa: ARG001  read with the conditions
    """Return a page of hits; a Link header leads to the next one."""
    asked = search_form.asked_or_all()
    found = library().search(asked.q, limit, offset, asked.conditions, asked.order, asked.group)
    if offset + limit < found.listed:
        arguments: dict[str, Any] = {**request.args.to_dict(flat=False), "offset": offset + limit}
        after_this_request(_linked(f'<{url_for(".search", **arguments)}>; rel="next"'))
    return found


@interface.get("/suggest", "输入时的提示：题名、标题、条文", state=of_index)
def suggest(q: Query, limit: Annotated[int, Meta(ge=1, le=20, description="最多几条")] = 8) -> schemas.Suggestions:
    """Return what somebody who has typed `q` may want."""
    return schemas.Suggestions(q.strip(), library().engine.suggest(q.strip(), limit))


@interface.post("/origins", "一段文字出自哪里：每一句是原文、有改动，还是没有找到")
def origins(body: schemas.TextToTrace) -> tuple[Origin, ...]:
    """Return where each sentence of a text comes from."""
    return library().engine.origins(body.text) if fold(body.text) else ()


@interface.get("/facets", "检索结果在各机关、年份、文种、来源、时效性里各有多少节", also=_ASKED, state=of_index)
def facets(q: Query = "") -> schemas.Facets:  # noqa: ARG001  read with the conditions
    """Return the counts of a search without its hits."""
    asked = search_form.asked_or_all()
    found = library().search(asked.q, 1, 0, asked.conditions, asked.order, asked.group)
    counts: dict[str, tuple[FacetValue, ...]] = dict(found.facets)
    return schemas.Facets(found.query, found.total, found.related, counts)


@interface.get("/documents", "文件列表，新的在前", state=of_index, endings=("csv",))
def documents(
    limit: Annotated[int, Meta(ge=1, le=1000, description="最多几份")] = 100,
    cursor: Cursor = "",
    source: Value = "",
    issuer: Value = "",
    year: Value = "",
    kind: Value = "",
    theme: Value = "",
) -> schemas.DocumentList:
    """Return a page of documents that have the given values."""
    given = {"source": source, "issuer": issuer, "year": year, "kind": kind, "theme": theme}
    chosen = {name: value for name, value in given.items() if value}
    found = library().catalogue().shelves.with_copies(chosen)
    after = _read_cursor(cursor, 2)
    rest = [listing for listing in found if not after or [listing.date, listing.id] < after]
    more = _cursor(rest[limit - 1].date, rest[limit - 1].id) if len(rest) > limit else ""
    return schemas.DocumentList(len(found), tuple(rest[:limit]), more)


@interface.get("/documents/<id>", "一份文件：元数据、来历、版本、全部章节", state=of_document, endings=tuple(_TEXTS))
def document(id: Id, on: Day = "") -> schemas.DocumentAnswer:
    """Return all there is of a document; with a day, the text that was in force on it."""
    shown = find_edition(id, _in_force(id, on))
    return msgspec.convert(library().corpus.as_json(id, shown.version), schemas.DocumentAnswer)


@interface.get("/documents/<id>/sections", "一份文件的目录", state=of_document)
def sections(id: Id, on: Day = "") -> schemas.Outline:
    """Return the outline, without the text."""
    shown = find_edition(id, _in_force(id, on))
    lines = tuple(
        schemas.OutlineEntry(
            each.anchor,
            each.number,
            each.heading,
            label_of(each),
            len(above) + 1,
            tuple(part.anchor for part in each.parts),
        )
        for above, each in shown.document.paths()
    )
    return schemas.Outline(id, shown.version or _version_of(id), lines)


@interface.get(
    "/documents/<id>/sections/<anchor>", "其中一节、一条、一款或一项", state=of_document, endings=tuple(_TEXTS)
)
def section(id: Id, anchor: Anchor, on: Day = "") -> schemas.SectionAnswer:
    """Return what stands at an address, the way to it and its neighbours."""
    shown = find_edition(id, _in_force(id, on))
    holder, part = find_place(shown.document, anchor)
    return _section(shown.document, holder, part, shown.version or _version_of(id))


@interface.get(
    "/documents/<id>/sections/<anchor>/like",
    "相近条文：别的文件里意思最相近的，每部法律一节（要装上按意思查找）",
    state=of_index,
)
def like(
    id: Id, anchor: Anchor, limit: Annotated[int, Meta(ge=1, le=50, description="最多几条")] = 10
) -> tuple[LikeSection, ...]:
    """Return the sections of other documents that mean most nearly what this one does."""
    return library().engine.like(id, anchor, limit)


@interface.get("/documents/<id>/versions", "一份文件的各个版本，现行的在前", state=of_document)
def versions(id: Id) -> schemas.Versions:
    """Return the states of a document."""
    find_edition(id)
    return schemas.Versions(id, library().corpus.history(id))


@interface.get("/documents/<id>/versions/<version>", "一份文件的一个版本", state=of_document, endings=tuple(_TEXTS))
def version(id: Id, version: VersionName) -> schemas.DocumentAnswer:
    """Return one version of a document, present or past, in the same form."""
    find_edition(id, version)
    return msgspec.convert(library().corpus.as_json(id, version), schemas.DocumentAnswer)


@interface.get("/documents/<id>/diff", "两个版本（或两份文件）逐节逐字的差别", state=of_difference)
def diff(
    id: Id,
    from_: Annotated[Name, Meta(description="前一版本，默认是上一个版本")] = "",
    to: Annotated[Name, Meta(description="后一版本，默认是现行版本")] = "",
    with_: Annotated[Name, Meta(description="改为与这份文件对照")] = "",
) -> schemas.Difference:
    """Return what became of each section from the version `from` to the version `to`, or from the document `with`."""
    before, after = find_both(id, from_, to, with_)
    found = compared(before.document, after.document)
    return schemas.Difference({**found.counts}, tuple(found.changes()))


@interface.get("/documents/<id>/citation", "引用一份文件、其中一条或一段文字，各种格式", state=of_document)
def citation(
    id: Id,
    anchor: Annotated[Name, Meta(description="条款的锚点")] = "",
    text: Quoted = "",
) -> Citation:
    """Return every form of citing the document, the section at `anchor`, or the words of `text`."""
    return _cited(find_edition(id), anchor, text)


@interface.get("/documents/<id>/versions/<version>/citation", "引用一个版本", state=of_document)
def version_citation(
    id: Id,
    version: VersionName,
    anchor: Annotated[Name, Meta(description="条款的锚点")] = "",
    text: Quoted = "",
) -> Citation:
    """The same for a version."""
    return _cited(find_edition(id, version), anchor, text)


@interface.get("/sources", "来源：各有多少文件，何时取得，有没有警报", state=of_sources)
def sources() -> schemas.Sources:
    """Return where documents come from."""
    return schemas.Sources(
        tuple(
            schemas.SourceAnswer(
                each.holding.source,
                each.title,
                each.holding.documents,
                each.holding.newest.id if each.holding.newest else "",
                each.refreshed,
                each.fetched,
                each.alarm,
            )
            for each in library().searched()
        )
    )


@interface.get("/changes", "新增、更新、悄悄修改、撤下的文件，最近的在前", state=of_corpus)
def changes(limit: Limit = 50, cursor: Cursor = "") -> schemas.Changes:
    """Return a page of what happened."""
    corpus, after = library().corpus, _read_cursor(cursor, 3)
    rest = [event for event in library().happened() if not after or list(order(event)) < after]
    told = [found for event in rest[:limit] if (found := tell(corpus, event))]
    last = rest[limit - 1] if len(rest) > limit else None
    return schemas.Changes(
        tuple(
            schemas.ChangeAnswer(
                each.kind,
                each.event.id,
                each.document.metadata.title,
                each.event.when,
                each.event.before,
                each.event.version,
                url_for("pages.document", id=each.event.id),
            )
            for each in told
        ),
        _cursor(*order(last)) if last else "",
    )


@interface.get(
    f"/{_WHOLE}",
    "整个语料库：gzip 压缩的 JSON Lines，一行一份文件",
    state=of_corpus,
    media_type="application/gzip",
)
def corpus() -> Response:
    """Send every document, as its own address answers it; one that cannot be read has a line that says so."""
    shelf = Corpus(library().corpus.root)  # without the texts that are kept ready here
    path = library().made.get(
        _WHOLE, f"{of_corpus().tag} {__version__}", lambda path: library().heavy.keep(whole_corpus.write, shelf, path)
    )
    return send_file(path, "application/gzip", as_attachment=True, download_name=_WHOLE, etag=False, max_age=0)


ENDPOINTS = (*interface.endpoints, *law_api.interface.endpoints)


@blueprint.get("/openapi.json")
def description() -> Response:
    """This interface as OpenAPI 3.1, written from its functions."""
    return jsonify(openapi.describe(ENDPOINTS, PREFIX, not gate().is_open))


@blueprint.get("/")
def page() -> str:
    """The interface for people: every address, with a form that tries it."""
    return render_template("api.html", endpoints=ENDPOINTS, prefix=PREFIX)


def _section(found: Document, holder: Section, part: Part | None, version: str) -> schemas.SectionAnswer:
    anchor = part.anchor if part else holder.anchor
    known = addresses(found)
    order = [each.anchor for each in found.walk()]
    at = order.index(holder.anchor)
    above = next(above for above, each in found.paths() if each is holder)
    return schemas.SectionAnswer(
        document=found.id,
        title=found.metadata.title,
        version=version,
        anchor=anchor,
        pinpoint=pinpoint(found, anchor),
        path=tuple(schemas.Place(each.anchor, label_of(each)) for each in above),
        previous=schemas.Place(order[at - 1], known[order[at - 1]]) if at else None,
        next=schemas.Place(order[at + 1], known[order[at + 1]]) if at + 1 < len(order) else None,
        text=holder.text[part.start : part.end] if part else "".join(each.text for each in holder.walk()),
        section=holder,
    )


def _linked(link: str) -> Callable[[Response], Response]:
    """Make what sets a Link header (RFC 8288) on the answer."""

    def link_it(answer: Response) -> Response:
        answer.headers["Link"] = link
        return answer

    return link_it


def _cited(shown: Edition, anchor: str, text: str) -> Citation:
    """Cite a place, or the words of `text`. Raises NotFoundError where there is no such place, or the words stand nowhere."""
    try:
        return shown.citation(anchor, text)
    except UsageError as error:
        raise NotFoundError(str(error)) from error


def _in_force(id: str, on: str) -> str:
    """Name the version that was in force on a day as sent, "" for the present one.

    Raises UsageError, and NotFoundError where every text there is holds only from later on.
    """
    day = checked_day("on", on)
    if younger := younger_than(id, day):
        raise NotFoundError(f"语料库里没有 {day} 施行的文本，最早的是 {younger} 起施行的：请换一个日期，或者不写 on。")
    return version_on(id, day)


def _version_of(id: str) -> str:
    return library().corpus.history(id)[0].version


def _cursor(*key: str) -> str:
    return base64.urlsafe_b64encode(json.dumps(key, ensure_ascii=False).encode()).decode()


def _read_cursor(cursor: str, parts: int) -> list[str]:
    """The key after which a page starts, [] for the first page. Raises NotFoundError: no page has given such a cursor."""
    if not cursor:
        return []
    try:
        key: Any = json.loads(base64.b64decode(cursor, altchars=b"-_", validate=True))
    except (binascii.Error, ValueError):
        key = None
    if not isinstance(key, list) or len(key) != parts or not all(isinstance(part, str) for part in key):
        raise NotFoundError("参数 cursor 不完整：请原样使用上一页回答里的 next。")
    return key


for _endpoint in interface.endpoints:
    for _ending in _endpoint.endings:
        if _ending in _TEXTS:
            blueprint.add_url_rule(
                f"{_endpoint.path}.{_ending}",
                f"file_{_ending}",
                downloads.answer,
                defaults={"format": _TEXTS[_ending]},
            )
blueprint.add_url_rule("/search.csv", "hits", downloads.hits, defaults={"format": "csv", "everything": True})
blueprint.add_url_rule("/documents.csv", "listed", downloads.documents)
