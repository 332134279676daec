"""The embedded engine: Whoosh's segments, scored with numpy, stored in verified generations."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Hashable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from threading import Lock

import numpy as np

from kb.base import storage
from kb.base.errors import BadIndexError, OtherFormatError, StorageError
from kb.base.model import LikeSection, Listing, Origin, Results, Suggestion
from kb.search.answer.difference import Plan, staleness
from kb.search.answer.difference import plan as planned
from kb.search.answer.origins import origins
from kb.search.answer.results import check_page, first_found, hit, like_section, results, told_once
from kb.search.answer.section_record import FIELDS, analyse, analysed
from kb.search.contract.engine import MAX_TYPED, Group, Order, Progress, Source, Standings, Stats, Updated
from kb.search.embedded.arrays import among
from kb.search.embedded.codec import Reader, Writer, library
from kb.search.embedded.generations import Generation, Generations, Stamps, unreadable
from kb.search.embedded.searcher import Searcher
from kb.search.meaning.neighbours import Meaning, Vectors
from kb.search.query import analysis
from kb.search.query.conditions import Condition

_LAYOUT = 12
_READABLE = (10, 11, _LAYOUT)
"""Layouts that can be searched: what the earlier ones lack is not told, until the index is made anew."""
_LOOK = 1.0
"""Seconds between two looks whether somebody wrote into the files that are open."""
_SECTIONS_A_MINUTE = 60_000  # on two processors, citations included


class WhooshEngine:
    """Serves `kb.search.contract.engine.Engine` from a folder of generations."""

    def __init__(self, folder: Path, standings: Standings | None = None, meaning: Meaning | None = None) -> None:
        """Open the index in `folder`; `standings` tells how documents stand, without it only their sources do.

        `meaning` finds related sections by meaning, too.
        """
        self._standings, self._meaning = standings, meaning
        self._generations = Generations(folder)
        *_, self._format = self._readable = [f"kb {layout}.{analysis.VERSION}, {library()}" for layout in _READABLE]
        self._opened: Searcher | None = None
        self._seen: list[int] = []
        self._stamps: Stamps | None = None
        self._looked = 0.0
        self._lock = Lock()

    def search(
        self,
        query: str,
        limit: int = 20,
        offset: int = 0,
        *,
        conditions: Sequence[Condition] = (),
        order: Order = "relevance",
        group: Group = "section",
    ) -> Results:
        """See `Engine.search`."""
        started = time.perf_counter()
        check_page(limit, offset)
        searcher = self._searcher()
        understood, found = first_found(query, conditions, partial(map, searcher.stands), searcher.find)
        page = searcher.page if group == "section" else searcher.page_of_documents
        listed = list(page(found, order, offset, offset + limit))
        hits = tuple(
            hit(
                searcher.stored(section, found.documents),
                score,
                understood,
                literal=group_of.literal,
                direct=group_of.direct,
                by_meaning=bool(among(np.array([section]), group_of.meant)[0]),
            )
            for section, score, group_of in listed
        )
        answer = results(
            searcher,
            understood,
            found,
            hits,
            searched=searcher.searched(understood.conditions),
            facets=found.documents.facets(
                found.counts if group == "section" else np.minimum(found.counts, 1), understood.conditions
            ),
            documents=(searcher.spread(found.groups), searcher.spread(each for each in found.groups if each.literal))
            if group == "document"
            else None,
            sections=searcher.sections_in(found, ((section, group_of) for section, _, group_of in listed))
            if group == "document"
            else {},
            ended=None if found.direct else searcher.ended(understood.name),
            warnings=(
                *searcher.warnings,
                *((searcher.vectors.unmeant,) if understood.asked and searcher.vectors.unmeant else ()),
                *told_once(hits, understood.conditions, searcher.copies),
            ),
        )
        return replace(answer, took_ms=round((time.perf_counter() - started) * 1000, 3))

    def origins(self, text: str) -> tuple[Origin, ...]:
        """See `Engine.origins`."""
        return origins(text, self._searcher())

    def like(self, document: str, anchor: str, limit: int = 10) -> tuple[LikeSection, ...]:
        """See `Engine.like`."""
        searcher = self._searcher()
        found = searcher.like(document, anchor, limit)
        return tuple(like_section(searcher.stored(section), likeness) for section, likeness in found)

    def suggest(self, typed: str, limit: int = 8) -> tuple[Suggestion, ...]:
        """See `Engine.suggest`."""
        return tuple(self._searcher().suggest(typed[:MAX_TYPED], limit))

    def update(self, source: Source, *, rebuild: bool = False, progress: Progress | None = None) -> Updated:
        """See `Engine.update`."""
        with self._generations.writing():
            before = None if rebuild else self._generations.newest()
            base = before if before and before.format == self._format else None
            damaged = before is not None and before.number < max(self._generations.numbers())  # it was passed over
            plan = planned(base.fingerprints() if base else {}, dict(source.fingerprints()))
            if base and not plan.changed and not plan.removed:
                return Updated(0, 0, 0, len(plan.wanted), damaged=damaged)
            with self._generations.draft(base) as folder, storage.refusals(folder.parent):
                problems = self._write(folder, plan, source, progress)
                done, sections = plan.fingerprints(problems), _verified(folder)
                self._generations.publish(folder, base, self._format, done, sections, before)
            return replace(plan.outcome(problems), damaged=damaged)

    def learn(self, progress: Progress | None = None) -> int:
        """See `Engine.learn`."""
        if self._meaning is None:
            return 0
        searcher = self._searcher()
        if searcher.vectors.whole:
            return 0
        new = self._meaning.learn(searcher.generation.name, searcher.texts(), progress)
        self._meaning.forget(searcher.generation.name)
        return new

    def check(self, fingerprints: Mapping[str, str] | None) -> list[str]:
        """See `Engine.check`."""
        try:
            damaged, generation = self._generations.problems(), self._generations.newest()
        except BadIndexError as error:
            return [str(error)]
        if generation is None:
            return [str(_no_index(self._generations.root))]
        if generation.format != self._format:
            return [*damaged, str(self._strange(generation))]
        known = generation.fingerprints()
        return damaged + staleness(planned(known, known if fingerprints is None else fingerprints))

    def stats(self) -> Stats:
        """See `Engine.stats`."""
        searcher = self._searcher()
        documents, generation = int(searcher.documents.held.sum()), searcher.generation
        versions = len(searcher.documents.listings) - documents
        vectors = searcher.vectors
        named = f"{generation.number} {generation.created} {searcher.token}" + (
            f" {vectors.state}" if vectors.found else ""
        )
        return Stats(
            documents,
            searcher.size,
            generation.number,
            generation.created,
            versions,
            hashlib.sha256(named.encode()).hexdigest()[:16],
            searcher.unknown,
            vectors.having,
            vectors.unmeant,
        )

    def documents(self) -> tuple[Listing, ...]:
        """See `Engine.documents`."""
        return tuple(listing for listing in self._searcher().documents.listings if not listing.version)

    def machines(self) -> None:
        """See `Engine.machines`."""

    def close(self) -> None:
        """See `Engine.close`."""
        self._opened = None

    def _searcher(self) -> Searcher:
        """Return the newest state. The one that is open goes on answering while another thread opens a newer one, and
        while files cannot be listed or read."""
        opened = self._opened  # others change it: each look is at one
        if not self._lock.acquire(blocking=opened is None) and opened:
            return opened
        try:
            numbers = self._generations.numbers()
            token = self._standings.token() if self._standings else None
            known = self._as_it_was(self._opened)
            if not known or numbers != self._seen or token != known.token or self._has_learnt(known):
                known = self._open(max(numbers, default=0), token, known)
                self._opened, self._seen = known, numbers
        except StorageError:
            if (known := self._opened) is None:
                raise
        finally:
            self._lock.release()
        return known

    def _as_it_was(self, known: Searcher | None) -> Searcher | None:
        """Return what is open; None, and it is forgotten, where somebody wrote into its files: they are compared again."""
        if not known or time.monotonic() < self._looked + _LOOK:
            return known
        self._looked = time.monotonic()
        stamps = self._generations.stamps().get(known.generation.number)
        if (
            stamps is None or stamps == self._stamps
        ):  # None: it was removed, or cannot be looked at; what is open answers
            return known
        self._opened = None
        return None

    def _open(self, newest: int, token: Hashable, known: Searcher | None) -> Searcher:
        stamps = self._generations.stamps()  # before the bytes are compared
        generation = self._generations.newest(self._readable) if known else self._first()
        if generation is None:
            raise _no_index(self._generations.root)
        if generation.format not in self._readable:
            raise self._strange(generation)
        sound = generation.number >= newest
        if sound and known and (known.generation, known.token) == (generation, token) and not self._has_learnt(known):
            return known
        told = () if sound else (self._why_not_newest(newest, generation),)
        try:
            searcher = Searcher(generation, self._standings, token, told, self._neighbours(generation))
        except FileNotFoundError:  # two updates have gone by since, and it was removed
            return self._open(newest, token, known)
        except OSError as error:
            raise unreadable(generation.folder, error) from error
        self._stamps = stamps.get(generation.number)
        return searcher

    def _why_not_newest(self, newest: int, generation: Generation) -> str:
        latest = self._generations.newest()
        if latest and latest.number == newest:
            return (
                f"最新的索引（第 {newest} 代）由另一版本的程序（{latest.format}）写成，"
                f"这里还用第 {generation.number} 代：请重新启动 kb serve。"
            )
        return f"最新的索引（第 {newest} 代）已损坏，暂用第 {generation.number} 代：请运行 kb index 更新。"

    def _first(self) -> Generation | None:
        """Return the newest generation; while its bytes are compared, the dictionary of words is loaded."""
        with ThreadPoolExecutor(1) as beside:
            compared = beside.submit(self._generations.newest, self._readable)
            analysis.load()
            return compared.result()

    def _neighbours(self, generation: Generation) -> Vectors:
        if self._meaning is None:
            return Vectors()
        return self._meaning.of(generation.name, generation.sections)

    def _has_learnt(self, known: Searcher) -> bool:
        """Tell whether the sections of a state have got other vectors since it was opened."""
        return self._meaning is not None and self._meaning.state(known.generation.name) != known.vectors.state

    def _strange(self, generation: Generation) -> BadIndexError:
        minutes = 1 + generation.sections // _SECTIONS_A_MINUTE
        return OtherFormatError(
            f"索引由另一版本（{generation.format}）写成，现在是 {self._format}：请运行 kb index 更新"
            f"（{generation.sections:,} 节，约 {minutes:,} 分钟）。"
        )

    def _write(self, folder: Path, plan: Plan, source: Source, progress: Progress | None) -> dict[str, str]:
        """Bring the index in `folder` up to date; return what went wrong, by document."""
        problems = {}
        with Writer(folder, FIELDS) as writer:
            for id in plan.removed:
                writer.delete(id)
            for done, (id, batches) in enumerate(analysed(source, plan.changed, analyse), start=1):
                if isinstance(batches, str):
                    problems[id] = batches
                else:
                    writer.replace(id, batches)
                if progress:
                    progress(done, len(plan.changed))
            writer.commit()
        return problems


def _verified(folder: Path) -> int:
    """Open what was just written; return the number of sections that can be found."""
    return int(Reader(folder, FIELDS).live.sum())


def _no_index(folder: Path) -> BadIndexError:
    return BadIndexError(f"还没有索引（{folder}）：请先运行 kb index 建立索引。")
