"""One verdict on the whole: what `kb status`, /healthz, /metrics, the status page and the alarm all tell.

Health is what there is proof of: each source came to its end within its time and its lists were whole, the index and the
store of citations are of the very files of the corpus, every byte was read again lately, the disk has room, the clock is
sane. What nobody noted is not well.
"""

from __future__ import annotations

import os
import re
import resource
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from shlex import quote
from typing import Any

from kb.base import clock, storage
from kb.base.errors import BadIndexError, KbError, StorageError
from kb.config.settings import Settings
from kb.corpus.folder import REPAIR, UNREADABLE, Corpus, Problem
from kb.law.store import Store
from kb.search.contract.engine import Engine, Machines
from kb.upkeep import findings
from kb.upkeep.findings import Finding, trusted
from kb.upkeep.in_step import index_problem, vanished
from kb.upkeep.state import FOLDER
from kb.upkeep.status import Alarm, SourceStatus, index_alarm, status

CHECK_DAYS = 7
"""How often `kb refresh` reads every byte again, as `kb check` does."""
_LATE_CHECK = 3 * CHECK_DAYS
_CHECKED, _DISK, _FAILING, KEPT = (f"{findings.RUN}/{name}.json" for name in ("checked", "disk", "failing", "backup"))
_UNKNOWN = {
    "checked": "上次核对每个字节在哪一天、发现了什么",
    "disk": "磁盘照现在的速度还能用多久",
    "failing": "前几次运行有哪几步没有做成",
    "backup": "上次备份在哪一天、在哪里",
    "acknowledged": "哪些警报有人知道",
    "rebuilt": "索引有没有损坏过",
}
"""What nobody can tell when a record is damaged."""
_BACKUP_DAYS = 7
_LEAST_BYTES, _LEAST_FILES = 300_000_000, 10_000
_SOON = 90  # days
_NAMED = 5
_SAMPLES = 60
_MEGABYTE = 1_000_000
_LEAST_DESCRIPTORS = 0.2
_ADVICE = {
    "late": "kb refresh {name}",
    "interrupted": "kb refresh {name}",
    "failed": "kb source try {name}",
    "suspicious": "kb source aside {name}",
    "lacking": "kb refresh {name} --full",
    "short": "kb source try {name}",
    "silent": "kb source try {name}",
    "unreadable": "kb check --repair",
    "settings": "kb source list",
}


@dataclass(frozen=True, slots=True)
class Disk:
    """The room on a disk: bytes and files that are free, and what the next year needs at the present pace (bytes; None
    where it is not known yet) and in how many days that fills it (None: never, or not known).
    """

    folder: Path
    free: int
    files: int | None
    year: int | None = None
    days: int | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """How everything is at a `moment`: the sources, the room on the disks, when every byte was last read (ISO 8601, ""
    for never), and the findings, those that somebody knows of, too. `machines` are those of the cluster, where there is
    one; `kept` is when the last sound backup was made ("" where nobody knows of one), `kept_in` its folder.
    """

    moment: str = ""
    sources: tuple[SourceStatus, ...] = ()
    disks: tuple[Disk, ...] = ()
    checked: str = ""
    findings: tuple[Finding, ...] = ()
    machines: Machines | None = None
    kept: str = ""
    kept_in: str = ""

    @property
    def open(self) -> tuple[Finding, ...]:
        """Return the findings that nobody knows of."""
        return tuple(each for each in self.findings if not each.acknowledged)


