"""What other programs subscribe to or read about the site: Atom feeds, OpenSearch, sitemap, robots."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Response, jsonify, request, url_for
from lxml import etree
from lxml.builder import ElementMaker
from markupsafe import Markup

from kb.base.errors import KbError, NotFoundError, UsageError
from kb.base.lazy_re import lazy_re
from kb.base.model import Hit
from kb.compare.sections import CHANGES, SectionChange
from kb.corpus.changes import Told
from kb.export.blocks import clean
from kb.export.formats import labels
from kb.web.context.arguments import number, query
from kb.web.context.library import library
from kb.web.view import changes, interface_labels, search_form
from kb.web.view.changes import KINDS

blueprint = Blueprint("feeds", __name__)

ENTRIES = 50
ADDRESSES = 50_000
"""Addresses in one sitemap at most (sitemaps.org)."""

_SECTIONS_SHOWN = 20
_ATOM = "http://www.w3.org/2005/Atom"
_SEARCH = "http://a9.com/-/spec/opensearch/1.1/"
_MAP = "http://www.sitemaps.org/schemas/sitemap/0.9"
_SECRET = lazy_re(r"(?<=\?)key=[^&]*&|[?&]key=[^&]*")
"""What names the reader in a feed's own address; the feed is the same for all."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of a feed: `updated` is an ISO 8601 time, `content` HTML."""

    id: str
    title: str
    link: str
    updated: str
    content: Markup
    categories: tuple[str, ...] = field(default=())


@blueprint.get("/changes.atom")
def latest() -> Response:
    """The latest documents that came, changed, were silently edited or withdrawn, with what changed.

    `kind` chooses one of these, `document` what happened to one document.
    """
    kind, id = request.args.get("kind", ""), request.args.get("document", "")
    if kind and kind not in KINDS:
        raise UsageError(f"参数 kind 应当是 {'、'.join(KINDS)} 之一，现在是“{kind[:20]}”。")
    only = library().document(id) if id else None
    told = (found for event in changes.chosen(kind, id) if (found := changes.told(event)) and kind in ("", found.kind))
    entries = [_changed(each) for each, _ in zip(told, range(ENTRIES), strict=False)]
    title = f"政策文库：{KINDS[kind]}的文件" if kind else "政策文库：新增、更新和撤下的文件"
    title = f"政策文库：《{only.metadata.title}》的变化" if only else title
    return feed(
        title,
        url_for(".latest", kind=kind or None, document=id or None, _external=True),
        url_for("pages.document", id=id, _external=True)
        if id
        else url_for("changes.page", kind=kind.replace("edited", "changed") or None, _external=True),
        entries,
    )


@blueprint.get("/search.atom")
def hits() -> Response:
    """A search as a feed: its hits, those of the newest documents first."""
    asked = search_form.asked()
    if asked.empty:
        raise UsageError("缺少参数 q：请写成 /search.atom?q=检索词。")
    results = library().search(asked.q, ENTRIES, 0, conditions=asked.conditions, order="date", group=asked.group)
    parameters: dict[str, Any] = asked.parameters()
    own, page = (url_for(name, **parameters, _external=True) for name in (".hits", "pages.search"))
    return feed(f"政策文库：{asked.q or '筛选出的章节'}", own, page, [_hit(hit) for hit in results.hits])


@blueprint.get("/opensearch.xml")
def opensearch() -> Response:
    """What a browser needs to search here from its address bar (OpenSearch 1.1)."""
    make: Any = ElementMaker(namespace=_SEARCH, nsmap={None: _SEARCH})
    terms = "{searchTerms}"

    def address(endpoint: str) -> str:
        return f"{url_for(endpoint, _external=True)}?q={terms}"

    return _xml(
        make.OpenSearchDescription(
            make.ShortName("政策文库"),
            make.Description("检索政策文件，直达条款"),
            make.Url(type="text/html", template=address("pages.search")),
            make.Url(type="application/atom+xml", template=address(".hits")),
            make.Url(type="application/x-suggestions+json", template=address(".suggestions")),
            make.Url(
                type="application/opensearchdescription+xml",
                rel="self",
                template=url_for(".opensearch", _external=True),
            ),
            make.Image(
                url_for("static", filename="icon.svg", _external=True), width="16", height="16", type="image/svg+xml"
            ),
            make.Query(role="example", searchTerms="行政复议"),
            make.Language("zh-CN"),
            make.InputEncoding("UTF-8"),
            make.OutputEncoding("UTF-8"),
        ),
        "application/opensearchdescription+xml",
    )


@blueprint.get("/suggestions.json")
def suggestions() -> Response:
    """Suggestions in the form that address bars read: [typed, [texts]]."""
    typed = query()
    found = library().engine.suggest(typed) if typed else ()
    answer = jsonify([typed, [each.text for each in found]])
    answer.mimetype = "application/x-suggestions+json"
    return answer


