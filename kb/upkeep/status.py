"""How each source is doing: written after each refresh, judged whenever somebody asks."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from kb.base import clock, storage
from kb.base.errors import StorageError
from kb.config.sources import Source
from kb.corpus.folder import Corpus
from kb.upkeep import rhythm
from kb.upkeep.state import FOLDER, State
from kb.upkeep.tally import Tally

_MOST_NOTES = 20
_OVERDUE = 3
_INDEX = ".index"


@dataclass(frozen=True, slots=True)
class SourceStatus:
    """How a source is doing. Times are ISO 8601 in UTC, days ISO 8601; "" and None where there is none yet.

    `documents` counts what is in the source's folder, whoever put it there. `counts` are those of the last refresh that
    came to its end, `problems` its errors in words; `unfinished` says that one is under way or was broken off, "" when
    neither. `usual_days` is the learnt interval between two days with news. `alarm` is one sentence when somebody should
    look, "" when all is well.
    """

    name: str
    title: str
    kind: str
    url: str
    last_attempt: str = ""
    last_success: str = ""
    age_seconds: float | None = None
    documents: int = 0
    newest: str = ""
    usual_days: float = 0.0
    next_due: str = ""
    counts: dict[str, int] = field(default_factory=dict)
    problems: tuple[str, ...] = ()
    unfinished: str = ""
    alarm: str = ""


def note_start(root: Path, source: Source, now: datetime) -> None:
    """Write down that a refresh of a source has begun, until `write_status` says how it went. Raises StorageError."""
    path = _path(root, source.name)
    _write(path, _read(path) | {"started": _iso(now)})


def write_status(root: Path, source: Source, state: State, tally: Tally, now: datetime) -> None:
    """Write down how a refresh of a source went. Raises StorageError."""
    path = _path(root, source.name)
    before = _read(path)
    days = state.news(rhythm.REMEMBERED)
    learnt = rhythm.of_dates(days)
    record = {
        "attempted": _iso(now),
        "succeeded": before.get("succeeded", "") if tally.error else _iso(now),
        "counts": tally.counts(),
        "error": tally.error,
        "short": tally.short,
        "notes": tally.notes[:_MOST_NOTES],
        "newest": days[0] if days else "",
        "arrived": state.recall("arrived", ""),
        "usual": round(learnt.usual, 2),
        "silence": round(learnt.alarm, 2),
    }
    _write(path, record)


def note_indexing(root: Path, now: datetime) -> None:
    """Write down that a refresh makes the index the corpus's, until `note_indexed` says how it went. Raises StorageError."""
    path = _path(root, _INDEX)
    _write(path, {"started": _iso(now), "since": _kept(path).get("since", "")})


def note_indexed(root: Path, problem: str = "") -> None:
    """Write down what is wrong with the index, "" for nothing: then nothing stays written. Raises StorageError."""
    path = _path(root, _INDEX)
    if problem:
        _write(path, {"problem": problem, "since": _kept(path).get("since") or _iso(clock.now())})
    elif path.exists():  # asked first: a read-only disk refuses to remove what is not there
        with storage.refusals(path):
            path.unlink(missing_ok=True)


def index_alarm(corpus: Corpus) -> str:
    """Say that the last refresh left the index behind the corpus, "" when it did not."""
    try:
        record = _read(_path(corpus.root, _INDEX))
    except StorageError as error:
        return str(error)
    if problem := record.get("problem", ""):
        return f"自 {record['since']} 起，索引没有跟上语料库：{problem}"
    started = record.get("started", "")
    if not started or corpus.writer():
        return ""
    return f"更新索引（{started} 开始）被打断，检索不到此后的文件：请运行 kb index。"


def _kept(path: Path) -> dict[str, Any]:
    """Read a record that is about to be replaced: a damaged one does not keep it from that."""
    try:
        return _read(path)
    except StorageError:
        return {}


def _write(path: Path, record: dict[str, Any]) -> None:
    storage.make_folder(path.parent)
    storage.write_atomic(path, json.dumps(record, ensure_ascii=False, indent=2).encode())


def status(sources: Sequence[Source], corpus: Corpus, now: datetime | None = None) -> tuple[SourceStatus, ...]:
    """Return how each source is doing at a moment (now). Reads a small file and a folder a source.

    A source whose record cannot be read has that for its alarm.
    """
    moment = now or clock.now()
    return tuple(_status(source, corpus, moment) for source in sources)


