"""A document's metadata for machines that read the page: schema.org Legislation as JSON-LD, and Dublin Core."""

from __future__ import annotations

from typing import Any

from flask import url_for

from kb.cite.facts import issuers
from kb.export.formats import formats
from kb.law.records import in_force_from
from kb.web.view.edition import Edition


def legislation(shown: Edition) -> dict[str, Any]:
    """Return the schema.org object of what is shown (https://schema.org/Legislation); facts not known are left out."""
    document = shown.document
    facts = document.metadata
    web = facts.url.startswith(("http://", "https://"))
    found = {
        "@context": "https://schema.org",
        "@type": "Legislation",
        "@id": url_for("pages.document", id=document.id, _external=True),
        "name": facts.title,
        "legislationIdentifier": facts.document_number,
        "legislationType": facts.kind,
        "legislationDate": facts.date,
        "datePublished": facts.published,
        "legislationDateOfApplicability": in_force_from(document),
        "legislationPassedBy": [{"@type": "GovernmentOrganization", "name": name} for name in issuers(facts)],
        "legislationJurisdiction": "CN",
        "inLanguage": "zh-CN",
        "version": shown.version,
        "isBasedOn": facts.url if web else "",
        "encoding": [
            {"@type": "LegislationObject", "encodingFormat": each.media_type, "contentUrl": _file(shown, each.ending)}
            for each in formats().values()
        ],
    }
    return {name: value for name, value in found.items() if value}


def dublin_core(shown: Edition) -> list[tuple[str, str]]:
    """Return the (name, content) of the page's meta elements (DCMI Metadata Terms); facts not known are left out."""
    facts = shown.document.metadata
    found = [
        ("DC.title", facts.title),
        *(("DC.creator", name) for name in issuers(facts)),
        ("DC.date", facts.date or facts.published),
        ("DC.type", facts.kind),
        ("DC.identifier", facts.document_number),
        ("DC.identifier", url_for("pages.document", id=shown.document.id, _external=True)),
        ("DC.source", facts.url or shown.document.provenance.origin),
        ("DC.language", "zh-CN"),
        ("DC.format", "text/html"),
    ]
    return [(name, content) for name, content in found if content]


def _file(shown: Edition, ending: str) -> str:
    version = shown.version or None
    return url_for("exporting.document", id=shown.document.id, version=version, format=ending, _external=True)


HELPERS = {"legislation": legislation, "dublin_core": dublin_core}
"""What the templates call."""
