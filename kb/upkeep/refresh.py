"""Bring the corpus and its index up to date with their sources. What cron calls, for years.

One refresh at a time; one source's trouble never stops another; interrupted anywhere, the next one goes on.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import astuple, dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from kb.base.errors import KbError, StorageError, UsageError, unforeseen
from kb.base.model import Provenance
from kb.config.kinds import kinds
from kb.config.settings import Settings
from kb.config.sources import Source
from kb.corpus.folder import Corpus
from kb.fetch.lists.family import families, obtainer
from kb.fetch.lists.folder_of_files import Folder
from kb.fetch.lists.item import Lists, SourceError, T
from kb.fetch.lists.led_on import arrive
from kb.fetch.network.fetch import Fetcher
from kb.fetch.network.fetched import Fetched, Manners, Validators
from kb.fetch.network.pace import Hosts, SystemClock
from kb.fetch.network.urls import Form, absolute
from kb.law.store import Store
from kb.search.contract.engine import Engine
from kb.upkeep import alarms, seals, suspicion
from kb.upkeep.findings import Finding, note_rebuilt, trusted
from kb.upkeep.in_step import bring_in_step, refuse_vanished
from kb.upkeep.keeping import Keeper, RefusedError
from kb.upkeep.mend import problems
from kb.upkeep.related import Subject, subject
from kb.upkeep.selection import Selection
from kb.upkeep.state import FOLDER, Post, State
from kb.upkeep.status import note_failed, note_indexed, note_indexing, note_lost, note_start, write_status
from kb.upkeep.tally import Progress, Report, Tally
from kb.upkeep.verdict import check_is_due, grave, note_checked, note_disk, note_step, verdict
from kb.upkeep.walk import Walk

_MOST_SEEDS = 50
_MEANWHILE = 900  # seconds


@dataclass(frozen=True, slots=True)
class SiteWeb:
    """How listers ask a site; see `Web`."""

    fetcher: Fetcher

    def read(
        self, url: str, reader: Callable[[Fetched], T], proves: Callable[[T], bool] = bool, form: Form | None = None
    ) -> T | None:
        """Fetch and read a page of a list: proof first, then suspicion. See `Web.read`."""
        answer = self.fetcher.post(url, form) if form else self.fetcher.get(url)
        found, failure = _tried(answer, reader)
        if found is None or not proves(found):
            led = arrive(answer, self.fetcher.get)
            if led is not answer:
                answer = led
                found, failure = _tried(answer, reader)
        if answer.status in (404, 410):
            return None
        if found is None or not proves(found):
            if reason := suspicion.judge(answer):
                raise SourceError(f"列表页 {url} 可疑（{reason}）：没有改动任何文件，下次再试。")
            if failure:
                raise failure
        return found


def _tried(answer: Fetched, reader: Callable[[Fetched], T]) -> tuple[T | None, KbError | None]:
    """Read an answer; return what was found, and why nothing was."""
    try:
        return (reader(answer) if answer.ok else None), None
    except KbError as error:
        return None, error


def refresh(
    sources: Sequence[Source],
    corpus: Corpus,
    engine: Engine,
    settings: Settings,
    *,
    full: bool = False,
    shorter: bool = False,
    dry_run: bool = False,
    on_progress: Progress | None = None,
    hosts: Hosts | None = None,
) -> Report:
    """Fetch what is new or changed at the sources, mark what is gone, and make the index the corpus's.

    `full` asks for every page again; a source does so by itself every `full_days`. `shorter`: somebody has seen that the
    lists have become much shorter, and what they lack is looked for. `dry_run` asks the same of the sites
    but writes nothing. Raises StorageError when another refresh, or any other writer, is at work.
    """
    hosts = hosts or Hosts(SystemClock())
    started = time.monotonic()
    report, law = Report(), Store(settings.index)
    try:
        if not dry_run:
            refuse_vanished(corpus, law)
        with nullcontext() if dry_run else corpus.writing("refresh"):
            meanwhile = _Meanwhile(corpus, law, engine, hosts.clock.monotonic, hosts.clock.monotonic())
            shown = on_progress or _silent
            for source in sources:
                said = shown if dry_run else meanwhile.beside(shown)
                run = _Run(source, corpus, settings, hosts, full or shorter, shorter, dry_run, said)
                report.sources[source.name] = run.go()
            if not dry_run:
                note_indexing(corpus.root, hosts.clock.now())
                done = bring_in_step(corpus, law, {"": engine})
                mended = (*meanwhile.mended, *done.mended)
                report.index, report.mended, report.found = done.said, mended, tuple(done.lost)
                note_indexed(corpus.root, report.index)
                damaged = [*meanwhile.damaged, *done.damaged]
                _look_after(report, corpus, engine, law, settings, hosts.clock.now(), damaged)
    except StorageError as error:
        if not (dry_run or _is_at_work(corpus)):
            refused = Finding("run/refused", "运行", str(error), advice="kb status")
            _tell(report, corpus, engine, law, settings, hosts.clock.now(), [refused])
        raise
    if not dry_run:
        _tell(report, corpus, engine, law, settings, hosts.clock.now())
    report.seconds = time.monotonic() - started
    return report


def _is_at_work(corpus: Corpus) -> bool:
    """Return whether another process writes, as far as the machine tells."""
    try:
        return bool(corpus.writer())
    except StorageError:
        return False


def chosen(settings: Settings, names: Sequence[str]) -> tuple[Source, ...]:
    """Return the sources with these names, or all that are not closed. Raises UsageError for a name that there is not."""
    known = {source.name: source for source in settings.sources}
    for name in names:
        if name not in known:
            there = f"现有的来源是 {'、'.join(known)}" if known else "kb.toml 里还没有 [[source]]"
            raise UsageError(f"没有名为“{name}”的来源：{there}。")
    return (
        tuple(known[name] for name in names) if names else tuple(each for each in settings.sources if not each.closed)
    )


def _silent(name: str, done: int, total: int) -> None:
    """Tell nobody."""


def _look_after(
    report: Report,
    corpus: Corpus,
    engine: Engine,
    law: Store,
    settings: Settings,
    now: datetime,
    damaged: Sequence[str],
) -> None:
    """Read every byte again where that is due, and note how much room there is: nobody else may do so for years.

    What was found `damaged` in this run, and made anew, somebody is told of all the same.
    """
    try:
        if check_is_due(corpus, now):
            corpus.note_found()
            found = problems(corpus, engine, law, settings)
            note_checked(corpus, found, settings.index, now)
            if damaged:
                note_rebuilt(corpus.root, damaged)
            sentences = (each.sentence for each in grave(found, settings.index))
            report.found = tuple(dict.fromkeys((*report.found, *sentences)))
        note_disk(settings, corpus, now)
    except KbError as error:
        report.found = (*report.found, str(error))


def _tell(
    report: Report,
    corpus: Corpus,
    engine: Engine,
    law: Store,
    settings: Settings,
    now: datetime,
    also: Sequence[Finding] = (),
) -> None:
    """Tell whom the settings name of what is not well, and a dead man's switch that all is well or somebody was told."""
    try:
        judged = verdict(settings, corpus, engine, law, now)
        known = {each.name for each in judged.findings} | {each.name for each in settings.sources if each.closed}
        failed = (  # what could not be written down
            Finding(f"{name}/failed", name, f"最近一次更新失败：{tally.error}", advice=f"kb refresh {name}")
            for name, tally in report.sources.items()
            if tally.error and not {name, f"{name}/failed", f"{name}/settings"} & known
        )
        others = [  # that it could not be told, it cannot tell
            each for each in (*judged.findings, *also, *failed) if not each.name.startswith("step/")
        ]
        is_open = any(not each.acknowledged for each in others)
        report.untold = alarms.tell(settings.alarm, others, corpus.root, now) if settings.alarm else ""
        note_step(corpus, "alarm", report.untold)
        if settings.heartbeat and (not is_open or (settings.alarm and not report.untold)):
            missed = alarms.beat(settings.heartbeat)
            note_step(corpus, "heartbeat", missed)
            report.untold = " ".join(filter(None, (report.untold, missed)))
    except KbError as error:
        report.untold = str(error)


