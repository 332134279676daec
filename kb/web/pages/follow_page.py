"""How a reader follows something: the page 订阅 that feeds, mail and groups' robots share, and the links in letters."""

from __future__ import annotations

import shlex
from threading import Thread

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from kb.base.errors import NotFoundError, UsageError
from kb.config.settings import is_mail_address
from kb.upkeep.follow.delivery import ask, send_confirmations
from kb.upkeep.follow.subscriptions import RHYTHMS, Rhythm, Subscription, Subscriptions, Target
from kb.web.context.arguments import number
from kb.web.context.library import library
from kb.web.view import search_form
from kb.web.view.changes import KINDS
from kb.web.view.lookup import find_document

blueprint = Blueprint("follow", __name__)


@blueprint.route("/follow", methods=["GET", "POST"])
def everything() -> BaseResponse | str:
    """How all changes of the library are followed."""
    return _page(Target("all", url_for("changes.page")), url_for("feeds.latest", _external=True), "--all")


@blueprint.route("/d/<id>/follow", methods=["GET", "POST"])
def document(id: str) -> BaseResponse | str:
    """How one document is followed. Raises NotFoundError."""
    title = find_document(id).metadata.title
    target = Target("document", url_for("pages.document", id=id, on=None), id, title=title)
    feed = url_for("feeds.latest", document=id, _external=True)
    return _page(target, feed, f"--document {shlex.quote(id)}")


@blueprint.route("/search/follow", methods=["GET", "POST"])
def search() -> BaseResponse | str:
    """How a search is followed. Raises UsageError for one that finds nothing new ever."""
    asked = search_form.asked()
    if asked.empty:
        raise UsageError("还没有检索什么：请先检索，再在结果页上订阅。")
    if asked.on:
        raise UsageError(f"{asked.on} 的文本不会再变，不能订阅：请去掉时点。")
    now = library().search(asked.q, 1, 0, conditions=asked.conditions)
    parameters = {name: values for name, values in asked.parameters().items() if name not in ("order", "group")}
    target = Target("search", url_for("pages.search", **parameters), asked.q, asked.conditions)  # type: ignore[arg-type]
    command = f"--search {shlex.quote(target.path if asked.conditions else asked.q)}"
    return _page(target, url_for("feeds.hits", _external=True, **parameters), command, now.total)  # type: ignore[arg-type]


@blueprint.route("/follow/confirm", methods=["GET", "POST"])
def confirm() -> Response:
    """Ask whether an address is to get letters, and when the button is pressed let it. Raises NotFoundError."""
    kept, found = _linked()
    if request.method == "POST" and found.state == "asked":
        found = kept.confirm(found)
    return _unkept(render_template("follow_link.html", page="confirm", found=found, rhythms=RHYTHMS))


@blueprint.route("/follow/leave", methods=["GET", "POST"])
def leave() -> Response:
    """Ask whether a subscription is to end; a press of the button, or the mail program's one click (RFC 8058), ends it."""
    kept, found = _linked()
    if request.method == "POST" and found.state != "left":
        kept.leave(found)
        found = kept.find(found.number, found.token)
    return _unkept(render_template("follow_link.html", page="leave", found=found, rhythms=RHYTHMS))


def _page(target: Target, feed: str, command: str, total: int = 0) -> BaseResponse | str:
    """Return the page of something that can be followed; a form that was sent is answered by another page."""
    if request.method == "POST":
        _ask(target)
        return redirect(f"{request.full_path.rstrip('?')}{'&' if request.args else '?'}asked=1", 303)
    return render_template(
        "follow.html",
        target=target,
        feed=feed,
        command=command,
        total=total,
        mail=bool(library().settings.mail.host),
        asked="asked" in request.args,
        rhythms=RHYTHMS,
        kinds=KINDS,
    )


def _ask(target: Target) -> None:
    """Have a letter sent by which whoever has an address says that they want it. Raises UsageError and TooOftenError.

    The letter is sent beside: no reader waits for a mail server, or learns by the time whether an address is known.
    """
    settings = library().settings
    if not settings.mail.host:
        raise NotFoundError("这里没有开设邮件订阅：请用 Atom 订阅。")
    recipient = request.form.get("mail", "").strip()
    if not is_mail_address(recipient):
        raise UsageError("邮箱的写法不对：应当像 name@example.com，只写一个，不带姓名。")
    if not settings.mail.writes_to(recipient):
        raise UsageError(f"这里只给 {'、'.join(settings.mail.domains)} 的邮箱寄信。")
    chosen = request.form.get("rhythm", "daily")
    rhythm: Rhythm | None = next((each for each in RHYTHMS if each == chosen), None)
    if rhythm is None:
        raise UsageError(f"参数 rhythm 可以是 {'、'.join(RHYTHMS)}。")
    ask(settings, Subscription("mail", recipient, target, rhythm), request.remote_addr or "")
    Thread(target=send_confirmations, args=(settings,), daemon=True).start()


def is_led_by_letter() -> bool:
    """Return whether the present request ends a subscription by the link of a letter: that is as good as a password for this."""
    if request.endpoint != f"{blueprint.name}.leave":
        return False
    try:
        _linked()
    except (NotFoundError, UsageError):
        return False
    return True


def _linked() -> tuple[Subscriptions, Subscription]:
    """Return the subscription that the link of a letter names. Raises NotFoundError."""
    kept = Subscriptions(library().settings.follow)
    return kept, kept.find(number("s", 0, 0, 10**9), request.args.get("t", ""))


def _unkept(page: str) -> Response:
    answer = make_response(page)
    answer.headers["Cache-Control"] = "no-store"
    return answer