def verdict(
    settings: Settings, corpus: Corpus, engine: Engine | None, law: Store, now: datetime | None = None
) -> Verdict:
    """Judge everything at a moment (now). Raises nothing of ours: what cannot be looked at is a finding."""
    moment = now or clock.now()
    sources = status(settings.sources, corpus, moment)
    refused: list[Finding] = []
    checked, samples, failing, kept, known, rebuilt = (
        _noted(corpus.root / name, refused)
        for name in (_CHECKED, _DISK, _FAILING, KEPT, findings.ACKNOWLEDGED, findings.REBUILT)
    )
    disks = tuple(_disks(settings, samples, moment, refused))
    machines = _machines(engine)
    found = [
        *refused,
        *_of_settings(settings, corpus.root),
        *(each for source in sources for each in _of_source(source)),
        *_of_corpus(corpus, law, checked),  # before the index: what is restored must be indexed again
        *_of_writing(settings, corpus.root),
        *_of_index(corpus, engine, law),
        *_of_cluster(corpus, engine, machines),
        *_of_check(settings, sources, checked, moment),
        *_of_rebuilt(rebuilt),
        *_of_backup(settings, kept, moment),
        *_of_clock(corpus, moment),
        *(each for disk in disks for each in _of_disk(disk)),
        *_of_machine(),
        *_of_telling(failing),
    ]
    return Verdict(
        clock.stamp(moment),
        sources,
        disks,
        trusted(checked.get("at", ""), moment),
        findings.marked(found, known),
        machines,
        at := trusted(kept.get("at", ""), moment),
        kept["state"] if at else "",
    )


def _noted(path: Path, refused: list[Finding]) -> dict[str, Any]:
    """Return a small record, {} where there is none; where it is damaged, or the machine refuses to read it, that is a finding."""
    try:
        if findings.is_damaged(path):
            sentence = f"{path} 与写入时不一致：{_UNKNOWN[path.stem]}，不知道了。"
            refused.append(Finding(f"records/{path.stem}", "运行", sentence, advice="kb check --repair"))
        return findings.read(path)
    except StorageError as error:
        refused.append(Finding(f"records/{path.stem}", "运行", str(error), advice=f"ls -l {path}"))
        return {}


def check_is_due(corpus: Corpus, now: datetime) -> bool:
    """Return whether every byte is to be read again: it never was, or not lately, or at a time that has not come yet."""
    at = trusted(findings.read(corpus.root / _CHECKED).get("at", ""), now)
    return not at or now - datetime.fromisoformat(at) >= timedelta(days=CHECK_DAYS)


def grave(problems: Sequence[Problem], index: Path) -> list[Problem]:
    """Return what of the findings of a full check is damage: what a person may have edited is told by itself; what is
    lost, and what the `index` lacks, is told whenever somebody looks.
    """
    return [each for each in problems if each.damage not in ("edited", "deleted") and each.path != index]


def told_found(corpus: Corpus) -> str:
    """Return until when `kb check` has told that files were taken into the ledger as they were found. Raises StorageError."""
    return str(findings.read(corpus.root / _CHECKED).get("found", ""))


def note_checked(corpus: Corpus, problems: Sequence[Problem], index: Path, now: datetime, found: str = "") -> None:
    """Write down what a full check found damaged, or edited and not accepted, and what `told_found` is to return. Raises StorageError."""
    path = corpus.root / _CHECKED
    before, at = findings.read(path), clock.stamp(now)

    def since(known: dict[str, Any]) -> str:
        return trusted(known.get("since", ""), now) or at

    record: dict[str, Any] = {"at": at, "count": 0, "first": [], "since": ""}
    if damaged := grave(problems, index):
        first = _first_to_mend(damaged)
        record |= {"count": len(damaged), "first": [first.sentence], "advice": first.advice, "since": since(before)}
    if edited := [each for each in problems if each.damage == "edited"]:
        one = {"id": edited[0].id, "sentence": edited[0].sentence, "since": since(before.get("edited", {}))}
        record["edited"] = {"count": len(edited), **one}
    if told := found or before.get("found", ""):
        record["found"] = told
    findings.write(path, record)
    if findings.read(corpus.root / findings.REBUILT):
        findings.write(corpus.root / findings.REBUILT, {})


def note_backup(corpus: Corpus, state: Path, now: datetime) -> None:
    """Write down that a sound backup was made, and where. Raises StorageError."""
    path = corpus.root / KEPT
    used = _used(findings.read(path)) | {str(state.parent)}
    findings.write(path, {"at": clock.stamp(now), "state": str(state), "targets": sorted(used)})


