"""What the pages say, in the reader's language. The Chinese sentence is the key of every translation."""

from __future__ import annotations

from typing import Protocol

from markupsafe import Markup

from kb.base import deadline
from kb.web.context.preferences import preference
from kb.web.languages import languages


class Labelled(Protocol):
    """A thing that says itself what Chinese and English readers call it."""

    @property
    def label(self) -> str:
        """Its Chinese name."""

    @property
    def english(self) -> str:
        """Its English name."""


def page_language() -> str:
    """Return the language of the page's own words, as the `lang` of its elements; the documents' is always zh-CN."""
    return languages()[preference("lang")].tag


def say(sentence: str, **values: object) -> Markup:
    """Return a sentence of the pages in the reader's language, with `values` put in its `{names}`, escaped."""
    deadline.check()  # every page says many
    translated = languages()[preference("lang")].sentences.get(sentence, sentence)
    if isinstance(translated, list):
        translated = translated[0 if str(values.get("n")) == "1" else 1]
    return (
        Markup(translated).format(**values) if values else Markup(translated)
    )  # most have none, a page says a thousand


def named(thing: Labelled) -> Markup:
    """Return what the reader calls a thing that carries its own names."""
    return Markup.escape(thing.english) if page_language() == "en" else say(thing.label)
