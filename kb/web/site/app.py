"""The web application: its parts, its headers, and the one place where errors become pages."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterable
from http import HTTPStatus
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from flask import Flask, Request, Response, current_app, g, jsonify, render_template, request, url_for
from flask_compress import Compress
from werkzeug.exceptions import HTTPException, MethodNotAllowed, RequestEntityTooLarge
from werkzeug.formparser import FormDataParser

from kb.base import metrics
from kb.base.deadline import Deadline, lifted, within
from kb.base.errors import KbError, StorageError, UnreadableError, UsageError
from kb.base.lazy_re import compile_all, lazy_re
from kb.config.settings import Settings
from kb.export.formats import formats
from kb.search.answer import suggestions
from kb.search.contract.engine import MAX_LIMIT
from kb.search.query import analysis
from kb.structure.statute import short_title
from kb.web.api import api, law_api
from kb.web.context import preferences
from kb.web.context.boundary import sees_details, told_alarm
from kb.web.context.language import named, page_language, say
from kb.web.context.library import EXTENSION, Library
from kb.web.languages import languages
from kb.web.pages import (
    atom_feeds,
    browsing,
    changes_page,
    citation_page,
    comparison_page,
    download_pages,
    follow_page,
    origins_page,
    pages,
    parallel_page,
)
from kb.web.pages.law_pages import HELPERS as LAW_HELPERS
from kb.web.pages.law_pages import blueprint as law_pages
from kb.web.site import hosts, operations, readers, telemetry
from kb.web.site.hosts import Hosts, guarded
from kb.web.view import as_of, cards, downloads, facet_lists, interface_labels, machine_metadata, short_addresses

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

_COMPRESSED = (
    *("text/html", "text/plain", "text/markdown", "text/csv", "text/css", "text/javascript"),
    *("application/json", "application/xml", "application/akn+xml", "application/atom+xml"),
    "application/opensearchdescription+xml",
)
_RETRY = "30"  # seconds; for what passes: a cluster that is being started, a disk that is being emptied
_MOST_FIELDS = 1_000  # of a form; werkzeug's own limit for those in parts
MOST_SENT = 16_000_000  # bytes; a million characters are nine times as many bytes in a form
_COMMAND = lazy_re(r"\bkb [a-z]+")
_REPEATED = 2_000  # characters of the arguments of an address, escaped
_YEAR = 365 * 24 * 3600
# Everything comes from this host, nothing is embedded elsewhere, and no query leaks in a Referer.
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
# What the pages of hosts that the settings name may do with the interface (CORS): it has nothing that needs a reader's
# identity, but what it answers may be nobody else's business, so no host is named unless the operator does.
_SHARED = {
    "Access-Control-Allow-Methods": "GET, HEAD, POST, OPTIONS",
    "Access-Control-Allow-Headers": "Authorization, Content-Type, If-None-Match, If-Modified-Since",
    "Access-Control-Expose-Headers": "ETag, Last-Modified, Link",
    "Access-Control-Max-Age": "86400",
    "Cross-Origin-Resource-Policy": "cross-origin",
}


class _Forms(FormDataParser):
    """Reads forms; one with more fields than any of ours is refused before it is taken apart, which keeps all readers."""

    def _parse_urlencoded(self, stream: IO[bytes], *how: Any) -> Any:
        sent = stream.read()
        if sent.count(b"&") > _MOST_FIELDS:
            raise RequestEntityTooLarge
        return super()._parse_urlencoded(io.BytesIO(sent), *how)


class _Request(Request):
    form_data_parser_class = _Forms


def create_app(settings: Settings) -> Flask:
    """Return the WSGI application over the corpus and the index that `settings` name. Neither need exist yet."""
    app = Flask("kb.web")
    app.request_class = _Request
    shelf = app.extensions[EXTENSION] = Library(settings)
    telemetry.follow(app, settings.log)  # first: it sees every request before and after all others
    app.config["SEND_FILE_MAX_AGE_DEFAULT"] = _YEAR  # addresses of static files carry their hash
    app.before_request(_refuse_strangers)
    known = Hosts(settings)
    readers.guard(app, settings, known)
    app.before_request(short_addresses.lead_on)
    app.config["MAX_CONTENT_LENGTH"] = app.config["MAX_FORM_MEMORY_SIZE"] = MOST_SENT
    app.config["ORIGINS"] = settings.origins
    app.config["DETAILS"], app.config["MONITORS"] = settings.boundary.details, settings.monitors
    app.config["CACHING"] = settings.boundary.caching
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters.update(interface_labels.FILTERS, source_name=shelf.title_of)
    app.jinja_env.globals.update(
        facts=interface_labels.facts,
        most_exported=(downloads.MOST_EXPORTED, MAX_LIMIT),
        short_title=short_title,
        page_numbers=interface_labels.page_numbers,
        static_url=_static_url(app),
    )
    app.jinja_env.globals.update(freshness=shelf.freshness, order_names=interface_labels.ORDERS)
    app.jinja_env.globals.update(
        citation_page.HELPERS,
        **comparison_page.HELPERS,
        **short_addresses.HELPERS,
        **machine_metadata.HELPERS,
        export_formats=formats,
    )
    app.jinja_env.globals.update(
        _=say,
        named=named,
        languages=languages,
        page_language=page_language,
        preference=preferences.preference,
        language_address=_language_address,
        here=_here,
        sees_details=sees_details,
        told_alarm=told_alarm,
    )
    app.register_blueprint(preferences.blueprint)
    app.jinja_env.globals.update(
        facet_names=interface_labels.FACETS, value_name=browsing.value_name, facet_address=browsing.address
    )
    app.register_blueprint(pages.blueprint)
    app.register_blueprint(browsing.blueprint)
    app.register_blueprint(parallel_page.blueprint)
    app.register_blueprint(origins_page.blueprint)
    app.register_blueprint(citation_page.blueprint)
    app.register_blueprint(comparison_page.blueprint)
    app.register_blueprint(download_pages.blueprint)
    app.register_blueprint(atom_feeds.blueprint)
    app.register_blueprint(follow_page.blueprint)
    app.register_blueprint(changes_page.blueprint)
    app.register_blueprint(operations.blueprint)
    app.register_blueprint(api.blueprint, url_prefix=api.PREFIX)
    app.register_blueprint(law_api.blueprint, url_prefix=api.PREFIX)
    app.register_blueprint(law_pages)
    app.jinja_env.globals.update(LAW_HELPERS)
    app.jinja_env.globals.update(cards.HELPERS, **facet_lists.HELPERS)
    app.url_defaults(as_of.keep_day)
    app.register_error_handler(KbError, _refuse)
    app.register_error_handler(HTTPException, _refuse)
    app.config["COMPRESS_MIMETYPES"] = _COMPRESSED
    Compress(app)  # before _finish: what is registered first comes last, when the answer has its ETag
    app.after_request(_finish)
    if settings.address:
        app.wsgi_app = _at(settings.address, app.wsgi_app)  # type: ignore[method-assign, assignment]
    app.wsgi_app = guarded(known, app.wsgi_app)  # type: ignore[method-assign, assignment]
    app.wsgi_app = _in_time(settings.seconds, app.wsgi_app)  # type: ignore[method-assign, assignment]
    return app


def load(app: Flask) -> None:
    """Load what no state of the library changes, before processes that share it are forked: patterns, dictionaries, templates."""
    compile_all()
    analysis.load()
    suggestions.load()
    for name in app.jinja_env.list_templates():
        app.jinja_env.get_template(name)


def _refuse_strangers() -> None:
    """Return nothing to a request for a host that is not here. Raises UsageError."""
    if hosts.STRANGER in request.environ:
        raise UsageError(hosts.refusal(request.environ[hosts.STRANGER]))


def _in_time(seconds: float, answer: WSGIApplication) -> WSGIApplication:
    """Let every request have so many seconds, and end when its reader has hung up, where the server sees that."""

    def answer_in_time(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        with within(Deadline(seconds, environ.get("waitress.client_disconnected", lambda: False))):
            return answer(environ, start)

    return answer_in_time


def _at(address: str, answer: WSGIApplication) -> WSGIApplication:
    """Let every request seem to have come to `address`: whole addresses are made of it, whatever the Host header says."""
    public = urlsplit(address)

    def answer_there(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        environ |= {"wsgi.url_scheme": public.scheme, "HTTP_HOST": public.netloc}
        return answer(environ, start)

    return answer_there


def _static_url(app: Flask) -> object:
    hashes = {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()[:8] for path in Path(str(app.static_folder)).iterdir()
    }
    return lambda name: url_for("static", filename=name, v=hashes[name])


def _language_address(language: str) -> str:
    """The address of the present page in a language."""
    arguments = {} if _is_refused_at_length() else request.args
    return f"{request.path}?{urlencode({**arguments, 'lang': language})}"


def _here() -> str:
    """The address of the present page, with its arguments."""
    return request.path if _is_refused_at_length() else request.full_path


def _is_refused_at_length() -> bool:
    """Whether this is the page of an error whose address is so long that it had better not be repeated."""
    return "error" in g and len(request.query_string) > _REPEATED


def _refuse(error: KbError | HTTPException) -> Response:
    """Return an error as a page in plain words, or below the API's prefix as a problem document (RFC 9457)."""
    with lifted():  # that the time was used up, too, takes some time to say
        return _answer(error)


