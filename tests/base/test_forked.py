"""Code in forks of a process that has loaded it: nothing is left behind, and each is bounded."""

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from kb.base import forked
from kb.base.errors import UnreadableError

START = f"import sys; sys.path[:] = {sys.path!r}; import os, time; seen = []\n"
COUNTED = f"{START}def answer(data):\n seen.append(data)\n return b'%d %d %s' % (os.getppid(), len(seen), data)"


def test_each_call_is_a_fork_that_sees_nothing_of_the_others() -> None:
    first, second = (forked.run(COUNTED, data, 5).split() for data in (b"a", b"b"))
    assert first[0] == second[0] != str(os.getpid()).encode()  # the same process forks
    assert (first[1:], second[1:]) == ([b"1", b"a"], [b"1", b"b"])


def test_a_large_answer_comes_whole_and_an_empty_one_is_one() -> None:
    code = f"{START}def answer(data): return data * 3"
    assert forked.run(code, b"x" * (5 << 20), 20) == b"x" * (15 << 20)
    assert forked.run(code, b"", 5) == b""


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ("time.sleep(60)", "超过了时限（1 秒）"),
        ("from kb.base import leash; leash.limit(0, 0)\n while True: pass", "超过了时限"),
        ("os._exit(0)", "意外终止"),
        ("os.kill(os.getpid(), 9)", "意外终止"),
        ("raise KeyError(1)", "意外终止"),
    ],
)
def test_what_goes_wrong_costs_its_call_and_says_why(body: str, sentence: str) -> None:
    code = f"{START}def answer(data):\n if data: return data\n {body}"
    with pytest.raises(UnreadableError, match=sentence):
        forked.run(code, b"", 1 if "sleep" in body else 10)
    assert forked.run(code, b"again", 5) == b"again"


def test_what_cannot_be_loaded_is_said() -> None:
    with pytest.raises(UnreadableError, match="意外终止"):
        forked.run("import no_such_module_here", b"", 5)


def ends(pid: str | bytes) -> bool:
    folder = Path("/proc", os.fsdecode(pid))
    deadline = time.monotonic() + 20
    while folder.exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    return not folder.exists()


def test_what_a_fork_started_ends_with_it() -> None:
    code = f"{START}def answer(data):\n pid = os.fork()\n if not pid: time.sleep(60); os._exit(0)\n return b'%d' % pid"
    assert ends(forked.run(code, b"", 1))


def test_many_threads_ask_at_once() -> None:
    code = f"{START}def answer(data): return data"
    got: list[bytes] = []
    threads = [threading.Thread(target=lambda i=i: got.append(forked.run(code, b"%d" % i, 20))) for i in range(6)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(got) == [b"%d" % i for i in range(6)]


def test_the_process_that_forks_ends_with_the_one_that_asks() -> None:
    code = (
        "import os; from kb.base import forked; "
        f"print(forked.run({COUNTED!r}, b'a', 5).split()[0].decode(), flush=True); os._exit(0)"
    )
    pid = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
    assert ends(pid)