def note_bad_backup(corpus: Corpus, target: Path, sentence: str, now: datetime) -> None:
    """Write down that the last backup was not sound, or not made (`sentence`): a finding until a sound one is. Raises StorageError."""
    path = corpus.root / KEPT
    if findings.is_damaged(path):
        forget_backup(corpus)
    record = findings.read(path)
    at = clock.stamp(now)
    since = trusted(record.get("bad", {}).get("since", ""), now) or at
    bad = {"since": since, "target": str(target), "sentence": sentence}
    findings.write(path, {**record, "targets": sorted(_used(record) | {str(target)}), "bad": bad})


def used_targets(corpus: Corpus) -> set[str] | None:
    """Return the folders that backups were made in, None where nobody knows: the record was damaged, or cannot be read."""
    path = corpus.root / KEPT
    try:
        record = findings.read(path)
        return None if findings.is_damaged(path) or (record and not _used(record)) else _used(record)
    except StorageError:
        return None


def _used(record: dict[str, Any]) -> set[str]:
    """Return the folders that a record tells of; an earlier version wrote down only the last state."""
    state = record.get("state", "")
    return {*record.get("targets", []), *([str(Path(state).parent)] if state else [])}


def forget_backup(corpus: Corpus) -> None:
    """Write down that there may have been backups, and that nobody knows when: a finding until the next one. Raises StorageError."""
    findings.write(corpus.root / KEPT, {"at": "", "state": ""})


def note_disk(settings: Settings, corpus: Corpus, now: datetime) -> None:
    """Write down how much room there is, once a week, so that the pace is known. Raises StorageError."""
    path = corpus.root / _DISK
    today = now.date().isoformat()
    samples = {day: told for day, told in findings.read(path).items() if day <= today}
    if any(now.date().toordinal() - datetime.fromisoformat(day).toordinal() < CHECK_DAYS for day in samples):
        return
    samples[today] = {name: folder_free(folder)[0] for name, folder in _folders(settings, []).items()}
    findings.write(path, dict(sorted(samples.items())[-_SAMPLES:]))


def note_step(corpus: Corpus, step: str, problem: str) -> None:
    """Write down that a step of a run failed, "" that it did not: it is a finding until it succeeds. Raises StorageError."""
    path = corpus.root / _FAILING
    failing = findings.read(path)
    known = failing.pop(step, {})
    if problem:
        failing[step] = {"problem": problem, "since": known.get("since") or clock.stamp()}
    if problem or known:
        findings.write(path, failing)


def _of_source(source: SourceStatus) -> Iterator[Finding]:
    for each in source.alarms:
        advice = _ADVICE[each.kind].format(name=source.name)
        yield Finding(f"{source.name}/{each.kind}", source.title, each.sentence, each.since, advice, which=each.which)


def _of_index(corpus: Corpus, engine: Engine | None, law: Store) -> Iterator[Finding]:
    """Compare the index and the store of citations with the files, by fingerprint. While somebody writes they differ."""
    try:
        is_written = bool(corpus.writer())
        noted = index_alarm(corpus)
        if noted:
            yield Finding("index/failed", "索引", noted.sentence, noted.since, _after_failure(corpus, law, noted))
        if is_written or not any(True for _ in corpus.files()):
            return
        if engine and (problem := index_problem(engine)):
            yield Finding("index/broken", "索引", problem, advice="kb index")
        elif not noted and (behind := _behind(corpus, law)):
            yield Finding("index/behind", "索引", behind.sentence, advice=_to_index(corpus, behind))
    except KbError as error:
        yield Finding("index/broken", "索引", str(error), advice="kb check")


def _after_failure(corpus: Corpus, law: Store, noted: Alarm) -> str:
    """Return what to type after the index could not be brought in step."""
    try:
        advice = _to_index(corpus, _Behind() if corpus.writer() else _behind(corpus, law))
    except KbError:  # told when the files are compared
        advice = "kb index"
    return REPAIR if advice == "kb index" and REPAIR in noted.sentence else advice


