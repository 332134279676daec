"""What operators and their monitors look at: how the sources and the index are."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass

from flask import Blueprint, Response, render_template

from kb.base.errors import BadIndexError, StorageError, refusal
from kb.search.contract.engine import Stats
from kb.upkeep.in_step import index_problem
from kb.web.context.boundary import is_near, sees_details
from kb.web.context.freshness import Aside, set_aside
from kb.web.context.library import Library, library
from kb.web.view import interface_labels

blueprint = Blueprint("operations", __name__)

ASIDES_SHOWN = 10
_NOT_TOLD = "有问题；原因只给管理员看。"


@dataclass(frozen=True, slots=True)
class IndexState:
    """What is in the index, None when there is no usable one, and what is wrong with it, "" when nothing is."""

    stats: Stats | None
    problem: str


@blueprint.get("/status")
def status() -> str:
    """Each source's last success, counts, troubles and next date, what was kept aside, and the state of the index."""
    shelf = library()
    fresh = shelf.freshness()
    return render_template(
        "status.html",
        fresh=fresh,
        index=_index(shelf),
        newest=_newest(shelf),
        fetched=max((source.last_success for source in fresh.sources if source.last_success), default=""),
        operator=is_near(),
        told=(lambda sentence: sentence) if is_near() else _without_commands,
        asides={source.name: _asides(shelf, source.name) for source in fresh.sources},
        count_names=interface_labels.COUNTS,
    )


@blueprint.get("/healthz")
def healthz() -> Response:
    """For monitors: 200 and "ok" when the index can be searched and nothing is found wrong, else 503 and, for whom the
    settings let know it, why.
    """
    troubles = list(_troubles(library()))
    told = troubles if sees_details() else troubles and [_NOT_TOLD]
    answer = Response("".join(f"{trouble}\n" for trouble in told) or "ok\n", mimetype="text/plain")
    answer.status_code = 503 if troubles else 200
    return answer


@blueprint.get("/readyz")
def readyz() -> Response:
    """For who sends readers to one of several processes: 200 when this one can read documents.

    The index and the sources are the same for all: where they are in trouble, another process is no better.
    """
    root = library().corpus.root
    try:
        with os.scandir(root):
            return Response("ok\n", mimetype="text/plain")
    except OSError as error:
        told = f"读不了语料库 {root}：{refusal(error)}。" if sees_details() else _NOT_TOLD
        return Response(f"{told}\n", 503, mimetype="text/plain")


def _troubles(shelf: Library) -> Iterator[str]:
    fresh = shelf.freshness()
    if not fresh.index and (problem := index_problem(shelf.engine)):
        yield problem
    for title, alarm in fresh.alarms:
        yield f"{title}：{alarm}"


def _asides(shelf: Library, source: str) -> tuple[int, tuple[Aside, ...], str]:
    """How many answers of a source are kept aside, the latest of them, and why that cannot be told, "" where it can."""
    try:
        return *set_aside(shelf.corpus, source, ASIDES_SHOWN), ""
    except StorageError as error:
        return 0, (), str(error)


def _newest(shelf: Library) -> str:
    """The latest day of a document; "" where there is none, or no usable index."""
    try:
        return max((listing.date for listing in shelf.catalogue().listings), default="")
    except (BadIndexError, StorageError):
        return ""


def _without_commands(sentence: str) -> str:
    """What is wrong, without what an operator is to do."""
    told, _, remedy = sentence.partition("：请")
    return f"{told.rstrip('。')}。" if remedy else sentence


def _index(shelf: Library) -> IndexState:
    try:
        stats = shelf.engine.stats()
    except (BadIndexError, StorageError) as error:
        return IndexState(None, str(error))
    if stats.unknown:
        return IndexState(stats, stats.unknown)
    try:
        there = len(shelf.corpus.ids())
    except StorageError as error:
        return IndexState(stats, str(error))
    if there == stats.documents:
        return IndexState(stats, "")
    sentence = (
        f"语料库有 {there:,} 份文件，索引里是 {stats.documents:,} 份：请运行 kb index；若仍不同，用 kb check 查看原因。"
    )
    return IndexState(stats, sentence)