def _answer(error: KbError | HTTPException) -> Response:
    status = error.status if isinstance(error, KbError) else error.code or 500
    g.error = str(error)
    metrics.ERRORS.labels(type(error).__name__).inc()
    if outside := readers.told_outside(error):
        if outside.status_code == HTTPStatus.SERVICE_UNAVAILABLE:
            outside.headers["Retry-After"] = _RETRY
        return outside
    heading, sentence = interface_labels.REFUSALS.get(status, interface_labels.REFUSALS[400 if status < 500 else 500])
    operator = ""
    if isinstance(error, KbError):
        heading = interface_labels.UNREADABLE if isinstance(error, UnreadableError) else heading
        sentence, operator = _told(error, sentence)
    if request.path.startswith(f"{api.PREFIX}/"):
        detail = operator if operator and sees_details() else sentence
        response = jsonify(type="about:blank", title=HTTPStatus(status).phrase, status=status, detail=detail)
        response.mimetype = "application/problem+json"
    else:
        near = getattr(error, "suggestions", ())
        page = render_template(
            "error.html", heading=heading, sentence=sentence, operator=operator, status=status, suggestions=near
        )
        response = Response(page)
    if isinstance(error, MethodNotAllowed):
        response.headers["Allow"] = ", ".join(sorted(error.valid_methods or ()))
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        response.headers["Retry-After"] = _RETRY
    response.status_code = status
    return response


