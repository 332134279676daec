"""PDF, made of the print view.

WeasyPrint sets it: line breaking by Pango's rules for Chinese, fonts of the system, text that can be selected, bookmarks
from the headings. It needs Pango and a Chinese font on the machine; where they are missing the answer says so.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from functools import cache, lru_cache
from typing import Any

from kb.base.errors import StorageError
from kb.export.formats import Format
from kb.export.page import page
from kb.export.scope import Selection

_NEEDED = "apt install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fontconfig fonts-noto-cjk"


def pdf(selection: Selection) -> bytes:
    """Return the print view as PDF. Raises StorageError where the machine lacks what it takes."""
    return _typeset(page(selection).decode(), selection.document.provenance.snapshot[:32])


@lru_cache(maxsize=16)
def _typeset(html: str, identifier: str) -> bytes:
    made = _typesetter()(string=html, url_fetcher=_refuse)
    data: bytes = made.write_pdf(pdf_variant="pdf/ua-1", pdf_identifier=identifier.encode())
    return data


@cache
def _typesetter() -> Callable[..., Any]:
    """WeasyPrint's entry. Raises StorageError where Pango or a Chinese font is missing."""
    try:
        from weasyprint import HTML
    except OSError as error:
        raise StorageError(f"这台机器还不能生成 PDF，缺少排版库（{error}）：请由管理员运行 {_NEEDED}。") from error
    lister = shutil.which("fc-list")
    fonts = subprocess.run([lister, ":lang=zh-cn", "family"], capture_output=True, timeout=60) if lister else None
    if fonts is None or not fonts.stdout.strip():
        raise StorageError(f"这台机器还不能生成 PDF，没有中文字体：请由管理员运行 {_NEEDED}。")
    entry: Callable[..., Any] = HTML
    return entry


def _refuse(url: str, *_: object, **__: object) -> dict[str, Any]:
    """Fetch nothing: all that a print view needs stands in it."""
    raise ValueError(url)


PDF = Format("pdf", "PDF", "PDF", "application/pdf", pdf, order=2, slow=True)
