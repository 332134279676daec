"""The interface uses the words of docs/glossary.md, and none that the page says are not used."""

from __future__ import annotations

import re
from pathlib import Path

import kb.web
from kb.export.formats import labels
from kb.web.languages import languages

ROOT = Path(kb.web.__file__).parent
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in (ROOT.parents[1] / "docs" / "glossary.md").read_text(encoding="utf-8").splitlines()
    if line.startswith("| ") and not line.startswith(("| 用 |", "|---"))
]


def shown() -> str:
    """Return all that the pages say: their templates, what their code hands to them, and the names of formats."""
    files = [path for folder in ("templates", "pages", "view", "context") for path in (ROOT / folder).rglob("*.*")]
    said = [path.read_text(encoding="utf-8") for path in files if path.suffix in (".html", ".py", ".xml")]
    return "\n".join((*said, *labels().values(), *languages()["en"].sentences))


def test_every_word_of_the_glossary_is_on_a_page() -> None:
    said = shown()
    used = [word for row in ROWS for word in re.split(" · ", row[0])]
    assert len(ROWS) > 20
    assert [word for word in used if word not in said] == []


def test_no_page_uses_a_word_that_the_glossary_replaces() -> None:
    said = shown()
    assert [row[2] for row in ROWS if row[2] in said] == []
