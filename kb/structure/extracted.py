"""What a reader of files hands on: the text of a document and what the file that holds it says of it."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass, field

from kb.base.model import Account


@dataclass(frozen=True, slots=True)
class Extracted:
    """The text of one file, before repair.

    `text` has one paragraph a line, each ending with "\\n", no blank lines, no white space at the ends of a line.
    `levels` maps a line's index in `text` (from 0) to its heading level (1–6) where the file marks headings.
    `bold_numbers` are the indices of lines that begin with a bold number of an article (第二条) before text that is not bold.
    `labels` are metadata that the file carries outside its text (rows of a page's table, meta tags, front matter), label
    → value as found; `hows` says of each label where it stood: "table", "meta", "front matter", "title" or "script".
    `attachments` are (name, address as found) of the files that a page links to.
    `account` says what the file holds besides. `notes` are Chinese sentences for readers (images and attachments that are not part of the text, for instance).
    """

    text: str
    media_type: str
    title: str = ""
    levels: Mapping[int, int] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    hows: Mapping[str, str] = field(default_factory=dict)
    encoding: str = ""
    converter: str = ""
    notes: tuple[str, ...] = ()
    attachments: tuple[tuple[str, str], ...] = ()
    account: Account = field(default_factory=Account)
    bold_numbers: Set[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Recognised:
    """What OCR read: the text of pages by index (from 0), who read it, and sentences on how sure it is."""

    pages: Mapping[int, str]
    converter: str
    notes: tuple[str, ...]
