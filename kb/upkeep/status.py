"""How each source is doing: written after each refresh, judged whenever somebody asks."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from kb.base import clock, storage
from kb.base.errors import StorageError, refusal
from kb.config.sources import Source
from kb.corpus.folder import Corpus
from kb.fetch.lists.item import Item
from kb.upkeep import findings, rhythm
from kb.upkeep.state import FOLDER, State
from kb.upkeep.tally import Tally

_MOST_NOTES = 20
_NAMED = 3
_OVERDUE = 3
_AGAIN = 3
_INDEX = ".index"


@dataclass(frozen=True, slots=True)
class Alarm:
    """One reason to look at a source, or at the index: of what `kind`, in a sentence, since when (ISO 8601, "" where nobody noted it).

    `which` tells what it concerns from other things, where the sentence does not name all.
    """

    kind: str
    sentence: str
    since: str = ""
    which: str = ""


@dataclass(frozen=True, slots=True)
class SourceStatus:
    """How a source is doing. Times are ISO 8601 in UTC, days ISO 8601; "" and None where there is none yet.

    `documents` counts what is in the source's folder, whoever put it there. `counts` are those of the last refresh that
    came to its end, `problems` its errors in words; `unfinished` says that one is under way or was broken off, "" when
    neither. `usual_days` is the learnt interval between two days with news. `alarm` says why somebody should look, "" when
    all is well; `alarms` are its reasons one by one. A `closed` source has none.
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
    alarms: tuple[Alarm, ...] = ()
    closed: bool = False
    unknown: bool = False
    """Whether its record was lost or cannot be read: nobody knows when it was last refreshed."""


def note_start(root: Path, source: Source, now: datetime) -> None:
    """Write down that a refresh of a source has begun, until `write_status` says how it went. Raises StorageError."""
    path = _path(root, source.name)
    before = findings.read(path)
    findings.write(
        path, before | {"started": clock.stamp(now), "broken": before.get("broken", 0) + bool(before.get("started"))}
    )


def write_status(root: Path, source: Source, state: State, tally: Tally, now: datetime) -> None:
    """Write down how a refresh of a source went. Raises StorageError."""
    path = _path(root, source.name)
    before = findings.read(path)
    days = state.news(rhythm.REMEMBERED, now.date().isoformat())
    learnt = rhythm.of_dates(days)
    record = {
        "attempted": clock.stamp(now),
        "succeeded": findings.trusted(before.get("succeeded", ""), now) if tally.error else clock.stamp(now),
        "counts": tally.counts(),
        "error": tally.error,
        "short": tally.short,
        "notes": tally.notes[:_MOST_NOTES],
        "newest": days[0] if days else "",
        "arrived": state.recall("arrived", ""),
        "usual": round(learnt.usual, 2),
        "silence": round(learnt.alarm, 2),
        "lacking": _lacking(source, state),
        "failures": before.get("failures", 0) + 1 if tally.error else 0,
    }
    if tally.error and "lost" in before:
        record["lost"] = before["lost"]
    known = before.get("since", {})
    troubles = {
        "failed": tally.error,
        "suspicious": tally.suspicious,
        "short": tally.short,
        "lacking": record["lacking"]["count"],
    }
    record["since"] = {kind: known.get(kind) or clock.stamp(now) for kind, trouble in troubles.items() if trouble}
    findings.write(path, record)


def note_failed(root: Path, source: Source, error: str, now: datetime) -> None:
    """Write down that a refresh of a source could not even begin, or not be written down as a whole. Raises StorageError."""
    path = _path(root, source.name)
    before = findings.read(path)
    since = before.get("since", {})
    told = {"error": error, "failures": before.get("failures", 0) + 1, "attempted": clock.stamp(now)}
    findings.write(path, before | told | {"since": {**since, "failed": since.get("failed") or clock.stamp(now)}})


def note_lost(root: Path, source: str, now: datetime) -> None:
    """Write down that the record of a source was lost: that is not to say that it was never refreshed. Raises StorageError."""
    findings.write(_path(root, source), {"lost": clock.stamp(now)})


def _lacking(source: Source, state: State) -> dict[str, Any]:
    """Return how many posts of a source are not here as they are there, and of the first ones why."""
    posts = list(state.lacking())
    named = ((post, Item.load(post.item) if post.item else None) for post in posts[:_NAMED])
    return {
        "count": len(posts),
        "which": hashlib.sha256("\n".join(post.key for post in posts).encode()).hexdigest()[:16],
        "first": [
            f"{post.url if source.kind == 'files' or not item else item.title or post.url}（{post.trouble.rstrip('。')}）"
            for post, item in named
        ],
    }


