"""What a document cites and what cites it, for people and for programs."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Blueprint, Response, jsonify, request

from kb.errors import UsageError
from kb.law import answers
from kb.law.checking import check
from kb.web.library import library

api = Blueprint("law_api", __name__)


@api.get("/documents/<id>/citations")
def citations(id: str) -> Response:
    """Answer a list of every citation in a document: where it stands, what it names, which document and place it means."""
    with library().law.reading() as reader:
        return jsonify([answers.as_json(each) for each in answers.citations(reader, id)])


@api.post("/citations")
def check_text() -> Response:
    """Answer the same for the `text` that is sent, written `on` a day, with what became of each: `status`, `note`, `evidence`."""
    told = _posted()
    today = date.today().isoformat()
    with library().law.reading() as reader:
        return jsonify([each.as_json() for each in check(reader, told["text"], told.get("on") or today, today)])


def _posted() -> dict[str, Any]:
    """Answer the object that was sent. Raises UsageError for anything but {"text": …, "on": …}."""
    told = request.get_json(silent=True)
    if not isinstance(told, dict) or not isinstance(told.get("text"), str) or not isinstance(told.get("on") or "", str):
        raise UsageError('请发送 JSON：{"text": "要核对的文字", "on": "2021-11-22"}，on 可以省略。')
    return told
