"""The print view, a page of HTML that needs nothing else."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup, escape

from kb.cite.facts import days
from kb.export.blocks import DOUBTFUL, Block, blocks, clean
from kb.export.scope import Selection

_HERE = Path(__file__).parent


def page(selection: Selection) -> bytes:
    """Return the print view: one file of HTML with its style in it."""
    facts = selection.document.metadata
    told = (facts.issuer, facts.document_number, days(selection.document), selection.citation.pinpoint)
    line = "　".join(filter(None, told))
    style = Markup((_HERE / "page.css").read_text(encoding="utf-8"))
    environment = Environment(loader=FileSystemLoader(_HERE), autoescape=True, trim_blocks=True, lstrip_blocks=True)
    environment.filters["doubtful"] = _doubtful
    made = environment.get_template("page.html").render(
        selection=selection,
        facts=facts,
        provenance=selection.document.provenance,
        line=line,
        style=style,
        blocks=[block for block in blocks(selection) if not _is_title(block, facts.title)],
    )
    return clean(made).encode()


def _doubtful(text: str) -> Markup:
    """Mark the signs of characters that could not be read."""
    marked = (
        f'<mark title="存疑">{escape(part)}</mark>' if place % 2 else escape(part)
        for place, part in enumerate(DOUBTFUL.split(text))
    )
    return Markup("".join(marked))


def _is_title(block: Block, title: str) -> bool:
    return block.anchor == "title" and "".join(block.text.split()) == "".join(title.split())