@dataclass(slots=True)
class _Meanwhile:
    """Lets what was fetched be searched while a long fill goes on. What goes wrong then, the last time will say; what was
    `mended` then, because it was `damaged` or not, is sound by that time.
    """

    corpus: Corpus
    law: Store
    engine: Engine
    monotonic: Callable[[], float]
    last: float
    mended: list[str] = field(default_factory=list)
    damaged: list[str] = field(default_factory=list)

    def beside(self, on_progress: Progress) -> Progress:
        """Return what tells how far a source is, and brings the index in step now and then."""

        def told(name: str, done: int, total: int) -> None:
            on_progress(name, done, total)
            if self.monotonic() - self.last >= _MEANWHILE:
                outcome = bring_in_step(self.corpus, self.law, {"": self.engine})
                self.mended += outcome.mended
                self.damaged += outcome.damaged
                self.last = self.monotonic()

        return told


@dataclass(frozen=True, slots=True)
class _Run:
    """The refresh of one source."""

    source: Source
    corpus: Corpus
    settings: Settings
    hosts: Hosts
    full: bool
    shorter: bool
    dry: bool
    on_progress: Progress

    def go(self) -> Tally:
        """Refresh the source, whatever happens; return what was done."""
        tally, now = Tally(), self.hosts.clock.now()
        path = self.corpus.root / FOLDER / f"{self.source.name}.sqlite"
        try:
            if self.source.problem:
                raise UsageError(self.source.problem)
            if not (self.dry or seals.unseal(self.corpus.root, self.source.name)):
                note_lost(self.corpus.root, self.source.name, now)
                tally.notes.append("记录来源情况的文件已损坏，重新开始记录：网页会全部再核对一遍，文件不受影响。")
            with State(path, self.dry) as state:
                if not self.dry:
                    note_start(self.corpus.root, self.source, now)
                try:
                    self._walk(state, tally, now)
                except KbError as error:
                    if isinstance(error, StorageError):  # what was put down of a document may not be written with it
                        state.roll_back()
                    tally.error = str(error)
                    tally.failed += 1
                except Exception as error:  # noqa: BLE001 — a source that meets a mistake of ours must not stop the others
                    state.roll_back()
                    tally.error = unforeseen("更新这个来源", error)
                    tally.failed += 1
                state.commit()
                if not self.dry:
                    write_status(self.corpus.root, self.source, state, tally, now)
            if not self.dry:
                seals.of_source(self.corpus.root, self.source.name).put_on()
        except KbError as error:
            tally.error = str(error)
            tally.failed += 1
            if not self.dry:
                with suppress(StorageError):  # refused, too: `_tell` says it without
                    seals.of_source(self.corpus.root, self.source.name).take_off()
                    note_failed(self.corpus.root, self.source, tally.error, now)
        return tally

    def _walk(self, state: State, tally: Tally, now: datetime) -> None:
        lost = state.is_empty() and self._remember_documents(state)
        # Documents may have gone with the ledger, of which nothing else would tell.
        unsure = bool(at := self.corpus.ledger.lost_at) and state.recall("swept", "") <= at
        number, full, deep = _begin(state, self.source, self.full or lost or unsure, now)
        site: dict[str, Any] = {} if full else state.recall("site", {})
        with self._opened(site, now) as (obtain, join, lists):
            walk = Walk(
                self.source,
                obtain,
                Keeper(self.corpus, self.source.name, self.settings, self.dry),
                state,
                Selection(self.source.select, self._subject()),
                now,
                full,
                lambda done, total: self.on_progress(self.source.name, done, total),
                join,
                tally,
                number,
                deep,
                self.shorter,
            )
            walk.run(lists)
        state.remember("site", site)
        state.commit()

    def _remember_documents(self, state: State) -> bool:
        """Begin a memory with what the corpus has of the source; return whether it has anything: then a memory was lost, which
        must not hide what was withdrawn or edited since. Raises StorageError.
        """
        prefix, found = f"{self.source.name}-", False
        keeper = Keeper(self.corpus, self.source.name, self.settings)
        for folder, id in self.corpus.fetched():
            if folder != self.source.name or not id.startswith(prefix):
                continue
            try:
                held = keeper.present(id)
                provenance = held.provenance if held else None  # of what is damaged, the walk meets the page again
            except RefusedError:
                provenance = Provenance(
                    "", "", "", ""
                )  # it is there: where it is from, the walk learns when it can be read
            if provenance and not (provenance.attached_to or provenance.withdrawn):
                state.put(Post(id.removeprefix(prefix), provenance.origin, "", "kept", id))
                found = True
        return found

    @contextmanager
    def _opened(
        self, site: dict[str, Any], now: datetime
    ) -> Iterator[tuple[Callable[[str, Validators | None], Fetched], Callable[[str, str], str], Lists]]:
        """Open the way to the source: how to obtain an address, how a link of a page makes one, and its lists."""
        family = families()[self.source.kind]
        if family.lists is None:
            folder = Folder(self.source, self.settings)
            yield lambda url, _: folder.read(url, now), folder.join, folder.lists()
            return
        with Fetcher(manners(self.source, self.settings), self.hosts) as fetcher:
            lists = family.lists(self.source, SiteWeb(fetcher), site)
            yield obtainer(family, lambda url, known: fetcher.get(url, conditional=known)), absolute, lists

    def _subject(self) -> Subject | None:
        """Learn what the corpus is about, of the documents that came from no source. Raises UsageError."""
        if not self.source.select.related:
            return None
        seeds = tuple(islice(self._seeds(), _MOST_SEEDS))
        if not seeds:
            raise UsageError(
                "related = true 要以已有的文件为准，可是语料库里还没有：请先 kb ingest 一份，例如随附的报告。"
            )
        return subject(self.corpus.read(id) for id in seeds)

    def _seeds(self) -> Iterator[str]:
        """Yield the documents that relation is judged by: neither fetched nor out of a `files` source.

        They may stand in the folder of a source: the bundled report is in that of the district's site.
        """
        dropped = {source.name for source in (*self.settings.sources, self.source) if source.kind == "files"}
        return (id for folder, id in self.corpus.local() if folder not in dropped)


