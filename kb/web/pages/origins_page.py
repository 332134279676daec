"""A page for a text that somebody has: where each of its sentences comes from."""

from __future__ import annotations

from flask import Blueprint, render_template, request

from kb.search.answer.origins import MAX_PASTE
from kb.web.context.library import library

WORDS = {
    "found": "原文",
    "changed": "有改动",
    "not found": "没有找到",
    "not looked for": "没有原文，没来得及找相近的",
    "too short": "太短，没有找",
}
"""What becomes of a sentence, as it is said."""

blueprint = Blueprint("origins", __name__)


@blueprint.route("/origins", methods=["GET", "POST"])
def page() -> str:
    """A form for a text, and below it where each of its sentences comes from."""
    text = request.form.get("text", "")
    found = library().engine.origins(text) if text.strip() else ()
    return render_template(
        "origins.html", text=text, found=found, asked=bool(text.strip()), words=WORDS, longest=MAX_PASTE
    )
