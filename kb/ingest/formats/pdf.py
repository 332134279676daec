"""PDF files, by pypdf and pdfminer.six in a child process; scanned pages by OCR where that is switched on and installed."""

from __future__ import annotations

from importlib.util import find_spec

from kb.ingest.formats import convert
from kb.ingest.formats.registry import Format, Given
from kb.structure.extracted import Extracted


def read(data: bytes, given: Given) -> Extracted:
    """Read a PDF file. Raises UnreadableError."""
    recognise = given.settings.ocr and find_spec("rapidocr") and find_spec("pypdfium2")
    module = f"kb.ingest.formats.leashed.{'pdf_with_ocr' if recognise else 'pdf_pages'}"
    return convert.in_child(module, data, given.settings, "application/pdf", may_fork=not recognise)


FORMAT = Format(
    "pdf",
    {"zh": "PDF", "en": "PDF"},
    (".pdf",),
    read,
    ("application/pdf",),
    lambda data: data.startswith(b"%PDF"),
)
