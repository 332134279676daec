"""Backups in a plain folder: every state is a folder of its own with the files as they are, and `sha256sum -c` reads its list.

A state is `<number>-<when>-<seal>/`: the seal is the beginning of the sha256 of its list, `SHA256SUMS`, so that no line of it
is lost unnoticed. What has not changed since the state before is the same file (a hard link). A state has its name only
when every byte of it was read back; one that was not finished is `.tmp-…`, and goes at the next time.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
import stat
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from io import BufferedReader
from pathlib import Path

from kb import __version__
from kb.base import clock, inside, storage
from kb.base.errors import KbError, NotFoundError, StorageError, UnreadableError, UsageError, refusal
from kb.base.lazy_re import lazy_re
from kb.config import settings
from kb.config.settings import Settings
from kb.corpus.folder import Corpus
from kb.upkeep.follow import subscriptions

SUMS = "SHA256SUMS"
ABOUT = "backup.json"
_STATE = lazy_re(r"(\d{4,})-(\d{4}-\d\d-\d\dT\d{6}Z)-([0-9a-f]{8})")
_LINE = lazy_re(r"([0-9a-f]{64})  ([^\n]+)\n")
_LOCK = ".lock"
_CHUNK = 1 << 20
_FEWEST = 2
_SHOWN = 5
_NOT_AS_WRITTEN = "读不出来，或者与写入时不一致"


@dataclass(frozen=True, slots=True)
class State:
    """A state that was kept: what it holds, and what was damaged in the corpus when it was taken (`problems`). Where its
    `backup.json` is not as it was written that is not `known`, which is a problem, too.
    """

    path: Path
    number: int
    taken: str = ""
    documents: int = 0
    problems: tuple[str, ...] = ()
    known: bool = True


@dataclass(frozen=True, slots=True)
class Kept:
    """What a backup did. `copied` and `linked` count files, `written` bytes are of those that were copied; every one of the `files`
    was read back. `damaged` is what was found to be wrong with the state before: nothing of that was linked to.
    """

    state: State
    files: int
    copied: int
    linked: int
    written: int
    removed: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    damaged: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restore did: how many `files` were read back, what is to be known, and a sentence for each that was not restored."""

    state: State
    files: int
    notes: tuple[str, ...]
    lacking: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Examined:
    """A state of which every byte was read: its list (sha256 by name), what is wrong, by name, and which other states hold the
    very bytes of a file that is damaged.
    """

    sums: Mapping[str, str]
    wrong: Mapping[str, str]
    copies: Mapping[str, Path]

    @property
    def lacking(self) -> dict[str, str]:
        """Return what cannot be restored: what is wrong and nowhere else, or the list. What says how the state was made, and
        what stands beside the files, nobody would restore.
        """
        needed = self.sums.keys() - {ABOUT} | {SUMS}
        return {name: said for name, said in self.wrong.items() if name in needed and name not in self.copies}


