from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from kb.base import storage
from kb.base.errors import StorageError
from kb.corpus.folder import Corpus
from tests.disks import no_more_files

HOLD = """
import sys
from pathlib import Path
from kb.base import storage
with storage.lock(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_written_file_is_there_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "文件.md"
    storage.write_atomic(path, "一".encode())
    storage.write_atomic(path, "二".encode())
    assert path.read_text(encoding="utf-8") == "二"
    assert [each.name for each in tmp_path.iterdir()] == ["文件.md"]


def test_a_name_as_long_as_names_can_be_is_written(tmp_path: Path) -> None:
    path = tmp_path / ("字" * 85)
    storage.write_atomic(path, b"x")
    assert path.read_bytes() == b"x"


def test_a_written_file_has_the_usual_permissions(tmp_path: Path) -> None:
    plain, atomic = tmp_path / "plain", tmp_path / "atomic"
    plain.write_bytes(b"x")
    storage.write_atomic(atomic, b"x")
    assert atomic.stat().st_mode == plain.stat().st_mode


def test_a_path_that_leads_through_a_file_is_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StorageError, match="是文件而不是文件夹"):
        storage.make_folder(tmp_path / "file" / "corpus")
    with pytest.raises(StorageError, match="是文件而不是文件夹"):
        storage.write_atomic(tmp_path / "file" / "x", b"x")


def test_a_failed_write_leaves_the_old_file_and_no_other(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    with pytest.raises(StorageError, match="写不了"):
        storage.write_atomic(folder, b"x")  # a folder cannot be replaced by a file
    assert [each.name for each in tmp_path.iterdir()] == ["folder"]


def test_folders_are_made_with_their_parents(tmp_path: Path) -> None:
    storage.make_folder(tmp_path / "a" / "b")
    storage.make_folder(tmp_path / "a" / "b")
    assert (tmp_path / "a" / "b").is_dir()


def test_leftovers_go_and_nothing_else_does(tmp_path: Path) -> None:
    keep = tmp_path / "a" / "x.md"
    storage.make_folder(keep.parent)
    storage.make_folder(tmp_path / ".tmp-folder" / ".tmp-inner")
    keep.write_bytes(b"")
    (tmp_path / "a" / ".tmp-0123").write_bytes(b"")
    (tmp_path / ".tmp-link").symlink_to(keep.parent)
    storage.remove_leftovers(tmp_path)
    assert [each.name for each in tmp_path.rglob("*")] == ["a", "x.md"]


def test_the_lock_says_who_holds_it_and_since_when(tmp_path: Path) -> None:
    lock = tmp_path / ".lock"
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(lock)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(StorageError, match=rf"进程号 {holder.pid}，自 \d{{4}}-.*Z 起"), storage.lock(lock):
            pass
        holder.communicate(b"")
    with storage.lock(lock):
        assert lock.read_text(encoding="ascii").startswith(f"{os.getpid()} ")


def test_a_killed_holder_holds_nothing(tmp_path: Path) -> None:
    lock = tmp_path / ".lock"
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(lock)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        holder.kill()
    with storage.lock(lock):
        pass


def test_what_a_killed_holder_was_just_starting_is_waited_for(tmp_path: Path) -> None:
    """A child between fork and exec has the lock's descriptor, too; killed just then, the holder seems to live on."""
    path, (held, go) = tmp_path / ".lock", os.pipe()
    holder = os.fork()
    if holder == 0:
        os.close(go)
        lock = storage.lock(path)
        lock.__enter__()
        if os.fork() == 0:
            os.read(held, 1)  # until the test has begun to wait
        os._exit(0)
    os.close(held)
    os.waitpid(holder, 0)
    threading.Timer(0.1, os.close, (go,)).start()
    with storage.lock(path):
        assert path.read_text().startswith(f"{os.getpid()} ")


def test_a_folder_that_cannot_be_read_is_not_an_empty_one(tmp_path: Path) -> None:
    """While no file can be opened, what lists a folder says so; nothing is there only where there is no folder."""
    (tmp_path / "甲").mkdir()
    (tmp_path / "甲" / "示例.md").write_text("示例", encoding="utf-8")
    assert storage.entries(tmp_path / "乙") == list(storage.below(tmp_path / "乙")) == []
    assert list(storage.below(tmp_path)) == [tmp_path / "甲" / "示例.md"] == storage.entries(tmp_path / "甲")
    corpus = Corpus(tmp_path)
    with no_more_files():
        for look in (corpus.ids, corpus.stamp, corpus.fingerprints, lambda: list(corpus.check())):
            with pytest.raises(StorageError, match="打开的文件太多"):
                look()
        for list_ in (storage.entries, lambda folder: list(storage.below(folder))):
            with pytest.raises(StorageError, match="打开的文件太多"):
                list_(tmp_path / "甲")
