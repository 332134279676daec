"""What the pages say, in the reader's language. The Chinese sentence is the key; english.toml has its translation."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files

from markupsafe import Markup

from kb.web.context.preferences import preference


def page_language() -> str:
    """The language of the page's own words, as the `lang` of its elements; the documents' is always zh-CN."""
    return "en" if preference("lang") == "en" else "zh-CN"


@cache
def english() -> dict[str, str]:
    """The catalogue: Chinese → English, with the same `{names}` and elements in both."""
    text = (files("kb.web") / "english.toml").read_text(encoding="utf-8")
    return dict(tomllib.loads(text))


def say(sentence: str, **values: object) -> Markup:
    """A sentence of the pages in the reader's language, with `values` put in its `{names}`, escaped."""
    translated = english().get(sentence, sentence) if preference("lang") == "en" else sentence
    return (
        Markup(translated).format(**values) if values else Markup(translated)
    )  # most have none, a page says a thousand
