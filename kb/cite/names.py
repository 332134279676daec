"""The forms of a citation by name. Nothing else is needed to know them."""

FORMS = {
    "manual": "《法学引注手册》",
    "gbt7714": "GB/T 7714—2015",
    "quotation": "引文与出处",
    "markdown": "Markdown",
    "bibtex": "BibTeX",
    "ris": "RIS",
    "csl": "CSL-JSON",
}
"""The name of each form → what readers call it."""
