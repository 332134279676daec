"""What readers choose for themselves: language, colours, size of the text, shortcuts. Kept in cookies of their browser."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from flask import Blueprint, Response, g, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from kb.base.errors import UsageError
from kb.base.lazy_re import lazy_re
from kb.web.languages import languages

blueprint = Blueprint("preferences", __name__)

# The first of each is what holds until somebody chooses.
CHOICES = {
    "lang": tuple(languages()),
    "scheme": ("auto", "light", "dark"),
    "size": ("normal", "large", "larger"),
    "keys": ("on", "off"),
}
_PREFIX = "kb-"
_YEAR = 365 * 24 * 3600
# A header cannot carry a control character, and browsers pass over some of them: /<tab>/elsewhere is //elsewhere to them.
_NO_ADDRESS = lazy_re(r"[^/]|/[/\\]|.*[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]", re.DOTALL)


def preference(name: str) -> str:
    """What the reader chose; for the language, an address that ends in `?lang=en` is a choice, too."""
    chosen: dict[str, str] = g.setdefault("preferences", {})  # every sentence of a page asks for the language
    if name not in chosen:
        asked = request.args.get(name, "") if name == "lang" else ""
        values = (asked, request.cookies.get(_PREFIX + name, ""), CHOICES[name][0])
        chosen[name] = next(value for value in values if value in CHOICES[name])
    return chosen[name]


@blueprint.before_app_request
def check_language() -> None:
    """Refuse a language that there is not. Raises UsageError."""
    asked = request.args.get("lang")
    if asked is not None and asked not in CHOICES["lang"]:
        told = "、".join(f"{tag}（{language.name}）" for tag, language in languages().items())
        raise UsageError(f"没有“{asked[:20]}”这种界面语言：lang 可以是 {told}。")


@blueprint.after_app_request
def keep_language(response: Response) -> Response:
    """Remember the language that an address asked for."""
    asked = request.args.get("lang")
    if asked in CHOICES["lang"] and response.mimetype == "text/html":
        _keep(response, "lang", asked)
    return response


@blueprint.post("/preferences")
def choose() -> BaseResponse:
    """Keep the choices of a form and lead `back` to the page that it stood on. Raises UsageError."""
    back = request.form.get("back", "/")
    if not back or _NO_ADDRESS.match(back) or urlsplit(back).netloc:
        raise UsageError("参数 back 应当是本站的地址，以 / 开头，里面没有换行之类的控制字符。")
    answer = redirect(back, 303)
    for name in ("scheme", "size", "keys"):
        value = request.form.get(name, CHOICES[name][-1] if name == "keys" else CHOICES[name][0])
        if value not in CHOICES[name]:
            raise UsageError(f"参数 {name} 可以是 {'、'.join(CHOICES[name])}。")
        _keep(answer, name, value)
    return answer


def _keep(response: BaseResponse, name: str, value: str) -> None:
    # Readable by the page's own script, which applies a choice at once.
    response.set_cookie(_PREFIX + name, value, max_age=_YEAR, samesite="Lax")
