"""Long lists in pages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import url_for

from kb.web.context.arguments import number
from kb.web.view.lookup import Missing

LAST_PAGE = 100_000


def paging(total: int, size: int, endpoint: str, **parameters: Any) -> tuple[int, int, Callable[[int], str]]:
    """Return this page's number, the last one's, and what makes a page's address. Raises Missing beyond the last."""
    page, last = number("page", 1, 1, LAST_PAGE), max(-(-total // size), 1)

    def address(page: int) -> str:
        return url_for(endpoint, **parameters, page=page if page > 1 else None)

    if page > last:
        raise Missing(f"没有第 {page} 页：一共 {last} 页。", [(f"第 {last} 页", address(last))])
    return page, last, address
