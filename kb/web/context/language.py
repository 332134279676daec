"""What the pages say, in the reader's language. The Chinese sentence is the key of every translation."""

from __future__ import annotations

from functools import lru_cache
from string import Formatter
from typing import Protocol

from markupsafe import Markup, escape

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
    language = preference("lang")
    if not values:
        return _said(language, sentence)
    parts = _parts(_said(language, sentence, str(values.get("n")) == "1"))
    # str(): what is put in is escaped, and what stands before it must not be.
    return Markup("".join(before + (str(escape(values[name])) if name else "") for before, name in parts))


@lru_cache(10_000)
def _said(language: str, sentence: str, of_one: bool = False) -> Markup:
    translated = languages()[language].sentences.get(sentence, sentence)
    return Markup(translated if isinstance(translated, str) else translated[0 if of_one else 1])


@lru_cache(10_000)
def _parts(sentence: str) -> tuple[tuple[str, str], ...]:
    """Return the pieces of a sentence, each with the name of the value that follows it, "" where none does."""
    return tuple((before, name or "") for before, name, _, _ in Formatter().parse(str(sentence)))


def named(thing: Labelled) -> Markup:
    """Return what the reader calls a thing that carries its own names."""
    return Markup.escape(thing.english) if page_language() == "en" else say(thing.label)