@dataclass(slots=True)
class _Taking:
    """A state in the making: the list so far, and the state before."""

    folder: Path
    before: Path | None
    known: Mapping[str, str]
    sums: dict[str, str] = field(default_factory=dict)
    copied: int = 0
    written: int = 0
    notes: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    damaged: list[str] = field(default_factory=list)

    def take(self, root: Path, below: str) -> None:
        """Take the files of a folder as `below`; the locks and what killed runs left are nobody's."""

        def refused(error: OSError) -> None:
            self.problems.append(f"{error.filename} 读不出来，里面的没有备份：{refusal(error)}。")

        for path in _files(root, refused):
            name = path.relative_to(root).as_posix()
            if path.is_symlink() or not path.is_file():
                self.notes.append(f"{path} 是链接或不是普通文件，没有备份。")
            elif "\n" in name or "\\" in name:
                self.notes.append(f"{path} 的名称里有换行或反斜杠，没有备份：请改名。")
            else:
                self.add(root, name, f"{below}/{name}")

    def add(self, root: Path, name: str, as_name: str) -> None:
        """Take one file, by a link to the state before where its bytes are there. What is gone meanwhile is not there, and
        what cannot be read keeps no other file from being kept.
        """
        try:
            with inside.opened(root, name) as file:
                self._keep(file, as_name)
        except FileNotFoundError:
            return
        except OSError as error:
            self.problems.append(f"{root / name} 读不出来，没有备份：{refusal(error)}。")
        except UnreadableError as error:
            self.problems.append(f"{root / name} 没有备份：它{error}")

    def _keep(self, file: BufferedReader, name: str) -> None:
        digest, target = hashlib.file_digest(file, "sha256").hexdigest(), self.folder / name
        with storage.refusals(target):
            target.parent.mkdir(parents=True, exist_ok=True)
            if not self._link(name, digest, target):
                file.seek(0)
                digest = self._copy(file, target)
        self.sums[name] = digest

    def _link(self, name: str, digest: str, target: Path) -> bool:
        """Link to the file of the state before, if that still has these bytes: a damaged one is not handed on."""
        if self.before is None or self.known.get(name) != digest:
            return False
        if wrong := _wrong(self.before / name, digest, {}):
            self.damaged.append(f"{self.before / name} {wrong}。")
            return False
        with suppress(OSError):  # a file system without links
            os.link(self.before / name, target)
            return True
        return False

    def _copy(self, file: BufferedReader, target: Path) -> str:
        """Copy a file with its times and who may use it; return the sha256 of what was copied."""
        digest = hashlib.sha256()
        with target.open("xb") as copy:
            for chunk in _chunks(file):
                digest.update(chunk)
                copy.write(chunk)
            copy.flush()
            os.fsync(copy.fileno())
            self.written += copy.tell()
        found = os.fstat(file.fileno())
        target.chmod(stat.S_IMODE(found.st_mode))
        os.utime(target, ns=(found.st_atime_ns, found.st_mtime_ns))
        self.copied += 1
        return digest.hexdigest()


def back_up(config: Settings, home: Path, target: Path, keep: int, *, used: Collection[str] | None, new: bool) -> Kept:
    """Keep the corpus, the subscriptions, the readers and the settings in `target`, as a new state; `home` is the settings file.

    At most `keep` states stay; the last that was taken of a sound corpus always does. Nothing is removed unless the new one
    is sound and nothing was found damaged. `used` are the targets that had backups (None: nobody knows which): where one has
    none any more, they begin there only as `new` ones. Raises StorageError, NotFoundError for a target whose backups are not
    there, and UsageError for one that is part of what is kept, or has backups though it should be new.
    """
    target = target.resolve()
    _refuse_target(target, config)
    notes = _begun(target, used, new)
    storage.make_folder(target)
    with storage.lock(target / _LOCK), storage.refusals(target):
        storage.remove_leftovers(target, below=False)
        before = states(target)
        taking = _taking(target / f"{storage.TEMPORARY}state", before[-1] if before else None)
        taking.notes += notes
        taking.folder.mkdir(mode=0o700)
        places = _places(config, home)
        with storage.lock(config.corpus / _LOCK):
            taking.take(config.corpus, places["corpus"])
        _take_beside(taking, config, home, places)
        state = _finish(taking, places, number=before[-1].number + 1 if before else 1)
        removed = [] if state.problems or taking.damaged else _surplus([*before, state], max(keep, _FEWEST))
        for each in removed:
            storage.remove(each)
        return Kept(
            state,
            files=len(taking.sums) - 1,
            copied=taking.copied,
            linked=len(taking.sums) - 1 - taking.copied,
            written=taking.written,
            removed=tuple(each.name for each in removed),
            notes=tuple(taking.notes),
            damaged=tuple(taking.damaged),
        )


