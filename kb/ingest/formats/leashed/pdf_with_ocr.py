"""PDF → text lines, pages without a text layer by OCR."""

from __future__ import annotations

from functools import partial

from kb.ingest.formats.leashed import ocr, pdf_pages

convert = partial(pdf_pages.convert, recognise=ocr.recognise)
