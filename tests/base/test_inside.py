"""Files whose names come from somebody else: what is opened lies in the root itself, whatever links and pipes are there."""

from __future__ import annotations

import os
import socket
import stat
import tarfile
import zipfile
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from threading import Event, Thread

import pytest

from kb.base import inside
from kb.base.errors import UnreadableError
from kb.config.settings import load
from kb.config.sources import Source
from kb.fetch.lists.folder_of_files import Folder
from kb.ingest.formats import files


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder with a file, beside a secret."""
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "key.txt").write_bytes(b"secret")
    root = tmp_path / "root"
    (root / "a" / "b").mkdir(parents=True)
    (root / "a" / "b" / "c.txt").write_bytes(b"open")
    return root


def test_a_file_inside_is_read_also_where_the_root_is_a_link(root: Path, tmp_path: Path) -> None:
    assert inside.read(root, "a/b/c.txt", 4) == b"open"
    (tmp_path / "linked").symlink_to(root)
    assert inside.read(tmp_path / "linked", "a/b/c.txt", 4) == b"open"


@pytest.mark.parametrize("name", ["../secret/key.txt", "a/../../secret/key.txt", "/etc/passwd", "a//b/c.txt", "", ".", "a/./b/c.txt", "a\0b"])  # fmt: skip
def test_a_name_that_leads_out_is_refused(root: Path, name: str) -> None:
    with pytest.raises(UnreadableError):
        inside.read(root, name, 100)


def test_no_link_is_followed_on_the_way_or_at_the_end(root: Path) -> None:
    (root / "file.txt").symlink_to("../secret/key.txt")
    (root / "folder").symlink_to("../secret")
    (root / "a" / "own").symlink_to("b")
    (root / "loop").symlink_to("loop")
    for name in ("file.txt", "folder/key.txt", "a/own/c.txt", "loop", "loop/x"):
        with pytest.raises(UnreadableError, match="链接"):
            inside.read(root, name, 100)


def test_what_is_no_plain_file_is_not_waited_for(root: Path) -> None:
    os.mkfifo(root / "pipe.txt")
    with closing(socket.socket(socket.AF_UNIX)) as one:
        one.bind(str(root / "socket"))
        for name in ("pipe.txt", "socket", "a"):
            with pytest.raises(UnreadableError, match="普通文件"):
                inside.read(root, name, 100)


def test_what_is_too_large_is_not_read(root: Path) -> None:
    with (root / "large").open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(inside.TooLargeError) as error:
        inside.read(root, "large", 1000)
    assert error.value.size == 1 << 40


def test_what_is_not_there_is_told_as_such(root: Path) -> None:
    for name in ("nothing", "a/nothing/x", "a/b/c.txt/d"):
        with pytest.raises(OSError):
            inside.read(root, name, 100)


def test_a_folder_that_is_put_in_place_of_another_meanwhile_opens_nothing_outside(root: Path) -> None:
    """One swaps a folder for a link and back as fast as it can: every answer is the file inside, or a refusal."""
    stop = Event()
    (root / "link").symlink_to("../secret")
    (root / "place").mkdir()
    (root / "place" / "key.txt").write_bytes(b"inside")

    def swap() -> None:
        while not stop.is_set():
            (root / "place").rename(root / "aside")
            (root / "link").rename(root / "place")
            (root / "place").rename(root / "link")
            (root / "aside").rename(root / "place")

    thread = Thread(target=swap)
    thread.start()
    try:
        for _ in range(3000):
            try:
                assert inside.read(root, "place/key.txt", 100) == b"inside"
            except (UnreadableError, OSError):
                continue
    finally:
        stop.set()
        thread.join()


def test_an_ingested_file_that_a_link_on_the_way_leads_to_is_refused(root: Path, tmp_path: Path) -> None:
    """Between the look at a folder and the opening of its files somebody put a link in a folder's place."""
    chosen = load(folder=tmp_path)
    (root / "folder").symlink_to("../secret")
    for place in (root / "folder" / "key.txt", root / "folder" / ".." / "secret" / "key.txt"):
        with pytest.raises(UnreadableError):
            files.load(place, chosen, root)
    assert files.load(root / "a" / "b" / "c.txt", chosen, root) == b"open"


@pytest.mark.parametrize("kind", ["tar", "zip"])
def test_a_link_in_an_archive_is_not_followed(tmp_path: Path, kind: str) -> None:
    archive = tmp_path / f"post.{kind}"
    if kind == "tar":
        with tarfile.open(archive, "w") as tar:
            entry = tarfile.TarInfo("link.txt")
            entry.type, entry.linkname = tarfile.SYMTYPE, "/etc/passwd"
            tar.addfile(entry)
    else:
        with zipfile.ZipFile(archive, "w") as packed:
            linked = zipfile.ZipInfo("link.txt")
            linked.external_attr = (stat.S_IFLNK | 0o777) << 16
            packed.writestr(linked, "/etc/passwd")
    folder = Folder(Source("s", "files", str(archive)), load(folder=tmp_path))
    with pytest.raises(UnreadableError, match="链接"):
        folder.read("link.txt", datetime.now(UTC))