def manners(source: Source, settings: Settings) -> Manners:
    """Return how a source is to be asked."""
    return Manners(
        delay=source.delay,
        max_bytes=settings.max_bytes,
        allow_private=source.allow_private,
        insecure=not source.verify,
        legacy_tls=source.legacy_tls,
        contact=settings.contact,
    )


def _begin(state: State, source: Source, full: bool, now: datetime) -> tuple[int, bool, bool]:
    """Begin a walk, or take up the one that was interrupted; answer (its number, is it full, is it deep).

    A deep walk goes to the end of every list: the first one, a full one, one after an interruption, and any of a folder.
    """
    _forget_old_selection(state, source)
    last = state.recall("walk", {"number": 0, "open": False, "full": False})
    full = full or kinds()[source.kind].named or _sweep_is_due(state, source, now) or (last["open"] and last["full"])
    resumed = last["open"] and last["full"] == full
    number = last["number"] if resumed else last["number"] + 1
    state.remember("walk", {"number": number, "open": True, "full": full})
    state.commit()
    deep = full or last["open"] or source.kind == "files" or not state.recall("complete", False)
    return number, full, deep


def _sweep_is_due(state: State, source: Source, now: datetime) -> bool:
    """Return whether all is to be looked through again: a time that has not come yet is nothing to wait for."""
    swept = state.recall("swept", "")
    if swept and not trusted(swept, now):
        return True
    return bool(swept) and now - datetime.fromisoformat(swept) >= timedelta(days=source.full_days)


def _forget_old_selection(state: State, source: Source) -> None:
    """When another selection is asked for, what was left out is looked at anew."""
    told = [source.kind, source.url, astuple(source.select), astuple(source.css), *([source.own] if source.own else [])]
    chosen = json.dumps(told, ensure_ascii=False)
    digest = hashlib.sha256(chosen.encode()).hexdigest()[:16]
    if state.recall("selection", digest) != digest:
        state.forget_skipped()
        state.remember("complete", False)
        state.remember("site", {})
    state.remember("selection", digest)
