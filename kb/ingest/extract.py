"""HTML → title, metadata, text. The only place that knows HTML."""

from __future__ import annotations

from kb.ingest.charset import decode
from kb.ingest.extracted import Extracted


def extract_html(data: bytes, *, content_type: str | None = None) -> Extracted:
    """Read an HTML page: its document's text as lines, and the metadata that the page gives.

    Raises UnreadableError when the bytes are no text or hold no document.
    """
    raise NotImplementedError(decode, data, content_type)
