"""A program on a leash: bounded time and memory, bounded files, no network; whatever it started ends with it."""

from __future__ import annotations

import ctypes
import os
import platform
import resource
import signal
import struct
import subprocess
import sys
import tempfile
from collections.abc import Mapping

from kb.base.errors import StorageError, UnreadableError

DIED = "转换它的程序意外终止（文件可能已损坏，或需要太多内存）：请检查这个文件。"
_MEMORY = 2 << 30
_SAID = 2_000  # bytes
_PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _FILTER = 38, 22, 2
# By machine: AUDIT_ARCH of <linux/audit.h> and the number of socket(2).
_MACHINES = {"x86_64": (0xC000003E, 41), "aarch64": (0xC00000B7, 198)}


def run(code: str, data: bytes, seconds: float, environment: Mapping[str, str] | None = None) -> bytes:
    """Run Python code that starts with `limit`, give it `data` and answer what it prints.

    Raises UnreadableError, and StorageError when the machine starts no program: that is not the file's fault.
    """
    command = [sys.executable, "-I", "-c", code]
    pipe = subprocess.PIPE
    try:
        started = subprocess.Popen(
            command, stdin=pipe, stdout=pipe, stderr=pipe, env=environment, start_new_session=True
        )
    except OSError as error:
        sentence = f"启动不了转换文件的程序（{error.strerror}）：请检查可以打开的文件数、进程数和内存。"
        raise StorageError(sentence) from error
    with started as process:
        try:
            printed, _ = process.communicate(data, seconds)
        except subprocess.TimeoutExpired as error:
            raise UnreadableError(too_slow(seconds)) from error
        finally:
            _end(process)
    if process.returncode == -signal.SIGXCPU:
        raise UnreadableError(too_slow(seconds))
    if process.returncode:
        raise UnreadableError(DIED)
    return printed


def run_command(command: str, data: bytes, seconds: float) -> tuple[int, bytes]:
    """Run an operator's command as a shell would, give it `data`; return its exit code and the end of what it said on stderr.

    It may use 2 GB; what it started ends with it. Raises TimeoutError, and OSError when the machine starts no program.
    """
    null, bounded = subprocess.DEVNULL, f"ulimit -d {_MEMORY >> 10}\n{command}"
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as said:
        given.write(data)
        given.seek(0)
        with subprocess.Popen(
            ["/bin/sh", "-c", bounded], stdin=given, stdout=null, stderr=said, start_new_session=True
        ) as process:
            try:
                code = process.wait(seconds)
            except subprocess.TimeoutExpired as error:
                raise TimeoutError from error
            finally:
                _end(process)
        said.seek(max(0, said.seek(0, os.SEEK_END) - _SAID))
        return code, said.read()


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the program and all that it started and left behind: they are one session, a group of its own."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def too_slow(seconds: float) -> str:
    """Say that reading a file took longer than it may."""
    return f"转换超过了时限（{seconds:.0f} 秒）：请拆分这个文件，或在 kb.toml 里调高 ingest.timeout_seconds。"


def limit(seconds: float, file_size: int) -> None:
    """Put this process, and all that it will start, on the leash: processor time, bytes of a file it may write."""
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (int(seconds) + 1, int(seconds) + 2))
    resource.setrlimit(resource.RLIMIT_FSIZE, (file_size, file_size))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    deny_network()


def limit_memory() -> None:
    """Bound the memory of this process; what it starts may be given other bounds."""
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, resource.getrlimit(resource.RLIMIT_AS)[1]))
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))


def limit_time(seconds: float) -> None:
    """Let the kernel end this process when it has used so much more processor time; what it started has its own."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    most = int(used.ru_utime + used.ru_stime + seconds) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (most, resource.getrlimit(resource.RLIMIT_CPU)[1]))


def lift_time() -> None:
    """Take back what `limit_time` set."""
    most = resource.getrlimit(resource.RLIMIT_CPU)[1]
    resource.setrlimit(resource.RLIMIT_CPU, (most, most))


def deny_network() -> None:
    """Let the kernel refuse all sockets but local ones to this process and all that it will start, where it can."""
    if sys.platform == "linux" and platform.machine() in _MACHINES:
        _deny_network(*_MACHINES[platform.machine()])


def _deny_network(architecture: int, socket_call: int) -> None:
    """Let the kernel (seccomp) refuse all sockets but local ones, to native code and other programs too."""
    denied, allowed = 0x00050000 | 13, 0x7FFF0000  # EACCES
    load, equal, answer = 0x20, 0x15, 0x06
    rules = [
        (load, 0, 0, 4),  # the architecture; a foreign one has other numbers: refused
        (equal, 1, 0, architecture),
        (answer, 0, 0, denied),
        (load, 0, 0, 0),  # the system call
        (equal, 0, 3, socket_call),
        (load, 0, 0, 16),  # its first argument: AF_UNIX is 1
        (equal, 1, 0, 1),
        (answer, 0, 0, denied),
        (answer, 0, 0, allowed),
    ]
    program = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *rule) for rule in rules))
    header = ctypes.create_string_buffer(struct.pack("HxxxxxxP", len(rules), ctypes.addressof(program)))
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    # Where the kernel has no seccomp, the audit hook of `kb.ingest.formats.convert` still refuses Python's sockets.
    libc.prctl(_PR_SET_SECCOMP, _FILTER, ctypes.byref(header), 0, 0)
