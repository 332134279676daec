"""What the gate set aside, for the operator to judge: take it as the document after all, or throw it away for good."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from kb.base import clock, storage
from kb.base.errors import NotFoundError, StorageError, UnreadableError, UsageError
from kb.base.model import Exchange
from kb.config.settings import Settings
from kb.config.sources import Source
from kb.corpus.folder import ASIDE, Corpus
from kb.fetch.lists.item import Item
from kb.fetch.network.fetch_errors import UnreachableError
from kb.fetch.network.fetched import Fetched, Validators
from kb.fetch.network.urls import absolute
from kb.upkeep import seals
from kb.upkeep.keeping import DROPPED, Keeper, every_record, records_in
from kb.upkeep.selection import Selection
from kb.upkeep.state import FOLDER, Post, State
from kb.upkeep.walk import Walk

_NO_MORE_TRIES = 99


@dataclass(frozen=True, slots=True)
class Aside:
    """An answer that was set aside: `name` calls it, `size` is in bytes (None where they cannot be read), `document` the good
    version that is held ("" for none).

    `is_post` tells the page of a post from the file of one; None where the source's memory is gone: nobody can tell then.
    """

    name: str
    source: str
    title: str
    url: str
    reason: str
    retrieved: str
    size: int | None
    document: str
    is_post: bool | None


def asides(corpus: Corpus, names: Sequence[str] = ()) -> Iterator[Aside]:
    """Yield what was set aside and not judged yet, of all sources or of some; damaged records are `unread`. Raises StorageError."""
    for folder in _folders(corpus, names):
        records = [(path, record) for path in records_in(folder) if (record := _read(path))]
        path = corpus.root / FOLDER / f"{folder.name}.sqlite"
        if records:
            with storage.refusals(path, "读"):
                is_known = path.is_file()
            with State(path, dry=True) as state:
                for path, record in records:
                    found = _aside(corpus, folder.name, path, record, state)
                    yield found if is_known else replace(found, is_post=None)


def need_sources(names: Sequence[str], corpus: Corpus, settings: Settings) -> None:
    """Raise NotFoundError for a name that is no source's, neither in the settings nor among what was set aside; StorageError."""
    known = {each.name for each in settings.sources} | {each.name for each in _folders(corpus, ())}
    for name in names:
        if name not in known:
            raise NotFoundError(f"没有名为“{name}”的来源：有的是 {'、'.join(sorted(known)) or '（没有）'}。")


def unread(corpus: Corpus, names: Sequence[str] = ()) -> int:
    """Count the records of what was set aside, of all sources or of some, that are damaged. Raises StorageError."""
    return sum(not _read(path) for folder in _folders(corpus, names) for path in records_in(folder))


def _folders(corpus: Corpus, names: Sequence[str]) -> list[Path]:
    return [each for each in storage.entries(corpus.root / ASIDE) if not names or each.name in names]


def _aside(corpus: Corpus, source: str, path: Path, record: dict[str, Any], state: State) -> Aside:
    post = state.get(record["key"])
    title = Item.load(post.item).title if post and post.item else ""
    size = None
    with suppress(NotFoundError, UnreadableError, StorageError):
        size = len(corpus.snapshot(record["snapshot"]))
    document = post.document if post else ""
    if document and not title:
        with suppress(NotFoundError, UnreadableError):
            title = corpus.read(document).metadata.title
    url = record["exchange"]["url"]
    return Aside(path.stem, source, title, url, record["reason"], record["retrieved"], size, document, bool(post))


def _read(path: Path) -> dict[str, Any]:
    """Return a record, {} for one that is damaged: `kb check` names that. Raises StorageError."""
    try:
        with storage.refusals(path, "读"):
            record = json.loads(path.read_bytes())
    except ValueError:
        return {}
    if not isinstance(record, dict) or not isinstance(exchange := record.get("exchange"), dict):
        return {}
    told = [exchange.get("url"), *(record.get(name) for name in ("key", "reason", "retrieved", "snapshot"))]
    return record if all(isinstance(each, str) for each in told) else {}