def restore(source: Path, folder: Path, *, partial: bool = False) -> Restored:
    """Put a state (`source`: its folder, or the target that holds it, whose last one it is then) into an empty folder.

    Every byte is verified in the backup before anything is written, and once more where it was written to. The bytes of a
    damaged file are taken from another state that has the very same. What is damaged in all of them is left out of a
    `partial` restore; otherwise nothing is restored. Raises NotFoundError, UsageError, UnreadableError and StorageError.
    """
    state = _chosen(source)
    sums, _ = _listed(state.path)
    storage.make_folder(folder)
    with storage.refusals(folder):
        if strange := _strange(folder, sums):
            raise UsageError(
                f"{folder} 不是空的（里面有 {strange}）：恢复从不覆盖任何东西，请换一个空的（或还没有的）文件夹。"
            )
    others = [each.path for each in reversed(states(state.path.parent)) if each.path != state.path]
    seen: dict[tuple[int, int], str] = {}
    found = _examined(state.path, others, seen)
    if found.lacking and not (partial and found.sums):
        whole = next((each for each in others if not _examined(each, [state.path, *others], seen).lacking), None)
        raise UnreadableError(_refusal(state.path, folder, found, whole, anything=bool(others)))
    storage.remove_leftovers(folder, below=False)
    staged = folder / f"{storage.TEMPORARY}restored"
    wanted = {name: digest for name, digest in found.sums.items() if name != ABOUT and name not in found.lacking}
    with storage.refusals(folder):
        storage.make_folder(staged)
        for name in wanted:
            (staged / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(found.copies.get(name, state.path / name), staged / name)
            storage.sync(staged / name)
        _sync_folders(staged)
        if wrong := [name for name, digest in wanted.items() if _read_back(staged / name) != digest]:
            raise StorageError(f"写进 {folder} 的 {_some(wrong)} 与备份不同：请检查磁盘，再恢复到别处。")
        for path in sorted(staged.iterdir()):
            storage.remove(folder / path.name)  # of a run that was killed: what is staged is the same
            path.rename(folder / path.name)
        staged.rmdir()
        storage.sync(folder)
    notes = [
        f"{state.path / name} {found.wrong[name]}：恢复的是 {copy} 里同样的一份。"
        for name, copy in found.copies.items()
    ]
    notes += [
        f"{state.path / name} {said}：恢复用不到它。"
        for name, said in found.wrong.items()
        if name not in found.lacking and name not in found.copies
    ]
    notes += _elsewhere(folder, _about(state.path))
    return Restored(state, len(wanted), tuple(notes), _sentences(found.lacking))


def states(target: Path) -> list[State]:
    """Return the states in a folder of backups, the last one last, by their numbers: no clock is trusted."""
    found = []
    with storage.refusals(target, "读"):
        for path in target.iterdir() if target.is_dir() else ():
            if (named := _STATE.fullmatch(path.name)) and storage.is_folder(path):
                told = _about(path)
                documents, problems = told.get("documents", 0), told.get("problems")
                count = documents if isinstance(documents, int) else 0
                known = isinstance(problems, list)
                listed = tuple(map(str, problems)) if isinstance(problems, list) else (_not_known(path),)
                found.append(State(path, int(named[1]), named[2], count, listed, known))
    return sorted(found, key=lambda state: state.number)


def damage(state: Path) -> list[str]:
    """Read every byte of a state; return a sentence for each file that is not as it was written, or cannot be read."""
    return list(_sentences(_examined(state, (), {}).wrong))


def _begun(target: Path, used: Collection[str] | None, new: bool) -> list[str]:
    """Return what is to be known where a target has no backups; refuse it where it had some. Raises NotFoundError and UsageError."""
    if states(target):
        if new:
            raise UsageError(f"{target} 里已经有备份：--new 只用来从头开始，用一次，不要写进定时任务。")
    elif used is None:
        return [f"以前有没有备份到 {target}，不知道：备份的记录损坏过，或者读不出来。现在那里一次也没有。"]
    elif str(target) in used and not new:
        raise NotFoundError(
            f"以前备份到 {target}，现在那里一次备份也没有：多半是那块盘没有挂载，请挂载之后再备份；"
            f"要在那里从头开始，用一次 kb backup {target} --new。"
        )
    return []


def _taking(folder: Path, before: State | None) -> _Taking:
    """Begin a state after the one `before`; what that one says of itself is believed only as it was written."""
    if not before:
        return _Taking(folder, None, {})
    sums, sound = _listed(before.path)
    taking = _Taking(folder, before.path, sums)
    if not sound:
        taking.damaged.append(f"{before.path / SUMS} {_NOT_AS_WRITTEN}。")
    elif not before.known:
        taking.damaged.append(_not_known(before.path))
    return taking


def _examined(state: Path, others: Sequence[Path], seen: dict[tuple[int, int], str]) -> _Examined:
    """Read every byte of a state, and look for those of its damaged files in the `others`; a file is read once (see `_wrong`)."""
    sums, sound = _listed(state)
    wrong = {} if sound else {SUMS: _NOT_AS_WRITTEN}

    def refused(error: OSError) -> None:
        wrong[Path(error.filename).relative_to(state).as_posix()] = f"读不出来：{refusal(error)}"

    wrong |= {name: said for name, digest in sums.items() if (said := _wrong(state / name, digest, seen))}
    there = {path.relative_to(state).as_posix() for path in _files(state, refused)} - {SUMS}
    wrong |= dict.fromkeys(sorted(there - sums.keys()), "不在清单里")
    copies = {}
    for name in (each for each in wrong if each in sums):
        same = (other / name for other in others if not _wrong(other / name, sums[name], seen))
        if copy := next(same, None):
            copies[name] = copy
    return _Examined(sums, wrong, copies)


def _wrong(path: Path, digest: str, seen: dict[tuple[int, int], str]) -> str:
    """Return what is wrong with a file that should have this sha256, "" for nothing. States share files: `seen` is what was read."""
    try:
        found = path.stat()
        file = (found.st_dev, found.st_ino)
        if file not in seen:
            seen[file] = _read_back(path)
    except FileNotFoundError:
        return "不见了"
    except OSError as error:
        return f"读不出来：{refusal(error)}"
    return "" if seen[file] == digest else "与写入时不一致"


def _finish(taking: _Taking, places: Mapping[str, str], number: int) -> State:
    """Read back what was written, and give it its name. Raises StorageError."""
    folder, taken = taking.folder, clock.stamp().replace(":", "")
    copy = Corpus(folder / places["corpus"])
    shown = str(folder) + os.sep
    problems = taking.problems + [each.sentence.replace(shown, "") for each in copy.check() if each.damage != "edited"]
    documents = len(copy.ids())
    told = {"number": number, "taken": taken, "program": __version__, "documents": documents, "places": dict(places)}
    about = json.dumps({**told, "problems": problems}, ensure_ascii=False, indent=2).encode()
    storage.write_atomic(folder / ABOUT, about)
    taking.sums[ABOUT] = hashlib.sha256(about).hexdigest()
    listing = "".join(f"{digest}  {name}\n" for name, digest in sorted(taking.sums.items())).encode()
    storage.write_atomic(folder / SUMS, listing)
    _sync_folders(folder)
    if wrong := [name for name, digest in taking.sums.items() if _read_back(folder / name) != digest]:
        raise StorageError(
            f"写好的备份读回来不一样（{_some(wrong)}）：请检查 {folder.parent} 所在的磁盘。以前的备份没有动。"
        )
    final = folder.with_name(f"{number:04}-{taken}-{hashlib.sha256(listing).hexdigest()[:8]}")
    folder.rename(final)
    storage.sync(final.parent)
    return State(final, number, taken, documents, tuple(problems))


def _take_beside(taking: _Taking, config: Settings, home: Path, places: Mapping[str, str]) -> None:
    """Take what is not in the corpus: the settings, the readers, the subscriptions, which the server may write just now."""
    for path, key in ((home, "settings"), (config.readers_file, "readers")):
        if path and path.is_file():
            taking.add(path.resolve().parent, path.resolve().name, places[key])
    database = config.follow / subscriptions.FILE
    if not database.is_file():
        return
    copy = taking.folder / f"{storage.TEMPORARY}follow"
    copy.mkdir(mode=0o700)
    os.close(os.open(copy / subscriptions.FILE, os.O_WRONLY | os.O_CREAT, 0o600))
    try:
        with closing(sqlite3.connect(database)) as present, closing(sqlite3.connect(copy / subscriptions.FILE)) as kept:
            present.backup(kept)
    except sqlite3.Error as error:
        raise StorageError(f"订阅 {database} 读不出来，没有备份：请先恢复或移走它。") from error
    taking.add(copy, subscriptions.FILE, f"{places['follow']}/{subscriptions.FILE}")
    shutil.rmtree(copy)


def _places(config: Settings, home: Path) -> dict[str, str]:
    """Return where each thing stands in a state: where it is beside the settings, or under a plain name."""
    wanted = {"corpus": config.corpus, "follow": config.follow, "readers": config.readers_file or home.parent}
    places = {"settings": settings.FILE_NAME}
    for key, path in wanted.items():
        below = Path(os.path.relpath(path, home.parent))
        plain = {"readers": "readers.json"}.get(key, key)
        places[key] = below.as_posix() if ".." not in below.parts and below.parts else plain
    return places


def _strange(folder: Path, sums: Mapping[str, str]) -> str:
    """Return something in a folder that a restore of these files which was killed did not leave there, "" for nothing."""
    for path in storage.below(folder):
        name = path.relative_to(folder).as_posix()
        same = name in sums and not path.is_symlink() and _read_back(path) == sums[name]
        if not same and not name.startswith(storage.TEMPORARY):
            return name
    return ""


def _elsewhere(folder: Path, told: Mapping[str, object]) -> tuple[str, ...]:
    """Say which of the restored settings lead to another place than where the files were restored to."""
    config = folder / settings.FILE_NAME
    places = told.get("places")
    if not config.is_file() or not isinstance(places, dict):
        return ()
    try:
        loaded = settings.load(config)
    except KbError as error:  # the files are there: it is told
        return (str(error),)
    now = {"corpus": loaded.corpus, "follow": loaded.follow, "readers": loaded.readers_file}
    names = {"corpus": "corpus.path", "follow": "follow.path", "readers": "serve.readers_file"}
    return tuple(
        f"kb.toml 里的 {names[key]} 指着 {path}，恢复出来的在 {folder / places[key]}：请移过去，或改这一项。"
        for key, path in now.items()
        if path and (folder / places[key]).exists() and path.resolve() != (folder / places[key]).resolve()
    )


def _chosen(source: Path) -> State:
    """Return the state that is meant. Raises NotFoundError."""
    source = source.resolve()
    if _STATE.fullmatch(source.name):
        named = [state for state in states(source.parent) if state.path == source]
        if named:
            return named[0]
    elif found := states(source):
        return found[-1]
    raise NotFoundError(f"{source} 里没有备份：请写 kb backup 的目标文件夹，或其中一次备份的文件夹。")


def _refusal(state: Path, folder: Path, found: _Examined, whole: Path | None, *, anything: bool) -> str:
    """Say what of a state is damaged in all of them, which other one is whole, and what else can be done."""
    told = f"备份 {state} 有损坏或读不出来的，没有恢复任何东西：{_some(_sentences(found.lacking))}"
    if whole:
        told += f"可以完整恢复的另一次：kb restore {whole} {folder}。"
    else:
        told += "别的备份也没有一次可以完整恢复。" if anything else "没有别的备份。"
    if not found.sums:
        return f"{told}这一次的清单读不出来，不知道哪些文件是好的：要用它，就把里面的文件拷出来，再运行 kb check --repair。"
    return f"{told}只恢复这一次里好的、逐个列出坏的：kb restore {state} {folder} --partial，再在那里运行 kb check --repair。"


def _surplus(kept: Sequence[State], keep: int) -> list[Path]:
    """Return the oldest states beyond those that stay; those that were taken of a damaged corpus are not counted, and go
    with the sound ones that are younger.
    """
    sound = [state for state in kept if not state.problems]
    first = sound[-keep].number if len(sound) > keep else 0
    return [state.path for state in kept if state.number < first]


def _refuse_target(target: Path, config: Settings) -> None:
    for path in (config.corpus, config.index, config.follow):
        kept = path.resolve()
        if target == kept or kept in target.parents or target in kept.parents:
            raise UsageError(f"备份不能放在 {path} 里，也不能包着它：请写另一个文件夹，最好在另一块盘上。")


def _listed(state: Path) -> tuple[dict[str, str], bool]:
    """Return the list of a state, sha256 by name, and whether it is as it was written; one that cannot be read is empty."""
    with suppress(OSError):
        data = (state / SUMS).read_bytes()
        sums = {name: digest for digest, name in _LINE.findall(data.decode("utf-8", "replace"))}
        named = _STATE.fullmatch(state.name)
        safe = all(".." not in Path(name).parts and not name.startswith("/") for name in sums)
        return (sums if safe else {}), safe and bool(named and hashlib.sha256(data).hexdigest().startswith(named[3]))
    return {}, False


def _about(state: Path) -> dict[str, object]:
    """Return what a state says of itself, {} where that is not as it was written."""
    try:
        data = (state / ABOUT).read_bytes()
        as_listed = f"{hashlib.sha256(data).hexdigest()}  {ABOUT}\n".encode() in (state / SUMS).read_bytes()
        told = json.loads(data) if as_listed else None
    except (OSError, ValueError):
        return {}
    return told if isinstance(told, dict) else {}


def _not_known(state: Path) -> str:
    return f"{state / ABOUT} {_NOT_AS_WRITTEN}：那一次备份的时候语料库是否完好，不知道。"


def _raise(error: OSError) -> None:
    raise error


def _files(root: Path, refused: Callable[[OSError], None] = _raise) -> Iterator[Path]:
    """Yield what is in a folder and below it, but folders, locks and what killed runs left, by name.

    What cannot be looked into is `refused`.
    """
    for folder, folders, names in os.walk(root, onerror=refused):
        here = Path(folder)
        links = [name for name in folders if (here / name).is_symlink()]
        folders[:] = sorted(
            name for name in folders if not name.startswith(storage.TEMPORARY) and name != storage.OF_THE_DISK
        )
        for name in sorted([*names, *links]):
            if name != _LOCK and not name.startswith(storage.TEMPORARY):
                yield here / name


def _read_back(path: Path) -> str:
    """Return the sha256 of a file's bytes as the disk has them, as far as the machine lets go of what it remembers of them."""
    with path.open("rb", buffering=0) as file:
        with suppress(OSError):
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        return hashlib.file_digest(file, "sha256").hexdigest()


def _chunks(file: BufferedReader) -> Iterator[bytes]:
    while chunk := file.read(_CHUNK):
        yield chunk


def _sync_folders(root: Path) -> None:
    for folder, _, _ in os.walk(root, onerror=_raise):
        storage.sync(Path(folder))


def _sentences(wrong: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(f"{name} {said}。" for name, said in wrong.items())


def _some(sentences: Sequence[str]) -> str:
    more = f"……共 {len(sentences)} 处。" if len(sentences) > _SHOWN else ""
    return "".join(sentences[:_SHOWN]) + more
