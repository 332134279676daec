"""What a site's list says there is: the plain data between the listers of each kind of site and a refresh."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Protocol, TypeVar

from kb.base.errors import KbError
from kb.fetch.network.fetched import Fetched
from kb.fetch.network.urls import Form

T = TypeVar("T")


class SourceError(KbError):
    """A source as a whole did not answer as it should; nothing of it may be taken as gone."""

    exit_code = 7
    status = 502


@dataclass(frozen=True, slots=True)
class Item:
    """A document that a list offers.

    `key` names it within its source for good: the site's number, else a short form of its address. `published` is ISO
    8601 or "". `labels` is what the list says, by the label a page would print (标题, 文号, 发布日期, …); `attachments` are
    (name, address). `stamp` is whatever tells a changed document (a sitemap's lastmod, a file's size and time).
    """

    key: str
    url: str
    title: str = ""
    published: str = ""
    category: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    attachments: tuple[tuple[str, str], ...] = ()
    stamp: str = ""

    @property
    def digest(self) -> str:
        """Return whether the list says something new: of title, number, dates, validity and attachments.

        Categories are left out: one post under two of them is one document.
        """
        told = {label: self.labels.get(label, "") for label in ("文号", "成文日期", "有效性")}
        text = json.dumps([self.title, self.published, told, self.attachments, self.stamp], ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def dump(self) -> str:
        """Return the item as JSON."""
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def load(cls, text: str) -> Item:
        """Read an item that `dump` wrote."""
        values = json.loads(text)
        return cls(**{**values, "attachments": tuple((name, url) for name, url in values["attachments"])})


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list; `total` and `pages` are how many items and pages the list says it has, 0 when it does not say.

    `notes` are sentences about what the list names and cannot be taken. A `doubtful` page is none: the list named one
    that is not there, which may be its end.
    """

    items: tuple[Item, ...]
    total: int = 0
    notes: tuple[str, ...] = ()
    pages: int = 0
    doubtful: bool = False


class Web(Protocol):
    """How a lister asks a site."""

    def read(
        self, url: str, reader: Callable[[Fetched], T], proves: Callable[[T], bool] = bool, form: Form | None = None
    ) -> T | None:
        """Fetch a page of a list and return what `reader` finds in it; None where there is no page (404, 410).

        With a `form` the address is asked by POST.
        What was found is proof that the page is the one asked for where `proves` says so; only a page without proof is
        searched for signs of a challenge. Raises FetchError, SourceError for an answer that is no page, and what
        `reader` raises.
        """


Lists = Iterator[Iterator[Page]]
"""The lists of a source, each newest first, asked for page by page as they are consumed."""


def short_key(url: str) -> str:
    """Make a key of an address that holds no number of the site's own."""
    return hashlib.sha256(url.encode()).hexdigest()[:12]


def there(found: T | None, url: str) -> T:
    """Return what was found at the address that the settings name. Raises SourceError where there is nothing."""
    if found is None:
        raise SourceError(f"{url} 不存在：请检查 url。")
    return found