def _status(source: Source, corpus: Corpus, now: datetime) -> SourceStatus:
    title = source.title or source.name
    try:
        return _judged(source, title, corpus, _read(_path(corpus.root, source.name)), now)
    except StorageError as error:
        return SourceStatus(source.name, title, source.kind, source.url, alarm=str(error))


def _judged(source: Source, title: str, corpus: Corpus, record: dict[str, Any], now: datetime) -> SourceStatus:
    succeeded = record.get("succeeded", "")
    success = datetime.fromisoformat(succeeded) if succeeded else None
    problems = (record.get("error", ""), record.get("short", ""), *record.get("notes", ()))
    return SourceStatus(
        name=source.name,
        title=title,
        kind=source.kind,
        url=source.url,
        last_attempt=record.get("attempted", ""),
        last_success=succeeded,
        age_seconds=(now - success).total_seconds() if success else None,
        documents=corpus.count(source.name),
        newest=record.get("newest", ""),
        usual_days=record.get("usual", 0.0),
        next_due=_iso(success + timedelta(hours=source.every)) if success else "",
        counts=record.get("counts", {}),
        problems=tuple(sentence for sentence in problems if sentence),
        unfinished=_unfinished(source, corpus, record.get("started", "")),
        alarm=_alarm(source, corpus, record, success, now),
    )


def _unfinished(source: Source, corpus: Corpus, started: str) -> str:
    """Say what became of a refresh that has begun (ISO 8601; "" when none has) and not come to its end."""
    if not started:
        return ""
    if writer := corpus.writer():
        return f"正在更新（进程号 {writer}，{started} 开始）。"
    return f"上次更新（{started} 开始）被打断：再运行 kb refresh {source.name} 会接着做。"


def _alarm(source: Source, corpus: Corpus, record: dict[str, Any], success: datetime | None, now: datetime) -> str:
    """Say why somebody should look: wrong settings, failed, overdue, suspicious, incomplete, or silent for strangely long.

    A source that never came to an end is late from the start; while its first refresh is under way, it is given the
    time after which others are.
    """
    if source.problem or record.get("error"):
        return source.problem or f"最近一次更新失败：{record['error']}"
    patience = timedelta(hours=_OVERDUE * source.every)
    if not success:
        return _never(source, corpus, record.get("started", ""), now - patience)
    if now - success > patience:
        days = (now - success).days
        return f"已有 {days} 天没有成功更新，本应每 {source.every} 小时一次：请检查定时任务和网络。"
    counts = record.get("counts", {})
    if counts.get("suspicious"):
        return f"最近一次更新有 {counts['suspicious']} 个网页可疑，没有收录：请查看说明。"
    return record.get("short", "") or _silence(record, now)


def _never(source: Source, corpus: Corpus, started: str, latest: datetime) -> str:
    """Say that a source was never refreshed to the end, "" while the first refresh, begun after `latest`, is at it."""
    if not started:
        return f"还没有更新过：请运行 kb refresh {source.name}，并检查定时任务。"
    if not corpus.writer():
        return f"第一次更新（{started} 开始）被打断，文件不全：请再运行 kb refresh {source.name}，会接着做。"
    late = datetime.fromisoformat(started) < latest
    return f"第一次更新（{started} 开始）还没有完成：请检查它是否停住了。" if late else ""


def _silence(record: dict[str, Any], now: datetime) -> str:
    """Judge silence by the source's own rhythm; a document that arrived late ends it like one that is new."""
    last = max(record.get("newest", ""), record.get("arrived", ""))
    if not last or not record.get("silence"):
        return ""
    silent = now.date().toordinal() - date.fromisoformat(last).toordinal()
    if silent <= record["silence"]:
        return ""
    return f"已有 {silent} 天没有新文件，通常不超过 {record['usual']:.0f} 天：网站可能改版，或者停止更新了。"


def _path(root: Path, name: str) -> Path:
    return root / FOLDER / f"{name}.json"


def _read(path: Path) -> dict[str, Any]:
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise StorageError(f"读不了 {path}（{error}）：请检查磁盘，或删除这个文件，下次更新会重新写它。") from error
    return dict(record)


def _iso(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"
