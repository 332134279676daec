"""A refresh that is killed or fails anywhere loses nothing: the next one ends where an undisturbed one does, byte for byte.

The suite breaks a sample of the system calls; `KB_SWEEP=1 pytest tests/faults/test_refresh_faults.py` breaks all of them,
and kills 50 refreshes at random moments; `KB_SWEEP=5` breaks each fifth.
"""

from __future__ import annotations

import os
import random
import resource
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import count, islice
from pathlib import Path

import harness
import pytest
import refreshing
from refreshing import QUERY, Scene, Stopped
from writers import unknown

from kb.base.errors import BadIndexError, StorageError
from tests.disks import fill, small_disk

SWEEP = int(os.environ.get("KB_SWEEP", 0))
FAILED = {refreshing.RefreshFailed.exit_code, StorageError.exit_code}
_TMPFS = 4  # MB


@pytest.fixture(scope="module")
def _scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    with refreshing.quick_folder(tmp_path_factory) as folder, refreshing.scene(folder) as scene:
        yield scene


@pytest.fixture
def scene(_scene: Scene) -> Scene:
    _scene.restore()
    return _scene


def answers_between(scene: Scene, moment: object) -> None:
    """Each document is its old or its new state, none is missing, and the index, the old or the new one, answers."""
    left, documents = scene.files(), [name for name in scene.old if name.endswith(".md")]
    assert all(left[name] in (scene.old[name], scene.new[name]) for name in documents), moment
    assert all(left[name] == data for name, data in scene.old.items() if name not in documents), moment
    assert scene.engine().search(QUERY).total in (scene.found_before, scene.found_after), moment


def ends_as_undisturbed(scene: Scene, moment: object) -> None:
    scene.refresh()
    assert scene.files() == scene.new, moment
    assert scene.posts() == scene.remembered, moment
    assert scene.engine().search(QUERY).total == scene.found_after, moment
    assert scene.problems() == [], moment
    assert unknown(scene.library.corpus.root) == [], moment


def test_undisturbed_refreshes_give_the_same_bytes(scene: Scene) -> None:
    assert scene.old != scene.new and scene.found_before != scene.found_after
    ends_as_undisturbed(scene, "undisturbed")


def test_a_fault_at_any_call_loses_nothing(scene: Scene, tmp_path: Path) -> None:
    folder = scene.library.folder
    for fault, status in harness.sweep(scene.restore, scene.refresh, folder, tmp_path, step=SWEEP or 211):
        assert status in ({harness.KILLED} if fault.effect == "KILL" else {0, *FAILED}), fault
        answers_between(scene, fault)
        ends_as_undisturbed(scene, fault)


def test_a_fault_in_a_first_refresh_leaves_no_half(scene: Scene, tmp_path: Path) -> None:
    scene.nothing()
    scene.refresh()
    whole, remembered = scene.files(), scene.posts()
    folder = scene.library.folder
    for fault, _ in harness.sweep(scene.nothing, scene.refresh, folder, tmp_path, step=SWEEP or 307):
        left = scene.files()
        assert all(left[name] == whole[name] for name in left if ".tmp-" not in name), fault
        scene.refresh()
        assert (scene.files(), scene.posts()) == (whole, remembered), fault
        assert scene.problems() == [], fault


def test_killed_at_random_moments(scene: Scene) -> None:
    chance, killed = random.Random(7), 0
    for _ in range(50 if SWEEP else 3):
        scene.restore()
        process = subprocess.Popen(scene.command, cwd=refreshing.ROOT, stdout=subprocess.PIPE)
        assert process.stdout and process.stdout.readline() == b"ready\n"
        time.sleep(moment := chance.random() * 0.35)  # the moment is what is tested; nothing is waited for
        process.kill()
        process.stdout.close()
        killed += process.wait() == -signal.SIGKILL
        answers_between(scene, moment)
        ends_as_undisturbed(scene, moment)
    assert killed


def test_search_answers_all_through_a_refresh(scene: Scene) -> None:
    """One engine that stays open, as in the web server, and one that is opened anew, as by the command line."""
    process, server, looks = (
        subprocess.Popen(scene.command, cwd=refreshing.ROOT, stdout=subprocess.PIPE),
        scene.engine(),
        0,
    )
    assert process.stdout and process.stdout.readline() == b"ready\n"
    while process.poll() is None:
        found = {engine.search(QUERY).total for engine in (server, scene.engine())}
        assert found <= {scene.found_before, scene.found_after}, found
        looks += 1
    process.stdout.close()
    assert looks and server.search(QUERY).total == scene.found_after