def note_indexing(root: Path, now: datetime) -> None:
    """Write down that a refresh makes the index the corpus's, until `note_indexed` says how it went. Raises StorageError."""
    path = _path(root, _INDEX)
    findings.write(path, {"started": clock.stamp(now), "since": findings.read(path).get("since", "")})


def note_indexed(root: Path, problem: str = "") -> None:
    """Write down what is wrong with the index, "" for nothing: then nothing stays written. Raises StorageError."""
    path = _path(root, _INDEX)
    if problem:
        since = findings.trusted(findings.read(path).get("since", ""), clock.now())
        findings.write(path, {"problem": problem, "since": since or clock.stamp()})
    elif path.exists():  # asked first: a read-only disk refuses to remove what is not there
        with storage.refusals(path):
            path.unlink(missing_ok=True)


def index_alarm(corpus: Corpus) -> Alarm | None:
    """Return that the last refresh left the index behind the corpus, None when it did not."""
    path = _path(corpus.root, _INDEX)
    if findings.is_damaged(path):
        return Alarm("index", f"读不了 {path}（与写入时不一致）：请运行 kb index，它会重新写。")
    record = findings.read(path)
    if problem := record.get("problem", ""):
        return Alarm("index", f"自 {record['since']} 起，索引没有跟上语料库：{problem}", record["since"])
    started = record.get("started", "")
    if not started or corpus.writer():
        return None
    sentence = f"更新索引（{started} 开始）被打断，检索不到此后的文件：请运行 kb index。"
    return Alarm("index", sentence, record.get("since") or started)


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
        told = str(error)
    except (TypeError, AttributeError, KeyError, ValueError):  # it holds other things than were written
        told = _damaged(_path(corpus.root, source.name))
    alarms = () if source.closed else (Alarm("unreadable", told),)
    told = " ".join(each.sentence for each in alarms)
    return SourceStatus(
        source.name, title, source.kind, source.url, alarm=told, alarms=alarms, closed=source.closed, unknown=True
    )


def _judged(source: Source, title: str, corpus: Corpus, record: dict[str, Any], now: datetime) -> SourceStatus:
    succeeded = findings.trusted(record.get("succeeded", ""), now)
    success = datetime.fromisoformat(succeeded) if succeeded else None
    problems = (record.get("error", ""), record.get("short", ""), *record.get("notes", ()))
    alarms = () if source.closed else tuple(_alarms(source, corpus, record, success, now))
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
        next_due=clock.stamp(success + timedelta(hours=source.every)) if success and not source.closed else "",
        counts=record.get("counts", {}),
        problems=tuple(sentence for sentence in problems if sentence),
        unfinished=_unfinished(source, corpus, record.get("started", "")),
        alarm=" ".join(each.sentence for each in alarms),
        alarms=alarms,
        closed=source.closed,
        unknown=_is_lost(source, corpus, record),
    )


def _is_lost(source: Source, corpus: Corpus, record: dict[str, Any]) -> bool:
    """Return whether a source was refreshed, or may have been, and its record tells nothing of it."""
    return "lost" in record or (not record and _path(corpus.root, source.name).with_suffix(".sqlite").exists())


def _unfinished(source: Source, corpus: Corpus, started: str) -> str:
    """Say what became of a refresh that has begun (ISO 8601; "" when none has) and not come to its end."""
    if not started:
        return ""
    if writer := corpus.writer():
        return f"正在更新（进程号 {writer}，{started} 开始）。"
    return f"上次更新（{started} 开始）被打断：再运行 kb refresh {source.name} 会接着做。"


