"""What a page's own style sheets say of how its text is shown, written into the elements' style attributes.

Only what changes the text for its reader: hidden, struck, raised and lowered text, white space, numbers of lists.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from bs4 import BeautifulSoup
from soupsieve import SelectorSyntaxError

from kb.base.lazy_re import lazy_re

_SHEET = lazy_re(r"<style\b[^>]*>(.*?)</style", re.IGNORECASE | re.DOTALL)
_COMMENT = lazy_re(r"/\*.*?\*/|<!--|-->", re.DOTALL)
# @media and the like: their rules hold for paper, or for some screens only.
_CONDITIONAL = lazy_re(r"@[\w-]+[^{};]*(?:;|\{(?:[^{}]*\{[^{}]*\})*[^{}]*\})")
_RULE = lazy_re(r"([^{}]{1,400})\{([^{}]*)\}")
_TELLING = lazy_re(
    r"(?P<name>display|visibility|text-decoration(?:-line)?|vertical-align|white-space|list-style(?:-type)?|color)"
    r"\s*:\s*(?P<value>[^;]+)",
    re.IGNORECASE,
)
_SHOWN_OTHERWISE = lazy_re(
    r"none|hidden|line-through|super|\bsub\b|pre|list-style|#fff|white|content\s*:|counter-", re.IGNORECASE
)
_MOST_RULES = 300


def apply(soup: BeautifulSoup, found: list[tuple[str, str]]) -> None:
    """Write the telling declarations of a page's style sheets into its elements; what an element says itself prevails."""
    given: dict[int, dict[str, str]] = {}
    for selector, declarations in _telling(found):
        try:
            tags = soup.select(selector)
        except (SelectorSyntaxError, NotImplementedError):
            continue
        for tag in tags:
            given.setdefault(id(tag), {}).update(declarations)
    for tag in soup.find_all(True) if given else ():
        if declarations := given.get(id(tag), {}):
            own = str(tag.get("style", ""))
            names = {found["name"].lower() for found in _TELLING.finditer(own)}
            added = "".join(f"{name}:{value};" for name, value in declarations.items() if name not in names)
            tag["style"] = f"{added}{own}"


def rules(source: str) -> list[tuple[str, str]]:
    """Return selectors and declarations of a page's own style sheets."""
    sheets = "\n".join(_SHEET.findall(source))
    if not _SHOWN_OTHERWISE.search(sheets):
        return []
    return _RULE.findall(_CONDITIONAL.sub("", _COMMENT.sub(" ", sheets)))


def _telling(given: list[tuple[str, str]]) -> Iterator[tuple[str, dict[str, str]]]:
    count = 0
    for selector, block in given:
        declarations = {found["name"].lower(): found["value"].strip() for found in _TELLING.finditer(block)}
        if any(_SHOWN_OTHERWISE.search(f"{name}:{value}") for name, value in declarations.items()):
            count += 1
            if count > _MOST_RULES:
                return
            yield selector.strip(), declarations
