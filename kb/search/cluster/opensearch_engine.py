"""The engine on a cluster of OpenSearch: the same answers as the embedded one's, from as many machines as there are."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Hashable, Mapping, Sequence
from concurrent.futures import Future
from contextlib import closing
from dataclasses import replace
from functools import cached_property
from threading import Lock, Thread
from typing import TypeVar

from opensearchpy import OpenSearch

from kb.base import deadline
from kb.base.errors import BadIndexError, StorageError
from kb.base.metrics import stage
from kb.base.model import LikeSection, Listing, Origin, Results, Suggestion
from kb.config.settings import Cluster
from kb.search.answer import difference
from kb.search.answer.origins import origins
from kb.search.answer.results import check_page, first_found, hit, like_section, results, told_once
from kb.search.cluster import condition, mapping
from kb.search.cluster.absence import Absence
from kb.search.cluster.client_requests import VanishedError, patiently, pause, seconds, soon, unsure
from kb.search.cluster.cluster_searcher import Searcher
from kb.search.cluster.connection import TRIES, check_version, connect, in_words
from kb.search.cluster.index_state import State, left_state, read_state, strange
from kb.search.cluster.one_search import Found, find
from kb.search.cluster.queries import both
from kb.search.cluster.updating import Update, read_replaced, rows_of
from kb.search.contract.engine import MAX_TYPED, Group, Machines, Order, Progress, Source, Standings, Stats, Updated
from kb.search.meaning.neighbours import Meaning, Vectors
from kb.search.query.conditions import Condition
from kb.search.query.query import Query

Answer = TypeVar("Answer")

_MOMENT = 0.01
"""Seconds by which a wait outlasts what is left of a request, so that this is over for certain."""

_WAITS = (0.0, 0.0, 0.1, 0.2, 0.4, 0.8, 1.6)
"""Seconds before each try to ask a state that goes away: a node that comes back needs a moment to notice what it missed."""


class OpenSearchEngine:
    """Serves `kb.search.contract.engine.Engine` from a cluster. `standings` tells how documents stand; without it only their sources do.

    `meaning` finds related sections by meaning, too: with vectors that this machine keeps, not the cluster.
    """

    def __init__(self, cluster: Cluster, standings: Standings | None = None, meaning: Meaning | None = None) -> None:
        self._cluster, self._standings, self._meaning = cluster, standings, meaning
        self._opened: Searcher | None = None
        self._opening: Future[Searcher] | None = None
        self._absence = Absence()
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
        answer = self._answer(lambda searcher: _results(searcher, query, conditions, order, offset, limit, group))
        return replace(answer, took_ms=round((time.perf_counter() - started) * 1000, 3))

    def origins(self, text: str) -> tuple[Origin, ...]:
        """See `Engine.origins`."""
        return self._answer(lambda searcher: origins(text, searcher))

    def suggest(self, typed: str, limit: int = 8) -> tuple[Suggestion, ...]:
        """See `Engine.suggest`."""
        return self._answer(lambda searcher: tuple(searcher.suggest(typed[:MAX_TYPED], limit)))

    def update(self, source: Source, *, rebuild: bool = False, progress: Progress | None = None) -> Updated:
        """See `Engine.update`."""
        standings = {id: told for id, told in self._told().items() if told != "不明"}
        cluster = self._cluster
        with in_words(cluster), closing(self._connected(TRIES)) as client:
            condition.check_managed(client)
            return Update(client, cluster.name, cluster.shards, source, standings, progress).run(rebuild)

    def _told(self) -> Mapping[str, str]:
        """Return how documents stand today; nothing where nobody can tell, which every search finds out by itself."""
        try:
            return self._standings.standings() if self._standings else {}
        except BadIndexError:
            return {}

    def check(self, fingerprints: Mapping[str, str] | None) -> list[str]:
        """See `Engine.check`."""
        try:
            with in_words(self._cluster):
                return self._problems(fingerprints)
        except (BadIndexError, StorageError) as error:
            return [str(error)]

    def stats(self) -> Stats:
        """See `Engine.stats`."""
        searcher = self._answer(lambda searcher: searcher, with_a_question=False)
        there = searcher.state
        vectors = searcher.vectors
        named = f"{there.epoch} {there.created} {searcher.token}" + (f" {vectors.state}" if vectors.found else "")
        return Stats(
            there.documents,
            there.sections,
            there.epoch,
            there.created,
            there.versions,
            hashlib.sha256(named.encode()).hexdigest()[:16],
            searcher.unknown,
            vectors.having,
            vectors.unmeant,
        )

    def learn(self, progress: Progress | None = None) -> int:
        """See `Engine.learn`."""
        if self._meaning is None:
            return 0
        searcher = self._answer(lambda searcher: searcher, with_a_question=False)
        if searcher.vectors.whole:
            return 0
        texts = self._answer(lambda _: searcher.texts())
        if len(texts) != len(searcher.numbering):
            raise StorageError("集群里的章节与它的清单不符，没有计算向量：请运行 kb index --rebuild 重建索引。")
        new = self._meaning.learn(_named(searcher.state), texts, progress)
        self._meaning.forget(_named(searcher.state))
        return new

    def like(self, document: str, anchor: str, limit: int = 10) -> tuple[LikeSection, ...]:
        """See `Engine.like`."""
        found = self._answer(lambda searcher: searcher.like(document, anchor, limit))
        return tuple(like_section(stored, likeness) for stored, likeness in found)

    def documents(self) -> tuple[Listing, ...]:
        """See `Engine.documents`."""
        return self._answer(lambda searcher: tuple(searcher.listings()), with_a_question=False)

    def machines(self) -> Machines:
        """See `Engine.machines`."""
        self._absence.check()  # but a look at the machines that fails keeps nobody from searching
        with in_words(self._cluster), soon():
            return condition.machines(self._client, self._cluster.name)

    def close(self) -> None:
        """See `Engine.close`."""
        self._client.close()

    @cached_property
    def _client(self) -> OpenSearch:
        return self._connected()

    def _connected(self, tries: int = 0) -> OpenSearch:
        client = connect(self._cluster, tries)
        patiently(lambda: check_version(client, self._cluster, seconds()))
        return client

    def _answer(self, ask: Callable[[Searcher], Answer], *, with_a_question: bool = True) -> Answer:
        """Ask the newest state; again where that went away meanwhile.

        It is asked with the first question whether the state that is open is still the newest, unless there is none.
        """
        with self._absence.noticed(), in_words(self._cluster), soon():
            for turn, wait in enumerate(_WAITS):
                pause(wait)
                try:
                    known = self._opened if not turn and with_a_question else None
                    if known is None or not self._is_as_told(known):
                        return ask(self._searcher())
                    with unsure():
                        return ask(known)
                except VanishedError:
                    continue
        raise VanishedError

    def _searcher(self) -> Searcher:
        with stage("state"):
            state = self._state()
        token = self._token()
        while True:
            known = self._opened
            if known and known.state == state and self._is_as_told(known):
                return known
            known = self._opened_for_all(state, token)
            if (known.state, known.token) == (state, token):
                return known

    def _opened_for_all(self, state: State, token: Hashable) -> Searcher:
        """Open a state, or wait while another reader's is opened: in a thread, for as long as the request may take. Who has no time
        left goes, and the next need not begin again.
        """
        with self._lock:
            opening = self._opening
            if opening is None or opening.done():
                opening = self._opening = Future()
                try:
                    Thread(target=self._open, args=(opening, state, token), name="opening", daemon=True).start()
                except RuntimeError:  # the machine gives no thread
                    self._open(opening, state, token)
        there = deadline.present()
        try:
            return opening.result(max(there.left, 0) + _MOMENT if there else None)
        except TimeoutError:
            deadline.check()
            raise

    def _open(self, opening: Future[Searcher], state: State, token: Hashable) -> None:
        try:
            with soon():
                replaced, vectors = read_replaced(self._client, state), self._vectors_of(state)
                self._opened = Searcher(self._client, state, replaced, self._standings, token, vectors)
        except BaseException as error:  # noqa: BLE001 — who waits for it raises it
            opening.set_exception(error)
        else:
            opening.set_result(self._opened)

    def _token(self) -> Hashable:
        return self._standings.token() if self._standings else None

    def _is_as_told(self, known: Searcher) -> bool:
        """Return whether documents still stand as they did when a state was opened, and its sections mean the same."""
        return known.token == self._token() and not self._has_learnt(known)

    def _vectors_of(self, state: State) -> Vectors:
        return self._meaning.of(_named(state), state.sections + state.older) if self._meaning else Vectors()

    def _has_learnt(self, known: Searcher) -> bool:
        """Tell whether the sections of a state have got other vectors since it was opened."""
        return self._meaning is not None and self._meaning.state(_named(known.state)) != known.vectors.state

    def _state(self) -> State:
        state = read_state(self._client, self._cluster.name)
        if state is None:
            raise BadIndexError(f"集群里还没有索引（{self._cluster.name}）：请先运行 kb index 建立索引。")
        if state.format in mapping.READABLE:
            return state
        if left := left_state(self._client, self._cluster.name):
            return left
        raise strange(state)

    def _problems(self, fingerprints: Mapping[str, str] | None) -> list[str]:
        """Say what is missing in the cluster, and how it differs from the source."""
        state = self._state()
        known = {key: row.fingerprint for key, row in rows_of(self._client, state).items()}
        found = difference.staleness(difference.plan(known, known if fingerprints is None else fingerprints))
        body = {"query": both([state.counting()]), "size": 0, "track_total_hits": True}
        (answer,) = state.requests(self._client).ask(body)
        there = answer["hits"]["total"]["value"]
        expected = state.sections + state.older
        if there != expected:
            found.insert(0, f"索引应当有 {expected:,} 节，集群里是 {there:,} 节：请运行 kb index --rebuild 重建索引。")
        return found


def _named(state: State) -> str:
    """Name a state, as the vectors of its sections are kept."""
    return f"cluster-{hashlib.sha256(f'{state.index} {state.epoch} {state.created}'.encode()).hexdigest()[:16]}"


def _results(
    searcher: Searcher,
    text: str,
    conditions: Sequence[Condition],
    order: Order,
    offset: int,
    limit: int,
    group: Group,
) -> Results:
    def finding(query: Query) -> Found:
        with stage("find"):
            return find(searcher, query, order, offset, limit, group)

    query, found = first_found(text, conditions, searcher.stand, finding)
    with stage("read"):
        kept = searcher.stored([listed.candidate.id for listed in found.page])
    with stage("snippets"):
        hits = tuple(
            hit(
                found.texts.as_shown(stored),
                listed.score,
                query,
                literal=listed.literal,
                direct=listed.direct,
                by_meaning=listed.meant,
            )
            for listed, stored in zip(found.page, kept, strict=True)
        )
    searched = found.texts.searched(query.conditions)
    warnings = (searcher.unknown,) if searcher.unknown else ()
    if query.asked and searcher.vectors.unmeant:
        warnings = (*warnings, searcher.vectors.unmeant)
    warnings = (*warnings, *told_once(hits, query.conditions, searcher.copies))
    return results(
        searcher,
        query,
        found,
        hits,
        searched=searched,
        facets=found.facets,
        documents=found.documents,
        sections=found.sections,
        ended=None if found.direct or searcher.unknown else searcher.ended(query.name),
        warnings=warnings,
    )