def forked(action: Callable[[], None]) -> int:
    """Run an action in a forked child; answer its exit code: 0, a KbError's, or CRASHED."""
    pid = os.fork()
    if pid == 0:
        harness.end(action)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def _free_descriptor(left: int) -> int:
    """Answer the number below which only so many descriptors are free: the limit is one of numbers, not of open files."""
    taken = {int(name) for name in os.listdir("/proc/self/fd")}  # noqa: PTH208
    return next(islice((number for number in count() if number not in taken), left, None))


def test_when_no_more_files_can_be_opened(scene: Scene) -> None:
    """EMFILE for real: the limit is lowered by one file after the other."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    ended = set()
    for more in range(0, 46, 1 if SWEEP else 15):
        scene.restore()

        def starved(left: int = more) -> None:
            resource.setrlimit(resource.RLIMIT_NOFILE, (_free_descriptor(left), hard))
            scene.refresh()

        ended.add(forked(starved))
        answers_between(scene, more)
        ends_as_undisturbed(scene, more)
    assert 0 in ended and ended & FAILED
    assert ended <= {0, *FAILED}


def test_a_file_that_cannot_be_opened_for_want_of_descriptors(scene: Scene, tmp_path: Path) -> None:
    harness.require_strace()
    log = tmp_path / "trace.txt"
    calls = [call for call in harness.trace(scene.refresh, scene.library.folder, log) if call.syscall == "openat"]
    for call in calls[:: SWEEP or 16]:
        scene.restore()
        fault = harness.Fault(call, "EMFILE")
        assert harness.broken(scene.refresh, fault, log) in {0, *FAILED}, fault
        answers_between(scene, fault)
        ends_as_undisturbed(scene, fault)


def test_a_full_disk(scene: Scene, tmp_path: Path) -> None:
    """A file system of its own with ever less room; freed, the next refresh finishes."""
    with small_disk(tmp_path / "disk", _TMPFS) as disk, scene.moved(disk / "library"):
        scene.restore()
        ended = set()
        for left in range(0, 600_000, 20_000 if SWEEP else 150_000):
            scene.restore()
            filler = disk / "filler"
            fill(filler, left)
            ended.add(forked(scene.refresh))
            answers_between(scene, left)
            filler.unlink()
            ends_as_undisturbed(scene, left)
        assert ended & FAILED and ended <= {0, *FAILED}


def test_a_power_cut(scene: Scene, tmp_path: Path) -> None:
    """What was not fsynced is damaged, what no folder's fsync has confirmed is undone; the rest is as it was."""
    harness.require_strace()
    log, root = tmp_path / "trace.txt", scene.library.folder
    calls = harness.trace(scene.refresh, root, log)
    kills, lost = refreshing.Kills(scene, log), 0
    for call in calls[:: SWEEP or len(calls) // 2]:
        lost += refreshing.cut_power(kills, call)
        answers_between(scene, call)
        ends_as_undisturbed(scene, call)
    assert lost


@pytest.mark.parametrize("year", [1980, 2001, 2037])
def test_a_clock_that_jumps(scene: Scene, year: int) -> None:
    """In that year nothing is lost, withdrawn or doubled; when the clock is right again, all goes on."""
    scene.refresh(Stopped(datetime(year, 1, 1, tzinfo=UTC)))
    jumped = scene.files()
    assert {name for name in jumped if name.count("/") == 1} == {name for name in scene.new if name.count("/") == 1}
    scene.refresh()
    assert scene.files() == jumped
    assert scene.posts() == scene.remembered
    assert scene.problems() == []


def test_a_clock_that_jumps_at_every_look(scene: Scene) -> None:
    scene.refresh(refreshing.Jumping())
    assert scene.problems() == []
    texts = {id: scene.library.corpus.read(id).text for id in scene.library.corpus.ids()}
    scene.restore()
    scene.refresh()
    assert texts == {id: scene.library.corpus.read(id).text for id in scene.library.corpus.ids()}


def test_a_first_refresh_killed_before_there_is_an_index_says_so(scene: Scene) -> None:
    scene.nothing()
    with pytest.raises(BadIndexError, match="还没有索引"):
        scene.engine().search(QUERY)
