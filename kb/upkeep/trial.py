"""`kb source try`: what a source would take and what it would miss. Its first posts are walked into a folder that is thrown
away, by the very walk that a refresh is."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice

from kb.base import scratch
from kb.base.errors import KbError, UsageError
from kb.base.model import Attachment, Document
from kb.config.settings import Settings
from kb.config.sources import Source
from kb.corpus.folder import Corpus
from kb.fetch.lists.family import Obtain, families, obtainer
from kb.fetch.lists.folder_of_files import Folder
from kb.fetch.lists.item import Item, Lists, Page
from kb.fetch.network.fetch import Fetcher
from kb.fetch.network.pace import Hosts
from kb.fetch.network.urls import absolute
from kb.upkeep.keeping import Keeper
from kb.upkeep.refresh import SiteWeb, manners
from kb.upkeep.selection import Selection
from kb.upkeep.state import State
from kb.upkeep.walk import Walk

_PAGES = 2
_POSTS = 3


@dataclass(frozen=True, slots=True)
class Trial:
    """What a source would take: the newest `items` (and whether each is selected), the first ones as `documents`.

    `total` is how many items its lists say there are, 0 when they do not say; `pages` how many items each page had that
    was looked at; `misses` says what would not come, `problem` why something failed.
    """

    items: tuple[tuple[Item, bool], ...]
    total: int = 0
    pages: tuple[int, ...] = ()
    documents: tuple[Document, ...] = ()
    misses: tuple[str, ...] = ()
    problem: str = ""

    @property
    def files(self) -> tuple[Attachment, ...]:
        """The attachments of the documents."""
        return tuple(file for each in self.documents for file in each.provenance.attachments)


def try_source(source: Source, settings: Settings, limit: int = 20, hosts: Hosts | None = None) -> Trial:
    """Look at the head of a source's lists and at its first posts. Nothing is kept. Raises UsageError, FetchError."""
    if source.problem:
        raise UsageError(source.problem)
    family, hosts = families()[source.kind], hosts or Hosts()
    if family.lists is None:
        folder, now = Folder(source, settings), hosts.clock.now()
        return _look(source, settings, limit, hosts, folder.lists(), lambda url, _: folder.read(url, now))
    with Fetcher(manners(source, settings), hosts) as fetcher:
        lists = family.lists(source, SiteWeb(fetcher), {})
        obtain = obtainer(family, lambda url, known: fetcher.get(url, conditional=known))
        return _look(source, settings, limit, hosts, lists, obtain)


def _look(source: Source, settings: Settings, limit: int, hosts: Hosts, lists: Lists, obtain: Obtain) -> Trial:
    selection = Selection(source.select)
    items, sizes, total, misses = list[tuple[Item, bool]](), list[int](), 0, list[str]()
    for pages in lists:
        seen = list(islice(pages, _PAGES))
        total += max((page.total for page in seen), default=0)
        sizes += [len(page.items) for page in seen if not page.doubtful]
        items += [(item, selection.may(item)) for page in seen for item in page.items]
        misses += [note for page in seen for note in page.notes]
        misses += _lacks(source, seen)
        if len(items) >= limit:
            break
    first = tuple(item for item, selected in items[:limit] if selected)[:_POSTS]
    documents, notes, problem = _walked(source, settings, hosts, first, obtain) if first else ((), (), "")
    return Trial(tuple(items[:limit]), total, tuple(sizes), documents, (*misses, *notes), problem)


def _lacks(source: Source, pages: list[Page]) -> list[str]:
    """Say what the first two pages of a list let one fear."""
    if len([page for page in pages if page.items]) != 1:
        return []
    (page,) = (page for page in pages if page.items)
    if page.total > len(page.items):
        return [f"列表说共有 {page.total} 条，只看到 {len(page.items)} 条：第二页没有找到。"]
    if page.pages > 1:
        return [f"列表说共有 {page.pages} 页，只看到 1 页：第二页没有找到。"]
    if page.total or source.kind not in ("listing", "trs", "numbered"):
        return []
    return ["只看到一页，网页上也没有说共有几条：如果有第二页，它没有被认出来。"]


def _walked(
    source: Source, settings: Settings, hosts: Hosts, items: tuple[Item, ...], obtain: Obtain
) -> tuple[tuple[Document, ...], tuple[str, ...], str]:
    """Walk over some posts; return their documents, what was said, and why it did not come to an end."""
    with scratch.folder("try") as folder:
        corpus = Corpus(folder / "corpus")
        with corpus.writing(), State(folder / "state.sqlite") as state:
            join = Folder.join if source.kind == "files" else absolute
            now = hosts.clock.now()
            keeper = Keeper(corpus, source.name, settings)
            walk = Walk(source, obtain, keeper, state, Selection(source.select), now, False, lambda *_: None, join)
            walk.number = 1
            try:
                walk.run(iter([iter([Page(items)])]))
                problem = ""
            except KbError as error:
                problem = str(error)
        found = {each.provenance.origin: each for each in corpus.documents() if not each.provenance.attached_to}
    documents = tuple(found[item.url] for item in items if item.url in found)
    failed = walk.tally.suspicious or walk.tally.failed
    said = tuple(walk.tally.notes)
    return documents, said, problem or ("；".join(said) if failed and not documents else "")