def _machines(engine: Engine | None) -> Machines | None:
    """Return how the machines of the cluster are; None where there is none, or it cannot be asked, which searching tells."""
    try:
        return engine.machines() if engine else None
    except KbError:
        return None


def _of_cluster(corpus: Corpus, engine: Engine | None, machines: Machines | None) -> Iterator[Finding]:
    """Say what is wrong with the machines, and that the index on them is not of the documents there are."""
    if not (engine and machines):
        return
    for name, sentence in machines.problems:
        yield Finding(f"cluster/{name}", "集群", sentence, advice="kb status")
    with suppress(KbError):  # told as the index's
        there, files = engine.stats().documents, sum(1 for _ in corpus.files())
        if there != files and not corpus.writer():
            sentence = f"集群里的索引有 {there:,} 份文件，语料库有 {files:,} 份：更新没有成功，或者有文件读不了。"
            yield Finding("cluster/behind", "集群", sentence, advice="kb index")


@dataclass(frozen=True, slots=True)
class _Behind:
    """The documents that the index does not have as they are: those it lacks, those that are another text now, those that are
    not there any more, and those that the machine does not let be read. `damaged`: of the `changed`, what is no text of anybody.
    """

    new: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()
    damaged: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.new or self.changed or self.gone or self.unread)

    @property
    def sentence(self) -> str:
        told = (
            (self.new, "份新文件还检索不到"),
            (self.changed, "份文件与索引里的不一样，检索到的不是现在的文字"),
            (self.gone, "份文件不在了，检索里还有"),
            (self.unread, "份文件读不了，与索引里的是否一样不知道"),
        )
        return "；".join(f"有 {len(ids):,} {words}" for ids, words in told if ids) + "。"


def _behind(corpus: Corpus, law: Store) -> _Behind:
    """Return of which documents the store of citations, which the index is in step with, has another state."""
    return _compared(corpus.root, corpus.stamp()[0], law, law.token())


@lru_cache(maxsize=4)
def _compared(root: Path, _stamp: str, law: Store, _token: object) -> _Behind:
    corpus = Corpus(root)
    try:
        states = law.behind(corpus.fingerprints())
    except (BadIndexError, StorageError):
        return _Behind()  # who asks for the index says why
    unread = tuple(id for id, (_, now) in states.items() if now == UNREADABLE)
    changed = tuple(id for id, (was, now) in states.items() if was and now and now != UNREADABLE)
    damaged = []
    for id in changed:
        with suppress(KbError):
            damaged += [id] if corpus.is_damaged(id) else []
    return _Behind(
        tuple(id for id, (was, now) in states.items() if not was and now != UNREADABLE),
        changed,
        tuple(id for id, (_, now) in states.items() if not now),
        unread,
        tuple(damaged),
    )


def _to_index(corpus: Corpus, behind: _Behind) -> str:
    """Return what brings the index in step: an index cannot take what cannot be read, and would forget what can be restored."""
    if behind.unread:
        paths = dict(corpus.files())
        return f"ls -l {quote(str(paths.get(behind.unread[0], corpus.root)))}"
    return REPAIR if behind.damaged or (behind.gone and any(corpus.lost())) else "kb index"


def _of_settings(settings: Settings, root: Path) -> Iterator[Finding]:
    """Say that there are no settings where sources were refreshed by some: none of these is looked at any more."""
    if settings.file is None or settings.digest:
        return
    with suppress(StorageError):  # what cannot be looked at, the other findings tell
        names = sorted(each.stem for each in storage.entries(root / FOLDER) if each.suffix == ".json")
        if names := [name for name in names if not name.startswith(".")]:
            told = f"{'、'.join(names[:_NAMED])}{' 等' if names[_NAMED:] else ''}"
            sentence = f"没有设置文件 {settings.file}，而这里更新过来源 {told}：现在一个也不更新。请放回它，或用 --config 指明。"
            yield Finding("settings/absent", "设置", sentence, advice=f"ls -l {settings.file}")


