"""What the pages say, in the reader's language. The Chinese sentence is the key; english.toml has its translation."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files

from markupsafe import Markup

from kb.web.preferences import preference


@cache
def english() -> dict[str, str]:
    """The catalogue: Chinese → English, with the same `{names}` and elements in both."""
    text = (files("kb.web") / "english.toml").read_text(encoding="utf-8")
    return dict(tomllib.loads(text))


def say(sentence: str, **values: object) -> Markup:
    """A sentence of the pages in the reader's language, with `values` put in its `{names}`, escaped."""
    translated = english().get(sentence, sentence) if preference("lang") == "en" else sentence
    return Markup(translated).format(**values)
