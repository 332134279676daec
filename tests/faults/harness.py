"""Break a process at each of its system calls that change files, one run a call, and look at what it leaves.

The action runs in a forked child of the test (Python is loaded already), strace attaches to it and injects one fault:
SIGKILL before the call is made, or the call fails with ENOSPC or EIO. Nothing is simulated but the moment.
"""

from __future__ import annotations

import ctypes
import os
import re
import shutil
import subprocess
import sys
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import pytest

from kb.base import leashed
from kb.base.errors import KbError

KILLED = -9
CRASHED = 99

_CREATING = (
    "openat write pwrite64 fsync fdatasync rename renameat renameat2 mkdir mkdirat link linkat symlink ftruncate"
)
_OTHERS = "unlink unlinkat rmdir truncate fallocate chmod fchmod fchmodat utimensat sendfile copy_file_range"
_CALL = re.compile(r"^(\w+)\(")
# prctl(2): let any process of this user attach, where Yama allows children only.
_PR_SET_PTRACER, _ANY = 0x59616D61, ctypes.c_ulong(-1)
_LIBC = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True)
class Call:
    """The `number`-th (from 1) `syscall` of the action, and the line of the trace that shows it."""

    syscall: str
    number: int
    line: str


@dataclass(frozen=True)
class Fault:
    """What happens at a call: "KILL", or the name of the error it fails with; `lasting` makes all later ones fail, too."""

    call: Call
    effect: str
    lasting: bool = False

    @property
    def injection(self) -> str:
        how = "signal=KILL" if self.effect == "KILL" else f"error={self.effect}"
        return f"inject={self.call.syscall}:{how}:when={self.call.number}{'+' if self.lasting else ''}"


def trace(action: Callable[[], None], root: Path, log: Path, *, opening: bool = False) -> list[Call]:
    """Run the action once and answer its calls that change something below `root`, in order; `opening`, also those that
    open what is there.
    """
    status = _run(action, ["-y", "-s", "0", "-e", f"trace={_names(_CREATING, _OTHERS)}"], log)
    assert status == 0, f"without a fault the action ends with {status}"
    counts: Counter[str] = Counter()
    calls = []
    for line in log.read_text(encoding="utf-8", errors="replace").splitlines():
        match = _CALL.match(line)
        if match is None:
            continue
        counts[match[1]] += 1
        if str(root) in line and (opening or match[1] != "openat" or "O_CREAT" in line):
            calls.append(Call(match[1], counts[match[1]], line))
    return calls


def faults(calls: list[Call]) -> Iterator[Fault]:
    """Yield every fault worth injecting: a kill and EIO at each call; a disk that is full once, or from then on.

    Where something that is there is opened: EIO, and no more files that may be open.
    """
    for call in calls:
        if call.syscall == "openat" and "O_CREAT" not in call.line:
            yield Fault(call, "EIO")
            yield Fault(call, "EMFILE")
            continue
        yield Fault(call, "KILL")
        yield Fault(call, "EIO")
        if call.syscall == "openat":
            yield Fault(call, "EMFILE")
        if call.syscall in _CREATING.split():
            yield Fault(call, "ENOSPC")
        if call.syscall in ("write", "pwrite64"):
            yield Fault(call, "ENOSPC", lasting=True)


def sweep(
    prepare: Callable[[], None],
    action: Callable[[], None],
    root: Path,
    scratch: Path,
    step: int = 1,
    *,
    opening: bool = False,
) -> Iterator[tuple[Fault, int]]:
    """For every fault (or every `step`th): `prepare` the old state, run the action with the fault, yield it and how the action ended.

    `opening` breaks what only opens a file, too. How it ended is 0, KILLED, the exit code of a KbError, or CRASHED for any other exception. Skips where strace cannot be used.
    """
    require_strace()
    log = scratch / "trace.txt"
    prepare()
    action()  # imports and caches: from here on, every run makes the same calls
    prepare()
    chosen = list(faults(trace(action, root, log, opening=opening)))[::step]
    assert chosen, "nothing to break: the action made no call that strace saw"
    for fault in chosen:
        prepare()
        yield fault, broken(action, fault, log)


def broken(action: Callable[[], None], fault: Fault, log: Path) -> int:
    """Run the action with the fault; answer how it ended, as `sweep` does. `log` tells all calls that it made."""
    return _run(action, ["-y", "-s", "0", "-e", f"trace={_names(_CREATING, _OTHERS)}", "-e", fault.injection], log)


def require_strace() -> None:
    """Skip the test where no strace can attach."""
    if shutil.which("strace") is None:
        pytest.skip("没有 strace：装上它（apt install strace）才能在每个系统调用处注入故障")
    probe = subprocess.run(["strace", "-o", os.devnull, "true"], capture_output=True, check=False)
    if probe.returncode:
        pytest.skip("这台机器不允许 strace（ptrace）")


def _run(action: Callable[[], None], options: list[str], log: Path) -> int:
    wait, go = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(go)
        _LIBC.prctl(_PR_SET_PTRACER, _ANY, 0, 0, 0)
        if os.read(wait, 1):
            end(action)
        os._exit(CRASHED)
    os.close(wait)
    with subprocess.Popen(["strace", "-o", str(log), "-p", str(pid), *options], stderr=subprocess.PIPE) as strace:
        assert strace.stderr is not None
        attached = strace.stderr.readline()
        if b"attached" in attached:
            os.write(go, b"!")
        os.close(go)
        _, status = os.waitpid(pid, 0)
        strace.stderr.read()
    assert b"attached" in attached, attached.decode()
    return os.waitstatus_to_exitcode(status)


def end(action: Callable[[], None]) -> NoReturn:
    """Run an action in a forked child and end it with the exit code that says how, whatever happens: what comes after it is
    the test's, which would run twice.

    What is read is read in the child itself: a leash for each takes longer than all else, and nothing is broken there.
    """
    leashed._is_worker = True
    status = CRASHED
    try:
        action()
        status = 0
    except KbError as error:
        status = error.exit_code
    except BaseException:  # noqa: BLE001 — whatever it is, the test must hear of it
        traceback.print_exc(file=sys.stderr)
    finally:
        os._exit(status)


def _names(*lists: str) -> str:
    # "?": not every machine has every one of them.
    return ",".join(f"?{name}" for names in lists for name in names.split())
