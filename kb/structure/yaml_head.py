"""The YAML head of a text between two `---` lines, of any making; what kb writes itself is `kb.corpus.front_matter`."""

from __future__ import annotations

from typing import Any

import yaml

FENCE = "---\n"
_LOADER: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


class TooDeepError(yaml.YAMLError):
    """Lists in lists, deeper than anybody writes them."""


def split(text: str) -> tuple[str, str]:
    """Return (front matter with its `---` lines, body); the front matter is "" where there is none."""
    body = end(text)
    return text[:body], text[body:]


def end(text: str) -> int:
    """Find where the body starts."""
    if not text.startswith(FENCE):
        return 0
    end = text.find(f"\n{FENCE}", len(FENCE) - 1)
    return 0 if end < 0 else end + 1 + len(FENCE)


def parse(head: str) -> Any:
    """Parse a head with its `---` lines; every scalar is the string that is printed. Raises yaml.YAMLError."""
    try:
        return yaml.load(head.removeprefix(FENCE).removesuffix(FENCE), _LOADER)
    except RecursionError as error:
        raise TooDeepError from error


def read_any(head: str) -> dict[str, Any]:
    """Read front matter of any making as nested strings; {} when it is no YAML mapping."""
    try:
        values = parse(head)
    except yaml.YAMLError:
        return {}
    return values if isinstance(values, dict) else {}


def fault(text: str) -> str:
    """Say what keeps the front matter of a file of any making from being read, "" when nothing does or there is none."""
    try:
        parse(split(text)[0])
    except yaml.YAMLError as error:
        return explain(error)
    return ""


def explain(error: yaml.YAMLError) -> str:
    """Say where a head stops being YAML."""
    if isinstance(error, TooDeepError):
        return "一层套一层，套得太深"
    if not isinstance(error, yaml.MarkedYAMLError):
        return "其中有 YAML 不允许的字符"
    # Of a bracket or a quote that is never closed, the place where it opens says more than the end of the text.
    mark = error.problem_mark if "block" in (error.context or "block") else error.context_mark
    line = mark.line + 2 if mark else 1  # marks count from 0, below the first ---
    return f"第 {line} 行附近不是合格的 YAML"