def _of_corpus(corpus: Corpus, law: Store, checked: dict[str, Any]) -> Iterator[Finding]:
    try:
        is_there = storage.is_there(corpus.root)
        lost = list(corpus.lost()) if is_there else []
    except KbError as error:
        advice = f"ls -l {corpus.root}" if isinstance(error, StorageError) else "kb check"
        yield Finding("corpus/unreadable", "语料库", str(error), advice=advice)
        return
    if gone := vanished(corpus, law):
        yield Finding("corpus/vanished", "语料库", gone, advice=f"ls -l {corpus.root}")
        return
    if not is_there:
        sentence = f"这里没有语料库（{corpus.root}）：不该是空的，就到 kb.toml 所在的文件夹里运行，或用 --config 指明；新装的，先收录。"
        yield Finding("corpus/absent", "语料库", sentence, advice="kb ingest 文件夹")
        return
    if lost:
        first = _first_to_mend(lost)
        yield Finding("corpus/lost", "语料库", _one_of(first.sentence, len(lost)), advice=_to_mend(first.advice))
    if edited := checked.get("edited"):
        sentence = f"没有人确认过：{_one_of(edited['sentence'], edited['count'])}"
        yield Finding("corpus/edited", "语料库", sentence, edited["since"], f"kb check --accept {edited['id']}")
    if count := checked.get("count", 0):
        sentence = _one_of("".join(checked.get("first", ())), count)
        advice = _to_mend(checked.get("advice", REPAIR))
        yield Finding("corpus/damaged", "语料库", sentence, checked.get("since", ""), advice)


def _first_to_mend(problems: Sequence[Problem]) -> Problem:
    """Return what to begin with: what one command mends altogether."""
    return min(problems, key=lambda each: each.advice != REPAIR)


def _to_mend(advice: str) -> str:
    """Return what to type for damage that a check found: it is told until the next check finds it mended."""
    return advice if advice == REPAIR else "; ".join(filter(None, (advice, "kb check")))


def _of_writing(settings: Settings, root: Path) -> Iterator[Finding]:
    """Say that a corpus with sources to be refreshed is read-only, where that is known. Nothing is written to find out.

    What only this process cannot write, a container's read-only mount or another user's files, may well be as it should.
    """
    open_ = [each.name for each in settings.sources if not each.closed]
    with suppress(OSError):  # what cannot be looked at, the other findings tell
        if not open_ or not root.is_dir():
            return
        if os.statvfs(root).f_flag & os.ST_RDONLY:
            if _is_read_only_for_all(root):
                sentence = f"{root} 所在的文件系统是只读的：更新和收录都写不进去。磁盘出错时系统会这样做，请先检查磁盘，再重新挂载。"
                yield Finding("corpus/readonly", "语料库", sentence, advice=f"findmnt -T {root}")
        elif 0 != os.geteuid() == root.stat().st_uid:
            for folder in (root, *(root / name for name in (FOLDER, ".snapshots", *open_))):
                if folder.is_dir() and not _may_write(folder):
                    sentence = f"{folder} 不能写入：更新和收录都写不进去。请检查它的所有者和权限。"
                    yield Finding("corpus/readonly", "语料库", sentence, advice=f"ls -ld {folder}")
                    return


def _may_write(folder: Path) -> bool:
    return os.access(folder, os.W_OK | os.X_OK, effective_ids=os.access in os.supports_effective_ids)


def _is_read_only_for_all(folder: Path) -> bool:
    """Return whether the file system that a folder is on is itself read-only, not only where this process has it mounted.

    The last field of its line is what the file system was told (proc(5), /proc/PID/mountinfo). Raises OSError.
    """
    place, longest, told = Path(os.path.realpath(folder)), 0, ""
    for line in Path("/proc/self/mountinfo").read_text(encoding="utf-8", errors="surrogateescape").splitlines():
        fields = line.split(" ")
        point = Path(re.sub(r"\\(\d{3})", lambda escaped: chr(int(escaped[1], 8)), fields[4]))
        if place.is_relative_to(point) and len(point.parts) >= longest:
            longest, told = len(point.parts), fields[-1]
    return "ro" in told.split(",")