def accept(names: Sequence[str], corpus: Corpus, settings: Settings) -> list[str]:
    """Take pages that were set aside as the present text of their documents; return the documents' ids.

    The text that was held becomes a version. Attachments come with the next refresh. Raises UsageError for a name that
    is none, or a file's, UnreadableError for what holds no document, StorageError.
    """
    done = []
    with corpus.writing("source aside"):
        for name in names:
            source, path, record = _find(corpus, settings, name)
            with _opened(corpus, source) as state:
                done.append(_taken(source, record, corpus, settings, state))
                state.commit()
            seals.of_source(corpus.root, source.name).put_on()
            with storage.refusals(path):
                path.unlink()
    return done


def _taken(source: Source, record: dict[str, Any], corpus: Corpus, settings: Settings, state: State) -> str:
    key = record["key"]
    known = state.get(key)
    if known is None:
        raise UsageError(f"{key} 是附件，不是网页：请看过之后用 --drop 丢弃，网站恢复之后会再取。")
    item = Item.load(known.item) if known.item else Item(key, known.url)
    keeper = Keeper(corpus, source.name, settings)
    answer = _answer(record, known, corpus.snapshot(record["snapshot"]))
    subject = Selection(source.select)
    walk = Walk(source, _offline, keeper, state, subject, clock.now(), False, lambda *_: None, absolute)
    walk.number = known.walk
    walk.accept(item, known, answer)
    now = state.get(key)
    if now is None or not now.document or walk.tally.suspicious or (now.trouble and not walk.kept):
        raise UnreadableError(f"{record['exchange']['url']} 里读不出一份文件：{'；'.join(walk.tally.notes)}")
    return now.document


def _offline(url: str, validators: Validators | None) -> Fetched:  # noqa: ARG001
    raise UnreachableError("收下时不联网，下次更新再取。", url)


def _answer(record: dict[str, Any], known: Post, body: bytes) -> Fetched:
    """Make the answer again of what was kept of it."""
    exchange = Exchange(**record["exchange"])
    return Fetched(
        url=known.url,
        final_url=exchange.url,
        status=exchange.status,
        reason="",
        request_headers=tuple(exchange.request.items()),
        response_headers=tuple(exchange.response.items()),
        body=body,
        time=record["retrieved"],
        validators=Validators(exchange.url),
        not_modified=False,
        certificate_checked=exchange.certificate_checked,
        legacy_tls=exchange.legacy_tls,
        address="",
    )


def drop(names: Sequence[str], corpus: Corpus, settings: Settings) -> int:
    """Throw away what was set aside: the same answer is not reported again. Raises UsageError, StorageError."""
    with corpus.writing("source aside"):
        for name in names:
            source, path, record = _find(corpus, settings, name)
            with _opened(corpus, source) as state:
                post = state.get(record["key"])
                if post and post.trouble:
                    state.put(replace(post, trouble="", item="", tries=_NO_MORE_TRIES))
                    state.commit()
            seals.of_source(corpus.root, source.name).put_on()
            with storage.refusals(path):
                path.rename(path.with_name(f"{DROPPED}{path.name}"))
    return len(names)


def _opened(corpus: Corpus, source: Source) -> State:
    if not seals.unseal(corpus.root, source.name):
        raise UsageError(f"记录来源 {source.name} 的文件已损坏：请先运行 kb refresh {source.name}。")
    return State(corpus.root / FOLDER / f"{source.name}.sqlite")


def _find(corpus: Corpus, settings: Settings, name: str) -> tuple[Source, Path, dict[str, Any]]:
    for path in every_record(corpus.root):
        if path.stem == name and (record := _read(path)):
            source = next((each for each in settings.sources if each.name == path.parent.name), None)
            if source is None:
                raise UsageError(f"{name} 属于来源 {path.parent.name}，kb.toml 里没有它：请先写上这个来源。")
            return source, path, record
    raise UsageError(f"没有另存的“{name}”：有哪些请看 kb source aside。")
