"""What happened to the documents since it was last looked: they came, changed, were withdrawn or taken away, or stand otherwise now.

It is found by comparing how the library is with how it was, not by times: what is imported late, or dated back, is not missed.
A document whose file the index does not yet have as it is waits for the next time.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from kb.base import clock
from kb.base.errors import BadIndexError, StorageError
from kb.corpus.changes import Event, events
from kb.corpus.folder import Corpus
from kb.law.reader import Known
from kb.law.standing import Validity, validities
from kb.law.store import Store
from kb.search.contract.engine import Engine
from kb.upkeep.follow.subscriptions import News, Seen, Subscriptions


@dataclass(frozen=True, slots=True)
class StandingChange:
    """How a document stood and stands, and the sentence of a document that says so, "" where none does."""

    was: str
    now: str
    since: str
    document: str = ""
    title: str = ""
    anchor: str = ""
    sentence: str = ""


def gather(corpus: Corpus, law: Store, engine: Engine, kept: Subscriptions) -> str:
    """Keep what happened since the last time; return a sentence on documents that wait, "" where none does.

    Raises BadIndexError where the index cannot tell how documents stand, StorageError where the corpus is gone: then nothing is noted.
    """
    stats = engine.stats()
    if stats.unknown:
        raise BadIndexError(stats.unknown)
    mark = f"{corpus.stamp()[0]} {stats.state}"
    if kept.mark() == mark:
        return ""
    files, read, before = corpus.states(), law.fingerprints(), kept.seen()
    if before and not files:
        raise StorageError(
            f"语料库 {corpus.root} 里没有文件，上次有 {len(before):,} 份：请检查磁盘和设置；没有通知任何人。"
        )
    ready = {id for id, state in files.items() if read.get(id) == state.partition("/")[0]}
    happened = _happened(corpus)
    since = "" if kept.mark() else min((each.begun for each in kept.active()), default="9999")
    news: list[News] = []
    seen: list[Seen] = []
    with law.reading() as reader:
        stands = validities(reader, clock.today())
        for known in reader.documents():
            if known.id in ready:
                now = _as_it_is(known, happened[known.id], stands[known.id])
                seen.append(now)
                news += _first(now, happened[known.id], since) if known.id not in before else []
                news += (
                    _since(before[known.id], now, happened[known.id], stands[known.id]) if known.id in before else []
                )
    gone = [each for id, each in before.items() if id not in files]
    news += [News("removed", each.id, each.title, clock.stamp()) for each in gone]
    waiting = len(files) - len(ready)
    kept.gathered(news, seen, [each.id for each in gone], f"{waiting} waiting" if waiting else mark)
    return f"{waiting:,} 份文件还没有编入索引，它们的消息留到下次：请运行 kb index。" if waiting else ""


def standing_change(news: News) -> StandingChange:
    """Read what a piece of news on a standing tells."""
    told: Mapping[str, Any] = json.loads(news.detail)
    return StandingChange(**told)


def _happened(corpus: Corpus) -> dict[str, list[Event]]:
    found: defaultdict[str, list[Event]] = defaultdict(list)
    for event in events(corpus):
        found[event.id].append(event)
    return found


def _key(event: Event) -> str:
    """Name an event so that it is the same one whenever it is read again."""
    return f"{event.kind} {event.when}" if event.kind == "withdrawn" else f"{event.kind} {event.number}"


def _as_it_is(known: Known, happened: list[Event], stands: Validity) -> Seen:
    keys = json.dumps(sorted(map(_key, happened)))
    return Seen(known.id, known.title, keys, known.date, stands.status, stands.since)


def _first(now: Seen, happened: list[Event], since: str) -> Iterator[News]:
    """Yield that a document came; of those that are there when it is looked for the first time, only what came since somebody follows."""
    came = min(happened, key=lambda event: event.number, default=None)
    moment = came.when if came else clock.stamp()
    if moment >= since[: len(moment)]:
        yield News("new", now.id, now.title, moment)


def _since(before: Seen, now: Seen, happened: list[Event], stands: Validity) -> Iterator[News]:
    known = set(json.loads(before.happened))
    new = sorted((event for event in happened if _key(event) not in known), key=lambda event: event.number)
    for event in new:
        yield News(event.kind, now.id, now.title, event.when, event.version, event.before)
    if any(key.startswith("withdrawn") for key in known) and not any(each.kind == "withdrawn" for each in happened):
        yield News("returned", now.id, now.title, clock.stamp())
    if before.date < now.date and not any(event.kind == "changed" for event in new):
        yield News("edition", now.id, now.title, clock.stamp(), detail=json.dumps([before.date, now.date]))
    if (before.standing, before.since) != (now.standing, now.since):
        evidence = next(iter(stands.evidence), None)
        told = StandingChange(before.standing, now.standing, now.since)
        if evidence:
            told = StandingChange(
                before.standing,
                now.standing,
                now.since,
                evidence.document,
                evidence.title,
                evidence.anchor,
                evidence.sentence,
            )
        yield News("standing", now.id, now.title, clock.stamp(), detail=json.dumps(asdict(told), ensure_ascii=False))