def _told(error: KbError, usual: str) -> tuple[str, str]:
    """Return what an error says to readers, and to operators: what tells commands or files is for these, "" where nothing is."""
    said = str(error)
    if isinstance(error, UnreadableError):
        return interface_labels.UNREADABLE_NOW, said
    return (usual, said) if isinstance(error, StorageError) or _COMMAND.search(said) else (said, "")


def _finish(response: Response) -> Response:
    """Set the headers of every answer; what the browser already has is not sent again, the rest is compressed."""
    if request.path.startswith(f"{api.PREFIX}/"):
        _share(response)
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    if response.status_code == HTTPStatus.OK and not response.is_streamed:
        response.headers.setdefault("Cache-Control", "no-cache")
        response.add_etag(weak=True)
        response.make_conditional(request)
    if response.mimetype == "text/html":
        response.vary.add("Cookie")
    _keep_from_caches(response)
    return response


def _keep_from_caches(response: Response) -> None:
    """Say who may keep an answer; what the program itself brings may stay in the reader's browser."""
    caching = current_app.config["CACHING"]
    if caching == "shared":
        return
    if caching == "none" and request.endpoint != "static":
        response.headers["Cache-Control"] = "no-store, private"
        return
    asked = response.cache_control
    asked.public, asked.private = False, True


def _share(response: Response) -> None:
    """Let the pages of another host read an answer of the interface, where the settings allow it."""
    allowed = current_app.config["ORIGINS"]
    if not allowed:
        return
    response.vary.add("Origin")
    origin = request.headers.get("Origin", "")
    if "*" in allowed or origin in allowed:
        response.headers["Access-Control-Allow-Origin"] = "*" if "*" in allowed else origin
        response.headers.update(_SHARED)