def _alarms(
    source: Source, corpus: Corpus, record: dict[str, Any], success: datetime | None, now: datetime
) -> Iterator[Alarm]:
    """Yield every reason to look at a source: none stands in front of another.

    Wrong settings, failed, never or not lately refreshed, broken off again and again, suspicious pages, others that are not
    here, lists that are not whole, silent for strangely long. A source that never came to an end is late from the start; while its first
    refresh is under way, it is given the time after which others are.
    """
    since = record.get("since", {})
    if source.problem:
        yield Alarm("settings", source.problem)
        return
    if error := record.get("error", ""):
        again = f"（已连续 {record['failures']} 次）" if record.get("failures", 0) >= _AGAIN else ""
        yield Alarm("failed", f"最近一次更新失败{again}：{error}", since.get("failed", ""))
    patience = timedelta(hours=_OVERDUE * source.every)
    started = record.get("started", "")
    if not success and (told := record.get("succeeded", "")):
        sentence = f"上次成功的时间记成了将来（{told}），不采信：请校正时钟，再运行 kb refresh {source.name}。"
        yield Alarm("late", sentence)
    elif not success:
        if _is_lost(source, corpus, record) and not (started and corpus.writer()):
            sentence = f"上次成功更新在哪一天，不知道：它的更新记录损坏或不见了。请运行 kb refresh {source.name}，会全部再核对一遍。"
            yield Alarm("late", sentence, record.get("lost", ""))
        elif sentence := _never(source, corpus, started, now, patience, failed=bool(error)):
            yield Alarm("late", sentence, started)
    elif now - success > patience:
        days = (now - success).days
        sentence = f"已有 {days} 天没有成功更新，本应每 {source.every} 小时一次：请检查定时任务和网络。"
        yield Alarm("late", sentence, clock.stamp(success + timedelta(hours=source.every)))
    if success and started and not corpus.writer() and _is_given_up(source, record, now):
        sentence = f"上次更新（{started} 开始）被打断，此后没有再做完：请运行 kb refresh {source.name}，它会接着做。"
        yield Alarm("interrupted", sentence, started)
    counts = record.get("counts", {})
    if counts.get("suspicious"):
        sentence = f"最近一次更新有 {counts['suspicious']} 个网页可疑，没有收录：请查看说明。"
        yield Alarm("suspicious", sentence, since.get("suspicious", ""))
    lacking = record.get("lacking", {})
    if lacking.get("count", 0) > counts.get("suspicious", 0):
        yield Alarm("lacking", _told_lacking(source, lacking), since.get("lacking", ""), lacking["which"])
    if short := record.get("short", ""):
        yield Alarm("short", short, since.get("short", ""))
    if silence := _silence(record, now):
        yield Alarm("silent", silence)


def _told_lacking(source: Source, lacking: dict[str, Any]) -> str:
    first, more = "；".join(lacking["first"]), "……" if lacking["count"] > len(lacking["first"]) else ""
    where = "文件夹里" if source.kind == "files" else "列表里"
    return f"{where}有 {lacking['count']} 份没有收录，或者没有取到最新的：{first}{more}。"


def _is_given_up(source: Source, record: dict[str, Any], now: datetime) -> bool:
    """Return whether a refresh that was broken off was not taken up in its time, or was broken off again."""
    started = findings.trusted(record["started"], now)
    due = now - timedelta(hours=source.every)
    return record.get("broken", 0) > 0 or not started or datetime.fromisoformat(started) < due


def _never(source: Source, corpus: Corpus, started: str, now: datetime, patience: timedelta, *, failed: bool) -> str:
    """Say that a source was never refreshed to the end, "" while the first refresh is at it, and has been for a while
    only, and where it `failed`, which says it all.
    """
    if not started:
        return "" if failed else f"还没有更新过：请运行 kb refresh {source.name}，并检查定时任务。"
    if not corpus.writer():
        return f"第一次更新（{started} 开始）被打断，文件不全：请再运行 kb refresh {source.name}，会接着做。"
    begun = findings.trusted(started, now)
    late = not begun or datetime.fromisoformat(begun) < now - patience
    return f"第一次更新（{started} 开始）还没有完成：请检查它是否停住了。" if late else ""


def _silence(record: dict[str, Any], now: datetime) -> str:
    """Judge silence by the source's own rhythm; a document that arrived late ends it like one that is new.

    A day that has not come yet is no news: a clock was ahead.
    """
    today = now.date().isoformat()
    last = max((day for day in (record.get("newest", ""), record.get("arrived", "")) if day <= today), default="")
    if not last or not record.get("silence"):
        return ""
    silent = now.date().toordinal() - date.fromisoformat(last).toordinal()
    if silent <= record["silence"]:
        return ""
    return f"已有 {silent} 天没有新文件，通常不超过 {record['usual']:.0f} 天：网站可能改版，或者停止更新了。"


def _path(root: Path, name: str) -> Path:
    return root / FOLDER / f"{name}.json"


def _read(path: Path) -> dict[str, Any]:
    """Return the record of a source, {} where there is none. Raises StorageError for one that is damaged or cannot be read."""
    try:
        record = json.loads(path.read_bytes())
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise StorageError(f"读不了 {path}：{refusal(error)}。") from error
    except ValueError:
        record = None
    if not isinstance(record, dict):
        raise StorageError(_damaged(path))
    return record


def _damaged(path: Path) -> str:
    return f"读不了 {path}：它与写入时不一致。请运行 kb check --repair，下次更新会重新写它。"