def _one_of(sentence: str, count: int) -> str:
    return sentence if count == 1 else f"{sentence}（共 {count:,} 处，全部列在 kb check 里）"


def _of_check(
    settings: Settings, sources: Sequence[SourceStatus], checked: dict[str, Any], now: datetime
) -> Iterator[Finding]:
    """Say that nobody has read every byte for long: where there are sources, `kb refresh` does so."""
    at = trusted(checked.get("at", ""), now)
    if not settings.sources or not any(each.last_success for each in sources):
        return
    if checked.get("at") and not at:
        sentence = f"上次核对每个字节的时间记成了将来（{checked['at']}），不采信：请校正时钟，再核对一次。"
        yield Finding("check/late", "核对", sentence, advice="kb check")
    elif at and now - datetime.fromisoformat(at) > timedelta(days=_LATE_CHECK):
        sentence = f"已有 {_LATE_CHECK} 天以上没有核对过每个字节，本应每 {CHECK_DAYS} 天一次：请检查定时任务。"
        yield Finding("check/late", "核对", sentence, at, "kb check")


def _of_rebuilt(rebuilt: dict[str, Any]) -> Iterator[Finding]:
    """Say that an index was damaged: a disk that damages one file may damage others."""
    if rebuilt:
        sentence = f"{' '.join(rebuilt['sentences'])}下次核对每个字节（kb check）之后，这一条就没有了。"
        yield Finding("index/rebuilt", "索引", sentence, rebuilt["since"], "kb check", which=rebuilt["last"])


def _of_backup(settings: Settings, kept: dict[str, Any], now: datetime) -> Iterator[Finding]:
    """Say that the last backup was not sound, and that there was no sound one for long: where there ever was one, or the
    settings ask for them.
    """
    days, at = settings.backup_days or _BACKUP_DAYS, trusted(kept.get("at", ""), now)
    bad = kept.get("bad", {})
    if bad:
        sentence = f"{bad['sentence']}上次完好的备份：{at or '没有记录'}。"
        yield Finding("backup/bad", "备份", sentence, bad["since"], f"kb backup {bad['target']}")
    if "at" in kept and not at:
        sentence = "上次备份在哪一天，不知道：记录损坏过，或者记着将来的时间。请再备份一次。"
        yield Finding("backup/unknown", "备份", sentence, advice="kb backup 目标文件夹")
    elif not at and not bad and settings.backup_days:
        yield Finding(
            "backup/never", "备份", "还没有备份过，设置里要有（keep.backup_days）。", advice="kb backup 目标文件夹"
        )
    elif at and now - datetime.fromisoformat(at) > timedelta(days=days):
        place = Path(kept.get("state", "")).parent
        sentence = f"已有 {days} 天以上没有完好的备份，上一次在 {place}：请检查定时任务和那块盘。"
        yield Finding("backup/late", "备份", sentence, at, f"kb backup {place}")


def _of_clock(corpus: Corpus, now: datetime) -> Iterator[Finding]:
    try:
        ahead = findings.in_future(corpus.root, now)
    except StorageError as error:
        yield Finding("records/all", "运行", str(error), advice=f"ls -l {corpus.root / FOLDER}")
        return
    if ahead:
        sentence = (
            f"{FOLDER}/ 里的 {'、'.join(ahead[:5])} 记着将来的时间：这台机器的时钟曾经快了，或者现在慢了。"
            f"将来的时间一律不采信；时钟对了之后，{'；'.join(_rewritten(ahead))}。"
        )
        yield Finding("clock/future", "时钟", sentence, advice="timedatectl")


def _rewritten(records: Sequence[str]) -> Iterator[str]:
    """Say what writes the records anew, and with them their times."""
    by_hand = {
        Path(KEPT).name: "kb backup 目标文件夹",
        Path(findings.ACKNOWLEDGED).name: "kb status --acknowledge 警报",
    }
    yield from (f"{name} 由 {command} 改正" for name, command in by_hand.items() if name in records)
    if set(records) - by_hand.keys():
        yield "其余的由下次成功的更新改正" if set(records) & by_hand.keys() else "下次成功的更新会改正"