@blueprint.get("/sitemap.xml")
def sitemap() -> Response:
    """Every document's address and when its file last changed; an index of several lists where there are too many."""
    make: Any = ElementMaker(namespace=_MAP, nsmap={None: _MAP})
    files = [(id, path.stat().st_mtime) for id, path in library().corpus.files()]
    pages = -(-len(files) // ADDRESSES)
    if "page" not in request.args and pages > 1:
        lists = (url_for(".sitemap", page=page, _external=True) for page in range(1, pages + 1))
        return _xml(make.sitemapindex(*(make.sitemap(make.loc(address)) for address in lists)), "application/xml")
    page = number("page", 1, 1, 100_000)
    if page > max(pages, 1):
        raise NotFoundError(f"网站地图没有第 {page} 页：一共 {max(pages, 1)} 页。")
    shown = files[(page - 1) * ADDRESSES : page * ADDRESSES]
    entries = [
        make.url(make.loc(url_for("pages.document", id=id, _external=True)), make.lastmod(_day(modified)))
        for id, modified in shown
    ]
    home = [] if page > 1 else [make.url(make.loc(url_for("pages.home", _external=True)))]
    return _xml(make.urlset(*home, *entries), "application/xml")


@blueprint.get("/robots.txt")
def robots() -> Response:
    """Documents may be crawled; results of searches, comparisons and files to save are not documents."""
    of_documents = ("compare", "cite", "follow", "graph", "like", "provenance", "snapshot")
    closed = (
        *(
            "/search",
            "/api/",
            "/suggestions.json",
            "/documents.csv",
            "/parallel",
            "/excerpt/",
            "/cite-check",
            "/origins",
            "/terms",
            "/follow",
        ),
        *(f"/d/*/{page}" for page in of_documents),
        *(f"/d/*.{ending}" for ending in labels()),
    )
    lines = [
        "User-agent: *",
        *(f"Disallow: {path}" for path in closed),
        f"Sitemap: {url_for('.sitemap', _external=True)}",
    ]
    return Response("".join(f"{line}\n" for line in lines), mimetype="text/plain")


def feed(title: str, own: str, page: str, entries: list[Entry]) -> Response:
    """An Atom feed (RFC 4287); its `updated` is that of the newest entry."""
    make: Any = ElementMaker(namespace=_ATOM, nsmap={None: _ATOM})
    newest = max((entry.updated for entry in entries), default="1970-01-01T00:00:00Z")
    root = make.feed(
        make.id(_SECRET.sub("", own)),
        make.title(clean(title)),
        make.updated(newest),
        make.author(make.name("政策文库")),
        make.link(rel="self", type="application/atom+xml", href=own),
        make.link(rel="alternate", type="text/html", href=page),
        *(_entry(make, entry) for entry in entries),
    )
    return _xml(root, "application/atom+xml")


def _entry(make: Any, entry: Entry) -> Any:
    return make.entry(
        make.id(entry.id),
        make.title(clean(entry.title)),
        make.updated(entry.updated),
        *(make.category(term=clean(term)) for term in entry.categories),
        make.link(rel="alternate", type="text/html", href=entry.link),
        make.content(clean(entry.content), type="html"),
    )


def _changed(told: Told) -> Entry:
    id, event = told.event.id, told.event
    title = told.document.metadata.title
    page = url_for("pages.document", id=id, _external=True)
    link = page
    if event.before:
        link = url_for("comparing.page", id=id, **{"from": event.before, "to": event.version or None}, _external=True)
    facts = interface_labels.facts(*_facts(told), changes.day_told(told.kind, event.when))
    content = Markup("<p>{}</p>").format(facts)
    if told.kind == "edited":
        content += Markup("<p>文号和日期没有变，正文变了。</p>")
    if told.comparison:
        content += Markup().join(_difference(told.comparison.changes()))
    tag = f"{page}#{told.event.kind}-{event.number}"
    return Entry(tag, f"{KINDS[told.kind]}：{title}", link, moment(event.when), content, (told.kind,))


def _facts(told: Told) -> tuple[str, str]:
    return told.document.metadata.issuer, told.document.metadata.document_number


def _difference(found: Iterable[SectionChange]) -> Iterator[Markup]:
    """What changed, section by section, with what came and went marked."""
    shown = [change for change in found if change.change != "same"]
    for change in shown[:_SECTIONS_SHOWN]:
        section = change.new or change.old
        yield Markup("<h3>{}：{}</h3><p>").format(CHANGES[change.change], section.label if section else "")
        for run in change.runs:
            tag = {"inserted": "<ins>{}</ins>", "deleted": "<del>{}</del>"}.get(run.kind, "{}")
            yield Markup(tag).format(run.text)
        yield Markup("</p>")
    if len(shown) > _SECTIONS_SHOWN:
        yield Markup("<p>另有 {} 节有变化。</p>").format(len(shown) - _SECTIONS_SHOWN)


def _hit(hit: Hit) -> Entry:
    address = f"{request.url_root.rstrip('/')}{hit.url}"
    path = " › ".join(hit.heading_path)
    content = Markup("<p>{}</p><p>{}</p>").format(path, interface_labels.highlighted(hit.snippet, hit.highlights))
    retrieved = ""
    with suppress(KbError):  # a file that cannot be read says so at its address; the others' entries are right
        retrieved = library().document(hit.document).provenance.retrieved
    return Entry(address, hit.title, address, moment(retrieved or hit.date), content)


def moment(iso: str) -> str:
    """A date or a time as RFC 3339 wants it; what is neither counts as the beginning of time."""
    try:
        moment = datetime.fromisoformat(iso)
        return f"{moment.astimezone(UTC) if moment.tzinfo else moment:%Y-%m-%dT%H:%M:%SZ}"
    except (ValueError, OverflowError):
        return "1970-01-01T00:00:00Z"


def _day(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"


def _xml(root: Any, mimetype: str) -> Response:
    return Response(etree.tostring(root, xml_declaration=True, encoding="utf-8"), mimetype=mimetype)
