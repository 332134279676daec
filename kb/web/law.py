"""What a document cites and what cites it, for people and for programs."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify

from kb.law import answers
from kb.web.library import library

api = Blueprint("law_api", __name__)


@api.get("/documents/<id>/citations")
def citations(id: str) -> Response:
    """Answer a list of every citation in a document: where it stands, what it names, which document and place it means."""
    with library().law.reading() as reader:
        return jsonify([answers.as_json(each) for each in answers.citations(reader, id)])