def _folders(settings: Settings, refused: list[Finding]) -> dict[str, Path]:
    """Return the folders that are written to, one of each disk; where one cannot be looked at, that is a finding."""
    found: dict[int, tuple[str, Path]] = {}
    for name, folder in (("corpus", settings.corpus), ("index", settings.index)):
        try:
            with storage.refusals(folder, "读"):
                there = next((each for each in (folder, *folder.parents) if each.is_dir()), folder)
                found.setdefault(there.stat().st_dev, (name, there))
        except StorageError as error:
            refused.append(_unmeasured(name, folder, error))
    return dict(found.values())


def folder_free(folder: Path) -> tuple[int, int | None]:
    """Return the bytes and the files that there is room for where a folder is; None where files are not counted. Raises StorageError."""
    with storage.refusals(folder, "读"):
        disk = os.statvfs(folder)
    return disk.f_bavail * disk.f_frsize, disk.f_favail if disk.f_files else None


def _unmeasured(name: str, folder: Path, error: StorageError) -> Finding:
    sentence = f"{error}它所在的磁盘还有多少空间，不知道。"
    return Finding(f"disk/{name}", "磁盘", sentence, advice=f"df -h {folder}")


def _disks(settings: Settings, noted: dict[str, Any], now: datetime, refused: list[Finding]) -> Iterator[Disk]:
    today = now.date()
    samples = {day: told for day, told in noted.items() if day <= today.isoformat()}
    first = min(samples, default="")
    days = today.toordinal() - datetime.fromisoformat(first).toordinal() if first else 0
    for name, folder in _folders(settings, refused).items():
        try:
            free, files = folder_free(folder)
        except StorageError as error:
            refused.append(_unmeasured(name, folder, error))
            continue
        before = samples[first].get(name) if first else None
        if before is None or days < CHECK_DAYS:
            yield Disk(folder, free, files)
            continue
        a_day = max(0.0, (before - free) / days)
        yield Disk(folder, free, files, round(a_day * 365), int(free / a_day) if a_day else None)


def _of_disk(disk: Disk) -> Iterator[Finding]:
    if disk.free < _LEAST_BYTES:
        sentence = f"{disk.folder} 所在的磁盘只剩 {disk.free / _MEGABYTE:,.0f} MB：写满之后收录和更新会停下。"
        yield Finding("disk/space", "磁盘", sentence, advice=f"df -h {disk.folder}")
    elif disk.days is not None and disk.days < _SOON:
        sentence = f"照现在的速度，{disk.folder} 所在的磁盘约 {disk.days} 天后写满。"
        yield Finding("disk/soon", "磁盘", sentence, advice=f"df -h {disk.folder}")
    if disk.files is not None and disk.files < _LEAST_FILES:
        sentence = f"{disk.folder} 所在的文件系统只能再建 {disk.files:,} 个文件（inode 快用完了）。"
        yield Finding("disk/files", "磁盘", sentence, advice=f"df -i {disk.folder}")


def _of_machine() -> Iterator[Finding]:
    """Look at how many files and connections this very process may still open."""
    most, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        opened = len(os.listdir("/proc/self/fd"))  # noqa: PTH208 — names only
    except OSError:
        return
    if most > 0 and most - opened < most * _LEAST_DESCRIPTORS:
        sentence = f"这个进程最多能打开 {most:,} 个文件和连接，已经用了 {opened:,} 个：再多就会拒绝读者；在 systemd 里设 LimitNOFILE=。"
        yield Finding("machine/files", "系统", sentence, advice="ulimit -n 4096")


def _of_telling(failing: dict[str, Any]) -> Iterator[Finding]:
    for step, told in failing.items():
        yield Finding(f"step/{step}", "运行", told.get("problem", ""), told.get("since", ""), "kb refresh")
